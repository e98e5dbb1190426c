"""Training epoch by epoch, until the monitored curve has not become better for a while."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_lossfix._core._user_warning import warn_user
from sklearn_lossfix.exceptions import LossfixWarning

#: Why training ended.
STOP_REASONS = ("patience", "max_epochs", "diverged", "callback", "interrupted")

# Words of the errors by which estimators say that their numbers broke down: of scikit-learn
# "Floating-point under-/overflow occurred", "Solver produced non-finite parameter weights",
# "Input contains NaN", "infinity or a value too large".
_NO_NUMBERS = re.compile(r"non-finite|not finite|infinit|overflow|\bnan\b|\binf\b", re.IGNORECASE)
# Where classifiers keep the weights of a linear model, and those of the layers of a network.
_WEIGHTS = ("coef_", "intercept_", "coefs_", "intercepts_")


@dataclass(frozen=True, eq=False)
class TrainingRows:
    """What an epoch is trained on.

    Attributes
    ----------
    X : array-like of shape (n_samples, n_features)
        Data, as the trained estimator takes them.

    y : ndarray of shape (n_samples,)
        Labels.

    classes : ndarray of shape (n_classes,)
        All labels.

    params : dict
        Further arguments of the training method.
    """

    X: Any
    y: np.ndarray
    classes: np.ndarray
    params: dict


def train_epochs(
    trainer,
    rows,
    recorder,
    monitor,
    monitored,
    *,
    max_epochs,
    restore_best=True,
    lr_factor=None,
    on_epoch=lambda: False,
):
    """Train until the monitor says stop, and put the best state back.

    Parameters
    ----------
    trainer : EpochTrainer
        Holds the model.

    rows : TrainingRows
        What it is trained on.

    recorder : EpochRecorder
        Scores the model after every epoch.

    monitor : EpochMonitor
        Says when to stop.

    monitored : str
        Curve of the recorder that the monitor sees.

    max_epochs : int
        Epochs at most.

    restore_best : bool, default=True
        Whether the model ends as it was after the best epoch.

    lr_factor : float or None, default=None
        What the learning rate is multiplied with where the monitor says so.

    on_epoch : callable, default returns False
        Called after every epoch; True stops.

    Returns
    -------
    stop_reason : {"patience", "max_epochs", "diverged", "callback", "interrupted"}
        Ctrl-C interrupts after the first epoch, if there is a state to put back.

    Raises
    ------
    ValueError
        If the estimator cannot be trained, or the monitored curve has no number in it.

    KeyboardInterrupt
        If the user interrupts and no state of an earlier epoch is there to be put back.
    """
    best_state, reason, epoch = None, "max_epochs", 0
    try:
        for epoch in range(1, max_epochs + 1):
            try:
                trainer.train(rows.X, rows.y, rows.classes, rows.params)
            except ValueError as error:
                # The very rows were fine an epoch ago: it may be the numbers of the model.
                if epoch == 1 or not has_broken_down(trainer.model, error):
                    raise
                _warn_of_divergence(trainer.model, epoch, monitor, restore_best, str(error))
                reason = "diverged"
                break
            # The rate that this epoch was trained with: it is lowered further down.
            rate = None if trainer.rate is None else trainer.rate.read(trainer.model)
            values = recorder.record(trainer.model)
            if rate is not None:
                recorder.curves.setdefault("learning_rate", []).append(rate)
            if monitor.see(values[monitored]) and restore_best:
                best_state = trainer.state()
            if not np.isfinite(values[f"validation_{recorder.loss_name}"]):
                message = f"its {recorder.loss_name} is no finite number."
                _warn_of_divergence(trainer.model, epoch, monitor, restore_best, message)
                reason = "diverged"
                break
            if on_epoch():
                reason = "callback"
                break
            if monitor.is_out_of_patience:
                reason = "patience"
                break
            if lr_factor is not None and monitor.lowers_rate():
                trainer.rate.lower(trainer.model, lr_factor)
    except KeyboardInterrupt:
        if best_state is None:
            raise
        # Of the epoch that was cut short some curves may have an entry, and others none.
        recorder.cut(monitor.epoch)
        warn_user(
            f"{type(trainer.model).__name__} was interrupted in epoch {epoch}: the state after "
            f"epoch {monitor.best_epoch}, the best so far, is kept.",
            LossfixWarning,
        )
        reason = "interrupted"
    if monitor.best_epoch == 0:
        raise ValueError(
            f"The monitored curve {monitored!r} has no number in it after {epoch} epochs. Check "
            "that the metric is defined on the validation rows, and that the estimator gives "
            "finite scores: scale the features or lower the learning rate."
        )
    if best_state is not None and (reason == "diverged" or monitor.best_epoch < epoch):
        trainer.put_back(best_state)
    return reason


def has_broken_down(model, error):
    """Whether an error of training on says that the numbers of the model are none any more.

    Parameters
    ----------
    model : classifier
        What was trained.

    error : Exception
        What it raised.

    Returns
    -------
    bool
        Whether the message speaks of numbers that are not finite, or the weights are such.
    """
    if _NO_NUMBERS.search(str(error)):
        return True
    for name in _WEIGHTS:
        weights = getattr(model, name, [])
        arrays = weights if isinstance(weights, list | tuple) else [weights]
        if any(isinstance(a, np.ndarray) and not np.isfinite(a).all() for a in arrays):
            return True
    return False


def _warn_of_divergence(model, epoch, monitor, restore_best, message):
    """Say that training broke down, and what is left."""
    what_is_left = ""
    if monitor.best_epoch:
        what_is_left = f"The best epoch before it is {monitor.best_epoch}. "
    if not restore_best:
        what_is_left += "It is not put back (restore_best=False): the model is what is left. "
    warn_user(
        f"{type(model).__name__} diverged in epoch {epoch}: {message} {what_is_left}Scale the "
        "features, or lower the learning rate.",
        LossfixWarning,
    )
