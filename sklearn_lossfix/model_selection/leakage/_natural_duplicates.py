"""How many pairs of equal rows chance explains: a null model for tables with few distinct values.

Rows that were copied agree everywhere. Rows that agree by chance stand among many more that agree
in all columns but one. From these near misses the number of natural pairs is extrapolated: of the
pairs that agree outside columns j and k, as many should agree in both as would if agreeing in j
and in k were independent, N_j * N_k / N_jk (N_j: pairs that differ in j only; N_jk: in both).

Two things would deceive this. Columns that others determine never differ alone, so only a key is
read: as few columns as still tell the rows apart, of which those with the fewest values are kept.
Where columns follow from others by formulas, rounded ones make up a key that hides near misses: the
columns without those are read as well, and the greater number counts. And one pattern that fills
much of a table, such as "all zero", is no sample of anything; it is set aside.
"""

from bisect import bisect_left
from dataclasses import dataclass, field

import numpy as np
from scipy import special, stats

from sklearn_lossfix._core._row_hash import mix, multipliers, words_of
from sklearn_lossfix.model_selection.leakage._functional_columns import without_functional

#: Interactions between columns may multiply natural pairs by this much. Twice what the worst of
#: the simulated natural tables shows (rounded random walks and over-dispersed counts: 2.3).
MODEL_ERROR = 5.0
# Patterns of at least this many rows with at least this share of all pairs are set aside.
MIN_ATOM_ROWS, MIN_ATOM_SHARE = 10, 0.1
# Columns of the key with the most near misses from which pairs are made.
N_NEAR_COLUMNS = 6
# Columns beside a key of one that are asked whether its neighbours are theirs.
N_OTHER_COLUMNS = 5
# Pairs that differ, below which more columns are left out to learn how often one agrees.
MIN_DIFFERING_PAIRS = 30
# Values are a step apart up to this many times the smallest gap: between one and two steps.
LATTICE_STEP = 1.5
#: Groups are called copied as long as at most this share of them is natural: the share that a
#: table as a whole may have to be called copied, too.
MAX_NATURAL_SHARE = 1 / MODEL_ERROR
# Nodes of the integral over how uncertain the expected number is, in standard deviations.
_NODES = np.linspace(-6.0, 6.0, 121)
_DENSITY = stats.norm.pdf(_NODES)
# Numbers of copied pairs that are tried, to tell the least one that would be seen.
_EXCESSES = np.geomspace(1.0, 1e12, 240)


@dataclass(frozen=True, eq=False)
class NaturalPairs:
    """Pairs of equal rows, and how many are natural.

    Attributes
    ----------
    observed : float
        Pairs of equal rows, without those of patterns set aside.
    expected : float
        Natural pairs; infinite where nothing can be learnt about them.
    log_error : float
        Standard error of the logarithm of `expected`.
    n_effective : float
        Number of independent pairs that vary as much as `observed`.
    n_atoms : int
        Patterns that were set aside.
    key : list of tuple of int
        Positions of the columns that were read; indicators of one block are together.
    odds : dict of tuple of int to float
        Odds that natural rows which agree in the rest of the key agree in some of its columns.
    """

    observed: float
    expected: float
    log_error: float
    n_effective: float
    n_atoms: int = 0
    key: list = field(default_factory=list)
    odds: dict = field(default_factory=dict)

    @property
    def natural_share(self):
        """Share of the observed pairs that is natural."""
        return min(1.0, self.expected / self.observed) if self.observed else 0.0

    @property
    def p_value(self):
        """Chance of as many pairs if all are natural."""
        if not self.observed:
            return 1.0
        return excess_p_value(
            self.observed, self.expected, self.log_error, self.n_effective / self.observed
        )

    def least_excess(self, alpha):
        """Least number of copied pairs that would have been significant beside natural ones."""
        if not np.isfinite(self.expected):
            return np.inf
        scale = self.n_effective / self.observed if self.observed else 1.0

        def is_significant(place):
            # Copies are pairs on their own: they do not come in large patterns.
            total = self.expected + _EXCESSES[place]
            weight = (self.expected * scale + _EXCESSES[place]) / total
            return excess_p_value(total, self.expected, self.log_error, weight) < alpha

        places = range(len(_EXCESSES))
        least = bisect_left(places, True, key=is_significant)
        # The chance falls as the excess grows, but for the steps of whole numbers.
        while least > 0 and is_significant(least - 1):
            least -= 1
        return float(_EXCESSES[least]) if least < len(_EXCESSES) else np.inf


