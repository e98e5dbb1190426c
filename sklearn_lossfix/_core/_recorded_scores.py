"""Let a scorer judge recorded scores."""

import inspect

from sklearn.base import BaseEstimator, ClassifierMixin

from sklearn_lossfix._core._evidence import Scored
from sklearn_lossfix._core._user_warning import warn_user
from sklearn_lossfix.exceptions import LossfixWarning


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


def stand_in(classes, scores, pred, space):
    """A stand-in that answers with these scores and labels.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Labels.
    scores : ndarray of shape (n_rows, n_classes) or (n_rows,)
        Probabilities or decision values.
    pred : ndarray of shape (n_rows,), integer
        Codes of the labels.
    space : {"proba", "decision"}
        What the scores are.

    Returns
    -------
    RecordedScores
    """
    is_proba = space == "proba"
    scored = Scored(pred, scores if is_proba else None, None if is_proba else scores)
    return RecordedScores(classes, scored)


def scorer_value(scorer, estimator, X, y, sample_weight=None):
    """What a scorer says, with weights where it takes them.

    Parameters
    ----------
    scorer : callable
        ``scorer(estimator, X, y)``.
    estimator : fitted classifier
        What is judged.
    X : array-like of shape (n_rows, n_features)
        Rows.
    y : ndarray of shape (n_rows,)
        Labels.
    sample_weight : ndarray of shape (n_rows,), default=None
        Weights; left out, with a warning, of a scorer that does not take them.

    Returns
    -------
    float
    """
    if sample_weight is None:
        return float(scorer(estimator, X, y))
    if _takes_weights(scorer):
        return float(scorer(estimator, X, y, sample_weight=sample_weight))
    name = getattr(getattr(scorer, "_score_func", scorer), "__name__", repr(scorer))
    warn_user(
        f"The scorer {name} does not take sample_weight: it was computed without the weights.",
        LossfixWarning,
    )
    return float(scorer(estimator, X, y))


def _takes_weights(scorer):
    """Whether a scorer, or the function that it was made from, has a parameter for weights."""
    try:
        parameters = inspect.signature(getattr(scorer, "_score_func", scorer)).parameters
    except (TypeError, ValueError):  # a builtin without a signature
        return True
    kinds = {parameter.kind for parameter in parameters.values()}
    return "sample_weight" in parameters or inspect.Parameter.VAR_KEYWORD in kinds
