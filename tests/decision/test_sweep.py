"""Tests of the exact threshold sweep: against brute force, for every label metric."""

import dataclasses
import tracemalloc

import numpy as np
import pytest
import sklearn.metrics as skm
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import make_scorer

from sklearn_lossfix.decision import _sweep
from sklearn_lossfix.decision._constraint import parse_constraint
from sklearn_lossfix.decision._custom_metric import CustomFormula
from sklearn_lossfix.decision._metrics import LABEL_METRICS, Metric, make_metric, metric_from_codes
from sklearn_lossfix.decision._scoring import from_scorer
from sklearn_lossfix.decision._sorted_rows import SortedRows
from sklearn_lossfix.decision._sweep import (
    best_effort_threshold_sorted,
    best_threshold,
    best_threshold_sorted,
    best_thresholds_sorted,
    is_exact,
    sweep_thresholds,
)
from sklearn_lossfix.exceptions import InfeasibleConstraintError

EXACT_SEEDS = range(200)

METRICS = [
    make_metric(n, **({"beta": 0.5} if n.startswith("fbeta") else {})) for n in LABEL_METRICS
]


@st.composite
def scored_rows(draw):
    """Draw classes, scores with ties and sometimes weights, zero weights included."""
    n = draw(st.integers(1, 25))
    y = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    score = draw(
        st.lists(st.sampled_from([0.0, 1e-9, 0.2, 0.5, 0.7, 1.0]), min_size=n, max_size=n)
        | st.lists(st.floats(-1e6, 1e6), min_size=n, max_size=n)
    )
    weights = st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.5]), min_size=n, max_size=n)
    w = draw(st.none() | weights)
    return np.array(y), np.array(score), None if w is None else np.array(w)


@pytest.fixture
def own():
    """Make a metric of a function: of counts, or of labels that is monotone or not."""

    def make(function, formula="counts", monotone=True):
        custom = CustomFormula(function.__name__, function, formula, monotone)
        return Metric(function.__name__, asymmetric=formula == "counts", custom=custom)

    return make


def _tied_rows(seed):
    """Draw 3 to 40 rows: scores tied or not, weights or none, classes rare or absent.

    The weights add up without rounding in any order, so that an empty cell is exactly empty.
    """
    rng = np.random.default_rng(seed)
    n = rng.integers(3, 41)
    levels = rng.choice([2, 5, 1000])
    score = rng.integers(0, levels, n) / levels
    y = rng.random(n) < rng.choice([0.1, 0.5, 0.9]) * (0.5 + score)
    w = rng.choice([0.0, 0.375, 1.0, 2.5], n) if seed % 2 else None
    return y, score, None if w is None or w.sum() == 0 else w


def _every_cut(score):
    return np.concatenate([[np.inf], np.unique(score), [-np.inf]])


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
@given(rows=scored_rows())
@settings(max_examples=40, deadline=None)
def test_best_threshold_equals_brute_force(metric, rows):
    """No cut does better, and the value is the metric at the threshold."""
    y, score, w = rows
    threshold, value = best_threshold(y, score, metric, w)

    def at(cut):
        pred = (score >= cut).astype(int)
        return metric_from_codes(metric, y.astype(int), pred, 2, w, pos=1)

    assert value == pytest.approx(at(threshold), abs=1e-12)
    assert value == pytest.approx(max(at(cut) for cut in _every_cut(score)), abs=1e-12)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_no_cut_of_200_draws_does_better(metric):
    """On ties, weights and infinite cuts the threshold is as good as the best by brute force."""
    for seed in EXACT_SEEDS:
        y, score, w = _tied_rows(seed)
        threshold, value = best_threshold(y, score, metric, w, default=0.5)
        cuts = _every_cut(score)
        positive = score >= cuts[:, None]
        weight = np.ones(len(y)) if w is None else w
        P, N = np.sum(weight[y]), np.sum(weight[~y])
        tp, fp = positive @ (weight * y), positive @ (weight * ~y)
        hits = np.column_stack([N - fp, tp])
        pred = np.column_stack([N - fp + P - tp, tp + fp])
        best = metric.value(hits, pred, np.array([N, P]), pos=1).max()
        assert value == pytest.approx(best, abs=1e-12)
        codes = (score >= threshold).astype(int)
        here = metric_from_codes(metric, y.astype(int), codes, 2, w, pos=1)
        assert value == pytest.approx(here, abs=1e-12)


