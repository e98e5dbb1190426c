"""dead-units: judged by a twin whose units cannot die."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from sklearn_lossfix import diagnose

SLUG = "dead-units"

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class Stillborn(MLPClassifier):
    """A network whose hidden units begin off on every row: they never learn."""

    def _init_coef(self, fan_in, fan_out, dtype):
        coefs, intercepts = super()._init_coef(fan_in, fan_out, dtype)
        if self.activation == "relu" and fan_out == self.hidden_layer_sizes[0]:
            intercepts = np.full_like(intercepts, -100.0)
        return coefs, intercepts


def test_fires_on_units_that_are_off_everywhere(table):
    """A network of dead units answers a constant; with units that live it learns."""
    X, y = table(600)
    model = Stillborn((20,), max_iter=150, random_state=0)
    finding = diagnose(model, X, y)[SLUG]
    assert finding.section == "issue"
    assert finding.evidence["dead_share"] == [1.0]
    assert finding.remedy.estimator.activation == "tanh"
    assert finding.remedy.proven


class Buried(MLPClassifier):
    """The same, so far off that no other activation brings its units back."""

    def _init_coef(self, fan_in, fan_out, dtype):
        coefs, intercepts = super()._init_coef(fan_in, fan_out, dtype)
        if fan_out == self.hidden_layer_sizes[0]:
            intercepts = np.full_like(intercepts, -100.0)
        return coefs, intercepts


def test_a_dead_layer_that_nothing_revives_is_judged_by_the_reference(table):
    """What boosting finds is lost to a layer that is off; with fresh labels nothing is lost."""
    X, y = table(600)
    model = Buried((20,), max_iter=50, random_state=0)
    report = diagnose(model, X, y)
    finding = report[SLUG]
    assert finding.section == "issue"
    assert finding.evidence["dead_share"] == [1.0]
    assert report["underfitting"].explained_by == SLUG
    y = np.random.default_rng(0).permutation(y)
    assert diagnose(model, X, y)[SLUG].section == "passed"


def test_silent_on_living_units(table):
    """A sound network has passed, and what is no network is not judged."""
    X, y = table(300)
    model = MLPClassifier((10,), max_iter=100, random_state=0)
    assert diagnose(model, X, y, cv=2)[SLUG].section == "passed"
    assert diagnose(LogisticRegression(), X, y, cv=2)[SLUG].section == "not_applicable"
