"""Tests of the check for equal rows: what is found, what is explained, what cannot be told."""

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.model_selection import KFold, ShuffleSplit

from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection.leakage import exact_duplicates
from sklearn_lossfix.model_selection.leakage._split_data import LeakageOptions, SplitData
from sklearn_lossfix.model_selection.leakage._table import Table
from sklearn_lossfix.model_selection.leakage.exact_duplicates import (
    SEVERITY_LIMITS,
    ExactDuplicates,
    matched_rows,
    severity_of,
)

N_ROWS = 1000


def check(X, y=None, cv=None, **options):
    """What the check says about a table and its folds."""
    table = Table.read(X)
    cv = KFold(5, shuffle=True, random_state=0) if cv is None else cv
    folds = tuple(cv.split(np.zeros(table.n_rows))) if hasattr(cv, "split") else tuple(cv)
    data = SplitData(table, folds, y, options=LeakageOptions(**options))
    return ExactDuplicates().run(data, {})


def measurements(seed=0):
    """Continuous columns without repeats."""
    return np.random.default_rng(seed).normal(size=(N_ROWS, 5))


def with_copies(X, n_copies=100):
    """The last rows are copies of the first."""
    X = X.copy()
    X[-n_copies:] = X[:n_copies]
    return X


def few_levels(seed=0, n_columns=5):
    """Independent categories whose rows repeat by chance."""
    return np.random.default_rng(seed).integers(0, 3, (N_ROWS, n_columns)).astype(float)


def test_copies_are_found():
    """The rate is that of a loop over pairs; links join copies and nothing else."""
    X = with_copies(measurements())
    leak = check(X)
    rows = [row.tobytes() for row in X]
    folds = KFold(5, shuffle=True, random_state=0).split(X)
    per_fold = [sum(rows[i] in {rows[j] for j in train} for i in test) for train, test in folds]
    assert leak.found is True
    assert leak.per_fold.tolist() == per_fold
    assert leak.rate == sum(per_fold) / N_ROWS
    assert leak.severity == severity_of(leak.rate)
    assert leak.p_value < 1e-9
    assert leak.expected_rate < 0.001
    assert leak.links[-100:].tolist() == list(range(100))
    assert (leak.links[:-100] == np.arange(N_ROWS - 100)).all()
    assert leak.details["n_copied_rows"] == 200


def test_pairs_are_evidence():
    """Each is a fold, a training row and an equal test row of that fold; they are capped."""
    X = with_copies(measurements())
    pairs = check(X, evidence=30).pairs
    assert pairs.shape == (30, 3)
    folds = list(KFold(5, shuffle=True, random_state=0).split(X))
    for fold, train, test in pairs:
        assert train in folds[fold][0]
        assert test in folds[fold][1]
        assert (X[train] == X[test]).all()
    assert set(pairs[:, 0]) == set(range(5))
    assert check(X, evidence=0).pairs.shape == (0, 3)


def test_pairs_do_not_grow_with_the_square_of_copies():
    """One row that is everywhere costs no more than one that stands twice."""
    X = measurements()
    X[:600] = X[0]
    X[600:700] = X[700:800]
    leak = check(X)
    assert leak.found is True
    assert len(leak.pairs) <= 100
    assert leak.details["largest_pattern"] == 600
    # The large pattern may be common or copied: nobody can tell, so nothing is linked by it.
    assert len(np.unique(leak.links[:600])) == 600


@pytest.mark.parametrize(
    "container",
    [np.asfortranarray, pd.DataFrame, sparse.csr_array, lambda X: X.astype(object)],
)
def test_containers_do_not_matter(container):
    """The same table gives the same answer."""
    X = with_copies(measurements())
    one, other = check(X), check(container(X))
    assert one.message == other.message
    assert (one.links == other.links).all()
    assert (one.pairs == other.pairs).all()


def test_clean_measurements_pass():
    """Without equal rows the rate is zero."""
    leak = check(measurements())
    assert (leak.found, leak.rate, leak.p_value, leak.links) == (False, 0.0, 1.0, None)


@pytest.mark.parametrize("copies", [0, 100])
def test_natural_twins_hide_copies(copies):
    """Where nearly all rows repeat by chance the answer is that it cannot be told."""
    X = few_levels()
    leak = check(with_copies(X, copies) if copies else X)
    assert leak.found is None
    assert leak.rate > 0.9
    assert leak.details["natural_share"] > 0.8
    assert "could be told apart" in leak.message
    assert leak.links is None


def test_natural_twins_can_be_forbidden_or_allowed():
    """The option decides what the null model leaves open."""
    X = few_levels()
    forbidden = check(X, natural="forbid")
    assert forbidden.found is True
    assert (forbidden.links == Table.read(X).equal_labels).all()
    assert check(X, natural="allow").found is False
    assert check(with_copies(measurements()), natural="allow").found is True


def test_few_natural_twins_among_many_columns_pass():
    """Chance explains them, and a hundredth of copies would have been seen."""
    X = np.round(np.random.default_rng(3).normal(size=(2000, 4)), 1)
    clean = check(X, cv=KFold(500, shuffle=True, random_state=0))
    assert clean.details["n_patterns"] > 0
    assert clean.found is False
    assert clean.rate > 0
    assert "no more than chance explains" in clean.message
    assert clean.details["detectable_share"] <= 0.01


