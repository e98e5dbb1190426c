"""Rules over bootstrap samples: against choosing anew on each sample by brute force."""

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.metrics import balanced_accuracy_score, f1_score

from sklearn_lossfix._core._bootstrap import bootstrap_counts
from sklearn_lossfix.decision import DecisionRule, _resampled_rules
from sklearn_lossfix.decision._constraint import Constraint
from sklearn_lossfix.decision._fit_rule import fit_rule, metric_from_rule
from sklearn_lossfix.decision._metrics import make_metric, metric_from_codes
from sklearn_lossfix.decision._resampled_rules import (
    averaged_rule,
    left_out_codes,
    resample_rule,
)
from sklearn_lossfix.decision._rule_spec import RuleSpec
from sklearn_lossfix.decision._scored_rows import ScoredRows


def _scored(n=300, n_classes=2, seed=0, weight=None):
    """Scores that are tied in places and know something of the labels."""
    rng = np.random.default_rng(seed)
    y = rng.choice(n_classes, n, p=np.array([0.8, 0.2, 0.1])[:n_classes] / [1, 1.1][n_classes - 2])
    logits = np.round(rng.normal(size=(n, n_classes)) + 1.5 * np.eye(n_classes)[y], 1)
    proba = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return ScoredRows(y, proba, np.arange(n), np.arange(n) % 5, weight, np.arange(n), False)


def _spec(metric, n_classes=2, **options):
    """The rule for classes 0, 1, ..."""
    pos = 1 if n_classes == 2 else None
    return RuleSpec(make_metric(metric), tuple(range(n_classes)), pos, "proba", **options)


@pytest.mark.parametrize("metric", ["f1", "balanced_accuracy", "matthews_corrcoef", "cost"])
@pytest.mark.parametrize("pos", [0, 1])
@pytest.mark.parametrize("weighted", [False, True])
def test_threshold_samples_equal_fits_on_repeated_rows(metric, pos, weighted):
    """Each sample's rule and values are those of the rows written out as often as drawn."""
    weight = np.random.default_rng(1).uniform(0.5, 2, 300) if weighted else None
    scored = _scored(weight=weight)
    spec = RuleSpec(make_metric(metric), (0, 1), pos, "proba")
    counts = bootstrap_counts(scored.y, scored.unit, 10, 0)
    found = resample_rule(spec, scored, counts)
    for b, count in enumerate(counts):
        rows = np.repeat(np.arange(300), count)
        w = None if weight is None else weight[rows]
        options = {"sample_weight": w, "pos": pos}
        rule = fit_rule(scored.y[rows], scored.scores[rows], spec.metric, classes=(0, 1), **options)
        drawn = metric_from_rule(rule, spec.metric, scored.y[rows], scored.scores[rows], w, pos)
        assert found.drawn[b] == pytest.approx(drawn, abs=1e-12)
        at = DecisionRule("threshold", (0, 1), threshold=found.parameters[b], pos_label=pos)
        left = np.flatnonzero(count == 0)
        w = None if weight is None else weight[left]
        value = metric_from_rule(at, spec.metric, scored.y[left], scored.scores[left], w, pos)
        assert found.left_out[b] == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("constraint", [None, Constraint(make_metric("precision"), 0.2)])
def test_samples_are_the_same_however_many_at_a_time(monkeypatch, weighted, constraint):
    """One sample at a time gives what all of them together give, to the last bit."""
    weight = np.random.default_rng(1).uniform(0.5, 2, 300) if weighted else None
    scored, spec = _scored(weight=weight), _spec("f1", constraint=constraint)
    counts = bootstrap_counts(scored.y, scored.unit, 10, 0)
    together = resample_rule(spec, scored, counts)
    monkeypatch.setattr(_resampled_rules, "_CELLS_AT_A_TIME", 1)
    for part, whole in zip(resample_rule(spec, scored, counts), together, strict=True):
        np.testing.assert_array_equal(part, whole)


def test_corners_and_every_cut_find_the_same_rules():
    """A constraint that nothing breaks takes the way over all cuts, and changes no result."""
    for seed in range(20):
        weight = np.random.default_rng(seed).uniform(0, 2, 300) if seed % 2 else None
        scored = _scored(seed=seed, weight=weight)
        counts = bootstrap_counts(scored.y, scored.unit, 10, seed)
        idle = Constraint(make_metric("recall"), 0.0)
        for metric in ("f1", "balanced_accuracy", "matthews_corrcoef", "gmean", "f1_macro"):
            corners = resample_rule(_spec(metric), scored, counts)
            every = resample_rule(_spec(metric, constraint=idle), scored, counts)
            for one, other in zip(corners, every, strict=True):
                np.testing.assert_array_equal(one, other)


def test_a_class_without_hits_has_exactly_none():
    """Weights leave no rounding behind: no true negative is a geometric mean of exactly zero."""
    rng = np.random.default_rng(0)
    for seed in range(50):
        scored = _scored(60, seed=seed, weight=rng.random(60) ** 4)
        high = np.column_stack([np.zeros(60), np.ones(60)])
        scored = scored._replace(scores=np.where(scored.y[:, None] == 0, high, scored.scores))
        counts = bootstrap_counts(scored.y, scored.unit, 10, seed)
        found = resample_rule(_spec("gmean"), scored, counts)
        for b, count in enumerate(counts):
            left = np.flatnonzero(count == 0)
            called = (scored.scores[left, 1] >= found.parameters[b]).astype(int)
            value = metric_from_codes(
                make_metric("gmean"), scored.y[left], called, 2, scored.weight[left]
            )
            assert found.left_out[b] == pytest.approx(value, abs=1e-12)


