"""Tests of shared pipeline steps: the same models, from as many fits as there are prefixes."""

import copy
import pickle
import threading
import warnings
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imblearn import FunctionSampler
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import Pipeline as SamplerPipeline
from scipy import sparse
from sklearn import config_context
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import ColumnTransformer
from sklearn.datasets import make_classification
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import ParameterGrid
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix._core._shared_steps import (
    SharedSteps,
    can_share_steps,
    configured,
    group_candidates,
    with_shared_steps,
)

FITS = []


class Counted(TransformerMixin, BaseEstimator):
    """Transformer that writes down its fits; it multiplies by `factor` and adds the mean."""

    def __init__(self, name="a", factor=1.0):
        self.name = name
        self.factor = factor

    def fit(self, X, y=None):
        FITS.append((self.name, self.factor))
        self.mean_ = np.asarray(X).mean(axis=0)
        return self

    def transform(self, X):
        return np.asarray(X) * self.factor + self.mean_


class Locked(Counted):
    """Transformer with a parameter that cannot be pickled, copied into clones as it is."""

    def __init__(self, name="locked", factor=1.0, lock=None):
        super().__init__(name=name, factor=factor)
        self.lock = lock


class Lock:
    """Lock that survives the copy of a clone."""

    def __init__(self):
        self.lock = threading.Lock()

    def __deepcopy__(self, memo):
        return self


class Setting:
    """Value behind a lock: what joblib's hash of an object around it leaves out."""

    def __init__(self, value):
        self._lock = threading.Lock()
        self.value = value

    def __deepcopy__(self, memo):
        return self

    def __rmul__(self, other):
        return other * self.value


class Doubler(TransformerMixin, BaseEstimator):
    """Transformer that breaks the rule, and writes into its input."""

    def __init__(self, factor=2.0):
        self.factor = factor

    def fit(self, X, y=None):
        X *= self.factor
        return self

    def transform(self, X):
        X *= self.factor
        return X


def double(X):
    """Function that writes into its input."""
    X *= 2
    return X


def resample_in_place(X, y):
    """Sampling function that writes into its input."""
    X += 1
    return X[::2], y[::2]


@pytest.fixture(autouse=True)
def no_fits():
    """Start counting fits anew."""
    FITS.clear()


X, Y = make_classification(200, 6, n_informative=4, weights=[0.75], random_state=0)
X_TRAIN, Y_TRAIN, X_NEW = X[:150], Y[:150], X[150:]

THREE_STEPS = Pipeline(
    [
        ("first", Counted("first")),
        ("second", Counted("second")),
        ("clf", LogisticRegression(max_iter=500)),
    ]
)


def fitted_with(shared, estimator, params, X=X_TRAIN, y=Y_TRAIN, **fit_params):
    """A candidate that shares its steps, fitted."""
    return with_shared_steps(configured(estimator, params), shared).fit(X, y, **fit_params)


def assert_sharing_changes_nothing(estimator, candidates, X=X_TRAIN, y=Y_TRAIN, X_new=X_NEW, **fit):
    """Compare every candidate with its unshared fit on rows of its own; give the memory."""
    shared = SharedSteps()
    for params in candidates:
        alone = configured(estimator, params).fit(copy.deepcopy(X), copy.deepcopy(y), **fit)
        model = fitted_with(shared, estimator, params, X, y, **fit)
        assert model.memory is shared
        np.testing.assert_array_equal(
            model.predict_proba(copy.deepcopy(X_new)), alone.predict_proba(copy.deepcopy(X_new))
        )
    return shared


@pytest.mark.parametrize(
    ("grid", "n_fits"),
    [
        ({"clf__C": [0.1, 1.0, 10.0]}, 2),
        ({"second__factor": [1.0, 2.0], "clf__C": [0.1, 1.0]}, 1 + 2),
        ({"first__factor": [1.0, 2.0, 3.0], "clf__C": [0.1, 1.0]}, 3 + 3),
        ({"first__factor": [1.0, 2.0], "second__factor": [1.0, 2.0, 3.0]}, 2 + 6),
        ({"first": [Counted("x"), "passthrough"], "second__factor": [1.0, 2.0]}, 1 + 2 + 2),
        ({"second": ["passthrough", None, Counted("y", 3.0)], "clf__C": [1.0, 2.0]}, 1 + 1),
    ],
)
def test_as_many_fits_as_distinct_prefixes(grid, n_fits):
    """Each chain of early steps is fitted once, in whatever order candidates come."""
    candidates = list(ParameterGrid(grid))
    for order in (candidates, candidates[::-1]):
        FITS.clear()
        shared = SharedSteps()
        for params in order:
            fitted_with(shared, THREE_STEPS, params)
        assert len(FITS) == shared.n_fits == n_fits


