"""Label metrics as functions of three totals per class.

A metric of predicted labels is a function of the weighted confusion table. All those known here
need only three numbers per class: the weight of its true positives, of the rows predicted as it
and of the rows that are it. Moreover each is a function of a few *sums over classes* of elementwise
terms. That form is what makes it cheap to follow a metric while a decision rule moves: a row that
changes its label changes the terms of two classes only.

A function of which nothing else is known has no such form. With two classes it is a metric all the
same: `CustomFormula` calls it.
"""

import dataclasses
import difflib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, NamedTuple

import numpy as np
from sklearn.metrics import get_scorer_names

from sklearn_lossfix.decision._custom_metric import (
    RELATIVE_STEP,
    ROUNDING,
    CustomFormula,
)


def _ratio(numerator, denominator):
    """Divide elementwise, with 0 where the denominator is not positive."""
    numerator, denominator = np.broadcast_arrays(numerator, denominator)
    out = np.zeros(numerator.shape)
    return np.divide(numerator, denominator, out=out, where=denominator > 0)


# --- ratios of one class: (numerator, denominator) -----------------------------------------------


def _precision(tp, pred, true):
    return tp, pred


def _recall(tp, pred, true):
    return tp, true


def _jaccard(tp, pred, true):
    return tp, true + pred - tp


def _fbeta(tp, pred, true, beta):
    if np.isinf(beta):
        return tp, true
    return (1 + beta**2) * tp, beta**2 * true + pred


_CLASS_RATIOS = {
    "precision": _precision,
    "recall": _recall,
    "jaccard": _jaccard,
    "f1": partial(_fbeta, beta=1.0),
    "f2": partial(_fbeta, beta=2.0),
    "fbeta": _fbeta,
}


# --- formulas: elementwise terms, then a combination of their sums over classes ------------------


class _Formula(NamedTuple):
    """`combine(*[term.sum(over classes) for term in terms(tp, pred, true)])` is the metric."""

    terms: Callable
    combine: Callable


def _macro(ratio):
    """Mean of the ratio over the classes that occur in the truth or in the predictions."""

    def terms(tp, pred, true, **params):
        return _ratio(*ratio(tp, pred, true, **params)), np.asarray(true + pred > 0, dtype=float)

    return _Formula(terms, lambda values, present, **params: _ratio(values, present))


def _weighted(ratio):
    """Mean of the ratio over classes, each counting as much as it occurs in the truth."""

    def terms(tp, pred, true, **params):
        return true * _ratio(*ratio(tp, pred, true, **params)), true

    return _Formula(terms, lambda values, total, **params: _ratio(values, total))


def _micro(ratio):
    """One ratio of the numerators and denominators summed over classes."""
    return _Formula(ratio, lambda numerator, denominator, **params: _ratio(numerator, denominator))


AVERAGES = {"macro": _macro, "weighted": _weighted, "micro": _micro}


def _accuracy_terms(tp, pred, true):
    return tp, true


def _mean_recall_terms(tp, pred, true):
    return _ratio(tp, true), np.asarray(true > 0, dtype=float)


def _balanced_accuracy(recalls, n_present, adjusted=False):
    score = _ratio(recalls, n_present)
    if not adjusted:
        return score
    chance = _ratio(1.0, n_present)
    return _ratio(score - chance, 1.0 - chance)


def _gmean_terms(tp, pred, true):
    recall = _ratio(tp, true)
    log_recall = np.log(recall, out=np.zeros(recall.shape), where=recall > 0)
    missed = np.asarray((recall == 0) & (true > 0), dtype=float)
    return log_recall, missed, np.asarray(true > 0, dtype=float)


def _gmean(log_recalls, n_missed, n_present):
    # Half a class separates "some class is missed" from rounding of a running count.
    no_class_missed = (n_missed < 0.5) & (n_present > 0)
    return np.where(no_class_missed, np.exp(_ratio(log_recalls, n_present)), 0.0)


