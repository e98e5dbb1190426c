"""What the matplotlib pictures of a report share: colours, words, and the Axes to draw on."""

import numpy as np

from sklearn_lossfix.diagnosis._text import printable
from sklearn_lossfix.diagnosis._words import cut
from sklearn_lossfix.diagnosis.display._view import CLASS_LABEL

# The colours of the HTML report's light theme. Hatch and sign say the same, for whoever cannot see
# or print them.
MORE, LESS, TOTAL, MUTED = "#a8480f", "#1f6391", "#57606a", "#8c959f"
HATCH = "////"


def label_text(text, width=CLASS_LABEL):
    """Text for a picture: cut, and without control characters."""
    return printable(cut(text, width))


def name_rows(ax, positions, names):
    """Names of horizontal bars, first on top, never read as mathematics."""
    ax.set_yticks(positions)
    ax.set_yticklabels(names, parse_math=False)
    ax.set_ylim(max(positions) + 0.7, min(0, *positions) - 0.7)


def one_axes(plt, ax, figsize):
    """The Axes to draw on."""
    if ax is None:
        return plt.subplots(figsize=figsize, layout="constrained")[1]
    if np.size(ax) != 1:
        raise ValueError(f"This picture draws on one Axes: got {np.size(ax)} in ax.")
    return np.ravel(ax)[0]


def plain_legend(ax):
    """A legend whose words are never read as mathematics."""
    for text in ax.legend().get_texts():
        text.set_parse_math(False)
