"""The form of a ledger: rows that sum to a total, seen in one or more ways."""

import math
from dataclasses import dataclass, field

# A ledger whose rows miss their total by more than this is a defect of ours, not of the data.
ADDITIVITY_TOLERANCE = 1e-10


@dataclass(frozen=True)
class LedgerRow:
    """One signed term of a ledger.

    Attributes
    ----------
    name : str
        What the term is.
    value : float
        Its signed value; a negative one is shown as such, never clipped.
    low, high : float or None
        95 % interval.
    extra : dict
        Columns outside the sum: in-sample estimate, likelihood-ratio statistic, its p-value.
    """

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    extra: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Ledger:
    """An additive table: in every view the rows sum to the total.

    Attributes
    ----------
    quantity : str
        What is decomposed: ``"log loss"``, ``"1 - accuracy"``.
    unit : str
        ``"nats"``, ``"score"`` or ``"share"``.
    total : float
        The sum.
    views : dict of str to tuple of LedgerRow
        Ways to see it.
    notes : dict
        Plain facts about the total: clipped rows, the Brier score.

    Raises
    ------
    ArithmeticError
        If the rows of a view do not sum to the total.
    """

    quantity: str
    unit: str
    total: float
    views: dict
    notes: dict = field(default_factory=dict)

    def __post_init__(self):
        for name, rows in self.views.items():
            gap = math.fsum(row.value for row in rows) - self.total
            if not abs(gap) <= ADDITIVITY_TOLERANCE * max(1.0, abs(self.total)):
                raise ArithmeticError(
                    f"The view {name!r} of the ledger of {self.quantity} misses its total by {gap}."
                )

    def value(self, row, view=None):
        """Value of a named row; of the first view that has it unless `view` is given."""
        views = self.views.values() if view is None else [self.views[view]]
        for rows in views:
            for candidate in rows:
                if candidate.name == row:
                    return candidate.value
        names = [r.name for rows in self.views.values() for r in rows]
        raise KeyError(f"No row {row!r}. Expected one of {names}.")

    def to_dict(self):
        """Plain dictionary."""
        return {
            "quantity": self.quantity,
            "unit": self.unit,
            "total": self.total,
            "views": {
                name: [
                    {"name": r.name, "value": r.value, "low": r.low, "high": r.high, **r.extra}
                    for r in rows
                ]
                for name, rows in self.views.items()
            },
            "notes": self.notes,
        }

    @classmethod
    def from_dict(cls, data):
        """Rebuild from :meth:`to_dict`."""
        fixed = ("name", "value", "low", "high")
        views = {
            name: tuple(
                LedgerRow(
                    *(row[key] for key in fixed),
                    {key: v for key, v in row.items() if key not in fixed},
                )
                for row in rows
            )
            for name, rows in data["views"].items()
        }
        return cls(data["quantity"], data["unit"], data["total"], views, data["notes"])

    def columns(self):
        """Columns of a tidy table, one row per view and term."""
        table = [
            {"view": view, "row": r.name, "value": r.value, "low": r.low, "high": r.high, **r.extra}
            for view, rows in self.views.items()
            for r in rows
        ]
        keys = list(dict.fromkeys(key for row in table for key in row))
        return {key: [row.get(key) for row in table] for key in keys}
