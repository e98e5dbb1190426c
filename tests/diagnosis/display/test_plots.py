"""Pictures of a report with matplotlib."""

import copy
import sys

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt

from sklearn_lossfix.diagnosis.display._plots import PLOTS, plot_report
from sklearn_lossfix.diagnosis.display._strips import strips


def bars_of(ax):
    """Bars of an Axes, as rectangles."""
    return [patch for patch in ax.patches if isinstance(patch, mpl.patches.Rectangle)]


def texts_of(ax):
    """All that is written on an Axes, its figure's canvas drawn first."""
    ax.figure.canvas.draw()
    return [text.get_text() for text in ax.findobj(mpl.text.Text)]


def drawable(data):
    """Kinds that a report can draw."""
    return [kind for kind, (_, needs) in PLOTS.items() if needs(data)]


def test_drawing_changes_neither_data_nor_settings(model):
    """Arrays and rcParams are as before, for every kind that the report holds."""
    before, settings = copy.deepcopy(model), dict(mpl.rcParams)
    kinds = drawable(model)
    assert {"ledger", "classes"} <= set(kinds)
    for kind in kinds:
        plot_report(model, kind)
    assert model == before
    assert dict(mpl.rcParams) == settings


def test_ledger_draws_loss_and_error_side_by_side(binary):
    """The bars are the terms of every view and their sums, in order."""
    axes = plot_report(binary, "ledger")
    assert axes.shape == (2,)
    for ax, key in zip(axes, ("loss_ledger", "error_ledger"), strict=True):
        ledger = binary[key]
        expected, starts = [], []
        for rows in ledger["views"].values():
            values = [row["value"] for row in rows]
            starts += [0.0, *np.cumsum(values)]
            starts[-1] = 0.0
            expected += [*values, ledger["total"]]
        bars = bars_of(ax)
        assert [bar.get_width() for bar in bars] == pytest.approx(expected)
        assert [bar.get_x() for bar in bars] == pytest.approx(starts)


def test_sign_shows_without_colour(binary):
    """Terms that take away are hatched and carry a minus; the others do not."""
    ax = plot_report(binary, "ledger")[0]
    values = [bar.get_width() for bar in bars_of(ax)]
    assert any(value < 0 for value in values)
    assert [bool(bar.get_hatch()) for bar in bars_of(ax)] == [value < 0 for value in values]
    numbers = [t for t in texts_of(ax) if t[:1] in "+-" and t[-1:].isdigit()]
    assert sum(number.startswith("-") for number in numbers) == sum(v < 0 for v in values)


def test_missing_loss_leaves_its_place_empty(made_reports):
    """Without probabilities the error is drawn, and the other place says why it is empty."""
    left, right = plot_report(made_reports["without probabilities"], "ledger")
    assert left.get_title() == "Loss: not in this report"
    assert not bars_of(left)
    assert bars_of(right)


def test_flips_draw_loss_and_accuracy_of_each_cell(binary):
    """Ten bars: four cells and their sum, in loss and in accuracy, with rows beside the names."""
    ax = plot_report(binary, "flips")
    (twin,) = [other for other in ax.figure.axes if other is not ax]
    flips = binary["flips"]
    cells = flips["cells"]
    assert [bar.get_width() for bar in bars_of(ax)] == pytest.approx(
        [*cells["loss_change"], flips["loss_total"]]
    )
    assert [bar.get_width() for bar in bars_of(twin)] == pytest.approx(
        [*cells["accuracy_change"], flips["accuracy_total"]]
    )
    names = [label.get_text() for label in ax.get_yticklabels()]
    for cell, n_rows, name in zip(cells["cell"], cells["n_rows"], names, strict=False):
        assert name.startswith(f"{cell}\n{n_rows:,} rows")


def test_flips_share_their_zero(binary):
    """Loss and accuracy have scales of their own and one zero line."""
    ax = plot_report(binary, "flips")
    (twin,) = [other for other in ax.figure.axes if other is not ax]
    zeros = [a.transData.transform((0, 0))[0] for a in (ax, twin)]
    assert zeros[0] == pytest.approx(zeros[1])