def excess_p_value(observed, expected, log_error, weight=1.0):
    """Chance of at least `observed` pairs where `expected` are natural, allowing for the model.

    Parameters
    ----------
    observed, expected : float
        Numbers of pairs.
    log_error : float
        Standard error of the logarithm of `expected`.
    weight : float, default=1.0
        Independent pairs per pair: below one where pairs come in patterns of many rows.

    Returns
    -------
    float
    """
    if not np.isfinite(expected):
        return 1.0
    means = MODEL_ERROR * expected * weight * np.exp(log_error * _NODES)
    # The upper tail of Poisson's law; all of it from zero pairs on.
    tails = special.pdtrc(np.ceil(observed * weight) - 1, means) if observed * weight > 0 else 1.0
    return float(min(1.0, (tails * _DENSITY).sum() / _DENSITY.sum()))


def collapse_exclusive(columns):
    """Join indicator columns of which at most one is set in any row: one-hot blocks.

    Parameters
    ----------
    columns : list of ndarray of shape (n_rows,)
        Values.

    Returns
    -------
    list of ndarray
        Other columns as they are, then a column of codes for each block.
    list of list of int
        Positions in `columns` that went into each.
    """
    others, blocks = [], []
    for j, column in enumerate(columns):
        if not ((column == 0) | (column == 1)).all() or not column.any():
            others.append(([j], column))
            continue
        taken = column == 1
        for block, filled in blocks:
            if not (filled & taken).any():
                block.append(j)
                filled |= taken
                break
        else:
            blocks.append(([j], taken.copy()))
    for members, _ in blocks:
        codes = np.zeros(len(columns[0]))
        for number, j in enumerate(members, start=1):
            codes[columns[j] == 1] = number
        others.append((members, codes))
    return [column for _, column in others], [members for members, _ in others]


def column_keys(columns):
    """Random words of columns, whose sums tell rows apart.

    Returns
    -------
    list of ndarray of shape (n_rows,), dtype uint64
    """
    odd = multipliers(len(columns))[0]
    return [mix(words_of(column)) * factor for column, factor in zip(columns, odd, strict=True)]


def natural_pairs(columns, ordered, rng):
    """Estimate how many pairs of equal rows are natural.

    Parameters
    ----------
    columns : list of ndarray of shape (n_rows,)
        Values: numbers, or codes of categories.
    ordered : list of bool
        Whether values of a column have distances, so that neighbours can be counted.
    rng : numpy.random.Generator
        Picks columns.

    Returns
    -------
    NaturalPairs
    """
    columns, members = collapse_exclusive(columns)
    ordered = [len(m) == 1 and ordered[m[0]] for m in members]
    words = column_keys(columns)
    n_atoms, kept = _without_atoms(_sum(words, range(len(words))))
    if n_atoms:
        columns, words = [c[kept] for c in columns], [w[kept] for w in words]
    total = _sum(words, range(len(words)))
    sizes = group_sizes(total)
    observed, n_effective = pair_count(sizes)
    if observed == 0:
        return NaturalPairs(0.0, 0.0, 0.0, 0.0, n_atoms)

    def from_columns(read):
        """Natural pairs as some columns tell them."""
        key = [read[j] for j in key_columns([words[j] for j in read], [ordered[j] for j in read])]
        if len(key) > 2:
            expected, error, odds = _from_near_misses(words, key, observed, rng)
        else:
            expected, error = _from_neighbours(columns, words, ordered, key, len(sizes))
            odds = {}
        odds = {tuple(members[j]): value for j, value in odds.items()}
        named = [tuple(members[j]) for j in key]
        return NaturalPairs(observed, expected, error, n_effective, n_atoms, named, odds)

    found = from_columns(range(len(words)))
    base = without_functional(words)
    if len(base) == len(words) or not np.isfinite(found.expected):
        return found
    return max(found, from_columns(base), key=lambda natural: natural.expected)


