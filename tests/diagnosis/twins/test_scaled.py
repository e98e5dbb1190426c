"""The scaled twin: where it is tried, and that it changes one thing."""

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline as make_sampler_pipeline
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix._core._evidence import NoTwin
from sklearn_lossfix.diagnosis.twins.scaled import ScaledTwin, column_spread
from sklearn_lossfix.exceptions import CheckNotApplicable

X, Y = make_classification(150, n_features=4, random_state=0)
WIDE = X * [1, 1, 1, 1000]


@pytest.mark.parametrize(
    ("features", "column"),
    [
        (WIDE, "column 3"),
        (sparse.csr_array(WIDE), "column 3"),
        (np.where(np.arange(600).reshape(150, 4) % 7 == 0, np.nan, WIDE), "column 3"),
        (X / [1, 1000, 1, 1], "column 1"),
    ],
    ids=["numpy", "sparse", "missing", "narrow"],
)
def test_uneven_columns_are_named(features, column):
    """The ratio is about the factor planted, and the column is the one that stands out."""
    spread = column_spread(features)
    assert spread["column"] == column
    assert spread["wider"] is (column == "column 3")
    assert 300 < spread["ratio"] < 3000


@pytest.mark.parametrize(
    ("estimator", "features", "reason"),
    [
        (DecisionTreeClassifier(), WIDE, "DecisionTreeClassifier does not mind the scale"),
        (LogisticRegression(), X[:, :1], "Only one feature"),
        (LogisticRegression(), X * [1, 0, 0, 0], "Fewer than two features vary"),
        (LogisticRegression(), pd.DataFrame({"a": ["x"] * 150, "b": 1}), "not all numeric"),
    ],
)
def test_no_twin_has_a_reason(subject, estimator, features, reason):
    """Where columns cannot be compared the reason says why."""
    with pytest.raises(CheckNotApplicable, match=reason):
        ScaledTwin().plan(subject(estimator, features, Y))


def test_even_columns_need_no_twin(subject):
    """Columns that reach the last step on one scale have passed, with the ratio seen."""
    for estimator, features in (
        (LogisticRegression(), X),
        (make_pipeline(StandardScaler(), LogisticRegression()), WIDE),
    ):
        none = ScaledTwin().plan(subject(estimator, features, Y))
        assert isinstance(none, NoTwin)
        assert none.section == "passed"
        assert none.estimate < none.limit


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(C=0.5),
        GridSearchCV(SVC(), {"C": [1]}, cv=2),
        make_pipeline(KNeighborsClassifier(3)),
        Pipeline([("scale", "passthrough"), ("model", SVC(C=2))]),
        make_sampler_pipeline(RandomOverSampler(random_state=0), LogisticRegression()),
    ],
    ids=str,
)
def test_twin_scales_before_the_last_step_and_changes_nothing_else(subject, run_code, estimator):
    """One scaler is put before the last step; parameters stay, and so does the user's object."""
    before = str(estimator.get_params())
    plan = ScaledTwin().plan(subject(estimator, WIDE, Y))
    twin = plan.build(estimator)
    (name,) = plan.params
    assert twin.steps[-2][0] == name
    assert isinstance(twin.steps[-2][1], StandardScaler)
    assert str(estimator.get_params()) == before
    shown = run_code(plan.code, clone(estimator)).fit(WIDE, Y).predict(WIDE)
    np.testing.assert_array_equal(shown, twin.fit(WIDE, Y).predict(WIDE))


@pytest.mark.parametrize("in_pipeline", [False, True])
def test_weights_pass_with_metadata_routing(subject, run_code, in_pipeline):
    """The twin, and what the code makes, send weights to the learner and to nothing else."""
    weight = np.where(Y == 1, 1.0, 1e-3)
    with config_context(enable_metadata_routing=True):
        estimator = LogisticRegression().set_fit_request(sample_weight=True)
        if in_pipeline:
            estimator = make_pipeline(FunctionTransformer(), estimator)
        plan = ScaledTwin().plan(subject(estimator, WIDE, Y))
        twin = plan.build(estimator).fit(WIDE, Y, sample_weight=weight)
        shown = run_code(plan.code, clone(estimator)).fit(WIDE, Y, sample_weight=weight)
    assert twin.predict(WIDE).mean() > 0.8
    np.testing.assert_allclose(shown.predict_proba(WIDE), twin.predict_proba(WIDE))


def test_twin_does_not_centre_what_may_be_sparse(subject):
    """Sparse rows, and encoders that may give some, are scaled without centring."""
    rows = sparse.csr_array(WIDE)
    plan = ScaledTwin().plan(subject(LogisticRegression(), rows, Y))
    plan.build(LogisticRegression()).fit(rows, Y)
    table = pd.DataFrame({"a": WIDE[:, 3], "b": ["u", "v", "w"] * 50})
    encode = make_column_transformer((OneHotEncoder(), ["b"]), remainder="passthrough")
    estimator = make_pipeline(encode, LogisticRegression())
    plan = ScaledTwin().plan(subject(estimator, table, Y))
    assert plan.build(estimator).fit(table, Y).steps[-2][1].with_mean is False


def test_the_column_is_named(subject):
    """The sentence names the column as the user does, and how wide it is."""
    frame = pd.DataFrame(WIDE, columns=["a", "b", "c", "income"])
    plan = ScaledTwin().plan(subject(LogisticRegression(), frame, Y))
    assert plan.cause.startswith("column 'income' is ")
    assert plan.evidence["ratio"] > 300
