"""Tests of choosing rules, on all rows and cross-fitted."""

import tracemalloc

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score

from sklearn_lossfix.decision._constraint import Constraint
from sklearn_lossfix.decision._fit_rule import cross_fitted_codes, fit_rule
from sklearn_lossfix.decision._metrics import make_metric, metric_from_codes
from sklearn_lossfix.decision._scoring import resolve_metric
from sklearn_lossfix.decision._sweep import best_threshold
from sklearn_lossfix.exceptions import InfeasibleConstraintError


def _binary(n=400, seed=0, prevalence=0.2):
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < prevalence).astype(int)
    p = 1 / (1 + np.exp(-(rng.normal(size=n) + 1.5 * y - 2)))
    return y, np.column_stack([1 - p, p])


def _multiclass(n=600, n_classes=4, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.choice(n_classes, size=n, p=np.r_[0.7, np.full(n_classes - 1, 0.3 / (n_classes - 1))])
    z = rng.normal(size=(n, n_classes))
    z[:, 0] += 1
    z[np.arange(n), y] += 1.2
    p = np.exp(z)
    return y, p / p.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("pos", [0, 1])
def test_binary_rule_is_the_exact_threshold(pos):
    """With two classes the rule is the best threshold of the positive class, with its labels."""
    y, proba = _binary()
    metric = make_metric("f1")
    rule = fit_rule(y, proba, metric, classes=["no", "yes"], pos=pos)
    threshold, value = best_threshold(y == pos, proba[:, pos], metric, default=0.5)
    assert (rule.kind, rule.exact, rule.metric, rule.space) == ("threshold", True, "f1", "proba")
    assert rule.threshold == threshold
    assert rule.pos_label == ["no", "yes"][pos]
    labels = np.array(["no", "yes"])
    score = f1_score(labels[y], rule.predict(proba), pos_label=rule.pos_label)
    assert score == pytest.approx(value, abs=1e-12)


def test_default_threshold_is_kept_where_it_is_as_good():
    """Separable probabilities keep 0.5, and separable decision values 0."""
    y = np.array([0, 0, 1, 1])
    column = np.array([0.01, 0.02, 0.9, 0.95])
    metric = make_metric("accuracy")
    assert fit_rule(y, column, metric, classes=[0, 1]).threshold == 0.5
    decision = fit_rule(y, column - 0.5, metric, classes=[0, 1], space="decision")
    assert (decision.threshold, decision.space) == (0.0, "decision")


@pytest.mark.parametrize("space", ["proba", "decision"])
def test_multiclass_rule_is_offsets_that_beat_argmax(space):
    """With more classes the rule adds offsets, and its predictions score what was promised."""
    y, proba = _multiclass()
    scores = proba if space == "proba" else np.log(proba)
    labels = np.array(["d", "a", "c", "b"])
    rule = fit_rule(y, scores, make_metric("balanced_accuracy"), classes=labels, space=space)
    assert rule.kind == "offsets"
    assert rule.space == {"proba": "log_proba", "decision": "decision"}[space]
    tuned = balanced_accuracy_score(labels[y], rule.predict(scores))
    assert tuned > balanced_accuracy_score(y, scores.argmax(axis=1)) + 0.05


def test_subsample_keeps_rare_classes_and_never_falls_below_argmax():
    """On a subsample small classes stay whole, and all rows together do not suffer."""
    y, proba = _multiclass(n=3000)
    metric = make_metric("f1_macro")
    full = fit_rule(y, proba, metric, classes=range(4))
    part = fit_rule(y, proba, metric, classes=range(4), max_rows=1200, random_state=1)
    assert part != full
    assert part == fit_rule(y, proba, metric, classes=range(4), max_rows=1200, random_state=1)

    def value(rule):
        return metric_from_codes(metric, y, rule.predict_codes(proba), 4)

    assert value(part) >= value(full) - 0.02
    for max_rows in (4, 20, 100):
        tiny = fit_rule(y, proba, metric, classes=range(4), max_rows=max_rows)
        assert value(tiny) >= metric_from_codes(metric, y, proba.argmax(axis=1), 4)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("pos", [0, 1])
def test_cross_fitted_binary_codes_equal_a_fit_per_fold(weighted, pos):
    """One sort for all folds labels each row as a rule fitted on the other folds does."""
    y, proba = _binary()
    rng = np.random.default_rng(1)
    folds = rng.integers(0, 5, len(y))
    w = rng.uniform(0.5, 2, len(y)) if weighted else None
    metric = make_metric("f2")
    codes = cross_fitted_codes(y, proba, metric, folds, n_classes=2, sample_weight=w, pos=pos)
    for fold in range(5):
        out = folds == fold
        weight = None if w is None else w[~out]
        rule = fit_rule(y[~out], proba[~out], metric, classes=[0, 1], sample_weight=weight, pos=pos)
        np.testing.assert_array_equal(codes[out], rule.predict_codes(proba[out]))


@pytest.mark.parametrize("confidence", [None, 0.9])
def test_folds_that_cannot_keep_to_a_constraint_take_the_nearest_threshold(confidence):
    """Without the fold that proves it a constraint may be out of reach: no reason to fail."""
    y, proba = _binary(60)
    folds = np.arange(60) % 3
    metric, precision = make_metric("recall"), make_metric("precision")
    options = {"classes": (0, 1), "pos": 1}
    reached = np.linspace(0.99, 0.01, 99)
    n_beyond = 0
    for least in reached:
        constraint = Constraint(precision, least, confidence)
        try:
            fit_rule(y, proba, metric, constraint=constraint, **options)
        except InfeasibleConstraintError:
            continue
        codes = cross_fitted_codes(y, proba, metric, folds, n_classes=2, constraint=constraint)
        for fold in range(3):
            out = folds == fold
            try:
                rule = fit_rule(y[~out], proba[~out], metric, constraint=constraint, **options)
            except InfeasibleConstraintError:
                n_beyond += 1
                nearest = Constraint(precision, least, confidence, best_effort=True)
                rule = fit_rule(y[~out], proba[~out], metric, constraint=nearest, **options)
            np.testing.assert_array_equal(codes[out], rule.predict_codes(proba[out]))
    assert n_beyond > 0


def test_cross_fitted_multiclass_codes_equal_a_fit_per_fold():
    """Each row of several classes is labelled by a rule fitted on the other folds."""
    y, proba = _multiclass()
    folds = np.arange(len(y)) % 3
    metric = make_metric("matthews_corrcoef")
    codes = cross_fitted_codes(y, proba, metric, folds, n_classes=4)
    for fold in range(3):
        out = folds == fold
        rule = fit_rule(y[~out], proba[~out], metric, classes=range(4))
        np.testing.assert_array_equal(codes[out], rule.predict_codes(proba[out]))


def test_cross_fitting_removes_the_optimism_of_tuning():
    """On noise, tuning on all rows looks good and cross-fitting does not."""
    metric, apparent, honest = make_metric("youden"), [], []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        y, score = rng.integers(0, 2, 100), rng.random(100)
        rule = fit_rule(y, score, metric, classes=[0, 1])
        apparent.append(metric_from_codes(metric, y, rule.predict_codes(score), 2))
        codes = cross_fitted_codes(y, score, metric, np.arange(100) % 5, n_classes=2)
        honest.append(metric_from_codes(metric, y, codes, 2))
    assert np.mean(apparent) > 0.1
    assert abs(np.mean(honest)) < 0.06


def test_cross_fitting_100_000_rows_needs_ten_vectors():
    """Five folds of 100,000 rows allocate at most ten vectors of that length."""
    n = 100_000
    rng = np.random.default_rng(0)
    score = rng.random(n)
    y = (rng.random(n) < score).astype(np.intp)
    folds = rng.integers(0, 5, n).astype(np.uint8)
    w = rng.random(n)
    tracemalloc.start()
    cross_fitted_codes(y, score, make_metric("f1"), folds, n_classes=2, sample_weight=w)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= 10 * 8 * n


@pytest.mark.parametrize("space", ["proba", "decision"])
@pytest.mark.parametrize("pos", [0, 1])
def test_one_column_of_the_last_class_is_enough(space, pos):
    """Whichever class is positive, the last column gives the labels that both columns give."""
    y, both = _binary()
    both = both if space == "proba" else both - 0.5
    metric, folds = make_metric("f1"), np.arange(len(y)) % 5
    options = {"pos": pos, "space": space}
    rules = [fit_rule(y, s, metric, classes=[0, 1], **options) for s in (both, both[:, 1])]
    assert rules[1].threshold == pytest.approx(rules[0].threshold, abs=1e-12)
    np.testing.assert_array_equal(rules[1].predict(both[:, 1]), rules[0].predict(both))
    codes = [
        cross_fitted_codes(y, s, metric, folds, n_classes=2, **options) for s in (both, both[:, 1])
    ]
    np.testing.assert_array_equal(codes[1], codes[0])


@pytest.mark.parametrize(
    ("metric", "n_classes", "message"),
    [
        (resolve_metric("roc_auc"), 2, "'roc_auc': it judges scores, which no decision rule"),
        (resolve_metric("neg_log_loss"), 3, "Choose the rule for a metric of labels: accuracy"),
        (resolve_metric(lambda e, X, y: 0), 2, "is a callable whose formula is not known"),
        (make_metric("f1"), 3, "'f1' judges one positive class out of two; got 3 classes"),
    ],
)
def test_metrics_without_a_rule_are_refused(metric, n_classes, message):
    """Metrics that no rule can be chosen for are refused, with the reason and a way out."""
    y, scores = np.arange(n_classes), np.full((n_classes, n_classes), 1 / n_classes)
    with pytest.raises(ValueError, match=message):
        fit_rule(y, scores, metric, classes=range(n_classes))
    with pytest.raises(ValueError, match=message):
        cross_fitted_codes(y, scores, metric, y % 2, n_classes=n_classes)


def test_cross_fitting_needs_two_folds():
    """With a single fold there are no other rows to choose a rule on."""
    y, proba = _binary()
    with pytest.raises(ValueError, match="at least two folds; got one"):
        cross_fitted_codes(y, proba, make_metric("f1"), np.zeros(len(y)), n_classes=2)