SCIKIT_LEARN = {
    "accuracy": skm.accuracy_score,
    "balanced_accuracy": skm.balanced_accuracy_score,
    "f1": skm.f1_score,
    "f1_macro": lambda y, p, **w: skm.f1_score(y, p, average="macro", **w),
    "precision": lambda y, p, **w: skm.precision_score(y, p, zero_division=0.0, **w),
    "recall": skm.recall_score,
    "jaccard": skm.jaccard_score,
    "mcc": skm.matthews_corrcoef,
    "kappa": skm.cohen_kappa_score,
}


@pytest.mark.parametrize("name", SCIKIT_LEARN)
def test_value_is_that_of_scikit_learn_at_the_threshold(name):
    """What is returned is what scikit-learn says of the labels that the threshold gives."""
    for seed in EXACT_SEEDS:
        y, score, w = _tied_rows(seed)
        weight = np.ones(len(y)) if w is None else w
        if min(np.sum(weight[y]), np.sum(weight[~y])) == 0:
            continue  # 0/0 in scikit-learn, with a warning
        threshold, value = best_threshold(y, score, make_metric(name), w)
        labels = (score >= threshold).astype(int)
        theirs = SCIKIT_LEARN[name](y.astype(int), labels, sample_weight=w)
        assert value == pytest.approx(theirs, abs=1e-12)


def test_accuracy_of_noise_is_the_share_of_the_majority():
    """Where the scores say nothing and positives are rare, all rows are called negative."""
    rng = np.random.default_rng(0)
    y, score = rng.random(400) < 0.05, rng.random(400)
    y[np.argsort(score)[-25:]] = False  # no lucky positive at the top
    threshold, value = best_threshold(y, score, make_metric("accuracy"))
    assert (threshold, value) == (np.inf, np.mean(~y))


def _counted(function):
    """Wrap a function of labels and count its calls."""

    def counting(y_true, y_pred, sample_weight=None):
        counting.calls += 1
        return function(y_true, y_pred, sample_weight=sample_weight)

    counting.calls = 0
    return counting


def _f2(y_true, y_pred, sample_weight=None):
    return skm.fbeta_score(y_true, y_pred, beta=2, sample_weight=sample_weight, zero_division=0.0)


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (_f2, "f2"),
        (skm.matthews_corrcoef, "mcc"),
        (skm.balanced_accuracy_score, "balanced_accuracy"),
    ],
)
def test_a_function_of_labels_finds_what_its_formula_finds(function, name):
    """A scorer of an unknown function is as good at its threshold, by few calls."""
    builtin = make_metric(name)
    for seed in EXACT_SEEDS:
        y, score, w = _tied_rows(seed)
        if len(np.unique(y if w is None else y[w > 0])) < 2:
            continue  # scikit-learn would warn of one class
        counting = _counted(function)
        threshold, value = best_threshold(
            y, score, from_scorer(make_scorer(counting)), w, default=0.5
        )
        expected = best_threshold(y, score, builtin, w, default=0.5)
        assert value == pytest.approx(expected[1], abs=1e-12)
        assert counting.calls <= len(np.unique(score[y])) + 2
        codes = (score >= threshold).astype(int)
        there = metric_from_codes(builtin, y.astype(int), codes, 2, w, pos=1)
        assert there == pytest.approx(value, abs=1e-12)


def test_few_positives_need_few_calls():
    """Of 20,001 cuts those are called for that stand next to one of 100 positives."""
    rng = np.random.default_rng(3)
    y = np.arange(20_000) < 100
    score = rng.normal(2.0 * y)
    counting = _counted(_f2)
    metric = from_scorer(make_scorer(counting))
    threshold, value = best_threshold(y, score, metric)
    assert counting.calls <= 102
    assert (threshold, value) == pytest.approx(best_threshold(y, score, make_metric("f2")))
    assert is_exact(SortedRows.sort(y, score), metric)


