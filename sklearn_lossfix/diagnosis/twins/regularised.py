"""A twin that is regularised more."""

from functools import partial

import numpy as np

from sklearn_lossfix._core._evidence import NoTwin
from sklearn_lossfix._core._finding import LOSS_FLOOR_SHARE
from sklearn_lossfix.diagnosis.twins._learner import (
    attainable_loss,
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
from sklearn_lossfix.diagnosis.twins._plan import TwinPlan
from sklearn_lossfix.diagnosis.twins._regularisers import LINEAR, REGULARISERS
from sklearn_lossfix.exceptions import CheckNotApplicable


def training_gap(subject, n_coefficients=0):
    """How much better the model is on the rows it learnt from, as a share of what it loses.

    Parameters
    ----------
    subject : Subject
        The model out of fold and on its training rows.
    n_coefficients : int, default=0
        Free numbers ``k`` of a model whose optimism is known: with a loss that is a likelihood, the
        training loss is below that of fresh rows by ``k / n`` even where nothing is wrong (Akaike
        1974).

    Returns
    -------
    float
        Share of the loss; of the errors where there are no probabilities.

    Raises
    ------
    CheckNotApplicable
        If nothing is known of the training rows.
    """
    train, loss = subject.train, own_loss(subject)
    if train is None:
        raise CheckNotApplicable("The model was not judged on its training rows.")
    if loss is None or train.log_loss is None:
        wrong = subject.scored.pred != subject.y[subject.scored_rows]
        errors = float(np.average(wrong, weights=scored_weight(subject)))
        true_positives, _, true = train.totals
        on_train = 1.0 - float(np.sum(true_positives)) / float(np.sum(true))
        return (errors - on_train) / errors if errors > 0 else 0.0
    return (loss - train.log_loss - n_coefficients / train.n_rows) / loss if loss > 0 else 0.0


class RegularisedTwin:
    """The same learner with a stronger penalty, larger leaves, fewer rounds or more neighbours."""

    key = "regularised"

    def plan(self, subject):
        """Compare the loss out of fold with that of the rows that were learnt from."""
        learner = learner_of(subject)
        strengthen = family_entry(learner.estimator, REGULARISERS)
        linear = any(t.__name__ in LINEAR for t in type(learner.estimator).__mro__)
        gap = training_gap(subject, learner.n_coefficients if linear else 0)
        if gap <= LOSS_FLOOR_SHARE:
            return NoTwin(
                "passed",
                f"The loss on the training rows is within {max(gap, 0.0):.1%} of that out of fold, "
                f"so there is nothing for a regularised twin to win back.",
                estimate=gap,
                limit=LOSS_FLOOR_SHARE,
                unit="share",
            )
        values = changed_values(learner, strengthen(learner))
        params = {learner.prefix + name: value for name, value in values.items()}
        return TwinPlan(
            build=partial(change_learner, values=values),
            changes=f"{learner.name} with {values_text(values)}",
            code=values_code(params),
            n_fits=relative_cost(learner, values),
            params={name: _plain(value) for name, value in params.items()},
            cause=f"{gap:.0%} of what the model loses out of fold it does not lose on the rows it "
            f"learnt from",
            suspicion=_suspicion(subject, gap),
            evidence={"training_gap": gap},
        )


def _plain(value):
    """A parameter as a plain value: estimators as text."""
    return repr(value) if hasattr(value, "get_params") else value


def _suspicion(subject, gap):
    """The gap, but no more than is known to be had: learners that remember have a gap anyway."""
    loss = own_loss(subject)
    if loss is None or loss <= 0:
        return float(np.clip(gap, 0.0, 1.0))
    excess = 1.0 - attainable_loss(subject) / loss
    return float(np.clip(min(gap, max(excess, LOSS_FLOOR_SHARE)), 0.0, 1.0))
