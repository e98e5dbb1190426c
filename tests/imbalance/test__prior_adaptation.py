"""AutoBalancedClassifier.adapt_prior: other shares of the classes where it is used."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, log_loss
from sklearn.naive_bayes import GaussianNB

from sklearn_lossfix import AutoBalancedClassifier
from sklearn_lossfix._core._prior_shift import correct_prior


class OnlyWeighted(LogisticRegression):
    """A logistic regression that learns nothing of the rows where they have no weights.

    So the treatment by weights is chosen, whatever it is worth for others.
    """

    def fit(self, X, y, sample_weight=None):
        """Fit; without weights on rows that are all the same."""
        return super().fit(X * 0 if sample_weight is None else X, y, sample_weight)


def balanced(estimator=None, **params):
    """The classifier with three folds and few samples, unless told otherwise."""
    params = {"cv": 3, "n_bootstrap": 10, "random_state": 0, **params}
    return AutoBalancedClassifier(
        LogisticRegression() if estimator is None else estimator, **params
    )


def weighted(**params):
    """One that chooses balanced class weights."""
    return balanced(OnlyWeighted(), strategies=["class_weight_balanced"], **params)


# --- other shares of the classes ------------------------------------------------------------------


def draw(share, n_rows, seed):
    """Rows of two classes that are normal around two points, at a given share of the second."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n_rows) < share).astype(int)
    return rng.normal(size=(n_rows, 2)) + 1.5 * y[:, None], y


def test_adapting_finds_the_new_shares():
    """Unlabelled rows tell their shares; probabilities and labels then suit them better."""
    model = balanced(scoring="accuracy").fit(*draw(0.15, 800, 0))
    X, y = draw(0.6, 2000, 1)
    adapted = model.adapt_prior(X)
    assert adapted.class_prior_[1] == pytest.approx(0.6, abs=0.05)
    assert log_loss(y, adapted.predict_proba(X)) < 0.8 * log_loss(y, model.predict_proba(X))
    assert adapted.score(X, y) > model.score(X, y) + 0.05
    known = model.adapt_prior(prior=[0.4, 0.6])
    np.testing.assert_allclose(known.predict_proba(X), adapted.predict_proba(X), atol=0.05)


def test_adapted_probabilities_follow_bayes_rule(three):
    """Known shares change probabilities by the formula, and mean what they say."""
    X, y = three
    model = balanced().fit(X, y)
    shares = np.array([0.2, 0.3, 0.5])
    adapted = model.adapt_prior(prior=10 * shares)
    expected = correct_prior(model.predict_proba(X), model.class_prior_, shares)
    np.testing.assert_allclose(adapted.predict_proba(X), expected, rtol=1e-9)
    np.testing.assert_allclose(adapted.class_prior_, shares)
    np.testing.assert_array_equal(adapted.predict(X), adapted.decision_rule_.predict(expected))
    twice = model.adapt_prior(prior=[0.6, 0.2, 0.2]).adapt_prior(prior=shares)
    np.testing.assert_allclose(twice.predict_proba(X), expected, rtol=1e-9)


def test_rules_before_the_correction_are_adapted_too():
    """Where tiny probabilities are told apart the rule takes what the model says, shifted."""
    rng = np.random.default_rng(0)
    y = rng.choice(3, 300, p=[0.7, 0.2, 0.1])
    X = np.repeat(1.5 * np.eye(3)[y] + rng.normal(size=(300, 3)), 80, axis=1)
    model = balanced(GaussianNB(), strategies=["none"]).fit(X, y)
    assert model.proba_correction_ in ("offset", "sigmoid")
    shares = np.array([0.2, 0.3, 0.5])
    own = correct_prior(model.estimator_.predict_proba(X), model.class_prior_, shares)
    for start in (model, model.adapt_prior(prior=[0.6, 0.2, 0.2])):
        adapted = start.adapt_prior(prior=shares)
        np.testing.assert_array_equal(adapted.predict(X), adapted.decision_rule_.predict(own))


def test_uncorrected_probabilities_are_adapted_from_the_shares_they_speak_under(rare):
    """Without a correction one starts from the shares of the training, not of the data."""
    X, y = rare
    model = weighted(correct_proba=None).fit(X, y)
    shares = np.array([0.3, 0.7])
    adapted = model.adapt_prior(prior=shares)
    expected = correct_prior(model.predict_proba(X), np.array([0.5, 0.5]), shares)
    np.testing.assert_allclose(adapted.predict_proba(X), expected, rtol=1e-9)
    corrected = weighted(correct_proba="prior").fit(X, y).adapt_prior(prior=shares)
    np.testing.assert_allclose(corrected.predict_proba(X), expected, rtol=1e-9)
    estimated = model.adapt_prior(X).class_prior_
    assert estimated[1] == pytest.approx(y.mean(), abs=0.05)


def test_the_same_shares_change_no_probability(rare):
    """The shares of the data are where one started from; back and forth is no way either."""
    X, y = rare
    model = weighted().fit(X, y)
    same = model.adapt_prior(prior=model.class_prior_)
    np.testing.assert_array_equal(same.predict_proba(X), model.predict_proba(X))
    back = model.adapt_prior(prior=[0.5, 0.5]).adapt_prior(prior=model.class_prior_)
    np.testing.assert_allclose(back.predict_proba(X), model.predict_proba(X), rtol=1e-9)


