"""Tests of who gets which parameter of `fit`, with metadata routing and without."""

import numpy as np
import pytest
import sklearn
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import GroupShuffleSplit
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_lossfix import EarlyStoppingClassifier
from sklearn_lossfix.model_selection._epoch_params import sort_params, training_method
from sklearn_lossfix.model_selection._epoch_trainers import make_trainer

WEIGHT, GROUPS = np.ones(4), np.arange(4)
LINEAR = SGDClassifier(loss="log_loss")


def sort(estimator, params, *, weight=WEIGHT, last=LINEAR, validation=None):
    """Sort the parameters of a fit of an estimator that ends in `last`."""
    owner = EarlyStoppingClassifier(estimator, validation=validation)
    return sort_params(owner, make_trainer(sklearn.clone(last)), weight, GROUPS, params)


def test_plain_estimators_get_all():
    """Weights and everything else go to the estimator, groups to the splitter."""
    found = sort(LINEAR, {"other": 1})
    assert found == {
        "last": {"sample_weight": WEIGHT, "other": 1},
        "head": {},
        "split": {"groups": GROUPS},
    }


def test_steps_get_their_own():
    """Names in front say which step of a Pipeline is meant; weights go to the last."""
    pipeline = make_pipeline(StandardScaler(), LINEAR)
    found = sort(pipeline, {"standardscaler__sample_weight": 2, "sgdclassifier__other": 3})
    assert found.last == {"sample_weight": WEIGHT, "other": 3}
    assert found.head == {"standardscaler": {"sample_weight": 2}}


def test_weights_of_the_last_step_by_name_win():
    """Weights that the user named for the last step are not written over."""
    found = sort(make_pipeline(StandardScaler(), LINEAR), {"sgdclassifier__sample_weight": 7})
    assert found.last == {"sample_weight": 7}


def test_weights_are_left_out_where_nobody_takes_them():
    """An estimator without weights is trained without, and no weights means none."""

    class Unweighted(GaussianNB):
        def partial_fit(self, X, y, classes=None):
            return super().partial_fit(X, y, classes)

    assert sort(Unweighted(), {}, last=Unweighted()).last == {}
    assert sort(LINEAR, {}, weight=None).last == {}


@pytest.mark.parametrize("name", ["other", "svc__C", "standardscaler"])
def test_unknown_steps_are_an_error(name):
    """A parameter that no step of the Pipeline could take is named."""
    with pytest.raises(ValueError, match=f"no step that the parameter '{name}'"):
        sort(make_pipeline(StandardScaler(), LINEAR), {name: 1})


def test_method_that_metadata_are_requested_for():
    """What is trained by partial_fit requests metadata for it, Pipelines and others for fit."""
    assert training_method(LINEAR) == "partial_fit"
    assert training_method(make_pipeline(LINEAR)) == "fit"


class TestRouting:
    """With metadata routing on, parameters go where they were requested."""

    @pytest.fixture(autouse=True)
    def routing(self):
        with sklearn.config_context(enable_metadata_routing=True):
            yield

    def test_requests_are_followed(self):
        """The estimator's partial_fit gets the weights, the splitter the groups."""
        linear = SGDClassifier(loss="log_loss").set_partial_fit_request(sample_weight=True)
        found = sort(linear, {}, validation=GroupShuffleSplit(1))
        assert found.last["sample_weight"] is WEIGHT
        assert found.split["groups"] is GROUPS

    def test_what_was_not_requested_goes_nowhere(self):
        """Weights that the estimator does not want reach the curves only."""
        linear = SGDClassifier(loss="log_loss").set_partial_fit_request(sample_weight=False)
        assert sort(linear, {}).last == {}

    def test_steps_of_a_pipeline(self):
        """A transformer and the last step each get what they requested."""
        pipeline = make_pipeline(
            StandardScaler().set_fit_request(sample_weight=True),
            SGDClassifier(loss="log_loss").set_fit_request(sample_weight=True),
        )
        found = sort(pipeline, {})
        assert found.last["sample_weight"] is WEIGHT
        assert found.head["standardscaler"]["sample_weight"] is WEIGHT

    @pytest.mark.parametrize("make", [lambda step: step, lambda step: make_pipeline(step)])
    def test_fit_works(self, make):
        """A whole fit with weights and groups is the fit without routing."""
        rng = np.random.default_rng(0)
        X, y, groups = rng.normal(size=(90, 2)), np.arange(90) % 3, np.arange(90) // 6
        weight = rng.uniform(0.5, 2, 90)
        step = SGDClassifier(loss="log_loss", random_state=0)
        plain = EarlyStoppingClassifier(make(step), max_epochs=3)
        step = sklearn.clone(step)
        step.set_partial_fit_request(sample_weight=True).set_fit_request(sample_weight=True)
        ours = EarlyStoppingClassifier(make(step), max_epochs=3)
        ours.fit(X, y, sample_weight=weight, groups=groups)
        with sklearn.config_context(enable_metadata_routing=False):
            plain.fit(X, y, sample_weight=weight, groups=groups)
        np.testing.assert_array_equal(
            ours.history_["validation_log_loss"], plain.history_["validation_log_loss"]
        )
