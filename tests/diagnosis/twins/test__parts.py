"""Parts of estimators: the last step, the inner learner, what is put where."""

import pickle

import numpy as np
import pandas as pd
import pytest
from imblearn.ensemble import BalancedRandomForestClassifier
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline as make_sampler_pipeline
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    BaggingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix.diagnosis.twins._parts import (
    COLUMN_WIDTH,
    before_last_step,
    column_text,
    error_text,
    in_front,
    inner_learner,
    is_scale_free,
    last_step,
    params_code,
    reaching_matrix,
    with_params,
)
from sklearn_lossfix.preprocessing import MADScaler

X, Y = make_classification(150, n_features=4, random_state=0)
WIDE = X * [1, 1, 1, 1000]


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (RandomForestClassifier(), True),
        (DecisionTreeClassifier(), True),
        (HistGradientBoostingClassifier(), True),
        (GaussianNB(), False),
        (BalancedRandomForestClassifier(), True),
        (make_pipeline(StandardScaler(), DecisionTreeClassifier()), True),
        (GridSearchCV(DecisionTreeClassifier(), {}), True),
        (CalibratedClassifierCV(make_pipeline(DecisionTreeClassifier())), True),
        (LogisticRegression(), False),
        (KNeighborsClassifier(), False),
        (SVC(), False),
        (make_pipeline(DecisionTreeClassifier(), LogisticRegression()), False),
        (GridSearchCV(make_pipeline(LogisticRegression()), {}), False),
    ],
    ids=str,
)
def test_scale_matters_to_the_last_step(estimator, expected):
    """Trees do not mind scaled columns, wherever they are wrapped; distances and penalties do."""
    assert is_scale_free(estimator) is expected


@pytest.mark.parametrize(
    "estimator", [DecisionTreeClassifier(random_state=0), RandomForestClassifier(5, random_state=0)]
)
def test_scale_free_means_equal_predictions(estimator):
    """What is called scale-free answers the same on columns multiplied by powers of two."""
    scaled = X * [1, 1024, 0.5, 4]
    expected = clone(estimator).fit(X, Y).predict_proba(X)
    np.testing.assert_array_equal(clone(estimator).fit(scaled, Y).predict_proba(scaled), expected)


def test_last_step_is_found_at_any_depth():
    """Pipelines in pipelines are looked through."""
    inner = LogisticRegression()
    assert last_step(make_pipeline(StandardScaler(), make_pipeline(inner))) is inner
    assert last_step(inner) is inner


@pytest.mark.parametrize(
    ("estimator", "prefix", "inner"),
    [
        (SVC(), "", SVC),
        (make_pipeline(StandardScaler(), SVC()), "svc__", SVC),
        (CalibratedClassifierCV(SVC()), "estimator__", SVC),
        (
            make_pipeline(CalibratedClassifierCV(make_pipeline(SVC()))),
            "calibratedclassifiercv__estimator__svc__",
            SVC,
        ),
        (BaggingClassifier(), "", BaggingClassifier),
    ],
)
def test_inner_learner_is_found_and_its_prefix_reaches_it(estimator, prefix, inner):
    """The prefix names parameters of the innermost learner, whatever it is wrapped in."""
    found, learner = inner_learner(estimator)
    assert (found, type(learner)) == (prefix, inner)
    for name, value in learner.get_params(deep=False).items():
        assert estimator.get_params(deep=True)[prefix + name] is value


