"""Pictures of treatments of imbalance with matplotlib."""

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
    plain_legend,
)
from sklearn_lossfix.diagnosis.display._treatment_view import (
    drawable_treatments,
    shown_classes,
    shown_treatments,
)

# Treatments and classes that a figure of ordinary height can name.
MAX_TREATMENTS = 20
MAX_CLASSES = 20


def plot_treatments(plt, data, ax):
    """Treatments by Brier score and metric with its interval; before the correction hollow."""
    ax = one_axes(plt, ax, (9, 6))
    table = data["tables"]["treatments"]
    drawable = set(drawable_treatments(table))
    shown = [k for k in shown_treatments(table, MAX_TREATMENTS) if k in drawable]
    brier, raw, metric, low, high = (
        np.asarray(table[key], dtype=float)
        for key in ("brier", "brier_uncorrected", "metric", "low", "high")
    )
    ax.vlines(brier[shown], low[shown], high[shown], color=MUTED, linewidth=1)
    ax.hlines(metric[shown], brier[shown], raw[shown], color=MUTED, linestyle=":", linewidth=1)
    hollow = {"facecolor": "none", "edgecolor": TOTAL, "s": 36}
    ax.scatter(raw[shown], metric[shown], label="before the correction", **hollow)
    ax.scatter(brier[shown], metric[shown], s=36, color=TOTAL, label="after it, with 95 % interval")
    for k in shown:
        name = label_text(table["treatment"][k])
        if table["chosen"][k]:
            mark = {"markersize": 11, "color": MORE, "linestyle": "none", "label": "chosen"}
            ax.plot(brier[k], metric[k], "D", **mark)
        ax.annotate(
            name,
            (brier[k], metric[k]),
            xytext=(7, 4),
            textcoords="offset points",
            size="small",
            weight="bold" if table["chosen"][k] else "normal",
            parse_math=False,
        )
    facts = data["context"].get("treatments") or {}
    words = label_text(str(facts.get("metric", "metric")).replace("_", " "))
    ax.set_xlabel("Brier score out of fold (left is better)")
    ax.set_ylabel(label_text(f"{words} (up is better)", 60), parse_math=False)
    title = "What each treatment does to the metric and to the probabilities"
    if len(shown) < len(drawable):
        title = f"{len(shown)} of {len(drawable)} treatments; all: report.frame('treatments')"
    ax.set_title(title)
    ax.margins(x=0.15)
    plain_legend(ax)
    return ax


def plot_treatment_classes(plt, data, ax):
    """Recall and precision of each class: untreated, and by the chosen treatment and its rule."""
    table = data["tables"]["treatment_classes"]
    shown = shown_classes(table, MAX_CLASSES)
    ax = one_axes(plt, ax, (8, 2 + 0.8 * len(shown)))
    positions = np.arange(len(shown))
    bars = (
        ("recall_before", "recall before", {"facecolor": "white", "edgecolor": MORE}),
        ("recall_after", "recall after", {"color": MORE}),
        ("precision_before", "precision before", {"facecolor": "white", "edgecolor": LESS}),
        ("precision_after", "precision after", {"color": LESS}),
    )
    for row, (key, label, style) in enumerate(bars):
        values = np.asarray(table[key], dtype=float)[shown]
        hatch = HATCH if key.endswith("before") else None
        # What is not known has a note in place of a bar.
        places = positions + 0.19 * (row - 1.5)
        ax.barh(places, np.nan_to_num(values), height=0.17, hatch=hatch, label=label, **style)
        for value, place in zip(values, places, strict=True):
            words = f"{value:.3f}" if np.isfinite(value) else f"no {key.split('_')[0]}"
            ax.annotate(
                words,
                (np.nan_to_num(value), place),
                xytext=(3, 0),
                textcoords="offset points",
                va="center",
                size="x-small",
            )
    name_rows(ax, positions, [label_text(table["class"][k]) for k in shown])
    ax.set_xlim(0, 1.12)
    if len(shown) < len(table["class"]):
        ax.set_title(
            f"{len(shown)} of {len(table['class'])} classes, those whose recall changed most; "
            f"all: report.frame('treatment_classes')",
            size="medium",
        )
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=4)
    return ax
