"""What is derived from a history once, for all verdicts."""

from functools import cached_property

import numpy as np
from scipy.special import entr

from sklearn_lossfix._core._finding import LOSS_FLOOR_SHARE, METRIC_FLOOR
from sklearn_lossfix._core._paired_tests import mean_standard_error
from sklearn_lossfix.diagnosis.history._accuracy import accuracy_of
from sklearn_lossfix.diagnosis.history._best_epochs import best_epoch, binary_refinement
from sklearn_lossfix.diagnosis.history._curve import Curve, finite_curve, spoken
from sklearn_lossfix.diagnosis.history._noise import (
    median_window,
    running_median,
    second_difference_sigma,
)
from sklearn_lossfix.diagnosis.history._oscillation import MIN_POINTS as MIN_OSCILLATION_POINTS
from sklearn_lossfix.diagnosis.history._oscillation import swing, turning_point_z
from sklearn_lossfix.diagnosis.history._pool import pool_histories, seed_spread
from sklearn_lossfix.diagnosis.history._projection import projection
from sklearn_lossfix.diagnosis.history._trend import (
    MIN_POINTS,
    equivalence_p,
    minimum_effect_p,
    sieve_trend,
)
from sklearn_lossfix.diagnosis.history._turning_point import RISE_Z, turning_point
from sklearn_lossfix.exceptions import CheckNotApplicable

# Level at which a curve is called flat.
EQUIVALENCE_LEVEL = 0.05

# Name under which the loss after recalibration is recorded, turned as metrics are.
REFINEMENT = "refinement"

# A learning rate that its schedule has taken down to this share of its largest has arrived: what 50
# such steps move, one of the largest does. A cosine of 12 steps and more ends below it.
SPENT_RATE = 0.02

# A curve so many times as long as a part of it tells the autocorrelation of the part better.
_LONGER = 2


