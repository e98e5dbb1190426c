"""Tests of TreatedClassifier: priors and their correction, weights, containers, routing, seeds."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from imblearn.ensemble import BalancedRandomForestClassifier
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from imblearn.under_sampling import RandomUnderSampler
from scipy import sparse
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import get_tags

from sklearn_lossfix._core._prior_shift import correct_prior
from sklearn_lossfix.exceptions import TreatmentError
from sklearn_lossfix.imbalance._treated_classifier import TreatedClassifier
from sklearn_lossfix.imbalance._treatments import (
    TREATMENTS,
    class_weights,
    parse_treatment,
    target_counts,
)

BAGS = ("balanced_bagging", "bagging")
ROW_WISE = tuple(name for name in TREATMENTS if not name.startswith("smote"))


class _Spy(ClassifierMixin, BaseEstimator):
    """Records what it was given; predicts the shares of the classes it was given."""

    def fit(self, X, y, sample_weight=None, margin=None):
        self.X_, self.y_, self.weight_, self.margin_ = X, y, sample_weight, margin
        self.classes_, codes = np.unique(y, return_inverse=True)
        totals = np.bincount(codes, sample_weight)
        self.shares_ = totals / totals.sum()
        return self

    def predict_proba(self, X):
        return np.tile(self.shares_, (X.shape[0], 1))

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class _WeightlessSpy(_Spy):
    """The same without weights."""

    def fit(self, X, y):
        return super().fit(X, y)


class _ClassWeightSpy(_WeightlessSpy):
    """Takes weights of classes only."""

    def __init__(self, class_weight=None):
        self.class_weight = class_weight


class _Voter(_WeightlessSpy):
    """Predicts labels and nothing else."""

    predict_proba = property()

    def predict(self, X):
        return np.full(X.shape[0], self.classes_[self.shares_.argmax()])


@pytest.fixture(scope="module")
def three():
    """Three classes with names in no order, mixed."""
    X, codes = make_classification(
        400,
        6,
        n_informative=4,
        n_classes=3,
        weights=[0.65, 0.25, 0.1],
        class_sep=0.8,
        random_state=0,
    )
    return X, np.array(["mid", "low", "high"])[codes]


def _learner(treatment, **params):
    """A quick classifier that the treatment suits."""
    if treatment == "balanced_random_forest":
        return RandomForestClassifier(5, max_depth=4, **params)
    return DecisionTreeClassifier(max_depth=4, **params)


def _treated(treatment, estimator=None, **params):
    """An unfitted classifier under a treatment, with a seed."""
    params = {"n_estimators": 3, "random_state": 0, **params}
    estimator = _learner(treatment) if estimator is None else estimator
    return TreatedClassifier(estimator, treatment, **params)


def _shares(y, weight=None):
    """Shares of the sorted labels."""
    totals = np.bincount(np.unique(y, return_inverse=True)[1], weight)
    return totals / totals.sum()


@pytest.mark.parametrize("treatment", TREATMENTS)
def test_every_treatment_fits_and_predicts(three, treatment):
    """Labels are those of y, columns those of classes_, rows sum to one."""
    X, y = three
    model = _treated(treatment).fit(X, y)
    proba = model.predict_proba(X)
    np.testing.assert_array_equal(model.classes_, ["high", "low", "mid"])
    assert proba.shape == (400, 3)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    np.testing.assert_array_equal(model.predict(X), model.classes_[proba.argmax(axis=1)])
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), proba)
    assert model.score(X, y) > 0.65  # the share of the greatest class
    assert model.n_features_in_ == 6
    np.testing.assert_allclose(model.class_prior_, _shares(y))


@pytest.mark.parametrize("treatment", TREATMENTS)
def test_the_seed_decides_and_nothing_else(three, treatment):
    """Two fits agree, so do a copy and a pickle; draws differ with the seed."""
    X, y = three
    estimator = _learner(treatment, max_features=2)
    model = _treated(treatment, estimator).fit(X, y)
    expected = model.predict_proba(X)
    for other in (clone(model).fit(X, y), model.fit(X, y), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(other.predict_proba(X), expected)
    assert not np.array_equal(
        _treated(treatment, estimator, random_state=1).fit(X, y).predict_proba(X), expected
    )
    assert estimator.random_state is None
    assert not hasattr(estimator, "classes_")


def test_a_random_state_object_seeds_a_fit(three):
    """Two objects of one seed give one model."""
    X, y = three
    first, second = (
        _treated("bagging", random_state=np.random.RandomState(3)).fit(X, y).predict_proba(X)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


def test_members_of_a_bag_learn_from_rows_and_seeds_of_their_own(three):
    """More members begin with the same ones."""
    X, y = three
    few = _treated("bagging", _Spy(), n_estimators=3).fit(X, y)
    many = _treated("bagging", _Spy(), n_estimators=5).fit(X, y)
    assert len(few.estimators_) == 3
    assert not np.array_equal(few.estimators_[0].X_, few.estimators_[1].X_)
    for first, second in zip(few.estimators_, many.estimators_, strict=False):
        np.testing.assert_array_equal(first.X_, second.X_)
    trees = _treated("bagging").fit(X, y).estimators_
    assert len({tree.random_state for tree in trees}) == 3


def test_the_trees_of_a_balanced_forest_differ(three):
    """Each draws rows of its own, without a bootstrap on top."""
    X, y = three
    estimator = RandomForestClassifier(4, max_features=None, max_samples=0.5, oob_score=True)
    forest = _treated("balanced_random_forest", estimator).fit(X, y).estimator_
    assert isinstance(forest, BalancedRandomForestClassifier)
    assert forest.get_params()["max_features"] is None
    rarest = np.unique(y, return_counts=True)[1].min()
    draws = [sampler.sample_indices_ for sampler in forest.samplers_]
    for rows in draws:
        assert np.unique(y[rows], return_counts=True)[1].tolist() == [rarest] * 3
        assert len(np.unique(rows)) < len(rows)
    assert len({tuple(rows) for rows in draws}) == 4
    # a bootstrap of the draw would leave some of its rows out
    assert {tree.tree_.n_node_samples[0] for tree in forest.estimators_} == {3 * rarest}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("treatment", [t for t in TREATMENTS if t != "balanced_random_forest"])
def test_the_training_prior_is_the_shares_that_the_model_saw(three, treatment, weighted):
    """Of rows times weights as handed to its fit; corrected, they give the shares of the data."""
    X, y = three
    weight = np.random.default_rng(0).uniform(0.5, 2, 400) if weighted else None
    model = _treated(treatment, _Spy()).fit(X, y, sample_weight=weight)
    seen = [_shares(spy.y_, spy.weight_) for spy in model.estimators_]
    np.testing.assert_allclose(model.training_prior_, np.mean(seen, axis=0))
    np.testing.assert_allclose(model.class_prior_, _shares(y, weight))
    np.testing.assert_allclose(model.predict_proba(X[:3]), [_shares(y, weight)] * 3)
    raw = clone(model).set_params(correct_prior=False).fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(raw.predict_proba(X[:1])[0], model.training_prior_)


@pytest.mark.parametrize("treatment", TREATMENTS)
def test_the_training_prior_follows_from_the_counts(three, treatment):
    """By the closed form of each treatment."""
    X, y = three
    counts = np.unique(y, return_counts=True)[1]
    kind, ratio = parse_treatment(treatment)
    if kind == "class_weight":
        expected = counts * class_weights(counts, ratio)
    elif kind == "random_under":
        expected = target_counts(counts, ratio, "under")
    elif ratio is not None:
        expected = target_counts(counts, ratio, "over")
    elif kind.startswith("balanced"):
        expected = np.ones(3)
    else:
        expected = counts
    model = _treated(treatment).fit(X, y)
    np.testing.assert_allclose(model.training_prior_, expected / expected.sum())
    n_rows = 400 if kind in ("class_weight", "balanced_random_forest") else expected.sum()
    if kind != "balanced_bagging":
        assert model.n_training_rows_ == n_rows
    else:
        assert model.n_training_rows_ == 3 * counts.min()


def test_trees_of_a_weighted_balanced_forest_see_the_mean_weights(three):
    """A class whose rows weigh twice as much has twice the share in every draw."""
    X, y = three
    weight = np.where(y == "high", 2.0, 1.0)
    model = _treated("balanced_random_forest").fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(model.training_prior_, [0.5, 0.25, 0.25])


@pytest.mark.parametrize("treatment", ["class_weight_balanced", "random_over_balanced"])
def test_correction_gives_the_probabilities_of_the_untreated_model(treatment):
    """Where the model is right: the law of prior shift holds for logistic regression.

    The treated intercept is off by the log ratio of the priors, so without correction the mean
    probability of the rare class is many times its share.
    """
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40_000, 2))
    truth = expit(X @ [1.5, -1.0] - 3)
    y = (rng.random(40_000) < truth).astype(int)
    plain = LogisticRegression(C=np.inf).fit(X, y).predict_proba(X)
    treated = TreatedClassifier(LogisticRegression(C=np.inf), treatment, random_state=0)
    proba = treated.fit(X, y).predict_proba(X)
    raw = treated.set_params(correct_prior=False).fit(X, y).predict_proba(X)
    assert np.abs(proba - plain).mean() < 0.005
    assert np.abs(raw - plain).mean() > 0.15
    np.testing.assert_allclose(proba[:, 1].mean(), y.mean(), rtol=0.05)


@pytest.mark.parametrize("treatment", TREATMENTS)
def test_probabilities_are_the_corrected_ones_of_the_models(three, treatment):
    """The mean over the models, brought back to the shares of the rows."""
    X, y = three
    weight = np.random.default_rng(0).uniform(0.5, 2, 400)
    model = _treated(treatment).fit(X, y, sample_weight=weight)
    mean = np.mean([tree.predict_proba(X) for tree in model.estimators_], axis=0)
    expected = correct_prior(mean, model.training_prior_, model.class_prior_)
    np.testing.assert_allclose(model.predict_proba(X), expected, atol=1e-12)
    if treatment in BAGS:
        # The members see the weights that were drawn: their own shares are asked of spies.
        spies = _treated(treatment, _Spy()).fit(X, y, sample_weight=weight).estimators_
        shares = np.mean([spy.shares_ for spy in spies], axis=0)
        np.testing.assert_allclose(model.training_prior_, shares)


def test_no_treatment_is_the_estimator_itself(three):
    """Probabilities, decision values and labels are equal to the last bit."""
    X, y = three
    weight = np.random.default_rng(0).uniform(0.5, 2, 400)
    plain = LogisticRegression().fit(X, y, sample_weight=weight)
    model = TreatedClassifier(LogisticRegression()).fit(X, y, sample_weight=weight)
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        np.testing.assert_array_equal(getattr(model, method)(X), getattr(plain, method)(X))


@pytest.mark.parametrize(
    ("treatment", "sampler"),
    [
        ("random_under_balanced", RandomUnderSampler(random_state=5)),
        ("random_over_balanced", RandomOverSampler(random_state=5)),
        ("smote_balanced", SMOTE(random_state=5)),
        (RandomUnderSampler(random_state=5), RandomUnderSampler(random_state=5)),
        (SMOTE(random_state=5), SMOTE(random_state=5)),
    ],
)
def test_without_correction_it_is_a_pipeline_of_imbalanced_learn(three, treatment, sampler):
    """With the same seed."""
    X, y = three
    expected = make_sampling_pipeline(sampler, GaussianNB()).fit(X, y)
    model = _treated(treatment, GaussianNB(), correct_prior=False, random_state=5).fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X), expected.predict_proba(X))
    np.testing.assert_array_equal(model.predict(X), expected.predict(X))


@pytest.mark.parametrize("treatment", ["class_weight_sqrt", "class_weight_balanced"])
def test_class_weights_come_by_rows_or_by_class(three, treatment):
    """Times the user's weights where the fit takes weights; otherwise in a dict by label."""
    X, y = three
    weight = np.random.default_rng(0).uniform(0.5, 2, 400)
    labels, codes = np.unique(y, return_inverse=True)
    ratio = parse_treatment(treatment)[1]
    factors = class_weights(np.bincount(codes, weight), ratio)
    by_row = _treated(treatment, _Spy()).fit(X, y, sample_weight=weight).estimator_
    np.testing.assert_allclose(by_row.weight_, weight * factors[codes])
    by_class = _treated(treatment, _ClassWeightSpy()).fit(X, y).estimator_
    factors = class_weights(np.bincount(codes), ratio)
    assert by_class.class_weight == pytest.approx(dict(zip(labels, factors, strict=True)))
    assert by_class.weight_ is None


