"""Tests of the coordinate ascent: against grids and single moves, for every symmetric metric."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_lossfix.decision._ascent import best_offsets
from sklearn_lossfix.decision._metrics import LABEL_METRICS, make_metric, metric_from_codes

METRICS = [
    metric
    for metric in (
        make_metric(name, **({"beta": 0.5} if name.startswith("fbeta") else {}))
        for name in LABEL_METRICS
    )
    if not metric.asymmetric
]


def _value(metric, y, scores, offsets, weight=None):
    codes = np.argmax(scores + offsets, axis=1)
    return metric_from_codes(metric, y, codes, scores.shape[1], weight)


def _imbalanced(n, n_classes, seed):
    """Draw rows whose scores point to their class, the first class being frequent."""
    rng = np.random.default_rng(seed)
    shares = np.r_[0.7, np.full(n_classes - 1, 0.3 / (n_classes - 1))]
    y = rng.choice(n_classes, size=n, p=shares)
    scores = rng.normal(size=(n, n_classes)) + np.log(shares)
    scores[np.arange(n), y] += 1.2
    return y, scores


@st.composite
def scored_rows(draw):
    """Draw small data with ties, absent classes and sometimes weights."""
    n, n_classes = draw(st.integers(1, 20)), draw(st.integers(3, 4))
    y = draw(st.lists(st.integers(0, n_classes - 1), min_size=n, max_size=n))
    row = st.lists(
        st.sampled_from([-np.inf, -2.0, -1.0, 0.0, 0.5, 1.0]) | st.floats(-3, 3),
        min_size=n_classes,
        max_size=n_classes,
    )
    scores = draw(st.lists(row, min_size=n, max_size=n))
    w = draw(st.none() | st.lists(st.sampled_from([0.5, 1.0, 3.0]), min_size=n, max_size=n))
    return np.array(y), np.array(scores), None if w is None else np.array(w)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
@given(rows=scored_rows())
@settings(max_examples=25, deadline=None)
def test_never_below_argmax(metric, rows):
    """The offsets do at least as well as none, and are none where nothing is better."""
    y, scores, w = rows
    offsets = best_offsets(y, scores, metric, w)
    assert np.isfinite(offsets).all()
    gain = _value(metric, y, scores, offsets, w) - _value(metric, y, scores, 0.0, w)
    assert gain > 0 or (offsets == 0).all()


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
@pytest.mark.parametrize("weighted", [False, True])
def test_no_single_offset_can_be_improved(metric, weighted):
    """Brute force over every position of one offset finds nothing better."""
    y, scores = _imbalanced(80, 4, seed=3)
    w = np.random.default_rng(0).uniform(0.5, 2, len(y)) if weighted else None
    offsets = best_offsets(y, scores, metric, w)
    reached = _value(metric, y, scores, offsets, w)
    for k in range(4):
        others = np.delete(scores + offsets, k, axis=1).max(axis=1)
        needed = np.sort(others - scores[:, k])
        cuts = np.r_[needed[0] - 1, (needed[1:] + needed[:-1]) / 2, needed[-1] + 1]
        for cut in cuts:
            moved = offsets.copy()
            moved[k] = cut
            assert _value(metric, y, scores, moved, w) <= reached + 1e-12


@pytest.mark.parametrize("name", ["balanced_accuracy", "f1_macro", "matthews_corrcoef"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_at_least_a_dense_grid(name, seed):
    """For three classes the ascent reaches what a grid of 41 x 41 offsets does."""
    y, scores = _imbalanced(600, 3, seed)
    metric = make_metric(name)
    grid = np.linspace(-4, 4, 41)
    best = max(_value(metric, y, scores, np.array([0.0, a, b])) for a in grid for b in grid)
    assert _value(metric, y, scores, best_offsets(y, scores, metric)) >= best - 1e-12


@pytest.mark.parametrize("seed", range(5))
def test_balanced_accuracy_gains_on_imbalanced_rows(seed):
    """Where argmax ignores the rare classes, the offsets raise balanced accuracy by much."""
    y, scores = _imbalanced(500, 5, seed)
    metric = make_metric("balanced_accuracy")
    tuned = _value(metric, y, scores, best_offsets(y, scores, metric))
    assert tuned > _value(metric, y, scores, 0.0) + 0.05


def test_offsets_follow_the_classes():
    """Another order of the classes gives the same offsets in that order."""
    y, scores = _imbalanced(200, 4, seed=1)
    metric, order = make_metric("f1_macro"), np.array([2, 0, 3, 1])
    expected = best_offsets(y, scores, metric)
    position = np.argsort(order)
    permuted = best_offsets(position[y], scores[:, order], metric)
    value = _value(metric, position[y], scores[:, order], permuted)
    assert value == pytest.approx(_value(metric, y, scores, expected), abs=0.01)


def test_integer_weights_repeat_rows():
    """A weight of two is the same as the row twice."""
    y, scores = _imbalanced(100, 3, seed=2)
    w = 1 + np.arange(100) % 3
    metric = make_metric("f1_macro")
    weighted = best_offsets(y, scores, metric, w.astype(float))
    repeated = best_offsets(np.repeat(y, w), np.repeat(scores, w, axis=0), metric)
    np.testing.assert_allclose(weighted, repeated, atol=1e-9)


def test_absent_class_is_neutral():
    """A class without a row gets the mean of the offsets of those that have rows."""
    y, scores = _imbalanced(300, 4, seed=0)
    keep = y != 2
    offsets = best_offsets(y[keep], scores[keep], make_metric("balanced_accuracy"))
    assert offsets[2] == 0.0
    assert offsets[[0, 1, 3]].mean() == pytest.approx(0.0, abs=1e-12)
    assert (offsets[[0, 1, 3]] != 0).all()


def test_single_class_needs_no_offsets():
    """With one class in the truth, all predicted right, the offsets stay zero."""
    scores = np.array([[2.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    np.testing.assert_array_equal(
        best_offsets(np.array([0, 0]), scores, make_metric("accuracy")), np.zeros(3)
    )
