"""Classifiers that split the rows they are given: copies of a row would stand on both sides."""

from collections import defaultdict


def own_parameters(estimator):
    """Yield an estimator and every one inside of it, with its prefix and parameters.

    Yields
    ------
    prefix : str
        Empty, or what stands before the names of the parameters, with its underscores.
    owner : estimator
        Whose parameters they are.
    params : dict
        Its own, by their short names.
    """
    found, owners = defaultdict(dict), estimator.get_params(deep=True)
    for name, value in owners.items():
        prefix, separator, short = name.rpartition("__")
        found[prefix + separator][short] = value
    for prefix, params in found.items():
        # Without a prefix, or where a name holds two underscores of its own, it is the estimator's.
        yield prefix, owners.get(prefix.removesuffix("__"), estimator), params


def inner_split(estimator):
    """Say how a classifier, or one inside of it, splits the rows that it is given.

    Parameters
    ----------
    estimator : estimator
        Unfitted.

    Returns
    -------
    str or None
        The class and what it does, in words; None where nothing splits rows.
    """
    for _, owner, params in own_parameters(estimator):
        name = type(owner).__name__
        if "cv" in params:
            return f"{name} splits the rows it is given by cross-validation"
        if _stops_early(params):
            return f"{name} holds out some of the rows it is given for early stopping"
    return None


def without_automatic_stopping(estimator):
    """Switch off early stopping where ``"auto"`` would decide by the number of repeated rows.

    Parameters
    ----------
    estimator : estimator
        Unfitted; its parameters are changed.

    Returns
    -------
    estimator
        The same.
    """
    automatic = [
        f"{prefix}early_stopping"
        for prefix, _, params in own_parameters(estimator)
        if params.get("early_stopping") == "auto"
    ]
    return estimator.set_params(**dict.fromkeys(automatic, False))


def _stops_early(params):
    """Whether rows are held out, by the parameters that scikit-learn and this package have for it.

    A switch of its own decides where there is one; gradient boosting has only the number of
    iterations without a change, and a wrapper that always holds rows out only their share.
    """
    if "early_stopping" in params:
        return params["early_stopping"] is True
    if "n_iter_no_change" in params:
        return params["n_iter_no_change"] is not None
    return "validation_fraction" in params
