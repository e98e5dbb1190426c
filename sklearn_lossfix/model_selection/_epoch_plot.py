"""The picture of a training: loss above, metric below, and the epoch that was kept."""

import numpy as np

from sklearn_lossfix._core._optional import import_optional

# Colours of the curves, as in the reports; line styles say the same without colour.
_STYLES = {
    "train": {"color": "#8c959f", "linestyle": "--"},
    "validation": {"color": "#1f6391", "linestyle": "-"},
}
_MARK = "#a8480f"


def plot_epochs(history, best_epoch, *, verdicts=(), ax=None):
    """Draw the curves of a training.

    Parameters
    ----------
    history : History
        What was recorded.

    best_epoch : int
        The epoch to mark.

    verdicts : iterable of (float, float, str), default=()
        First epoch, last epoch and name of what was found there: drawn as ribbons.

    ax : array-like of two matplotlib Axes, default=None
        Where to draw loss and metric; None makes a figure.

    Returns
    -------
    ndarray of two matplotlib Axes

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If `ax` is not two Axes.
    """
    plt = import_optional("matplotlib.pyplot", caller="EarlyStoppingClassifier.plot", extra="plot")
    if ax is None:
        _, ax = plt.subplots(2, 1, sharex=True, figsize=(6.4, 5.6), layout="constrained")
    axes = np.ravel(ax)
    if len(axes) != 2:
        raise ValueError(f"This picture draws on two Axes, loss and metric: got {len(axes)} in ax.")
    metric = next(iter(history.metrics))
    _draw_curves(axes[0], history.steps, history.loss, history.loss_name)
    _draw_curves(axes[1], history.steps, history.metrics[metric], metric)
    for axis in axes:
        axis.axvline(best_epoch, color=_MARK, linewidth=1, label=f"best epoch: {best_epoch}")
    _draw_verdicts(axes[0], verdicts)
    axes[-1].set_xlabel(history.unit)
    for text in axes[0].legend().get_texts():
        text.set_parse_math(False)
    return axes


def verdict_spans(model):
    """Spans of epochs that the report of a training names.

    Parameters
    ----------
    model : fitted estimator
        With `diagnose`.

    Returns
    -------
    list of (float, float, str)
        First epoch, last epoch and what was found there; empty where no report can be made.
    """
    try:
        table = model.diagnose().tables["verdicts"]
    except (ImportError, KeyError, ValueError):  # no pandas, or too little for a report
        return []
    spans = zip(table["first_step"], table["last_step"], table["finding"], strict=True)
    return [span for span in spans if span[0] <= span[1]]  # not of findings without a place


def _draw_curves(ax, steps, curves, name):
    """One curve for each split, never read as mathematics."""
    for split, values in curves.items():
        ax.plot(steps, values, label=split, **_STYLES[split])
    ax.set_ylabel(name.replace("_", " "), parse_math=False)


def _draw_verdicts(ax, verdicts):
    """A ribbon along the top for each verdict."""
    for row, (first, last, name) in enumerate(verdicts):
        top = 1.0 - 0.06 * row
        ax.axvspan(first, last, ymin=top - 0.05, ymax=top, color=_MARK, alpha=0.25)
        ax.annotate(
            name,
            (first, top - 0.025),
            xycoords=ax.get_xaxis_transform(),
            va="center",
            fontsize="small",
            parse_math=False,
        )