def test_rules_for_balanced_metrics_survive_other_shares(rare):
    """Balanced accuracy does not depend on the shares: the same rows are called positive."""
    X, y = rare
    model = balanced(correct_proba=None, n_bootstrap=0, decision_rule="tune").fit(X, y)
    adapted = model.adapt_prior(prior=[0.5, 0.5])
    assert adapted.threshold_ > model.threshold_ + 0.1
    np.testing.assert_array_equal(adapted.oof_["pred"], model.oof_["pred"])


def test_rules_for_other_metrics_are_chosen_anew(rare):
    """The rule is the best on scores out of fold by the new map, weighted to the new shares."""
    X, y = rare
    model = balanced(scoring="f1", n_bootstrap=0, decision_rule="tune").fit(X, y)
    adapted = model.adapt_prior(prior=[0.4, 0.6])
    scores = correct_prior(model.oof_scores_, model.class_prior_, np.array([0.4, 0.6]))
    weight = np.where(model.oof_target_, 0.6 / y.mean(), 0.4 / (1 - y.mean()))
    np.testing.assert_allclose(adapted.oof_scores_, scores)
    np.testing.assert_allclose(adapted.oof_weight_, weight)
    column = adapted._rule_input[:, 1]

    def value(threshold):
        return f1_score(model.oof_target_, column >= threshold, sample_weight=weight)

    best = max(value(threshold) for threshold in np.unique(column))
    assert value(adapted.threshold_) == pytest.approx(best)
    assert value(model.threshold_) < best


def test_rules_that_were_given_stay(rare):
    """A number is the user's word, whatever the shares."""
    X, y = rare
    for rule in (0.3, "default"):
        model = balanced(decision_rule=rule, store_oof=False).fit(X, y)
        adapted = model.adapt_prior(prior=[0.3, 0.7])
        assert adapted.decision_rule_ == model.decision_rule_
        proba = adapted.predict_proba(X)
        np.testing.assert_array_equal(adapted.predict(X), adapted.decision_rule_.predict(proba))


def test_adapting_changes_a_copy(rare):
    """The classifier itself is as it was, to the last array; the copy can be kept."""
    X, y = rare
    model = balanced().fit(X, y)
    before, predicted = copy.deepcopy(vars(model)), model.predict(X)
    adapted = model.adapt_prior(prior=[0.5, 0.5])
    assert pickle.dumps(vars(model)) == pickle.dumps(before)
    np.testing.assert_array_equal(model.predict(X), predicted)
    assert adapted.get_params() == model.get_params()
    travelled = pickle.loads(pickle.dumps(adapted))
    np.testing.assert_array_equal(travelled.predict(X), adapted.predict(X))


def test_a_class_that_will_not_come_is_not_predicted(three):
    """A share of zero takes a class out, and leaves the others in their proportion."""
    X, y = three
    model = balanced().fit(X, y)
    proba = model.adapt_prior(prior=[*model.class_prior_[:2], 0.0]).predict_proba(X)
    assert (proba[:, 2] == 0).all()
    both = model.predict_proba(X)[:, :2]
    np.testing.assert_allclose(proba[:, :2], both / both.sum(axis=1, keepdims=True))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "just one"),
        ({"X_new": np.zeros((2, 6)), "prior": [0.5, 0.5]}, "just one"),
        ({"prior": [0.2, 0.3, 0.5]}, "2 shares, one for each of the classes \\[0, 1\\]"),
        ({"prior": [-0.1, 1.1]}, "none negative"),
        ({"prior": [0.0, 0.0]}, "must hold 2 shares"),
        ({"prior": [np.nan, 1.0]}, "must hold 2 shares"),
    ],
)
def test_shares_that_are_none_are_refused(rare, arguments, message):
    """What cannot be the shares of these classes is named."""
    model = balanced(strategies=["none"]).fit(*rare)
    with pytest.raises(ValueError, match=message):
        model.adapt_prior(**arguments)


def test_adapting_a_rule_takes_the_record(rare):
    """Without scores out of fold no rule can be chosen anew; the message says what to do."""
    model = balanced(store_oof=False).fit(*rare)
    with pytest.raises(ValueError, match="store_oof=True"):
        model.adapt_prior(prior=[0.5, 0.5])
    with pytest.raises(NotFittedError):
        balanced().adapt_prior(prior=[0.5, 0.5])


def test_the_same_shares_change_no_rule(rare):
    """The rule is chosen anew on the very scores that it was chosen on."""
    model = balanced(scoring="f1").fit(*rare)
    again = model.adapt_prior(prior=model.class_prior_)
    assert again.threshold_ == pytest.approx(model.threshold_, rel=1e-9)
    assert again.gain_ == pytest.approx(model.gain_, abs=1e-12)
    np.testing.assert_array_equal(again.predict(rare[0]), model.predict(rare[0]))


def test_an_adapted_copy_claims_nothing_of_the_old_shares(rare):
    """What the comparison was worth was worth it under the shares of the data."""
    model = balanced().fit(*rare)
    adapted = model.adapt_prior(prior=[0.5, 0.5])
    assert not hasattr(adapted, "honest_score_")
    assert hasattr(model, "honest_score_")
    tables = adapted.diagnose().tables
    assert "treatments" not in tables
    assert "gap" not in tables
    assert "Honest" not in str(adapted.diagnose())


def test_rules_on_decision_values_cannot_be_adapted(rare):
    """Decision values speak under no prior."""
    model = balanced(response_method="decision_function").fit(*rare)
    with pytest.raises(ValueError, match="decision values"):
        model.adapt_prior(prior=[0.5, 0.5])
