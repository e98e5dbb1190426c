"""Choose among remedies one after the other, and score the choice on rows that did not choose."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_lossfix._core._evidence import Scored
from sklearn_lossfix._core._paired_tests import CONFIDENCE, interval, paired_estimate
from sklearn_lossfix._core._proper_scores import log_loss_rows
from sklearn_lossfix.diagnosis.ledgers.error import metric_gain
from sklearn_lossfix.diagnosis.twins._parts import error_text


@dataclass(frozen=True, eq=False)
class Stack:
    """Remedies applied one on the other, and what the result gave to the judged rows.

    Attributes
    ----------
    names : tuple of str
        Findings whose remedies are in, in order.
    estimator : estimator
        Unfitted.
    scored : Scored
        Out of fold.
    n_fits : float
        Fits of the user's estimator that one fit of this one costs.
    left_out : ndarray of int or None
        Rows of the workbench that it did not learn from.
    """

    names: tuple
    estimator: Any
    scored: Scored
    n_fits: float = 1.0
    left_out: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Judge:
    """What two forecasts of the same rows are compared by.

    Attributes
    ----------
    y : ndarray of shape (n_rows,), dtype int
        True codes.
    n_classes : int
        Number of classes.
    metric : Metric
        A gain of it is only known for metrics of labels.
    pos : int or None
        Code of the positive class.
    sample_weight, groups : ndarray of shape (n_rows,) or None
        Weights; codes of the groups.
    inflation : float
        Nadeau-Bengio factor.
    by_metric : bool
        Whether the metric alone decides; else the loss or the metric.
    """

    y: np.ndarray
    n_classes: int
    metric: Any
    pos: int | None = None
    sample_weight: np.ndarray | None = None
    groups: np.ndarray | None = None
    inflation: float = 1.0
    by_metric: bool = False

    def gains(self, new, old, rows=slice(None)):
        """What `new` saves beside `old` on some rows.

        Parameters
        ----------
        new, old : Scored
            Forecasts of all rows.
        rows : slice or ndarray, default=all rows
            Which to compare.

        Returns
        -------
        loss, metric : Estimate or None
            In nats and in points; None where one of the two has no probabilities, or the metric
            is not one of labels.
        """
        y = self.y[rows]
        weight = None if self.sample_weight is None else self.sample_weight[rows]
        groups = None
        if self.groups is not None:
            groups = np.unique(self.groups[rows], return_inverse=True)[1]
        loss = metric = None
        if new.proba is not None and old.proba is not None:
            saved = log_loss_rows(old.proba[rows], y) - log_loss_rows(new.proba[rows], y)
            loss = paired_estimate(saved, weight, groups, inflation=self.inflation)
        if self.metric.kind == "label":
            metric = metric_gain(
                self.metric,
                y,
                new.pred[rows],
                old.pred[rows],
                self.n_classes,
                pos=self.pos if self.metric.asymmetric else None,
                sample_weight=weight,
                groups=groups,
                inflation=self.inflation,
            )
        return loss, metric

    def deciding(self, loss, metric):
        """The gains that may speak for a remedy."""
        if self.by_metric:
            return [gain for gain in (metric,) if gain is not None]
        return [gain for gain in (loss, metric) if gain is not None]

    def keeps(self, loss, metric, n_tried, require_proof=True):
        """Whether gains speak for a remedy.

        Parameters
        ----------
        loss, metric : Estimate or None
            Gains over what there was before.
        n_tried : int
            Remedies among which is chosen: each gain is judged at the level over the number of
            looks (Bonferroni).
        require_proof : bool, default=True
            Whether the interval of a gain must exclude zero; else a gain above zero will do.

        Returns
        -------
        bool
            False as well where another gain is provably negative, unless the metric alone decides.
        """
        speaking = self.deciding(loss, metric)
        level = (1 - CONFIDENCE) / max(1, n_tried * len(speaking))
        if not require_proof:
            gained = any(gain.value > 0 for gain in speaking)
        else:
            gained = any(interval(g.value, g.se, 1 - level).low > 0 for g in speaking)
        harmed = any(gain.high < 0 for gain in speaking)
        return gained and not harmed


class Stacks:
    """Stacks of remedies that were scored, each once, within a budget of fits.

    Parameters
    ----------
    bench : Workbench
        Rows and folds.
    model : Scored
        The user's model out of fold.
    remedies : dict of str to Remedy
        Name of the finding -> its remedy, in causal order.
    known : dict of str to Scored
        What single remedies gave that were scored already.
    max_fits : int or None
        Fits of the user's estimator that may be spent.
    """

    def __init__(self, bench, model, remedies, known, max_fits):
        self.bench = bench
        self.remedies = remedies
        self.known = known
        self.max_fits = max_fits
        self.spent = 0
        self.failed = {}
        self._stacks = {(): Stack((), bench.estimator, model)}

    def get(self, names):
        """The stack of these remedies; None where it fails, or the budget does not allow it.

        Parameters
        ----------
        names : tuple of str
            In causal order.

        Returns
        -------
        Stack or None
        """
        if names in self._stacks:
            return self._stacks[names]
        below = self.get(names[:-1])
        if below is None:
            return None
        remedy = self.remedies[names[-1]]
        n_fits = below.n_fits * remedy.n_fits
        scored = self.known.get(names[0]) if len(names) == 1 else None
        cost = 0 if scored is not None else round(n_fits * self.bench.n_splits)
        if self.max_fits is not None and self.spent + cost > self.max_fits:
            self.failed.setdefault(
                names,
                f"It needs about {cost:,} fits; {self.max_fits - self.spent:,} of max_fits="
                f"{self.max_fits:,} were left.",
            )
            return None
        try:
            estimator = remedy.build(below.estimator)
        except Exception as error:  # a user's estimator may refuse anything
            self.failed[names] = f"It cannot be built here: {error_text(error)}"
            self._stacks[names] = None
            return None
        left_out = self._left_out(below, remedy)
        if scored is None:
            what = " + ".join(names)
            scored, reason = self.bench.attempt(estimator, what, left_out=left_out)
            self.spent += cost
            if scored is None:
                self.failed[names] = reason
                self._stacks[names] = None
                return None
        stack = Stack(names, estimator, scored, n_fits, left_out)
        self._stacks[names] = stack
        return stack

    def _left_out(self, below, remedy):
        """Rows of the workbench that neither remedy learns from."""
        if remedy.left_out is None:
            return below.left_out
        rows = np.flatnonzero(np.isin(self.bench.data.rows, remedy.left_out))
        return rows if below.left_out is None else np.union1d(rows, below.left_out)


@dataclass(frozen=True, eq=False)
class Tried:
    """How one remedy ended.

    Attributes
    ----------
    name : str
        The finding.
    section : {"kept", "not proven", "not needed", "not tried"}
        How it ended.
    reason : str
        In words, where it was not kept.
    loss_gain, metric_gain : Estimate or None
        Over what there was before it.
    n_fits : float or None
        Fits of the user's estimator that one fit with it costs.
    n_folds_kept : int or None
        Folds whose other rows chose it; None where nothing was chosen anew.
    """

    name: str
    section: str
    reason: str = ""
    loss_gain: Any = None
    metric_gain: Any = None
    n_fits: float | None = None
    n_folds_kept: int | None = None


# Why leaving out rows is not proven here.
CHOSEN_BY_LABELS = (
    "Its rows were chosen by the labels that it would be judged by, so nothing would be proven. "
    "Look at them: finding.rows."
)


def choose(stacks, judge, causes, *, require_proof=True, rows=slice(None)):
    """Try remedies in causal order, each on what was kept before it.

    Parameters
    ----------
    stacks : Stacks
        Gives and remembers scores.
    judge : Judge
        Compares them.
    causes : dict of str to str
        Findings that another one explains: their remedies are tried after all others, and are not
        needed where they bring nothing on top of that one's.
    require_proof : bool, default=True
        As in ``Judge.keeps``.
    rows : slice or ndarray, default=all rows
        Rows that choose.

    Returns
    -------
    kept : tuple of str
        Names of the findings whose remedies were kept.
    tried : list of Tried
        All of them, in order.
    """
    kept, tried = (), []
    for name in sorted(stacks.remedies, key=causes.__contains__):
        if require_proof and stacks.remedies[name].left_out is not None:
            tried.append(Tried(name, "not tried", CHOSEN_BY_LABELS))
            continue
        before, after = stacks.get(kept), stacks.get((*kept, name))
        if after is None:
            tried.append(Tried(name, "not tried", stacks.failed[(*kept, name)]))
            continue
        loss, metric = judge.gains(after.scored, before.scored, rows)
        fields = {"loss_gain": loss, "metric_gain": metric, "n_fits": after.n_fits}
        if judge.keeps(loss, metric, len(stacks.remedies), require_proof):
            kept = (*kept, name)
            tried.append(Tried(name, "kept", **fields))
        else:
            n_looks = len(stacks.remedies) * len(judge.deciding(loss, metric))
            section = "not proven"
            reason = f"No gain above zero at a level shared by {n_looks} looks (Bonferroni)."
            if causes.get(name) in kept:
                section, reason = "not needed", f"Mostly gone once {causes[name]} is mended."
            elif any(gain.high < 0 for gain in judge.deciding(loss, metric)):
                reason = "It makes the loss or the metric provably worse."
            tried.append(Tried(name, section, reason, **fields))
    return kept, tried


def cross_fitted_choice(stacks, judge, causes, folds, units, *, require_proof=True):
    """Forecasts by stacks that were chosen without the rows they forecast.

    For every fold the choice is made again on the rows of the other folds, and the fold's own rows
    get the forecasts of what was chosen, in the manner of nested cross-validation (Varma & Simon
    2006). What is left of the optimism of choosing: the remedies were proposed by findings on all
    rows, and the rows that choose were forecast by models that know the fold's rows.

    Parameters
    ----------
    stacks : Stacks
        Gives and remembers scores.
    judge : Judge
        Compares them.
    causes : dict of str to str
        As in :func:`choose`.
    folds : ndarray of shape (n_rows,), dtype int
        Fold of every judged row.
    units : ndarray of shape (n_rows,), dtype int
        What varies independently: the group of each judged row, else the row of the data that it
        is. A unit that stands in several folds does not choose for any of them.
    require_proof : bool, default=True
        As in :func:`choose`.

    Returns
    -------
    scored : Scored
        One forecast per row.
    choices : list of tuple of str
        What was kept, fold by fold.
    """
    model = stacks.get(()).scored
    pred = model.pred.copy()
    proba = None if model.proba is None else model.proba.astype(np.float64, copy=True)
    choices = []
    for fold in np.unique(folds):
        inside = folds == fold
        others = np.flatnonzero(~np.isin(units, units[inside]))
        kept = ()
        if others.size:
            kept, _ = choose(stacks, judge, causes, require_proof=require_proof, rows=others)
        scored = stacks.get(kept).scored
        pred[inside] = scored.pred[inside]
        if proba is not None and scored.proba is not None:
            proba[inside] = scored.proba[inside]
        else:
            proba = None
        choices.append(kept)
    return Scored(pred, proba=proba), choices
