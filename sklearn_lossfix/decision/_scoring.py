"""From what users pass as `scoring` to a metric, and the names that users give to their own."""

import threading

from sklearn.metrics import get_scorer, get_scorer_names, make_scorer

from sklearn_lossfix.decision._custom_metric import CustomFormula, default_of
from sklearn_lossfix.decision._metrics import (
    ALIASES,
    AVERAGES,
    LABEL_METRICS,
    Metric,
    allowed_params,
    make_metric,
    unknown_name_message,
)

# Metrics that users gave a name, in this process.
_REGISTERED = {}
_REGISTRY_LOCK = threading.Lock()


def resolve_metric(scoring):
    """Turn what a user passes as `scoring` into a `Metric`.

    Parameters
    ----------
    scoring : None, str, scorer, callable or Metric
        None means accuracy. A string is a label metric of this package, a name that
        `register_metric` was given, or one of scikit-learn's scorer names. A scorer made by
        `sklearn.metrics.make_scorer` is recognised by its score function and its keyword
        arguments; any other function of predicted labels is a label metric of two classes. A
        callable of another make is opaque.

    Returns
    -------
    metric : Metric
        A label, ranking or opaque metric.

    Raises
    ------
    ValueError
        If a string names no metric (the message names the nearest ones), or a bare metric
        function of scikit-learn is given instead of a scorer.
    TypeError
        If `scoring` is none of the above.
    """
    if isinstance(scoring, Metric):
        return scoring
    if scoring is None:
        return make_metric("accuracy")
    if isinstance(scoring, str):
        return _from_name(scoring)
    if not callable(scoring):
        raise TypeError(
            "scoring must be one metric: None, a metric's name, a scorer or a callable "
            f"`scorer(estimator, X, y)`; got {type(scoring).__name__}."
        )
    if hasattr(scoring, "_score_func"):
        return _from_scorer(scoring)
    name = getattr(scoring, "__name__", type(scoring).__name__)
    if (getattr(scoring, "__module__", None) or "").startswith("sklearn.metrics."):
        raise ValueError(
            f"scoring={name} is a metric function of (y_true, y_pred), but a scorer of "
            f"(estimator, X, y) is needed. Pass sklearn.metrics.make_scorer({name}) or its name."
        )
    return Metric(name, "opaque", scorer=scoring)


def metric_for_classes(scoring, classes):
    """Turn `scoring` into the metric of these classes.

    Parameters
    ----------
    scoring : None, str, scorer, callable or Metric
        As for `resolve_metric`.

    classes : array-like of shape (n_classes,)
        Labels in the order of the codes.

    Returns
    -------
    metric : Metric
        A user's function of labels knows these; with more than two classes, of which it cannot be
        a metric of totals, it is left to its scorer: opaque.

    Raises
    ------
    ValueError
        As `resolve_metric`, and for more than two classes if the metric has no scorer.
    TypeError
        As `resolve_metric`.
    """
    metric = resolve_metric(scoring)
    if metric.custom is not None and len(classes) > 2 and metric.scorer is not None:
        return metric.as_opaque()
    return metric.for_labels(classes)


def _from_name(name):
    """Resolve a string: our own names first, then scikit-learn's scorers."""
    canonical = ALIASES.get(name, name)
    if canonical in LABEL_METRICS:
        return make_metric(canonical)
    if canonical in _REGISTERED:
        return _REGISTERED[canonical]
    if canonical in get_scorer_names():
        return _from_scorer(get_scorer(canonical), name=canonical)
    raise ValueError(unknown_name_message(name, _REGISTERED))


# How the score functions of scikit-learn and imbalanced-learn are called here, and the value of
# `average` they take when none is given.
_SCORE_FUNCTIONS = {
    "accuracy_score": ("accuracy", None),
    "balanced_accuracy_score": ("balanced_accuracy", None),
    "f1_score": ("f1", "binary"),
    "fbeta_score": ("fbeta", "binary"),
    "precision_score": ("precision", "binary"),
    "recall_score": ("recall", "binary"),
    "jaccard_score": ("jaccard", "binary"),
    "matthews_corrcoef": ("matthews_corrcoef", None),
    "cohen_kappa_score": ("cohen_kappa", None),
    "geometric_mean_score": ("gmean", "multiclass"),
}

