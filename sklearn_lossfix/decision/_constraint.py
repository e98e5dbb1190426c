"""Which thresholds keep a metric above a bound: on these rows, or with confidence on new ones."""

import dataclasses
import math
from dataclasses import dataclass
from numbers import Real
from typing import NamedTuple

import numpy as np
from scipy.special import betainc, betaincinv

from sklearn_lossfix.decision._metrics import Metric
from sklearn_lossfix.decision._scoring import resolve_metric

# Metrics that are the share of some rows that are right, so that their bounds are binomial.
BINOMIAL_METRICS = ("accuracy", "precision", "recall", "specificity")

# Sequences of tests start at so many numbers of rows at most. More starts miss fewer thresholds,
# and leave each less of the permitted error. In simulations 3 to 6 are equally good.
MAX_STARTS = 4

# Stands for no right row where a function needs a positive number and its value is not used.
_TINY = np.finfo(np.float64).tiny


@dataclass(frozen=True)
class Constraint:
    """A metric that a threshold must keep to.

    Parameters
    ----------
    metric : Metric
        A label metric of two classes.

    at_least : float
        The least value that is allowed.

    confidence : float or None, default=None
        None demands the value on the rows at hand. Otherwise the value on new rows must be
        reached with this probability: see `certified_cuts`.

    pos : {0, 1}, default=1
        Which column of a sweep (negative, positive) is the positive class of this metric.

    best_effort : bool, default=False
        Whether the nearest threshold is taken where none keeps to the constraint.

    n_models : int, default=1
        Models whose thresholds are tested on the same rows before one model is chosen.

    rows_per_unit : float, default=1.0
        Rows that prove as much as one, where rows are not independent: see
        `ScoredRows.rows_per_unit`.
    """

    metric: Metric
    at_least: float
    confidence: float | None = None
    pos: int = 1
    best_effort: bool = False
    n_models: int = 1
    rows_per_unit: float = 1.0

    @property
    def error(self):
        """Probability of failing that the tests of one model may spend (Bonferroni)."""
        return (1.0 - self.confidence) / self.n_models

    def for_classes(self, classes, pos=1):
        """Return the constraint of these classes, for a sweep whose positive class is `pos`.

        Parameters
        ----------
        classes : array-like of shape (2,)
            Labels in the order of their codes.

        pos : int, default=1
            Code of the class that a row above the threshold is given.

        Returns
        -------
        constraint : Constraint
            Its metric knows the labels; where its scorer names the other class as positive, it
            is judged by that.

        Raises
        ------
        ValueError
            If there are not two classes, or the scorer names none of them.
        """
        classes = np.asarray(classes).tolist()
        if len(classes) != 2:
            raise ValueError(f"A constraint is kept by the threshold of two classes; got {classes}")
        labels = [classes[1 - pos], classes[pos]]
        own = self.metric.pos_label
        if own is not None and own not in labels:
            raise ValueError(
                f"pos_label={own!r} of the constraint {self.metric.name!r} must be one of two "
                f"classes; the classes are {classes}."
            )
        metric = self.metric.for_labels(labels)
        return dataclasses.replace(self, metric=metric, pos=1 if own is None else labels.index(own))

    def __str__(self):
        """Say what is demanded."""
        text = f"{self.metric.name} >= {self.at_least:g}"
        return text if self.confidence is None else f"{text} with confidence {self.confidence:g}"


def parse_constraint(constraint, confidence=None):
    """Turn what a user passes as a constraint into a `Constraint`.

    Parameters
    ----------
    constraint : tuple of (str, scorer or Metric, float), Constraint or None
        A metric, as `resolve_metric` takes it, and its least value, such as
        ``("precision", 0.9)``.

    confidence : float in (0, 1), default=None
        Probability with which the least value must hold on new rows; None: on these rows.

    Returns
    -------
    constraint : Constraint or None
        None if there is none.

    Raises
    ------
    TypeError
        If it is not such a pair.
    ValueError
        If the metric is not one of labels, the least value not finite or the confidence not
        between 0 and 1, or if a confidence is asked for a metric without binomial bounds or
        without a constraint.
    """
    if constraint is None:
        if confidence is not None:
            raise ValueError(
                f"A confidence of {confidence!r} was given without the constraint that it belongs "
                "to, such as ('precision', 0.9)."
            )
        return None
    if not isinstance(constraint, Constraint):
        constraint = _from_pair(constraint)
    if confidence is not None:
        constraint = dataclasses.replace(constraint, confidence=confidence)
    confidence, metric = constraint.confidence, constraint.metric
    if confidence is None:
        return constraint
    if not (isinstance(confidence, Real) and 0 < confidence < 1):
        raise ValueError(
            f"The confidence of a constraint must lie between 0 and 1; got {confidence!r}."
        )
    if metric.name not in BINOMIAL_METRICS or metric.custom is not None:
        raise ValueError(
            f"A constraint can be kept with confidence for {', '.join(BINOMIAL_METRICS)}: each is "
            f"a share of rows that are right. {metric.name!r} is none; leave the confidence out."
        )
    return constraint


