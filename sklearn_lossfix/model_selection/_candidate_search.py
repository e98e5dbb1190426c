"""What searches share that compare candidates by a metric, each under its own decision rule."""

import time
from abc import abstractmethod

import numpy as np
from sklearn.exceptions import FitFailedWarning
from sklearn.utils.validation import check_is_fitted

from sklearn_lossfix._core._oof_search import CandidateFolds
from sklearn_lossfix._core._progress import EVALUATION, CallbackSupport, Progress
from sklearn_lossfix._core._recorded_scores import scorer_value, stand_in
from sklearn_lossfix._core._user_warning import warn_user
from sklearn_lossfix.decision._guarded_rule import GuardedRule, guarded_rule
from sklearn_lossfix.decision._metric_scorer import make_metric_scorer
from sklearn_lossfix.decision._rule_tuned_classifier import RuleTunedClassifier
from sklearn_lossfix.decision._scoring import metric_for_classes
from sklearn_lossfix.exceptions import LossfixWarning
from sklearn_lossfix.model_selection._fold_ensemble import FoldEnsemble
from sklearn_lossfix.model_selection._honest_score import honest_score
from sklearn_lossfix.model_selection._search_evidence import search_evidence
from sklearn_lossfix.model_selection._search_run import SearchRun

# What a single metric is called in `cv_results_`, as in scikit-learn.
SINGLE = "score"