# Keyword arguments that leave the formula as it is.
_NEUTRAL_ARGUMENTS = {
    "labels": (None,),
    "zero_division": ("warn", 0, 0.0),
    "normalize": (True,),
    "weights": (None,),
    "correction": (0, 0.0),
    "sample_weight": (None,),
}


# What scikit-learn calls a score is better when greater, and what it calls one of these is worse.
_LOSS_SUFFIXES = ("_loss", "_error")


def _from_scorer(scorer, name=None):
    """Recognise a scorer by its score function; else it is ranking, custom or opaque."""
    function = scorer._score_func
    name = name or getattr(function, "__name__", type(function).__name__)
    if getattr(scorer, "_response_method", "predict") != "predict":
        return Metric(name, "ranking", scorer=scorer)
    arguments = dict(getattr(scorer, "_kwargs", None) or {})
    sign = getattr(scorer, "_sign", 1)
    metric = _recognised(function, arguments.copy())
    if metric is not None and sign > 0:
        return metric
    if not _judges_labels(function) or "sample_weight" in arguments:
        return Metric(name, "opaque", scorer=scorer)
    monotone = not _is_upside_down(function, sign)
    formula = CustomFormula(name, function, "labels", monotone, arguments, sign)
    return _custom_metric(formula, scorer)


def _judges_labels(function):
    """Whether a function of true and predicted values is one of classes.

    Of scikit-learn's, those of regression and of clustering are not: the first measure distances
    between labels, the second do not mind which class is which.
    """
    module = getattr(function, "__module__", None) or ""
    return not module.startswith("sklearn.") or module == "sklearn.metrics._classification"


def _is_upside_down(function, sign):
    """Whether a scorer of a known library calls better what its function calls worse."""
    package = (getattr(function, "__module__", None) or "").partition(".")[0]
    is_loss = getattr(function, "__name__", "").endswith(_LOSS_SUFFIXES)
    return package in ("sklearn", "imblearn") and (sign < 0) != is_loss


def _custom_metric(formula, scorer=None):
    """Make the metric of a user's function."""
    if formula.formula == "counts":
        return Metric(formula.name, "label", asymmetric=True, custom=formula)
    pos_label = None
    if formula.takes_positive_class:
        # A default of 1 is scikit-learn's way of saying nothing.
        own = default_of(formula.function, "pos_label")
        pos_label = formula.arguments.get("pos_label", None if own == 1 else own)
    return Metric(
        formula.name,
        "label",
        formula.takes_positive_class,
        pos_label=pos_label,
        scorer=scorer,
        custom=formula,
    )


def _recognised(function, arguments):
    """Return the label metric of a score function with its arguments, or None."""
    package = (getattr(function, "__module__", None) or "").partition(".")[0]
    entry = _SCORE_FUNCTIONS.get(getattr(function, "__name__", None))
    if entry is None or package not in ("sklearn", "imblearn"):
        return None
    name, default_average = entry
    average = arguments.pop("average", default_average)
    if average in AVERAGES:
        # The positive class is ignored by the averages over classes, in scikit-learn too.
        arguments.pop("pos_label", None)
        name = f"{name}_{average}"
    elif average != default_average:
        return None
    for key, neutral in _NEUTRAL_ARGUMENTS.items():
        if key in arguments and arguments.pop(key) not in neutral:
            return None
    if name not in LABEL_METRICS or not set(arguments) <= {*allowed_params(name), "pos_label"}:
        return None
    return make_metric(name, **arguments)


