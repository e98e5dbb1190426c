"""Pictures of treatments of imbalance as plain shapes."""

from itertools import pairwise

import pytest

from sklearn_lossfix.diagnosis.display._treatment_pictures import (
    treatment_classes_picture,
    treatments_picture,
)


def shapes_of(picture, kind, css=None):
    """Shapes of one kind and class."""
    return [s for s in picture["shapes"] if s["kind"] == kind and css in (None, s["css"])]


def texts_of(picture):
    """All that is written."""
    return [shape["text"] for shape in shapes_of(picture, "text")]


def middle_of(shape):
    """Centre of a rectangle."""
    return shape["x"] + shape["width"] / 2, shape["y"] + shape["height"] / 2


def points_of(shape):
    """Coordinates of a line."""
    return [tuple(float(v) for v in point.split(",")) for point in shape["points"].split()]


@pytest.fixture
def table(two_class_treatments):
    """Columns of the table of treatments."""
    return two_class_treatments["tables"]["treatments"]


@pytest.fixture
def classes(two_class_treatments):
    """Columns of the table of classes."""
    return two_class_treatments["tables"]["treatment_classes"]


def test_treatments_lie_where_their_numbers_say(table):
    """Left is a smaller Brier score and up a greater metric, on linear scales."""
    places = [middle_of(shape) for shape in shapes_of(treatments_picture(table, str), "rect")]
    for numbers, coordinates, sign in (
        (table["brier"], [x for x, _ in places], 1),
        (table["metric"], [y for _, y in places], -1),
    ):
        low, high = min(numbers), max(numbers)
        first, last = (coordinates[numbers.index(v)] for v in (low, high))
        assert sign * (last - first) > 0
        expected = [first + (v - low) / (high - low) * (last - first) for v in numbers]
        assert coordinates == pytest.approx(expected, abs=0.2)


def test_hollow_squares_stand_at_the_score_before_the_correction(table):
    """One beside each point, on the same scale and height; where it is not known there is none."""
    picture = treatments_picture(table, str)
    hollow = [points_of(s) for s in shapes_of(picture, "line") if len(points_of(s)) == 5]
    places = [middle_of(shape) for shape in shapes_of(picture, "rect")]
    centres = [(sum(x for x, _ in c[:4]) / 4, sum(y for _, y in c[:4]) / 4) for c in hollow]
    assert [y for _, y in centres] == pytest.approx([y for _, y in places], abs=0.2)
    first, last = places[0][0], places[3][0]
    unit = (last - first) / (table["brier"][3] - table["brier"][0])
    shifts = [b - a for (a, _), (b, _) in zip(places, centres, strict=True)]
    pairs = zip(table["brier"], table["brier_uncorrected"], strict=True)
    assert shifts == pytest.approx([(raw - brier) * unit for brier, raw in pairs], abs=1.5)
    table["brier_uncorrected"][1] = None
    fewer = treatments_picture(table, str)
    assert sum(len(points_of(s)) == 5 for s in shapes_of(fewer, "line")) == len(hollow) - 1


def test_the_chosen_treatment_is_larger_and_named(table):
    """It differs without colour, and every name stands below with its number."""
    picture = treatments_picture(table, str)
    rects = shapes_of(picture, "rect")
    sizes = [shape["width"] for shape in rects]
    at = table["chosen"].index(True)
    assert [size == max(sizes) for size in sizes] == table["chosen"]
    assert rects[at]["css"] == "more"
    texts = texts_of(picture)
    for k, name in enumerate(table["treatment"]):
        assert str(k + 1) in texts
        assert f"{k + 1} {name}{' (chosen)' if k == at else ''}" in texts


def test_numbers_of_equal_treatments_do_not_cover_each_other(table):
    """Points in one place have their numbers one below the other, inside the picture."""
    table = {key: [values[0]] * 12 for key, values in table.items()}
    picture = treatments_picture(table, str)
    feet = [s["y"] for s in shapes_of(picture, "text") if s["text"].isdigit()]
    assert len(feet) == 12
    gaps = [b - a for a, b in pairwise(feet)]
    assert min(gaps) >= 10
    assert max(feet) < picture["height"]


def test_treatments_without_a_number_are_not_drawn(table):
    """A treatment that has no Brier score takes its point away; without interval, its line."""
    table["brier"][0] = None
    table["low"][2] = None
    picture = treatments_picture(table, str)
    assert len(shapes_of(picture, "rect")) == 3
    upright = [
        points
        for points in map(points_of, shapes_of(picture, "line"))
        if len(points) == 2 and points[0][0] == points[1][0]
    ]
    assert len(upright) == 2


def test_rates_are_as_long_as_they_are(classes):
    """Four bars a class, all on one scale; before is hatched and after solid."""
    picture = treatment_classes_picture(classes, str)
    rects = shapes_of(picture, "rect")
    keys = ("recall_before", "recall_after", "precision_before", "precision_after")
    rates = [classes[key][k] for k in range(len(classes["class"])) for key in keys]
    assert [r["width"] for r in rects] == pytest.approx([132 * rate for rate in rates], abs=0.1)
    assert [r["hatch"] for r in rects] == [True, False] * (len(rects) // 2)
    assert {f"{rate:.3f}" for rate in rates} <= set(texts_of(picture))


def test_a_rate_that_does_not_exist_has_words_and_no_bar(classes):
    """A class that is never predicted has no precision."""
    full = shapes_of(treatment_classes_picture(classes, str), "rect")
    classes["precision_before"][1] = None
    picture = treatment_classes_picture(classes, str)
    assert len(shapes_of(picture, "rect")) == len(full) - 1
    assert "n/a" in texts_of(picture)
