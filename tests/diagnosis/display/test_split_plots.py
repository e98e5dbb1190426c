"""Pictures of folds with matplotlib."""

import copy

import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt

from sklearn_lossfix.diagnosis.display._plots import plot_report
from sklearn_lossfix.diagnosis.display._split_folds import component_dots, fold_bars

KINDS = ["folds", "components"]


def texts_of(ax):
    """All that is written on an Axes, its figure's canvas drawn first."""
    ax.figure.canvas.draw()
    return [text.get_text() for text in ax.findobj(mpl.text.Text)]


def test_the_main_picture_shows_leaked_rows_per_fold(folds):
    """A bar per fold, as long as the share of its test rows that leak."""
    before = copy.deepcopy(folds)
    ax = plot_report(folds)
    assert folds == before
    bars = [p for p in ax.patches if isinstance(p, mpl.patches.Rectangle)]
    (check,) = fold_bars(folds["tables"], 30)["checks"]
    assert [bar.get_width() for bar in bars] == pytest.approx(check["share"])
    assert "fold 0 (12 rows)" in texts_of(ax)


def test_the_map_has_a_dot_per_set_and_fold(folds):
    """Folds as columns, sets as rows."""
    ax = plot_report(folds, "components")
    dots = component_dots(folds["tables"], 30, 30)["dots"]
    points = ax.collections[1].get_offsets()
    assert points.tolist() == [[fold, number] for number, fold, _ in dots]
    assert "12 of 12 linked sets" in ax.get_title()


def test_many_folds_and_sets_are_capped(many_folds):
    """The titles say how many there are, and how to get all."""
    title = plot_report(many_folds).get_title()
    assert title.startswith("30 of 1,000 folds")
    assert "report.frame('per_fold')" in title
    title = plot_report(many_folds, "components").get_title()
    assert "30 of 1,000 folds" in title


def test_clean_folds_say_so(clean_folds):
    """The main picture is there; there is no map, and the error says why."""
    ax = plot_report(clean_folds)
    assert ax.get_title() == "No check found leaked rows in any fold"
    with pytest.raises(ValueError, match=r"no linked rows stand on both .* \['folds'\]"):
        plot_report(clean_folds, "components")


@pytest.mark.parametrize("kind", ["ledger", "flips", "classes", "columns", "candidates"])
def test_folds_name_what_they_can_draw(folds, kind):
    """Other pictures are refused, with the reason and what there is."""
    match = r"report of kind 'split'. It can draw \['folds', 'components'\]"
    with pytest.raises(ValueError, match=match):
        plot_report(folds, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_others_have_no_folds_to_draw(binary, columns, kind):
    """The pictures of folds are refused for models and data."""
    for data in (binary, columns):
        with pytest.raises(ValueError, match=f"report of kind '{data['kind']}'"):
            plot_report(data, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_given_axes_are_drawn_on(folds, kind):
    """A picture goes where the user wants it, and comes back."""
    figure, ax = plt.subplots()
    assert plot_report(folds, kind, ax) is ax
    assert plt.get_fignums() == [figure.number]


@pytest.mark.parametrize("text", ["$\\frac{$", "a\nb", "\x1b[31m", "x" * 5_000])
def test_hostile_names_of_checks_are_drawn_as_text(folds, text):
    """A report from a file may say anything."""
    table = folds["tables"]["per_fold"]
    table[text] = table.pop("exact_duplicates")
    folds["tables"]["leaks"]["check"][0] = text
    assert not any("\x1b" in written for written in texts_of(plot_report(folds)))
