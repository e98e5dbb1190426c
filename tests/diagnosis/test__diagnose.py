"""diagnose, end to end."""

import pickle
import warnings

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline as make_imblearn_pipeline
from packaging.version import Version
from scipy import sparse
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_digits, load_wine
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.metrics import (
    accuracy_score,
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
    KFold,
    LeaveOneOut,
    RandomizedSearchCV,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    TimeSeriesSplit,
    TunedThresholdClassifierCV,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix import (
    DecisionRuleClassifier,
    FitReport,
    RecalibratedClassifier,
    diagnose,
    diagnose_predictions,
)
from sklearn_lossfix.exceptions import FrozenPartError, TooFewRowsError

SKLEARN_SELECTS_FROM_POLARS = Version(sklearn.__version__) >= Version("1.9")

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


def numbers(report):
    """The dictionary of a report without what tells how it was called."""
    data = report.to_dict()
    data["context"].pop("call")
    return data


def assert_sums(report):
    """Every view of every ledger sums to its total."""
    for ledger in (report.loss_ledger, report.brier_ledger, report.error_ledger):
        if ledger is None:
            continue
        for rows in ledger.to_dict()["views"].values():
            assert sum(row["value"] for row in rows) == pytest.approx(ledger.total, abs=1e-10)


# --- estimators ------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["out of fold", "unfitted", "fitted", "fast"])
@pytest.mark.parametrize("name", EVERYTHING)
def test_every_estimator_gets_a_report(table, name, how):
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
def test_every_estimator_gets_a_report_on_three_classes(table, name):
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


# --- containers and labels -------------------------------------------------------------------


def test_containers_do_not_matter(table):
    """Arrays, lists and frames of pandas and polars hold the same rows: the same report."""
    X, y = table(120)
    names = list("abcd")
    expected = numbers(diagnose(LR, X, y, X_val=X[:60], y_val=y[:60]))
    for frame, series in (
        (lambda a: a.tolist(), lambda v: v.tolist()),
        (lambda a: pd.DataFrame(a, columns=names), pd.Series),
        (lambda a: pd.DataFrame(a, columns=names, index=np.zeros(len(a))), pd.Series),
        (lambda a: pl.DataFrame(a, schema=names), pl.Series),
        (sparse.csr_array, pd.Series),
    ):
        report = diagnose(LR, frame(X), series(y), X_val=frame(X[:60]), y_val=series(y[:60]))
        got = numbers(report)
        if frame is sparse.csr_array:  # other arithmetic, same rows
            got, expected = got["loss_ledger"]["total"], expected["loss_ledger"]["total"]
            assert got == pytest.approx(expected)
        else:
            assert got["loss_ledger"]["total"] == pytest.approx(expected["loss_ledger"]["total"])
            for one, other in zip(got["findings"], expected["findings"], strict=True):
                assert (one["name"], one["section"]) == (other["name"], other["section"])
                if other["estimate"] is not None:
                    assert one["estimate"] == pytest.approx(other["estimate"], rel=1e-4, abs=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda s: s,
        lambda s: s.astype(object),
        lambda s: s.tolist(),
        lambda s: pd.Series(s).astype("category"),
        lambda s: pd.Series(s).astype("string"),
        lambda s: pd.DataFrame({"y": s}),
        lambda s: pl.Series(s),
        lambda s: pl.Series(s.tolist()).cast(pl.Categorical),
    ],
)
def test_containers_of_labels_do_not_matter(table, make):
    """Strings are strings, whatever holds them."""
    X, y = table(120)
    labels = np.array(["no", "yes"])[y]
    report = diagnose(LR, X, make(labels), cv=2)
    assert report.context["classes"] == ["no", "yes"]
    assert report.loss_ledger.total == pytest.approx(diagnose(LR, X, y, cv=2).loss_ledger.total)


@pytest.mark.parametrize(
    "labels",
    [
        np.array([False, True]),
        np.array([-1, 1]),
        np.array([0.0, 1.0]),
        np.array([7, 300], dtype=np.uint16),
        np.array(["", " "]),
        np.array(["<script>", "\x1b[2J"]),
    ],
)
def test_kinds_of_labels_do_not_matter(table, labels):
    """Only their order does."""
    X, y = table(120)
    report = diagnose(LR, X, labels[y], cv=2)
    order = y if labels[0] < labels[1] else 1 - y
    assert report.loss_ledger.total == pytest.approx(diagnose(LR, X, order, cv=2).loss_ledger.total)
    assert len(repr(report).splitlines()) <= 25


