"""What follows from the evidence: every derived number is worked out once, on first use."""

from functools import cached_property

import numpy as np
from scipy.special import log_softmax

from sklearn_lossfix._core._finding import LOSS_FLOOR_SHARE, METRIC_FLOOR
from sklearn_lossfix._core._paired_tests import (
    auc_influence,
    effective_units,
    interval,
    mean_standard_error,
    paired_estimate,
    weighted_mean,
    wilson_interval,
)
from sklearn_lossfix._core._proper_scores import (
    brier_rows,
    class_shares,
    clipped_log,
    log_loss_rows,
)
from sklearn_lossfix._core._recalibration import (
    cross_fit,
    cross_fitted_chunks,
    fit_smooth_map,
)
from sklearn_lossfix._core._validation import CODE_DTYPE
from sklearn_lossfix.decision._decision_rule import DecisionRule
from sklearn_lossfix.decision._fit_rule import cross_fitted_codes, fit_rule
from sklearn_lossfix.decision._metrics import class_totals, metric_from_codes
from sklearn_lossfix.decision._scoring import resolve_metric
from sklearn_lossfix.diagnosis.ledgers.bridges import bridges
from sklearn_lossfix.diagnosis.ledgers.error import (
    class_utilities,
    constant_metric,
    error_ledger,
    metric_estimate,
    metric_gain,
    plug_in_codes,
    plug_in_offsets,
)
from sklearn_lossfix.diagnosis.ledgers.flips import flips
from sklearn_lossfix.diagnosis.ledgers.loss import (
    brier_ledger,
    class_loss_shares,
    climb,
    lorenz_curve,
    loss_ledger,
)

# Margins are cut here before they are read as logits: classes that a fold never saw have a margin
# of minus infinity, and exp(-500) is as good as zero.
MAX_MARGIN = 500.0


