"""Tests of constraints: what is accepted, and which cuts are certified, against plain loops."""

import dataclasses

import numpy as np
import pytest
import sklearn.metrics as skm
from scipy import stats
from sklearn.metrics import make_scorer

from sklearn_lossfix.decision._constraint import (
    BINOMIAL_METRICS,
    MAX_STARTS,
    Constraint,
    CutCounts,
    certified_cuts,
    lower_bounds,
    parse_constraint,
)
from sklearn_lossfix.decision._metrics import make_metric
from sklearn_lossfix.decision._scoring import from_scorer
from sklearn_lossfix.decision._sorted_rows import SortedRows


@pytest.mark.parametrize(
    "metric", ["precision", make_scorer(skm.precision_score), make_metric("precision")]
)
def test_a_pair_is_parsed(metric):
    """A name, a scorer and a metric make the same constraint; so does a list."""
    expected = Constraint(make_metric("precision"), 0.9, 0.95)
    assert parse_constraint((metric, 0.9), 0.95) == expected
    assert parse_constraint([metric, np.float32(0.5)]) == Constraint(make_metric("precision"), 0.5)
    assert parse_constraint(expected) == expected
    assert parse_constraint(expected, 0.8).confidence == 0.8
    assert parse_constraint(None) is None
    assert str(expected) == "precision >= 0.9 with confidence 0.95"
    assert str(parse_constraint(("recall", 1))) == "recall >= 1"


@pytest.mark.parametrize(
    ("constraint", "confidence", "error", "message"),
    [
        ("precision", None, TypeError, "a metric and its least value, such as .* got 'precision'"),
        (("precision",), None, TypeError, "a metric and its least value"),
        (("precision", "high"), None, ValueError, "must be a finite number; got 'high'"),
        (("precision", np.nan), None, ValueError, "must be a finite number; got nan"),
        (("precision", True), None, ValueError, "must be a finite number; got True"),
        (("roc_auc", 0.9), None, ValueError, "needs a metric of labels, .* 'roc_auc' is ranking"),
        (("f1", 0.9), 0.9, ValueError, "accuracy, precision, recall, specificity: .* 'f1' is none"),
        (("recall", 0.9), 1.0, ValueError, r"must lie between 0 and 1; got 1\.0"),
        (("recall", 0.9), "90 %", ValueError, "must lie between 0 and 1; got '90 %'"),
        (None, 0.9, ValueError, "without the constraint that it belongs to"),
        (("precision_", 0.9), None, ValueError, "Did you mean 'precision'"),
    ],
)
def test_what_is_no_constraint_is_refused(constraint, confidence, error, message):
    """Each message says what was expected and what came."""
    with pytest.raises(error, match=message):
        parse_constraint(constraint, confidence)


def test_classes_bind_labels_and_the_positive_class():
    """A scorer that names the other class turns the constraint round."""
    of_no = parse_constraint((make_scorer(skm.recall_score, pos_label="no"), 0.9))
    classes = np.array(["no", "yes"])
    assert of_no.for_classes(classes, pos=1).pos == 0
    assert of_no.for_classes(classes, pos=0).pos == 1
    assert parse_constraint(("recall", 0.9)).for_classes(classes, pos=0).pos == 1
    with pytest.raises(ValueError, match=r"pos_label='no' .* the classes are \['a', 'b'\]"):
        of_no.for_classes(["a", "b"])
    with pytest.raises(ValueError, match=r"threshold of two classes; got \['a', 'b', 'c'\]"):
        of_no.for_classes(["a", "b", "c"])
    own = from_scorer(make_scorer(lambda y, p: 0.0))
    assert parse_constraint((own, 0.9)).for_classes(classes, pos=0).metric.labels == ("yes", "no")


# --- certified cuts ------------------------------------------------------------------------------


def _counts(seed, weighted=False):
    """Cuts of 30 to 600 rows, with ties."""
    rng = np.random.default_rng(seed)
    n = rng.integers(30, 600)
    score = rng.normal(size=n).round(rng.integers(1, 4))
    y = rng.random(n) < 1 / (1 + np.exp(-3 * score))
    w = rng.uniform(0.5, 2.0, n) if weighted else np.ones(n)
    cuts = np.concatenate([[np.inf], np.unique(score)[::-1]])
    above = score >= cuts[:, None]
    return CutCounts(
        above @ (w * y), above @ (w * ~y), above @ (w**2 * y), above @ (w**2 * ~y), above.sum(1)
    )


def _effective(name, counts):
    """What is right and what was tried at each cut, in effective rows."""
    tp, fp = counts.tp, counts.fp
    P, N = np.full(len(tp), tp[-1]), np.full(len(tp), fp[-1])
    of_P, of_N = counts.tp_squares[-1], counts.fp_squares[-1]
    right, total, squares = {
        "precision": (tp, tp + fp, counts.tp_squares + counts.fp_squares),
        "recall": (tp, P, of_P),
        "specificity": (N - fp, N, of_N),
        "accuracy": (tp + N - fp, P + N, of_P + of_N),
    }[name]
    return right * total / np.maximum(squares, 1e-300), total**2 / np.maximum(squares, 1e-300)


