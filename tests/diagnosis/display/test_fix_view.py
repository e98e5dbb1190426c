"""What a fix shows as HTML: the numbers of its dictionary, and nothing that runs."""

import re

import pytest

from sklearn_lossfix.diagnosis.display._fix_view import FixView, before_after_picture
from sklearn_lossfix.diagnosis.display._render import LIMITS, MAX_BYTES, render_fix


def fix_dict(**fields):
    """The dictionary of a fix with one remedy kept and one not tried."""
    remedies = {
        "remedy": ["unscaled-features", "overconfident", "together"],
        "changes": ["StandardScaler in front", "recalibrate", "StandardScaler in front"],
        "outcome": ["kept", "not tried", "kept"],
        "reason": ["", "It needs about 30 fits.", ""],
        "loss_gain": [0.2, None, 0.19],
        "loss_gain_low": [0.1, None, 0.09],
        "loss_gain_high": [0.3, None, 0.29],
        "metric_gain": [0.05, None, 0.04],
        "metric_gain_low": [0.02, None, 0.01],
        "metric_gain_high": [0.08, None, 0.07],
    }
    return {
        "verdict": "StandardScaler in front",
        "metric": "balanced_accuracy",
        "kept": ["unscaled-features"],
        "estimator": "Pipeline(...)",
        "code": ["make_pipeline(StandardScaler(), estimator)"],
        "leaks": {},
        "n_left_out": 0,
        "n_fits": 35,
        "before": {"loss": 0.6, "metric": 0.8},
        "after": {"loss": 0.41, "metric": 0.84},
        "loss_gain": [0.19, 0.05, 0.09, 0.29],
        "metric_gain": [0.04, 0.015, 0.01, 0.07],
        "remedies": remedies,
        **fields,
    }


def test_every_number_is_shown():
    """Before, after, gains with intervals, outcomes, reasons and code stand in the document."""
    text = render_fix(fix_dict())
    for words in (
        "0.6 to 0.41",
        "gain 0.19 nats [0.09, 0.29]",
        "0.8 to 0.84",
        "gain 4.0 points [1.0, 7.0]",
        "5.0 points [2.0, 8.0]",
        "It needs about 30 fits.",
        "make_pipeline(StandardScaler(), estimator)",
        "35 fits",
        "Balanced accuracy",
    ):
        assert words in text


def test_rows_left_out_are_counted():
    """Whoever fits the estimator must know that rows were left out."""
    assert "12 rows were left out" in render_fix(fix_dict(n_left_out=12))
    assert "left out" not in render_fix(fix_dict())


def test_a_leak_is_told_with_what_to_do():
    """Whoever reads the numbers must know that a leak flatters them."""
    text = render_fix(fix_dict(leaks={"leaky-feature": "Remove 'alive'."}))
    assert "leaky-feature: Remove" in text
    assert "flatters all scores" in text
    assert "flatters all scores" not in render_fix(fix_dict())


def test_quantities_that_are_not_known_are_left_out():
    """Without probabilities there is no loss to show, in words or as a bar."""
    data = fix_dict(
        before={"loss": None, "metric": 0.8}, after={"loss": None, "metric": 0.9}, loss_gain=None
    )
    assert [line["label"] for line in FixView(data, LIMITS[0]).headline] == ["Balanced accuracy"]
    picture = before_after_picture(data["before"], data["after"], "accuracy")
    assert not any("loss" in str(shape.get("text")) for shape in picture["shapes"])
    assert sum(shape["kind"] == "rect" for shape in picture["shapes"]) == 2


def test_bars_are_proportional():
    """The longer of two bars fills the room, the other its share of it."""
    shapes = before_after_picture({"loss": 0.6, "metric": 1.0}, {"loss": 0.3, "metric": 0.5}, "m")
    widths = [shape["width"] for shape in shapes["shapes"] if shape["kind"] == "rect"]
    assert widths[0] == pytest.approx(2 * widths[1], abs=0.2)
    assert widths[2] == pytest.approx(2 * widths[3], abs=0.2)


def test_hostile_text_is_harmless_and_long_text_is_cut():
    """Markup in a class name or a parameter is text, and the file stays below its size."""
    data = fix_dict(estimator="<script>alert(1)</script>" * 50_000, metric="<img src=x>")
    text = render_fix(data)
    assert "<script" not in text
    assert "<img" not in text
    assert len(text.encode()) <= MAX_BYTES


def test_a_fragment_fits_into_a_page():
    """It has no document around it, and its ids carry a prefix."""
    text = render_fix(fix_dict(), fragment=True)
    assert "<html" not in text
    assert "<h2>Fix</h2>" in text
    assert all(i.startswith("lossfix-") for i in re.findall(r' id="([^"]+)"', text))
