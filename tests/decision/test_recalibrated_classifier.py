"""Tests of RecalibratedClassifier: what its maps recover, repair, keep and refuse."""

import numpy as np
import pytest
from scipy.special import expit, log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.naive_bayes import GaussianNB
from sklearn.utils import get_tags

from sklearn_lossfix._core._proper_scores import clipped_log
from sklearn_lossfix._core._recalibration import fit_isotonic_map, fit_smooth_map
from sklearn_lossfix.decision import DecisionRuleClassifier, RecalibratedClassifier

METHODS = ("prior_shift", "temperature", "vector", "isotonic")


class _Forecaster(ClassifierMixin, BaseEstimator):
    """A classifier that takes the columns of X for log-odds, and learns nothing but the labels."""

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return softmax(X, axis=1)

    def predict(self, X):
        return self.classes_[X.argmax(axis=1)]


class _OneColumn(_Forecaster):
    """The same for two classes, with one column: that of the last class."""

    def predict_proba(self, X):
        return super().predict_proba(X)[:, 1:]


def _forecasts(n_rows, n_classes, slopes=1.0, offsets=0.0, seed=0):
    """Draw log-odds, and labels from the probabilities after a planted map of them."""
    rng = np.random.default_rng(seed)
    z = 2 * rng.normal(size=(n_rows, n_classes))
    chance = softmax(log_softmax(z, axis=1) * slopes + offsets, axis=1)
    uniform = rng.random((n_rows, 1))
    return z, (uniform > chance.cumsum(axis=1)[:, :-1]).sum(axis=1)


@pytest.fixture(scope="module")
def imbalanced():
    """Two classes, one of them rare, and 20,000 fresh rows of the same."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(24_000, 5))
    y = (rng.random(24_000) < expit(X @ [1.5, -1, 0.5, 0, 0] - 3)).astype(int)
    return X[:4000], y[:4000], X[4000:], y[4000:]


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_planted_temperature_is_recovered(n_classes, temperature):
    """Forecasts too sure, or not sure enough, by a factor get that factor as temperature."""
    X, y = _forecasts(20_000, n_classes, slopes=1 / temperature)
    model = RecalibratedClassifier(_Forecaster()).fit(X, y)
    assert model.temperature_ == pytest.approx(temperature, rel=0.05)
    np.testing.assert_allclose(model.slopes_, model.slopes_[0])


@pytest.mark.parametrize("method", ["prior_shift", "temperature", "vector"])
def test_planted_offsets_are_recovered(method):
    """Log ratios of the classes' shares are found by every smooth map."""
    planted = np.array([-1.0, 0.0, 1.5])
    X, y = _forecasts(20_000, 3, offsets=planted)
    model = RecalibratedClassifier(_Forecaster(), method=method).fit(X, y)
    centred = planted - planted.mean()
    np.testing.assert_allclose(model.offsets_ - model.offsets_.mean(), centred, atol=0.1)
    if method == "prior_shift":
        np.testing.assert_array_equal(model.slopes_, 1.0)


def test_planted_slopes_are_recovered_by_vector_scaling():
    """A slope per class is found only by the map that has one."""
    planted = np.array([0.5, 1.0, 2.0])
    X, y = _forecasts(40_000, 3, slopes=planted)
    model = RecalibratedClassifier(_Forecaster(), method="vector").fit(X, y)
    np.testing.assert_allclose(model.slopes_, planted, rtol=0.1)


def test_bent_probabilities_are_straightened_by_isotonic():
    """A curve that no smooth map has is followed by the isotonic one."""
    rng = np.random.default_rng(0)
    p = rng.uniform(0.01, 0.99, 40_000)
    truth = np.where(p < 0.5, 0.2, 0.7)
    y = (rng.random(len(p)) < truth).astype(int)
    X = np.log(np.column_stack([1 - p, p]))
    model = RecalibratedClassifier(_Forecaster(), method="isotonic").fit(X, y)
    inner = np.abs(p - 0.5) > 0.02
    error = np.abs(model.predict_proba(X)[:, 1] - truth)
    assert error[inner].mean() < 0.02
    assert np.isnan(model.temperature_)
    assert (np.diff(model.values_) >= 0).all()
    assert (np.diff(model.knots_) >= 0).all()


@pytest.mark.parametrize("method", METHODS)
def test_class_weights_are_mended(imbalanced, method):
    """Balanced weights triple the loss; any map brings it within 2 % of the unweighted model's."""
    X, y, X_new, y_new = imbalanced
    weighted = LogisticRegression(class_weight="balanced")
    plain = log_loss(y_new, LogisticRegression().fit(X, y).predict_proba(X_new))
    spoilt = log_loss(y_new, weighted.fit(X, y).predict_proba(X_new))
    mended = RecalibratedClassifier(weighted, method=method).fit(X, y)
    assert spoilt > 1.5 * plain
    assert log_loss(y_new, mended.predict_proba(X_new)) < 1.02 * plain


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("method", METHODS[:3])
def test_probabilities_are_those_of_the_map(method, n_classes):
    """Probabilities are the estimator's through the map of its out-of-fold scores, and sum to 1."""
    X, y = make_classification(n_classes=n_classes, n_informative=4, random_state=0)
    model = RecalibratedClassifier(GaussianNB(), method=method, cv=3).fit(X, y)
    proba, inner = model.predict_proba(X), GaussianNB().fit(X, y).predict_proba(X)
    powers = np.exp(model.offsets_) * inner**model.slopes_
    expected = powers / powers.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(proba, expected, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), proba)
    np.testing.assert_array_equal(model.predict(X), proba.argmax(axis=1))


