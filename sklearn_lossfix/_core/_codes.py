"""Codes of labels: the place of every label among the distinct ones in order."""

import numpy as np


def sorted_codes(labels):
    """Distinct labels in order, and the place of every label among them.

    What ``numpy.unique(labels, return_inverse=True)`` gives, without sorting whole numbers from a
    range that is shorter than they are many.

    Parameters
    ----------
    labels : ndarray of shape (n_rows,)
        Of any dtype that can be sorted.

    Returns
    -------
    distinct : ndarray of shape (n_distinct,)
        Rising, of the dtype of `labels`.
    codes : ndarray of shape (n_rows,), dtype int
    """
    if labels.dtype.kind not in "iu" or not labels.size:
        return _by_sorting(labels)
    # Whole numbers of Python do not overflow.
    low, high = int(labels.min()), int(labels.max())
    if high - low >= len(labels) or high > np.iinfo(np.intp).max:
        return _by_sorting(labels)
    places = labels.astype(np.intp, copy=False)
    if low:
        places = places - low
    present = np.zeros(high - low + 1, dtype=bool)
    present[places] = True
    distinct = (np.flatnonzero(present) + low).astype(labels.dtype)
    if len(distinct) == len(present):  # no gaps
        return distinct, places if places is not labels else places.copy()
    return distinct, (np.cumsum(present) - 1)[places]


def _by_sorting(labels):
    """The same for any labels."""
    distinct, codes = np.unique(labels, return_inverse=True)
    return distinct, codes.astype(np.intp, copy=False)