def test_balanced_weights_are_what_scikit_learn_calls_balanced(three):
    """The same fits."""
    X, y = three
    for estimator in (LogisticRegression(), DecisionTreeClassifier(random_state=0)):
        expected = clone(estimator).set_params(class_weight="balanced").fit(X, y)
        model = _treated("class_weight_balanced", estimator, correct_prior=False).fit(X, y)
        np.testing.assert_array_equal(model.predict(X), expected.predict(X))


@pytest.mark.parametrize("treatment", [t for t in ROW_WISE if t != "balanced_random_forest"])
def test_weights_and_parameters_stay_with_their_rows(three, treatment):
    """The spy is given rows out of X only, each with its own label, weight and margin."""
    X, y = three
    X = np.column_stack([np.arange(400.0), X])
    n_rows = np.arange(400)
    labels, codes = np.unique(y, return_inverse=True)
    model = _treated(treatment, _Spy()).fit(X, y, sample_weight=n_rows + 1.0, margin=n_rows * 10)
    for spy in model.estimators_:
        rows = spy.X_[:, 0].astype(int)
        np.testing.assert_array_equal(spy.X_, X[rows])
        np.testing.assert_array_equal(spy.y_, y[rows])
        np.testing.assert_array_equal(spy.margin_, rows * 10)
        ratio = spy.weight_ / (rows + 1)
        for code in range(len(labels)):  # one factor a class: 1 but for class weights
            np.testing.assert_allclose(ratio[codes[rows] == code], ratio[codes[rows] == code][0])
        if not treatment.startswith("class_weight"):
            np.testing.assert_array_equal(spy.weight_, rows + 1)


