"""Rows, folds and the user's estimator: what refits of one report share."""

import warnings

import numpy as np

from sklearn_lossfix._core._evidence import NoTwin, Twin
from sklearn_lossfix._core._oof import (
    Folds,
    fix_folds,
    fold_layout,
    fold_rows,
    is_regressor_given_labels,
    out_of_fold,
)
from sklearn_lossfix.diagnosis._scored import REGRESSOR, to_scored
from sklearn_lossfix.diagnosis.twins import TWINS
from sklearn_lossfix.diagnosis.twins._parts import error_text
from sklearn_lossfix.exceptions import CheckNotApplicable, TooFewRowsError

# Twins tried at normal effort: with the model and the reference that is at most seven estimators in
# every fold. One fit of a twin can cost several of the user's model (`TwinPlan.n_fits`): ten where
# it has ten times the iterations.
MAX_TWINS = 5


class Workbench:
    """Scores estimators out of fold on rows and folds that were fixed once.

    Parameters
    ----------
    estimator : estimator
        The user's, unfitted.
    data : Data
        Training rows, already sampled.
    request : Request
        What was asked for.
    folds : Folds, default=None
        None draws those that were asked for.
    """

    def __init__(self, estimator, data, request, folds=None):
        self.estimator = estimator
        self.data = data
        self.request = request
        self.folds = _folds_of(data, request) if folds is None else folds

    def on_folds(self, folds):
        """The same rows on other folds."""
        return Workbench(self.estimator, self.data, self.request, folds)

    @property
    def n_splits(self):
        """Number of folds."""
        return len(self.folds.splits)

    @property
    def scored_fold(self):
        """Fold of every scored row, in the order of the scores."""
        return np.repeat(np.arange(self.n_splits), [len(test) for test in self._tests])

    @property
    def scored_rows(self):
        """Row of the data that each scored row is, in the order of the scores."""
        return np.concatenate(self._tests)

    @property
    def _tests(self):
        """Test rows of every fold."""
        return [fold_rows(fold_layout(self.folds, k), k)[1] for k in range(self.n_splits)]

    def out_of_fold(
        self, estimator, what, *, want_train=False, left_out=None, fit_params=None, describe=None
    ):
        """Scores of clones of an estimator, as (row, fold, score) triplets.

        Parameters
        ----------
        estimator : estimator
            Unfitted.
        what : str
            Its name in progress messages.
        want_train : bool, default=False
            Whether to judge each fold's model on its training rows too.
        left_out : ndarray of int, default=None
            Rows of the data that no fold trains on; they are scored all the same.
        fit_params : dict, default=None
            Further parameters of ``fit``.
        describe : callable, default=None
            What is to be known of every fold's model, as for :func:`out_of_fold`.

        Returns
        -------
        OutOfFold
        """
        return out_of_fold(
            estimator,
            self.data.X,
            self.data.labels,
            self.folds if left_out is None else without_training_rows(self.folds, left_out),
            sample_weight=self.data.weight,
            fit_params=fit_params,
            describe=describe,
            n_jobs=self.request.n_jobs,
            random_state=self.request.seed,
            encoded=is_regressor_given_labels(estimator),
            want_train=want_train,
            on_done=self.request.counter(what),
        )

    def to_scored(self, result, estimator):
        """Triplets as Scored, in their order."""
        regressor = is_regressor_given_labels(estimator)
        name = REGRESSOR if regressor else type(estimator).__name__
        n_classes = len(self.request.classes)
        return to_scored(
            result.scores, result.pred, result.response, n_classes, name, result.warnings
        )

    def score(self, estimator, what, *, left_out=None):
        """Scores of an estimator out of fold, as Scored."""
        return self.to_scored(self.out_of_fold(estimator, what, left_out=left_out), estimator)

    def attempt(self, estimator, what, *, left_out=None):
        """As `score`, for fits that the user did not ask for.

        Returns
        -------
        scored : Scored or None
        reason : str or None
            Why there are no scores; it is noted in the report.
        """
        return attempt(
            lambda: self.score(estimator, what, left_out=left_out), what, self.request.notes
        )


