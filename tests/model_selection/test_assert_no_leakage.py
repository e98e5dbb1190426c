"""Tests of the assertion that a split does not leak."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GroupKFold, KFold

from sklearn_lossfix.exceptions import LeakageError
from sklearn_lossfix.model_selection._assert_no_leakage import assert_no_leakage, stacked

CONTAINERS = [
    np.asarray,
    lambda X: X.tolist(),
    sparse.csr_array,
    pd.DataFrame,
    pl.DataFrame,
]
NAMES = ["array", "list", "sparse", "pandas", "polars"]


def _rows(n_rows=300, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, 4))
    return X, (X[:, 0] + rng.normal(size=n_rows) > 0).astype(int)


def test_clean_data_pass():
    """Real data without a leak raise nothing, with all checks."""
    X, y = load_breast_cancer(return_X_y=True)
    assert assert_no_leakage(X, y) is None


@pytest.mark.parametrize("as_container", CONTAINERS, ids=NAMES)
def test_copies_of_training_rows_in_the_test(as_container):
    """Test rows that stand in the training rows are named, in any container."""
    X, y = _rows()
    X_test, y_test = _rows(100, seed=1)
    checks = ["exact_duplicates"]
    assert_no_leakage(as_container(X), y, X_test=as_container(X_test), y_test=y_test, checks=checks)
    X_test[:20] = X[:20]
    with pytest.raises(LeakageError, match=r"\[exact_duplicates\] 20 of 100") as caught:
        assert_no_leakage(
            as_container(X), y, X_test=as_container(X_test), y_test=y_test, checks=checks
        )
    leak = caught.value.report.leaks[0]
    np.testing.assert_array_equal(leak.pairs[:, 2] - 300, leak.pairs[:, 1])


def test_target_as_a_column():
    """Checks that read labels speak, too."""
    X, y = _rows()
    with pytest.raises(LeakageError, match=r"\[target_copies\]"):
        assert_no_leakage(np.column_stack([X, y]), y)


def test_groups_and_folds():
    """Groups are judged on the folds of the splitter that is given."""
    X, y = _rows()
    groups = np.arange(300) // 7
    assert_no_leakage(X, y, cv=GroupKFold(3), groups=groups, checks=["group_overlap"])
    with pytest.raises(LeakageError, match="group_overlap"):
        assert_no_leakage(X, y, cv=KFold(3), groups=groups, checks=["group_overlap"])
    with pytest.raises(LeakageError, match="group_overlap"):
        assert_no_leakage(
            X[:200],
            X_test=X[200:],
            groups=groups[:200],
            groups_test=groups[200:],
            checks=["group_overlap"],
        )


def test_times():
    """Labels of training rows that reach into the test rows are a leak; the past alone is not."""
    X, _ = _rows()
    parts = {"X": X[:200], "X_test": X[200:], "label_horizon": 5, "checks": ["time_overlap"]}
    assert_no_leakage(**parts, times=np.arange(200), times_test=np.arange(300, 400))
    with pytest.raises(LeakageError, match="time_overlap"):
        assert_no_leakage(**parts, times=np.arange(200), times_test=np.arange(200, 300))
    frame = pd.DataFrame(X).assign(day=np.arange(300))
    with pytest.raises(LeakageError, match="time_overlap"):
        assert_no_leakage(**{**parts, "X": frame[:200], "X_test": frame[200:]}, times="day")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"cv": 3}, "either cv"),
        ({"y": np.zeros(300)}, "y was given without y_test"),
        ({"groups_test": np.zeros(300)}, "groups_test was given without groups"),
        ({"X_test": pd.DataFrame(np.zeros((3, 4)))}, "containers of one kind"),
        ({"X_test": np.zeros((3, 5))}, "the same columns"),
    ],
)
def test_bad_calls_are_refused(more, message):
    """What does not fit together is named."""
    X, _ = _rows()
    with pytest.raises(ValueError, match=message):
        assert_no_leakage(X, **{"X_test": X, **more})


@pytest.mark.parametrize("name", ["y_test", "groups_test", "times_test"])
def test_values_of_test_rows_need_these(name):
    """What belongs to test rows is not passed over where the rows themselves were forgotten."""
    with pytest.raises(ValueError, match=f"{name} was given without X_test"):
        assert_no_leakage(np.arange(20.0).reshape(10, 2), checks=[], **{name: np.zeros(10)})


@pytest.mark.parametrize("as_container", CONTAINERS, ids=NAMES)
def test_stacked_rows(as_container):
    """Rows of two containers follow each other in one of the same kind."""
    X, _ = _rows(6)
    both = stacked(as_container(X[:4]), as_container(X[4:]), "X")
    assert type(both) is type(as_container(X))
    dense = both.toarray() if sparse.issparse(both) else np.asarray(both)
    np.testing.assert_array_equal(dense, X)
