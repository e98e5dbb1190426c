"""Find the reader of a training history, whatever it is, and read it."""

from collections.abc import Mapping
from dataclasses import replace

from sklearn_lossfix._core._columns import named
from sklearn_lossfix._core._validation import refuse_lazy
from sklearn_lossfix.diagnosis.history._facts import check_facts
from sklearn_lossfix.diagnosis.history.readers import (
    catboost,
    early_stopping,
    file,
    frame,
    keras,
    lightgbm,
    plain,
    sklearn_adaboost,
    sklearn_boosting,
    sklearn_callback,
    sklearn_mlp,
    sklearn_other,
    skorch,
    xgboost,
)

#: In the order in which they are asked: what a library is known by comes before its structure.
READERS = (
    early_stopping,
    keras,
    skorch,
    sklearn_callback,
    catboost,
    lightgbm,
    xgboost,
    frame,
    plain,
    sklearn_mlp,
    sklearn_boosting,
    sklearn_adaboost,
    sklearn_other,
)

# Keys under which files hold the history itself: Keras' History as JSON, Hugging Face's trainer.
_WRAPPERS = ("log_history", "history")

_EXPECTED = (
    "Expected a list of losses, a dict or data frame of curves, a Keras or skorch history, the "
    "evaluation record of XGBoost, LightGBM or CatBoost, a fitted estimator that records curves, a "
    "CSV or JSON file, or a list or dict of such histories for several seeds"
)


def read_histories(
    history, *, n_val=None, n_classes=None, class_rates=None, batch=None, loss=None, metric=None
):
    """Read one training history or several of the same model.

    A list of numbers is one curve, and a list of dictionaries of single numbers is one history with
    a record for each step; any other list is a list of histories. A dictionary of lists of numbers
    is one history; a dictionary of dictionaries is one where its keys, or those inside, name rows
    (``"train"``, ``"validation_0"``); any other dictionary is several histories by name.

    Parameters
    ----------
    history : object
        Anything a reader knows: see `readers`.
    n_val : int, default=None
        Number of validation rows.
    n_classes : int, default=None
        Number of classes.
    class_rates : array-like of shape (n_classes,) or dict of label to float, default=None
        Shares of the classes among the validation rows.
    batch : int, default=None
        Batches (steps) of an epoch, for histories by step.
    loss, metric : str, default=None
        Name of the curve that is the loss, or the metric, where names do not tell or several fit.
        For a loss called ``"loss"`` or not called at all, what it is: ``"log_loss"``. A minus
        before the name turns the sign.

    Returns
    -------
    list of History
        One for each run.

    Raises
    ------
    TypeError
        If nothing reads such an object, or it is lazy.
    ValueError
        If a history is empty, ambiguous, or holds what is no number; if a file holds no history.
    """
    facts = check_facts(
        n_val=n_val,
        n_classes=n_classes,
        class_rates=class_rates,
        batch=batch,
        loss=loss,
        metric=metric,
    )
    refuse_lazy(history, "history")
    if file.recognises(history):
        return _read_file(history, facts)
    return _read_all(history, facts, "history")


def _read_all(history, facts, what):
    """Read one history or several."""
    history = _unwrapped(history)
    if isinstance(history, list | tuple | Mapping) and not history:
        raise ValueError(f"{what} is empty. {_EXPECTED}.")
    runs = _runs(history)
    if runs is None:
        return [_read_one(history, facts)]
    return [_read_run(name, run, facts) for name, run in runs.items()]


def _unwrapped(history):
    """The history inside a dictionary that holds more than it, such as settings."""
    if isinstance(history, Mapping):
        for key in _WRAPPERS:
            inside = history.get(key)
            if isinstance(inside, Mapping) or (isinstance(inside, list) and inside):
                return inside if not plain.is_curve(inside) else history
    return history


def _runs(history):
    """Several histories by name; None where it is one."""
    is_several = isinstance(history, list | tuple | Mapping)
    if not is_several or _reader_of(history) is not None:
        return None
    if isinstance(history, Mapping):
        _refuse_ambiguous(history)
        return {str(name): run for name, run in history.items()}
    return {f"run {number}": run for number, run in enumerate(history, start=1)}


def _refuse_ambiguous(history):
    """Raise ValueError for a nested dictionary whose keys may name rows or runs."""
    parts = list(history.values())
    has_curve = any(plain.is_named_curve(name, part) for name, part in history.items())
    for name, part in history.items():
        if plain.is_number(part) or (has_curve and not plain.is_curve(part)):
            raise ValueError(
                f"history[{name!r}] is {part!r:.40}, and a list of numbers was expected under each "
                f"name. Leave out what is no curve."
            )
    if not all(isinstance(part, Mapping) and plain.recognises(part) for part in parts):
        return
    names = {str(name) for part in parts for name in part}
    if not any(plain.tells_rows(name) for name in names):
        raise ValueError(
            f"The names {named(history)} tell neither training nor validation rows, nor do "
            f"{named(sorted(names))}: they may be sets of rows of one run, or several runs. Call "
            f"sets of rows 'train' and 'validation'; pass several runs as a list."
        )


def _reader_of(history):
    """The reader that knows such an object, or None."""
    return next((reader for reader in READERS if reader.recognises(history)), None)


def _read_one(history, facts):
    """Read one history, or the part of a pipeline or search that has one."""
    reader = _reader_of(history)
    if reader is sklearn_other:
        inside = sklearn_other.inner(history)
        if inside is not None:
            return _read_one(inside, facts)
    if reader is None:
        raise TypeError(f"history is a {type(history).__name__}. {_EXPECTED}.")
    return reader.read(history, facts)


def _read_run(name, run, facts):
    """Read one of several histories, and say in errors which one it was."""
    try:
        if file.recognises(run):
            histories = _read_file(run, facts)
            if len(histories) > 1:
                raise ValueError("it holds several runs itself. Pass them one by one.")
            return replace(histories[0], name=name)
        return replace(_read_one(_unwrapped(run), facts), name=name)
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"In {name!r} of several histories: {error}") from error


def _read_file(path, facts):
    """Read the histories of a file."""
    content, is_table = file.load(path)
    if is_table:
        return [file.read_table(content, facts, path)]
    try:
        return _read_all(content, facts, repr(str(path)))
    except TypeError as error:  # it was a path that was passed, and that is of a type that is read
        raise ValueError(f"{str(path)!r} holds no training history: {error}") from error
