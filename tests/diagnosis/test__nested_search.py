"""Tests of the nested search: scores of a search that was repeated in the folds of a report."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    KFold,
    RandomizedSearchCV,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix import FitReport, MetricAlignedSearchCV, diagnose
from sklearn_lossfix._core._evidence import NoTwin
from sklearn_lossfix.decision._scoring import resolve_metric
from sklearn_lossfix.diagnosis import _nested_search
from sklearn_lossfix.diagnosis._nested_search import (
    fold_mean_estimate,
    fold_spread_estimate,
    is_search,
    search_fits,
    search_inside,
    takes_groups,
    weighs_scores,
)
from sklearn_lossfix.diagnosis.ledgers.error import metric_estimate

SLUG = "selection-optimism"
FOLDS = StratifiedKFold(3, shuffle=True, random_state=5)
TREE = DecisionTreeClassifier(random_state=0)
GRID = {"max_depth": [1, 2, 4], "min_samples_leaf": [1, 5]}
N_FITS = 6 * 3 + 1
# Everything else that thorough effort looks at is told apart by other tests.
GIVEN = {"cv": FOLDS, "effort": "thorough"}


def searches(**given):
    """Searches of every kind, with the number of fits that they take."""
    return {
        "grid": GridSearchCV(TREE, GRID, cv=3, **given),
        "random": RandomizedSearchCV(TREE, GRID, n_iter=4, cv=3, random_state=0, **given),
        "halving": HalvingGridSearchCV(TREE, GRID, cv=3, random_state=0, **given),
        "aligned": MetricAlignedSearchCV(TREE, GRID, cv=3, random_state=0, **given),
    }


@pytest.fixture(scope="module")
def noisy(request):
    """Rows on which candidates differ by little more than luck."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(150, 4))
    return X, (X[:, 0] + 2.0 * rng.normal(size=150) > 0).astype(int)


def oracle(search, X, y, folds=FOLDS):
    """Scores of the search by scikit-learn's own nested cross-validation."""
    return cross_val_score(search, X, y, cv=folds)


@pytest.mark.parametrize("kind", ["grid", "random", "halving"])
def test_folds_are_those_of_nested_cross_validation(noisy, kind):
    """Scores of the folds are scikit-learn's, and the apparent score is the search's own."""
    X, y = noisy
    search = searches()[kind].fit(X, y)
    report = diagnose(search, X, y, **GIVEN)
    table, finding = report.frame("nested_search"), report[SLUG]
    np.testing.assert_allclose(table["score"], oracle(search, X, y))
    assert finding.evidence["apparent"] == search.best_score_
    assert finding.evidence["honest"] == pytest.approx(table["score"].mean())
    assert finding.estimate == pytest.approx(search.best_score_ - table["score"].mean())
    assert finding.ci[0] < finding.estimate < finding.ci[1]
    assert finding.evidence["n_fits"] == 3 * search_fits(search)
    assert f"in {3 * search_fits(search):,} fits" in finding.message
    for (train, _), params, best in zip(
        FOLDS.split(X, y), table["params"], table["best_score"], strict=True
    ):
        alone = clone(search).fit(X[train], y[train])
        assert params == ", ".join(f"{k}={v}" for k, v in alone.best_params_.items())
        assert best == alone.best_score_


@pytest.mark.parametrize(
    ("scoring", "unit"),
    [
        ("f1", "points"),
        ("roc_auc", "points"),
        ("neg_log_loss", "nats"),
        ("neg_brier_score", "Brier"),
        (make_scorer(f1_score, pos_label=0), "points"),
        (lambda estimator, X, y: 0.5 + 0.1 * len(y) / 50, ""),
    ],
    ids=["f1", "roc_auc", "neg_log_loss", "neg_brier_score", "f1 of class 0", "callable"],
)
def test_the_search_is_judged_by_its_own_metric(noisy, scoring, unit):
    """Whatever the report is asked to explain, it is the search's score that is looked at."""
    X, y = noisy
    search = GridSearchCV(
        DecisionTreeClassifier(max_depth=2, random_state=0),
        {"max_depth": [1, 2]},
        cv=3,
        scoring=scoring,
    ).fit(X, y)
    report = diagnose(search, X, y, **GIVEN)
    finding = report[SLUG]
    assert finding.evidence["honest"] == pytest.approx(oracle(search, X, y).mean())
    assert finding.unit == unit
    assert np.isfinite(finding.ci).all()


