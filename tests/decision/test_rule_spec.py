"""What rule is wanted, as data."""

import dataclasses

import numpy as np
import pytest

from sklearn_lossfix.decision import DecisionRule
from sklearn_lossfix.decision._metrics import Metric, make_metric
from sklearn_lossfix.decision._rule_spec import RuleSpec
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
