"""Near and partial copies on both sides of a fold."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.model_selection import GroupKFold, KFold

from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection.leakage._distinct_columns import DistinctColumns
from sklearn_lossfix.model_selection.leakage._split_data import LeakageOptions, SplitData
from sklearn_lossfix.model_selection.leakage._table import Table
from sklearn_lossfix.model_selection.leakage.near_duplicates import NearDuplicates


def run(X, folds=None, seed=0, near=0.03, **options):
    """What the check says."""
    table = Table.read(X)
    if folds is None:
        folds = KFold(5, shuffle=True, random_state=seed).split(np.zeros(table.n_rows))
    options = LeakageOptions(near=near, seed=seed, **options)
    return NearDuplicates().run(SplitData(table, tuple(folds), options=options), {})


def planted(kind, n=1500, n_columns=10, share=0.05, seed=0):
    """Normal rows, the second part of which are copies of the first."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, n_columns))
    m = int(share * n)
    copy = X[:m].copy()
    if kind == "jitter":
        copy += 1e-3 * rng.normal(size=copy.shape)
    elif kind == "noise":
        copy += 2e-2 * rng.normal(size=copy.shape)
    elif kind == "float32":
        copy = copy.astype(np.float32).astype(np.float64)
    else:
        copy[np.arange(m), rng.integers(0, n_columns, m)] = rng.normal(size=m)
    X[m : 2 * m] = copy
    return X, m


@pytest.mark.parametrize("share", [0.02, 0.1])
@pytest.mark.parametrize("kind", ["jitter", "noise", "float32", "changed"])
def test_finds_copies(kind, share):
    """Copies are linked with what they were copied from, and nothing else is."""
    X, m = planted(kind, share=share)
    leak = run(X)
    assert leak.found is True
    assert leak.p_value <= 0.001
    linked = leak.links[:m] >= 0
    assert np.mean(linked) > 0.9
    np.testing.assert_array_equal(leak.links[:m][linked], leak.links[m : 2 * m][linked])
    assert (leak.links[2 * m :] == -1).all()


def test_counts_what_crosses_the_folds():
    """Leaked rows and pairs are those whose copy is in the training part."""
    X, m = planted("jitter")
    folds = tuple(KFold(4, shuffle=True, random_state=1).split(X))
    leak = run(X, folds)
    links = leak.links
    for number, (train, test) in enumerate(folds):
        inside = set(links[train][links[train] >= 0])
        assert leak.per_fold[number] == sum(link in inside for link in links[test])
    for fold, train_row, test_row in leak.pairs:
        assert train_row in folds[fold][0]
        assert test_row in folds[fold][1]
        assert abs(int(train_row) - int(test_row)) == m
    assert leak.rate == pytest.approx(leak.per_fold.sum() / len(X))


def test_copies_on_one_side_are_no_leak():
    """With copies kept together nothing is found."""
    X, m = planted("jitter")
    groups = np.arange(len(X))
    groups[m : 2 * m] = groups[:m]
    leak = run(X, GroupKFold(5).split(X, groups=groups))
    assert leak.found is False
    assert leak.per_fold.sum() == 0


@pytest.mark.parametrize(
    "load", [load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine]
)
def test_bundled_data_have_no_copies(load):
    """Data sets without copies are not accused."""
    assert run(load().data).found is not True