def test_reliability_draws_curve_band_diagonal_and_histogram(binary):
    """All four parts hold the numbers of the report."""
    ax = plot_report(binary, "reliability")
    curve = binary["reliability"]
    diagonal, seen = ax.lines
    assert seen.get_xydata().tolist() == [
        list(point) for point in zip(curve["forecast"], curve["happened"], strict=True)
    ]
    assert diagonal.get_xydata().tolist() == [[0, 0], [1, 1]]
    (band,) = ax.collections
    outline = band.get_paths()[0].vertices[:, 1]
    assert (outline.min(), outline.max()) == (min(curve["low"]), max(curve["high"]))
    (histogram,) = ax.child_axes
    assert [bar.get_height() for bar in bars_of(histogram)] == pytest.approx(curve["counts"])


def test_classes_draw_shares_and_recall(binary):
    """Each class has its share of rows and of the loss, and its recall with the interval."""
    ax = plot_report(binary, "classes")
    table = binary["tables"]["classes"]
    assert [bar.get_width() for bar in bars_of(ax)] == pytest.approx(
        [*table["row_share"], *table["loss_share"]]
    )
    (recall,) = ax.lines
    assert recall.get_xdata().tolist() == pytest.approx(table["recall"])
    (intervals,) = ax.collections
    ends = [segment[:, 0].tolist() for segment in intervals.get_segments()]
    assert ends == [
        pytest.approx(pair) for pair in zip(table["recall_low"], table["recall_high"], strict=True)
    ]


def test_many_classes_are_capped_with_the_call_that_gives_all(many_classes):
    """Twenty of a hundred classes are drawn, and the title says how to get the others."""
    ax = plot_report(many_classes, "classes")
    assert ax.get_title() == "20 of 100 classes; all: report.frame('classes')"
    assert len(bars_of(ax)) == 40
    assert all(len(label.get_text()) <= 36 for label in ax.get_yticklabels())


@pytest.mark.parametrize("text", ["$\\frac{$", "a\nb", "\x1b[31m", "x" * 5_000])
def test_hostile_labels_are_drawn_as_text(binary, text):
    """Labels are never read as mathematics, nor do control characters reach the picture."""
    binary["tables"]["classes"]["label"] = [f"{text}{k}" for k in range(2)]
    binary["reliability"]["event"] = text
    binary["flips"]["states"] = [text, text]
    binary["loss_ledger"]["views"] = {text: binary["loss_ledger"]["views"]["ladder"]}
    for kind in drawable(binary):
        ax = np.ravel(plot_report(binary, kind))[0]
        assert not any("\x1b" in written for written in texts_of(ax))


@pytest.mark.parametrize("kind", ["flips", "reliability", "classes"])
def test_given_axes_are_drawn_on(binary, kind):
    """A picture goes where the user wants it, and comes back."""
    figure, ax = plt.subplots()
    assert plot_report(binary, kind, ax) is ax
    assert plt.get_fignums() == [figure.number]
    assert ax.has_data()


def test_ledger_takes_two_axes(binary):
    """Loss and error go onto the pair that is given."""
    figure, pair = plt.subplots(2)
    drawn = plot_report(binary, "ledger", pair)
    assert drawn.tolist() == pair.tolist()
    assert plt.get_fignums() == [figure.number]


@pytest.mark.parametrize(("kind", "n_axes"), [("ledger", 1), ("flips", 2), ("classes", 3)])
def test_wrong_number_of_axes_is_refused(binary, kind, n_axes):
    """The error says how many Axes came."""
    axes = plt.subplots(n_axes)[1]
    with pytest.raises(ValueError, match=f"got {n_axes}"):
        plot_report(binary, kind, axes)


def test_unknown_kind_names_the_known_ones(binary):
    """The error lists what can be drawn."""
    with pytest.raises(ValueError, match=r"'ledger', 'flips', 'reliability', 'classes'.*'pie'"):
        plot_report(binary, "pie")


