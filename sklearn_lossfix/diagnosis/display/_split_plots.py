"""Pictures of a report on folds with matplotlib."""

import numpy as np

from sklearn_lossfix.diagnosis.display._axes import (
    HATCH,
    LESS,
    MORE,
    MUTED,
    TOTAL,
    label_text,
    name_rows,
    one_axes,
)
from sklearn_lossfix.diagnosis.display._split_folds import (
    component_dots,
    component_words,
    fold_bars,
)

# Folds and sets that a figure of ordinary size can name.
MAX_FOLDS = 30
MAX_SETS = 30

# Looks of the bars of one check after the other.
_LOOKS = (
    {"color": MORE},
    {"facecolor": "white", "edgecolor": LESS, "hatch": HATCH},
    {"color": TOTAL},
    {"facecolor": "white", "edgecolor": MORE, "hatch": "...."},
    {"color": LESS},
    {"facecolor": "white", "edgecolor": TOTAL, "hatch": "xxxx"},
)

# Area of a dot whose fold tests the whole set, in square points, and the least.
_DOT_AREA, _LEAST_DOT = 90.0, 12.0


def plot_folds(plt, data, ax):
    """Share of leaked test rows of every fold, a bar per check that found any."""
    bars = fold_bars(data["tables"], MAX_FOLDS)
    n_checks = max(len(bars["checks"]), 1)
    height = 2 + 0.25 * len(bars["folds"]) * min(n_checks, 3)
    ax = one_axes(plt, ax, (8, min(height, 16)))
    positions = np.arange(len(bars["folds"]))
    thick = 0.8 / n_checks
    for k, check in enumerate(bars["checks"]):
        ax.barh(
            positions - 0.4 + (k + 0.5) * thick,
            np.asarray(check["share"]),
            height=0.9 * thick,
            label=label_text(check["name"]),
            **_LOOKS[k % len(_LOOKS)],
        )
    names = [
        f"fold {fold} ({n:,} rows)" for fold, n in zip(bars["folds"], bars["n_test"], strict=True)
    ]
    name_rows(ax, positions, names)
    ax.set_xlabel("share of the test rows that leak")
    ax.set_xlim(left=0)
    if bars["checks"]:
        below = (0.5, -0.6 / ax.figure.get_figheight())
        legend = ax.legend(loc="upper center", bbox_to_anchor=below, ncols=3)
        for text in legend.get_texts():
            text.set_parse_math(False)
        if len(bars["folds"]) < bars["n_folds"]:
            ax.set_title(
                f"{len(bars['folds'])} of {bars['n_folds']:,} folds, those with most leaked rows; "
                f"all: report.frame('per_fold')"
            )
    else:
        ax.set_xlim(0, 1)
        ax.set_title("No check found leaked rows in any fold")
    return ax


def plot_components(plt, data, ax):
    """Map of the largest sets of linked rows: a dot where a fold tests rows of the set."""
    dots = component_dots(data["tables"], MAX_SETS, MAX_FOLDS)
    ax = one_axes(plt, ax, (2 + 0.4 * max(dots["n_folds"], 10), 2 + 0.25 * len(dots["sizes"])))
    number, fold, n_tested = np.array(dots["dots"], dtype=float).reshape(-1, 3).T
    share = n_tested / np.asarray(dots["sizes"], dtype=float)[number.astype(int)]
    ax.hlines(np.arange(len(dots["sizes"])), -0.5, dots["n_folds"] - 0.5, color=MUTED, linewidth=1)
    ax.scatter(
        fold, number, s=np.clip(_DOT_AREA * share, _LEAST_DOT, _DOT_AREA), color=MORE, zorder=3
    )
    name_rows(ax, np.arange(len(dots["sizes"])), [f"{size:,} rows" for size in dots["sizes"]])
    ax.set_xticks(np.arange(dots["n_folds"]))
    ax.set_xlim(-0.7, dots["n_folds"] - 0.3)
    ax.set_xlabel("fold that tests rows of the set (larger: more of them)")
    ax.set_title(
        f"{component_words(dots)}: the largest on both sides of a fold\n"
        f"all sizes: report.frame('components')"
    )
    return ax
