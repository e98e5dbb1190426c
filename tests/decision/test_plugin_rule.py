"""Tests of the rule that would be best if the probabilities were true."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_lossfix.decision._fit_rule import MAX_ROWS
from sklearn_lossfix.decision._metrics import make_metric
from sklearn_lossfix.decision._plugin_rule import plugin_rule
from sklearn_lossfix.decision._scoring import resolve_metric


def _column(n=3_000, seed=0):
    """Probabilities of a class that is rare, dense enough that neighbours nearly agree."""
    return np.random.default_rng(seed).beta(0.6, 4.0, n)


def _matrix(n=600, n_classes=3, seed=0):
    """Probabilities of several classes, the first the likeliest."""
    rng = np.random.default_rng(seed)
    return rng.dirichlet([3.0, *np.full(n_classes - 1, 0.7)], n)


def _expected(metric, proba, codes, weight=None, pos=None):
    """The metric of the totals that the probabilities promise for some labels."""
    weight = np.ones(len(proba)) if weight is None else weight
    answered = np.eye(proba.shape[1])[codes] * weight[:, None]
    totals = (answered * proba).sum(axis=0), answered.sum(axis=0), weight @ proba
    return float(metric.value(*totals, pos=pos))


def test_accuracy_gives_one_half():
    """For accuracy nothing beats the more probable class, so the default stays."""
    rule = plugin_rule(_column(), make_metric("accuracy"), classes=["no", "yes"])
    assert (rule.kind, rule.threshold, rule.pos_label) == ("threshold", 0.5, "yes")


@pytest.mark.parametrize(("fp_cost", "fn_cost"), [(1, 4), (1, 9), (3, 2)])
def test_cost_gives_the_ratio_of_costs(fp_cost, fn_cost):
    """The threshold of two costs is c_fp / (c_fp + c_fn)."""
    metric = make_metric("cost", fp_cost=fp_cost, fn_cost=fn_cost)
    rule = plugin_rule(_column(), metric, classes=[0, 1], pos=1)
    assert rule.threshold == fp_cost / (fp_cost + fn_cost)


@pytest.mark.parametrize(
    ("costs", "threshold"), [((1, 9), 0.1), ((0, 3), 0.0), ((3, 0), 1.0), ((0, 0), 0.5)]
)
def test_the_threshold_of_costs_depends_on_no_row(costs, threshold):
    """Known costs give their threshold where no probability is near it, for either class."""
    metric = make_metric("cost", fp_cost=costs[0], fn_cost=costs[1])
    for pos in (0, 1):
        rule = plugin_rule(np.array([0.01, 0.99]), metric, classes=["a", "b"], pos=pos)
        assert (rule.threshold, rule.pos_label) == (threshold, ["a", "b"][pos])


def test_f1_gives_half_the_greatest_expected_f1():
    """The threshold of F1 is half of what F1 it attains."""
    column, metric = _column(), make_metric("f1")
    rule = plugin_rule(column, metric, classes=[0, 1], pos=1)
    proba = np.column_stack([1 - column, column])
    attained = _expected(metric, proba, rule.predict_codes(proba), pos=1)
    assert rule.threshold == pytest.approx(attained / 2, abs=2e-3)


@pytest.mark.parametrize("pos", [None, 0, 1])
def test_balanced_accuracy_gives_the_prior(pos):
    """The threshold of balanced accuracy is the mean probability of the class it cuts."""
    column = _column()
    rule = plugin_rule(column, make_metric("balanced_accuracy"), classes=[0, 1], pos=pos)
    prior = 1 - column.mean() if pos == 0 else column.mean()
    assert rule.threshold == pytest.approx(prior, abs=2e-3)


def test_argmax_stays_for_accuracy_of_several_classes():
    """No offset helps accuracy."""
    rule = plugin_rule(_matrix(), make_metric("accuracy"), classes=list("abc"))
    assert (rule.kind, rule.offsets) == ("offsets", (0.0, 0.0, 0.0))


def test_balanced_accuracy_of_several_classes_divides_by_the_priors():
    """The best labels are those of the greatest ratio of probability to prior."""
    proba, metric = _matrix(2_000), make_metric("balanced_accuracy")
    rule = plugin_rule(proba, metric, classes=range(3))
    best = (proba / proba.mean(axis=0)).argmax(axis=1)
    found = _expected(metric, proba, rule.predict_codes(proba))
    assert found == pytest.approx(_expected(metric, proba, best), abs=1e-3)


@given(
    st.lists(st.floats(0.0, 1.0), min_size=1, max_size=12),
    st.sampled_from(["accuracy", "balanced_accuracy", "f1", "jaccard", "gmean", "cohen_kappa"]),
    st.integers(0, 1),
)
def test_no_threshold_promises_more(column, name, pos):
    """By the probabilities, no other cut does better: an oracle that tries all of them."""
    proba = np.column_stack([1 - np.array(column), column])
    metric = make_metric(name)
    rule = plugin_rule(proba, metric, classes=[0, 1], pos=pos)
    cuts = [-np.inf, *proba[:, pos], np.inf]
    values = [
        _expected(metric, proba, np.where(proba[:, pos] >= cut, pos, 1 - pos), pos=pos)
        for cut in cuts
    ]
    found = _expected(metric, proba, rule.predict_codes(proba), pos=pos)
    assert found >= max(values) - 1e-9


@pytest.mark.parametrize("n_classes", [2, 3])
def test_whole_weights_count_like_repeated_rows(n_classes):
    """A row of weight three is three rows; one of weight zero is none."""
    proba, metric = _matrix(300, n_classes), make_metric("f1_macro")
    weight = np.random.default_rng(1).integers(0, 4, 300)
    options = {"classes": range(n_classes)}
    weighted = plugin_rule(proba, metric, sample_weight=weight.astype(float), **options)
    repeated = plugin_rule(np.repeat(proba, weight, axis=0), metric, **options)
    assert weighted.predict_codes(proba).tolist() == repeated.predict_codes(proba).tolist()


def test_one_column_is_that_of_the_last_class():
    """Both forms of two-class probabilities give the same rule."""
    column, metric = _column(200), make_metric("f1")
    both = np.column_stack([1 - column, column])
    assert plugin_rule(column, metric, classes=[0, 1], pos=1) == plugin_rule(
        both, metric, classes=[0, 1], pos=1
    )


def test_certain_forecasts_keep_the_default():
    """Where every probability is 0 or 1 the default rule promises all there is."""
    proba = np.eye(3)[[0, 1, 2, 1]]
    assert plugin_rule(proba, make_metric("f1_macro"), classes=range(3)).offsets == (0.0, 0.0, 0.0)


def test_many_rows_are_drawn_and_the_rule_hardly_moves():
    """Beyond the limit whole rows are drawn by a seed, and promise nearly as much as all."""
    n_rows = MAX_ROWS  # times three classes
    proba, metric = _matrix(n_rows), make_metric("f1_macro")
    rule = plugin_rule(proba, metric, classes=range(3))
    assert rule == plugin_rule(proba, metric, classes=range(3), random_state=0)
    other = plugin_rule(proba, metric, classes=range(3), random_state=1)
    assert rule != other
    found, again = (_expected(metric, proba, r.predict_codes(proba)) for r in (rule, other))
    assert found == pytest.approx(again, abs=2e-3)
    assert found > _expected(metric, proba, proba.argmax(axis=1)) + 0.01


def test_metrics_of_rankings_are_refused():
    """A rule is chosen for metrics of labels only."""
    with pytest.raises(ValueError, match="No decision rule"):
        plugin_rule(_column(50), resolve_metric("roc_auc"), classes=[0, 1])
