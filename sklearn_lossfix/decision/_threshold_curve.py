"""Metrics of two classes at every threshold, as arrays and as a picture."""

import itertools

import numpy as np

from sklearn_lossfix._core._optional import import_optional
from sklearn_lossfix.decision._decision_rule import class_scores
from sklearn_lossfix.decision._positive_class import own_positive
from sklearn_lossfix.decision._rule_spec import is_plain_cost
from sklearn_lossfix.decision._sweep import sweep_thresholds

# What a curve shows where nothing is said.
CURVE_METRICS = (
    "accuracy",
    "balanced_accuracy",
    "f1",
    "precision",
    "recall",
    "specificity",
    "matthews_corrcoef",
)


def threshold_curve(
    y_codes, scores, metrics, *, classes, pos, space, sample_weight=None, cost=None
):
    """Compute label metrics at every distinct threshold, from one sort.

    Parameters
    ----------
    y_codes : ndarray of shape (n_samples,), integer
        Class codes.

    scores : ndarray of shape (n_samples, 2) or (n_samples,)
        Probabilities or decision values.

    metrics : list of Metric
        Label metrics.

    classes : ndarray of shape (2,)
        Labels.

    pos : {0, 1}
        Code of the positive class.

    space : {"proba", "decision"}
        What the scores are.

    sample_weight : ndarray of shape (n_samples,), default=None
        Weight of each row; one each if None.

    cost : ndarray of shape (n_samples,), default=None
        What an error in each row costs, by the metric "cost" without parameters.

    Returns
    -------
    curve : dict of str to ndarray of shape (n_thresholds,)
        ``"threshold"``, decreasing, and one entry per metric, numbered from the second of a name
        on. A metric whose scorer names a positive class is judged by that.

    Raises
    ------
    ValueError
        If a metric is not a label metric, or its scorer names none of the classes.
    """
    y_pos, column = y_codes == pos, class_scores(scores, pos, space)
    order = np.argsort(column)
    labels = np.asarray(classes).tolist()
    sweep = sweep_thresholds(y_pos, column, sample_weight, order=order)
    curve = {"threshold": sweep.thresholds}
    for metric in metrics:
        own = own_positive(metric, labels, pos)
        bound = metric.for_labels(classes).for_sweep(pos)
        # Columns of a sweep are those of the negative and of the positive class of the curve.
        values = _metric_of_sweep(bound, sweep, None if own is None else int(own == pos))
        if cost is not None and is_plain_cost(metric):
            weight = cost if sample_weight is None else cost * sample_weight
            priced = sweep_thresholds(y_pos, column, weight, order=order)
            values = _metric_of_sweep(bound, priced, 1) * np.average(cost, weights=sample_weight)
        curve[_unused_name(metric.name, curve)] = values
    return curve


def _metric_of_sweep(metric, sweep, pos):
    """Compute a metric, whose positive class is in column `pos`, at all cuts of a sweep."""
    tp, fp, P, N = sweep.tp, sweep.fp, sweep.P, sweep.N
    hits = np.column_stack([N - fp, tp])
    predicted = np.column_stack([N - fp + P - tp, tp + fp])
    return np.asarray(metric.value(hits, predicted, np.array([N, P]), pos=pos), dtype=float)


def _unused_name(name, curve):
    """Number a name if it is taken already."""
    numbered = (f"{name}_{k}" for k in itertools.count(2))
    return next(key for key in itertools.chain([name], numbered) if key not in curve)


def plot_curve(curve, threshold, band=None, *, ax=None, caller="plot_curve"):
    """Draw metrics over the threshold.

    Parameters
    ----------
    curve : dict of str to ndarray
        From `threshold_curve`.

    threshold : float
        The threshold in use.

    band : tuple of (float, float), default=None
        Interval of the threshold.

    ax : matplotlib Axes, default=None
        Where to draw; a new figure if None.

    caller : str, default="plot_curve"
        Who draws, for the error where matplotlib is missing.

    Returns
    -------
    ax : matplotlib Axes
        The axes.
    """
    if ax is None:
        plt = import_optional("matplotlib.pyplot", caller=caller, extra="plot")
        _, ax = plt.subplots(layout="constrained")
    finite = np.isfinite(curve["threshold"])
    x = curve["threshold"][finite]
    for name, values in curve.items():
        if name != "threshold":
            # Between two thresholds nothing changes: the metric is a step function.
            ax.step(x, values[finite], where="post", label=name.replace("_", " "))
    if np.isfinite(threshold):
        ax.axvline(threshold, color="black", linestyle="--", label="threshold in use")
    if band is not None:
        ax.axvspan(*band, color="black", alpha=0.1, label="95 % of bootstrap thresholds")
    ax.set_xlabel("threshold on the score of the positive class")
    ax.set_ylabel("metric out of fold")
    ax.legend()
    return ax
