"""Remedies: unfitted estimators made from the user's own, with what they were seen to gain."""

import math
from functools import partial

from sklearn.base import clone

from sklearn_lossfix._core._finding import Remedy
from sklearn_lossfix._core._oof import frozen_parts
from sklearn_lossfix._core._paired_tests import paired_estimate
from sklearn_lossfix.decision import DecisionRuleClassifier, RecalibratedClassifier
from sklearn_lossfix.diagnosis._root_scale import root_interval, root_standard_error

# How far up the ladder each method of RecalibratedClassifier reaches: a temperature map has offsets
# as well, so it ends on the rung that comes second.
_RUNG_OF = {"prior_shift": 1, "temperature": 2, "vector": 3, "isotonic": 3}
# Fits of the user's estimator: one per fold of the default cv, and the final one.
_CROSS_FITTED_FITS = 6


def _n_fits(estimator):
    """Fits that a cross-fitted wrapper needs; none of a frozen estimator."""
    return 0 if frozen_parts(estimator) else _CROSS_FITTED_FITS


def recalibrate(estimator, method):
    """Wrap an unfitted estimator in a cross-fitted recalibration map."""
    return RecalibratedClassifier(clone(estimator), method=method)


def tune_rule(estimator, scoring, pos_label):
    """Wrap an unfitted estimator in a decision rule tuned for a metric."""
    return DecisionRuleClassifier(clone(estimator), scoring=scoring, pos_label=pos_label)


def recalibration_remedy(analysis, method):
    """Wrap the user's estimator in a cross-fitted recalibration map.

    Parameters
    ----------
    analysis : Analysis
        Holds the estimator and the ladder.
    method : {"prior_shift", "temperature", "vector", "isotonic"}
        The map.

    Returns
    -------
    Remedy or None
        None where there is no estimator (probabilities from elsewhere).
    """
    estimator = analysis.evidence.estimator
    if estimator is None:
        return None
    ladder = analysis.ladder
    if method == "prior_shift" and ladder.rungs[1] != "prior shift":
        method = "temperature"  # the shift was found beside a slope: one map has both
    reached = ladder.log_rows[ladder.rungs[_RUNG_OF[method]]]
    gain = paired_estimate(ladder.log_rows["as is"] - reached, **analysis.refitted_sampling)
    if _RUNG_OF[method] < _RUNG_OF["vector"]:  # maps with so few numbers that the root is normal
        inflation = analysis.evidence.inflation
        gain = root_interval(gain, root_standard_error(gain, analysis.n_effective, inflation))
    build = partial(recalibrate, method=method)
    return Remedy(
        estimator=build(estimator),
        changes=f"recalibrate the probabilities by a cross-fitted {method.replace('_', ' ')} map",
        params={"method": method},
        code=(
            "from sklearn_lossfix import RecalibratedClassifier\n"
            f'RecalibratedClassifier(estimator, method="{method}")'
        ),
        expected_gain=gain,
        unit="nats",
        n_fits=_n_fits(estimator),
        build=build,
    )


def decision_rule_remedy(analysis, metric, gain):
    """Wrap the user's estimator in a decision rule tuned for the metric.

    Parameters
    ----------
    analysis : Analysis
        Holds the estimator.
    metric : Metric
        What the rule is tuned for.
    gain : Estimate
        Cross-fitted gain of the best rule.

    Returns
    -------
    Remedy or None
        None where there is no estimator, or where it is a regressor.
    """
    e = analysis.evidence
    if e.estimator is None or e.facts.get("regressor_given_labels"):
        return None
    scoring = e.facts["scoring"] if metric is analysis.metric else metric.name
    scoring = metric.name if scoring is None else scoring
    return rule_remedy(analysis, metric, scoring, e.pos, gain)


def rule_remedy(analysis, metric, scoring, pos, gain=None):
    """Wrap the user's estimator in a decision rule tuned for any label metric.

    Parameters
    ----------
    analysis : Analysis
        Holds the estimator and the classes.
    metric : Metric
        What the rule is tuned for.
    scoring : str or callable
        The metric as the user passes it.
    pos : int or None
        Code of the positive class.
    gain : Estimate, default=None
        Cross-fitted gain of the best rule, where known.

    Returns
    -------
    Remedy
    """
    e = analysis.evidence
    pos_label = e.classes[pos].item() if metric.asymmetric else None
    arguments = f"scoring={scoring!r}" if isinstance(scoring, str) else "scoring=scoring"
    if pos_label is not None:
        arguments += f", pos_label={pos_label!r}"
    build = partial(tune_rule, scoring=scoring, pos_label=pos_label)
    return Remedy(
        estimator=build(e.estimator),
        changes=f"tune the decision rule for {metric.name.replace('_', ' ')}, out of fold",
        params={"scoring": metric.name, "pos_label": pos_label},
        code=(
            "from sklearn_lossfix import DecisionRuleClassifier\n"
            f"DecisionRuleClassifier(estimator, {arguments})"
        ),
        expected_gain=gain,
        unit="points",
        n_fits=_n_fits(e.estimator),
        build=build,
    )


def twin_remedy(analysis, name, gain=None, unit="nats"):
    """The estimator of a twin, with what the twin gained; None where there is no such twin."""
    twin = analysis.refits.evidence.twins.get(name)
    if twin is None:
        return None
    return Remedy(
        estimator=clone(twin.estimator),
        changes=twin.changes,
        params=twin.params,
        code=twin.code,
        expected_gain=gain,
        unit=unit,
        n_fits=math.ceil(twin.n_fits),
        build=twin.build,
        left_out=twin.left_out,
    )


def rule_text(rule):
    """A decision rule in words, for a sentence."""
    if rule.kind == "threshold":
        return f"with the cut at {rule.threshold:.3g} on {rule.pos_label!r}"
    if rule.kind == "offsets":
        return "with an offset per class"
    return f"with the rule {rule.kind!r}"