def _from_pair(constraint):
    """Make a constraint of a metric and a number."""
    if not (isinstance(constraint, tuple | list) and len(constraint) == 2):
        raise TypeError(
            "A constraint is a metric and its least value, such as ('precision', 0.9); got "
            f"{constraint!r}."
        )
    scoring, at_least = constraint
    metric = resolve_metric(scoring)
    if metric.kind != "label":
        raise ValueError(
            f"A constraint needs a metric of labels, such as 'precision' or 'recall'; "
            f"{metric.name!r} is {metric.kind}."
        )
    if not isinstance(at_least, Real) or isinstance(at_least, bool) or not math.isfinite(at_least):
        raise ValueError(
            f"The least value of {metric.name!r} must be a finite number; got {at_least!r}."
        )
    return Constraint(metric, float(at_least))


class CutCounts(NamedTuple):
    """What lies above each cut of a sweep.

    Attributes
    ----------
    tp, fp : ndarray of shape (n_cuts,)
        Weight of the positive and of the negative rows.

    tp_squares, fp_squares : ndarray of shape (n_cuts,)
        Sums of their squared weights.

    n_rows : ndarray of shape (n_cuts,), integer
        Number of rows, which no label has a part in.
    """

    tp: np.ndarray
    fp: np.ndarray
    tp_squares: np.ndarray
    fp_squares: np.ndarray
    n_rows: np.ndarray

    def reversed(self):
        """Return the same cuts from below, where the negative class is the positive one."""
        pairs = ((self.fp, self.tp), (self.fp_squares, self.tp_squares))
        (tp, fp), (tp_squares, fp_squares) = (
            tuple((part[-1] - part)[::-1] for part in pair) for pair in pairs
        )
        return CutCounts(tp, fp, tp_squares, fp_squares, (self.n_rows[-1] - self.n_rows)[::-1])


class CertifiedCuts(NamedTuple):
    """Cuts that keep to a constraint with confidence.

    Attributes
    ----------
    certified : ndarray of shape (n_cuts,), bool
        Whether the cut may be used.

    first : ndarray, integer
        Cuts that the sequences of tests start at.
    """

    certified: np.ndarray
    first: np.ndarray


def certified_cuts(constraint, counts):
    """Find cuts at which a metric of new rows is at least the bound, all of them at once.

    A cut that is chosen for what it does on the rows at hand does worse on new ones: of the
    thresholds with a precision of 0.9 here about half have less than that there. So each cut is
    tested, by the lower bound of Clopper and Pearson [1]_, and the tests are arranged such that
    with the demanded confidence none of the certified cuts is below the bound. Then the one that
    is chosen is not either, however it is chosen. This is "learn then test" [2]_ with fixed
    sequences [3]_: cuts are tested in an order that no label has a part in, each at the full level,
    up to the first that fails. Several starts share the level, and a sequence that arrives at the
    next start without a failure brings its part along, as in the fallback procedure [4]_.

    * Recall is certain to be 1 where all rows are called positive: one sequence goes from
      there to greater thresholds. Specificity likewise, from the other end.
    * Precision is greatest near the top, where few rows prove little. Up to `MAX_STARTS`
      sequences start at geometrically spaced numbers of rows, from the least that could prove
      the bound, and go to lower thresholds.
    * Accuracy may be greatest anywhere: sequences start at as many evenly spaced numbers of rows
      and go both ways, each way with half of the level.

    Where one of several models is chosen, what may fail is divided among them: then the threshold
    is not below the bound whichever is chosen.

    Rows with weights count as Kish's effective number of rows, which makes the level approximate.
    Rows of one group, and scores of one row from several splits, count as one.

    Parameters
    ----------
    constraint : Constraint
        With a confidence.

    counts : CutCounts
        What lies above each cut.

    Returns
    -------
    certified : CertifiedCuts
        Which cuts may be used.

    References
    ----------
    .. [1] C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits illustrated
       in the case of the binomial", Biometrika 26, 1934.
    .. [2] A. N. Angelopoulos, S. Bates, E. J. Candes, M. I. Jordan and L. Lei, "Learn then test:
       calibrating predictive algorithms to achieve risk control", 2021.
    .. [3] P. Bauer, "Multiple testing in clinical trials", Statistics in Medicine 10, 1991.
    .. [4] B. L. Wiens, "A fixed sequence Bonferroni procedure for testing multiple endpoints",
       Pharmaceutical Statistics 2, 2003.
    """
    if constraint.pos == 0:
        swapped = certified_cuts(dataclasses.replace(constraint, pos=1), counts.reversed())
        last = len(counts.tp) - 1
        return CertifiedCuts(swapped.certified[::-1], last - swapped.first)
    name, error = constraint.metric.name, constraint.error
    first, directions = _starts(constraint, counts.n_rows)
    level = error / (len(first) * len(directions))
    right, trials = _shares(constraint, counts)
    p_value = _p_value(right, trials, constraint.at_least)
    if constraint.at_least <= 1:
        p_value[_is_certain(name, trials)] = 0.0
    certified = np.zeros(len(p_value), dtype=bool)
    if 1 in directions:
        certified |= _reached(p_value, first, level)
    if -1 in directions:
        certified |= _reached(p_value[::-1], (len(p_value) - 1 - first)[::-1], level)[::-1]
    return CertifiedCuts(certified, first)


