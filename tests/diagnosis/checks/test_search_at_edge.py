"""search-at-edge: the best value may lie beyond the grid."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_lossfix import diagnose, diagnose_predictions
from sklearn_lossfix._core._evidence import SearchEvidence
from sklearn_lossfix._core._finding import METRIC_FLOOR
from sklearn_lossfix._core._paired_tests import upper_tail_p, wilson_interval
from sklearn_lossfix.diagnosis._search_results import SearchResults
from sklearn_lossfix.diagnosis.checks.search_at_edge import (
    MIN_RESAMPLES,
    SearchAtEdge,
    further_values,
)
from sklearn_lossfix.exceptions import CheckNotApplicable

SLUG = "search-at-edge"
GRID = (0.01, 0.1, 1.0, 10.0)


def search_of(values, params=None, axes=None, *, spread=0.005, n_bootstrap=40, best=None, seed=0):
    """Evidence of candidates with these values, and bootstrap samples about them."""
    rng = np.random.default_rng(seed)
    values = np.array(values, dtype=float)
    noise = spread * rng.normal(size=(n_bootstrap, len(values)))
    return SearchEvidence(
        params=tuple({"C": c} for c in GRID) if params is None else tuple(params),
        metric_name="balanced_accuracy",
        values=values,
        defaults=values,
        losses=1 - values,
        best=int(np.nanargmax(values)) if best is None else best,
        resampled=values + noise,
        apparent=float(np.nanmax(values)),
        honest=float(np.nanmax(values)),
        honest_low=0.0,
        honest_high=1.0,
        axes={"C": GRID} if axes is None else axes,
    )


@pytest.fixture
def judge(analyse, calibrated):
    """Function that gives the finding on a search."""

    def run(search, **fields):
        return SearchAtEdge().run(analyse(*calibrated(60), search=search, **fields))

    return run


RISING = (0.5, 0.6, 0.7, 0.8)


# --- sections --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "words", "further"),
    [
        (RISING, "C = 10 is the greatest of 4 values", [100.0, 1000.0, 10000.0]),
        (RISING[::-1], "C = 0.01 is the least of 4 values", [0.001, 0.0001, 0.00001]),
    ],
)
def test_an_issue_where_the_metric_still_rises(judge, values, words, further):
    """At either end: the message names the value, the gain and where to search on."""
    search = search_of(values)
    finding = judge(search)
    assert finding.section == "issue"
    assert words in finding.message
    assert finding.estimate == pytest.approx(0.1)
    assert finding.evidence["axes"]["C"]["search_on"] == further
    assert finding.errors_at_stake is None
    difference = search.resampled[:, search.best] - search.resampled[:, abs(search.best - 1)]
    if search.best:
        difference = search.resampled[:, 3] - search.resampled[:, 2]
    expected = upper_tail_p(finding.estimate, np.std(difference, ddof=1), METRIC_FLOOR)
    assert finding.p_value == pytest.approx(expected)


@pytest.mark.parametrize("gain", [0.0, 0.004, METRIC_FLOOR])
def test_passed_where_the_last_step_does_not_pay(judge, gain):
    """At the edge of a plateau nothing is wrong; the numbers say so."""
    finding = judge(search_of((0.5, 0.6, 0.8 - gain, 0.8), best=3))
    assert finding.section == "passed"
    assert "C = 10 is the greatest of 4 values" in finding.message
    assert "not shown to be above 0.01" in finding.message
    assert f"{finding.detectable:.3f} would have been found" in finding.message


def test_passed_where_the_last_step_is_noise(judge):
    """A large step with a larger spread is not shown."""
    finding = judge(search_of(RISING, spread=0.2))
    assert finding.section == "passed"
    assert finding.remedy is None


def test_passed_inside_the_grid(judge):
    """A maximum in the middle needs no wider grid, and no bootstrap to say so."""
    search = search_of((0.5, 0.8, 0.7, 0.6), n_bootstrap=0)
    finding = judge(search)
    assert finding.section == "passed"
    assert finding.message == "Inside the grid: C = 0.1 of 0.01 to 10."
    assert finding.p_value is None


def test_passed_where_nothing_lies_beyond(judge):
    """Nothing is smaller than one of whole numbers, or than zero of what is never negative."""
    for grid in ((1, 2, 3, 4), (0.0, 0.1, 0.2, 0.3)):
        params = [{"depth": value} for value in grid]
        search = search_of(RISING[::-1], params, {"depth": grid})
        assert judge(search).section == "passed"


def test_not_applicable_without_a_search(calibrated):
    """A model that nobody searched for has no grid."""
    finding = diagnose_predictions(*calibrated(100))[SLUG]
    assert (finding.section, finding.message) == ("not_applicable", "No search was handed in.")


@pytest.mark.parametrize(
    ("axes", "params"),
    [
        ({}, None),
        ({"C": GRID[:2]}, None),
        ({"flag": (False, True, True)}, [{"flag": True}] * 4),
        ({"depth": (1, 2, 3)}, [{"depth": None}] * 4),
        ({"other": (1, 2, 3)}, None),
    ],
)
def test_not_applicable_without_an_axis_of_numbers(judge, axes, params):
    """Too few values, flags, and values that the chosen candidate does not have are no axis."""
    with pytest.raises(CheckNotApplicable, match="3 or more numbers"):
        judge(search_of(RISING, params, axes, best=3))


@pytest.mark.parametrize("n_bootstrap", [0, MIN_RESAMPLES - 1])
def test_not_applicable_without_a_bootstrap(judge, n_bootstrap):
    """At the edge, few samples cannot say whether the metric still rises; the edge is named."""
    with pytest.raises(CheckNotApplicable, match=rf"C = 10 is the greatest.*{n_bootstrap}\.$"):
        judge(search_of(RISING, n_bootstrap=n_bootstrap))


def test_not_applicable_without_a_neighbour(judge):
    """In a random search no candidate differs in one parameter alone."""
    params = [{"C": c, "tol": 0.1 * k} for k, c in enumerate(GRID)]
    with pytest.raises(CheckNotApplicable, match="No candidate with a score differs"):
        judge(search_of(RISING, params))


def test_not_applicable_where_the_neighbour_failed(judge):
    """A candidate without a score is no candidate to compare with."""
    search = search_of((0.5, 0.6, np.nan, 0.8))
    with pytest.raises(CheckNotApplicable, match="No candidate with a score differs"):
        judge(search)


def test_samples_that_lack_a_candidate_are_left_out(judge):
    """A bootstrap sample in which a candidate has no score does not count."""
    search = search_of(RISING)
    search.resampled[:5, 2] = np.nan
    difference = (search.resampled[:, 3] - search.resampled[:, 2])[5:]
    low, high = judge(search).ci
    assert high - low == pytest.approx(2 * 1.96 * np.std(difference, ddof=1), rel=1e-3)
    search.resampled[: 41 - MIN_RESAMPLES, 2] = np.nan
    with pytest.raises(CheckNotApplicable):
        judge(search)


# --- several axes ----------------------------------------------------------------------------


def two_axes(values, **fields):
    """A grid of three by three, the first axis varying slowest."""
    params = [{"C": c, "depth": d, "kind": "x"} for c in (1.0, 10.0, 100.0) for d in (2, 4, 6)]
    axes = {"C": (1.0, 10.0, 100.0), "depth": (2, 4, 6)}
    return search_of(np.ravel(values), params, axes, **fields)


def test_the_steepest_axis_speaks_for_all(judge):
    """Both ends are told, the p-value is the smaller one times axes and lines of the grid."""
    values = np.add.outer([0.0, 0.05, 0.1], [0.5, 0.502, 0.504])
    search = two_axes(values)
    finding = judge(search)
    assert finding.section == "issue"
    assert finding.message.startswith("C = 100 is the greatest of 3 values")
    assert set(finding.evidence["axes"]) == {"C", "depth"}
    difference = search.resampled[:, 8] - search.resampled[:, 5]
    alone = upper_tail_p(finding.estimate, np.std(difference, ddof=1), METRIC_FLOOR)
    assert finding.p_value == pytest.approx(2 * 3 * alone)  # axes, lines along each


def test_one_axis_inside_does_not_hide_the_other(judge):
    """The axis at its end is judged whatever the other does."""
    finding = judge(two_axes(np.add.outer([0.0, 0.05, 0.1], [0.5, 0.6, 0.4])))
    assert finding.section == "issue"
    assert list(finding.evidence["axes"]) == ["C"]


def test_parameters_may_be_anything(judge):
    """Arrays, estimators and NumPy numbers are compared with what they are."""
    weights = np.array([1.0, 2.0])
    params = [
        {"C": np.float64(c), "weights": weights.copy(), "inner": LogisticRegression()} for c in GRID
    ]
    assert judge(search_of(RISING, params)).section == "issue"


def test_flat_grids_raise_few_issues(judge):
    """Where all candidates are equally good, about one search in a hundred at most is flagged.

    Scores spread about each other as on all rows, bootstrap samples 1.3 times as much: they judge
    the rows that were not drawn.
    """
    n_searches, flagged = 400, 0
    for seed in range(n_searches):
        values = 0.7 + 0.02 * np.random.default_rng(seed).normal(size=4)
        finding = judge(search_of(values, spread=0.026, seed=seed + 1_000))
        flagged += finding.section == "issue" and finding.p_value <= 0.01
    assert wilson_interval(flagged / n_searches, n_searches)[0] <= 0.01


# --- wider grids -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "upward", "expected"),
    [
        ([0.01, 0.1, 1.0], True, [10.0, 100.0, 1000.0]),
        ([0.01, 0.1, 1.0], False, [0.001, 0.0001, 0.00001]),
        ([1, 10, 100], True, [1000, 10_000, 100_000]),
        ([10, 100, 1000], False, [1]),
        ([2, 4, 6], True, [8, 10, 12]),
        ([4, 6, 8], False, [2, 1]),
        ([0.2, 0.5, 0.8], True, [1.1, 1.4, 1.7]),
        ([0.2, 0.5, 0.8], False, [0.1, 0.05, 0.025]),
        ([-1.0, 0.0, 1.0], False, [-2.0, -3.0, -4.0]),
        ([0.0, 0.1, 0.2], False, []),
        ([1, 2, 3], False, []),
        ([1e300, 1e304, 1e308], True, []),
    ],
)
def test_axes_are_continued_as_they_are_spaced(values, upward, expected):
    """By ratios or by steps, whole numbers stay whole, and zero is not crossed."""
    assert further_values(values, upward) == pytest.approx(expected)
    assert [type(v) for v in further_values(values, upward)] == [type(v) for v in expected]


@given(
    st.one_of(
        st.lists(st.integers(-50, 50), min_size=3, max_size=6, unique=True),
        st.lists(st.floats(-1e6, 1e6, width=32), min_size=3, max_size=6, unique=True),
        st.lists(st.floats(2.0**-20, 2.0**20, width=32), min_size=3, max_size=6, unique=True),
    ),
    st.booleans(),
)
def test_further_values_lie_beyond_and_in_order(values, upward):
    """Whatever the axis, what continues it lies outside, outwards, and never changes sign to it."""
    values = sorted(values)
    further = further_values(values, upward)
    assert len(further) <= 3
    steps = np.diff([values[-1] if upward else values[0], *further])
    assert all(steps > 0) if upward else all(steps < 0)
    if values[0] >= 0:
        assert all(value > 0 for value in further)


def test_the_remedy_is_the_search_on_a_wider_grid(recorded_search, table):
    """What can be rebuilt is: the same search, the same other axes, three values more."""
    grid = {"C": [1e-4, 1e-3, 1e-2], "fit_intercept": [True]}
    model = recorded_search(LogisticRegression(), grid).fit(*table(200))
    search = search_of(
        RISING[:3],
        [{"C": c, "fit_intercept": True} for c in grid["C"]],
        {"C": tuple(grid["C"])},
    )
    model.search_ = search
    finding = model.diagnose()[SLUG]
    assert finding.section == "issue"
    remedy = finding.remedy
    assert remedy.estimator is not model
    assert remedy.estimator.param_grid["fit_intercept"] == [True]
    wider = clone(remedy.estimator).param_grid["C"]
    assert wider == pytest.approx([1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0])
    assert remedy.n_fits == 6 * 4 + 1
    scope = {"estimator": clone(model)}
    imports, last = remedy.code.splitlines()
    exec(imports, scope)
    assert eval(last, scope).param_grid == remedy.estimator.param_grid
    assert scope["estimator"].param_grid == grid
    assert not remedy.proven
    assert model.param_grid == grid


def test_without_a_grid_the_message_says_it(judge):
    """An estimator whose grid is not one dictionary is not rebuilt; the values are in the text."""
    finding = judge(search_of(RISING), estimator=LogisticRegression())
    assert finding.remedy is None
    assert finding.message.endswith("Search on: 100, 1000, 10000.")


def test_a_report_ranks_it_and_shows_it(search_report, candidates):
    """In a whole report it stands once, in a section, with everything written out."""
    y, probas, params = candidates(n_rows=600)
    report = search_report(y, probas, params, axes={"C": tuple(p["C"] for p in params)})
    finding = report[SLUG]
    assert finding.section == "issue"
    assert finding.p_adjusted <= report.context["alpha"]
    assert SLUG in repr(report)


def test_another_alpha_decides_otherwise(judge, analyse, calibrated):
    """The level of the report is the level of the check."""
    search = search_of((0.5, 0.6, 0.77, 0.8), spread=0.01)
    loose = SearchAtEdge().run(analyse(*calibrated(60), search=search, alpha=0.5))
    strict = SearchAtEdge().run(analyse(*calibrated(60), search=search, alpha=1e-9))
    assert (loose.section, strict.section) == ("issue", "passed")
    assert replace(loose, section="", message="", detectable=None) == replace(
        strict, section="", message="", detectable=None
    )


# --- searches that scored their candidates on splits -----------------------------------------

SHORT = {"logisticregression__C": [1e-5, 1e-4, 1e-3]}


def scaled():
    """A linear model of columns in units of their spread."""
    return make_pipeline(StandardScaler(), LogisticRegression())


@pytest.fixture(scope="module")
def cancer():
    """Rows on which C between 0.00001 and 0.001 is far too small."""
    return load_breast_cancer(return_X_y=True)


def halved(rows):
    """Fast effort on other rows: nothing is fitted."""
    X, y = rows
    return {"X_val": X[::3], "y_val": y[::3], "effort": "fast"}


@pytest.mark.parametrize("scoring", [None, "balanced_accuracy", "neg_log_loss"])
def test_a_grid_that_is_too_short_is_found(cancer, scoring):
    """Of a plain search, at fast effort, by its own metric; the remedy scores better."""
    search = GridSearchCV(scaled(), SHORT, cv=5, scoring=scoring).fit(*cancer)
    finding = diagnose(search, *cancer, **halved(cancer))[SLUG]
    assert finding.section == "issue"
    assert finding.p_adjusted <= 0.01
    assert "C = 0.001 is the greatest of 3 values" in finding.message
    table = search.cv_results_
    steps = [table[f"split{k}_test_score"][2] - table[f"split{k}_test_score"][1] for k in range(5)]
    assert finding.estimate == pytest.approx(np.mean(steps))
    wider = finding.remedy.estimator
    assert not hasattr(wider, "best_estimator_")
    assert wider.fit(*cancer).best_score_ > search.best_score_
    assert search.param_grid == SHORT


def test_effort_and_rows_do_not_change_what_was_recorded(cancer):
    """Out of fold, with validation rows, or inside a Pipeline: one search, one finding."""
    search = GridSearchCV(scaled(), SHORT, cv=5).fit(*cancer)
    whole = make_pipeline(
        StandardScaler(), GridSearchCV(LogisticRegression(), {"C": [1e-5, 1e-4, 1e-3]})
    )
    whole.fit(*cancer)
    fast = diagnose(search, *cancer, **halved(cancer))[SLUG]
    normal = diagnose(search, *cancer, cv=2)[SLUG]
    both = diagnose(search, *cancer, cv=2, **halved(cancer) | {"effort": "normal"})[SLUG]
    assert fast.p_value == normal.p_value == both.p_value
    assert fast.evidence == normal.evidence == both.evidence
    inside = diagnose(whole, *cancer, **halved(cancer))[SLUG]
    assert inside.section == "issue"
    remedy = inside.remedy.estimator
    assert remedy[-1].param_grid["C"][-1] == 1.0
    assert remedy.steps[0][0] == "standardscaler"


def test_a_pipeline_whose_search_is_not_fitted_says_so(table):
    """Only its folds are fitted, and there is nothing to read."""
    whole = make_pipeline(GridSearchCV(LogisticRegression(), {"C": [1.0, 2.0, 3.0]}, cv=3))
    finding = diagnose(whole, *table(120), cv=2)[SLUG]
    assert finding.section == "skipped"
    assert "is not fitted" in finding.message


@pytest.fixture
def judge_results(analyse, calibrated):
    """Function that gives the finding on scores of splits, one row a value of C."""

    def run(scores, **fields):
        scores = np.array(scores, dtype=float)
        fields = {"best": int(np.argmax(np.nanmean(scores, axis=1))), "n_rows": 500, **fields}
        results = SearchResults(
            params=tuple({"C": c} for c in GRID),
            scores=scores,
            axes={"C": GRID},
            metric_name="accuracy",
            unit="points",
            limit=METRIC_FLOOR,
            sizes=(4.0, 1.0),
            **fields,
        )
        return SearchAtEdge().run(analyse(*calibrated(60), search_results=results))

    return run


def test_splits_show_a_rise(judge_results):
    """A gain that all splits share is an issue, one that changes from split to split is not."""
    wobble = np.array([0.0, 0.01, -0.01, 0.005, -0.005])
    rising = np.add.outer([0.5, 0.6, 0.7, 0.8], wobble)
    assert judge_results(rising + 0.001 * np.eye(4, 5)).section == "issue"
    uneven = rising.copy()
    uneven[2] += [0.2, -0.2, 0.1, -0.1, 0.05]
    finding = judge_results(uneven)
    assert (finding.section, finding.remedy) == ("passed", None)
    assert f"{finding.detectable:.3f} would have been found" in finding.message
    assert judge_results(rising[[0, 3, 2, 1]]).message.startswith("Inside the grid")


@pytest.mark.parametrize("halving", [False, True])
def test_a_neighbour_without_scores_cannot_be_compared(judge_results, halving):
    """Failed fits leave fewer than three splits; of halving, the last iteration is named."""
    scores = np.add.outer([0.5, 0.6, 0.7, 0.8], np.zeros(5))
    scores[2, :3] = np.nan
    with pytest.raises(CheckNotApplicable, match="scores on 3 or more splits") as caught:
        judge_results(scores, halving=halving)
    assert ("of the last iteration" in str(caught.value)) == halving


def test_two_splits_are_too_few(cancer):
    """The reason is told, not that there is no search."""
    search = GridSearchCV(scaled(), SHORT, cv=2).fit(*cancer)
    finding = diagnose(search, *cancer, **halved(cancer))[SLUG]
    assert finding.section == "not_applicable"
    assert "2 splits" in finding.message


@pytest.mark.parametrize("n_splits", [3, 5, 10])
def test_flat_grids_on_splits_raise_few_issues(judge_results, n_splits):
    """Candidates that are equally good, on shares of rows that are paired by split."""
    n_searches, flagged, n_test = 400, 0, 30
    rng = np.random.default_rng(n_splits)
    for _ in range(n_searches):
        scores = rng.binomial(n_test, 0.7, size=(4, n_splits)) / n_test
        finding = judge_results(scores, n_rows=n_test * n_splits)
        flagged += finding.section == "issue" and finding.p_value <= 0.01
    assert flagged / n_searches <= 0.01
