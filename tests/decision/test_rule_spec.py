"""What rule is wanted, as data."""

import dataclasses

import numpy as np
import pytest

from sklearn_lossfix.decision import DecisionRule
from sklearn_lossfix.decision._constraint import Constraint
from sklearn_lossfix.decision._metrics import Metric, make_metric, metric_from_codes
from sklearn_lossfix.decision._rule_spec import RuleSpec, priced_spec
from sklearn_lossfix.decision._scored_rows import scored_rows
from sklearn_lossfix.decision._scoring import resolve_metric

SPEC = RuleSpec(make_metric("f1"), ("a", "b"), 1, "proba")
SCORES = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]])


@pytest.mark.parametrize(
    ("changes", "is_tuned", "kind"),
    [
        ({"mode": "auto"}, True, None),
        ({"mode": "tune"}, True, None),
        ({"mode": "plugin"}, False, "threshold"),
        ({"mode": "default"}, False, "argmax"),
        ({"mode": DecisionRule("threshold", ("a", "b"), threshold=0.3)}, False, "threshold"),
        ({"metric": resolve_metric("roc_auc")}, False, "argmax"),
        ({"metric": Metric("cost_matrix", matrix=((0.0, 1.0), (2.0, 0.0)))}, False, "cost_matrix"),
        (
            {"metric": Metric("cost_matrix", matrix=((0.0, 1.0), (2.0, 0.0))), "mode": "default"},
            False,
            "argmax",
        ),
    ],
)
def test_rules_that_do_not_look_at_labels(changes, is_tuned, kind):
    """Only a rule that is tuned waits for labels; all others follow from what is asked for."""
    spec = dataclasses.replace(SPEC, **changes)
    rule = spec.fixed_rule(SCORES)
    assert spec.is_tuned is is_tuned
    assert (None if rule is None else rule.kind) == kind


def test_fit_gives_the_best_rule_on_the_rows():
    """The tuned rule separates what can be separated."""
    rule = SPEC.fit(np.array([0, 1, 1]), SCORES)
    np.testing.assert_array_equal(rule.predict(SCORES), ["a", "b", "b"])
    assert rule.pos_label == "b"
    assert SPEC.n_classes == 2


# --- costs ----------------------------------------------------------------------------------------

COST = dataclasses.replace(SPEC, metric=make_metric("cost"))


def test_costs_of_rows_are_the_mean_cost_of_weighed_rows():
    """The metric of rows weighed by weight and cost is minus the mean cost of their errors."""
    rng = np.random.default_rng(0)
    y, codes = rng.integers(0, 2, (2, 50))
    weight, cost = rng.uniform(0.5, 2, 50), rng.uniform(0, 9, 50)
    for w in (None, weight):
        spec = priced_spec(COST, y, w, cost)
        value = metric_from_codes(spec.metric, y, codes, 2, cost if w is None else w * cost, 1)
        assert value == pytest.approx(-np.average(cost * (y != codes), weights=w))
        # Calibrated probabilities say nothing of what rows cost: argmax is not favoured.
        assert not spec.metric.favours_argmax


def test_rows_that_cost_nothing_leave_nothing_to_choose():
    """Costs that are zero wherever there is weight are refused."""
    y = np.array([0, 1, 1])
    with pytest.raises(ValueError, match="zero in every row that has weight"):
        priced_spec(COST, y, np.array([0.0, 0.0, 1.0]), np.array([3.0, 2.0, 0.0]))


@pytest.mark.parametrize(("costs", "threshold"), [((0, 2), -np.inf), ((2, 0), np.inf)])
def test_free_errors_decide_without_rows(costs, threshold):
    """Where one kind of error is free the rule is always, or never, and costs nothing."""
    metric = make_metric("cost", fp_cost=costs[0], fn_cost=costs[1])
    spec = dataclasses.replace(COST, metric=metric)
    assert not spec.is_tuned
    rule = spec.fixed_rule(SCORES)
    assert (rule.kind, rule.threshold, rule.exact) == ("threshold", threshold, True)
    default = dataclasses.replace(spec, mode="default").fixed_rule(SCORES)
    assert default.kind == "argmax"
    assert COST.certain_threshold is None
    constrained = dataclasses.replace(spec, constraint=object())
    assert constrained.certain_threshold is None


def test_what_a_confidence_depends_on_is_known_of_rows_and_models():
    """What a constraint may err is shared by models; rows of one unit count as one."""
    spec = RuleSpec(make_metric("recall"), (0, 1), 1, "proba")
    y, folds = np.arange(12) % 2, np.arange(12) // 6
    once = scored_rows(None, np.arange(12), folds, y, None, None)
    twice = scored_rows(None, np.arange(12) % 6, folds, y, None, None)
    grouped = scored_rows(None, np.arange(12), folds, y, None, np.arange(12) // 3)
    assert spec.certified_for(twice, 4) is spec
    bound = dataclasses.replace(spec, constraint=Constraint(make_metric("precision"), 0.8, 0.9))
    assert bound.certified_for(once) == bound
    assert bound.certified_for(once, 4).constraint.error == pytest.approx(0.1 / 4)
    for rows, n_alike in ((once, 1), (twice, 2), (grouped, 3)):
        assert bound.certified_for(rows).constraint.rows_per_unit == pytest.approx(n_alike)


@pytest.mark.parametrize(
    ("name", "pos", "n_alike"),
    [
        ("recall", 1, 20),
        ("recall", 0, 1),
        ("specificity", 1, 1),
        ("specificity", 0, 20),
        ("accuracy", 1, (2 * 20**2 + 60) / 100),
        ("precision", 1, 20),
        ("precision", 0, 20),
    ],
)
def test_a_share_is_proven_by_the_rows_that_it_is_a_share_of(name, pos, n_alike):
    """Groups of one class do not count for less because the rows of the other stand alone."""
    y = np.r_[np.ones(40, dtype=int), np.zeros(60, dtype=int)]
    groups = np.r_[np.repeat([0, 1], 20), 2 + np.arange(60)]
    rows = scored_rows(None, np.arange(100), np.arange(100) % 5, y, None, groups)
    constraint = Constraint(make_metric(name), 0.8, 0.9, pos=pos)
    spec = RuleSpec(make_metric("f1"), (0, 1), 1, "proba", constraint=constraint)
    assert spec.certified_for(rows).constraint.rows_per_unit == pytest.approx(n_alike)