def lower_bounds(constraint, counts, cuts=None):
    """Compute the bounds of Clopper and Pearson at the level that a start has of its own.

    Parameters
    ----------
    constraint : Constraint
        With a confidence.

    counts : CutCounts
        What lies above each cut.

    cuts : ndarray, integer, default=None
        Which cuts; None is all.

    Returns
    -------
    lower : ndarray
        One-sided lower bound of the metric at each cut.
    """
    cuts = np.arange(len(counts.tp)) if cuts is None else cuts
    if constraint.pos == 0:
        swapped = dataclasses.replace(constraint, pos=1)
        return lower_bounds(swapped, counts.reversed(), len(counts.tp) - 1 - cuts)
    name, error = constraint.metric.name, constraint.error
    first, directions = _starts(constraint, counts.n_rows)
    right, trials = _shares(constraint, counts)
    certain = _is_certain(name, trials)[cuts]
    right, trials = right[cuts], trials[cuts]
    level = error / (len(first) * len(directions))
    lower = betaincinv(np.maximum(right, _TINY), trials - right + 1, level)
    return np.where(certain, 1.0, np.where(right > 0, lower, 0.0))


def _shares(constraint, counts):
    """Return what is right and how many trials there were, in effective rows."""
    tp, fp = counts.tp, counts.fp
    P, N = tp[-1], fp[-1]
    P_squares, N_squares = counts.tp_squares[-1], counts.fp_squares[-1]
    right, total, squares = {
        "precision": (tp, tp + fp, counts.tp_squares + counts.fp_squares),
        "recall": (tp, P, P_squares),
        "specificity": (N - fp, N, N_squares),
        "accuracy": (tp + (N - fp), P + N, P_squares + N_squares),
    }[constraint.metric.name]
    right, total, squares = (np.asarray(part, dtype=np.float64) for part in (right, total, squares))
    # Kish: (sum w)^2 / sum w^2 effective rows, a share right / sum w of them right.
    rows_per_weight = np.divide(total, squares, out=np.zeros(total.shape), where=squares > 0)
    rows_per_weight /= constraint.rows_per_unit
    right, trials = np.broadcast_arrays(right * rows_per_weight, total * rows_per_weight)
    return right, trials


def _p_value(right, trials, share):
    """Compute P(Binomial(trials, share) >= right), continued to numbers that are not whole."""
    if share <= 0:
        return np.zeros(len(right))
    p_value = betainc(np.maximum(right, _TINY), trials - right + 1, min(share, 1.0))
    return np.where(right > 0, p_value, 1.0)


def _is_certain(name, trials):
    """Tell at which cut the metric is 1 whatever the rows: recall where all are positive, ..."""
    certain = np.zeros(len(trials), dtype=bool)
    if name in ("recall", "specificity"):
        end = -1 if name == "recall" else 0
        certain[end] = trials[end] > 0
    return certain


def _starts(constraint, n_rows):
    """Return the cuts that sequences start at, and their directions (1: to lower thresholds)."""
    name, at_least = constraint.metric.name, constraint.at_least
    last, n = len(n_rows) - 1, n_rows[-1]
    if name == "recall":
        return np.array([last]), (-1,)
    if name == "specificity":
        return np.array([0]), (1,)
    if name == "precision":
        fewest = 1.0
        if 0 < at_least < 1:  # so many rows, all of them right, just prove the bound
            fewest = math.ceil(math.log(constraint.error / MAX_STARTS) / math.log(at_least))
            fewest *= constraint.rows_per_unit
        rows = np.geomspace(min(fewest, n), n, MAX_STARTS + 1)[:-1] if n else np.zeros(1)
        return _cuts_of(rows, n_rows), (1,)
    return _cuts_of(np.linspace(0, n, MAX_STARTS), n_rows), (1, -1)


def _cuts_of(rows, n_rows):
    """Find the distinct first cuts with at least so many rows above them."""
    return np.unique(np.searchsorted(n_rows, np.round(rows), side="left"))


def _reached(p_value, first, level):
    """Go from each start to the first cut that fails; what passes on the way is certified.

    A start has the level for itself, and that of the sequence that arrives at it.
    """
    reached = np.zeros(len(p_value), dtype=bool)
    brought = 0.0
    for cut, stop in zip(first, [*first[1:], len(p_value)], strict=True):
        here = level + brought
        fails = np.flatnonzero(p_value[cut:stop] > here)
        end = cut + fails[0] if len(fails) else stop
        reached[cut:end] = True
        brought = 0.0 if len(fails) else here
    return reached
