"""MetricAlignedSearchCV: hyper-parameters and decision rule chosen together for the metric."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import _fit_context, clone
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sklearn_lossfix._core._oof import refuse_frozen
from sklearn_lossfix._core._progress import with_callbacks
from sklearn_lossfix.decision._metric_scorer import make_metric_scorer
from sklearn_lossfix.decision._scoring import metric_for_classes
from sklearn_lossfix.model_selection._candidate_search import SINGLE, CandidateSearch
from sklearn_lossfix.model_selection._candidates import make_candidates
from sklearn_lossfix.model_selection._search_run import AT_DEFAULT, SELECTION


def _is_refitted(self):
    """Check that there is a fitted estimator to ask."""
    if self.refit is False:
        raise AttributeError(
            f"This {type(self).__name__} has refit=False: it has scores of candidates and no model "
            "that predicts. Use refit=True, or fit clone(estimator).set_params(**best_params_)."
        )
    return True


def _refitted_has(method):
    """Make a check that there is a fitted estimator with a method."""

    def check(self):
        _is_refitted(self)
        getattr(getattr(self, "estimator_", self.estimator), method)
        return True

    return check


class MetricAlignedSearchCV(CandidateSearch):
    """Search hyper-parameters and decision rule together for a metric, in one pass.

    A search by log loss, or by a metric at the threshold 0.5, looks for a model that is good at
    something else than what is wanted. Tuning a threshold inside every candidate of a search
    multiplies the fits by those of an inner cross-validation. Here every candidate is fitted once
    per fold; its best decision rule follows from the scores out of fold alone, exactly, for two
    classes and for more. Candidates are compared by the metric under their own rules, on bootstrap
    samples that all of them share: the rule is chosen on the drawn rows and judged on the rest. The
    winner's rule is averaged over the samples and kept only if it proves itself.

    Parameters
    ----------
    estimator : estimator
        A classifier with `predict_proba` or `decision_function`, or a Pipeline that ends in one.

    param_grid : dict or list of dict
        Parameters to values, as for `GridSearchCV`; with ``search="random"`` also to
        distributions, as for `RandomizedSearchCV`.

    search : {"grid", "random"}, default="grid"
        Try all combinations, or `n_iter` of them drawn at random.

    n_iter : int, default=10
        Candidates of a random search.

    scoring : str, callable, Metric, list, dict or None, default=None
        What to choose candidate and rule for: a label metric as for `DecisionRuleClassifier`; None
        is balanced accuracy. A metric that judges scores, such as "roc_auc" or "neg_log_loss", and
        a callable ``scorer(estimator, X, y)`` choose candidates, and the rule stays the default one
        (with a warning, unless ``decision_rule="default"``). Such a callable is handed recorded
        scores that answer `predict`, `predict_proba` and `decision_function`, not the model. A list
        or dict reports several metrics; `refit` then names the one to choose by. A scorer that
        names a positive class is reported for that one.

    decision_rule : str, float or DecisionRule, default="auto"
        The rule from scores to labels, as for `DecisionRuleClassifier`. "auto" is tuned, and kept
        only if it proves itself.

    cost_matrix : array-like of shape (n_classes, n_classes), default=None
        Choose for the least mean cost, as for `DecisionRuleClassifier`.

    constraint : tuple of (str, callable or Metric, float), default=None
        A metric that must reach a value, as for `DecisionRuleClassifier`.

    constraint_confidence : float in (0, 1), default=None
        Confidence with which it must, as for `DecisionRuleClassifier`, whichever candidate is
        chosen: with many of them each has to prove more.

    infeasible : {"raise", "best_effort"}, default="raise"
        What to do where no threshold keeps to the constraint, as for `DecisionRuleClassifier`.

    selection_metric : "aligned", str or callable, default="aligned"
        What chooses among the candidates: the metric under each one's own rule, or another
        metric, such as "neg_log_loss" or "average_precision", while the rule is still chosen for
        `scoring`.

    select : {"best", "one_se"} or callable, default="best"
        Which candidate: the one with the greatest value; the first in the grid that is within one
        standard error of it, by paired differences (list simple candidates first); or the number
        that ``select(cv_results_)`` returns.

    pooling : {"pooled", "fold_mean"}, default="pooled"
        Compute the metric from the counts of all rows, or average it over the splits. Averages of
        ratios such as F1 over splits are biased where a class is rare [2]_.

    n_bootstrap : int, default=50
        Bootstrap samples behind the comparison, the averaged rule and the honest score. With 0
        candidates are compared by rules cross-fitted over the folds.

    cv : int, splitter or iterable, default=None
        Splits. None and integers are stratified, shuffled folds that keep `groups` together; None
        is five, or fewer if a class has fewer rows.

    refit : bool, str or callable, default=True
        Fit the winner on all rows. With several metrics, the name of the one to choose by. A
        callable is taken as `select`.

    ensemble : bool, default=False
        Predict by the average of the winner's models of all folds, whose scores the rule was
        chosen on, instead of one model fitted on all rows.

    drop : "bbcd" or None, default=None
        Drop a candidate after the second fold if it was hardly ever the best over bootstrap
        samples of the rows scored so far [1]_. Saves fits; dropped candidates have NaN scores.

    share_prefix : bool, default=True
        Fit the early steps of Pipelines that candidates have in common once per fold.

    share_path : bool, default=True
        Where a parameter only lengthens a fit (`max_iter` of `HistGradientBoostingClassifier`,
        `n_estimators` of `GradientBoostingClassifier`, forests and bagging), read all its values
        off the longest fit. Done where every random state is an integer, given or drawn from
        `random_state` here: scores are then those of separate fits.

    response_method : {"auto", "predict_proba", "decision_function"}, default="auto"
        The scores that the rule takes. "auto" takes probabilities if there are any.

    pos_label : str, int, float or bool, default=None
        The positive class of two, as for `DecisionRuleClassifier`.

    error_score : "raise" or float, default=nan
        What a candidate scores whose fit fails, with a `FitFailedWarning`; or raise.

    store_oof : bool, default=True
        Whether to keep the winner's scores out of fold, for `diagnose` without data.

    n_jobs : int or None, default=None
        Tasks run at a time, through joblib. The result does not depend on it.

    random_state : int or None, default=None
        Seed of folds, of random candidates, of bootstrap samples, and of free random states of the
        clones fitted on folds. None is seed 0 for all but the last, which then stay free. The final
        fit is governed by the estimator's own seed.

    verbose : int, default=0
        Above 0: one line before and one after the search.

    Attributes
    ----------
    cv_results_ : dict of str to ndarray
        `GridSearchCV`'s columns. ``mean_test_score`` is what candidates are compared by: with
        ``pooling="pooled"`` the metric over all rows under the candidate's own rule, on rows that
        the rule was not chosen on, and *not* the mean of the splits. Also
        ``*_test_score_at_default_rule``; ``threshold`` and ``threshold_std`` over bootstrap samples
        (two classes); ``proper_loss``, the log loss out of fold.

    best_index_, best_params_ : int, dict
        The candidate that was chosen.

    best_score_ : float
        ``cv_results_["mean_test_score"][best_index_]``: the greatest of many, hence optimistic.

    honest_score_ : float
        The metric of the whole procedure on rows that neither candidate nor rule was chosen on:
        bootstrap bias corrected [1]_, plus what averaging the winner's rule gains out of bag. Of
        `selection_metric` the choice is repeated too: on the drawn rows, or on all folds but the
        one that is judged if it is no metric of labels. What a callable `select` or `refit` makes
        of the table cannot be repeated: then it is the metric of the chosen candidate on rows that
        its rule was not chosen on, and says nothing of the choice among candidates.

    honest_score_interval_ : tuple of (float, float)
        Central 95 % of the bootstrap. It held the score on fresh rows in 92 to 97 % of simulated
        searches on 600 rows: what refitting adds is not in it.

    apparent_score_ : float
        The greatest metric over candidates under the rule that is best on the very same rows; of
        the chosen candidate alone, if `selection_metric` or a callable chose it.

    best_estimator_, estimator_ : estimator
        The winner, fitted on all rows, or a `FoldEnsemble`. Not there with ``refit=False``.

    decision_rule_ : DecisionRule
        The rule in use.

    threshold_, pos_label_ : float, label
        With two classes, as of `DecisionRuleClassifier`, and likewise `threshold_distribution_`,
        `threshold_ci_` and `threshold_std_`.

    class_offsets_, offsets_distribution_ : ndarray
        With more classes, as of `DecisionRuleClassifier`.

    gain_, gain_standard_error_ : float
        Of the winner's rule over the default one, as of `DecisionRuleClassifier`.

    scorer_ : callable or dict of str to callable
        Scorers of the metrics, made anew from their names and parameters.

    n_splits_ : int
        Number of splits.

    n_fits_ : int
        Fits of the estimator in the search, without the last one.

    refit_time_ : float
        Seconds of the final fit.

    multimetric_ : bool
        Whether several metrics were reported.

    oof_ : dict or None
        What was recorded of the winner, as of `DecisionRuleClassifier`; also as `oof_scores_`,
        `oof_target_`, `oof_weight_`, `oof_row_`, `oof_split_` and `oof_group_`.

    classes_ : ndarray of shape (n_classes,)
        The labels.

    n_features_in_, feature_names_in_ : int, ndarray
        Of the fitted estimator, if it tells them.

    See Also
    --------
    DecisionRuleClassifier : Tunes the rule of one model.
    sklearn.model_selection.GridSearchCV : Searches by a metric at the default rule.

    Notes
    -----
    With C candidates and K splits there are ``C * K + 1`` fits, fewer with shared fits or `drop`,
    and ``C * K + K`` with `ensemble`. Early steps of Pipelines are fitted once per fold and
    distinct setting.

    References
    ----------
    .. [1] I. Tsamardinos, E. Greasidou and G. Borboudakis, "Bootstrapping the out-of-sample
       predictions for efficient and accurate cross-validation", Machine Learning 107, 2018.
    .. [2] G. Forman and M. Scholz, "Apples-to-apples in cross-validation studies", ACM SIGKDD
       Explorations 12, 2010.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn_lossfix import MetricAlignedSearchCV
    >>> X, y = make_classification(
    ...     n_samples=1000, weights=[0.9], flip_y=0.05, class_sep=0.7, random_state=0
    ... )
    >>> search = MetricAlignedSearchCV(
    ...     LogisticRegression(), {"C": [0.01, 1, 100]}, scoring="f1", random_state=0
    ... ).fit(X, y)
    >>> search.decision_rule_.kind
    'threshold'
    >>> search.n_fits_
    15
    >>> bool(search.honest_score_ < search.apparent_score_)
    True
    """

    _parameter_constraints: dict = {
        **CandidateSearch._parameter_constraints,
        "param_grid": [dict, list],
        "cv": ["cv_object"],
        "search": [StrOptions({"grid", "random"})],
        "n_iter": [Interval(Integral, 1, None, closed="left")],
        "scoring": [*CandidateSearch._parameter_constraints["scoring"], list, tuple, dict],
        "selection_metric": [str, callable],
        "select": [StrOptions({"best", "one_se"}), callable],
        "pooling": [StrOptions({"pooled", "fold_mean"})],
        "refit": ["boolean", str, callable],
        "ensemble": ["boolean"],
        "drop": [StrOptions({"bbcd"}), None],
        "share_prefix": ["boolean"],
        "share_path": ["boolean"],
        "error_score": [StrOptions({"raise"}), Real],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        estimator,
        param_grid,
        *,
        search="grid",
        n_iter=10,
        scoring=None,
        decision_rule="auto",
        cost_matrix=None,
        constraint=None,
        constraint_confidence=None,
        infeasible="raise",
        selection_metric="aligned",
        select="best",
        pooling="pooled",
        n_bootstrap=50,
        cv=None,
        refit=True,
        ensemble=False,
        drop=None,
        share_prefix=True,
        share_path=True,
        response_method="auto",
        pos_label=None,
        error_score=np.nan,
        store_oof=True,
        n_jobs=None,
        random_state=None,
        verbose=0,
    ):
        super().__init__(
            estimator, cv=cv, n_jobs=n_jobs, random_state=random_state, store_oof=store_oof
        )
        self.param_grid = param_grid
        self.search = search
        self.n_iter = n_iter
        self.scoring = scoring
        self.decision_rule = decision_rule
        self.cost_matrix = cost_matrix
        self.constraint = constraint
        self.constraint_confidence = constraint_confidence
        self.infeasible = infeasible
        self.selection_metric = selection_metric
        self.select = select
        self.pooling = pooling
        self.n_bootstrap = n_bootstrap
        self.refit = refit
        self.ensemble = ensemble
        self.drop = drop
        self.share_prefix = share_prefix
        self.share_path = share_path
        self.response_method = response_method
        self.pos_label = pos_label
        self.error_score = error_score
        self.verbose = verbose

    # With scikit-learn's callbacks the events are sent by this process only.
    @with_callbacks
    @_fit_context(
        # the estimator validates its own parameters
        prefer_skip_nested_validation=False
    )
    def fit(self, X, y, sample_weight=None, groups=None, **params):
        """Search, choose the rule, and fit the winner on all rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data, in any container that the estimator takes.

        y : array-like of shape (n_samples,)
            Labels of two or more classes.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights in every metric and rule, and for the estimator if it takes them.

        groups : array-like of shape (n_samples,), default=None
            Groups of rows that are not independent: kept together in folds by number and in
            bootstrap samples, and handed to a splitter that takes them.

        **params : dict
            Parameters of the estimator's `fit`; with metadata routing also of the splitter.
            `fp_cost` and `fn_cost`, as for `DecisionRuleClassifier.fit`.

        Returns
        -------
        self : object
            Fitted.

        Raises
        ------
        ValueError
            If all candidates fail; if `param_grid`, `scoring` and `refit` do not suit each other;
            otherwise as `DecisionRuleClassifier.fit`.
        """
        refuse_frozen(self.estimator)
        return self._fit(X, y, sample_weight, groups, params)

    @available_if(_is_refitted)
    def predict(self, X):
        """Predict labels by the winner and its decision rule.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            Labels out of `classes_`.
        """
        return super().predict(X)

    @available_if(_refitted_has("transform"))
    def transform(self, X):
        """Transform data by the winner.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        Xt : array-like
            What the winner makes of it.
        """
        check_is_fitted(self)
        return self.estimator_.transform(X)

    @available_if(_refitted_has("inverse_transform"))
    def inverse_transform(self, X):
        """Undo `transform` by the winner.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Transformed data.

        Returns
        -------
        X_original : array-like
            What the winner makes of it.
        """
        check_is_fitted(self)
        return self.estimator_.inverse_transform(X)

    @available_if(_is_refitted)
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
        return super().score(X, y, sample_weight)

    @property
    def best_estimator_(self):
        """The winner, fitted on all rows; the same object as `estimator_`."""
        return self.estimator_

    @property
    def best_params_(self):
        """Parameters of the winner."""
        return self.cv_results_["params"][self.best_index_]

    @property
    def scorer_(self):
        """Scorers of the metrics, made anew from their names and parameters."""
        check_is_fitted(self)
        labels = self.classes_.tolist()
        scorers = {}
        for name, scoring in self._scorings.items():
            metric = metric_for_classes(scoring, labels)
            pos_label = getattr(self, "pos_label_", None)
            if name != self._aligned and metric.pos_label is not None:
                pos_label = metric.pos_label
            scorers[name] = make_metric_scorer(metric, labels, pos_label)
        return scorers if self.multimetric_ else scorers[SINGLE]

    def _is_multimetric(self):
        """Whether several metrics are reported."""
        return isinstance(self.scoring, list | tuple | dict)

    @property
    def _own_scoring(self):
        """What candidates and rule are chosen for."""
        if not self._is_multimetric():
            return super()._own_scoring
        named = self._named_scorings()
        if not isinstance(self.refit, str) or self.refit not in named:
            raise ValueError(
                "For multi-metric scoring, the parameter refit must be set to the name of the "
                f"metric that candidates and rule are chosen for: one of {sorted(named)}. Got "
                f"{self.refit!r}. A callable that chooses goes to select."
            )
        return named[self.refit]

    def _named_scorings(self):
        """Several metrics by name."""
        if isinstance(self.scoring, dict):
            named = dict(self.scoring)
        else:
            named = {name: name for name in self.scoring}
            if not all(isinstance(name, str) for name in named) or len(named) < len(self.scoring):
                raise ValueError(
                    f"A list in scoring must hold distinct names of metrics; got {self.scoring!r}. "
                    "Use a dict of names to scorers for callables."
                )
        if not named:
            raise ValueError("scoring is empty. Expected at least one metric.")
        reserved = [n for n in named if n == SELECTION or str(n).endswith(AT_DEFAULT)]
        if reserved:
            raise ValueError(
                f"scoring must not name a metric {reserved[0]!r}: columns of cv_results_ with that "
                "name mean something else."
            )
        return named

    def _all_scorings(self):
        """What is reported, by name; the one to choose by first."""
        aligned = self._own_scoring
        if not self._is_multimetric():
            return {SINGLE: aligned}
        return {self.refit: aligned, **self._named_scorings()}

    def _candidates(self, data):
        """Draw or enumerate the candidates."""
        seed = 0 if self.random_state is None else int(self.random_state)
        return make_candidates(self.param_grid, self.search, self.n_iter, seed)

    def _searched(self):
        """What is searched."""
        return self.estimator

    def _winner(self):
        """The chosen candidate, unfitted."""
        return clone(self.estimator).set_params(**clone(self.best_params_, safe=False))

    def _select(self):
        """How to choose; scikit-learn takes a callable as `refit`."""
        return self.refit if callable(self.refit) else self.select

    def _options(self):
        """What candidates share."""
        return {"share_prefix": self.share_prefix, "share_path": self.share_path}

    def _selection(self):
        """The metric that chooses, if it is another one."""
        if self.selection_metric == "aligned":
            return None
        return metric_for_classes(self.selection_metric, self.classes_)

    @property
    def _pooling(self):
        """How the splits of a metric make one value."""
        return self.pooling

    @property
    def _refits(self):
        """Whether the winner is fitted on all rows."""
        return self.refit is not False

    def _fit_candidates(self, engine, run, on_done):
        """Run all fits, or fold by fold without those that are dropped."""
        n_splits = len(run.folds.splits)
        if self.drop is None or n_splits < 3:
            super()._fit_candidates(engine, run, on_done)
            return
        self.n_fits_, alive = 0, list(range(len(run.candidates)))
        for fold in range(n_splits):
            self.n_fits_ += engine.n_fits(alive, [fold])
            engine.run(alive, [fold], on_done)
            if 0 < fold < n_splits - 1:
                alive = run.still_promising(alive, range(fold + 1))

    def _learn(self, run, spec):
        """Choose the candidate and its rule, and say what they are worth."""
        learnt = super()._learn(run, spec)
        self.multimetric_ = self._is_multimetric()
        return learnt