def test_an_estimators_own_score_is_not_called_accuracy(noisy):
    """Without a metric it is the score of the estimator: of a regressor that of its numbers."""
    X, y = noisy
    search = GridSearchCV(Ridge(), {"alpha": [0.1, 100.0]}, cv=3).fit(X, y)
    finding = diagnose(search, X, y, **GIVEN)[SLUG]
    assert finding.evidence["metric"] == "score"
    assert finding.evidence["fixed"] is None
    assert finding.evidence["honest"] == pytest.approx(oracle(search, X, y).mean())
    tree = diagnose(searches()["grid"].fit(X, y), X, y, **GIVEN)[SLUG]
    assert tree.evidence["metric"] == "accuracy"
    assert len(tree.evidence["fixed"]) == 4


def test_several_metrics_are_judged_by_the_one_that_refits(noisy):
    """Its best_score_ is the one there is."""
    X, y = noisy
    given = {"scoring": ["accuracy", "f1"], "refit": "f1"}
    search = GridSearchCV(TREE, GRID, cv=3, **given).fit(X, y)
    finding = diagnose(search, X, y, **GIVEN)[SLUG]
    assert finding.evidence["metric"] == "f1"
    assert finding.evidence["honest"] == pytest.approx(oracle(search, X, y).mean())


def test_a_search_of_this_package(noisy):
    """Pooled or by folds: the honest score is made as its best_score_ is."""
    X, y = noisy
    for pooling in ("pooled", "fold_mean"):
        given = {"scoring": "f1", "cv": 3, "random_state": 0, "n_bootstrap": 20}
        search = MetricAlignedSearchCV(TREE, GRID, pooling=pooling, **given).fit(X, y)
        finding = diagnose(search, X, y, **GIVEN)[SLUG]
        labels = np.empty_like(y)
        for train, test in FOLDS.split(X, y):
            labels[test] = clone(search).fit(X[train], y[train]).predict(X[test])
        by_fold = np.mean([f1_score(y[test], labels[test]) for _, test in FOLDS.split(X, y)])
        expected = f1_score(y, labels) if pooling == "pooled" else by_fold
        assert finding.evidence["honest"] == pytest.approx(expected)
        assert finding.evidence["n_fits"] == 3 * (6 * 3 + 1)


@pytest.mark.parametrize("effort", ["normal", "thorough"])
def test_a_pipeline_that_holds_a_search_costs_nothing_more(noisy, effort):
    """Its folds repeat the search anyway: at normal effort too the numbers are there."""
    X, y = noisy
    pipe = make_pipeline(
        StandardScaler(), GridSearchCV(DummyClassifier(), {"constant": [0, 1]}, cv=3)
    )
    pipe.set_params(
        gridsearchcv__estimator=LogisticRegression(), gridsearchcv__param_grid={"C": [0.1, 1.0]}
    )
    pipe.fit(X, y)
    report = diagnose(pipe, X, y, cv=FOLDS, effort=effort)
    finding = report[SLUG]
    np.testing.assert_allclose(report.frame("nested_search")["score"], oracle(pipe, X, y))
    assert finding.evidence["apparent"] == pipe[-1].best_score_
    assert finding.evidence["n_fits"] == 0
    assert finding.evidence["fixed"] is None


def test_an_unfitted_pipeline_is_fitted_for_its_score_at_thorough_effort_only(noisy):
    """That is one search more; the note of a normal report says how to get it."""
    X, y = noisy
    pipe = make_pipeline(
        StandardScaler(), GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=3)
    )
    report = diagnose(pipe, X, y, cv=FOLDS)
    assert report[SLUG].section == "skipped"
    assert "effort='thorough' fits it" in report[SLUG].message
    assert report[SLUG].message in report.context["notes"]
    finding = diagnose(pipe, X, y, **GIVEN)[SLUG]
    assert finding.evidence["apparent"] == clone(pipe).fit(X, y)[-1].best_score_
    assert finding.evidence["n_fits"] == 2 * 3 + 1
    assert not hasattr(pipe[-1], "best_score_")