@pytest.mark.parametrize(
    "grid",
    [
        {"first__factor": [1.0, 2.0], "second__factor": [1.0, 0.5], "clf__C": [0.1, 1.0]},
        {"first": [StandardScaler(), "passthrough", MinMaxScaler()], "clf__C": [0.1, 1.0]},
        {"second": [PCA(3, random_state=0), SelectKBest(k=2), None], "first__factor": [1.0, 2.0]},
        {"clf": [LogisticRegression(), DecisionTreeClassifier(random_state=0)]},
    ],
)
def test_same_probabilities_as_unshared(grid):
    """Sharing changes no probability, to the bit."""
    assert_sharing_changes_nothing(THREE_STEPS, ParameterGrid(grid))


@settings(max_examples=20)
@given(
    st.lists(
        st.tuples(*[st.sampled_from([0.5, 1.0, 2.0])] * 2, st.sampled_from([0.1, 1.0])),
        min_size=1,
        max_size=8,
    )
)
def test_any_sequence_of_candidates(values):
    """Whatever candidates come, fits are as many as distinct prefixes and results do not change."""
    candidates = [
        {"first__factor": first, "second__factor": second, "clf__C": C}
        for first, second, C in values
    ]
    shared = assert_sharing_changes_nothing(THREE_STEPS, candidates)
    prefixes = {value[:1] for value in values} | {value[:2] for value in values}
    assert shared.n_fits == len(prefixes)
    assert shared.n_reused == 2 * len(candidates) - len(prefixes)


def test_samplers_are_shared():
    """A pipeline of imbalanced-learn shares resampled rows and their labels."""
    estimator = SamplerPipeline(
        [
            ("scale", StandardScaler()),
            ("sample", SMOTE(random_state=0)),
            ("pca", PCA(3, random_state=0)),
            ("clf", LogisticRegression()),
        ]
    )
    grid = ParameterGrid(
        {
            "sample": [SMOTE(random_state=0), RandomOverSampler(random_state=1), "passthrough"],
            "pca__n_components": [2, 3],
            "clf__C": [0.1, 1.0],
        }
    )
    shared = assert_sharing_changes_nothing(estimator, grid)
    assert shared.n_fits == 1 + 2 + 3 * 2


