"""compare=: a second model on the same rows, and the flip table between the two."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix import FitReport, diagnose, flip_table
from sklearn_lossfix.exceptions import FrozenPartError

TREE, LR = DecisionTreeClassifier(max_depth=2, random_state=0), LogisticRegression()


@pytest.fixture(scope="module")
def rows(table):
    """A table of two classes."""
    return table(300)


@pytest.fixture(scope="module")
def report(rows):
    """Logistic regression beside a tree."""
    return diagnose(LR, *rows, compare=TREE)


def test_both_are_scored_on_the_same_folds(rows, report):
    """Values are scikit-learn's of cross_val_predict, and differences are theirs."""
    X, y = rows
    cv = StratifiedKFold(5, shuffle=True, random_state=0)
    frame = report.frame("compare").set_index("quantity")
    for column, model in (("compared", TREE), ("judged", LR)):
        proba = cross_val_predict(model, X, y, cv=cv, method="predict_proba")
        assert frame.loc["log loss", column] == pytest.approx(log_loss(y, proba), rel=1e-6)
        accuracy = accuracy_score(y, proba.argmax(axis=1))
        assert frame.loc["accuracy", column] == pytest.approx(accuracy)
    np.testing.assert_allclose(frame["difference"], frame["judged"] - frame["compared"])
    assert (frame["low"] < frame["difference"]).all()
    assert (frame["difference"] < frame["high"]).all()


def test_the_flip_table_lies_between_the_two(rows, report):
    """It is that of flip_table on the same forecasts, and agrees with the differences."""
    X, y = rows
    cv = StratifiedKFold(5, shuffle=True, random_state=0)
    before, after = (cross_val_predict(m, X, y, cv=cv, method="predict_proba") for m in (TREE, LR))
    expected = flip_table(y, before, after)
    assert report.flips.loss_total == pytest.approx(expected.loss_total)
    assert report.flips.n_rows == expected.n_rows
    frame = report.frame("compare").set_index("quantity")
    assert sum(report.flips.loss_change.values()) == pytest.approx(
        frame.loc["log loss", "difference"]
    )
    assert report.flips.states == ("DecisionTreeClassifier", "LogisticRegression")
    table_interval = frame.loc["log loss", ["low", "high"]].tolist()
    assert [report.flips.loss_low, report.flips.loss_high] == pytest.approx(table_interval)


def test_comparing_changes_nothing_else(rows, report):
    """Ledgers and findings are those of the report without a comparison."""
    alone = diagnose(LR, *rows)
    assert alone.flips.states == ("class shares", "model")
    assert report.loss_ledger == alone.loss_ledger
    assert [f.name for f in report.findings] == [f.name for f in alone.findings]
    assert alone.context["compared"] is None


def test_a_model_beside_itself_does_not_differ(rows):
    """Before and after are told apart by name, and nothing flips."""
    report = diagnose(LR, *rows, compare=clone(LR))
    assert (report.frame("compare")["difference"] == 0).all()
    assert len(set(report.flips.states)) == 2
    assert report.flips.n_rows["newly right"] == report.flips.n_rows["newly wrong"] == 0


@pytest.mark.parametrize("fitted", [True, False])
def test_on_validation_rows_a_fitted_model_is_judged_as_it_is(rows, fitted):
    """One that is not fitted is fitted on the training rows: the same here."""
    X, y = rows
    train, valid = slice(0, 200), slice(200, None)
    compare = clone(TREE).fit(X[train], y[train])
    expected = log_loss(y[valid], compare.predict_proba(X[valid]))
    report = diagnose(
        LR,
        X[train],
        y[train],
        X_val=X[valid],
        y_val=y[valid],
        compare=compare if fitted else clone(TREE),
    )
    frame = report.frame("compare").set_index("quantity")
    assert frame.loc["log loss", "compared"] == pytest.approx(expected, rel=1e-6)


def test_what_cannot_be_compared_says_so(rows):
    """Unfitted models under fast effort, frozen ones out of fold, and what is no model."""
    X, y = rows
    fitted = clone(LR).fit(X, y)
    with pytest.raises(ValueError, match="compare holds a DecisionTreeClassifier that is not fit"):
        diagnose(fitted, X, y, X_val=X[:99], y_val=y[:99], effort="fast", compare=TREE)
    with pytest.raises(FrozenPartError, match="FrozenEstimator"):
        diagnose(LR, X, y, compare=FrozenEstimator(fitted))
    with pytest.raises(TypeError, match="compare must be"):
        diagnose(LR, X, y, compare="a tree")


def test_models_without_probabilities_are_compared_by_the_metric(rows):
    """Losses are left out of the table, and the flip table is that from the class shares."""
    report = diagnose(LR, *rows, compare=RidgeClassifier())
    assert report.frame("compare")["quantity"].tolist() == ["accuracy", "balanced_accuracy"]
    assert report.flips.states[0] == "class shares"


def test_a_fitted_search_is_compared_through_its_best_estimator(rows):
    """As the judged model is."""
    search = GridSearchCV(GaussianNB(), {"var_smoothing": [1e-9, 1e-8]}).fit(*rows)
    report = diagnose(LR, *rows, compare=search)
    assert report.context["compared"] == "GaussianNB"


def test_an_unfitted_search_beside_itself_does_not_differ(rows):
    """Both are tuned once, and then judged with their parameters fixed."""
    search = GridSearchCV(GaussianNB(), {"var_smoothing": [1e-9, 0.1, 1.0]}, cv=3)
    report = diagnose(search, *rows, compare=clone(search))
    assert (report.frame("compare")["difference"] == 0).all()


def test_the_comparison_is_shown_and_travels(report):
    """Text, HTML and a file tell both models."""
    assert "from DecisionTreeClassifier: log loss" in repr(report)
    assert "DecisionTreeClassifier" in report.to_html()
    copy = FitReport.from_json(report.to_json())
    assert copy.frame("compare").equals(report.frame("compare"))
