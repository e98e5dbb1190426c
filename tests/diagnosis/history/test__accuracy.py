"""Which metric is an accuracy."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis.history._accuracy import accuracy_of


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        ({"accuracy": {"train": [0.5, np.nan, 1.0]}}, "accuracy"),
        ({"f1": {"train": [0.5]}, "categorical_accuracy": {"validation": [0.2]}},
         "categorical_accuracy"),
        ({"accuracy": {"train": [50.0, 60.0]}}, None),
        ({"balanced_accuracy": {"train": [0.5]}}, None),
        ({"auc": {"train": [0.5]}}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_accuracy_is_known_by_name_and_range(metrics, expected):
    """Shares of right labels under their names, and nothing else."""
    assert accuracy_of(metrics) == expected
