"""A tuned decision rule, kept only if it proved itself on rows it was not chosen on."""

from typing import NamedTuple

import numpy as np

from sklearn_lossfix._core._bootstrap import bootstrap_counts
from sklearn_lossfix._core._paired_tests import mean_standard_error, nadeau_bengio_inflation
from sklearn_lossfix.decision._decision_rule import DecisionRule
from sklearn_lossfix.decision._metrics import ROUNDING, influence, metric_from_codes
from sklearn_lossfix.decision._resampled_rules import averaged_rule, resample_rule

# Standard errors by which a tuned rule must beat the default one where the default is the best rule
# that calibrated probabilities allow (accuracy): the one-standard-error rule of Breiman et al.,
# Classification and Regression Trees, 1984, section 3.4.3. Tuning chases noise there, most of all
# on few rows. For other metrics nothing speaks for the default rule but its value: there the tuned
# rule is taken if it does better at all.
GUARD_STANDARD_ERRORS = 1.0


def proves_itself(metric, gain, standard_error):
    """Whether the cross-fitted gain of a rule over the default one is enough to take it.

    Parameters
    ----------
    metric : Metric
        What the rule is judged by.
    gain, standard_error : float
        Of the rule over the default one.

    Returns
    -------
    bool
    """
    margin = GUARD_STANDARD_ERRORS * standard_error if metric.favours_argmax else 0.0
    return bool(gain > margin + ROUNDING)


class GuardedRule(NamedTuple):
    """A decision rule with the evidence for it.

    Attributes
    ----------
    rule : DecisionRule
        The rule that was asked for, or argmax where a tuned one did not prove better.

    gain, standard_error : float
        Gain in the metric of the rule over argmax, and its standard error. A tuned rule is judged
        cross-fitted, with the correction of Nadeau and Bengio (2003) for rules chosen on
        overlapping rows.

    codes : ndarray of shape (n_samples,), integer
        Predicted codes of the rows: each by a rule that was tuned without its fold, or by the
        rule itself where it is not tuned.

    parameters : ndarray of shape (n_bootstrap,) or (n_bootstrap, n_classes)
        Thresholds or offsets that bootstrap samples choose; empty where nothing is tuned.
    """

    rule: DecisionRule
    gain: float
    standard_error: float
    codes: np.ndarray
    parameters: np.ndarray


def guarded_rule(spec, scored, folds, parameters=None, codes=None):
    """Find the rule that is asked for, and with mode "auto" keep it only if it proves itself.

    Parameters
    ----------
    spec : RuleSpec
        The rule that is wanted, for a label metric.

    scored : ScoredRows
        The rows.

    folds : ndarray of shape (n_samples,), integer
        Folds for judging the rule; rows of one unit belong to one fold.

    parameters : ndarray, default=None
        Of `Resampled`, where bootstrap samples of these rows were drawn already.

    codes : ndarray of shape (n_samples,), integer, default=None
        Labels by the tuned rule, cross-fitted over these folds, where they are known already.

    Returns
    -------
    guarded : GuardedRule
        The rule, its gain and the standard error of that.

    Raises
    ------
    InfeasibleConstraintError
        If no threshold keeps to the constraint.
    """
    default_rule = spec.default_rule()
    default = default_rule.predict_codes(scored.scores)
    rule = spec.fixed_rule(scored.scores, scored.weight)
    if rule is not None:
        codes = rule.predict_codes(scored.scores)
        gain, standard_error = _gain(spec, scored, codes, default)
        if spec.mode == "auto" and not proves_itself(spec.metric, gain, standard_error):
            rule, codes = default_rule, default
        return GuardedRule(rule, gain, standard_error, codes, np.empty(0))
    if codes is None:
        codes = spec.cross_fitted_codes(scored, folds)
    gain, standard_error = _gain(spec, scored, codes, default)
    standard_error *= _overlap_correction(folds)
    if parameters is None:
        parameters = np.empty(0)
        if spec.n_bootstrap:
            counts = bootstrap_counts(scored.y, scored.unit, spec.n_bootstrap, spec.seed)
            parameters = resample_rule(spec, scored, counts).parameters
    # Where something must be kept to, the default rule is no alternative: it may not keep to it.
    is_guarded = spec.mode == "auto" and spec.constraint is None
    if is_guarded and not proves_itself(spec.metric, gain, standard_error):
        return GuardedRule(default_rule, gain, standard_error, default, parameters)
    rule = averaged_rule(spec, scored, parameters)
    return GuardedRule(rule, gain, standard_error, codes, parameters)


def _gain(spec, scored, codes, default):
    """Gain of some labels over others, and its standard error."""
    return paired_gain(
        spec.metric, scored.y, codes, default, spec.n_classes, scored.weight, spec.pos, scored.unit
    )


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
