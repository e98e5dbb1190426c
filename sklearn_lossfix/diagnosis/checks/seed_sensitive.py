"""A model whose loss depends on its seed, judged by what averaging over seeds brings."""

from dataclasses import replace
from functools import partial

import numpy as np

from sklearn_lossfix._core._finding import LOSS_FLOOR_SHARE, Remedy
from sklearn_lossfix._core._oof import weight_params
from sklearn_lossfix._core._paired_tests import paired_estimate, weighted_mean
from sklearn_lossfix._core._proper_scores import brier_rows, log_loss_rows
from sklearn_lossfix.diagnosis._judging import fact, interval_text, judge_effect
from sklearn_lossfix.diagnosis._seeds import (
    ensemble_seeds,
    seed_ensemble,
    seed_params,
    seed_spread,
    seeded_last_step,
)
from sklearn_lossfix.exceptions import CheckNotApplicable


class SeedSensitive:
    """Seeds differ by more than the floor, and the mean over seeds is better by more than it.

    Both must be shown: an ensemble helps many models a little, and that alone is no fault.
    """

    name = "seed_sensitive"
    slug = "seed-sensitive"
    title = "The loss depends on the seed"
    kinds = ("model",)
    effort = "thorough"

    def run(self, analysis):
        """Compare the seeds with each other, and their mean with the model."""
        analysis = analysis.refits
        seeds = analysis.evidence.seeds
        if not seeds or analysis.ladder is None:
            raise CheckNotApplicable(_why_not(analysis))
        if len(seeds) == 2 and np.array_equal(seeds[0].proba, seeds[1].proba):
            return fact(self, "passed", "Another seed changes nothing.", estimate=0.0, unit="nats")
        looks = [
            self._look(analysis, log_loss_rows, analysis.loss_floor, "nats", "loss"),
            self._look(
                analysis,
                brier_rows,
                LOSS_FLOOR_SHARE * analysis.brier_ledger.total,
                "Brier",
                "Brier score",
            ),
        ]
        best = min(looks, key=lambda look: look.p_value)
        # Two looks at one question (Bonferroni); what is at stake is said in nats.
        p_value = min(1.0, len(looks) * best.p_value)
        return replace(best, p_value=p_value, nats_at_stake=looks[0].nats_at_stake)

    def _look(self, analysis, rows_of, limit, unit, what):
        """Judge by one loss: do the seeds differ, and is their mean better?

        The Brier score is bounded where the log loss is not: a few forecasts near zero drown the
        differences between seeds.
        """
        e, seeds = analysis.evidence, analysis.evidence.seeds
        losses = np.stack([rows_of(scored.proba, e.y) for scored in seeds])
        spread = seed_spread(losses, analysis.bench.scored_fold, limit, **analysis.sampling)
        mean = np.mean([scored.proba for scored in seeds], axis=0)
        saved = rows_of(e.model.proba, e.y) - rows_of(mean, e.y)
        gain = paired_estimate(saved, inflation=e.inflation, **analysis.sampling)
        own = weighted_mean(losses[0], e.sample_weight)
        remedy, why_none = _ensemble_remedy(analysis, gain, unit)
        return judge_effect(
            self,
            analysis,
            gain,
            limit,
            unit=unit,
            message=f"With another seed the {what} of one fit changes by {spread.sd:.3g} (standard "
            f"deviation over {len(seeds)} seeds on the same rows, {spread.sd / own:.0%} of it); "
            f"the mean of their probabilities has a {what} lower by {interval_text(gain)}."
            f"{why_none}",
            other_p=spread.p_value,
            remedy=remedy,
            evidence={
                "seed_sd": spread.sd,
                "seed_p": spread.p_value,
                "losses": [weighted_mean(row, e.sample_weight) for row in losses],
            },
        )


def _why_not(analysis):
    """Why there are no other seeds."""
    e = analysis.evidence
    if "no_twins_reason" in e.facts:
        return e.facts["no_twins_reason"]
    if e.estimator is not None and not seed_params(e.estimator):
        return "The estimator takes no seed."
    if e.model.proba is None:
        return "The model gives no probabilities to average over seeds."
    return "The model could not be fitted with other seeds."


def _ensemble_remedy(analysis, gain, unit):
    """The mean over seeds, as an estimator, or None; and a sentence where it would not be true."""
    estimator = analysis.evidence.estimator
    if estimator is None:
        return None, ""
    seeds = ensemble_seeds(analysis.bench.request.seed)
    build = partial(seed_ensemble, seeds=seeds)
    made, weight = build(estimator), analysis.bench.data.weight
    if weight_params(estimator, weight) and not weight_params(made, weight):
        return None, (
            f" There is no remedy to try: the weights of the rows do not reach a "
            f"{type(estimator).__name__} inside of a {type(made).__name__}, and without them the "
            f"mean would be that of other models."
        )
    remedy = Remedy(
        estimator=made,
        changes=f"the mean of {len(seeds)} fits with different seeds",
        params={"seeds": list(seeds)},
        code=_ensemble_code(estimator, seeds),
        expected_gain=gain,
        unit=unit,
        n_fits=len(seeds),
        build=build,
    )
    return remedy, ""


def _ensemble_code(estimator, seeds):
    """What `seed_ensemble` does, as Python."""
    path, seeded = "estimator", estimator
    place = []
    while (name := seeded_last_step(seeded)) is not None:
        place.append(name)
        path, seeded = f"{path}.named_steps[{name!r}]", seeded.steps[-1][1]
    names = ", ".join(f"{name!r}: s" for name in seed_params(seeded))
    members = f'[(f"seed_{{s}}", clone({path}).set_params(**{{{names}}})) for s in {seeds}]'
    imports = "from sklearn.base import clone\nfrom sklearn.ensemble import VotingClassifier\n"
    if not place:
        return f'{imports}VotingClassifier(\n    {members},\n    voting="soft",\n)'
    step = "__".join(place)
    return (
        f"{imports}members = {members}\n"
        f'clone(estimator).set_params(**{{{step!r}: VotingClassifier(members, voting="soft")}})'
    )
