"""Rows that a splitter was bound to, and how rows of later calls are found among them."""

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np

from sklearn_lossfix._core._row_hash import add_columns, hash_rows, multipliers
from sklearn_lossfix.model_selection.leakage._column_values import is_missing


@dataclass(frozen=True, eq=False)
class BoundRows:
    """What is kept of the rows that a splitter was bound to: no values of theirs.

    Attributes
    ----------
    keys : ndarray of shape (n_rows, 2), dtype uint64
        Keys that are equal for rows of equal content, in whatever table they stand.
    n_columns : int
        Number of columns.
    groups, times : ndarray of shape (n_rows,) or None
        As given.
    answers : dict of str to (Leak or str)
        What the checks that read the table said.
    """

    keys: np.ndarray
    n_columns: int
    groups: np.ndarray | None = None
    times: Any = None
    answers: dict = field(default_factory=dict)

    def __deepcopy__(self, memo):
        # Nothing in it ever changes: copies of a splitter can share it.
        return self

    @property
    def n_rows(self):
        """Number of rows."""
        return len(self.keys)

    def find(self, table):
        """Rows of a table among the bound ones.

        Rows are found by content; of rows with equal content each is taken once, in order, as long
        as there are enough. A table with as many rows but other content has other columns of the
        same rows: these are found by position.

        Parameters
        ----------
        table : Table
            Rows of a later call.

        Returns
        -------
        ndarray of shape (table.n_rows,), dtype int

        Raises
        ------
        ValueError
            If some rows are not among the bound ones, and their number is another.
        """
        rows, known = np.empty(0, dtype=np.intp), np.zeros(table.n_rows, dtype=bool)
        if table.n_columns == self.n_columns:
            keys = content_keys(table)
            if np.array_equal(keys, self.keys):
                return np.arange(self.n_rows)
            rows, known = _match(keys, self.keys)
        if known.all():
            return rows
        # Some known rows among unknown ones stand where they want: nothing tells their places.
        if table.n_rows == self.n_rows and not known.any():
            return np.arange(self.n_rows)
        raise ValueError(
            f"This splitter is bound to {self.n_rows:,} rows of {self.n_columns} columns. Got "
            f"{table.n_rows:,} rows of {table.n_columns} columns, of which {(~known).sum():,} are "
            f"not among them. Bind it to these rows, or use one that is not bound."
        )


def content_keys(table):
    """Keys of rows that do not depend on the other rows of the table.

    Keys of a table number its categories as they occur; here they are hashed by their text.

    Parameters
    ----------
    table : Table
        Any columns.

    Returns
    -------
    ndarray of shape (n_rows, 2), dtype uint64
    """
    numbers = isinstance(table.X, np.ndarray) and table.X.dtype.kind in "biuf"
    if numbers or table.is_sparse:
        return hash_rows(table).keys
    columns = [
        table.column(j) if kind != "category" else _text_words(_cells(table.X, position))
        for j, (kind, position) in enumerate(zip(table.kinds, table.positions, strict=True))
    ]
    keys = np.zeros((table.n_rows, 2), dtype=np.uint64)
    add_columns(keys, columns, multipliers(len(columns)))
    return keys


def _cells(X, position):
    """Cells of one column as Python objects."""
    position = int(position)
    if hasattr(X, "iloc"):
        return X.iloc[:, position].tolist()
    if hasattr(X, "to_list") or hasattr(X, "get_column"):
        return X[:, position].to_list()
    return np.asarray(X, dtype=object)[:, position].tolist()


def _text_words(cells):
    """Words of 64 bits of the texts of cells; missing cells have the word zero."""
    words = {}
    for cell in cells:
        if cell not in words:
            digest = blake2b(str(cell).encode(), digest_size=8).digest()
            words[cell] = 0 if is_missing(cell) else int.from_bytes(digest, "little")
    return np.array([words[cell] for cell in cells], dtype=np.uint64)


def _match(keys, among):
    """First rows with equal keys, each row used once per round; and which keys were found."""
    _, codes = np.unique(np.concatenate([among, keys]), axis=0, return_inverse=True)
    codes = codes.ravel()
    old, new = codes[: len(among)], codes[len(among) :]
    n_codes = int(codes.max(initial=-1)) + 1
    counts = np.bincount(old, minlength=n_codes)
    order = np.argsort(old, kind="stable")
    starts = np.cumsum(counts) - counts
    known = counts[new] > 0
    turn = _occurrence(new, n_codes) % np.maximum(counts[new], 1)
    place = np.minimum(starts[new] + turn, max(len(among) - 1, 0))
    return order[place], known


def _occurrence(codes, n_codes):
    """How often the code of each entry occurred before it."""
    order = np.argsort(codes, kind="stable")
    counts = np.bincount(codes, minlength=n_codes)
    starts = np.cumsum(counts) - counts
    out = np.empty(len(codes), dtype=np.intp)
    out[order] = np.arange(len(codes)) - np.repeat(starts, counts)
    return out
