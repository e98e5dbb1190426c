"""diagnose, end to end: estimators, searches, metrics, and what must not change."""

import pickle
import warnings

import joblib
import numpy as np
import pytest
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline as make_imblearn_pipeline
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits, load_wine, make_classification
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    f1_score,
    fbeta_score,
    get_scorer,
    log_loss,
    make_scorer,
    roc_auc_score,
)
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix import (
    DecisionRuleClassifier,
    FitReport,
    RecalibratedClassifier,
    diagnose,
    diagnose_predictions,
)
from sklearn_lossfix.exceptions import FrozenPartError

LR = LogisticRegression()

# What gives probabilities, what only margins, and what is no classifier at all.
WITH_PROBABILITIES = {
    "logistic regression": LR,
    "sgd, log loss": SGDClassifier(loss="log_loss", random_state=0),
    "tree": DecisionTreeClassifier(max_depth=3, random_state=0),
    "forest": RandomForestClassifier(10, random_state=0),
    "gradient boosting": GradientBoostingClassifier(n_estimators=5),
    "histogram boosting": HistGradientBoostingClassifier(max_iter=5),
    "mlp": MLPClassifier((4,), max_iter=20),
    "naive bayes": GaussianNB(),
    "neighbours": KNeighborsClassifier(),
    "pipeline": make_pipeline(StandardScaler(), LR),
    "smote": make_imblearn_pipeline(SMOTE(), LR),
    "calibrated": CalibratedClassifierCV(LR, cv=2),
    "decision rule": DecisionRuleClassifier(LR, cv=2),
    "recalibrated": RecalibratedClassifier(LR, cv=2),
    "grid search": GridSearchCV(LR, {"C": [0.1, 1.0]}, cv=2),
    "random search": RandomizedSearchCV(LR, {"C": [0.1, 1.0, 9.0]}, n_iter=2, cv=2),
}
BINARY_ONLY = {"tuned threshold": TunedThresholdClassifierCV(LR, thresholds=5, cv=2)}
WITH_MARGINS = {
    "sgd, hinge": SGDClassifier(random_state=0),
    "svc": SVC(),
    "svc, pairs": SVC(decision_function_shape="ovo"),
    "linear svc": LinearSVC(),
    "ridge": RidgeClassifier(),
    "pipeline of margins": make_pipeline(StandardScaler(), LinearSVC()),
}
REGRESSORS = {
    "line": LinearRegression(),
    "forest of numbers": RandomForestRegressor(5, random_state=0),
}
EVERYTHING = WITH_PROBABILITIES | BINARY_ONLY | WITH_MARGINS | REGRESSORS


def fit(model, X, y):
    """Fit a clone as a user would, deaf to warnings of convergence."""
    regressor = any(model is each for each in REGRESSORS.values())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return clone(model).fit(X, np.unique(y, return_inverse=True)[1] if regressor else y)


def state(estimator):
    """Pickle of all that an estimator holds but trees of neighbours, which count calls."""
    held = {key: value for key, value in vars(estimator).items() if key != "_tree"}
    return pickle.dumps(held)


# --- estimators ------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["out of fold", "unfitted", "fitted", "fast"])
@pytest.mark.parametrize("name", EVERYTHING)
def test_every_estimator_gets_a_report(table, name, how, assert_sums):
    """Binary, string labels; the estimator, fitted or not, is as it was before."""
    X, y = table(240)
    y = np.array(["no", "yes"])[y]
    model = EVERYTHING[name]
    model = clone(model) if how in ("out of fold", "unfitted") else fit(model, X[:120], y[:120])
    validation = {} if how == "out of fold" else {"X_val": X[120:], "y_val": y[120:]}
    effort = "fast" if how == "fast" else "normal"
    before, params = state(model), repr(model)
    report = diagnose(model, X[:120], y[:120], cv=2, effort=effort, **validation)
    assert state(model) == before
    assert repr(model) == params
    assert_sums(report)
    assert len(repr(report).splitlines()) <= 25
    assert (report.loss_ledger is not None) == (name in WITH_PROBABILITIES | BINARY_ONLY)
    assert (report["loss-unsuited-to-task"].section == "issue") == (name in REGRESSORS)
    assert FitReport.from_json(report.to_json()).verdict == report.verdict


