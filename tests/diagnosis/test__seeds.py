"""Tests of other seeds: where they are, what they change, and how sure that is."""

import numpy as np
import pytest
from scipy import stats
from sklearn import config_context
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from sklearn_lossfix._core._evidence import Scored
from sklearn_lossfix._core._oof import weight_params
from sklearn_lossfix.diagnosis import _seeds
from sklearn_lossfix.diagnosis._seeds import (
    N_SEEDS,
    ensemble_seeds,
    noncentral_tail,
    seed_ensemble,
    seed_params,
    seed_spread,
    with_seed,
)

PIPE = make_pipeline(QuantileTransformer(n_quantiles=10, random_state=3), RandomForestClassifier(5))


def test_seeds_are_found_at_any_depth():
    """Steps have seeds of their own; a model without any has none."""
    assert seed_params(PIPE) == [
        "quantiletransformer__random_state",
        "randomforestclassifier__random_state",
    ]
    assert seed_params(GaussianNB()) == []


def test_every_seed_is_set_and_nothing_else():
    """The user's estimator keeps its own."""
    before = repr(PIPE)
    twin = with_seed(PIPE, 7)
    assert repr(PIPE) == before
    assert {twin.get_params()[name] for name in seed_params(twin)} == {7}
    restored = twin.set_params(
        quantiletransformer__random_state=3, randomforestclassifier__random_state=None
    )
    assert repr(restored) == before


def test_ensemble_is_the_mean_over_seeds(table):
    """Its probabilities are the mean of those of its members, fitted alone."""
    X, y = table(100)
    model = RandomForestClassifier(3)
    seeds = ensemble_seeds(4)
    assert len(set(seeds)) == N_SEEDS
    alone = [with_seed(model, s).fit(X, y).predict_proba(X) for s in seeds]
    together = clone(seed_ensemble(model, seeds)).fit(X, y).predict_proba(X)
    np.testing.assert_allclose(together, np.mean(alone, axis=0))


def test_seeds_are_not_those_that_users_set():
    """Whatever the report's seed, they differ from each other and are none that a user types."""
    for seed in range(50):
        seeds = ensemble_seeds(seed)
        assert len({*seeds, *range(1000), seed}) == N_SEEDS + 1000
        assert seeds == ensemble_seeds(seed)
    assert set(ensemble_seeds(0)).isdisjoint(ensemble_seeds(1))


def test_members_ask_for_the_weights_that_the_model_takes(table):
    """With metadata routing the ensemble learns from weights as the model does, called by hand."""
    X, y = table(100)
    weight = np.random.default_rng(0).random(100)
    with config_context(enable_metadata_routing=True):
        for model in (
            LogisticRegression(),
            LogisticRegression().set_fit_request(sample_weight=True),
        ):
            expected = clone(model).fit(X, y, sample_weight=weight).predict_proba(X)
            together = seed_ensemble(model, ensemble_seeds(0)).fit(X, y, sample_weight=weight)
            np.testing.assert_allclose(together.predict_proba(X), expected)


@pytest.mark.parametrize("routing", [False, True])
def test_weights_reach_the_members_of_a_pipeline(table, routing):
    """The ensemble of a weighted Pipeline is the mean of the Pipeline's own weighted fits."""
    X, y = table(100)
    weight = np.random.default_rng(0).random(100)
    with config_context(enable_metadata_routing=routing):
        forest = RandomForestClassifier(3)
        scaler = StandardScaler()
        if routing:
            forest.set_fit_request(sample_weight=True)
            scaler.set_fit_request(sample_weight=False)
        for model in (make_pipeline(scaler, forest), make_pipeline(make_pipeline(scaler, forest))):
            seeds = ensemble_seeds(0)
            alone = [
                with_seed(model, s).fit(X, y, **weight_params(model, weight)).predict_proba(X)
                for s in seeds
            ]
            together = seed_ensemble(model, seeds)
            params = weight_params(together, weight)
            assert params
            given = clone(together).fit(X, y, **params).predict_proba(X)
            np.testing.assert_allclose(given, np.mean(alone, axis=0))
            assert not np.allclose(given, together.fit(X, y).predict_proba(X))


def test_an_ensemble_in_a_pipeline_asks_for_nothing_new():
    """With metadata routing a Pipeline that requested no weights gets an ensemble without them."""
    with config_context(enable_metadata_routing=True):
        model = make_pipeline(StandardScaler(), RandomForestClassifier(2))
        assert weight_params(model, np.ones(60)) == {}
        assert weight_params(seed_ensemble(model, ensemble_seeds(0)), np.ones(60)) == {}


def test_a_pipeline_with_seeds_in_its_first_steps_is_repeated_whole():
    """Every member has a seed of its own in every step."""
    ensemble = seed_ensemble(PIPE, (1, 2))
    assert isinstance(ensemble, VotingClassifier)
    for seed, (_, member) in zip((1, 2), ensemble.estimators, strict=True):
        assert {member.get_params()[name] for name in seed_params(member)} == {seed}