def test_normal_effort_says_what_it_would_cost(noisy):
    """The search is not repeated: finding and note say so, and in how many fits it would be."""
    X, y = noisy
    report = diagnose(searches()["grid"].fit(X, y), X, y, cv=FOLDS)
    finding = report[SLUG]
    assert finding.section == "skipped"
    assert f"effort='thorough' does that, in {3 * N_FITS} fits" in finding.message
    assert finding.message in report.context["notes"]
    assert "nested_search" not in report.tables


def test_left_out_above_the_budget(noisy, monkeypatch):
    """A search that would take more fits than are spent on it is left out, with a note."""
    X, y = noisy
    search = searches()["grid"].fit(X, y)
    monkeypatch.setattr(_nested_search, "MAX_NESTED_FITS", 3 * N_FITS - 1)
    report = diagnose(search, X, y, **GIVEN)
    assert report[SLUG].section == "skipped"
    assert f"takes {3 * N_FITS} fits, and at most {3 * N_FITS - 1}" in report[SLUG].message
    assert report[SLUG].message in report.context["notes"]
    monkeypatch.setattr(_nested_search, "MAX_NESTED_FITS", 3 * N_FITS)
    assert diagnose(search, X, y, **GIVEN)[SLUG].section in ("tip", "passed")


def test_a_sample_is_not_compared_with_all_rows(noisy, monkeypatch):
    """Where refits use a sample, the score on all rows is about something else."""
    X, y = noisy
    monkeypatch.setattr("sklearn_lossfix.diagnosis._request.MAX_REFIT_ROWS", 120)
    report = diagnose(searches()["grid"].fit(X, y), X, y, **GIVEN)
    assert report[SLUG].section == "skipped"
    assert "sample that refits use" in report[SLUG].message


def test_with_validation_rows_the_folds_are_of_the_training_rows(noisy):
    """The finding is that of a report without them."""
    X, y = noisy
    search = searches()["grid"].fit(X[:100], y[:100])
    alone = diagnose(search, X[:100], y[:100], **GIVEN)[SLUG]
    beside = diagnose(search, X[:100], y[:100], X_val=X[100:], y_val=y[100:], **GIVEN)
    assert beside[SLUG].message == alone.message
    fast = diagnose(search, X[:100], y[:100], X_val=X[100:], y_val=y[100:], effort="fast")[SLUG]
    assert (fast.section, fast.message) == ("not_applicable", "effort='fast' refits nothing.")


def test_groups_reach_the_inner_splitter(noisy):
    """An inner splitter that needs groups gets those of the fold."""
    X, y = noisy
    groups = np.arange(150) % 15
    search = GridSearchCV(TREE, GRID, cv=GroupKFold(3)).fit(X, y, groups=groups)
    report = diagnose(search, X, y, groups=groups, cv=GroupKFold(3), effort="thorough")
    assert report[SLUG].section in ("tip", "passed")
    scores = []
    for train, test in GroupKFold(3).split(X, y, groups):
        again = clone(search).fit(X[train], y[train], groups=groups[train])
        scores.append(again.score(X[test], y[test]))
    np.testing.assert_allclose(report.frame("nested_search")["score"], scores)


def test_weights_count_where_the_search_counts_them(noisy):
    """scikit-learn's searches weigh fits and not scores; those of this package weigh both."""
    X, y = noisy
    weight = np.random.default_rng(1).uniform(0.1, 3.0, len(y))
    grid = searches()["grid"].fit(X, y, sample_weight=weight)
    shown = diagnose(grid, X, y, sample_weight=weight, **GIVEN).frame("nested_search")["score"]
    expected = [
        clone(grid).fit(X[train], y[train], sample_weight=weight[train]).score(X[test], y[test])
        for train, test in FOLDS.split(X, y)
    ]
    np.testing.assert_allclose(shown, expected)
    assert not weighs_scores(grid)
    assert weighs_scores(searches()["aligned"])
    with config_context(enable_metadata_routing=True):
        assert not weighs_scores(grid)
        scorer = make_scorer(f1_score).set_score_request(sample_weight=True)
        assert weighs_scores(searches(scoring=scorer)["grid"])


