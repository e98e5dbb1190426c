"""Scores per split that a fitted search recorded, as the check of its edges reads them."""

import numpy as np
import pytest
from scipy import stats
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import FitFailedWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedKFold,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix._core._evidence import NoTwin
from sklearn_lossfix._core._finding import LOSS_FLOOR_SHARE, METRIC_FLOOR
from sklearn_lossfix.diagnosis._search_results import (
    SearchResults,
    detectable_difference,
    difference_p,
    results_of_search,
    same_params,
    split_difference,
    widened_search,
)

TREE = DecisionTreeClassifier(random_state=0)
DEPTHS = {"max_depth": [3, 1, 2]}
CLASSES = np.array([0, 1])


@pytest.fixture
def read(table):
    """Function that fits a search, and reads its results."""

    def run(search, whole=None, **given):
        X, y = table(150)
        if not hasattr(search, "best_estimator_"):
            search.fit(X, y, **given)
        return results_of_search(search, whole or search, X, y, np.unique(y), given.get("groups"))

    return run


def results_of(scores, **fields):
    """Results with these scores, in points, of five folds."""
    fields = {"limit": METRIC_FLOOR, "sizes": (4.0, 1.0), "best": 0, **fields}
    params = tuple({"C": k} for k in range(len(scores)))
    return SearchResults(
        params,
        scores=np.array(scores),
        axes={},
        metric_name="accuracy",
        unit="points",
        **fields,
    )


# --- reading it ------------------------------------------------------------------------------


@pytest.mark.parametrize("search", [GridSearchCV, RandomizedSearchCV])
def test_scores_are_those_of_the_table(read, search):
    """Every candidate has its scores, and their mean is the search's own."""
    given = {"n_iter": 3} if search is RandomizedSearchCV else {}
    fitted = search(TREE, DEPTHS, cv=4, **given)
    results = read(fitted)
    assert results.axes == {"max_depth": (1, 2, 3)}
    np.testing.assert_array_equal(
        results.scores.mean(axis=1), fitted.cv_results_["mean_test_score"]
    )
    assert results.params[results.best] == fitted.best_params_
    assert results.sizes[0] / results.sizes[1] == pytest.approx(3, rel=0.05)
    assert (results.n_rows, results.halving) == (150, False)


@pytest.mark.parametrize(
    ("scoring", "unit", "is_points"),
    [
        (None, "points", True),
        ("f1", "points", True),
        ("roc_auc", "points", True),
        ("neg_log_loss", "nats", False),
        ("neg_brier_score", "Brier", False),
        (lambda estimator, X, y: 40.0 + len(y), "", False),
        (make_scorer(lambda y, pred: 7.0 * np.mean(y == pred)), "", False),
    ],
    ids=["none", "f1", "roc_auc", "log loss", "Brier", "callable", "function of labels"],
)
def test_the_limit_follows_the_metric(read, scoring, unit, is_points):
    """Metrics of zero to one count in points, all others in shares of themselves."""
    fitted = GridSearchCV(TREE, DEPTHS, cv=3, scoring=scoring)
    results = read(fitted)
    share = LOSS_FLOOR_SHARE * abs(fitted.best_score_)
    assert results.limit == pytest.approx(METRIC_FLOOR if is_points else share)
    assert results.unit == unit


def test_a_score_of_the_estimators_own_is_called_so(read):
    """That of classifiers is accuracy; one that an estimator defines itself may be anything."""

    class Lenient(DecisionTreeClassifier):
        def score(self, X, y, sample_weight=None):
            return (1 + super().score(X, y, sample_weight)) / 2

    assert read(GridSearchCV(make_pipeline(TREE), {}, cv=3)).metric_name == "accuracy"
    assert read(GridSearchCV(Lenient(), DEPTHS, cv=3)).metric_name == "score"


def test_the_metric_that_refit_names_is_read(read):
    """Of several metrics, the one that chose."""
    scoring = {"first": "accuracy", "second": make_scorer(f1_score)}
    fitted = GridSearchCV(TREE, DEPTHS, cv=3, scoring=scoring, refit="second")
    results = read(fitted)
    expected = [fitted.cv_results_[f"split{k}_test_second"] for k in range(3)]
    np.testing.assert_array_equal(results.scores, np.transpose(expected))


def test_a_refit_that_is_a_function_chooses_by_one_metric(read):
    """Its choice is looked at where one metric was scored; of several nobody knows which counts."""

    def first(table):
        return 0

    assert read(GridSearchCV(TREE, DEPTHS, cv=3, refit=first)).best == 0
    scoring = ["accuracy", "f1"]
    several = read(GridSearchCV(TREE, DEPTHS, cv=3, scoring=scoring, refit=first))
    assert "by one metric that chose" in several.reason


