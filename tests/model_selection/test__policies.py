"""Tests of repaired folds: quotient splits and purged training parts."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    LeaveOneGroupOut,
    LeaveOneOut,
    PredefinedSplit,
    RepeatedKFold,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
    TimeSeriesSplit,
)

from sklearn_lossfix.exceptions import LeakageError, TooFewRowsError
from sklearn_lossfix.model_selection._policies import (
    check_purged,
    check_regroupable,
    linked_components,
    purge,
    quotient_split,
)
from sklearn_lossfix.model_selection._wrapped_splitter import takes_groups

PARTITIONS = [
    KFold(5),
    KFold(5, shuffle=True, random_state=0),
    StratifiedKFold(5),
    StratifiedKFold(5, shuffle=True, random_state=0),
    RepeatedKFold(n_splits=4, n_repeats=2, random_state=0),
    RepeatedStratifiedKFold(n_splits=4, n_repeats=2, random_state=0),
    GroupKFold(5),
    StratifiedGroupKFold(4, shuffle=True, random_state=0),
]
SHUFFLES = [
    ShuffleSplit(3, test_size=0.2, random_state=0),
    ShuffleSplit(3, test_size=0.2, train_size=0.3, random_state=0),
    ShuffleSplit(3, test_size=200, random_state=0),
    StratifiedShuffleSplit(3, test_size=0.2, random_state=0),
    StratifiedShuffleSplit(3, test_size=200, train_size=500, random_state=0),
    GroupShuffleSplit(3, test_size=0.2, random_state=0),
]

N_ROWS = 1000


def _links(kind):
    """Numbers of linked rows: pairs, a few large sets, groups of all sizes, or everything."""
    rng = np.random.default_rng(0)
    links = np.arange(N_ROWS)
    if kind == "pairs":
        rows = rng.permutation(N_ROWS)
        links[rows[:150]] = links[rows[150:300]]
    elif kind == "large":
        links[:120], links[300:400], links[500:590] = 0, 300, 500
    elif kind == "groups":
        links = rng.integers(0, 120, N_ROWS)
    elif kind == "skewed":
        links = np.floor(200 * rng.random(N_ROWS) ** 2).astype(int)
    return links


def _target():
    return (np.random.default_rng(1).random(N_ROWS) < 0.2).astype(int)


def _split(cv, links, y):
    components = linked_components([links], len(links))
    X = np.zeros((len(links), 1))
    return list(quotient_split(cv, X, y, components, with_groups=takes_groups(cv)))


KINDS = ["pairs", "large", "groups", "skewed"]


@given(st.lists(st.lists(st.integers(-1, 4), min_size=8, max_size=8), max_size=3))
def test_components_are_the_transitive_closure(links):
    """Rows are together exactly if a chain of links of any kind leads from one to the other."""
    links = [np.array(labels) for labels in links]
    together = np.eye(8, dtype=bool)
    for labels in links:
        together |= (labels[:, None] == labels) & (labels >= 0)[:, None]
    for _ in range(3):
        together = together @ together
    components = linked_components(links, 8)
    codes = components.codes
    np.testing.assert_array_equal(codes[:, None] == codes, together)
    np.testing.assert_array_equal(codes[components.first], np.arange(components.n_components))
    np.testing.assert_array_equal(np.diff(components.first) > 0, True)
    np.testing.assert_array_equal(components.sizes, np.bincount(codes))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cv", PARTITIONS + SHUFFLES, ids=str)
def test_linked_rows_stay_on_one_side(cv, kind):
    """No set of linked rows stands in both parts, no row is doubled, and no split is lost."""
    links, y = _links(kind), _target()
    folds = _split(cv, links, y)
    assert len(folds) == cv.get_n_splits(np.zeros((N_ROWS, 1)), y, links)
    for train, test in folds:
        assert not np.intersect1d(links[train], links[test]).size
        assert len(np.unique(np.concatenate([train, test]))) == len(train) + len(test)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cv", PARTITIONS, ids=str)
def test_tests_are_a_partition(cv, kind):
    """Every row is tested once in every round, and trains otherwise: as cross_val_predict needs."""
    folds = _split(cv, _links(kind), _target())
    tested = np.bincount(np.concatenate([test for _, test in folds]), minlength=N_ROWS)
    np.testing.assert_array_equal(tested, 2 if "Repeated" in type(cv).__name__ else 1)
    for train, test in folds:
        np.testing.assert_array_equal(np.sort(np.concatenate([train, test])), np.arange(N_ROWS))


def test_rare_classes_lead_their_sets():
    """Groups in which a class is never the commonest still stand for it where it is strong."""
    y = (np.random.default_rng(0).random(N_ROWS) < 0.1).astype(int)
    groups = np.arange(N_ROWS) // 10
    folds = _split(StratifiedKFold(5, shuffle=True, random_state=0), groups, y)
    assert np.ptp([y[test].sum() for _, test in folds]) <= 2


@pytest.mark.parametrize("kind", ["pairs", "groups", "skewed"])
@pytest.mark.parametrize("cv", PARTITIONS + SHUFFLES, ids=str)
def test_parts_are_as_large_as_the_splitter_means(cv, kind):
    """Test parts miss the size for single rows by less than one in a hundred rows."""
    y = _target()
    X, groups = np.zeros((N_ROWS, 1)), np.arange(N_ROWS)
    given = {"groups": groups} if takes_groups(cv) else {}
    meant = [len(test) for _, test in cv.split(X, y, **given)]
    sizes = [len(test) for _, test in _split(cv, _links(kind), y)]
    np.testing.assert_allclose(sizes, meant, atol=N_ROWS / 100)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "cv", [cv for cv in PARTITIONS + SHUFFLES if "Stratified" in type(cv).__name__], ids=str
)
def test_stratified_parts_keep_the_shares_of_classes(cv, kind):
    """The share of the rarer class in every test part is that of all rows, to two points."""
    y = _target()
    shares = [y[test].mean() for _, test in _split(cv, _links(kind), y)]
    np.testing.assert_allclose(shares, y.mean(), atol=0.02)


def test_balance_is_that_of_stratified_group_k_fold():
    """Sizes and class shares scatter no more than those of scikit-learn's slow splitter."""
    links, y = _links("groups"), _target()
    slow = list(
        StratifiedGroupKFold(5, shuffle=True, random_state=0).split(np.zeros(N_ROWS), y, links)
    )
    fast = _split(StratifiedKFold(5, shuffle=True, random_state=0), links, y)
    for measure in (len, lambda rows: y[rows].sum()):
        spread = [np.ptp([measure(test) for _, test in folds]) for folds in (slow, fast)]
        assert spread[1] <= max(spread[0], 3)


