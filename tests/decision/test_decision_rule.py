"""Tests of DecisionRule: what it predicts, what it refuses, and that it travels."""

import dataclasses
import json
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_lossfix.decision import DecisionRule

RULES = [
    DecisionRule("argmax", classes=("a", "b", "c")),
    DecisionRule("argmax", classes=(0, 1), space="decision", metric="accuracy"),
    DecisionRule("threshold", classes=("no", "yes"), threshold=0.25, metric="f1", exact=True),
    DecisionRule("threshold", classes=(False, True), threshold=np.inf, pos_label=False),
    DecisionRule("threshold", classes=(-1, 1), threshold=-np.inf, space="decision"),
    DecisionRule("offsets", classes=(1.5, 2.5, 3.0), offsets=[0.1, -0.2, 0.1], space="log_proba"),
    DecisionRule("offsets", classes=np.array(["x", "y"]), offsets=(1, -1), space="decision"),
    DecisionRule("cost_matrix", classes=np.arange(2), cost_matrix=[[0, 1], [5, 0]]),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.kind}-{rule.space}")
def test_rule_survives_every_way_of_travelling(rule):
    """Dictionary, strict JSON and pickle give back an equal rule of plain Python values."""
    text = rule.to_json()
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not strict JSON"))
    for other in (
        DecisionRule.from_json(text),
        DecisionRule.from_dict(rule.to_dict()),
        pickle.loads(pickle.dumps(rule)),
    ):
        assert other == rule
        assert hash(other) == hash(rule)
        assert repr(other) == repr(rule)
    assert {type(label) for label in rule.classes} <= {str, int, float, bool}


@given(
    scores=st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), min_size=1),
    offset=st.lists(st.floats(-5, 5), min_size=3, max_size=3),
)
def test_predictions_are_those_of_their_formulas(scores, offset):
    """Each kind of rule with three classes predicts what its formula says."""
    scores, classes = np.array(scores), ("a", "b", "c")
    np.testing.assert_array_equal(
        DecisionRule("argmax", classes).predict_codes(scores), scores.argmax(axis=1)
    )
    np.testing.assert_array_equal(
        DecisionRule("offsets", classes, offsets=offset, space="decision").predict_codes(scores),
        (scores + offset).argmax(axis=1),
    )
    floored = np.log(np.maximum(scores, np.finfo(float).tiny))
    np.testing.assert_array_equal(
        DecisionRule("offsets", classes, offsets=offset, space="log_proba").predict(scores),
        np.array(classes)[(floored + offset).argmax(axis=1)],
    )
    costs = np.abs(np.subtract.outer(np.arange(3), np.arange(3))) * 1.5
    expected = [[sum(p[k] * costs[k, j] for k in range(3)) for j in range(3)] for p in scores]
    chosen = DecisionRule("cost_matrix", classes, cost_matrix=costs).predict_codes(scores)
    np.testing.assert_allclose(
        np.take_along_axis(np.array(expected), chosen[:, None], axis=1)[:, 0],
        np.min(expected, axis=1),
        atol=1e-12,
    )


def test_threshold_includes_its_own_value():
    """A score equal to the threshold is positive, in one column or two, for either class."""
    rule = DecisionRule("threshold", classes=("n", "p"), threshold=0.5)
    np.testing.assert_array_equal(rule.predict([0.5, np.nextafter(0.5, 0)]), ["p", "n"])
    np.testing.assert_array_equal(rule.predict([[0.5, 0.5], [0.6, 0.4]]), ["p", "n"])
    first = DecisionRule("threshold", classes=("n", "p"), threshold=0.7, pos_label="n")
    np.testing.assert_array_equal(first.predict([[0.7, 0.3], [0.6, 0.4]]), ["n", "p"])
    np.testing.assert_array_equal(first.predict([0.3, 0.4]), ["n", "p"])
    margin = DecisionRule("threshold", ("n", "p"), threshold=1, pos_label="n", space="decision")
    np.testing.assert_array_equal(margin.predict([-1.0, -0.9, 2.0]), ["n", "p", "p"])


@pytest.mark.parametrize(("threshold", "label"), [(np.inf, 0), (-np.inf, 1)])
def test_infinite_thresholds_are_constant_rules(threshold, label):
    """Infinite thresholds predict one label for any finite score."""
    rule = DecisionRule("threshold", classes=(0, 1), threshold=threshold, space="decision")
    np.testing.assert_array_equal(rule.predict([-1e300, 0.0, 1e300]), [label] * 3)


def test_float32_scores_are_compared_in_double_precision():
    """A threshold between two neighbouring float32 scores separates them."""
    low = np.float32(0.3)
    high = np.nextafter(low, np.float32(1))
    rule = DecisionRule("threshold", classes=(0, 1), threshold=(float(low) + float(high)) / 2)
    np.testing.assert_array_equal(rule.predict(np.array([low, high])), [0, 1])


def test_ties_go_to_the_first_class():
    """Equal scores and equal costs choose the first class, as numpy's argmax does."""
    classes = (3, 1, 2)
    equal = np.full((1, 3), 1 / 3)
    zero = np.zeros(3)
    assert DecisionRule("argmax", classes).predict(equal) == [3]
    assert DecisionRule("offsets", classes, offsets=zero, space="decision").predict(equal) == [3]
    assert DecisionRule("cost_matrix", classes, cost_matrix=np.eye(3)).predict(equal) == [3]


