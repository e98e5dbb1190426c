"""report.fix(): the repaired estimator, what it gained, and what did not help."""

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, log_loss
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_lossfix import diagnose, diagnose_predictions
from sklearn_lossfix.decision import DecisionRuleClassifier
from sklearn_lossfix.diagnosis import FitReport, _fix

KNN = KNeighborsClassifier(15)


@pytest.fixture(scope="module")
def drowned(table):
    """A table whose last column, of noise, drowns the others in distances."""
    X, y = table(500)
    return X * [1, 1, 1, 1000.0], y


@pytest.fixture(scope="module")
def fixed(drowned):
    """The report of neighbours on it, and its fix."""
    report = diagnose(KNN, *drowned)
    return report, report.fix()


def test_the_repaired_estimator_is_ordinary_and_better_on_fresh_rows(table, drowned, fixed):
    """The user's estimator with a step more, unfitted, better where nothing was chosen."""
    _, fix = fixed
    assert fix.kept == ("unscaled-features",)
    assert isinstance(fix.estimator, Pipeline)
    assert fix.estimator is not fix.estimator
    assert not hasattr(fix.estimator.steps[0][1], "scale_")
    assert fix.estimator.steps[-1][1].get_params() == KNN.get_params()
    X, y = drowned
    X_new, y_new = table(2000, seed=1)
    X_new = X_new * [1, 1, 1, 1000.0]
    assert fix.estimator.fit(X, y).score(X_new, y_new) > clone(KNN).fit(X, y).score(X_new, y_new)
    assert fix.metric_gain.low > 0


def test_suspects_are_tried_only_where_no_issue_has_a_remedy(fixed):
    """What is suspected does not make the proof of an issue's remedy harder."""
    report, _ = fixed
    issue = report["unscaled-features"]
    suspect = replace(issue, name="overfitting", section="tip", p_value=0.03)
    passed = replace(issue, name="underfitting", section="passed", p_value=0.3)
    bare = replace(issue, remedy=None)
    assert _fix.to_be_tried([issue, suspect, passed]) == [issue]
    assert _fix.to_be_tried([bare, suspect, passed]) == [suspect]
    assert _fix.to_be_tried([bare, replace(suspect, p_value=0.06), passed]) == []
    leak = replace(bare, name="leaky-feature")
    assert _fix.to_be_tried([leak, suspect]) == []
    assert _fix.to_be_tried([leak, issue, suspect]) == [issue]