def _plainly_certified(name, p_value, first, error):
    """Follow the sequences cut by cut, as the docstring tells it."""
    directions = {"accuracy": (1, -1), "recall": (-1,)}.get(name, (1,))
    certified = np.zeros(len(p_value), dtype=bool)
    own = error / len(directions) / len(first)
    for direction in directions:
        starts = sorted(first, key=lambda cut: direction * cut)
        level = 0.0
        cuts = range(len(p_value)) if direction == 1 else range(len(p_value) - 1, -1, -1)
        for cut in cuts:
            if cut in starts:
                level += own
            if level > 0 and p_value[cut] <= level:
                certified[cut] = True
            else:
                level = 0.0
    return certified


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", BINOMIAL_METRICS)
def test_certified_cuts_are_those_of_a_plain_walk(name, weighted):
    """Binomial tests from each start to the first failure, whose level later starts inherit."""
    n_certified = n_left_out = 0
    for seed in range(60):
        counts = _counts(seed, weighted)
        found = certified_cuts(Constraint(make_metric(name), 0.8, 0.9), counts)
        right, trials = _effective(name, counts)
        p_value = np.where(right > 0, stats.beta.cdf(0.8, right, trials - right + 1), 1.0)
        if not weighted:
            whole = stats.binom.sf(right.round() - 1, trials.round(), 0.8)
            np.testing.assert_allclose(p_value[right > 0], whole[right > 0], atol=1e-9)
        p_value[(right == trials) & _is_certain(name, len(right))] = 0.0
        expected = _plainly_certified(name, p_value, found.first, 0.1)
        np.testing.assert_array_equal(found.certified, expected)
        n_certified += found.certified.sum()
        n_left_out += np.sum((p_value <= 0.1) & ~found.certified)
    assert n_certified > 0
    if name in ("recall", "specificity"):
        assert n_left_out == 0  # their bound is monotone: one sequence reaches all that pass
    else:
        assert n_left_out > 0


def _is_certain(name, n_cuts):
    """The cut whose metric is known without rows."""
    return np.arange(n_cuts) == {"recall": n_cuts - 1, "specificity": 0}.get(name, -1)


@pytest.mark.parametrize("name", BINOMIAL_METRICS)
def test_lower_bound_is_clopper_and_pearsons(name):
    """The bound is the share at which the observed one has the probability of the level."""
    counts = _counts(7)
    constraint = Constraint(make_metric(name), 0.8, 0.9)
    found, lower = certified_cuts(constraint, counts), lower_bounds(constraint, counts)
    right, trials = _effective(name, counts)
    n_sequences = len(found.first) * (2 if name == "accuracy" else 1)
    inner = (right > 0) & ~_is_certain(name, len(right))
    tail = stats.beta.cdf(lower, right, trials - right + 1)[inner]
    np.testing.assert_allclose(tail, 0.1 / n_sequences, atol=1e-9)
    assert (lower[right == 0] == 0).all()
    assert (lower[(right > 0) & ~inner] == 1).all()
    # A start passes by its own level if nothing else: then its bound is at least the limit.
    assert found.certified[found.first][lower[found.first] >= 0.8].all()
    np.testing.assert_array_equal(lower_bounds(constraint, counts, found.first), lower[found.first])


@pytest.mark.parametrize("name", BINOMIAL_METRICS)
def test_the_starts_know_no_labels(name):
    """Turning every label round leaves the starts where they are."""
    for seed in range(40):
        counts = _counts(seed)
        constraint = Constraint(make_metric(name), 0.8, 0.9)
        found = certified_cuts(constraint, counts)
        turned = counts._replace(tp=counts.fp, fp=counts.tp)
        np.testing.assert_array_equal(certified_cuts(constraint, turned).first, found.first)
        assert len(np.unique(found.first)) == len(found.first) <= MAX_STARTS


@pytest.mark.parametrize(("name", "other"), [("recall", "specificity"), ("accuracy", "accuracy")])
def test_the_other_class_sees_the_cuts_from_below(name, other):
    """With the negative class as positive one, recall is specificity and accuracy stays."""
    for seed in range(20):
        counts = _counts(seed, weighted=True)
        of_other = Constraint(make_metric(name), 0.7, 0.9, pos=0)
        same = Constraint(make_metric(other), 0.7, 0.9)
        if name == "recall":  # the starts of accuracy are rounded from the other end
            np.testing.assert_array_equal(
                certified_cuts(of_other, counts).certified, certified_cuts(same, counts).certified
            )
        np.testing.assert_allclose(
            lower_bounds(of_other, counts), lower_bounds(same, counts), atol=1e-9
        )
        at = np.array([0, 2])
        np.testing.assert_array_equal(
            lower_bounds(of_other, counts, at), lower_bounds(of_other, counts)[at]
        )


