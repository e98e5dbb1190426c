"""Tests of DecisionRuleClassifier: what it tunes, keeps, delegates and refuses."""

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import (
    balanced_accuracy_score,
    f1_score,
    log_loss,
    make_scorer,
    precision_score,
    recall_score,
)
from sklearn.model_selection import (
    KFold,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_val_score,
    train_test_split,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC, LinearSVC

from sklearn_lossfix._core._oof import fix_folds, out_of_fold
from sklearn_lossfix.decision import DecisionRule, DecisionRuleClassifier, register_metric
from sklearn_lossfix.decision._constraint import Constraint
from sklearn_lossfix.decision._metrics import make_metric, metric_from_codes
from sklearn_lossfix.decision._sweep import best_threshold
from sklearn_lossfix.exceptions import InfeasibleConstraintError, LossfixWarning


@pytest.fixture(scope="module")
def rare():
    """Two classes, one of them rare and hard to tell: 2,000 rows and four features."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 4))
    chance = 1 / (1 + np.exp(3.4 - 1.5 * X[:, 0] - X[:, 1]))
    return X, (rng.random(2000) < chance).astype(int)


@pytest.fixture(scope="module")
def three():
    """Three classes of very different sizes."""
    return make_classification(
        n_samples=1500, n_classes=3, n_informative=4, weights=[0.8, 0.15], random_state=0
    )


def test_threshold_is_the_best_of_all_out_of_fold(rare):
    """The threshold is that of an exact sweep over scores of the same folds."""
    X, y = rare
    cv = KFold(4)
    model = DecisionRuleClassifier(LogisticRegression(), scoring="f1", cv=cv, n_bootstrap=0)
    model.fit(X, y)
    proba = cross_val_predict(LogisticRegression(), X, y, cv=cv, method="predict_proba")[:, 1]
    threshold, value = best_threshold(y == 1, proba, make_metric("f1"), default=0.5)
    assert model.threshold_ == pytest.approx(threshold, rel=1e-9)
    assert model.decision_rule_.metric == "f1"
    assert value > f1_score(y, proba >= 0.5) + 0.05


def test_labels_improve_on_fresh_rows_and_on_a_grid(rare):
    """Balanced accuracy on rows held out rises, as it does with scikit-learn's grid."""
    X, X_new, y, y_new = train_test_split(*rare, stratify=rare[1], random_state=0)
    ours = DecisionRuleClassifier(LogisticRegression()).fit(X, y)
    plain = LogisticRegression().fit(X, y)
    grid = TunedThresholdClassifierCV(LogisticRegression()).fit(X, y)
    scores = [balanced_accuracy_score(y_new, m.predict(X_new)) for m in (ours, grid, plain)]
    assert scores[0] > scores[2] + 0.1
    assert scores[0] > scores[1] - 0.03


def test_multiclass_labels_improve(three):
    """Offsets per class raise balanced accuracy of three unequal classes on fresh rows."""
    X, X_new, y, y_new = train_test_split(*three, stratify=three[1], random_state=0)
    names = np.array(["common", "some", "rare"])
    model = DecisionRuleClassifier(GaussianNB()).fit(X, names[y])
    assert model.decision_rule_.kind == "offsets"
    assert model.decision_rule_.classes == tuple(sorted(names))
    assert not hasattr(model, "threshold_")
    plain = GaussianNB().fit(X, y).predict(X_new)
    gain = balanced_accuracy_score(names[y_new], model.predict(X_new)) - balanced_accuracy_score(
        y_new, plain
    )
    assert gain > 0.03


@pytest.mark.parametrize(
    ("estimator", "method"),
    [(LogisticRegression(), "predict_proba"), (LinearSVC(random_state=0), "decision_function")],
)
def test_scores_are_those_of_the_estimator(rare, estimator, method):
    """Scores are not altered, and labels are the rule applied to them."""
    X, y = rare
    model = DecisionRuleClassifier(estimator).fit(X, y)
    scores = getattr(model, method)(X)
    np.testing.assert_array_equal(scores, getattr(clone(estimator).fit(X, y), method)(X))
    np.testing.assert_array_equal(model.predict(X), model.decision_rule_.predict(scores))
    column = scores if scores.ndim == 1 else scores[:, 1]
    np.testing.assert_array_equal(model.predict(X), (column >= model.threshold_).astype(int))


def test_methods_exist_where_the_estimator_has_them(rare):
    """A score that the estimator lacks is lacking here too, fitted or not."""
    model = DecisionRuleClassifier(RidgeClassifier())
    for fitted in (model, clone(model).fit(*rare)):
        assert hasattr(fitted, "decision_function")
        assert not hasattr(fitted, "predict_proba")
        assert not hasattr(fitted, "predict_log_proba")
    log_proba = DecisionRuleClassifier(GaussianNB()).fit(*rare).predict_log_proba(rare[0])
    np.testing.assert_array_equal(log_proba, GaussianNB().fit(*rare).predict_log_proba(rare[0]))


def test_response_method_is_obeyed(rare):
    """Decision values are taken where they are asked for, probabilities by default."""
    spaces = [
        DecisionRuleClassifier(LogisticRegression(), response_method=method)
        .fit(*rare)
        .decision_rule_.space
        for method in ("auto", "predict_proba", "decision_function")
    ]
    assert spaces == ["proba", "proba", "decision"]


@pytest.mark.parametrize("estimator", [LogisticRegression(), RidgeClassifier()])
def test_the_first_class_can_be_the_positive_one(rare, estimator):
    """A rule for the first class is the rule for the last with the classes renamed."""
    X, y = rare
    last = DecisionRuleClassifier(estimator, scoring="f1", pos_label=1).fit(X, y)
    first = DecisionRuleClassifier(estimator, scoring="f1", pos_label=0).fit(X, 1 - y)
    assert first.pos_label_ == 0
    assert first.gain_ == pytest.approx(last.gain_)
    assert first.threshold_ == pytest.approx(last.threshold_, rel=1e-3)
    assert np.mean(first.predict(X) == 1 - last.predict(X)) > 0.999


def test_guard_keeps_argmax_where_nothing_is_gained():
    """Well separated classes, and labels that are pure noise, keep the default rule."""
    X, y = make_classification(n_samples=300, class_sep=3, flip_y=0, random_state=0)
    model = DecisionRuleClassifier(LogisticRegression(), scoring="accuracy").fit(X, y)
    assert model.decision_rule_.kind == "argmax"
    assert model.threshold_ == 0.5
    np.testing.assert_array_equal(model.predict(X), LogisticRegression().fit(X, y).predict(X))
    noise = np.random.default_rng(0).normal(size=(300, 4))
    model = DecisionRuleClassifier(LinearSVC(), scoring="accuracy").fit(noise, y)
    assert (model.decision_rule_.kind, model.threshold_) == ("argmax", 0.0)
    assert model.gain_ <= model.gain_standard_error_


def test_constant_scores_do_not_fail(rare):
    """A classifier that gives every row the same probabilities keeps its rule."""
    model = DecisionRuleClassifier(DummyClassifier()).fit(*rare)
    assert model.decision_rule_.kind == "argmax"
    assert set(model.predict(rare[0])) == {0}


@pytest.mark.parametrize(
    "rule",
    [
        DecisionRule("argmax", (0, 1)),
        DecisionRule("threshold", (0, 1), threshold=0.05),
        DecisionRule("threshold", (0, 1), threshold=0.95, pos_label=0),
        DecisionRule("cost_matrix", (0, 1), cost_matrix=[[0, 1], [19, 0]]),
        DecisionRule("threshold", (0, 1), threshold=-1.0, space="decision"),
    ],
    ids=lambda rule: f"{rule.kind}-{rule.space}-{rule.pos_label}",
)
def test_a_given_rule_is_applied_as_it_is(rare, rule):
    """A given rule is neither tuned nor guarded."""
    X, y = rare
    model = DecisionRuleClassifier(LogisticRegression(), decision_rule=rule).fit(X, y)
    assert model.decision_rule_ is rule
    assert np.isnan(model.gain_)
    fitted = LogisticRegression().fit(X, y)
    if rule.space == "decision":
        expected = rule.predict(fitted.decision_function(X))
    else:
        expected = rule.predict(fitted.predict_proba(X))
    np.testing.assert_array_equal(model.predict(X), expected)
    assert hasattr(model, "threshold_") == (rule.kind != "cost_matrix")


def test_given_costs_are_minimised(three):
    """A cost matrix of three classes lowers the cost of the labels."""
    X, y = three
    costs = np.array([[0, 1, 1], [5, 0, 1], [20, 5, 0]])
    rule = DecisionRule("cost_matrix", (0, 1, 2), cost_matrix=costs)
    model = DecisionRuleClassifier(LogisticRegression(), decision_rule=rule).fit(X, y)
    ours = costs[y, model.predict(X)].mean()
    assert ours < costs[y, LogisticRegression().fit(X, y).predict(X)].mean()


class _CountingFits(LogisticRegression):
    """A classifier that counts its fits over all clones."""

    n_fits = 0

    def fit(self, X, y, sample_weight=None):
        type(self).n_fits += 1
        return super().fit(X, y, sample_weight)


@pytest.mark.parametrize(
    ("wrap", "cv"),
    [(lambda e: e, "prefit"), (FrozenEstimator, None), (FrozenEstimator, 3)],
)
def test_prefit_estimator_is_not_refitted(rare, wrap, cv):
    """The rule is chosen on the given rows, and the estimator stays the very same."""
    X, X_rule, y, y_rule = train_test_split(*rare, stratify=rare[1], random_state=0)
    inner = _CountingFits().fit(X, y)
    _CountingFits.n_fits = 0
    estimator = wrap(inner)
    model = DecisionRuleClassifier(estimator, cv=cv, n_bootstrap=0).fit(X_rule, y_rule)
    assert model.estimator_ is estimator
    assert _CountingFits.n_fits == 0
    proba = inner.predict_proba(X_rule)[:, 1]
    expected, _ = best_threshold(y_rule == 1, proba, make_metric("balanced_accuracy"), default=0.5)
    assert model.threshold_ == expected


@pytest.mark.parametrize(
    ("labels", "positive", "warns"),
    [
        ([0, 1], 1, False),
        ([-1, 1], 1, False),
        ([False, True], True, False),
        (["legit", "fraud"], "fraud", True),
        (["a", "b"], "b", True),
        ([1, 2], 2, True),
        ([2, 1], 1, True),
    ],
)
def test_positive_class_of_an_asymmetric_metric(rare, labels, positive, warns, recwarn):
    """Without pos_label, conventional labels take the greater and others the rarer, with a word."""
    X, y = rare
    model = DecisionRuleClassifier(GaussianNB(), scoring="f1", cv=2)
    model.fit(X, np.array(labels)[y])
    assert model.pos_label_ == positive
    messages = [str(w.message) for w in recwarn if w.category is LossfixWarning]
    assert len(messages) == warns
    if warns:
        assert f"the rarer one, {positive!r}, was taken. Pass pos_label" in messages[0]


def test_pos_label_of_the_scorer_or_parameter_is_taken(rare):
    """pos_label wins over the scorer's, which wins over a guess; neither warns."""
    X, y = rare
    names = np.array(["legit", "fraud"])[y]
    scorer = make_scorer(recall_score, pos_label="legit")
    model = DecisionRuleClassifier(GaussianNB(), scoring=scorer).fit(X, names)
    assert model.pos_label_ == "legit"
    model = DecisionRuleClassifier(GaussianNB(), scoring=scorer, pos_label="fraud").fit(X, names)
    assert model.pos_label_ == "fraud"
    assert set(model.predict(X)) <= {"legit", "fraud"}


@pytest.mark.parametrize(
    "cv",
    [
        RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0),
        ShuffleSplit(n_splits=4, test_size=0.2, random_state=0),
        ShuffleSplit(n_splits=1, test_size=0.3, random_state=0),
        [(np.arange(1000), np.arange(1000, 2000)), (np.arange(1000, 2000), np.arange(1000))],
    ],
    ids=["repeated", "shuffle", "holdout", "list"],
)
def test_any_splits_serve(rare, cv):
    """Rows may be tested never, once or many times."""
    model = DecisionRuleClassifier(GaussianNB(), scoring="f1", cv=cv).fit(*rare)
    assert np.isfinite([model.gain_, model.gain_standard_error_]).all()
    assert model.gain_standard_error_ > 0


