"""Pairs of rows as single numbers."""

import numpy as np

from sklearn_lossfix.model_selection.leakage._pairs import pair_codes, unique_pairs


def test_pairs_come_back_once_and_in_order():
    """Whatever the order and the repetition, the set of pairs is kept."""
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 50, (2, 400))
    codes = [pair_codes(one, other, 50), pair_codes(other[:100], one[:100], 50)]
    wanted = sorted({(min(a, b), max(a, b)) for a, b in zip(one, other, strict=True)})
    np.testing.assert_array_equal(unique_pairs(codes, 50), wanted)


def test_no_pairs():
    """Nothing gives an empty table of two columns."""
    assert unique_pairs([], 5).shape == (0, 2)
    assert unique_pairs([np.empty(0, dtype=np.intp)], 5).shape == (0, 2)
