"""Equal rows on both sides of a split: copies, told apart from those that chance explains."""

from dataclasses import replace

import numpy as np

from sklearn_lossfix._core._row_hash import hash_rows
from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection.leakage._leak import Leak
from sklearn_lossfix.model_selection.leakage._natural_duplicates import (
    NaturalPairs,
    copied_groups,
    natural_pairs,
)

#: Severities by the share of test rows that are copies. Ten percent raise the accuracy of a tree
#: by 5 points, thirty by 11 (own simulations); one percent is within the error of most scores.
SEVERITY_LIMITS = ((0.1, "critical"), (0.01, "high"), (0.001, "medium"), (0.0, "low"))
#: Where a lesser share of copied rows would have been seen, silence means that there are few.
DETECTABLE_SHARE = 0.01

# Values that the null model reads, and the least rows.
SAMPLE_VALUES, MIN_SAMPLE_ROWS = 2_500_000, 10_000
# Equal pairs that a sample of rows should keep.
MIN_SAMPLE_PAIRS = 50
# Columns that the null model reads; neighbours are bundled in wider tables.
MAX_COLUMNS = 256
# Below this share of natural pairs all equal rows are linked: to keep a few natural ones together
# costs a split nothing, to miss copies leaves the leak.
NEGLIGIBLE_SHARE = 0.05


class ExactDuplicates:
    """Rows of a test part that stand in the training part, too."""

    name = "exact_duplicates"
    slug = "leaked-rows"
    title = "equal rows in training and test"
    needs_y = False

    def run(self, data, earlier):
        """Compare the rows of both sides of every fold; see `LeakageCheck`."""
        if data.n_rows < 2 or data.table.n_columns == 0:
            raise CheckNotApplicable("a table of at least two rows and one column is needed.")
        labels = data.table.equal_labels
        n_tested = sum(len(test) for _, test in data.folds)
        everyone = np.ones(data.n_rows, dtype=bool)
        per_fold, _ = matched_rows(data.folds, labels, everyone, 0)
        rate = per_fold.sum() / max(1, n_tested)
        details = _equal_row_details(data, labels)
        if not per_fold.any():
            clean = self._clean(details, n_tested, per_fold)
            links, p_value = _links_on_one_side(data, labels)
            message = clean.message
            if links is not None:
                message = f"{message} The copies that there are stand on one side of each fold."
            return replace(clean, links=links, p_value=p_value, message=message)
        details["n_rows_on_both_sides"] = n_shared = rows_on_both_sides(data.folds, data.n_rows)
        if n_shared or data.options.natural == "forbid":
            natural, is_copy = NaturalPairs(0.0, 0.0, 0.0, 0.0), everyone
            found, p_value, natural_share = True, 0.0, 0.0
        else:
            natural, share_of_pairs = estimate_natural(data, labels)
            p_value, natural_share = natural.p_value, float(natural.natural_share)
            found = p_value < data.options.alpha
            detectable = natural.least_excess(data.options.alpha) / share_of_pairs / data.n_rows
            details |= {
                "n_equal_pairs": float(natural.observed / share_of_pairs),
                "n_natural_pairs": float(natural.expected / share_of_pairs),
                "n_dominant_patterns": natural.n_atoms,
                "detectable_share": float(min(1.0, detectable)),
            }
            is_copy = copied_rows(data.table, labels, natural, share_of_pairs) if found else None
        details["natural_share"] = natural_share
        if not found:
            return self._explained(data, natural, details, per_fold, rate, p_value)
        crossing = per_fold
        per_fold, pairs = matched_rows(data.folds, labels, is_copy, data.options.evidence)
        if not per_fold.any():  # copies stay on one side, only natural twins cross
            told = self._explained(data, natural, details, crossing, rate, p_value)
            return replace(told, links=np.where(is_copy, labels, np.arange(data.n_rows)))
        copied = per_fold.sum() / max(1, n_tested)
        details["n_copied_rows"] = int(is_copy[np.bincount(labels)[labels] > 1].sum())
        agreement = details.get("label_agreement")
        spoken = "" if agreement is None else f"; {agreement:.0%} of equal pairs have equal labels"
        if n_shared:
            spoken += f"; {n_shared:,} are the very same rows, put into both parts by the splitter"
        return Leak(
            check=self.name,
            slug=self.slug,
            found=True,
            message=(
                f"{per_fold.sum():,} of {n_tested:,} test rows ({copied:.2%}) stand in the "
                f"training part, too; chance explains {rate * natural_share:.2%}{spoken}."
            ),
            severity=severity_of(copied),
            rate=float(rate),
            expected_rate=float(rate * natural_share),
            p_value=float(p_value),
            pairs=pairs,
            per_fold=per_fold,
            links=np.where(is_copy, labels, np.arange(data.n_rows)),
            fix="Keep copies on one side of the split (on_leak='group'), or drop them from the "
            "training part (on_leak='drop').",
            details=details,
        )

    def _clean(self, details, n_tested, per_fold):
        """No test row stands in its training part."""
        return Leak(
            check=self.name,
            slug=self.slug,
            found=False,
            message=f"None of {n_tested:,} test rows stands in the training part.",
            rate=0.0,
            expected_rate=0.0,
            p_value=1.0,
            per_fold=per_fold,
            details=details,
        )

    def _explained(self, data, natural, details, per_fold, rate, p_value):
        """Chance explains the equal rows, or it cannot be told whether it does."""
        detectable = details["detectable_share"]
        seen = f"{per_fold.sum():,} test rows ({rate:.2%}) have an equal row in the training part"
        common = natural.n_atoms > 0
        known = data.options.natural == "allow" or (not common and detectable <= DETECTABLE_SHARE)
        if known:
            reason = f"{seen}, no more than chance explains."
        elif not np.isfinite(natural.expected):
            reason = (
                f"{seen}; without numbers, and with few columns, it cannot be told why. Pass "
                "natural='forbid' if equal rows should never occur."
            )
        elif common and detectable <= DETECTABLE_SHARE:
            reason = (
                f"{seen}, most of them through {natural.n_atoms} pattern(s) with up to "
                f"{details['largest_pattern']:,} rows: it cannot be told whether they are common "
                "or copied."
            )
        else:
            limit = "no share" if detectable >= 1 else f"only a share above {detectable:.1%}"
            reason = (
                f"{seen}; as far as these rows tell, they may repeat naturally, and {limit} of "
                "copied rows could be told apart from that. Pass natural='forbid' if equal rows "
                "should never occur."
            )
        return Leak(
            check=self.name,
            slug=self.slug,
            found=False if known else None,
            message=reason,
            rate=float(rate),
            expected_rate=float(rate * natural.natural_share),
            p_value=float(p_value),
            per_fold=per_fold,
            details=details,
        )


