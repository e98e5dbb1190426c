"""Let a scorer judge recorded scores."""

from sklearn.base import BaseEstimator, ClassifierMixin


class RecordedScores(ClassifierMixin, BaseEstimator):
    """A stand-in classifier that answers with recorded scores: lets a scorer judge them.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Labels.
    scored : Scored
        What to answer.
    """

    def __init__(self, classes, scored):
        self.classes = classes
        self.scored = scored

    def __sklearn_is_fitted__(self):
        return True

    @property
    def classes_(self):
        """Labels."""
        return self.classes

    def predict(self, X):
        """Recorded labels."""
        return self.classes[self.scored.pred]

    def predict_proba(self, X):
        """Recorded probabilities."""
        if self.scored.proba is None:
            raise AttributeError("The model gives no probabilities.")
        return self.scored.proba

    def decision_function(self, X):
        """Recorded decision values; the probabilities where there are only those."""
        if self.scored.margins is not None:
            return self.scored.margins
        proba = self.scored.proba
        return proba[:, 1] if len(self.classes) == 2 else proba