def test_repeating_the_splits_changes_nothing(rare):
    """Every row counts once, however often the same splits are repeated."""
    splits = list(KFold(3).split(rare[0]))
    once = DecisionRuleClassifier(GaussianNB(), scoring="f1", cv=splits).fit(*rare)
    twice = DecisionRuleClassifier(GaussianNB(), scoring="f1", cv=splits * 2).fit(*rare)
    assert twice.decision_rule_ == once.decision_rule_
    assert twice.gain_ == pytest.approx(once.gain_)
    assert twice.gain_standard_error_ == pytest.approx(once.gain_standard_error_)


def test_weights_enter_fit_and_rule(rare):
    """With fixed splits, integer weights are rows repeated within a group."""
    X, y = rare
    w = 1 + (np.arange(len(y)) * 7) % 3
    fold, row = np.arange(len(y)) % 4, np.repeat(np.arange(len(y)), w)
    splits = [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(4)]
    copied = [(np.flatnonzero(fold[row] != k), np.flatnonzero(fold[row] == k)) for k in range(4)]
    model = DecisionRuleClassifier(GaussianNB(), cv=splits).fit(X, y, sample_weight=w)
    copies = DecisionRuleClassifier(GaussianNB(), cv=copied).fit(X[row], y[row], groups=row)
    assert model.threshold_ == pytest.approx(copies.threshold_, rel=1e-6)
    assert model.gain_ == pytest.approx(copies.gain_, abs=1e-9)
    assert model.gain_standard_error_ == pytest.approx(copies.gain_standard_error_, rel=1e-6)
    unweighted = DecisionRuleClassifier(GaussianNB(), cv=splits).fit(X, y)
    assert model.threshold_ != pytest.approx(unweighted.threshold_, rel=1e-6)


