"""`EarlyStoppingClassifier`, which hands over its own record."""

from dataclasses import replace

from sklearn_lossfix._core._columns import named
from sklearn_lossfix._core._history import History
from sklearn_lossfix.diagnosis.history._facts import with_facts


def recognises(history):
    """Whether this hands over a history, or is one."""
    return isinstance(history, History) or hasattr(history, "_history_evidence")


def read(history, facts):
    """Read a fitted `EarlyStoppingClassifier`, or take a `History` as it is.

    Parameters
    ----------
    history : EarlyStoppingClassifier or History
        Fitted.
    facts : Facts
        What the user told.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If the metric or loss that was named is not recorded.
    """
    if not isinstance(history, History):
        history = history._history_evidence()
    if facts.loss is not None and facts.loss not in (history.loss_name, "loss"):
        raise ValueError(
            f"loss={facts.loss!r} is not the loss of {history.source}, {history.loss_name!r}."
        )
    if facts.metric is not None:
        if facts.metric not in history.metrics:
            raise ValueError(
                f"metric={facts.metric!r} is no metric of {history.source}: "
                f"{named(history.metrics)}."
            )
        history = replace(history, metrics={facts.metric: history.metrics[facts.metric]})
    return with_facts(history, facts)
