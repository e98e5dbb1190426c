"""Number the rows of any table so that equal rows have one number."""

import numpy as np

from sklearn_lossfix.model_selection.leakage._table import Table


def find_duplicate_groups(X, *, ignore=()):
    """Number rows so that two have one number exactly if they are equal.

    Equal are: all missing values (None, NaN, NaT, NA); 0.0 and -0.0; integers, floats and booleans
    of the same value; the same text, however it is stored; one instant in any time zone. Rows are
    found by hashing, and compared before they are called equal. The result can be passed as
    ``groups`` to any group splitter.

    Columns that number the rows (distinct integers in order or without large gaps, distinct texts
    without spaces) are not compared, unless there are no others.

    Parameters
    ----------
    X : array-like, sparse matrix or dataframe of shape (n_rows, n_columns)
        Any dtypes: numbers, texts, categories, times, objects.
    ignore : sequence of str or int, default=()
        Names or positions of columns that do not count.

    Returns
    -------
    ndarray of shape (n_rows,), dtype int
        From zero, in the order in which rows are first seen.

    Raises
    ------
    TypeError
        For lazy tables, and for cells that hold lists, naming the column.
    ValueError
        For columns to ignore that `X` does not have.

    See Also
    --------
    LeakageCheckedSplit : Splits so that copies stay on one side.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_lossfix import find_duplicate_groups
    >>> X = np.array([[0.5, np.nan], [1.0, 2.0], [0.5, np.nan]])
    >>> find_duplicate_groups(X)
    array([0, 1, 0])
    """
    labels = Table.read(X, ignore).equal_labels
    is_first = labels == np.arange(len(labels))
    return (np.cumsum(is_first) - 1)[labels]
