"""What checks, verdict and pictures of data share: the columns of a table as plain values."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sklearn_lossfix.diagnosis._judging import DEFAULT_ALPHA
from sklearn_lossfix.diagnosis._plain import plain
from sklearn_lossfix.diagnosis._words import cut

# Columns that a sentence names before "and N more", and characters of each name. What is named is
# an example: the evidence of a finding holds all names.
MAX_NAMED = 5
NAME_WIDTH = 40


def quoted(name, width=NAME_WIDTH):
    """A column's name as a sentence shows it: cut, in quotes, control characters escaped."""
    return repr(cut(name, width))


def listing(items, shown=MAX_NAMED):
    """``a, b, c and 7 more``."""
    text = ", ".join(items[:shown])
    return text if len(items) <= shown else f"{text} and {len(items) - shown:,} more"


def counted(n_columns):
    """``1 column``, ``12 columns``."""
    return f"{n_columns:,} column{'' if n_columns == 1 else 's'}"


def verb(positions, singular, plural):
    """The form of a verb that goes with so many columns."""
    return singular if len(positions) == 1 else plural


def present_counts(table):
    """Values of each column that are not missing: finite or infinite."""
    return [n + m for n, m in zip(table["n_valid"], table["n_infinite"], strict=True)]


def beyond_limits(table):
    """Share of each column's values beyond its limits, on both sides together.

    Parameters
    ----------
    table : dict of str to list
        Columns of the table "columns".

    Returns
    -------
    list of float or None
        None for a column without limits or without values.
    """
    sides = zip(*(table[k] for k in ("lower", "upper", "share_low", "share_high")), strict=True)
    return [
        None if (lower is None and upper is None) or not n else (low or 0.0) + (high or 0.0)
        for (lower, upper, low, high), n in zip(sides, present_counts(table), strict=True)
    ]


def most_beyond(table):
    """Positions of the columns, those with most of their values beyond the limits first."""
    shares = beyond_limits(table)
    return sorted(range(len(shares)), key=lambda j: 1.0 if shares[j] is None else -shares[j])


@dataclass(frozen=True, eq=False)
class ColumnAnalysis:
    """The evidence of a transformer, with its columns as plain values.

    Attributes
    ----------
    evidence : ColumnEvidence
        What was seen.
    alpha : float, default=0.01
        Level of checks that test; those that state a fact do not use it.
    """

    evidence: Any
    alpha: float = DEFAULT_ALPHA

    @cached_property
    def table(self):
        """Columns of the table "columns": lists of numbers, strings and None, names as strings."""
        table = {key: plain(list(values)) for key, values in self.evidence.columns.items()}
        table["column"] = [str(name) for name in table["column"]]
        # The family alone: what a type holds in brackets, as polars' Enum does, can be values.
        table["dtype"] = [d if d is None else str(d).partition("(")[0] for d in table["dtype"]]
        return table

    @property
    def names(self):
        """Names of all columns."""
        return self.table["column"]

    @property
    def n_columns(self):
        """Number of columns."""
        return len(self.names)

    @cached_property
    def varying(self):
        """Positions of the columns that have values and are not constant."""
        flags = zip(self.table["constant"], self.table["all_missing"], strict=True)
        return [j for j, (constant, missing) in enumerate(flags) if not (constant or missing)]

    @cached_property
    def beyond(self):
        """Share of each column's values beyond its limits; None without limits or values."""
        return beyond_limits(self.table)

    def out_of_all(self, positions):
        """``3 of 12 columns``."""
        return f"{len(positions):,} of {counted(self.n_columns)}"

    def named(self, positions):
        """``'a', 'b' and 3 more``."""
        return listing([quoted(self.names[j]) for j in positions])

    def pick(self, key, positions):
        """Values of some columns."""
        return [self.table[key][j] for j in positions]
