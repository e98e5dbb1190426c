"""One plain remedy per finding, whoever names it: builders from a fit to a repaired one.

They serve three ends: a random one of them is the arm that every report must beat, they judge what
peers name that offer no remedy of their own, and a fit that none of them improves on fresh rows is
clean.
"""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.feature_selection import SelectFromModel
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix import DecisionRuleClassifier
from sklearn_lossfix.decision import RecalibratedClassifier

# A column is a copy of an earlier one from this absolute correlation.
COPY = 0.9


class DropCopies(TransformerMixin, BaseEstimator):
    """Leave out columns that are nearly a multiple of an earlier one."""

    def fit(self, X, y=None):
        """Find them."""
        r = np.nan_to_num(np.abs(np.corrcoef(np.asarray(X, dtype=float), rowvar=False)))
        self.keep_ = [j for j in range(len(r)) if not (r[j, :j] > COPY).any()]
        return self

    def transform(self, X):
        """The others."""
        return np.asarray(X)[:, self.keep_]


def _learner(estimator):
    """The last step of a pipeline, through wrappers that hold one estimator."""
    while True:
        if hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        elif hasattr(estimator, "steps"):
            estimator = estimator.steps[-1][1]
        elif hasattr(estimator, "estimator"):
            estimator = estimator.estimator
        else:
            return estimator


def _base(estimator):
    """An unfitted estimator; of a search the best one."""
    return clone(getattr(estimator, "best_estimator_", estimator))


def _changed(estimator, params):
    """The same estimator with parameters of its innermost learner changed; None without any."""
    if params is None:
        return None
    base = _base(estimator)
    _learner(base).set_params(**params)
    return base


