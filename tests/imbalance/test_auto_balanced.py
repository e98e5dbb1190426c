"""AutoBalancedClassifier: the choice of a treatment, its rule, and honest probabilities."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import (
    balanced_accuracy_score,
    f1_score,
    make_scorer,
    precision_score,
    recall_score,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix import AutoBalancedClassifier, DecisionRule, DecisionRuleClassifier
from sklearn_lossfix._core._prior_shift import correct_prior
from sklearn_lossfix.exceptions import InfeasibleConstraintError, LossfixWarning

WAYS = ("auto", "prior", "offset", "sigmoid", None)


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


# --- the choice -----------------------------------------------------------------------------------

LEARNERS = {
    "linear": LogisticRegression(),
    "tree": DecisionTreeClassifier(max_depth=4),
    "neighbors": KNeighborsClassifier(),
    "forest": RandomForestClassifier(10, max_depth=4),
    "margins": LinearSVC(),
}


@pytest.mark.parametrize("learner", LEARNERS)
@pytest.mark.parametrize("scoring", ["balanced_accuracy", "f1"])
def test_the_simplest_within_a_standard_error_is_chosen(rare, learner, scoring):
    """Treatments stand in their order; the first one that does not clearly lose is taken."""
    model = balanced(LEARNERS[learner], scoring=scoring).fit(*rare)
    table = model.diagnose().tables["treatments"]
    names, lead, error = table["treatment"], np.array(table["lead"]), np.array(table["lead_se"])
    assert names[0] == "none"
    assert (lead >= 0).all()
    assert model.best_strategy_ == names[np.flatnonzero(lead <= error)[0]]
    greedy = balanced(LEARNERS[learner], scoring=scoring, select="best").fit(*rare)
    results = greedy.strategy_results_
    assert greedy.best_strategy_ == results["strategy"][np.argmax(results["metric"])]
    assert greedy.best_score_ == results["metric"].max()
    np.testing.assert_array_equal(results["metric"], model.strategy_results_["metric"])


def test_a_clear_lead_is_taken(rare):
    """Where the untreated model is of no use, its simplicity does not save it."""
    model = weighted().fit(*rare)
    assert model.best_strategy_ == "class_weight_balanced"
    assert model.strategy_results_["metric"][0] < 0.52
    assert model.estimator_.treatment == "class_weight_balanced"


def test_nothing_but_none_is_a_tuned_rule(rare):
    """With no treatment and no correction it is the DecisionRuleClassifier on the same folds."""
    for learner in LEARNERS.values():
        if "random_state" in learner.get_params():
            learner = clone(learner).set_params(random_state=0)
        ours = balanced(learner, strategies=["none"], correct_proba=None).fit(*rare)
        theirs = DecisionRuleClassifier(learner, cv=3, n_bootstrap=10, random_state=0).fit(*rare)
        assert ours.decision_rule_ == theirs.decision_rule_
        assert (ours.gain_, ours.gain_standard_error_) == (
            theirs.gain_,
            theirs.gain_standard_error_,
        )
        np.testing.assert_array_equal(ours.predict(rare[0]), theirs.predict(rare[0]))
        for key in ("y", "scores", "pred", "row", "split"):
            np.testing.assert_array_equal(ours.oof_[key], theirs.oof_[key])


def test_order_of_strategies_does_not_matter(rare):
    """A permuted list gives the same table, the same winner and the same rule."""
    names = ["smote", "class_weight_sqrt", "bagging", "random_under_balanced", "none"]
    one, other = (
        balanced(DecisionTreeClassifier(max_depth=3), strategies=order).fit(*rare)
        for order in (names, names[::-1])
    )
    assert one.strategy_results_["strategy"].tolist() == [
        "none",
        "class_weight_sqrt",
        "random_under_balanced",
        "smote_sqrt",
        "smote_balanced",
        "bagging",
    ]
    assert_same_table(one, other)
    assert one.best_strategy_ == other.best_strategy_
    assert one.decision_rule_ == other.decision_rule_
    assert one.honest_score_ == other.honest_score_


def assert_same_table(one, other):
    """All columns but the times are equal to the bit."""
    assert list(one.strategy_results_) == list(other.strategy_results_)
    for key, column in one.strategy_results_.items():
        if key != "fit_time":
            np.testing.assert_array_equal(column, other.strategy_results_[key], err_msg=key)


def test_facts_about_the_classes(rare):
    """Rows of the rarest class, and how many times as many the other has."""
    X, y = rare
    model = balanced(strategies=["none"]).fit(X, y, sample_weight=np.where(y, 3.0, 1.0))
    n_rare = int(y.sum())
    assert model.n_minority_ == n_rare
    assert model.imbalance_ratio_ == (len(y) - n_rare) / n_rare
    share = 3 * n_rare / (len(y) + 2 * n_rare)
    np.testing.assert_allclose(model.class_prior_, [1 - share, share])


# --- the rule and what it is tuned for ------------------------------------------------------------


@pytest.mark.parametrize("scoring", ["f1", "matthews_corrcoef", "accuracy", "gmean"])
@pytest.mark.parametrize("select", ["one_se", "best"])
def test_labels_are_the_rule_applied_to_the_probabilities(rare, scoring, select):
    """Nothing stands between the probabilities that are shown and the labels."""
    X, y = rare
    model = balanced(scoring=scoring, select=select).fit(X, y)
    proba = model.predict_proba(X)
    np.testing.assert_array_equal(model.predict(X), model.decision_rule_.predict(proba))
    if model.decision_rule_.kind == "threshold":
        labels = (proba[:, 1] >= model.threshold_).astype(int)
        np.testing.assert_array_equal(model.predict(X), labels)


@pytest.fixture(scope="module")
def saturated():
    """Naive Bayes that is too sure: columns that repeat one another, so that it says 1e-100."""
    rng = np.random.default_rng(0)
    y = rng.choice(3, 600, p=[0.9, 0.05, 0.05])
    centers = np.array([[0.0, 0.0], [1.5, 0.0], [0.0, 1.5]])
    X = np.repeat(centers[y] + rng.normal(size=(600, 2)), 200, axis=1)
    return X + 0.1 * rng.normal(size=X.shape), y


@pytest.mark.parametrize("way", ["auto", "offset", "sigmoid"])
def test_a_correction_takes_nothing_from_rules_for_two_classes(saturated, way):
    """The rule finds every cut that it finds without one, however small the probabilities are."""
    X, y = saturated
    assert np.mean(GaussianNB().fit(X, y > 0).predict_proba(X).min(axis=1) < 1e-20) > 0.1
    settings = {"strategies": ["none"], "n_bootstrap": 0, "decision_rule": "tune"}
    plain, model = (
        balanced(GaussianNB(), correct_proba=how, **settings).fit(X, (y > 0).astype(int))
        for how in (None, way)
    )
    assert model.proba_correction_ in ("offset", "sigmoid")
    assert model.apparent_score_ >= plain.apparent_score_ - 1e-12
    assert model.decision_rule_.kind == plain.decision_rule_.kind == "threshold"


@pytest.mark.parametrize("way", ["auto", "offset", "sigmoid"])
def test_a_correction_leaves_rules_for_more_classes_alone(saturated, way):
    """Labels are those without one; probabilities are better."""
    X, y = saturated
    plain, model = (
        balanced(GaussianNB(), strategies=["none"], correct_proba=how).fit(X, y)
        for how in (None, way)
    )
    assert model.proba_correction_ in ("offset", "sigmoid")
    np.testing.assert_array_equal(model.predict(X), plain.predict(X))
    np.testing.assert_array_equal(model.class_offsets_, plain.class_offsets_)
    losses = (fitted.strategy_results_["log_loss"][0] for fitted in (model, plain))
    assert next(losses) < 0.5 * next(losses)


def test_score_is_the_metric_of_the_labels(rare):
    """`score` is what is chosen for, on the labels of new rows."""
    X, y = rare
    model = balanced(scoring="f1").fit(X, y)
    assert model.score(X, y) == pytest.approx(f1_score(y, model.predict(X)))
    assert balanced().fit(X, y).score(X, y) == pytest.approx(
        balanced_accuracy_score(y, balanced().fit(X, y).predict(X))
    )


def test_a_threshold_that_is_given_stays(rare):
    """Every treatment is judged at that threshold of its corrected probabilities."""
    X, y = rare
    model = balanced(decision_rule=0.2, scoring="f1").fit(X, y)
    assert model.threshold_ == 0.2
    given = DecisionRule("threshold", (0, 1), threshold=0.2)
    same = balanced(decision_rule=given, scoring="f1").fit(X, y)
    np.testing.assert_array_equal(same.predict(X), model.predict(X))
    labels = (model.predict_proba(X)[:, 1] >= 0.2).astype(int)
    np.testing.assert_array_equal(model.predict(X), labels)


def test_the_default_rule_predicts_the_most_probable_class(rare):
    """With decision_rule="default" labels are argmax of the corrected probabilities."""
    X, y = rare
    model = weighted(decision_rule="default").fit(X, y)
    np.testing.assert_array_equal(model.predict(X), model.predict_proba(X).argmax(axis=1))
    results = model.strategy_results_
    np.testing.assert_array_equal(results["metric"], results["metric_at_default_rule"])
    assert set(results["rule"]) == {"argmax"}


def test_metrics_of_scores_choose_treatments_and_no_rule(rare):
    """A ranking metric warns that no rule is tuned; saying so silences it."""
    with pytest.warns(LossfixWarning, match="No decision rule is tuned for 'roc_auc'") as caught:
        model = balanced(scoring="roc_auc").fit(*rare)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert model.decision_rule_.kind == "argmax"
    silent = balanced(scoring="roc_auc", decision_rule="default").fit(*rare)
    assert_same_table(model, silent)


def counted_f1(y_true, y_pred):
    """F1 without weights, in a few lines."""
    hits = np.sum((y_true == 1) & (y_pred == 1))
    return 2 * hits / max(np.sum(y_true == 1) + np.sum(y_pred == 1), 1)


def test_a_function_of_labels_is_aligned_to(rare):
    """An unknown function gives what the known metric gives without samples."""
    ours = balanced(scoring=make_scorer(counted_f1), n_bootstrap=0).fit(*rare)
    known = balanced(scoring="f1", n_bootstrap=0).fit(*rare)
    assert ours.best_strategy_ == known.best_strategy_
    assert ours.threshold_ == pytest.approx(known.threshold_)
    np.testing.assert_allclose(ours.strategy_results_["metric"], known.strategy_results_["metric"])


def test_costs_decide(rare):
    """A cost matrix is what is chosen by, and the score minus what errors cost."""
    X, y = rare
    model = balanced(cost_matrix=[[1, 2], [10, 1]]).fit(X, y)
    labels = model.predict(X)
    excess = np.array([[0, 1], [9, 0]])
    assert model.score(X, y) == pytest.approx(-np.mean(excess[y, labels]))
    # Without a rule for the costs, errors of the rare class would cost far more.
    assert model.gain_ > 0


def test_a_cost_matrix_of_three_classes_predicts_the_least_expected_cost(three):
    """The closed form is applied to the corrected probabilities."""
    X, y = three
    matrix = np.array([[0, 1, 1], [1, 0, 1], [12, 6, 0]])
    model = balanced(cost_matrix=matrix, decision_rule="tune").fit(X, y)
    expected = np.argmin(model.predict_proba(X) @ matrix, axis=1)
    np.testing.assert_array_equal(model.predict(X), expected)


def test_a_constraint_is_kept_out_of_fold(rare):
    """Recall is maximised among thresholds of enough precision; too much of it is refused."""
    model = balanced(scoring="recall", constraint=("precision", 0.6), correct_proba=None)
    model.fit(*rare)
    labels = model.decision_rule_.predict(model.oof_scores_)
    assert precision_score(model.oof_target_, labels) >= 0.6
    assert recall_score(model.oof_target_, labels) > 0
    strict = {"scoring": "recall", "constraint": ("precision", 0.999), "constraint_confidence": 0.9}
    with pytest.raises(InfeasibleConstraintError, match="precision"):
        balanced(**strict).fit(*rare)
    with pytest.warns(LossfixWarning, match="The nearest threshold was taken"):
        balanced(infeasible="best_effort", **strict).fit(*rare)


def test_decision_values_serve_where_there_are_no_probabilities(rare):
    """A learner without probabilities is treated too; what speaks of probabilities is not there."""
    X, y = rare
    model = balanced(RidgeClassifier()).fit(X, y)
    assert model.decision_rule_.space == "decision"
    assert model.proba_correction_ is None
    for name in ("predict_proba", "predict_log_proba", "adapt_prior"):
        assert not hasattr(model, name)
    for key in ("log_loss", "brier", "log_loss_uncorrected", "brier_uncorrected"):
        assert np.isnan(model.strategy_results_[key]).all()
    assert set(model.strategy_results_["correction"]) == {None}
    labels = (model.decision_function(X) >= model.threshold_).astype(int)
    np.testing.assert_array_equal(model.predict(X), labels)
    assert "probability_quality" not in model.diagnose().tables


# --- probabilities --------------------------------------------------------------------------------


def test_the_prior_formula_is_the_closed_one(rare):
    """With "prior" the odds are those of weighted regression, times the odds of the classes."""
    X, y = rare
    model = weighted(correct_proba="prior").fit(X, y)
    raw = LogisticRegression(class_weight="balanced").fit(X, y).predict_proba(X)
    shares = np.bincount(y) / len(y)
    expected = raw * shares / (raw @ shares)[:, None]
    np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-6)
    np.testing.assert_allclose(model.class_prior_, shares)
    np.testing.assert_allclose(model.training_prior_, [0.5, 0.5])
    assert model.proba_correction_ == "prior"


def test_without_correction_probabilities_are_the_models_own(rare):
    """correct_proba=None leaves what the treated model says."""
    X, y = rare
    model = weighted(correct_proba=None).fit(X, y)
    raw = LogisticRegression(class_weight="balanced").fit(X, y).predict_proba(X)
    np.testing.assert_allclose(model.predict_proba(X), raw, rtol=1e-6)
    np.testing.assert_array_equal(model.predict_proba(X), model.estimator_.predict_proba(X))
    results = model.strategy_results_
    np.testing.assert_array_equal(results["log_loss"], results["log_loss_uncorrected"])
    np.testing.assert_array_equal(results["brier"], results["brier_uncorrected"])


@pytest.mark.parametrize("way", WAYS)
def test_decision_values_are_never_corrected(rare, way):
    """Whatever happens to probabilities, decision values are those of the treated model."""
    X, y = rare
    model = weighted(correct_proba=way).fit(X, y)
    expected = LogisticRegression(class_weight="balanced").fit(X, y).decision_function(X)
    np.testing.assert_allclose(model.decision_function(X), expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("data", ["rare", "three"])
@pytest.mark.parametrize("learner", ["tree", "forest"])
def test_probabilities_are_distributions(request, way, data, learner):
    """Rows sum to one and hold no negative; logarithms are those of the probabilities."""
    X, y = request.getfixturevalue(data)
    model = balanced(LEARNERS[learner], correct_proba=way, select="best").fit(X, y)
    proba = model.predict_proba(X)
    assert proba.shape == (len(X), len(model.classes_))
    assert (proba >= 0).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1.0)
    with np.errstate(divide="ignore"):
        np.testing.assert_array_equal(model.predict_log_proba(X), np.log(proba))


def test_weights_corrected_by_the_formula_cost_no_quality(rare):
    """Class weights make probabilities of a regression wrong, and the formula repairs them."""
    model = balanced(strategies=["class_weight_balanced"], correct_proba="prior").fit(*rare)
    brier, raw = (model.strategy_results_[key] for key in ("brier", "brier_uncorrected"))
    assert raw[1] > 1.5 * raw[0]
    assert brier[1] < 1.1 * brier[0]


@pytest.mark.parametrize("learner", ["linear", "tree", "neighbors", "forest"])
def test_the_chosen_correction_never_has_more_loss_than_none(rare, learner):
    """With "auto" the log loss out of fold is at most that of the probabilities as they are."""
    model = balanced(LEARNERS[learner], strategies="all").fit(*rare)
    results = model.strategy_results_
    assert (results["log_loss"] <= results["log_loss_uncorrected"]).all()
    changed = results["correction"] != "none"
    assert (results["log_loss"] < results["log_loss_uncorrected"])[changed].all()


def test_the_way_of_least_loss_is_taken(rare):
    """With "auto" each treatment has the least loss of the four ways, each as it is alone."""
    kinds = {"none": None, "prior": "prior", "offset": "offset", "sigmoid": "sigmoid"}
    learner = DecisionTreeClassifier(max_depth=3)
    alone = np.array(
        [
            balanced(learner, correct_proba=way).fit(*rare).strategy_results_["log_loss"]
            for way in kinds.values()
        ]
    )
    model = balanced(learner, correct_proba="auto").fit(*rare)
    np.testing.assert_array_equal(model.strategy_results_["log_loss"], alone.min(axis=0))
    chosen = [list(kinds)[k] for k in alone.argmin(axis=0)]
    assert model.strategy_results_["correction"].tolist() == chosen


def test_learnt_offsets_match_the_shares(rare):
    """After an offset was learnt, the mean forecast is the share of the class, in each column."""
    X, y = rare
    model = weighted(correct_proba="offset").fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X).mean(axis=0), np.bincount(y) / 600, atol=0.01)
    raw = LogisticRegression(class_weight="balanced").fit(X, y).predict_proba(X).mean(axis=0)
    assert abs(raw[1] - y.mean()) > 0.1


def test_labels_of_any_kind_keep_their_columns(three):
    """Strings whose order differs from that of the numbers permute columns, and nothing else."""
    X, y = three
    names = np.array(["zeta", "alpha", "mid"])[y]
    spelt, plain = balanced().fit(X, names), balanced().fit(X, y)
    assert spelt.classes_.tolist() == ["alpha", "mid", "zeta"]
    np.testing.assert_allclose(spelt.predict_proba(X), plain.predict_proba(X)[:, [1, 2, 0]], 1e-4)
    np.testing.assert_allclose(spelt.class_prior_, plain.class_prior_[[1, 2, 0]])
    assert set(spelt.predict(X)) <= set(names)


def test_the_positive_class_of_strings_is_the_rare_one(rare):
    """Which class is meant by F1 is said once, and can be said by the user."""
    X, y = rare
    names = np.array(["usual", "fraud"])[y]
    with pytest.warns(LossfixWarning, match="'fraud', was taken") as caught:
        guessed = balanced(scoring="f1").fit(X, names)
    assert len(caught) == 1
    said = balanced(scoring="f1", pos_label="fraud").fit(X, names)
    assert guessed.pos_label_ == said.pos_label_ == "fraud"
    np.testing.assert_array_equal(guessed.predict(X), said.predict(X))


def test_precision_of_the_data_is_kept(rare):
    """Probabilities are of the dtype that the learner gives."""
    X, y = rare
    X = X.astype(np.float32)
    model = weighted().fit(X, y)
    assert model.proba_correction_ != "none"
    # With sample weights older versions of the learner give float64.
    assert model.predict_proba(X).dtype == model.estimator_.estimator_.predict_proba(X).dtype
    tree = balanced(DecisionTreeClassifier(max_depth=3)).fit(X, y)
    assert tree.predict_proba(X).dtype == tree.estimator_.predict_proba(X).dtype


@pytest.mark.parametrize("way", ["response_method", "rule"])
def test_rules_on_decision_values_leave_probabilities_to_the_formula(rare, way):
    """Probabilities went unseen out of fold, so nothing was learnt of them."""
    params = {"response_method": "decision_function"}
    if way == "rule":
        rule = DecisionRule("threshold", classes=(0, 1), threshold=0.3, space="decision")
        params = {"decision_rule": rule}
    model = balanced(**params).fit(*rare)
    assert model.proba_correction_ == "prior"
    inner = model.estimator_.estimator_.predict_proba(rare[0])
    expected = correct_prior(inner, model.training_prior_, model.class_prior_)
    np.testing.assert_allclose(model.predict_proba(rare[0]), expected, atol=1e-12)
    plain = balanced(correct_proba=None, **params).fit(*rare)
    assert plain.proba_correction_ is None
    np.testing.assert_array_equal(
        plain.predict_proba(rare[0]), plain.estimator_.estimator_.predict_proba(rare[0])
    )


def test_costs_of_rows_have_no_say_in_how_probable_a_class_is(rare):
    """The report's tables of probabilities and classes weigh rows as the user does."""
    X, y = rare
    model = balanced(scoring="cost").fit(X, y, fn_cost=np.where(y == 1, 9.0, 1.0))
    tables = model.diagnose().tables
    quality = tables["probability_quality"].set_index("quantity")["after_correction"]
    best = model.best_strategy_ == model.strategy_results_["strategy"]
    assert quality["log loss"] == pytest.approx(model.strategy_results_["log_loss"][best][0])
    np.testing.assert_allclose(tables["treatment_classes"]["share"], model.class_prior_)


@pytest.mark.parametrize(
    ("n_classes", "method"), [(2, "predict_proba"), (10, "estimator_.predict_proba")]
)
def test_the_rule_takes_what_it_says(n_classes, method):
    """`rule_input_` names the probabilities by which the rule gives the labels of ``predict``."""
    X, y = load_digits(return_X_y=True)
    X, y = X[y < n_classes][:500], y[y < n_classes][:500]
    model = AutoBalancedClassifier(GaussianNB(), n_bootstrap=10, random_state=0).fit(X, y)
    assert model.rule_input_ == method
    giver = model if method == "predict_proba" else model.estimator_
    np.testing.assert_array_equal(
        model.decision_rule_.predict(giver.predict_proba(X)), model.predict(X)
    )
