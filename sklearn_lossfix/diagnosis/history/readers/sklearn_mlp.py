"""scikit-learn's multilayer perceptrons: ``loss_curve_`` and ``validation_scores_``."""

from dataclasses import replace

from sklearn_lossfix.diagnosis.history._build import RecordedCurve, build_history
from sklearn_lossfix.diagnosis.history._identity import class_count, is_of

_RUNNING_MEAN = (
    "loss_curve_ is the mean over the batches of the epoch while the weights still change: it lags "
    "half an epoch behind the loss of the model at its end."
)
_PENALTY = "loss_curve_ holds the L2 penalty (alpha = {alpha:g}) besides the loss of the rows."
_NO_VALIDATION_LOSS = (
    "validation_scores_ are {metric} on validation_fraction of the rows; no validation loss is "
    "recorded."
)
_HALF = "loss_curve_ is half the squared error."


def recognises(history):
    """Whether this is a multilayer perceptron of scikit-learn."""
    return is_of(history, "sklearn", "MLPClassifier", "MLPRegressor")


def read(history, facts):
    """Read a fitted multilayer perceptron.

    Parameters
    ----------
    history : MLPClassifier or MLPRegressor
        Fitted by a stochastic solver.
    facts : Facts
        What the user told.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If it is not fitted, or the solver records no curve.
    """
    name = type(history).__name__
    if not getattr(history, "loss_curve_", None):
        why = "is not fitted" if not hasattr(history, "n_iter_") else "recorded no loss_curve_"
        if getattr(history, "solver", None) == "lbfgs":
            why = "recorded no loss_curve_: the solver 'lbfgs' has none"
        raise ValueError(
            f"This {name} {why}. Fit it with solver='adam' or 'sgd', or with "
            f"EarlyStoppingClassifier, which records the loss of validation rows too."
        )
    is_classifier = is_of(history, "sklearn", "MLPClassifier")
    n_classes = class_count(history) if is_classifier else None
    # Several outputs of a logistic layer are labels of their own: their losses are summed.
    is_multilabel = getattr(history, "out_activation_", "") == "logistic" and history.n_outputs_ > 1
    name, kind = ("log_loss", "log_loss") if is_classifier else ("squared_error", "unknown")
    distortions = [_RUNNING_MEAN, _PENALTY.format(alpha=history.alpha)]
    if is_multilabel:
        n_classes, kind = None, "unknown"
        distortions.append("Losses of the labels are summed.")
    if not is_classifier:
        distortions.append(_HALF)
    curves = [RecordedCurve("loss_curve_", "train", "loss", history.loss_curve_)]
    scores = getattr(history, "validation_scores_", None)
    if scores:
        metric = "accuracy" if is_classifier else "r2"
        curves.append(RecordedCurve("validation_scores_", "validation", metric, scores))
        distortions.append(_NO_VALIDATION_LOSS.format(metric=metric))
    built = build_history(
        curves,
        facts,
        source=type(history).__name__,
        distortions=distortions,
        loss_name=name,
        loss_kind=kind,
        n_classes=n_classes,
    )
    stopped = len(history.loss_curve_) < history.max_iter  # by tol and n_iter_no_change
    return replace(built, stop_reason="patience") if stopped else built