@pytest.mark.parametrize("name", [name for name in EVERYTHING if name not in BINARY_ONLY])
def test_every_estimator_gets_a_report_on_three_classes(table, name, assert_sums):
    """The same out of fold with three classes."""
    X, y = table(150, n_classes=3)
    report = diagnose(EVERYTHING[name], X, y, cv=2)
    assert_sums(report)
    assert report.context["n_classes"] == 3
    assert (report.loss_ledger is not None) == (name in WITH_PROBABILITIES)


@pytest.mark.parametrize("name", ["logistic regression", "forest", "naive bayes", "smote"])
def test_totals_are_those_of_scikit_learn(table, name):
    """Fast effort: log loss, Brier score and accuracy of the fitted object on the given rows."""
    X, y = table(300)
    model = fit(WITH_PROBABILITIES[name], X[:150], y[:150])
    report = diagnose(model, X[:150], y[:150], X_val=X[150:], y_val=y[150:], effort="fast")
    proba = model.predict_proba(X[150:])
    assert report.loss_ledger.total == pytest.approx(log_loss(y[150:], proba), abs=1e-10)
    assert report.brier_ledger.total == pytest.approx(
        brier_score_loss(y[150:], proba[:, 1]), abs=1e-10
    )
    error = 1 - accuracy_score(y[150:], model.predict(X[150:]))
    assert report.error_ledger.total == pytest.approx(error, abs=1e-10)


def test_fast_effort_is_that_of_predictions(table):
    """The findings that both can judge have the same numbers."""
    X, y = table(300)
    model = LogisticRegression().fit(X[:150], y[:150])
    fast = diagnose(model, X[:150], y[:150], X_val=X[150:], y_val=y[150:], effort="fast")
    alone = diagnose_predictions(
        y[150:],
        model.predict_proba(X[150:]),
        y_train=y[:150],
        y_proba_train=model.predict_proba(X[:150]),
    )
    for name in ("loss_ledger", "brier_ledger", "error_ledger"):
        assert getattr(fast, name).to_dict() == getattr(alone, name).to_dict()
    for finding in alone.findings:
        if finding.p_value is not None:
            assert fast[finding.name].p_value == finding.p_value


# probability=True is deprecated in scikit-learn 1.9, and is here on purpose: its predict can
# contradict its probabilities.
@pytest.mark.filterwarnings("ignore:The `probability` parameter:FutureWarning")
def test_svc_with_probabilities(table):
    """It has a loss, and where predict and argmax differ is told."""
    X, y = table(150)
    report = diagnose(SVC(probability=True, random_state=0), X, y, cv=2)
    assert report.loss_ledger is not None
    assert "share_of_rows_that_differ" in report["loss-metric-mismatch"].evidence


def test_the_worked_example():
    """Digits and naive Bayes: nearly all of the loss is over-confidence, the rule costs nothing."""
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    X, y = X[order], y[order]
    model = GaussianNB(var_smoothing=1e-3).fit(X[:900], y[:900])
    report = diagnose(model, X[:900], y[:900], X_val=X[900:], y_val=y[900:], effort="fast")
    assert report["overconfident"].estimate > 0.5 * report.loss_ledger.total
    assert report.error_ledger.value("decision rule") < 0.01
    assert "over-confidence" in report.verdict


def test_unscaled_features_of_real_data():
    """Wines: neighbours on raw columns are worse than on scaled ones."""
    X, y = load_wine(return_X_y=True)
    report = diagnose(KNeighborsClassifier(11), X, y)
    assert report["unscaled-features"].section == "issue"
    assert report["unscaled-features"].remedy.proven


# --- searches and frozen parts ---------------------------------------------------------------


@pytest.mark.parametrize("name", ["grid search", "random search"])
def test_a_fitted_search_is_judged_through_its_best_estimator(table, name):
    """The same report as its best estimator gets, with a note that says so."""
    X, y = table(120)
    search = fit(WITH_PROBABILITIES[name], X, y)
    report, best = diagnose(search, X, y), diagnose(search.best_estimator_, X, y)
    assert "judged through its best estimator" in " ".join(report.context["notes"])
    assert report.loss_ledger.to_dict() == best.loss_ledger.to_dict()


