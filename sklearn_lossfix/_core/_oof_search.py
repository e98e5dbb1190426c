"""Scores out of fold for all candidates of a search, on the folds and rows of the one engine.

What candidates have in common is done once: a task is one fold and a group of candidates that share
early steps of a Pipeline, and candidates that differ only in how long a fit goes on come from the
longest of them.
"""

import time
import traceback
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from sklearn.base import clone
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import _safe_split

from sklearn_lossfix._core._caught_warnings import caught_warnings
from sklearn_lossfix._core._oof import (
    check_training_parts,
    class_columns,
    cut_params,
    fold_layout,
    fold_rows,
    refuse_frozen,
    run_tasks,
    seed_clone,
    sort_warnings,
)
from sklearn_lossfix._core._shared_steps import (
    SharedSteps,
    can_share_steps,
    group_candidates,
    with_shared_steps,
)
from sklearn_lossfix._core._staged_path import group_paths, path_parameter, staged_proba


@dataclass(eq=False)
class CandidateScores:
    """Scores out of fold of several candidates; fold by fold, as they come in.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        Labels in the order of columns and codes.
    rows : list of ndarray
        Test rows of each fold.
    scores : list of list of (ndarray or None)
        ``scores[candidate][fold]``; None where the fit failed or was not run.
    fit_time, score_time : ndarray of shape (n_candidates, n_folds)
        Seconds; NaN where nothing was fitted. A candidate that was read off a longer fit is
        charged its share of it.
    errors : list of list of (str or None)
        ``errors[candidate][fold]``: the traceback where the fit failed.
    facts : list of list
        ``facts[candidate][fold]``: what `describe` said of the fitted model; None without it.
    warnings : dict
        Warnings of the fits, (category, message), without repeats, in order.
    """

    classes: np.ndarray
    rows: list
    scores: list
    fit_time: np.ndarray
    score_time: np.ndarray
    errors: list
    facts: list
    warnings: dict = field(default_factory=dict)

    def failed(self, candidate):
        """Whether a fit of the candidate failed."""
        return any(error is not None for error in self.errors[candidate])

    def is_complete(self, candidate):
        """Whether the candidate was scored in every fold."""
        return all(scores is not None for scores in self.scores[candidate])

    def pooled(self, candidate, folds=None):
        """Scores of the candidate over the folds, one after the other."""
        folds = range(len(self.rows)) if folds is None else folds
        return np.concatenate([self.scores[candidate][fold] for fold in folds])