def _bumpy(y_true, y_pred, sample_weight):
    """Best where 40 % are called positive, whichever they are."""
    return -abs(np.average(y_pred, weights=sample_weight) - 0.4)


def test_without_monotony_every_cut_is_tried_up_to_a_limit(own):
    """Up to a thousand cuts the best is found for certain; beyond, near it, and that is told."""
    rng = np.random.default_rng(4)
    metric = own(_bumpy, "labels", monotone=False)
    for n, exact in ((_sweep.MAX_CUTS - 1, True), (_sweep.MAX_CUTS, False), (30_000, False)):
        score = rng.permutation(n).astype(float)
        y = rng.random(n) < 0.5
        counting = _counted(_bumpy)
        counted = own(counting, "labels", monotone=False)
        threshold, value = best_threshold(y, score, counted, default=-1.0)
        assert counting.calls <= 1.1 * _sweep.MAX_CUTS
        assert is_exact(SortedRows.sort(y, score), metric) is exact
        assert value == pytest.approx(0.0, abs=1 / n)
        assert np.mean(score >= threshold) == pytest.approx(0.4, abs=1 / n)


def _counts_bumpy(tp, fp, fn, tn):
    return -abs((tp + fp) / (tp + fp + fn + tn) - 0.4)


def test_a_function_of_counts_is_exact_whatever_its_shape(own):
    """A vectorised function is evaluated at every cut, monotone or not."""
    score = np.arange(5_000.0)
    metric = own(_counts_bumpy, monotone=False)
    threshold, value = best_threshold(score > 2500, score, metric)
    assert np.mean(score >= threshold) == pytest.approx(0.4, abs=1e-9)
    assert value == pytest.approx(0.0, abs=1e-12)
    assert is_exact(SortedRows.sort(score > 2500, score), metric)


# --- constraints ---------------------------------------------------------------------------------


def _values_at_every_cut(metric, y, score, w):
    codes = [(score >= cut).astype(int) for cut in _every_cut(score)]
    return np.array([metric_from_codes(metric, y.astype(int), c, 2, w, pos=1) for c in codes])


@pytest.mark.parametrize("form", ["formula", "function", "both"])
@pytest.mark.parametrize(
    ("name", "floor", "at_least"),
    [("recall", "precision", 0.7), ("precision", "recall", 0.6), ("f1", "specificity", 0.8)],
)
def test_constrained_threshold_equals_brute_force(own, name, floor, at_least, form):
    """The best of the allowed cuts is found, or the greatest value in reach is told."""
    objective, held = make_metric(name), make_metric(floor)
    of = {
        "precision": lambda tp, fp, fn, tn: np.nan_to_num(tp / (tp + fp)),
        "recall": lambda tp, fp, fn, tn: np.nan_to_num(tp / (tp + fn)),
        "specificity": lambda tp, fp, fn, tn: np.nan_to_num(tn / (tn + fp)),
        "f1": lambda tp, fp, fn, tn: np.nan_to_num(2 * tp / (2 * tp + fp + fn)),
    }

    def by_labels(key):
        def function(y_true, y_pred, sample_weight):
            table = [
                np.sum(sample_weight[(y_true == t) & (y_pred == p)])
                for t, p in ((1, 1), (0, 1), (1, 0), (0, 0))
            ]
            with np.errstate(invalid="ignore"):
                return of[key](*table)

        return own(function, "labels")

    used = by_labels(name) if form != "formula" else objective
    constraint = parse_constraint((by_labels(floor) if form == "both" else held, at_least))
    n_infeasible = 0
    for seed in range(100):
        y, score, w = _tied_rows(seed)
        rows = SortedRows.sort(y, score, w)
        allowed = _values_at_every_cut(held, y, score, w)
        if allowed.max() < at_least - 1e-12:
            n_infeasible += 1
            with pytest.raises(InfeasibleConstraintError, match=f"{allowed.max():.6g}. Ask"):
                best_threshold_sorted(rows, used, 0.5, constraint)
            continue
        best = _values_at_every_cut(objective, y, score, w)[allowed >= at_least - 1e-12].max()
        threshold, value = best_threshold_sorted(rows, used, 0.5, constraint)
        assert value == pytest.approx(best, abs=1e-12)
        codes = (score >= threshold).astype(int)
        kept = metric_from_codes(held, y.astype(int), codes, 2, w, pos=1)
        assert kept >= at_least - 1e-12
        assert metric_from_codes(objective, y.astype(int), codes, 2, w, pos=1) == pytest.approx(
            best, abs=1e-12
        )
        assert is_exact(rows, used, constraint)
    assert n_infeasible > 0