def test_without_weights_none_are_handed_on(three):
    """Unit weights would not be the same to every estimator."""
    X, y = three
    for treatment in ("none", "random_over_sqrt", "smote_sqrt", *BAGS):
        model = _treated(treatment, _Spy()).fit(X, y)
        assert all(spy.weight_ is None for spy in model.estimators_)


@pytest.mark.parametrize("treatment", ["none", "random_over_balanced", "bagging"])
def test_an_estimator_without_weights_is_fitted_without(three, treatment):
    """Its training prior counts rows; the shares of the classes count weights."""
    X, y = three
    weight = np.where(y == "high", 5.0, 1.0)
    model = _treated(treatment, _WeightlessSpy()).fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(model.training_prior_, model.estimators_[0].shares_)
    np.testing.assert_allclose(model.class_prior_, _shares(y, weight))
    np.testing.assert_allclose(model.predict_proba(X[:1])[0], _shares(y, weight))


def _containers(X):
    """Rows of numbers in every container."""
    names = [f"x{k}" for k in range(X.shape[1])]
    return {
        "pandas": pd.DataFrame(X, columns=names, index=np.arange(len(X)) + 7),
        "polars": pl.DataFrame(X, schema=names),
        "csr": sparse.csr_matrix(X),
        "coo": sparse.coo_array(X),
        "list": X.tolist(),
    }


