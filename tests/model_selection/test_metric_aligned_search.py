"""MetricAlignedSearchCV: candidates and rules chosen together, and what that choice is worth."""

import json
import pickle

import numpy as np
import pytest
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from scipy.stats import loguniform
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_wine, make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import (
    balanced_accuracy_score,
    f1_score,
    make_scorer,
    precision_score,
    recall_score,
)
from sklearn.model_selection import KFold, RepeatedStratifiedKFold, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix import DecisionRule, MetricAlignedSearchCV, register_metric
from sklearn_lossfix.exceptions import (
    FrozenPartError,
    InfeasibleConstraintError,
    LossfixWarning,
)

GRID = {"C": [1e-4, 1e-2, 1.0]}


@pytest.fixture(scope="module")
def rare():
    """Two classes, one of them rare and hard to tell: 800 rows and six features."""
    return make_classification(
        n_samples=800, n_features=6, weights=[0.9], flip_y=0.05, class_sep=0.7, random_state=0
    )


@pytest.fixture(scope="module")
def three():
    """Three classes of very different sizes."""
    return make_classification(
        n_samples=900, n_classes=3, n_informative=4, weights=[0.75, 0.18], random_state=0
    )


def search(estimator=None, grid=None, **params):
    """A search for F1 with few samples, unless told otherwise."""
    params = {"scoring": "f1", "random_state": 0, "n_bootstrap": 20, **params}
    return MetricAlignedSearchCV(
        LogisticRegression() if estimator is None else estimator,
        GRID if grid is None else grid,
        **params,
    )


# --- the choice -----------------------------------------------------------------------------------


def test_rules_let_another_candidate_win(rare):
    """At the default rule strong shrinkage predicts no rare row; under its own rule it competes."""
    model = search().fit(*rare)
    table = model.cv_results_
    assert table["mean_test_score_at_default_rule"][0] == 0.0
    assert table["mean_test_score"][0] > 0.4
    assert model.best_index_ == int(np.argmax(table["mean_test_score"]))
    assert model.best_params_ == table["params"][model.best_index_]
    assert model.best_score_ == table["mean_test_score"][model.best_index_]


def test_labels_are_the_rule_applied_to_the_refitted_winner(rare):
    """The winner is fitted on all rows, its scores are unaltered, its labels follow the rule."""
    X, y = rare
    model = search().fit(X, y)
    plain = LogisticRegression(**model.best_params_).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X))
    expected = (plain.predict_proba(X)[:, 1] >= model.threshold_).astype(int)
    np.testing.assert_array_equal(model.predict(X), expected)
    assert model.score(X, y) == pytest.approx(f1_score(y, expected))
    assert model.scorer_(model, X, y) == model.score(X, y)


def test_threshold_is_the_mean_over_samples(rare):
    """The threshold in use, its spread and the columns of the table tell of the same samples."""
    model = search().fit(*rare)
    drawn = model.threshold_distribution_
    assert drawn.shape == (20,)
    assert model.threshold_ == pytest.approx(drawn.mean())
    best = model.best_index_
    assert model.cv_results_["threshold"][best] == pytest.approx(drawn.mean())
    assert model.cv_results_["threshold_std"][best] == pytest.approx(model.threshold_std_)
    low, high = model.threshold_ci_
    assert low <= model.threshold_ <= high


def test_scores_are_ordered_by_honesty(rare):
    """What was chosen on its own rows looks better than it is, and the interval holds the score."""
    model = search(DecisionTreeClassifier(random_state=0), {"max_depth": [2, 4, 8, None]})
    model.fit(*rare)
    assert model.honest_score_ < model.apparent_score_
    low, high = model.honest_score_interval_
    assert low <= model.honest_score_ <= high


def test_default_rule_stays_where_nothing_is_gained():
    """For accuracy of well separated classes no rule proves itself: none is compared by one."""
    X, y = make_classification(n_samples=300, class_sep=3, flip_y=0, random_state=0)
    model = search(scoring="accuracy").fit(X, y)
    assert model.decision_rule_.kind == "argmax"
    table = model.cv_results_
    np.testing.assert_array_equal(
        table["mean_test_score"], table["mean_test_score_at_default_rule"]
    )
    np.testing.assert_array_equal(model.predict(X), model.best_estimator_.predict(X))