def test_the_search_is_left_as_it_is(noisy):
    """Clones are repeated."""
    X, y = noisy
    search = searches()["grid"].fit(X, y)
    before = search.best_score_, repr(search), search.cv_results_["mean_test_score"].tolist()
    diagnose(search, X, y, **GIVEN)
    assert before == (
        search.best_score_,
        repr(search),
        search.cv_results_["mean_test_score"].tolist(),
    )


def test_parallel_work_changes_nothing(noisy):
    """The finding does not depend on the number of jobs."""
    X, y = noisy
    search = searches()["random"].set_params(random_state=None)
    one, two = (diagnose(search, X, y, n_jobs=n, **GIVEN)[SLUG] for n in (None, 2))
    assert (one.estimate, one.message) == (two.estimate, two.message)


def test_a_search_without_a_best_score(noisy):
    """Where a function chose among several metrics there is no score to compare with."""
    X, y = noisy
    given = {"scoring": ["accuracy", "f1"], "refit": lambda results: 0}
    search = GridSearchCV(TREE, GRID, cv=3, **given).fit(X, y)
    finding = diagnose(search, X, y, **GIVEN)[SLUG]
    assert finding.section == "not_applicable"
    assert "shows no best_score_" in finding.message


def test_a_search_that_fails_in_a_fold(noisy):
    """The report is made all the same, with the reason."""
    X, y = noisy
    size = len(y)

    class Picky(DecisionTreeClassifier):
        """A tree that only all rows please."""

        def fit(self, X, y, sample_weight=None, check_input=True):  # as the parent's
            """Refuse the folds of a fold."""
            if len(X) < 0.6 * size and len(X) != 100:
                raise ValueError("too few rows for me")
            return super().fit(X, y)

    search = GridSearchCV(
        Picky(max_depth=1), {"max_depth": [1, 2]}, cv=KFold(3), error_score="raise"
    ).fit(X, y)
    report = diagnose(search, X, y, **GIVEN)
    assert report[SLUG].section == "not_applicable"
    assert "The whole GridSearchCV could not be fitted" in report[SLUG].message


def test_reports_with_a_nested_search_can_be_written(noisy):
    """As JSON and HTML, with the table in it."""
    report = diagnose(searches()["grid"], *noisy, **GIVEN)
    assert len(report.to_dict()["tables"]["nested_search"]["params"]) == 3
    again = FitReport.from_json(report.to_json())
    assert again.frame("nested_search").equals(report.frame("nested_search"))
    assert again[SLUG].message == report[SLUG].message
    assert report[SLUG].message.split(" (")[0] in report.to_html()


# --- what is a search ----------------------------------------------------------------------------


def test_what_is_a_search():
    """By its parameters; alone or at the end of a Pipeline."""
    for search in searches().values():
        assert is_search(search)
        pipe = make_pipeline(StandardScaler(), make_pipeline(StandardScaler(), search))
        assert search_inside(pipe) is search
        assert search_inside(search) is None
        assert takes_groups(search)
    assert not is_search(TREE)
    assert search_inside(make_pipeline(StandardScaler(), TREE)) is None
    assert not takes_groups(TREE)


def test_fits_are_counted(noisy):
    """All candidates on all inner folds, and the best once more."""
    count = []

    class Counted(DecisionTreeClassifier):
        """A tree that counts its fits."""

        def fit(self, X, y, sample_weight=None, check_input=True):  # as the parent's
            """Count."""
            count.append(1)
            return super().fit(X, y)

    for search in searches().values():
        count.clear()
        search.set_params(estimator=Counted(random_state=0)).fit(*noisy)
        assert search_fits(search) == len(count)
    assert search_fits(searches()["grid"]) is None


# --- intervals -----------------------------------------------------------------------------------