def test_only_the_last_iteration_of_halving_is_read(read):
    """Candidates that were scored on fewer rows are no candidates to compare with."""
    grid = {"max_depth": [1, 2, 3, 4], "min_samples_leaf": [1, 5, 9]}
    fitted = HalvingGridSearchCV(TREE, grid, cv=3, min_resources=15, factor=2, random_state=0)
    results = read(fitted)
    last = fitted.cv_results_["iter"] == fitted.n_iterations_ - 1
    assert len(results.params) == last.sum() < len(last)
    assert results.params[results.best] == fitted.best_params_
    assert results.halving
    assert results.n_rows <= fitted.n_resources_[-1]


@pytest.mark.parametrize(
    ("cv", "ratio", "n_rows"),
    [
        (RepeatedStratifiedKFold(n_splits=5, n_repeats=2), 4.0, 150),
        (ShuffleSplit(4, test_size=30, train_size=60), 2.0, 120),
        (list(StratifiedKFold(3).split(np.zeros(150), np.arange(150) % 2)), 2.0, 150),
        # It is used up when the sizes are asked for: three folds.
        (iter(list(StratifiedKFold(3).split(np.zeros(150), np.arange(150) % 2))), 2.0, 150),
    ],
    ids=["repeated", "shuffled", "list", "iterator"],
)
def test_sizes_are_those_of_the_splits(read, cv, ratio, n_rows):
    """Repeats and random parts do not test on a share of one in the number of splits."""
    results = read(GridSearchCV(TREE, DEPTHS, cv=cv))
    assert results.sizes[0] / results.sizes[1] == pytest.approx(ratio, rel=0.03)
    assert results.n_rows == pytest.approx(n_rows, rel=0.35 if n_rows == 120 else 0)


def test_the_generator_of_a_splitter_is_left_alone(read):
    """Reading draws from a copy."""
    rng = np.random.RandomState(0)
    search = GridSearchCV(TREE, DEPTHS, cv=StratifiedKFold(3, shuffle=True, random_state=rng))
    read(search)
    state = rng.get_state()[2]
    read(search)
    assert rng.get_state()[2] == state


def test_the_dictionary_of_the_candidate_gives_the_axes(read):
    """Of several grids, the one that holds the chosen candidate."""
    grids = [{"max_depth": [1]}, {"max_depth": np.array([6, 5, 4]), "criterion": ["gini"]}]
    fitted = GridSearchCV(TREE, grids, cv=3, refit=lambda table: 2)
    results = read(fitted)
    assert fitted.best_params_ == {"max_depth": 5, "criterion": "gini"}
    assert (results.part, results.axes["max_depth"]) == (1, (4, 5, 6))


def test_distributions_are_no_axis(read):
    """Values that are drawn have no neighbours; lists beside them have."""
    space = {"min_samples_leaf": [1, 2, 3], "min_impurity_decrease": stats.uniform(0, 0.01)}
    results = read(RandomizedSearchCV(TREE, space, n_iter=4, cv=3, random_state=0))
    assert results.axes == {"min_samples_leaf": (1, 2, 3)}


def test_reasons_where_nothing_can_be_read(read):
    """Too few splits, no table, no fit, and tables of another make: each is told."""
    assert "2 splits" in read(GridSearchCV(TREE, DEPTHS, cv=2)).reason
    unfitted = GridSearchCV(TREE, DEPTHS)
    assert results_of_search(unfitted, unfitted, None, None, CLASSES).section == "skipped"
    search = GridSearchCV(TREE, DEPTHS, cv=3)
    read(search)
    search.cv_results_ = {**search.cv_results_, "params": None}
    assert "could not be read (TypeError" in read(search).reason
    del search.cv_results_
    assert isinstance(read(search), NoTwin)
    assert "keeps no scores" in read(search).reason


# --- comparing candidates --------------------------------------------------------------------


def test_difference_is_the_corrected_t_test():
    """Mean, standard error and p-value are Nadeau and Bengio's, and shift with the limit."""
    scores = [[0.9, 0.8, 0.85, 0.9, 0.8], [0.6, 0.62, 0.6, 0.65, 0.5]]
    results = results_of(scores)
    paired = np.subtract(*scores)
    gain, n_splits = split_difference(results, 0, 1)
    se = np.std(paired, ddof=1) * np.sqrt(1 / 5 + 1 / 4)
    assert (gain.value, gain.se, n_splits) == (pytest.approx(paired.mean()), pytest.approx(se), 5)
    oracle = stats.ttest_1samp(paired, METRIC_FLOOR, alternative="greater").statistic
    expected = stats.t.sf(oracle * np.sqrt(1 / 5) / np.sqrt(1 / 5 + 1 / 4), 4)
    assert difference_p(results, gain, 5) == pytest.approx(expected)
    found = gain._replace(value=detectable_difference(results, gain, 5, 0.01))
    assert difference_p(results, found, 5) < 0.01