def test_best_effort_is_nearest_to_the_constraint():
    """The greatest value of the constraint, and of equal ones the best of the metric."""
    for seed in range(100):
        y, score, w = _tied_rows(seed)
        rows = SortedRows.sort(y, score, w)
        held, objective = make_metric("precision"), make_metric("f1")
        constraint = parse_constraint(("precision", 2.0))
        with pytest.raises(InfeasibleConstraintError):
            best_threshold_sorted(rows, objective, None, constraint)
        _, value = best_effort_threshold_sorted(rows, objective, constraint, 0.5)
        near = _values_at_every_cut(held, y, score, w)
        best = _values_at_every_cut(objective, y, score, w)[near >= near.max() - 1e-12].max()
        assert value == pytest.approx(best, abs=1e-12)


def test_default_is_kept_only_where_it_is_allowed():
    """A default that is as good stays; one that breaks the constraint goes."""
    y, score = np.array([False, True, False, True]), np.array([0.1, 0.2, 0.3, 0.9])
    rows, metric = SortedRows.sort(y, score), make_metric("youden")
    free = parse_constraint(("recall", 0.5))
    tight = parse_constraint(("recall", 1.0))
    assert best_threshold_sorted(rows, metric, 0.5, free) == (0.5, 0.5)
    threshold, value = best_threshold_sorted(rows, metric, 0.5, tight)
    assert (threshold, value) == (pytest.approx(0.15), 0.5)


def test_a_constraint_of_the_other_class_is_judged_by_it():
    """The recall of the negative class is the specificity of the positive one."""
    of_legit = make_scorer(skm.recall_score, pos_label="legit")
    for seed in range(50):
        y, score, w = _tied_rows(seed)
        rows, metric = SortedRows.sort(y, score, w), make_metric("recall")
        if len(np.unique(y if w is None else y[w > 0])) < 2:
            continue
        given_class = parse_constraint((of_legit, 0.8)).for_classes(["fraud", "legit"], pos=0)
        found = best_threshold_sorted(rows, metric, None, given_class)
        assert found == best_threshold_sorted(
            rows, metric, None, parse_constraint(("specificity", 0.8))
        )


def test_infeasible_with_confidence_says_what_is_proven():
    """Four rows prove little: the message names the bound that they do prove."""
    y, score = np.array([False, False, True, True]), np.array([0.1, 0.2, 0.8, 0.9])
    rows = SortedRows.sort(y, score)
    constraint = parse_constraint(("precision", 0.9), 0.95)
    message = r"'precision' at 0.9 or more with confidence 0.95: the greatest lower bound is 0\.\d+"
    with pytest.raises(InfeasibleConstraintError, match=message):
        best_threshold_sorted(rows, make_metric("f1"), None, constraint)
    among = dataclasses.replace(constraint, n_models=3)
    message = r"with confidence 0.95 in the best of 3 models: .* or compare fewer models\.$"
    with pytest.raises(InfeasibleConstraintError, match=message):
        best_threshold_sorted(rows, make_metric("f1"), None, among)
    threshold, value = best_effort_threshold_sorted(rows, make_metric("f1"), constraint)
    assert (threshold, value) == (pytest.approx(0.5), 1.0)


@given(rows=scored_rows())
def test_sweep_counts_what_each_threshold_calls_positive(rows):
    """Every distinct cut occurs once, in falling order, with the counts of its threshold."""
    y, score, w = rows
    weight = np.ones(len(y)) if w is None else w
    sweep = sweep_thresholds(y, score, w)
    assert len(sweep.thresholds) == len(np.unique(score)) + 1
    assert (np.diff(sweep.thresholds) < 0).all()
    positive = score >= sweep.thresholds[:, None]
    np.testing.assert_allclose(sweep.tp, positive @ (weight * y), atol=1e-12)
    np.testing.assert_allclose(sweep.fp, positive @ (weight * ~y), atol=1e-12)
    assert sweep.P == pytest.approx(np.sum(weight[y]))
    assert sweep.N == pytest.approx(np.sum(weight[~y]))