def test_a_leak_comes_before_everything_that_can_be_tried():
    """A column that tells the target is named first, with what to do, whatever else is mended."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(600, 4)), rng.integers(0, 2, 600)
    X[:, 2] = y
    report = diagnose(RandomForestClassifier(30, max_features=1, random_state=0), X, y)
    assert report["leaky-feature"].section == "issue"
    fix = report.fix()
    assert list(fix.leaks) == ["leaky-feature"]
    assert fix.leaks["leaky-feature"] == report["leaky-feature"].evidence["fix"]
    assert fix.to_dict()["leaks"] == fix.leaks
    assert repr(fix).startswith("Fix: mend leaky-feature by hand first; ")
    for text in (repr(fix), fix.to_html()):
        assert "leaky-feature by hand first" in text
        assert "diagnose again" in text


def test_before_and_after_are_scikit_learns_numbers(drowned, fixed):
    """Loss and metric before, and of what was kept, are those of cross_val_predict."""
    X, y = drowned
    _, fix = fixed
    cv = StratifiedKFold(5, shuffle=True, random_state=0)
    for which, model in (("before", KNN), ("after", fix.estimator)):
        proba = cross_val_predict(model, X, y, cv=cv, method="predict_proba")
        proba = np.clip(proba, np.finfo(float).eps, 1)
        loss, accuracy = fix.values(which)
        assert loss == pytest.approx(log_loss(y, proba), rel=1e-6)
        assert accuracy == pytest.approx(np.mean(proba.argmax(axis=1) == y))
    # Every fold chose the same, so that the honest numbers are those of the kept stack.
    assert set(fix.choices) == {fix.kept}
    assert fix.values("honest") == fix.values("after")


def test_frame_has_a_row_per_remedy_and_one_for_all(fixed):
    """Gains are those of the attributes; the last row says before and after."""
    report, fix = fixed
    frame = fix.frame()
    assert frame["remedy"].iloc[-1] == "together"
    n_remedies = sum(issue.remedy is not None for issue in report.issues)
    assert len(frame) == n_remedies + 1
    last = frame.iloc[-1]
    assert last["loss_before"] - last["loss_after"] == pytest.approx(fix.loss_gain.value)
    assert last["metric_after"] - last["metric_before"] == pytest.approx(fix.metric_gain.value)
    assert frame.loc[frame["outcome"] == "kept", "remedy"].tolist()[:1] == ["unscaled-features"]


def test_the_new_report_is_of_the_repaired_estimator(drowned, fixed):
    """It is made on the same rows and folds, once, and what was repaired is no issue in it."""
    _, fix = fixed
    assert fix.report is fix.report
    assert fix.report["unscaled-features"].section != "issue"
    assert fix.report.loss_ledger.total == pytest.approx(fix.values("after")[0])
    again = diagnose(fix.estimator, *drowned)
    assert again.loss_ledger.total == pytest.approx(fix.report.loss_ledger.total)
    assert "unscaled-features" not in fix.report.fix().kept


def test_text_and_dict_say_the_same(fixed):
    """What is printed names what was kept, and the dictionary is strict JSON."""
    _, fix = fixed
    assert "StandardScaler" in repr(fix).splitlines()[0]
    assert fix.leaks == {}
    assert "by hand" not in repr(fix)
    assert "kept       unscaled-features" in repr(fix)
    data = json.loads(json.dumps(fix.to_dict(), allow_nan=False))
    assert data["kept"] == ["unscaled-features"]
    assert data["remedies"]["remedy"][-1] == "together"
    assert data["after"]["loss"] < data["before"]["loss"]


def test_a_sound_estimator_is_left_as_it_was(table):
    """Without a remedy nothing is fitted, and the estimator is a clone of the user's."""
    X, y = table(300)
    report = diagnose(LogisticRegression(), X, y)
    fix = report.fix()
    assert fix.kept == ()
    assert fix.n_fits == 0
    assert fix.loss_gain.value == 0 == fix.metric_gain.value
    assert str(fix.estimator.get_params()) == str(LogisticRegression().get_params())
    assert "names no remedy" in repr(fix)
    assert len(fix.frame()) == 1


def test_a_metric_that_is_asked_for_gets_its_rule(table):
    """fix(scoring=...) tunes the rule for that metric, and the metric alone decides."""
    X, y = table(800, offset=-3.0)
    report = diagnose(LogisticRegression(), X, y)
    assert report["misaligned-decision-rule"].section != "issue"
    fix = report.fix(scoring="balanced_accuracy")
    assert fix.kept == ("misaligned-decision-rule",)
    assert isinstance(fix.estimator, DecisionRuleClassifier)
    assert fix.estimator.scoring == "balanced_accuracy"
    assert fix.metric_gain.low > 0
    assert fix.loss_gain.value == pytest.approx(0)  # probabilities are left alone
    X_new, y_new = table(4000, seed=1, offset=-3.0)
    plain = LogisticRegression().fit(X, y).predict(X_new)
    tuned = fix.estimator.fit(X, y).predict(X_new)
    assert balanced_accuracy_score(y_new, tuned) > balanced_accuracy_score(y_new, plain) + 0.05


def test_the_budget_is_kept_and_told(table):
    """With no fits to spend only what the report fitted already can be kept."""
    X, y = table(800, offset=-3.0)
    fix = diagnose(LogisticRegression(), X, y).fix(scoring="balanced_accuracy", max_fits=0)
    assert fix.kept == ()
    assert fix.n_fits == 0
    assert fix.tried[0].section == "not tried"
    assert "max_fits=0" in repr(fix)


