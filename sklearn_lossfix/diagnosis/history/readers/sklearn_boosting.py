"""scikit-learn's gradient boosting: ``train_score_`` and ``validation_score_``."""

from dataclasses import replace

import numpy as np

from sklearn_lossfix.diagnosis.history._build import RecordedCurve, build_history
from sklearn_lossfix.diagnosis.history._identity import class_count, is_of
from sklearn_lossfix.diagnosis.history._names import role_of

_HISTOGRAM = ("HistGradientBoostingClassifier", "HistGradientBoostingRegressor")
_PLAIN = ("GradientBoostingClassifier", "GradientBoostingRegressor")

# Rows that HistGradientBoosting scores to stop early where `scoring` is not "loss":
# `_get_small_trainset` of scikit-learn.
_SCORED_ROWS = 10_000

_PENALTY = "Losses are without the penalties that training minimises."
_WEIGHTS = "class_weight counts in the losses."


def recognises(history):
    """Whether this is gradient boosting of scikit-learn."""
    return is_of(history, "sklearn", *_HISTOGRAM, *_PLAIN)


def read(history, facts):
    """Read fitted gradient boosting.

    Parameters
    ----------
    history : estimator of scikit-learn
        Fitted.
    facts : Facts
        What the user told.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If it is not fitted or recorded nothing.
    """
    if not hasattr(history, "train_score_"):
        raise ValueError(f"This {type(history).__name__} is not fitted. Expected a fitted one.")
    if is_of(history, "sklearn", *_HISTOGRAM):
        return _read_histogram(history, facts)
    return _read_plain(history, facts)


def _read_histogram(model, facts):
    """Read HistGradientBoosting, which records the negative loss or a score."""
    train = np.asarray(model.train_score_, dtype=np.float64)
    if train.size == 0:
        raise ValueError(
            f"This {type(model).__name__} recorded no curve, as it did not stop early: "
            f"early_stopping='auto' does so above 10,000 rows. Fit with early_stopping=True, or "
            f"pass a dict of losses made with staged_predict_proba."
        )
    is_loss = model.scoring == "loss"
    name = "loss" if is_loss else _score_name(model)
    distortions = [_PENALTY] if is_loss else []
    if getattr(model, "class_weight", None) is not None and is_loss:
        distortions.append(_WEIGHTS)
    if is_loss:
        distortions.append("scikit-learn records the negative loss: the sign was turned.")
    else:
        distortions.append(
            f"Training scores are those of at most {_SCORED_ROWS:,} rows; with a scoring other "
            f"than 'loss' no loss is recorded."
        )
    sign = -1.0 if is_loss else 1.0
    curves = [RecordedCurve("train_score_", "train", name, sign * train)]
    validation = np.asarray(model.validation_score_, dtype=np.float64)
    if validation.size:
        curves.append(RecordedCurve("validation_score_", "validation", name, sign * validation))
    loss_name = str(model.loss)
    history = build_history(
        curves,
        facts,
        source=type(model).__name__,
        first_step=0,  # the first entry is that of the baseline, before any tree
        unit="iteration",
        distortions=distortions,
        loss_name=loss_name,
        loss_kind=_loss_kind(model, loss_name),
        n_classes=class_count(model),
    )
    return replace(history, flipped=("loss",)) if is_loss else history


def _score_name(model):
    """Name of what ``scoring`` other than "loss" records."""
    if isinstance(model.scoring, str):
        return model.scoring
    if model.scoring is None:
        return "accuracy" if is_of(model, "sklearn", "HistGradientBoostingClassifier") else "r2"
    return "score"


def _loss_kind(model, loss_name):
    """What loss it is; half a squared error is compared with nothing."""
    is_classifier = is_of(model, "sklearn", _HISTOGRAM[0], _PLAIN[0])
    return role_of(loss_name).loss_kind if is_classifier else "unknown"


def _read_plain(model, facts):
    """Read GradientBoosting, which records losses, of two classes the double."""
    name = str(model.loss)
    distortions = []
    factor = 1.0
    if name == "log_loss" and model.n_classes_ == 2:
        factor = 0.5
        distortions.append("scikit-learn records twice the log loss of two classes: it was halved.")
    curves = [
        RecordedCurve("train_score_", "train", "loss", factor * np.asarray(model.train_score_))
    ]
    if getattr(model, "oob_scores_", None) is not None:
        # Nor is there another curve in `oob_improvement_`: it is the difference of two neighbours.
        distortions.append(
            "Training loss is of the rows that a tree was fitted on, others for every tree. "
            "oob_scores_ are left out: they are of rows that earlier trees were fitted on, and go "
            "on falling where the loss of fresh rows rises."
        )
    distortions.append(
        "Only training loss is shown. staged_predict_proba gives that of validation rows."
    )
    history = build_history(
        curves,
        facts,
        source=type(model).__name__,
        unit="iteration",
        distortions=distortions,
        loss_name=name,
        loss_kind=_loss_kind(model, name),
        n_classes=class_count(model),
    )
    # With n_iter_no_change the loss of held-out rows stops the run, and is not recorded.
    stopped = model.n_iter_no_change is not None and len(model.train_score_) < model.n_estimators
    return replace(history, stop_reason="patience") if stopped else history
