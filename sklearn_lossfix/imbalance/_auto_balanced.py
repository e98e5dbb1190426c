"""AutoBalancedClassifier: the treatment of class imbalance that the data ask for."""

from numbers import Real

import numpy as np
from sklearn.base import _fit_context, clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.pipeline import Pipeline
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.metadata_routing import _routing_enabled
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sklearn_lossfix._core._oof import refuse_frozen
from sklearn_lossfix._core._prior_shift import correct_prior
from sklearn_lossfix._core._progress import with_callbacks
from sklearn_lossfix._core._proper_scores import class_shares
from sklearn_lossfix._core._recalibration import SmoothMap, identity_map
from sklearn_lossfix._core._table_columns import categorical_columns
from sklearn_lossfix._core._user_warning import warn_user
from sklearn_lossfix.decision._scored_rows import judging_folds, scored_rows
from sklearn_lossfix.exceptions import LossfixWarning, TreatmentError
from sklearn_lossfix.imbalance._default_classifier import default_classifier
from sklearn_lossfix.imbalance._prior_adaptation import PriorAdaptation, has_inner
from sklearn_lossfix.imbalance._proba_correction import Correction, choose_correction
from sklearn_lossfix.imbalance._shortlist import check_not_balanced_already, choose_treatments
from sklearn_lossfix.imbalance._strategy_results import (
    strategy_results,
    treatment_evidence,
    treatment_record,
)
from sklearn_lossfix.imbalance._treated_classifier import TreatedClassifier
from sklearn_lossfix.model_selection._candidate_search import CandidateSearch, raised

# Above this share of columns with categories data are not "mostly numeric".
MOSTLY = 0.5