def test_columns_of_any_type(table):
    """Text, missing values and categories reach a pipeline that can take them, in both frames."""
    X, y = table(150)
    frame = pd.DataFrame(X, columns=list("abcd")).assign(
        e=np.array(["u", "v", None], dtype=object)[np.arange(150) % 3]
    )
    model = make_pipeline(
        make_column_transformer(
            (OneHotEncoder(handle_unknown="ignore"), ["e"]), remainder=StandardScaler()
        ),
        LR,
    )
    total = diagnose(model, frame, y).loss_ledger.total
    assert total > 0
    # ColumnTransformer before 1.9 cannot select from the frames of polars 2 and newer.
    if SKLEARN_SELECTS_FROM_POLARS:
        assert diagnose(model, pl.DataFrame(frame), y).loss_ledger.total == pytest.approx(total)


@pytest.mark.parametrize(
    "column",
    [
        pd.array([True, None] * 60, dtype="boolean"),
        pd.date_range("2020", periods=120),
        pd.Categorical(["u", "v"] * 60),
        pd.Series([[1, 2]] * 120),
        [None] * 120,
    ],
)
def test_columns_that_the_pipeline_drops_do_no_harm(table, column):
    """What the user's pipeline does not use must not end the report."""
    X, y = table(120)
    frame = pd.DataFrame(X, columns=list("abcd")).assign(e=column)
    model = make_pipeline(make_column_transformer(("passthrough", ["a", "b"])), LR)
    report = diagnose(model, frame, y, X_val=frame, y_val=y, cv=2)
    assert report.loss_ledger is not None


def test_missing_values_reach_what_can_take_them(table):
    """Histogram boosting takes NaN, and so does everything around it."""
    X, y = table(150)
    X[::7, 1] = np.nan
    report = diagnose(HistGradientBoostingClassifier(max_iter=5), X, y)
    assert report.loss_ledger.value("reference") > 0


def test_missing_values_name_the_model_that_cannot_take_them(table):
    """The error is scikit-learn's, with a note on where it came from."""
    X, y = table(60)
    X[0, 0] = np.nan
    with pytest.raises(ValueError, match="contains NaN") as caught:
        diagnose(LR, X, y)
    assert "LogisticRegression out of fold" in caught.value.__notes__[0]


@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csr_array, sparse.csc_array])
def test_sparse_features(table, container):
    """Sparse rows give the numbers of dense ones."""
    X, y = table(150)
    X = np.where(X > 0, X, 0.0)
    report = diagnose(LR, container(X), y, X_val=container(X), y_val=y, cv=2)
    dense = diagnose(LR, X, y, X_val=X, y_val=y, cv=2)
    assert report.loss_ledger.total == pytest.approx(dense.loss_ledger.total)
    assert report["conflicting-labels"].estimate == dense["conflicting-labels"].estimate


# --- weights, groups, folds ------------------------------------------------------------------


def test_weights_reach_the_fits(table):
    """Out of fold the clones are fitted with them: rows of weight zero do not matter."""
    X, y = table(160)
    X[:20] += 50.0
    weight = np.where(np.arange(160) < 20, 0.0, 1.0)
    loss = diagnose(GaussianNB(), X, y, sample_weight=weight).loss_ledger.total
    assert loss < diagnose(GaussianNB(), X, y).loss_ledger.total
    assert loss == pytest.approx(diagnose(GaussianNB(), X[20:], y[20:]).loss_ledger.total, rel=0.2)


def test_groups_stay_together_and_widen_intervals(table):
    """Ten copies of every row: by row the report is too sure, by group it is not."""
    X, y = table(60)
    X, y, groups = np.tile(X, (10, 1)), np.tile(y, 10), np.tile(np.arange(60), 10)
    by_group, by_row = (diagnose(GaussianNB(), X, y, groups=g) for g in (groups, None))
    widths = [np.diff(report["overconfident"].ci)[0] for report in (by_group, by_row)]
    assert widths[0] > 2 * widths[1]
    assert by_group["unstratified-split"].section == "not_applicable"