def clean_tables(rng, n):
    """Tables without copies, of many kinds."""
    series = np.cumsum(rng.normal(size=(n, 12)), axis=0)
    yield "normal", rng.normal(size=(n, 3))
    yield "heavy tails", rng.standard_cauchy(size=(n, 8))
    yield "rounded", rng.normal(size=(n, 6)).round(1)
    yield "few levels", rng.integers(0, 3, (n, 6)).astype(float)
    yield "series", series
    yield "populations", rng.normal(size=(n, 8)) * np.repeat([1.0, 0.01], n // 2)[:, None]
    yield "curve", np.outer(rng.normal(size=n), [1, 2, 3, 4, 5, 6])
    yield "mostly zero", rng.lognormal(size=(n, 12)) * (rng.random((n, 12)) < 0.2)
    one_hot = np.hstack([np.eye(4)[rng.integers(0, 4, n)] for _ in range(5)])
    yield "one-hot", np.c_[one_hot, rng.normal(size=n)]
    yield "missing", np.where(rng.random((n, 8)) < 0.4, np.nan, rng.normal(size=(n, 8)))


@pytest.mark.parametrize("seed", range(5))
def test_clean_tables_are_not_accused(seed):
    """No table without copies is called leaking."""
    for name, X in clean_tables(np.random.default_rng(seed), 800):
        assert run(X, seed=seed).found is not True, name


def test_says_when_it_cannot_tell():
    """Close rows everywhere, or natural twins everywhere, are neither a leak nor nothing."""
    dense = run(np.random.default_rng(0).normal(size=(3000, 2)))
    assert dense.found is None
    assert "could not be told" in dense.message
    assert run(np.random.default_rng(0).integers(0, 3, (3000, 6))).found is None


def test_categories_and_missing_values_must_agree():
    """Near copies with another category, or values missing elsewhere, are not linked."""
    X, m = planted("jitter")
    frame = pd.DataFrame(X).astype(float)
    frame["kind"] = "a"
    frame.loc[m : m + 24, "kind"] = "b"
    frame.loc[m + 25 : m + 39, 0] = np.nan
    frame.loc[40:44, 0] = np.nan
    frame.loc[m + 40 : m + 44, 0] = np.nan
    links = run(frame).links
    assert (links[:40] == -1).all()
    assert (links[40:m] >= 0).all()


def test_containers_agree():
    """Arrays in both memory orders and a data frame give the same links."""
    X, _ = planted("noise")
    wanted = run(X).links
    for other in (np.asfortranarray(X), pd.DataFrame(X)):
        np.testing.assert_array_equal(run(other).links, wanted)


def test_units_and_row_order_do_not_matter():
    """Links follow the rows, whatever the units of the columns."""
    X, _ = planted("jitter")
    order = np.random.default_rng(1).permutation(len(X))
    wanted, found = run(X).links, run(X[order] * np.logspace(-3, 3, 10) + 5).links
    np.testing.assert_array_equal(found >= 0, wanted[order] >= 0)


def test_equal_rows_do_not_hide_copies():
    """Rows that are repeated exactly are taken once, and linked with the copies of one."""
    X, m = planted("jitter")
    X = np.vstack([X, X[:m], X[500:600]])
    links = run(X).links
    np.testing.assert_array_equal(links[:m], links[-100 - m : -100])
    assert (links[:m] >= 0).all()
    assert (links[-100:] == -1).all()


def test_refuses_a_component_that_swallows_the_data():
    """Sets above the largest share are not linked, and the advice says why."""
    X, _ = planted("jitter")
    leak = run(X, max_component_share=0.001)
    assert leak.found is None
    assert leak.links is None
    assert "max_component_share" in leak.message


def test_a_single_pair_is_too_few():
    """One pair in a thousand rows is no leak."""
    X = np.random.default_rng(0).normal(size=(1500, 10))
    X[1] = X[0] + 1e-4
    leak = run(X)
    assert leak.found is False
    assert "too few" in leak.message


def test_parts_can_be_switched_off():
    """Without near copies jitter, without partial copies changed cells are not found."""
    assert run(planted("jitter")[0], near=0).found is False
    assert run(planted("changed")[0], partial_columns=0).found is False


@pytest.mark.parametrize(
    ("X", "options", "reason"),
    [
        (np.eye(30), {"near": 0, "partial_columns": 0}, "are 0"),
        (sparse.eye_array(30, format="csr"), {}, "dense"),
        (np.eye(10), {}, "distinct rows"),
    ],
)
def test_says_when_it_does_not_apply(X, options, reason):
    """The reason names what is missing."""
    with pytest.raises(CheckNotApplicable, match=reason):
        run(X, **options)


def test_copies_with_three_changed_cells_end_in_doubt():
    """They may be rows of one person; given groups that say so take the doubt away."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 10))
    X[900:] = X[:100]
    for row in range(900, 1000):
        X[row, rng.choice(10, 3, replace=False)] = rng.normal(size=3)
    leak = run(X)
    assert leak.found is None
    assert "partial_columns=1" in leak.message
    folds = tuple(KFold(5, shuffle=True, random_state=0).split(X))
    groups = np.r_[np.arange(900), np.arange(100)]
    data = SplitData(Table.read(X), folds, groups=groups)
    assert NearDuplicates().run(data, {}).found is False


def mixed_columns(rng, n):
    """Numbers, of which some rows keep two when they are entered again."""
    X = rng.normal(size=(n, 6))
    X[-200:, :2] = X[:200, :2]
    return X


@pytest.mark.parametrize("seed", range(3))
def test_distinct_columns_spare_work_and_change_nothing(seed, monkeypatch):
    """Whatever is told of a table is told as well if no column is known to be distinct."""
    rng = np.random.default_rng(seed)
    tables = dict(clean_tables(rng, 800)) | {"mixed": mixed_columns(rng, 800)}
    tables |= {kind: planted(kind, seed=seed)[0] for kind in ("jitter", "changed")}
    repeated = planted("jitter", seed=seed)[0]
    tables["repeated"] = np.vstack([repeated, repeated[:300]])
    told = {name: run(X, seed=seed) for name, X in tables.items()}
    monkeypatch.setattr(DistinctColumns, "one_of", lambda self, columns: False)
    monkeypatch.setattr(DistinctColumns, "are_at_least", lambda self, n: False)
    for name, X in tables.items():
        leak = run(X, seed=seed)
        assert leak.details == told[name].details, name
        assert (leak.found, leak.message) == (told[name].found, told[name].message)


def test_partial_copies_in_few_columns_are_not_told():
    """Nothing tells how many pairs chance makes in three columns: only none are no copies."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 3))
    assert run(X).found is False
    X[300:360, :2] = X[:60, :2]
    leak = run(X)
    assert leak.found is None
    assert "60 pairs are equal in all but 1 columns" in leak.message
    assert leak.details["partial_pairs"] == 60
    # One pair in a hundred rows or fewer is not worth a doubt.
    X[303:360] = rng.normal(size=(57, 3))
    assert run(X).found is False
    # Rows that share one of two numbers are no copies.
    two = run(np.column_stack([X[:, 0], np.arange(600) % 50]))
    assert two.found is False
    assert "need more than 2 columns" in two.details["partial_not_applicable"]
