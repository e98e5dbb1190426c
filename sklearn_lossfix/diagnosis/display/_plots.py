"""Pictures of a report with matplotlib: compute, then draw."""

import numpy as np

from sklearn_lossfix._core._optional import import_optional
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
from sklearn_lossfix.diagnosis.display._history_plots import plot_history
from sklearn_lossfix.diagnosis.display._search_view import (
    drawable_candidates,
    least_loss_of,
    threshold_class,
    threshold_marks,
)
from sklearn_lossfix.diagnosis.display._split_plots import plot_components, plot_folds
from sklearn_lossfix.diagnosis.display._strips import (
    reach_of,
    squash,
    strips,
    tick_label,
    ticks,
    unit_words,
    unsquash,
)
from sklearn_lossfix.diagnosis.display._treatment_plots import (
    plot_treatment_classes,
    plot_treatments,
)
from sklearn_lossfix.diagnosis.display._treatment_view import drawable_treatments
from sklearn_lossfix.diagnosis.display._waterfall import VIEW_TITLES, decimals_for, waterfall

# Classes and columns that a figure of ordinary height can name.
MAX_CLASSES = 20
MAX_COLUMNS = 20

# Kind of report -> its main picture; of any other kind it is the ledger.
MAIN_PICTURE = {"data": "columns", "history": "history", "split": "folds"}


def _style(value, is_total=False):
    """Colour and hatch of a signed bar."""
    if is_total:
        return {"color": TOTAL}
    if value < 0:
        return {"facecolor": "white", "edgecolor": LESS, "hatch": HATCH}
    return {"color": MORE}


def _draw_ledger(ax, ledger):
    """All views of one ledger as waterfalls on a common scale."""
    positions, names, y = [], [], 0.0
    digits = decimals_for(ledger["total"])
    for view, rows in ledger["views"].items():
        ax.annotate(
            label_text(VIEW_TITLES.get(view, view)),
            (0, y),
            xycoords=("axes fraction", "data"),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            weight="bold",
            parse_math=False,
        )
        y += 1
        for step in waterfall(rows, ledger["total"]):
            ax.barh(y, step.value, left=step.start, height=0.6, **_style(step.value, step.is_total))
            if step.low is not None:
                ax.plot([step.low, step.high], [y, y], color="black", linewidth=1)
            form = f".{digits}f" if step.is_total else f"+.{digits}f"
            ax.annotate(
                format(step.value, form),
                (1, y),
                xycoords=("axes fraction", "data"),
                xytext=(3, 0),
                textcoords="offset points",
                va="center",
            )
            positions.append(y)
            names.append(label_text(step.name))
            y += 1
    ax.axvline(0, color=MUTED, linewidth=1)
    name_rows(ax, positions, names)
    ax.set_xlabel(label_text(f"{ledger['quantity']}, {ledger['unit']}"), parse_math=False)


def _plot_ledger(plt, data, ax):
    """Waterfalls of loss and error, side by side."""
    if ax is None:
        _, axes = plt.subplots(ncols=2, figsize=(12, 6), layout="constrained")
    else:
        axes = np.ravel(ax)
    if len(axes) != 2:
        raise ValueError(
            f"plot('ledger') draws the loss and the error: ax must hold two Axes, got {len(axes)}."
        )
    for one, key, heading in zip(
        axes, ("loss_ledger", "error_ledger"), ("Loss", "Error"), strict=True
    ):
        if data[key] is None:
            one.set_title(f"{heading}: not in this report")
            one.set_axis_off()
        else:
            one.set_title(f"{heading}: where it comes from")
            _draw_ledger(one, data[key])
    return axes


