"""The later courses of loss and metric side by side."""

from dataclasses import dataclass

import numpy as np

from sklearn_lossfix.diagnosis.history._curve import spoken
from sklearn_lossfix.diagnosis.history._trend import MIN_POINTS, Trend
from sklearn_lossfix.exceptions import CheckNotApplicable

#: Course of the validation loss and of the metric over the later half -> what it means.
READINGS = {
    ("falls", "rises"): "both improve: learning",
    ("falls", "flat"): "forecasts of rows whose label does not flip get surer",
    ("falls", "falls"): "the metric asks for something that the loss does not train",
    ("flat", "rises"): "labels flip to the right side without surer forecasts",
    ("flat", "flat"): "nothing moves any more",
    ("flat", "falls"): "noise, or validation rows unlike the training rows",
    ("rises", "rises"): "too sure of rows that stay wrong: recalibrate, and do not stop by loss",
    ("rises", "flat"): "too sure of rows that stay wrong: recalibrate",
    ("rises", "falls"): "overfitting: keep an earlier step",
}

# An accuracy this near to one stalls because there is nothing left to win.
SATURATED = 0.99


@dataclass(frozen=True, eq=False)
class Courses:
    """Trends of loss and metric over the later half, and their directions."""

    split: str
    loss: Trend
    metric: Trend
    loss_limit: float
    metric_limit: float
    directions: tuple
    level: float
    loss_level: float

    @property
    def reading(self):
        """What the two directions mean together; empty where one is not known."""
        return READINGS.get(self.directions, "")


def courses(analysis):
    """Courses of loss and metric over the later half.

    Parameters
    ----------
    analysis : HistoryAnalysis
        What was derived.

    Returns
    -------
    Courses

    Raises
    ------
    CheckNotApplicable
        Without a metric, or with too few entries.
    """
    if analysis.metric_name is None:
        raise CheckNotApplicable("No metric was recorded beside the loss.")
    split = analysis.main_split
    loss = analysis.needed_loss(split, 2 * MIN_POINTS)
    metric = analysis.metric(split)
    if len(metric) < 2 * MIN_POINTS:
        raise CheckNotApplicable(
            f"The {split} {analysis.metric_name} has {len(metric)} entries; its course needs "
            f"{2 * MIN_POINTS}."
        )
    trends = analysis.trend(loss.late), analysis.trend(metric.late)
    limits = analysis.loss_limit(split), analysis.metric_limit(metric)
    directions = tuple(analysis.direction(*pair) for pair in zip(trends, limits, strict=True))
    level = float(metric.tail.values.mean())
    loss_level = float(np.median(loss.tail.values))
    return Courses(split, *trends, *limits, directions, level, loss_level)


def course_evidence(seen):
    """Numbers of both courses, as evidence."""
    return {
        "split": seen.split,
        "first_step": seen.loss.first_step,
        "last_step": seen.loss.last_step,
        "n_points": seen.loss.n_points,
        "loss_course": seen.directions[0],
        "metric_course": seen.directions[1],
        "loss_change": seen.loss.change,
        "metric_change": seen.metric.change,
        "metric_low": seen.metric.low,
        "metric_high": seen.metric.high,
        "metric_limit": seen.metric_limit,
        "reading": seen.reading or "not known",
    }


def course_message(analysis, seen):
    """Both changes with their intervals, in a sentence."""
    name = analysis.metric_name.replace("_", " ")
    return (
        f"Over the later half of the run the {spoken(seen.split)} loss changes by "
        f"{seen.loss.change:+.3g} [{seen.loss.low:+.3g}, {seen.loss.high:+.3g}]"
        f"{analysis.in_unit} and {name} by {seen.metric.change:+.3f} "
        f"[{seen.metric.low:+.3f}, {seen.metric.high:+.3f}]"
    )
