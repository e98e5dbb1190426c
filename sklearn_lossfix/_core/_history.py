"""What a training run recorded, in one form whatever it came from."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, eq=False)
class History:
    """Curves of one training run.

    Attributes
    ----------
    steps : ndarray of shape (n_steps,), dtype float
        Epoch, iteration or step of every entry, increasing.
    loss : dict of str to ndarray of shape (n_steps,)
        Under ``"train"`` and ``"validation"``, where recorded: the loss as the source gave it but
        for its sign, which is turned so that less is better; NaN where a step has no entry.
    metrics : dict of str to dict of str to ndarray of shape (n_steps,)
        Name of a metric -> split -> values, so turned that more is better.
    learning_rate : ndarray of shape (n_steps,) or None
        Learning rate of every step.
    unit : {"epoch", "iteration", "step"}
        What a step is.
    source : str
        Who recorded it, as a reader calls it: ``"Keras"``, ``"XGBoost"``.
    loss_name : str
        Name of the loss in the source; empty if none was recorded.
    loss_kind : {"log_loss", "squared_error", "hinge", "unknown"}
        What the loss is, as far as its name tells.
    flipped : tuple of str
        Names of the curves that were recorded with a minus. An error rate, of which less is better,
        is shown as accuracy and is none of them.
    distortions : tuple of str
        What the curves of this source do not show truly, in sentences.
    n_validation : int or None
        Number of validation rows.
    n_classes : int or None
        Number of classes.
    class_rates : ndarray of shape (n_classes,) or None
        Shares of the classes among the validation rows.
    batches_per_epoch : int or None
        Steps of an epoch, where the unit is a step: periods are compared with it.
    row_losses : ndarray of shape (n_recorded, n_validation) or None
        Loss of every validation row at the steps `row_steps`.
    row_right : ndarray of shape (n_recorded, n_validation), dtype bool, or None
        Whether the label was right.
    row_steps : ndarray of shape (n_recorded,) or None
        Steps at which rows were recorded.
    unrecorded : dict of str to ndarray of shape (n_steps,), dtype bool
        Split -> the steps at which its loss was not recorded. A loss that is NaN elsewhere was
        recorded as NaN: training had broken down.
    kept_step : float or None
        Step whose model was put back at the end of training; None where the last one was kept.
    stop_reason : str
        Why the run ended, where the source knows: ``"patience"`` where it stopped by a rule of its
        own; empty where it does not.
    name : str
        What the user calls this run among several; empty for a single one.
    """

    steps: np.ndarray
    loss: dict
    metrics: dict = field(default_factory=dict)
    learning_rate: np.ndarray | None = None
    unit: str = "epoch"
    source: str = "a training history"
    loss_name: str = ""
    loss_kind: str = "unknown"
    flipped: tuple = ()
    distortions: tuple = ()
    n_validation: int | None = None
    n_classes: int | None = None
    class_rates: np.ndarray | None = None
    batches_per_epoch: int | None = None
    row_losses: np.ndarray | None = None
    row_right: np.ndarray | None = None
    row_steps: np.ndarray | None = None
    unrecorded: dict = field(default_factory=dict)
    kept_step: float | None = None
    stop_reason: str = ""
    name: str = ""
