"""suggest_robust_steps: each need on its own, silence without one, and steps that run."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklearn_lossfix import MADScaler, suggest_robust_steps
from sklearn_lossfix.preprocessing._suggest_robust_steps import (
    chance_of_outliers,
    column_ends,
    outlier_variance_share,
)


def needs(X):
    """Columns by step."""
    suggested = suggest_robust_steps(X)
    return {} if suggested is None else {name: cols for name, _, cols in suggested.transformers}


def test_silent_on_clean_data(rng):
    """Normal columns, flags, counts and iris need nothing."""
    assert suggest_robust_steps(rng.normal(size=(300, 4))) is None
    assert suggest_robust_steps(rng.random((300, 4)) < 0.05) is None
    assert suggest_robust_steps(rng.poisson(4, size=(300, 3))) is None
    assert suggest_robust_steps(load_iris(as_frame=True).data) is None


def test_nothing_needed_is_a_step_of_a_pipeline():
    """None stands in a Pipeline as it is."""
    X, y = load_iris(return_X_y=True)
    pipe = make_pipeline(suggest_robust_steps(X), LogisticRegression(max_iter=1000)).fit(X, y)
    assert pipe.score(X, y) > 0.9


def test_columns_that_say_nothing_are_dropped(rng):
    """A constant column and one without values are dropped, and nothing else is touched."""
    X = rng.normal(size=(100, 4))
    X[:, 1], X[:, 3] = 2.0, np.nan
    assert needs(X) == {"drop": [1, 3]}
    kept = suggest_robust_steps(X).fit_transform(X)
    np.testing.assert_array_equal(kept, X[:, [0, 2]])


def test_outliers_that_rule_a_column_are_bounded(rng):
    """A few absurd values make their column bounded and the others scaled; so do infinite ones."""
    X = rng.normal(size=(400, 3))
    X[:4, 0] = 1e6
    assert needs(X) == {"bound": [0], "scale": [1, 2]}
    X[:4, 0] = np.inf
    assert needs(X) == {"bound": [0], "scale": [1, 2]}
    assert np.abs(suggest_robust_steps(X).fit_transform(X)[:, 0]).max() <= 3.5


def test_columns_on_other_scales_are_scaled(rng):
    """One column ten times as wide as the median one, or as narrow, brings in the scaler."""
    X = rng.normal(size=(200, 4)) * [1, 1, 1, 9]
    assert needs(X) == {}
    assert needs(X * [1, 1, 1, 2]) == {"scale": [0, 1, 2, 3]}
    assert needs(X * [1, 1, 0.01, 0.1]) == {"scale": [0, 1, 2, 3]}


def test_flags_are_not_scaled(rng):
    """Columns of two values stay what they are beside columns that are scaled."""
    X = rng.normal(size=(200, 4)) * [1, 1, 1, 100]
    X[:, 0] = X[:, 0] > 0
    assert needs(X) == {"scale": [1, 2, 3]}


def test_missing_values_are_imputed(rng):
    """Gaps are filled with the median, behind the scaler where there is one."""
    X = rng.normal(size=(200, 3))
    X[:10, 1] = np.nan
    assert needs(X) == {"impute": [1]}
    X[10:14, 1], X[10:14, 0] = 1e6, 1e6
    assert needs(X) == {"bound": [0], "bound_and_impute": [1], "scale": [2]}
    assert not np.isnan(suggest_robust_steps(X).fit_transform(X)).any()


@pytest.mark.parametrize("library", [pd, pl])
def test_columns_of_dataframes_have_their_names(rng, library):
    """Columns of pandas are chosen by name, and text and dates are passed through."""
    frame = pd.DataFrame(
        {
            "wide": rng.normal(size=60) * 1000,
            "city": ["Oslo", "Rome"] * 30,
            "a": rng.normal(size=60),
            "b": rng.normal(size=60),
            "when": pd.date_range("2024", periods=60),
        }
    )
    table = frame if library is pd else pl.from_pandas(frame)
    assert needs(table) == {"scale": ["wide", "a", "b"] if library is pd else [0, 2, 3]}
    # Fitted on pandas: scikit-learn 1.7's ColumnTransformer cannot pass columns of polars through.
    out = suggest_robust_steps(frame).fit_transform(frame)
    assert out.shape == (60, 5)
    assert out[:, 3].tolist() == frame["city"].tolist()
    np.testing.assert_allclose(
        out[:, 1].astype(float), MADScaler().fit_transform(frame[["a"]])[:, 0]
    )


def test_what_is_suggested_is_unfitted_and_can_be_cloned(rng):
    """The suggestion is an ordinary estimator that has learnt nothing."""
    X = rng.normal(size=(100, 2)) * [1, 1000]
    suggested = suggest_robust_steps(X)
    (_, scaler, _) = suggested.transformers[0]
    assert isinstance(scaler, MADScaler)
    assert not hasattr(scaler, "center_")
    assert clone(suggested).get_params().keys() == suggested.get_params().keys()


def test_lists_are_tables(rng):
    """Rows in lists get what the same rows in an array get."""
    X = rng.normal(size=(50, 2)) * [1, 1000]
    assert repr(suggest_robust_steps(X.tolist())) == repr(suggest_robust_steps(X))


def test_intervals_are_no_integers(rng):
    """A column of intervals is passed through like other columns that hold no numbers."""
    X = pd.DataFrame({"a": rng.normal(size=50), "b": rng.normal(size=50) * 1000})
    X["bin"] = pd.cut(rng.integers(0, 9, 50), 3)
    X["bin"] = pd.Series(pd.IntervalIndex(X["bin"]))
    assert str(X["bin"].dtype).startswith("interval")
    steps = suggest_robust_steps(X).transformers
    assert [(name, columns) for name, _, columns in steps] == [("scale", ["a", "b"])]


def test_the_table_is_not_changed(rng):
    """Looking at a table leaves it as it is."""
    X = rng.normal(size=(50, 2)) * [1, 1000]
    before = X.copy()
    suggest_robust_steps(X)
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (sparse.eye(3, format="csr"), ValueError, "Got a sparse table"),
        (["a", "b"], ValueError, "an array or a dataframe"),
        (np.zeros(3), ValueError, r"Got ndarray of shape \(3,\)"),
        (None, ValueError, "Got NoneType"),
        (np.zeros((1, 2)), ValueError, "1 rows. Expected at least two"),
        (pd.DataFrame({"a": ["x", "y"]}), ValueError, r"No column of X holds numbers.*'a'"),
        (pl.DataFrame({"a": [1.0]}).lazy(), TypeError, "lazy"),
    ],
)
def test_other_tables_are_refused(X, error, message):
    """What has no numeric columns is refused with the reason."""
    with pytest.raises(error, match=message):
        suggest_robust_steps(X)


@pytest.mark.parametrize("alpha", [0, 1, -0.1, np.nan, "0.01", None])
def test_alpha_is_a_level(alpha):
    """A level lies between 0 and 1."""
    with pytest.raises(ValueError, match="alpha must be a float between 0 and 1"):
        suggest_robust_steps(np.zeros((3, 1)), alpha=alpha)


def test_outlier_variance_share_by_hand():
    """The share is that of the squared distances from the mean, and never overflows."""
    x = np.array([-1.0, 0.0, 1.0, 9.0])
    squares = (x - x.mean()) ** 2
    share, _ = outlier_variance_share(x, center=0.0, scale=1.0)
    assert share == pytest.approx(squares[3] / squares.sum())
    assert outlier_variance_share(x[:3], 0.0, 1.0) == (0.0, 0.0)
    assert outlier_variance_share(x * 1e307, 0.0, 1e307)[0] == pytest.approx(share)


def test_column_ends():
    """A flag holds two values, whatever they are, gaps and infinite values aside."""
    X = np.array([[0, 1, 5, np.nan], [1, 2, 5, 3.5], [0, np.inf, 5, -1], [1, 1, 5, 3.5]])
    lowest, highest, flags = column_ends(np.vstack([X, X[1] + 1]))
    assert lowest.tolist() == [0, 1, 5, -1]
    assert highest.tolist() == [2, 3, 6, 4.5]
    assert flags.tolist() == [False, False, True, False]


def test_chance_of_outliers_has_the_stated_size(rng):
    """Columns of normal values are called outlying at a level of 1 % in at most 1 % of cases."""
    z = np.abs(rng.normal(size=(200, 5000)))
    n_beyond = np.count_nonzero(z > 3.5, axis=0)
    p_values = chance_of_outliers(np.full(5000, 200), n_beyond, z.max(axis=0))
    assert 0 < np.mean(p_values <= 0.01) <= 0.012
    assert chance_of_outliers(np.array([1000]), np.array([3]), np.array([50.0]))[0] < 1e-100