def _plot_flips(plt, data, ax):
    """Change of loss and of accuracy per cell; each pair of bars has its own scale."""
    ax = one_axes(plt, ax, (8, 4.5))
    flips = data["flips"]
    cells = flips["cells"]
    names = [
        f"{cell}\n{n_rows:,} rows ({share:.1%})"
        for cell, n_rows, share in zip(cells["cell"], cells["n_rows"], cells["share"], strict=True)
    ]
    positions = np.arange(len(names) + 1)
    twin = ax.twiny()
    for axis, offset, key, total, unit in (
        (ax, -0.2, "loss_change", flips["loss_total"], "nats"),
        (twin, 0.2, "accuracy_change", flips["accuracy_total"], "accuracy"),
    ):
        values = [*cells[key], total]
        for y, value in zip(positions, values, strict=True):
            axis.barh(y + offset, value, height=0.35, **_style(value, is_total=y == positions[-1]))
            axis.annotate(
                f"{value:+.4f} {unit}",
                (max(value, 0.0), y + offset),
                xytext=(3, 0),
                textcoords="offset points",
                va="center",
                size="small",
            )
        # One zero line for both scales, with room for the numbers.
        reach = max(abs(v) for v in values) or 1.0
        axis.set_xlim(-1.1 * reach, 1.6 * reach)
    ax.axvline(0, color=MUTED, linewidth=1)
    name_rows(ax, positions, [*names, "sum"])
    first, second = flips["states"]
    ax.set_xlabel(
        label_text(f"change of the loss in nats, {first} to {second}", 80), parse_math=False
    )
    twin.set_xlabel("change of accuracy")
    return ax


def _plot_reliability(plt, data, ax):
    """CORP curve, consistency band, diagonal, and a histogram of the forecasts."""
    ax = one_axes(plt, ax, (6, 6))
    curve = data["reliability"]
    forecast, happened, low, high = (
        np.asarray(curve[key], dtype=float) for key in ("forecast", "happened", "low", "high")
    )
    counts = np.asarray(curve["counts"], dtype=float)
    ax.fill_between(
        forecast, low, high, color=LESS, alpha=0.25, label="90 % of calibrated forecasts"
    )
    ax.plot([0, 1], [0, 1], color=MUTED, linestyle="--", label="calibrated")
    ax.plot(forecast, happened, color=MORE, linewidth=2, label="seen (CORP)")
    histogram = ax.inset_axes([0, -0.32, 1, 0.16], sharex=ax)
    edges = np.linspace(0, 1, len(counts) + 1)
    histogram.bar(edges[:-1], counts, width=np.diff(edges), align="edge", color=TOTAL)
    histogram.set_ylabel("rows")
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="forecast", ylabel="share that came true")
    ax.set_title(label_text(f"Reliability: {curve['event']}", 60), parse_math=False)
    ax.legend(loc="upper left")
    return ax


def _plot_classes(plt, data, ax):
    """Share of rows, share of loss and recall with its interval, per class."""
    table = data["tables"]["classes"]
    key = "loss_share" if "loss_share" in table else "row_share"
    weight = np.asarray([v or 0.0 for v in table[key]], dtype=float)
    shown = np.sort(np.argsort(-weight, kind="stable")[:MAX_CLASSES])
    ax = one_axes(plt, ax, (8, 2 + 0.6 * len(shown)))

    def column(name):
        return np.asarray(table[name], dtype=float)[shown]

    positions = np.arange(len(shown))
    ax.barh(positions - 0.28, column("row_share"), height=0.25, color=TOTAL, label="share of rows")
    if "loss_share" in table:
        ax.barh(
            positions,
            column("loss_share"),
            height=0.25,
            facecolor="white",
            edgecolor=LESS,
            hatch=HATCH,
            label="share of loss",
        )
    ax.hlines(positions + 0.28, column("recall_low"), column("recall_high"), color=MORE)
    ax.plot(
        column("recall"), positions + 0.28, "o", color=MORE, label="recall, with its 95 % interval"
    )
    name_rows(ax, positions, [label_text(table["label"][k]) for k in shown])
    ax.set_xlim(0, 1.02)
    if len(shown) < len(weight):
        ax.set_title(f"{len(shown)} of {len(weight)} classes; all: report.frame('classes')")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=3)
    return ax