@pytest.mark.parametrize("scoring", ["accuracy", "balanced_accuracy"])
def test_record_holds_labels_of_rules_that_did_not_see_the_row(rare, scoring):
    """The record's metric is argmax's plus the cross-fitted gain, or argmax's where that stays."""
    model = DecisionRuleClassifier(LogisticRegression(), scoring=scoring, cv=4).fit(*rare)
    record, metric = model.oof_, make_metric(scoring)
    np.testing.assert_array_equal(
        record["scores"],
        out_of_fold(
            LogisticRegression(), *rare, fix_folds(4, *rare), response_method="predict_proba"
        ).scores,
    )
    argmax = metric_from_codes(metric, record["y"], record["scores"].argmax(axis=1), 2)
    value = metric_from_codes(metric, record["y"], record["pred"], 2)
    kept = model.decision_rule_.kind == "argmax"
    assert kept == (scoring == "accuracy")
    assert value == pytest.approx(argmax + (0 if kept else model.gain_))


def test_record_of_decision_values_is_one_column(rare):
    """Of two classes' decision values the record and its report hold one column."""
    model = DecisionRuleClassifier(LinearSVC(random_state=0)).fit(*rare)
    assert model.oof_["response"] == "decision_function"
    assert model.oof_["scores"].shape == (2000,)
    expected = 1 - balanced_accuracy_score(model.oof_["y"], model.oof_["pred"])
    assert model.diagnose().error_ledger.total == pytest.approx(expected)