def _correlation_terms(tp, pred, true):
    return tp, true, pred * true, pred**2, true**2


def _matthews_corrcoef(tp, total, pred_true, pred_pred, true_true):
    """Gorodkin's R_K statistic, as in scikit-learn."""
    covariance = tp * total - pred_true
    spread_pred = total**2 - pred_pred
    spread_true = total**2 - true_true
    floor = ROUNDING * total**2
    defined = (spread_pred > floor) & (spread_true > floor)
    spread = np.where(defined, spread_pred * spread_true, 0.0)
    return _ratio(covariance, np.sqrt(spread))


def _agreement_terms(tp, pred, true):
    return tp, true, pred * true


def _cohen_kappa(tp, total, pred_true):
    disagreement_by_chance = total**2 - pred_true
    defined = disagreement_by_chance > ROUNDING * total**2
    return _ratio(tp * total - pred_true, np.where(defined, disagreement_by_chance, 0.0))


_FORMULAS = {
    "accuracy": _Formula(_accuracy_terms, _ratio),
    "balanced_accuracy": _Formula(_mean_recall_terms, _balanced_accuracy),
    "youden": _Formula(_mean_recall_terms, partial(_balanced_accuracy, adjusted=True)),
    "gmean": _Formula(_gmean_terms, _gmean),
    "matthews_corrcoef": _Formula(_correlation_terms, _matthews_corrcoef),
    "cohen_kappa": _Formula(_agreement_terms, _cohen_kappa),
} | {
    f"{name}_{average}": make(ratio)
    for name, ratio in _CLASS_RATIOS.items()
    for average, make in AVERAGES.items()
}


# --- metrics of one positive class ---------------------------------------------------------------


def _positive_ratio(ratio, tp, pred, true, pos, **params):
    return _ratio(*ratio(tp[..., pos], pred[..., pos], true[..., pos], **params))


def _specificity(tp, pred, true, pos):
    return _ratio(tp[..., 1 - pos], true[..., 1 - pos])


def _negative_cost(tp, pred, true, pos, fp_cost=1.0, fn_cost=1.0):
    false_positives = pred[..., pos] - tp[..., pos]
    false_negatives = true[..., pos] - tp[..., pos]
    return -_ratio(1.0, true.sum(axis=-1)) * (fp_cost * false_positives + fn_cost * false_negatives)


_POSITIVE_CLASS_FORMULAS = {
    name: partial(_positive_ratio, ratio) for name, ratio in _CLASS_RATIOS.items()
} | {"specificity": _specificity, "cost": _negative_cost}


# Weighted sums of confusion cells once the true class totals are fixed. Micro-averages of
# single-label predictions and support-weighted recall are accuracy under other names.
# `recall_macro` is not among them: it also averages over classes that are only predicted.
_LINEAR = frozenset(
    "accuracy balanced_accuracy youden recall specificity cost recall_weighted precision_micro "
    "recall_micro f1_micro f2_micro fbeta_micro".split()
)

# Accuracy, by its own and by other names.
_ACCURACIES = frozenset(
    "accuracy recall_weighted precision_micro recall_micro f1_micro f2_micro fbeta_micro".split()
)

LABEL_METRICS = tuple(sorted({*_FORMULAS, *_POSITIVE_CLASS_FORMULAS}))

ALIASES = {"mcc": "matthews_corrcoef", "kappa": "cohen_kappa"}