def _plot_columns(plt, data, ax):
    """Extremes, outer quantiles, quartiles and limits of each column, with the shares beyond."""
    table = data["tables"]["columns"]
    drawn = strips(table, MAX_COLUMNS)
    ax = one_axes(plt, ax, (9, 2 + 0.4 * len(drawn)))

    def known(*keys):
        """Rows where all of these points are known, and each point."""
        rows = [k for k, strip in enumerate(drawn) if set(keys) <= set(strip["points"])]
        return np.array(rows), *(np.array([drawn[k]["points"][key] for k in rows]) for key in keys)

    ax.hlines(*known("minimum", "maximum"), color=TOTAL, linewidth=1, label="smallest to largest")
    ax.hlines(*known("q01", "q99"), color=MUTED, linewidth=5, label="1 % to 99 %")
    rows, low, high = known("q25", "q75")
    ax.barh(rows, high - low, left=low, height=0.5, color=LESS, label="quartiles")
    rows, median = known("median")
    ax.plot(median, rows, "|", color="black", zorder=3, markersize=12, label="median")
    lower, upper = known("lower"), known("upper")
    rows, limits = (np.concatenate(pair) for pair in zip(lower, upper, strict=True))
    ax.plot(limits, rows, "d", color=MORE, zorder=3, label="limits, with the shares beyond")
    for row, strip in enumerate(drawn):
        for x, shift, side, words in (
            (0, 3, "left", strip["below"]),
            (1, -3, "right", strip["above"]),
            (1, 5, "left", strip["remark"]),
        ):
            ax.annotate(
                words,
                (x, row),
                xycoords=("axes fraction", "data"),
                xytext=(shift, 0),
                textcoords="offset points",
                ha=side,
                va="center",
                size="small",
            )
    reach = reach_of(drawn)
    # Room at both ends for the shares.
    ends = unsquash(1.2 * squash([-reach, reach]))
    ax.set_xscale("function", functions=(squash, unsquash))
    ax.set_xlim(ends)
    ax.set_xticks(ticks(reach), [tick_label(z) for z in ticks(reach)])
    ax.set_xlabel(f"distance from the median, in {unit_words(table)} (logarithmic beyond 4)")
    name_rows(ax, np.arange(len(drawn)), [label_text(strip["name"]) for strip in drawn])
    if len(drawn) < len(table["column"]):
        ax.set_title(
            f"{len(drawn)} of {len(table['column']):,} columns, those with most values beyond "
            f"their limits; all: report.frame('columns')"
        )
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.6 / (1 + 0.4 * len(drawn))), ncols=3)
    return ax


def _metric_words(data):
    """The metric of a search, for the axis."""
    facts = data["context"].get("search") or {}
    return label_text(str(facts.get("metric", "metric")).replace("_", " "))


def _plot_threshold(plt, data, ax):
    """The metric over the threshold with its band; lines at the chosen and the default one."""
    ax = one_axes(plt, ax, (8, 5))
    table = data["tables"]["threshold_curve"]
    threshold, value, low, high = (
        np.asarray(table[key], dtype=float) for key in ("threshold", "value", "low", "high")
    )
    ax.fill_between(threshold, low, high, color=LESS, alpha=0.25, label="95 % of the bootstrap")
    ax.plot(threshold, value, color=MORE, linewidth=2, label="all rows")
    styles = {"chosen": "-", "default": "--"}
    for name, mark in threshold_marks(data).items():
        ax.axvline(mark, color=TOTAL, linestyle=styles[name], label=f"{name}: {mark:.3g}")
    label = threshold_class(data)
    what = "a score" if label is None else f"the score of {label!r}"
    ax.set_xlabel(label_text(f"threshold on {what}", 80), parse_math=False)
    ax.set_ylabel(_metric_words(data), parse_math=False)
    plain_legend(ax)
    return ax


def _plot_candidates(plt, data, ax):
    """Candidates by log loss and metric; the chosen one and that of the least log loss marked."""
    ax = one_axes(plt, ax, (8, 6))
    table = data["tables"]["candidates"]
    rows = drawable_candidates(table)
    loss = np.asarray(table["log_loss"], dtype=float)
    metric = np.asarray(table["metric"], dtype=float)
    ax.scatter(loss[rows], metric[rows], s=16, color=MUTED, label=f"{len(rows):,} candidates")
    marks = {"chosen": [k for k in rows if table["chosen"][k]]}
    marks["least log loss"] = [k for k in rows if k == least_loss_of(table)]
    for (name, found), marker, colour in zip(marks.items(), "Ds", (MORE, LESS), strict=True):
        for k in found:
            filled = colour if name == "chosen" else "none"
            ax.plot(
                loss[k],
                metric[k],
                marker,
                markersize=10 if name == "chosen" else 14,
                color=colour,
                markerfacecolor=filled,
                linestyle="none",
                label=label_text(f"{name}: {table['params'][k]}", 60),
            )
    ax.set_xlabel("log loss out of fold, nats (left is better)")
    ax.set_ylabel(label_text(f"{_metric_words(data)} (up is better)", 60), parse_math=False)
    ax.set_title("What the metric chose, and what the log loss would have chosen")
    plain_legend(ax)
    return ax


