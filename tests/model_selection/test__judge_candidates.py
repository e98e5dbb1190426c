"""One candidate judged: against scikit-learn's metrics, split by split."""

import numpy as np
import pytest
from sklearn.metrics import f1_score, log_loss, roc_auc_score

from sklearn_lossfix._core._bootstrap import bootstrap_counts
from sklearn_lossfix.decision._metrics import make_metric
from sklearn_lossfix.decision._resampled_rules import resample_rule
from sklearn_lossfix.decision._rule_spec import RuleSpec
from sklearn_lossfix.decision._scored_rows import ScoredRows
from sklearn_lossfix.decision._scoring import resolve_metric
from sklearn_lossfix.model_selection._judge_candidates import (
    averaging_gain,
    judge_candidate,
    split_values,
)


@pytest.fixture(scope="module")
def scored():
    """Probabilities of 200 rows in four splits, with weights."""
    rng = np.random.default_rng(0)
    p = rng.beta(1, 4, 200)
    y = (rng.random(200) < p).astype(int)
    rows = np.arange(200)
    weight = rng.uniform(0.5, 2, 200)
    scores = np.column_stack([1 - p, p])
    return ScoredRows(y, scores, rows, rows % 4, weight, rows, False, weight)


def spec_of(scoring, **options):
    """A rule of two classes."""
    return RuleSpec(resolve_metric(scoring), ("a", "b"), 1, "proba", **options)


def test_a_tuned_candidate_is_judged_on_other_folds(scored):
    """Labels of a fold come from the other folds' rule; values are those of the labels."""
    spec = spec_of("f1", n_bootstrap=10)
    counts = bootstrap_counts(scored.y, scored.unit, 10, 0)
    judged = judge_candidate(spec, scored, scored.fold, scored.fold, counts, None)
    for k in range(4):
        keep = scored.fold != k
        rule = spec.fit(scored.y[keep], scored.scores[keep], scored.weight[keep])
        labels = rule.predict_codes(scored.scores[~keep])
        np.testing.assert_array_equal(judged.codes[~keep], labels)
        expected = f1_score(scored.y[~keep], labels, sample_weight=scored.weight[~keep])
        assert judged.splits[k] == pytest.approx(expected)
    expected = f1_score(scored.y, judged.codes, sample_weight=scored.weight)
    assert judged.pooled == pytest.approx(expected)
    assert judged.apparent >= judged.pooled
    expected = log_loss(scored.y, scored.scores, sample_weight=scored.weight)
    assert judged.loss == pytest.approx(expected)
    assert judged.resampled.left_out.shape == (10,)


def test_averaging_gain_is_out_of_bag(scored):
    """Labels by the mean rule of the samples without the row, against the mean of the samples."""
    spec, counts = spec_of("f1"), bootstrap_counts(scored.y, scored.unit, 10, 0)
    resampled = resample_rule(spec, scored, counts)
    means = [
        resampled.parameters[without if without.any() else slice(None)].mean()
        for without in (counts == 0).T
    ]
    labels = (scored.scores[:, 1] >= means).astype(int)
    expected = f1_score(scored.y, labels, sample_weight=scored.weight) - resampled.left_out.mean()
    assert averaging_gain(spec, scored, counts, resampled) == pytest.approx(expected)


def test_default_labels_are_argmax(scored):
    """Values under the default rule are those of the most probable class."""
    judged = judge_candidate(spec_of("f1"), scored, scored.fold, scored.fold, None, None)
    argmax = scored.scores.argmax(axis=1)
    expected = f1_score(scored.y, argmax, sample_weight=scored.weight)
    assert judged.default == pytest.approx(expected)
    np.testing.assert_array_equal(judged.default_codes, argmax)
    assert judged.resampled is None


def test_rankings_are_averaged_over_splits(scored):
    """Scores of different models are not compared: the area is that of each split, averaged."""
    spec = spec_of("roc_auc", mode="default")
    judged = judge_candidate(spec, scored, scored.fold, scored.fold, None, None)
    areas = [
        roc_auc_score(scored.y[k::4], scored.scores[k::4, 1], sample_weight=scored.weight[k::4])
        for k in range(4)
    ]
    np.testing.assert_allclose(judged.splits, areas)
    assert judged.pooled == pytest.approx(np.mean(areas))


def test_scorers_of_features_get_their_rows(scored):
    """A callable of which nothing is known is handed the rows of the split."""
    seen = []

    def scorer(estimator, X, y, sample_weight=None):
        seen.append(X)
        return float(np.mean(estimator.predict(X) == y))

    X = np.arange(200.0)[:, None]
    spec = spec_of(scorer, mode="default")
    codes = scored.scores.argmax(axis=1)
    splits, pooled = split_values(spec, spec.metric, scored, codes, scored.fold, X)
    for k, rows in enumerate(seen):
        np.testing.assert_array_equal(rows, X[k::4])
        assert splits[k] == pytest.approx(np.mean(codes[k::4] == scored.y[k::4]))
    assert pooled == pytest.approx(splits.mean())


def test_decision_values_have_no_loss(scored):
    """Without probabilities the log loss is NaN, not an error."""
    margin = np.log(scored.scores[:, 1] / scored.scores[:, 0])
    spec = RuleSpec(make_metric("f1"), ("a", "b"), 1, "decision")
    judged = judge_candidate(
        spec, scored._replace(scores=margin), scored.fold, scored.fold, None, None
    )
    assert np.isnan(judged.loss)
    assert judged.pooled > 0


def test_rows_that_are_tested_often_count_fully_in_each_split(scored):
    """Weights are divided among the scores of a row in the pooled value only."""
    halved = scored._replace(weight=scored.weight / (1 + scored.row % 2))
    codes = scored.scores.argmax(axis=1)
    spec = spec_of("f1")
    splits, pooled = split_values(spec, spec.metric, halved, codes, scored.fold, None)
    plain, _ = split_values(spec, spec.metric, scored, codes, scored.fold, None)
    np.testing.assert_array_equal(splits, plain)
    assert pooled == pytest.approx(f1_score(scored.y, codes, sample_weight=halved.weight))
