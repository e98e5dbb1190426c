"""A tuned decision rule, kept only if it proved itself on rows it was not chosen on."""

from typing import NamedTuple

import numpy as np

from sklearn_lossfix._core._paired_tests import mean_standard_error, nadeau_bengio_inflation
from sklearn_lossfix.decision._decision_rule import DecisionRule
from sklearn_lossfix.decision._fit_rule import cross_fitted_codes, fit_rule
from sklearn_lossfix.decision._metrics import influence, metric_from_codes

# Standard errors by which a tuned rule must beat the default one: the one-standard-error rule of
# Breiman et al., Classification and Regression Trees, 1984, section 3.4.3. Tuning chases noise on
# few rows, most of all for accuracy, where the default rule is already nearly optimal.
GUARD_STANDARD_ERRORS = 1.0


class GuardedRule(NamedTuple):
    """A decision rule with the evidence for it.

    Attributes
    ----------
    rule : DecisionRule
        The tuned rule, or argmax where that did not prove worse.

    gain, standard_error : float
        Cross-fitted gain in the metric of tuning over argmax, and its standard error, with the
        correction of Nadeau and Bengio (2003) for rules chosen on overlapping rows.

    codes : ndarray of shape (n_samples,), integer
        Predicted codes of the rows: each by a rule that was tuned without its fold, or by argmax
        where that is the rule.
    """

    rule: DecisionRule
    gain: float
    standard_error: float
    codes: np.ndarray


def guarded_rule(
    y_codes,
    scores,
    metric,
    folds,
    *,
    classes,
    sample_weight=None,
    units=None,
    pos=None,
    space="proba",
    random_state=None,
):
    """Choose a rule, and keep it if its cross-fitted gain exceeds one standard error.

    Parameters
    ----------
    y_codes : ndarray of shape (n_samples,), integer
        Class codes.

    scores : ndarray of shape (n_samples, n_classes) or (n_samples,)
        Probabilities or decision values; one column is that of the last class.

    metric : Metric
        A label metric.

    folds : ndarray of shape (n_samples,), integer
        Folds for judging the rule; rows of one unit belong to one fold.

    classes : sequence of labels
        In the order of the columns of `scores`.

    sample_weight : ndarray of shape (n_samples,), default=None
        Weight of each row; one each if None.

    units : ndarray of shape (n_samples,), integer, default=None
        What was drawn independently, where rows were not.

    pos : int, default=None
        Code of the positive class.

    space : {"proba", "decision"}, default="proba"
        What the scores are.

    random_state : int, RandomState or None, default=None
        Draws the subsample of `fit_rule`.

    Returns
    -------
    guarded : GuardedRule
        The rule, its gain and the standard error of that.
    """
    n_classes = len(classes)
    options = {
        "sample_weight": sample_weight,
        "pos": pos,
        "space": space,
        "random_state": random_state,
    }
    tuned = cross_fitted_codes(y_codes, scores, metric, folds, n_classes=n_classes, **options)
    default_rule = DecisionRule("argmax", classes=classes, metric=metric.name, space=space)
    default = default_rule.predict_codes(scores)
    gain, standard_error = paired_gain(
        metric, y_codes, tuned, default, n_classes, sample_weight, pos, units
    )
    standard_error *= _overlap_correction(folds)
    if gain > GUARD_STANDARD_ERRORS * standard_error:
        rule = fit_rule(y_codes, scores, metric, classes=classes, **options)
        return GuardedRule(rule, gain, standard_error, tuned)
    return GuardedRule(default_rule, gain, standard_error, default)


def paired_gain(metric, y, tuned, default, n_classes, sample_weight=None, pos=None, units=None):
    """Compute how much better some labels are than others by a metric, and the standard error.

    Parameters
    ----------
    metric : Metric
        A label metric.

    y, tuned, default : ndarray of shape (n_samples,), integer
        True codes, and two predictions for the same rows.

    n_classes : int
        Number of classes.

    sample_weight : ndarray of shape (n_samples,), default=None
        Weight of each row; one each if None.

    pos : int, default=None
        Code of the positive class.

    units : ndarray of shape (n_samples,), integer, default=None
        What was drawn independently, where rows were not.

    Returns
    -------
    gain, standard_error : float
        Of the first prediction over the second, paired by row.
    """
    value, values = zip(
        *(
            (
                metric_from_codes(metric, y, codes, n_classes, sample_weight, pos),
                influence(metric, y, codes, n_classes, sample_weight, pos),
            )
            for codes in (tuned, default)
        ),
        strict=True,
    )
    difference = values[0] - values[1]
    return value[0] - value[1], mean_standard_error(difference, sample_weight, units)


def _overlap_correction(folds):
    """Compute the factor on a standard error for rules that share all folds but two."""
    n_folds = len(np.unique(folds))
    return np.sqrt(nadeau_bengio_inflation(n_folds - 1, 1, n_folds))
