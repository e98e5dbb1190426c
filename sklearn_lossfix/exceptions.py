"""Warnings and errors of sklearn-lossfix.

The tree::

    ValueError
    `-- LossfixError            base class of the errors below
        |-- FrozenPartError     a frozen or prefit part cannot be run out of fold
        |-- InfeasibleConstraintError  no threshold keeps to what was asked of a metric
        |-- TooFewRowsError     a class or fold holds too few rows for what was asked
        `-- TreatmentError      a treatment of imbalance does not suit the data or the estimator
    Exception
    `-- CheckNotApplicable      raised by a check that cannot judge this input; never reaches a user
    UserWarning
    `-- LossfixWarning          base class of the warnings of this package
        `-- ZeroSpreadWarning   columns that do not spread enough to be scaled or capped as asked
"""

__all__ = [
    "CheckNotApplicable",
    "FrozenPartError",
    "InfeasibleConstraintError",
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


class TooFewRowsError(LossfixError):
    """A class, group or fold holds too few rows for the folds that were asked for."""


class TreatmentError(LossfixError):
    """A treatment of class imbalance does not suit the data or the estimator."""


class CheckNotApplicable(Exception):
    """Raised by a check that cannot judge its input; the message is the reason."""


class LossfixWarning(UserWarning):
    """Base class of the warnings of this package."""


class ZeroSpreadWarning(LossfixWarning):
    """Columns are constant, missing, or tied so much that the asked-for spread is zero."""
