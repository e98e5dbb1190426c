"""Tests of the best cuts from corners: against the metric at every single cut."""

import itertools

import numpy as np
import pytest

from sklearn_lossfix.decision import _best_cuts
from sklearn_lossfix.decision._best_cuts import (
    best_cuts,
    corner_cuts,
    inner_width,
    metric_of_cuts,
)
from sklearn_lossfix.decision._metrics import (
    LABEL_METRICS,
    ROUNDING,
    make_metric,
    metric_from_codes,
)

METRICS = [
    make_metric(n, **({"beta": 0.5} if n.startswith("fbeta") else {})) for n in LABEL_METRICS
]


def _weighted_rows(seed, weighted):
    """Draw up to 60 rows by decreasing score, tied or not, and five weightings of them."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 61))
    score = np.sort(rng.integers(0, rng.choice([2, 8, 10_000]), n).astype(float))[::-1]
    y_pos = rng.random(n) < rng.choice([0.0, 0.1, 0.5, 0.9])
    weights = rng.poisson(1, (5, n))
    if weighted:
        weights = weights * rng.choice([0.0, 0.3, 1.7], n)
    start = np.concatenate([[0], np.flatnonzero(np.diff(score)) + 1, [n]])
    tp, fp = (
        np.array([np.concatenate([[0], np.cumsum(w * mask)])[start] for w in weights])
        for mask in (y_pos, ~y_pos)
    )
    return score, y_pos, start, tp, fp


def _by_every_cut(metric, tp, fp, score, start, default_cut):
    """First and last cut of the widest best run, its value, and that of the default cut."""
    values = metric_of_cuts(metric, tp, fp, tp[-1], fp[-1])
    is_best = values >= values.max() - ROUNDING * max(abs(values.max()), 1.0)
    best = np.flatnonzero(is_best)
    runs = np.split(best, np.flatnonzero(np.diff(best) > 1) + 1)
    widths = [inner_width(score, start[run[[0]]], start[run[[-1]]])[0] for run in runs]
    run = runs[int(np.argmax(widths))]
    default = values[default_cut] if is_best[default_cut] else np.nan
    return run[0], run[-1], values[run].min(), default


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_what_is_found_is_what_every_cut_gives(metric, weighted):
    """Runs and values are those of an evaluation of all cuts, to the last bit."""
    for seed in range(60):
        score, y_pos, start, tp, fp = _weighted_rows(seed, weighted)
        default_cut = seed % len(start)
        found = best_cuts(metric, tp, fp, corner_cuts(y_pos, start), score, start, default_cut)
        for w in range(len(tp)):
            expected = _by_every_cut(metric, tp[w], fp[w], score, start, default_cut)
            np.testing.assert_array_equal([part[w] for part in found], expected)


def test_chunks_change_nothing(monkeypatch):
    """However few cuts are evaluated at a time, the result is the same."""
    score, y_pos, start, tp, fp = _weighted_rows(7, True)
    args = (make_metric("matthews_corrcoef"), tp, fp, corner_cuts(y_pos, start), score, start)
    expected = best_cuts(*args)
    monkeypatch.setattr(_best_cuts, "CHUNK", 3)
    for part, whole in zip(best_cuts(*args), expected, strict=True):
        np.testing.assert_array_equal(part, whole)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_between_two_corners_no_cut_is_better(metric):
    """Under every weighting a cut is at most as good as the better of the corners beside it."""
    for seed in range(30):
        _, y_pos, start, tp, fp = _weighted_rows(seed, True)
        corner = corner_cuts(y_pos, start)
        assert corner[0] == 0
        assert corner[-1] == len(start) - 1
        for of_pos, of_neg in zip(tp, fp, strict=True):
            values = metric_of_cuts(metric, of_pos, of_neg, of_pos[-1], of_neg[-1])
            for low, high in itertools.pairwise(corner):
                assert values[low : high + 1].max() <= max(values[low], values[high]) + 1e-12


def test_corners_are_as_few_as_turns_of_the_staircase():
    """One cut for each run of positives that negatives follow, and the first and the last."""
    y_pos = np.array([0, 0, 1, 1, 0, 1, 0, 0, 0], dtype=bool)
    np.testing.assert_array_equal(corner_cuts(y_pos, np.arange(10)), [0, 4, 6, 9])
    # Of equal scores one positive and one negative: both before and after is a corner possible.
    np.testing.assert_array_equal(corner_cuts(y_pos, np.array([0, 1, 3, 5, 9])), [0, 2, 3, 4])


@pytest.mark.parametrize("name", ["f1", "balanced_accuracy", "matthews_corrcoef", "specificity"])
def test_metric_of_cuts_is_that_of_the_labels(name):
    """At each cut the value is the metric of the labels that the cut gives."""
    metric, y = make_metric(name), np.array([1, 0, 1, 1, 0, 0])
    tp = np.concatenate([[0], np.cumsum(y)])
    values = metric_of_cuts(metric, tp, np.arange(7) - tp, 3, 3)
    for cut, value in enumerate(values):
        pred = (np.arange(6) < cut).astype(int)
        assert value == pytest.approx(metric_from_codes(metric, y, pred, 2, pos=1), abs=1e-15)
