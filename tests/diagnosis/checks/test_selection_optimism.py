"""selection-optimism: the best of many looks better than it is."""

from dataclasses import replace

import numpy as np
import pytest

from sklearn_lossfix import diagnose_predictions
from sklearn_lossfix._core._finding import METRIC_FLOOR
from sklearn_lossfix.diagnosis.checks.selection_optimism import SelectionOptimism
from sklearn_lossfix.exceptions import CheckNotApplicable

SLUG = "selection-optimism"


def judge(analyse, calibrated, search):
    """The finding on a search."""
    return SelectionOptimism().run(analyse(*calibrated(60), search=search))


@pytest.fixture
def noise(searched):
    """Thirty candidates that know nothing: whatever the best shows is luck."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 100)
    probas = [np.column_stack([1 - p, p]) for p in rng.random((30, 100))]
    return searched(y, probas, [{"seed": k} for k in range(30)])


def test_tip_where_the_best_of_many_is_luck(analyse, calibrated, noise):
    """Of candidates that guess, the apparent score is flattery, and the honest one is not."""
    finding = judge(analyse, calibrated, noise)
    assert finding.section == "tip"
    assert noise.apparent > 0.55 > noise.honest
    assert noise.honest == pytest.approx(0.5, abs=0.06)
    assert finding.estimate == pytest.approx(noise.apparent - noise.honest)
    low, high = finding.ci
    assert (low, high) == pytest.approx(
        (noise.apparent - noise.honest_high, noise.apparent - noise.honest_low)
    )


def test_both_numbers_are_in_the_message(analyse, calibrated, noise):
    """The message tells what is shown, what it is worth, and the interval of that."""
    message = judge(analyse, calibrated, noise).message
    assert "30 candidates" in message
    assert "balanced accuracy" in message
    for value in (noise.apparent, noise.honest, noise.honest_low, noise.honest_high):
        assert f"{value:.3f}" in message
    assert message.endswith("Quote the second.")


@pytest.mark.parametrize(
    ("optimism", "section"),
    [(0.5 * METRIC_FLOOR, "passed"), (1.5 * METRIC_FLOOR, "tip"), (-0.1, "passed")],
)
def test_a_point_of_the_metric_decides(analyse, calibrated, noise, optimism, section):
    """Below one point, and where the honest score is even better, nothing is said."""
    search = replace(noise, apparent=noise.honest + optimism)
    finding = judge(analyse, calibrated, search)
    assert finding.section == section
    assert ("Quote" in finding.message) == (section == "tip")
    assert finding.p_value is None


def test_one_candidate_is_not_several(analyse, calibrated, noise):
    """The words follow the number."""
    search = replace(noise, params=noise.params[:1])
    assert "best of 1 candidate has" in judge(analyse, calibrated, search).message


def test_an_unknown_interval_is_left_out(analyse, calibrated, noise):
    """Without an interval the numbers stand alone."""
    search = replace(noise, honest_low=np.nan, honest_high=np.nan)
    finding = judge(analyse, calibrated, search)
    assert finding.ci is None
    assert "nan" not in finding.message


def test_not_applicable_without_an_honest_score(analyse, calibrated, noise):
    """There is nothing to compare with."""
    with pytest.raises(CheckNotApplicable, match="no honest score"):
        judge(analyse, calibrated, replace(noise, honest=np.nan))


def test_not_applicable_without_a_search(calibrated):
    """A model that nobody searched for has no such score."""
    finding = diagnose_predictions(*calibrated(100))[SLUG]
    assert (finding.section, finding.message) == ("not_applicable", "No search was handed in.")