def group_sizes(keys):
    """How many rows share each key."""
    keys = np.sort(keys)
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1], [True]]))
    return np.diff(starts)


def pair_count(sizes):
    """Pairs inside groups, and the number of independent pairs that vary as much."""
    pairs = sizes * (sizes - 1.0) / 2
    total = pairs.sum()
    return float(total), float(total**2 / (pairs**2).sum()) if total else 0.0


def key_columns(words, ordered):
    """As few columns as tell the same rows apart, of which the ones with few values stay.

    Parameters
    ----------
    words : list of ndarray of shape (n_rows,), dtype uint64
        Words of the columns.
    ordered : list of bool
        Columns without order are left out first among those with equally many values.

    Returns
    -------
    list of int
        Positions, that with the fewest values first.
    """
    n_values = [len(group_sizes(column)) for column in words]
    key = sorted(range(len(words)), key=lambda j: (n_values[j], not ordered[j]))
    wanted = len(group_sizes(_sum(words, key)))
    step = len(key) // 2
    while step:  # halves, quarters, ...: tables of numbers lose nearly all columns at once
        stop = len(key)
        while stop > 0 and len(key) > 1:
            start = max(0, stop - step)
            rest = key[:start] + key[stop:]
            if rest and len(group_sizes(_sum(words, rest))) == wanted:
                key = rest
            stop = start
        step //= 2
    return key


def copied_groups(sizes, natural_rows, share=MAX_NATURAL_SHARE):
    """Groups of equal rows that are larger than chance makes them.

    Parameters
    ----------
    sizes : ndarray of shape (n_groups,)
        Rows of each group, one for rows without an equal.
    natural_rows : ndarray of shape (n_groups,)
        Expected number of natural rows beside the first of each group.
    share : float, default=MAX_NATURAL_SHARE
        Of the groups found, the expected share that is natural is at most this
        (Benjamini and Hochberg, 1995). Groups that dominate the table are never found.

    Returns
    -------
    ndarray of shape (n_groups,), dtype bool
    """
    tails = np.where(sizes > 1, stats.poisson.sf(sizes - 2, natural_rows), 1.0)
    found = (stats.false_discovery_control(tails) <= share) & ~_dominant(sizes)
    # All together are copies for the most part, even if none is so on its own.
    return found if found.any() else (sizes > 1) & ~_dominant(sizes)


def _dominant(sizes):
    """Groups of equal rows that hold much of all pairs of equal rows."""
    pairs = sizes * (sizes - 1.0) / 2
    return (sizes >= MIN_ATOM_ROWS) & (pairs >= MIN_ATOM_SHARE * pairs.sum())


def _sum(words, columns):
    """Sum of the words of some columns."""
    total = np.zeros(len(words[0]), dtype=np.uint64)
    for j in columns:
        total += words[j]
    return total


def _without_atoms(keys):
    """Number of patterns that make up much of the table, and the rows that have none of them."""
    _, patterns, sizes = np.unique(keys, return_inverse=True, return_counts=True)
    atoms = _dominant(sizes)
    return int(atoms.sum()), ~atoms[patterns]