def test_a_given_rule_leaves_no_record(rare):
    """With a given rule nothing is scored out of fold, which `diagnose` says."""
    model = DecisionRuleClassifier(
        LogisticRegression(), decision_rule=DecisionRule("argmax", (0, 1))
    )
    model.fit(*rare)
    assert model.oof_ is None
    with pytest.raises(ValueError, match="given rule"):
        model.diagnose()


def test_diagnose_explains_the_metric_and_class_of_the_rule(rare):
    """The report takes the metric and the positive class that the rule was chosen for."""
    X, y = rare
    names = np.array(["no", "yes"])[y]
    model = DecisionRuleClassifier(GaussianNB(), scoring="f1", pos_label="no").fit(X, names)
    for report in (model.diagnose(), model.diagnose(X, names)):
        assert report.error_ledger.quantity == "1 - f1"
        assert report.context["pos_label"] == "no"
    other = model.diagnose(scoring="recall")
    expected = 1 - recall_score(model.oof_["y"] == 0, model.oof_["pred"] == 0)
    assert other.error_ledger.total == pytest.approx(expected)


def test_warning_points_to_the_call_of_fit(rare, recwarn):
    """The warning about the positive class names the line of the user's that called fit."""
    DecisionRuleClassifier(GaussianNB(), scoring="f1").fit(rare[0], np.array(["a", "b"])[rare[1]])
    assert [w.filename for w in recwarn if w.category is LossfixWarning] == [__file__]


