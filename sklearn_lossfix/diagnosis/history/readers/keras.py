"""Keras: the ``History`` that `fit` returns, its dictionary, and what ``CSVLogger`` writes.

Format: `History.history` is a dictionary of lists, one entry for each epoch, with ``val_`` before
the names of validation curves; `History.epoch` holds the epochs, counted from 0.
"""

from collections.abc import Mapping

from sklearn_lossfix.diagnosis.history._build import build_history, curves_of_columns
from sklearn_lossfix.diagnosis.history._names import role_of, take_apart

SOURCE = "Keras"
SOURCE_BY_NAMES = "a history with Keras's names"

_LAG = (
    "training curves are means over the epoch while the weights still change, so that they lag "
    "half an epoch behind validation curves, which are taken at its end"
)
_MODE = (
    "training loss is taken with dropout and augmentation on, and losses hold the penalties of "
    "regularisers"
)
_WEIGHTS = "training loss is weighted by class_weight, validation loss is not"


def recognises(history):
    """Whether this is the object that Keras's `fit` returns."""
    curves = getattr(history, "history", None)
    return isinstance(curves, Mapping) and hasattr(history, "epoch")


def has_names(columns):
    """Whether columns are named as Keras names them: ``loss`` and ``val_loss``, no ``train_``."""
    names = {str(name) for name in columns}
    return {"loss", "val_loss"} <= names and not any(
        take_apart(name).split == "train" for name in names
    )


def read(history, facts):
    """Read a Keras ``History``.

    Parameters
    ----------
    history : keras.callbacks.History
        Returned by `fit`.
    facts : Facts
        What the user told.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If nothing was recorded, or the lengths of validation curves fit no one frequency.
    """
    columns = {str(name): list(values) for name, values in history.history.items()}
    if not columns:
        raise ValueError("Keras's History is empty. Expected one that `fit` has filled.")
    columns, gaps = fill_gaps(columns)
    n_epochs = max(len(values) for values in columns.values())
    epochs = list(history.epoch)
    # Counted as the progress bar counts. A callback may have stopped before the epoch was noted.
    steps = [epoch + 1 for epoch in epochs] if len(epochs) == n_epochs else None
    return build_history(
        curves_of_columns(columns),
        facts,
        source=SOURCE,
        steps=steps,
        distortions=[*distortions(columns), *gaps],
        loss_name=_compiled_loss(history),
    )


def distortions(columns, *, by_names=False):
    """What Keras's curves do not show truly.

    Parameters
    ----------
    columns : dict of str to sequence
        The curves.
    by_names : bool, default=False
        Whether only the names tell that it is Keras.

    Returns
    -------
    list of str
    """
    sentences = [_LAG, _MODE, _WEIGHTS] if "val_loss" in columns else [_MODE]
    if by_names:
        return [f"If Keras recorded this: {sentence}." for sentence in sentences]
    return [f"{sentence[0].upper()}{sentence[1:]}." for sentence in sentences]


def fill_gaps(columns):
    """Place validation curves that ``validation_freq`` made shorter than training curves.

    Keras appends to a list only what an epoch recorded: with a frequency f, the entries are those
    of epochs f, 2f, ...

    Parameters
    ----------
    columns : dict of str to list
        Curves.

    Returns
    -------
    columns : dict of str to list
        All of the same length where one frequency explains the lengths, else as they were.
    distortions : list of str
    """
    n_epochs = max((len(values) for values in columns.values()), default=0)
    filled, sentences = {}, []
    for name, values in columns.items():
        filled[name] = values
        if not (name.startswith("val_") and 0 < len(values) < n_epochs):
            continue
        fits = [f for f in range(2, n_epochs + 1) if n_epochs // f == len(values)]
        if len(fits) != 1:
            continue
        placed = [None] * n_epochs
        placed[fits[0] - 1 :: fits[0]] = values
        filled[name] = placed
        sentence = (
            f"Validation curves are shorter: they are taken to be of every {fits[0]} epochs "
            f"(validation_freq={fits[0]})."
        )
        if sentence not in sentences:
            sentences.append(sentence)
    return filled, sentences


def _compiled_loss(history):
    """Name of the loss the model was compiled with, where it is known; else None."""
    loss = getattr(getattr(history, "model", None), "loss", None)
    name = loss if isinstance(loss, str) else getattr(loss, "name", getattr(loss, "__name__", None))
    if not isinstance(name, str):
        return None
    name = take_apart(name).name
    return name if role_of(name).kind == "loss" else None
