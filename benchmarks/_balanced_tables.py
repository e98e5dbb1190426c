"""Statistics and tables of ``auto_balanced.py``: arms beside ours, over data sets."""

import itertools
from collections import Counter
from typing import NamedTuple

import numpy as np
from _balanced_arms import (
    ARMS,
    LOSSES,
    METRICS,
    OURS,
    OWN_LEARNER,
    RULE,
    SHARED,
    THRESHOLD,
    UNTOUCHED,
)
from metric_aligned_quality import set_interval
from scipy import stats

from sklearn_lossfix._core._paired_tests import nadeau_bengio_inflation

ALPHA = 0.05
# Tuning a threshold leaves probabilities as they are.
LOSS_ARMS = tuple(arm for arm in ARMS if arm != THRESHOLD)
HARM_AIM, WORSE_AIM, LOSS_AIM = -0.005, 0.05, 1.01

# --- statistics -----------------------------------------------------------------------------------


class Results:
    """Arrays of shape (sets, seeds) by learner, arm and measure; NaN where an arm does not apply.

    Where an arm of another treatment raises, the untouched learner's values stand: who meets the
    error goes on without the treatment.
    """

    def __init__(self, records, learners):
        self.learners = list(learners)
        self.kinds = {task.name: task.kind for task in records}
        self.names, self.seeds = list(self.kinds), sorted({task.seed for task in records})
        self._values = {}
        for task, record in records.items():
            at = self.names.index(task.name), self.seeds.index(task.seed)
            for learner in self.learners if task.learner == SHARED else [task.learner]:
                for arm, found in with_fallbacks(record).items():
                    for measure, value in found.items():
                        self._array(learner, arm, measure)[at] = value
        for learner, arm in itertools.product(self.learners, OWN_LEARNER):
            for measure in (*METRICS, *LOSSES):
                values = self._array(learner, arm, measure)
                untouched = self._array(learner, UNTOUCHED, measure)
                values[np.isnan(values)] = untouched[np.isnan(values)]

    def _array(self, learner, arm, measure):
        empty = np.full((len(self.names), len(self.seeds)), np.nan)
        return self._values.setdefault((learner, arm, measure), empty)

    def values(self, learner, arm, measure, kind=None):
        """Per set and split."""
        rows = [kind in (None, self.kinds[name]) for name in self.names]
        return self._array(learner, arm, measure)[rows]

    def means(self, learner, arm, measure, kind=None):
        """Per set."""
        return row_means(self.values(learner, arm, measure, kind))

    def gaps(self, learner, measure, arm, other):
        """Per set: an arm minus another one, over the splits where both ran."""
        return row_means(self.values(learner, arm, measure) - self.values(learner, other, measure))

    def arms(self, learner, measure, kind):
        """Arms that ran on every set of a kind."""
        return [a for a in ARMS if not np.isnan(self.means(learner, a, measure, kind)).any()]


def with_fallbacks(record):
    """Arm -> measures of a record, what raised being replaced by the untouched learner's."""
    arms = dict(record["arms"])
    for arm in record["errors"]:
        if arm not in (OURS, RULE):
            arms[arm] = arms.get(UNTOUCHED, {}) | arms.get(arm, {})
    return arms


def row_means(values):
    """Means of rows without NaN; NaN for rows of nothing else."""
    seen = ~np.isnan(values)
    counts = seen.sum(axis=1)
    sums = np.where(seen, values, 0).sum(axis=1)
    return np.divide(sums, counts, out=np.full(len(values), np.nan), where=counts > 0)


def holm(p_values):
    """Adjusted p-values after Holm."""
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p)
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(steps, 1)
    return adjusted


def signed_rank_p(gaps):
    """Two-sided p of Wilcoxon's test; sets without a difference count as they do after Pratt."""
    gaps = gaps[~np.isnan(gaps)]
    if not np.any(gaps):
        return 1.0
    return float(stats.wilcoxon(gaps, zero_method="pratt").pvalue)


def worse_p(gaps):
    """One-sided p that the mean over splits in halves is below zero, after Nadeau and Bengio."""
    gaps = gaps[~np.isnan(gaps)]
    n = len(gaps)
    if n < 2 or not np.any(gaps):
        return 1.0
    se = gaps.std(ddof=1) * np.sqrt(nadeau_bengio_inflation(1, 1, n) / n)
    return float(stats.t.cdf(gaps.mean() / max(se, 1e-12), n - 1))


def compare_with_ours(results, learner, metric):
    """Arm -> mean difference to ours over sets, and the adjusted p that there is one."""
    arms = [arm for arm in ARMS[1:] if not np.isnan(results.gaps(learner, metric, arm, OURS)).all()]
    gaps = [results.gaps(learner, metric, arm, OURS) for arm in arms]
    adjusted = holm([signed_rank_p(gap) for gap in gaps])
    return {arm: (np.nanmean(gap), p) for arm, gap, p in zip(arms, gaps, adjusted, strict=True)}


# --- tables ---------------------------------------------------------------------------------------


