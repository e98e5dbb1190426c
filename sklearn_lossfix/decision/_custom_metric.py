"""Metrics of two classes that are given as functions, of counts or of labels.

Every metric of the labels of two classes is a function of the four cells of the confusion table.
A function of the cells can be called for many tables at once. A function of labels is called once
for each table, with one row per cell and the cells as weights, or, if it takes no weights, with as
many rows as the cells count.
"""

import inspect
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning

# Relative distance below which a difference of two weighted totals is rounding, not data.
ROUNDING = 16 * np.finfo(np.float64).eps

# Relative step of a central difference: the cube root of the machine epsilon balances truncation
# against rounding (Press et al., Numerical Recipes, section 5.7).
RELATIVE_STEP = np.finfo(np.float64).eps ** (1 / 3)

# Rows that a function without weights is called with at most: a tenth of a gigabyte of integers.
# Whole-number weights may stand for any number of rows.
MAX_REPEATED_ROWS = 10_000_000

# Distance from a whole number that rounding of sums leaves, and no weight that was meant otherwise.
_WHOLE = 1e-6


@dataclass(frozen=True)
class CustomFormula:
    """A function that computes a metric of two classes, and how to call it.

    Parameters
    ----------
    name : str
        Name of the metric, for messages.

    function : callable
        ``function(tp, fp, fn, tn)`` on arrays, or ``function(y_true, y_pred)`` with an optional
        `sample_weight`.

    formula : {"counts", "labels"}
        Which of the two it is.

    monotone : bool, default=True
        Whether the metric never falls when a true positive takes the place of a false negative,
        and never rises when a false positive takes the place of a true negative.

    arguments : mapping, default={}
        Further keyword arguments of a function of labels.

    sign : {1, -1}, default=1
        Factor that makes greater values better.
    """

    name: str
    function: Callable
    formula: Literal["counts", "labels"]
    monotone: bool = True
    arguments: Mapping[str, Any] = field(default_factory=dict, hash=False)
    sign: int = 1

    def value(self, tp, true, pos, labels):
        """Compute the metric from totals per class; NaN where the function says so.

        Parameters
        ----------
        tp, true : ndarray of shape (..., 2)
            Weight of the true positives and of the rows of each class. With two classes the rows
            predicted as each follow from them.

        pos : int or None
            Column of the positive class; None where the function needs none.

        labels : tuple of two labels
            What a function of labels is called with, in the order of the columns.

        Returns
        -------
        value : ndarray of shape (...)
            Float64.
        """
        return self._of_tables(_tables(tp, true), pos, labels)

    def cell_slopes(self, table, pos, labels):
        """Differentiate the metric with respect to the cells; cells without rows have no slope.

        Parameters
        ----------
        table : ndarray of shape (2, 2)
            Weight of the rows of each true and predicted class.

        pos : int or None
            Column of the positive class.

        labels : tuple of two labels
            What a function of labels is called with.

        Returns
        -------
        slopes : ndarray of shape (2, 2)
            Change of the metric by a row's weight. A function that counts rows is moved by one
            row, any other by a small part of the cell.
        """
        by_rows = self.formula == "labels" and not takes(self.function, "sample_weight")
        step = np.where(table > 0, 1.0 if by_rows else RELATIVE_STEP * table, 0.0)
        moves = np.eye(4).reshape(4, 2, 2) * step
        up, down = table + moves, table - moves
        here, above, below = np.split(
            self._of_tables(np.concatenate([table[None], up, down]), pos, labels), [1, 5]
        )
        step = step.ravel()
        slopes = np.zeros(4)
        # The last row of a cell may leave nothing to divide by: then one side has to do.
        with np.errstate(invalid="ignore"):  # the difference of two infinities
            rises = above - below, above - here, here - below
        for rise, run in zip(rises, (2 * step, step, step), strict=True):
            usable = np.isfinite(rise) & (slopes == 0) & (run > 0)
            np.divide(rise, run, out=slopes, where=usable)
        return slopes.reshape(2, 2)

    def _of_tables(self, tables, pos, labels):
        """Compute the metric of tables of shape (..., 2, 2)."""
        evaluate = self._of_counts if self.formula == "counts" else self._of_labels
        # A trial cut without predicted positives is no news: an undefined value never wins.
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.sign * evaluate(tables, pos, labels)

    def _of_counts(self, tables, pos, labels):
        """Call a function of counts once for all tables."""
        neg = 1 - pos
        cells = ((pos, pos), (neg, pos), (pos, neg), (neg, neg))
        values = self._call(*(tables[..., true, pred] for true, pred in cells))
        values = self._as_floats(values)
        if values.shape != tables.shape[:-2]:
            raise ValueError(
                f"The function of the metric {self.name!r} must return one value for each of its "
                f"counts: it was given arrays of shape {tables.shape[:-2]} and returned shape "
                f"{values.shape}. Write it with elementwise operations on tp, fp, fn and tn."
            )
        return values

    def _of_labels(self, tables, pos, labels):
        """Call a function of labels once for each table."""
        arguments = dict(self.arguments)
        if pos is not None and self.takes_positive_class:
            arguments["pos_label"] = labels[pos]
        labels = np.asarray(labels)
        weighted = takes(self.function, "sample_weight")
        flat = tables.reshape(-1, 4)
        values = np.empty(len(flat))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UndefinedMetricWarning)
            warnings.simplefilter("ignore", RuntimeWarning)  # the mean of no values, as NumPy says
            warnings.filterwarnings("ignore", category=UserWarning, module=r"sklearn\.metrics")
            for i, cells in enumerate(flat):
                values[i] = self._of_cells(cells, labels, weighted, arguments)
        return values.reshape(tables.shape[:-2])

    def _of_cells(self, cells, labels, weighted, arguments):
        """Call a function of labels for four cells; those without weight are no rows."""
        occupied = np.flatnonzero(cells)
        if len(occupied) == 0:
            return np.nan
        cells = cells[occupied]
        if weighted:
            arguments = {**arguments, "sample_weight": cells}
        else:
            occupied = np.repeat(occupied, self._whole(cells))
        try:
            value = self._call(labels[occupied // 2], labels[occupied % 2], **arguments)
        except ZeroDivisionError:
            return np.nan  # undefined at this cut, as 0/0 of arrays is
        value = self._as_floats(value)
        if value.ndim:
            raise ValueError(
                f"The function of the metric {self.name!r} must return one number; it returned "
                f"an array of shape {value.shape}."
            )
        return value

    def _whole(self, cells):
        """Return the cells as numbers of rows, or say why they are none.

        They are not reduced to lowest terms: a function may return a sum over rows.
        """
        counts = np.rint(cells)
        if not np.allclose(counts, cells, rtol=ROUNDING, atol=_WHOLE):
            raise ValueError(
                f"The function of the metric {self.name!r} takes no sample_weight, so that its "
                f"rows can only be counted, but their weights add up to {cells.tolist()}. Give "
                "the function a sample_weight argument, or leave the weights out."
            )
        if counts.sum() > MAX_REPEATED_ROWS:
            raise ValueError(
                f"The function of the metric {self.name!r} takes no sample_weight and would be "
                f"called with {counts.sum():.0f} rows; at most {MAX_REPEATED_ROWS} are made. Give "
                "the function a sample_weight argument."
            )
        return counts.astype(np.intp)

    def _call(self, *args, **kwargs):
        """Call the function; an error says which metric it comes from."""
        try:
            return self.function(*args, **kwargs)
        except Exception as error:
            error.add_note(f"It was raised by the function of the metric {self.name!r}.")
            raise

    def _as_floats(self, values):
        """Return what the function returned as float64, or say that it is none."""
        try:
            return np.asarray(values, dtype=np.float64)
        except (TypeError, ValueError):
            raise ValueError(
                f"The function of the metric {self.name!r} must return numbers; it returned "
                f"{type(values).__name__}."
            ) from None

    @property
    def takes_positive_class(self):
        """Whether the function of labels is told which of them is positive."""
        if not takes(self.function, "pos_label"):
            return False
        average = self.arguments.get("average", default_of(self.function, "average"))
        return average in (None, "binary")


def takes(function, name):
    """Whether a function has a parameter of that name; `**kwargs` might ignore it: no."""
    return name in _parameters(function)


def default_of(function, name):
    """Return the default of a parameter, or None if it has none."""
    parameter = _parameters(function).get(name)
    if parameter is None or parameter.default is inspect.Parameter.empty:
        return None
    return parameter.default


def _parameters(function):
    """Return the parameters of a function by name; none where Python cannot tell."""
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}


def _tables(tp, true):
    """Lay totals per class out as tables of shape (..., 2, 2): true by predicted class."""
    tp, true = np.broadcast_arrays(tp, true)
    tables = np.empty((*true.shape, 2))
    for k in (0, 1):
        tables[..., k, k] = tp[..., k]
        tables[..., k, 1 - k] = true[..., k] - tp[..., k]
    floor = ROUNDING * true.sum(axis=-1)[..., None, None]
    return np.where(tables > floor, tables, 0.0)
