"""Tests of what leaked training rows are worth to a model."""

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.svm import LinearSVC

from sklearn_lossfix.exceptions import FrozenPartError
from sklearn_lossfix.model_selection._audit import read_split_data
from sklearn_lossfix.model_selection._leak_effect import leak_effect
from sklearn_lossfix.model_selection.leakage._leak import Leak
from sklearn_lossfix.model_selection.leakage._split_data import LeakageOptions


@pytest.fixture(scope="module")
def copied():
    """Labels that are mostly noise, and a third of the rows twice."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(450, 4))
    y = (X[:, 0] + 2 * rng.normal(size=450) > 0).astype(int)
    X[300:], y[300:] = X[:150], y[:150]
    links = np.concatenate([np.arange(300), np.arange(150)])
    folds = list(KFold(5, shuffle=True, random_state=0).split(X))
    data = read_split_data(X, folds, LeakageOptions())
    return X, y, data, [Leak("copies", "leaked-rows", True, "", "high", links=links)]


def test_a_model_that_remembers_is_flattered(copied):
    """One nearest neighbour gets copies right for free, by about their share of the test rows."""
    X, y, data, leaks = copied
    effect, note = leak_effect(KNeighborsClassifier(1), X, y, data, leaks, scoring="accuracy")
    assert effect["unit"] == "accuracy"
    assert effect["inflation"].low > 0.1
    assert effect["inflation"].value == pytest.approx(effect["with_leak"] - effect["without_leak"])
    assert "fewer rows" in note


def test_a_model_that_cannot_remember_is_not(copied):
    """A stiff model gains little from copies, beside one that remembers its neighbours."""
    X, y, data, leaks = copied
    stiff, _ = leak_effect(LogisticRegression(), X, y, data, leaks)
    supple, _ = leak_effect(KNeighborsClassifier(25, weights="distance"), X, y, data, leaks)
    assert stiff["unit"] == supple["unit"] == "nats"
    assert abs(stiff["inflation"].value) < 0.02
    assert supple["inflation"].low > 10 * stiff["inflation"].value
    assert stiff["n_judged"] == 450
    assert stiff["folds"] == [0, 1, 2, 3, 4]


def test_removed_rows_are_the_copies_of_test_rows(copied):
    """As many training rows go as have their copy in the test part."""
    X, y, data, leaks = copied
    effect, _ = leak_effect(DummyClassifier(), X, y, data, leaks)
    links = leaks[0].links
    expected = [np.isin(links[train], links[test]).sum() for train, test in data.folds]
    assert effect["n_removed"] == expected


def test_losses_follow_what_the_model_offers(copied):
    """Without probabilities errors are paired, of regressors squared errors."""
    X, y, data, leaks = copied
    effect, _ = leak_effect(LinearSVC(), X, y, data, leaks)
    assert effect["unit"] == "errors"
    effect, _ = leak_effect(KNeighborsRegressor(1), X, X[:, 0] + y, data, leaks)
    assert effect["unit"] == "squared error"
    assert effect["inflation"].low > 0
    assert effect["inflation"].value == pytest.approx(effect["without_leak"] - effect["with_leak"])
    stiff, _ = leak_effect(Ridge(), X, X[:, 0] + y, data, leaks)
    assert abs(stiff["inflation"].value) < effect["inflation"].value / 5


def test_one_column_is_a_target(copied):
    """A target of shape (n_rows, 1) gives what the same target of one dimension gives."""
    X, y, data, leaks = copied
    models = [(KNeighborsClassifier(3), y), (KNeighborsRegressor(3), X[:, 0] + y)]
    for model, target in models:
        flat, _ = leak_effect(model, X, target, data, leaks)
        for column in (target[:, None], pd.DataFrame({"y": target})):
            assert leak_effect(model, X, column, data, leaks)[0] == flat


def test_result_does_not_depend_on_n_jobs(copied):
    """Fits in parallel give the same numbers."""
    X, y, data, leaks = copied
    one, _ = leak_effect(KNeighborsClassifier(3), X, y, data, leaks)
    two, _ = leak_effect(KNeighborsClassifier(3), X, y, data, leaks, n_jobs=2)
    assert one == two


def test_labels_of_any_kind(copied):
    """Renaming the classes changes nothing."""
    X, y, data, leaks = copied
    one, _ = leak_effect(KNeighborsClassifier(3), X, y, data, leaks)
    two, _ = leak_effect(KNeighborsClassifier(3), X, np.array(["no", "yes"])[y], data, leaks)
    assert one["inflation"] == two["inflation"]


def test_nothing_to_remove(copied):
    """Leaks that do not go through rows, and none at all, have no effect of this kind."""
    X, y, data, _ = copied
    column = Leak("column", "leaky-feature", True, "", "high", columns=("x0",))
    for leaks in ([], [column]):
        effect, note = leak_effect(LogisticRegression(), X, y, data, leaks)
        assert effect is None
        assert "nothing to remove" in note


def test_folds_that_would_lose_a_class_are_not_compared(copied):
    """Where too little is left to learn from, the note says so."""
    X, y, data, _ = copied
    everything = Leak("all", "leaked-rows", True, "", "high", links=np.zeros(450, dtype=int))
    effect, note = leak_effect(LogisticRegression(), X, y, data, [everything])
    assert effect is None
    assert "leaves no training row" in note


def test_bad_inputs_are_refused(copied):
    """Models need a target, and must be fit to be fitted again."""
    from sklearn.frozen import FrozenEstimator

    X, y, data, leaks = copied
    with pytest.raises(ValueError, match="needs y"):
        leak_effect(LogisticRegression(), X, None, data, leaks)
    with pytest.raises(FrozenPartError):
        leak_effect(FrozenEstimator(LogisticRegression().fit(X, y)), X, y, data, leaks)