class HistoryAnalysis:
    """Curves, trends and limits of one history, or of several runs as one.

    Parameters
    ----------
    histories : sequence of History
        One per seed.
    alpha : float
        Level of the findings.
    seed : int, default=0
        Seed of all bootstraps.
    scoring : str or None, default=None
        Name of the metric to explain; None takes accuracy, or else the first one recorded.

    Raises
    ------
    ValueError
        If there is no metric of that name, or nothing finite was recorded of any loss or metric.
    """

    def __init__(self, histories, alpha, seed=0, scoring=None):
        self.histories = list(histories)
        self.history = pool_histories(self.histories)
        self.alpha = alpha
        self.seed = seed
        self.accuracy_name = accuracy_of(self.history.metrics)
        self.metric_name = self._chosen_metric(scoring)

    def _chosen_metric(self, scoring):
        """Name of the metric to explain; None without any."""
        recorded = list(self.history.metrics)
        if scoring is None:
            metrics = [name for name in recorded if name != REFINEMENT]
            return self.accuracy_name or (metrics[0] if metrics else None)
        if scoring not in recorded:
            raise ValueError(
                f"scoring must name a metric of the history: one of {recorded}. Got {scoring!r} "
                f"instead."
            )
        return scoring

    # --- curves ---------------------------------------------------------------------------------

    def raw_loss(self, split):
        """All finite points of the loss of a split; empty where none was recorded."""
        values = self.history.loss.get(split)
        if values is None:
            return Curve(np.empty(0), np.empty(0), split)
        return finite_curve(self.history.steps, values, split)

    def loss(self, split):
        """The loss of a split, thinned where it is long."""
        return self.raw_loss(split).thinned()

    def metric(self, split, name=None):
        """A metric of a split, by default the one to explain, thinned where it is long."""
        name = self.metric_name if name is None else name
        values = self.history.metrics.get(name, {}).get(split)
        if values is None:
            return Curve(np.empty(0), np.empty(0), split, name or "")
        return finite_curve(self.history.steps, values, split, name).thinned()

    @cached_property
    def main_split(self):
        """The split that judges: validation where its loss was recorded."""
        for split in ("validation", "train"):
            if len(self.loss(split)):
                return split
        return "validation"

    @cached_property
    def training_split(self):
        """The split that shows the optimiser: training where its loss was recorded."""
        return "train" if len(self.loss("train")) else self.main_split

    def needed_loss(self, split, at_least):
        """The loss of a split, or CheckNotApplicable with the reason."""
        curve = self.loss(split)
        if not self.records_loss:
            raise CheckNotApplicable("No loss was recorded.")
        if len(curve) == 0:
            raise CheckNotApplicable(f"No {spoken(split)} loss was recorded.")
        if len(curve) < at_least:
            raise CheckNotApplicable(
                f"The {spoken(split)} loss has {len(curve)} finite entries; this needs {at_least}."
            )
        return curve

    @cached_property
    def records_loss(self):
        """Whether any loss has a finite entry."""
        return any(len(self.loss(split)) for split in ("train", "validation"))

    @cached_property
    def shown_metric(self):
        """The metric to explain, of validation rows where it was recorded; empty without any."""
        curve = self.metric("validation")
        return curve if len(curve) else self.metric("train")

    def judged_end(self, at_least):
        """The curve whose end is judged, and the smallest change of it that matters.

        The loss; where none was recorded, the metric.
        """
        curve = self.shown_metric
        if self.records_loss or len(curve) == 0:
            return self.needed_loss(self.main_split, at_least), self.loss_limit(self.main_split)
        if len(curve) < at_least:
            raise CheckNotApplicable(
                f"No loss was recorded, and the {spoken(curve.split)} {curve.name} has "
                f"{len(curve)} finite entries; this needs {at_least}."
            )
        return curve, self.metric_limit(curve)

    def kept_position(self, curve):
        """Where the step that was put back at the end stands on a curve; None if none was."""
        kept = self.history.kept_step
        if kept is None or len(curve) == 0:
            return None
        return int(np.argmin(np.abs(curve.steps - kept)))

    # --- what things are compared with ----------------------------------------------------------

    @property
    def unit(self):
        """Unit of the loss."""
        return "nats" if self.history.loss_kind == "log_loss" else ""

    @property
    def in_unit(self):
        """The unit with a blank before it, to stand behind a number."""
        return f" {self.unit}" if self.unit else ""

    @cached_property
    def n_classes(self):
        """Number of classes; None where it is not known."""
        if self.history.n_classes is not None:
            return int(self.history.n_classes)
        rates = self.history.class_rates
        return None if rates is None else len(rates)

    @property
    def n_validation(self):
        """Number of validation rows, as told or as they were recorded; None where not known."""
        rows = self.history.row_losses
        known = self.history.n_validation
        return np.shape(rows)[1] if known is None and rows is not None else known

    @cached_property
    def class_entropy(self):
        """Entropy of the classes, taken for equally frequent where shares are not known; or None.

        Of equally frequent classes it is the greatest: a log loss above it is worse than that of a
        constant forecast whatever the shares are.
        """
        if self.history.class_rates is not None:
            rates = np.asarray(self.history.class_rates, dtype=float)
            return float(entr(rates / rates.sum()).sum())
        return None if self.n_classes is None else float(np.log(self.n_classes))

    @property
    def chance_loss(self):
        """Log loss of always forecasting the class shares; None where it is not known."""
        return self.class_entropy if self.history.loss_kind == "log_loss" else None

    @property
    def constant_forecast(self):
        """What the constant forecast is of, in words."""
        if self.history.class_rates is not None:
            return "a constant forecast of the class shares"
        return f"a constant forecast of {self.n_classes} equally frequent classes"

    @cached_property
    def chance_accuracy(self):
        """Accuracy of always answering the largest class; None where shares are not known."""
        rates = self.history.class_rates
        if rates is None:
            return None if self.n_classes is None else 1.0 / self.n_classes
        rates = np.asarray(rates, dtype=float)
        return float(rates.max() / rates.sum())

    def loss_se(self, split):
        """Standard error of the last loss over rows; zero where rows were not recorded."""
        rows = self.history.row_losses
        if split != "validation" or rows is None:
            return 0.0
        return mean_standard_error(np.asarray(rows[-1], dtype=float))

    def loss_limit(self, split):
        """Smallest change of the loss that matters: a share of it, or what rows can tell."""
        level = abs(float(np.median(self.loss(split).tail.values)))
        return max(LOSS_FLOOR_SHARE * level, self.loss_se(split))

    def metric_limit(self, curve):
        """Smallest change of the metric that matters: one point, or what rows can tell."""
        se = 0.0
        n_rows = self.n_validation
        if curve.name == self.accuracy_name and curve.split == "validation" and n_rows:
            share = float(np.median(curve.values))
            se = np.sqrt(max(share * (1.0 - share), 0.0) / n_rows)
        return max(METRIC_FLOOR, float(se))

    # --- statistics, each worked out once -------------------------------------------------------

    @cached_property
    def _trends(self):
        return {}

    def trend(self, curve):
        """Trend of a stretch of a curve; CheckNotApplicable where it is too short."""
        if len(curve) < MIN_POINTS:
            raise CheckNotApplicable(
                f"The {spoken(curve.split)} {curve.name} has {len(curve)} entries there; a trend "
                f"needs {MIN_POINTS}."
            )
        key = (curve.split, curve.name, curve.steps[0], curve.steps[-1])
        if key not in self._trends:
            self._trends[key] = sieve_trend(
                curve.steps,
                curve.values,
                seed=self.seed,
                alpha=self.alpha,
                coefficient=self._coefficient(curve),
            )
        return self._trends[key]

    def end_of(self, curve, limit):
        """Trend of the end of a curve, and what it leads to.

        Parameters
        ----------
        curve : Curve
            The whole.
        limit : float
            The smallest change that matters.

        Returns
        -------
        trend : Trend
        ahead : Projection
        limit : float
            Change of the end beyond which a run as long again gains what matters.

        Raises
        ------
        CheckNotApplicable
            Where the end is too short.
        """
        trend = self.trend(curve.tail)
        ahead = projection(curve, curve.tail, trend.change)
        return trend, ahead, limit / ahead.times if ahead.times > 0 else np.inf

    def _coefficient(self, part):
        """Lag-1 coefficient of the whole curve where it is much longer than the part, else None."""
        whole = self.loss(part.split) if part.name == "loss" else self.metric(part.split, part.name)
        if len(whole) < _LONGER * len(part):
            return None
        key = (part.split, part.name)
        if key not in self._coefficients:
            sign = 1.0 if part.name == "loss" else -1.0
            self._coefficients[key] = turning_point(sign * whole.values).coefficient
        return self._coefficients[key]

    @cached_property
    def _coefficients(self):
        return {}

    def direction(self, trend, limit):
        """``"falls"``, ``"rises"``, ``"flat"``, or ``"unknown"`` where neither is shown.

        A fall or rise is shown to be larger than what matters, and a flat stretch to change by less
        (two one-sided tests).
        """
        if trend.told and minimum_effect_p(trend, limit) <= self.alpha:
            return "falls" if trend.change < 0 else "rises"
        return "flat" if equivalence_p(trend, limit) <= EQUIVALENCE_LEVEL else "unknown"

    @cached_property
    def _turning_points(self):
        return {}

    def turning_point(self, split):
        """Valley of the loss of a split and the rise since."""
        if split not in self._turning_points:
            self._turning_points[split] = turning_point(self.loss(split).values)
        return self._turning_points[split]

    def smooth_loss(self, split):
        """Running median of the loss."""
        values = self.loss(split).values
        return running_median(values, median_window(len(values)))

    def progress(self, split):
        """How far the loss has come down from its start to its best, smoothed."""
        smooth = self.smooth_loss(split)
        start = max(float(smooth[0]), float(self.loss(split).values[0]))
        return start - float(smooth.min())

    def has_moved(self, split):
        """Whether the loss has come down since its start by what matters, and more than noise."""
        noise = RISE_Z * second_difference_sigma(self.loss(split).values)
        return self.progress(split) > max(self.loss_limit(split), noise)

    def is_frozen(self, curve):
        """Whether a metric stands where it began over the whole run, but for its noise.

        It is shown to be flat, and its running median stays within what matters and noise.
        """
        limit = self.metric_limit(curve)
        if len(curve) < MIN_POINTS or self.direction(self.trend(curve), limit) != "flat":
            return False
        smooth = running_median(curve.values, median_window(len(curve)))
        noise = RISE_Z * second_difference_sigma(curve.values)
        return bool(np.ptp(smooth) <= limit + noise)

    def oscillation(self, split):
        """Turning points, the swing beside the progress and what matters; None if too short."""
        curve = self.loss(split)
        if len(curve) < MIN_OSCILLATION_POINTS:
            return None
        z, p_value = turning_point_z(curve.values)
        progress = self.progress(split)
        size = swing(curve.values)
        share = size / progress if progress > 0 else (np.inf if size > 0 else 0.0)
        return {
            "z": z,
            "p_value": p_value,
            "swing": size,
            "share": float(share),
            "limit": LOSS_FLOOR_SHARE * abs(float(np.median(curve.tail.values))),
        }

    @cached_property
    def best_epochs(self):
        """The best step by loss, by refinement where it is known, and by each metric."""
        found = []
        curve = self.loss(self.main_split)
        if len(curve):
            found.append(best_epoch(curve, by="loss", seed=self.seed))
        refined = self._refinement
        if refined is not None:
            found.append(best_epoch(refined, by="refinement", seed=self.seed))
        for name in self.history.metrics:
            if name == REFINEMENT:
                continue
            curves = [self.metric(split, name) for split in ("validation", "train")]
            recorded = [curve for curve in curves if len(curve)]
            if recorded:
                found.append(best_epoch(recorded[0], by=name, sign=-1.0, seed=self.seed))
        return found

    @property
    def _refinement(self):
        """Curve of the loss after recalibration: as recorded, or by the temperature that suits the
        rows of two classes best; None without either.
        """
        h = self.history
        recorded = self.metric("validation", REFINEMENT)
        if len(recorded):
            return Curve(recorded.steps, -recorded.values, "validation", REFINEMENT)
        if h.row_losses is None or self.n_classes != 2 or h.loss_kind != "log_loss":
            return None
        values = np.array([binary_refinement(rows) for rows in np.asarray(h.row_losses)])
        return finite_curve(h.row_steps, values, "validation", REFINEMENT)

    @cached_property
    def spent_rate(self):
        """Last learning rate where the schedule has brought it down to next to nothing, or None."""
        rates = self.history.learning_rate
        rates = np.empty(0) if rates is None else np.asarray(rates, dtype=float)
        rates = rates[np.isfinite(rates)]
        if len(rates) < 2 or rates.max() <= 0:
            return None
        last = float(rates[-1])
        falls = last < rates[-2] or last == 0.0  # a rate that stays low can be trained on with
        return last if falls and last <= SPENT_RATE * rates.max() else None

    @cached_property
    def best_by_loss(self):
        """The best step by loss."""
        return next((best for best in self.best_epochs if best.by == "loss"), None)

    @cached_property
    def seed_spread(self):
        """Spread of the last losses between runs and within them; None where that is unknown."""
        tails = []
        for history in self.histories:
            values = history.loss.get(self.main_split)
            if values is None:
                return None
            curve = finite_curve(history.steps, values, self.main_split)
            if len(curve) < MIN_POINTS:
                return None
            tails.append(curve.tail.values)
        return seed_spread(tails) if len(tails) > 1 else None

    def recorded_rows(self, step):
        """Losses and hits of every row at a step, or the recorded one next to it, and at the end.

        Parameters
        ----------
        step : float
            The step.

        Returns
        -------
        dict or None
            ``steps``, ``losses`` and ``right``, each of two states; ``right`` may be None. None
            where rows were not recorded, not finite, or the step is the last.
        """
        h = self.history
        if h.row_losses is None:
            return None
        steps = np.asarray(h.row_steps, dtype=float)
        losses = np.asarray(h.row_losses, dtype=float)
        states = [int(np.argmin(np.abs(steps - step))), len(steps) - 1]
        if states[0] == states[1] or not np.isfinite(losses[states]).all():
            return None
        right = None if h.row_right is None else np.asarray(h.row_right)[states].astype(bool)
        return {"steps": steps[states], "losses": losses[states], "right": right}
