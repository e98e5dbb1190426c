"""What the docs promise of verdicts on training curves, by simulation with the seed stated."""

import numpy as np
import pytest
from scipy import signal, stats

from sklearn_lossfix._core._history import History
from sklearn_lossfix.diagnosis._history_report import build_history_report
from sklearn_lossfix.diagnosis.history._trend import sieve_trend

SEED = 3


def noise(rng, n, phi):
    """A stationary first-order autoregression."""
    return signal.lfilter([1], [1, -phi], rng.normal(size=n + 100))[100:]


def at_most(n_hits, n_runs, limit):
    """Whether the counts are compatible with a rate of at most `limit`, at one in a thousand."""
    return stats.binom.sf(n_hits - 1, n_runs, limit) > 1e-3


@pytest.mark.parametrize(("phi", "limit"), [(0.0, 0.07), (0.4, 0.15), (0.8, 0.15)])
def test_flat_curves_have_no_trend(phi, limit):
    """At a nominal 5 % false trends on 60 correlated points stay below the limit; tau's do not."""
    rng, steps = np.random.default_rng(SEED), np.arange(60.0)
    curves = [noise(rng, 60, phi) for _ in range(200)]
    trends = [sieve_trend(steps, values, alpha=0.05) for values in curves]
    assert at_most(sum(t.told and t.p_value <= 0.05 for t in trends), 200, limit)
    if phi == 0.8:
        naive = sum(stats.kendalltau(steps, values).pvalue <= 0.05 for values in curves)
        assert not at_most(naive, 200, limit)


@pytest.mark.parametrize("phi", [0.0, 0.4])
def test_sound_runs_have_no_issue(phi):
    """A report on a run that learns and levels off holds an issue in at most 5 % of cases."""
    rng, steps = np.random.default_rng(SEED), np.arange(1.0, 61.0)
    hits = 0
    for _ in range(25):
        decay = np.exp(-steps / 6)
        train, validation, accuracy = (
            level + size * decay + 0.003 * noise(rng, 60, phi)
            for level, size in ((0.1, 0.6), (0.3, 0.4), (0.9, -0.35))
        )
        history = History(
            steps,
            {"train": train, "validation": validation},
            {"accuracy": {"validation": accuracy}},
            loss_kind="log_loss",
            n_classes=2,
            n_validation=2000,
        )
        hits += bool(build_history_report([history]).issues)
    assert at_most(hits, 25, 0.05)