class AutoBalancedClassifier(PriorAdaptation, CandidateSearch):
    """Choose the treatment of class imbalance by evidence, and keep probabilities honest.

    Oversampling is seldom what helps, and it always bends the probabilities. What helps depends on
    the learner and on the data, and most often it is the decision rule alone. Here every treatment
    that suits the learner is fitted once per fold and judged by the metric under its own decision
    rule, on rows that neither model nor rule has seen. The simplest one within a standard error of
    the best is taken, probabilities are led back to the shares of the classes in the data, and
    labels follow the tuned rule.

    Parameters
    ----------
    estimator : estimator or None, default=None
        A classifier with `predict_proba` or `decision_function`, or a Pipeline that ends in one:
        samplers then stand right before its last step. None is a `HistGradientBoostingClassifier`
        that takes data frames as they are: columns of strings and categories are encoded and
        marked as categorical, missing values stay missing.

    strategies : {"auto", "all"} or list, default="auto"
        The treatments to compare, beside "none", which always is among them. A list holds names,
        samplers of imbalanced-learn, and pairs ``(name, sampler)``. The names, from simple to
        elaborate: "none", "class_weight" (through sample weights or the parameter of that name),
        "random_over", "random_under", "balanced_bagging" (ten models on undersampled rows),
        "balanced_random_forest", "smote" (SMOTE, SMOTENC or SMOTEN, by the types of the columns),
        "bagging" (ten models without any balancing, as a control). "auto" is a short list by the
        kind of learner, see Notes.

    ratios : sequence of {"sqrt", "balanced"}, default=("sqrt", "balanced")
        How far weights and resampling go: all the way to equal classes, or half of it on the scale
        of logarithms. A name with its ratio is that treatment alone: "class_weight_sqrt".

    scoring : str, callable or Metric, default=None
        What to choose treatment and rule for, as for `MetricAlignedSearchCV`; None is balanced
        accuracy.

    decision_rule : str, float or DecisionRule, default="auto"
        The rule from scores to labels, as for `DecisionRuleClassifier`.

    cost_matrix : array-like of shape (n_classes, n_classes), default=None
        Choose for the least mean cost, as for `DecisionRuleClassifier`.

    constraint : tuple of (str, callable or Metric, float), default=None
        A metric that must reach a value, as for `DecisionRuleClassifier`.

    constraint_confidence : float in (0, 1), default=None
        Confidence with which it must, as for `DecisionRuleClassifier`, whichever treatment is
        chosen: with many of them each has to prove more.

    infeasible : {"raise", "best_effort"}, default="raise"
        What to do where no threshold keeps to the constraint, as for `DecisionRuleClassifier`.

    correct_proba : {"auto", "prior", "offset", "sigmoid"} or None, default="auto"
        How probabilities are led back to the shares of the classes in the data:

        - "prior": by Bayes' rule from the shares that the treated model was trained under [1]_;
        - "offset": the same, and an offset per class that is learnt out of fold;
        - "sigmoid": the same with a common slope, as in Platt's scaling [2]_;
        - "auto": whichever of these, or nothing, has the least log loss out of fold;
        - None: not at all.

    categorical_features : "from_dtype" or array-like, default="from_dtype"
        Columns with categories, for SMOTE and for the default estimator: by their types, or as a
        mask, numbers or names of columns. Of the data that reach the last step of a Pipeline.

    select : {"one_se", "best"}, default="one_se"
        The simplest treatment within one standard error of the best one, by paired differences, or
        the best one.

    n_bootstrap : int, default=50
        Bootstrap samples behind the comparison, the averaged rule and the honest score.

    cv : int, splitter or iterable, default=None
        Splits. None and integers are stratified, shuffled folds that keep `groups` together; None
        is five, or fewer if a class has fewer rows.

    ensemble : bool, default=False
        Predict by the average of the winner's models of all folds instead of one on all rows.

    response_method : {"auto", "predict_proba", "decision_function"}, default="auto"
        The scores that the rule takes. "auto" takes probabilities if there are any.

    pos_label : str, int, float or bool, default=None
        The positive class of two, as for `DecisionRuleClassifier`.

    error_score : "raise" or float, default=nan
        What a treatment scores that cannot run; it is listed in `skipped_strategies_`. Or raise.

    store_oof : bool, default=True
        Whether to keep scores out of fold, for `diagnose` without data and for `adapt_prior`.

    n_jobs : int or None, default=None
        Tasks run at a time, through joblib. The result does not depend on it.

    random_state : int or None, default=None
        Seed of folds, bootstrap samples, samplers, and of free random states of the clones fitted
        on folds; in the final fit of samplers and of the last step. None is seed 0 for the first
        two; the others then stay free.

    verbose : int, default=0
        Above 0: one line before and one after the comparison.

    Attributes
    ----------
    best_strategy_ : str
        The treatment that was chosen.

    strategy_results_ : dict of str to ndarray
        One entry per treatment that ran, simple ones first: ``strategy``; ``metric`` on rows that
        its rule was not chosen on, with ``metric_low`` and ``metric_high`` (95 %);
        ``metric_at_default_rule``; ``rank``; ``rule``; ``log_loss`` and ``brier`` of the corrected
        probabilities out of fold, and as they were (``*_uncorrected``); ``correction``;
        ``fit_time``, mean seconds per fold.

    skipped_strategies_ : dict of str to str
        Treatments that do not suit the learner or the data, or that failed, and why.

    proba_correction_ : {"none", "prior", "offset", "sigmoid"} or None
        How probabilities are corrected; None without probabilities.

    proba_mixture_, proba_mixed_in_ : float, ndarray of shape (n_classes,)
        After the prior formula, how much of which shares is mixed into the probabilities; 0 where
        nothing was learnt ("none" and "prior").

    proba_slopes_, proba_offsets_ : ndarray of shape (n_classes,)
        The map after that: ``p_k ** slope_k * exp(offset_k)``, normalised.

    class_prior_, training_prior_ : ndarray of shape (n_classes,)
        Shares of the classes in the data, which `predict_proba` speaks under, and those that the
        treated model was trained under, which it speaks under with ``correct_proba=None``.

    n_minority_, imbalance_ratio_ : int, float
        Rows of the rarest class, and how many times as many the most frequent one has.

    estimator_ : estimator
        The winner, fitted on all rows: the Pipeline or the classifier, with a `TreatedClassifier`
        in place of its last step; or a `FoldEnsemble` of such.

    decision_rule_, threshold_, pos_label_, class_offsets_ : DecisionRule, float, label, ndarray
        As of `MetricAlignedSearchCV`, and likewise `threshold_distribution_`, `threshold_ci_`,
        `threshold_std_`, `offsets_distribution_`, `gain_`, `gain_standard_error_`.
        The rule takes `predict_proba`. One exception: where a model of more than two classes tells
        most rows apart by probabilities so small that the correction drowns them, as naive Bayes
        may do, a tuned rule takes ``estimator_.predict_proba``, as it is before that: `rule_input_`
        says so.

    rule_input_ : str
        The method whose values `decision_rule_` takes: ``"predict_proba"``,
        ``"estimator_.predict_proba"`` or ``"decision_function"``.

    honest_score_, honest_score_interval_, apparent_score_, best_score_ : float
        As of `MetricAlignedSearchCV`: what choosing among treatments and rules is worth on rows
        that neither was chosen on, and what the search shows of itself.

    cv_results_, best_index_, n_splits_, n_fits_, refit_time_ : dict, int, int, int, float
        As of `MetricAlignedSearchCV`; treatments that failed are in `cv_results_` too.

    oof_ : dict or None
        What was recorded of the winner, as of `DecisionRuleClassifier`; `scores` are corrected
        probabilities, each row by a map that was learnt without its fold.

    classes_ : ndarray of shape (n_classes,)
        The labels.

    n_features_in_, feature_names_in_ : int, ndarray
        Of the fitted estimator, if it tells them.

    See Also
    --------
    MetricAlignedSearchCV : Chooses hyper-parameters in the same way.
    DecisionRuleClassifier : Tunes the decision rule of one model.

    Notes
    -----
    The short list of "auto" depends on the learner. Boosting, logistic regression, discriminant
    analysis and calibrated classifiers: class weights. Forests: class weights, and random forests
    also a balanced random forest. All others: class weights, balanced bagging, and for learners
    that take no weights "smote_balanced", if the rarest class has 20 rows and most columns are
    numbers. Learners that take no weights of any kind get random oversampling in place of class
    weights. Above 50,000 rows "random_under_balanced" is tried too, since it is cheap.

    With C treatments and K splits there are ``C * K + 1`` fits (an ensemble counts as one), plus
    K - 1 with `ensemble`; `n_fits_` does not count the last one. Early steps of a Pipeline are
    fitted once per fold.

    Where the tuned rule of the chosen treatment does not prove better than the default rule, the
    default rule is used; treatments are compared under their own rules all the same.

    Sample weights enter models, metrics and priors. A row that is drawn twice keeps its weight
    twice; a synthetic row gets the mean weight of its class.

    References
    ----------
    .. [1] M. Saerens, P. Latinne and C. Decaestecker, "Adjusting the outputs of a classifier to
       new a priori probabilities", Neural Computation 14, 2002, equation 2.4.
    .. [2] J. Platt, "Probabilistic outputs for support vector machines", Advances in Large Margin
       Classifiers, 1999.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn_lossfix import AutoBalancedClassifier
    >>> X, y = make_classification(
    ...     n_samples=2000, weights=[0.95], flip_y=0.02, class_sep=0.8, random_state=0
    ... )
    >>> model = AutoBalancedClassifier(LogisticRegression(), random_state=0).fit(X, y)
    >>> model.strategy_results_["strategy"].tolist()
    ['none', 'class_weight_sqrt', 'class_weight_balanced']
    >>> model.best_strategy_
    'none'
    >>> bool(abs(model.predict_proba(X)[:, 1].mean() - y.mean()) < 0.005)
    True
    """

    _parameter_constraints: dict = {
        **CandidateSearch._parameter_constraints,
        "estimator": [
            HasMethods(["fit", "predict_proba"]),
            HasMethods(["fit", "decision_function"]),
            None,
        ],
        "cv": ["cv_object"],
        "strategies": [StrOptions({"auto", "all"}), list, tuple],
        "ratios": [list, tuple],
        "correct_proba": [StrOptions({"auto", "prior", "offset", "sigmoid"}), None],
        "categorical_features": [StrOptions({"from_dtype"}), "array-like"],
        "select": [StrOptions({"one_se", "best"})],
        "ensemble": ["boolean"],
        "error_score": [StrOptions({"raise"}), Real],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        estimator=None,
        *,
        strategies="auto",
        ratios=("sqrt", "balanced"),
        scoring=None,
        decision_rule="auto",
        cost_matrix=None,
        constraint=None,
        constraint_confidence=None,
        infeasible="raise",
        correct_proba="auto",
        categorical_features="from_dtype",
        select="one_se",
        n_bootstrap=50,
        cv=None,
        ensemble=False,
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
        self.strategies = strategies
        self.ratios = ratios
        self.scoring = scoring
        self.decision_rule = decision_rule
        self.cost_matrix = cost_matrix
        self.constraint = constraint
        self.constraint_confidence = constraint_confidence
        self.infeasible = infeasible
        self.correct_proba = correct_proba
        self.categorical_features = categorical_features
        self.select = select
        self.n_bootstrap = n_bootstrap
        self.ensemble = ensemble
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
        """Compare the treatments, choose the rule, and fit the winner on all rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data, in any container that the estimator takes.

        y : array-like of shape (n_samples,)
            Labels of two or more classes.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights in every metric, rule and prior, and for the estimator if it takes them.

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
            If the estimator balances classes already; if a class has no weight at all; if no
            treatment can run; otherwise as `DecisionRuleClassifier.fit`.
        """
        if self.estimator is not None:
            refuse_frozen(self.estimator)
        return self._fit(X, y, sample_weight, groups, params)

    @available_if(has_inner("predict_proba"))
    def predict_proba(self, X):
        """Predict probabilities under the data's own class shares (not with correct_proba=None).

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities in the order of `classes_`.
        """
        check_is_fitted(self)
        return self._corrected(self.estimator_.predict_proba(X))

    @available_if(has_inner("predict_proba"))
    def predict_log_proba(self, X):
        """Predict the logarithms of `predict_proba`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        log_proba : ndarray of shape (n_samples, n_classes)
            Logarithms in the order of `classes_`.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def _corrected(self, proba):
        """Apply the map of probabilities to those that the fitted estimator gives."""
        if self.proba_correction_ is None:
            return proba
        return Correction(
            self.proba_correction_,
            self.proba_mixture_,
            tuple(self.proba_mixed_in_),
            SmoothMap("identity", tuple(self.proba_slopes_), tuple(self.proba_offsets_)),
        )(proba)

    @property
    def rule_input_(self):
        """The method whose values `decision_rule_` takes."""
        check_is_fitted(self)
        if self.decision_rule_.space == "decision":
            return "decision_function"
        return "estimator_.predict_proba" if self._precedes_map else "predict_proba"

    def _rule_scores(self, X):
        """Score new rows by what the rule takes: probabilities, or decision values."""
        if self.decision_rule_.space == "decision":
            return super()._rule_scores(X)
        return self._rule_proba(self.estimator_.predict_proba(X))

    def _inner(self):
        """The unfitted classifier that is wrapped."""
        return HistGradientBoostingClassifier() if self.estimator is None else self.estimator

    def _fit_anew(self, X, y, sample_weight, groups, params):
        """Build what is searched for these data, and go on."""
        self._categorical = self.categorical_features
        if self.estimator is None:
            self._built, self._categorical = default_classifier(X, self.categorical_features)
        else:
            self._built = self.estimator
        try:
            return super()._fit_anew(X, y, sample_weight, groups, params)
        finally:
            del self._built, self._categorical

    def _routed(self):
        """What takes the parameters of `fit`."""
        return self._searched()

    def _searched(self):
        """The estimator with a `TreatedClassifier` in place of its last step."""
        built = getattr(self, "_built", self._inner())
        treated = TreatedClassifier(
            _last_step(built),
            correct_prior=False,
            categorical_features=getattr(self, "_categorical", "from_dtype"),
        )
        if _routing_enabled():
            treated.set_fit_request(sample_weight=True)
        if isinstance(built, Pipeline):
            return clone(built).set_params(**{built.steps[-1][0]: treated})
        return treated

    def _treated_params(self, **params):
        """Parameters of the `TreatedClassifier` as parameters of what is searched."""
        built = self._built
        prefix = f"{built.steps[-1][0]}__" if isinstance(built, Pipeline) else ""
        return {f"{prefix}{name}": value for name, value in params.items()}

    def _candidates(self, data):
        """The treatments that suit learner and data."""
        counts = np.bincount(data.codes, data.weight, len(self.classes_))
        if (counts == 0).any():
            label = self.classes_.tolist()[int(np.argmin(counts))]
            raise ValueError(
                f"All rows of class {label!r} have sample_weight 0: nothing can be learnt of it. "
                "Leave the rows out, or give them weight."
            )
        rows = np.bincount(data.codes if data.weight is None else data.codes[data.weight > 0])
        self.n_minority_, self.imbalance_ratio_ = int(rows.min()), float(rows.max() / rows.min())
        self.class_prior_ = class_shares(data.codes, len(self.classes_), data.weight)
        n_columns = data.X.shape[1] if len(getattr(data.X, "shape", ())) == 2 else 1
        is_raw = self.estimator is None or not isinstance(self.estimator, Pipeline)
        categories = categorical_columns(
            data.X, self.categorical_features if is_raw else "from_dtype"
        )
        chosen, skipped = choose_treatments(
            self.strategies,
            _last_step(self._built),
            ratios=self.ratios,
            class_counts=rows,
            n_rows=len(data.codes),
            mostly_numeric=len(categories) <= MOSTLY * n_columns,
        )
        if len(chosen) > 1:
            check_not_balanced_already(self._built)
        self.skipped_strategies_ = dict(skipped)
        if not isinstance(self.strategies, str):
            for name, reason in skipped.items():
                warn_user(f"The treatment {name!r} is left out: {reason}.", LossfixWarning)
        data.state["names"] = list(chosen)
        return [self._treated_params(treatment=treatment) for treatment in chosen.values()]

    # Each treatment is compared under its own rule, whatever rule the chosen one ends with.
    _compares_as_used = False

    def _select(self):
        """How to choose among treatments, which come in the order of simplicity."""
        return self.select

    def _options(self):
        """What candidates share, and what is to be known of each."""
        return {**super()._options(), "describe": treated_priors}

    def _report_failures(self, run):
        """List treatments that failed; warn of those that were asked for, or failed otherwise."""
        every = run.results.errors
        if all(error is not None for row in every for error in row):
            return  # an error will say so
        for name, errors in zip(run.data.state["names"], every, strict=True):
            error = next((error for error in errors if error is not None), None)
            if error is None:
                continue
            kind, reason = raised(error)
            self.skipped_strategies_[name] = reason or kind
            foreseen = kind.endswith(TreatmentError.__name__)
            if not foreseen or not isinstance(self.strategies, str):
                warn_user(
                    f"The treatment {name!r} is left out: {reason or kind} (error_score='raise' "
                    "shows where it happens)",
                    LossfixWarning if foreseen else FitFailedWarning,
                )

    def _score_rows(self, data, spec):
        """Fit all treatments on all folds, and correct their probabilities."""
        run = super()._score_rows(data, spec)
        data.state["corrected"] = [None] * len(run.candidates)
        data.state["raw"] = [None] * len(run.candidates)
        complete = [c for c in range(len(run.candidates)) if run.results.is_complete(c)]
        if not complete:
            return run
        row = np.concatenate(run.results.rows)
        split = np.concatenate([np.full(len(r), k) for k, r in enumerate(run.results.rows)])
        rows = scored_rows(None, row, split, data.codes, data.weight, data.groups)
        folds = judging_folds(rows, self.random_state, self.classes_)
        for candidate in complete:
            self._correct(run, candidate, rows, folds)
        return run

    def _correct(self, run, candidate, rows, folds):
        """Correct the probabilities of one treatment, and leave them where its scores were."""
        data, scores = run.data, run.results.scores[candidate]
        raw = data.state["raw"][candidate] = run.results.pooled(candidate)
        if self._response() != "predict_proba":
            return
        shifted = raw
        facts = [self._aligned_priors(*fact) for fact in run.results.facts[candidate]]
        if any(not np.allclose(*priors) for priors in facts):
            shifted = np.concatenate(
                [correct_prior(s, *priors) for s, priors in zip(scores, facts, strict=True)]
            )
        corrected = choose_correction(self.correct_proba, raw, shifted, rows.y, rows.weight, folds)
        data.state["corrected"][candidate] = corrected
        ends = np.cumsum([len(s) for s in scores])[:-1]
        run.results.scores[candidate] = np.split(_rule_input(corrected, run.spec), ends)

    def _cross_fitted(self, run, learnt):
        """Return the winner's rows, and probabilities and labels that did not see them."""
        scored, scores, codes = super()._cross_fitted(run, learnt)
        corrected = run.data.state["corrected"][self.best_index_]
        return scored, scores if corrected is None else corrected.proba, codes

    def _learn(self, run, spec):
        """Choose treatment and rule, and say what they are worth."""
        scored, learnt = super()._learn(run, spec)
        state, best = run.data.state, self.best_index_
        self.best_strategy_ = state["names"][best]
        # Rules may be learnt on other scores than the probabilities that this is the loss of.
        losses = [np.nan if item is None else item.log_loss for item in state["corrected"]]
        self.cv_results_["proper_loss"] = np.array(losses)
        corrected = state["corrected"][best]
        self._set_correction(self._formula() if corrected is None else corrected.correction)
        self._rule_input = scored.scores if self.store_oof else None
        self._precedes_map, self._rule_priors = _precedes_map(corrected, spec), None
        self.strategy_results_ = strategy_results(run, spec, learnt, best)
        self._treatments = treatment_record(run, spec, learnt, best, self.select, self.store_oof)
        return scored, learnt

    def _formula(self):
        """The prior formula alone: where rules take decision values, probabilities went unseen."""
        if self.correct_proba is None or not hasattr(self._inner(), "predict_proba"):
            return None
        return Correction("prior", 0.0, tuple(self.class_prior_), identity_map(len(self.classes_)))

    def _set_correction(self, correction):
        """Store how probabilities are corrected, as plain values."""
        for name in ("correction", "mixture", "mixed_in", "slopes", "offsets"):
            vars(self).pop(f"proba_{name}_", None)
        self.proba_correction_ = None if correction is None else correction.kind
        if correction is not None:
            self.proba_mixture_ = correction.mixture
            self.proba_mixed_in_ = np.array(correction.prior)
            self.proba_slopes_ = np.array(correction.recalibration.slopes)
            self.proba_offsets_ = np.array(correction.recalibration.offsets)

    def _winner(self):
        """The chosen treatment, unfitted."""
        treatment = self.cv_results_["params"][self.best_index_]
        params = self._treated_params(
            correct_prior=self.proba_correction_ in ("prior", "offset", "sigmoid"),
            # Models of folds are seeded as they were when their rows were scored.
            random_state=None if self.ensemble else self.random_state,
        )
        return self._searched().set_params(**clone(treatment, safe=False), **params)

    def _fit_on_all_rows(self, data):
        """Fit the winner on all rows, and read the prior that it was trained under."""
        fitted = super()._fit_on_all_rows(data)
        models = fitted.estimators_ if self.ensemble else [fitted]
        priors = [self._aligned_priors(*treated_priors(model))[0] for model in models]
        self.training_prior_ = np.mean(priors, axis=0)
        return fitted

    def _aligned_priors(self, classes, *priors):
        """Shares of the classes that a model saw, as shares of all classes."""
        out = np.zeros((len(priors), len(self.classes_)))
        out[:, np.searchsorted(self.classes_, classes)] = priors
        return out

    def _treatment_evidence(self):
        """What `diagnose` reads of the treatments; None where it no longer holds."""
        return treatment_evidence(self) if hasattr(self, "_treatments") else None


def _precedes_map(corrected, spec):
    """Whether the rule of a treatment takes probabilities before the map that is learnt.

    Of two classes the map changes no order, so each cut has its like on the other side. Of more,
    what is mixed in bends the boundaries between classes: where it is all that is left of what the
    model tells apart, the best offsets before the map are no offsets any more after it.
    """
    is_tuned = spec.is_tuned and spec.n_classes > 2
    return corrected is not None and is_tuned and corrected.correction.drowns(corrected.base)


def _rule_input(corrected, spec):
    """Probabilities out of fold that the rule of a treatment is learnt and judged on."""
    if _precedes_map(corrected, spec):
        return corrected.base
    if not spec.is_tuned or spec.n_classes > 2:
        return corrected.proba
    # By the map that the rule is used with. Those of single folds have their floors at different
    # places, and no new row comes near a cut between two floors. A map of all rows knows all
    # labels, but its order is the model's own: that can help the default rule alone, which a tuned
    # one has to beat.
    return corrected.correction(corrected.base)


def treated_priors(model):
    """Class shares that a fitted model was trained under, and those of the rows it was given.

    Parameters
    ----------
    model : TreatedClassifier, or Pipeline that ends in one
        Fitted.

    Returns
    -------
    classes, training_prior, class_prior : ndarray of shape (n_classes,)
        The labels that it saw, and their shares.
    """
    treated = _last_step(model)
    return treated.classes_, treated.training_prior_, treated.class_prior_


def _last_step(estimator):
    """The classifier at the end of a Pipeline, or the estimator itself."""
    return estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