@pytest.mark.parametrize("weighted", [False, True])
def test_several_weightings_are_swept_as_each_alone(weighted):
    """Thresholds and values of all weightings at once are those of one sweep for each."""
    for seed in range(40):
        y, score, w = _tied_rows(2 * seed + 1)
        rows = SortedRows.sort(y, score)
        counts = np.random.default_rng(seed).poisson(1, (4, len(y))).astype(np.uint8)
        weights = counts * (1.0 if w is None else w) if weighted else counts
        cuts, metric = rows.cuts_and_corners(), make_metric("f1")
        found = best_thresholds_sorted(rows, metric, weights, cuts, 0.5)
        each = [best_threshold_sorted(rows._replace(weight=w), metric, 0.5) for w in weights]
        np.testing.assert_array_equal(np.transpose(found), each)


@given(rows=scored_rows(), seed=st.integers(0, 9))
def test_known_order_and_permutations_change_nothing(rows, seed):
    """A precomputed order and a shuffle of the rows give the same threshold."""
    y, score, w = rows
    metric = make_metric("f1")
    expected = best_threshold(y, score, metric, w)
    assert best_threshold(y, score, metric, w, order=np.argsort(score)) == expected
    p = np.random.default_rng(seed).permutation(len(y))
    shuffled = best_threshold(y[p], score[p], metric, None if w is None else w[p])
    assert shuffled == pytest.approx(expected, abs=1e-12)


@given(rows=scored_rows())
def test_part_of_an_order_sweeps_those_rows(rows):
    """An order that leaves rows out gives the sweep of the rows that are in it."""
    y, score, w = rows
    keep = np.arange(len(y)) % 2 == 0
    order = np.argsort(score)
    part = sweep_thresholds(y, score, w, order=order[keep[order]])
    alone = sweep_thresholds(y[keep], score[keep], None if w is None else w[keep])
    for a, b in zip(part, alone, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)


@given(rows=scored_rows(), times=st.integers(1, 3))
def test_integer_weights_repeat_rows(rows, times):
    """Weights of 0, 1, 2... give the sweep of rows that are repeated that often."""
    y, score, _ = rows
    w = (np.arange(len(y)) % 3) * times
    if w.sum() == 0:
        w = w + 1
    metric = make_metric("matthews_corrcoef")
    value = best_threshold(y, score, metric, w.astype(float))[1]
    repeated = best_threshold(np.repeat(y, w), np.repeat(score, w), metric)[1]
    assert value == pytest.approx(repeated, abs=1e-12)


def test_thresholds_lie_between_scores():
    """No finite threshold is an observed float32 score, and neighbouring floats stay apart."""
    score = np.array([0.1, 0.3, np.nextafter(np.float32(0.3), np.float32(1))], dtype=np.float32)
    thresholds = sweep_thresholds([False, False, True], score).thresholds
    assert not np.isin(thresholds, score.astype(float)).any()
    tight = np.array([0.5, np.nextafter(0.5, 1)])
    threshold, value = best_threshold([False, True], tight, make_metric("f1"))
    assert value == 1.0
    np.testing.assert_array_equal(tight >= threshold, [False, True])


def test_subnormal_and_huge_scores_are_separated():
    """Midpoints neither underflow nor overflow."""
    for score in ([0.0, 5e-324], [-1.7e308, 1.7e308]):
        threshold, value = best_threshold([False, True], np.array(score), make_metric("f1"))
        assert value == 1.0
        assert np.isfinite(threshold)


def test_a_plateau_gives_its_middle():
    """The threshold lies in the middle of the widest stretch of best cuts."""
    score = np.array([0.1, 0.2, 0.8, 0.9])
    threshold, _ = best_threshold([False, False, True, True], score, make_metric("accuracy"))
    assert threshold == pytest.approx(0.5)
    # Cuts next to 0.8 and 0.2 tie for recall 1 and specificity 0.5 or the other way round.
    y = np.array([False, True, False, True])
    threshold, _ = best_threshold(y, np.array([0.1, 0.2, 0.3, 0.9]), make_metric("youden"))
    assert threshold == pytest.approx(0.6)