@pytest.mark.parametrize("put", [before_last_step, in_front])
@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(C=0.5),
        make_pipeline(FunctionTransformer(), LogisticRegression(C=2)),
        make_sampler_pipeline(RandomOverSampler(random_state=0), LogisticRegression()),
    ],
)
def test_one_step_is_put_and_the_rest_stays(put, estimator):
    """The clone has one step more, the user's object is left alone, and names stay unique."""
    before = str(estimator.get_params())
    twin = put(put(estimator, "scale", StandardScaler()), "scale", StandardScaler())
    old = estimator.steps if isinstance(estimator, Pipeline) else [("model", estimator)]
    assert len(dict(twin.steps)) == len(twin.steps) == len(old) + 2
    kept = [step for _, step in twin.steps if not isinstance(step, StandardScaler)]
    assert [str(step.get_params()) for step in kept] == [str(s.get_params()) for _, s in old]
    assert not any(new is step for new in kept for _, step in old)
    assert str(estimator.get_params()) == before
    assert isinstance(twin, type(estimator) if isinstance(estimator, Pipeline) else Pipeline)
    position = 0 if put is in_front else -2
    assert isinstance(twin.steps[position][1], StandardScaler)
    pickle.loads(pickle.dumps(twin)).fit(X, Y)


@pytest.mark.parametrize("put", [before_last_step, in_front])
@pytest.mark.parametrize(
    "transformer",
    [
        StandardScaler(),
        make_pipeline(StandardScaler(), StandardScaler()),
        ColumnTransformer([("scale", StandardScaler(), [0]), ("bound", MADScaler(), [1])]),
        SelectFromModel(DecisionTreeClassifier(random_state=0)),
        FunctionTransformer(),
    ],
    ids=lambda t: type(t).__name__,
)
def test_weights_pass_a_new_step_with_metadata_routing(put, transformer):
    """They reach the learner as without the step, and nothing complains of a missing request."""
    weight = np.where(Y == 1, 1.0, 1e-3)
    with config_context(enable_metadata_routing=True):
        asks = LogisticRegression().set_fit_request(sample_weight=True)
        for estimator in (asks, LogisticRegression(), make_pipeline(asks)):
            twin = put(estimator, "new", transformer).fit(X, Y, sample_weight=weight)
            by_hand = clone(transformer).fit(X, Y)
            expected = LogisticRegression().fit(by_hand.transform(X), Y, sample_weight=weight)
            np.testing.assert_allclose(twin[-1].coef_, expected.coef_)
        says_no = LogisticRegression().set_fit_request(sample_weight=False)
        with pytest.raises(TypeError, match="sample_weight"):
            put(says_no, "new", transformer).fit(X, Y, sample_weight=weight)
        assert transformer_requests(transformer) == [None] * len(transformer_requests(transformer))


def transformer_requests(transformer):
    """What the parts of a transformer request of weights."""
    parts = [transformer, *transformer.get_params(deep=True).values()]
    parts = [part for part in parts if isinstance(part, StandardScaler | DecisionTreeClassifier)]
    return [part.get_metadata_routing().fit.requests["sample_weight"] for part in parts]


def test_names_and_errors_do_not_drive_a_terminal():
    """Control characters are escaped or replaced, and what is endless is cut."""
    for hostile in ("a\x1b[31m", "b\nc", "\u202ed", "e" * 1000):
        text = column_text(0, [hostile])
        assert text.isprintable()
        assert len(text) <= COLUMN_WIDTH + len("column ''") + len(r"\u202e")
        assert error_text(ValueError(hostile)).isprintable()
    assert error_text(ValueError("\nfirst\nsecond")) == "first"


def test_parameters_are_set_in_a_clone(run_code):
    """The code sets what `with_params` sets, and the original keeps its own."""
    for estimator, params in (
        (LogisticRegression(), {"C": 0.5, "penalty": None}),
        (make_pipeline(SVC()), {"svc__C": 3}),
    ):
        twin = with_params(estimator, **params)
        assert params.items() <= twin.get_params().items()
        shown = run_code(params_code(params), clone(estimator))
        assert str(shown.get_params()) == str(twin.get_params())
        assert str(estimator.get_params()) == str(clone(estimator).get_params())