@dataclass(frozen=True)
class Metric:
    """A metric as data: what it is, and how to compute it from totals per class.

    Parameters
    ----------
    name : str
        The canonical name, as `resolve_metric` takes it where it is a label metric.

    kind : {"label", "ranking", "opaque"}
        "label" metrics are functions of true positives, predicted and true totals per class; only
        they have a `value` and can choose a decision rule. "ranking" metrics judge scores, not
        labels. "opaque" ones are callables of which not even that is known.

    asymmetric : bool, default=False
        Whether the metric singles out a positive class.

    params : tuple of (str, value) pairs, default=()
        Parameters of the formula: `beta`, `adjusted`, `fp_cost`, `fn_cost`.

    linear : bool, default=False
        Whether the metric is a weighted sum of confusion cells once the true class totals are
        fixed.

    pos_label : str, int, float, bool or None, default=None
        The positive class that a scorer names, if it names one.

    scorer : callable or None, default=None
        The scorer of a ranking or opaque metric, or of one that is a function of labels.

    custom : CustomFormula or None, default=None
        The user's function, if the metric has no formula of this package. Such a metric knows two
        classes only.

    matrix : tuple of tuples of float or None, default=None
        ``matrix[k][j]`` is the cost of predicting class j when k is true, of a metric that is minus
        the mean cost. It needs all cells of the confusion table and has no `value` of totals: see
        `metric_from_codes`.

    labels : tuple of two labels, default=(0, 1)
        What a user's function of labels is called with, in the order of the columns of the totals:
        see `for_labels`.

    by_row : bool, default=False
        Whether errors cost what their rows were given, of metric "cost": it is then computed from
        weights that hold these costs, and its parameters are their mean.
    """

    name: str
    kind: Literal["label", "ranking", "opaque"] = "label"
    asymmetric: bool = False
    params: tuple[tuple[str, Any], ...] = ()
    linear: bool = False
    pos_label: Any = None
    scorer: Callable | None = field(default=None, repr=False, compare=False)
    custom: CustomFormula | None = field(default=None, repr=False)
    matrix: tuple[tuple[float, ...], ...] | None = None
    labels: tuple[Any, Any] = field(default=(0, 1), repr=False)
    by_row: bool = field(default=False, repr=False)

    @property
    def vectorised(self):
        """Whether `value` of many totals costs one call: true of all but functions of labels."""
        return self.kind == "label" and (self.custom is None or self.custom.formula == "counts")

    @property
    def has_corners(self):
        """Whether it is a formula of this package in the totals of two classes: monotone for sure.

        Its best threshold is found from the corners of the ROC staircase alone.
        """
        return self.kind == "label" and self.custom is None and self.matrix is None

    @property
    def favours_argmax(self):
        """Whether the most probable class is the best answer to calibrated probabilities."""
        if self.name == "cost":
            costs = self.error_costs()
            return costs["fp_cost"] == costs["fn_cost"] and not self.by_row
        return self.name in _ACCURACIES

    def error_costs(self):
        """Return what errors cost by the metric "cost", under the names of its parameters."""
        return {"fp_cost": 1.0, "fn_cost": 1.0, **dict(self.params)}

    def row_values(self, y, pred):
        """Return what each row contributes to the mean of a metric with a cost matrix."""
        return -np.array(self.matrix)[y, pred]

    @property
    def monotone(self):
        """Whether, of two classes, more true positives never hurt and more false ones never help.

        It is true of every formula of this package, whichever class is positive and whichever
        classes occur; a user's function is taken to be as it was declared.
        """
        return self.kind == "label" and (self.custom is None or self.custom.monotone)

    def for_labels(self, classes):
        """Return the metric of these classes: a user's function is called with their labels.

        Without it the function is called with the codes 0 and 1, which is as good unless the
        function itself names a label. Other metrics are returned as they are.

        Parameters
        ----------
        classes : array-like of shape (n_classes,)
            Labels in the order of the codes.

        Returns
        -------
        metric : Metric
            Equal to this one but for its `labels`.

        Raises
        ------
        ValueError
            If the metric knows two classes only and there are more or fewer.
        """
        if self.custom is None:
            return self
        labels = tuple(np.asarray(classes).tolist())
        self._check_two_classes(len(labels))
        return dataclasses.replace(self, labels=labels)

    def for_sweep(self, pos):
        """Return the metric of totals in the order negative, positive, as a sweep has them.

        Parameters
        ----------
        pos : int
            Code of the positive class of two, in the order that `for_labels` was given.

        Returns
        -------
        metric : Metric
            Its positive class is column 1.
        """
        if self.custom is None or pos == 1:
            return self
        return dataclasses.replace(self, labels=self.labels[::-1])

    def as_opaque(self):
        """Return the metric as one that its scorer alone computes, with any number of classes."""
        return Metric(self.name, "opaque", scorer=self.scorer)

    def value(self, tp, pred, true, pos=None):
        """Compute the metric, greater is better, from weighted totals per class.

        Where scikit-learn's metric is 0/0, this is 0.0, and classes absent from the truth are left
        out of balanced accuracy and the geometric mean; the result is never NaN, unless a user's
        function says so.

        Parameters
        ----------
        tp, pred, true : array-like of shape (..., n_classes)
            Weight of the true positives, of the rows predicted as, and of the rows truly of
            each class.

        pos : int, default=None
            Column of the positive class; needed by an asymmetric metric, with two classes.

        Returns
        -------
        value : ndarray of shape (...)
            Float64.

        Raises
        ------
        ValueError
            If the metric is not a label metric, or is asymmetric and has no two classes with a
            positive one, or is a user's function and there are no two classes.
        """
        tp, pred, true = (np.asarray(total, dtype=np.float64) for total in (tp, pred, true))
        self.check_positive_class(true.shape[-1], pos)
        if self.custom is not None:
            return self.custom.value(tp, true, pos, self.labels)
        if self.asymmetric:
            return _POSITIVE_CLASS_FORMULAS[self.name](tp, pred, true, pos, **dict(self.params))
        sums = [np.sum(term, axis=-1) for term in self.class_terms(tp, pred, true)]
        return self.combine(sums)

    def class_terms(self, tp, pred, true):
        """Compute the elementwise terms whose sums over classes determine a symmetric metric."""
        return self._formula().terms(tp, pred, true, **self._term_params())

    def combine(self, sums):
        """Compute the metric from the sums over classes of its `class_terms`."""
        formula = self._formula()
        params = dict(self.params) if self.name == "balanced_accuracy" else {}
        return formula.combine(*sums, **params)

    def check_positive_class(self, n_classes, pos):
        """Raise unless an asymmetric metric has two classes, one of them positive.

        A user's function needs two classes even if it singles out none.
        """
        if self.custom is not None:
            self._check_two_classes(n_classes)
        if self.asymmetric and (n_classes != 2 or pos not in (0, 1)):
            raise ValueError(
                f"The metric {self.name!r} judges one positive class out of two; got {n_classes} "
                f"classes and positive class {pos!r}. With more classes use an average such as "
                "'f1_macro' or 'balanced_accuracy'."
            )

    def _check_two_classes(self, n_classes):
        """Raise unless there are the two classes that a user's function knows."""
        if n_classes != 2:
            raise ValueError(
                f"The metric {self.name!r} is a function that is known for two classes only; got "
                f"{n_classes} classes. A rule of several classes needs a metric whose formula is "
                "known, such as 'f1_macro' or 'balanced_accuracy'."
            )

    def _formula(self):
        """Return the formula, or say why there is none."""
        if self.custom is not None:
            raise ValueError(
                f"The metric {self.name!r} is a function of two classes and no sum of terms over "
                "classes. A rule of several classes needs a metric whose formula is known, such "
                "as 'f1_macro' or 'balanced_accuracy'."
            )
        if self.kind != "label":
            raise ValueError(
                f"The metric {self.name!r} is {self.kind}: it cannot be computed from counts of "
                f"labels. Label metrics are {', '.join(LABEL_METRICS)}."
            )
        return _FORMULAS[self.name]

    def _term_params(self):
        """Return the parameters that belong to the terms rather than to their combination."""
        return {key: value for key, value in self.params if key == "beta"}


