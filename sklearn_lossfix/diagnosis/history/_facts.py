"""What the user tells about a training run, checked once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Integral

import numpy as np

# Shares are sums of rounded numbers: as `diagnose_predictions` allows for probabilities.
_SUM_TOLERANCE = 1e-3


@dataclass(frozen=True, eq=False)
class Facts:
    """What curves cannot tell.

    Attributes
    ----------
    n_val : int or None
        Number of validation rows.
    n_classes : int or None
        Number of classes.
    class_rates : ndarray of shape (n_classes,) or None
        Shares of the classes among the validation rows.
    batch : int or None
        Batches of an epoch. Not their size: without the number of training rows a size gives no
        period to compare cycles with.
    loss, metric : str or None
        Names that decide which curve is which.
    """

    n_val: int | None = None
    n_classes: int | None = None
    class_rates: np.ndarray | None = None
    batch: int | None = None
    loss: str | None = None
    metric: str | None = None


def check_facts(
    *, n_val=None, n_classes=None, class_rates=None, batch=None, loss=None, metric=None
):
    """Check what a user told.

    Parameters
    ----------
    n_val, n_classes, batch : int, default=None
        Validation rows, classes, batches of an epoch.
    class_rates : array-like of shape (n_classes,) or dict of label to float, default=None
        Shares of the classes among the validation rows.
    loss, metric : str, default=None
        Names of curves.

    Returns
    -------
    Facts

    Raises
    ------
    ValueError
        If one of them is not what it must be, or two contradict each other.
    """
    for name, value, least in (
        ("n_val", n_val, 1),
        ("n_classes", n_classes, 2),
        ("batch", batch, 1),
    ):
        is_count = isinstance(value, Integral) and not isinstance(value, bool)
        if value is not None and not (is_count and value >= least):
            raise ValueError(f"{name} must be a whole number of at least {least}. Got {value!r}.")
    for name, value in (("loss", loss), ("metric", metric)):
        if value is not None and not (isinstance(value, str) and value.strip("- ")):
            raise ValueError(f"{name} must be the name of a curve, as text. Got {value!r}.")
    if class_rates is not None:
        class_rates = _check_rates(class_rates)
        if n_classes is not None and n_classes != len(class_rates):
            raise ValueError(
                f"class_rates has {len(class_rates)} shares and n_classes is {n_classes}. Pass one "
                f"share for each class, or leave n_classes out."
            )
        n_classes = len(class_rates)
    return Facts(
        None if n_val is None else int(n_val),
        None if n_classes is None else int(n_classes),
        class_rates,
        None if batch is None else int(batch),
        loss,
        metric,
    )


def _check_rates(class_rates):
    """Shares of classes as an array that sums to one."""
    values = class_rates.values() if isinstance(class_rates, Mapping) else class_rates
    try:
        rates = np.array(list(values), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"class_rates must be a list of shares, one for each class. Got {class_rates!r}."
        ) from error
    if rates.ndim != 1 or len(rates) < 2 or not np.isfinite(rates).all() or (rates < 0).any():
        raise ValueError(
            f"class_rates must be two or more shares that are finite and not negative. Got "
            f"{class_rates!r}."
        )
    if abs(rates.sum() - 1) > _SUM_TOLERANCE:
        raise ValueError(
            f"class_rates must sum to 1. Got the sum {rates.sum():g}: divide counts by their sum."
        )
    return rates / rates.sum()


def with_facts(history, facts):
    """A history with what the user told put in; what it knows itself stays where nothing was told.

    Parameters
    ----------
    history : History
        As read.
    facts : Facts
        What the user told.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If the number of classes is known and another was told.
    """
    known = history.n_classes
    if facts.n_classes is not None and known is not None and facts.n_classes != known:
        raise ValueError(
            f"{history.source} knows {known} classes, and n_classes (or class_rates) says "
            f"{facts.n_classes}. Leave it out, or correct it."
        )
    told = {
        "n_validation": facts.n_val,
        "n_classes": facts.n_classes,
        "class_rates": facts.class_rates,
        "batches_per_epoch": facts.batch,
    }
    return replace(history, **{name: value for name, value in told.items() if value is not None})
