"""Tests of codes of labels: those of numpy.unique, whatever the dtype and the range."""

import numpy as np
import pytest

from sklearn_lossfix._core._codes import sorted_codes

RNG = np.random.default_rng(0)
LABELS = {
    "in a short range": RNG.integers(-3, 4, 100),
    "with gaps": RNG.choice([2, 9, 40], 100),
    "in a long range": RNG.integers(-(10**12), 10**12, 100),
    "at both ends": np.array([np.iinfo(np.int64).min, np.iinfo(np.int64).max, 0]),
    "of 8 bits at both ends": np.resize(np.array([-128, 127, 0], dtype=np.int8), 300),
    "unsigned and beyond int64": np.array([2**63, 2**63 + 2, 2**63], dtype=np.uint64),
    "unsigned": RNG.integers(0, 5, 50).astype(np.uint16),
    "of one value": np.full(4, 7),
    "floats with a gap": np.array([1.5, np.nan, -1.0, np.nan]),
    "texts": np.array(["b", "a", "b"]),
    "booleans": np.array([True, False, True]),
    "none": np.array([], dtype=int),
}


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS.keys())
def test_codes_are_those_of_numpy(labels):
    """Distinct labels, their dtype and the codes are what numpy.unique gives."""
    expected, places = np.unique(labels, return_inverse=True)
    distinct, codes = sorted_codes(labels)
    np.testing.assert_array_equal(distinct, expected)
    np.testing.assert_array_equal(codes, places)
    assert distinct.dtype == labels.dtype
    assert codes.dtype == np.intp


def test_labels_are_never_handed_back():
    """Codes may be written to without changing the labels, also where both are equal."""
    labels = np.array([0, 1, 2, 1])
    codes = sorted_codes(labels)[1]
    codes[:] = -1
    assert labels.tolist() == [0, 1, 2, 1]