@pytest.mark.parametrize("name", ["pandas", "polars", "csr", "coo", "list"])
@pytest.mark.parametrize("treatment", TREATMENTS)
def test_the_container_does_not_matter(three, treatment, name):
    """Probabilities are those of arrays, and y may be a series."""
    X, y = three
    table = _containers(X)[name]
    series = {"pandas": pd.Series, "polars": pl.Series, "list": list}.get(name, np.asarray)(y)
    model = _treated(treatment).fit(table, series)
    expected = _treated(treatment).fit(X, y)
    np.testing.assert_allclose(model.predict_proba(table), expected.predict_proba(X), atol=1e-12)
    assert model.predict(table).tolist() == expected.predict(X).tolist()
    plain = DecisionTreeClassifier().fit(table, series)
    # Older versions of scikit-learn cannot read the names of columns of newer ones of polars.
    assert hasattr(model, "feature_names_in_") == hasattr(plain, "feature_names_in_")
    if hasattr(plain, "feature_names_in_"):
        assert model.feature_names_in_.tolist() == list(table.columns)


def test_categories_reach_the_estimator_as_they_are():
    """A frame with a category goes through SMOTENC to boosting that reads the dtype."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"number": rng.normal(size=300), "level": pd.Categorical(rng.choice(list("abc"), 300))}
    )
    y = np.where((frame["level"] == "a") & (frame["number"] > 0), "yes", "no")
    learner = HistGradientBoostingClassifier(max_iter=20, categorical_features="from_dtype")
    model = _treated("smote_balanced", learner).fit(frame, y)
    assert model.estimator_.is_categorical_.tolist() == [False, True]
    assert model.score(frame, y) > 0.95


def test_labels_of_any_type_come_back():
    """Integers, booleans and negative numbers."""
    X, codes = make_classification(120, weights=[0.8], random_state=0)
    for labels in (np.array([7, 3]), np.array([True, False]), np.array([-1, 1], dtype=np.int8)):
        y = labels[codes]
        for treatment in ("class_weight_balanced", "smote_balanced", "balanced_bagging"):
            model = _treated(treatment).fit(X, y)
            assert model.classes_.dtype == y.dtype
            assert model.predict(X).dtype == y.dtype
            assert model.score(X, y) > 0.8


class _Single(_Spy):
    """Gives probabilities in single precision."""

    def predict_proba(self, X):
        return super().predict_proba(X).astype(np.float32)


@pytest.mark.parametrize("treatment", ["none", "class_weight_balanced", "balanced_bagging"])
def test_single_precision_stays(three, treatment):
    """Probabilities are of the dtype that the estimator gives."""
    X, y = three
    assert _treated(treatment, _Single()).fit(X, y).predict_proba(X).dtype == np.float32


def test_decision_values_are_untouched(three):
    """They are the estimator's own; of a bag the mean."""
    X, y = three
    single = _treated("class_weight_balanced", RidgeClassifier()).fit(X, y)
    np.testing.assert_array_equal(
        single.decision_function(X), single.estimator_.decision_function(X)
    )
    bag = _treated("balanced_bagging", RidgeClassifier()).fit(X, y)
    values = [model.decision_function(X) for model in bag.estimators_]
    np.testing.assert_allclose(bag.decision_function(X), np.mean(values, axis=0))
    np.testing.assert_array_equal(bag.predict(X), bag.classes_[np.argmax(sum(values), axis=1)])
    assert not hasattr(bag, "predict_proba")
    assert not hasattr(_treated("none"), "decision_function")


