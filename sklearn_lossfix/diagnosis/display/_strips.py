"""Where the values of each column lie, on one robust scale for all columns: compute, then draw."""

import math

import numpy as np

from sklearn_lossfix.diagnosis._columns import most_beyond
from sklearn_lossfix.diagnosis._words import share_text

# Distances up to here are drawn linearly, farther ones by their logarithm, so that one outlier does
# not flatten the rest. In a symmetric column Tukey's fences, the quartiles and 1.5 quartile ranges
# beyond them, lie 4 MADs from the median.
LINEAR_REACH = 4.0

# What lies farther than this is drawn here: six decades fit beside the linear part.
MAX_REACH = 4e6

# The linear half takes the room of this many decades.
_DECADES = 2.0

_POINTS = ("minimum", "q01", "q25", "q75", "q99", "maximum", "lower", "upper")


def squash(distance):
    """Position of a distance on the axis: linear near zero, logarithmic beyond, odd, continuous."""
    distance = np.asarray(distance, dtype=float)
    size = np.abs(distance)
    far = _DECADES + np.log10(np.maximum(size, LINEAR_REACH) / LINEAR_REACH)
    near = _DECADES * size / LINEAR_REACH
    return np.sign(distance) * np.where(size <= LINEAR_REACH, near, far)


def unsquash(position):
    """The inverse of `squash`."""
    position = np.asarray(position, dtype=float)
    size = np.abs(position)
    far = LINEAR_REACH * 10.0 ** (np.maximum(size, _DECADES) - _DECADES)
    near = LINEAR_REACH * size / _DECADES
    return np.sign(position) * np.where(size <= _DECADES, near, far)


def strips(table, n_shown):
    """What is drawn of the columns with most of their values beyond the limits.

    Parameters
    ----------
    table : dict of str to list
        Columns of the table "columns"; the quantiles may be missing or None.
    n_shown : int
        Columns to draw.

    Returns
    -------
    list of dict
        ``name``; ``points``, distances from the median in MADs, or in half quartile ranges where no
        MAD is known, by name and without those that are not known; ``below`` and ``above``, the
        shares beyond the limits in words, empty without a limit; ``remark``, what cannot be seen
        from the picture.
    """
    return [_strip(table, j) for j in most_beyond(table)[:n_shown]]


def _strip(table, j):
    """One column."""
    median = table["median"][j]
    unit, remark = _unit(table, j)
    points = {}
    if median is not None and not table["all_missing"][j]:
        points["median"] = 0.0
        for key in _POINTS:
            value = table[key][j] if key in table else None
            if value is not None:
                points[key] = _clipped(value / unit - median / unit)
    return {
        "name": table["column"][j],
        "points": points,
        "below": _share_words(table["lower"][j], table["share_low"][j], bool(points)),
        "above": _share_words(table["upper"][j], table["share_high"][j], bool(points)),
        "remark": remark,
    }


def _clipped(distance):
    """A distance within reach; what is not a number comes of two infinite ones."""
    if math.isnan(distance):
        return 0.0
    return max(-MAX_REACH, min(MAX_REACH, distance))


def _share_words(limit, share, has_values):
    """The share beyond a limit, empty without a limit or values."""
    return share_text(share or 0.0) if has_values and limit is not None else ""


def _unit(table, j):
    """Length of one unit of a column in its own units, and what there is to say about it."""
    if table["all_missing"][j]:
        return 1.0, "no finite value"
    if table["constant"][j]:
        return 1.0, "constant"
    mad, scale = table["mad"][j], table["scale"][j]
    if mad:
        return mad, ""
    why = "MAD is zero: " if mad == 0 else ""
    if scale:
        return scale, f"{why}in its scale"
    quartiles = [table[key][j] if key in table else None for key in ("q25", "q75")]
    if None not in quartiles and quartiles[0] < quartiles[1]:
        return (quartiles[1] - quartiles[0]) / 2, f"{why}in half its quartile range" if why else ""
    return 1.0, f"{why}in its own units"


def unit_words(table):
    """What the distances of most columns are in: of a symmetric column both are the same."""
    return "half quartile ranges" if all(mad is None for mad in table["mad"]) else "MADs"


def reach_of(drawn):
    """Largest distance that the axis must hold: of all points, and at least the linear part."""
    distances = [abs(z) for strip in drawn for z in strip["points"].values()]
    return max([LINEAR_REACH, *distances])


def ticks(reach):
    """Distances to mark: zero, the ends of the linear part, and at most two powers of ten beyond.

    Parameters
    ----------
    reach : float
        Largest distance on the axis.

    Returns
    -------
    list of float
        In order, symmetric around zero.
    """
    decades = [10.0**k for k in range(1, math.floor(math.log10(reach)) + 1)]
    # Without the one next to the linear part where there are more: their labels would touch.
    far = decades[-1:] if len(decades) < 3 else [decades[len(decades) // 2], decades[-1]]
    right = [LINEAR_REACH, *far]
    return [-z for z in reversed(right)] + [0.0] + right


def tick_label(distance):
    """``+4``, ``0``, ``-1e5``."""
    if abs(distance) >= 1_000:
        return f"{'-' if distance < 0 else '+'}1e{round(math.log10(abs(distance)))}"
    return f"{distance:+.0f}" if distance else "0"