def test_several_classes_get_offsets_and_never_lose_to_argmax(three):
    """Offsets per class raise balanced accuracy out of fold above argmax of the same candidate."""
    X, y = three
    names = np.array(["common", "some", "rare"])[y]
    model = search(GaussianNB(), {"var_smoothing": [1e-9, 1e-2]}, scoring="balanced_accuracy")
    model.fit(X, names)
    assert model.decision_rule_.kind == "offsets"
    assert model.offsets_distribution_.shape == (20, 3)
    np.testing.assert_allclose(model.class_offsets_, model.offsets_distribution_.mean(axis=0))
    labels = model.decision_rule_.predict(model.oof_scores_)
    argmax = model.classes_[model.oof_scores_.argmax(axis=1)]
    tuned = balanced_accuracy_score(model.oof_target_, labels)
    assert tuned > balanced_accuracy_score(model.oof_target_, argmax)
    assert not hasattr(model, "threshold_")
    assert "threshold" not in model.cv_results_


def test_order_of_candidates_does_not_matter(rare):
    """A permuted grid gives the same scores, the same winner and the same rule."""
    grid = [{"C": [c]} for c in GRID["C"]]
    one, other = (search(grid=g).fit(*rare) for g in (grid, grid[::-1]))
    np.testing.assert_array_equal(
        one.cv_results_["mean_test_score"], other.cv_results_["mean_test_score"][::-1]
    )
    assert one.best_params_ == other.best_params_
    assert one.decision_rule_ == other.decision_rule_
    assert one.honest_score_ == other.honest_score_


def test_one_standard_error_takes_the_first_that_is_not_clearly_worse(rare):
    """Listed from simple to complex, a simple candidate within one standard error is chosen."""
    grid = {"C": [1.0, 2.0, 4.0]}
    best = search(grid=grid, select="best").fit(*rare)
    simple = search(grid=grid, select="one_se").fit(*rare)
    assert simple.best_index_ == 0
    table = simple.cv_results_["mean_test_score"]
    assert table[0] >= table[best.best_index_] - np.std(
        simple._resampled[:, best.best_index_] - simple._resampled[:, 0]
    )


def test_a_callable_selects(rare):
    """A function of the table chooses, and what is no candidate is refused."""
    least = search(select=lambda table: int(np.argmin(table["proper_loss"]))).fit(*rare)
    assert least.best_index_ == int(np.argmin(least.cv_results_["proper_loss"]))
    with pytest.raises(IndexError, match="out of range"):
        search(select=lambda table: 7).fit(*rare)


def test_another_metric_may_choose_the_candidate(rare):
    """By log loss the candidate of the least log loss wins, with a rule for F1 all the same."""
    model = search(selection_metric="neg_log_loss").fit(*rare)
    assert model.best_index_ == int(np.argmin(model.cv_results_["proper_loss"]))
    assert model.decision_rule_.metric == "f1"
    assert model.cv_results_["rank_test_selection_metric"][model.best_index_] == 1


def test_mean_of_folds_is_the_mean_of_the_columns(rare):
    """With pooling="fold_mean" the compared value is the mean of the splits, as in scikit-learn."""
    table = search(pooling="fold_mean").fit(*rare).cv_results_
    splits = np.array([table[f"split{k}_test_score"] for k in range(5)])
    np.testing.assert_allclose(table["mean_test_score"], splits.mean(axis=0))
    np.testing.assert_allclose(table["std_test_score"], splits.std(axis=0))


def test_without_samples_rules_are_cross_fitted(rare):
    """n_bootstrap=0 compares candidates by labels that each fold gets from the others' rule."""
    model = search(n_bootstrap=0).fit(*rare)
    assert not hasattr(model, "threshold_distribution_")
    predicted = model.classes_[model.oof_["pred"]]
    assert model.best_score_ == pytest.approx(f1_score(model.oof_target_, predicted))
    assert model.decision_rule_.exact


# --- what is aligned to -------------------------------------------------------------------------


def test_metrics_of_scores_choose_candidates_and_no_rule(rare):
    """A ranking metric warns that no rule is tuned; saying so silences it."""
    with pytest.warns(LossfixWarning, match="No decision rule is tuned for 'roc_auc'") as caught:
        model = search(scoring="roc_auc").fit(*rare)
    assert caught[0].filename == __file__
    assert model.decision_rule_.kind == "argmax"
    silent = search(scoring="roc_auc", decision_rule="default").fit(*rare)
    assert silent.best_score_ == model.best_score_
    splits = [silent.cv_results_[f"split{k}_test_score"][silent.best_index_] for k in range(5)]
    assert silent.best_score_ == pytest.approx(np.mean(splits))