#: Kind of picture -> what draws it, and what must be in the report.
PLOTS = {
    "ledger": (_plot_ledger, lambda data: data["loss_ledger"] or data["error_ledger"]),
    "flips": (_plot_flips, lambda data: data["flips"]),
    "reliability": (_plot_reliability, lambda data: data["reliability"]),
    "classes": (_plot_classes, lambda data: data["tables"].get("classes")),
    "threshold": (_plot_threshold, lambda data: data["tables"].get("threshold_curve")),
    "candidates": (
        _plot_candidates,
        lambda data: (
            "candidates" in data["tables"] and drawable_candidates(data["tables"]["candidates"])
        ),
    ),
    "treatments": (
        plot_treatments,
        lambda data: (
            "treatments" in data["tables"] and drawable_treatments(data["tables"]["treatments"])
        ),
    ),
    "treatment_classes": (
        plot_treatment_classes,
        lambda data: data["tables"].get("treatment_classes"),
    ),
    "columns": (
        _plot_columns,
        lambda data: data["kind"] == "data" and data["tables"].get("columns"),
    ),
    "history": (
        plot_history,
        lambda data: data["kind"] == "history" and data["tables"]["curves"]["step"],
    ),
    "folds": (plot_folds, lambda data: data["kind"] == "split"),
    "components": (
        plot_components,
        lambda data: data["kind"] == "split" and data["tables"]["component_map"]["set"],
    ),
}


# Pictures of a search -> what a search lacks that has none.
_NEEDS_OF_A_SEARCH = {
    "threshold": "the search kept no curve of a threshold (two classes have one)",
    "candidates": "no candidate of the search has a log loss",
}

# Pictures of treatments -> what treatments lack that have none.
_NEEDS_OF_TREATMENTS = {
    "treatments": "no treatment has a Brier score",
    "treatment_classes": "no row was recorded out of fold",
}


def _why_not(data, kind):
    """Why a report cannot draw a kind of picture."""
    if data["kind"] == "history" and kind == "flips":
        return "no losses of single rows were recorded, or the best step is the last"
    if data["kind"] == "history" and kind == "history":
        return "nothing finite was recorded"
    if data["kind"] == "split" and kind == "components":
        return "no linked rows stand on both sides of a fold"
    if data["kind"] != "model" or kind in (*MAIN_PICTURE.values(), "components"):
        return f"it is a report of kind {data['kind']!r}"
    has_treatments = "treatments" in data["tables"]
    if kind in _NEEDS_OF_TREATMENTS:
        return _NEEDS_OF_TREATMENTS[kind] if has_treatments else "it is not about treatments"
    if kind == "candidates" and has_treatments:
        return "the candidates are treatments"
    if kind in _NEEDS_OF_A_SEARCH:
        return _NEEDS_OF_A_SEARCH[kind] if "gap" in data["tables"] else "no search was handed in"
    return "the model gave no probabilities"


def plot_report(data, kind=None, ax=None):
    """Draw one picture of a report.

    Parameters
    ----------
    data : dict
        From ``FitReport.to_dict``; it is not changed.
    kind : {"ledger", "flips", "reliability", "classes", "threshold", "candidates", "treatments", \
            "treatment_classes", "columns", "history", "folds", "components"}, default=None
        Which one; None is the main one of this kind of report.
    ax : matplotlib Axes or pair of Axes, default=None
        Where to draw; None makes a figure. ``"ledger"`` takes two, for loss and error.

    Returns
    -------
    matplotlib Axes or ndarray of Axes

    Raises
    ------
    ValueError
        If `kind` is unknown, the report does not hold what it draws, or `ax` has the wrong number
        of Axes.
    ImportError
        If matplotlib is not installed.
    """
    if kind is None:
        kind = MAIN_PICTURE.get(data["kind"], "ledger")
    if kind not in PLOTS:
        raise ValueError(f"kind must be one of {list(PLOTS)} or None. Got {kind!r} instead.")
    draw, needs = PLOTS[kind]
    if not needs(data):
        there = [name for name, (_, part) in PLOTS.items() if part(data)]
        raise ValueError(
            f"This report holds nothing to draw for kind={kind!r}: {_why_not(data, kind)}. "
            f"It can draw {there}."
        )
    plt = import_optional("matplotlib.pyplot", caller="FitReport.plot", extra="plot")
    return draw(plt, data, ax)
