"""Pictures of a report on a history with matplotlib."""

import numpy as np

from sklearn_lossfix.diagnosis.display._axes import (
    HATCH,
    LESS,
    MORE,
    MUTED,
    TOTAL,
    label_text,
    plain_legend,
)
from sklearn_lossfix.diagnosis.display._history_curves import best_of, curves_of, ribbons

# Split -> colour and line style: both are told apart without colour.
_LOOKS = {"train": (LESS, "--"), "validation": (MORE, "-")}
_WORDS = {"train": "training", "validation": "validation"}

# Height of a ribbon as a share of the Axes, and the room between two.
_RIBBON, _ROOM = 0.025, 0.06


def plot_history(plt, data, ax):
    """Raw and smoothed curves of the loss, and of the metric below it, with what was found where.

    Parameters
    ----------
    plt : module
        ``matplotlib.pyplot``.
    data : dict
        From ``FitReport.to_dict``.
    ax : matplotlib Axes or pair of Axes or None
        One for the loss, two for loss and metric; None makes as many as there are curves for.

    Returns
    -------
    matplotlib Axes or ndarray of Axes
    """
    tables, context = data["tables"], data["context"]
    names = ["loss"] if curves_of(tables, "loss") else []
    if "metric" in context and curves_of(tables, context["metric"]):
        names.append(context["metric"])
    if ax is None:
        height = 4.2 * len(names)
        ax = plt.subplots(
            len(names), figsize=(8, height), layout="constrained", sharex=True, squeeze=False
        )[1][:, 0]
        axes = ax
    else:
        axes = np.ravel(ax)
        if not 1 <= len(axes) <= 2:
            raise ValueError(f"This picture draws on one Axes or two: got {len(axes)} in ax.")
        names = names[: len(axes)]
    for place, name in zip(axes, names, strict=False):
        _draw_curves(place, tables, name)
    if names and names[0] == "loss":
        _draw_ribbons(axes[0], ribbons(tables))
    axes[len(names) - 1].set_xlabel(label_text(context.get("step_unit", "step")))
    return axes[0] if np.size(ax) == 1 else ax


def _draw_curves(ax, tables, name):
    """One quantity: raw, smoothed, band of runs, best step."""
    for curve in curves_of(tables, name):
        color, style = _LOOKS.get(curve["split"], (TOTAL, "-"))
        words = _WORDS.get(curve["split"], curve["split"])
        steps = np.asarray(curve["step"])
        ax.plot(steps, curve["value"], color=color, linewidth=0.7, alpha=0.6)
        ax.plot(steps, curve["smoothed"], style, color=color, linewidth=2, label=label_text(words))
        if any(low is not None for low in curve["low"]):
            low, high = (np.asarray(curve[key], dtype=float) for key in ("low", "high"))
            ax.fill_between(steps, low, high, color=color, alpha=0.15, linewidth=0)
    best = best_of(tables, name)
    if best is not None:
        step, low, high = best
        ax.axvspan(low, high, color=MUTED, alpha=0.2, linewidth=0)
        ax.axvline(step, color=TOTAL, linestyle=":", label=f"best: {step:g} [{low:g}, {high:g}]")
    ax.set_ylabel(label_text(name.replace("_", " ")), parse_math=False)
    plain_legend(ax)


def _draw_ribbons(ax, found):
    """A bar over the stretch that each finding is about, with its name."""
    if not found:
        return
    room = _ROOM * (len(found) + 0.5)
    low, high = ax.get_ylim()
    ax.set_ylim(low - (high - low) * room / (1 - room), high)
    for k, (name, section, first, last) in enumerate(found):
        foot = _ROOM * (len(found) - 1 - k) + 0.01
        look = (
            {"color": MORE}
            if section == "issue"
            else {"facecolor": "white", "edgecolor": LESS, "hatch": HATCH}
        )
        ax.axvspan(first, last, ymin=foot, ymax=foot + _RIBBON, **look)
        ax.text(
            first,
            foot + _RIBBON,
            label_text(name),
            transform=ax.get_xaxis_transform(),
            fontsize="small",
            va="bottom",
            parse_math=False,
        )
