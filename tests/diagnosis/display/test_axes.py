"""What the matplotlib pictures of a report share."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from sklearn_lossfix.diagnosis.display._axes import label_text, name_rows, one_axes, plain_legend


@pytest.mark.parametrize(
    ("text", "shown"), [("a\x1b[31mb", "a?[31mb"), ("x" * 50, "x" * 33 + "..."), (7, "7")]
)
def test_words_are_cut_and_harmless(text, shown):
    """No control character reaches a picture, and no name floods it."""
    assert label_text(text) == shown


def test_one_axes_is_the_given_one_or_new():
    """Arrays of one are taken; more are refused with their number."""
    figure, ax = plt.subplots()
    assert one_axes(plt, ax, (2, 2)) is ax
    assert one_axes(plt, np.array([ax]), (2, 2)) is ax
    assert one_axes(plt, None, (2, 3)).figure is not figure
    with pytest.raises(ValueError, match="got 2"):
        one_axes(plt, plt.subplots(2)[1], (2, 2))


def test_rows_are_named_from_the_top():
    """The first name stands highest; neither names nor legends are read as mathematics."""
    ax = plt.subplots()[1]
    ax.plot([0, 1], [0, 1], label="$\\frac{$")
    name_rows(ax, [0, 1], ["$\\frac{$", "b"])
    plain_legend(ax)
    ax.figure.canvas.draw()
    first, last = (label.get_window_extent().y0 for label in ax.get_yticklabels())
    assert first > last
