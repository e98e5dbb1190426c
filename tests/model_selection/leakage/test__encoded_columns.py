"""Tests of the columns that may hold an encoding, or its categories."""

import numpy as np
import pandas as pd

from sklearn_lossfix.model_selection.leakage._encoded_columns import (
    Atoms,
    Categories,
    OwnGroups,
    repeated_columns,
)
from sklearn_lossfix.model_selection.leakage._encodings import best_match, label_groups
from sklearn_lossfix.model_selection.leakage._table import Table


def test_atoms_count_known_values():
    """Missing values are no atom; codes point at the sorted values."""
    atoms = Atoms(np.array([2.0, np.nan, 1.0, 2.0]))
    np.testing.assert_array_equal(atoms.values, [1.0, 2.0])
    np.testing.assert_array_equal(atoms.codes, [1, -1, 0, 1])
    np.testing.assert_array_equal(atoms.counts, [1, 2])


def test_sizes_of_categories_are_counts():
    """Counts and shares of the rows are known as such; other numbers are not."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 40, 2000)
    sizes = np.bincount(codes)[codes].astype(float)
    assert Atoms(sizes).are_counts
    assert Atoms(sizes / 2000).are_counts
    assert not Atoms(sizes + 0.5).are_counts


def test_repeats_and_categories_are_told_from_measurements():
    """Columns with repeats may be encoded; texts and whole numbers may be categories."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "measured": rng.normal(size=500),
            "encoded": rng.normal(size=9)[rng.integers(9, size=500)],
            "text": rng.choice(list("abcdef"), 500),
            "number": rng.integers(0, 7, 500),
        }
    )
    table = Table.read(frame)
    assert repeated_columns(table) == [1, 3]
    assert Categories(table).columns == [2, 3]


def test_groups_are_those_of_the_rows_asked_for():
    """Of all rows and of training rows, for each label; a second question costs nothing."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 20, 800)
    labels = [(rng.integers(0, 2, 800).astype(float), 1.0), (rng.normal(size=800), 0.0)]
    means = np.bincount(codes, labels[0][0]) / np.bincount(codes)
    atoms = Atoms(means[codes])
    folds = [(np.arange(400), np.arange(400, 800)), (np.arange(400, 800), np.arange(400))]
    own = OwnGroups(atoms, labels, folds)
    for number, (label, step) in enumerate(labels):
        for fold in (None, 0, 1):
            rows = None if fold is None else folds[fold][0]
            groups, kept = label_groups(atoms.codes, atoms.values, label, step, rows=rows)
            np.testing.assert_array_equal(own.of(number, fold)[1], kept)
            np.testing.assert_array_equal(own.of(number, fold)[0].mean, groups.mean)
            match = best_match(groups, atoms.tolerance)
            assert (own.match(number, fold) is None) == (match is None)
            assert own.match(number, fold) is own.match(number, fold)
    assert own.match(0).formula == "mean"