def make_metric(name, **params):
    """Make a label metric from its name and the parameters of its formula.

    Parameters
    ----------
    name : str
        One of `LABEL_METRICS`, or an alias ("mcc", "kappa").

    **params : dict
        `beta` for "fbeta" and its averages, `adjusted` for "balanced_accuracy", `fp_cost` and
        `fn_cost` for "cost" (each 1 by default), and `pos_label` for asymmetric metrics.

    Returns
    -------
    metric : Metric
        The label metric.

    Raises
    ------
    ValueError
        If the name is unknown, or a parameter is missing, unknown or out of range.
    """
    name = ALIASES.get(name, name)
    if name not in LABEL_METRICS:
        raise ValueError(unknown_name_message(name))
    asymmetric = name in _POSITIVE_CLASS_FORMULAS
    pos_label = params.pop("pos_label", None) if asymmetric else None
    allowed = allowed_params(name)
    unknown = sorted(set(params) - set(allowed))
    if unknown:
        raise ValueError(
            f"The metric {name!r} takes the parameters {sorted(allowed)}; got {unknown}."
        )
    if "beta" in allowed and "beta" not in params:
        raise ValueError(
            f"The metric {name!r} needs its beta. Pass make_scorer(fbeta_score, beta=...), or "
            "use 'f1' or 'f2'."
        )
    for key, value in params.items():
        if key != "adjusted" and not (np.isreal(value) and value >= 0):
            raise ValueError(f"{key} of the metric {name!r} must be non-negative, got {value!r}.")
    values = {key: allowed[key](value) for key, value in params.items()}
    return Metric(
        name,
        "label",
        asymmetric,
        tuple(sorted(values.items())),
        name in _LINEAR,
        pos_label,
    )


