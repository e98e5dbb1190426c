"""Let a scorer judge recorded scores."""

import numpy as np
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


def scorer_value(metric, classes, scored, y, sample_weight=None, X=None):
    """Value of a ranking or opaque metric on recorded scores, and why there is none.

    Returns
    -------
    value : float or None
    note : str or None
    """
    stand_in = RecordedScores(classes, scored)
    if X is None:
        if metric.kind == "opaque":
            return (
                None,
                f"{metric.name} was not computed: it may need features, and none were given.",
            )
        X = np.zeros((len(y), 1))  # scorers of rankings hand it to the stand-in, which ignores it
    params = {} if sample_weight is None else {"sample_weight": sample_weight}
    try:
        return float(metric.scorer(stand_in, X, classes[y], **params)), None
    except Exception as error:  # a user's callable may raise anything; the report must survive it
        return None, f"{metric.name} could not be computed: {type(error).__name__}: {error}"