def plain_scorer(estimator, X, y):
    """A scorer of which nothing is known: the share of the first feature's sign that is right."""
    return float(np.mean(estimator.predict(X) == y)) + 0.0 * X.shape[1]


def test_a_plain_scorer_chooses_candidates_and_no_rule(rare):
    """A callable of estimator, X and y gets the rows it needs, and cannot tune a rule."""
    with pytest.warns(LossfixWarning, match="callable whose formula is not known"):
        model = search(scoring=plain_scorer).fit(*rare)
    table = model.cv_results_
    accuracy = search(scoring="accuracy", decision_rule="default", pooling="fold_mean").fit(*rare)
    np.testing.assert_allclose(table["mean_test_score"], accuracy.cv_results_["mean_test_score"])


def counted_f1(y_true, y_pred):
    """F1 without weights, in a few lines."""
    hits = np.sum((y_true == 1) & (y_pred == 1))
    return 2 * hits / max(np.sum(y_true == 1) + np.sum(y_pred == 1), 1)


def test_a_function_of_labels_is_aligned_to(rare):
    """An unknown function gives the rule that the known metric gives without samples."""
    ours = search(scoring=make_scorer(counted_f1), n_bootstrap=0).fit(*rare)
    known = search(scoring="f1", n_bootstrap=0).fit(*rare)
    assert ours.threshold_ == pytest.approx(known.threshold_)
    np.testing.assert_allclose(
        ours.cv_results_["mean_test_score"], known.cv_results_["mean_test_score"]
    )
    assert "Honest score" in repr(ours.diagnose())


def test_a_registered_metric_is_aligned_to(rare):
    """A formula of counts has samples, and may be named or handed over."""
    metric = register_metric(
        "twice_f1", lambda tp, fp, fn, tn: 4 * tp / np.maximum(2 * tp + fp + fn, 1), overwrite=True
    )
    known = search(scoring="f1").fit(*rare)
    for scoring in ("twice_f1", metric):
        ours = search(scoring=scoring).fit(*rare)
        assert ours.threshold_ == pytest.approx(known.threshold_)
        assert ours.best_score_ == pytest.approx(2 * known.best_score_)


def test_a_constraint_holds_out_of_fold_and_cannot_be_met_always(rare):
    """Recall is maximised among thresholds of enough precision; a precision of one is too much."""
    model = search(scoring="recall", constraint=("precision", 0.8)).fit(*rare)
    labels = model.decision_rule_.predict(model.oof_scores_)
    assert precision_score(model.oof_target_, labels) >= 0.8
    assert recall_score(model.oof_target_, labels) > 0
    strict = search(scoring="recall", constraint=("precision", 0.999), constraint_confidence=0.95)
    with pytest.raises(InfeasibleConstraintError, match="precision"):
        strict.fit(*rare)


class OneColumn(ClassifierMixin, BaseEstimator):
    """Learns nothing; a column is the log-odds."""

    def __init__(self, column=0):
        self.column = column

    def fit(self, X, y):
        """Note the classes."""
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        """Probabilities by the column."""
        proba = 1 / (1 + np.exp(-X[:, self.column]))
        return np.column_stack([1 - proba, proba])


def test_a_confident_constraint_holds_for_the_best_of_many():
    """The most precise of ten equal models is no more often below its recall than one may be."""

    def draw(rng, n_rows):
        y = (rng.random(n_rows) < 0.3).astype(int)
        return rng.normal(size=(n_rows, 10)) + 1.2 * y[:, None], y

    X_new, y_new = draw(np.random.default_rng(1), 20_000)
    rng, n_below = np.random.default_rng(0), 0
    options = {"scoring": "precision", "constraint": ("recall", 0.8), "constraint_confidence": 0.9}
    for _ in range(40):
        model = search(OneColumn(), {"column": range(10)}, n_bootstrap=0, cv=2, **options)
        model.fit(*draw(rng, 300))
        n_below += recall_score(y_new, model.predict(X_new)) < 0.8
    # Binomial with a tenth: more than eight of 40 in 2 % of cases. Unshared it is 17 of 40.
    assert n_below <= 8


def test_costs_of_errors_decide(rare):
    """A cost matrix is the metric "cost" with its excess costs, whichever class is positive."""
    X, y = rare
    matrix = [[1, 2], [9, 0]]
    model = search(scoring=None, cost_matrix=matrix).fit(X, y)
    labels = model.predict(X)
    excess = np.array([[0, 1], [9, 0]])
    assert model.score(X, y) == pytest.approx(-np.mean(excess[y, labels]))
    other = search(scoring=None, cost_matrix=matrix, pos_label=0).fit(X, y)
    np.testing.assert_array_equal(other.predict(X), labels)


