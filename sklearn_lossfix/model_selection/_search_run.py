"""One search after its fits: every candidate judged, one of them chosen, and what that is worth."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from sklearn.exceptions import FitFailedWarning

from sklearn_lossfix._core._bootstrap import bootstrap_counts
from sklearn_lossfix._core._paired_tests import nadeau_bengio_inflation
from sklearn_lossfix._core._user_warning import warn_user
from sklearn_lossfix.decision._resampled_rules import resample_codes, resample_rule
from sklearn_lossfix.decision._rule_spec import is_plain_cost
from sklearn_lossfix.decision._scored_rows import judging_folds, scored_rows
from sklearn_lossfix.exceptions import InfeasibleConstraintError
from sklearn_lossfix.model_selection._cv_results import (
    parameter_columns,
    score_columns,
    time_columns,
)
from sklearn_lossfix.model_selection._joint_selection import (
    N_DROP_SAMPLES,
    best_candidate,
    hopeless,
    one_standard_error,
)
from sklearn_lossfix.model_selection._judge_candidates import (
    judge_candidate,
    split_values,
)

# What follows "test_score" in the names of columns of the default rule.
AT_DEFAULT = "_at_default_rule"

# What the metric is called in the table that chooses instead of the aligned one.
SELECTION = "selection_metric"


@dataclass(eq=False)
class SearchRun:
    """Scores of all candidates and what follows from them.

    Attributes
    ----------
    spec : RuleSpec
        The rule that is wanted.
    candidates : list of dict
        Parameters of each.
    folds : Folds
        Splits.
    results : CandidateScores
        Scores out of fold.
    data : FitData
        What `fit` was given.
    metrics : dict of str to Metric
        What is reported, by name; the first one is aligned to.
    selection : Metric or None
        What chooses instead of the aligned metric.
    pooling : {"pooled", "fold_mean"}
        How splits make one value.
    error_score : float or "raise"
        What a candidate scores that failed.
    random_state : int or None
        Seed of folds that must be drawn for judging.
    """

    spec: object
    candidates: list
    folds: object
    results: object
    data: object
    metrics: dict
    selection: object
    pooling: str
    error_score: object
    random_state: object
    judgements: list = field(default_factory=list)
    reports: list = field(default_factory=list)
    counts: np.ndarray | None = None
    judged_in: np.ndarray | None = None
    is_prepared: bool = False

    def __post_init__(self):
        # Whoever asks for the cost of errors means the costs that the rows were given.
        if self.spec.metric.by_row:
            own = {name: self._with_costs(metric) for name, metric in self.metrics.items()}
            self.metrics = own
            self.selection = self._with_costs(self.selection)

    def _with_costs(self, metric):
        """The metric by costs of rows in place of the one of equal costs."""
        is_cost = metric is not None and is_plain_cost(metric)
        return self.spec.metric if is_cost else metric

    def scored(self, candidate, folds=None):
        """Scores of one candidate, on some folds or on all."""
        rows = self.rows_of_all_folds if folds is None else self._rows(folds)
        return rows._replace(scores=self.results.pooled(candidate, folds))

    @cached_property
    def rows_of_all_folds(self):
        """What all candidates share that were scored in all folds."""
        return self._rows(range(len(self.folds.splits)))

    def _rows(self, folds):
        """The test rows of some folds, still without scores."""
        rows = [self.results.rows[fold] for fold in folds]
        split = np.concatenate([np.full(len(r), f) for f, r in zip(folds, rows, strict=True)])
        data = self.data
        return scored_rows(
            None, np.concatenate(rows), split, data.codes, data.weight, data.groups, data.cost
        )

    def judge(self):
        """Judge every candidate that was scored in all splits."""
        infeasible, unscored = None, []
        for candidate in range(len(self.candidates)):
            judgement, report = None, None
            if self.results.is_complete(candidate):
                scored = self.scored(candidate)
                self._prepare(scored)
                try:
                    judgement = judge_candidate(
                        self.spec,
                        scored,
                        self.judged_in,
                        scored.fold,
                        self.counts,
                        self.data.X,
                        self.pooling,
                    )
                    report = self._report(scored, judgement.codes)
                except InfeasibleConstraintError as error:
                    infeasible = error
                except Exception as error:  # a user's scorer may raise anything
                    if self.error_score == "raise":
                        raise
                    unscored.append(error)
            self.judgements.append(judgement)
            self.reports.append(report)
        if infeasible is not None and not any(self.judgements):
            raise infeasible
        if unscored and not any(self.judgements):
            raise unscored[0]
        self._warn_of_unscored(unscored)

    def _warn_of_unscored(self, errors):
        """Say that scorers failed, and for how many candidates."""
        if errors:
            first = errors[0]
            warn_user(
                f"Scoring failed for {len(errors)} of {len(self.candidates)} candidates, which "
                f"score {self.error_score}. The first error was {type(first).__name__}: {first}",
                FitFailedWarning,
            )

    def still_promising(self, alive, folds):
        """Candidates that are worth going on with, judged on the folds that are done.

        Parameters
        ----------
        alive : list of int
            Candidates that were not dropped so far.
        folds : range
            Folds that are done.

        Returns
        -------
        list of int
        """
        alive = [c for c in alive if not self.results.failed(c)]
        # A function of labels is called at every corner of every sample: more than a fit costs.
        if len(alive) < 2 or not self.spec.metric.vectorised:
            return alive
        drawn, counts = [], None
        for candidate in alive:
            scored = self.scored(candidate, folds).priced()
            if counts is None:
                counts = bootstrap_counts(scored.y, scored.unit, N_DROP_SAMPLES, self.spec.seed)
            drawn.append(resample_rule(self.spec, scored, counts).drawn)
        dropped = hopeless(np.column_stack(drawn))
        return [c for c, drop in zip(alive, dropped, strict=True) if not drop]

    def _prepare(self, scored):
        """Draw what all candidates share: judging folds and bootstrap samples."""
        if self.is_prepared:
            return
        self.is_prepared = True
        if self.spec.is_tuned:
            self.judged_in = judging_folds(scored, self.random_state, self.spec.classes)
        if self.spec.n_bootstrap and self.spec.metric.kind == "label":
            self.counts = bootstrap_counts(
                scored.y, scored.unit, self.spec.n_bootstrap, self.spec.seed
            )

    def _report(self, scored, codes):
        """Values of the other metrics: of the splits and of all rows."""
        metrics = dict(list(self.metrics.items())[1:])
        if self.selection is not None:
            metrics[None] = self.selection
        return {
            name: split_values(self.spec, metric, scored, codes, scored.fold, self.data.X)
            for name, metric in metrics.items()
        }

    @cached_property
    def _default_reports(self):
        """The same for labels by the default rule, where candidates are compared by that."""
        reports, unscored = [], []
        for candidate, judgement in enumerate(self.judgements):
            report = self.reports[candidate]
            if report and not np.array_equal(judgement.codes, judgement.default_codes):
                try:
                    report = self._report(self.scored(candidate), judgement.default_codes)
                except Exception as error:  # a user's scorer may raise anything
                    if self.error_score == "raise":
                        raise
                    report = None
                    unscored.append(error)
            reports.append(report)
        self._warn_of_unscored(unscored)
        return reports

    def reports_under(self, default):
        """Values of the other metrics under the candidates' own or the default rule."""
        return self._default_reports if default else self.reports

    def values(self, default=False):
        """What candidates are compared by: the metric under their own or the default rule."""
        return np.array([self._value(c, default) for c in range(len(self.judgements))])

    def _score_without(self, candidate):
        """What a candidate scores that was not judged: nothing, unless it failed."""
        was_dropped = not self.results.failed(candidate) and not self.results.is_complete(candidate)
        return np.nan if was_dropped or self.error_score == "raise" else float(self.error_score)

    def _value(self, candidate, default):
        """The metric of one candidate on rows that its rule was not chosen on."""
        judgement = self.judgements[candidate]
        if judgement is None:
            return self._score_without(candidate)
        if self.pooling == "fold_mean" or self.spec.metric.kind != "label":
            return np.mean(judgement.default_splits if default else judgement.splits)
        if default:
            return judgement.default
        if self.spec.is_tuned and judgement.resampled is not None:
            left_out = judgement.resampled.left_out
            return np.nan if np.isnan(left_out).all() else np.nanmean(left_out)
        return judgement.pooled

    def choose(self, select, values, default=False):
        """Number of the chosen candidate.

        Parameters
        ----------
        select : {"best", "one_se"} or callable
            How.
        values : ndarray of shape (n_candidates,)
            What candidates are compared by.
        default : bool, default=False
            Whether these are values under the default rule.
        """
        if callable(select):
            return self._called(select, self.table(values, default))
        chooses = self.spec.metric
        if self.selection is not None:
            reports, chooses = self.reports_under(default), self.selection
            values = np.array([np.nan if r is None else r[None][1] for r in reports])
        # The score of failures is for the table; it must not win.
        values = np.where([j is None for j in self.judgements], np.nan, values)
        if select != "one_se":
            return best_candidate(values, chooses)
        if self.selection is None:
            resampled, factor = self.resampled(default), self.split_factor()
        else:
            resampled, factor = self.selection_splits(default).T, self.overlap()
        return one_standard_error(values, resampled, factor, chooses)

    def selection_splits(self, default):
        """The metric that chooses on each split, one row per candidate; NaN where it is unknown."""
        unknown = np.full(len(self.folds.splits), np.nan)
        reports = self.reports_under(default)
        return np.array([unknown if r is None else r[None][0] for r in reports])

    def _called(self, select, table):
        """Let the user's function choose, and check what it says."""
        chosen = select(table)
        if not isinstance(chosen, int | np.integer) or isinstance(chosen, bool):
            raise TypeError("best_index_ returned is not an integer")
        if not 0 <= chosen < len(self.candidates):
            raise IndexError("best_index_ index out of range")
        if self.judgements[chosen] is None:
            raise ValueError(
                f"select chose candidate {chosen}, which failed, was dropped, or has no rule that "
                "keeps to the constraint. Choose one whose mean_test_score is a number."
            )
        return int(chosen)

    def resampled(self, default=False, drawn=False):
        """The metric over bootstrap samples, or over splits where there are none.

        Returns
        -------
        ndarray of shape (n_resamples, n_candidates)
        """
        columns = []
        n = self.spec.n_bootstrap if self.counts is not None else len(self.folds.splits)
        for candidate, judgement in enumerate(self.judgements):
            if judgement is None:
                columns.append(np.full(n, np.nan))
            elif self.counts is None:
                columns.append(judgement.default_splits if default else judgement.splits)
            else:
                part = self._default_resampled[candidate] if default else judgement.resampled
                columns.append(part.drawn if drawn else part.left_out)
        return np.column_stack(columns)

    @cached_property
    def _default_resampled(self):
        """The default rule of every candidate over the bootstrap samples; few searches ask."""
        return [
            None
            if judgement is None
            else resample_codes(
                self.spec, self.scored(candidate).priced(), judgement.default_codes, self.counts
            )
            for candidate, judgement in enumerate(self.judgements)
        ]

    def overlap(self):
        """Factor on a standard error over splits whose training parts overlap."""
        n_splits = len(self.folds.splits)
        return np.sqrt(nadeau_bengio_inflation(*self.folds.mean_sizes, n_splits))

    def split_factor(self):
        """The same where `resampled` gives splits; None where it gives bootstrap samples."""
        return self.overlap() if self.counts is None else None

    def apparent(self, chosen, select="best"):
        """The metric under the rule that is best on the very same rows.

        Of all candidates the greatest, where that is what chooses; else of the chosen one.
        """
        if self.selection is not None or callable(select):
            return float(self.judgements[chosen].apparent)
        values = [j.apparent for j in self.judgements if j is not None and not np.isnan(j.apparent)]
        return float(max(values, default=np.nan))

    def table(self, values, default=False):
        """The columns of ``cv_results_``."""
        results, aligned = self.results, next(iter(self.metrics))
        columns = time_columns(results.fit_time, results.score_time)
        columns |= parameter_columns(self.candidates)
        columns["params"] = self.candidates
        columns |= score_columns(aligned, self._splits(default), values)
        at_default = self._splits(True)
        columns |= score_columns(aligned + AT_DEFAULT, at_default, self.values(True))
        for name in (*list(self.metrics)[1:], *([None] if self.selection is not None else [])):
            reports = self.reports_under(default)
            splits = self._by_split(reports, lambda report, n=name: report[n][0])
            mean = self._pooled_report(reports, name, splits)
            columns |= score_columns(SELECTION if name is None else name, splits, mean)
        if self.spec.n_classes == 2:
            columns |= self._thresholds()
        columns["proper_loss"] = np.array(
            [np.nan if j is None else j.loss for j in self.judgements]
        )
        return columns

    def _splits(self, default):
        """The metric on each split, one row per candidate."""
        return self._by_split(
            self.judgements, lambda judged: judged.default_splits if default else judged.splits
        )

    def _by_split(self, items, read):
        """One row per candidate: what is read of it, or its score without."""
        n_splits = len(self.folds.splits)
        return np.array(
            [
                np.full(n_splits, self._score_without(c)) if item is None else read(item)
                for c, item in enumerate(items)
            ]
        )

    def _pooled_report(self, reports, name, splits):
        """The mean column of another metric."""
        if self.pooling == "fold_mean":
            return splits.mean(axis=1)
        return np.array(
            [
                self._score_without(c) if report is None else report[name][1]
                for c, report in enumerate(reports)
            ]
        )

    def _thresholds(self):
        """Mean and deviation of the thresholds that bootstrap samples choose."""
        means, deviations = [], []
        for judgement in self.judgements:
            drawn = np.empty(0)
            if judgement is not None and judgement.resampled is not None:
                drawn = judgement.resampled.parameters
                drawn = drawn[~np.isnan(drawn)]
            means.append(drawn.mean() if len(drawn) else np.nan)
            deviations.append(drawn.std() if len(drawn) else np.nan)
        return {"threshold": np.array(means), "threshold_std": np.array(deviations)}
