"""TreatedClassifier: a classifier that is fitted under a treatment of class imbalance."""

from contextlib import nullcontext
from copy import copy
from numbers import Integral

import numpy as np
from imblearn.ensemble import BalancedRandomForestClassifier
from sklearn import get_config
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, _fit_context, clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.utils import check_random_state, get_tags, indexable
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import (
    _get_feature_names,
    _num_features,
    _num_samples,
    check_is_fitted,
)

from sklearn_lossfix._core._columns import named
from sklearn_lossfix._core._oof import class_columns, seed_clone, weight_params
from sklearn_lossfix._core._prior_shift import correct_prior
from sklearn_lossfix._core._progress import CallbackSupport, Progress, with_callbacks
from sklearn_lossfix._core._validation import (
    check_same_length,
    check_target,
    check_weights,
    encode_target,
    refuse_lazy,
)
from sklearn_lossfix.exceptions import TreatmentError
from sklearn_lossfix.imbalance._inner_splits import inner_split, without_automatic_stopping
from sklearn_lossfix.imbalance._resample import TrainingRows, sampled_rows, treated_rows
from sklearn_lossfix.imbalance._shortlist import takes_class_weight, takes_weights
from sklearn_lossfix.imbalance._treatments import TREATMENTS, class_weights, parse_treatment

# What callbacks hear of each of several models.
FIT_MODEL = "fit-model"

# Kinds that fit several models.
BAG_KINDS = ("balanced_bagging", "bagging")

# Kinds that leave the rows as they are; only these suit matrices of kernels or distances.
ROW_KEEPING_KINDS = ("none", "class_weight")

# Kinds that leave the shares of the classes as they are, whatever weights the estimator sets.
PRIOR_KEEPING_KINDS = ("none", "bagging")


# Kinds that may hand one row to a fit more than once, or rows made up from others.
REPEATING_KINDS = ("random_over", "balanced_bagging", "smote", "bagging")


def _estimator_has(method):
    """Make a check that the estimator has a method."""

    def check(self):
        getattr(self.estimator, method)
        return True

    return check


