"""Tests of the guard: a tuned rule is kept only if it proves itself."""

import numpy as np
import pytest

from sklearn_lossfix.decision import DecisionRule
from sklearn_lossfix.decision._guarded_rule import guarded_rule, paired_gain
from sklearn_lossfix.decision._metrics import make_metric, metric_from_codes
from sklearn_lossfix.decision._rule_spec import RuleSpec
from sklearn_lossfix.decision._scored_rows import ScoredRows


def _rows(n, seed, prevalence=0.3, slope=1.0):
    """Draw labels from their own probabilities, which are then as good as calibrated."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=n) * 1.5 * slope + np.log(prevalence / (1 - prevalence))
    p = 1 / (1 + np.exp(-z))
    return (rng.random(n) < p).astype(int), np.column_stack([1 - p, p])


def _guarded(y, scores, metric, folds, unit=None, **spec):
    """Find a rule for labels 0 and 1."""
    unit = np.arange(len(y)) if unit is None else unit
    scored = ScoredRows(y, scores, np.arange(len(y)), folds, None, unit, False)
    spec = {"classes": (0, 1), "pos": 1, "space": "proba", **spec}
    return guarded_rule(RuleSpec(metric, **spec), scored, folds)


def test_accuracy_keeps_argmax_on_few_calibrated_rows():
    """For accuracy of calibrated scores on 300 rows argmax stays in at least 90 % of draws."""
    kept = 0
    for seed in range(100):
        y, proba = _rows(300, seed)
        guarded = _guarded(y, proba, make_metric("accuracy"), np.arange(300) % 5)
        kept += guarded.rule.kind == "argmax"
    assert kept >= 90


def test_a_gain_beyond_doubt_is_taken():
    """For balanced accuracy of a rare class the tuned threshold replaces argmax."""
    y, proba = _rows(3000, 0, prevalence=0.05)
    metric = make_metric("balanced_accuracy")
    guarded = _guarded(y, proba, metric, np.arange(3000) % 5, classes=("n", "p"))
    assert guarded.rule.kind == "threshold"
    assert guarded.gain > guarded.standard_error > 0
    assert guarded.rule.threshold < 0.2


@pytest.mark.parametrize("mode", ["auto", "tune"])
def test_known_labels_are_not_found_again(mode):
    """With the cross-fitted labels at hand the rule and its evidence are the same."""
    y, proba = _rows(500, 2)
    folds = np.arange(500) % 5
    scored = ScoredRows(y, proba, np.arange(500), folds, None, np.arange(500), False)
    spec = RuleSpec(make_metric("f1"), (0, 1), 1, "proba", mode=mode)
    codes = spec.cross_fitted_codes(scored, folds)
    known, found = guarded_rule(spec, scored, folds, None, codes), guarded_rule(spec, scored, folds)
    assert (known.rule, known.gain) == (found.rule, found.gain)
    np.testing.assert_array_equal(known.codes, found.codes)


@pytest.mark.parametrize("pos", [0, 1])
def test_one_column_and_two_columns_agree(pos):
    """The last class's column alone gives the rule that both columns give."""
    y, proba = _rows(1000, 1, prevalence=0.1)
    metric, folds = make_metric("f1"), np.arange(1000) % 4
    both = _guarded(y, proba, metric, folds, pos=pos)
    one = _guarded(y, proba[:, 1], metric, folds, pos=pos)
    assert one.rule.threshold == pytest.approx(both.rule.threshold, abs=1e-12)
    assert one.gain == pytest.approx(both.gain)
    margin = np.log(proba[:, 1] / proba[:, 0])
    decision = _guarded(y, margin, metric, folds, pos=pos, space="decision")
    assert decision.gain == pytest.approx(both.gain)


def test_paired_gain_is_the_difference_of_the_metric():
    """The gain is the plain difference; equal labels gain nothing, with certainty."""
    y, proba = _rows(500, 2)
    metric, a, b = make_metric("f1"), proba[:, 1] > 0.3, proba[:, 1] > 0.5
    gain, error = paired_gain(metric, y, a.astype(int), b.astype(int), 2, pos=1)
    values = [metric_from_codes(metric, y, codes.astype(int), 2, pos=1) for codes in (a, b)]
    assert gain == pytest.approx(values[0] - values[1])
    assert error > 0
    assert paired_gain(metric, y, a.astype(int), a.astype(int), 2, pos=1) == (0.0, 0.0)


def test_paired_error_covers_the_spread_over_samples():
    """The standard error is near the standard deviation of the gain over fresh samples."""
    metric, gains, errors = make_metric("f1"), [], []
    for seed in range(200):
        y, proba = _rows(400, seed)
        codes = [(proba[:, 1] >= t).astype(int) for t in (0.3, 0.5)]
        gain, error = paired_gain(metric, y, *codes, 2, pos=1)
        gains.append(gain)
        errors.append(error)
    assert np.mean(errors) == pytest.approx(np.std(gains), rel=0.15)


def test_repeated_units_do_not_narrow_the_error():
    """Each row three times, as a unit, gives the gain and the error of each row once."""
    y, proba = _rows(300, 3, prevalence=0.1)
    metric, folds = make_metric("balanced_accuracy"), np.arange(300) % 5
    once = _guarded(y, proba, metric, folds)
    three = np.repeat(np.arange(300), 3)
    thrice = _guarded(y[three], proba[three], metric, folds[three], unit=three)
    assert thrice.gain == pytest.approx(once.gain)
    assert thrice.standard_error == pytest.approx(once.standard_error)


def test_what_is_asked_for_is_not_guarded():
    """A rule that must be tuned is tuned where the guard keeps argmax; a given one stays."""
    y, proba = _rows(300, 0)
    metric, folds = make_metric("accuracy"), np.arange(300) % 5
    assert _guarded(y, proba, metric, folds).rule.kind == "argmax"
    assert _guarded(y, proba, metric, folds, mode="tune").rule.kind == "threshold"
    assert _guarded(y, proba, metric, folds, mode="default").gain == 0.0
    given = DecisionRule("threshold", (0, 1), threshold=0.3)
    assert _guarded(y, proba, metric, folds, mode=given).rule is given


def test_averaged_threshold_is_the_mean_of_its_samples():
    """With bootstrap samples the rule in use is the mean of the rules they choose."""
    y, proba = _rows(3000, 0, prevalence=0.05)
    metric = make_metric("balanced_accuracy")
    guarded = _guarded(y, proba, metric, np.arange(3000) % 5, n_bootstrap=30)
    assert guarded.parameters.shape == (30,)
    assert guarded.rule.threshold == pytest.approx(guarded.parameters.mean())