def test_decision_values_of_pairs_have_no_mean(three):
    """A bag says so; a single model hands them on."""
    X, y = three
    svc = SVC(decision_function_shape="ovo")
    bag = _treated("bagging", svc).fit(X, y)
    with pytest.raises(ValueError, match="decision_function_shape='ovr'"):
        bag.decision_function(X)
    assert _treated("none", svc).fit(X, y).decision_function(X).shape == (400, 3)


def test_a_bag_of_labels_votes(three):
    """Where there are neither probabilities nor decision values."""
    X, y = three
    bag = _treated("bagging", _Voter()).fit(X, y)
    assert not hasattr(bag, "predict_proba")
    assert set(bag.predict(X)) == {"mid"}


def test_a_bag_has_no_single_model(three):
    """And an unfitted one neither."""
    X, y = three
    for model in (_treated("bagging").fit(X, y), _treated("none")):
        assert not hasattr(model, "estimator_")
    assert _treated("none").fit(X, y).estimator_.tree_.node_count > 1
    with pytest.raises(NotFittedError):
        _treated("none").predict(X)


@pytest.mark.parametrize(
    ("estimator", "treatment", "message"),
    [
        (KNeighborsClassifier(), "class_weight_sqrt", "KNeighborsClassifier takes neither weights"),
        (DecisionTreeClassifier(), "balanced_random_forest", "Got DecisionTreeClassifier; take"),
        (SVC(kernel="precomputed"), "random_under_sqrt", "matrix of kernels or distances"),
        (LogisticRegression(class_weight="balanced"), "random_over_sqrt", "'balanced'.*twice"),
        (LogisticRegression(class_weight={"low": 2}), "class_weight_sqrt", "twice"),
    ],
)
def test_what_does_not_suit_the_estimator_is_refused(three, estimator, treatment, message):
    """In one line."""
    X, y = three
    with pytest.raises(TreatmentError, match=message) as caught:
        _treated(treatment, estimator).fit(X, y)
    assert "\n" not in str(caught.value)


def test_kernels_may_be_weighed(three):
    """Rows and columns stay."""
    X, y = three
    model = _treated("class_weight_balanced", SVC(kernel="precomputed")).fit(X @ X.T, y)
    expected = SVC(kernel="linear", class_weight="balanced").fit(X, y)
    np.testing.assert_array_equal(model.predict(X @ X.T), expected.predict(X))
    assert get_tags(model).input_tags.pairwise


def test_weights_that_leave_nothing_of_a_class_are_refused(three):
    """By its name."""
    X, y = three
    with pytest.raises(TreatmentError, match="classes 'low' weigh zero"):
        _treated("none").fit(X, y, sample_weight=(y != "low").astype(float))


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "requires y to be passed"),
        (["a"] * 400, "single class, 'a'"),
        (np.linspace(0, 1, 400), "continuous"),
        (["a", "b"], "same number of rows"),
    ],
)
def test_wrong_targets_are_refused(three, y, message):
    """Before anything is fitted."""
    with pytest.raises(ValueError, match=message):
        _treated("none").fit(three[0], y)