def allowed_params(name):
    """Return the names of a formula's parameters and the type of each."""
    if name.startswith("fbeta"):
        return {"beta": float}
    return {
        "balanced_accuracy": {"adjusted": bool},
        "cost": {"fp_cost": float, "fn_cost": float},
    }.get(name, {})


def unknown_name_message(name, registered=()):
    """Name the metrics that are spelt nearly like an unknown one."""
    known = sorted({*LABEL_METRICS, *ALIASES, *registered, *get_scorer_names()})
    near = difflib.get_close_matches(name, known, n=3)
    advice = f"Did you mean {' or '.join(map(repr, near))}?" if near else f"Known: {known}."
    return f"{name!r} is not the name of a known metric. {advice}"


# --- from rows to totals, and back ---------------------------------------------------------------


class ClassTotals(NamedTuple):
    """Weighted true positives, predicted totals and true totals, each of shape (n_classes,)."""

    tp: np.ndarray
    pred: np.ndarray
    true: np.ndarray


def class_totals(y, pred, n_classes, sample_weight=None):
    """Count the weighted totals per class that every label metric is a function of.

    Parameters
    ----------
    y, pred : ndarray of shape (n_samples,), integer
        True and predicted class codes, 0 to n_classes - 1.

    n_classes : int
        Number of classes.

    sample_weight : ndarray of shape (n_samples,), default=None
        Weight of each row; one each if None.

    Returns
    -------
    totals : ClassTotals
        Three float64 arrays of shape (n_classes,).
    """
    hit = y == pred
    hit_weight = None if sample_weight is None else sample_weight[hit]
    totals = (
        np.bincount(y[hit], weights=hit_weight, minlength=n_classes),
        np.bincount(pred, weights=sample_weight, minlength=n_classes),
        np.bincount(y, weights=sample_weight, minlength=n_classes),
    )
    return ClassTotals(*(total.astype(np.float64, copy=False) for total in totals))