def test_an_unfitted_search_is_fitted_once(table):
    """A clone is, on the training rows, and a note says so."""
    X, y = table(120)
    search = clone(WITH_PROBABILITIES["grid search"])
    notes = " ".join(diagnose(search, X, y).context["notes"])
    assert "a clone was, on the training rows" in notes
    assert not hasattr(search, "best_estimator_")


def test_a_search_gets_its_groups(table):
    """An unfitted search over grouped folds needs the groups, and gets them."""
    X, y = table(120)
    search = GridSearchCV(LR, {"C": [0.1, 1.0]}, cv=GroupKFold(3))
    report = diagnose(search, X, y, groups=np.arange(120) % 12)
    assert report.context["source"] == "out-of-fold"


def frozen_models(X, y):
    """Estimators with a part that cannot be refitted."""
    inner = FrozenEstimator(LogisticRegression().fit(X, y))
    return {
        "itself": inner,
        "inside a wrapper": CalibratedClassifierCV(inner),
        "inside a pipeline": make_pipeline(StandardScaler().fit(X), inner),
        "rule": DecisionRuleClassifier(inner.estimator, cv="prefit"),
    }


@pytest.mark.parametrize("where", frozen_models(np.eye(2), [0, 1]))
def test_frozen_parts_need_validation_rows(table, where):
    """Out of fold they would be a lie; on rows of their own they are judged as they are."""
    X, y = table(300)
    model = frozen_models(X[:100], y[:100])[where].fit(X[100:200], y[100:200])
    with pytest.raises(FrozenPartError, match=r"frozen or prefit parts .* Pass X_val and y_val"):
        diagnose(model, X[:200], y[:200])
    report = diagnose(model, X[:200], y[:200], X_val=X[200:], y_val=y[200:])
    assert report.loss_ledger.total == pytest.approx(
        log_loss(y[200:], model.predict_proba(X[200:])), abs=1e-10
    )
    assert report["unscaled-features"].section == "not_applicable"
    assert "cannot be refitted" in report["unscaled-features"].message
    assert "Nothing was run out of fold" in " ".join(report.context["notes"])
    assert report.context["estimator"].startswith(type(model).__name__)


# --- metrics ---------------------------------------------------------------------------------


@pytest.mark.parametrize("scoring", ["accuracy", "balanced_accuracy", "f1", "matthews_corrcoef"])
def test_label_metrics_by_name_and_by_scorer(table, scoring):
    """One minus the total is scikit-learn's value, by name or by scorer."""
    X, y = table(200)
    model = LogisticRegression().fit(X[:100], y[:100])
    expected = get_scorer(scoring)(model, X[100:], y[100:])
    for given in (scoring, get_scorer(scoring)):
        report = diagnose(
            model, X[:100], y[:100], X_val=X[100:], y_val=y[100:], effort="fast", scoring=given
        )
        assert 1 - report.error_ledger.total == pytest.approx(expected)
        assert report.headline[-1]["value"] == pytest.approx(expected)


@pytest.mark.parametrize("given", ["roc_auc", lambda model, X, y: 0.25])
def test_other_metrics_are_reported_and_have_no_rule(table, given):
    """A ranking metric or a callable has a value, no error ledger, and no decision rule."""
    X, y = table(200)
    model = LogisticRegression().fit(X[:100], y[:100])
    report = diagnose(
        model, X[:100], y[:100], X_val=X[100:], y_val=y[100:], effort="fast", scoring=given
    )
    expected = (
        roc_auc_score(y[100:], model.predict_proba(X[100:])[:, 1]) if given == "roc_auc" else 0.25
    )
    assert report.headline[-1]["value"] == pytest.approx(expected)
    assert report.error_ledger is None
    assert report["misaligned-decision-rule"].section == "not_applicable"


@pytest.mark.parametrize("given", [lambda model, X, y: 1 / 0, lambda model, X, y: "high"])
def test_a_callable_that_fails_is_noted(table, given):
    """The rest of the report stands."""
    X, y = table(100)
    report = diagnose(LR, X, y, cv=2, scoring=given)
    assert "could not be computed" in " ".join(report.context["notes"])
    assert report.loss_ledger is not None


