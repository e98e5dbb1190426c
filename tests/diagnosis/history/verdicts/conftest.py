"""Histories with planted faults, and the analysis that verdicts read."""

import numpy as np
import pytest

from sklearn_lossfix._core._history import History
from sklearn_lossfix.diagnosis.history._analysis import HistoryAnalysis

N_STEPS = 80


def _noise(seed, sigma, n):
    return np.random.default_rng(seed).normal(0, sigma, n)


@pytest.fixture(scope="session")
def curves():
    """Curves of a sound run of 80 epochs: train and validation loss, and accuracy."""
    step = np.arange(1.0, N_STEPS + 1)
    decay = np.exp(-step / 12)
    return {
        "step": step,
        "train": 0.1 + 0.6 * decay + _noise(0, 0.004, N_STEPS),
        "validation": 0.3 + 0.4 * decay + _noise(1, 0.005, N_STEPS),
        "accuracy": 0.9 - 0.35 * decay + _noise(2, 0.005, N_STEPS),
    }


@pytest.fixture(scope="session")
def analysis_of():
    """Build the analysis of one history from its curves."""

    def make(train=None, validation=None, accuracy=None, *, step=None, alpha=0.01, **facts):
        recorded = {"train": train, "validation": validation}
        loss = {split: np.asarray(v) for split, v in recorded.items() if v is not None}
        metrics = {}
        if accuracy is not None:
            split = "validation" if validation is not None else "train"
            metrics = {"accuracy": {split: np.asarray(accuracy)}}
        n = len(next(iter(loss.values())))
        step = np.arange(1.0, n + 1) if step is None else step
        facts = {"loss_kind": "log_loss", "n_classes": 2, "n_validation": 2000} | facts
        return HistoryAnalysis([History(step, loss, metrics, **facts)], alpha)

    return make
