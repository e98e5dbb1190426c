"""Estimators of scikit-learn that record no curve, and those that hold one that does."""

import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV

from sklearn_lossfix.diagnosis.history._read import read_histories

X, y = load_iris(return_X_y=True)


def test_a_search_is_read_by_its_best_estimator():
    """A search has the history of the estimator it refitted."""
    search = GridSearchCV(GradientBoostingClassifier(n_estimators=4), {"max_depth": [1]}, cv=2)
    (history,) = read_histories(search.fit(X, y))
    assert history.loss["train"].tolist() == search.best_estimator_.train_score_.tolist()


@pytest.mark.parametrize("estimator", [SGDClassifier(), LogisticRegression(max_iter=500)])
def test_no_curve_is_an_error_that_says_how_to_record_one(estimator):
    """What records nothing cannot be judged, and the way to a record is named."""
    with pytest.raises(ValueError, match=r"records no curve.*EarlyStoppingClassifier.*val_loss"):
        read_histories(estimator.fit(X, y))
