"""When to stop: the best epoch so far, and how long ago it was."""

import numpy as np


class EpochMonitor:
    """Follows one curve.

    Parameters
    ----------
    greater_is_better : bool
        Whether the curve is that of a metric, not of a loss.

    patience : int
        Epochs without an improvement after which to stop.

    min_delta : float, default=0.0
        What counts as an improvement must be more than this.

    lr_patience : int or None, default=None
        Epochs without an improvement after which to lower the learning rate; None never.

    Attributes
    ----------
    epoch : int
        Epochs that were seen.

    best_epoch : int
        Epoch of the best value, from 1; the first of equal ones; 0 before there is any.

    best : float
        The best value, whether or not it was better by `min_delta`.
    """

    def __init__(self, *, greater_is_better, patience, min_delta=0.0, lr_patience=None):
        self._sign = 1.0 if greater_is_better else -1.0
        self._patience = patience
        self._min_delta = min_delta
        self._lr_patience = lr_patience
        self.epoch = 0
        self._best = self._reference = -np.inf
        self._improved_in = self._lowered_in = 0
        self.best_epoch = 0

    @property
    def best(self):
        """The best value so far."""
        return self._sign * self._best

    def see(self, value):
        """Take in the value of one more epoch.

        Parameters
        ----------
        value : float
            NaN is no improvement.

        Returns
        -------
        bool
            Whether it is the best so far.
        """
        self.epoch += 1
        signed = self._sign * value
        # Small steps add up: they are compared with the value that patience was last reset at.
        if signed > self._reference + self._min_delta:
            self._reference = signed
            self._improved_in = self.epoch
        if signed > self._best:
            self._best = signed
            self.best_epoch = self.epoch
            return True
        return False

    @property
    def is_out_of_patience(self):
        """Whether to stop."""
        return self.epoch - self._improved_in >= self._patience

    def lowers_rate(self):
        """Whether to lower the learning rate now; patience for the next time begins anew."""
        since = self.epoch - max(self._improved_in, self._lowered_in)
        if self._lr_patience is None or since < self._lr_patience:
            return False
        self._lowered_in = self.epoch
        return True
