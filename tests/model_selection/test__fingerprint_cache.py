"""Tests of the memory of what checks said."""

import copy
import pickle

import numpy as np
import pytest

from sklearn_lossfix.model_selection._fingerprint_cache import (
    MOST_REMEMBERED,
    FingerprintCache,
    fingerprint,
)


def test_copies_share_and_pickles_are_empty():
    """Copies see what any of them learns; other processes start anew."""
    cache = FingerprintCache()
    others = [copy.copy(cache), copy.deepcopy(cache), copy.deepcopy([cache])[0]]
    cache.keep(b"key", "answers")
    assert all(other.get(b"key") == "answers" for other in others)
    travelled = pickle.loads(pickle.dumps(cache))
    assert travelled.get(b"key") is None
    assert len(travelled) == 0


def test_the_oldest_is_forgotten():
    """Memory is bounded, and what was asked for lately stays."""
    cache = FingerprintCache()
    for key in range(MOST_REMEMBERED):
        cache.keep(key, key)
    assert cache.get(0) == 0
    cache.keep("new", "new")
    assert len(cache) == MOST_REMEMBERED
    assert cache.get(0) == 0
    assert cache.get(1) is None


def test_warnings_are_given_once():
    """The first who asks may warn."""
    cache = FingerprintCache()
    assert [cache.first_warning(key) for key in "aabab"] == [True, False, True, False, False]


@pytest.mark.parametrize(
    "other",
    [
        (np.array([1, 2, 4]), "x"),
        (np.array([1.0, 2.0, 3.0]), "x"),
        (np.array([[1, 2, 3]]), "x"),
        (np.array([1, 2, 3]), "y"),
        (np.array([1, 2, 3]),),
        ("x", np.array([1, 2, 3])),
    ],
)
def test_fingerprints_tell_things_apart(other):
    """Values, types, shapes, order and number of the parts all count."""
    assert fingerprint(np.array([1, 2, 3]), "x") == fingerprint(np.arange(1, 4), "x")
    assert fingerprint(*other) != fingerprint(np.array([1, 2, 3]), "x")