class Table(NamedTuple):
    """Rows of texts under heads, as text and as reStructuredText."""

    title: str
    heads: list
    rows: list

    def text(self):
        widths = [
            max(len(row[column]) for row in [self.heads, *self.rows])
            for column in range(len(self.heads))
        ]
        lines = [
            "  ".join(
                cell.ljust(width) if column == 0 else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in [self.heads, *self.rows]
        ]
        return "\n".join([f"\n{self.title}", *lines])

    def rst(self):
        def line(cells):
            return "   " + ", ".join(f'"{cell}"' for cell in cells)

        head = [f".. csv-table:: {self.title}", "   :header-rows: 1", "   :stub-columns: 1", ""]
        return "\n".join([*head, line(self.heads), *map(line, self.rows), ""])


def arms_table(results, metric, kind):
    """Mean of a metric and mean rank of every arm, for sets of one kind."""
    columns = {}
    for learner in results.learners:
        arms = results.arms(learner, metric, kind)
        means = np.array([results.means(learner, arm, metric, kind) for arm in arms])
        ranks = stats.rankdata(-means.round(12), axis=0).mean(axis=1)
        columns[learner] = {
            arm: f"{mean.mean():.3f} ({rank:.1f})"
            for arm, mean, rank in zip(arms, means, ranks, strict=True)
        }
    n_sets = sum(found == kind for found in results.kinds.values())
    rows = [
        [arm, *(columns[learner].get(arm, "-") for learner in results.learners)]
        for arm in ARMS
        if any(arm in columns[learner] for learner in results.learners)
    ]
    title = f"{metric}, {n_sets} {kind} sets: mean (mean rank)"
    return Table(title, ["arm", *results.learners], rows)


def differences_table(results, metric, missed):
    """Every arm minus ours in points, with marks; arms that are better miss the aim."""
    found = {learner: compare_with_ours(results, learner, metric) for learner in results.learners}

    def cell(learner, arm):
        if arm not in found[learner]:
            return "-"
        gap, p = found[learner][arm]
        if p < ALPHA and gap > 0:
            note = ", which brings its own learner," if arm in OWN_LEARNER else ""
            missed.append(f"quality: {learner} {metric}: {arm}{note} is better by {100 * gap:.1f}")
        return f"{100 * gap:+.1f}" + ("" if p >= ALPHA else " better" if gap > 0 else " worse")

    rows = [[arm, *(cell(learner, arm) for learner in results.learners)] for arm in ARMS[1:]]
    title = f"{metric}: arm minus ours in points, over all sets; marked where significant"
    return Table(title, ["arm", *results.learners], rows)


def harm_table(results, missed):
    """Ours beside the untouched learner with a tuned rule."""
    rows, n_worse, n_tests = [], 0, 0
    for learner, metric in itertools.product(results.learners, METRICS):
        by_split = results.values(learner, OURS, metric) - results.values(learner, RULE, metric)
        gaps = row_means(by_split)
        gaps = gaps[~np.isnan(gaps)]
        if len(gaps) < 2:
            continue
        low = set_interval(gaps)[0]
        p = np.array([worse_p(split_gaps) for split_gaps in by_split])
        worse = int(np.sum(holm(p) < ALPHA))
        n_worse, n_tests = n_worse + worse, n_tests + len(gaps)
        mean = gaps.mean()
        rows.append(
            [
                f"{learner} {metric}",
                f"{100 * mean:+.2f}",
                f"[{100 * low:+.2f}, {100 * (2 * mean - low):+.2f}]",
                f"{np.sum(gaps > 0)} / {np.sum(gaps < 0)}",
                f"{np.sum(p < ALPHA)}",
                f"{worse} of {len(gaps)}",
            ]
        )
        if low <= HARM_AIM:
            missed.append(f"quality: {learner} {metric}: lower bound {low:.4f} <= {HARM_AIM}")
    if n_tests and n_worse / n_tests > WORSE_AIM:
        missed.append(f"quality: significantly worse on {n_worse} of {n_tests} > {WORSE_AIM:.0%}")
    heads = ["", "points", "95 % over sets", "better / worse sets", "worse, p < 0.05", "after Holm"]
    return Table("Ours minus the untouched learner with a tuned rule", heads, rows)


def losses_table(results, loss, missed):
    """Mean of a loss per arm, and ours as a ratio."""
    means = {
        learner: {
            arm: found
            for arm in LOSS_ARMS
            if not np.isnan(found := results.means(learner, arm, loss)).all()
        }
        for learner in results.learners
    }
    rows = [
        [
            arm,
            *(
                f"{np.nanmean(means[learner][arm]):.4f}" if arm in means[learner] else "-"
                for learner in results.learners
            ),
        ]
        for arm in LOSS_ARMS
    ]
    ratios = []
    for learner in results.learners:
        both = results.values(learner, OURS, loss), results.values(learner, UNTOUCHED, loss)
        run = ~np.isnan(both[0] + both[1])
        ratio = both[0][run].mean() / both[1][run].mean() if run.any() else np.nan
        ratios.append(f"{ratio:.3f}")
        if ratio > LOSS_AIM:
            missed.append(f"quality: {learner}: {loss} {ratio:.3f} of untouched > {LOSS_AIM}")
    rows.append(["ours / untouched", *ratios])
    title = f"{loss} of predict_proba, mean over all sets"
    return Table(title, ["arm", *results.learners], rows)


def choices_table(records, learners):
    """How often which treatment was chosen."""
    counts = {learner: Counter() for learner in learners}
    for task, record in records.items():
        if task.learner in counts:
            counts[task.learner].update(record["choices"].values())
    names = [name for name, _ in sum(counts.values(), Counter()).most_common()]
    rows = [
        [name, *(f"{found[name] / max(found.total(), 1):.0%}" for found in counts.values())]
        for name in names
    ]
    return Table("What ours chose, share of fits", ["treatment", *learners], rows)


def report_errors(records, missed):
    """What raised, once per arm and text."""
    found = Counter()
    for task, record in records.items():
        for arm, text in record["errors"].items():
            found[arm, task.learner, text[:150]] += 1
    for (arm, learner, text), count in found.most_common():
        print(f"{arm}, {learner}: failed in {count} tasks: {text}")
        if arm in (OURS, RULE):
            missed.append(f"quality: {arm}, {learner} failed in {count} tasks: {text}")
