"""HiddenEntities: rows that come in clumps, as several rows of one person or machine do."""

from typing import NamedTuple

import numpy as np
from scipy.stats import binom, norm

from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection.leakage._clumps import find_clumps
from sklearn_lossfix.model_selection.leakage._leak import Leak
from sklearn_lossfix.model_selection.leakage._neighbours import n_affordable, nearest_rows
from sklearn_lossfix.model_selection.leakage._scaled_rows import ScaledRows

#: Fewer rows show too few neighbours that are not of the same entity.
MIN_ROWS = 200
#: Rows that are looked at.
MIN_QUERIES, MAX_QUERIES = 100, 400
#: Neighbours of each; clumps of up to two thirds of them are seen.
N_NEIGHBORS = 30
#: Columns with fewer distinct values are lattices: rows on them have no density. At least
#: `MIN_COLUMNS` others are needed.
MIN_DISTINCT, MIN_COLUMNS = 20, 2
#: A row is in a clump at this level,
CLUMP_LEVEL = 1e-3
#: and up to this share of the rows of data without entities may be: no density is even everywhere.
#: Measured: at most 1 % on generated and 2 % on public data without known entities.
NATURAL_SHARE = 0.03
#: Where density is even, -log p of a row has at most this mean and standard deviation, whatever the
#: dimension (own simulation of 200,000 rows with 30 neighbours, whose dimension was not known; the
#: p-values are corrected for the sizes that were tried, so that the mean is below 1).
EVEN_MEAN, EVEN_SD = 0.841, 1.049
#: Below this p-value of "density is even" clumps are neither seen nor excluded. On 60 generated
#: tables without entities the least was .9: density falls off from the middle outwards.
DOUBT_LEVEL = 0.05
#: Share of the rows looked at that must differ from all others: where most rows cannot be judged,
#: the answer is not "no".
LEAST_JUDGED = 0.5
#: Columns are drawn in to so many MADs: far rows would be far from each other in one column only.
SQUASH = 3.0
#: Agreement above that of other rows from which on a column is named as what entities share.
NAMED_EXCESS = 0.2
#: Standard errors by which neighbours in row order must be on both sides more often than blocks of
#: rows allow, to be called a series.
SERIES_ERRORS = 3.0


class HiddenEntities:
    """Clumps of rows in training and test parts, where no groups are given: advice, no links.

    The null model is that rows are spread evenly around a row (`_clumps.py`, at `CLUMP_LEVEL`) for
    all but `NATURAL_SHARE` of the rows; the p-value is that of so many clumped ones among those
    looked at (binomial). Rows that equal another one in the columns of many different numbers are
    not judged; where the others are fewer than `LEAST_JUDGED`, the answer is not "no".
    """

    name = "hidden_entities"
    slug = "group-overlap"
    title = "Clumps of rows that no group explains"
    needs_y = False

    def run(self, data, earlier):
        """Look for clumps around some rows."""
        rows, kept, rng = rows_apart(data, earlier)
        n_queries = min(rows.n_rows, MAX_QUERIES, max(MIN_QUERIES, n_affordable(rows)))
        queries = np.sort(rng.choice(rows.n_rows, n_queries, replace=False))
        around = clumps_around(rows, queries)
        return _leak(
            self,
            data,
            kept[queries],
            kept[around.neighbours],
            around.inside,
            around.inside.any(axis=1),
            around.p_values,
        )


class ClumpsAround(NamedTuple):
    """What lies around some rows.

    Attributes
    ----------
    neighbours : ndarray of shape (n_queries, n_neighbors), dtype int
        Positions of the nearest other rows, the nearest first.
    inside : ndarray of the same shape, dtype bool
        Which of them are in one clump with the row.
    p_values : ndarray of shape (at most n_queries,), dtype float64
        Of "density is even", for rows that equal no other one.
    """

    neighbours: np.ndarray
    inside: np.ndarray
    p_values: np.ndarray


def rows_apart(data, earlier):
    """The points among which clumps are looked for.

    Parameters
    ----------
    data : SplitData
        The table.
    earlier : dict of str to Leak
        What other checks said: of copies only one row counts.

    Returns
    -------
    rows : ScaledRows
        Rows that are no copies, in the columns of many different numbers.
    kept : ndarray of shape (rows.n_rows,), dtype int
        Their row numbers.
    rng : numpy.random.Generator
        The generator of the check.

    Raises
    ------
    CheckNotApplicable
        Where groups are given, and for too few rows or columns.
    """
    if data.groups is not None:
        raise CheckNotApplicable("Groups are given.")
    if data.table.is_sparse:
        raise CheckNotApplicable("Clumps are looked for in dense tables only.")
    kept = _without_copies(data.n_rows, earlier)
    if len(kept) < MIN_ROWS:
        raise CheckNotApplicable(
            f"The table has {len(kept)} rows that are no copies of others; at least "
            f"{MIN_ROWS} are needed to see clumps."
        )
    columns = _spread_columns(data.table, kept)
    if len(columns) < MIN_COLUMNS:
        raise CheckNotApplicable(
            f"{len(columns)} columns hold {MIN_DISTINCT} or more different numbers; at least "
            f"{MIN_COLUMNS} are needed to see clumps."
        )
    rng = data.rng("hidden_entities")
    return ScaledRows(data.table, columns, kept, rng), kept, rng


