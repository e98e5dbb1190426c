"""Pictures of the HTML report as plain shapes."""

import pytest

from sklearn_lossfix.diagnosis.display._pictures import (
    WIDTH,
    candidates_picture,
    classes_picture,
    columns_picture,
    flips_picture,
    ledger_picture,
    lorenz_picture,
    reliability_picture,
    threshold_picture,
)
from sklearn_lossfix.diagnosis.display._search_view import threshold_marks
from sklearn_lossfix.diagnosis.display._strips import strips
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


def points_of(shape):
    """Coordinates of a line or an area."""
    return [tuple(float(v) for v in point.split(",")) for point in shape["points"].split()]


def pictures_of(data):
    """Every picture that a report has."""
    tables = data["tables"]
    found = [
        ledger_picture(key, data[key], str)
        for key in ("loss_ledger", "error_ledger")
        if data[key] is not None
    ]
    if data["flips"] is not None:
        flips = data["flips"]
        found.append(flips_picture(flips["cells"], flips["loss_total"], flips["accuracy_total"]))
    if data["reliability"] is not None:
        found.append(reliability_picture(data["reliability"]))
    if "lorenz" in tables:
        found.append(lorenz_picture(tables["lorenz"]))
    found.append(classes_picture(tables["classes"], lambda label: str(label)[:30]))
    if "candidates" in tables:
        found.append(candidates_picture(tables["candidates"]))
    if "threshold_curve" in tables:
        found.append(threshold_picture(tables["threshold_curve"], threshold_marks(data)))
    if "treatments" in tables:
        found.append(treatments_picture(tables["treatments"], lambda name: name[:36]))
        found.append(treatment_classes_picture(tables["treatment_classes"], str))
    return found


def test_every_shape_lies_inside_its_picture(model):
    """Nothing is drawn outside the box that the picture declares."""
    for picture in pictures_of(model):
        for shape in picture["shapes"]:
            if shape["kind"] == "rect":
                assert shape["x"] >= 0
                assert shape["x"] + shape["width"] <= WIDTH
                assert 0 <= shape["y"] <= picture["height"] - shape["height"]
            elif shape["kind"] == "text":
                assert 0 <= shape["x"] <= WIDTH
                assert 0 < shape["y"] <= picture["height"]
            else:
                assert all(
                    0 <= x <= WIDTH and 0 <= y <= picture["height"] for x, y in points_of(shape)
                )


def test_ledger_bars_are_as_long_as_their_terms(binary):
    """Widths are proportional to the values, on one scale for all views."""
    ledger = binary["loss_ledger"]
    picture = ledger_picture("loss-ledger", ledger, str)
    values = []
    for rows in ledger["views"].values():
        values += [row["value"] for row in rows] + [ledger["total"]]
    widths = [shape["width"] for shape in shapes_of(picture, "rect")]
    unit = widths[-1] / ledger["total"]
    # Widths are rounded to a tenth, and no bar is thinner than a line.
    assert widths == pytest.approx([max(abs(v) * unit, 0.8) for v in values], abs=0.2)


def test_negative_terms_are_hatched_and_signed(binary):
    """The sign of a term shows without colour: hatch, and a minus before its number."""
    ledger = binary["loss_ledger"]
    picture = ledger_picture("loss-ledger", ledger, str)
    values = []
    for rows in ledger["views"].values():
        values += [row["value"] for row in rows] + [ledger["total"]]
    assert any(value < 0 for value in values)
    assert [shape["hatch"] for shape in shapes_of(picture, "rect")] == [v < 0 for v in values]
    numbers = [t for t in texts_of(picture) if t[-1].isdigit()]
    assert [float(n) for n in numbers] == pytest.approx(values, abs=5e-4)
    assert [n.startswith("-") for n in numbers] == [v < 0 for v in values]
    assert picture["hatched"]


def test_flips_name_all_cells_and_their_rows(binary):
    """Every cell stands there with its rows, its loss and its accuracy, and the sums."""
    flips = binary["flips"]
    picture = flips_picture(flips["cells"], flips["loss_total"], flips["accuracy_total"])
    texts = texts_of(picture)
    assert set(flips["cells"]["cell"]) <= set(texts)
    assert {f"{n:,} rows" for n in flips["cells"]["n_rows"]} <= set(texts)
    signed = [float(t) for t in texts if t[0] in "+-"]
    assert signed == pytest.approx(
        [
            *flips["cells"]["loss_change"],
            flips["loss_total"],
            *flips["cells"]["accuracy_change"],
            flips["accuracy_total"],
        ],
        abs=5e-4,
    )


