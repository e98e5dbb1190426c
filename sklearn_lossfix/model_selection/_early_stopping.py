"""EarlyStoppingClassifier: trained epoch by epoch, both curves recorded, the best state kept."""

import copy
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, _fit_context, clone
from sklearn.utils import get_tags, indexable
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sklearn_lossfix._core._diagnosable import DiagnosableMixin
from sklearn_lossfix._core._oof import class_columns, refuse_frozen, seed_clone
from sklearn_lossfix._core._progress import CallbackSupport, with_callbacks
from sklearn_lossfix._core._validation import (
    check_fit_target,
    check_groups,
    check_weights,
    refuse_lazy,
)
from sklearn_lossfix.decision._metrics import Metric
from sklearn_lossfix.model_selection._epoch_history import history_of
from sklearn_lossfix.model_selection._epoch_loop import train_epochs
from sklearn_lossfix.model_selection._epoch_monitor import EpochMonitor
from sklearn_lossfix.model_selection._epoch_params import sort_params, training_method
from sklearn_lossfix.model_selection._epoch_plot import plot_epochs, verdict_spans
from sklearn_lossfix.model_selection._epoch_progress import EpochProgress
from sklearn_lossfix.model_selection._epoch_recorder import EpochRecorder
from sklearn_lossfix.model_selection._epoch_rows import scored_parts, training_rows
from sklearn_lossfix.model_selection._epoch_scores import (
    encode_classes,
    is_loss,
    recorded_metrics,
    response_for,
)
from sklearn_lossfix.model_selection._epoch_trainers import make_trainer
from sklearn_lossfix.model_selection._fitted_head import FittedHead
from sklearn_lossfix.model_selection._learning_rates import check_lowering
from sklearn_lossfix.model_selection._validation_rows import (
    check_training_part,
    first_split,
    hold_out,
)


def _trained_has(method):
    """Make a check that the estimator has a method."""

    def check(self):
        getattr(getattr(self, "estimator_", self.estimator), method)
        return True

    return check


