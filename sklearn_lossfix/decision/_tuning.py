"""What wrappers that tune on out-of-fold scores share: routing, folds, scores and their weights."""

from sklearn import get_config
from sklearn.model_selection import check_cv
from sklearn.utils import Bunch
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing

from sklearn_lossfix._core._oof import fix_folds, out_of_fold, weight_params

# Folds where `cv` is None, as everywhere in scikit-learn.
DEFAULT_FOLDS = 5


def wrapper_router(wrapper):
    """Route ``fit``'s metadata to the wrapped estimator's ``fit`` and to the splitter's ``split``."""
    router = (
        MetadataRouter(owner=wrapper)
        .add_self_request(wrapper)
        .add(
            estimator=wrapper.estimator,
            method_mapping=MethodMapping().add(caller="fit", callee="fit"),
        )
    )
    if wrapper.cv is not None and not isinstance(wrapper.cv, str):
        router.add(
            splitter=check_cv(wrapper.cv, classifier=True),
            method_mapping=MethodMapping().add(caller="fit", callee="split"),
        )
    return router


def route_fit(wrapper, params, sample_weight):
    """Sort the metadata of a ``fit`` call.

    Parameters
    ----------
    wrapper : estimator
        With ``estimator`` and ``cv``.
    params : dict
        What ``fit`` was given beyond X, y and weights.
    sample_weight : ndarray of shape (n_rows,) or None
        Checked weights.

    Returns
    -------
    Bunch
        ``estimator.fit`` and ``splitter.split``, both dicts.
    """
    if get_config()["enable_metadata_routing"]:
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        routed = process_routing(wrapper, "fit", **params, **weights)
        if "splitter" not in routed:
            routed.splitter = Bunch(split={})
        return routed
    params = dict(params)
    split = {"groups": params.pop("groups")} if "groups" in params else {}
    weights = weight_params(wrapper.estimator, sample_weight)
    return Bunch(estimator=Bunch(fit={**params, **weights}), splitter=Bunch(split=split))


def tuning_scores(
    estimator,
    X,
    labels,
    routed,
    *,
    cv,
    sample_weight,
    response_method,
    n_jobs,
    random_state,
):
    """Out-of-fold scores to tune on, and the weight of each.

    Returns
    -------
    oof : OutOfFold
        Triplets of row, fold and score.
    weight : ndarray of shape (n_scored,) or None
        Sample weight over the number of times the row was scored.
    """
    folds = fix_folds(
        DEFAULT_FOLDS if cv is None else cv,
        X,
        labels,
        random_state=random_state,
        **routed.splitter.split,
    )
    oof = out_of_fold(
        estimator,
        X,
        labels,
        folds,
        fit_params=routed.estimator.fit,
        response_method=response_method,
        n_jobs=n_jobs,
        random_state=random_state,
    )
    per_row = oof.row_weight
    if sample_weight is None and not (per_row < 1).any():
        return oof, None
    return oof, per_row * (1.0 if sample_weight is None else sample_weight[oof.row])
