"""Tests of LeakageCheckedSplit inside scikit-learn's searches and validations."""

import warnings

import numpy as np
import pytest
import sklearn
from sklearn.ensemble import StackingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import RFECV, SequentialFeatureSelector
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    KFold,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    permutation_test_score,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix.exceptions import LeakageError
from sklearn_lossfix.model_selection import _audit
from sklearn_lossfix.model_selection._leakage_checked_split import LeakageCheckedSplit

FOLDS = StratifiedKFold(4, shuffle=True, random_state=0)
GRID = {"n_neighbors": [1, 9]}


def _noise(seed=0):
    """Labels that are pure noise, and half of the rows twice."""
    rng = np.random.default_rng(seed)
    origin = np.concatenate([np.arange(200), np.arange(100)])
    return rng.normal(size=(200, 4))[origin], rng.integers(0, 2, 200)[origin], origin


@pytest.fixture
def searches(monkeypatch):
    """Count the searches for equal rows."""
    calls = []
    ask = _audit._ask

    def counted(check, data, earlier):
        if check.name == "exact_duplicates":
            calls.append(data.n_rows)
        return ask(check, data, earlier)

    monkeypatch.setattr(_audit, "_ask", counted)
    return calls


def _is_chance(scores):
    """Whether an accuracy on 200 or more rows of noise is what chance gives."""
    return abs(np.mean(scores) - 0.5) < 0.12


@pytest.mark.parametrize("on_leak", ["group", "drop"])
def test_scores_are_honest(on_leak):
    """One nearest neighbour cannot know noise; with copies on both sides it seems to."""
    X, y, _ = _noise()
    model = KNeighborsClassifier(1)
    assert np.mean(cross_val_score(model, X, y, cv=FOLDS)) > 0.65
    assert _is_chance(cross_val_score(model, X, y, cv=LeakageCheckedSplit(FOLDS, on_leak=on_leak)))


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_grid_search(n_jobs, searches):
    """A search is honest, pays once, and gives one result for any number of jobs."""
    X, y, _ = _noise()
    cv = LeakageCheckedSplit(FOLDS, on_leak="group")
    search = GridSearchCV(KNeighborsClassifier(), GRID, cv=cv, n_jobs=n_jobs).fit(X, y)
    assert _is_chance(search.cv_results_["mean_test_score"])
    assert search.n_splits_ == 4
    assert searches == [300]
    search.fit(X, y)
    assert searches == [300]


def test_halving_search(searches):
    """Successive halving accepts the splitter as one whose folds stay, and pays once."""
    X, y, _ = _noise()
    cv = LeakageCheckedSplit(FOLDS, on_leak="group")
    search = HalvingGridSearchCV(KNeighborsClassifier(), GRID, cv=cv, random_state=0).fit(X, y)
    assert _is_chance(search.cv_results_["mean_test_score"][-1:])
    assert searches == [300]
    unseeded = LeakageCheckedSplit(KFold(4, shuffle=True), on_leak="group")
    with pytest.raises(ValueError, match="consistent folds"):
        HalvingGridSearchCV(KNeighborsClassifier(), GRID, cv=unseeded).fit(X, y)


def test_stacking(searches):
    """Stacked models are trained out of fold without copies, and the table is searched once."""
    X, y, _ = _noise()
    models = [("tree", DecisionTreeClassifier(random_state=0)), ("knn", KNeighborsClassifier(1))]
    cv = LeakageCheckedSplit(FOLDS, on_leak="group")
    stack = StackingClassifier(models, LogisticRegression(), cv=cv).fit(X, y)
    # Bases that know nothing out of fold get no weight.
    assert np.abs(stack.final_estimator_.coef_).max() < 0.8
    assert searches == [300]


def test_permutation_test(searches):
    """Permuted labels change no finding: the table is searched once."""
    X, y, _ = _noise()
    cv = LeakageCheckedSplit(FOLDS, on_leak="drop")
    _, scores, p_value = permutation_test_score(
        KNeighborsClassifier(1), X, y, cv=cv, n_permutations=12, random_state=0
    )
    assert searches == [300]
    assert p_value > 0.05
    assert _is_chance(scores)


def test_feature_selection(searches):
    """Bound to the table, selectors that pass few columns split by its copies, and pay once."""
    X, y, _ = _noise()
    X = np.column_stack([X, np.random.default_rng(1).integers(0, 2, size=(300, 2))])
    cv = LeakageCheckedSplit(FOLDS, on_leak="group").bind(X, y)
    selector = SequentialFeatureSelector(
        KNeighborsClassifier(3), n_features_to_select=2, cv=cv
    ).fit(X, y)
    assert selector.get_support().sum() == 2
    RFECV(LogisticRegression(), cv=cv).fit(X, y)
    assert searches == [300]


