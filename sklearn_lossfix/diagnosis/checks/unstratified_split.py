"""Splits whose class shares differ by more than chance."""

import numpy as np
from scipy import stats
from scipy.special import rel_entr

from sklearn_lossfix._core._finding import METRIC_FLOOR, Finding
from sklearn_lossfix.diagnosis._judging import fact, p_text
from sklearn_lossfix.diagnosis.ledgers.loss import class_loss_shares
from sklearn_lossfix.exceptions import CheckNotApplicable

# Below this expected count the chi-square approximation of a table is off (Cochran 1954); the
# p-value then comes from permutations of the labels.
MIN_EXPECTED_COUNT = 5
N_PERMUTATIONS = 9999


class UnstratifiedSplit:
    """Class counts by split, tested for homogeneity; what the difference costs decides as well.

    The cost is the mean Kullback-Leibler divergence of the class shares of the parts from those of
    all rows: what forecasts that speak under the pooled prior lose. Or, where it is more beside its
    floor, how far the loss or the accuracy of the judged rows would move if each class had the
    share that it has in the training rows. A class that is missing from a part is named; it is a
    tip where chance explains it.
    """

    name = "unstratified_split"
    slug = "unstratified-split"
    title = "Splits differ in their class shares"
    kinds = ("model",)
    effort = "fast"

    def run(self, analysis):
        """Test the table of class counts by split."""
        e = analysis.evidence
        counts = e.split_counts
        if counts is None:
            raise CheckNotApplicable("Only one part of the data is known, so there is no split.")
        total = counts.sum(axis=0)
        if e.groups is not None and e.facts.get("has_groups"):
            raise CheckNotApplicable(
                "Rows come in groups, so class counts vary by more than chance between splits."
            )
        table = counts[:, total > 0].astype(float)
        pooled = table.sum(axis=0) / table.sum()
        shares = table / table.sum(axis=1, keepdims=True)
        divergence = rel_entr(shares, pooled).sum(axis=1)
        cost = float(np.average(divergence, weights=table.sum(axis=1)))
        p_value = homogeneity_p(table)
        effect, unit, moved = cost, "nats", ""
        limit = analysis.loss_floor if analysis.ladder is not None else 0.0
        for name, size, its_unit, floor in _moves(analysis):
            if abs(size) / floor > (effect / limit if limit > 0 else 0.0):
                effect, unit, limit = abs(size), its_unit, floor
                moved = (
                    f" With the shares of the training rows the {name} would move by {size:+.3f}."
                )
        worst = int(np.argmax(divergence))
        k = int(np.argmax(np.abs(shares[worst] - pooled)))
        label = e.classes[np.flatnonzero(total > 0)[k]].item()
        message = (
            f"Class {label!r} is {shares[worst, k]:.2%} of {_part_name(e, worst)} and "
            f"{pooled[k]:.2%} of all rows; the parts' shares differ by {cost:.2g} nats "
            f"({p_text(p_value)}).{moved} Use stratified splits (StratifiedKFold, "
            f"train_test_split(stratify=y))."
        )
        # A stratified split would have given each part some of a class that large.
        absent = np.argwhere((table == 0) & (table.sum(axis=0) >= 2 * len(table)))
        if absent.size:
            part, k = absent[0]
            label = e.classes[np.flatnonzero(total > 0)[k]].item()
            lacking = (
                f"Class {label!r} has {int(table[:, k].sum())} rows and none of them in "
                f"{_part_name(e, int(part))}."
            )
            if p_value > analysis.alpha or effect <= limit:  # chance does that to a rare class
                return fact(
                    self,
                    "tip",
                    f"{lacking} Nothing can be said of it there.",
                    estimate=effect,
                    unit=unit,
                    limit=limit,
                    evidence={"counts": counts.tolist(), "homogeneity_p": p_value},
                )
            message = f"{lacking} {message}"
        return Finding(
            name=self.slug,
            section="issue",
            title=self.title,
            message=message,
            estimate=effect,
            unit=unit,
            p_value=p_value if effect > limit else 1.0,
            limit=limit,
            nats_at_stake=effect if unit == "nats" else cost,
            errors_at_stake=effect if unit == "points" else None,
            evidence={"counts": counts.tolist(), "homogeneity_p": p_value},
            checks=(self.name,),
        )


def _moves(analysis):
    """How far loss and accuracy of the judged rows move under the class shares of training rows.

    Yields
    ------
    name : str
    size : float
        Value under the shares of the training rows minus the value as it is.
    unit : {"nats", "points"}
    floor : float
        The smallest difference that matters.
    """
    e = analysis.evidence
    if e.source == "out-of-fold" or (e.split_counts[1] == 0).any():
        return
    train = e.split_counts[0] / e.split_counts[0].sum()
    shift = train - analysis.shares
    if analysis.ladder is not None and analysis.loss > 0:
        means = class_loss_shares(analysis.row_losses, e.y, e.n_classes, e.sample_weight)[2]
        yield "loss", float(shift @ means), "nats", analysis.loss_floor
    if analysis.metric.name == "accuracy":
        yield "accuracy", float(shift @ analysis.recalls["recall"]), "points", METRIC_FLOOR


def _part_name(evidence, part):
    """A part of the split, as the user knows it."""
    if evidence.source == "out-of-fold":
        return f"the test rows of split {part}"
    return ("the training rows", "the judged rows")[part]


def homogeneity_p(table):
    """P-value that all rows of a table of counts have the same shares.

    The likelihood-ratio (G) test where every expected count is at least 5, else a permutation test
    of its statistic with margins fixed (seed 0).

    Parameters
    ----------
    table : ndarray of shape (n_parts, n_classes)
        Counts; no column is empty.

    Returns
    -------
    float
    """
    if min(table.shape) < 2:
        return 1.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    if expected.min() >= MIN_EXPECTED_COUNT:
        return float(stats.chi2_contingency(table, lambda_="log-likelihood", correction=False)[1])

    def statistic(counts):
        return rel_entr(counts, expected).sum(axis=(-2, -1))

    draws = stats.random_table(table.sum(axis=1), table.sum(axis=0)).rvs(
        size=N_PERMUTATIONS, random_state=0
    )
    # Equal tables must count as "at least as extreme" whatever the rounding.
    at_least = np.count_nonzero(statistic(draws) >= statistic(table) - 1e-9)
    return float((1 + at_least) / (1 + N_PERMUTATIONS))