class CandidateFolds:
    """The fits of a search: candidates on folds, all at once or fold by fold.

    Parameters
    ----------
    estimator : estimator
        Cloned for every fit, never changed.
    candidates : list of dict
        Parameters of each candidate.
    X : array-like of shape (n_rows, n_features)
        Data in the user's own container.
    y : array-like of shape (n_rows,)
        Labels.
    folds : Folds
        From :func:`fix_folds`.
    response_method : {"predict_proba", "decision_function"}
        What gives the scores.
    fit_params : dict
        Parameters of ``fit``; those with one entry a row are cut to the training rows.
    n_jobs : int or None
        Tasks run at a time, through joblib.
    random_state : int or None
        Seeds every free ``random_state`` from (seed, fold): the same for all candidates, so that
        they are compared on equal terms, whatever their order.
    share_prefix, share_path : bool
        Whether early steps of Pipelines, and longer fits, are shared.
    raise_errors : bool
        Raise what a fit raises, instead of keeping the traceback.
    describe : callable, default=None
        Function of a module, ``describe(model)``: says in plain values what is to be known of a
        fitted model, which itself does not come back from the worker.

    Raises
    ------
    FrozenPartError
        If a part of the estimator is frozen or prefit.
    TooFewRowsError
        If a training part holds a single class.
    """

    def __init__(
        self,
        estimator,
        candidates,
        X,
        y,
        folds,
        *,
        response_method,
        fit_params,
        n_jobs,
        random_state,
        share_prefix,
        share_path,
        raise_errors,
        describe=None,
    ):
        refuse_frozen(estimator)
        classes, self._codes = check_training_parts(y, folds)
        self._estimator, self._X, self._y, self._folds = estimator, X, y, folds
        self._candidates = candidates
        self._response, self._fit_params = response_method, fit_params
        self._n_jobs, self._seed, self._raise = n_jobs, random_state, raise_errors
        self._share_prefix, self._share_path = share_prefix, share_path
        self._describe = describe
        n_candidates, n_folds = len(candidates), len(folds.splits)
        self.results = CandidateScores(
            classes=classes,
            rows=[test for _, test in folds.splits],
            scores=[[None] * n_folds for _ in candidates],
            fit_time=np.full((n_candidates, n_folds), np.nan),
            score_time=np.full((n_candidates, n_folds), np.nan),
            errors=[[None] * n_folds for _ in candidates],
            facts=[[None] * n_folds for _ in candidates],
        )

    def run(self, candidates=None, folds=None, on_done=lambda result, done, total: None):
        """Fit and score candidates on folds; all of them where nothing is said.

        Parameters
        ----------
        candidates, folds : iterable of int, default=None
            Numbers.
        on_done : callable, default does nothing
            Called as ``on_done(result, finished, total)`` in the calling process;
            ``result[1]`` are the (candidate, fold) pairs that were finished.

        Returns
        -------
        CandidateScores
            With what this and earlier runs gave.
        """
        tasks = self.tasks(candidates, folds)
        shared = (self._estimator, self._X, self._y, self._codes)
        for _, pairs, outcomes, caught in run_tasks(
            _run_candidates, shared, tasks, self._n_jobs, on_done
        ):
            for (candidate, fold), outcome in zip(pairs, outcomes, strict=True):
                scores, fit_time, score_time, error, facts = outcome
                self.results.scores[candidate][fold] = scores
                self.results.fit_time[candidate, fold] = fit_time
                self.results.score_time[candidate, fold] = score_time
                self.results.errors[candidate][fold] = error
                self.results.facts[candidate][fold] = facts
            self.results.warnings.update(dict.fromkeys(caught))
        return self.results

    def n_fits(self, candidates=None, folds=None):
        """Number of fits that `run` makes."""
        return sum(len(task[3]) for task in self.tasks(candidates, folds))

    def tasks(self, candidates=None, folds=None):
        """The tasks that `run` hands out, as tuples of plain values."""
        chosen = set(range(len(self._candidates)) if candidates is None else candidates)
        folds = range(len(self._folds.splits)) if folds is None else folds
        tasks = []
        for fold in folds:
            for group in self._groups:
                paths = [[(c, self._candidates[c]) for c in path if c in chosen] for path in group]
                paths = [path for path in paths if path]
                if not paths:
                    continue
                tasks.append(
                    (
                        len(tasks),
                        fold,
                        fold_layout(self._folds, fold),
                        paths,
                        self._fit_params,
                        self.results.classes,
                        self._response,
                        self._fold_seed(fold),
                        self._share_prefix,
                        self._raise,
                        self._describe,
                    )
                )
        return tasks

    def _fold_seed(self, fold):
        """What the free random states of all candidates on a fold are drawn from."""
        return None if self._seed is None else (int(self._seed), fold)

    @cached_property
    def _groups(self):
        """Groups of paths, a group for one task; a path is read off one fit, shortest first."""
        paths = [[i] for i in range(len(self._candidates))]
        if self._share_path and self._response == "predict_proba":
            # Whether a fit is seeded decides, not with what: the paths of all folds are the same.
            seeded = seed_clone(clone(self._estimator), self._fold_seed(0))
            paths = group_paths(seeded, self._candidates)
        if not (self._share_prefix and can_share_steps(self._estimator)):
            return [[path] for path in paths]
        groups = group_candidates(self._estimator, self._candidates)
        place = {i: number for number, group in enumerate(groups) for i in group}
        grouped = [[] for _ in groups]
        for path in paths:
            # What differs in length alone has its early steps in common: no path is torn apart.
            grouped[place[path[0]]].append(path)
        return [group for group in grouped if group]