def metric_from_codes(metric, y, pred, n_classes, sample_weight=None, pos=None):
    """Compute a label metric from integer class codes.

    Parameters
    ----------
    metric : Metric
        A label metric.

    y, pred : ndarray of shape (n_samples,), integer
        True and predicted class codes.

    n_classes : int
        Number of classes.

    sample_weight : ndarray of shape (n_samples,), default=None
        Weight of each row; one each if None.

    pos : int, default=None
        Code of the positive class of an asymmetric metric.

    Returns
    -------
    value : float
        The metric; greater is better.
    """
    if metric.matrix is not None:
        return float(np.average(metric.row_values(y, pred), weights=sample_weight))
    return float(metric.value(*class_totals(y, pred, n_classes, sample_weight), pos=pos))


def influence(metric, y, pred, n_classes, sample_weight=None, pos=None):
    """Compute each row's influence on a label metric: the infinitesimal jackknife.

    The metric depends on the weights w through the weighted totals divided by their sum W, so its
    derivative with respect to the weight of a row follows from its derivatives with respect to
    the three totals of the row's true and predicted class [1]_ [2]_. The normalisation is that of
    an influence function: ``sum_i w_i * influence_i == 0``, and to first order
    ``metric(w + e) == metric(w) + sum_i e_i * influence_i / W``. For accuracy it is
    ``correct_i - accuracy``.

    Parameters
    ----------
    metric : Metric
        A label metric.

    y, pred : ndarray of shape (n_samples,), integer
        True and predicted class codes.

    n_classes : int
        Number of classes.

    sample_weight : ndarray of shape (n_samples,), default=None
        Weight of each row; one each if None.

    pos : int, default=None
        Code of the positive class of an asymmetric metric.

    Returns
    -------
    influence : ndarray of shape (n_samples,)
        Float64. `mean_standard_error` of it is the standard error of the metric; of the difference
        of two of them, that of a paired comparison.

    References
    ----------
    .. [1] L. A. Jaeckel, "The infinitesimal jackknife", Bell Laboratories Memorandum, 1972.
    .. [2] B. Efron, "The Jackknife, the Bootstrap and Other Resampling Plans", SIAM, 1982.
    """
    if metric.custom is not None:
        return _custom_influence(metric, y, pred, n_classes, sample_weight, pos)
    if metric.matrix is not None:
        values = metric.row_values(y, pred)
        return values - np.average(values, weights=sample_weight)
    totals = np.stack(class_totals(y, pred, n_classes, sample_weight))
    totals /= totals[2].sum()
    slope_tp, slope_pred, slope_true = _slopes(metric, totals, pos)
    by_cell = slope_true[:, None] + slope_pred[None, :] + np.diag(slope_tp)
    values = by_cell.ravel()[y * n_classes + pred]
    # The slopes of a metric that ignores the scale of the weights average to zero by Euler's
    # theorem; subtracting the mean removes what rounding leaves of it.
    return values - np.average(values, weights=sample_weight)


def _slopes(metric, totals, pos):
    """Differentiate the metric by central differences; totals of zero carry no row and no slope."""
    n_classes = totals.shape[1]
    step = RELATIVE_STEP * totals
    moved = np.broadcast_to(totals[:, None, None], (3, 3, n_classes, n_classes)).copy()
    which, k = np.indices(totals.shape)
    up, down = moved, moved.copy()
    up[which, which, k, k] += step
    down[which, which, k, k] -= step
    rise = metric.value(*up, pos=pos) - metric.value(*down, pos=pos)
    return _ratio(rise, 2 * step)


def _custom_influence(metric, y, pred, n_classes, sample_weight, pos):
    """Compute the influence of each row through the cell of the confusion table that it is in.

    A user's function may be a sum over rows as well as a mean. The slopes are those at the weights
    as they are, and subtracting their mean keeps the total weight fixed.
    """
    metric.check_positive_class(n_classes, pos)
    cell = 2 * y + pred
    table = np.bincount(cell, weights=sample_weight, minlength=4).reshape(2, 2).astype(np.float64)
    slopes = metric.custom.cell_slopes(table, pos, metric.labels)
    values = table.sum() * slopes.ravel()[cell]
    return values - np.average(values, weights=sample_weight)
