"""Bootstrap samples as counts per row."""

import numpy as np
import pytest

from sklearn_lossfix._core._bootstrap import bootstrap_counts


def drawn(n_rows=40, n_bootstrap=200, seed=0, share=0.1):
    """Counts of rows that are their own units, with their classes."""
    y = (np.arange(n_rows) < share * n_rows).astype(int)
    return y, bootstrap_counts(y, np.arange(n_rows), n_bootstrap, seed)


def test_each_class_keeps_its_size():
    """A sample holds as many rows of each class as the data."""
    y, counts = drawn()
    assert (counts[:, y == 1].sum(axis=1) == 4).all()
    assert (counts[:, y == 0].sum(axis=1) == 36).all()


def test_every_class_of_two_units_is_left_out_in_part():
    """What was left out holds rows of every class, however rare."""
    y, counts = drawn(n_rows=20)
    assert (counts[:, y == 1] == 0).any(axis=1).all()


def test_a_single_row_is_always_drawn():
    """The only row of a class cannot be left out of a stratified sample."""
    y, counts = drawn(n_rows=20, share=0.05)
    assert (counts[:, y == 1] == 1).all()


def test_left_out_share_is_that_of_the_bootstrap():
    """Of many rows about 1/e are left out."""
    _, counts = drawn(n_rows=2000, n_bootstrap=100)
    assert np.mean(counts == 0) == pytest.approx(np.exp(-1), abs=0.01)


def test_rows_of_a_group_come_together():
    """A group is in the sample with all of its rows, equally often."""
    unit = np.repeat(np.arange(10), 4)
    y = np.tile([0, 1], 20)
    counts = bootstrap_counts(y, unit, 50, 0).reshape(50, 10, 4)
    assert (counts == counts[:, :, :1]).all()
    assert (counts[:, :, 0].sum(axis=1) == 10).all()


def test_groups_of_one_class_are_drawn_within_it():
    """Groups without two classes are stratified, as rows are."""
    unit = np.repeat(np.arange(10), 3)
    y = (unit < 3).astype(int)
    counts = bootstrap_counts(y, unit, 50, 0)
    assert (counts[:, y == 1].sum(axis=1) == 9).all()


def test_seed_decides():
    """The same seed gives the same samples, another one others."""
    _, first = drawn(seed=3)
    _, again = drawn(seed=3)
    _, other = drawn(seed=4)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_names_of_classes_do_not_matter():
    """Codes of the classes may be exchanged."""
    y, counts = drawn()
    assert np.array_equal(counts, bootstrap_counts(1 - y, np.arange(40), 200, 0))
