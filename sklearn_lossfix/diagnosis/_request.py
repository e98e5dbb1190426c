"""What was asked for, and the rows it was asked of, checked and encoded once."""

import sys
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.utils import _safe_indexing

# Training rows used by everything that refits, at most: a stratified sample of them where there are
# more. At 20,000 rows an error rate is known to 0.7 points, less than the effect floor.
MAX_REFIT_ROWS = 20_000


# Whole groups are sampled only where at least this many fit: fewer give folds of one or two groups.
MIN_SAMPLED_GROUPS = 50


@dataclass(frozen=True, eq=False)
class Request:
    """What the user asked for, checked and encoded once.

    Attributes
    ----------
    metric : Metric
        The metric; `scoring` is what the user passed.
    classes, pos
        Labels in order; code of the positive class or None.
    seed : int
        Seed of everything.
    n_jobs, cv, verbose, scoring
        As passed.
    notes : list of str
        What the report must say about how it was made.
    """

    metric: Any
    scoring: Any
    classes: np.ndarray
    pos: int | None
    seed: int
    n_jobs: Any
    cv: Any
    verbose: int
    notes: list

    def say(self, text):
        """Print progress to standard error, if asked for."""
        if self.verbose:
            print(f"[lossfix] {text}", file=sys.stderr, flush=True)

    def note(self, text):
        """Note once what is true of several parts of the report."""
        if text not in self.notes:
            self.notes.append(text)

    def counter(self, what):
        """A callback that prints how many fits are done."""
        return lambda done, total: self.say(f"{what}: {done} of {total} fits")


@dataclass(frozen=True, eq=False)
class Data:
    """Rows with codes, labels, weights, groups and times.

    Attributes
    ----------
    X : array-like
        Features in the user's container.
    y : ndarray of shape (n_rows,), dtype int
        Class codes.
    labels : array-like of shape (n_rows,)
        Labels as passed.
    weight, groups : ndarray or None
        Weights; codes of the groups, of validation rows in the numbering of the training rows.
    rows : ndarray of int
        Row numbers in what the user passed.
    times : ndarray of shape (n_rows,), dtype float64, or None
        When rows were seen.
    """

    X: Any
    y: np.ndarray
    labels: Any
    weight: np.ndarray | None
    groups: np.ndarray | None
    rows: np.ndarray
    times: np.ndarray | None = None

    def take(self, keep):
        """The rows `keep`."""
        return Data(
            _safe_indexing(self.X, keep),
            self.y[keep],
            _safe_indexing(self.labels, keep),
            None if self.weight is None else self.weight[keep],
            None if self.groups is None else self.groups[keep],
            self.rows[keep],
            None if self.times is None else self.times[keep],
        )


def sample_for_refits(data, request):
    """At most `MAX_REFIT_ROWS` rows, stratified (whole groups where given), with a note.

    Returns
    -------
    Data
    """
    n_rows = len(data.y)
    if n_rows <= MAX_REFIT_ROWS:
        return data
    rng = np.random.default_rng(request.seed)
    by_group = data.groups is not None
    if by_group:
        sizes = np.bincount(data.groups)
        order = rng.permutation(len(sizes))
        chosen = order[np.cumsum(sizes[order]) <= MAX_REFIT_ROWS]
        # A few large groups cannot be sampled whole: every group gives its share of rows instead.
        by_group = len(chosen) >= MIN_SAMPLED_GROUPS
    if by_group:
        keep = np.flatnonzero(np.isin(data.groups, chosen))
    else:
        keep = _stratified_rows(data.y if data.groups is None else data.groups, rng)
    # A very rare class can miss the sample, or the folds of it: all its rows go in.
    least = int(request.cv) if isinstance(request.cv, int) else 2
    few = np.flatnonzero(np.bincount(data.y[keep], minlength=len(request.classes)) < least)
    keep = np.union1d(keep, np.flatnonzero(np.isin(data.y, few)))
    request.notes.append(
        f"Everything that refits (out of fold, reference, twins) used {len(keep):,} of {n_rows:,} "
        f"training rows, drawn {'by whole groups' if by_group else 'stratified'}."
    )
    sampled = data.take(keep)
    if sampled.groups is not None:
        _, codes = np.unique(sampled.groups, return_inverse=True)
        sampled = replace(sampled, groups=codes)
    return sampled


def _stratified_rows(strata, rng):
    """About `MAX_REFIT_ROWS` rows in order, with each stratum's share of them."""
    share = MAX_REFIT_ROWS / len(strata)
    kept = []
    for stratum in np.unique(strata):
        members = np.flatnonzero(strata == stratum)
        kept.append(rng.permutation(members)[: max(1, round(share * len(members)))])
    return np.sort(np.concatenate(kept))
