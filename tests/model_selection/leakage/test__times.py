"""Tests of times and spans as numbers."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pytest

from sklearn_lossfix.model_selection.leakage._times import (
    check_spans_fit,
    read_span,
    read_times,
    time_column,
)

START = np.datetime64("2024-01-01T00:00:00")
DAYS = START + np.arange(4) * np.timedelta64(1, "D")


@pytest.mark.parametrize(
    "times",
    [
        DAYS,
        DAYS.astype("datetime64[ns]"),
        DAYS.tolist(),
        pd.Series(DAYS),
        pd.Series(DAYS).dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"),
        pd.DatetimeIndex(DAYS),
        pl.Series(DAYS.astype("datetime64[ms]")),
        [datetime(2024, 1, day) for day in (1, 2, 3, 4)],
    ],
    ids=["numpy", "ns", "objects", "pandas", "zone", "index", "polars", "list"],
)
def test_datetimes_are_seconds(times):
    """One day is 86,400 seconds, whatever holds the times."""
    np.testing.assert_array_equal(np.diff(read_times(times, 4)), 86_400.0)


def test_numbers_stay():
    """Numbers count in their own unit."""
    np.testing.assert_array_equal(read_times([3, 1, 2], 3), [3.0, 1.0, 2.0])
    assert read_times(None, 3) is None


@pytest.mark.parametrize(
    ("times", "error", "message"),
    [
        ([1.0, np.nan, 2.0], ValueError, r"1 missing values \(first rows: \[1\]\)"),
        (np.array(["2024-01-01", "NaT", "2024-01-02"], "M8[s]"), ValueError, "1 missing values"),
        (["a", "b", "c"], TypeError, "numbers or datetimes"),
        ([1.0, 2.0], ValueError, r"shape \(3,\)"),
    ],
)
def test_bad_times_are_refused(times, error, message):
    """Missing times, texts and other lengths are named."""
    with pytest.raises(error, match=message):
        read_times(times, 3)


@pytest.mark.parametrize(
    "span", [90, 90.0, timedelta(seconds=90), np.timedelta64(90, "s"), pd.Timedelta("90s")]
)
def test_spans_are_numbers(span):
    """Durations are seconds, numbers stay."""
    assert read_span(span, "embargo") == 90.0
    assert read_span(None, "embargo") == 0.0


@pytest.mark.parametrize(
    ("span", "error"),
    [("1d", TypeError), (True, TypeError), (-1, ValueError), (np.inf, ValueError)],
)
def test_bad_spans_are_refused(span, error):
    """The parameter is named in the error."""
    with pytest.raises(error, match="label_horizon"):
        read_span(span, "label_horizon")


def test_months_have_no_fixed_length():
    """Months and years are refused by name, as they are no number of seconds."""
    with pytest.raises(ValueError, match="embargo must be a duration of fixed length"):
        read_span(np.timedelta64(3, "M"), "embargo")


def test_durations_need_datetimes():
    """A duration beside plain numbers is refused; numbers fit any times, durations datetimes."""
    with pytest.raises(TypeError, match="embargo is the duration"):
        check_spans_fit(np.arange(3), label_horizon=2, embargo=timedelta(days=1))
    with pytest.raises(TypeError, match="as a number in the unit of times"):
        check_spans_fit([1.0, 2.0], label_horizon=np.timedelta64(1, "D"))
    check_spans_fit(DAYS, label_horizon=timedelta(days=1), embargo=np.timedelta64(1, "h"))
    check_spans_fit(DAYS - START, label_horizon=timedelta(days=1))
    check_spans_fit(np.arange(3), label_horizon=2, embargo=timedelta(0), other=None)


def test_time_column():
    """A column is taken by name from a dataframe, by position from anything."""
    X = np.arange(6).reshape(3, 2)
    frame = pd.DataFrame(X, columns=["a", "b"])
    for table, name in [
        (X, 1),
        (X.tolist(), 1),
        (frame, "b"),
        (frame, 1),
        (pl.from_pandas(frame), "b"),
        (pl.from_pandas(frame), 1),
    ]:
        np.testing.assert_array_equal(np.asarray(time_column(table, name)), [1, 3, 5])
    for table, name in [(X, "b"), (frame, "c"), (X, 2)]:
        with pytest.raises(ValueError, match=f"names the column {name!r}"):
            time_column(table, name)
