"""Who gets which parameter of `fit`: the trained step, the steps before it, or the splitter."""

from sklearn.pipeline import Pipeline
from sklearn.utils import Bunch
from sklearn.utils.metadata_routing import _routing_enabled, process_routing


def training_method(estimator):
    """Name the method of an estimator that metadata are requested for.

    Parameters
    ----------
    estimator : classifier or Pipeline
        A Pipeline routes what its `fit` asks for.

    Returns
    -------
    {"fit", "partial_fit"}
    """
    is_pipeline = isinstance(estimator, Pipeline)
    return "partial_fit" if not is_pipeline and hasattr(estimator, "partial_fit") else "fit"


def sort_params(owner, trainer, weight, groups, params):
    """Sort the parameters of `fit`.

    Parameters
    ----------
    owner : meta-estimator
        With `estimator`, and a router if metadata routing is on.

    trainer : EpochTrainer
        Trains the last step.

    weight : ndarray of shape (n_samples,) or None
        Weights of the rows.

    groups : ndarray of shape (n_samples,) or None
        Groups of the rows.

    params : dict
        All others.

    Returns
    -------
    Bunch
        ``last``: parameters of the method that trains; ``head``: parameters by name of a step
        before the last; ``split``: parameters of the splitter.
    """
    steps = owner.estimator.steps if isinstance(owner.estimator, Pipeline) else [("", None)]
    names = [name for name, _ in steps]
    if _routing_enabled():
        routed = process_routing(owner, "fit", sample_weight=weight, groups=groups, **params)
        split = routed.splitter.split if "splitter" in routed else {}
        own = routed.estimator[training_method(owner.estimator)]
        if len(names) == 1:
            return Bunch(last=dict(own), head={}, split=split)
        by_step = process_routing(owner.estimator, "fit", **own)
        head = {name: dict(by_step[name].fit_transform) for name in names[:-1]}
        return Bunch(last=dict(by_step[names[-1]].fit), head=head, split=split)
    by_step = {}
    for name, value in params.items():
        step, _, parameter = name.partition("__") if len(names) > 1 else ("", "", name)
        if step not in names or not parameter:
            raise ValueError(
                f"The Pipeline has no step that the parameter {name!r} of fit could go to. "
                f"Expected step__parameter with one of the steps {names}."
            )
        by_step.setdefault(step, {})[parameter] = value
    last = by_step.pop(names[-1], {})
    if weight is not None and trainer.takes("sample_weight"):
        last.setdefault("sample_weight", weight)
    return Bunch(last=last, head=by_step, split={"groups": groups})
