"""Shapes of the pictures of folds."""

import pytest

from sklearn_lossfix.diagnosis.display._split_folds import component_dots, fold_bars
from sklearn_lossfix.diagnosis.display._split_pictures import components_picture, folds_picture


def of_kind(picture, kind):
    """Shapes of one kind."""
    return [shape for shape in picture["shapes"] if shape["kind"] == kind]


def test_bars_are_as_long_as_the_shares(folds):
    """All on one scale, with the counts beside."""
    bars = fold_bars(folds["tables"], 20)
    picture = folds_picture(bars, str)
    shares = bars["checks"][0]["share"]
    widths = [bar["width"] for bar in of_kind(picture, "rect")]
    ratios = [width / share for width, share in zip(widths, shares, strict=True)]
    assert ratios == pytest.approx([ratios[0]] * 5, rel=0.01)
    words = [shape["text"] for shape in of_kind(picture, "text")]
    assert "50.0%: 6 of 12" in words


def test_checks_differ_without_colour(folds):
    """The bars of the second check are hatched."""
    tables = folds["tables"]
    tables["per_fold"]["target_copies"] = [1] * 5
    picture = folds_picture(fold_bars(tables, 20), str)
    assert [bar["hatch"] for bar in of_kind(picture, "rect")] == [False] * 5 + [True] * 5


def test_a_fold_without_leaked_rows_has_no_bar(folds):
    """Nothing is drawn where nothing was found."""
    folds["tables"]["per_fold"]["exact_duplicates"][2] = 0
    picture = folds_picture(fold_bars(folds["tables"], 20), str)
    assert len(of_kind(picture, "rect")) == 4


def test_dots_stand_at_their_set_and_fold(folds):
    """One dot per set and fold, folds from left to right, sets from top to bottom."""
    dots = component_dots(folds["tables"], 20, 20)
    shapes = of_kind(components_picture(dots), "rect")
    assert len(shapes) == len(dots["dots"])
    places = [(s["x"] + s["width"] / 2, s["y"] + s["height"] / 2) for s in shapes]
    for axis, key in ((0, 1), (1, 0)):
        by_place = {round(p[axis]): d[key] for p, d in zip(places, dots["dots"], strict=True)}
        assert [by_place[x] for x in sorted(by_place)] == sorted(set(by_place.values()))


@pytest.mark.parametrize("limits", [(20, 20), (2, 3)])
def test_everything_lies_inside(folds, many_folds, limits):
    """No shape leaves the picture, whatever the number of folds and sets."""
    for data in (folds, many_folds):
        for picture in (
            folds_picture(fold_bars(data["tables"], limits[0]), str),
            components_picture(component_dots(data["tables"], *limits)),
        ):
            for shape in of_kind(picture, "rect"):
                assert 0 <= shape["x"] <= shape["x"] + shape["width"] <= picture["width"]
                assert 0 <= shape["y"] <= shape["y"] + shape["height"] <= picture["height"]
            assert all(s["y"] <= picture["height"] for s in of_kind(picture, "text"))
