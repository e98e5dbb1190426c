"""Learners and arms of ``auto_balanced.py``, and what is measured of them on one split."""

import time
import warnings
from collections import defaultdict
from typing import NamedTuple

import joblib
import numpy as np
from _imbalanced_data import Halves, folds, scaled
from imblearn.ensemble import (
    BalancedBaggingClassifier,
    BalancedRandomForestClassifier,
    EasyEnsembleClassifier,
    RUSBoostClassifier,
)
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline
from imblearn.under_sampling import RandomUnderSampler
from metric_aligned_quality import fast_balanced_accuracy, fast_f1
from sklearn.base import clone
from sklearn.ensemble import (
    BaggingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    balanced_accuracy_score,
    brier_score_loss,
    f1_score,
    log_loss,
    make_scorer,
    matthews_corrcoef,
)
from sklearn.model_selection import TunedThresholdClassifierCV, train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import has_fit_parameter

from sklearn_lossfix import AutoBalancedClassifier

N_FOLDS = 5
N_BAGS = 10
# scikit-learn's and imbalanced-learn's defaults, but for a tree of limited depth (an unlimited one
# has no probabilities to speak of) and boosting that is as long as its data sets are small.
LEARNERS = {
    "LR": LogisticRegression(max_iter=300),
    "HGB": HistGradientBoostingClassifier(max_iter=50, random_state=0),
    "RF": RandomForestClassifier(random_state=0),
    "tree": DecisionTreeClassifier(max_depth=6, random_state=0),
    "kNN": KNeighborsClassifier(),
    "NB": GaussianNB(),
}
SHARED = "any"
OURS, RULE, THRESHOLD, UNTOUCHED = "ours", "tuned rule", "TunedThreshold", "untouched"
ARMS = (
    OURS,
    RULE,
    UNTOUCHED,
    THRESHOLD,
    "class weights",
    "SMOTE",
    "under-sampling",
    "bagging",
    "BalancedBagging",
    "BalancedRandomForest",
    "EasyEnsemble",
    "RUSBoost",
)
OWN_LEARNER = ARMS[-3:]
LOSSES = ("log loss", "Brier")


# --- metrics --------------------------------------------------------------------------------------


class Metric(NamedTuple):
    """A metric as ours takes it, as the peer takes it, and as test rows are judged."""

    binary: str
    multiclass: str
    fast: callable
    score: callable


def f1(y_true, y_pred):
    """F1 of the class 1 of two, or averaged over more."""
    average = "binary" if y_true.max() == 1 else "macro"
    return f1_score(y_true, y_pred, average=average, zero_division=0)


def fast_mcc(y_true, y_pred):
    """What `matthews_corrcoef` gives for labels 0 and 1."""
    n, positive, called = len(y_true), np.count_nonzero(y_true), np.count_nonzero(y_pred)
    spread = float(positive * (n - positive)) * float(called * (n - called))
    together = np.count_nonzero(y_true & y_pred)
    return (together * n - positive * called) / np.sqrt(spread) if spread else 0.0


METRICS = {
    "F1": Metric("f1", "f1_macro", fast_f1, f1),
    "balanced accuracy": Metric(
        "balanced_accuracy", "balanced_accuracy", fast_balanced_accuracy, balanced_accuracy_score
    ),
    "MCC": Metric("matthews_corrcoef", "matthews_corrcoef", fast_mcc, matthews_corrcoef),
}


def check_fast_mcc():
    """Stop if the counting MCC differs from scikit-learn's by more than rounding."""
    rng = np.random.default_rng(0)
    for share in (0, 0.01, 0.3, 1):
        y, p = (rng.random(500) < 0.1).astype(int), (rng.random(500) < share).astype(int)
        if abs(matthews_corrcoef(y, p) - fast_mcc(y, p)) > 1e-12:
            raise AssertionError(f"The fast MCC is {fast_mcc(y, p)}.")


# --- arms -----------------------------------------------------------------------------------------

_FITTED = {}


class Task(NamedTuple):
    """One learner on one split of one data set."""

    name: str
    kind: str
    seed: int
    learner: str


def remembering(estimator):
    """The estimator with a `fit` that looks up what it has done before on these very rows.

    Its class is a subclass of the same name, so that whoever goes by the class of a learner finds
    what is there. Learners without weights are left alone: their fits cost nothing.
    """
    cls = type(estimator)
    if not has_fit_parameter(estimator, "sample_weight") or isinstance(estimator, GaussianNB):
        return estimator

    def fit(self, X, y, sample_weight=None):
        key = joblib.hash((cls.__name__, self.get_params(), X, y, sample_weight))
        if key not in _FITTED:
            _FITTED[key] = vars(cls.fit(self, X, y, sample_weight=sample_weight)).copy()
        vars(self).update(_FITTED[key])
        return self

    return type(cls.__name__, (cls,), {"fit": fit, "__doc__": cls.__doc__})(
        **estimator.get_params()
    )