def folded(n=600, n_folds=4):
    """Codes, labels of a model that is right in most rows, and folds."""
    rng = np.random.default_rng(3)
    y = rng.integers(0, 2, n)
    pred = np.where(rng.random(n) < 0.8, y, 1 - y)
    return y, pred, np.repeat(np.arange(n_folds), n // n_folds)


def test_one_fold_is_the_metric_itself():
    """Then the mean over folds and its interval are those of the rows."""
    y, pred, _ = folded()
    metric = resolve_metric("f1")
    value = metric_estimate(metric, y, pred, 2, pos=1)
    mean = fold_mean_estimate(metric, y, pred, np.zeros(len(y), int), [value.value], 2, pos=1)
    assert mean == pytest.approx(value)


@pytest.mark.parametrize("name", ["accuracy", "f1", "balanced_accuracy"])
def test_folds_of_one_size_are_a_mean_of_independent_estimates(name):
    """The variance of the mean over J folds is the sum of theirs over J squared."""
    y, pred, fold = folded()
    metric = resolve_metric(name)
    parts = [metric_estimate(metric, y[fold == k], pred[fold == k], 2, pos=1) for k in range(4)]
    scores = [part.value for part in parts]
    mean = fold_mean_estimate(metric, y, pred, fold, scores, 2, pos=1)
    assert mean.value == pytest.approx(np.mean(scores))
    expected = np.sqrt(sum(part.se**2 for part in parts)) / 4
    assert mean.se == pytest.approx(expected, rel=0.01)


def test_weights_of_two_are_rows_twice_over():
    """In groups of a row and its copy the interval is that of the weighted rows."""
    y, pred, fold = folded()
    metric, weight = resolve_metric("accuracy"), np.tile([1.0, 2.0], 300)
    scores = [
        np.average(pred[fold == k] == y[fold == k], weights=weight[fold == k]) for k in range(4)
    ]
    weighted = fold_mean_estimate(metric, y, pred, fold, scores, 2, sample_weight=weight)
    twice = np.repeat(np.arange(600), weight.astype(int))
    repeated = fold_mean_estimate(
        metric, y[twice], pred[twice], fold[twice], scores, 2, groups=twice
    )
    assert repeated == pytest.approx(weighted)


def test_another_metric_than_the_scorers_is_noticed():
    """Where the scorer gave other scores, its interval is not that of this metric."""
    y, pred, fold = folded()
    assert fold_mean_estimate(resolve_metric("f1"), y, pred, fold, [0.1] * 4, 2, pos=1) is None


def test_the_spread_of_folds_is_a_corrected_t_interval():
    """Against the formula of Nadeau and Bengio, with three degrees of freedom."""
    scores = [0.7, 0.8, 0.9, 0.6]
    seen = fold_spread_estimate(scores, 75, 25)
    se = np.sqrt(np.var(scores, ddof=1) * (1 / 4 + 25 / 75))
    assert seen.se == pytest.approx(se)
    assert (seen.low, seen.high) == pytest.approx(
        (0.75 - 3.18245 * se, 0.75 + 3.18245 * se), rel=1e-5
    )
    assert np.isnan(fold_spread_estimate([0.7], 75, 25).se)


def test_repeated_folds_do_not_make_rows(noisy):
    """Of a stable model a row that is scored again says the same: the interval stays."""
    X, y = noisy
    search = GridSearchCV(LogisticRegression(), {"C": [0.01, 0.02]}, cv=3).fit(X, y)
    widths = []
    for n_repeats in (1, 3):
        cv = RepeatedStratifiedKFold(n_splits=3, n_repeats=n_repeats, random_state=0)
        low, high = diagnose(search, X, y, cv=cv, effort="thorough")[SLUG].ci
        widths.append(high - low)
    assert 0.9 < widths[1] / widths[0] < 1.1


def test_where_nothing_was_done_the_reason_is_kept():
    """A reason has the section that its finding ends in."""
    choice = _nested_search.Choice(None, left_out="Because.")
    assert _nested_search._why_not(choice, 5, True) == NoTwin("skipped", "Because.")
