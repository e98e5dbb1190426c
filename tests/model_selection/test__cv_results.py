"""The table of a search: against GridSearchCV's own, and against definitions."""

from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import rankdata
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, ParameterGrid
from sklearn.pipeline import make_pipeline

from sklearn_lossfix.model_selection._cv_results import (
    parameter_columns,
    ranks,
    score_columns,
    time_columns,
)


class Anything(DummyClassifier):
    """A classifier with parameters for anything."""

    def __init__(self, a=None, b=None):
        super().__init__()
        self.a = a
        self.b = b


GRIDS = {
    "integers": {"a": [1, 2]},
    "floats": {"a": [0.5, 2]},
    "an array": {"a": np.logspace(0, 1, 2)},
    "an integer array": {"a": np.arange(3)},
    "single precision": {"a": np.arange(2, dtype=np.float32)},
    "booleans": {"a": [True, False]},
    "NumPy's booleans": {"a": np.array([True, False])},
    "booleans and integers": {"a": [True, 2]},
    "strings": {"a": ["x", "yy"]},
    "numbers and strings": {"a": [1, "auto"]},
    "numbers and None": {"a": [1, None]},
    "NaN": {"a": [np.nan, 1]},
    "complex": {"a": [1j, 2]},
    "huge integers": {"a": [2**70, 1]},
    "fractions": {"a": [Fraction(1, 3), Fraction(2, 3)]},
    "tuples": {"a": [(1,), (1, 2)]},
    "tuples of one length": {"a": [(1, 2), (3, 4)]},
    "lists and dicts": {"a": [[1], {0: 1}]},
    "estimators": {"a": [LogisticRegression(), make_pipeline(LogisticRegression())]},
    "two grids": [{"a": [1, 2]}, {"b": [0.5], "a": [3]}, {"b": [1]}],
    "one that is alone": [{"a": ["x"]}, {"b": [True]}],
}


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS.keys())
def test_columns_of_parameters_are_grid_searchs(grid):
    """Names, dtypes, masks and values, whatever a grid holds."""
    candidates = list(ParameterGrid(grid))
    X, y = np.zeros((8, 1)), np.arange(8) % 2
    theirs = GridSearchCV(Anything(), grid, cv=2).fit(X, y).cv_results_
    ours = parameter_columns(candidates)
    assert set(ours) == {key for key in theirs if key.startswith("param_")}
    for key, column in ours.items():
        assert isinstance(column, np.ma.MaskedArray)
        assert column.dtype == theirs[key].dtype
        assert column.shape == (len(candidates),)
        np.testing.assert_array_equal(
            np.ma.getmaskarray(column), np.ma.getmaskarray(theirs[key]), strict=True
        )
        for params, value, masked in zip(
            candidates, column.data, np.ma.getmaskarray(column), strict=True
        ):
            if masked:
                assert key.removeprefix("param_") not in params
            else:
                given = params[key.removeprefix("param_")]
                assert value is given or str(value) == str(given) or value == given


def test_columns_of_arrays_and_matrices_hold_the_very_objects():
    """A value that is an array stays one entry."""
    values = [np.arange(2), np.arange(3), np.zeros((2, 2)), np.array(1.0)]
    column = parameter_columns([{"a": value} for value in values])["param_a"]
    assert column.dtype == object
    assert all(held is value for held, value in zip(column.data, values, strict=True))


def test_no_parameters_no_columns():
    """An empty grid has no parameter."""
    assert parameter_columns([{}]) == {}


def test_ranks_are_counted_from_the_greatest():
    """Ties share the least rank, NaN is last, infinities are what they are."""
    values = np.array([0.5, np.nan, 0.7, 0.5, -np.inf, np.nan, np.inf])
    known = ~np.isnan(values)
    rank = ranks(values)
    assert rank.dtype == np.int32
    np.testing.assert_array_equal(rank[known], rankdata(-values[known], method="min"))
    assert (rank[~known] >= rank[known].max()).all()
    assert ranks(np.array([0.1, np.nan, np.nan, -3.0])).tolist() == [1, 3, 3, 2]


def test_ranks_of_nothing_are_all_one():
    """Where nothing is known, nobody is behind."""
    assert ranks(np.full(3, np.nan)).tolist() == [1, 1, 1]
    assert ranks(np.array([2.0])).tolist() == [1]


def test_columns_of_a_score():
    """One per split, the mean as it is given, the deviation of the splits, ranks of the mean."""
    splits = np.array([[0.1, 0.5], [0.4, 0.4], [np.nan, 0.4]])
    mean = np.array([0.35, 0.2, np.nan])
    columns = score_columns("f1", splits, mean)
    assert list(columns) == [
        "split0_test_f1",
        "split1_test_f1",
        "mean_test_f1",
        "std_test_f1",
        "rank_test_f1",
    ]
    np.testing.assert_array_equal(columns["split1_test_f1"], splits[:, 1])
    np.testing.assert_array_equal(columns["mean_test_f1"], mean)
    np.testing.assert_allclose(columns["std_test_f1"], [0.2, 0.0, np.nan])
    np.testing.assert_array_equal(columns["rank_test_f1"], [1, 2, 3])


def test_columns_of_times():
    """Means and deviations over the splits that ran; NaN where none did."""
    fit = np.array([[1.0, 3.0], [2.0, np.nan], [np.nan, np.nan]])
    columns = time_columns(fit, fit / 2)
    np.testing.assert_allclose(columns["mean_fit_time"], [2, 2, np.nan])
    np.testing.assert_allclose(columns["std_fit_time"], [1, 0, np.nan])
    np.testing.assert_allclose(columns["mean_score_time"], [1, 1, np.nan])
    np.testing.assert_allclose(columns["std_score_time"], [0.5, 0, np.nan])
    assert not any(isinstance(column, np.ma.MaskedArray) for column in columns.values())
