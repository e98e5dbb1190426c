"""What is recorded of an epoch: from what users ask for to scores, a loss and metrics."""

import numpy as np

from sklearn_lossfix._core._user_warning import warn_user
from sklearn_lossfix._core._validation import encode_target
from sklearn_lossfix.decision._positive_class import resolve_positive
from sklearn_lossfix.decision._scoring import metric_for_classes
from sklearn_lossfix.exceptions import LossfixWarning

#: Monitors that are losses; all others are metrics.
LOSSES = ("log_loss", "refinement", "hinge_loss")


def is_loss(monitor):
    """Whether what is monitored is a loss: less is better."""
    return isinstance(monitor, str) and monitor in LOSSES


def encode_classes(y):
    """Turn the labels of all rows into codes.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Labels.

    Returns
    -------
    codes : ndarray of shape (n_samples,), dtype int
    classes : ndarray of shape (n_classes,)

    Raises
    ------
    ValueError
        If there is one class.
    """
    if len(np.unique(y)) < 2:
        raise ValueError(
            "Labels of at least two classes were expected; y has 1 class. Nothing can be learnt "
            "from it: check how y was made, or stratify the split that it comes from."
        )
    return encode_target(y)


def response_for(monitor, model):
    """Name the method whose scores are judged.

    Parameters
    ----------
    monitor : str, callable or Metric
        What decides when to stop.

    model : classifier
        What is trained.

    Returns
    -------
    {"predict_proba", "decision_function"}

    Raises
    ------
    ValueError
        If the model does not give them.
    """
    has_proba = hasattr(model, "predict_proba")
    if is_loss(monitor) and monitor != "hinge_loss" and not has_proba:
        raise ValueError(
            f"monitor={monitor!r} needs predict_proba, which this {type(model).__name__} has not. "
            "Expected a classifier with probabilities, such as SGDClassifier(loss='log_loss'), or "
            "monitor='hinge_loss' or a metric such as 'accuracy'."
        )
    response = "decision_function" if monitor == "hinge_loss" or not has_proba else "predict_proba"
    if not hasattr(model, response):
        raise ValueError(
            f"{type(model).__name__} has no {response}, and no loss can be recorded without. "
            "Expected a classifier with scores; with probabilities, use monitor='log_loss'."
        )
    return response


def recorded_metrics(monitor, scoring, classes, codes, pos_label=None):
    """Resolve the metrics to record.

    Parameters
    ----------
    monitor : str, callable or Metric
        What decides when to stop.

    scoring : str, callable, Metric, list or None
        What is only recorded.

    classes : ndarray of shape (n_classes,)
        Labels.

    codes : ndarray of shape (n_samples,), dtype int
        Class codes of all rows.

    pos_label : label, default=None
        The positive class, as the user says.

    Returns
    -------
    metrics : list of Metric
        Without repeats, the monitored one first.

    positive : list of int or None
        Code of the positive class for each.
    """
    scorings = list(scoring) if isinstance(scoring, list | tuple) else [scoring]
    if not is_loss(monitor):
        scorings = [monitor, *(other for other in scorings if other is not None)]
    counts = np.bincount(codes, minlength=len(classes))
    resolved = {}
    for one in scorings or [None]:
        metric = metric_for_classes(one, classes)
        if metric.name not in resolved:
            pos, note = resolve_positive(metric, classes, counts, pos_label)
            if note is not None:
                warn_user(f"{note} Pass pos_label to choose.", LossfixWarning)
            resolved[metric.name] = metric, pos
    return [metric for metric, _ in resolved.values()], [pos for _, pos in resolved.values()]
