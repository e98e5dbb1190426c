"""Leaks in the folds that a model was judged on."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import KFold, RepeatedKFold, StratifiedGroupKFold
from sklearn.neighbors import KNeighborsClassifier

from sklearn_lossfix.decision._scoring import resolve_metric
from sklearn_lossfix.diagnosis._fold_leaks import fold_leaks
from sklearn_lossfix.diagnosis._request import Data, Request
from sklearn_lossfix.diagnosis._workbench import Workbench


def make_bench(X, y, *, cv=5, groups=None, estimator=None):
    """A workbench over rows with groups."""
    data = Data(X, y, y, None, groups, np.arange(len(y)))
    request = Request(resolve_metric(None), None, np.unique(y), None, 0, None, cv, 0, notes=[])
    return Workbench(KNeighborsClassifier() if estimator is None else estimator, data, request)


def torn_folds(X):
    """Folds of rows, whatever their groups."""
    return list(KFold(5, shuffle=True, random_state=0).split(X))


def found(leaks):
    """What every check found."""
    return {leak.check: leak.found for leak in leaks.leaks}


@pytest.fixture
def grouped(table):
    """Rows of ten in a group, each a shifted copy of one that tells the label."""
    rng = np.random.default_rng(0)
    groups = np.arange(300) // 10
    X = rng.normal(size=(30, 4))[groups] + 0.05 * rng.normal(size=(300, 4))
    return X, rng.integers(0, 2, 30)[groups], groups


def test_folds_are_judged_by_given_groups(grouped):
    """Folds of rows tear groups apart that folds of groups keep together."""
    X, y, groups = grouped
    torn = make_bench(X, y, groups=groups, cv=torn_folds(X))
    leaks, facts = fold_leaks(torn)
    assert found(leaks)["group_overlap"] is True
    assert set(facts) == {"regrouped"}
    leaks, facts = fold_leaks(make_bench(X, y, groups=groups))
    assert found(leaks)["group_overlap"] is False
    assert facts == {}


def test_regrouped_scores_are_those_of_folds_that_keep_groups_together(grouped):
    """Row by row in the order of the model's own scores, which know the groups and are better."""
    X, y, groups = grouped
    torn = make_bench(X, y, groups=groups, cv=torn_folds(X))
    regrouped = fold_leaks(torn)[1]["regrouped"]
    splitter = StratifiedGroupKFold(5, shuffle=True, random_state=0)
    whole = make_bench(X, y, groups=groups, cv=splitter)
    expected = np.empty((300, 2))
    expected[whole.scored_rows] = whole.score(KNeighborsClassifier(), "by hand").proba
    np.testing.assert_array_equal(regrouped.proba, expected[torn.scored_rows])
    own = torn.score(KNeighborsClassifier(), "model")
    truth = y[torn.scored_rows]
    assert np.mean(own.pred == truth) > np.mean(regrouped.pred == truth) + 0.2


def test_rows_judged_twice_are_not_regrouped(grouped):
    """Without one score a row there is nothing to compare row by row."""
    X, y, groups = grouped
    cv = RepeatedKFold(n_splits=3, n_repeats=2, random_state=0)
    with pytest.warns(UserWarning, match="groups parameter is ignored"):
        bench = make_bench(X, y, groups=groups, cv=cv)
    leaks, facts = fold_leaks(bench)
    assert found(leaks)["group_overlap"] is True
    assert facts == {}


def test_a_column_that_tells_the_target_is_shuffled(table):
    """What the model says without it stands beside, and is worse; asked only where wanted."""
    X, y = table(1000, slope=1.0)
    X = np.column_stack([X, y + 0.1 * np.random.default_rng(0).normal(size=1000)])
    bench = make_bench(X, y)
    leaks, facts = fold_leaks(bench)
    assert found(leaks)["target_copies"] is True
    shuffled = facts["columns_shuffled"]["leaky-feature"]
    truth = y[bench.scored_rows]
    own = bench.score(KNeighborsClassifier(), "model")
    assert np.mean(shuffled.pred == truth) < np.mean(own.pred == truth) - 0.1
    leaks, facts = fold_leaks(bench, with_columns=False)
    assert "target_copies" not in found(leaks)
    assert facts == {}


@pytest.mark.parametrize("with_columns", [True, False])
def test_clumps_are_kept_together_where_no_groups_are_given(grouped, with_columns):
    """The clump of every scored row is its group, and scores without it are worse."""
    X, y, groups = grouped
    bench = make_bench(X, y)
    leaks, facts = fold_leaks(bench, with_columns)
    assert found(leaks)["hidden_entities"] is True
    assert set(facts) == {"regrouped", "clumps"}
    assert adjusted_rand_score(facts["clumps"], groups[bench.scored_rows]) > 0.9
    own, truth = bench.score(KNeighborsClassifier(), "model"), y[bench.scored_rows]
    assert np.mean(own.pred == truth) > np.mean(facts["regrouped"].pred == truth) + 0.2


def test_clumps_that_chain_are_not_kept_together(grouped):
    """Without links the clumps are named, and nothing is fitted again."""
    X, y, _ = grouped
    leaks, facts = fold_leaks(make_bench(X, y, cv=40))
    assert found(leaks)["hidden_entities"] is True
    assert facts == {}


def test_what_is_no_table_is_left_alone(table):
    """Images have no columns to look at; groups and times are still asked about."""
    X, y = table(60)
    images = X.reshape(60, 2, 2)
    assert fold_leaks(make_bench(images, y, cv=3)) == (None, {})
    leaks, _ = fold_leaks(make_bench(images, y, cv=3, groups=np.arange(60) // 6))
    assert "group_overlap" in found(leaks)


def test_a_regressor_is_not_asked_again(table):
    """What must be replaced first is not scored without its columns."""
    X, y = table(1000, slope=1.0)
    X = np.column_stack([X, y + 0.1 * np.random.default_rng(0).normal(size=1000)])
    assert fold_leaks(make_bench(X, y, estimator=LinearRegression()))[1] == {}
