"""Tests of the check of given groups on both sides of a fold."""

import numpy as np
import pytest
from sklearn.model_selection import GroupKFold, KFold

from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection.leakage._split_data import LeakageOptions, SplitData
from sklearn_lossfix.model_selection.leakage._table import Table
from sklearn_lossfix.model_selection.leakage.group_overlap import GroupOverlap


def _judge(groups, cv, evidence=100):
    X = np.zeros((len(groups), 1))
    given = {"groups": groups} if isinstance(cv, GroupKFold) else {}
    data = SplitData(
        Table.read(X),
        tuple(cv.split(X, **given)),
        groups=groups,
        options=LeakageOptions(evidence=evidence),
    )
    return GroupOverlap().run(data, {}), data


@pytest.mark.parametrize("n_groups", [3, 40, 150])
def test_counts_are_those_of_the_definition(n_groups):
    """A test row leaks exactly if some training row of its fold has its group."""
    groups = np.random.default_rng(n_groups).integers(0, n_groups, 200)
    leak, data = _judge(groups, KFold(4))
    expected = [np.isin(groups[test], groups[train]).sum() for train, test in data.folds]
    np.testing.assert_array_equal(leak.per_fold, expected)
    assert leak.found
    assert leak.rate == sum(expected) / 200
    assert leak.p_value == 0.0
    assert leak.expected_rate == 0.0
    shared = {g for train, test in data.folds for g in np.intersect1d(groups[train], groups[test])}
    assert leak.details["n_shared_groups"] == len(shared)


def test_evidence_shows_leaked_rows_of_every_fold():
    """Every pair is a training and a test row of its fold in one group, and no fold is left out."""
    groups = np.random.default_rng(0).integers(0, 20, 200)
    leak, data = _judge(groups, KFold(4), evidence=10)
    assert len(leak.pairs) == 10
    assert set(leak.pairs[:, 0]) == {0, 1, 2, 3}
    for fold, train, test in leak.pairs:
        assert train in data.folds[fold][0]
        assert test in data.folds[fold][1]
        assert groups[train] == groups[test]


def test_links_are_the_groups():
    """What a split has to keep together are the groups themselves."""
    groups = np.repeat([0, 1, 2, 3], 5)[::-1].copy()
    leak, _ = _judge(groups, KFold(3, shuffle=True, random_state=0))
    np.testing.assert_array_equal(leak.links, groups)


@pytest.mark.parametrize("groups", [np.repeat(np.arange(10), 4), np.arange(40)])
def test_silent_where_groups_stay_on_one_side(groups):
    """Nothing is found between folds that keep groups together, nor of groups of one row."""
    leak, _ = _judge(groups, GroupKFold(4))
    assert leak.found is False
    assert leak.rate == 0.0
    assert leak.per_fold.tolist() == [0, 0, 0, 0]


def test_not_applicable_without_groups():
    """Without groups there is nothing to judge, and the reason says so."""
    X = np.zeros((10, 1))
    data = SplitData(Table.read(X), tuple(KFold(2).split(X)))
    with pytest.raises(CheckNotApplicable, match="No groups were given"):
        GroupOverlap().run(data, {})