def _from_near_misses(words, key, observed, rng):
    """Natural pairs, their relative error, and the odds of agreement, from near misses."""
    total = _sum(words, key)
    single = {j: pair_count(group_sizes(total - words[j])) for j in key}
    near = {j: single[j][0] - observed for j in key}
    top = sorted(key, key=lambda j: -near[j])[:N_NEAR_COLUMNS]
    estimates, odds = [], {j: [] for j in top}
    counted = np.zeros(3)
    for j in top:
        for k in top:
            if j == k:
                continue
            agreeing, differing = _agreement(words, key, j, k, near[j], observed, rng)
            odds[j].append((agreeing + 1) / (differing + 1))
            estimates.append((near[j] + 1) * odds[j][-1])
            # Pairs come in groups, so that they tell less than their number says.
            weight = min(1.0, single[j][1] / single[j][0])
            counted += weight * np.array([near[j], agreeing, differing])
    # Near misses in several columns are several samples; each was met once with every other.
    counted /= len(top) - 1
    error = float(np.sqrt((1 / (counted + 1)).sum()))
    # The upper quartile rather than the middle: columns that depend on each other give too few.
    expected = float(np.quantile(estimates, 0.75))
    return expected, error, {j: float(np.median(values)) for j, values in odds.items()}


def _agreement(words, key, j, k, near, observed, rng):
    """Pairs that agree, and that differ, in column j while they differ in k or in further columns.

    Further columns are left out until enough pairs differ.
    """
    others = [c for c in rng.permutation(key) if c not in (j, k)]
    n_left_out = 2
    while True:
        left_out = [j, k, *others[: n_left_out - 2]]
        rest = [c for c in key if c not in left_out]
        n_rows = len(words[0])
        alike = pair_count(group_sizes(_sum(words, rest)))[0] if rest else n_rows * (n_rows - 1) / 2
        agreeing = pair_count(group_sizes(_sum(words, [*rest, j])))[0] - observed
        differing = alike - agreeing - observed - near
        if differing >= MIN_DIFFERING_PAIRS or not rest:
            return agreeing, max(differing, 0.0)
        n_left_out = 2 * n_left_out - 1


def _from_neighbours(columns, words, ordered, key, n_patterns):
    """Natural pairs, and their relative error, where one or two columns tell all rows apart.

    Values that were rounded stand on a lattice: about as many natural pairs are one step apart as
    are equal. Where several columns tell all rows apart, each alone, rows that are one step apart
    in one of them must be so in another for its values to be determined by them.
    """
    numbers = [j for j in key if ordered[j]]
    if not numbers:
        return np.inf, 0.0
    n_rows = len(words[0])
    counts = [_neighbours(columns[j], _sum(words, [k for k in key if k != j])) for j in numbers]
    expected = max(counts)
    if len(key) == 2:
        first, second = (pair_count(group_sizes(words[j]))[0] for j in key)
        expected = max(expected, first * second / (n_rows * (n_rows - 1) / 2))
        return expected, 1 / np.sqrt(expected + 1)
    shares = [1.0]
    for j, column in enumerate(columns):
        if len(shares) > N_OTHER_COLUMNS:
            break
        if j != key[0] and ordered[j] and len(group_sizes(words[j])) == n_patterns:
            shares.append(_shared_neighbours(columns[key[0]], column))
    return max(expected, 1.0) * min(shares), 1 / np.sqrt(expected + 1)


def _neighbours(values, rest):
    """Half the pairs that are one step apart in a column and equal in the rest."""
    order = np.lexsort([values, rest])
    values, rest = values[order], rest[order]
    starts = np.flatnonzero(
        np.concatenate([[True], (values[1:] != values[:-1]) | (rest[1:] != rest[:-1])])
    )
    sizes = np.diff(np.append(starts, len(values))).astype(float)
    values, rest = values[starts], rest[starts]
    levels = np.unique(values[np.isfinite(values)])
    if len(levels) < 2:
        return np.inf
    step = np.diff(levels).min() * LATTICE_STEP
    with np.errstate(invalid="ignore"):  # infinities have no distance
        close = (rest[1:] == rest[:-1]) & (values[1:] - values[:-1] <= step)
    return float((sizes[1:] * sizes[:-1])[close].sum() / 2)


def _shared_neighbours(first, second):
    """Share of distinct values of a column whose next value is next to it in the other as well."""
    _, rows = np.unique(first, return_index=True)
    ranks = np.unique(second[rows], return_inverse=True)[1]
    if len(rows) < 3:
        return 1.0
    return (np.count_nonzero(np.abs(np.diff(ranks)) <= 1) + 1) / len(rows)
