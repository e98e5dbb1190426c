"""scikit-learn's ``ScoringMonitor``: scores of the training rows after every iteration of a fit.

Format: ``get_logs().data`` is a list of dictionaries with ``task_id_path`` (the path of the task
from the outermost fit), names, and one value for each score; the outermost task repeats the last.
"""

from collections.abc import Iterable, Mapping

from sklearn_lossfix.diagnosis.history._build import build_history, curves_of_columns
from sklearn_lossfix.diagnosis.history._identity import is_of
from sklearn_lossfix.diagnosis.history.readers.plain import columns_of_records

# What a row says about its task, besides the scores.
_TASK_COLUMNS = frozenset(
    {
        "estimator_name",
        "parent_task_id_path",
        "sequential_subtasks",
        "task_id",
        "task_id_path",
        "task_name",
    }
)


def recognises(history):
    """Whether this is a monitor of scikit-learn, its log, or the rows of that."""
    if is_of(history, "sklearn", "ScoringMonitor", "ScoringMonitorLog"):
        return True
    if isinstance(history, list):
        return len(history) > 0 and all(
            isinstance(row, Mapping) and _is_row(row) for row in history
        )
    return _is_row(getattr(history, "columns", ()))


def _is_row(names):
    """Whether names are those of a row of the log: a dictionary, or the columns of a frame."""
    return isinstance(names, Iterable) and {"task_id_path", "parent_task_id_path"} <= set(names)


def read(history, facts):
    """Read the scores that a monitor logged.

    Parameters
    ----------
    history : ScoringMonitor, ScoringMonitorLog, list of dict or DataFrame
        After a fit; rows are those of ``data`` or ``data_as_pandas``.
    facts : Facts
        What the user told.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If nothing was logged, or several fits were.
    """
    if is_of(history, "sklearn", "ScoringMonitor"):
        history = history.get_logs()
    rows = _rows(history)
    depth = max((len(row["task_id_path"]) for row in rows), default=0)
    rows = [row for row in rows if len(row["task_id_path"]) == depth > 1]
    if not rows:
        raise ValueError("This ScoringMonitor logged no iteration. Expected that of a fit.")
    fits = {tuple(row["parent_task_id_path"]) for row in rows}
    if len(fits) > 1:
        raise ValueError(
            f"This ScoringMonitor logged {len(fits)} fits. Expected one: monitor a single fit, "
            f"not a search."
        )
    rows = sorted(rows, key=lambda row: row["task_id"])
    columns = columns_of_records(
        [{name: v for name, v in row.items() if name not in _TASK_COLUMNS} for row in rows]
    )
    return build_history(
        curves_of_columns({f"train_{name}": values for name, values in columns.items()}),
        facts,
        source="ScoringMonitor",
        unit="iteration",
        distortions=[
            "ScoringMonitor scores the training rows: nothing is known of validation rows.",
            "Losses are without the penalty that training minimises.",
        ],
    )


def _rows(log):
    """Rows of a log, of its list or of its frame, as dictionaries."""
    if isinstance(log, list):
        return log
    if hasattr(log, "columns"):
        names = list(log.columns)
        return [
            dict(zip(names, row, strict=True)) for row in zip(*(log[n] for n in names), strict=True)
        ]
    return list(getattr(log, "data", None) or ())
