"""Tests of the exact threshold sweep: against brute force, for every label metric."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_lossfix.decision._metrics import LABEL_METRICS, make_metric, metric_from_codes
from sklearn_lossfix.decision._sweep import best_threshold, sweep_thresholds

METRICS = [
    make_metric(n, **({"beta": 0.5} if n.startswith("fbeta") else {})) for n in LABEL_METRICS
]


@st.composite
def scored_rows(draw):
    """Draw classes, scores with ties and sometimes weights, zero weights included."""
    n = draw(st.integers(1, 25))
    y = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    score = draw(
        st.lists(st.sampled_from([0.0, 1e-9, 0.2, 0.5, 0.7, 1.0]), min_size=n, max_size=n)
        | st.lists(st.floats(-1e6, 1e6), min_size=n, max_size=n)
    )
    weights = st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.5]), min_size=n, max_size=n)
    w = draw(st.none() | weights)
    return np.array(y), np.array(score), None if w is None else np.array(w)


def _every_cut(score):
    return np.concatenate([[np.inf], np.unique(score), [-np.inf]])


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
@given(rows=scored_rows())
@settings(max_examples=40, deadline=None)
def test_best_threshold_equals_brute_force(metric, rows):
    """No cut does better, and the value is the metric at the threshold."""
    y, score, w = rows
    threshold, value = best_threshold(y, score, metric, w)

    def at(cut):
        pred = (score >= cut).astype(int)
        return metric_from_codes(metric, y.astype(int), pred, 2, w, pos=1)

    assert value == pytest.approx(at(threshold), abs=1e-12)
    assert value == pytest.approx(max(at(cut) for cut in _every_cut(score)), abs=1e-12)


@given(rows=scored_rows())
def test_sweep_counts_what_each_threshold_calls_positive(rows):
    """Every distinct cut occurs once, in falling order, with the counts of its threshold."""
    y, score, w = rows
    weight = np.ones(len(y)) if w is None else w
    sweep = sweep_thresholds(y, score, w)
    assert len(sweep.thresholds) == len(np.unique(score)) + 1
    assert (np.diff(sweep.thresholds) < 0).all()
    positive = score >= sweep.thresholds[:, None]
    np.testing.assert_allclose(sweep.tp, positive @ (weight * y), atol=1e-12)
    np.testing.assert_allclose(sweep.fp, positive @ (weight * ~y), atol=1e-12)
    assert sweep.P == pytest.approx(np.sum(weight[y]))
    assert sweep.N == pytest.approx(np.sum(weight[~y]))


@given(rows=scored_rows(), seed=st.integers(0, 9))
def test_known_order_and_permutations_change_nothing(rows, seed):
    """A precomputed order and a shuffle of the rows give the same threshold."""
    y, score, w = rows
    metric = make_metric("f1")
    expected = best_threshold(y, score, metric, w)
    assert best_threshold(y, score, metric, w, order=np.argsort(score)) == expected
    p = np.random.default_rng(seed).permutation(len(y))
    shuffled = best_threshold(y[p], score[p], metric, None if w is None else w[p])
    assert shuffled == pytest.approx(expected, abs=1e-12)


@given(rows=scored_rows())
def test_part_of_an_order_sweeps_those_rows(rows):
    """An order that leaves rows out gives the sweep of the rows that are in it."""
    y, score, w = rows
    keep = np.arange(len(y)) % 2 == 0
    order = np.argsort(score)
    part = sweep_thresholds(y, score, w, order=order[keep[order]])
    alone = sweep_thresholds(y[keep], score[keep], None if w is None else w[keep])
    for a, b in zip(part, alone, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)


@given(rows=scored_rows(), times=st.integers(1, 3))
def test_integer_weights_repeat_rows(rows, times):
    """Weights of 0, 1, 2... give the sweep of rows that are repeated that often."""
    y, score, _ = rows
    w = (np.arange(len(y)) % 3) * times
    if w.sum() == 0:
        w = w + 1
    metric = make_metric("matthews_corrcoef")
    value = best_threshold(y, score, metric, w.astype(float))[1]
    repeated = best_threshold(np.repeat(y, w), np.repeat(score, w), metric)[1]
    assert value == pytest.approx(repeated, abs=1e-12)


def test_thresholds_lie_between_scores():
    """No finite threshold is an observed float32 score, and neighbouring floats stay apart."""
    score = np.array([0.1, 0.3, np.nextafter(np.float32(0.3), np.float32(1))], dtype=np.float32)
    thresholds = sweep_thresholds([False, False, True], score).thresholds
    assert not np.isin(thresholds, score.astype(float)).any()
    tight = np.array([0.5, np.nextafter(0.5, 1)])
    threshold, value = best_threshold([False, True], tight, make_metric("f1"))
    assert value == 1.0
    np.testing.assert_array_equal(tight >= threshold, [False, True])


def test_subnormal_and_huge_scores_are_separated():
    """Midpoints neither underflow nor overflow."""
    for score in ([0.0, 5e-324], [-1.7e308, 1.7e308]):
        threshold, value = best_threshold([False, True], np.array(score), make_metric("f1"))
        assert value == 1.0
        assert np.isfinite(threshold)


def test_a_plateau_gives_its_middle():
    """The threshold lies in the middle of the widest stretch of best cuts."""
    score = np.array([0.1, 0.2, 0.8, 0.9])
    threshold, _ = best_threshold([False, False, True, True], score, make_metric("accuracy"))
    assert threshold == pytest.approx(0.5)
    # Cuts next to 0.8 and 0.2 tie for recall 1 and specificity 0.5 or the other way round.
    y = np.array([False, True, False, True])
    threshold, _ = best_threshold(y, np.array([0.1, 0.2, 0.3, 0.9]), make_metric("youden"))
    assert threshold == pytest.approx(0.6)


def test_default_is_kept_where_it_is_as_good():
    """A default among the best cuts is returned as it is; a worse one is left."""
    y, score = np.array([False, False, True, True]), np.array([0.1, 0.2, 0.8, 0.9])
    assert best_threshold(y, score, make_metric("f1"), default=0.75) == (0.75, 1.0)
    assert best_threshold(y, score, make_metric("f1"), default=0.05)[0] == pytest.approx(0.5)


def test_noise_makes_accuracy_call_all_negative():
    """Where no cut beats the majority the answer is the majority, exactly."""
    y, score = np.array([True, False, False, False]), np.array([0.1, 0.9, 0.8, 0.7])
    assert best_threshold(y, score, make_metric("accuracy")) == (np.inf, 0.75)
    assert best_threshold(~y, -score, make_metric("accuracy")) == (-np.inf, 0.75)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_constant_scores_and_single_classes_have_a_best_rule(metric):
    """A constant score, one class or no spread at all give a threshold and a finite value."""
    for y in ([True, False], [True, True], [False, False]):
        threshold, value = best_threshold(y, np.array([0.3, 0.3]), metric)
        assert not np.isnan(threshold)
        assert np.isfinite(value)


class _UndefinedInPlaces:
    """Stand-in for a metric that is not a number at most cuts."""

    def value(self, tp, pred, true, pos=None):
        called_positive = pred[..., pos]
        return np.where(called_positive == 2, 0.1, np.nan)


def test_undefined_values_never_win():
    """A cut where the metric is NaN is worse than any other."""
    score = np.array([0.1, 0.2, 0.3, 0.4])
    threshold, value = best_threshold([True] * 4, score, _UndefinedInPlaces())
    assert (np.sum(score >= threshold), value) == (2, 0.1)


@pytest.mark.parametrize(
    ("score", "message"),
    [
        ([0.1, np.nan], "score must be finite"),
        ([0.1, np.inf], "score must be finite"),
        ([-np.inf, 0.1], "score must be finite"),
        ([[0.1], [0.2]], r"score must have shape \(n_samples,\); got \(2, 1\)"),
    ],
)
def test_scores_without_an_order_are_refused(score, message):
    """NaN, infinities and tables of scores are refused."""
    with pytest.raises(ValueError, match=message):
        best_threshold([True, False], score, make_metric("f1"))


@pytest.mark.parametrize("weighted", [False, True])
def test_memory_is_a_few_vectors(weighted):
    """The sweep of 100,000 rows needs at most eight vectors of that length beside its input."""
    n = 100_000
    rng = np.random.default_rng(0)
    score = rng.random(n)
    y = rng.random(n) < score
    w = rng.random(n) if weighted else None
    tracemalloc.start()
    best_threshold(y, score, make_metric("f1"), w)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= 8 * 8 * n