def regularise(estimator, case):
    """The same learner held shorter."""
    last, n = _learner(estimator), len(case.y)
    if isinstance(last, LogisticRegression):
        return _changed(estimator, {"C": last.C / 30})
    if isinstance(last, SVC):
        return _changed(estimator, {"C": last.C / 30, "gamma": "scale"})
    if isinstance(last, KNeighborsClassifier):
        return _changed(estimator, {"n_neighbors": int(max(2 * last.n_neighbors, n**0.5))})
    if isinstance(last, DecisionTreeClassifier):
        return _changed(estimator, {"min_samples_leaf": max(2 * last.min_samples_leaf, n // 40)})
    if isinstance(last, RandomForestClassifier):
        return _changed(estimator, {"min_samples_leaf": 3 * last.min_samples_leaf})
    if isinstance(last, HistGradientBoostingClassifier):
        params = {"learning_rate": 0.05, "max_leaf_nodes": 8, "l2_regularization": 5.0}
        return _changed(estimator, {**params, "max_iter": min(60, last.max_iter)})
    if isinstance(last, MLPClassifier):
        return _changed(estimator, {"alpha": max(1.0, 10 * last.alpha), "early_stopping": True})
    if isinstance(last, SGDClassifier):
        return _changed(estimator, {"alpha": 10 * last.alpha})
    return None


def free(estimator, case):
    """A model that can bend: boosting."""
    return HistGradientBoostingClassifier(
        learning_rate=0.06, l2_regularization=10.0, early_stopping=False, random_state=0
    )


def unregularise(estimator, case):
    """The same learner held longer."""
    last = _learner(estimator)
    if isinstance(last, LogisticRegression | SVC):
        return _changed(estimator, {"C": 100 * last.C})
    if isinstance(last, KNeighborsClassifier):
        return _changed(estimator, {"n_neighbors": max(5, last.n_neighbors // 5)})
    if isinstance(last, DecisionTreeClassifier | RandomForestClassifier):
        least = max(3, last.min_samples_leaf // 4)
        return _changed(estimator, {"max_depth": None, "min_samples_leaf": least})
    if isinstance(last, HistGradientBoostingClassifier):
        return _changed(estimator, {"max_iter": 10 * last.max_iter})
    if isinstance(last, MLPClassifier | SGDClassifier):
        return _changed(estimator, {"alpha": last.alpha / 100})
    return None


def longer(estimator, case):
    """Twenty times as many iterations."""
    last = _learner(estimator)
    if hasattr(last, "max_iter") and last.max_iter > 0:
        most = 500 if isinstance(last, HistGradientBoostingClassifier) else 2000
        return _changed(estimator, {"max_iter": min(20 * last.max_iter, most)})
    return None


def _rate(last):
    """Name and value of a learning rate."""
    if isinstance(last, MLPClassifier):
        return "learning_rate_init", last.learning_rate_init
    if isinstance(last, SGDClassifier) and last.learning_rate == "constant":
        return "eta0", last.eta0
    if isinstance(last, HistGradientBoostingClassifier):
        return "learning_rate", last.learning_rate
    return None, None


def slower(estimator, case):
    """A tenth of the learning rate."""
    name, value = _rate(_learner(estimator))
    return _changed(estimator, name and {name: value / 10})


def faster(estimator, case):
    """Thirty times the learning rate, within what learners bear."""
    name, value = _rate(_learner(estimator))
    return _changed(estimator, name and {name: min(30 * value, 0.3)})


def in_front(transformer):
    """A builder that puts a transformer in front."""

    def build(estimator, case):
        return make_pipeline(clone(transformer), _base(estimator))

    return build


def scale(estimator, case):
    """A scaler in front, where units matter and none is there."""
    is_bare = not hasattr(_base(estimator), "steps")
    if isinstance(_learner(estimator), GaussianNB) or not is_bare:
        return None
    return make_pipeline(StandardScaler(), _base(estimator))


def select(estimator, case):
    """Columns that a forest uses more than the middle one."""
    forest = RandomForestClassifier(100, min_samples_leaf=5, random_state=0)
    return make_pipeline(SelectFromModel(forest, threshold="mean"), _base(estimator))


def indicate(estimator, case):
    """Columns that say what was missing."""
    if not np.isnan(case.X).any():
        return None
    return make_pipeline(SimpleImputer(add_indicator=True), _base(estimator))


def recalibrate(method):
    """A builder of a cross-fitted recalibration."""

    def build(estimator, case):
        if not hasattr(_base(estimator), "predict_proba"):
            return None
        return RecalibratedClassifier(_base(estimator), method=method)

    return build


def tune_rule(estimator, case):
    """A decision rule tuned for the metric."""
    if not hasattr(_base(estimator), "predict_proba"):
        return None
    return DecisionRuleClassifier(_base(estimator), scoring=case.scoring)


def classify(estimator, case):
    """A classifier in the place of a regressor."""
    last = _learner(estimator)
    if isinstance(last, HistGradientBoostingRegressor) or hasattr(last, "predict_proba"):
        return None
    return make_pipeline(StandardScaler(), LogisticRegression(C=0.3, max_iter=1000))


#: Slug -> builder; those that are cheap and help often come first.
PANEL = {
    "underfitting": free,
    "overfitting": regularise,
    "_unregularise": unregularise,
    "unscaled-features": scale,
    "outlier-features": in_front(QuantileTransformer(n_quantiles=50, output_distribution="normal")),
    "learning-rate-too-high": slower,
    "learning-rate-too-low": faster,
    "not-converged": longer,
    "useless-features": select,
    "redundant-features": in_front(DropCopies()),
    "informative-missingness": indicate,
    "loss-unsuited-to-task": classify,
    "overconfident": recalibrate("temperature"),
    "underconfident": recalibrate("temperature"),
    "shifted-prior": recalibrate("temperature"),
    "misshapen-probabilities": recalibrate("isotonic"),
    "misaligned-decision-rule": tune_rule,
    "majority-collapse": tune_rule,
}
# Builders that are the same object serve one purpose once.
DISTINCT = [
    name for name in PANEL if name not in ("underconfident", "shifted-prior", "majority-collapse")
]


def build(name, case):
    """The panel's remedy of a finding, or None where there is none."""
    builder = PANEL.get(name)
    try:
        return None if builder is None else builder(case.estimator, case)
    except (TypeError, ValueError, AttributeError):
        return None
