"""Tests of LeakageCheckedSplit: what it yields, says, mends and remembers."""

import contextlib
import copy
import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    LeaveOneGroupOut,
    LeaveOneOut,
    LeavePGroupsOut,
    LeavePOut,
    PredefinedSplit,
    RepeatedKFold,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
    TimeSeriesSplit,
    check_cv,
)

from sklearn_lossfix.exceptions import LeakageError, LeakageWarning, TooFewRowsError
from sklearn_lossfix.model_selection import _audit
from sklearn_lossfix.model_selection._leakage_checked_split import LeakageCheckedSplit
from sklearn_lossfix.model_selection.leakage._order import LEAKAGE_CHECKS

N_CLEAN = 24
SPLITTERS = [
    5,
    None,
    KFold(4),
    KFold(4, shuffle=True, random_state=0),
    StratifiedKFold(4),
    StratifiedKFold(4, shuffle=True, random_state=0),
    RepeatedKFold(n_splits=3, n_repeats=2, random_state=0),
    RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0),
    ShuffleSplit(3, test_size=0.3, train_size=0.5, random_state=0),
    StratifiedShuffleSplit(3, test_size=0.3, random_state=0),
    TimeSeriesSplit(3, gap=2),
    PredefinedSplit(np.arange(N_CLEAN) % 3 - 1),
    LeaveOneOut(),
    LeavePOut(2),
    GroupKFold(4),
    GroupShuffleSplit(3, random_state=0),
    StratifiedGroupKFold(4, shuffle=True, random_state=0),
    LeaveOneGroupOut(),
    LeavePGroupsOut(2),
    [(np.arange(10), np.arange(10, 24)), (np.arange(5, 24), np.arange(5))],
    [(list(range(10)), list(range(10, 24)))],
    [(np.arange(24) < 10, np.arange(24) >= 10)],
]
POLICIES = ["warn", "raise", "group", "drop", "ignore"]


