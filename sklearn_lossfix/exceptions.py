"""Warnings and errors of sklearn-lossfix.

The tree::

    ValueError
    `-- LossfixError            base class of the errors below
        |-- FrozenPartError     a frozen or prefit part cannot be run out of fold
        |-- InfeasibleConstraintError  no threshold keeps to what was asked of a metric
        |-- LeakageError        test rows of a split are known to the training rows
        |-- TooFewRowsError     a class or fold holds too few rows for what was asked
        `-- TreatmentError      a treatment of imbalance does not suit the data or the estimator
    Exception
    `-- CheckNotApplicable      raised by a check that cannot judge this input; never reaches a user
    UserWarning
    `-- LossfixWarning          base class of the warnings of this package
        |-- LeakageWarning      test rows of a split are known to the training rows
        `-- ZeroSpreadWarning   columns that do not spread enough to be scaled or capped as asked
"""

__all__ = [
    "CheckNotApplicable",
    "FrozenPartError",
    "InfeasibleConstraintError",
    "LeakageError",
    "LeakageWarning",
    "LossfixError",
    "LossfixWarning",
    "TooFewRowsError",
    "TreatmentError",
    "ZeroSpreadWarning",
]


class LossfixError(ValueError):
    """Base class of the errors of this package; a ``ValueError``."""


class FrozenPartError(LossfixError):
    """A frozen or prefit part of an estimator makes out-of-fold scores a lie."""


class InfeasibleConstraintError(LossfixError):
    """No threshold makes the metric of a constraint as great as was asked."""


class LeakageError(LossfixError):
    """Test rows of a split are known to the training rows.

    Parameters
    ----------
    message : str
        What was found, and what to do.
    report : object, default=None
        All that was found: of `LeakageCheckedSplit`, a dict from the name of a check to what it
        says; of `assert_no_leakage`, what its report would be made from.

    Attributes
    ----------
    report : object or None
        As passed.
    """

    def __init__(self, message, report=None):
        super().__init__(message)
        self.report = report

    def __reduce__(self):
        return type(self), (self.args[0], self.report)


class TooFewRowsError(LossfixError):
    """A class, group or fold holds too few rows for the folds that were asked for."""


class TreatmentError(LossfixError):
    """A treatment of class imbalance does not suit the data or the estimator."""


class CheckNotApplicable(Exception):
    """Raised by a check that cannot judge its input; the message is the reason."""


class LossfixWarning(UserWarning):
    """Base class of the warnings of this package."""


class LeakageWarning(LossfixWarning):
    """Test rows of a split are known to the training rows."""


class ZeroSpreadWarning(LossfixWarning):
    """Columns are constant, missing, or tied so much that the asked-for spread is zero."""