def test_default_is_kept_where_it_is_as_good():
    """A default among the best cuts is returned as it is; a worse one is left."""
    y, score = np.array([False, False, True, True]), np.array([0.1, 0.2, 0.8, 0.9])
    assert best_threshold(y, score, make_metric("f1"), default=0.75) == (0.75, 1.0)
    assert best_threshold(y, score, make_metric("f1"), default=0.05)[0] == pytest.approx(0.5)


def test_noise_makes_accuracy_call_all_negative():
    """Where no cut beats the majority the answer is the majority, exactly."""
    y, score = np.array([True, False, False, False]), np.array([0.1, 0.9, 0.8, 0.7])
    assert best_threshold(y, score, make_metric("accuracy")) == (np.inf, 0.75)
    assert best_threshold(~y, -score, make_metric("accuracy")) == (-np.inf, 0.75)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_constant_scores_and_single_classes_have_a_best_rule(metric):
    """A constant score, one class or no spread at all give a threshold and a finite value."""
    for y in ([True, False], [True, True], [False, False]):
        threshold, value = best_threshold(y, np.array([0.3, 0.3]), metric)
        assert not np.isnan(threshold)
        assert np.isfinite(value)


def _undefined_but_at_two(tp, fp, fn, tn):
    return np.where(tp + fp == 2, 0.1, np.nan)


def test_undefined_values_never_win(own):
    """A cut where the metric is NaN is worse than any other."""
    score = np.array([0.1, 0.2, 0.3, 0.4])
    metric = own(_undefined_but_at_two)
    threshold, value = best_threshold([True] * 4, score, metric)
    assert (np.sum(score >= threshold), value) == (2, 0.1)
    threshold, _ = best_threshold([True] * 4, score, metric, default=0.35)
    assert np.sum(score >= threshold) == 2


@pytest.mark.parametrize("formula", ["counts", "labels"])
def test_a_metric_that_is_never_a_number_keeps_the_default(own, formula):
    """Where nothing is known the default stays; without one there still is a threshold."""

    def undefined(*args):
        return np.full(np.shape(args[0]), np.nan) if formula == "counts" else np.nan

    metric = own(undefined, formula)
    y, score = np.array([True, False, True, False]), np.array([0.1, 0.2, 0.3, 0.4])
    threshold, value = best_threshold(y, score, metric, default=0.25)
    assert threshold == 0.25
    assert np.isnan(value)
    threshold, value = best_threshold(y, score, metric)
    assert not np.isnan(threshold)
    assert np.isnan(value)


def test_infinite_values_win(own):
    """A metric may be infinite: the widest stretch of such cuts is taken."""
    y, score = [False, True, True, False], np.array([0.1, 0.5, 0.7, 0.9])
    threshold, value = best_threshold(y, score, own(_odds), default=0.0)
    assert (threshold, value) == (pytest.approx(0.3), np.inf)


def _odds(tp, fp, fn, tn):
    return tp * tn / (fp * fn)


@pytest.mark.parametrize(
    ("score", "message"),
    [
        ([0.1, np.nan], "score must be finite"),
        ([0.1, np.inf], "score must be finite"),
        ([-np.inf, 0.1], "score must be finite"),
        ([[0.1], [0.2]], r"score must have shape \(n_samples,\); got \(2, 1\)"),
    ],
)
def test_scores_without_an_order_are_refused(score, message):
    """NaN, infinities and tables of scores are refused."""
    with pytest.raises(ValueError, match=message):
        best_threshold([True, False], score, make_metric("f1"))


@pytest.mark.parametrize("weighted", [False, True])
def test_memory_is_a_few_vectors(weighted):
    """The sweep of 100,000 rows needs at most eight vectors of that length beside its input."""
    n = 100_000
    rng = np.random.default_rng(0)
    score = rng.random(n)
    y = rng.random(n) < score
    w = rng.random(n) if weighted else None
    tracemalloc.start()
    best_threshold(y, score, make_metric("f1"), w)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= 8 * 8 * n
