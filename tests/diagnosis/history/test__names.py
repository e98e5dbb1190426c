"""What the names of curves tell."""

import pytest

from sklearn_lossfix.diagnosis.history._names import role_of, set_name, take_apart


@pytest.mark.parametrize(
    ("label", "split", "name", "aggregate"),
    [
        ("loss", None, "loss", ""),
        ("val_loss", "validation", "loss", ""),
        ("loss_val", "validation", "loss", ""),
        ("Loss/train", "train", "loss", ""),
        ("train_loss_epoch", "train", "loss", "epoch"),
        ("train-logloss-mean", "train", "logloss", "mean"),
        ("valid binary_logloss-mean", "validation", "binary_logloss", "mean"),
        ("validation_0-logloss", "validation", "logloss", ""),
        ("valid_0's auc", "validation", "auc", ""),
        ("learn_Logloss", "train", "logloss", ""),
        ("valAccuracy", "validation", "accuracy", ""),
        ("eval_acc", "validation", "accuracy", ""),
        ("MulticlassF1Score", None, "multiclass_f1_score", ""),
        ("train", "train", "", ""),
        ("step", None, "step", ""),
        ("valid", "validation", "", ""),
        ("retrain_loss", None, "retrain_loss", ""),
        ("avg_val_loss", "validation", "avg_loss", ""),
        ("epoch_train_acc", "train", "epoch_accuracy", ""),
    ],
)
def test_take_apart(label, split, name, aggregate):
    """Rows, quantity and aggregate are found wherever programs write them."""
    parts = take_apart(label)
    assert (parts.split, parts.name, parts.aggregate) == (split, name, aggregate)
    assert not parts.is_companion


@pytest.mark.parametrize(
    "label", ["valid_loss_best", "best_val_acc", "test-auc-std", "valid auc-stdv"]
)
def test_companions(label):
    """Flags and spreads are no curves of their own."""
    assert take_apart(label).is_companion


def test_ranks_of_held_out_rows():
    """Validation comes before test rows, and of numbered sets the last comes first."""
    assert take_apart("val_loss").rank > take_apart("test_loss").rank
    assert take_apart("valid_1_auc").rank > take_apart("valid_0_auc").rank


@pytest.mark.parametrize(
    ("label", "split"),
    [("train", "train"), ("valid_1", "validation"), ("learn", "train"), ("loss", None), ("", None)],
)
def test_set_name(label, split):
    """A name that is nothing but rows is told from others."""
    parts = set_name(label)
    assert (None if parts is None else parts.split) == split


@pytest.mark.parametrize(
    ("name", "kind", "loss_kind"),
    [
        ("loss", "loss", "unknown"),
        ("log_loss", "loss", "log_loss"),
        ("neg_log_loss", "loss", "log_loss"),
        ("multi_class", "loss", "log_loss"),
        ("cross_entropy_loss", "loss", "log_loss"),
        ("binary_cross_entropy", "loss", "log_loss"),
        ("binary_focal_crossentropy", "loss", "unknown"),
        ("brier_score", "loss", "squared_error"),
        ("mse", "loss", "squared_error"),
        ("root_mean_squared_error", "loss", "unknown"),
        ("mean_absolute_percentage_error", "loss", "unknown"),
        ("hinge_loss", "loss", "hinge"),
        ("squared_hinge", "loss", "unknown"),
        ("head_loss", "loss", "unknown"),
        ("accuracy", "metric", "unknown"),
        ("balanced_accuracy", "metric", "unknown"),
        ("top_k_categorical_accuracy", "metric", "unknown"),
        ("d2_log_loss_score", "metric", "unknown"),
        ("roc_auc", "metric", "unknown"),
        ("lr_adam", "learning_rate", "unknown"),
        ("learning_rate", "learning_rate", "unknown"),
        ("grad_norm", "unknown", "unknown"),
        ("time", "unknown", "unknown"),
    ],
)
def test_role_of(name, kind, loss_kind):
    """Names of scikit-learn, Keras, torchmetrics and the boosting libraries are known."""
    role = role_of(name)
    assert (role.kind, role.loss_kind) == (kind, loss_kind)


@pytest.mark.parametrize(
    ("name", "is_turned"),
    [
        ("accuracy", False),
        ("error", True),
        ("merror", True),
        ("multi_error", True),
        ("balanced_error_rate", True),
        ("zero_one_loss", True),
        ("hamming_loss", True),
        ("log_loss", False),
        ("neg_log_loss", True),
        ("neg_max_error", False),
    ],
)
def test_direction(name, is_turned):
    """Errors among metrics, and what is called negative, have their sign against the rule."""
    assert role_of(name).is_turned == is_turned