def severity_of(rate):
    """Severity of a share of copied test rows."""
    return next(name for limit, name in SEVERITY_LIMITS if rate >= limit)


def matched_rows(folds, labels, counts, n_pairs):
    """Test rows of each fold that have an equal row in its training part.

    Parameters
    ----------
    folds : sequence of (train, test)
        Row numbers.
    labels : ndarray of shape (n_rows,), dtype int
        Number of the first equal row.
    counts : ndarray of shape (n_rows,), dtype bool
        Rows that are looked at.
    n_pairs : int
        Pairs to show.

    Returns
    -------
    per_fold : ndarray of shape (n_folds,), dtype int
        Numbers of matched test rows.
    pairs : ndarray of shape (n_shown, 3), dtype int
        Fold, training row, test row: one pair per matched test row, folds in turn.
    """
    per_fold = np.zeros(len(folds), dtype=np.intp)
    shown = []
    n_shown = -(-n_pairs // max(1, len(folds)))
    for number, (train, test) in enumerate(folds):
        train, test = np.asarray(train), np.asarray(test)
        twin = np.full(len(labels), -1, dtype=np.intp)
        twin[labels[train]] = train
        partner = np.where(counts[test], twin[labels[test]], -1)
        matched = np.flatnonzero(partner >= 0)
        per_fold[number] = len(matched)
        shown.extend((number, partner[i], test[i]) for i in matched[:n_shown])
    return per_fold, np.array(shown[:n_pairs], dtype=np.intp).reshape(-1, 3)


def rows_on_both_sides(folds, n_rows):
    """How many test rows, over all folds, are in their own training part."""
    total = 0
    for train, test in folds:
        trained = np.zeros(n_rows, dtype=bool)
        trained[train] = True
        total += int(np.count_nonzero(trained[test]))
    return total


def _links_on_one_side(data, labels):
    """Copies that happen to stand on one side of these folds; other folds could part them.

    None where there are none, or where chance may have made them; and the p-value of the latter.
    """
    rows = np.arange(data.n_rows)
    if np.array_equal(labels, rows):
        return None, 1.0
    if data.options.natural == "forbid":
        return labels, 0.0
    natural, share_of_pairs = estimate_natural(data, labels)
    if natural.p_value >= data.options.alpha:
        return None, float(natural.p_value)
    is_copy = copied_rows(data.table, labels, natural, share_of_pairs)
    return np.where(is_copy, labels, rows), float(natural.p_value)


def estimate_natural(data, labels):
    """Natural pairs of equal rows, from as many rows as are needed.

    Parameters
    ----------
    data : SplitData
        Table and folds.
    labels : ndarray of shape (n_rows,), dtype int
        Number of the first equal row.

    Returns
    -------
    NaturalPairs
        Of the rows read.
    float
        Share of all pairs of rows that was read.
    """
    table, rng = data.table, data.rng("natural duplicates")
    order = rng.permutation(data.n_rows)
    columns = table.described_columns
    n_read = min(len(columns), MAX_COLUMNS)
    n_rows = min(data.n_rows, max(MIN_SAMPLE_ROWS, SAMPLE_VALUES // n_read))
    while n_rows < data.n_rows:
        sizes = np.bincount(labels[order[:n_rows]])
        if (sizes * (sizes - 1.0)).sum() / 2 >= MIN_SAMPLE_PAIRS:
            break
        n_rows = min(data.n_rows, 2 * n_rows)
    rows = np.sort(order[:n_rows])
    sample = table if n_rows == data.n_rows else table.take(rows)
    values, ordered, members = null_columns(sample, columns)
    found = natural_pairs(values, ordered, rng)

    def columns_of(block):
        return tuple(j for number in block for j in members[number])

    natural = replace(
        found,
        key=[columns_of(block) for block in found.key],
        odds={columns_of(block): odds for block, odds in found.odds.items()},
    )
    return natural, (n_rows / data.n_rows) ** 2


def null_columns(sample, columns):
    """What the null model reads of a table: columns, or bundles of neighbours in a wide table.

    Parameters
    ----------
    sample : Table
        Rows.
    columns : ndarray of int
        Positions.

    Returns
    -------
    list of ndarray of shape (n_rows,)
        Values.
    list of bool
        Whether they have an order.
    list of list of int
        Positions that went into each; empty where they cannot be told apart.
    """
    if len(columns) <= MAX_COLUMNS:
        values = [sample.column(j) for j in columns]
        kinds = [sample.kinds[j] for j in columns]
        values = [
            column.astype(np.float64) if kind == "time" else column
            for column, kind in zip(values, kinds, strict=True)
        ]
        return values, [kind != "category" for kind in kinds], [[int(j)] for j in columns]
    levels = sample.levels_of_indicators()
    if levels is not None and levels.shape[1] <= MAX_COLUMNS:
        return list(levels.T), [False] * levels.shape[1], [[] for _ in levels.T]
    bundles = np.array_split(columns, MAX_COLUMNS)
    values = [hash_rows(sample, bundle).keys[:, 0] for bundle in bundles]
    return values, [False] * len(bundles), [bundle.tolist() for bundle in bundles]


def copied_rows(table, labels, natural, share_of_pairs):
    """Rows of the groups of equal rows that are copies rather than natural.

    Parameters
    ----------
    table : Table
        Rows.
    labels : ndarray of shape (n_rows,), dtype int
        Number of the first equal row.
    natural : NaturalPairs
        Of a sample.
    share_of_pairs : float
        Share of all pairs that is in the sample.

    Returns
    -------
    ndarray of shape (n_rows,), dtype bool
    """
    sizes = np.bincount(labels, minlength=len(labels))
    if natural.natural_share < NEGLIGIBLE_SHARE and not natural.n_atoms:
        return (sizes > 1)[labels]
    # A pair of equal rows is one row beside the first of a group.
    average = natural.expected / share_of_pairs / len(labels)
    blocks = [block for block in natural.odds if block]
    local = np.full(len(labels), average)
    if blocks:
        hashes = hash_rows(table, [j for block in natural.key for j in block])
        local[:] = 0.0
        for block in blocks:
            _, group, counts = np.unique(
                hashes.without(*block)[:, 0], return_inverse=True, return_counts=True
            )
            near = counts[group] - sizes[labels]
            local += near * natural.odds[block] / len(blocks) / 2
    firsts = np.flatnonzero(sizes)
    copied = np.zeros(len(labels), dtype=bool)
    # Near misses of one row are few: the average row has half a say.
    copied[firsts] = copied_groups(sizes[firsts], (local[firsts] + average) / 2)
    return copied[labels]


def _equal_row_details(data, labels):
    """Counts of equal rows and of their labels."""
    sizes = np.bincount(labels, minlength=data.n_rows)
    rows = np.flatnonzero(sizes[labels] > 1)
    details = {
        "n_rows_with_equal": len(rows),
        "n_patterns": int(np.count_nonzero(sizes > 1)),
        "largest_pattern": int(sizes.max()),
        "identifiers": list(data.table.identifiers),
    }
    if data.y is None or not len(rows):
        return details
    _, codes = np.unique(data.y[rows], return_inverse=True)
    groups, group = np.unique(labels[rows], return_inverse=True)
    both, sizes_both = np.unique(group * (codes.max() + 1) + codes, return_counts=True)
    n_labels = np.bincount(both // (codes.max() + 1), minlength=len(groups))
    pairs = sizes[groups] * (sizes[groups] - 1.0)
    details["label_agreement"] = float((sizes_both * (sizes_both - 1.0)).sum() / pairs.sum())
    details["n_patterns_with_conflicting_labels"] = int(np.count_nonzero(n_labels > 1))
    return details