def test_a_pattern_that_fills_the_table_cannot_be_told():
    """A third of the rows share one pattern of rounded values: common, or copied."""
    rng = np.random.default_rng(0)
    X = np.round(rng.normal(size=(N_ROWS, 5)), 3)
    X[:300] = X[0]
    leak = check(X)
    assert leak.found is None
    assert "1 pattern(s) with up to 300 rows" in leak.message


@pytest.mark.parametrize("load", [load_iris, load_breast_cancer])
def test_bundled_data_are_no_alarm(load):
    """One repeated flower, measured to a tenth of a centimetre, is no leak."""
    assert check(load().data).found is not True


def test_labels_of_equal_rows():
    """Agreement is a share of pairs, and conflicts are counted by pattern."""
    X = with_copies(measurements())
    y = np.zeros(N_ROWS)
    y[-25:] = 1  # a quarter of the copies contradict their originals
    details = check(X, y).details
    assert details["label_agreement"] == 0.75
    assert details["n_patterns_with_conflicting_labels"] == 25
    assert "label_agreement" not in check(X).details
    assert check(X, y).rate == check(X).rate


def test_copies_on_one_side_are_no_leak():
    """A split that keeps copies together leaks nothing."""
    X = with_copies(measurements())
    test = np.r_[:100, N_ROWS - 100 : N_ROWS]
    leak = check(X, cv=[(np.arange(100, N_ROWS - 100), test)])
    assert leak.found is False


def test_the_very_same_row_on_both_sides():
    """A splitter that puts a row into both parts is caught without any model."""
    rows = np.arange(N_ROWS)
    leak = check(few_levels(n_columns=12), cv=[(rows, rows[:100])])
    assert leak.found is True
    assert leak.p_value == 0.0
    assert leak.details["n_rows_on_both_sides"] == 100
    assert "100 are the very same rows" in leak.message


def test_identifiers_are_left_out_and_named():
    """A row number does not hide copies."""
    frame = pd.DataFrame(with_copies(measurements())).add_prefix("c")
    leak = check(frame.assign(id=np.arange(N_ROWS)))
    assert leak.found is True
    assert leak.details["identifiers"] == ["id"]
    assert leak.rate == check(frame).rate


@pytest.mark.parametrize("container", [np.array, sparse.csr_array])
def test_wide_tables_are_bundled(monkeypatch, container):
    """Beyond the limit, neighbours are read together; the answer stays."""
    X = with_copies(np.random.default_rng(0).poisson(0.5, (N_ROWS, 40)).astype(float))
    one = check(container(X))
    monkeypatch.setattr(exact_duplicates, "MAX_COLUMNS", 10)
    other = check(container(X))
    for leak in (one, other):
        assert leak.found is True
        linked = leak.links != np.arange(N_ROWS)
        assert linked[-100:].mean() > 0.8
        assert not linked[:-100].any()


@pytest.mark.parametrize("container", [np.array, sparse.csr_array])
def test_wide_indicators_are_read_as_levels(monkeypatch, container):
    """Natural twins of categories are natural, however many indicators were made of them."""
    codes = np.random.default_rng(0).integers(0, 5, (N_ROWS, 4))
    X = (codes[:, :, None] == np.arange(5)).reshape(N_ROWS, -1).astype(float)
    monkeypatch.setattr(exact_duplicates, "MAX_COLUMNS", 4)
    assert check(container(X)).found is None
    monkeypatch.undo()
    assert check(container(X)).found is None


def test_long_tables_are_sampled(monkeypatch):
    """A sample that keeps enough pairs gives the same answer; a small one grows."""
    X = with_copies(np.random.default_rng(0).normal(size=(20_000, 3)), 2000)
    one = check(X)
    monkeypatch.setattr(exact_duplicates, "SAMPLE_VALUES", 100)
    monkeypatch.setattr(exact_duplicates, "MIN_SAMPLE_ROWS", 500)
    other = check(X)
    assert one.details["n_equal_pairs"] == 2000
    assert other.details["n_equal_pairs"] == pytest.approx(2000, rel=0.5)
    assert (one.links == other.links).all()


def test_the_answer_is_reproducible_and_travels():
    """The same seed gives the same numbers, and the finding can be pickled."""
    X = np.round(np.random.default_rng(0).normal(size=(N_ROWS, 4)), 1)
    one, other = check(with_copies(X)), pickle.loads(pickle.dumps(check(with_copies(X))))
    assert one.p_value == other.p_value
    assert one.details == other.details


def test_repeated_folds_count_every_test_row():
    """Rates are over all folds, however often a row is tested."""
    X = with_copies(measurements())
    leak = check(X, cv=ShuffleSplit(7, test_size=0.5, random_state=0))
    assert leak.per_fold.shape == (7,)
    assert leak.rate == leak.per_fold.sum() / (7 * 500)


def test_matched_rows_without_folds():
    """No folds, no matches."""
    per_fold, pairs = matched_rows((), np.arange(3), np.ones(3, dtype=bool), 10)
    assert per_fold.shape == (0,)
    assert pairs.shape == (0, 3)


def test_severity_rises_with_the_rate():
    """Every rate has one, the limits included."""
    assert [severity_of(limit) for limit, _ in SEVERITY_LIMITS] == [s for _, s in SEVERITY_LIMITS]
    assert severity_of(0.05) == "high"


def test_too_few_rows():
    """One row cannot be split."""
    with pytest.raises(CheckNotApplicable, match="at least two rows"):
        check(np.zeros((1, 3)), cv=[(np.array([0]), np.array([0]))])
