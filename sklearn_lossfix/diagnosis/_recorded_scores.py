"""Let a scorer judge recorded scores."""

import inspect
from dataclasses import replace

import numpy as np
from sklearn.metrics import make_scorer

from sklearn_lossfix._core._recorded_scores import RecordedScores
from sklearn_lossfix.decision._positive_class import resolve_positive
from sklearn_lossfix.diagnosis.twins._parts import error_text


def positive_class(metric, classes, counts, pos_label=None):
    """Find the positive class of a metric, of rankings too where their function asks for one.

    Parameters
    ----------
    metric : Metric
        The metric.
    classes : ndarray of shape (n_classes,)
        Labels.
    counts : ndarray of shape (n_classes,)
        Rows per class.
    pos_label : label, default=None
        What the user said.

    Returns
    -------
    pos : int or None
    note : str or None
        As :func:`resolve_positive`.
    """
    if len(classes) == 2 and _asks_for_positive(metric):
        if pos_label is None and 1 in classes:  # the default of such functions
            return classes.tolist().index(1), None
        metric = replace(metric, asymmetric=True)
    return resolve_positive(metric, classes, counts, pos_label)


def _asks_for_positive(metric):
    """Whether a scorer of scores leaves it to its function which class is positive.

    The function then takes the label 1, or none at all, whatever the labels are.
    """
    if metric.kind != "ranking" or "pos_label" in (getattr(metric.scorer, "_kwargs", None) or {}):
        return False
    function = metric.scorer._score_func
    try:
        asked = inspect.signature(function).parameters.get("pos_label")
    except (TypeError, ValueError):  # a builtin without a signature
        return False
    if asked is None:
        return False
    # A default of 1 is scikit-learn's way of saying nothing, and None in functions of its own.
    known = (getattr(function, "__module__", None) or "").startswith("sklearn.")
    return asked.default == 1 or (known and asked.default is None)


def scorer_value(metric, classes, scored, y, sample_weight=None, X=None, pos=None):
    """Value of a ranking or opaque metric on recorded scores, and why there is none.

    Returns
    -------
    value : float or None
    note : str or None
    """
    scorer = metric.scorer
    if pos is not None and _asks_for_positive(metric):
        scorer = make_scorer(
            scorer._score_func,
            response_method=scorer._response_method,
            greater_is_better=scorer._sign > 0,
            **{**scorer._kwargs, "pos_label": classes[pos]},
        )
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
        return float(scorer(stand_in, X, classes[y], **params)), None
    except Exception as error:  # a user's callable may raise anything; the report must survive it
        return None, (
            f"{metric.name} could not be computed: {type(error).__name__}: {error_text(error)}"
        )