def register_metric(name, function, *, formula="counts", monotone=True, overwrite=False):
    """Give a metric of two classes a name, by which it can then choose decision rules.

    Every metric of the labels of two classes is a function of four weighted counts. Written as
    such, it is computed at all thresholds at once, and the best of them is found exactly. Written
    as a function of labels it is called once per threshold that can be the best: with a monotone
    metric these are few, because a threshold is best only just below a positive row and just
    above a negative one.

    Parameters
    ----------
    name : str
        What ``scoring=name`` will refer to, in this process.

    function : callable
        With ``formula="counts"``, ``function(tp, fp, fn, tn)``: the weights of the true positives,
        false positives, false negatives and true negatives, as float arrays of one shape; it
        returns an array of that shape. With ``formula="labels"``, ``function(y_true, y_pred,
        sample_weight=None)``: it returns a number, and if it takes a `pos_label` it is told the
        positive class. Without the argument `sample_weight` it is called with repeated rows, and
        weights must be whole numbers. Greater is better; NaN is never best.

    formula : {"counts", "labels"}, default="counts"
        What `function` is a function of.

    monotone : bool, default=True
        Whether, as in any sensible metric, more true positives never make it worse and more false
        positives never better. It saves calls of a function of labels, and finds the wrong
        threshold if it is not true.

    overwrite : bool, default=False
        Whether the name may already be that of a metric which was registered before, or of one of
        scikit-learn's scorers. The metrics of this package keep their names in any case.

    Returns
    -------
    metric : Metric
        The metric. It can itself be passed as ``scoring``. Do so where work is spread over
        processes: a name is known to the process that registered it, the metric carries its
        function along (which must be picklable, as functions defined in a module are).

    Raises
    ------
    TypeError
        If `name` is no string or `function` is not callable.
    ValueError
        If the name is taken, or `formula` is unknown.

    See Also
    --------
    from_scorer : The metric that a scorer of scikit-learn computes.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn_lossfix.decision import DecisionRuleClassifier, register_metric
    >>> def threat_score(tp, fp, fn, tn):
    ...     return tp / (tp + fp + fn)
    >>> metric = register_metric("threat_score", threat_score)
    >>> X, y = make_classification(500, weights=[0.9], random_state=0)
    >>> model = DecisionRuleClassifier(LogisticRegression(), scoring="threat_score").fit(X, y)
    >>> model.decision_rule_.metric
    'threat_score'
    """
    if not isinstance(name, str):
        raise TypeError(f"The name of a metric must be a string; got {type(name).__name__}.")
    if not callable(function):
        raise TypeError(
            f"The function of the metric {name!r} must be callable; got {type(function).__name__}."
        )
    if formula not in ("counts", "labels"):
        raise ValueError(f"formula must be 'counts' or 'labels'; got {formula!r}.")
    scorer = make_scorer(function) if formula == "labels" else None
    metric = _custom_metric(CustomFormula(name, function, formula, bool(monotone)), scorer)
    with _REGISTRY_LOCK:
        _check_name_is_free(name, overwrite)
        _REGISTERED[name] = metric
    return metric


def _check_name_is_free(name, overwrite):
    """Raise if a metric may not be registered under this name."""
    if not name or name in LABEL_METRICS or name in ALIASES:
        owner = "a metric of this package" if name else "empty"
        raise ValueError(f"The name {name!r} is {owner}; give your metric another one.")
    if overwrite:
        return
    if name in _REGISTERED or name in get_scorer_names():
        owner = "registered already" if name in _REGISTERED else "a scorer of scikit-learn"
        raise ValueError(
            f"The name {name!r} is {owner}; give your metric another one or pass overwrite=True."
        )


def from_scorer(scorer):
    """Return the metric that a scorer computes, as this package understands it.

    It tells beforehand what a class or function of this package makes of its ``scoring``.

    Parameters
    ----------
    scorer : str, scorer or callable
        A name, as ``scoring`` takes it, or a scorer made by `sklearn.metrics.make_scorer`, or
        any ``scorer(estimator, X, y)``.

    Returns
    -------
    metric : Metric
        Its `kind` is "label" where a decision rule can be chosen for it: a formula that is
        known, or, with two classes, any function of true and predicted labels. It is "ranking"
        for scorers of probabilities or decision values, and "opaque" for other callables. It
        can be passed as ``scoring``.

    Raises
    ------
    ValueError
        If a string names no metric, or a bare metric function is given instead of a scorer.
    TypeError
        If it is neither a string nor callable.

    See Also
    --------
    register_metric : Give a metric of your own a name.

    Examples
    --------
    >>> from sklearn.metrics import fbeta_score, make_scorer
    >>> from sklearn_lossfix.decision import from_scorer
    >>> metric = from_scorer(make_scorer(fbeta_score, beta=3))
    >>> metric.name, metric.kind, metric.params
    ('fbeta', 'label', (('beta', 3.0),))
    >>> from_scorer("roc_auc").kind
    'ranking'
    """
    return resolve_metric(scorer)