def test_isotonic_probabilities_follow_the_knots():
    """Between knots the isotonic map is linear, and both columns sum to one."""
    X, y = _forecasts(500, 2)
    model = RecalibratedClassifier(_Forecaster(), method="isotonic").fit(X, y)
    proba = model.predict_proba(X)
    expected = np.interp(softmax(X, axis=1)[:, 1], model.knots_, model.values_)
    np.testing.assert_allclose(proba[:, 1], expected, rtol=1e-12)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-12)
    assert ((proba > 0) & (proba < 1)).all()


@pytest.mark.parametrize("method", METHODS)
def test_record_is_cross_fitted(method):
    """Each entry of the record went through the map of all entries but those of its fold."""
    X, y = _forecasts(300, 2, slopes=0.5)
    fold = np.arange(300) % 3
    splits = [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(3)]
    record = RecalibratedClassifier(_Forecaster(), method=method, cv=splits).fit(X, y).oof_
    log_p, fold = clipped_log(softmax(X, axis=1))[record["row"]], fold[record["row"]]
    for k in range(3):
        learn, judge = fold != k, fold == k
        if method == "isotonic":
            fitted = fit_isotonic_map(log_p[learn], record["y"][learn])
        else:
            fitted = fit_smooth_map(log_p[learn], record["y"][learn], method)
        expected = np.exp(fitted.log_proba(log_p[judge]))
        np.testing.assert_allclose(record["scores"][judge], expected, rtol=1e-9)
    np.testing.assert_array_equal(record["pred"], record["scores"].argmax(axis=1))


def test_one_split_is_divided_once_more():
    """With a single test part the record is cross-fitted within it."""
    X, y = _forecasts(400, 2, slopes=0.5)
    splits = [(np.arange(200), np.arange(200, 400))]
    record = RecalibratedClassifier(_Forecaster(), method="isotonic", cv=splits).fit(X, y).oof_
    in_sample = RecalibratedClassifier(_Forecaster(), method="isotonic", cv="prefit")
    in_sample.set_params(estimator=_Forecaster().fit(X, y)).fit(X[200:], y[200:])
    np.testing.assert_array_equal(record["row"], splits[0][1])
    optimistic = log_loss(y[200:], in_sample.predict_proba(X[200:]))
    assert log_loss(record["y"], record["scores"]) > optimistic + 0.01


def test_one_column_of_probabilities_is_that_of_the_last_class():
    """An estimator that gives one column for two classes is taken at its word."""
    X, y = _forecasts(400, 2, slopes=0.5)
    one = RecalibratedClassifier(FrozenEstimator(_OneColumn().fit(X, y))).fit(X, y)
    two = RecalibratedClassifier(FrozenEstimator(_Forecaster().fit(X, y))).fit(X, y)
    np.testing.assert_allclose(one.slopes_, two.slopes_)
    np.testing.assert_allclose(one.predict_proba(X), two.predict_proba(X))


def test_prefit_map_is_that_of_the_given_rows():
    """A prefit estimator's map is learnt on the very rows that are given."""
    X, y = _forecasts(500, 3, slopes=0.4)
    weight = np.linspace(0.1, 2, 500)
    model = RecalibratedClassifier(FrozenEstimator(_Forecaster().fit(X, y)), method="vector")
    model.fit(X, y, sample_weight=weight)
    expected = fit_smooth_map(clipped_log(softmax(X, axis=1)), y, "vector", weight)
    np.testing.assert_allclose(model.slopes_, expected.slopes)
    np.testing.assert_allclose(model.offsets_, expected.offsets)


def test_labels_change_only_as_probabilities_do(imbalanced):
    """A monotone map of two classes keeps the ranking, and with it what a tuned rule predicts."""
    X, y, X_new, _ = imbalanced
    model = RecalibratedClassifier(LogisticRegression()).fit(X, y)
    order = np.argsort(LogisticRegression().fit(X, y).predict_proba(X_new)[:, 1])
    assert (np.diff(model.predict_proba(X_new)[order, 1]) >= 0).all()
    tuned = DecisionRuleClassifier(model, cv=3).fit(X, y)
    assert tuned.decision_rule_.kind == "threshold"


@pytest.mark.parametrize("method", METHODS)
def test_fitted_numbers_are_plain(method):
    """A fitted map is arrays and numbers; another method leaves nothing of the first."""
    X, y = _forecasts(200, 2)
    model = RecalibratedClassifier(_Forecaster(), method="vector").fit(X, y)
    model.set_params(method=method).fit(X, y)
    names = {"knots_", "values_"} if method == "isotonic" else {"slopes_", "offsets_"}
    learnt = {name: value for name, value in vars(model).items() if name.endswith("s_")}
    assert set(learnt) == names | {"classes_"}
    assert {type(value) for value in learnt.values()} == {np.ndarray}
    assert type(model.temperature_) is float
    before = model.predict_proba(X)
    model.set_params(method="temperature")
    np.testing.assert_array_equal(model.predict_proba(X), before)


def test_isotonic_is_for_two_classes():
    """More than two classes are refused before anything is fitted, and the tag says so."""
    X, y = _forecasts(100, 3)
    model = RecalibratedClassifier(_Forecaster(), method="isotonic")
    assert not get_tags(model).classifier_tags.multi_class
    with pytest.raises(ValueError, match=r"Only binary .* y has 3 classes. Use method='vector'"):
        model.fit(X, y)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba", "diagnose"])
def test_unfitted_is_refused(method):
    """Nothing can be predicted or explained before the fit."""
    model = RecalibratedClassifier(_Forecaster())
    with pytest.raises(NotFittedError):
        getattr(model, method)(*([np.zeros((3, 2))] if method != "diagnose" else []))
