"""Tests of the check of row order and identifiers."""

import numpy as np
import pytest
from scipy.signal import lfilter
from sklearn.datasets import load_diabetes, load_digits, load_iris, load_wine
from sklearn.model_selection import KFold

from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection.leakage._split_data import SplitData
from sklearn_lossfix.model_selection.leakage._table import Table
from sklearn_lossfix.model_selection.leakage.row_order import (
    RowOrder,
    _serial_z,
    memory,
    sorted_p,
    trend_p,
)


def _split_data(X, y, is_class=True, **kwargs):
    """Folds of five, and labels as codes where they are classes."""
    classes, codes = np.unique(y, return_inverse=True) if is_class else (None, np.asarray(y, float))
    folds = tuple(KFold(5, shuffle=True, random_state=0).split(np.zeros(len(y))))
    return SplitData(Table.read(X), folds, codes, classes, **kwargs)


def _labels(kind, rng, n_rows=3000):
    """Labels of three kinds."""
    if kind == "regression":
        return rng.normal(size=n_rows)
    return rng.integers(0, {"binary": 2, "multiclass": 4}[kind], n_rows)


def _series(phi, n_rows, rng):
    """A stationary autoregressive series."""
    return lfilter([np.sqrt(1 - phi**2)], [1, -phi], rng.normal(size=n_rows))


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_sorted_rows_are_reported_and_shuffled_ones_are_not(kind):
    """A file sorted by its label is worth a word, no more; in random order nothing is said."""
    rng = np.random.default_rng(0)
    y, X = _labels(kind, rng), rng.normal(size=(3000, 3))
    is_class = kind != "regression"
    leak = RowOrder().run(_split_data(X, np.sort(y), is_class), {})
    assert (leak.found, leak.severity, leak.columns) == (True, "info", ())
    assert leak.p_value < 1e-6
    assert RowOrder().run(_split_data(X, y, is_class), {}).found is False


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("is_text", [True, False])
def test_identifiers_that_tell_the_target_leak(kind, is_text):
    """Numbers given in the order of the target leak, in whatever order the rows stand."""
    pd = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    y, is_class = _labels(kind, rng), kind != "regression"
    rows = rng.permutation(3000)
    for told, found in ((np.sort(y), True), (y, False)):
        ids = [f"P{i:05d}" for i in rows] if is_text else rows
        frame = pd.DataFrame({"a": rng.normal(size=3000), "id": ids})
        leak = RowOrder().run(_split_data(frame, told[rows], is_class), {})
        assert leak.found is found
        if found:
            assert (leak.columns, leak.severity) == (("id",), "high")
            assert leak.p_value < 1e-6


def test_noise_and_steps_do_not_hide_the_order():
    """Every tenth label of sorted rows is another one."""
    rng = np.random.default_rng(0)
    y = np.sort(rng.integers(0, 2, 3000))
    y = np.where(rng.random(3000) < 0.1, 1 - y, y)
    leak = RowOrder().run(_split_data(rng.normal(size=(3000, 2)), y), {})
    assert leak.found
    assert leak.p_value < 1e-3


def test_declared_times_explain_the_order():
    """Rows with times may drift."""
    rng = np.random.default_rng(0)
    y = (rng.random(3000) < np.linspace(0.1, 0.9, 3000)).astype(int)
    X = rng.normal(size=(3000, 2))
    assert RowOrder().run(_split_data(X, y), {}).found
    leak = RowOrder().run(_split_data(X, y, times=np.arange(3000.0)), {})
    assert leak.found is False
    assert "times" in leak.message


@pytest.mark.parametrize("phi", [0.3, 0.6, 0.9])
def test_stationary_series_are_no_trend(phi):
    """Blocks are many memories long, or nothing is said."""
    rng = np.random.default_rng(0)
    series = [_series(phi, 3000, rng) for _ in range(200)]
    p_values = np.array([trend_p(one, memory(one)) for one in series])
    # At most one of 200 by chance at 0.001 has a probability of 0.98.
    assert (p_values <= 0.001).sum() <= 1


def test_memory_is_that_of_the_series():
    """2 phi / (1 - phi) for an autoregressive series; a trend or a step adds nothing."""
    rng = np.random.default_rng(0)
    series = _series(0.8, 100_000, rng)
    assert memory(series) == pytest.approx(2 * 0.8 / 0.2, rel=0.1)
    assert memory(series + np.linspace(0, 9, 100_000)) == pytest.approx(8, rel=0.1)
    noise = rng.normal(size=100_000)
    assert memory(noise) < 0.1
    assert memory(noise + 5 * (np.arange(100_000) > 47_000)) < 0.1
    assert memory(np.sort(rng.integers(0, 2, 10_000)).astype(float)) == 0


def test_random_order_has_the_level_it_says():
    """P-values of shuffled labels are uniform, for rare classes too."""
    rng = np.random.default_rng(0)
    labels = (np.arange(2000) < 100).astype(float)
    p_values = np.array([trend_p(rng.permutation(labels), 0.0) for _ in range(2000)])
    assert np.mean(p_values <= 0.05) == pytest.approx(0.05, abs=0.02)
    assert np.sum(p_values <= 0.001) <= 8  # 2,000 x 0.001, and four standard errors more


def test_moments_of_the_serial_correlation():
    """Mean zero and variance one over permutations, for skewed values too."""
    rng = np.random.default_rng(0)
    values = rng.exponential(size=30)
    values = (values - values.mean()) / values.std()
    z = np.array([_serial_z(rng.permutation(values)) for _ in range(20_000)])
    assert z.mean() == pytest.approx(0, abs=0.03)
    assert z.std() == pytest.approx(1, abs=0.03)


def test_sorted_labels_have_few_runs():
    """Sorted is certain, one more run a class is not sorted; few rows prove nothing."""
    assert sorted_p(np.repeat([2, 0, 1], 50), True) < 1e-20
    assert sorted_p(np.tile([0, 1], 50), True) == 1
    assert sorted_p(np.array([0, 0, 1]), True) > 0.001
    assert sorted_p(np.arange(100.0), False) < 1e-20
    assert sorted_p(np.random.default_rng(0).normal(size=100), False) == 1


def test_real_sets():
    """Iris and wine are sorted by class; digits and diabetes are not."""
    for load, found in (
        (load_iris, True),
        (load_wine, True),
        (load_digits, False),
        (load_diabetes, False),
    ):
        X, y = load(return_X_y=True)
        leak = RowOrder().run(_split_data(X, y, load is not load_diabetes), {})
        assert leak.found is found
        assert leak.severity == ("info" if found else "")


def test_series_that_remember_long_cannot_be_told():
    """A persistent state is neither called an order nor passed over."""
    rng = np.random.default_rng(1)
    y = (_series(0.995, 3000, rng) > 0).astype(int)
    leak = RowOrder().run(_split_data(rng.normal(size=(3000, 2)), y), {})
    assert leak.found is None
    assert "Could not tell" in leak.message


def test_not_applicable():
    """Without labels, with one, or with classes of a few rows only."""
    X = np.random.default_rng(0).normal(size=(40, 2))
    data = _split_data(X, np.zeros(40))
    with pytest.raises(CheckNotApplicable, match="same label"):
        RowOrder().run(data, {})
    with pytest.raises(CheckNotApplicable, match="not known"):
        RowOrder().run(SplitData(data.table, data.folds), {})
    with pytest.raises(CheckNotApplicable, match="enough rows"):
        RowOrder().run(_split_data(X, np.arange(40) < 5), {})
