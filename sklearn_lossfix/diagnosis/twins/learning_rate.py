"""Twins that learn more slowly or faster than the user's model."""

import numbers
from functools import partial

import numpy as np

from sklearn_lossfix._core._evidence import NoTwin
from sklearn_lossfix._core._finding import LOSS_FLOOR_SHARE
from sklearn_lossfix.diagnosis.twins._learner import (
    attainable_loss,
    change_learner,
    learner_of,
    own_loss,
    values_code,
    values_text,
)
from sklearn_lossfix.diagnosis.twins._plan import TwinPlan
from sklearn_lossfix.exceptions import CheckNotApplicable

# A step of the twin: what is not repaired by a tenth or the tenfold of a rate is not about its
# last digit. Bengio (2012, section 3.1.1) searches rates on a grid of powers of ten.
RATE_STEP = 10.0

# Rate that scikit-learn's SGD learners begin with where their schedule needs one (the default of
# SGDRegressor; SGDClassifier's own default schedule has none).
SGD_RATE = 0.01

# Schedules of SGD learners that begin with `eta0`.
_SGD_SCHEDULES = ("constant", "invscaling", "adaptive")

# Rates of gradient descent, which are steps of an optimiser; the rate of boosting is a penalty.
_STEP_PARAMETERS = ("learning_rate_init", "eta0")


def rate_parameter(learner):
    """Name and value of a learner's rate, and the default of its class.

    Parameters
    ----------
    learner : estimator
        Unfitted.

    Returns
    -------
    name : str
    value : float
    default : float

    Raises
    ------
    CheckNotApplicable
        If the learner has no rate, or does not use it.
    """
    name, params = type(learner).__name__, learner.get_params(deep=False)
    if "learning_rate_init" in params and params["solver"] == "lbfgs":
        raise CheckNotApplicable(f"{name} with solver='lbfgs' uses no learning rate.")
    if "eta0" in params and isinstance(params.get("learning_rate"), str):
        if params["learning_rate"] not in _SGD_SCHEDULES:
            raise CheckNotApplicable(
                f"{name} with learning_rate={params['learning_rate']!r} chooses its own rate."
            )
        return "eta0", float(params["eta0"]), SGD_RATE
    for parameter in ("learning_rate_init", "learning_rate"):
        value = params.get(parameter)
        if isinstance(value, numbers.Real) and not isinstance(value, bool) and value > 0:
            return parameter, float(value), _default_of(type(learner), parameter)
    raise CheckNotApplicable(f"{name} has no learning rate.")


def _default_of(cls, parameter):
    """Default of a parameter; NaN where the class tells none."""
    try:
        value = cls().get_params(deep=False)[parameter]
    except TypeError:  # it cannot be made without arguments
        return np.nan
    return float(value) if isinstance(value, numbers.Real) else np.nan


def slower_rate(rate, default):
    """A tenth of a rate, and no more than the default."""
    return float(np.nanmin([rate / RATE_STEP, default]))


def faster_rate(rate, default):
    """Ten times a rate, and no less than the default."""
    return float(np.nanmax([rate * RATE_STEP, default]))


def _plan(learner, parameter, rate, changed, *, suspicion, cause, evidence):
    """A twin with another rate."""
    values = {parameter: changed}
    params = {learner.prefix + parameter: changed}
    return TwinPlan(
        build=partial(change_learner, values=values),
        changes=f"{learner.name} with {values_text(values)}",
        code=values_code(params),
        params=params,
        cause=cause,
        suspicion=float(np.clip(suspicion, 0.0, 1.0)),
        evidence={"learning_rate": rate, **evidence},
    )


def _unlearnt_share(subject):
    """Loss on the training rows beyond what is known to be had on others, as a share of the loss.

    1 where that is not known.
    """
    loss = own_loss(subject)
    if not loss or subject.train is None or subject.train.log_loss is None:
        return 1.0
    return (subject.train.log_loss - attainable_loss(subject)) / loss


def _have_learnt(unlearnt):
    """Why a twin with another rate is not tried on rows that were learnt."""
    return NoTwin(
        "passed",
        "On its training rows the model loses no more than is known to be had on others.",
        estimate=unlearnt,
        limit=LOSS_FLOOR_SHARE,
        unit="share",
    )


class SlowerTwin:
    """A tenth of the learning rate, where it is above the default and the loss could be less.

    Steps of gradient descent that are too large keep a model from learning the rows that it was
    shown. One that has learnt these, and still loses much on others, overfits: fewer and smaller
    steps help it as early stopping does, and are no sign of steps too large.
    """

    key = "slower"

    def plan(self, subject):
        """Compare the rate with its default, and the loss with what is known to be had."""
        learner = learner_of(subject)
        parameter, rate, default = rate_parameter(learner.estimator)
        if not rate > default:
            return NoTwin(
                "passed",
                f"{parameter}={rate:g} is not above the default of {learner.name}.",
                estimate=rate,
                limit=default,
            )
        loss = own_loss(subject)
        excess = 1.0 if not loss else 1.0 - attainable_loss(subject) / loss
        if excess <= LOSS_FLOOR_SHARE:
            return NoTwin(
                "passed",
                "No model is known that has less to lose, so a slower one was not tried.",
                estimate=excess,
                limit=LOSS_FLOOR_SHARE,
                unit="share",
            )
        unlearnt = _unlearnt_share(subject)
        if parameter in _STEP_PARAMETERS and unlearnt <= LOSS_FLOOR_SHARE:
            return _have_learnt(unlearnt)
        return _plan(
            learner,
            parameter,
            rate,
            slower_rate(rate, default),
            suspicion=excess,
            cause=f"the learning rate {parameter}={rate:g} is {rate / default:,.3g} x the default "
            f"of {learner.name}",
            evidence={"excess_share": excess},
        )


class FasterTwin:
    """Ten times the learning rate, where it is below the default and training rows are not learnt.

    A model that learns too slowly has not even learnt the rows that it was shown: it loses more on
    them than a reference does on rows it never saw.
    """

    key = "faster"

    def plan(self, subject):
        """Compare the rate with its default, and the training loss with what is to be had."""
        learner = learner_of(subject)
        parameter, rate, default = rate_parameter(learner.estimator)
        if not rate < default:
            return NoTwin(
                "passed",
                f"{parameter}={rate:g} is not below the default of {learner.name}.",
                estimate=rate,
                limit=default,
            )
        unlearnt = _unlearnt_share(subject)
        if unlearnt <= LOSS_FLOOR_SHARE:
            return _have_learnt(unlearnt)
        return _plan(
            learner,
            parameter,
            rate,
            faster_rate(rate, default),
            suspicion=unlearnt,
            cause=f"the learning rate {parameter}={rate:g} is below the default of {learner.name}, "
            f"{default:g}, and the training rows are not learnt",
            evidence={"unlearnt_share": unlearnt},
        )