def test_reliability_curve_and_diagonal_share_one_scale(binary):
    """A forecast that came true as often as promised lies on the diagonal."""
    curve = binary["reliability"]
    picture = reliability_picture({**curve, "happened": curve["forecast"]})
    ((left, bottom), (right, top)) = points_of(
        next(s for s in shapes_of(picture, "line", "axis") if s["dash"])
    )
    for x, y in points_of(shapes_of(picture, "line", "more")[0]):
        assert (x - left) / (right - left) == pytest.approx((bottom - y) / (bottom - top), abs=1e-3)


def test_reliability_leaves_out_points_that_are_not_known(binary):
    """A missing number takes its point away, not the picture."""
    curve = binary["reliability"]
    happened = [None, *curve["happened"][1:]]
    picture = reliability_picture({**curve, "happened": happened})
    line = shapes_of(picture, "line", "more")[0]
    assert len(points_of(line)) == len(curve["forecast"]) - 1


def test_classes_show_recall_only_where_it_is_known(binary):
    """A class without rows has shares of zero and no recall."""
    table = binary["tables"]["classes"]
    full = shapes_of(classes_picture(table, str), "rect", "more")
    for key in ("recall", "recall_low", "recall_high"):
        table[key][0] = None
    fewer = shapes_of(classes_picture(table, str), "rect", "more")
    assert (len(full), len(fewer)) == (2, 1)


def test_lorenz_curve_starts_and_ends_on_the_diagonal(binary):
    """No rows carry no loss, all rows carry all of it, and the curve never lies above."""
    picture = lorenz_picture(binary["tables"]["lorenz"])
    diagonal = points_of(next(s for s in shapes_of(picture, "line", "axis") if s["dash"]))
    curve = points_of(shapes_of(picture, "line", "more")[0])
    assert [curve[0], curve[-1]] == diagonal
    (left, bottom), (right, top) = diagonal
    for x, y in curve:
        assert y >= bottom + (x - left) / (right - left) * (top - bottom) - 0.11


# --- columns ---------------------------------------------------------------------------------


def columns_of(data):
    """Picture of the columns of a report on data."""
    return columns_picture(
        strips(data["tables"]["columns"], 20), "MADs", lambda name: str(name)[:24]
    )


def test_every_shape_of_columns_lies_inside_its_picture(of_data, full_columns):
    """However far an outlier lies, nothing is drawn outside the box."""
    for data in (of_data, full_columns):
        picture = columns_of(data)
        for shape in picture["shapes"]:
            if shape["kind"] == "rect":
                points = [
                    (shape["x"], shape["y"]),
                    (shape["x"] + shape["width"], shape["y"] + shape["height"]),
                ]
            elif shape["kind"] == "text":
                points = [(shape["x"], shape["y"])]
            else:
                points = points_of(shape)
            assert all(0 <= x <= WIDTH and 0 <= y <= picture["height"] for x, y in points)


def test_columns_show_what_is_known(full_columns):
    """A box per column with quartiles, dashed marks for limits, and the shares at both ends."""
    table = full_columns["tables"]["columns"]
    picture = columns_of(full_columns)
    # The median of a constant needs no box wider than a line.
    assert len(shapes_of(picture, "rect")) == sum(v is not None for v in table["q25"]) == 7
    limits = [v for key in ("lower", "upper") for v in table[key]]
    assert len(shapes_of(picture, "line", "more")) == sum(v is not None for v in limits)
    thin = [s for s in shapes_of(picture, "line", "total") if s["width"] == 1]
    assert len(thin) == sum(v is not None for v in table["minimum"])
    texts = texts_of(picture)
    assert texts.count("no finite value") == 1
    assert sum(text.endswith("%") for text in texts) == sum(v is not None for v in limits)


def test_one_outlier_does_not_flatten_the_columns(full_columns):
    """With a value a million MADs away the quartiles are still seen."""
    widths = [shape["width"] for shape in shapes_of(columns_of(full_columns), "rect")]
    # The constant, and the column of which most values are tied, have both quartiles in one place.
    assert sorted(widths)[2] > 5


# --- searches --------------------------------------------------------------------------------


def middle_of(shape):
    """Centre of a rectangle."""
    return shape["x"] + shape["width"] / 2, shape["y"] + shape["height"] / 2


