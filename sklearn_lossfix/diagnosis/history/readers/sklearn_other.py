"""Other estimators of scikit-learn: the way to the part that has curves, or to record some."""

from sklearn_lossfix.diagnosis.history._identity import is_of

_RECORD = (
    "Record one with EarlyStoppingClassifier, which trains any classifier that has partial_fit or "
    "warm_start and keeps the loss and the metrics of validation rows; or call partial_fit "
    "yourself and pass a dict, {'loss': [...], 'val_loss': [...]}."
)


def recognises(history):
    """Whether this is an estimator."""
    return hasattr(history, "fit") and hasattr(history, "get_params")


def inner(estimator):
    """The part of a fitted estimator that was trained step by step.

    Parameters
    ----------
    estimator : estimator
        A pipeline or a search, or anything else.

    Returns
    -------
    estimator or None
        The last step of a pipeline, the best estimator of a search; None for anything else.
    """
    if hasattr(estimator, "steps") and is_of(estimator, "sklearn", "Pipeline"):
        return estimator.steps[-1][1]
    return getattr(estimator, "best_estimator_", None)


def read(history, facts):
    """Raise ValueError: such an estimator records no curve. Says how to get one.

    Parameters
    ----------
    history : estimator
        Without curves.
    facts : Facts
        What the user told.

    Raises
    ------
    ValueError
        Always.
    """
    raise ValueError(f"A {type(history).__name__} records no curve of its training. {_RECORD}")
