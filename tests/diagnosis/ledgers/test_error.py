"""Tests of the error ledger: it telescopes exactly, and its rules are the best of their kind."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn import metrics

from sklearn_lossfix._core._paired_tests import mean_standard_error
from sklearn_lossfix._core._recalibration import SmoothMap, identity_map
from sklearn_lossfix.decision._metrics import make_metric, metric_from_codes
from sklearn_lossfix.diagnosis.ledgers.error import (
    class_utilities,
    constant_metric,
    error_ledger,
    metric_estimate,
    metric_gain,
    offset_codes,
    plug_in_codes,
    plug_in_offsets,
)

# Metrics with the function of scikit-learn that gives the same number.
ORACLES = {
    "accuracy": metrics.accuracy_score,
    "balanced_accuracy": metrics.balanced_accuracy_score,
    "f1_macro": lambda y, p, **k: metrics.f1_score(y, p, average="macro", zero_division=0, **k),
    "f1_weighted": lambda y, p, **k: metrics.f1_score(
        y, p, average="weighted", zero_division=0, **k
    ),
    "matthews_corrcoef": metrics.matthews_corrcoef,
    "cohen_kappa": metrics.cohen_kappa_score,
}


@st.composite
def decided_rows(draw):
    """Draw labels with all classes, three sets of decisions, and sometimes weights and groups."""
    n_classes = draw(st.integers(2, 5))
    n_rows = draw(st.integers(2 * n_classes, 50))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    y = rng.integers(n_classes, size=n_rows)
    y[: 2 * n_classes] = np.repeat(np.arange(n_classes), 2)
    decisions = np.where(rng.random((3, n_rows)) < 0.6, y, rng.integers(n_classes, size=n_rows))
    # Balanced accuracy of scikit-learn warns of predicted classes that weights take from the truth.
    weight = rng.choice([0.5, 1.0, 3.0], n_rows) if draw(st.booleans()) else None
    groups = rng.integers(5, size=n_rows) if draw(st.booleans()) else None
    return y, decisions, n_classes, weight, groups


@pytest.mark.parametrize("name", ORACLES)
@given(drawn=decided_rows(), train=st.none() | st.floats(0, 1))
@settings(max_examples=30)
def test_ledger_sums_to_one_minus_the_metric(name, drawn, train):
    """Every view sums to 1 minus scikit-learn's metric of the predicted labels to 1e-10."""
    y, (pred, rule, reference), n_classes, weight, groups = drawn
    metric = make_metric(name)
    expected = 1 - ORACLES[name](y, pred, sample_weight=weight)
    for codes, names in (
        (None, ["reference and ranking", "decision rule"]),
        (reference, ["reference", "ranking", "decision rule"]),
    ):
        ledger = error_ledger(
            metric,
            y,
            pred,
            rule,
            n_classes,
            sample_weight=weight,
            groups=groups,
            reference_codes=codes,
            train_metric=train,
            inflation=2.0,
        )
        assert ledger.total == pytest.approx(expected, abs=1e-10)
        assert [row.name for row in ledger.views["ladder"]] == names
        for rows in ledger.views.values():
            assert sum(row.value for row in rows) == pytest.approx(expected, abs=1e-10)
        for row in ledger.views["ladder"]:
            assert row.low <= row.value <= row.high
        assert ("gap" in ledger.views) == (train is not None)
    assert ledger.quantity == f"1 - {name.replace('_', ' ')}"
    gain = ORACLES[name](y, rule, sample_weight=weight) - (1 - expected)
    assert ledger.value("decision rule") == pytest.approx(gain, abs=1e-10)


@given(drawn=decided_rows())
def test_asymmetric_metric_of_either_class(drawn):
    """With two classes the ledger of F1 is that of the positive class asked for."""
    y, (pred, rule, _), _, weight, _ = drawn
    y, pred, rule = (codes % 2 for codes in (y, pred, rule))
    for pos in (0, 1):
        ledger = error_ledger(make_metric("f1"), y, pred, rule, 2, pos=pos, sample_weight=weight)
        expected = metrics.f1_score(y, pred, pos_label=pos, sample_weight=weight, zero_division=0)
        assert ledger.total == pytest.approx(1 - expected, abs=1e-10)


