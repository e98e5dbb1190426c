"""What the name of a recorded curve tells: the rows it is about, and what it measures.

Sources of the names: scikit-learn's ``scoring``, the metrics of Keras, torchmetrics, skorch,
XGBoost, LightGBM and CatBoost.
"""

import re
from dataclasses import dataclass

# Words for the rows a curve is about. A program's "test" rows are held-out rows like any other.
_TRAIN = frozenset({"train", "training", "learn"})
_TEST = frozenset({"test", "testing"})
_VALIDATION = _TEST | {"val", "valid", "validation", "eval", "evaluation", "dev", "holdout"}

# Ends of a name that tell how a value was come by, not what it is.
_AGGREGATES = frozenset({"step", "epoch", "mean"})
# Words at the ends of a name that make it no curve of its own: spread over folds, the best so far.
_COMPANIONS = frozenset({"std", "stdv", "best"})

_LOG_LOSSES = frozenset(
    {
        "bce",
        "binary_crossentropy",
        "binary_logloss",
        "categorical_crossentropy",
        "ce",
        "cross_entropy",
        "crossentropy",
        "deviance",
        "log_loss",
        "logloss",
        "mlogloss",
        "multi_class",
        "multi_logloss",
        "negative_log_likelihood",
        "nll",
        "sparse_categorical_crossentropy",
    }
)
# The Brier score of two classes is the mean squared error of a probability.
_SQUARED_ERRORS = frozenset(
    {"brier", "brier_score", "l2", "mean_squared_error", "mse", "squared_error"}
)
_HINGES = frozenset({"categorical_hinge", "hinge", "multiclass_hinge"})
# Losses whose value has no entropy of the classes to be compared with.
_OTHER_LOSSES = frozenset(
    {
        "cost",
        "exponential",
        "focal",
        "huber",
        "kl_divergence",
        "kld",
        "l1",
        "mae",
        "mean_absolute_error",
        "modified_huber",
        "multi_class_one_vs_all",
        "objective",
        "perplexity",
        "ppl",
        "rmse",
        "root_mean_squared_error",
        "squared_hinge",
    }
)
_LOSS_KINDS = {
    **dict.fromkeys(_LOG_LOSSES, "log_loss"),
    **dict.fromkeys(_SQUARED_ERRORS, "squared_error"),
    **dict.fromkeys(_HINGES, "hinge"),
    **dict.fromkeys(_OTHER_LOSSES, "unknown"),
}

# Words of metrics of which less is better: shares of errors.
_ERRORS = frozenset(
    {
        "ber",
        "ece",
        "eer",
        "err",
        "error",
        "fnr",
        "fpr",
        "hamming",
        "merror",
        "misclassification",
        "wer",
    }
)
_ERROR_NAMES = frozenset({"zero_one_loss", "zero_one", "hamming_loss"})
# Words of metrics of which more is better.
_SCORES = frozenset(
    {
        "acc",
        "accuracy",
        "ap",
        "auc",
        "aucpr",
        "auprc",
        "auroc",
        "bac",
        "corrcoef",
        "d2",
        "dice",
        "f1",
        "fbeta",
        "iou",
        "jaccard",
        "kappa",
        "map",
        "mcc",
        "ndcg",
        "npv",
        "ppv",
        "precision",
        "prauc",
        "r2",
        "recall",
        "score",
        "sensitivity",
        "specificity",
        "tnr",
        "tpr",
    }
)
_LEARNING_RATES = frozenset({"eta", "learning_rate", "lr"})

#: Columns that number the entries, and what they count.
STEP_UNITS = {
    "epoch": "epoch",
    "epochs": "epoch",
    "global_step": "step",
    "iter": "iteration",
    "iteration": "iteration",
    "iterations": "iteration",
    "round": "iteration",
    "step": "step",
    "steps": "step",
}


@dataclass(frozen=True)
class CurveName:
    """A name, taken apart.

    Attributes
    ----------
    split : {"train", "validation"} or None
        The rows; None where the name does not say.
    rank : tuple
        Of several held-out sets the one of the highest rank is used: those called "test" come
        after the others, and of numbered sets the last is what boosting libraries stop by.
    name : str
        What is measured, in lower case with underscores; empty where the name says nothing.
    aggregate : {"", "step", "epoch", "mean"}
        How the value was come by.
    is_companion : bool
        Whether it belongs to another curve: its spread over folds, or a flag.
    """

    split: str | None
    rank: tuple
    name: str
    aggregate: str = ""
    is_companion: bool = False


