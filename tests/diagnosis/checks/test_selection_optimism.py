"""selection-optimism: the best of many looks better than it is."""

from dataclasses import replace

import numpy as np
import pytest

from sklearn_lossfix import diagnose_predictions
from sklearn_lossfix._core._evidence import NestedSearch, NoTwin
from sklearn_lossfix._core._finding import METRIC_FLOOR
from sklearn_lossfix._core._paired_tests import interval
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


# --- searches that were repeated in the folds ----------------------------------------------------


def repeated(**fields):
    """A search that shows 0.9 and has 0.85 in the folds."""
    seen = {
        "name": "GridSearchCV",
        "metric_name": "balanced_accuracy",
        "unit": "points",
        "limit": METRIC_FLOOR,
        "apparent": 0.9,
        "honest": interval(0.85, 0.01),
        "fold_scores": (0.8, 0.9),
        "own_scores": (0.91, 0.89),
        "fold_params": ({"C": 1.0}, {"C": 0.1}),
        "n_candidates": 12,
        "n_fits": 122,
    }
    return NestedSearch(**{**seen, **fields})


def judge_repeated(analyse, calibrated, nested):
    """The finding on a search that was repeated, or not."""
    return SelectionOptimism().run(analyse(*calibrated(60), nested_search=nested))


def test_repeated_search_is_told_in_numbers(analyse, calibrated):
    """Both scores, the interval, what the folds chose and what it cost are said."""
    finding = judge_repeated(analyse, calibrated, repeated())
    assert finding.section == "tip"
    assert (finding.estimate, finding.unit) == (pytest.approx(0.05), "points")
    assert finding.ci == pytest.approx((0.05 - 0.0196, 0.05 + 0.0196), abs=1e-4)
    assert finding.message == (
        "On the rows that chose it, the best of 12 candidates has balanced accuracy 0.9 "
        "(best_score_); on rows that did not choose, the search as a whole has 0.85 [0.83, 0.87]. "
        "Quote the second. In 2 folds it chose 2 different sets of parameters, in 122 fits."
    )


@pytest.mark.parametrize(
    ("fields", "section"),
    [
        ({"apparent": 0.855}, "passed"),
        ({"apparent": 0.861}, "tip"),
        ({"own_scores": (0.85, 0.865)}, "passed"),
        ({"own_scores": (0.86, 0.87)}, "tip"),
        ({"limit": 0.06}, "passed"),
    ],
)
def test_the_score_and_the_folds_must_agree(analyse, calibrated, fields, section):
    """A lucky draw of inner folds alone, or searches of the folds alone, are no tip."""
    finding = judge_repeated(analyse, calibrated, repeated(**fields))
    assert finding.section == section
    assert ("Quote" in finding.message) == (section == "tip")


def test_what_fixed_parameters_gain_is_told_where_it_is_shown(analyse, calibrated):
    """The rest of the report has its parameters fixed: by how much that flatters it."""
    shown = judge_repeated(analyse, calibrated, repeated(fixed=interval(0.03, 0.01)))
    assert shown.message.endswith(
        "With the parameters fixed, as in this report, balanced accuracy on the same folds is "
        "0.030 [0.010, 0.050] higher."
    )
    for fixed in (interval(0.03, 0.02), None):
        finding = judge_repeated(analyse, calibrated, repeated(fixed=fixed))
        assert "parameters fixed" not in finding.message


def test_one_choice_in_fits_of_any_report(analyse, calibrated):
    """The words follow the numbers."""
    nested = repeated(n_fits=0, fold_params=({"C": 1.0}, {"C": 1.0}))
    message = judge_repeated(analyse, calibrated, nested).message
    assert message.endswith("it chose the same parameters, in fits of any report.")


def test_unknown_numbers_of_a_repeated_search(analyse, calibrated):
    """Without an interval the numbers stand alone; without a score nothing is judged."""
    known = interval(0.85, 0.01)._replace(low=np.nan, high=np.nan)
    finding = judge_repeated(analyse, calibrated, repeated(honest=known))
    assert finding.ci is None
    assert "nan" not in finding.message
    with pytest.raises(CheckNotApplicable, match="no finite score"):
        judge_repeated(analyse, calibrated, repeated(honest=known._replace(value=np.nan)))


def test_why_a_search_was_not_repeated(analyse, calibrated):
    """The finding stands where the reason belongs."""
    finding = judge_repeated(analyse, calibrated, NoTwin("skipped", "Too dear."))
    assert (finding.section, finding.message) == ("skipped", "Too dear.")
    with pytest.raises(CheckNotApplicable, match="Because"):
        judge_repeated(analyse, calibrated, NoTwin("not_applicable", "Because."))
