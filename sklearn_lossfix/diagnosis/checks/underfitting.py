"""A model that misses what others find, on the rows it learnt from as well."""

from dataclasses import replace

import numpy as np
from scipy import stats

from sklearn_lossfix._core._finding import METRIC_FLOOR
from sklearn_lossfix._core._paired_tests import (
    CONFIDENCE,
    interval,
    paired_estimate,
    upper_tail_p,
)
from sklearn_lossfix.diagnosis._judging import interval_text, judge_effect
from sklearn_lossfix.diagnosis._reference_twin import REFERENCE
from sklearn_lossfix.diagnosis._remedies import twin_remedy
from sklearn_lossfix.diagnosis._twin_finding import judge_twin, twin_gains
from sklearn_lossfix.exceptions import CheckNotApplicable

# Share of what the reference saves against the class shares that must be missed: less than a
# twentieth is within what another seed or another tuning of either model brings.
MISSED_SHARE = 0.05

RICHER = "higher_capacity"


class Underfitting:
    """The model misses on its own training rows what others find on rows that they have not seen.

    Two looks, the clearer one counts. *By reference*: recalibrated, the model loses more than the
    recalibrated reference, and by more than its optimism, so that no regularisation brings it. *By
    twin*: a richer form of the model is better on the same rows. Without a remedy that is better
    there is no issue.
    """

    name = "underfitting"
    slug = "underfitting"
    title = "The model cannot represent what is there"
    kinds = ("model",)
    effort = "normal"

    def run(self, analysis):
        """Compare with the reference, and with a richer twin."""
        analysis = analysis.refits
        e = analysis.evidence
        if e.reference is None or e.train is None:
            raise CheckNotApplicable(
                e.facts.get("no_twins_reason", "There is no reference model to compare with.")
            )
        looks = [self._by_reference(analysis)]
        if RICHER in e.twins:
            twin = e.twins[RICHER]
            looks.append(judge_twin(self, analysis, RICHER, cause=twin.cause))
            looks[-1].evidence["twin"] = RICHER
        # Two looks at one question (Bonferroni): the clearer one answers it. Where the first is
        # clear as well, it is shown, for it knows the better remedy.
        clearest = min(looks, key=lambda look: look.p_value)
        p_value = min(1.0, len(looks) * clearest.p_value)
        first_is_clear = len(looks) * looks[0].p_value <= analysis.alpha
        return replace(looks[0] if first_is_clear else clearest, p_value=p_value)

    def _by_reference(self, analysis):
        """Judge what the reference finds and the model misses."""
        by_loss = analysis.ladder is not None
        missed, limit, unit, what = _missed_loss(analysis) if by_loss else _missed_metric(analysis)
        name, gain = _best_remedy(analysis, unit)
        remedy = None if name is None else twin_remedy(analysis, name, gain, unit)
        message = f"{what} {interval_text(missed)} {unit} that a reference model finds."
        if remedy is not None:
            changes = remedy.changes[0].upper() + remedy.changes[1:]
            message += f" {changes}: {interval_text(gain)} better on the same rows."
        return judge_effect(
            self,
            analysis,
            missed,
            limit,
            unit=unit,
            message=message,
            other_p=1.0 if gain is None else upper_tail_p(gain.value, gain.se),
            remedy=remedy,
            evidence={"twin": name, "missed": list(missed), "gain": gain and list(gain)},
        )


def _missed_loss(analysis):
    """What the recalibrated model loses beyond the recalibrated reference and its optimism."""
    e = analysis.evidence
    if e.train.log_loss is None:
        raise CheckNotApplicable("The loss on the training rows is not known.")
    reference = analysis.reference_rows
    model = analysis.ladder.log_rows["shape"]
    constant = -np.log(np.maximum(analysis.shares, np.finfo(float).tiny))[e.y]
    found = paired_estimate(constant - reference, **analysis.sampling).value
    grouping = paired_estimate(model - reference, inflation=e.inflation, **analysis.sampling)
    optimism = max(0.0, analysis.loss - e.train.log_loss)
    limit = max(analysis.loss_floor, MISSED_SHARE * found)
    missed = interval(grouping.value - optimism, grouping.se)
    return missed, limit, "nats", "Recalibrated, and on the rows it learnt from, the model misses"


def _missed_metric(analysis):
    """The same of the metric under the best rules, for models without probabilities."""
    e = analysis.evidence
    if analysis.error_ledger is None:
        raise CheckNotApplicable("Neither probabilities nor a metric of labels can be compared.")
    pos = e.pos if analysis.metric.asymmetric else None
    on_train = float(analysis.metric.value(*e.train.totals, pos=pos))
    optimism = max(0.0, on_train - analysis.score(analysis.metric).value)
    ranking = next(r for r in analysis.error_ledger.views["ladder"] if r.name == "ranking")
    # Of a normal interval: its width is a fixed number of standard errors.
    se = (ranking.high - ranking.low) / (2.0 * stats.norm.ppf(0.5 + CONFIDENCE / 2))
    name = analysis.metric.name.replace("_", " ")
    missed = interval(ranking.value - optimism, se)
    return missed, METRIC_FLOOR, "points", f"On the rows it learnt from, too, the {name} misses"


def _best_remedy(analysis, unit):
    """Name of the twin to propose and its gain: the reference only where it is shown to be better.

    Returns
    -------
    name : str or None
        None where no twin is there.
    gain : Estimate or None
    """
    twins, which = analysis.evidence.twins, "loss" if unit == "nats" else "metric"
    gains = {
        name: getattr(twin_gains(analysis, twins[name]), which)
        for name in (RICHER, REFERENCE)
        if name in twins
    }
    gains = {name: gain for name, gain in gains.items() if gain is not None}
    if len(gains) < 2:
        return next(iter(gains.items()), (None, None))
    richer, reference = (twins[name].scored for name in (RICHER, REFERENCE))
    e = analysis.evidence
    if unit == "nats":
        lead = paired_estimate(
            analysis.losses_of(richer) - analysis.losses_of(reference),
            inflation=e.inflation,
            **analysis.sampling,
        )
    else:
        lead = analysis.gain(analysis.metric, reference.pred, richer.pred, inflation=e.inflation)
    name = REFERENCE if lead.low > 0 else RICHER
    return name, gains[name]
