"""skorch: a net, its ``history``, or the JSON that ``history.to_file`` writes.

Format: a list with a dictionary for each epoch: ``epoch``, ``train_loss``, ``valid_loss``,
``valid_acc``, flags ``*_best``, ``event_*``, ``dur``, and ``batches``, a list of dictionaries.
"""

from collections.abc import Mapping

from sklearn_lossfix.diagnosis.history._build import build_history, curves_of_columns
from sklearn_lossfix.diagnosis.history._identity import class_count, is_of
from sklearn_lossfix.diagnosis.history.readers.plain import columns_of_records, is_number

_LAG = (
    "Training loss is the mean over the batches of the epoch while the weights still change and "
    "with dropout on: it lags half an epoch behind validation loss, which is taken at its end."
)


def recognises(history):
    """Whether this is a net of skorch, its history, or a list like it."""
    if is_of(history, "skorch"):
        return True
    return (
        isinstance(history, list)
        and len(history) > 0
        and all(isinstance(row, Mapping) and "batches" in row for row in history)
    )


def read(history, facts):
    """Read a history of skorch.

    Parameters
    ----------
    history : NeuralNet, History or list of dict
        A fitted net, its history, or the list it stands for.
    facts : Facts
        What the user told.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If the net was not fitted.
    """
    n_classes = None
    if not isinstance(history, list):
        n_classes = _classes_of(history)
        history = getattr(history, "history_", getattr(history, "history", None))
    rows = list(history) if history is not None else []
    if not rows:
        raise ValueError("This history of skorch is empty. Expected that of a fitted net.")
    columns = columns_of_records([_entries(row) for row in rows])
    epochs = columns.pop("epoch", None)
    return build_history(
        curves_of_columns(columns),
        facts,
        source="skorch",
        steps=epochs,
        distortions=[_LAG],
        n_classes=n_classes,
    )


def _classes_of(net):
    """Number of classes of a net, where it is a classifier that knows them."""
    try:
        return class_count(net)
    except Exception:  # skorch infers classes_ from y, and raises where it cannot
        return None


def _entries(row):
    """What an epoch recorded for itself: no batches, flags, events, sizes or times."""
    return {
        name: value
        for name, value in row.items()
        if is_number(value)
        and not str(name).startswith("event_")
        and not str(name).endswith(("_batch_count", "_batch_size"))
        and name != "dur"
    }
