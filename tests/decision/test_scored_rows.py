"""Scored rows: their weights with and without costs, and the folds they are judged in."""

import numpy as np
import pytest

from sklearn_lossfix.decision._scored_rows import judging_folds, scored_rows
from sklearn_lossfix.exceptions import TooFewRowsError

CODES = np.array([0, 0, 0, 1, 1])
COST = np.array([1.0, 2.0, 0.0, 5.0, 9.0])


def rows(weight=None, row=(0, 1, 2, 3, 4), fold=None, cost=COST, groups=None, codes=CODES):
    """Rows with scores."""
    row = np.array(row)
    return scored_rows(np.zeros(len(row)), row, fold, codes, weight, groups, cost)


@pytest.mark.parametrize("weight", [None, np.array([1.0, 3.0, 2.0, 0.5, 1.0])])
def test_costs_are_kept_apart_from_weights(weight):
    """Weights are those of the rows; priced, they are multiplied by what an error costs."""
    scored = rows(weight, row=[0, 1, 3, 3])
    plain = np.ones(5) if weight is None else weight
    np.testing.assert_array_equal(scored.weight, plain[[0, 1, 3, 3]] / [1, 1, 2, 2])
    priced = scored.priced()
    np.testing.assert_array_equal(priced.weight, scored.weight * COST[[0, 1, 3, 3]])
    np.testing.assert_array_equal(priced.row_weight, plain[[0, 1, 3, 3]] * COST[[0, 1, 3, 3]])
    assert priced.priced() is priced  # no cost is counted twice
    free = rows(weight, cost=None)
    assert free.priced() is free


def test_a_single_row_of_a_class_cannot_be_judged():
    """The error says what is missing, by the label, and what would help."""
    scored = rows(row=[0, 1, 2, 3])
    with pytest.raises(TooFewRowsError, match=r"two rows of every class.*Class 'yes' has one"):
        judging_folds(scored, 0, ["no", "yes"])
    twice = rows(row=[0, 1, 2, 3, 3])
    with pytest.raises(TooFewRowsError, match="Class 1 has one"):
        judging_folds(twice, 0)
    grouped = rows(groups=np.array([0, 1, 2, 3, 3]))
    with pytest.raises(TooFewRowsError, match="two groups of every class"):
        judging_folds(grouped, 0)


def test_folds_that_rows_were_tested_in_judge_them():
    """Rows of several splits are judged in these, whatever class is in them."""
    fold = np.array([0, 0, 1, 1, 1])
    np.testing.assert_array_equal(judging_folds(rows(fold=fold), 0), fold)
    drawn = judging_folds(rows(), 0)
    for k in (0, 1):
        assert len(np.unique(drawn[k == CODES])) == 2
