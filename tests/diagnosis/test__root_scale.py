"""Gains that are squares: tested, and given intervals, on the scale of their roots."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sklearn_lossfix._core._paired_tests import interval
from sklearn_lossfix.diagnosis._gather import map_folds
from sklearn_lossfix.diagnosis._root_scale import root_interval, root_standard_error
from sklearn_lossfix.diagnosis.ledgers.loss import climb, likelihood_ratio, rung_gain

gains = st.floats(1e-6, 10.0)
rows = st.integers(2, 10**6)


@given(value=gains, n_rows=rows, inflation=st.floats(1.0, 5.0))
def test_the_root_has_twice_the_z_value_of_its_square(value, n_rows, inflation):
    """Where rows vary as a gain in likelihood promises, both standard errors of the root agree."""
    gain = interval(value, np.sqrt(2 * inflation * value / n_rows))
    root_se = root_standard_error(gain, n_rows, inflation)
    assert root_se == pytest.approx(np.sqrt(inflation / (2 * n_rows)))
    assert np.sqrt(value) / root_se == pytest.approx(2 * value / gain.se)


def test_the_root_is_that_of_the_likelihood_ratio(calibrated, sharpened):
    """Over its standard error it is the signed root of the test's statistic, a little below it."""
    y, proba = calibrated(5000)
    ladder = climb(sharpened(proba, 1.2), y, map_folds(y, None, 0))
    gain = rung_gain(ladder, "temperature")
    root = np.sqrt(gain.value) / root_standard_error(gain, len(y))
    statistic = likelihood_ratio(ladder, "temperature", len(y))["statistic"]
    assert 0.75 * np.sqrt(statistic) < root < np.sqrt(statistic)


@given(value=gains, n_rows=rows, more=st.floats(1.0, 100.0))
def test_rows_that_vary_more_widen_it_and_rows_that_vary_less_do_not_narrow_it(value, n_rows, more):
    """The larger of the promised and the seen standard error counts."""
    promised = root_standard_error(interval(value, 0.0), n_rows)
    se = more * np.sqrt(2 * value / n_rows)
    assert promised == pytest.approx(np.sqrt(1 / (2 * n_rows)))
    assert root_standard_error(interval(value, se), n_rows) == pytest.approx(more * promised)


@given(value=gains, root_se=st.floats(1e-4, 10.0))
def test_the_interval_excludes_zero_where_the_root_is_significant(value, root_se):
    """It holds the value, and its lower end is above zero just where z is above 1.96."""
    gain = root_interval(interval(value, 0.5), root_se)
    assert gain[:2] == (value, 0.5)
    assert 0 <= gain.low <= value <= gain.high
    z = np.sqrt(value) / root_se
    assert (gain.low > 0) == (z > stats.norm.ppf(0.975))


@given(value=st.floats(-10.0, 0.0), root_se=st.floats(1e-4, 10.0))
def test_a_loss_is_no_square(value, root_se):
    """Where nothing is gained the rows say how much was lost, and no gain is certain."""
    before = interval(value, 0.5)
    after = root_interval(before, root_se)
    assert (after.value, after.low) == (value, before.low)
    assert after.high > 0