@pytest.mark.parametrize(
    "cv",
    [
        2,
        np.int64(3),
        None,
        KFold(3),
        RepeatedStratifiedKFold(n_splits=2, n_repeats=2, random_state=0),
        ShuffleSplit(3, random_state=0),
        TimeSeriesSplit(3),
        [(np.arange(80), np.arange(80, 120))],
        [(np.arange(120) < 80, np.arange(120) >= 80)],
    ],
    ids=repr,
)
@pytest.mark.parametrize("model", [LR, RidgeClassifier()], ids=["probabilities", "margins"])
def test_any_folds(table, cv, model):
    """Integers, splitters that partition, repeat, shuffle or roll, and lists of rows or masks."""
    X, y = table(120)
    report = diagnose(model, X, y, cv=cv)
    assert_sums(report)
    assert report.context["source"] == "out-of-fold"


def test_an_iterator_of_folds_is_read_once(table):
    """A generator can be had only once, and that is enough."""
    X, y = table(120)
    folds = list(KFold(3).split(X))
    assert (
        numbers(diagnose(LR, X, y, cv=iter(folds)))["findings"]
        == (numbers(diagnose(LR, X, y, cv=folds))["findings"])
    )


def test_leave_one_out(table):
    """As many folds as rows."""
    X, y = table(40)
    assert_sums(diagnose(GaussianNB(), X, y, cv=LeaveOneOut()))


@pytest.mark.parametrize("model", [LR, RidgeClassifier(), GaussianNB(), LinearRegression()])
def test_a_class_that_a_training_part_misses(table, model):
    """A fold whose model has never seen a class scores it at zero, and the split is blamed."""
    X, y = table(150, n_classes=3)
    order = np.argsort(y, kind="stable")
    X, y = X[order], y[order]
    n_last = np.count_nonzero(y == 2)
    last = np.arange(150 - n_last, 150)
    rest = np.arange(150 - n_last)
    report = diagnose(model, X, y, cv=[(rest, last), (np.r_[rest[::2], last], rest[1::2])])
    assert report["unstratified-split"].section == "issue"


def test_more_rows_than_are_refitted(table):
    """Above twenty thousand rows the refits use a sample, and the report says so."""
    X, y = table(20_600)
    report = diagnose(GaussianNB(), X, y, cv=2)
    assert "20,000 of 20,600 training rows" in " ".join(report.context["notes"])
    assert report.context["n_rows"] == 20_000
    rows = report["hard-rows-dominate-loss"].rows
    assert rows is None or rows.max() < 20_600


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
def test_odd_features(table, features):
    """One column, constant columns, other types."""
    X, y = table(120)
    assert_sums(diagnose(LR, features(X), y, cv=2))


@pytest.mark.parametrize("n_rows", [10, 20])
def test_few_rows(table, n_rows):
    """A handful of rows gets a report that finds them too few, and raises no issue."""
    X, _ = table(n_rows)
    y = np.arange(n_rows) % 2
    report = diagnose(LR, X, y)
    assert report["validation-too-small"].section == "tip"
    assert_sums(report)


@pytest.mark.parametrize("counts", [(30, 30, 1), (30, 30, 0), (2, 1, 1), (1, 1, 0)])
def test_rare_and_absent_classes_of_validation(table, counts):
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


def test_weights_of_zero(table):
    """Rows without weight are judged as if they were not there."""
    X, y = table(120)
    weight = (np.arange(120) % 3 > 0).astype(float)
    assert_sums(diagnose(LR, X, y, sample_weight=weight))


# --- refusals --------------------------------------------------------------------------------