class TreatedClassifier(CallbackSupport, ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """A classifier that is fitted under a treatment of class imbalance.

    Weights and resampling change the shares of the classes that a classifier learns from, and so
    what its probabilities mean. Here they are brought back to the shares of the rows given to
    `fit` [1]_. As the last step of a Pipeline it resamples what the other steps made of the rows.

    Parameters
    ----------
    estimator : estimator
        A classifier.

    treatment : str or sampler, default="none"
        What is done about the imbalance. "_balanced" gives all classes the same weight or number of
        rows; "_sqrt" goes half the way there in logarithms.

        - "none": nothing.
        - "class_weight_sqrt", "class_weight_balanced": rows are weighed by class, by the weights
          of rows if the estimator takes them, otherwise by its parameter `class_weight`.
        - "random_over_sqrt", "random_over_balanced": rows of the rarer classes are repeated.
        - "random_under_sqrt", "random_under_balanced": rows of the more frequent ones are dropped.
        - "balanced_bagging": the mean of several models; each learns from as many rows of every
          class as the rarest has, drawn with replacement.
        - "balanced_random_forest": the same for every tree of a random forest.
        - "smote_sqrt", "smote_balanced": rows of the rarer classes are made up between neighbours,
          by SMOTE, SMOTENC or SMOTEN as columns are numbers or categories.
        - "bagging": the mean of several models; each learns from rows drawn with replacement
          inside each class, as many as there are.
        - a sampler of imbalanced-learn: a clone of it resamples the rows.

    correct_prior : bool, default=True
        Whether to bring probabilities back to the shares of the classes in the rows given to `fit`.

    categorical_features : "from_dtype" or array-like, default="from_dtype"
        For SMOTE, the columns of categories in the data that arrive here: a mask, positions, or
        names of columns. With "from_dtype" those of text and of categories; integers are numbers.
        Columns of truth values always count.

    n_estimators : int, default=10
        Number of models of the two kinds of bagging.

    random_state : int, RandomState or None, default=None
        Seed of the draws, and of each free `random_state` of the estimator and the sampler.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels.

    estimators_ : list of estimator
        The fitted models: one, but for the two kinds of bagging.

    estimator_ : estimator
        The fitted model. Not there for the two kinds of bagging.

    class_prior_ : ndarray of shape (n_classes,)
        Shares of the classes in the rows given to `fit`, by weight.

    training_prior_ : ndarray of shape (n_classes,)
        Shares of the classes, by weight, in what the models learnt from; the mean over several.

    n_training_rows_ : int
        Rows handed to the fit of one model.

    n_features_in_ : int
        Number of features seen during `fit`.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features seen during `fit`, where all are strings.

    See Also
    --------
    imblearn.pipeline.Pipeline : Resamples between any two steps; probabilities stay as they are.

    Notes
    -----
    Weights of rows stay with the rows that are drawn; rows that are made up weigh the mean of their
    class. They enter the shares of the classes. An estimator that takes no weights is fitted
    without, and its training prior counts rows.

    References
    ----------
    .. [1] C. Elkan, "The foundations of cost-sensitive learning", IJCAI, 2001.
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit"])],
        "treatment": [StrOptions(set(TREATMENTS)), HasMethods("fit_resample")],
        "correct_prior": ["boolean"],
        "categorical_features": ["array-like", StrOptions({"from_dtype"})],
        "n_estimators": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator,
        treatment="none",
        *,
        correct_prior=True,
        categorical_features="from_dtype",
        n_estimators=10,
        random_state=None,
    ):
        self.estimator = estimator
        self.treatment = treatment
        self.correct_prior = correct_prior
        self.categorical_features = categorical_features
        self.n_estimators = n_estimators
        self.random_state = random_state

    @with_callbacks
    @_fit_context(
        # the estimator validates its own parameters
        prefer_skip_nested_validation=False
    )
    def fit(self, X, y, sample_weight=None, **params):
        """Fit the estimator under the treatment.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data, in any container that the estimator takes.

        y : array-like of shape (n_samples,)
            Labels of two or more classes.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        **params : dict
            Further parameters of the estimator's `fit`; those with one entry a row follow the rows.

        Returns
        -------
        self : object
            Fitted.

        Raises
        ------
        TreatmentError
            If the treatment does not suit the estimator or the data; if all rows of a class weigh
            nothing. It is a ValueError.
        ValueError
            If `y` has one class, or is not one label a row.
        """
        refuse_lazy(X, "X")
        if y is None:
            raise ValueError(
                "This estimator requires y to be passed, but the target y is None. Pass one label "
                "per row."
            )
        (X,) = indexable(X)  # of sparse matrices, some formats have no rows to take
        codes, classes = encode_target(check_target(y))
        check_same_length(X=X, y=codes)
        weight = check_weights(sample_weight, len(codes))
        if params and get_config()["enable_metadata_routing"]:
            params = process_routing(self, "fit", **params).estimator.fit
        data = TrainingRows(X, codes, classes, weight, params)
        empty = classes[data.totals == 0]
        if len(empty):
            raise TreatmentError(
                f"All rows of the classes {named(empty)} weigh zero. Leave these rows out, or give "
                "them weights."
            )
        kind, ratio = self._parse()
        self._refuse_unsuited(kind)
        class_prior = data.totals / data.totals.sum()
        if not takes_weights(self.estimator):
            data = TrainingRows(X, codes, classes, None, params)  # nothing would use the weights
        fits = self._fit_all(data, kind, ratio, self._seeds(kind))
        self.classes_ = classes
        self.class_prior_ = class_prior
        self.estimators_, priors, sizes = (list(part) for part in zip(*fits, strict=True))
        self.training_prior_ = np.mean(priors, axis=0)
        self.n_training_rows_ = sizes[0]
        self._record_features(X)
        return self

    def predict(self, X):
        """Predict labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            Labels out of `classes_`: the estimator's own where there is one model and nothing to
            correct, otherwise those of the greatest probability or decision value. Several models
            with neither vote.
        """
        check_is_fitted(self)
        if len(self.estimators_) == 1 and not self._corrects():
            return np.asarray(self.estimators_[0].predict(X))
        if hasattr(self, "predict_proba"):
            scores = self.predict_proba(X)
        elif len(self.estimators_) == 1:
            return np.asarray(self.estimators_[0].predict(X))
        elif hasattr(self, "decision_function"):
            scores = self.decision_function(X)
        else:
            votes = [np.asarray(model.predict(X)) for model in self.estimators_]
            scores = np.mean([vote[:, None] == self.classes_ for vote in votes], axis=0)
        codes = (scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)
        return self.classes_[codes]

    @available_if(_estimator_has("predict_proba"))
    def predict_proba(self, X):
        """Predict probabilities, by default under the shares of the classes in `class_prior_`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities in the order of `classes_`, of the dtype that the estimator gives; of
            several models the mean.
        """
        check_is_fitted(self)
        proba = [
            class_columns(model, X, self.classes_, "predict_proba") for model in self.estimators_
        ]
        # The mean is corrected, not each model: where models say 0 or 1 only their mean is a
        # probability, and the formula leaves 0 and 1 as they are.
        proba = proba[0] if len(proba) == 1 else np.mean(proba, axis=0)
        if self._corrects():
            proba = correct_prior(proba, self.training_prior_, self.class_prior_)
        return proba

    @available_if(_estimator_has("predict_proba"))
    def predict_log_proba(self, X):
        """Predict the logarithms of probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        log_proba : ndarray of shape (n_samples, n_classes)
            Logarithms of what `predict_proba` gives.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    @available_if(_estimator_has("decision_function"))
    def decision_function(self, X):
        """Compute decision values as the estimator gives them, without any correction.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Decision values; of several models the mean.

        Raises
        ------
        ValueError
            If there are several models that do not give one value per class.
        """
        check_is_fitted(self)
        if len(self.estimators_) == 1:
            return self.estimators_[0].decision_function(X)
        parts = [
            class_columns(model, X, self.classes_, "decision_function")
            for model in self.estimators_
        ]
        if any(part is None for part in parts):
            raise ValueError(
                f"{type(self.estimator).__name__}.decision_function does not give one value for "
                f"each of the {len(self.classes_)} classes, so several models have no mean. An SVC "
                "does with decision_function_shape='ovr'."
            )
        return np.mean(parts, axis=0)

    @property
    def estimator_(self):
        """The fitted model, where there is one."""
        if self.treatment in BAG_KINDS or not hasattr(self, "estimators_"):
            raise AttributeError(
                f"{type(self).__name__} has no single fitted model: it is not fitted, or bags "
                "several; see estimators_."
            )
        return self.estimators_[0]

    def get_metadata_routing(self):
        """Get the metadata routing of this object.

        Returns
        -------
        routing : MetadataRouter
            What this object and its estimator ask for.
        """
        return (
            MetadataRouter(owner=self)
            .add_self_request(self)
            .add(
                estimator=self.estimator,
                method_mapping=MethodMapping().add(caller="fit", callee="fit"),
            )
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags = copy(inner.input_tags)
        if hasattr(self.treatment, "fit_resample"):
            sampler = get_tags(self.treatment).input_tags
            tags.input_tags.allow_nan &= sampler.allow_nan
            tags.input_tags.sparse &= sampler.sparse
        elif str(self.treatment).startswith("smote"):
            tags.input_tags.allow_nan = False
        if inner.classifier_tags is not None:
            tags.classifier_tags.multi_class = inner.classifier_tags.multi_class
        return tags

    def _parse(self):
        """Kind and ratio of the treatment."""
        if hasattr(self.treatment, "fit_resample"):
            return "sampler", None
        return parse_treatment(self.treatment)

    def _refuse_unsuited(self, kind):
        """Raise TreatmentError where the treatment does not suit the estimator, whatever the rows.

        Weights on top of resampled classes would correct the same imbalance twice.
        """
        name = type(self.estimator).__name__
        if kind not in ROW_KEEPING_KINDS and get_tags(self.estimator).input_tags.pairwise:
            raise TreatmentError(
                f"{name} learns from a matrix of kernels or distances, whose rows cannot be "
                f"resampled. Take one of the treatments that keep the rows: none, class_weight."
            )
        splits = inner_split(self.estimator) if self._repeats_rows(kind) else None
        if splits is not None:
            raise TreatmentError(
                f"{splits}; after the treatment {kind!r} copies of a row would stand on both "
                f"sides. Treat the classifier inside of it, switch early stopping off, or take one "
                f"of: none, class_weight, random_under."
            )
        own = getattr(self.estimator, "class_weight", None)
        if own is not None and kind not in PRIOR_KEEPING_KINDS:
            raise TreatmentError(
                f"{name} sets class_weight={own!r}; together with the treatment "
                f"{self.treatment!r} it would correct for imbalance twice. Set class_weight=None."
            )
        if kind == "balanced_random_forest" and not isinstance(
            self.estimator, RandomForestClassifier
        ):
            raise TreatmentError(
                f"The treatment 'balanced_random_forest' needs a RandomForestClassifier. Got "
                f"{name}; take 'balanced_bagging'."
            )

    def _repeats_rows(self, kind):
        """Whether the treatment repeats rows or makes some up; of most samplers nobody knows."""
        if kind == "sampler":
            known = getattr(self.treatment, "_sampling_type", "")
            return known not in ("under-sampling", "clean-sampling")
        return kind in REPEATING_KINDS

    def _seeds(self, kind):
        """One seed per model; None leaves draws free."""
        n_fits = self.n_estimators if kind in BAG_KINDS else 1
        root = self.random_state
        if root is None:
            return [None] * n_fits
        bound = np.iinfo(np.int32).max
        if not isinstance(root, Integral):
            root = int(check_random_state(root).randint(bound))
        if kind not in BAG_KINDS:
            return [int(root)]
        return [int(seed % bound) for seed in np.random.SeedSequence(root).generate_state(n_fits)]

    def _fit_all(self, data, kind, ratio, seeds):
        """Fit one model per seed; the events of a single one appear beneath those of this fit."""
        is_single = len(seeds) == 1
        tasks = {} if is_single else {FIT_MODEL: len(seeds)}
        weight = data.weight
        progress = Progress.start(
            self, tasks, X=data.X, y=data.classes[data.codes], sample_weight=weight, refit=is_single
        )
        fits = []
        for number, seed in enumerate(seeds):
            fits.append(self._fit_one(data, kind, ratio, seed, progress if is_single else None))
            if not is_single:
                progress.task_done(FIT_MODEL, number)
        progress.finish()
        return fits

    def _fit_one(self, data, kind, ratio, seed, progress=None):
        """Fit one model: it, the shares of classes it learnt from, and the rows it was given."""
        if kind == "sampler":
            rows = sampled_rows(data, self.treatment, seed)
        else:
            rows = treated_rows(data, kind, ratio, self.categorical_features, seed)
        model = clone(self.estimator)
        if self._repeats_rows(kind):
            model = without_automatic_stopping(model)
        factors = np.ones(len(data.classes))
        weight = rows.weight
        if kind == "class_weight":
            factors = class_weights(rows.totals, ratio)
            by_row = factors[rows.codes] if weight is None else weight * factors[rows.codes]
            if takes_weights(model):
                weight = by_row
            elif takes_class_weight(model):
                labels = rows.classes.tolist()
                model.set_params(class_weight=dict(zip(labels, factors.tolist(), strict=True)))
            else:
                raise TreatmentError(
                    f"{type(model).__name__} takes neither weights of rows nor a class_weight. "
                    "Take a treatment that resamples rows."
                )
        elif kind == "balanced_random_forest":
            # Every tree draws the same number of rows of each class, whose weights stay with them.
            model, factors = _balanced_forest(model), 1 / rows.counts
        model = seed_clone(model, seed)
        with nullcontext() if progress is None else progress.refit(model):
            model.fit(
                rows.X,
                rows.classes[rows.codes],
                **{**rows.params, **weight_params(model, weight)},
            )
        learnt = rows.totals * factors
        return model, learnt / learnt.sum(), _num_samples(rows.codes)

    def _corrects(self):
        """Whether probabilities have to be corrected."""
        is_same = np.allclose(self.training_prior_, self.class_prior_, rtol=1e-12, atol=0)
        return self.correct_prior and not is_same

    def _record_features(self, X):
        """Take number and names of the features from the model, or else from the data."""
        found = {}
        first = self.estimators_[0]
        if hasattr(first, "n_features_in_"):
            for name in ("n_features_in_", "feature_names_in_"):
                if hasattr(first, name):
                    found[name] = getattr(first, name)
        elif getattr(X, "ndim", len(getattr(X, "shape", ()))) == 2:
            found["n_features_in_"] = _num_features(X)
            names = _get_feature_names(X)
            if names is not None:
                found["feature_names_in_"] = names
        for name in ("n_features_in_", "feature_names_in_"):
            vars(self).pop(name, None)
        vars(self).update(found)


def _balanced_forest(forest):
    """A balanced random forest with the parameters of a random forest.

    Each tree learns from its own draw with replacement of as many rows of each class as the rarest
    has; a bootstrap of that draw would only blur it.
    """
    known = BalancedRandomForestClassifier().get_params(deep=False)
    shared = {name: value for name, value in forest.get_params(deep=False).items() if name in known}
    fixed = {
        "sampling_strategy": "all",
        "replacement": True,
        "bootstrap": False,
        "oob_score": False,
        "max_samples": None,  # it cuts the bootstrap, of which there is none
        "class_weight": None,
    }
    return BalancedRandomForestClassifier(**{**shared, **fixed})