@pytest.mark.parametrize(
    "cv", [cv for cv in PARTITIONS if not takes_groups(cv)] + SHUFFLES[:5], ids=str
)
def test_single_rows_are_split_as_by_the_splitter(cv):
    """Where nothing is linked, the quotient is the table itself."""
    y = _target()
    folds = _split(cv, np.arange(N_ROWS), y)
    for (train, test), (base_train, base_test) in zip(
        folds, cv.split(np.zeros((N_ROWS, 1)), y), strict=True
    ):
        # Test sizes of shuffled splits are rounded from shares.
        np.testing.assert_array_equal(train, np.sort(base_train))
        np.testing.assert_array_equal(test, np.sort(base_test))


def test_leave_one_out_leaves_one_set_out():
    """Splitters of single rows become splitters of single sets, and are not rebalanced."""
    links = np.array([0, 1, 0, 2, 2, 2])
    tests = [test.tolist() for _, test in _split(LeaveOneOut(), links, None)]
    assert tests == [[0, 2], [1], [3, 4, 5]]
    assert tests == [test.tolist() for _, test in _split(LeaveOneGroupOut(), links, None)]


class _Reader:
    """A splitter of nobody's library, which reads X and the target."""

    def split(self, X, y=None, groups=None):
        self.seen = X, y
        yield np.arange(1, len(X)), np.array([0])

    def get_n_splits(self, X=None, y=None, groups=None):
        return 1


@pytest.mark.parametrize("as_container", [np.asarray, pd.Series, pl.Series, list])
def test_representatives_stand_for_their_rows(as_container):
    """Foreign splitters get the first row of every set, with the class it holds most of."""
    links = np.array([0, 1, 0, 2, 2, 2, 0])
    labels = np.array(["b", "a", "c", "b", "a", "a", "c"])
    reader = _Reader()
    components = linked_components([links], 7)
    X = np.arange(14).reshape(7, 2)
    ((train, test),) = quotient_split(reader, X, as_container(labels.tolist()), components)
    np.testing.assert_array_equal(reader.seen[0], X[[0, 1, 3]])
    assert reader.seen[1].tolist() == ["c", "a", "a"]
    assert (train.tolist(), test.tolist()) == ([1, 3, 4, 5], [0, 2, 6])


