"""scikit-learn's AdaBoost: ``estimator_errors_`` and ``estimator_weights_``."""

import numpy as np

from sklearn_lossfix.diagnosis.history._build import RecordedCurve, build_history
from sklearn_lossfix.diagnosis.history._identity import class_count, is_of


def recognises(history):
    """Whether this is AdaBoost of scikit-learn."""
    return is_of(history, "sklearn", "AdaBoostClassifier")


def read(history, facts):
    """Read fitted AdaBoost: the exponential loss on the training rows, from its errors.

    Parameters
    ----------
    history : AdaBoostClassifier
        Fitted.
    facts : Facts
        What the user told.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If it is not fitted.
    """
    if not hasattr(history, "estimator_errors_"):
        raise ValueError("This AdaBoostClassifier is not fitted. Expected a fitted one.")
    n_members = len(history.estimators_)
    loss = exponential_loss(
        history.estimator_errors_[:n_members],
        history.estimator_weights_[:n_members],
        history.n_classes_,
    )
    return build_history(
        [RecordedCurve("estimator_errors_", "train", "exponential", loss)],
        facts,
        source=type(history).__name__,
        unit="iteration",
        distortions=[
            "AdaBoost records no loss: that shown is the exponential loss of the ensemble on its "
            "training rows, computed from estimator_errors_ and estimator_weights_.",
            "estimator_errors_ are errors of single members on reweighted rows, not of the "
            "ensemble: they rise as the rows get harder.",
            "Only training rows are recorded. staged_predict_proba gives the loss of validation "
            "rows.",
        ],
        n_classes=class_count(history),
    )


def exponential_loss(errors, weights, n_classes):
    """Multiclass exponential loss of an AdaBoost ensemble after each member.

    With members of weights a_m and K classes the loss of a row is
    exp(-sum_m a_m s_m), s_m = (K - 1) / K where member m is right and -1 / K where it is wrong. Its
    weighted mean is a product over members, since the weights of the rows of member m are
    proportional to the loss of the rows before it: one factor is
    (1 - e) exp(-a (K - 1) / K) + e exp(a / K).

    Parameters
    ----------
    errors : array-like of shape (n_members,)
        Weighted error e of each member on the rows as weighted for it.
    weights : array-like of shape (n_members,)
        Weight a of each member.
    n_classes : int
        K.

    Returns
    -------
    ndarray of shape (n_members,)

    References
    ----------
    Zhu, Zou, Rosset, Hastie (2009), Multi-class AdaBoost. Statistics and Its Interface 2.
    """
    errors, weights = np.asarray(errors, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    right = (1 - errors) * np.exp(-weights * (n_classes - 1) / n_classes)
    return np.cumprod(right + errors * np.exp(weights / n_classes))
