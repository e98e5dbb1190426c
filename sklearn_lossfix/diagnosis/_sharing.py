"""Which tables leave a report when it travels: nothing about single rows unless asked for."""

# Tables about single rows.
ROW_TABLES = ("hardest_rows", "pairs")

# Columns of the table "columns" that are values of single rows.
ROW_VALUES = ("minimum", "maximum")

# Quantiles of the table "columns", with the share of the rows on their smaller side. A quantile
# with a handful of rows beyond it is next to the value of one of them.
QUANTILES = {"q01": 0.01, "q25": 0.25, "q75": 0.25, "q99": 0.01}

# Rows that must lie beyond a quantile that travels: the smallest number of units behind a published
# statistic in Brandt et al. (2010), "Guidelines for the checking of output based on microdata
# research", ESSnet on statistical disclosure control.
MIN_ROWS_BEYOND = 10


def tables_to_share(tables, kind, n_profiled=None):
    """Tables of a report without what can point at a single row.

    Parameters
    ----------
    tables : dict of str to dict of str to list
        Columns of every table.
    kind : str
        Kind of the report.
    n_profiled : int, default=None
        Rows behind the quantiles of a report on data; None is none that is known.

    Returns
    -------
    dict of str to dict of str to list
        New tables; those that are given stay as they are.
    """
    shared = {name: table for name, table in tables.items() if name not in ROW_TABLES}
    if kind == "data" and "columns" in shared:
        shared["columns"] = _without_single_values(shared["columns"], n_profiled or 0)
    return shared


def _without_single_values(table, n_profiled):
    """The table of columns without extremes, and without quantiles of too few rows."""
    shared = {key: values for key, values in table.items() if key not in ROW_VALUES}
    for key, share in QUANTILES.items():
        if key in shared:
            shared[key] = [
                value if share * min(n_profiled, n_valid or 0) >= MIN_ROWS_BEYOND else None
                for value, n_valid in zip(shared[key], table["n_valid"], strict=True)
            ]
    return shared