def clumps_around(rows, queries):
    """Look for a clump around each of some rows.

    Parameters
    ----------
    rows : ScaledRows
        More than `N_NEIGHBORS` points.
    queries : ndarray of shape (n_queries,), dtype int
        Positions.

    Returns
    -------
    ClumpsAround
    """
    nearest, neighbours, differing = nearest_rows(rows, queries, N_NEIGHBORS, SQUASH)
    clumps = find_clumps(nearest, differing)
    apart = nearest[:, 0] > 0
    hit = (clumps.p_values <= CLUMP_LEVEL) & apart
    inside = (np.arange(N_NEIGHBORS) < clumps.sizes[:, None]) & hit[:, None]
    return ClumpsAround(neighbours, inside, clumps.p_values[apart])


def _without_copies(n_rows, earlier):
    """Row numbers, of each set of copies that was found only the first."""
    kept = np.ones(n_rows, dtype=bool)
    for name in ("exact_duplicates", "near_duplicates"):
        links = earlier[name].links if name in earlier else None
        if links is not None:
            linked = np.flatnonzero(links >= 0)
            kept[linked] = False
            kept[linked[np.unique(links[linked], return_index=True)[1]]] = True
    return np.flatnonzero(kept)


def _spread_columns(table, kept):
    """Positions of the columns of numbers with many different values."""
    sample = table.take(kept[np.linspace(0, len(kept) - 1, min(len(kept), 2000), dtype=np.intp)])
    described = set(table.described_columns.tolist())
    return np.array(
        [
            j
            for j in table.number_columns
            if j in described and len(np.unique(sample.column(j))) >= MIN_DISTINCT
        ],
        dtype=np.intp,
    )


def chance_of_loose_clumps(p_values):
    """Chance that neighbours of rows are as uneven as these if density is even.

    The sum of -log p (Fisher 1925) sees many weak clumps where none of them is certain.

    Parameters
    ----------
    p_values : ndarray of shape (n_rows,), dtype float64
        Of `find_clumps`.

    Returns
    -------
    float
    """
    if not len(p_values):
        return 1.0
    excess = -np.log(np.maximum(p_values, np.finfo(np.float64).tiny)).mean() - EVEN_MEAN
    return float(norm.sf(excess / EVEN_SD * np.sqrt(len(p_values))))