def test_candidates_lie_where_their_numbers_say(search):
    """Left is less log loss and up is a greater metric, on linear scales."""
    table = search["tables"]["candidates"]
    picture = candidates_picture(table)
    places = [middle_of(shape) for shape in shapes_of(picture, "rect")]
    assert len(places) == len(table["metric"])
    for numbers, coordinates, sign in (
        (table["log_loss"], [x for x, _ in places], 1),
        (table["metric"], [y for _, y in places], -1),
    ):
        low, high = min(numbers), max(numbers)
        first, last = (coordinates[numbers.index(v)] for v in (low, high))
        assert sign * (last - first) > 0
        expected = [first + (v - low) / (high - low) * (last - first) for v in numbers]
        assert coordinates == pytest.approx(expected, abs=0.2)


def test_the_two_choices_are_named_and_differ_without_colour(search):
    """The chosen candidate is solid and larger, that of the least log loss hatched."""
    table = search["tables"]["candidates"]
    table["chosen"] = [k == 1 for k in range(len(table["metric"]))]
    table["log_loss"][2] = min(table["log_loss"]) / 2
    picture = candidates_picture(table)
    rects = shapes_of(picture, "rect")
    assert [shape["hatch"] for shape in rects] == [k == 2 for k in range(len(rects))]
    assert rects[1]["width"] == rects[2]["width"] > rects[0]["width"]
    assert {"chosen", "least log loss"} <= set(texts_of(picture))
    table["chosen"] = [k == 2 for k in range(len(rects))]
    assert "chosen and least log loss" in texts_of(candidates_picture(table))


def test_candidates_without_a_number_are_not_drawn(search):
    """A candidate that failed takes its point away, not the picture."""
    table = search["tables"]["candidates"]
    table["metric"][0] = table["log_loss"][3] = None
    assert len(shapes_of(candidates_picture(table), "rect")) == len(table["metric"]) - 2


def test_a_single_candidate_has_a_picture(search):
    """Equal numbers have a range around them."""
    table = {key: values[:1] for key, values in search["tables"]["candidates"].items()}
    picture = candidates_picture(table)
    assert len(shapes_of(picture, "rect")) == 1


def test_marks_stand_at_their_thresholds(search):
    """Both thresholds lie on the curve's own scale, the chosen one solid and the other dashed."""
    table = search["tables"]["threshold_curve"]
    marks = {"chosen": table["threshold"][10], "default": table["threshold"][30]}
    picture = threshold_picture(table, marks)
    (curve,) = (points_of(shape) for shape in shapes_of(picture, "line", "more"))
    solid, dashed = shapes_of(picture, "line", "head")
    assert (solid["dash"], bool(dashed["dash"])) == (None, True)
    for mark, k in ((solid, 10), (dashed, 30)):
        assert {x for x, _ in points_of(mark)} == {curve[k][0]}
    assert {f"{name} {value:.3g}" for name, value in marks.items()} <= set(texts_of(picture))


def test_the_band_lies_around_the_curve(search):
    """The outline of the band holds the curve wherever low <= value <= high."""
    table = search["tables"]["threshold_curve"]
    picture = threshold_picture(table, {})
    (band,) = (points_of(shape) for shape in shapes_of(picture, "area"))
    (curve,) = (points_of(shape) for shape in shapes_of(picture, "line", "more"))
    upper, lower = band[: len(curve)], band[len(curve) :][::-1]
    columns = (table[key] for key in ("low", "value", "high"))
    inside = [low <= value <= high for low, value, high in zip(*columns, strict=True)]
    assert any(inside)
    for (_, top), (_, y), (_, bottom), holds in zip(upper, curve, lower, inside, strict=True):
        assert (top <= y <= bottom) or not holds


@pytest.mark.parametrize("missing", [["value"], ["low", "high"], ["value", "low", "high"]])
def test_unknown_parts_of_a_curve_are_left_out(search, missing):
    """A curve without a band, or a band without a curve, or neither, is still a picture."""
    table = search["tables"]["threshold_curve"]
    for key in missing:
        table[key] = [None] * len(table["threshold"])
    picture = threshold_picture(table, {"default": 0.5})
    assert bool(shapes_of(picture, "line", "more")) == ("value" not in missing)
    assert bool(shapes_of(picture, "area")) == ("low" not in missing)
    assert "default 0.5" in texts_of(picture)
