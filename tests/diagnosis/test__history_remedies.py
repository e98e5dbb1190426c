"""Remedies of findings on curves: unfitted clones of what recorded them, with a change."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    AdaBoostClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
)
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_lossfix import EarlyStoppingClassifier, diagnose_history
from sklearn_lossfix._core._finding import Finding
from sklearn_lossfix._core._history import History
from sklearn_lossfix.diagnosis._history_remedies import PATIENCE, recorder_of, with_remedies

X, Y = make_classification(600, 20, n_informative=5, flip_y=0.2, random_state=0)
SGD = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=10.0)


def given(name, section="issue", best_step=7.0):
    """A finding as a verdict gives it."""
    return Finding(name, section, "title", "message", evidence={"best_step": best_step})


def remedy_of(estimator, name, n_steps, *, section="issue", loss_name="", first_step=1, **more):
    """Remedy of one finding on a history of so many steps."""
    steps = np.arange(first_step, first_step + n_steps, dtype=float)
    history = History(steps, {"train": np.ones(n_steps)}, loss_name=loss_name)
    return with_remedies([given(name, section, **more)], estimator, history)[0].remedy


def rebuilt(remedy, estimator):
    """What the remedy's code makes of the user's estimator."""
    scope = {"estimator": estimator}
    exec(remedy.code, scope)
    return scope["estimator"]


CASES = [
    ("learning-rate-too-high", MLPClassifier(learning_rate_init=0.1), {"learning_rate_init": 1e-3}),
    ("learning-rate-too-high", MLPClassifier(), {"learning_rate_init": 1e-4}),
    ("learning-rate-too-high", GradientBoostingClassifier(), {"learning_rate": 0.01}),
    (
        "learning-rate-too-high",
        EarlyStoppingClassifier(make_pipeline(StandardScaler(), SGD)),
        {"estimator__sgdclassifier__eta0": 0.01},
    ),
    ("still-improving", MLPClassifier(max_iter=50), {"max_iter": 500, "early_stopping": True}),
    (
        "still-improving",
        GradientBoostingClassifier(n_estimators=50),
        {"n_estimators": 500, "n_iter_no_change": PATIENCE},
    ),
    (
        "still-improving",
        GradientBoostingClassifier(n_estimators=50, n_iter_no_change=3),
        {"n_estimators": 500},
    ),
    (
        "still-improving",
        HistGradientBoostingClassifier(max_iter=50),
        {"max_iter": 500, "early_stopping": True},
    ),
    ("still-improving", EarlyStoppingClassifier(SGD, max_epochs=50), {"max_epochs": 500}),
    ("overfit-turning-point", GradientBoostingClassifier(subsample=0.5), {"n_estimators": 7}),
    (
        "overfit-turning-point",
        HistGradientBoostingClassifier(early_stopping=True),
        {"max_iter": 7, "early_stopping": False},
    ),
    (
        "overfit-turning-point",
        EarlyStoppingClassifier(SGD, monitor="accuracy", restore_best=False),
        {"restore_best": True, "monitor": "log_loss"},
    ),
]


@pytest.mark.parametrize(("name", "model", "expected"), CASES)
@pytest.mark.parametrize("wrapped", [False, True], ids=["alone", "in a pipeline"])
def test_plain_cases_change_what_the_message_says(name, model, expected, wrapped):
    """The remedy is an unfitted clone with these parameters, and so is what its code makes."""
    whole, prefix = model, ""
    if wrapped:
        whole, prefix = make_pipeline(StandardScaler(), model), f"{type(model).__name__.lower()}__"
    before = repr(whole)
    remedy = remedy_of(whole, name, 50, loss_name="log_loss")
    expected = {prefix + key: value for key, value in expected.items()}
    own = clone(whole).get_params()
    changed = {k: v for k, v in expected.items() if own[k] != v}
    params = remedy.estimator.get_params()
    assert {key: params[key] for key in expected} == pytest.approx(expected)
    assert remedy.params == pytest.approx(changed)
    assert repr(clone(whole).set_params(**changed)) == repr(remedy.estimator)
    assert repr(rebuilt(remedy, whole)) == repr(remedy.estimator)
    assert repr(remedy.build(clone(whole))) == repr(remedy.estimator)
    assert remedy.n_fits == (10 if name == "still-improving" else 1)
    assert repr(whole) == before
    assert not remedy.proven


@pytest.mark.parametrize(
    ("name", "model", "n_steps"),
    [
        ("still-improving", MLPClassifier(max_iter=50), 49),
        ("still-improving", EarlyStoppingClassifier(SGD, max_epochs=50), 20),
        ("overfit-turning-point", MLPClassifier(early_stopping=True), 50),
        ("overfit-turning-point", EarlyStoppingClassifier(SGD), 50),
        ("learning-rate-too-high", EarlyStoppingClassifier(SGDClassifier(loss="log_loss")), 50),
        ("still-improving", AdaBoostClassifier(n_estimators=50), 50),
        ("loss-plateau", MLPClassifier(max_iter=50), 50),
    ],
    ids=["stopped", "patience", "network", "restored", "own schedule", "no rule", "no plain case"],
)
def test_no_remedy_where_it_would_change_nothing_or_is_not_known(name, model, n_steps):
    """A run that ended by a rule of its own, a best state that was put back, and the like."""
    assert remedy_of(model, name, n_steps, loss_name="log_loss") is None


def test_a_baseline_is_no_model():
    """Boosting that was best before its first tree cannot be cut there."""
    model = HistGradientBoostingClassifier(early_stopping=True)
    assert remedy_of(model, "overfit-turning-point", 50, first_step=0, best_step=0.0) is None


def test_only_issues_and_tips_have_one():
    """What passed wants no repair."""
    model = MLPClassifier(max_iter=50)
    assert remedy_of(model, "still-improving", 50, section="passed") is None
    assert remedy_of(model, "still-improving", 50, section="tip") is not None


def test_what_is_no_estimator_gets_nothing():
    """Curves, files and estimators that no remedy is known of leave findings as they are."""
    for other in ({"loss": [1.0]}, [1.0], "a.csv", None, SGD, make_pipeline(StandardScaler(), SGD)):
        assert recorder_of(other) == (None, "", None)
        assert remedy_of(other, "still-improving", 50) is None


def test_of_a_search_it_is_the_best_estimator():
    """The curves are its own."""
    search = GridSearchCV(MLPClassifier(max_iter=10, random_state=0), {"alpha": [1e-3]}, cv=2)
    search.set_params(estimator=HistGradientBoostingClassifier(max_iter=5, early_stopping=True))
    search.set_params(param_grid={"max_depth": [2]}).fit(X, Y)
    whole, prefix, part = recorder_of(search)
    assert whole is part is search.best_estimator_
    assert prefix == ""


def test_reports_of_fitted_objects_have_remedies():
    """Through diagnose_history and through .diagnose(): a repaired estimator that can be fitted."""
    model = EarlyStoppingClassifier(
        MLPClassifier(random_state=0),
        patience=99,
        max_epochs=100,
        restore_best=False,
        random_state=0,
    ).fit(X, Y)
    for report in (diagnose_history(model), model.diagnose()):
        remedy = report["overfit-turning-point"].remedy
        assert remedy.params == {"restore_best": True}
        repaired = clone(remedy.estimator).fit(X, Y)
        assert repaired.n_epochs_ > repaired.best_epoch_
        assert "1 remedy in report.findings[i].remedy.estimator" in str(report)
        assert report.to_html()
        assert report.to_dict()["findings"]
    assert diagnose_history(dict(model.history_))["overfit-turning-point"].remedy is None
