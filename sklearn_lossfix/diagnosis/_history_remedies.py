"""Remedies of findings on curves: the estimator that recorded them, with a parameter changed.

Only plain cases have one: a run that was too short, one that went too far, and a rate that is too
high. Nothing is fitted, so no gain is known.
"""

from dataclasses import replace
from functools import partial

from sklearn.base import clone
from sklearn.pipeline import Pipeline

from sklearn_lossfix._core._finding import Remedy
from sklearn_lossfix.diagnosis.history._identity import is_of
from sklearn_lossfix.diagnosis.twins._parts import inner_learner, params_code, with_params
from sklearn_lossfix.diagnosis.twins.converged import MORE_ITERATIONS
from sklearn_lossfix.diagnosis.twins.learning_rate import rate_parameter, slower_rate
from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection import EarlyStoppingClassifier

# Iterations without an improvement after which boosting that has no default ends: the default of
# MLPClassifier, HistGradientBoostingClassifier and EarlyStoppingClassifier.
PATIENCE = 10

_NETWORKS = ("MLPClassifier", "MLPRegressor")
_HISTOGRAM = ("HistGradientBoostingClassifier", "HistGradientBoostingRegressor")
_BOOSTING = ("GradientBoostingClassifier", "GradientBoostingRegressor")

# Losses that `EarlyStoppingClassifier` monitors.
_MONITORED_LOSSES = ("log_loss", "hinge_loss")


def with_remedies(findings, estimator, history):
    """Give issues and tips their remedy, where the estimator is at hand and the case is plain.

    Parameters
    ----------
    findings : list of Finding
        Of a report on a history.
    estimator : fitted estimator or None
        What recorded the history: it, a Pipeline that ends with it, or a search that chose it.
    history : History
        What was recorded.

    Returns
    -------
    list of Finding
    """
    whole, prefix, part = recorder_of(estimator)
    if part is None:
        return findings
    return [
        replace(finding, remedy=_remedy(finding, whole, prefix, part, history))
        if finding.section in ("issue", "tip") and finding.remedy is None
        else finding
        for finding in findings
    ]


def recorder_of(estimator):
    """The part of an estimator that recorded a history.

    Returns
    -------
    whole : estimator or None
        What a remedy is made from.
    prefix : str
        What stands before the parameters of the part in ``whole.get_params()``.
    part : estimator or None
        None where no remedies are known.
    """
    whole = getattr(estimator, "best_estimator_", estimator)
    prefix, part = "", whole
    while isinstance(part, Pipeline):
        name, part = part.steps[-1]
        prefix += f"{name}__"
    known = is_of(part, "sklearn", *_NETWORKS, *_HISTOGRAM, *_BOOSTING)
    return (whole, prefix, part) if known or _stops_early(part) else (None, "", None)


def _stops_early(part):
    """Whether epochs are those of an `EarlyStoppingClassifier`."""
    return isinstance(part, EarlyStoppingClassifier)


def _remedy(finding, whole, prefix, part, history):
    """Remedy of a finding, or None."""
    maker = _MAKERS.get(finding.name)
    values = {} if maker is None else maker(part, finding, history)
    current = part.get_params(deep=True)
    values = {name: value for name, value in values.items() if current[name] != value}
    if not values:
        return None
    params = {prefix + name: value for name, value in values.items()}
    build = partial(with_params, **params)
    return Remedy(
        estimator=build(clone(whole)),
        changes=f"{type(part).__name__} with "
        + ", ".join(f"{name}={value!r}" for name, value in values.items()),
        params=params,
        code=params_code(params),
        n_fits=MORE_ITERATIONS if maker is _longer else 1,
        build=build,
    )


def _slower(part, finding, history):
    """A tenth of the learning rate, as for the twin of the same name."""
    inside, learner = inner_learner(part) if _stops_early(part) else ("", part)
    try:
        name, rate, default = rate_parameter(learner)
    except CheckNotApplicable:
        return {}
    return {inside + name: slower_rate(rate, default)}


def _longer(part, finding, history):
    """Ten times the epochs or trees, with a rule that ends them; nothing where one did already."""
    if _stops_early(part):
        name, rule = "max_epochs", {}
    elif is_of(part, "sklearn", *_BOOSTING):
        name, rule = "n_estimators", {}
        if part.n_iter_no_change is None:
            rule = {"n_iter_no_change": PATIENCE}
    else:
        name, rule = "max_iter", {"early_stopping": True}
    limit = getattr(part, name)
    if history.steps[-1] < limit:
        return {}
    return {name: limit * MORE_ITERATIONS, **rule}


def _shorter(part, finding, history):
    """The state of the best step: put back, or never left."""
    best = round(finding.evidence["best_step"])
    if _stops_early(part):
        values = {"restore_best": True}
        if history.loss_name in _MONITORED_LOSSES:
            values["monitor"] = history.loss_name
        return values
    if best < 1 or is_of(part, "sklearn", *_NETWORKS):  # a network puts its best back by itself
        return {}
    if is_of(part, "sklearn", *_HISTOGRAM):
        return {"max_iter": best, "early_stopping": False}
    return {"n_estimators": best}


_MAKERS = {
    "learning-rate-too-high": _slower,
    "still-improving": _longer,
    "overfit-turning-point": _shorter,
}