@given(drawn=decided_rows())
def test_gain_is_paired_and_changes_sign(drawn):
    """The gain of new over old is minus that of old over new; of equals it is exactly 0."""
    y, (new, old, _), n_classes, weight, groups = drawn
    metric = make_metric("accuracy")
    options = {"sample_weight": weight, "groups": groups}
    forth = metric_gain(metric, y, new, old, n_classes, **options)
    back = metric_gain(metric, y, old, new, n_classes, **options)
    assert forth.value == pytest.approx(-back.value, abs=1e-12)
    assert (forth.low, forth.high) == pytest.approx((-back.high, -back.low), abs=1e-9)
    difference = (new == y).astype(float) - (old == y)
    assert forth.se == pytest.approx(mean_standard_error(difference, weight, groups), abs=1e-7)
    wide = metric_gain(metric, y, new, old, n_classes, inflation=4.0, **options)
    assert wide.se == pytest.approx(2 * forth.se)
    same = metric_gain(metric, y, old, old, n_classes, **options)
    assert (same.value, same.se) == (0.0, 0.0)


def test_interval_of_a_metric_matches_the_bootstrap():
    """The infinitesimal jackknife gives the standard error that resampling the rows gives."""
    rng = np.random.default_rng(0)
    y = rng.choice(3, 600, p=[0.6, 0.3, 0.1])
    pred = np.where(rng.random(600) < 0.7, y, rng.integers(3, size=600))
    for name in ("accuracy", "balanced_accuracy", "f1_macro", "matthews_corrcoef"):
        metric = make_metric(name)
        estimate = metric_estimate(metric, y, pred, 3)
        assert estimate.value == pytest.approx(ORACLES[name](y, pred))
        draws = (rng.integers(600, size=600) for _ in range(400))
        spread = np.std([metric_from_codes(metric, y[d], pred[d], 3) for d in draws])
        assert estimate.se == pytest.approx(spread, rel=0.15)


@given(decided_rows())
def test_utilities_turn_a_linear_metric_into_a_sum(drawn):
    """Up to a constant the metric is the utility-weighted share of rows that are right."""
    y, (one, other, _), n_classes, weight, _ = drawn
    w = np.ones(len(y)) if weight is None else weight
    shares = np.bincount(y, w, n_classes) / w.sum()
    for name in ("accuracy", "balanced_accuracy", "youden"):
        metric = make_metric(name)
        utility = class_utilities(metric, shares)
        value, summed = [], []
        for pred in (one, other):
            value.append(metric_from_codes(metric, y, pred, n_classes, weight))
            right = np.bincount(y[pred == y], w[pred == y], n_classes) / w.sum()
            summed.append(utility @ right)
        assert value[0] - value[1] == pytest.approx(summed[0] - summed[1], abs=1e-12)


def test_absent_classes_have_a_utility_of_one():
    """A class without rows does not divide by zero, and does not outbid the others."""
    utility = class_utilities(make_metric("balanced_accuracy"), np.array([0.75, 0.25, 0.0]))
    np.testing.assert_allclose(utility, [0.5 / 0.75, 0.5 / 0.25, 1.0])


def test_plug_in_rule_maximises_the_expected_metric():
    """On true probabilities no per-class offsets reach a higher expected balanced accuracy."""
    rng = np.random.default_rng(1)
    proba = softmax(rng.normal(size=(400, 3)) + np.array([1.5, 0, -1]), axis=1)
    utility = class_utilities(make_metric("balanced_accuracy"), proba.mean(axis=0))
    best = offset_codes(proba, plug_in_offsets(identity_map(3), utility))
    np.testing.assert_array_equal(best, (utility * proba).argmax(axis=1))

    def expected(codes):
        hits = [proba[codes == k, k].sum() / proba[:, k].sum() for k in range(3)]
        return np.mean(hits)

    for _ in range(200):
        rival = (np.log(proba) + rng.normal(size=3)).argmax(axis=1)
        assert expected(rival) <= expected(best) + 1e-12
    plain = offset_codes(proba, plug_in_offsets(identity_map(3), np.ones(3)))
    np.testing.assert_array_equal(plain, proba.argmax(axis=1))