def test_refitting_forgets_the_threshold(rare, three):
    """A second fit on three classes leaves no threshold of the first."""
    model = DecisionRuleClassifier(LogisticRegression()).fit(*rare)
    assert model.threshold_ > 0
    model.fit(*three)
    assert not hasattr(model, "threshold_")
    assert not hasattr(model, "pos_label_")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"scoring": "roc_auc"}, "No decision rule can be chosen for 'roc_auc'"),
        ({"scoring": lambda e, X, y: 0.0}, "whose formula is not known"),
        ({"scoring": "f1_makro"}, "mean 'f1_macro'"),
        (
            {"pos_label": "x", "cost_matrix": [[0, 1], [9, 0]]},
            r"pos_label='x' must be one of two classes; the classes are \[0, 1\]",
        ),
        ({"pos_label": 7}, r"pos_label=7 must be one of two classes; the classes are \[0, 1\]"),
        (
            {"decision_rule": DecisionRule("argmax", (0, 1, 2))},
            r"rule is for the classes \(0, 1, 2\)",
        ),
        (
            {
                "decision_rule": DecisionRule("argmax", (0, 1)),
                "response_method": "decision_function",
            },
            r"takes scores of space 'proba', from predict_proba",
        ),
        (
            {
                "decision_rule": DecisionRule("argmax", (0, 1)),
                "estimator": LinearSVC(),
            },
            r"LinearSVC with response_method='auto' does not give them",
        ),
    ],
)
def test_what_cannot_work_is_refused(rare, params, message):
    """Metrics, labels and rules that do not fit are refused, with what to do instead."""
    estimator = params.pop("estimator", None) or LogisticRegression()
    with pytest.raises(ValueError, match=message):
        DecisionRuleClassifier(estimator, **params).fit(*rare)


def test_asymmetric_metrics_and_pos_label_need_two_classes(three):
    """With three classes neither a metric of one class nor a positive label makes sense."""
    with pytest.raises(ValueError, match="'f1' judges one positive class out of two"):
        DecisionRuleClassifier(LogisticRegression(), scoring="f1").fit(*three)
    with pytest.raises(ValueError, match="pos_label=1 must be one of two classes"):
        DecisionRuleClassifier(LogisticRegression(), pos_label=1).fit(*three)


def test_votes_of_pairs_are_refused(three):
    """One-vs-one votes are no scores of classes."""
    model = DecisionRuleClassifier(SVC(decision_function_shape="ovo"), cv=2)
    X, y = three
    y = np.where(np.arange(len(y)) % 9 == 0, 3, y)
    with pytest.raises(ValueError, match="one score for each of the 4 classes"):
        model.fit(X, y)


