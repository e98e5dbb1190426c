"""Tests of the traces of scalers and imputers in columns of levels."""

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

from sklearn_lossfix.model_selection.leakage._level_signatures import (
    LEVEL_SIGNATURES,
    holds,
    is_written,
    level_signature,
)
from sklearn_lossfix.model_selection.leakage._moment_signatures import read_column


def counts(rng, n_rows=1000):
    """Whole numbers of many levels."""
    return np.round(rng.gamma(2.0, 30.0, n_rows)) + 3


SCALERS = {
    "levels scaled to 0..1": MinMaxScaler(),
    "levels scaled to max 1": MaxAbsScaler(),
    "levels robustly scaled": RobustScaler(),
}


@pytest.mark.parametrize("name", SCALERS)
@pytest.mark.parametrize("seed", range(5))
def test_scaled_whole_numbers_are_seen_and_raw_ones_are_not(name, seed):
    """The same column before and after a scaler."""
    values = counts(np.random.default_rng(seed))
    assert level_signature(read_column(values)) == ""
    scaled = SCALERS[name].fit_transform(values[:, None])[:, 0]
    assert level_signature(read_column(scaled)) == name


@pytest.mark.parametrize("seed", range(5))
def test_means_of_whole_numbers_are_seen_by_their_fractions(seed):
    """Whole numbers of mean zero are seen after centring, and not if they are whole then."""
    values = 10 * counts(np.random.default_rng(seed), 997) + np.arange(997) % 10
    centred = StandardScaler(with_std=False).fit_transform(values[:, None])[:, 0]
    assert level_signature(read_column(centred)) == "levels centred"
    whole = np.repeat(np.arange(-50.0, 51), 10)
    assert level_signature(read_column(whole)) == ""


@pytest.mark.parametrize("seed", range(5))
def test_imputed_medians_of_whole_numbers(seed):
    """A tenth of imputed cells stands out; a common value that is no median does not."""
    rng = np.random.default_rng(seed)
    values = np.round(rng.gamma(2.0, 300.0, 1000))
    values[rng.random(1000) < 0.1] = np.nan
    filled = SimpleImputer(strategy="median").fit_transform(values[:, None])[:, 0]
    assert level_signature(read_column(filled)) == "levels imputed by the median"
    gappy = np.where(rng.random(1000) < 0.8, np.nan, values)
    filled = SimpleImputer(strategy="median").fit_transform(gappy[:, None])[:, 0]
    assert level_signature(read_column(filled)) == "levels imputed by the median"
    popular = np.where(np.isnan(values), np.nanquantile(values, 0.8).round(), values)
    assert level_signature(read_column(popular)) == ""


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n_levels", [3, 5, 10])
def test_ratings_shares_and_flags_are_silent(n_levels, seed):
    """Few levels with a common middle, tenths from 0 to 1, and numbers around zero."""
    rng = np.random.default_rng(seed)
    ratings = rng.binomial(n_levels - 1, 0.5, 1000).astype(float)
    assert level_signature(read_column(ratings)) == ""
    tenths = np.r_[0.0, 1.0, rng.integers(0, 11, 998) / 10]
    assert level_signature(read_column(tenths)) == ""
    assert level_signature(read_column(ratings - np.median(ratings))) == ""


def test_continuous_columns_are_left_to_their_moments():
    """Without a lattice and repeated values."""
    values = np.random.default_rng(0).normal(size=500)
    scaled = MinMaxScaler().fit_transform(values[:, None])[:, 0]
    assert level_signature(read_column(scaled)) == ""


def test_rows_without_an_end_of_the_range_do_not_hold_it():
    """So it is known that a scaler saw more than these rows."""
    values = counts(np.random.default_rng(0))
    scaled = MinMaxScaler().fit_transform(values[:, None])[:, 0]
    column = read_column(scaled)
    name = LEVEL_SIGNATURES[0]
    assert holds(column, name, np.arange(1000))
    assert not holds(column, name, np.flatnonzero(scaled < scaled.max()))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_written_numbers_have_few_decimals(dtype):
    """Decimals are written, thirds are not; also of single precision."""
    values = np.arange(1, 200) / 100
    assert is_written(values.astype(dtype).astype(float))
    assert not is_written((values / 3).astype(dtype).astype(float))


def test_rows_that_hold_one_value_say_nothing():
    """A column that varies in a few test rows only."""
    values = np.zeros(200)
    values[:4] = [1.0, 2.0, 3.0, 3.5]
    assert level_signature(read_column(values), np.arange(4, 200)) == ""


@pytest.mark.parametrize("width", [8, 16, 80])
def test_eighths_are_no_steps_that_people_measure_in(width):
    """Ranges by which division leaves few decimals; tenths and quarters are silent."""
    rng = np.random.default_rng(0)
    levels = np.r_[0, width, rng.integers(0, width + 1, 500)] / width
    assert level_signature(read_column(levels)) == "levels scaled to 0..1"
    for divisor in (4, 10, 20, 50):
        levels = np.r_[0, divisor, rng.integers(0, divisor + 1, 500)] / divisor
        assert level_signature(read_column(levels)) == ""
