"""Tests of Pipelines taken apart and put together again."""

import numpy as np
import pytest
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline as make_sampler_pipeline
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_lossfix.model_selection._fitted_head import FittedHead

X, Y = load_iris(return_X_y=True)


@pytest.mark.parametrize(
    "pipeline",
    [
        make_pipeline(StandardScaler(), SelectKBest(k=2), LogisticRegression()),
        make_pipeline("passthrough", None, StandardScaler(), LogisticRegression()),
        make_pipeline(LogisticRegression(max_iter=1000)),
        make_sampler_pipeline(StandardScaler(), LogisticRegression()),
    ],
    ids=["two", "passthrough", "none", "imbalanced-learn"],
)
def test_whole_is_what_the_pipeline_would_be(pipeline):
    """Taken apart, fitted and put together, it is the fitted Pipeline."""
    head = FittedHead(clone(pipeline))
    head.last.fit(head.fit_transform(X, Y, {}), Y)
    whole, expected = head.whole(head.last), clone(pipeline).fit(X, Y)
    assert type(whole) is type(pipeline)
    np.testing.assert_array_equal(whole.predict_proba(X), expected.predict_proba(X))
    np.testing.assert_array_equal(head.last.predict(head.transform(X)), expected.predict(X))
    assert [name for name, _ in whole.steps] == [name for name, _ in pipeline.steps]


def test_what_is_no_pipeline_stays_what_it_is():
    """A classifier is its own last step, and rows are handed on untouched."""
    model = LogisticRegression()
    head = FittedHead(model)
    assert head.last is model
    assert head.fit_transform(X, Y, {}) is X
    assert head.transform(X) is X
    assert head.whole(model) is model


def test_arguments_reach_their_step():
    """Weights for a transformer go to that transformer."""
    weight = np.where(Y == 0, 1.0, 0.0)
    head = FittedHead(make_pipeline(StandardScaler(), LogisticRegression()))
    head.fit_transform(X, Y, {"standardscaler": {"sample_weight": weight}})
    np.testing.assert_allclose(head.transform(X)[Y == 0].mean(axis=0), 0.0, atol=1e-10)


def test_transformers_without_fit_transform_will_do():
    """A step with fit and transform alone is fitted and applied."""

    class Shift:
        def fit(self, X, y):
            self.by = X.mean()
            return self

        def transform(self, X):
            return X - self.by

        def get_params(self, deep=True):
            return {}

    head = FittedHead(Pipeline([("shift", Shift()), ("model", LogisticRegression())]))
    assert head.fit_transform(X, Y, {}).mean() == pytest.approx(0.0)


def test_samplers_are_refused():
    """Resampling inside the Pipeline is an error that names the step."""
    pipeline = make_sampler_pipeline(RandomOverSampler(), LogisticRegression())
    with pytest.raises(ValueError, match="resamples rows in step 'randomoversampler'"):
        FittedHead(pipeline)
