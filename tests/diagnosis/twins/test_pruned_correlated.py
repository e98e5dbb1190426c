"""The twin without copies: which columns say the same, and which one stays."""

import numpy as np
import pytest
from scipy import sparse, stats
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_lossfix._core._evidence import NoTwin
from sklearn_lossfix.diagnosis.twins.pruned_correlated import (
    SAME_CORRELATION,
    PrunedCorrelatedTwin,
    rank_correlations,
    representatives,
)
from sklearn_lossfix.exceptions import CheckNotApplicable

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3))
Y = (X[:, 0] + RNG.normal(size=200) > 0).astype(int)
COPIED = np.column_stack([X, -X[:, 1], np.exp(X[:, 1]), X[:, 0] + 1e-3 * RNG.normal(size=200)])


def test_correlations_are_spearmans():
    """They equal SciPy's in absolute value, and do not change under monotone maps."""
    expected = np.abs(stats.spearmanr(COPIED).statistic)
    np.testing.assert_allclose(rank_correlations(COPIED), expected, atol=1e-12)
    np.testing.assert_allclose(rank_correlations(np.exp(COPIED)), expected, atol=1e-12)


def test_columns_that_do_not_vary_correlate_with_nothing():
    """A constant column is no copy of another one, not even of a constant."""
    table = np.column_stack([np.ones(50), np.zeros(50), np.arange(50.0)])
    off_diagonal = rank_correlations(table) - np.diag(rank_correlations(table).diagonal())
    np.testing.assert_array_equal(off_diagonal, 0.0)


def test_representatives_cover_every_column_and_are_no_copies():
    """No two that stay say the same, and each that goes says the same as one of its set."""
    correlations = rank_correlations(COPIED)
    keep, sets = representatives(correlations)
    kept = correlations[np.ix_(keep, keep)] - np.eye(len(keep))
    assert kept.max() < SAME_CORRELATION
    np.testing.assert_array_equal(np.sort(np.concatenate(sets)), [0, 1, 3, 4, 5])
    for members in sets:
        assert correlations[np.ix_(members, members)].min() >= SAME_CORRELATION
        assert np.isin(keep, members).sum() == 1


def test_a_chain_is_not_one_set():
    """Columns whose ends do not correlate are not pooled through what lies between."""
    correlations = np.array([[1, 0.92, 0.5], [0.92, 1, 0.91], [0.5, 0.91, 1]])
    keep, sets = representatives(correlations)
    assert len(keep) == 2
    assert sets[0].size == 2


@pytest.mark.parametrize(
    ("estimator", "features", "reason"),
    [
        (RandomForestClassifier(), COPIED, "one column at a time"),
        (GaussianNB(), sparse.csr_array(COPIED), "sparse columns"),
        (GaussianNB(), COPIED[:, :1], "Only one feature"),
    ],
)
def test_no_twin_has_a_reason(subject, estimator, features, reason):
    """Where copies do not matter, or are not looked for, the reason says why."""
    with pytest.raises(CheckNotApplicable, match=reason):
        PrunedCorrelatedTwin().plan(subject(estimator, features, Y))


def test_columns_that_differ_need_no_twin(subject):
    """Without copies there is nothing to try, and the largest correlation is told."""
    none = PrunedCorrelatedTwin().plan(subject(GaussianNB(), X, Y))
    assert isinstance(none, NoTwin)
    assert none.section == "passed"
    assert none.estimate == pytest.approx((rank_correlations(X) - np.eye(3)).max())


@pytest.mark.parametrize(
    "estimator", [GaussianNB(), make_pipeline(StandardScaler(), LogisticRegression())]
)
def test_twin_drops_copies_and_changes_nothing_else(subject, run_code, estimator):
    """The last step gets one column of each set, as it was; the code agrees."""
    before = str(estimator.get_params())
    plan = PrunedCorrelatedTwin().plan(subject(estimator, COPIED, Y))
    twin = plan.build(estimator)
    assert str(estimator.get_params()) == before
    assert twin.fit(COPIED, Y)[-1].n_features_in_ == 3
    ahead = COPIED if len(twin.steps) == 2 else StandardScaler().fit_transform(COPIED)
    (kept,) = plan.params.values()
    np.testing.assert_allclose(twin[:-1].transform(COPIED), ahead[:, kept])
    shown = run_code(plan.code, clone(estimator)).fit(COPIED, Y).predict_proba(COPIED)
    np.testing.assert_allclose(shown, twin.predict_proba(COPIED))
    assert plan.suspicion == 0.5
