"""Values as strict JSON."""

import json
from pathlib import PurePosixPath

import numpy as np
import pytest

from sklearn_lossfix.diagnosis._plain import plain


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (float("nan"), None),
        (-np.inf, None),
        (np.array([[1.0, np.nan]]), [[1.0, None]]),
        ((1, "a"), [1, "a"]),
        ({1: {2: np.str_("b")}}, {"1": {"2": "b"}}),
        (PurePosixPath("c"), "c"),
    ],
)
def test_everything_becomes_strict_json(value, expected):
    """NumPy becomes Python, what is not finite None, and what is unknown its text."""
    assert plain(value) == expected
    assert json.loads(json.dumps(plain(value), allow_nan=False)) == expected
