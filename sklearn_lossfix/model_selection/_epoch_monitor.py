"""When to stop: the best epoch so far, and how long ago it was."""

import numpy as np
from scipy import stats

from sklearn_lossfix._core._finding import LOSS_FLOOR_SHARE

# How far the epochs since the best one may lie behind it, beside the jumps from epoch to epoch, and
# still be no worse but for luck: three sigma (Shewhart 1931).
LUCK_LIMIT = 3.0

# Fewest epochs from which jumps can be told from moves, in two halves of four.
MIN_EPOCHS = 8


def jump_sigma(values):
    """Standard deviation of jumps about a smooth curve.

    Parameters
    ----------
    values : ndarray of shape (n_epochs,)
        At least three.

    Returns
    -------
    float
        From second differences, which take a straight line off and have six times the variance of
        white noise (Gasser, Sroka and Jennen-Steinmetz 1986), by their MAD.
    """
    return float(stats.median_abs_deviation(np.diff(values, 2), scale="normal")) / np.sqrt(6.0)


def best_was_luck(values, best, patience, min_delta=0.0):
    """Whether a curve still rises, and its best epoch stands out by its jumps alone.

    Of a curve that jumps by more in an epoch than it rises in several, a lucky epoch ends patience
    while others would still become better. Three things are asked of it:

    - It jumps by more than the smallest share of a loss that matters: less is not worth the epochs.
    - The last `patience` epochs lie behind the best one, by no more than three sigma of the jumps.
      A smooth curve that turned lies further behind it.
    - The last third of the run is above the third before it, by their medians; where a third is
      shorter than `patience`, as many epochs are compared, or the halves of the run. Thirds grow
      with the run, since learning slows down: with a rate of ``1 / t`` a curve moves as much from
      epoch 100 to 200 as from 10 to 20. A curve on a plateau leaves its steep start behind; from
      then on chance decides, and training on a noisy plateau ends after about twice as many epochs
      as by patience alone. To ask for a rise beyond the standard error of the medians would save
      these epochs, and lose what a jumping curve still gains.

    Parameters
    ----------
    values : ndarray of shape (n_epochs,)
        More is better; NaN counts as no epoch, and at the end as no rise.

    best : float
        The best of them.

    patience : int
        Epochs.

    min_delta : float, default=0.0
        A rise must be more than this.

    Returns
    -------
    bool
        False of fewer than `MIN_EPOCHS` epochs.
    """
    if not np.isfinite(values[-1:]).all():  # what is no number any more does not get better
        return False
    values = values[np.isfinite(values)]
    if len(values) < MIN_EPOCHS:
        return False
    behind = best - np.median(values[-patience:])
    stretch = values[-2 * max(patience, MIN_EPOCHS // 2, len(values) // 3) :]
    half = len(stretch) // 2
    rises = np.median(stretch[half:]) - np.median(stretch[:half]) > min_delta
    sigma = jump_sigma(stretch)
    jumps = sigma > LOSS_FLOOR_SHARE * abs(best)
    return bool(jumps and rises and 0 < behind <= LUCK_LIMIT * sigma)


class EpochMonitor:
    """Follows one curve.

    Parameters
    ----------
    greater_is_better : bool
        Whether the curve is that of a metric, not of a loss.

    patience : int
        Epochs without an improvement after which to stop, unless the best one was luck.

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
        self._values = []
        self._best = self._reference = -np.inf
        self._improved_in = self._lowered_in = 0
        self.best_epoch = 0

    @property
    def epoch(self):
        """Epochs that were seen."""
        return len(self._values)

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
        signed = self._sign * value
        self._values.append(signed)
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
        if self.epoch - self._improved_in < self._patience:
            return False
        values = np.array(self._values)
        return not best_was_luck(values, self._best, self._patience, self._min_delta)

    def lowers_rate(self):
        """Whether to lower the learning rate now; patience for the next time begins anew."""
        since = self.epoch - max(self._improved_in, self._lowered_in)
        if self._lr_patience is None or since < self._lr_patience:
            return False
        self._lowered_in = self.epoch
        return True