@pytest.mark.parametrize(
    "params",
    [{"treatment": "smote"}, {"treatment": None}, {"n_estimators": 0}, {"correct_prior": "yes"}],
)
def test_wrong_parameters_are_refused(three, params):
    """As scikit-learn does."""
    with pytest.raises(ValueError, match=f"The '{next(iter(params))}' parameter"):
        _treated("none").set_params(**params).fit(*three)


def test_a_failed_fit_leaves_the_fitted_model(three):
    """All is set at the end."""
    X, y = three
    model = _treated("smote_balanced").fit(X, y)
    expected = model.predict_proba(X)
    with pytest.raises(TreatmentError):
        model.fit(np.full_like(X, np.nan), y)
    np.testing.assert_array_equal(model.predict_proba(X), expected)


def test_as_last_step_it_resamples_what_the_steps_before_made(three):
    """Scaling sees all rows, the learner the drawn ones."""
    X, y = three
    model = make_pipeline(StandardScaler(), _treated("random_under_balanced", _Spy()))
    model.fit(X, y, treatedclassifier__sample_weight=np.arange(400) + 1.0)
    np.testing.assert_allclose(model[0].mean_, X.mean(axis=0))
    spy, scaled = model[1].estimator_, model[0].transform(X)
    rows = spy.weight_.astype(int) - 1
    np.testing.assert_array_equal(spy.X_, scaled[rows])
    assert len(rows) == 3 * np.unique(y, return_counts=True)[1].min()


@pytest.mark.parametrize("request_inner", [None, True, False])
def test_weights_are_routed(three, request_inner):
    """This takes weights where asked; the estimator gets them unless it does not want them."""
    X, y = three
    weight = np.arange(400) + 1.0
    with sklearn.config_context(enable_metadata_routing=True):
        spy = _Spy()
        if request_inner is not None:
            spy.set_fit_request(sample_weight=request_inner)
        treated = _treated("none", spy).set_fit_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        model = make_pipeline(scaler, treated).fit(X, y, sample_weight=weight)
    given = model[-1].estimator_.weight_
    if request_inner is False:
        assert given is None
    else:
        np.testing.assert_array_equal(given, weight)
    np.testing.assert_allclose(model[-1].class_prior_, _shares(y, weight))


def test_other_parameters_are_routed_where_they_are_asked_for(three):
    """Through a Pipeline, and with the drawn rows."""
    X, y = three
    with sklearn.config_context(enable_metadata_routing=True):
        spy = _Spy().set_fit_request(margin=True)
        treated = _treated("random_under_sqrt", spy)
        model = make_pipeline(StandardScaler(), treated).fit(X, y, margin=np.arange(400))
        spy = model[-1].estimator_
        np.testing.assert_array_equal(spy.y_, y[spy.margin_])
        with pytest.raises(ValueError, match="margin"):
            _treated("none", _Spy()).fit(X, y, margin=np.arange(400))


def test_tags_are_those_of_the_estimator_and_the_treatment():
    """SMOTE takes no missing values, whatever the estimator takes."""
    tree = DecisionTreeClassifier()
    assert get_tags(TreatedClassifier(tree)).input_tags.allow_nan
    assert get_tags(TreatedClassifier(tree, RandomUnderSampler())).input_tags.allow_nan
    for treatment in ("smote_sqrt", SMOTE()):
        assert not get_tags(TreatedClassifier(tree, treatment)).input_tags.allow_nan
    assert get_tags(tree).input_tags.allow_nan
    assert get_tags(TreatedClassifier(tree)).input_tags.sparse
    assert not get_tags(TreatedClassifier(HistGradientBoostingClassifier())).input_tags.sparse


def test_missing_values_pass_where_rows_are_drawn(three):
    """The estimator decides about them."""
    X, y = three
    X = X.copy()
    X[::7, 2] = np.nan
    for treatment in ROW_WISE:
        assert _treated(treatment).fit(X, y).score(X, y) > 0.6
    with pytest.raises(TreatmentError, match="no missing values"):
        _treated("smote_sqrt").fit(X, y)


def test_features_are_told_where_the_estimator_does_not(three):
    """From the data."""
    X, y = three
    model = _treated("none", _Spy()).fit(_containers(X)["pandas"], y)
    assert model.n_features_in_ == 6
    assert model.feature_names_in_.tolist() == [f"x{k}" for k in range(6)]
    assert not hasattr(model.fit(X, y), "feature_names_in_")