@pytest.mark.parametrize(
    ("rule", "column"),
    [
        (DecisionRule("argmax", (0, 1)), [0.2, 0.5, 0.8]),
        (DecisionRule("threshold", (0, 1), threshold=0.25), [0.2, 0.25, 0.8]),
        (DecisionRule("threshold", (0, 1), threshold=0.25, pos_label=0), [0.2, 0.75, 0.8]),
        (DecisionRule("cost_matrix", (0, 1), cost_matrix=[[0, 1], [4, 0]]), [0.1, 0.3]),
        (DecisionRule("offsets", (0, 1), offsets=(0, 1), space="log_proba"), [0.2, 0.3]),
    ],
)
def test_one_column_of_two_classes_is_the_last_class(rule, column):
    """One column of probabilities is completed by that of the first class."""
    column = np.array(column)
    both = np.column_stack([1 - column, column])
    np.testing.assert_array_equal(rule.predict(column), rule.predict(both))


def test_one_column_of_decision_values_is_cut_at_zero():
    """Argmax of one column of decision values is its sign; zero is the first class."""
    rule = DecisionRule("argmax", ("a", "b"), space="decision")
    np.testing.assert_array_equal(rule.predict([-1.0, 0.0, 2.0]), ["a", "a", "b"])


def test_probability_of_zero_loses_to_any_other_class():
    """A class of probability zero is not chosen for a moderate offset, and gives no warning."""
    rule = DecisionRule("offsets", (0, 1), offsets=(50, -50), space="log_proba")
    np.testing.assert_array_equal(rule.predict([[0.0, 1.0], [1e-20, 1.0]]), [1, 0])


def test_mixed_labels_keep_their_types():
    """Labels of several types come back as they are, not turned into strings."""
    assert DecisionRule("argmax", ("a", 1)).predict([[0.0, 1.0]]).tolist() == [1]


def test_rule_is_frozen():
    """A rule cannot be changed after it was made."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        RULES[0].kind = "offsets"


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"kind": "magic", "classes": (0, 1)}, ValueError, "kind must be one of .*'magic'"),
        ({"kind": "argmax", "classes": (0,)}, ValueError, "at least two distinct labels"),
        ({"kind": "argmax", "classes": (0, 0)}, ValueError, "at least two distinct labels"),
        ({"kind": "argmax", "classes": (None, 1)}, TypeError, "got None of type NoneType"),
        ({"kind": "argmax", "classes": (np.nan, 1)}, TypeError, "got nan of type float"),
        ({"kind": "argmax", "classes": (0, 1), "threshold": 1}, ValueError, "threshold is not"),
        ({"kind": "threshold", "classes": (0, 1)}, ValueError, "threshold is missing"),
        (
            {"kind": "threshold", "classes": (0, 1), "threshold": np.nan},
            ValueError,
            "threshold must be a number, possibly infinite; got nan",
        ),
        (
            {"kind": "threshold", "classes": (0, 1, 2), "threshold": 1},
            ValueError,
            "needs two classes",
        ),
        (
            {"kind": "threshold", "classes": (0, 1), "threshold": 0, "pos_label": 2},
            ValueError,
            r"pos_label=2 is not one of the classes \(0, 1\)",
        ),
        (
            {"kind": "threshold", "classes": (0, 1), "threshold": 0, "space": "log_proba"},
            ValueError,
            "takes scores of space 'proba' or 'decision'; got 'log_proba'",
        ),
        (
            {"kind": "offsets", "classes": (0, 1), "offsets": (0, np.inf), "space": "decision"},
            ValueError,
            r"offsets must be finite numbers of shape \(2,\)",
        ),
        (
            {"kind": "cost_matrix", "classes": (0, 1), "cost_matrix": [[0, 1]]},
            ValueError,
            r"cost_matrix must be finite numbers of shape \(2, 2\)",
        ),
    ],
)
def test_impossible_rules_are_refused(params, error, message):
    """A rule that lacks, exceeds or contradicts its parts is refused, by name."""
    with pytest.raises(error, match=message):
        DecisionRule(**params)


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (np.zeros((2, 3)), r"must have shape \(n_samples, 2\) or \(n_samples,\); got \(2, 3\)"),
        (np.zeros((2, 2, 2)), r"got \(2, 2, 2\)"),
        ([0.1, np.nan, np.nan], r"NaN in 2 of 3 rows \(first: 1\)"),
        ([[0.1, np.nan]], r"NaN in 1 of 1 rows \(first: 0\)"),
    ],
)
def test_bad_scores_are_refused(scores, message):
    """Scores of another shape or with NaN are refused; the message says where."""
    with pytest.raises(ValueError, match=message):
        RULES[2].predict(scores)


def test_bad_dictionaries_are_refused():
    """Unknown, missing and unreadable entries are refused by name."""
    with pytest.raises(ValueError, match=r"unknown here: \['colour'\], missing: \['classes'\]"):
        DecisionRule.from_dict({"kind": "argmax", "colour": 1})
    with pytest.raises(ValueError, match="threshold must be a number, 'inf' or '-inf'; got 'NaN'"):
        DecisionRule.from_dict({"kind": "threshold", "classes": [0, 1], "threshold": "NaN"})
    with pytest.raises(ValueError, match="is a JSON object; got list"):
        DecisionRule.from_json("[]")
