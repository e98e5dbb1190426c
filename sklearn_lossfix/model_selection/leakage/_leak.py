"""What a check of leakage says, and the protocol of such a check."""

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

#: How bad a leak is, the worst first.
SEVERITIES = ("critical", "high", "medium", "low", "info")


@dataclass(frozen=True, eq=False)
class Leak:
    """What one check found, or that it found nothing.

    Attributes
    ----------
    check, slug : str
        Name of the check, and of the finding that it belongs to.
    found : bool or None
        Whether there is a leak; None where it could not be told, and `message` says why.
    message : str
        One sentence made from the numbers.
    severity : {"critical", "high", "medium", "low", "info", ""}
        How bad; empty where nothing was found.
    rate, expected_rate : float or None
        Share of what was judged (test rows, columns) that leaks, and the share that chance or
        legitimate data would give.
    p_value : float or None
        Of the null model "no leak"; 0.0 for identities that hold exactly.
    pairs : ndarray of shape (n_pairs, 3), dtype int
        Evidence: fold, training row, test row; at most `evidence` of the options.
    columns : tuple of str
        Columns that leak, the worst first.
    per_fold : ndarray of shape (n_folds,), dtype int, or None
        Leaked test rows of every fold.
    links : ndarray of shape (n_rows,), dtype int, or None
        Rows that belong together have one number: what a split has to keep on one side.
    fix : str
        What to do, in words.
    details : dict
        Further plain values: numbers, strings, lists.
    """

    check: str
    slug: str
    found: bool | None
    message: str
    severity: str = ""
    rate: float | None = None
    expected_rate: float | None = None
    p_value: float | None = None
    pairs: np.ndarray = field(default_factory=lambda: np.empty((0, 3), dtype=np.intp))
    columns: tuple = ()
    per_fold: np.ndarray | None = None
    links: np.ndarray | None = None
    fix: str = ""
    details: dict = field(default_factory=dict)


class LeakageCheck(Protocol):
    """What a check of leakage must offer. A check is stateless."""

    #: Name of the check: of its file and of its test.
    name: str
    #: The slug it emits.
    slug: str
    #: A few words.
    title: str
    #: Whether it reads labels: a check that does cannot run inside `split`.
    needs_y: bool

    def run(self, data: Any, earlier: dict) -> Leak:
        """Judge a `SplitData`; raise CheckNotApplicable with the reason where that is impossible.

        `earlier` holds the `Leak` of every check that ran before, by name: what an earlier one
        explains is not found again.
        """
