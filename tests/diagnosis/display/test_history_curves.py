"""What the pictures of a history show."""

import numpy as np

from sklearn_lossfix._core._history import History
from sklearn_lossfix.diagnosis._history_report import build_history_report
from sklearn_lossfix.diagnosis.display._history_curves import (
    best_of,
    curves_of,
    quantities,
    ribbons,
)

STEPS = np.arange(1.0, 401.0)
LOSS = 0.3 + np.exp(-STEPS / 40) + 0.002 * np.maximum(STEPS - 100, 0)
TABLES = build_history_report(
    [History(STEPS, {"train": LOSS - 0.1, "validation": LOSS}, {"f1": {"train": 1 - LOSS}})]
).to_dict()["tables"]


def test_curves_are_those_of_the_table_thinned():
    """Every split has its curve, in order, and few enough points."""
    found = curves_of(TABLES, "loss")
    assert [curve["split"] for curve in found] == ["train", "validation"]
    for curve in found:
        assert 100 < len(curve["step"]) <= 250
        assert np.all(np.diff(curve["step"]) > 0)
    assert quantities(TABLES) == ["loss", "f1"]
    assert curves_of(TABLES, "auc") == []


def test_best_and_ribbons_come_from_their_tables():
    """The best step with its interval; a ribbon per issue and tip that has a window."""
    step, low, high = best_of(TABLES, "loss")
    assert low <= step <= high
    assert best_of(TABLES, "auc") is None
    names = [name for name, *_ in ribbons(TABLES)]
    assert "overfit-turning-point" in names