def test_numbers_are_averaged():
    """Sets of rows with numbers as a target have the mean of them."""
    reader = _Reader()
    components = linked_components([np.array([0, 0, 1])], 3)
    list(quotient_split(reader, np.zeros((3, 1)), np.array([0.5, 1.0, 4.25]), components))
    assert reader.seen[1].tolist() == [0.75, 4.25]
    several = np.array([[0.5, 1.0], [3.5, 2.0], [1.5, 1.0]])
    list(quotient_split(reader, np.zeros((3, 1)), several, components))
    assert reader.seen[1].tolist() == several[[0, 2]].tolist()


def test_equally_held_classes_give_the_first_one():
    """The label of a set does not depend on the order of its rows."""
    reader = _Reader()
    for labels in ([2, 1, 0, 0], [1, 2, 0, 0]):
        components = linked_components([np.array([0, 0, 1, 2])], 4)
        list(quotient_split(reader, np.zeros((4, 1)), np.array(labels), components))
        assert reader.seen[1].tolist() == [1, 0, 0]


def test_purge_removes_exactly_the_linked_training_rows():
    """Training rows of a set that is tested go, all others stay in their order."""
    links = _links("groups")
    folds = list(KFold(5).split(links))
    purged = purge(folds, components=linked_components([links], N_ROWS))
    for (train, test), (kept, tested) in zip(folds, purged, strict=True):
        assert tested is test
        np.testing.assert_array_equal(kept, train[~np.isin(links[train], links[test])])


def test_purge_removes_overlapping_labels():
    """With daily rows, a horizon of 3 and an embargo of 2, two rows go before and four after."""
    times = np.arange(20.0)
    folds = [(np.r_[:8, 12:20], np.arange(8, 12))]
    ((kept, _),) = purge(folds, times=times, horizon=3.0, embargo=2.0)
    assert kept.tolist() == [0, 1, 2, 3, 4, 5, 16, 17, 18, 19]


def test_purge_gives_the_same_objects_where_nothing_goes():
    """Folds without a leak are untouched."""
    folds = list(KFold(5).split(np.zeros(50)))
    purged = purge(
        folds,
        components=linked_components([np.arange(50)], 50),
        times=np.arange(50.0),
    )
    for before, after in zip(folds, purged, strict=True):
        assert before[0] is after[0]
        assert before[1] is after[1]


def test_emptied_parts_are_refused():
    """A training part that loses all rows, or a whole class, is named."""
    folds = [(np.arange(4), np.arange(4, 8))]
    everything = purge(folds, components=linked_components([np.tile(np.arange(4), 2)], 8))
    with pytest.raises(TooFewRowsError, match="leaves no training row in fold 0: all 4"):
        check_purged(folds, everything, None)
    half = purge(folds, components=linked_components([np.array([0, 1, 2, 3, 0, 1, 4, 5])], 8))
    check_purged(folds, half, np.array([0, 1, 0, 1, 0, 1, 0, 1]))
    check_purged(folds, half, np.array([0.5, 1.5, 0.25, 1, 0, 1, 0, 1]))
    with pytest.raises(TooFewRowsError, match="of the class of row 0 in fold 0"):
        check_purged(folds, half, np.array([0, 0, 1, 1, 0, 1, 0, 1]))


@pytest.mark.parametrize(
    "base", [TimeSeriesSplit(3), PredefinedSplit([0, 1, 0, 1])], ids=["time", "predefined"]
)
def test_fixed_folds_can_only_be_purged(base):
    """Folds that are tied to the rows are not drawn anew, and the error names the way out."""
    with pytest.raises(LeakageError, match="on_leak='drop'"):
        check_regroupable(base, linked_components([], 4), 0, 1.0)


def test_one_component_must_not_swallow_the_data():
    """A chain of links is refused, unless the user gave a group that large."""
    components = linked_components([np.repeat([0, 1, 2], [50, 25, 25])], 100)
    with pytest.raises(LeakageError, match="50 of 100 rows on one side"):
        check_regroupable(KFold(3), components, 0, 0.2)
    check_regroupable(KFold(3), components, 50, 0.2)
    check_regroupable(KFold(3), components, 0, 0.5)