@pytest.mark.parametrize("kind", ["flips", "reliability"])
def test_missing_part_names_what_can_be_drawn(made_reports, kind):
    """Without probabilities there is no such picture; the error says which ones there are."""
    with pytest.raises(ValueError, match=r"no probabilities.*\['ledger', 'classes'\]"):
        plot_report(made_reports["without probabilities"], kind)


def test_missing_matplotlib_names_the_extra(monkeypatch, binary):
    """Without the extra the error says what to install."""
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"FitReport.plot requires matplotlib.*\[plot\]"):
        plot_report(binary, "ledger")


# --- searches --------------------------------------------------------------------------------


def test_threshold_draws_curve_band_and_both_marks(search):
    """The curve and its band are the table's, the lines the thresholds of the context."""
    ax = plot_report(search, "threshold")
    table, facts = search["tables"]["threshold_curve"], search["context"]["search"]
    curve, chosen, default = ax.lines
    assert curve.get_xdata().tolist() == table["threshold"]
    assert curve.get_ydata().tolist() == table["value"]
    assert set(chosen.get_xdata()) == {facts["chosen_threshold"]}
    assert set(default.get_xdata()) == {facts["default_threshold"]} == {0.5}
    assert chosen.get_linestyle() != default.get_linestyle()
    (band,) = ax.collections
    outline = band.get_paths()[0].vertices[:, 1]
    assert (outline.min(), outline.max()) == (min(table["low"]), max(table["high"]))
    assert ax.get_ylabel() == "balanced accuracy"
    assert ax.get_xlabel() == "threshold on the score of 1"


def test_threshold_without_known_marks_draws_the_curve(search):
    """An infinite threshold, or one that nobody told, has no place on the axis."""
    search["context"]["search"]["chosen_threshold"] = None
    assert len(plot_report(search, "threshold").lines) == 2
    del search["context"]["search"]
    assert len(plot_report(search, "threshold").lines) == 1


def test_candidates_draw_all_and_mark_two(of_search):
    """Every candidate is a point; the chosen one and that of the least log loss are marked."""
    ax = plot_report(of_search, "candidates")
    table = of_search["tables"]["candidates"]
    (points,) = ax.collections
    assert points.get_offsets().tolist() == [
        [loss, metric] for loss, metric in zip(table["log_loss"], table["metric"], strict=True)
    ]
    chosen, least = (line.get_xydata().tolist() for line in ax.lines)
    at = table["chosen"].index(True)
    assert chosen == [[table["log_loss"][at], table["metric"][at]]]
    assert least[0][0] == min(table["log_loss"])
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert f"chosen: {table['params'][at]}" in names


def test_candidates_without_numbers_are_left_out(search):
    """A candidate that failed is not drawn."""
    search["tables"]["candidates"]["metric"][0] = None
    ax = plot_report(search, "candidates")
    assert len(ax.collections[0].get_offsets()) == len(search["tables"]["candidates"]["metric"]) - 1


@pytest.mark.parametrize("text", ["$\\frac{$", "a\nb", "\x1b[31m", "x" * 5_000])
def test_hostile_parameters_are_drawn_as_text(search, text):
    """Parameters, labels and the metric's name are never read as mathematics."""
    table, facts = search["tables"]["candidates"], search["context"]["search"]
    table["params"] = [text] * len(table["params"])
    facts["metric"] = facts["class"] = text
    for kind in ("threshold", "candidates"):
        assert not any("\x1b" in written for written in texts_of(plot_report(search, kind)))


@pytest.mark.parametrize("kind", ["threshold", "candidates"])
def test_pictures_of_a_search_go_onto_given_axes(search, kind):
    """A picture goes where the user wants it, and comes back."""
    figure, ax = plt.subplots()
    assert plot_report(search, kind, ax) is ax
    assert plt.get_fignums() == [figure.number]


@pytest.mark.parametrize("kind", ["threshold", "candidates"])
def test_other_models_have_no_search_to_draw(binary, kind):
    """The pictures of a search are refused for a model that nobody searched for."""
    with pytest.raises(ValueError, match=r"no search was handed in. It can draw \['ledger'"):
        plot_report(binary, kind)


