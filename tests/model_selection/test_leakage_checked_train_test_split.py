"""Tests of splitting arrays into two parts that do not know each other."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.model_selection import train_test_split

from sklearn_lossfix.exceptions import LeakageError, LeakageWarning
from sklearn_lossfix.model_selection._leakage_checked_train_test_split import (
    leakage_checked_train_test_split,
)


def _copied():
    """Rows of which a quarter stands twice, labels, and the row that each one copies."""
    rng = np.random.default_rng(0)
    origin = np.concatenate([np.arange(400), np.arange(100)])
    X = rng.normal(size=(400, 3))
    y = (rng.random(400) < 0.25).astype(int)
    return X[origin], y[origin], origin


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"test_size": 0.3},
        {"train_size": 0.5, "test_size": 20},
        {"shuffle": False, "on_leak": "drop"},
        {"stratify": True},
    ],
    ids=str,
)
def test_clean_rows_are_split_as_by_scikit_learn(settings):
    """Where nothing leaks, every part is that of train_test_split."""
    X, y, _ = _copied()
    X, y = X[:400], y[:400]
    frame = pd.DataFrame(X)
    settings = {**settings, "random_state": 3}
    if settings.pop("stratify", False):
        settings["stratify"] = y
    parts = leakage_checked_train_test_split(X, y, frame, sparse.csr_array(X), **settings)
    settings.pop("on_leak", None)
    expected = train_test_split(X, y, frame, sparse.csr_array(X), **settings)
    assert len(parts) == len(expected) == 8
    for part, wanted in zip(parts[:4], expected[:4], strict=True):
        np.testing.assert_array_equal(part, wanted)
    pd.testing.assert_frame_equal(parts[4], expected[4])
    assert (parts[7] != expected[7]).nnz == 0


@pytest.mark.parametrize("test_size", [0.2, 100])
def test_copies_stay_on_one_side(test_size):
    """No copy is on the other side, sizes are as asked, and classes keep their shares."""
    X, y, origin = _copied()
    _, _, y_train, y_test, train, test = leakage_checked_train_test_split(
        X, y, origin, stratify=y, test_size=test_size, random_state=0
    )
    assert not np.intersect1d(train, test).size
    assert len(test) == pytest.approx(100, abs=2)
    assert y_test.mean() == pytest.approx(y_train.mean(), abs=0.01)


def test_groups_stay_on_one_side():
    """Given groups are kept together, without copies too."""
    X, _, _ = _copied()
    groups = np.arange(400) // 4
    train, test = leakage_checked_train_test_split(X[:400], groups=groups, random_state=0)[:2]
    _, _, in_train, in_test = leakage_checked_train_test_split(
        X[:400], groups, groups=groups, random_state=0
    )
    assert not np.intersect1d(in_train, in_test).size
    assert len(train) + len(test) == 400


def test_policies():
    """Other policies do what they do in LeakageCheckedSplit."""
    X, _, origin = _copied()
    plain = train_test_split(origin, random_state=0)
    with pytest.raises(LeakageError):
        leakage_checked_train_test_split(X, on_leak="raise", random_state=0)
    with pytest.warns(LeakageWarning):
        _, _, train, test = leakage_checked_train_test_split(
            X, origin, on_leak="warn", random_state=0
        )
    np.testing.assert_array_equal(test, plain[1])
    _, _, train, test = leakage_checked_train_test_split(X, origin, on_leak="drop", random_state=0)
    np.testing.assert_array_equal(test, plain[1])
    np.testing.assert_array_equal(train, plain[0][~np.isin(plain[0], test)])


def test_last_rows_as_a_test_are_purged():
    """Without shuffling, a horizon clears the end of the training part."""
    X = np.random.default_rng(0).normal(size=(100, 3))
    train, test, *_ = leakage_checked_train_test_split(
        np.arange(100.0)[:, None] + 1e-3 * X[:, :1],
        shuffle=False,
        on_leak="drop",
        times=np.arange(100),
        label_horizon=10,
    )
    assert (len(train), len(test)) == (66, 25)
    with pytest.raises(LeakageError, match="on_leak='drop'"):
        leakage_checked_train_test_split(X, shuffle=False, times=np.arange(100), label_horizon=10)


def test_bad_calls_are_refused():
    """As in train_test_split, and parameters as in LeakageCheckedSplit."""
    X, y, _ = _copied()
    with pytest.raises(ValueError, match="At least one array"):
        leakage_checked_train_test_split()
    with pytest.raises(ValueError, match="shuffle=False"):
        leakage_checked_train_test_split(X, stratify=y, shuffle=False)
    with pytest.raises(ValueError, match="inconsistent numbers"):
        leakage_checked_train_test_split(X, y[:-1])
    with pytest.raises(TypeError, match="nearness"):
        leakage_checked_train_test_split(X, nearness=1)