def test_values_agree_with_scikit_learn():
    """The value on the rows that were left out is scikit-learn's metric of their labels."""
    scored = _scored()
    counts = bootstrap_counts(scored.y, scored.unit, 5, 0)
    for metric, function in (("f1", f1_score), ("balanced_accuracy", balanced_accuracy_score)):
        found = resample_rule(_spec(metric), scored, counts)
        for b, count in enumerate(counts):
            left = count == 0
            labels = scored.scores[left, 1] >= found.parameters[b]
            assert found.left_out[b] == pytest.approx(function(scored.y[left], labels))


def test_offsets_of_samples_do_better_than_argmax_where_drawn():
    """Each sample's offsets never lose to argmax on the drawn rows; a fixed rule has no offsets."""
    scored = _scored(600, 3)
    counts = bootstrap_counts(scored.y, scored.unit, 8, 0)
    tuned = resample_rule(_spec("balanced_accuracy", 3), scored, counts)
    argmax = resample_rule(_spec("balanced_accuracy", 3, mode="default"), scored, counts)
    assert tuned.parameters.shape == (8, 3)
    assert len(argmax.parameters) == 0
    assert (tuned.drawn >= argmax.drawn - 1e-12).all()
    labels = np.argmax(np.log(scored.scores) + tuned.parameters[0], axis=1)
    left = counts[0] == 0
    expected = balanced_accuracy_score(scored.y[left], labels[left])
    assert tuned.left_out[0] == pytest.approx(expected)


def test_samples_without_a_feasible_threshold_are_nan():
    """Where no threshold keeps to the constraint there is no value, and no error."""
    scored = _scored(60, seed=3)
    constraint = Constraint(make_metric("precision"), 0.99, confidence=0.95)
    spec = _spec("recall", constraint=constraint)
    found = resample_rule(spec, scored, bootstrap_counts(scored.y, scored.unit, 5, 0))
    assert np.isnan(found.drawn).all()
    assert np.isnan(found.left_out).all()


def test_average_is_not_used_where_it_loses_to_the_default():
    """Offsets that average to something worse than argmax are replaced by the best ones."""
    scored = _scored(600, 3)
    spec = _spec("accuracy", 3)
    bad = np.tile([-20.0, 0.0, 20.0], (4, 1))
    rule = averaged_rule(spec, scored, bad)
    assert rule == spec.fit(scored.y, scored.scores)
    best = metric_from_rule(rule, spec.metric, scored.y, scored.scores)
    default = metric_from_rule(spec.default_rule(), spec.metric, scored.y, scored.scores)
    assert best >= default


def test_the_best_rule_never_is_not_averaged_into_the_scores():
    """Where "never" is best, by a finite threshold too, rows a bit above the scores stay negative.

    Samples that agree are clipped to the greatest score, where one row of two is negative.
    """
    y = np.r_[np.zeros(400, dtype=int), np.ones(100, dtype=int)]
    high = np.where(np.isin(np.arange(500), [0, 499]), 0.3, 0.2)
    scores = np.column_stack([1 - high, high])
    scored = ScoredRows(y, scores, np.arange(500), None, None, np.arange(500), False)
    spec = _spec("accuracy")
    assert spec.fit(y, scores).threshold == 0.5
    rule = averaged_rule(spec, scored, np.full(10, 0.3))
    assert rule == spec.fit(y, scores)
    assert not rule.predict_codes([[0.69, 0.31]]).any()


def test_bagged_rule_beats_the_best_one_on_fresh_rows():
    """Averaged over many small samples, the mean threshold does better than the optimum."""
    gains = []
    X, y = make_classification(
        40_000, n_features=2, n_informative=2, n_redundant=0, weights=[0.9], random_state=0
    )
    score = 1 / (1 + np.exp(-X[:, 0] - X[:, 1]))
    spec = _spec("f1")
    for seed in range(60):
        rows = np.random.default_rng(seed).choice(len(y), 300, replace=False)
        proba = np.column_stack([1 - score, score])
        scored = ScoredRows(y[rows], proba[rows], rows, rows % 5, None, np.arange(300), False)
        counts = bootstrap_counts(scored.y, scored.unit, 50, seed)
        parameters = resample_rule(spec, scored, counts).parameters
        values = [
            metric_from_rule(rule, spec.metric, y, proba, pos=1)
            for rule in (averaged_rule(spec, scored, parameters), spec.fit(scored.y, scored.scores))
        ]
        gains.append(values[0] - values[1])
    assert np.mean(gains) > 2 * np.std(gains) / np.sqrt(len(gains))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_left_out_labels_follow_the_mean_rule_of_other_samples(n_classes):
    """Each row is labelled by the mean over the samples without it, as a loop over rows says."""
    scored = _scored(200, n_classes)
    spec = _spec("balanced_accuracy", n_classes)
    counts = bootstrap_counts(scored.y, scored.unit, 12, 0)
    counts[:, 7] = 1
    parameters = resample_rule(spec, scored, counts).parameters
    codes = left_out_codes(spec, scored, counts, parameters)
    for i in range(200):
        left_out = counts[:, i] == 0
        mean = parameters[left_out if left_out.any() else slice(None)].mean(axis=0)
        if n_classes == 2:
            expected = int(scored.scores[i, 1] >= mean)
        else:
            expected = np.argmax(np.log(scored.scores[i]) + mean)
        assert codes[i] == expected