@pytest.mark.parametrize(
    ("labels", "pos_label", "expected", "noted"),
    [
        ([0, 1], None, 1, False),
        ([-1, 1], None, 1, False),
        ([False, True], None, True, False),
        (["rare", "zero"], None, "rare", True),
        ([1, 2], None, 1, True),
        ([0, 1], 0, 0, False),
        (["rare", "zero"], "zero", "zero", False),
    ],
)
def test_the_positive_class(table, labels, pos_label, expected, noted):
    """1 of {0, 1}, {-1, 1} and booleans; else the rarer class, with a note; else what was said."""
    X, y = table(200, offset=2.0)
    assert np.mean(y == 0) < 0.5
    report = diagnose(LR, X, np.array(labels)[y], cv=2, scoring="f1", pos_label=pos_label)
    assert report.context["pos_label"] == expected
    assert any("the rarer one" in note for note in report.context["notes"]) == noted


def test_a_scorer_names_its_positive_class(table):
    """pos_label of the scorer is taken."""
    X, y = table(200)
    labels = np.array(["no", "yes"])[y]
    scorer = make_scorer(f1_score, pos_label="no")
    report = diagnose(LR, X, labels, cv=2, scoring=scorer)
    assert report.context["pos_label"] == "no"
    beta = diagnose(LR, X, y, cv=2, scoring=make_scorer(fbeta_score, beta=2))
    assert beta.context["metric"].startswith("f")


# --- repeatability ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["forest", "mlp", "smote"])
def test_same_seed_same_report(table, name):
    """Two calls agree, estimators without a seed included; another seed changes the folds."""
    X, y = table(120)
    model = clone(EVERYTHING[name]).set_params(
        **({"random_state": None} if name == "forest" else {})
    )
    first, second = (diagnose(model, X, y, cv=2).to_dict() for _ in range(2))
    assert first == second
    first, second = (
        diagnose(model, X[:80], y[:80], X_val=X[80:], y_val=y[80:], cv=2).to_dict()
        for _ in range(2)
    )
    assert first == second
    other = diagnose(
        model, X[:80], y[:80], X_val=X[80:], y_val=y[80:], cv=2, random_state=1
    ).to_dict()
    assert other["tables"] != first["tables"]


def test_n_jobs_does_not_matter(table):
    """Two workers give what one gives."""
    X, y = table(120)
    model = RandomForestClassifier(5)
    one, two = (diagnose(model, X, y, cv=3, n_jobs=n_jobs).to_dict() for n_jobs in (1, 2))
    assert one == two


def test_nothing_of_the_users_is_changed(table):
    """Features, labels, weights, groups, probabilities and global state are as they were."""
    X, y = table(120)
    given = {
        "X": X,
        "y": y,
        "X_val": X[:60].copy(),
        "y_val": y[:60].copy(),
        "sample_weight": np.ones(120),
        "groups": np.arange(120) // 2,
    }
    before = joblib.hash(given)
    np.random.seed(0)
    diagnose(RandomForestClassifier(5), cv=2, **given)
    draw = np.random.random()
    np.random.seed(0)
    assert np.random.random() == draw
    assert joblib.hash(given) == before


# --- hard cases ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "features",
    [
        lambda X: X[:, :1],
        lambda X: np.column_stack([X, np.full(len(X), 7.0)]),
        lambda X: np.ones_like(X),
        lambda X: X.astype(np.float32),
        lambda X: (X > 0).astype(bool),
        lambda X: np.asfortranarray(X),
    ],
    ids=["one", "constant", "all constant", "float32", "bool", "fortran"],
)
def test_odd_features(table, features, assert_sums):
    """One column, constant columns, other types."""
    X, y = table(120)
    assert_sums(diagnose(LR, features(X), y, cv=2))


@pytest.mark.parametrize("n_rows", [10, 20])
def test_few_rows(table, n_rows, assert_sums):
    """A handful of rows gets a report that finds them too few, and no other issue."""
    X, _ = table(n_rows)
    y = np.arange(n_rows) % 2
    report = diagnose(LR, X, y)
    assert [issue.name for issue in report.issues] == ["validation-too-small"]
    assert_sums(report)


