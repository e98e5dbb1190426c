"""Pictures of treatments of imbalance with matplotlib."""

import copy

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt

from sklearn_lossfix.diagnosis.display._plots import plot_report

KINDS = ("treatments", "treatment_classes")


def texts_of(ax):
    """All that is written on an Axes, its figure's canvas drawn first."""
    ax.figure.canvas.draw()
    return [text.get_text() for text in ax.findobj(mpl.text.Text)]


def test_treatments_draw_points_intervals_and_names(of_treatments):
    """Solid after the correction, hollow before, the chosen one marked, all of them named."""
    before = copy.deepcopy(of_treatments)
    ax = plot_report(of_treatments, "treatments")
    assert of_treatments == before
    table = of_treatments["tables"]["treatments"]
    intervals, _, hollow, solid = ax.collections
    for points, key in ((hollow, "brier_uncorrected"), (solid, "brier")):
        expected = np.column_stack([table[key], table["metric"]])
        assert points.get_offsets().data == pytest.approx(expected)
    assert [segment[:, 1].tolist() for segment in intervals.get_segments()] == [
        pytest.approx(ends) for ends in zip(table["low"], table["high"], strict=True)
    ]
    assert len(hollow.get_facecolor()) == 0
    (chosen,) = ax.lines
    at = table["chosen"].index(True)
    assert chosen.get_xydata().tolist() == [[table["brier"][at], table["metric"][at]]]
    texts = texts_of(ax)
    for name in table["treatment"]:
        assert sum(text == name[:33] or text[:33] == name[:33] for text in texts) >= 1
    assert ax.get_ylabel() == "balanced accuracy (up is better)"


def test_treatments_without_numbers_are_left_out(two_class_treatments):
    """No Brier score, no point; no interval, no line, but the point."""
    table = two_class_treatments["tables"]["treatments"]
    table["brier"][0] = table["low"][1] = table["brier_uncorrected"][2] = None
    ax = plot_report(two_class_treatments, "treatments")
    assert len(ax.collections[-1].get_offsets()) == len(table["brier"]) - 1


def test_classes_draw_four_bars_each(of_treatments):
    """Recall and precision, before hatched and after solid."""
    ax = plot_report(of_treatments, "treatment_classes")
    table = of_treatments["tables"]["treatment_classes"]
    keys = ("recall_before", "recall_after", "precision_before", "precision_after")
    for bars, key in zip(ax.containers, keys, strict=True):
        assert [bar.get_width() for bar in bars] == pytest.approx(table[key])
        assert all(bool(bar.get_hatch()) == key.endswith("before") for bar in bars)
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == [str(label) for label in table["class"]]


def test_a_class_that_is_never_predicted_says_so(two_class_treatments):
    """In place of a bar of no length there are words."""
    two_class_treatments["tables"]["treatment_classes"]["precision_before"][0] = None
    ax = plot_report(two_class_treatments, "treatment_classes")
    assert "no precision" in texts_of(ax)


def test_many_are_capped_with_the_call_that_gives_all(many_treatments):
    """Twenty of two hundred, and the title says how to get the others."""
    ax = plot_report(many_treatments, "treatments")
    assert ax.get_title() == "20 of 200 treatments; all: report.frame('treatments')"
    assert len(ax.collections[-1].get_offsets()) == 20
    assert len(ax.lines) == 1
    ax = plot_report(many_treatments, "treatment_classes")
    assert ax.get_title().startswith("20 of 200 classes")
    assert ax.get_title().endswith("report.frame('treatment_classes')")
    assert all(len(label.get_text()) <= 36 for label in ax.get_yticklabels())


@pytest.mark.parametrize("text", ["$\\frac{$", "a\nb", "\x1b[31m", "x" * 5_000])
def test_hostile_names_are_drawn_as_text(two_class_treatments, text):
    """Names are never read as mathematics, nor do control characters reach the picture."""
    tables = two_class_treatments["tables"]
    tables["treatments"]["treatment"] = [f"{text}{k}" for k in range(4)]
    tables["treatment_classes"]["class"] = [f"{text}{k}" for k in range(2)]
    two_class_treatments["context"]["treatments"]["metric"] = text
    for kind in KINDS:
        written = texts_of(plot_report(two_class_treatments, kind))
        assert not any("\x1b" in words for words in written)


@pytest.mark.parametrize("kind", KINDS)
def test_given_axes_are_drawn_on(two_class_treatments, kind):
    """A picture goes where the user wants it, and comes back."""
    figure, ax = plt.subplots()
    assert plot_report(two_class_treatments, kind, ax) is ax
    assert plt.get_fignums() == [figure.number]


@pytest.mark.parametrize("kind", KINDS)
def test_other_reports_have_no_treatments_to_draw(search, kind):
    """The error says why, and what can be drawn."""
    with pytest.raises(ValueError, match=r"not about treatments. It can draw \['ledger'"):
        plot_report(search, kind)


def test_treatments_say_which_picture_they_lack(two_class_treatments):
    """Without probabilities, without rows, and for the candidates that are no longer there."""
    tables = two_class_treatments["tables"]
    with pytest.raises(ValueError, match=r"candidates are treatments. .*'treatments'"):
        plot_report(two_class_treatments, "candidates")
    tables["treatments"]["brier"] = [None] * 4
    with pytest.raises(ValueError, match="no treatment has a Brier score"):
        plot_report(two_class_treatments, "treatments")
    del tables["treatment_classes"], tables["threshold_curve"]
    with pytest.raises(ValueError, match="no row was recorded out of fold"):
        plot_report(two_class_treatments, "treatment_classes")
    with pytest.raises(ValueError, match="no curve of a threshold"):
        plot_report(two_class_treatments, "threshold")