def test_frames_are_shared():
    """Data frames stay frames, and columns keep their names."""
    names = list("abcdef")
    frame, new = pd.DataFrame(X_TRAIN, columns=names), pd.DataFrame(X_NEW, columns=names)
    columns = ColumnTransformer(
        [("scaled", StandardScaler(), ["a", "b"])],
        remainder="passthrough",
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    estimator = Pipeline(
        [("columns", columns), ("pca", PCA(2, random_state=0)), ("clf", LogisticRegression())]
    )
    shared = assert_sharing_changes_nothing(
        estimator,
        ParameterGrid({"pca__n_components": [2, 3], "clf__C": [0.1, 1.0]}),
        frame,
        pd.Series(Y_TRAIN),
        new,
    )
    assert shared.n_fits == 3
    model = fitted_with(shared, estimator, {}, frame, Y_TRAIN)
    assert list(model.steps[1][1].feature_names_in_) == names


def test_sparse_rows_are_shared():
    """Sparse rows pass through as they are."""
    rows = sparse.csr_matrix(X_TRAIN)
    estimator = make_pipeline(StandardScaler(with_mean=False), LogisticRegression())
    shared = assert_sharing_changes_nothing(
        estimator, ParameterGrid({"logisticregression__C": [0.1, 1.0]}), rows, X_new=X_NEW
    )
    assert shared.n_fits == 1


def test_weights_of_a_step_are_part_of_what_is_shared():
    """Parameters of `fit` for one step tell its fits apart, by their values."""
    estimator = Pipeline([("scale", StandardScaler()), ("clf", LogisticRegression())])
    weights = [np.linspace(0.1, 1, len(Y_TRAIN)), np.linspace(1, 0.1, len(Y_TRAIN))]
    shared = SharedSteps()
    for weight, C in product(weights, [0.1, 1.0]):
        fit = {"scale__sample_weight": weight.copy()}
        alone = configured(estimator, {"clf__C": C}).fit(X_TRAIN, Y_TRAIN, **fit)
        model = fitted_with(shared, estimator, {"clf__C": C}, **fit)
        np.testing.assert_array_equal(model.predict_proba(X_NEW), alone.predict_proba(X_NEW))
    assert shared.n_fits == 2


def test_routed_weights():
    """With metadata routing on, routed weights tell fits apart like any parameter of `fit`."""
    weight = np.linspace(0.1, 1, len(Y_TRAIN))
    with config_context(enable_metadata_routing=True):
        estimator = Pipeline(
            [
                ("scale", StandardScaler().set_fit_request(sample_weight=True)),
                ("clf", LogisticRegression().set_fit_request(sample_weight=True)),
            ]
        )
        grid = ParameterGrid({"clf__C": [0.1, 1.0]})
        shared = assert_sharing_changes_nothing(estimator, grid, sample_weight=weight)
        assert shared.n_fits == 1
        fitted_with(shared, estimator, {}, sample_weight=weight[::-1])
        assert shared.n_fits == 2


def test_configuration_is_part_of_what_is_shared():
    """The container that scikit-learn is set to give is not mixed up."""
    shared, estimator = SharedSteps(), make_pipeline(StandardScaler(), LogisticRegression())
    fitted_with(shared, estimator, {})
    with config_context(transform_output="pandas"):
        model = fitted_with(shared, estimator, {})
    assert shared.n_fits == 2
    assert hasattr(model.steps[-1][1], "feature_names_in_")


def test_other_rows_are_never_mixed_up():
    """Equal steps on other objects are fitted anew, even where an identity is taken again."""
    estimator = make_pipeline(StandardScaler(), LogisticRegression())
    shared = SharedSteps()
    for number in range(20):
        rows = X_TRAIN + number  # the object before is free to die, and its place to be reused
        model = fitted_with(shared, estimator, {}, rows)
        np.testing.assert_array_equal(model.steps[0][1].mean_, StandardScaler().fit(rows).mean_)
    assert shared.n_fits == 20


def test_other_labels_are_never_mixed_up():
    """Equal steps on the same rows with other labels are fitted anew."""
    estimator = make_pipeline(SelectKBest(k=2), LogisticRegression())
    shared = SharedSteps()
    for y in (Y_TRAIN, Y_TRAIN[::-1].copy()):
        model = fitted_with(shared, estimator, {}, y=y)
        alone = clone(estimator).fit(X_TRAIN, y)
        np.testing.assert_array_equal(model.steps[0][1].scores_, alone.steps[0][1].scores_)
    assert shared.n_fits == 2


def test_step_that_cannot_be_hashed_is_fitted_each_time():
    """A step that holds a lock works unshared, with all steps after it; those before are shared."""
    estimator = Pipeline(
        [
            ("first", Counted("first")),
            ("locked", Locked(lock=Lock())),
            ("last", Counted("last")),
            ("clf", LogisticRegression(max_iter=500)),
        ]
    )
    shared = assert_sharing_changes_nothing(estimator, ParameterGrid({"clf__C": [0.1, 1.0]}))
    assert shared.n_fits == 1 + 2 + 2
    assert len(shared._results) == 1


def test_values_behind_a_lock_are_told_apart():
    """Parameters that only partly have a hash are not taken for one another."""
    settings = [Setting(1.0), Setting(-2.0)]
    grid = [{"first__factor": setting} for setting in settings * 2]
    shared = assert_sharing_changes_nothing(THREE_STEPS, grid)
    assert shared.n_reused == 0
    assert group_candidates(THREE_STEPS, grid) == [[0], [1], [2], [3]]


@pytest.mark.parametrize(
    "functions", [(lambda X: X + 1, lambda X: X - 1), (np.sinh, np.cosh), (double, None)]
)
def test_functions_are_told_apart(functions):
    """Steps that differ in a function alone are not taken for one another."""
    estimator = make_pipeline(FunctionTransformer(), LogisticRegression(max_iter=500))
    grid = [{"functiontransformer__func": function} for function in functions]
    assert_sharing_changes_nothing(estimator, [*grid, *grid])


@pytest.mark.parametrize(
    "steps",
    [
        [Doubler(), Counted(), Doubler(3.0)],
        [FunctionTransformer(double), StandardScaler(), FunctionTransformer(double)],
        [Counted(), make_pipeline(StandardScaler(), FunctionTransformer(double)), MinMaxScaler()],
        [StandardScaler(), FunctionSampler(func=resample_in_place), FunctionTransformer(double)],
    ],
    ids=["classes", "functions", "nested", "sampler"],
)
def test_steps_that_write_into_their_input(steps):
    """A step that breaks the rule harms neither the rows nor what other pipelines share."""
    named = [(f"s{number}", step) for number, step in enumerate(steps)]
    kind = SamplerPipeline if any(hasattr(step, "fit_resample") for step in steps) else Pipeline
    estimator = kind([*named, ("clf", LogisticRegression(max_iter=500))])
    rows, labels = X_TRAIN.copy(order="F"), Y_TRAIN.copy()
    grid = ParameterGrid({"s1": [steps[1], "passthrough"], "s2": [steps[2], "passthrough"]})
    assert_sharing_changes_nothing(estimator, [*grid, *grid], rows, labels)
    np.testing.assert_array_equal(rows, X_TRAIN)
    np.testing.assert_array_equal(labels, Y_TRAIN)


def test_failed_fit_is_not_remembered():
    """An error of a step is raised for every pipeline that has the step."""
    estimator = make_pipeline(PCA(100), LogisticRegression())
    shared = SharedSteps()
    for _ in range(2):
        with pytest.raises(ValueError, match="n_components=100"):
            fitted_with(shared, estimator, {})
    assert shared.n_fits == 2


def test_memory_stays_in_its_process():
    """What is pickled is empty; clones and copies share, as with a folder on disk."""
    shared = SharedSteps()
    model = fitted_with(shared, THREE_STEPS, {})
    assert clone(model).memory is shared
    assert copy.deepcopy(model).memory is shared
    again = pickle.loads(pickle.dumps(model))
    assert again.memory._results == {}
    np.testing.assert_array_equal(again.predict_proba(X_NEW), model.predict_proba(X_NEW))
    assert repr(shared) == "SharedSteps(n_fits=2, n_reused=0)"


def test_verbose_pipelines_share(capsys):
    """What is printed does not tell steps apart."""
    estimator = clone(THREE_STEPS).set_params(verbose=True)
    shared = SharedSteps()
    fitted_with(shared, estimator, {})
    fitted_with(shared, estimator, {"clf__C": 2.0})
    assert shared.n_fits == 2
    assert capsys.readouterr().out.count("Processing first") == 1


def test_seeds_are_part_of_what_is_shared():
    """Steps with other seeds, or generators in other states, are other steps."""
    estimator = make_pipeline(PCA(2, svd_solver="randomized"), LogisticRegression())
    states = [0, 1, np.random.RandomState(0), np.random.RandomState(1)]
    shared = assert_sharing_changes_nothing(
        estimator, [{"pca__random_state": state} for state in states * 2]
    )
    assert shared.n_fits == 4


@pytest.mark.parametrize(
    ("estimator", "can_share"),
    [
        (THREE_STEPS, True),
        (make_pipeline(StandardScaler(), RandomOverSampler(), LogisticRegression()), True),
        (make_pipeline("passthrough", LogisticRegression()), True),
        (make_pipeline(LogisticRegression()), False),
        (LogisticRegression(), False),
        (make_pipeline(StandardScaler(), LogisticRegression(), memory="folder"), False),
        (make_pipeline(StandardScaler(), LogisticRegression(), memory=SharedSteps()), False),
        (make_pipeline(StandardScaler(copy=False), LogisticRegression()), False),
        (make_pipeline(make_pipeline(PCA(copy=False)), LogisticRegression()), False),
    ],
)
def test_which_estimators_can_share(estimator, can_share):
    """Pipelines of two steps and more can share, unless they have a memory or overwrite rows."""
    memory = getattr(estimator, "memory", None)
    assert can_share_steps(estimator) is can_share
    shared = SharedSteps()
    model = with_shared_steps(copy.deepcopy(estimator), shared)
    if can_share:
        assert model.memory is shared
    elif isinstance(model, Pipeline):
        assert type(model.memory) is type(memory)
        assert model.memory is not shared


@pytest.mark.parametrize(
    ("name", "value", "can_share"),
    [
        ("copy", False, False),
        ("copy", True, True),
        ("copy_X", np.False_, False),
        ("copy_x", False, False),
        ("copy_X_train", False, False),
        ("make_copy", False, False),
        ("overwrite_x", True, False),
        ("overwrite_a", False, True),
        ("inplace", True, False),
        ("copyright", False, True),
    ],
)
def test_names_of_parameters_that_overwrite(name, value, can_share):
    """Sharing is refused by the name and the value of a parameter, at any depth."""

    class Step(Counted):
        def get_params(self, deep=True):
            return {name: value}

    assert can_share_steps(Pipeline([("a", Step()), ("b", LogisticRegression())])) is can_share


GROUPS = {
    "last step only": ([{"clf__C": 1.0}, {"clf__C": 2.0}, {}], [[0, 1, 2]]),
    "first step": (
        [{"first__factor": f, "clf__C": C} for C in (1.0, 2.0) for f in (1.0, 3.0)],
        [[0, 2], [1, 3]],
    ),
    "middle step": (
        [{"second__factor": f, "clf__C": C} for C in (1.0, 2.0) for f in (1.0, 3.0)],
        [[0, 2], [1, 3]],
    ),
    "two steps": (
        [{"first__factor": f, "second__factor": g} for f in (1.0, 3.0) for g in (1.0, 2.0)],
        [[0, 1], [2, 3]],
    ),
    "whole steps": (
        [
            {"first": StandardScaler()},
            {"first": "passthrough"},
            {"first": StandardScaler(), "clf__C": 2.0},
            {"first": None},
            {"first": Counted("first")},
            {},
            {"first": Counted("first"), "first__factor": 2.0},
        ],
        [[0, 2], [1, 3], [4, 5], [6]],
    ),
    "rows overwritten": (
        [{"first": StandardScaler(copy=copy)} for copy in (True, False, True, False)],
        [[0, 2], [1], [3]],
    ),
    "no hash": (
        [{"first": Locked(lock=Lock())}, {}, {"first": Locked(lock=Lock())}, {"clf__C": 2.0}],
        [[0], [1, 3], [2]],
    ),
    "other pipelines": (
        [{"steps": [("clf", LogisticRegression())]}, {}, {"clf__C": 2.0}],
        [[0], [1, 2]],
    ),
    "shorter pipelines": (
        [
            {"steps": [("first", Counted("first")), ("clf", LogisticRegression())]},
            {"second__factor": 2.0},
            {"second__factor": 2.0, "clf__C": 3.0},
        ],
        [[0], [1, 2]],
    ),
    "nothing": ([], []),
    "one": ([{}], [[0]]),
}


@pytest.mark.parametrize("case", GROUPS)
def test_groups_of_candidates(case):
    """Candidates with the same value of the first step that varies go together."""
    candidates, expected = GROUPS[case]
    assert group_candidates(THREE_STEPS, candidates) == expected


def test_groups_of_what_cannot_share():
    """Without early steps to share, every candidate is a group of its own."""
    candidates = [{"C": 1.0}, {"C": 2.0}]
    assert group_candidates(LogisticRegression(), candidates) == [[0], [1]]


def test_no_prefix_is_fitted_in_two_groups():
    """With a memory for each group, steps from the first that varies are fitted once in all."""
    grid = {"first__factor": [1.0, 2.0], "second__factor": [1.0, 2.0], "clf__C": [0.1, 1.0]}
    candidates = list(ParameterGrid(grid))
    groups = group_candidates(THREE_STEPS, candidates)
    assert sorted(number for group in groups for number in group) == list(range(8))
    for group in groups:
        shared = SharedSteps()
        for number in group:
            fitted_with(shared, THREE_STEPS, candidates[number])
    assert len(FITS) == 2 + 4


def test_wrong_parameter_is_named():
    """A parameter that does not exist is an error before anything is fitted."""
    with pytest.raises(ValueError, match="Invalid parameter 'power'"):
        group_candidates(THREE_STEPS, [{"first__power": 2}])


def test_grouping_changes_nothing_of_the_estimator():
    """Neither the estimator nor the objects in the candidates are touched."""
    step = StandardScaler()
    group_candidates(THREE_STEPS, [{"first": step, "first__with_mean": False}])
    assert step.with_mean
    assert isinstance(THREE_STEPS.steps[0][1], Counted)


def test_warnings_come_with_the_fit():
    """A warning of a step is given when it is fitted, once for all that share it."""
    constant = np.column_stack([X_TRAIN, np.ones(len(X_TRAIN))])
    estimator = make_pipeline(SelectKBest(k=2), DecisionTreeClassifier(random_state=0))
    shared = SharedSteps()
    with pytest.warns((UserWarning, RuntimeWarning)):
        fitted_with(shared, estimator, {}, constant)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted_with(shared, estimator, {"decisiontreeclassifier__max_depth": 2}, constant)
    assert shared.n_reused == 1
