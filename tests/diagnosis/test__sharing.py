"""What leaves a report when it travels."""

import copy

import pytest

from sklearn_lossfix.diagnosis._sharing import (
    MIN_ROWS_BEYOND,
    QUANTILES,
    ROW_TABLES,
    ROW_VALUES,
    tables_to_share,
)


@pytest.fixture
def tables():
    """The table of columns of a report on data: one column of many rows, and one of few."""
    quantiles = {key: [0.5, 0.5] for key in (*QUANTILES, *ROW_VALUES)}
    return {"columns": {"column": ["many", "few"], "n_valid": [5_000, 30], **quantiles}}


def test_extremes_stay(tables):
    """The smallest and the largest value are values of single rows."""
    shared = tables_to_share(tables, "data", 5_000)["columns"]
    assert set(tables["columns"]) - set(shared) == set(ROW_VALUES)


@pytest.mark.parametrize(("key", "share"), QUANTILES.items())
def test_quantiles_travel_with_enough_rows_beyond(tables, key, share):
    """From ten rows beyond a quantile on it travels, whether values or profiled rows are fewer."""
    least = round(MIN_ROWS_BEYOND / share)
    for n_profiled, n_valid in ((least, 10**6), (10**6, least)):
        tables["columns"]["n_valid"] = [n_valid, n_valid - 1]
        shared = tables_to_share(tables, "data", n_profiled)["columns"][key]
        assert shared[0] == 0.5
        assert (shared[1] is None) == (n_valid == least)
        tables["columns"]["n_valid"] = [n_valid] * 2
        assert tables_to_share(tables, "data", least - 1)["columns"][key] == [None, None]


def test_unknown_numbers_of_rows_share_no_quantile(tables):
    """Without the number of rows behind them, no quantile is safe."""
    shared = tables_to_share(tables, "data")["columns"]
    assert all(shared[key] == [None, None] for key in QUANTILES)


def test_sharing_twice_is_sharing_once_and_changes_nothing(tables):
    """A shared report can be shared again, and the report itself keeps everything."""
    before = copy.deepcopy(tables)
    shared = tables_to_share(tables, "data", 5_000)
    assert tables_to_share(shared, "data", 5_000) == shared
    assert tables == before


def test_other_reports_lose_only_tables_of_rows(tables):
    """A table that happens to have this name in another report is left alone."""
    rows = {name: {"row": [1]} for name in ROW_TABLES}
    assert tables_to_share({**tables, **rows}, "model") == tables