def _leak(check, data, queries, neighbours, inside, hit, p_values):
    """What is said of the clumps around the rows looked at."""
    options = data.options
    share = float(hit.mean())
    p_value = float(binom.sf(hit.sum() - 1, len(hit), NATURAL_SHARE))
    details = {"n_looked_at": len(hit), "share_in_clumps": share}
    tell = {"p_value": p_value, "expected_rate": NATURAL_SHARE, "details": details}
    if p_value > options.alpha:
        details["p_value_of_loose_clumps"] = p_loose = chance_of_loose_clumps(p_values)
        if p_loose <= DOUBT_LEVEL:
            return Leak(
                check.name,
                check.slug,
                None,
                f"Could not tell: {share:.1%} of {len(hit):,} rows looked at lie in a clump of "
                f"rows, which data without entities may show, but the nearest of many rows lie "
                f"apart from the others (p = {p_loose:.1g}). Either several rows of one person or "
                f"thing lie far apart, or rows are denser in some places.",
                rate=share,
                fix="Pass groups= if several rows belong to one person or thing.",
                **tell,
            )
        if len(p_values) < LEAST_JUDGED * len(hit):
            n_equal = len(hit) - len(p_values)
            return Leak(
                check.name,
                check.slug,
                None,
                f"Could not tell: {n_equal:,} of {len(hit):,} rows looked at equal another one in "
                f"all columns of {MIN_DISTINCT} or more different numbers: they may belong to one "
                f"person or thing, or be equal by chance.",
                rate=share,
                fix="Pass groups= if several rows belong to one person or thing.",
                **tell,
            )
        return Leak(
            check.name,
            check.slug,
            False,
            f"{share:.1%} of {len(hit):,} rows looked at lie in a clump of rows, no more than "
            f"{NATURAL_SHARE:.0%}, which data without entities may show.",
            rate=share,
            **tell,
        )
    size = float(np.median(inside[hit].sum(axis=1))) + 1
    row, which = np.nonzero(inside)
    first, second = queries[row], neighbours[row, which]
    details["clump_size"] = size
    details["columns"] = excess = _shared_columns(data, first, second)
    if data.y is not None:
        details["label_agreement"] = _label_agreement(data, queries, neighbours, inside, hit)
    if _is_series(queries, neighbours, inside, hit, size):
        return Leak(
            check.name,
            check.slug,
            None,
            f"{share:.1%} of the rows are much like the rows before and after them: the order of "
            f"rows is a series, and entities in it could not be told.",
            rate=share,
            fix="Pass times=, or groups= if several rows belong to one person or thing.",
            **tell,
        )
    per_fold, pairs = _crossing(data, first, second)
    n_torn = len(np.unique(pairs[:, 2]))
    # A clump may take in a row beside it: folds that keep entities together tear a few apart.
    if binom.sf(n_torn - 1, len(hit), NATURAL_SHARE) > options.alpha:
        message = (
            f"{share:.1%} of the rows lie in clumps, but the folds tear no more than "
            f"{NATURAL_SHARE:.0%} apart."
        )
        return Leak(check.name, check.slug, False, message, rate=n_torn / len(hit), **tell)
    names = tuple(excess)
    named = f" They share {', '.join(names[:3])}." if names else ""
    return Leak(
        check.name,
        check.slug,
        True,
        f"{share:.1%} of {len(hit):,} rows looked at lie in clumps of about {size:.0f} rows that "
        f"the rows around them do not explain: several rows of one person or thing, which "
        f"the folds tear apart.{named}",
        severity="medium",
        rate=n_torn / len(hit),
        pairs=pairs[: options.evidence],
        columns=names,
        per_fold=per_fold,
        fix="Find what the rows of a clump have in common and pass it as groups=.",
        **tell,
    )


def _shared_columns(data, first, second):
    """Columns that rows of one clump share more than others do: name -> excess, the worst first."""
    table = data.table
    other = data.rng("other rows").permutation(second)
    excess = {}
    for j, name in enumerate(table.names):
        inside = table.rows_equal(first, second, [j]).mean()
        outside = table.rows_equal(first, other, [j]).mean()
        if inside - outside >= NAMED_EXCESS:
            excess[name] = float(inside - outside)
    return dict(sorted(excess.items(), key=lambda item: -item[1]))


def _label_agreement(data, queries, neighbours, inside, hit):
    """How alike labels are in a clump and just outside it.

    Shares of equal labels for classes; for numbers absolute differences, over the standard
    deviation.
    """
    labels = data.y
    outside = ~inside & hit[:, None]
    one, other = labels[queries][:, None], labels[neighbours]
    if data.classes is None:
        alike = np.abs(one - other) / max(float(np.std(labels)), np.finfo(np.float64).tiny)
        names = ("difference_inside", "difference_outside")
    else:
        alike = (one == other).astype(np.float64)
        names = ("inside", "outside")
    return {
        name: float(alike[where].mean())
        for name, where in zip(names, (inside, outside), strict=True)
        if where.any()
    }


def _is_series(queries, neighbours, inside, hit, size):
    """Whether rows lie in clumps with the rows before and after them, as in a series.

    Rows of an entity that are stored together, s of them, have both neighbours in row order in
    (s - 2) / s of the cases; rows of a series nearly always.
    """
    step = neighbours - queries[:, None]
    before = ((step == -1) & inside).any(axis=1)[hit]
    after = ((step == 1) & inside).any(axis=1)[hit]
    either, both = int((before | after).sum()), int((before & after).sum())
    if 2 * either < hit.sum():
        return False
    expected = max(0.0, 1 - 2 / size)
    error = np.sqrt(max(expected * (1 - expected), 1 / either) / either)
    return both / either > expected + SERIES_ERRORS * error


def _crossing(data, first, second):
    """Test rows looked at with a row of their clump in training, of every fold, and such pairs."""
    per_fold, pairs = np.zeros(len(data.folds), dtype=np.intp), []
    for number, (train, test) in enumerate(data.folds):
        in_train, in_test = np.zeros((2, data.n_rows), dtype=bool)
        in_train[train], in_test[test] = True, True
        at = np.flatnonzero(in_test[first] & in_train[second])
        at = at[np.unique(first[at], return_index=True)[1]]
        per_fold[number] = len(at)
        pairs.append(np.column_stack([np.full(len(at), number), second[at], first[at]]))
    return per_fold, np.concatenate(pairs).astype(np.intp)