def test_costs_of_rows_equal_costs_of_classes(rare):
    """Row costs that are equal within a class are class costs; the score is the mean per row."""
    X, y = rare
    for n_bootstrap, accuracy in ((0, 1e-9), (20, 0.05)):
        params = {"n_bootstrap": n_bootstrap}
        by_class = search(scoring=None, cost_matrix=[[0, 1], [8, 0]], **params).fit(X, y)
        by_row = search(scoring="cost", **params).fit(X, y, fn_cost=np.full(len(y), 8.0))
        assert by_row.threshold_ == pytest.approx(by_class.threshold_)
        # Samples of rows do not hold the same share of the costs: a ratio of sums, not of means.
        assert by_row.best_score_ == pytest.approx(by_class.best_score_, rel=accuracy)
    with pytest.raises(ValueError, match="need scoring='cost'"):
        search(scoring="f1").fit(X, y, fn_cost=np.ones(len(y)))


def test_a_cost_matrix_of_three_classes_predicts_the_least_expected_cost(three):
    """The rule is the closed form, and the score minus the mean cost."""
    X, y = three
    matrix = np.array([[0, 1, 1], [1, 0, 1], [12, 6, 0]])
    model = search(GaussianNB(), {"var_smoothing": [1e-9, 1e-2]}, scoring=None, cost_matrix=matrix)
    model.fit(X, y)
    proba = model.predict_proba(X)
    np.testing.assert_array_equal(model.predict(X), np.argmin(proba @ matrix, axis=1))
    assert model.score(X, y) == pytest.approx(-np.mean(matrix[y, model.predict(X)]))
    assert model.gain_ > model.gain_standard_error_
    assert model.diagnose().kind == "model"


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[0, 1], [1, 0], [1, 1]], "shape"),
        ([[0, -1], [1, 0]], "cheaper than a right answer"),
        ([[0, np.nan], [1, 0]], "finite"),
    ],
)
def test_impossible_costs_are_refused(rare, matrix, message):
    """Costs of the wrong shape, of reward for errors, or of no size are named."""
    with pytest.raises(ValueError, match=message):
        search(scoring=None, cost_matrix=matrix).fit(*rare)


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        ("plugin", "threshold"),
        ("default", "argmax"),
        (0.2, "threshold"),
        (DecisionRule("threshold", (0, 1), threshold=0.3), "threshold"),
        ("tune", "threshold"),
    ],
)
def test_rules_other_than_auto(rare, rule, kind):
    """Each way to ask for a rule gives it, and candidates are judged under it."""
    model = search(decision_rule=rule).fit(*rare)
    assert model.decision_rule_.kind == kind
    labels = model.decision_rule_.predict(model.oof_scores_)
    if rule not in ("tune", "plugin"):
        assert model.best_score_ == pytest.approx(f1_score(model.oof_target_, labels))
    if rule == 0.2:
        assert model.threshold_ == 0.2
    if rule == "plugin":
        assert not model.decision_rule_.exact


def test_decision_values_serve_where_there_are_no_probabilities(rare):
    """A classifier without probabilities is searched by its decision values; no log loss exists."""
    model = search(RidgeClassifier(), {"alpha": [1.0, 100.0]}).fit(*rare)
    assert model.decision_rule_.space == "decision"
    assert np.isnan(model.cv_results_["proper_loss"]).all()
    assert not hasattr(model, "predict_proba")
    assert model.diagnose().loss_ledger is None


def test_multimetric_chooses_by_the_named_one(rare):
    """Several metrics are reported under the labels of the one that is aligned to."""
    model = search(scoring=["f1", "balanced_accuracy", "roc_auc"], refit="f1").fit(*rare)
    alone = search().fit(*rare)
    np.testing.assert_array_equal(
        model.cv_results_["mean_test_f1"], alone.cv_results_["mean_test_score"]
    )
    assert model.multimetric_
    assert model.best_score_ == alone.best_score_
    best, predicted = model.best_index_, model.classes_[model.oof_["pred"]]
    expected = balanced_accuracy_score(model.oof_target_, predicted)
    assert model.cv_results_["mean_test_balanced_accuracy"][best] == pytest.approx(expected)
    assert set(model.scorer_) == {"f1", "balanced_accuracy", "roc_auc"}