@pytest.mark.parametrize("counts", [(30, 30, 1), (30, 30, 0), (2, 1, 1), (1, 1, 0)])
def test_rare_and_absent_classes_of_validation(table, counts, assert_sums):
    """Classes with one row or none among the validation rows."""
    X, y = table(300, n_classes=3)
    rows = np.concatenate([np.flatnonzero(y == k)[:n] for k, n in enumerate(counts)])
    report = diagnose(LR, X, y, X_val=X[rows], y_val=y[rows], cv=2)
    assert_sums(report)
    assert report.context["n_classes"] == 3
    assert repr(report)
    if 0 in counts:
        assert report["unstratified-split"].section in ("issue", "tip")
        assert "none of them in the judged rows" in report["unstratified-split"].message


@pytest.mark.parametrize("strategy", ["prior", "uniform", "most_frequent", "stratified"])
def test_dummies_have_no_signal(table, strategy):
    """Whatever a dummy forecasts, it knows nothing, and is never timid."""
    X, y = table(600)
    report = diagnose(DummyClassifier(strategy=strategy), X, y, cv=2)
    assert report["no-signal"].section == "issue"
    assert report["underconfident"].section == "passed"


def test_weights_of_zero(table, assert_sums):
    """Rows without weight are judged as if they were not there."""
    X, y = table(120)
    weight = (np.arange(120) % 3 > 0).astype(float)
    assert_sums(diagnose(LR, X, y, sample_weight=weight))


# --- searches that recorded their candidates -------------------------------------------------


def test_other_models_have_no_search(table):
    """An ordinary report lists the findings of searches as not applicable, in a few words."""
    report = diagnose(LR, *table(150), cv=2)
    for slug in ("search-at-edge", "selection-optimism"):
        assert (report[slug].section, report[slug].message) == (
            "not_applicable",
            "No search was handed in.",
        )


def test_what_is_true_of_both_halves_is_noted_once(table):
    """Texts have no reference, on validation rows and out of fold."""
    X, y = table(90)
    X = ["good film" if value > 0 else "bad film" for value in X[:, 0]]
    model = make_pipeline(CountVectorizer(), MultinomialNB())
    report = diagnose(model, X[:60], y[:60], X_val=X[60:], y_val=y[60:])
    notes = report.context["notes"]
    assert len(set(notes)) == len(notes)
    assert sum("No reference" in note for note in notes) == 1


def test_ranking_metrics_judge_the_positive_class_that_was_named(table):
    """Average precision of labels in words is that of the named class, and the rarer by default."""
    X, y = table(200)
    words = np.where(y == 1, "yes", "no")
    given = {"cv": 2, "scoring": "average_precision", "effort": "fast", "X_val": X, "y_val": words}
    model = LogisticRegression().fit(X, words)
    for k, label in enumerate(model.classes_):
        report = diagnose(model, X, words, pos_label=label, **given)
        line = next(row for row in report.to_dict()["headline"] if "precision" in row["label"])
        expected = average_precision_score(words == label, model.predict_proba(X)[:, k])
        assert line["value"] == pytest.approx(expected)
        assert report.context["pos_label"] == label
    proba = model.predict_proba(X)
    report = diagnose_predictions(
        words, proba, classes=model.classes_, scoring="average_precision", pos_label="no"
    )
    line = next(row for row in report.to_dict()["headline"] if "precision" in row["label"])
    assert line["value"] == pytest.approx(average_precision_score(words == "no", proba[:, 0]))


@pytest.mark.parametrize("scoring", ["roc_auc", "average_precision"])
def test_rankings_of_decision_values_have_a_report(scoring):
    """Without probabilities and labels to compare by, checks of variants say so."""
    X, y = make_classification(200, random_state=0)
    report = diagnose(LinearSVC(), X, y, scoring=scoring, random_state=0)
    value = next(
        line for line in report.headline if scoring in line["label"].lower().replace(" ", "_")
    )
    assert 0.5 < value["value"] <= 1