def test_a_search_says_which_picture_it_lacks(made_reports, search):
    """Three classes have no curve; candidates without probabilities have no log loss."""
    three = made_reports["search of three classes"]
    with pytest.raises(ValueError, match=r"no curve of a threshold .two classes have one"):
        plot_report(three, "threshold")
    table = search["tables"]["candidates"]
    table["log_loss"] = [None] * len(table["log_loss"])
    with pytest.raises(ValueError, match=r"no candidate of the search has a log loss"):
        plot_report(search, "candidates")


# --- data ------------------------------------------------------------------------------------


def test_the_main_picture_is_that_of_the_kind(binary, columns):
    """Without a kind the ledgers of a model are drawn, and the columns of data."""
    assert plot_report(binary).shape == (2,)
    assert "distance from the median" in plot_report(columns).get_xlabel()


def test_columns_draw_quartiles_limits_and_shares(full_columns):
    """Worst first: a bar per box, lines to the extremes, marks, and shares beside."""
    before = copy.deepcopy(full_columns)
    ax = plot_report(full_columns, "columns")
    drawn = strips(full_columns["tables"]["columns"], 20)
    assert full_columns == before
    assert [label.get_text() for label in ax.get_yticklabels()] == [s["name"] for s in drawn]
    boxes = [s["points"] for s in drawn if "q25" in s["points"]]
    assert [bar.get_x() for bar in bars_of(ax)] == pytest.approx([p["q25"] for p in boxes])
    assert [bar.get_x() + bar.get_width() for bar in bars_of(ax)] == pytest.approx(
        [p["q75"] for p in boxes]
    )
    extremes, _ = ax.collections
    assert [segment[:, 0].tolist() for segment in extremes.get_segments()] == [
        pytest.approx([s["points"]["minimum"], s["points"]["maximum"]])
        for s in drawn
        if "minimum" in s["points"]
    ]
    texts = texts_of(ax)
    for strip in drawn:
        assert {strip["below"], strip["above"], strip["remark"]} <= set(texts)


def test_everything_of_the_columns_is_on_the_axis(of_data, full_columns):
    """No point lies outside what is shown."""
    for data in (of_data, full_columns):
        ax = plot_report(data, "columns")
        low, high = ax.get_xlim()
        points = [z for s in strips(data["tables"]["columns"], 20) for z in s["points"].values()]
        assert low < min(points)
        assert max(points) < high
        texts_of(ax)


def test_many_columns_are_capped_with_the_call_that_gives_all(many_columns):
    """Twenty of three hundred are drawn, and the title says which and how to get the others."""
    ax = plot_report(many_columns)
    assert ax.get_title() == (
        "20 of 300 columns, those with most values beyond their limits; all: "
        "report.frame('columns')"
    )
    assert len(ax.get_yticklabels()) == 20
    assert all(len(label.get_text()) <= 36 for label in ax.get_yticklabels())


@pytest.mark.parametrize("text", ["$\\frac{$", "a\nb", "\x1b[31m", "x" * 5_000])
def test_hostile_column_names_are_drawn_as_text(columns, text):
    """Names are never read as mathematics, nor do control characters reach the picture."""
    columns["tables"]["columns"]["column"] = [f"{text}{k}" for k in range(8)]
    assert not any("\x1b" in written for written in texts_of(plot_report(columns)))


def test_columns_go_onto_given_axes(columns):
    """A picture goes where the user wants it, and comes back."""
    figure, ax = plt.subplots()
    assert plot_report(columns, ax=ax) is ax
    assert plt.get_fignums() == [figure.number]


@pytest.mark.parametrize(
    "kind", ["ledger", "flips", "reliability", "classes", "threshold", "candidates"]
)
def test_data_name_what_they_can_draw(columns, kind):
    """The pictures of models are refused for data, with the reason and what there is."""
    with pytest.raises(ValueError, match=r"report of kind 'data'. It can draw \['columns'\]"):
        plot_report(columns, kind)


def test_models_have_no_columns_to_draw(binary):
    """The picture of data is refused for a model, with the reason."""
    with pytest.raises(ValueError, match=r"report of kind 'model'. It can draw \['ledger'"):
        plot_report(binary, "columns")