def test_negative_predictive_value_is_precision_from_below():
    """The precision of the negative class is certified where most rows are called positive."""
    counts = _counts(3)
    found = certified_cuts(Constraint(make_metric("precision"), 0.7, 0.9, pos=0), counts)
    share = (counts.fp[-1] - counts.fp) / np.maximum(counts.n_rows[-1] - counts.n_rows, 1)
    assert found.certified.any()
    assert (share[found.certified] >= 0.7).all()
    assert not found.certified[-1]  # none is called negative


@pytest.mark.parametrize("name", BINOMIAL_METRICS)
def test_equal_weights_are_no_weights(name):
    """Kish's number of rows is the number of rows where they weigh the same."""
    counts = _counts(5)
    heavy = counts._replace(
        tp=7 * counts.tp,
        fp=7 * counts.fp,
        tp_squares=49 * counts.tp_squares,
        fp_squares=49 * counts.fp_squares,
    )
    constraint = Constraint(make_metric(name), 0.8, 0.9)
    for a, b in zip(
        certified_cuts(constraint, counts), certified_cuts(constraint, heavy), strict=True
    ):
        np.testing.assert_allclose(a, b, atol=1e-9)


def test_models_share_what_may_fail():
    """One of five models with 90 % confidence is as each of them with 98 %."""
    rng = np.random.default_rng(0)
    y, score = rng.random(300) < 0.4, rng.random(300)
    rows = SortedRows.sort(y, score + 0.6 * y)
    tp, fp, start = rows.counts()
    counts = CutCounts(tp, fp, tp, fp, start)
    shared = Constraint(make_metric("precision"), 0.7, 0.9, n_models=5)
    alone = Constraint(make_metric("precision"), 0.7, 0.98)
    found = certified_cuts(shared, counts).certified
    np.testing.assert_array_equal(found, certified_cuts(alone, counts).certified)
    np.testing.assert_allclose(lower_bounds(shared, counts), lower_bounds(alone, counts))
    single = certified_cuts(Constraint(make_metric("precision"), 0.7, 0.9), counts).certified
    assert 0 < found.sum() < single.sum()


@pytest.mark.parametrize("name", BINOMIAL_METRICS)
def test_rows_that_stand_there_four_times_prove_nothing_more(name):
    """Repeated rows that count as one certify what the rows themselves do."""
    rng = np.random.default_rng(0)
    y, score = rng.random(200) < 0.4, rng.random(200)
    constraint = Constraint(make_metric(name), 0.5, 0.9)
    found = []
    for times in (1, 4):
        rows = SortedRows.sort(np.repeat(y, times), np.repeat(score + 0.6 * y, times))
        tp, fp, start = rows.counts()
        counts = CutCounts(tp, fp, tp, fp, start)
        own = dataclasses.replace(constraint, rows_per_unit=times)
        found.append((certified_cuts(own, counts).certified, lower_bounds(own, counts)))
    np.testing.assert_array_equal(found[0][0], found[1][0])
    np.testing.assert_allclose(found[0][1], found[1][1])
    assert found[0][0].any()


@pytest.mark.parametrize("name", BINOMIAL_METRICS)
@pytest.mark.parametrize(("at_least", "certain"), [(0.0, True), (-1.0, True), (1.5, False)])
def test_bounds_that_need_no_proof(name, at_least, certain):
    """Everything is at least 0, nothing is more than 1."""
    found = certified_cuts(Constraint(make_metric(name), at_least, 0.9), _counts(1))
    first = found.first.min() if name == "precision" else 0
    assert found.certified[first:].all() if certain else not found.certified.any()


def test_the_ends_are_certain():
    """All positive has recall 1 and all negative specificity 1, whatever the rows."""
    one_each = CutCounts(*np.array([[0, 1, 1], [0, 0, 1], [0, 1, 1], [0, 0, 1], [0, 1, 2]]))
    for name, expected in (("recall", [False, False, True]), ("specificity", [True, False, False])):
        found = certified_cuts(Constraint(make_metric(name), 1.0, 0.99), one_each)
        np.testing.assert_array_equal(found.certified, expected)


def test_without_rows_of_a_class_nothing_is_certified():
    """The recall of no positives is not a number, and that of no rows neither."""
    zeros = np.zeros(2)
    no_positives = CutCounts(zeros, np.array([0, 5]), zeros, np.array([0, 5]), np.array([0, 5]))
    assert not certified_cuts(
        Constraint(make_metric("recall"), 0.5, 0.9), no_positives
    ).certified.any()
    nothing = CutCounts(*np.zeros((5, 1)))
    for name in BINOMIAL_METRICS:
        assert not certified_cuts(Constraint(make_metric(name), 0.5, 0.9), nothing).certified.any()
