"""In which classes sets of linked rows lie, where the largest class has hardly any."""

from typing import NamedTuple

import numpy as np
from scipy import stats


class SetsByClass(NamedTuple):
    """Sets of linked rows that spare the largest class.

    Attributes
    ----------
    p_value : float
        That so few sets hold rows of the largest class, if each set fell into it by its share of
        the rows.
    classes : list of int
        Codes of the classes in which the other sets lie.
    n_rows : int
        Rows in these sets.
    """

    p_value: float
    classes: list
    n_rows: int


def sets_by_class(links, y):
    """Compare the classes of sets of linked rows with those of all rows.

    Parameters
    ----------
    links : ndarray of shape (n_rows,), dtype int
        Rows of one set have one number; negative where there is none.
    y : ndarray of shape (n_rows,), dtype int
        Codes of classes.

    Returns
    -------
    SetsByClass
    """
    linked = np.flatnonzero(links >= 0)
    counts = np.bincount(y)
    largest = int(counts.argmax())
    numbers, sets = np.unique(links[linked], return_inverse=True)
    if not len(numbers):
        return SetsByClass(1.0, [], 0)
    first = np.full(len(numbers), -1)
    first[sets[::-1]] = y[linked[::-1]]
    is_mixed = np.zeros(len(numbers), dtype=bool)
    is_mixed[sets[first[sets] != y[linked]]] = True
    spares = ~is_mixed & (first != largest)
    n_others = int(np.count_nonzero(~spares))
    p_value = float(stats.binom.cdf(n_others, len(numbers), counts[largest] / len(y)))
    return SetsByClass(
        p_value, np.unique(first[spares]).tolist(), int(np.count_nonzero(spares[sets]))
    )