def test_spread_of_the_threshold_is_told(rare):
    """The threshold is the mean of those that samples choose; without samples none are told."""
    model = DecisionRuleClassifier(LogisticRegression(), scoring="f1", n_bootstrap=30).fit(*rare)
    drawn = model.threshold_distribution_
    assert drawn.shape == (30,)
    assert model.threshold_ == pytest.approx(drawn.mean())
    assert model.threshold_std_ == pytest.approx(drawn.std())
    assert model.threshold_ci_ == pytest.approx(tuple(np.percentile(drawn, [2.5, 97.5])))
    assert not model.decision_rule_.exact
    exact = model.set_params(n_bootstrap=0).fit(*rare)
    assert exact.decision_rule_.exact
    assert not hasattr(exact, "threshold_distribution_")
    with pytest.raises(AttributeError, match="n_bootstrap above 0"):
        _ = exact.threshold_ci_


def test_offsets_of_samples_are_averaged(three):
    """With more classes the offsets in use are the mean of those that samples choose."""
    model = DecisionRuleClassifier(GaussianNB(), n_bootstrap=15).fit(*three)
    assert model.offsets_distribution_.shape == (15, 3)
    np.testing.assert_allclose(model.class_offsets_, model.offsets_distribution_.mean(axis=0))


def test_a_constraint_is_kept_on_the_scores(rare):
    """The rule has the recall that is asked for, on the scores, and the best precision with it."""
    X, y = rare
    model = DecisionRuleClassifier(
        LogisticRegression(), scoring="precision", constraint=("recall", 0.7), cv=KFold(4)
    ).fit(X, y)
    labels = model.oof_scores_[:, 1] >= model.threshold_
    assert recall_score(model.oof_target_, labels) >= 0.7
    lower = model.oof_scores_[:, 1] >= model.threshold_ - 0.05
    assert precision_score(model.oof_target_, labels) > precision_score(model.oof_target_, lower)


def test_confidence_asks_for_more(rare):
    """With confidence the threshold is further on the safe side than without."""
    options = {"scoring": "precision", "constraint": ("recall", 0.7)}
    plain = DecisionRuleClassifier(LogisticRegression(), **options).fit(*rare)
    sure = DecisionRuleClassifier(LogisticRegression(), constraint_confidence=0.95, **options)
    assert sure.fit(*rare).threshold_ < plain.threshold_


def test_plug_in_threshold_of_costs_is_elkans(rare):
    """For costs of 1 and 9 the plug-in threshold is 1 / 10, whatever the labels say."""
    X, y = rare
    options = {"cost_matrix": [[0, 1], [9, 0]], "decision_rule": "plugin"}
    model = DecisionRuleClassifier(LogisticRegression(), **options).fit(X, y)
    assert model.threshold_ == 0.1
    shuffled = np.random.default_rng(0).permutation(y)
    frozen = FrozenEstimator(LogisticRegression().fit(X, y))
    other = DecisionRuleClassifier(frozen, **options).fit(X, shuffled)
    assert other.threshold_ == 0.1


def test_a_number_is_the_threshold(rare):
    """A given threshold needs no scores out of fold, and is that of the positive class."""
    model = DecisionRuleClassifier(LogisticRegression(), decision_rule=0.2, pos_label=0)
    model.fit(*rare)
    assert model.threshold_ == 0.2
    assert model.oof_ is None
    expected = np.where(model.predict_proba(rare[0])[:, 0] >= 0.2, 0, 1)
    np.testing.assert_array_equal(model.predict(rare[0]), expected)


