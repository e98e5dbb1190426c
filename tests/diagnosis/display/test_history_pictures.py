"""Pictures of a history as shapes."""

import pytest

from sklearn_lossfix.diagnosis.display._history_pictures import history_picture
from sklearn_lossfix.diagnosis.display._shapes import WIDTH


def curve(split, values, band=False):
    """One curve."""
    n = len(values)
    return {
        "split": split,
        "step": list(range(1, n + 1)),
        "value": values,
        "smoothed": values,
        "low": [v - 0.1 for v in values] if band else [None] * n,
        "high": [v + 0.1 for v in values] if band else [None] * n,
    }


def drawn(curves, best=(2, 1, 3), ribbons=()):
    """The picture of some curves."""
    return history_picture("x", "loss", curves, best, list(ribbons), "epoch", str)


def of_kind(picture, kind):
    """Shapes of one kind."""
    return [shape for shape in picture["shapes"] if shape["kind"] == kind]


def test_every_curve_is_drawn_twice_with_its_legend():
    """Raw and smoothed lines and a sample beside the name; splits differ by dash."""
    picture = drawn([curve("train", [3, 2, 1]), curve("validation", [3, 2, 2])], best=None)
    lines = [s for s in of_kind(picture, "line") if s["css"] in ("more", "less")]
    assert len(lines) == 6
    assert {s["css"]: s["dash"] for s in lines} == {"less": "5 3", "more": None}
    words = [s["text"] for s in of_kind(picture, "text")]
    assert {"training", "validation", "epoch", "loss"} <= set(words)


def test_the_best_step_has_its_interval():
    """A line at the step, a band over the interval, and the numbers."""
    picture = drawn([curve("validation", [3.0, 2.0, 2.5])])
    assert len(of_kind(picture, "area")) == 1
    assert "best: 2 [1, 3]" in [s["text"] for s in of_kind(picture, "text")]


def test_bands_of_runs_are_areas():
    """Quartiles are drawn where they are known."""
    picture = drawn([curve("validation", [3.0, 2.0, 2.5], band=True)], best=None)
    (area,) = of_kind(picture, "area")
    assert len(area["points"].split()) == 6


@pytest.mark.parametrize("n", [0, 1, 3])
def test_ribbons_make_the_picture_taller(n):
    """Each finding has a bar over its stretch and a line for its name; tips are hatched."""
    marks = [("a", "issue", 1, 2), ("b", "tip", 2, 3), ("c", "issue", 1, 3)][:n]
    picture = drawn([curve("validation", [3.0, 2.0, 2.5])], ribbons=marks)
    bars = of_kind(picture, "rect")
    assert len(bars) == n
    assert [bar["hatch"] for bar in bars] == [section == "tip" for _, section, *_ in marks]
    assert all(0 <= bar["x"] <= WIDTH and bar["y"] < picture["height"] for bar in bars)


def test_a_single_point_has_a_picture():
    """One entry divides by no span of zero."""
    picture = drawn([curve("validation", [0.5])], best=(1, 1, 1))
    assert "nan" not in str(picture["shapes"])
