"""What is true, by fresh rows: whether a fault hurts, whether a remedy helps, what is clean."""

import warnings
from dataclasses import dataclass

import numpy as np
from scipy import stats
from sklearn.base import clone, is_regressor
from sklearn.model_selection import cross_val_predict

# Smallest effects that matter, and the level of all tests here.
LOSS_FLOOR_SHARE, METRIC_FLOOR, LEVEL = 0.01, 0.01, 0.01
# A metric whose 95 % interval is wider than this to each side cannot choose between models.
VAGUE = 0.10
N_RESAMPLES = 200
CLIP = np.finfo(float).eps


@dataclass
class Judged:
    """Row losses (None without probabilities), row contributions to the metric, and means."""

    losses: np.ndarray | None
    points: np.ndarray

    @property
    def loss(self):
        """Mean log loss, or None."""
        return None if self.losses is None else float(self.losses.mean())

    @property
    def is_infinite(self):
        """Whether a class that came had a probability of zero: the loss is finite by clipping."""
        return self.losses is not None and bool((self.losses >= -np.log(CLIP)).any())

    @property
    def metric(self):
        """Accuracy or balanced accuracy."""
        return float(self.points.mean())

    def as_dict(self):
        """Both means."""
        return {"loss": self.loss, "metric": self.metric}


def row_points(y, pred, scoring):
    """Right or wrong; of balanced accuracy, weighted so that the mean is the metric."""
    right = (np.asarray(pred) == y).astype(float)
    if scoring == "accuracy":
        return right
    counts = np.bincount(y)
    return right * len(y) / (np.count_nonzero(counts) * np.maximum(counts, 1)[y])


def judge_scores(y, proba, pred, scoring):
    """Judge predictions; `proba` may be None."""
    losses = None
    if proba is not None:
        losses = -np.log(np.clip(proba[np.arange(len(y)), y], CLIP, 1))
    return Judged(losses, row_points(y, pred, scoring))


def decode(model, X, n_classes):
    """Probabilities or None, and codes: those of a regressor are rounded."""
    if is_regressor(model):
        return None, np.clip(np.rint(model.predict(X)), 0, n_classes - 1).astype(int)
    proba = model.predict_proba(X) if hasattr(model, "predict_proba") else None
    return proba, model.predict(X)


def fitted(estimator, X, y):
    """A fitted clone, in silence."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return clone(estimator).fit(X, y)


def judge(model, X, y, scoring):
    """Judge a fitted model on rows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        proba, pred = decode(model, X, int(y.max()) + 1)
    return judge_scores(y, proba, pred, scoring)


def gains(before, after):
    """What `after` saves on the same rows, in floors, where that is significant; else 0.

    Returns
    -------
    dict of str to float
        "loss" and "metric"; 1 is the smallest effect that matters.
    """
    found = {"loss": 0.0, "metric": 0.0}
    pairs = {"metric": (after.points - before.points, METRIC_FLOOR)}
    if before.losses is not None and after.losses is not None:
        pairs["loss"] = before.losses - after.losses, LOSS_FLOOR_SHARE * before.loss
    for name, (rows, floor) in pairs.items():
        se = rows.std(ddof=1) / np.sqrt(len(rows))
        if rows.mean() > 0 and stats.norm.sf(rows.mean() / max(se, 1e-12)) < LEVEL:
            found[name] = float(rows.mean() / max(floor, 1e-12))
    return found


def seen_by_user(case, model):
    """What the user sees: the fitted model on validation rows, or clones out of fold."""
    if case.X_val is not None:
        return judge(model, case.X_val, case.y_val, case.scoring)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            proba = cross_val_predict(
                case.estimator, case.X, case.y, cv=case.cv, method="predict_proba"
            )
        except AttributeError:
            proba = None
        pred = cross_val_predict(case.estimator, case.X, case.y, cv=case.cv)
    return judge_scores(case.y, proba, pred, case.scoring)


def estimate_harm(seen, fresh):
    """By how many floors what is seen differs from fresh rows, where significant."""
    found = {"loss": 0.0, "metric": 0.0}
    pairs = {"metric": (seen.points, fresh.points, METRIC_FLOOR)}
    if seen.losses is not None and fresh.losses is not None:
        pairs["loss"] = seen.losses, fresh.losses, LOSS_FLOOR_SHARE * fresh.loss
    for name, (a, b, floor) in pairs.items():
        difference = abs(a.mean() - b.mean())
        se = np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
        if 2 * stats.norm.sf(difference / max(se, 1e-12)) < LEVEL:
            found[name] = float(difference / max(floor, 1e-12))
    return found


def vagueness(case, fresh):
    """Half the width of the interval of the metric on as few rows, in units of `VAGUE`."""
    rng = np.random.default_rng(0)
    n_val = len(case.y_val)
    means = [rng.choice(fresh.points, n_val).mean() for _ in range(N_RESAMPLES)]
    half = stats.norm.ppf(0.975) * np.std(means)
    return {"loss": 0.0, "metric": float(half / VAGUE)}


@dataclass
class Truth:
    """A case with everything fitted that the truth needs."""

    case: object
    model: object
    fresh: Judged
    twin: Judged | None
    harm: dict

    @property
    def background(self):
        """Findings that are true of the clean twin too, so that they count neither way."""
        is_infinite = (self.fresh if self.twin is None else self.twin).is_infinite
        return ["nonfinite-loss"] if is_infinite else []

    @property
    def hurts(self):
        """Whether the fault costs more than a floor."""
        return max(self.harm.values()) > 1


def truth_of(case, harm):
    """Fit the faulty model and its twin, and measure the harm."""
    model = case.estimator
    if not hasattr(model, "best_estimator_"):
        model = fitted(model, case.X, case.y)
    fresh = judge(model, case.X_fresh, case.y_fresh, case.scoring)
    twin = None
    if harm in ("model", "always"):
        twin_model = fitted(case.twin, case.twin_X, case.twin_y)
        twin = judge(twin_model, case.twin_X_fresh, case.y_fresh, case.scoring)
    if harm == "model":
        harms = gains(fresh, twin)
    elif harm == "estimate":
        harms = estimate_harm(seen_by_user(case, model), fresh)
    elif harm == "vague":
        harms = vagueness(case, fresh)
    else:
        harms = {"loss": float("inf"), "metric": float("inf")}
    return Truth(case, model, fresh, twin, harms)


def judge_remedy(truth, estimator, left_out=None):
    """A remedy fitted on all training rows, judged on fresh ones; None where it fails."""
    case = truth.case
    X, y = case.X, case.y
    if left_out is not None:
        keep = np.setdiff1d(np.arange(len(y)), left_out)
        X, y = X[keep], y[keep]
    try:
        return judge(fitted(estimator, X, y), case.X_fresh, case.y_fresh, case.scoring)
    except Exception:  # a remedy that cannot be fitted does not repair
        return None


def recovered(truth, after):
    """Share of what the fault costs that a remedy wins back, in each currency that it costs.

    Returns
    -------
    dict of str to float
        Of "loss" and "metric" those that the fault costs; empty if no model can win it back.
    """
    if truth.twin is None or after is None:
        return {}
    found = {}
    if truth.harm["metric"] > 1:
        lost = truth.twin.metric - truth.fresh.metric
        found["metric"] = (after.metric - truth.fresh.metric) / lost if lost > 0 else 0.0
    known = None not in (truth.fresh.loss, truth.twin.loss, after.loss)
    if truth.harm["loss"] > 1 and known:
        lost = truth.fresh.loss - truth.twin.loss
        found["loss"] = (truth.fresh.loss - after.loss) / lost if lost > 0 else 0.0
    return found