class CandidateSearch(CallbackSupport, RuleTunedClassifier):
    """Base of classifiers that choose among candidates and tune the winner's decision rule.

    A subclass says what the candidates are in `_candidates`, `_searched` and `_winner`, and how
    to choose among them in `_select`. It has the parameters `ensemble`, `error_score` and
    `verbose` beside those of `RuleTunedClassifier`.
    """

    # How the splits of a metric make one value.
    _pooling = "pooled"

    # Whether the winner is fitted on all rows.
    _refits = True

    # Whether candidates are compared anew under the default rule where the winner keeps that.
    _compares_as_used = True

    @abstractmethod
    def _candidates(self, data):
        """The candidates, as parameters of what `_searched` returns."""

    @abstractmethod
    def _searched(self):
        """The unfitted estimator that candidates are parameters of."""

    @abstractmethod
    def _winner(self):
        """The chosen candidate, unfitted."""

    @abstractmethod
    def _select(self):
        """How to choose: "best", "one_se" or a callable."""

    def score(self, X, y, sample_weight=None):
        """Score the labels or scores of new rows by the metric that was chosen for.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        y : array-like of shape (n_samples,)
            Labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        Returns
        -------
        score : float
            The metric; greater is better.
        """
        check_is_fitted(self)
        metric = metric_for_classes(self._scorings[self._aligned], self.classes_)
        judged, labels = self, self.classes_.tolist()
        if metric.kind == "opaque":
            # It sees recorded scores, as in fit: a scorer may well call `score` of what it gets.
            rule = self.decision_rule_
            scores = self._rule_scores(X)
            space = "decision" if rule.space == "decision" else "proba"
            judged = stand_in(self.classes_, scores, rule.predict_codes(scores), space)
        scorer = make_metric_scorer(metric, labels, getattr(self, "pos_label_", None))
        return scorer_value(scorer, judged, X, y, sample_weight)

    def __repr__(self, N_CHAR_MAX=700):
        text = super().__repr__(N_CHAR_MAX)
        if not hasattr(self, "honest_score_"):
            return text
        low, high = self.honest_score_interval_
        name = metric_for_classes(self._scorings[self._aligned], self.classes_).name
        # What a function chooses is judged, and not that it chose.
        kind = "left-out" if self._chosen_by == "function" else "honest"
        return (
            f"<{kind} {name} {self.honest_score_:.3f} [{low:.3f}, {high:.3f}], best_score_ "
            f"{self.best_score_:.3f}> {text}"
        )

    @property
    def best_score_(self):
        """The value that the winner was chosen by."""
        return float(self.cv_results_[f"mean_test_{self._aligned}"][self.best_index_])

    def _all_scorings(self):
        """What is reported, by name; the one to choose by first."""
        return {SINGLE: self._own_scoring}

    def _options(self):
        """Options of the fits: what candidates share."""
        return {"share_prefix": True, "share_path": False}

    def _selection(self):
        """The metric that chooses instead of the one that rules are tuned for, if there is one."""
        return None

    def _check_metric(self, metric, n_classes, pos):
        """Say where no rule is tuned."""
        if metric.kind == "label":
            return super()._check_metric(metric, n_classes, pos)
        if self.decision_rule in ("auto", "tune", "plugin") and self.constraint is None:
            what = (
                "judges scores, which no decision rule changes"
                if metric.kind == "ranking"
                else "is a callable whose formula is not known"
            )
            warn_user(
                f"No decision rule is tuned for {metric.name!r}: it {what}. Candidates are chosen "
                "by it, labels by the default rule. Pass decision_rule='default' to say that this "
                "is meant, or a metric of labels in scoring.",
                LossfixWarning,
            )
        elif self.constraint is not None:
            raise ValueError(
                f"constraint needs a metric of labels in scoring; {metric.name!r} is none."
            )

    def _score_rows(self, data, spec):
        """Fit all candidates on all folds."""
        candidates = self._candidates(data)
        folds = data.state["folds"] = self._draw_folds(data)
        engine = CandidateFolds(
            self._searched(),
            candidates,
            data.X,
            data.y,
            folds,
            response_method=self._response(),
            fit_params=data.routed.fit,
            n_jobs=self.n_jobs,
            random_state=self.random_state,
            raise_errors=self.error_score == "raise",
            **self._options(),
        )
        run = SearchRun(
            spec=spec,
            candidates=candidates,
            folds=folds,
            results=engine.results,
            data=data,
            metrics={
                name: metric_for_classes(scoring, self.classes_)
                for name, scoring in self._all_scorings().items()
            },
            selection=self._selection(),
            pooling=self._pooling,
            error_score=self.error_score,
            random_state=self.random_state,
        )
        run.spec = spec.certified_for(run.rows_of_all_folds, len(candidates))
        self._run_fits(engine, run)
        return run

    def _run_fits(self, engine, run):
        """Run the fits; report as they finish."""
        n_candidates, n_splits = len(run.candidates), len(run.folds.splits)
        data = run.data
        if self.verbose:
            print(
                f"Fitting {n_splits} folds for each of {n_candidates} candidates, in "
                f"{len(engine.tasks())} tasks"
            )
        progress = data.state["progress"] = Progress.start(
            self,
            n_candidates * n_splits,
            X=data.X,
            y=data.y,
            sample_weight=data.weight,
            refit=self._refits,
        )

        def on_done(result, done, total):
            for candidate, fold in result[1]:
                progress.task_done(EVALUATION, candidate * n_splits + fold)

        self._fit_candidates(engine, run, on_done)
        for category, message in run.results.warnings:
            warn_user(message, category)
        self._report_failures(run)

    def _fit_candidates(self, engine, run, on_done):
        """Run all fits."""
        self.n_fits_ = engine.n_fits()
        engine.run(on_done=on_done)

    def _report_failures(self, run):
        """Warn of fits that failed, with what they raised; if all did, an error will say so."""
        errors = fit_errors(run)
        n_fits = len(run.candidates) * len(run.folds.splits)
        if not errors or len(errors) == n_fits:
            return
        counted = "".join(
            f"\n{errors.count(error)} fits failed with:\n{error}" for error in dict.fromkeys(errors)
        )
        warn_user(
            f"{len(errors)} fits failed out of a total of {n_fits}. The score of their candidates "
            f"is {run.error_score}. Pass error_score='raise' to see the first error where it "
            f"happens.{counted}",
            FitFailedWarning,
        )

    def _learn(self, run, spec):
        """Choose the candidate and its rule, and say what they are worth."""
        spec = run.spec  # what was planned, with a constraint that holds for so many candidates
        run.judge()
        if not any(judgement is not None for judgement in run.judgements):
            raise ValueError(_all_failed(run))
        select = self._select()
        values, default = run.values(), False
        best = run.choose(select, values)
        learnt = self._rule_of(run, best, spec)
        self._warn_if_undefined(spec, learnt)
        is_guarded = spec.metric.kind == "label" and spec.mode == "auto"
        if self._compares_as_used and is_guarded and learnt.rule.kind == "argmax":
            # The rule did not prove itself, so candidates are compared as they will be used.
            values, default = run.values(default=True), True
            best = run.choose(select, values, default=True)
            learnt = self._rule_of(run, best, spec)._replace(
                rule=spec.default_rule(), codes=run.judgements[best].default_codes
            )
        self.best_index_ = best
        self.cv_results_ = run.table(values, default)
        self.n_splits_ = len(run.folds.splits)
        # Of what was fitted: parameters may be set to something else before the next fit.
        self._scorings, self._aligned = self._all_scorings(), next(iter(run.metrics))
        honest = honest_score(run, best, default, select)
        self.honest_score_ = honest.value
        self.honest_score_interval_ = (honest.low, honest.high)
        self.apparent_score_ = run.apparent(best, select)
        self._chosen_by = "metric" if run.selection is None else "other metric"
        if callable(select):
            self._chosen_by = "function"
        self.gain_, self.gain_standard_error_ = learnt.gain, learnt.standard_error
        self._set_rule(learnt.rule, spec.pos)
        self._set_parameters(learnt.parameters, spec)
        self._resampled = run.resampled(default)
        scored = run.scored(best)
        self._warn_if_infeasible(scored.priced(), spec)
        return scored, learnt

    def _rule_of(self, run, candidate, spec):
        """The rule of one candidate with the evidence for it."""
        scored, judgement = run.scored(candidate).priced(), run.judgements[candidate]
        if spec.metric.kind != "label":
            rule = spec.fixed_rule(scored.scores, scored.weight)
            return GuardedRule(rule, np.nan, np.nan, judgement.codes, np.empty(0))
        parameters = None if judgement.resampled is None else judgement.resampled.parameters
        return guarded_rule(spec, scored, run.judged_in, parameters, judgement.codes)

    def _cross_fitted(self, run, learnt):
        """Return the winner's rows, scores, and labels by rules that did not see them."""
        scored, guarded = learnt
        return scored, scored.scores, guarded.codes

    def _fit_on_all_rows(self, data):
        """Fit the winner on all rows, or one model per fold; nothing where that is not wanted."""
        progress = data.state["progress"]
        vars(self).pop("refit_time_", None)
        if not self._refits:
            progress.finish()
            return None
        best, params = self._winner(), data.routed.fit
        if self.ensemble:
            best = FoldEnsemble(best, self.random_state)
            params = {**params, "folds": data.state["folds"]}
        began = time.perf_counter()
        with progress.refit(best):
            best.fit(data.X, data.y, **params)
        self.refit_time_ = time.perf_counter() - began
        progress.finish()
        if self.verbose:
            chosen = self.cv_results_["params"][self.best_index_]
            print(
                f"Chose candidate {self.best_index_} of {len(self.cv_results_['params'])}: {chosen}"
            )
        return best

    def _search_evidence(self):
        """What `diagnose` reads of the search; None where it no longer holds."""
        return search_evidence(self) if hasattr(self, "honest_score_") else None


def fit_errors(run):
    """What failed fits raised."""
    return [error for row in run.results.errors for error in row if error is not None]


def raised(error):
    """Read the class and the message of an exception from the text of its traceback.

    Parameters
    ----------
    error : str
        From `traceback.format_exc`.

    Returns
    -------
    kind, message : str
        The class as the traceback names it, and the message on one line.
    """
    lines = error.strip().splitlines()
    frames = [number for number, line in enumerate(lines) if line.startswith("  File ")]
    # Below the last frame stands its source, indented, and then the exception: of many lines, maybe
    below = lines[frames[-1] + 1 :] if frames else lines
    begin = next((number for number, line in enumerate(below) if not line.startswith(" ")), 0)
    kind, _, message = " ".join(" ".join(below[begin:]).split()).partition(": ")
    return kind, message


def _all_failed(run):
    """Say why no candidate has a score."""
    errors = fit_errors(run)
    ends = {": ".join(filter(None, raised(error))) for error in errors}
    why = f" with {ends.pop()}\n" if len(ends) == 1 else ". "
    return (
        f"All the {len(errors)} fits failed{why}It is very likely that your model is "
        "misconfigured. Pass error_score='raise' to debug. The first one failed with:\n"
        f"{errors[0]}"
    )