def take_apart(label):
    """Split the name of a curve into rows, quantity and aggregate.

    Parameters
    ----------
    label : str
        As recorded: ``"val_loss"``, ``"train/acc_epoch"``, ``"validation_0-logloss"``.

    Returns
    -------
    CurveName
    """
    words = _words(label)
    is_companion = len(words) > 1 and not _COMPANIONS.isdisjoint((words[0], words[-1]))
    words = [word for word in words if word not in _COMPANIONS] if is_companion else words
    aggregate = words.pop() if len(words) > 1 and words[-1] in _AGGREGATES else ""
    split, number = None, -1
    if words and split_of(words[0]):
        split = words.pop(0)
        if len(words) > 1 and words[0].isdigit():
            number = int(words.pop(0))
    else:  # at the end, or in the middle as in avg_val_loss
        position = next((n for n in reversed(range(len(words))) if split_of(words[n])), None)
        split = None if position is None else words.pop(position)
    if words and words[-1] == "acc":
        words[-1] = "accuracy"
    rank = (split not in _TEST, number)
    return CurveName(split_of(split), rank, "_".join(words), aggregate, is_companion=is_companion)


def _words(label):
    """Words of a name in lower case, also of one written as ``BalancedAccuracy``."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", re.sub(r"'s\b", "", str(label)))
    return [word for word in re.split(r"[^a-z0-9]+", text.casefold()) if word]


def split_of(word):
    """``"train"`` or ``"validation"`` for a word that names rows, else None."""
    if word in _TRAIN:
        return "train"
    return "validation" if word in _VALIDATION else None


def set_name(label):
    """The rows a name stands for, if it says nothing else: ``"valid_0"``; else None.

    Returns
    -------
    CurveName or None
    """
    words = _words(label)
    if not words or split_of(words[0]) is None or not all(word.isdigit() for word in words[1:]):
        return None
    number = int(words[1]) if len(words) == 2 else -1
    return CurveName(split_of(words[0]), (words[0] not in _TEST, number), "")


@dataclass(frozen=True)
class Role:
    """What a quantity is.

    Attributes
    ----------
    kind : {"loss", "metric", "learning_rate", "unknown"}
        Its part in a history.
    loss_kind : {"log_loss", "squared_error", "hinge", "unknown"}
        What loss it is.
    is_turned : bool
        Whether its sign is against the rule that less loss, and more of a metric, is better.
    """

    kind: str
    loss_kind: str = "unknown"
    is_turned: bool = False


def role_of(name):
    """What is known about a quantity by its name.

    Parameters
    ----------
    name : str
        As `take_apart` returns it.

    Returns
    -------
    Role
    """
    if name.startswith("neg_"):
        role = role_of(name.removeprefix("neg_"))
        return Role(role.kind, role.loss_kind, is_turned=not role.is_turned)
    words = name.split("_")
    stem = name.removesuffix("_loss").removesuffix("_score")
    if name in _ERROR_NAMES:
        return Role("metric", is_turned=True)
    for candidate in (name, stem):
        if candidate in _LOSS_KINDS:
            return Role("loss", _LOSS_KINDS[candidate])
    if name in _LEARNING_RATES or words[0] == "lr":
        return Role("learning_rate")
    if re.search(r"(squared|absolute|percentage|log|logarithmic)_error$", name):
        return Role("loss")
    if words[0] == "d2":  # share of a loss that is explained, as R2 is
        return Role("metric")
    ends = ("losses", "nll", "logloss", "crossentropy", "cross_entropy")
    if "loss" in words or name.endswith(ends):
        if "focal" in words:  # weighted by how wrong a row is: no log loss, whatever its stem
            return Role("loss")
        kinds = {kind for part, kind in _LOSS_KINDS.items() if stem.endswith(f"_{part}")}
        return Role("loss", kinds.pop() if len(kinds) == 1 else "unknown")
    if not _ERRORS.isdisjoint(words):
        return Role("metric", is_turned=True)
    if not _SCORES.isdisjoint(words):
        return Role("metric")
    return Role("unknown")
