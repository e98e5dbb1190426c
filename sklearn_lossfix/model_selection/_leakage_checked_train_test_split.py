"""Split arrays into a training and a test part that do not know each other."""

from itertools import chain

import numpy as np
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit, train_test_split
from sklearn.utils import _safe_indexing, indexable
from sklearn.utils.validation import _num_samples

from sklearn_lossfix.model_selection._leakage_checked_split import LeakageCheckedSplit

# The size of scikit-learn's train_test_split.
_DEFAULT_TEST_SIZE = 0.25


def leakage_checked_train_test_split(
    *arrays,
    groups=None,
    times=None,
    stratify=None,
    test_size=None,
    train_size=None,
    random_state=None,
    shuffle=True,
    on_leak="group",
    **options,
):
    """Split arrays into random training and test parts, with linked rows on one side.

    Where no training row knows a test row, the parts are those of
    :func:`sklearn.model_selection.train_test_split`, row by row.

    Parameters
    ----------
    *arrays : sequence of array-like of n_rows
        What to split. The first one is the table that is searched for copies.
    groups : array-like of shape (n_rows,), default=None
        Rows that must stay on one side.
    times : str, int, array-like of shape (n_rows,) or None, default=None
        When rows were seen, for ``label_horizon`` and ``embargo``.
    stratify : array-like of shape (n_rows,), default=None
        Classes whose shares both parts keep.
    test_size, train_size : float or int, default=None
        Share or number of rows; both None is a quarter for the test.
    random_state : int, RandomState or None, default=None
        Seed of the split.
    shuffle : bool, default=True
        Whether rows are drawn at random. Otherwise the last rows are the test, and `on_leak` cannot
        be "group".
    on_leak : {"warn", "raise", "group", "drop", "ignore"}, default="group"
        What happens where training rows know test rows: see `LeakageCheckedSplit`.
    **options : dict
        Further parameters of `LeakageCheckedSplit`, such as `near`, `ignore` or `label_horizon`.

    Returns
    -------
    list of length 2 * len(arrays)
        Training and test part of every array.

    Raises
    ------
    ValueError
        Without arrays, and with `stratify` where nothing is shuffled.
    LeakageError
        With ``on_leak="raise"``, or if a leak cannot be mended as asked.

    See Also
    --------
    LeakageCheckedSplit : The same for cross-validation.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_lossfix.model_selection import leakage_checked_train_test_split
    >>> X = np.random.default_rng(0).normal(size=(100, 3))
    >>> X[50:] = X[:50]  # every row stands there twice
    >>> train, test = leakage_checked_train_test_split(X, random_state=0)
    >>> len(train), len(test), len(np.intersect1d(train[:, 0], test[:, 0]))
    (74, 26, 0)
    """
    if not arrays:
        raise ValueError("At least one array is required. Pass the table, and what to split with.")
    arrays = indexable(*arrays)
    n_rows = _num_samples(arrays[0])
    if shuffle:
        if test_size is None and train_size is None:
            test_size = _DEFAULT_TEST_SIZE
        kind = ShuffleSplit if stratify is None else StratifiedShuffleSplit
        cv = kind(1, test_size=test_size, train_size=train_size, random_state=random_state)
    else:
        parts = train_test_split(
            np.arange(n_rows),
            test_size=test_size,
            train_size=train_size,
            stratify=stratify,
            shuffle=False,
        )
        cv = [tuple(parts)]
    splitter = LeakageCheckedSplit(cv, on_leak=on_leak, times=times, **options)
    ((train, test),) = splitter.split(arrays[0], stratify, groups)
    return list(
        chain.from_iterable(
            (_safe_indexing(array, train), _safe_indexing(array, test)) for array in arrays
        )
    )