class EarlyStoppingClassifier(
    DiagnosableMixin, CallbackSupport, ClassifierMixin, MetaEstimatorMixin, BaseEstimator
):
    """Train a classifier epoch by epoch, record loss and metric, and keep the best state.

    Rows are held out, and after every epoch the classifier is scored on them and on rows that it
    was trained on. Training ends when what is monitored has not become better for `patience`
    epochs, and the state after the best epoch is put back. Monitored is the log loss, a metric, or
    the refinement: the log loss that the best recalibration leaves [1]_. They seldom agree.

    Parameters
    ----------
    estimator : classifier or Pipeline
        With `partial_fit` (networks, `SGDClassifier`, naive Bayes), of which each epoch is one call
        with all training rows, or with `warm_start` and `max_iter` or `n_estimators` (forests,
        bagging, gradient boosting, `LogisticRegression`), of which each epoch adds
        `iterations_per_epoch`. Of a Pipeline the last step is trained epoch by epoch, and the
        transformers are fitted once, on the training rows. Its own early stopping must be off.

    monitor : str, callable or Metric, default="log_loss"
        What alone decides when to stop and which epoch is best, on the held-out rows: "log_loss",
        "refinement", "hinge_loss" (of decision values, for classifiers without probabilities), or
        a metric as for `scoring`.

    scoring : str, callable, Metric, list or None, default=None
        Metrics that are only recorded, as NaN where rows of a class are wanting. None is accuracy,
        or nothing if `monitor` is a metric. Callables ``scorer(estimator, X, y)`` are handed
        recorded scores that answer `predict`, `predict_proba` and `decision_function`.

    validation : splitter, list of (train, validation) or None, default=None
        What rows are held out: those of the first split, such as of ``PredefinedSplit(fold)`` with
        -1 for training and 0 for validation rows. None draws `validation_fraction`.

    validation_fraction : float in (0, 1), default=0.1
        Share of every class that is held out; with `groups` whole groups of about that share.

    patience : int, default=10
        Epochs without an improvement after which training ends, or later: see the Notes.

    min_delta : float, default=0.0
        An improvement is more than this, in units of what is monitored, better than the last one.

    max_epochs : int, default=200
        Epochs at most.

    restore_best : bool, default=True
        Whether to end with the state after the best epoch, not after the last. If False, no state
        is copied: a model that diverges stays as it is then, and Ctrl-C is an error.

    reduce_lr_on_plateau : float in (0, 1) or None, default=None
        What the learning rate is multiplied with after `lr_patience` epochs without an
        improvement. For `MLPClassifier` (solvers "adam" and "sgd"), `SGDClassifier` (learning rates
        "constant", "invscaling" and "adaptive") and `HistGradientBoostingClassifier`, where it is
        known to reach the optimiser.

    lr_patience : int, default=5
        Epochs before the learning rate is lowered, and lowered again; less than `patience`.

    iterations_per_epoch : int, default=1
        Iterations, or trees, of an epoch, for estimators that are trained by `warm_start`. L-BFGS
        forgets in every epoch what it learnt of the curvature: give it 20 rather than 1. Boosting
        on many rows is ten times as fast with 10; see the Notes.

    store_row_losses : bool, default=False
        Whether to keep the loss of every held-out row after every epoch, for tests in `diagnose`.

    pos_label : str, int, float or bool, default=None
        The positive class of two, for metrics that have one.

    random_state : int or None, default=None
        Seed of the held-out rows and of the free random states of the estimator. None is seed 0
        for the rows, and leaves the estimator as it is.

    Attributes
    ----------
    estimator_ : classifier or Pipeline
        The trained estimator, with the parameters it was given; of trees, with their number.

    classes_ : ndarray of shape (n_classes,)
        The labels.

    history_ : dict of str to ndarray of shape (n_epochs,)
        ``"epoch"``, from 1; ``"train_log_loss"``, ``"validation_log_loss"`` and the same for each
        metric; ``"validation_refinement"`` if it is monitored; ``"learning_rate"`` where it is
        known. A DataFrame can be made from it.

    best_epoch_ : int
        The epoch with the best value of the monitored curve, the first of equal ones.

    best_score_ : float
        That value: a loss if a loss is monitored. It is the best of many, hence optimistic.

    n_epochs_ : int
        Epochs that were recorded.

    stop_reason_ : {"patience", "max_epochs", "diverged", "callback", "interrupted"}
        Why training ended; by Ctrl-C it ends with a warning and the best state so far.

    validation_rows_ : ndarray of shape (n_validation,), dtype int
        Positions of the held-out rows.

    row_losses_, row_right_ : ndarray of shape (n_epochs, n_validation)
        With `store_row_losses`: loss of each held-out row (float32), and whether its label was
        right.

    pos_label_ : label
        The positive class of the monitored metric, if it has one.

    n_features_in_, feature_names_in_ : int, ndarray
        Of the fitted estimator, if it tells them.

    See Also
    --------
    RecalibratedClassifier : Calibrates what was stopped by refinement.
    MetricAlignedSearchCV : Searches parameters of which the number of epochs is one.

    Notes
    -----
    Integer random states of the estimator seed one generator for all epochs: `partial_fit` with an
    integer would visit the rows in the same order in every epoch.

    A curve that jumps, by a sigma of more than 1 % of its best value, has lucky epochs. Training
    outlasts `patience` while the last third of the run is better than the third before it, by their
    medians and by more than `min_delta`, and the last `patience` epochs are behind the best one by
    at most three sigma.

    Training curves are measured on at most 10,000 training rows, the same in every epoch, after
    the epoch. They are no running means and hold no penalty.

    ``class_weight="balanced"``, which `partial_fit` refuses, becomes the weights that `fit` would
    give the classes of the training rows. The curves are weighted by `sample_weight` alone.

    An `SGDClassifier` goes on in its schedule as in one `fit`. Yet models differ with "optimal",
    whose first steps can be so large that rounding decides, and with `average`.

    Trees take time that grows with the square of their number: every epoch predicts by all of them.
    `HistGradientBoostingClassifier` with 150 trees on 20,000 rows of 20 columns, on one core: 27 s
    with an epoch for each tree, 2.8 s with ``iterations_per_epoch=10``, 0.7 s in one `fit`.

    References
    ----------
    .. [1] E. Berta, D. Holzmüller, M. I. Jordan and F. Bach, "Rethinking early stopping: refine,
       then calibrate", 2025.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.neural_network import MLPClassifier
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_lossfix import EarlyStoppingClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> network = MLPClassifier(learning_rate_init=0.01, random_state=0)
    >>> model = EarlyStoppingClassifier(make_pipeline(StandardScaler(), network), random_state=0)
    >>> model = model.fit(X, y)
    >>> model.stop_reason_
    'patience'
    >>> model.n_epochs_ - model.best_epoch_
    10
    >>> sorted(model.history_)[:3]
    ['epoch', 'learning_rate', 'train_accuracy']
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"])],
        "monitor": [str, callable, Metric],
        "scoring": [str, callable, Metric, list, tuple, None],
        "validation": [HasMethods(["split"]), list, tuple, None],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "patience": [Interval(Integral, 1, None, closed="left")],
        "min_delta": [Interval(Real, 0, None, closed="left")],
        "max_epochs": [Interval(Integral, 1, None, closed="left")],
        "restore_best": ["boolean"],
        "reduce_lr_on_plateau": [Interval(Real, 0, 1, closed="neither"), None],
        "lr_patience": [Interval(Integral, 1, None, closed="left")],
        "iterations_per_epoch": [Interval(Integral, 1, None, closed="left")],
        "store_row_losses": ["boolean"],
        "random_state": [Interval(Integral, 0, None, closed="left"), None],
    }

    def __init__(
        self,
        estimator,
        *,
        monitor="log_loss",
        scoring=None,
        validation=None,
        validation_fraction=0.1,
        patience=10,
        min_delta=0.0,
        max_epochs=200,
        restore_best=True,
        reduce_lr_on_plateau=None,
        lr_patience=5,
        iterations_per_epoch=1,
        store_row_losses=False,
        pos_label=None,
        random_state=None,
    ):
        self.estimator = estimator
        self.monitor = monitor
        self.scoring = scoring
        self.validation = validation
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.min_delta = min_delta
        self.max_epochs = max_epochs
        self.restore_best = restore_best
        self.reduce_lr_on_plateau = reduce_lr_on_plateau
        self.lr_patience = lr_patience
        self.iterations_per_epoch = iterations_per_epoch
        self.store_row_losses = store_row_losses
        self.pos_label = pos_label
        self.random_state = random_state

    @with_callbacks
    @_fit_context(
        # the estimator validates its own parameters
        prefer_skip_nested_validation=False
    )
    def fit(self, X, y, sample_weight=None, groups=None, **params):
        """Train until the monitored curve has not become better for a while.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data, in any container that the estimator takes.

        y : array-like of shape (n_samples,)
            Labels of two or more classes.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights in every curve, and for the estimator if it takes them.

        groups : array-like of shape (n_samples,), default=None
            Groups of rows that are held out together, or handed to `validation`.

        **params : dict
            Parameters of the method that is called once an epoch; of steps of a Pipeline with
            their names in front, as for its `fit`. With metadata routing also of the splitter.

        Returns
        -------
        self : object
            Fitted.

        Raises
        ------
        ValueError
            If `y` is continuous, multilabel, of one class or has missing labels; if the estimator
            cannot be trained epoch by epoch, stops by itself, or cannot give what is monitored; if
            its learning rate cannot be lowered as asked; if too few rows can be held out.
        """
        refuse_frozen(self.estimator)
        refuse_lazy(X, "X")
        y = check_fit_target(y)
        X, y = indexable(X, y)
        weight = check_weights(sample_weight, len(y))
        groups = check_groups(groups, len(y))
        codes, classes = encode_classes(y)
        metrics, positive = recorded_metrics(
            self.monitor, self.scoring, classes, codes, self.pos_label
        )
        head = FittedHead(seed_clone(clone(self.estimator), self.random_state))
        trainer = make_trainer(head.last, self.iterations_per_epoch)
        if self.reduce_lr_on_plateau is not None:
            check_lowering(trainer.model, trainer.rate, self.lr_patience, self.patience)
        response = response_for(self.monitor, trainer.model)
        sorted_params = sort_params(self, trainer, weight, groups, params)
        seed = 0 if self.random_state is None else self.random_state
        if self.validation is None:
            parts = hold_out(codes, self.validation_fraction, seed, groups)
        else:
            parts = first_split(self.validation, X, y, sorted_params.split)
        check_training_part(codes[parts.train])
        # Callbacks that cannot be set up fail before anything is computed.
        metadata = None if weight is None else {"sample_weight": weight}
        progress = EpochProgress.start(self, self.max_epochs, X=X, y=y, metadata=metadata)
        rows = training_rows(X, y, classes, parts.train, head, sorted_params)
        recorder = EpochRecorder(
            classes,
            scored_parts(X, codes, weight, parts, head, seed),
            response,
            metrics,
            positive,
            refine=self.monitor == "refinement",
            store_rows=self.store_row_losses,
            monitored=None if is_loss(self.monitor) else metrics[0].name,
        )
        monitor = EpochMonitor(
            greater_is_better=not is_loss(self.monitor),
            patience=self.patience,
            min_delta=self.min_delta,
            lr_patience=None if self.reduce_lr_on_plateau is None else self.lr_patience,
        )

        def fitted_so_far():
            return {"estimator_": head.whole(copy.deepcopy(trainer.model)), "classes_": classes}

        reason = train_epochs(
            trainer,
            rows,
            recorder,
            monitor,
            f"validation_{self.monitor if is_loss(self.monitor) else metrics[0].name}",
            max_epochs=self.max_epochs,
            restore_best=self.restore_best,
            lr_factor=self.reduce_lr_on_plateau,
            on_epoch=lambda: progress.epoch_done(fitted_so_far),
        )
        # Only now, when nothing can fail any more, is an earlier fit forgotten.
        for name in [name for name in vars(self) if name.endswith("_")]:
            delattr(self, name)
        self.estimator_ = head.whole(trainer.finish())
        self.classes_ = classes
        self.best_epoch_, self.best_score_ = monitor.best_epoch, monitor.best
        self.stop_reason_ = reason
        self.validation_rows_ = parts.validation
        self._store(recorder, positive, len(parts.train))
        progress.finish()
        return self

    @available_if(_trained_has("predict"))
    def predict(self, X):
        """Predict labels by the trained estimator.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            Labels out of `classes_`.
        """
        check_is_fitted(self)
        return self.estimator_.predict(X)

    @available_if(_trained_has("predict_proba"))
    def predict_proba(self, X):
        """Predict probabilities by the trained estimator.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            In the order of `classes_`; zero for a class without training rows, where the estimator
            was not told of it.
        """
        check_is_fitted(self)
        return class_columns(self.estimator_, X, self.classes_, "predict_proba")

    @available_if(_trained_has("decision_function"))
    def decision_function(self, X):
        """Compute decision values by the trained estimator.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        values : ndarray of shape (n_samples,) or (n_samples, n_classes)
            In the order of `classes_`; one column is that of the second of two classes.
        """
        check_is_fitted(self)
        return class_columns(self.estimator_, X, self.classes_, "decision_function")

    def plot(self, *, ax=None):
        """Draw loss and first metric of every epoch, and mark the best one.

        Parameters
        ----------
        ax : array-like of two matplotlib Axes, default=None
            Where to draw them; None makes a figure.

        Returns
        -------
        axes : ndarray of two matplotlib Axes
            Loss and metric.
        """
        check_is_fitted(self)
        return plot_epochs(history_of(self), self.best_epoch_, verdicts=verdict_spans(self), ax=ax)

    def get_metadata_routing(self):
        """Get the metadata routing of this object.

        Returns
        -------
        routing : MetadataRouter
            What this object, its estimator and its splitter ask for.
        """
        router = MetadataRouter(owner=self)
        router.add_self_request(self)
        router.add(
            estimator=self.estimator,
            method_mapping=MethodMapping().add(
                caller="fit", callee=training_method(self.estimator)
            ),
        )
        if hasattr(self.validation, "split"):
            router.add(
                splitter=self.validation,
                method_mapping=MethodMapping().add(caller="fit", callee="split"),
            )
        return router

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags.sparse = inner.input_tags.sparse
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        if inner.classifier_tags is not None:
            tags.classifier_tags.multi_class = inner.classifier_tags.multi_class
        return tags

    @property
    def _own_scoring(self):
        """The metric that `diagnose` explains: what is monitored, or what is recorded first."""
        if not is_loss(self.monitor):
            return self.monitor
        return self.scoring[0] if isinstance(self.scoring, list | tuple) else self.scoring

    def _store(self, recorder, positive, n_train):
        """Keep what was recorded, as arrays and plain values."""
        self.history_ = recorder.history()
        self.n_epochs_ = len(self.history_["epoch"])
        if self.store_row_losses:
            self.row_losses_ = np.array(recorder.row_losses)
            self.row_right_ = np.array(recorder.row_right)
        if not is_loss(self.monitor) and positive[0] is not None:
            self.pos_label_ = self.classes_.tolist()[positive[0]]
        self._recorded = {**recorder.facts(), "n_train": n_train}
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(self.estimator_, name):
                setattr(self, name, getattr(self.estimator_, name))

    def _history_evidence(self):
        """What was recorded, as `diagnose` reads it."""
        check_is_fitted(self)
        return history_of(self)