def attempt(score, what, notes):
    """Result of a fit that the user did not ask for; where it fails, None and the reason, noted."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the user did not ask for this fit
            return score(), None
    except Exception as error:  # any estimator may raise anything on data it was not made for
        reason = f"{what} could not be fitted ({type(error).__name__}: {error_text(error)})."
        reason = reason[0].upper() + reason[1:]
        if reason not in notes:
            notes.append(reason)
        return None, reason


def without_training_rows(folds, left_out):
    """The same test parts, with rows taken out of every training part."""
    keep = np.ones(folds.n_rows, dtype=bool)
    keep[left_out] = False
    parts = [fold_rows(fold_layout(folds, k), k) for k in range(len(folds.splits))]
    return Folds(folds.n_rows, tuple((train[keep[train]], test) for train, test in parts), None)


def plan_twins(subject, makers=TWINS, most=MAX_TWINS):
    """Ask every kind of twin for a plan, and keep the likeliest.

    Parameters
    ----------
    subject : Subject
        The model and what was seen of it.
    makers : sequence of TwinMaker, default=TWINS
        In causal order: of two that are as likely the earlier one is kept.
    most : int or None, default=MAX_TWINS
        Plans that are kept at most; None keeps all.

    Returns
    -------
    plans : dict of str to TwinPlan
        In causal order.
    no_twins : dict of str to NoTwin
        Why the others are not tried.
    """
    plans, no_twins = {}, {}
    for maker in makers:
        if subject.regressor and maker.key != "classifier":
            no_twins[maker.key] = NoTwin(
                "not_applicable", "The estimator is a regressor: replace it first."
            )
            continue
        try:
            plan = maker.plan(subject)
        except CheckNotApplicable as reason:
            plan = NoTwin("not_applicable", str(reason))
        except Exception as error:  # a user's estimator may raise anything when it is looked into
            plan = _cannot_be_made(maker.key, error)
        if isinstance(plan, NoTwin):
            no_twins[maker.key] = plan
        else:
            plans[maker.key] = plan
    if most is not None and len(plans) > most:
        likeliest = sorted(plans, key=lambda key: -plans[key].suspicion)[:most]
        for key in [key for key in plans if key not in likeliest]:
            no_twins[key] = NoTwin(
                "skipped",
                f"{most} likelier causes were tried first; effort='thorough' tries all.",
            )
            del plans[key]
    return plans, no_twins


def _cannot_be_made(key, error):
    """Why there is no twin, where making it raised."""
    return NoTwin("not_applicable", f"The {key} twin cannot be made: {error_text(error)}")


def fit_twins(bench, subject, *, most=MAX_TWINS, makers=TWINS):
    """Plan the twins and score them out of fold.

    Parameters
    ----------
    bench : Workbench
        Rows and folds.
    subject : Subject
        The model and what was seen of it.
    most : int or None, default=MAX_TWINS
        Twins that are tried at most; None tries all.
    makers : sequence of TwinMaker, default=TWINS
        Kinds of twins.

    Returns
    -------
    twins : dict of str to Twin
    no_twins : dict of str to NoTwin
    """
    plans, no_twins = plan_twins(subject, makers, most)
    twins = {}
    for key, plan in plans.items():
        try:
            estimator = plan.build(bench.estimator)
        except Exception as error:  # as above
            no_twins[key] = _cannot_be_made(key, error)
            continue
        scored, reason = bench.attempt(estimator, f"the {key} twin", left_out=plan.left_out)
        if scored is None:
            no_twins[key] = NoTwin("not_applicable", reason)
            continue
        rows = None if plan.rows is None else bench.data.rows[plan.rows]
        twins[key] = Twin(
            scored=scored,
            estimator=estimator,
            changes=plan.changes,
            code=plan.code,
            params=plan.params,
            build=plan.build,
            cause=plan.cause,
            n_fits=plan.n_fits,
            left_out=None if plan.left_out is None else bench.data.rows[plan.left_out],
            rows=rows,
            evidence=plan.evidence,
        )
    return twins, no_twins


def _folds_of(data, request):
    """The folds that were asked for; where they cannot be made, what else would do."""
    try:
        return fix_folds(
            request.cv, data.X, data.labels, groups=data.groups, random_state=request.seed
        )
    except TooFewRowsError as error:
        raise TooFewRowsError(
            f"{error} Or judge the model on rows of its own with X_val and y_val."
        ) from None