def test_rows_may_cost_what_they_are_worth():
    """Where missing one kind of row is dear, it is found at the expense of cheap alarms."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 3))
    y = (rng.random(3000) < 1 / (1 + np.exp(2.5 - X[:, 0]))).astype(int)
    amount = np.where(X[:, 1] > 0, 50.0, 0.5)
    plain = DecisionRuleClassifier(LogisticRegression(), scoring="cost").fit(X, y)
    by_row = DecisionRuleClassifier(LogisticRegression(), scoring="cost")
    by_row.fit(X, y, fn_cost=amount, fp_cost=np.ones(3000))
    paid = [
        np.sum(amount[(y == 1) & (m.predict(X) == 0)]) + np.sum((y == 0) & (m.predict(X) == 1))
        for m in (plain, by_row)
    ]
    assert paid[1] < 0.8 * paid[0]
    with pytest.raises(ValueError, match="fn_cost must be finite and not negative"):
        by_row.fit(X, y, fn_cost=-amount)


def test_record_is_told_by_name(rare):
    """What was scored out of fold is there under plain names."""
    X, y = rare
    model = DecisionRuleClassifier(LogisticRegression(), cv=KFold(4)).fit(X, y)
    np.testing.assert_array_equal(model.oof_target_, y[model.oof_row_])
    np.testing.assert_array_equal(np.bincount(model.oof_split_), [500, 500, 500, 500])
    assert model.oof_scores_.shape == (2000, 2)
    assert model.oof_weight_ is None
    assert model.oof_group_ is None
    assert model.threshold_curve(["f1"])["f1"].max() <= 1
    assert list(model.threshold_curve("f1")) == ["threshold", "f1"]
    assert model.plot_curve().get_xlabel().startswith("threshold")


def test_infeasible_constraint_raises_or_does_its_best(rare):
    """Where no threshold is precise enough, an error says so; or the most precise one is taken."""
    options = {"scoring": "recall", "constraint": ("precision", 0.999)}
    model = DecisionRuleClassifier(LogisticRegression(), constraint_confidence=0.99, **options)
    with pytest.raises(InfeasibleConstraintError, match="precision"):
        model.fit(*rare)
    model.set_params(infeasible="best_effort")
    with pytest.warns(LossfixWarning, match=r"precision.*The nearest threshold was taken") as seen:
        model.fit(*rare)
    assert seen[0].filename == __file__
    precise = precision_score(model.oof_target_, model.oof_scores_[:, 1] >= model.threshold_)
    assert precise > precision_score(model.oof_target_, model.oof_scores_[:, 1] >= 0.3)


def test_a_constraint_that_all_rows_allow_is_no_matter_of_the_folds(rare):
    """Fewer rows prove less: what is proven by all rows is taken, and not refused by a part."""
    X, y = rare[0][:400], rare[1][:400]
    plain = DecisionRuleClassifier(LogisticRegression(), scoring="recall").fit(X, y)
    beyond = 0
    for least in np.linspace(0.1, 0.7, 31):
        constraint = Constraint(make_metric("precision"), least, confidence=0.9)
        options = {"scoring": "recall", "constraint": constraint}
        model = DecisionRuleClassifier(LogisticRegression(), **options)
        swept = {"metric": make_metric("recall"), "default": 0.5, "constraint": constraint}
        try:
            threshold, _ = best_threshold(plain.oof_target_ == 1, plain.oof_scores_[:, 1], **swept)
        except InfeasibleConstraintError:
            beyond += 1
            with pytest.raises(InfeasibleConstraintError, match="greatest lower bound"):
                model.fit(X, y)
        else:
            assert model.fit(X, y).threshold_ == threshold
    assert 0 < beyond < 31


def test_repeated_splits_and_groups_prove_no_more_than_their_rows(rare):
    """A row that is scored ten times, or stands there ten times in a group, is one row."""
    X, y = rare[0][:400], rare[1][:400]
    frozen = FrozenEstimator(LogisticRegression().fit(*rare))
    options = {"scoring": "precision", "constraint": ("recall", 0.8), "n_bootstrap": 0}
    model = DecisionRuleClassifier(frozen, constraint_confidence=0.9, **options).fit(X, y)
    rows = np.repeat(np.arange(400), 10)
    copies = DecisionRuleClassifier(frozen, constraint_confidence=0.9, **options)
    assert copies.fit(X[rows], y[rows], groups=rows).threshold_ == model.threshold_
    assert copies.fit(X[rows], y[rows]).threshold_ > model.threshold_


def test_costs_of_rows_have_a_say_in_the_rule_alone(rare):
    """Weights, curves and reports are those of the rows, whatever errors in them cost."""
    X, y = rare
    amount = np.where(X[:, 2] > 0, 20.0, 1.0)
    model = DecisionRuleClassifier(LogisticRegression(), scoring="cost")
    model.fit(X, y, fn_cost=amount)
    assert model.oof_weight_ is None
    np.testing.assert_array_equal(model.oof_["cost"], np.where(y == 1, amount, 1.0)[model.oof_row_])
    curve = model.threshold_curve(["accuracy", "cost"])
    near = int(np.argmin(np.abs(curve["threshold"] - 0.5)))
    labels = model.oof_scores_[:, 1] >= curve["threshold"][near]
    wrong = labels != model.oof_target_
    assert curve["accuracy"][near] == pytest.approx(1 - wrong.mean())
    assert curve["cost"][near] == pytest.approx(-np.mean(wrong * model.oof_["cost"]))
    report = model.diagnose()
    loss = log_loss(model.oof_target_, model.oof_scores_)
    assert report.headline[0]["value"] == pytest.approx(loss)
    reasons = {f.name: f.message for f in report.findings if f.section == "not_applicable"}
    assert "what an error costs in each row" in reasons["misaligned-decision-rule"]
    by_recall = model.diagnose(scoring="recall")
    expected = 1 - recall_score(model.oof_target_, model.oof_["pred"])
    assert by_recall.error_ledger.total == pytest.approx(expected)


def test_rows_without_a_cost_of_false_positives_are_all_positive(rare):
    """Free false positives make "always positive" the best rule; no cost at all is refused."""
    X, y = rare
    model = DecisionRuleClassifier(LogisticRegression(), scoring="cost")
    model.fit(X, y, fp_cost=np.zeros(len(y)), fn_cost=np.linspace(1, 9, len(y)))
    assert model.threshold_ == -np.inf
    assert model.predict(X).all()
    assert model.gain_ > 0
    with pytest.raises(ValueError, match="zero in every row that has weight"):
        model.fit(X, y, fp_cost=0.0, fn_cost=0.0)
    model.set_params(constraint=("recall", 0.9))
    with pytest.raises(ValueError, match="fn_cost cannot be combined with constraint"):
        model.fit(X, y, fn_cost=2.0)


def test_a_metric_that_is_never_a_number_is_warned_of(rare):
    """Without a number nothing can be tuned: the default rule stays, and a warning says why."""
    never = register_metric("_never", lambda tp, fp, fn, tn: tp * np.nan, overwrite=True)
    model = DecisionRuleClassifier(LogisticRegression(), scoring=never)
    with pytest.warns(LossfixWarning, match=r"'_never' is NaN.*the default rule was kept"):
        model.fit(*rare)
    assert model.decision_rule_.kind == "argmax"
    assert np.isnan(model.gain_)


def test_costs_of_rows_can_be_routed(rare):
    """With metadata routing a cross-validation hands each fold the costs of its training rows."""
    X, y = rare
    amount = np.where(X[:, 2] > 0, 20.0, 1.0)
    cv = StratifiedKFold(3)
    with sklearn.config_context(enable_metadata_routing=True):
        model = DecisionRuleClassifier(LogisticRegression(), scoring="cost", n_bootstrap=5)
        model.set_fit_request(fn_cost=True, fp_cost=True)
        params = {"fn_cost": amount, "fp_cost": np.full(len(y), 2.0)}
        scores = cross_val_score(model, X, y, cv=cv, params=params)
    train, test = next(cv.split(X, y))
    alone = DecisionRuleClassifier(LogisticRegression(), scoring="cost", n_bootstrap=5)
    alone.fit(X[train], y[train], **{name: cost[train] for name, cost in params.items()})
    assert scores[0] == alone.score(X[test], y[test])