def draw(rng, effect, n_rows=300, n_folds=5):
    """Row losses of five seeds: row effects, seed effects in every fold, and noise."""
    fold = np.arange(n_rows) % n_folds
    of_fold = effect * rng.normal(size=(N_SEEDS, n_folds))
    losses = rng.gamma(1.0, 0.5, n_rows) + of_fold[:, fold]
    return losses + 0.2 * rng.normal(size=(N_SEEDS, n_rows)), fold


def test_spread_holds_its_level_and_finds_what_is_there():
    """At the limit itself about one run in twenty rejects at 5 %; well beyond nearly all do."""
    rng = np.random.default_rng(0)
    limit = 0.05
    p_at_limit = [seed_spread(*draw(rng, limit), limit).p_value for _ in range(200)]
    assert np.mean(np.array(p_at_limit) <= 0.05) < 0.2
    p_none = [seed_spread(*draw(rng, 0.0), limit).p_value for _ in range(100)]
    assert np.mean(np.array(p_none) <= 0.05) == 0.0
    p_large = [seed_spread(*draw(rng, 0.2), limit).p_value for _ in range(50)]
    assert np.mean(np.array(p_large) <= 0.01) > 0.9


def test_spread_estimates_the_effect_without_the_noise():
    """The standard deviation is that of the seeds; noise alone gives about none."""
    rng = np.random.default_rng(1)
    found = np.mean([seed_spread(*draw(rng, 0.2), 0.0).sd for _ in range(50)])
    assert found == pytest.approx(0.2, rel=0.15)
    assert np.mean([seed_spread(*draw(rng, 0.0), 0.0).sd for _ in range(50)]) < 0.02


def test_spread_does_not_mind_what_rows_share():
    """Easy and hard rows are the same for all seeds: adding to a row changes nothing."""
    rng = np.random.default_rng(2)
    losses, fold = draw(rng, 0.1)
    harder = losses + rng.gamma(1.0, 10.0, losses.shape[1])
    np.testing.assert_allclose(
        seed_spread(losses, fold, 0.05), seed_spread(harder, fold, 0.05), rtol=1e-6
    )


def test_spread_counts_groups_once():
    """A group of equal rows is one row with its weight."""
    rng = np.random.default_rng(3)
    losses, fold = draw(rng, 0.1)
    plain = seed_spread(losses, fold, 0.05)
    groups = np.repeat(np.arange(losses.shape[1]), 4)
    repeated = seed_spread(np.repeat(losses, 4, axis=1), np.repeat(fold, 4), 0.05, None, groups)
    np.testing.assert_allclose(repeated, plain)
    weighted = seed_spread(losses, fold, 0.05, np.ones(losses.shape[1]))
    np.testing.assert_allclose(weighted, plain)


def test_equal_seeds_have_no_spread():
    """Nothing varies: no effect, no test."""
    losses, fold = draw(np.random.default_rng(4), 0.0)
    same = np.repeat(losses[:1], N_SEEDS, axis=0)
    assert seed_spread(same, fold, 0.01) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("x", "df", "centre"), [(30, 20, 0), (30, 20, 5), (80, 20, 40), (300, 20, 200), (9, 4, 1)]
)
def test_tail_agrees_with_the_exact_one(x, df, centre):
    """Where both can be had the approximation is good, and far out it is a number."""
    exact = stats.ncx2.sf(x, df, centre) if centre else stats.chi2.sf(x, df)
    assert noncentral_tail(x, df, centre) == pytest.approx(exact, rel=0.03)
    assert noncentral_tail(1e12 + df, df, 1e12) == pytest.approx(0.5, abs=0.01)


def test_scores_of_other_seeds(table):
    """The model comes first; what no seed changes stops after one other; none where there is none.

    The bench is a stand-in: scores are what the estimator gives on its own rows.
    """
    X, y = table(100)

    class Bench:
        class request:
            seed = 0

        @staticmethod
        def attempt(estimator, what):
            return _scored(estimator, X, y), None

    forest = RandomForestClassifier(3, random_state=0)
    found = _seeds.score_seeds(Bench, forest, _scored(forest, X, y))
    assert len(found) == N_SEEDS
    assert len({scored.proba.tobytes() for scored in found}) == N_SEEDS
    for number in range(1, 4):
        own = RandomForestClassifier(3, random_state=number)
        assert len(_seeds.score_seeds(Bench, own, _scored(own, X, y))) == N_SEEDS
    linear = LogisticRegression()
    assert len(_seeds.score_seeds(Bench, linear, _scored(linear, X, y))) == 2
    bayes = GaussianNB()
    assert _seeds.score_seeds(Bench, bayes, _scored(bayes, X, y)) == ()


def _scored(estimator, X, y):
    """Probabilities on the rows themselves."""
    proba = clone(estimator).fit(X, y).predict_proba(X)
    return Scored(proba.argmax(axis=1), proba=proba)
