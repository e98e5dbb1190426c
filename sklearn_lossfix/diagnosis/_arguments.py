"""What users pass to the diagnose functions, checked."""

import numbers

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_random_state, get_tags

from sklearn_lossfix._core._oof import frozen_parts
from sklearn_lossfix._core._validation import (
    check_weights,
    encode_target,
)
from sklearn_lossfix.exceptions import FrozenPartError


def check_alpha(alpha):
    """Return `alpha` as a float in (0, 1)."""
    if not isinstance(alpha, numbers.Real) or isinstance(alpha, bool) or not 0 < alpha < 1:
        raise ValueError(f"alpha must be a number between 0 and 1. Got {alpha!r} instead.")
    return float(alpha)


def seed_of(random_state):
    """One integer seed; None is 0, so that two calls agree."""
    if random_state is None:
        return 0
    if isinstance(random_state, numbers.Integral) and random_state < 0:
        raise ValueError(f"random_state must not be negative. Got {random_state} instead.")
    if isinstance(random_state, numbers.Integral) and not isinstance(random_state, bool):
        return int(random_state)
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))


def check_estimator(estimator, name="estimator"):
    """Refuse what is not an estimator object."""
    wanted = all(hasattr(estimator, name) for name in ("fit", "get_params"))
    unusable = not wanted or getattr(estimator, "refit", True) is False
    if isinstance(estimator, type) or unusable or not _predicts(estimator):
        shown = estimator.__name__ if isinstance(estimator, type) else type(estimator).__name__
        hint = "Predictions of other models go to diagnose_predictions(y, y_proba)."
        if isinstance(estimator, type):
            hint = f"Did you mean {shown}()?"
        elif getattr(estimator, "refit", True) is False:
            hint = "With refit=False a search has no best estimator to judge: use refit=True."
        elif wanted and not _has_tags(estimator):
            hint = (
                "It, or an estimator inside it, has no scikit-learn tags: let that class inherit "
                "from sklearn.base.ClassifierMixin and sklearn.base.BaseEstimator, in this order."
            )
        raise TypeError(
            f"{name} must be a scikit-learn compatible classifier with fit, predict and "
            f"get_params. Got {shown} instead. {hint}"
        )


def _has_tags(estimator):
    """Whether an estimator has the tags without which scikit-learn does not take one."""
    if not hasattr(estimator, "__sklearn_tags__"):
        return False
    try:
        get_tags(estimator)
    except AttributeError:  # of an estimator inside it
        return False
    return True


def _predicts(estimator):
    """Whether an estimator says that it is a classifier or regressor, or at least predicts."""
    if not _has_tags(estimator):
        return False
    kind = get_tags(estimator).estimator_type
    if kind is None:
        return hasattr(estimator, "predict")
    return kind in ("classifier", "regressor")


def check_class_weights(sample_weight, codes, classes):
    """Checked weights; those that leave a single class are refused like a target of one class."""
    weight = check_weights(sample_weight, len(codes))
    if weight is None:
        return None
    left = np.unique(codes[weight > 0])
    if len(left) < 2:
        raise ValueError(
            f"sample_weight is zero in every row that is not of class {classes[left[0]].item()!r}. "
            f"Expected positive weights in rows of at least two classes."
        )
    return weight


def in_class_order(y_proba, classes):
    """Columns that are named like the classes, in the order of the classes."""
    names = list(getattr(y_proba, "columns", []))
    labels = classes.tolist()
    named = len(names) == len(labels) and set(names) == set(labels)
    return y_proba[labels] if named and names != labels else y_proba


def codes_of_predictions(labels, classes):
    """Codes and classes; `classes` must be distinct, and at least two."""
    if classes is None:
        return encode_target(labels)
    # Through a list: labels held as objects (text of a dataframe) get a dtype of their own.
    classes = np.array(np.asarray(classes).tolist())
    if classes.ndim != 1 or len(classes) < 2 or len(np.unique(classes)) != len(classes):
        raise ValueError(
            f"classes must hold at least two distinct labels. Got {classes.tolist()} instead."
        )
    codes, classes = encode_target(labels, classes)
    if len(np.unique(codes)) < 2:
        raise ValueError(
            f"y holds a single class, {classes[codes[0]].item()!r}. Expected rows of at least two "
            f"classes: loss and accuracy say nothing about a constant target."
        )
    return codes, classes


def refuse_frozen(estimator):
    """Frozen parts need validation rows."""
    frozen = frozen_parts(estimator)
    if frozen:
        raise FrozenPartError(
            f"{type(estimator).__name__} holds frozen or prefit parts ({', '.join(frozen)}) that "
            f"have seen training rows: out-of-fold scores of it would be a lie. Pass X_val and "
            f"y_val with rows it has not seen."
        )


def for_remedies(estimator):
    """What a remedy wraps: an unfitted clone, or the object itself, frozen, if a part of it is."""
    if isinstance(estimator, FrozenEstimator) or not frozen_parts(estimator):
        return clone(estimator)
    return FrozenEstimator(estimator)
