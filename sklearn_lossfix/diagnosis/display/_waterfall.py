"""The steps of a waterfall: where each term of a ledger starts and ends."""

from dataclasses import dataclass

#: What the views of a ledger show, for headings.
VIEW_TITLES = {
    "ladder": "By what could repair it",
    "uncertainty": "By what was there, won and lost",
    "gap": "By what was seen in training",
}


@dataclass(frozen=True)
class Step:
    """One bar of a waterfall.

    Attributes
    ----------
    name : str
        What the term is.
    start, end : float
        Where the bar starts, and where it ends: the start of the next one.
    low, high : float or None
        95 % interval of the term, laid at the start of the bar.
    is_total : bool
        Whether it is the sum, which starts at zero.
    """

    name: str
    start: float
    end: float
    low: float | None = None
    high: float | None = None
    is_total: bool = False

    @property
    def value(self):
        """The signed term."""
        return self.end - self.start


def waterfall(rows, total):
    """Lay the terms of one view of a ledger end to end, with the total as the last bar.

    Parameters
    ----------
    rows : list of dict
        Rows of a view, as in ``Ledger.to_dict``.
    total : float
        Their sum.

    Returns
    -------
    list of Step
    """
    steps, level = [], 0.0
    for row in rows:
        low, high = row["low"], row["high"]
        known = low is not None and high is not None
        steps.append(
            Step(
                row["name"],
                level,
                level + row["value"],
                level + low if known else None,
                level + high if known else None,
            )
        )
        level += row["value"]
    steps.append(Step("total", 0.0, total, is_total=True))
    return steps


def extent(steps):
    """Smallest and largest value that bars and intervals reach; zero is always inside."""
    ends = [0.0]
    for step in steps:
        ends += [v for v in (step.start, step.end, step.low, step.high) if v is not None]
    return min(ends), max(ends)


def decimals_for(total):
    """Decimals at which a total shows at least three significant digits, and its terms line up."""
    decimals = 3
    while decimals < 12 and 0 < abs(total) < 10.0 ** (2 - decimals):
        decimals += 1
    return decimals