# --- fits ---------------------------------------------------------------------------------------


class Counting(ClassifierMixin, BaseEstimator):
    """Counts its fits, in this process."""

    n_fits = 0

    def __init__(self, power=1.0):
        self.power = power

    def fit(self, X, y, sample_weight=None):
        """Remember the class means."""
        type(self).n_fits += 1
        self.classes_ = np.unique(y)
        w = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight)
        self.means_ = [np.average(X[y == c], axis=0, weights=w[y == c]) for c in self.classes_]
        return self

    def predict_proba(self, X):
        """Closeness to the means."""
        distance = [np.linalg.norm(X - mean, axis=1) for mean in self.means_]
        closeness = np.exp(-self.power * np.array(distance).T)
        return closeness / closeness.sum(axis=1, keepdims=True)

    def predict(self, X):
        """The closest mean."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


@pytest.mark.parametrize(("ensemble", "n_last"), [(False, 1), (True, 5)])
def test_number_of_fits(rare, ensemble, n_last):
    """C candidates on K folds are C x K fits, and one more, or K for an ensemble."""
    Counting.n_fits = 0
    model = search(Counting(), {"power": [0.5, 1.0, 2.0]}, ensemble=ensemble).fit(*rare)
    assert Counting.n_fits == 3 * 5 + n_last
    assert model.n_fits_ == 15


def test_longest_fit_serves_all_its_lengths(rare):
    """A grid over the length of a fit needs one fit per fold, with the scores of separate fits."""
    grid = {"max_iter": [5, 10, 20], "learning_rate": [0.05, 0.2]}
    estimator = HistGradientBoostingClassifier(max_leaf_nodes=5)
    shared = search(estimator, grid).fit(*rare)
    apart = search(estimator, grid, share_path=False).fit(*rare)
    assert (shared.n_fits_, apart.n_fits_) == (2 * 5, 6 * 5)
    for key in ("mean_test_score", "proper_loss", "threshold", "split3_test_score"):
        np.testing.assert_array_equal(shared.cv_results_[key], apart.cv_results_[key])
    free = search(estimator, grid, random_state=None).fit(*rare)
    assert free.n_fits_ == 6 * 5


def test_early_steps_are_fitted_once_per_fold_and_setting(rare):
    """Scores are those without sharing, whatever is shared: steps and lengths at once."""
    pipeline = make_pipeline(StandardScaler(), RandomForestClassifier(max_depth=3))
    grid = {
        "standardscaler__with_mean": [True, False],
        "randomforestclassifier__n_estimators": [3, 6],
    }
    shared = search(pipeline, grid).fit(*rare)
    apart = search(pipeline, grid, share_prefix=False, share_path=False).fit(*rare)
    np.testing.assert_array_equal(
        shared.cv_results_["proper_loss"], apart.cv_results_["proper_loss"]
    )
    assert (shared.n_fits_, apart.n_fits_) == (10, 20)


def test_samplers_stay_inside_the_training_part(rare):
    """A sampler in a Pipeline never changes what is judged: each row is scored once."""
    pipeline = make_sampling_pipeline(RandomOverSampler(random_state=0), LogisticRegression())
    model = search(pipeline, {"logisticregression__C": [0.1, 1.0]}).fit(*rare)
    np.testing.assert_array_equal(np.sort(model.oof_row_), np.arange(800))


def test_ensemble_averages_the_models_of_the_folds(rare):
    """The rule is applied to the mean of models that were each fitted without one fold."""
    X, y = rare
    cv = StratifiedKFold(4)
    model = search(ensemble=True, cv=cv).fit(X, y)
    assert len(model.best_estimator_.estimators_) == 4
    expected = np.mean(
        [
            LogisticRegression(**model.best_params_).fit(X[a], y[a]).predict_proba(X)
            for a, _ in cv.split(X, y)
        ],
        axis=0,
    )
    np.testing.assert_allclose(model.predict_proba(X), expected)
    labels = (expected[:, 1] >= model.threshold_).astype(int)
    np.testing.assert_array_equal(model.predict(X), labels)


def test_hopeless_candidates_are_dropped(rare):
    """A constant candidate is dropped after the second fold: fits are saved, no rule changes."""
    grid = {"power": [0.0, 1.0, 2.0]}
    full = search(Counting(), grid).fit(*rare)
    early = search(Counting(), grid, drop="bbcd").fit(*rare)
    assert early.n_fits_ < full.n_fits_
    assert np.isnan(early.cv_results_["mean_test_score"][0])
    assert early.best_params_ == full.best_params_
    assert early.threshold_ == full.threshold_


def test_nobody_is_dropped_by_a_function_of_labels(rare):
    """Samples of a function of labels would cost more than fits: all candidates go on."""
    scoring = make_scorer(counted_f1)
    model = search(Counting(), {"power": [0.0, 1.0]}, scoring=scoring, drop="bbcd").fit(*rare)
    assert model.n_fits_ == 10


def test_random_search_draws_and_repeats(rare):
    """Distributions are drawn from n_iter times, the same in every run."""
    draw = {"C": loguniform(1e-3, 1e1)}
    one, two = (search(grid=draw, search="random", n_iter=4).fit(*rare) for _ in range(2))
    assert one.cv_results_["params"] == two.cv_results_["params"]
    assert len(one.cv_results_["params"]) == 4
    with pytest.raises(ValueError, match="is a distribution"):
        search(grid=draw).fit(*rare)


def test_kernels_that_are_given_and_computed_may_be_candidates(rare):
    """A candidate that takes a kernel matrix gets its columns cut, one that does not keeps them."""
    X, y = rare[0][:200], rare[1][:200]
    kernel = X @ X.T
    grid = {"kernel": ["precomputed", "rbf"]}
    model = search(SVC(), grid, scoring="balanced_accuracy", error_score="raise").fit(kernel, y)
    alone = search(SVC(kernel="precomputed"), {}, scoring="balanced_accuracy").fit(kernel, y)
    value = model.cv_results_["mean_test_score"][0]
    assert value == pytest.approx(alone.cv_results_["mean_test_score"][0])


# --- weights, groups, splits ----------------------------------------------------------------------


def test_weights_count_like_repetitions_on_fixed_splits(rare):
    """Integer weights give the table of rows that are repeated, without samples."""
    X, y = rare[0][:400], rare[1][:400]
    weight = np.random.default_rng(0).integers(1, 4, len(y))
    rows = np.repeat(np.arange(len(y)), weight)
    splits = list(KFold(4).split(X))
    repeated = [
        (np.flatnonzero(np.isin(rows, a)), np.flatnonzero(np.isin(rows, b))) for a, b in splits
    ]
    options = {"n_bootstrap": 0, "decision_rule": "tune"}
    grid = {"priors": [None, [0.5, 0.5]]}
    weighted = search(GaussianNB(), grid, cv=splits, **options).fit(X, y, sample_weight=weight)
    written = search(GaussianNB(), grid, cv=repeated, **options).fit(X[rows], y[rows])
    assert weighted.threshold_ == pytest.approx(written.threshold_, rel=1e-6)
    for key in ("mean_test_score", "split0_test_score", "proper_loss"):
        np.testing.assert_allclose(weighted.cv_results_[key], written.cv_results_[key], rtol=1e-6)


def test_groups_are_never_split(rare):
    """Folds and samples keep groups together, and the record names them."""
    X, y = rare
    groups = np.arange(len(y)) // 4
    model = search().fit(X, y, groups=groups)
    for group in range(0, 200, 17):
        assert len(np.unique(model.oof_split_[groups[model.oof_row_] == group])) == 1
    np.testing.assert_array_equal(model.oof_group_, groups[model.oof_row_])


def test_rows_that_are_judged_often_count_once(rare):
    """Repeated splits weigh every row by one over its number of scores."""
    X, y = rare
    cv = RepeatedStratifiedKFold(n_splits=4, n_repeats=2, random_state=0)
    model = search(cv=cv).fit(X, y)
    assert len(model.oof_row_) == 2 * len(y)
    np.testing.assert_allclose(np.bincount(model.oof_row_, model.oof_weight_), 1.0)


# --- failures -------------------------------------------------------------------------------------


class Failing(Counting):
    """Fails with a power of 13."""

    def fit(self, X, y, sample_weight=None):
        """Fail, or fit."""
        if self.power == 13:
            raise RuntimeError("thirteen")
        return super().fit(X, y, sample_weight)


def test_a_failing_candidate_is_scored_as_asked(rare):
    """A failing fit warns and costs its candidate the score that was asked for; or it is raised."""
    grid = {"power": [13, 1.0]}
    with pytest.warns(match="5 fits failed out of a total of 10") as caught:
        model = search(Failing(), grid, error_score=-1.0).fit(*rare)
    assert "thirteen" in str(caught[0].message)
    assert model.cv_results_["mean_test_score"][0] == -1.0
    assert model.best_index_ == 1
    with pytest.raises(RuntimeError, match="thirteen"):
        search(Failing(), grid, error_score="raise").fit(*rare)
    with pytest.raises(ValueError, match=r"(?s)All the 5 fits failed.*thirteen"):
        search(Failing(), {"power": [13]}).fit(*rare)


class FailingAtLength(Counting):
    """Fails with an explanation."""

    def fit(self, X, y, sample_weight=None):
        """Fail."""
        raise ValueError("rows are missing\nSee the manual: chapter 2")


def test_where_all_fits_fail_alike_the_error_is_told_whole(rare):
    """A message of several lines begins at its beginning, with the class of the error."""
    message = "All the 5 fits failed with ValueError: rows are missing See the manual: chapter 2\n"
    with pytest.raises(ValueError, match=message):
        search(FailingAtLength(), {"power": [1.0]}).fit(*rare)


def test_the_score_of_failures_never_wins(rare):
    """A metric that is negative may not be beaten by the number that stands for a failure."""
    with pytest.warns(match="fits failed"):
        model = search(
            Failing(),
            {"power": [13, 1.0]},
            scoring="neg_log_loss",
            decision_rule="default",
            error_score=0,
        ).fit(*rare)
    assert model.best_index_ == 1
    assert model.cv_results_["mean_test_score"][0] == 0


def test_a_scorer_that_fails_costs_its_candidate(rare):
    """What a scorer raises for one candidate is a failure of that candidate; for all, an error."""

    def picky(estimator, X, y):
        if estimator.predict(X).any():
            return 0.5
        raise RuntimeError("nothing found")

    options = {"scoring": picky, "decision_rule": "default"}
    with pytest.warns(match="Scoring failed for 1 of 2 candidates.*nothing found"):
        model = search(grid={"C": [1e-6, 1.0]}, **options).fit(*rare)
    assert model.best_index_ == 1
    with pytest.raises(RuntimeError, match="nothing found"):
        search(grid={"C": [1e-6]}, **options).fit(*rare)


def test_scorers_without_weights_are_told_of(rare):
    """Weights that a scorer cannot take are left out of it, with a warning."""
    X, y = rare
    with pytest.warns(LossfixWarning, match="does not take sample_weight") as caught:
        search(scoring=plain_scorer, decision_rule="default").fit(X, y, sample_weight=np.ones(800))
    assert caught[0].filename == __file__


def test_a_scorer_may_call_score(rare):
    """What a scorer is handed has the accuracy of its labels, and nothing runs in circles."""
    X, y = rare
    model = search(scoring=lambda e, X, y: e.score(X, y), decision_rule="default").fit(X, y)
    assert model.score(X, y) == pytest.approx(np.mean(model.predict(X) == y))


def test_parameters_set_after_fit_change_nothing(rare):
    """Scores are those of what was fitted until the next fit."""
    X, y = rare
    model = search(scoring=["f1", "recall"], refit="f1").fit(X, y)
    score, best = model.score(X, y), model.best_score_
    model.set_params(scoring="accuracy", refit="recall")
    assert (model.score(X, y), model.best_score_) == (score, best)
    assert set(model.scorer_) == {"f1", "recall"}


def test_a_failed_fit_leaves_the_last_one(rare):
    """After an error the search is what it was before."""
    X, y = rare
    model = search().fit(X, y)
    before, predicted = dict(vars(model)), model.predict(X)
    with pytest.raises(ValueError, match="All the"):
        model.set_params(estimator=Failing(), param_grid={"power": [13]}).fit(X, y)
    assert model.n_fits_ == before["n_fits_"]
    assert model.oof_ is before["oof_"]
    np.testing.assert_array_equal(model.predict(X), predicted)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"scoring": {"selection_metric": "f1"}, "refit": "selection_metric"}, "must not name"),
        ({"scoring": ["f1", "recall"]}, "refit must be set to the name"),
        ({"scoring": ["f1", "f1"], "refit": "f1"}, "distinct names"),
        ({"scoring": [], "refit": "f1"}, "scoring is empty"),
        ({"cost_matrix": [[0, 1], [1, 0]]}, "leave scoring=None"),
        ({"constraint": ("precision", 0.5), "decision_rule": "default"}, "kept by the tuned"),
        ({"constraint": ("precision", 0.5), "scoring": "roc_auc"}, "needs a metric of labels"),
        ({"decision_rule": "plugin", "response_method": "decision_function"}, "probabilities"),
        ({"grid": []}, "param_grid must be"),
        ({"grid": {"nothing": [1]}}, "Invalid parameter 'nothing'"),
    ],
)
def test_what_cannot_work_is_refused(rare, params, message):
    """Parameters that do not suit each other are named before anything is fitted for nothing."""
    with pytest.raises(ValueError, match=message):
        search(error_score="raise", **params).fit(*rare)


def test_frozen_parts_are_refused(rare):
    """What cannot be refitted cannot be searched."""
    frozen = FrozenEstimator(LogisticRegression().fit(*rare))
    with pytest.raises(FrozenPartError, match="frozen"):
        MetricAlignedSearchCV(frozen, {}).fit(*rare)


def test_without_refit_there_is_a_table_and_no_model(rare):
    """Nothing predicts, and the message says what to do."""
    model = search(refit=False).fit(*rare)
    assert model.best_params_ in model.cv_results_["params"]
    assert not hasattr(model, "best_estimator_")
    assert not hasattr(model, "predict_proba")
    with pytest.raises(AttributeError, match="has no attribute 'predict'"):
        model.predict(rare[0])
    assert "gap" in model.diagnose().tables


# --- what is kept ---------------------------------------------------------------------------------


def test_fitted_search_travels(rare):
    """A pickle predicts and diagnoses alike, and holds neither data nor scorers."""
    X, y = rare
    model = search().fit(X, y)
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copy.predict(X), model.predict(X))
    assert copy.diagnose().to_json() == model.diagnose().to_json()
    assert len(pickle.dumps(model)) < X.nbytes + 60_000
    assert clone(model).get_params()["param_grid"] == GRID


def test_without_a_record_diagnosis_needs_rows(rare):
    """store_oof=False keeps nothing of the rows, and says what to pass instead."""
    X, y = rare
    model = search(store_oof=False).fit(X, y)
    with pytest.raises(ValueError, match="store_oof=False"):
        model.diagnose()
    with pytest.raises(AttributeError, match="store_oof=True"):
        _ = model.oof_scores_
    assert model.diagnose(X, y).context["n_rows"] == len(y)


def test_gap_table_follows_from_the_record(rare):
    """Numbers of the report are recomputed from the arrays that fit recorded."""
    model = search().fit(*rare)
    report = model.diagnose()
    gap = report.tables["gap"]
    rows = dict(zip(gap["quantity"], gap["value"], strict=True))
    default = model.classes_[model.oof_scores_.argmax(axis=1)]
    tuned = model.classes_[model.oof_["pred"]]
    assert rows["metric at the default rule"] == pytest.approx(f1_score(model.oof_target_, default))
    assert rows["metric at the tuned rule"] == pytest.approx(f1_score(model.oof_target_, tuned))
    assert rows["honest score"] == pytest.approx(model.honest_score_)
    assert rows["optimism"] == pytest.approx(model.apparent_score_ - model.honest_score_)
    json.loads(report.to_json())


def test_curve_passes_through_the_table(rare):
    """Metrics at every threshold contain the metric at the threshold in use."""
    model = search().fit(*rare)
    curve = model.threshold_curve(["f1", "recall"])
    assert set(curve) == {"threshold", "f1", "recall"}
    below = np.flatnonzero(curve["threshold"] <= model.threshold_)[0]
    scores = model.oof_scores_[:, 1]
    labels = scores >= curve["threshold"][below]
    assert curve["f1"][below] == pytest.approx(f1_score(model.oof_target_, labels))
    assert curve["recall"][0] == 0.0
    assert curve["recall"][-1] == 1.0
    ax = model.plot_curve(["f1", "recall"])
    assert [text.get_text() for text in ax.get_legend().get_texts()][:2] == ["f1", "recall"]


def test_curve_needs_two_classes():
    """More classes have no threshold."""
    model = search(GaussianNB(), {"var_smoothing": [1e-9]}, scoring="f1_macro")
    model.fit(*load_wine(return_X_y=True))
    with pytest.raises(ValueError, match="needs two classes"):
        model.threshold_curve()


def test_repr_shows_the_honest_score_first(rare):
    """A fitted search introduces itself by its honest score; an unfitted one by its parameters."""
    model = search()
    assert repr(model).startswith("MetricAlignedSearchCV(")
    model.fit(*rare)
    assert repr(model).startswith(f"<honest f1 {model.honest_score_:.3f} [")
    assert "MetricAlignedSearchCV(estimator=LogisticRegression()" in repr(model)