def test_plug_in_rule_decides_by_recalibrated_probabilities():
    """The offsets give the label with the largest utility-weighted recalibrated probability."""
    rng = np.random.default_rng(2)
    proba = rng.dirichlet([1, 1, 1], 300)
    utility = np.array([1.0, 2.0, 0.5])
    for slope in (0.5, 1.0, 2.0):
        recalibration = SmoothMap("temperature", (slope,) * 3, tuple(rng.normal(size=3)))
        offsets = plug_in_offsets(recalibration, utility)
        r = np.exp(recalibration.log_proba(np.log(proba)))
        np.testing.assert_array_equal(offset_codes(proba, offsets), (utility * r).argmax(axis=1))
        assert sum(offsets) == pytest.approx(0.0, abs=1e-9)
        assert all(type(offset) is float for offset in offsets)


def test_plug_in_rule_of_backward_scores_is_the_priors():
    """Scores that rank backwards decide nothing: all rows get the class the offsets prefer."""
    proba = np.random.default_rng(3).dirichlet([1, 1, 1], 50)
    backward = SmoothMap("temperature", (-0.5,) * 3, (0.0, 1.0, 0.5))
    assert set(offset_codes(proba, plug_in_offsets(backward, np.ones(3))).tolist()) == {1}


@pytest.mark.parametrize("weighted", [False, True])
def test_each_fold_takes_the_better_rule_of_the_others(weighted):
    """A fold is decided by its map's rule where that beats argmax on the other folds."""
    rng = np.random.default_rng(4)
    proba = softmax(rng.normal(size=(600, 3)) + np.array([1.5, 0, -1]), axis=1)
    y = (rng.random((600, 1)) > proba.cumsum(axis=1)[:, :-1]).sum(axis=1)
    folds = rng.integers(3, size=600)
    weight = rng.choice([0.5, 2.0], 600) if weighted else None
    metric = make_metric("balanced_accuracy")
    utility = class_utilities(metric, np.bincount(y) / 600)
    maps = [
        identity_map(3),
        SmoothMap("temperature", (1.0,) * 3, (9.0, 0.0, 0.0)),
        SmoothMap("temperature", (0.5,) * 3, (0.0, 0.1, 0.2)),
    ]
    codes = plug_in_codes(proba, y, maps, folds, metric, utility, weight)
    plain = proba.argmax(axis=1)
    kept = []
    for fold, recalibration in enumerate(maps):
        tuned = offset_codes(proba, plug_in_offsets(recalibration, utility))
        other = folds != fold
        w = None if weight is None else weight[other]
        values = [metric_from_codes(metric, y[other], rule[other], 3, w) for rule in (tuned, plain)]
        best = tuned if values[0] > values[1] else plain
        kept.append(best is tuned)
        np.testing.assert_array_equal(codes[~other], best[~other])
    assert kept[:2] == [True, False]


@given(decided_rows())
def test_constant_metric_is_the_best_constant_answer(drawn):
    """No constant answer does better, and the value is the metric of the answer named."""
    y, _, n_classes, weight, _ = drawn
    for name in ("accuracy", "balanced_accuracy", "f1_macro", "matthews_corrcoef"):
        metric = make_metric(name)
        value, code = constant_metric(metric, y, n_classes, sample_weight=weight)
        values = [
            metric_from_codes(metric, y, np.full(len(y), k), n_classes, weight)
            for k in range(n_classes)
        ]
        assert value == pytest.approx(max(values), abs=1e-12)
        assert values[code] == pytest.approx(value, abs=1e-12)


def test_ties_between_constant_answers_go_to_the_largest_class():
    """Balanced accuracy is the same for every constant answer: the most frequent one is named."""
    y = np.array([0, 1, 1, 1, 2])
    assert constant_metric(make_metric("balanced_accuracy"), y, 3) == (pytest.approx(1 / 3), 1)
    assert constant_metric(make_metric("f1"), y % 2, 2, pos=1)[1] == 1