class Analysis:
    """Derived numbers of one set of evidence.

    Parameters
    ----------
    evidence : Evidence
        What was seen.
    alpha : float
        Level of the findings.
    refits : Analysis, default=None
        The out-of-fold analysis beside one of validation rows; None is this one itself.
    bench : Workbench, default=None
        Rows and folds, for more refits; None where nothing can be refitted.
    """

    def __init__(self, evidence, alpha, refits=None, bench=None):
        self.evidence = evidence
        self.alpha = alpha
        self._refits = refits
        self.bench = bench
        self._rules = {}

    @property
    def refits(self):
        """The analysis in which refitted twins share rows and folds with the model."""
        return self if self._refits is None else self._refits

    # --- shorthands -----------------------------------------------------------------------------

    @property
    def metric(self):
        """The user's metric."""
        return self.evidence.metric

    @cached_property
    def balanced(self):
        """Balanced accuracy, shown beside accuracy."""
        return resolve_metric("balanced_accuracy")

    @property
    def sampling(self):
        """Weights and groups, as keyword arguments."""
        return {
            "sample_weight": self.evidence.sample_weight,
            "groups": self.evidence.groups,
        }

    @property
    def refitted_sampling(self):
        """The same with the factor for models that were refitted on overlapping rows."""
        return {**self.sampling, "inflation": self.evidence.inflation}

    @cached_property
    def n_effective(self):
        """Kish's effective number of judged rows; with groups at most their number."""
        e = self.evidence
        return effective_units(e.sample_weight, len(e.y), e.groups)

    @cached_property
    def shares(self):
        """Class shares of the judged rows."""
        e = self.evidence
        return class_shares(e.y, e.n_classes, e.sample_weight)

    @cached_property
    def prior(self):
        """Class shares of the training rows where known, else of the judged rows."""
        counts = self.evidence.train_counts
        if counts is None:
            return self.shares
        return counts / counts.sum()

    # --- losses ---------------------------------------------------------------------------------

    @cached_property
    def ladder(self):
        """The ladder of recalibration maps; None without probabilities."""
        e = self.evidence
        if e.model.proba is None:
            return None
        return climb(e.model.proba, e.y, e.folds, **self.sampling)

    @property
    def row_losses(self):
        """Log loss of every judged row."""
        return self.ladder.log_rows["as is"]

    @cached_property
    def loss(self):
        """Mean log loss in nats."""
        return weighted_mean(self.row_losses, self.evidence.sample_weight)

    @property
    def loss_floor(self):
        """Smallest fall of the loss that matters, in nats."""
        return LOSS_FLOOR_SHARE * self.loss

    @cached_property
    def _reference(self):
        """Recalibrated reference: log loss rows and mean Brier score; None if absent."""
        e = self.evidence
        if e.reference is None or self.ladder is None:
            return None
        log_p = clipped_log(e.reference.proba)
        maps = self._reference_maps
        losses, brier = np.empty(len(e.y)), np.empty(len(e.y))
        for rows, log_r in cross_fitted_chunks(maps, log_p, e.folds):
            losses[rows] = -np.take_along_axis(log_r, e.y[rows, None], axis=1)[:, 0]
            brier[rows] = brier_rows(np.exp(log_r), e.y[rows])
        return losses, weighted_mean(brier, e.sample_weight)

    @cached_property
    def _reference_maps(self):
        """Temperature maps of the reference, per fold."""
        e = self.evidence
        log_p = clipped_log(e.reference.proba)
        start = fit_smooth_map(log_p, e.y, "temperature", e.sample_weight)
        return cross_fit(
            lambda keep: fit_smooth_map(log_p, e.y, "temperature", e.sample_weight, start, keep),
            e.folds,
        )

    @property
    def reference_rows(self):
        """Log loss of every row under the recalibrated reference; None without one."""
        return None if self._reference is None else self._reference[0]

    @cached_property
    def margin_loss(self):
        """Log loss of margins read through a cross-fitted logistic map; None without margins."""
        e = self.evidence
        scores, space = self.rule_scores
        if space != "decision":
            return None
        if scores.ndim == 1:
            scores = np.column_stack([np.zeros(len(scores)), scores])
        logits = log_softmax(np.clip(scores, -MAX_MARGIN, MAX_MARGIN), axis=1)
        start = fit_smooth_map(logits, e.y, "temperature", e.sample_weight)
        maps = cross_fit(
            lambda keep: fit_smooth_map(logits, e.y, "temperature", e.sample_weight, start, keep),
            e.folds,
        )
        losses = np.empty(len(e.y))
        for rows, log_r in cross_fitted_chunks(maps, logits, e.folds):
            losses[rows] = -np.take_along_axis(log_r, e.y[rows, None], axis=1)[:, 0]
        return paired_estimate(losses, **self.sampling)

    @cached_property
    def loss_ledger(self):
        """Ledger of the log loss; None without probabilities."""
        e = self.evidence
        if self.ladder is None:
            return None
        return loss_ledger(
            self.ladder,
            e.model.proba,
            e.y,
            reference_rows=self.reference_rows,
            train_loss=None if e.train is None else e.train.log_loss,
            inflation=e.inflation,
            **self.sampling,
        )

    @cached_property
    def brier_ledger(self):
        """Ledger of the Brier score; None without probabilities."""
        e = self.evidence
        if self.ladder is None:
            return None
        reference = None if self._reference is None else self._reference[1]
        return brier_ledger(self.ladder, e.y, e.n_classes, e.sample_weight, reference)

    @cached_property
    def bridges(self):
        """Bridges between loss and accuracy; None without probabilities."""
        e = self.evidence
        if self.ladder is None:
            return None
        return bridges(e.model.proba, e.y, self.row_losses, **self.sampling)

    @cached_property
    def flips(self):
        """Flip table to the model: from the one it is compared with, else from the class shares."""
        e = self.evidence
        if self.ladder is None:
            return None
        if e.compared is not None and e.compared.proba is not None:
            return flips(
                self.losses_of(e.compared),
                self.row_losses,
                e.compared.pred == e.y,
                e.model.pred == e.y,
                states=state_names(e.facts),
                **self.refitted_sampling,
            )
        prior = np.maximum(self.prior, np.finfo(float).eps)
        return flips(
            -np.log(prior)[e.y],
            self.row_losses,
            e.y == int(np.argmax(prior)),
            e.model.pred == e.y,
            states=("class shares", "model"),
            **self.sampling,
        )

    @cached_property
    def lorenz(self):
        """Lorenz curve of the row losses and its Gini coefficient."""
        return lorenz_curve(self.row_losses, self.evidence.sample_weight)

    # --- labels ---------------------------------------------------------------------------------

    @property
    def rule_scores(self):
        """Scores that a decision rule can work on, and their space; both None without any."""
        model = self.evidence.model
        if model.proba is not None:
            return model.proba, "proba"
        margins = model.margins
        if margins is None or (margins.ndim == 1 and self.evidence.n_classes > 2):
            return None, None
        return margins, "decision"

    def rule_codes(self, metric):
        """Labels of the best rule for `metric`, cross-fitted; the model's own where none exists."""
        key = (metric.name, metric.params)
        if key not in self._rules:
            self._rules[key] = self._best_codes(metric, *self.rule_scores)
        return self._rules[key]

    def _best_codes(self, metric, scores, space, proba_maps=None):
        e = self.evidence
        if metric.kind != "label" or scores is None:
            return e.model.pred
        if self._uses_plug_in(metric, space):
            maps = self.ladder.fold_maps[self.ladder.rungs[2]] if proba_maps is None else proba_maps
            utilities = class_utilities(metric, self.shares)
            return plug_in_codes(scores, e.y, maps, e.folds, metric, utilities, e.sample_weight)
        return cross_fitted_codes(
            e.y,
            scores,
            metric,
            e.folds,
            n_classes=e.n_classes,
            sample_weight=e.sample_weight,
            pos=e.pos if metric.asymmetric else None,
            space=space,
        )

    def fitted_rule(self, metric):
        """The best rule on all judged rows, as a DecisionRule; None where none exists."""
        e = self.evidence
        scores, space = self.rule_scores
        if metric.kind != "label" or scores is None:
            return None
        if self._uses_plug_in(metric, space):
            # The rule that is judged cross-fitted, on all rows: the same form, so the same name.
            fitted = self.ladder.maps[self.ladder.rungs[2]]
            utilities = class_utilities(metric, self.shares)
            return DecisionRule(
                "offsets",
                classes=tuple(e.classes.tolist()),
                offsets=plug_in_offsets(fitted, utilities),
                metric=metric.name,
                space="log_proba",
            )
        # A cut is said of the rarer class where the metric does not name one.
        rarer = int(np.argmin(self.shares)) if e.n_classes == 2 else None
        return fit_rule(
            e.y,
            scores,
            metric,
            classes=e.classes.tolist(),
            sample_weight=e.sample_weight,
            pos=e.pos if metric.asymmetric else rarer,
            space=space,
        )

    def _uses_plug_in(self, metric, space):
        """Whether the best rule has a closed form on calibrated scores: linear, many classes."""
        return self.evidence.n_classes > 2 and metric.linear and space == "proba"

    def score(self, metric, pred=None):
        """Estimate of a label metric; of ``predict``'s labels unless others are given."""
        e = self.evidence
        pred = e.model.pred if pred is None else pred
        pos = e.pos if metric.asymmetric else None
        return metric_estimate(metric, e.y, pred, e.n_classes, pos=pos, **self.sampling)

    def gain(self, metric, pred_new, pred_old=None, inflation=1.0, groups=None):
        """Row-paired improvement of a label metric over ``predict``'s labels (or others)."""
        e = self.evidence
        sampling = self.sampling if groups is None else {**self.sampling, "groups": groups}
        pred_old = e.model.pred if pred_old is None else pred_old
        pos = e.pos if metric.asymmetric else None
        return metric_gain(
            metric,
            e.y,
            pred_new,
            pred_old,
            e.n_classes,
            pos=pos,
            inflation=inflation,
            **sampling,
        )

    def constant(self, metric):
        """Best value of a metric that a constant answer reaches, and the answer's code."""
        e = self.evidence
        pos = e.pos if metric.asymmetric else None
        return constant_metric(metric, e.y, e.n_classes, pos=pos, sample_weight=e.sample_weight)

    @property
    def metric_floor(self):
        """Smallest change of the metric that matters."""
        return METRIC_FLOOR

    @cached_property
    def error_ledger(self):
        """Ledger of one minus the metric; None for metrics that are not about labels."""
        e = self.evidence
        if self.metric.kind != "label":
            return None
        pos = e.pos if self.metric.asymmetric else None
        reference_codes = None
        if e.reference is not None:
            reference_codes = self._reference_codes
        train_metric = None
        if e.train is not None:
            train_metric = float(self.metric.value(*e.train.totals, pos=pos))
        return error_ledger(
            self.metric,
            e.y,
            e.model.pred,
            self.rule_codes(self.metric),
            e.n_classes,
            pos=pos,
            reference_codes=reference_codes,
            train_metric=train_metric,
            inflation=e.inflation,
            **self.sampling,
        )

    @cached_property
    def _reference_codes(self):
        """The reference's labels under its own cross-fitted best rule."""
        e = self.evidence
        maps = self._reference_maps if self._uses_plug_in(self.metric, "proba") else None
        return self._best_codes(self.metric, e.reference.proba, "proba", maps)

    # --- classes --------------------------------------------------------------------------------

    @cached_property
    def ranking(self):
        """One-vs-rest AUC per class, NaN where undefined; of two classes only of the second."""
        e = self.evidence
        scores, _ = self.rule_scores
        if scores is None:
            return None
        columns = [scores] if scores.ndim == 1 else [scores[:, k] for k in range(e.n_classes)]
        positives = range(e.n_classes)
        if e.n_classes == 2:
            columns, positives = columns[-1:], (1,)
        out = []
        for k, column in zip(positives, columns, strict=True):
            auc, rows = auc_influence(column, e.y == k, e.sample_weight)
            se = mean_standard_error(rows, **self.sampling) if np.isfinite(auc) else np.nan
            out.append(interval(auc, se))
        return out

    @property
    def ranks_backwards(self):
        """Whether the mean AUC lies below one half, by its interval."""
        known = [a for a in self.ranking or [] if np.isfinite(a.value) and np.isfinite(a.se)]
        # Means of the classes' bounds: wider than the interval of the mean.
        return bool(known) and float(np.mean([a.high for a in known])) < 0.5

    @cached_property
    def recalls(self):
        """Per class: recall with Wilson's interval, precision and share of the predictions."""
        e = self.evidence
        tp, pred, true = class_totals(e.y, e.model.pred, e.n_classes, e.sample_weight)
        recall = np.divide(tp, true, out=np.full(e.n_classes, np.nan), where=true > 0)
        precision = np.divide(tp, pred, out=np.full(e.n_classes, np.nan), where=pred > 0)
        scale = self.n_effective / true.sum()
        low, high = np.full(e.n_classes, np.nan), np.full(e.n_classes, np.nan)
        for k in np.flatnonzero(true > 0):
            low[k], high[k] = wilson_interval(float(recall[k]), float(true[k] * scale))
        return {
            "recall": recall,
            "recall_low": low,
            "recall_high": high,
            "precision": precision,
            "predicted_share": pred / pred.sum(),
        }

    def class_columns(self):
        """Columns of the table of classes."""
        e = self.evidence
        columns = {"label": [_plain(label) for label in e.classes], "row_share": self.shares}
        if self.ladder is not None:
            _, share, mean = class_loss_shares(self.row_losses, e.y, e.n_classes, e.sample_weight)
            columns |= {"loss_share": share, "mean_loss": mean}
            brier = brier_rows(e.model.proba, e.y)
            columns["mean_brier"] = class_loss_shares(brier, e.y, e.n_classes, e.sample_weight)[2]
        columns |= self.recalls
        if self.ranking is not None:
            auc = [estimate.value for estimate in self.ranking]
            columns["auc"] = np.asarray(auc * 2 if e.n_classes == 2 else auc)
        return columns

    @cached_property
    def recalibrated_codes(self):
        """Argmax of the cross-fitted recalibrated probabilities; None without probabilities."""
        e = self.evidence
        if self.ladder is None:
            return None
        codes = np.empty(len(e.y), dtype=CODE_DTYPE)
        maps = self.ladder.fold_maps["shape"]
        for rows, log_r in cross_fitted_chunks(maps, clipped_log(e.model.proba), e.folds):
            codes[rows] = log_r.argmax(axis=1)
        return codes

    @property
    def n_distinct_rows(self):
        """Judged rows that carry weight, each counted once."""
        e = self.evidence
        rows = e.rows if e.sample_weight is None else e.rows[e.sample_weight > 0]
        return len(np.unique(rows))

    def metric_value(self, metric, pred):
        """Value of a label metric, without an interval."""
        e = self.evidence
        pos = e.pos if metric.asymmetric else None
        return metric_from_codes(metric, e.y, pred, e.n_classes, e.sample_weight, pos)

    def losses_of(self, scored):
        """Log loss rows of another model on the judged rows; None without probabilities."""
        if scored.proba is None:
            return None
        return log_loss_rows(scored.proba, self.evidence.y)


def state_names(facts):
    """Names of the compared and of the judged model; told apart where they are the same."""
    names = facts["compared"], facts["estimator"]
    return names if names[0] != names[1] else (f"{names[0]} (compared)", f"{names[1]} (judged)")


def _plain(label):
    """A label as a plain Python value."""
    return label.item() if isinstance(label, np.generic) else label
