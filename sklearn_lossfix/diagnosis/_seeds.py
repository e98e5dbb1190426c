"""The model with other seeds: how much of its loss is luck."""

import zlib
from typing import NamedTuple

import numpy as np
from scipy import stats
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import Pipeline

from sklearn_lossfix._core._paired_tests import mean_standard_error, weighted_mean
from sklearn_lossfix.diagnosis.twins._parts import asking_for_weights

# Seeds in all, the user's among them: four degrees of freedom in every fold.
N_SEEDS = 5

# Seeds are drawn apart from those of other parts of a report, which share its seed.
_STREAM = zlib.crc32(b"other seeds")


def seed_params(estimator):
    """Names of the parameters of an estimator that are seeds."""
    params = estimator.get_params(deep=True)
    return sorted(name for name in params if name.rpartition("__")[2] == "random_state")


def with_seed(estimator, seed):
    """A clone with every seed set to the same number."""
    return clone(estimator).set_params(**dict.fromkeys(seed_params(estimator), seed))


def seed_ensemble(estimator, seeds):
    """The mean of the probabilities of clones with different seeds.

    Parameters
    ----------
    estimator : estimator
        Unfitted.
    seeds : sequence of int
        Seeds.

    Returns
    -------
    VotingClassifier or Pipeline
        A Pipeline whose seeds are all in its last step gets an ensemble of that step. Its first
        steps are fitted once, and weights of the rows reach the members: a VotingClassifier hands
        them to no Pipeline.
    """
    if seeded_last_step(estimator) is not None:
        name, last = estimator.steps[-1]
        # Inside of a Pipeline a step is asked by its own requests: none is added.
        inside = seed_ensemble(last, seeds) if isinstance(last, Pipeline) else _vote(last, seeds)
        return clone(estimator).set_params(**{name: inside})
    return _vote(estimator, seeds, asking_for_weights)


def seeded_last_step(estimator):
    """Name of the last step of a Pipeline, where all of its seeds are in there; else None."""
    if not isinstance(estimator, Pipeline):
        return None
    name = estimator.steps[-1][0]
    alone = all(param.startswith(f"{name}__") for param in seed_params(estimator))
    return name if alone else None


def _vote(estimator, seeds, made=clone):
    """Clones with different seeds, each passed through `made`, whose probabilities are averaged."""
    members = [(f"seed_{seed}", made(with_seed(estimator, seed))) for seed in seeds]
    return VotingClassifier(members, voting="soft")


def ensemble_seeds(seed):
    """Seeds of the ensemble, drawn from the report's own.

    They are not small numbers: those are what users set, and the same seed twice would look as if
    seeds changed nothing.
    """
    drawn = np.random.SeedSequence((int(seed), _STREAM)).generate_state(N_SEEDS)
    return tuple((drawn % np.iinfo(np.int32).max).tolist())


def score_seeds(bench, estimator, scored):
    """Score the model with other seeds on the same rows and folds.

    Parameters
    ----------
    bench : Workbench
        Rows and folds.
    estimator : estimator
        Unfitted.
    scored : Scored
        The model with the user's seed.

    Returns
    -------
    tuple of Scored
        The model first; two entries where the first other seed changed nothing; empty where there
        is no seed, no probability, or a fit that failed.
    """
    if scored.proba is None or not seed_params(estimator):
        return ()
    found = [scored]
    for seed in ensemble_seeds(bench.request.seed)[: N_SEEDS - 1]:
        other, _ = bench.attempt(with_seed(estimator, seed), "the model with another seed")
        if other is None or other.proba is None:
            return ()
        found.append(other)
        if np.array_equal(other.proba, scored.proba):
            break
    return tuple(found)


class SeedSpread(NamedTuple):
    """How much the loss of one fit varies with the seed.

    Attributes
    ----------
    sd : float
        Standard deviation over seeds of the loss of one fit, sampling noise taken off.
    p_value : float
        Of H0: it is at most `limit`.
    """

    sd: float
    p_value: float


def seed_spread(losses, fold, limit, sample_weight=None, groups=None):
    r"""Test that the loss of one fit varies with the seed by more than a limit.

    In every fold the seeds share rows and training part, so that the mean losses of S seeds differ
    by the seed's own effect and by row noise, whose size the paired differences show. Without an
    effect, :math:`\sum_k \sum_s (L_{sk} - \bar L_k)^2 / \sigma_k^2` is chi-square with
    :math:`K (S - 1)` degrees of freedom (a two-way analysis of variance in every fold); with
    effects of standard deviation `limit` it is about non-central, by
    :math:`\sum_k (S - 1) limit^2 / \sigma_k^2`.

    Parameters
    ----------
    losses : ndarray of shape (n_seeds, n_rows)
        Loss of every row with every seed.
    fold : ndarray of shape (n_rows,), dtype int
        Fold of every row.
    limit : float
        Smallest standard deviation that matters.
    sample_weight, groups : ndarray of shape (n_rows,), default=None
        Weights; codes of the groups.

    Returns
    -------
    SeedSpread
    """
    n_seeds = len(losses)
    statistic, centre, degrees, variances = 0.0, 0.0, 0, []
    for number in np.unique(fold):
        rows = fold == number
        w = None if sample_weight is None else sample_weight[rows]
        g = None if groups is None else np.unique(groups[rows], return_inverse=True)[1]
        apart = losses[:, rows] - losses[:, rows].mean(axis=0)
        means = np.array([weighted_mean(row, w) for row in apart])
        errors = [mean_standard_error(row, w, g) for row in apart]
        noise = float(np.mean(np.square(errors))) * n_seeds / (n_seeds - 1)
        between = float(np.square(means).sum())
        if noise == 0.0 or not np.isfinite(noise):
            continue
        statistic += between / noise
        centre += (n_seeds - 1) * limit**2 / noise
        degrees += n_seeds - 1
        variances.append(between / (n_seeds - 1) - noise)
    if not degrees:
        return SeedSpread(0.0, 1.0)
    sd = float(np.sqrt(max(0.0, np.mean(variances))))
    return SeedSpread(sd, noncentral_tail(statistic, degrees, centre))


def noncentral_tail(statistic, degrees, centre):
    """Upper tail of a non-central chi-square by Sankaran's (1963) normal approximation.

    It is right to about one per cent of the tail wherever it can be compared; scipy's own series
    gives up where the centre is far out.
    """
    total = degrees + centre
    h = 1.0 - 2.0 * total * (degrees + 3.0 * centre) / (3.0 * (degrees + 2.0 * centre) ** 2)
    p = (degrees + 2.0 * centre) / total**2
    m = (h - 1.0) * (1.0 - 3.0 * h)
    mean = 1.0 + h * p * (h - 1.0 - 0.5 * (2.0 - h) * m * p)
    sd = h * np.sqrt(2.0 * p) * (1.0 + 0.5 * m * p)
    return float(stats.norm.sf(((statistic / total) ** h - mean) / sd))