def _clean(seed=0):
    """Rows without any leak, labels, and groups of single rows."""
    rng = np.random.default_rng(seed)
    y = np.tile([0, 1], N_CLEAN // 2)
    return rng.normal(size=(N_CLEAN, 3)), y, np.repeat(np.arange(12), 2)


def _copied(n_rows=240, n_copies=60, seed=0):
    """Rows of which some stand twice, labels, and the number of the row that each one copies."""
    rng = np.random.default_rng(seed)
    origin = np.concatenate([np.arange(n_rows), np.arange(n_copies)])
    X = rng.normal(size=(n_rows, 5))
    y = (X[:, 0] + rng.normal(size=n_rows) > 0).astype(int)
    return X[origin], y[origin], origin


def _crossing(folds, origin):
    """Number of test rows whose copy is in training, over all folds."""
    return sum(np.isin(origin[test], origin[train]).sum() for train, test in folds)


SHUFFLED = StratifiedKFold(5, shuffle=True, random_state=0)


@pytest.mark.parametrize("on_leak", POLICIES)
@pytest.mark.parametrize("cv", SPLITTERS, ids=lambda cv: str(cv)[:30])
def test_clean_folds_are_those_of_the_wrapped_splitter(cv, on_leak):
    """Where nothing leaks, the folds are byte by byte what they would be without us."""
    X, y, groups = _clean()
    base = check_cv(cv, y, classifier=True)
    takes = "Group" in type(base).__name__
    given = groups if takes else None
    expected = list(base.split(X, y, given))
    splitter = LeakageCheckedSplit(cv, on_leak=on_leak)
    got = list(splitter.split(X, y, given))
    assert len(got) == len(expected) == splitter.get_n_splits(X, y, given)
    for pair, expected_pair in zip(got, expected, strict=True):
        for part, expected_part in zip(pair, expected_pair, strict=True):
            part, expected_part = np.asarray(part), np.asarray(expected_part)
            assert part.dtype == expected_part.dtype
            assert part.tobytes() == expected_part.tobytes()


def test_iterators_can_be_split_with_again():
    """A generator of splits is read once and kept."""
    X, y, _ = _clean()
    splitter = LeakageCheckedSplit(iter(list(KFold(3).split(X))))
    first, second = list(splitter.split(X, y)), list(splitter.split(X, y))
    assert len(first) == len(second) == splitter.get_n_splits() == 3


@pytest.mark.parametrize(
    "cv",
    [
        5,
        KFold(5, shuffle=True, random_state=0),
        SHUFFLED,
        ShuffleSplit(3, random_state=0),
        StratifiedShuffleSplit(3, random_state=0),
        RepeatedStratifiedKFold(n_splits=4, n_repeats=2, random_state=0),
    ],
    ids=str,
)
@pytest.mark.parametrize("on_leak", ["group", "drop"])
def test_copies_are_mended(cv, on_leak):
    """No test row has a copy in training after either policy, and no fold is lost."""
    X, y, origin = _copied()
    splitter = LeakageCheckedSplit(cv, on_leak=on_leak)
    folds = list(splitter.split(X, y))
    assert _crossing(check_cv(cv, y, classifier=True).split(X, y), origin) > 0
    assert _crossing(folds, origin) == 0
    assert len(folds) == splitter.get_n_splits(X, y)


def test_drop_leaves_test_parts_and_other_training_rows():
    """Only training rows with a copy in the test part go."""
    X, y, origin = _copied()
    folds = LeakageCheckedSplit(SHUFFLED, on_leak="drop").split(X, y)
    for (train, test), (base_train, base_test) in zip(folds, SHUFFLED.split(X, y), strict=True):
        np.testing.assert_array_equal(test, base_test)
        kept = base_train[~np.isin(origin[base_train], origin[base_test])]
        np.testing.assert_array_equal(train, kept)


def test_groups_are_kept_together_with_copies():
    """Given groups and copies are joined: rows linked by either stay on one side."""
    X, y, origin = _copied()
    groups = np.arange(len(X)) // 3
    for cv in (SHUFFLED, GroupKFold(5)):
        folds = list(LeakageCheckedSplit(cv, on_leak="group").split(X, y, groups))
        assert _crossing(folds, origin) == 0
        assert _crossing(folds, groups) == 0


@pytest.mark.parametrize("on_leak", ["group", "drop"])
def test_natural_duplicates_are_left_alone(on_leak):
    """Few columns of few values repeat by chance: that is no leak, and the folds stay."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 4, size=(1000, 3)).astype(float)
    y = rng.integers(0, 2, 1000)
    folds = list(LeakageCheckedSplit(SHUFFLED, on_leak=on_leak).split(X, y))
    for (train, test), (base_train, base_test) in zip(folds, SHUFFLED.split(X, y), strict=True):
        np.testing.assert_array_equal(train, base_train)
        np.testing.assert_array_equal(test, base_test)


def test_raise_names_rows_and_the_way_out():
    """The error counts, shows the first rows, and says what to do; it holds what was found."""
    X, y, origin = _copied()
    splitter = LeakageCheckedSplit(SHUFFLED, on_leak="raise")
    with pytest.raises(LeakageError, match=r"on_leak='group'.*'drop'.*audit") as caught:
        list(splitter.split(X, y))
    leak = caught.value.report["exact_duplicates"]
    n_leaked = _crossing(SHUFFLED.split(X, y), origin)
    assert leak.per_fold.sum() == n_leaked
    assert f"{n_leaked:,} of {len(X):,}" in str(caught.value)
    fold, train, test = leak.pairs[0]
    assert f"training row {train} and test row {test} in fold {fold}" in str(caught.value)
    assert origin[train] == origin[test]
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert isinstance(again, ValueError)


def test_warns_once_per_data_set():
    """One warning for a table, however often it is split and by whichever copy."""
    X, y, _ = _copied()
    splitter = LeakageCheckedSplit(SHUFFLED)
    with pytest.warns(LeakageWarning, match="exact_duplicates") as caught:
        folds = list(splitter.split(X, y))
    assert len(caught) == 1
    assert caught[0].filename == __file__
    for (train, _), (base_train, _) in zip(folds, SHUFFLED.split(X, y), strict=True):
        np.testing.assert_array_equal(train, base_train)
    for again in (splitter, copy.copy(splitter), copy.deepcopy(splitter), clone(splitter)):
        list(again.split(X, y))
    other, y, _ = _copied(seed=1)
    with pytest.warns(LeakageWarning):
        list(splitter.split(other, y))


def test_ignore_looks_at_nothing():
    """With "ignore", tables are not even read."""
    X = [[["no", "table"]]] * 10
    folds = list(LeakageCheckedSplit(KFold(2), on_leak="ignore").split(X))
    assert [test.tolist() for _, test in folds] == [list(range(5)), list(range(5, 10))]


@pytest.mark.parametrize(
    "cv",
    [
        TimeSeriesSplit(4),
        PredefinedSplit(np.arange(300) % 7),
        [(np.arange(200), np.arange(200, 300))],
    ],
    ids=["time", "predefined", "iterable"],
)
def test_fixed_folds_can_be_purged_only(cv):
    """Folds tied to the rows cannot be drawn anew, and the error says what is possible."""
    X, y, origin = _copied()
    with pytest.raises(LeakageError, match="Use on_leak='drop'"):
        list(LeakageCheckedSplit(cv, on_leak="group").split(X, y))
    folds = list(LeakageCheckedSplit(cv, on_leak="drop").split(X, y))
    assert _crossing(folds, origin) == 0


def test_purging_too_much_is_refused():
    """A purge that empties a training part names the fold."""
    X, y, _ = _copied(60, 60)
    cv = [(np.arange(60), np.arange(60, 120))]
    with pytest.raises(TooFewRowsError, match="no training row in fold 0"):
        list(LeakageCheckedSplit(cv, on_leak="drop").split(X, y))


def test_horizon_is_purged():
    """Labels that look ahead are removed from the training part before the test, not after it."""
    X = np.random.default_rng(0).normal(size=(100, 3))
    days = np.datetime64("2024-01-01") + np.arange(100)
    splitter = LeakageCheckedSplit(
        TimeSeriesSplit(4), on_leak="drop", label_horizon=np.timedelta64(5, "D"), times="day"
    )
    frame = pd.DataFrame(X, columns=list("abc")).assign(day=days)
    for (train, test), (base_train, _) in zip(
        splitter.split(frame), TimeSeriesSplit(4).split(X), strict=True
    ):
        np.testing.assert_array_equal(train, base_train[base_train <= test[0] - 5])
    with pytest.raises(LeakageError, match="Use on_leak='drop'"):
        list(
            LeakageCheckedSplit(5, on_leak="group", label_horizon=5).split(X, times=np.arange(100))
        )


def test_bursts_are_grouped():
    """Rows whose labels overlap stay on one side where there are breaks between them."""
    burst = np.repeat(np.arange(40), 5)
    X = np.random.default_rng(0).normal(size=(200, 3))
    times = burst * 100.0 + np.tile(np.arange(5), 40)
    cv = KFold(5, shuffle=True, random_state=0)
    splitter = LeakageCheckedSplit(cv, on_leak="group", times=times, label_horizon=3)
    assert _crossing(splitter.split(X), burst) == 0


def test_random_folds_over_time_are_a_note():
    """Times without a horizon do not change random folds, nor warn."""
    X, y, _ = _clean()
    splitter = LeakageCheckedSplit(KFold(3, shuffle=True, random_state=0), on_leak="raise")
    assert len(list(splitter.split(X, y, times=np.arange(N_CLEAN)))) == 3


@pytest.mark.parametrize("on_leak", ["raise", "group", "drop"])
def test_unsorted_time_series_are_refused(on_leak):
    """A forward split over rows that are not sorted by time can only be sorted."""
    X, y, _ = _clean()
    splitter = LeakageCheckedSplit(TimeSeriesSplit(3), on_leak=on_leak)
    with pytest.raises(LeakageError, match="Sort the rows"):
        list(splitter.split(X, y, times=np.arange(N_CLEAN)[::-1]))


@pytest.mark.parametrize(
    "as_container",
    [
        np.asarray,
        np.asfortranarray,
        lambda X: X.tolist(),
        lambda X: X.astype(np.float32),
        sparse.csr_array,
        lambda X: pd.DataFrame(X, index=np.arange(len(X))[::-1]),
        lambda X: pl.DataFrame(X),
        lambda X: X.astype(object),
    ],
    ids=["array", "fortran", "list", "float32", "sparse", "pandas", "polars", "object"],
)
def test_containers_give_equal_folds(as_container):
    """The folds are those of the array, whatever holds the rows."""
    X, y, _ = _copied()
    splitter = LeakageCheckedSplit(SHUFFLED, on_leak="group")
    expected = [test.tolist() for _, test in splitter.split(X, y)]
    assert [test.tolist() for _, test in splitter.split(as_container(X), y)] == expected


@pytest.mark.parametrize(
    "as_target",
    [lambda y: y.tolist(), pd.Series, pl.Series, lambda y: np.array(["b", "c"])[y]],
    ids=["list", "pandas", "polars", "text"],
)
def test_targets_give_equal_folds(as_target):
    """The folds are those of codes, whatever holds the labels."""
    X, y, _ = _copied()
    splitter = LeakageCheckedSplit(SHUFFLED, on_leak="group")
    expected = [test.tolist() for _, test in splitter.split(X, y)]
    assert [test.tolist() for _, test in splitter.split(X, as_target(y))] == expected


def test_split_does_not_read_the_target():
    """Findings are the same for any labels: they only go through the wrapped splitter."""
    X, y, _ = _copied()
    cv = KFold(5, shuffle=True, random_state=0)
    splitter = LeakageCheckedSplit(cv, on_leak="group")
    expected = [test.tolist() for _, test in splitter.split(X)]
    for target in (y, y[::-1], np.random.default_rng(0).normal(size=len(y)), np.stack([y, y], 1)):
        assert [test.tolist() for _, test in splitter.split(X, target)] == expected


def _count_searches(monkeypatch):
    """Count how often the search for equal rows runs."""
    check = next(check for check in LEAKAGE_CHECKS if check.name == "exact_duplicates")
    calls = []
    ask = _audit._ask

    def counted(asked, data, earlier):
        if asked is check:
            calls.append(data.n_rows)
        return ask(asked, data, earlier)

    monkeypatch.setattr(_audit, "_ask", counted)
    return calls


def test_search_is_paid_once_per_table(monkeypatch):
    """Copies of a splitter, other labels and other seeds of folds search no table again."""
    calls = _count_searches(monkeypatch)
    X, y, origin = _copied()
    splitter = LeakageCheckedSplit(StratifiedKFold(5, shuffle=True), on_leak="group")
    for seed, again in enumerate([splitter, clone(splitter), copy.deepcopy(splitter)]):
        y = np.random.default_rng(seed).permutation(y)
        assert _crossing(again.split(X, y), origin) == 0
    assert len(calls) == 1
    list(splitter.split(X + 1, y))
    assert len(calls) == 2
    splitter.near = 0.5
    list(splitter.split(X, y))
    assert len(calls) == 3


def test_changed_tables_are_noticed(monkeypatch):
    """A table that was changed in place is another table."""
    calls = _count_searches(monkeypatch)
    X, y, _ = _copied()
    splitter = LeakageCheckedSplit(SHUFFLED, on_leak="raise")
    with pytest.raises(LeakageError):
        list(splitter.split(X, y))
    X[:] = np.random.default_rng(5).normal(size=X.shape)
    assert len(list(splitter.split(X, y))) == 5
    assert len(calls) == 2


def test_split_is_pure():
    """Splitting changes no attribute and no input, and gives the same folds again."""
    X, y, origin = _copied()
    splitter = LeakageCheckedSplit(SHUFFLED, on_leak="group", times=list(range(len(X))))
    before, names = (X.copy(), y.copy()), dict(vars(splitter))
    first = list(splitter.split(X, y, origin))
    second = list(splitter.split(X, y, origin))
    np.testing.assert_array_equal(X, before[0])
    np.testing.assert_array_equal(y, before[1])
    assert vars(splitter) == names
    for (train, test), (train_again, test_again) in zip(first, second, strict=True):
        np.testing.assert_array_equal(train, train_again)
        np.testing.assert_array_equal(test, test_again)


def test_a_draw_is_checked_and_yielded():
    """Unseeded folds are drawn once: those that were checked are those that are yielded."""
    X, y, _ = _clean()
    splitter = LeakageCheckedSplit(KFold(3, shuffle=True), on_leak="drop")
    tests = np.concatenate([test for _, test in splitter.split(X, y)])
    np.testing.assert_array_equal(np.sort(tests), np.arange(N_CLEAN))


def test_bound_splitter_maps_rows_and_columns():
    """Bound to a table, parts of it get its copies and groups; few columns make no copies."""
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=(300, 3)), rng.integers(0, 2, size=(300, 2))])
    origin = np.concatenate([np.arange(250), np.arange(50)])
    X = X[origin]
    y = rng.integers(0, 2, 300)
    splitter = LeakageCheckedSplit(SHUFFLED, on_leak="group").bind(X, y, groups=origin // 2)
    rows = rng.permutation(300)[:200]
    for part, at in [(X, np.arange(300)), (X[rows], rows), (X[:, 3:], np.arange(300))]:
        folds = list(splitter.split(part, y[at]))
        assert _crossing(folds, origin[at]) == 0
        assert _crossing(folds, origin[at] // 2) == 0
        sizes = [len(test) for _, test in folds]
        assert max(sizes) - min(sizes) <= 0.05 * len(at)


def test_binding_is_paid_once(monkeypatch):
    """Later calls with parts of the bound table search nothing."""
    X, y, origin = _copied()
    splitter = LeakageCheckedSplit(SHUFFLED, on_leak="drop").bind(X, y)
    calls = _count_searches(monkeypatch)
    for rows in (np.arange(len(X)), np.arange(0, len(X), 2), np.arange(100)):
        for again in (splitter, clone(splitter), pickle.loads(pickle.dumps(splitter))):
            assert _crossing(again.split(X[rows], y[rows]), origin[rows]) == 0
    assert calls == []


def test_bound_copies_that_did_not_cross_are_known():
    """Copies on one side of the folds at hand can stand on both sides of others."""
    X, y, origin = _copied()
    order = np.argsort(origin, kind="stable")
    splitter = LeakageCheckedSplit(SHUFFLED, on_leak="raise").bind(X, y)
    assert len(list(splitter.split(X[:240], y[:240]))) == 5
    with pytest.raises(LeakageError):
        list(splitter.split(X[order][:100], y[order][:100]))


def test_strangers_to_a_bound_splitter_are_refused():
    """Rows of another table are counted, and the error says what to do."""
    X, y, _ = _copied()
    splitter = LeakageCheckedSplit(SHUFFLED, on_leak="drop").bind(X, y)
    with pytest.raises(ValueError, match="Bind it to these rows"):
        list(splitter.split(X[:100] + 1, y[:100]))


def test_bound_times_follow_their_rows():
    """Times that were bound are those of the rows at hand."""
    X = np.random.default_rng(0).normal(size=(100, 3))
    splitter = LeakageCheckedSplit(KFold(4), on_leak="drop", label_horizon=3)
    splitter.bind(X, times=np.arange(100.0))
    for train, test in splitter.split(X[::2]):
        assert np.abs(train[:, None] - test).min() >= 2  # every second day: 1 apart is 2 days


def test_bound_datetimes_stay_datetimes():
    """Durations fit the times of a bound table as they fit those that were given."""
    X = np.random.default_rng(0).normal(size=(100, 3))
    days = np.datetime64("2024-01-01") + np.arange(100) * np.timedelta64(1, "D")
    splitter = LeakageCheckedSplit(KFold(4), on_leak="drop", label_horizon=np.timedelta64(3, "D"))
    unbound = [train.tolist() for train, _ in splitter.split(X, times=days)]
    splitter.bind(X, times=days)
    assert [train.tolist() for train, _ in splitter.split(X)] == unbound


@pytest.mark.parametrize("times", [np.arange(100), list(range(100)), "day"])
def test_durations_beside_numbers_are_refused(times):
    """Three days are not three of an unknown unit, nor 259,200 of it."""
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(100, 2)), columns=["a", "b"])
    X["day"] = np.arange(100)
    splitter = LeakageCheckedSplit(KFold(4), times=times, label_horizon=np.timedelta64(3, "D"))
    with pytest.raises(TypeError, match="label_horizon is the duration"):
        list(splitter.split(X))


def test_alpha_is_the_level_of_all_checks_of_a_split():
    """What one check finds at alpha, but two do not, is no leak: as in an audit (Holm)."""
    X = np.random.default_rng(0).normal(size=(400, 5)).round(1)
    X[:3, 1:] = X[200:203, 1:]  # three partial copies
    cv = KFold(5, shuffle=True, random_state=0)
    names = ["exact_duplicates", "near_duplicates"]
    alone = LeakageCheckedSplit(cv, checks=names[1:])._split_evidence(
        X, None, groups=None, times=None, estimator=None, scoring=None
    )
    p_value = alone.leaks[0].p_value
    assert 0 < p_value < 0.01
    for alpha, checks, is_leak in [
        (1.5 * p_value, names[1:], True),
        (1.5 * p_value, names, False),
        (2.5 * p_value, names, True),
    ]:
        splitter = LeakageCheckedSplit(cv, checks=checks, alpha=alpha, on_leak="raise")
        with pytest.raises(LeakageError) if is_leak else contextlib.nullcontext():
            list(splitter.split(X))


def test_lazy_tables_are_refused():
    """The error of a lazy table says how to load it."""
    with pytest.raises(TypeError, match="Collect it first"):
        list(LeakageCheckedSplit(KFold(3)).split(pl.LazyFrame({"a": [1, 2, 3]})))


def test_times_of_another_length_are_refused():
    """In nested calls rows are a part of the table, and an array of times cannot follow."""
    X, y, _ = _clean()
    splitter = LeakageCheckedSplit(3, times=np.arange(N_CLEAN))
    with pytest.raises(ValueError, match=r"bind\(X, times=times\)"):
        list(splitter.split(X[:10], y[:10]))


@pytest.mark.parametrize(
    ("cv", "shuffle", "random_state"),
    [
        (KFold(3), False, None),
        (KFold(3, shuffle=True, random_state=4), True, 4),
        (KFold(3, shuffle=True), True, None),
        (5, False, None),
        ([(np.arange(2), np.arange(2, 4))], False, None),
    ],
    ids=str,
)
def test_seed_and_shuffle_are_those_of_the_wrapped_splitter(cv, shuffle, random_state):
    """Searches ask these to know whether two calls give the same folds."""
    splitter = LeakageCheckedSplit(cv)
    assert (splitter.shuffle, splitter.random_state) == (shuffle, random_state)


def test_attributes_that_the_wrapped_splitter_lacks_are_lacking():
    """ShuffleSplit has no `shuffle` and LeaveOneOut no seed: what is absent means something."""
    assert not hasattr(LeakageCheckedSplit(ShuffleSplit(3)), "shuffle")
    assert not hasattr(LeakageCheckedSplit(LeaveOneOut()), "random_state")


def test_own_seed_makes_folds_repeatable():
    """A seed of the splitter is the seed of an unseeded wrapped one, and of no other."""
    X, y, _ = _clean()
    free = KFold(3, shuffle=True)
    splitter = LeakageCheckedSplit(free, random_state=3)
    expected = KFold(3, shuffle=True, random_state=3).split(X)
    for (_, test), (_, expected_test) in zip(splitter.split(X, y), expected, strict=True):
        np.testing.assert_array_equal(test, expected_test)
    assert splitter.random_state == 3
    assert free.random_state is None
    assert (
        LeakageCheckedSplit(KFold(3, shuffle=True, random_state=1), random_state=3).random_state
        == 1
    )


def test_get_n_splits_depends_on_what_is_left_out():
    """Leaving out sets of copies gives as many splits as there are sets."""
    X, y, origin = _copied(30, 5)
    for cv in (LeaveOneOut(), LeaveOneGroupOut()):
        splitter = LeakageCheckedSplit(cv, on_leak="group")
        assert splitter.get_n_splits(X, y, origin) == 30
        assert len(list(splitter.split(X, y, origin))) == 30
    assert LeakageCheckedSplit(LeaveOneOut(), on_leak="drop").get_n_splits(X, y) == 35
    assert LeakageCheckedSplit(KFold(4), on_leak="group").get_n_splits() == 4


def test_audit_runs_all_checks():
    """An audit judges the folds of the wrapped splitter, with every check there is."""
    X, y, origin = _copied()
    evidence = LeakageCheckedSplit(SHUFFLED, on_leak="group")._split_evidence(
        X, y, groups=None, times=None, estimator=None, scoring=None
    )
    leaks = {leak.check: leak for leak in evidence.leaks}
    assert leaks["exact_duplicates"].found
    assert leaks["exact_duplicates"].per_fold.sum() == _crossing(SHUFFLED.split(X, y), origin)
    asked = {*leaks, *evidence.not_applicable}
    assert asked == {check.name for check in LEAKAGE_CHECKS}
    assert evidence.splitter == str(SHUFFLED)
    assert evidence.notes == ()


def test_audit_says_that_folds_are_one_draw():
    """Without a seed, the audited folds will not come again."""
    X, y, _ = _clean()
    evidence = LeakageCheckedSplit(
        KFold(3, shuffle=True), checks=["group_overlap"]
    )._split_evidence(X, y, groups=np.arange(N_CLEAN), times=None, estimator=None, scoring=None)
    assert any("no seed" in note for note in evidence.notes)
    assert list(evidence.titles) == ["group_overlap"]


def test_named_checks_only():
    """Checks that are not named do not act."""
    X, y, origin = _copied()
    splitter = LeakageCheckedSplit(SHUFFLED, on_leak="raise", checks=["group_overlap"])
    assert len(list(splitter.split(X, y))) == 5
    with pytest.raises(LeakageError, match="group_overlap"):
        list(splitter.split(X, y, origin))


def test_ignored_columns():
    """A column that numbers the copies hides them unless it is ignored."""
    X, y, origin = _copied()
    X = pd.DataFrame(X).add_prefix("c").assign(visit=np.random.default_rng(0).normal(size=len(X)))
    cv = LeakageCheckedSplit(SHUFFLED, on_leak="group", ignore=["visit"], partial_columns=0)
    assert _crossing(cv.split(X, y), origin) == 0


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"on_leak": "stop"}, ValueError, "'on_leak' parameter of LeakageCheckedSplit"),
        ({"checks": ["exact"]}, ValueError, r"names \['exact'\]. Expected names among"),
        ({"checks": "exact"}, ValueError, "'checks' parameter"),
        ({"near": -1}, ValueError, "'near' parameter"),
        ({"alpha": 0}, ValueError, "'alpha' parameter"),
        ({"natural": "maybe"}, ValueError, "'natural' parameter"),
        ({"embargo": -1}, ValueError, "'embargo' parameter"),
        ({"cv": "five"}, ValueError, "'cv' parameter"),
        ({"times": "when"}, ValueError, "names the column 'when'"),
        ({"random_state": "no"}, ValueError, "'random_state' parameter"),
    ],
)
def test_bad_parameters_are_refused(params, error, message):
    """Parameters are checked when they are used, by name."""
    X, y, _ = _clean()
    splitter = LeakageCheckedSplit(**params)
    with pytest.raises(error, match=message):
        list(splitter.split(X, y))


def test_repr_shows_what_was_changed():
    """The text of a splitter is the call that makes it."""
    splitter = LeakageCheckedSplit(KFold(3), on_leak="drop", random_state=2)
    assert repr(splitter) == (
        "LeakageCheckedSplit(KFold(n_splits=3, random_state=None, shuffle=False), "
        "on_leak='drop', random_state=2)"
    )
    assert repr(LeakageCheckedSplit()) == "LeakageCheckedSplit(5)"
    assert "times=array" in repr(LeakageCheckedSplit(times=np.arange(3)))


def test_copies_and_pickles_split_alike():
    """Clones, copies and pickles give equal folds, and pickles hold no cache."""
    X, y, _ = _copied()
    splitter = LeakageCheckedSplit(SHUFFLED, on_leak="group")
    expected = [test.tolist() for _, test in splitter.split(X, y)]
    data = pickle.dumps(splitter)
    assert len(data) < 5000
    for again in (clone(splitter), copy.copy(splitter), pickle.loads(data)):
        assert repr(again) == repr(splitter)
        assert [test.tolist() for _, test in again.split(X, y)] == expected


def test_nothing_else_is_warned_of():
    """Groups are not handed to splitters that would warn of them."""
    X, y, groups = _clean()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        list(LeakageCheckedSplit(KFold(3), on_leak="group").split(X, y, groups))


# --- copies that these folds happen not to part --------------------------------------------------


def neighbouring_copies(noise):
    """Rows of which the first hundred are pairs, next to each other, with the number of each."""
    rng = np.random.default_rng(2)
    X, number = rng.normal(size=(300, 5)), np.arange(300)
    for first in range(0, 100, 2):
        X[first + 1] = X[first] + noise * rng.normal(size=5)
        number[first + 1] = first
    return X, number


def crossings(folds, number):
    """Copies on both sides, summed over the folds."""
    return sum(len(np.intersect1d(number[train], number[test])) for train, test in folds)


@pytest.mark.parametrize("noise", [0.0, 1e-4])
def test_copies_on_one_side_are_remembered_when_folds_change(noise):
    """Ordered folds part no pair; a subset, other groups and other folds do."""
    X, number = neighbouring_copies(noise)
    assert crossings(KFold(5).split(X), number) == 0
    some = np.random.default_rng(0).permutation(300)[:240]
    bound = LeakageCheckedSplit(KFold(5), on_leak="group").bind(X)
    assert crossings(bound.split(X[some]), number[some]) == 0
    groups = np.random.default_rng(0).integers(0, 100, 300)
    regrouped = LeakageCheckedSplit(KFold(5), on_leak="group").split(X, None, groups)
    assert crossings(regrouped, number) == 0
    strict = LeakageCheckedSplit(KFold(5), on_leak="raise").bind(X)
    assert crossings(strict.split(X), number) == 0
    with pytest.raises(LeakageError):
        list(strict.split(X[np.random.default_rng(0).permutation(300)]))


def test_whole_numbers_of_a_regression_are_no_classes_to_keep():
    """Folds that were not drawn to hold every value need not hold them after the purge."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 5))
    X[100:140] = X[:40]
    y = rng.integers(0, 150, 200)
    cv = KFold(5, shuffle=True, random_state=0)
    number = np.r_[:100, :40, 140:200]
    for target in (y, y.astype(float)):
        folds = list(LeakageCheckedSplit(cv, on_leak="drop").split(X, target))
        assert crossings(folds, number) == 0


@pytest.mark.parametrize("params", [{"label_horizon": 50}, {"embargo": 10}])
def test_horizons_need_times(params):
    """Nobody who asks for a gap gets folds without one."""
    splitter = LeakageCheckedSplit(KFold(5), **params)
    with pytest.raises(ValueError, match="need times"):
        list(splitter.split(np.random.default_rng(0).normal(size=(50, 2))))


def test_rows_that_are_partly_known_are_not_matched_by_place():
    """Nearly all bound rows, in reverse order and one of them changed, have no known place."""
    X = np.random.default_rng(0).normal(size=(100, 5))
    X[50:70] = X[:20]
    other = X[::-1].copy()
    other[0, 0] += 1
    bound = LeakageCheckedSplit(KFold(5), on_leak="group").bind(X)
    with pytest.raises(ValueError, match="Bind it to these rows"):
        list(bound.split(other))


def test_repr_takes_any_container_of_times():
    """A search that holds the splitter can be shown."""
    times = pd.Series([1, 2])
    assert "times=0" in repr(LeakageCheckedSplit(times=times))


def test_bound_times_are_kept():
    """What becomes of the array of times afterwards does not matter."""
    X, times = np.random.default_rng(0).normal(size=(60, 3)), np.arange(60.0)
    splitter = LeakageCheckedSplit(TimeSeriesSplit(4), on_leak="raise").bind(X, times=times)
    before = [test.tolist() for _, test in splitter.split(X)]
    times[:] = times[::-1].copy()
    assert [test.tolist() for _, test in splitter.split(X)] == before


def test_copies_on_one_side_are_told():
    """An audit whose folds keep all copies together says that there are some."""
    X = np.repeat(np.random.default_rng(0).normal(size=(60, 3)), 2, axis=0)
    report = LeakageCheckedSplit(GroupKFold(5)).audit(X, groups=np.repeat(np.arange(60), 2))
    assert "The copies that there are stand on one side" in report["leaked-rows"].message