X, Y = np.random.default_rng(0).normal(size=(60, 3)), np.arange(60) % 2
P = np.random.default_rng(0).uniform(0.1, 0.9, 60)
FITTED = LogisticRegression().fit(X, Y)
FROZEN = FrozenEstimator(FITTED)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"y": Y[:-1]}, "same number of rows: X has 60, y has 59"),
        ({"sample_weight": np.ones(3)}, "sample_weight has 3"),
        ({"groups": np.ones(3)}, "groups has 3"),
        ({"groups": np.zeros((60, 2))}, "groups must have one entry a row"),
        ({"groups": np.zeros(60)}, "groups holds 1 group"),
        ({"X_val": X}, "X_val was given without y_val"),
        ({"y_val": Y}, "y_val was given without X_val"),
        ({"X_val": X, "y_val": Y[:-1]}, "X_val has 60, y_val has 59"),
        ({"X_val": X, "y_val": Y + 1}, r"y_val holds labels that are not .* \[2\]"),
        ({"X_val": X, "y_val": 0 * Y}, "y_val holds a single class, 0"),
        ({"X_val": X, "y_val": np.where(Y, np.nan, 0.0)}, "y_val has 30 missing values"),
        ({"X_val": X[:, :2], "y_val": Y}, "has 2 features"),
        ({"y": np.where(Y, np.nan, 0.0)}, "y has 30 missing values"),
        ({"y": [None, "a"] * 30}, "y has 30 missing values"),
        ({"y": 0 * Y}, "y holds a single class"),
        ({"y": np.column_stack([Y, 1 - Y])}, "multilabel-indicator"),
        ({"y": np.column_stack([Y, Y + 1])}, "multiclass-multioutput"),
        ({"y": X[:, 0]}, "type_of_target 'continuous'"),
        ({"y": ["a", 1] * 30}, "mixes labels"),
        ({"X": X[:0], "y": Y[:0]}, "y has no rows"),
        ({"effort": "fast"}, r"pass X_val and y_val. .*diagnose_predictions"),
        ({"effort": "fast", "X_val": X, "y_val": Y, "estimator": LR}, "is not fitted"),
        ({"effort": "huge"}, "effort must be one of"),
        ({"estimator": FROZEN}, "frozen or prefit parts"),
        ({"sample_weight": -np.ones(60)}, "finite and not negative"),
        ({"sample_weight": np.full(60, np.inf)}, "finite and not negative"),
        ({"sample_weight": np.zeros(60)}, "zero in every row"),
        ({"sample_weight": Y.astype(float)}, "every row that is not of class 1"),
        ({"ignore": "overconfidant"}, "did you mean one of .*'overconfident'"),
        ({"cv": 1}, "at least 2 folds"),
        ({"cv": []}, "gave no split"),
        ({"cv": [(np.arange(60), [99])]}, "holds row 99"),
        ({"cv": GroupKFold(3)}, "groups"),
        ({"cv": "five"}, "cv"),
        ({"scoring": "accurate"}, "not the name of a known metric"),
        ({"scoring": accuracy_score}, "make_scorer"),
        ({"scoring": "f1", "pos_label": "z"}, "must be one of"),
        ({"alpha": 0}, "alpha must be a number between 0 and 1"),
        ({"alpha": True}, "alpha must be a number between 0 and 1"),
        ({"random_state": -1}, "must not be negative"),
    ],
)
def test_bad_input_is_refused(given, words):
    """The error says what was expected and what came, and everything is as it was."""
    arguments = {"estimator": clone(LR), "X": X, "y": Y, **given}
    before = joblib.hash(arguments)
    with pytest.raises(ValueError, match=words):
        diagnose(**arguments)
    assert joblib.hash(arguments) == before


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"estimator": LogisticRegression}, r"Did you mean LogisticRegression\(\)"),
        ({"estimator": None}, "Got NoneType instead. .*diagnose_predictions"),
        ({"estimator": StandardScaler()}, "Got StandardScaler"),
        ({"estimator": GridSearchCV(LR, {}, refit=False)}, "use refit=True"),
        ({"X": pl.DataFrame(X).lazy()}, "X is a polars LazyFrame"),
        ({"y": pl.LazyFrame({"y": Y})}, "y is a polars LazyFrame"),
        ({"X_val": X, "y_val": pl.LazyFrame({"y": Y})}, "y_val is a polars LazyFrame"),
        ({"ignore": None}, "ignore must hold names"),
        ({"scoring": 3}, "scoring must be one metric"),
    ],
)
def test_other_types_are_refused(given, words):
    """A TypeError that names the argument and the way out."""
    with pytest.raises(TypeError, match=words):
        diagnose(**{"estimator": LR, "X": X, "y": Y, **given})


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((20, 3), "Class 1 has 3. Pass cv=3"),
        ((20, 1), "Class 1 has 1. Merge or drop class 1, or .* X_val and y_val"),
    ],
)
def test_more_folds_than_rows_of_a_class(counts, words):
    """The error explains, and offers what would work."""
    y = np.repeat([0, 1], counts)
    with pytest.raises(TooFewRowsError, match=words):
        diagnose(LR, X[: len(y)], y)


# --- searches that recorded their candidates -------------------------------------------------


def test_other_models_have_no_search(table):
    """An ordinary report lists the findings of searches as not applicable, in a few words."""
    report = diagnose(LR, *table(150), cv=2)
    for slug in ("search-at-edge", "selection-optimism"):
        assert (report[slug].section, report[slug].message) == (
            "not_applicable",
            "No search was handed in.",
        )
