"""Warnings point at the user's call."""

import warnings

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from sklearn_lossfix import DecisionRuleClassifier
from sklearn_lossfix._core._user_warning import warn_user
from sklearn_lossfix.exceptions import LossfixWarning


def test_a_call_from_here_points_here():
    """Where the caller is outside of the package, the warning points at its line."""
    with pytest.warns(LossfixWarning, match="hello") as caught:
        warn_user("hello", LossfixWarning)
    assert caught[0].filename == __file__


def test_frames_of_the_package_and_of_scikit_learn_are_passed():
    """However deep the reason lies, also below a cross-validation, the user's line is named."""
    X = [[i % 7, i % 3] for i in range(60)]
    y = ["b" if i % 3 else "a" for i in range(60)]
    model = DecisionRuleClassifier(LogisticRegression(), scoring="f1")
    for call in (lambda: model.fit(X, y), lambda: cross_val_score(model, X, y, cv=2)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            call()
        assert {w.filename for w in caught if w.category is LossfixWarning} == {__file__}
