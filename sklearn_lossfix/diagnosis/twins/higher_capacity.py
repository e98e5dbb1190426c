"""A twin that can represent more."""

from functools import partial

import numpy as np

from sklearn_lossfix._core._evidence import NoTwin
from sklearn_lossfix._core._finding import LOSS_FLOOR_SHARE
from sklearn_lossfix._core._proper_scores import clipped_log, log_loss_rows
from sklearn_lossfix._core._recalibration import fit_smooth_map, map_loss_rows
from sklearn_lossfix.diagnosis.twins._capacities import (
    CAPACITIES,
    RICHER,
    columns_before_learner,
    pipeline_of_learner,
    richer_columns,
)
from sklearn_lossfix.diagnosis.twins._learner import (
    change_learner,
    changed_values,
    family_entry,
    learner_of,
    own_loss,
    relative_cost,
    scored_weight,
    values_code,
    values_text,
)
from sklearn_lossfix.diagnosis.twins._parts import (
    before_last_step,
    on_clone,
    without_weights_code,
)
from sklearn_lossfix.diagnosis.twins._plan import TwinPlan
from sklearn_lossfix.exceptions import CheckNotApplicable


def missed_share(subject):
    """What the model misses even on the rows it learnt from, as a share of its loss.

    Its loss on its training rows less that of the reference out of fold: as they are, or with both
    recalibrated in-sample by one slope and offsets, whichever is more.

    Returns
    -------
    float

    Raises
    ------
    CheckNotApplicable
        Without probabilities, a reference, or the training loss.
    """
    loss = own_loss(subject)
    if loss is None:
        return _missed_errors(subject)
    if subject.reference is None:
        raise CheckNotApplicable("There is no reference model to compare with.")
    if subject.train is None or subject.train.log_loss is None:
        raise CheckNotApplicable("The model was not judged on its training rows.")
    optimism = max(0.0, loss - subject.train.log_loss)
    y, weight = subject.y[subject.scored_rows], scored_weight(subject)
    reference = float(np.average(log_loss_rows(subject.reference.proba, y), weights=weight))
    mapped = _recalibrated(subject, subject.scored) - _recalibrated(subject, subject.reference)
    missed = max(loss - reference, mapped) - optimism
    return missed / loss if loss > 0 else 0.0


def _missed_errors(subject):
    """The same of errors, where there are no probabilities."""
    if subject.reference is None or subject.train is None:
        raise CheckNotApplicable("There is no reference model to compare with.")
    y, weight = subject.y[subject.scored_rows], scored_weight(subject)
    reference = float(np.average(subject.reference.pred != y, weights=weight))
    true_positives, _, true = subject.train.totals
    on_train = 1.0 - float(np.sum(true_positives)) / float(np.sum(true))
    return on_train - reference


def _recalibrated(subject, scored):
    """Mean log loss after one slope and offsets, in-sample."""
    y, weight = subject.y[subject.scored_rows], scored_weight(subject)
    log_p = clipped_log(scored.proba)
    losses = map_loss_rows(fit_smooth_map(log_p, y, "temperature", weight), log_p, y)
    return float(np.average(losses, weights=weight))


class HigherCapacityTwin:
    """The same learner, richer: products of columns, wider layers, deeper trees, more rounds."""

    key = "higher_capacity"

    def plan(self, subject):
        """Compare the loss on the training rows with what the reference loses out of fold."""
        missed = missed_share(subject)
        if missed <= LOSS_FLOOR_SHARE:
            return NoTwin(
                "passed",
                "On the rows it learnt from the model does no worse than a reference model does on "
                "rows it has not seen: a richer one is not tried.",
                estimate=missed,
                limit=LOSS_FLOOR_SHARE,
                unit="share",
            )
        # What AdaBoost boosts is weak on purpose: stop at AdaBoost itself.
        learner = learner_of(subject, "AdaBoostClassifier")
        values = family_entry(learner.estimator, CAPACITIES, "richer form")(learner)
        cause = "the model misses what a reference model finds, on its training rows too"
        about = {
            "cause": cause,
            "suspicion": float(np.clip(missed, 0.0, 1.0)),
            "evidence": {"missed_share": missed},
        }
        if values is None:
            return _with_columns(learner, about)
        values = changed_values(learner, values)
        params = {learner.prefix + name: value for name, value in values.items()}
        return TwinPlan(
            build=partial(change_learner, values=values, learner=learner.name),
            changes=f"{learner.name} with {values_text(values)}",
            code=values_code(params),
            n_fits=relative_cost(learner, values),
            params={k: repr(v) if hasattr(v, "get_params") else v for k, v in params.items()},
            **about,
        )


def _with_columns(learner, about):
    """Plan of a twin with more columns before the learner."""
    transformer, words = richer_columns(learner)
    made = transformer.named_steps["make"]
    return TwinPlan(
        build=partial(columns_before_learner, transformer=transformer),
        changes=f"{words} before {learner.name}",
        code=_columns_code(learner, transformer),
        params={"columns": _flat(made)},
        **about,
    )


def _columns_code(learner, transformer):
    """The change as Python."""
    made = transformer.named_steps["make"]
    mean = "" if transformer.named_steps["scale"].with_mean else "with_mean=False"
    scale = f"StandardScaler({mean}){without_weights_code()}"
    front = f"{scale}, {_flat(made)}, {scale}"
    module, name = type(made).__module__.partition("._")[0], type(made).__name__
    names = f"{name}, StandardScaler" if module == "sklearn.preprocessing" else "StandardScaler"
    imports = (
        f"from sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import {names}\n"
    )
    if name not in names:
        imports = f"from {module} import {name}\n{imports}"
    inside, pipeline = pipeline_of_learner(learner.subject.estimator)
    if pipeline is not None:
        whole = f"estimator.get_params()[{inside!r}]" if inside else "estimator"
        step = before_last_step(pipeline, RICHER, transformer).steps[-2][0]
        return on_clone(f"{whole}.steps.insert(-1, ({step!r}, make_pipeline({front})))", imports)
    if not learner.prefix:
        return f"{imports}make_pipeline({front}, estimator)"
    inside = learner.prefix.removesuffix("__")
    richer = f"make_pipeline({front}, estimator.get_params()[{inside!r}])"
    return on_clone(f"estimator.set_params(**{{{inside!r}: {richer}}})", imports)


def _flat(estimator):
    """Text of an estimator on one line."""
    return " ".join(repr(estimator).split())
