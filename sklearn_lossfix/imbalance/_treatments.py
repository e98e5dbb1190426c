"""The treatments of class imbalance: their names, and how many rows or how much weight each gives.

A treatment is a *kind* and, where it can be dosed, a *ratio*. The ratio "balanced" gives every
class the same weight, or the same number of rows. The ratio "sqrt" goes half the way there in
logarithms: the share of a class becomes proportional to the square root of what it was.

References
----------
.. [1] G. King and L. Zeng, "Logistic regression in rare events data", Political Analysis 9, 2001:
   weights from the shares of the classes. "balanced" is the rule of scikit-learn's
   `class_weight="balanced"`.
"""

import numpy as np

RATIOS = ("sqrt", "balanced")
# Kinds that come in more than one strength; the others are named by their kind alone.
DOSED_KINDS = ("class_weight", "random_over", "random_under", "smote")

# From the simplest to the most elaborate: of two that cannot be told apart, the one further left
# is taken. Weights change no row; resampling changes the rows; bags fit several models.
TREATMENTS = (
    "none",
    "class_weight_sqrt",
    "class_weight_balanced",
    "random_over_sqrt",
    "random_over_balanced",
    "random_under_sqrt",
    "random_under_balanced",
    "balanced_bagging",
    "balanced_random_forest",
    "smote_sqrt",
    "smote_balanced",
    "bagging",
)


def parse_treatment(name):
    """Split the name of a treatment.

    Parameters
    ----------
    name : str
        One of `TREATMENTS`.

    Returns
    -------
    kind : str
        For example "class_weight".
    ratio : {"sqrt", "balanced"} or None
        None for kinds that come in one strength.

    Raises
    ------
    ValueError
        If there is no such treatment.
    """
    if not isinstance(name, str) or name not in TREATMENTS:
        raise ValueError(
            f"There is no treatment {name!r}. Known are: {', '.join(map(repr, TREATMENTS))}."
        )
    kind, _, ratio = name.rpartition("_")
    return (kind, ratio) if kind in DOSED_KINDS else (name, None)


def class_weights(counts, ratio):
    """Weight of each class, such that the rows weigh one on average.

    With W_c the weight of all rows of class c, W their sum and K the number of classes,
    "balanced" is W / (K W_c), as scikit-learn's `class_weight="balanced"`. "sqrt" is proportional
    to its square root.

    Parameters
    ----------
    counts : array-like of shape (n_classes,)
        Rows of each class, or the sum of their weights.
    ratio : {"sqrt", "balanced"}
        Strength.

    Returns
    -------
    ndarray of shape (n_classes,)
        float64. The sum of counts times weights is the sum of the counts. A class without weight
        gets none, and does not count among the K.
    """
    counts = np.asarray(counts, dtype=float)
    present = counts > 0
    total, n_present = counts.sum(), present.sum()
    weights = np.zeros(len(counts))
    weights[present] = total / (n_present * counts[present])
    if ratio == "sqrt":
        weights = np.sqrt(weights)
        weights *= total / (counts @ weights)
    return weights


def target_counts(counts, ratio, kind):
    """Rows of each class after resampling.

    Let n_c be the rows of class c. "balanced" gives every class as many as the largest has
    ("over") or as the smallest has ("under"), n_r. "sqrt" gives the geometric mean of n_c and n_r,
    rounded: half the way in logarithms.

    Parameters
    ----------
    counts : array-like of shape (n_classes,)
        Whole numbers.
    ratio : {"sqrt", "balanced"}
        Strength.
    kind : {"over", "under"}
        Whether rows are added or removed.

    Returns
    -------
    ndarray of shape (n_classes,)
        int64; never below `counts` for "over", never above for "under". A class without rows
        stays without, and is not the smallest.
    """
    counts = np.asarray(counts, dtype=np.int64)
    present = counts > 0
    reference = counts.max() if kind == "over" else counts[present].min()
    if ratio == "balanced":
        targets = np.full(len(counts), reference)
    else:
        # Two roots, not the root of a product: the product may leave the whole numbers of a float.
        targets = np.rint(np.sqrt(counts) * np.sqrt(reference)).astype(np.int64)
    targets[~present] = 0
    return np.maximum(targets, counts) if kind == "over" else np.minimum(targets, counts)