def make_candidate(estimator, params, seed):
    """A clone of the estimator with the parameters of a candidate, and its free seeds set."""
    return seed_clone(clone(estimator).set_params(**clone(params, safe=False)), seed)


def _run_candidates(estimator, X, y, codes, task):
    """Fit and score a group of candidates on one fold; runs in a worker."""
    name, fold, layout, paths, fit_params, classes, response, seed, *options = task
    share, raise_errors, describe = options
    train, test = fold_rows(layout, fold)
    cut = {}  # by whether X holds kernels or distances, which candidates may differ in
    params = cut_params(fit_params, train, len(codes))
    shared = SharedSteps() if share else None
    pairs, outcomes = [], []
    with caught_warnings() as caught:
        for path in paths:
            pairs.extend((candidate, fold) for candidate, _ in path)
            began = time.perf_counter()
            try:
                model = make_candidate(estimator, path[-1][1], seed)
                pairwise = get_tags(model).input_tags.pairwise
                if pairwise not in cut:
                    X_train, y_train = _safe_split(model, X, y, train)
                    cut[pairwise] = X_train, y_train, _safe_split(model, X, None, test, train)[0]
                X_train, y_train, X_test = cut[pairwise]
                if shared is not None:
                    model = with_shared_steps(model, shared)
                model.fit(X_train, y_train, **params)
                fit_time = time.perf_counter() - began
                lengths = _lengths(estimator, path, seed)
                facts = None if describe is None else describe(model)
                scored = _scored(model, X_test, classes, response, lengths, fit_time)
                outcomes.extend((*outcome, facts) for outcome in scored)
            except Exception as error:
                if raise_errors:
                    error.add_note(f"While fitting candidate {path[-1][0]} on split {fold}.")
                    raise
                spent = time.perf_counter() - began
                outcomes.extend([(None, spent, 0.0, traceback.format_exc(), None)] * len(path))
    convergence, other = sort_warnings(caught)
    return name, pairs, outcomes, [*convergence, *other]


def _lengths(estimator, path, seed):
    """How long the fit of each candidate of a path is; no matter for one that is alone."""
    if len(path) == 1:
        return [None]
    lengths = []
    for _, params in path:
        # A candidate may leave the length at its default, or set it with a whole step.
        model = make_candidate(estimator, params, seed)
        lengths.append(model.get_params()[path_parameter(model)])
    return lengths


def _scored(model, X, classes, response, lengths, fit_time):
    """Scores of the candidates of a path, from the one model that was fitted."""
    began = time.perf_counter()
    if lengths == [None]:
        scores = {None: _checked(class_columns(model, X, classes, response), model, response)}
        shares = [1.0]
    else:
        scores = {
            length: _checked(class_columns(model, X, classes, response, proba), model, response)
            for length, proba in staged_proba(model, X, sorted(set(lengths))).items()
        }
        shares = [length / lengths[-1] for length in lengths]
    score_time = (time.perf_counter() - began) / len(lengths)
    return [
        (scores[length], fit_time * share, score_time, None)
        for length, share in zip(lengths, shares, strict=True)
    ]


def _checked(scores, model, response):
    """Scores of one column per class, and of numbers."""
    if scores is None:
        raise ValueError(
            f"{type(model).__name__}.{response} does not give one score per class. Use an "
            "estimator that does; an SVC does it with decision_function_shape='ovr'."
        )
    if np.isnan(scores).any():
        raise ValueError(f"{type(model).__name__}.{response} gave NaN.")
    return scores