def test_nested_cross_validation(searches):
    """Bound to the table, inner searches on outer training parts find their rows, and pay once."""
    X, y, _ = _noise()
    cv = LeakageCheckedSplit(FOLDS, on_leak="group").bind(X, y)
    inner = GridSearchCV(KNeighborsClassifier(), GRID, cv=cv)
    scores = cross_validate(inner, X, y, cv=cv, return_estimator=True)
    assert _is_chance(scores["test_score"])
    assert _is_chance([one.best_score_ for one in scores["estimator"]])
    assert searches == [300]


def test_nested_groups():
    """Bound groups reach inner searches, which scikit-learn does not hand them to."""
    X, y, origin = _noise()
    X = X + np.random.default_rng(0).normal(scale=0.05, size=X.shape)  # alike, but no copies
    cv = LeakageCheckedSplit(GroupKFold(4), on_leak="raise", near=None)
    inner = GridSearchCV(KNeighborsClassifier(), GRID, cv=cv.bind(X, y, groups=origin))
    scores = cross_validate(inner, X, y, cv=cv, return_estimator=True)
    assert _is_chance([one.best_score_ for one in scores["estimator"]])


def test_predictions_are_a_partition():
    """cross_val_predict accepts regrouped and purged folds: every row is tested once."""
    X, y, _ = _noise()
    for on_leak in ("group", "drop"):
        cv = LeakageCheckedSplit(FOLDS, on_leak=on_leak)
        predicted = cross_val_predict(KNeighborsClassifier(1), X, y, cv=cv)
        assert predicted.shape == y.shape
        assert _is_chance(predicted == y)


def test_learning_curve():
    """A learning curve takes the folds as they are."""
    X, y, _ = _noise()
    cv = LeakageCheckedSplit(FOLDS, on_leak="group")
    _, _, scores = learning_curve(KNeighborsClassifier(1), X, y, cv=cv, train_sizes=[0.5, 1.0])
    assert _is_chance(scores[-1])


def test_workers_are_silent():
    """Splitting in workers warns of nothing, once for each task."""
    X, y, _ = _noise()
    inner = GridSearchCV(KNeighborsClassifier(), GRID, cv=LeakageCheckedSplit(FOLDS))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = cross_validate(inner, X, y, cv=FOLDS, n_jobs=2, error_score="raise")
    assert len(scores["test_score"]) == 4


def test_groups_without_routing():
    """Groups passed to fit reach the check, and a wrapped splitter that uses them."""
    X, y, origin = _noise()
    strict = LeakageCheckedSplit(FOLDS, on_leak="raise", checks=["group_overlap"])
    with pytest.raises(LeakageError, match="group_overlap"):
        GridSearchCV(KNeighborsClassifier(), GRID, cv=strict).fit(X, y, groups=origin)
    grouped = LeakageCheckedSplit(GroupKFold(4), on_leak="raise", checks=["group_overlap"])
    search = GridSearchCV(KNeighborsClassifier(), GRID, cv=grouped).fit(X, y, groups=origin)
    assert _is_chance(search.cv_results_["mean_test_score"])


def test_metadata_routing():
    """With routing, groups and times are asked for, and groups go on to the wrapped splitter."""
    X, y, origin = _noise()
    with sklearn.config_context(enable_metadata_routing=True):
        for base in (FOLDS, GroupKFold(4)):
            cv = LeakageCheckedSplit(base, on_leak="group", checks=["group_overlap"])
            search = GridSearchCV(KNeighborsClassifier(), GRID, cv=cv).fit(X, y, groups=origin)
            assert _is_chance(search.cv_results_["mean_test_score"])
            assert cv.get_metadata_routing().consumes("split", ["groups", "times"]) == {
                "groups",
                "times",
            }
        strict = LeakageCheckedSplit(KFold(4), on_leak="raise", label_horizon=5)
        with pytest.raises(LeakageError, match="time_overlap"):
            GridSearchCV(KNeighborsClassifier(), GRID, cv=strict).fit(X, y, times=np.arange(300))
        deaf = LeakageCheckedSplit(KFold(4)).set_split_request(groups=False, times=False)
        assert deaf.get_metadata_routing().consumes("split", ["groups", "times"]) == set()