def test_splits_that_failed_are_left_out():
    """A split in which one of the two has no score does not count."""
    results = results_of([[0.9, 0.8, np.nan, 0.7], [0.5, 0.6, 0.6, 0.6]])
    gain, n_splits = split_difference(results, 0, 1)
    assert (gain.value, n_splits) == (pytest.approx(0.7 / 3), 3)
    empty, none = split_difference(results_of([[np.nan] * 3, [1.0] * 3]), 0, 1)
    assert (np.isnan(empty.value), none) == (True, 0)


def test_splits_that_agree_by_chance_are_no_proof():
    """Differences of one row in every fold spread not at all; rows that are few still count."""
    scores = [[0.52] * 3, [0.5] * 3]
    few, many = results_of(scores, n_rows=150), results_of(scores, n_rows=100_000)
    gain, n_splits = split_difference(few, 0, 1)
    assert gain.se == pytest.approx(0)
    gain = gain._replace(se=0.0)
    assert difference_p(few, gain, n_splits) > 0.1
    assert difference_p(many, gain, n_splits) < 1e-6


def test_candidates_are_equal_by_what_they_hold():
    """Numbers by value, arrays and estimators by how they are written."""
    one = {"C": np.float64(1), "w": np.array([1, 2]), "inner": LogisticRegression()}
    assert same_params(one, {"C": 1, "w": np.array([1, 2]), "inner": LogisticRegression()})
    assert not same_params(one, {**one, "C": 2})
    assert not same_params(one, {"C": 1})


# --- a wider search --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["grid", "grids", "random", "halving", "pipeline"])
def test_the_wider_search_is_what_its_code_builds(read, table, kind):
    """The estimator, and the Python that is shown, search the same axes; the user's stay."""
    wider = {"max_depth": [1, 2, 3, 4, 5, 6]}
    other = {"min_samples_leaf": [1, 5], "max_depth": [9]}
    search = {
        "grids": lambda: GridSearchCV(TREE, [other, DEPTHS], cv=3, refit=lambda table: 3),
        "random": lambda: RandomizedSearchCV(TREE, DEPTHS, n_iter=3, cv=3),
        "halving": lambda: HalvingGridSearchCV(TREE, DEPTHS, cv=3),
    }.get(kind, lambda: GridSearchCV(TREE, DEPTHS, cv=3))()
    X, y = table(150)
    whole = make_pipeline(StandardScaler(), make_pipeline(search)) if kind == "pipeline" else search
    whole.fit(X, y)
    results = read(search, whole)
    estimator, code, n_fits = widened_search(results, wider)
    scope = {"estimator": clone(whole), "clone": clone}
    built = eval(code, scope)
    assert repr(built.get_params()[results.key]) == repr(estimator.get_params()[results.key])
    new = estimator.get_params()[results.key]
    assert new == ([other, wider] if kind == "grids" else wider)
    assert whole.get_params()[results.key] == ([other, DEPTHS] if kind == "grids" else DEPTHS)
    assert not hasattr(estimator, "best_estimator_")
    if kind in ("grid", "pipeline", "grids"):
        fitted = clone(estimator).fit(X, y)
        inner = fitted if kind != "pipeline" else fitted[-1][-1]
        assert n_fits == 3 * len(inner.cv_results_["params"]) + 1


def test_a_frozen_search_is_not_rebuilt(read):
    """What cannot be fitted again has no wider search."""
    frozen = FrozenEstimator(TREE.fit([[0.0], [1.0]], [0, 1]))
    search = GridSearchCV(TREE, DEPTHS, cv=3)
    read(search)
    assert widened_search(read(search, frozen), {"max_depth": [1]}) is None


def test_what_stands_in_for_a_failed_fit_is_no_score():
    """With a number for `error_score` candidates that never fitted have no score either."""
    X, y = load_digits(return_X_y=True)
    X, y = X[:300], y[:300]
    grid = {"min_samples_split": [0, 1, 2]}
    search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid, error_score=0)
    with pytest.warns(FitFailedWarning):
        search.fit(X, y)
    results = results_of_search(search, search, X, y, np.unique(y))
    assert np.isnan(results.scores[:2]).all()
    assert np.isfinite(results.scores[2]).all()


def test_a_wider_search_at_random_draws_as_many_more():
    """With the old number of draws the user's seed might never draw a new value."""
    X, y = load_digits(return_X_y=True)
    X, y = X[:300], y[:300]
    tree = DecisionTreeClassifier(random_state=0)
    search = RandomizedSearchCV(tree, {"max_depth": [1, 2, 3]}, n_iter=3, random_state=1)
    results = results_of_search(search.fit(X, y), search, X, y, np.unique(y))
    wider, code, _ = widened_search(results, {"max_depth": [1, 2, 3, 4, 5, 6]})
    assert wider.n_iter == 6
    assert set(wider.fit(X, y).cv_results_["param_max_depth"]) == {1, 2, 3, 4, 5, 6}
    assert "n_iter=6" in code