def test_what_reaches_the_last_step_went_through_the_others():
    """Scaling steps are fitted first, samplers are left out, and the user's steps stay unfitted."""
    scaled = make_pipeline(StandardScaler(), LogisticRegression())
    matrix, names, reason = reaching_matrix(scaled, WIDE, Y)
    np.testing.assert_allclose(matrix, StandardScaler().fit_transform(WIDE))
    assert names is reason is None
    assert not hasattr(scaled[0], "scale_")
    sampled = make_sampler_pipeline(RandomOverSampler(), LogisticRegression())
    skipped = make_pipeline("passthrough", LogisticRegression())
    for estimator in (LogisticRegression(), sampled, skipped):
        np.testing.assert_array_equal(reaching_matrix(estimator, WIDE, Y)[0], WIDE)
    both = make_sampler_pipeline(StandardScaler(), RandomOverSampler(), LogisticRegression())
    np.testing.assert_array_equal(reaching_matrix(both, WIDE, Y)[0], matrix)


def test_columns_keep_their_names():
    """A dataframe's columns are named, an array's are numbered."""
    frame = pd.DataFrame(WIDE, columns=["a", "b", "c", "income"])
    _, names, _ = reaching_matrix(LogisticRegression(), frame, Y)
    assert column_text(3, names) == "column 'income'"
    assert column_text(3, None) == "column 3"
    matrix, _, _ = reaching_matrix(LogisticRegression(), sparse.csr_array(WIDE), Y)
    assert sparse.issparse(matrix)


def _nameless(X):
    return X


class _MiscountingScaler(StandardScaler):
    def get_feature_names_out(self, input_features=None):
        return np.array(["one"], dtype=object)


@pytest.mark.parametrize("sparse_threshold", [0.0, 1.0])
def test_columns_that_steps_made_are_named_by_them(sparse_threshold):
    """An array or a sparse matrix has the names that the fitted steps give its columns."""
    frame = pd.DataFrame({"income": WIDE[:, 3], "city": np.where(WIDE[:, 0] > 0, "a", "b")})
    columns = ColumnTransformer(
        [("num", StandardScaler(), ["income"]), ("cat", OneHotEncoder(), ["city"])],
        sparse_threshold=sparse_threshold,
    )
    pipe = make_pipeline(columns, StandardScaler(with_mean=False), LogisticRegression())
    matrix, names, _ = reaching_matrix(pipe, frame, Y)
    assert sparse.issparse(matrix) is bool(sparse_threshold)
    assert names == list(pipe.fit(frame, Y)[:-1].get_feature_names_out())
    assert column_text(1, names) == "column 'cat__city_a'"


@pytest.mark.parametrize(
    "step",
    [FunctionTransformer(_nameless), FunctionTransformer(), _MiscountingScaler(), StandardScaler()],
    ids=["nameless", "silent", "miscounting", "numbered"],
)
def test_columns_without_names_are_numbered(step):
    """Steps that give no names, or not one per column, or only numbers, leave the numbers."""
    matrix, names, _ = reaching_matrix(make_pipeline(step, LogisticRegression()), WIDE, Y)
    assert matrix.shape == WIDE.shape
    assert names is None


def _refuse(X):
    raise ValueError("no such day")


@pytest.mark.parametrize(
    ("estimator", "features", "reason"),
    [
        (LogisticRegression(), np.full((150, 2), "a"), "not all numeric"),
        (LogisticRegression(), pd.DataFrame({"a": ["x"] * 150, "b": 1}), "not all numeric"),
        (LogisticRegression(), np.zeros((150, 2, 2)), "not all numeric"),
        (make_pipeline(FunctionTransformer(_refuse), SVC()), X, "no such day"),
    ],
)
def test_no_matrix_has_a_reason(estimator, features, reason):
    """Where no numbers reach the last step the reason says why."""
    matrix, _, why = reaching_matrix(estimator, features, Y)
    assert matrix is None
    assert reason in why


class _OddlyNamed(StandardScaler):
    def get_feature_names_out(self, input_features=None):
        return [np.arange(2) for _ in range(self.n_features_in_)]


def test_names_are_words():
    """What a step takes for names is shown as text, whatever it is."""
    _, names, _ = reaching_matrix(make_pipeline(_OddlyNamed(), LogisticRegression()), WIDE, Y)
    assert set(names) == {"[0 1]"}