def plain_arms(learner, y, seed):
    """Name -> unfitted classifier that no metric tunes."""
    with_replacement = {"n_estimators": N_BAGS, "random_state": seed}
    # SMOTE needs more rows of a class than neighbours.
    neighbors = max(1, min(5, int(np.bincount(y).min()) - 1))
    smote = SMOTE(k_neighbors=neighbors, random_state=seed)
    arms = {
        UNTOUCHED: remembering(learner),
        "SMOTE": make_pipeline(smote, clone(learner)),
        "under-sampling": make_pipeline(RandomUnderSampler(random_state=seed), clone(learner)),
        "bagging": BaggingClassifier(clone(learner), **with_replacement),
        "BalancedBagging": BalancedBaggingClassifier(clone(learner), **with_replacement),
    }
    if "class_weight" in learner.get_params():
        arms["class weights"] = remembering(clone(learner).set_params(class_weight="balanced"))
    elif has_fit_parameter(learner, "sample_weight"):
        arms["class weights"] = clone(learner)
    return arms


def shared_arms(seed):
    """Name -> ensemble that brings its own learner."""
    return {
        "BalancedRandomForest": BalancedRandomForestClassifier(random_state=seed),
        "EasyEnsemble": EasyEnsembleClassifier(random_state=seed),
        "RUSBoost": RUSBoostClassifier(random_state=seed),
    }


def tuned_arms(learner, y, metric, seed):
    """Name -> unfitted classifier that is tuned for the metric."""
    binary = y.max() == 1
    cv = folds(seed) if np.bincount(y).min() >= N_FOLDS else None
    settings = {
        "scoring": metric.binary if binary else metric.multiclass,
        "pos_label": 1 if binary else None,
        "cv": cv,
        "random_state": seed,
    }
    arms = {
        OURS: AutoBalancedClassifier(remembering(learner), **settings),
        RULE: AutoBalancedClassifier(
            remembering(learner), strategies=["none"], correct_proba=None, **settings
        ),
    }
    if binary:
        scorer = make_scorer(metric.fast)
        arms[THRESHOLD] = TunedThresholdClassifierCV(remembering(learner), scoring=scorer, cv=cv)
    return arms


def fit_arm(name, arm, halves):
    """Fit; the weights of a learner without the parameter are weights of rows."""
    if name == "class weights" and "class_weight" not in arm.get_params():
        weights = compute_sample_weight("balanced", halves.y)
        return arm.fit(halves.X, halves.y, sample_weight=weights)
    return arm.fit(halves.X, halves.y)


def losses(fitted, halves):
    """Log loss and Brier score of test rows."""
    proba = fitted.predict_proba(halves.X_test)
    labels = np.arange(halves.y.max() + 1)
    brier = brier_score_loss(
        halves.y_test, proba[:, 1] if len(labels) == 2 else proba, labels=labels
    )
    return {"log loss": log_loss(halves.y_test, proba, labels=labels), "Brier": brier}


def run_task(task, X, y):
    """Everything measured of one task, as plain values; what an arm raises is noted."""
    warnings.simplefilter("ignore")
    _FITTED.clear()
    halves = scaled(Halves(*(np.asarray(half) for half in split_in_halves(X, y, task.seed))))
    record = {**task._asdict(), "arms": defaultdict(dict), "choices": {}, "errors": {}}
    start = time.perf_counter()
    if task.learner == SHARED:
        run_plain(record, shared_arms(task.seed), halves)
    else:
        learner = LEARNERS[task.learner]
        run_plain(record, plain_arms(learner, halves.y, task.seed), halves)
        run_tuned(record, learner, halves, task.seed)
    record["seconds"] = round(time.perf_counter() - start, 2)
    return record


def split_in_halves(X, y, seed):
    """Stratified halves, in the order of `Halves`."""
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.5, stratify=y, random_state=seed)
    return X, y, X_test, y_test


def run_plain(record, arms, halves):
    """Arms that are fitted once."""
    for name, arm in arms.items():
        try:
            fitted = fit_arm(name, arm, halves)
            predicted = fitted.predict(halves.X_test)
            found = {m: metric.score(halves.y_test, predicted) for m, metric in METRICS.items()}
            record["arms"][name] = found | losses(fitted, halves)
        except Exception as error:
            record["errors"][name] = f"{type(error).__name__}: {error}".splitlines()[0]


def run_tuned(record, learner, halves, seed):
    """Arms that are fitted per metric; their losses are averaged over the metrics."""
    seen = defaultdict(list)
    for metric_name, metric in METRICS.items():
        for name, arm in tuned_arms(learner, halves.y, metric, seed).items():
            try:
                arm.fit(halves.X, halves.y)
                predicted = arm.predict(halves.X_test)
                record["arms"][name][metric_name] = metric.score(halves.y_test, predicted)
                seen[name].append(losses(arm, halves))
            except Exception as error:
                record["errors"][name] = f"{type(error).__name__}: {error}".splitlines()[0]
                continue
            if name == OURS:
                record["choices"][metric_name] = str(arm.best_strategy_)
    for name, found in seen.items():
        for loss in LOSSES:
            record["arms"][name][loss] = float(np.mean([values[loss] for values in found]))