def test_seed_and_workers_do_not_matter(drowned, fixed):
    """Two fixes of the same rows are equal, for any number of workers."""
    _, fix = fixed
    other = diagnose(KNN, *drowned, n_jobs=2).fix()
    assert other.to_dict() == fix.to_dict()


def test_the_users_objects_are_left_alone(drowned):
    """Neither the estimator nor the rows are changed or fitted."""
    X, y = drowned
    before = X.copy()
    model = make_pipeline(FunctionTransformer(), KNeighborsClassifier(15))
    diagnose(model, X, y).fix()
    np.testing.assert_array_equal(X, before)
    assert not hasattr(model[-1], "classes_")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"max_fits": -1}, "max_fits must be None or a whole number"),
        ({"max_fits": 2.5}, "max_fits must be None or a whole number"),
        ({"max_fits": True}, "max_fits must be None or a whole number"),
        ({"scoring": "accurate"}, "not the name of a known metric"),
    ],
)
def test_bad_arguments_are_refused(fixed, arguments, words):
    """The error says what was expected and what came."""
    with pytest.raises(ValueError, match=words):
        fixed[0].fix(**arguments)
    with pytest.raises(TypeError, match="require_proof must be True or False"):
        fixed[0].fix(require_proof="yes")


def test_without_rows_there_is_nothing_to_refit(table, fixed):
    """Reports of predictions, files, pickles, fast and frozen ones say what to call instead."""
    X, y = table(200)
    fitted = LogisticRegression().fit(X, y)
    valid = {"X_val": X[100:], "y_val": y[100:]}
    frozen = CalibratedClassifierCV(FrozenEstimator(fitted)).fit(X, y)
    reports = [
        diagnose_predictions(y, fitted.predict_proba(X)),
        diagnose(fitted, X, y, effort="fast", **valid),
        diagnose(frozen, X, y, **valid),
        FitReport.from_json(fixed[0].to_json()),
        pickle.loads(pickle.dumps(fixed[0])),
    ]
    for report in reports:
        with pytest.raises(ValueError, match="holds no rows to refit"):
            report.fix()


def test_a_fix_travels_without_the_data(fixed):
    """Pickled, it keeps the estimator and all numbers, and says how to get a report."""
    _, fix = fixed
    copy = pickle.loads(pickle.dumps(fix))
    assert copy.to_dict() == fix.to_dict()
    assert str(copy.estimator) == str(fix.estimator)
    lean = pickle.loads(pickle.dumps(diagnose(*_small()).fix()))
    with pytest.raises(ValueError, match=r"diagnose\(fix\.estimator, X, y\)"):
        _ = lean.report


def _small():
    """A model and rows that are quickly judged."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 2))
    return make_pipeline(StandardScaler(), LogisticRegression()), X, (X[:, 0] > 0).astype(int)


def test_the_report_says_what_fixing_would_cost(fixed):
    """Number of remedies and fits, as they are printed."""
    report, _ = fixed
    cost = report.context["fix"]
    assert f"report.fix() would try {cost['n_remedies']} remed" in repr(report)
    assert f"({cost['n_fits']:,} fits or more)" in repr(report)


def test_what_choosing_does_not_prove_is_taken_back(fixed, monkeypatch):
    """A remedy that gains nothing on rows that did not choose it is not kept."""
    report, fix = fixed
    model = fix._scored["before"]
    choices = [("unscaled-features",), (), (), (), ()]
    monkeypatch.setattr(_fix, "cross_fitted_choice", lambda *args, **kwargs: (model, choices))
    doubtful = report.fix()
    assert doubtful.kept == ()
    assert str(doubtful.estimator.get_params()) == str(KNN.get_params())
    tried = {t.name: t for t in doubtful.tried}["unscaled-features"]
    assert tried.section == "not proven"
    assert "Chosen in 1 of 5 folds" in tried.reason
    assert report.fix(require_proof=False).kept != ()


def test_every_fold_tells_whether_it_chose(fixed):
    """What is kept says in how many folds it was chosen anew."""
    _, fix = fixed
    assert "chosen in 5 of 5 folds" in repr(fix)
    assert fix.frame()["folds_kept"].iloc[0] == 5
