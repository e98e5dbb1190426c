"""Tests of which class is taken as the positive one."""

import numpy as np
import pytest
from sklearn.metrics import f1_score, make_scorer

from sklearn_lossfix.decision._metrics import make_metric
from sklearn_lossfix.decision._positive_class import own_positive, resolve_positive
from sklearn_lossfix.decision._scoring import resolve_metric

F1 = make_metric("f1")


@pytest.mark.parametrize(
    ("labels", "counts", "expected"),
    [
        ([0, 1], [1, 9], 1),
        ([-1, 1], [1, 9], 1),
        ([False, True], [1, 9], 1),
        ([0.0, 1.0], [1, 9], 1),
    ],
)
def test_conventional_labels_take_the_greater(labels, counts, expected):
    """Of 0 and 1 and their kin the greater is positive, however many rows it has."""
    assert resolve_positive(F1, np.array(labels), np.array(counts)) == (expected, None)


@pytest.mark.parametrize(("counts", "expected"), [([1, 9], 0), ([9, 1], 1), ([5, 5], 1)])
def test_other_labels_take_the_rarer_and_say_so(counts, expected):
    """Of other labels the rarer is positive, the last of two equal ones, with a note."""
    classes = np.array(["ham", "spam"])
    pos, note = resolve_positive(F1, classes, np.array(counts))
    assert pos == expected
    assert note.startswith("f1 needs a positive class")
    assert f"the rarer one, {classes[pos].item()!r}, was taken" in note


def test_what_was_said_is_taken():
    """The user's word wins over the scorer's, which wins over conventions; there is no note."""
    classes, counts = np.array(["ham", "spam"]), np.array([1, 9])
    scorer = resolve_metric(make_scorer(f1_score, pos_label="spam"))
    assert resolve_positive(scorer, classes, counts) == (1, None)
    assert resolve_positive(scorer, classes, counts, "ham") == (0, None)
    assert resolve_positive(F1, np.array([0, 1]), counts, 0) == (0, None)


def test_symmetric_metrics_need_none():
    """A metric without a positive class has one only if the user names it."""
    metric, classes, counts = make_metric("accuracy"), np.array([0, 1, 2]), np.array([5, 5, 5])
    assert resolve_positive(metric, classes, counts) == (None, None)
    assert resolve_positive(metric, classes[:2], counts[:2], 0) == (0, None)


@pytest.mark.parametrize(
    ("metric", "labels", "pos_label", "message"),
    [
        (F1, [0, 1], 7, r"pos_label=7 must be one of two classes; the classes are \[0, 1\]"),
        (F1, [0, 1, 2], 1, r"pos_label=1 must be one of two classes"),
        (make_metric("accuracy"), [0, 1, 2], 1, r"pos_label=1 must be one of two classes"),
        (F1, [0, 1, 2], None, r"'f1' judges one positive class out of two"),
    ],
)
def test_impossible_wishes_are_refused(metric, labels, pos_label, message):
    """A class that is not one of two, and a metric that needs two, are refused."""
    with pytest.raises(ValueError, match=message):
        resolve_positive(metric, np.array(labels), np.ones(len(labels)), pos_label)


def test_other_metrics_have_the_class_that_their_scorer_names():
    """Without a name it is the class of the rule; a metric that needs none has none."""
    zero = resolve_metric(make_scorer(f1_score, pos_label="no"))
    assert own_positive(zero, ["no", "yes"], 1) == 0
    assert own_positive(F1, ["no", "yes"], 1) == 1
    assert own_positive(make_metric("accuracy"), ["no", "yes"], 1) is None
    with pytest.raises(ValueError, match=r"pos_label='no' must be one of two classes.*'a', 'b'"):
        own_positive(zero, ["a", "b"], 1)
