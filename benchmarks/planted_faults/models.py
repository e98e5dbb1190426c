"""Sensible fits of nine families, faults of fitting made from them, and what wraps them."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

MODELS = ("LR", "SGD", "SVM", "kNN", "tree", "RF", "HGB", "MLP", "NB")
# Models whose result depends on the units of the columns, and those that give probabilities.
SCALED = ("LR", "SGD", "SVM", "kNN", "MLP")
PROBABILISTIC = ("LR", "SGD", "kNN", "tree", "RF", "HGB", "MLP", "NB")


def learner(name, n_rows, seed):
    """The last step: regularised to the number of training rows."""
    return {
        "LR": LogisticRegression(C=0.3, max_iter=1000),
        "SGD": SGDClassifier(loss="log_loss", alpha=3 / n_rows, random_state=seed),
        "SVM": SVC(C=1.0),
        "kNN": KNeighborsClassifier(25),
        "tree": DecisionTreeClassifier(min_samples_leaf=max(5, n_rows // 40), random_state=seed),
        "RF": RandomForestClassifier(60, min_samples_leaf=3, random_state=seed),
        "HGB": HistGradientBoostingClassifier(
            learning_rate=0.08,
            max_iter=60,
            max_leaf_nodes=8,
            l2_regularization=5.0,
            early_stopping=False,
            random_state=seed,
        ),
        "MLP": MLPClassifier(
            (20,), alpha=0.3, learning_rate_init=0.01, max_iter=120, tol=1e-3, random_state=seed
        ),
        "NB": GaussianNB(),
    }[name]


def sensible(name, n_rows, seed, **params):
    """The learner, behind a scaler where units matter; `params` are those of the learner."""
    last = learner(name, n_rows, seed).set_params(**params)
    return make_pipeline(StandardScaler(), last) if name in SCALED else last


def with_learner(estimator, **params):
    """A clone with parameters of the last step changed."""
    estimator = clone(estimator)
    last = estimator[-1] if hasattr(estimator, "steps") else estimator
    last.set_params(**params)
    return estimator


class WarpedClassifier(ClassifierMixin, BaseEstimator):
    """A classifier whose log-probabilities go through a fixed map.

    Parameters
    ----------
    estimator : classifier
        What ranks the rows.
    power : float, default=1.0
        Factor on the log-probabilities: above 1 too sure, below 1 too timid.
    kind : {"all", "one-sided"}, default="all"
        Whether all log-odds are multiplied, or, of two classes, only those above zero, which bends
        the curve of reliability.
    floor : float, default=0.0
        Share of the uniform distribution that is mixed in.
    """

    def __init__(self, estimator, *, power=1.0, kind="all", floor=0.0):
        self.estimator = estimator
        self.power = power
        self.kind = kind
        self.floor = floor

    def fit(self, X, y):
        """Fit the classifier."""
        self.estimator_ = clone(self.estimator).fit(X, y)
        self.classes_ = self.estimator_.classes_
        return self

    def predict_proba(self, X):
        """Warped probabilities."""
        log_p = np.log(np.clip(self.estimator_.predict_proba(X), 1e-9, 1))
        if self.kind == "one-sided":
            log_odds = log_p[:, 1] - log_p[:, 0]
            log_odds = np.where(log_odds > 0, self.power * log_odds, log_odds)
            log_p = np.stack([np.zeros(len(log_odds)), log_odds], axis=1)
        else:
            log_p = self.power * log_p
        p = np.exp(log_p - log_p.max(axis=1, keepdims=True))
        p = p / p.sum(axis=1, keepdims=True)
        return (1 - self.floor) * p + self.floor / p.shape[1]

    def predict(self, X):
        """Label of the largest probability."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class DeadStartMLP(MLPClassifier):
    """A network whose hidden units start with biases far below zero, so that ReLU gives zero."""

    def __init__(
        self,
        hidden_layer_sizes=(20,),
        *,
        activation="relu",
        alpha=0.3,
        learning_rate_init=0.01,
        max_iter=120,
        tol=1e-3,
        random_state=None,
        first_bias=-10.0,
    ):
        super().__init__(
            hidden_layer_sizes,
            activation=activation,
            alpha=alpha,
            learning_rate_init=learning_rate_init,
            max_iter=max_iter,
            tol=tol,
            random_state=random_state,
        )
        self.first_bias = first_bias

    def _init_coef(self, fan_in, fan_out, dtype):
        coef, intercept = super()._init_coef(fan_in, fan_out, dtype)
        if fan_out == self.hidden_layer_sizes[0]:
            intercept = np.full_like(intercept, self.first_bias)
        return coef, intercept


class ClipTo(BaseEstimator):
    """Cut every column at fixed limits: what an analyst does who knows the range of a sensor."""

    def __init__(self, low=None, high=None):
        self.low = low
        self.high = high

    def fit(self, X, y=None):
        """Nothing to learn."""
        self.n_features_in_ = np.shape(X)[1]
        return self

    def transform(self, X):
        """The cut columns."""
        return np.clip(X, self.low, self.high)

    def __sklearn_is_fitted__(self):
        return True
