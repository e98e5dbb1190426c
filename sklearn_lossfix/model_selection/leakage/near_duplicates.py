"""NearDuplicates: rows that were copied with noise, with rounding, or with a few cells changed."""

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.stats import poisson

from sklearn_lossfix._core._row_hash import hash_rows
from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection.leakage._crossing import crossing_rows, n_tested
from sklearn_lossfix.model_selection.leakage._distinct_columns import DistinctColumns
from sklearn_lossfix.model_selection.leakage._leak import Leak
from sklearn_lossfix.model_selection.leakage._near_copies import MIN_NEIGHBORS, find_near_copies
from sklearn_lossfix.model_selection.leakage._partial_copies import (
    SPARE_BLOCKS,
    block_keys,
    candidate_pairs,
    chance_pairs,
    deal_units,
    differing_blocks,
    n_differing_units,
    one_hot_units,
)
from sklearn_lossfix.model_selection.leakage._patched_copies import (
    TellingColumns,
    are_more_than_chance,
    patched_pairs,
    telling_columns,
    value_agreement,
)
from sklearn_lossfix.model_selection.leakage._scaled_rows import ScaledRows

#: A leak of so small a share of the rows is not worth a "could not tell".
NEGLIGIBLE_SHARE = 0.01
#: Copies of fewer pairs, or of a smaller share of the rows, are no leak: no null model holds for
#: every single row, and so few could not change a score.
MIN_PAIRS, MIN_SHARE = 3, 0.001
#: Rows among which distinct values are counted, and those that tell one-hot columns.
COUNTED_ROWS, UNIT_ROWS = 4000, 10_000


class NearDuplicates:
    """Near and partial copies of rows in training and test parts.

    Near copies are closer than `near`, in robustly scaled units, and far closer than the rows
    around them; categories and missing values must be equal. Partial copies are equal in all but
    `partial_columns` columns, more often than the agreement of rows in fewer columns lets expect.
    Null models: the volumes up to the neighbours of a row grow like a Poisson process
    (`_clumps.py`; Simes over the rows), and no interaction of three blocks of columns in the
    agreement of pairs (`_partial_copies.py`; Poisson, Bonferroni over sets of blocks). With fewer
    than `SPARE_BLOCKS` columns beside those that may differ there is no such model: pairs that are
    equal in more than half of a row are then a doubt.
    """

    name = "near_duplicates"
    slug = "leaked-rows"
    title = "Nearly equal rows in training and test parts"
    needs_y = False

    def run(self, data, earlier):
        """Find copies of rows, then those on both sides of a fold."""
        table, options = data.table, data.options
        wanted = options.near > 0 or options.partial_columns > 0
        if not wanted:
            raise CheckNotApplicable("near and partial_columns are 0.")
        if table.is_sparse:
            raise CheckNotApplicable(
                "Near and partial copies are looked for in dense tables only; equal rows of a "
                "sparse one are found."
            )
        labels = table.equal_labels
        kept = np.flatnonzero(labels == np.arange(len(labels)))
        if len(kept) <= 2 * MIN_NEIGHBORS:
            raise CheckNotApplicable(
                f"The table has {len(kept)} distinct rows; more than {2 * MIN_NEIGHBORS} are "
                f"needed to tell how close rows are by chance."
            )
        blocks = _Blocks.deal(table, options.partial_columns, kept)
        found = []
        if options.near > 0:
            found.append(_near(data, blocks.columns, kept))
        if options.partial_columns > 0:
            found.append(_partial(data, blocks, kept))
            found.append(_patched(data, blocks, kept))
        return _leak(self, data, labels, found)


@dataclass(frozen=True, eq=False)
class _Copies:
    """Copies of one kind: pairs of row numbers, and what is told about them."""

    kind: str
    pairs: np.ndarray
    p_value: float = 1.0
    expected: float = 0.0
    undecided: str = ""
    details: dict = field(default_factory=dict)


_NO_PAIRS = np.empty((0, 2), dtype=np.intp)


@dataclass(frozen=True, eq=False)
class _Blocks:
    """Columns dealt into blocks, and the keys of all rows in each; None if they are too few.

    Once for partial copies, all columns by their units, and once for patched ones: the columns of
    many values. No keys are made where enough columns tell all rows apart, so that no pair of rows
    could agree in as much.
    """

    columns: np.ndarray
    units: np.ndarray | None = None
    block: np.ndarray | None = None
    keys: np.ndarray | None = None
    telling: TellingColumns | None = None
    telling_keys: np.ndarray | None = None

    @classmethod
    def deal(cls, table, n_changed, kept):
        """Deal the columns of a table for copies that may differ in some of them."""
        columns = table.described_columns
        if not n_changed:
            return cls(columns)
        values = _columns_of(table, columns, _some_rows(table.n_rows, COUNTED_ROWS))
        agreement, n_distinct = value_agreement(values)
        n_counted, units, block = len(values[0]), None, None
        if len(columns) > 2 * n_changed:
            units = _units(table, columns, n_distinct)
            n_units = int(units.max()) + 1
            if n_units > 2 * n_changed:
                block = deal_units(n_distinct, units, min(n_units, n_changed + SPARE_BLOCKS))
        if len(kept) < table.n_rows:
            values = _columns_of(table, columns, kept[:: max(1, len(kept) // COUNTED_ROWS)])
            agreement, n_distinct = value_agreement(values)
            n_counted = len(values[0])
        telling = telling_columns(columns, agreement, n_distinct)
        apart = DistinctColumns(table, kept, columns[n_distinct == n_counted])
        deals = {}
        # Patched pairs agree in a whole block, partial ones in all but n_changed columns.
        if len(telling.columns) and not all(
            apart.one_of(columns[telling.block == k]) for k in range(telling.block.max() + 1)
        ):
            deals["telling_keys"] = telling.block
        if block is not None and not apart.are_at_least(n_changed + 1):
            deals["keys"] = block
        keys = block_keys(table, columns, *deals.values()) if deals else []
        return cls(columns, units, block, telling=telling, **dict(zip(deals, keys, strict=True)))


def _some_rows(n_rows, n_some):
    """Row numbers, evenly spaced."""
    return np.linspace(0, n_rows - 1, min(n_some, n_rows), dtype=np.intp)


def _units(table, columns, n_distinct):
    """Unit of every column, of which some rows hold so many distinct values."""
    first = np.arange(len(columns))
    binary = np.flatnonzero(n_distinct <= 2)
    if len(binary) > 1:
        rows = _some_rows(table.n_rows, UNIT_ROWS)
        units = one_hot_units(_columns_of(table, columns[binary], rows))
        first[binary] = binary[np.unique(units, return_index=True)[1]][units]
    return np.unique(first, return_inverse=True)[1]


def _columns_of(table, columns, rows):
    """Values of columns in some rows, each column in one piece."""
    sample = table.take(rows)
    if all(table.kinds[j] == "number" for j in columns):
        return list(np.ascontiguousarray(sample.numbers(columns).T))
    return [sample.column(j) for j in columns]


def _near(data, columns, kept):
    """Near copies among the rows kept, of which no two are equal."""
    table = data.table
    is_number = np.array([table.kinds[j] == "number" for j in columns])
    if not is_number.any():
        return _Copies("near", _NO_PAIRS, details={"near_rows": 0})
    rng = data.rng("near_duplicates")
    rows = ScaledRows(table, columns[is_number], None if len(kept) == table.n_rows else kept, rng)
    context = None
    if not is_number.all():
        context = hash_rows(table, columns[~is_number]).keys[kept, 0]
    # Rows that differ in the columns of partial copies are judged there.
    copies = find_near_copies(
        rows,
        data.options.near,
        rng,
        least_differing=data.options.partial_columns + 1,
        context=context,
    )
    details = {"near_rows": copies.n_close, "near_p_value": copies.p_value}
    if copies.p_value <= data.options.alpha and len(copies.pairs):
        return _Copies("near", kept[copies.pairs], copies.p_value, details=details)
    undecided = ""
    if copies.n_close > NEGLIGIBLE_SHARE * table.n_rows:
        undecided = (
            f"{copies.n_close:,} rows have another one within {data.options.near:g}, as they do "
            f"where rows lie dense: near copies among them could not be told"
        )
    return _Copies("near", _NO_PAIRS, copies.p_value, undecided=undecided, details=details)


def _partial(data, blocks, kept):
    """Partial copies among the rows kept."""
    table, n_changed = data.table, data.options.partial_columns
    if blocks.block is None:
        few = (
            f"copies that may differ in partial_columns={n_changed} need more than {2 * n_changed} "
            f"columns: they are to be equal in more than half of a row"
        )
        return _Copies("partial", _NO_PAIRS, details={"partial_not_applicable": few})
    if blocks.keys is None:
        return _Copies("partial", _NO_PAIRS, details={"partial_pairs": 0})
    keys = blocks.keys if len(kept) == table.n_rows else blocks.keys[:, kept]
    pairs = candidate_pairs(keys, n_changed)
    differ = differing_blocks(keys, pairs)
    count = n_differing_units(
        table, blocks.columns, blocks.units, blocks.block, kept[pairs], differ
    )
    # None: rows that the keys did not tell apart.
    good = (count > 0) & (count <= n_changed)
    pairs, differ = pairs[good], differ[good]
    if not len(pairs):
        return _Copies("partial", _NO_PAIRS, details={"partial_pairs": 0})
    if len(keys) < n_changed + SPARE_BLOCKS:
        return _unjudged_partial(pairs, kept, data)
    chance = chance_pairs(keys, n_changed, data.rng("partial_copies"))
    accepted = np.zeros(len(pairs), dtype=bool)
    p_value, expected, missed = 1.0, 0.0, 0
    for bits, mean in chance.items():
        inside = differ == bits
        # Of many rows that are all alike, as many pairs as link them: pairs among them do not
        # come one by one.
        n_seen = int(inside.sum()) and len(kept) - _components(pairs[inside], len(kept))[0]
        p_bits = min(1.0, len(chance) * poisson.sf(n_seen - 1, mean))
        p_value = min(p_value, p_bits)
        if p_bits <= data.options.alpha:
            accepted |= inside
            expected += min(mean, n_seen)
        else:
            missed = max(missed, n_seen)
    details = {"partial_pairs": len(pairs), "partial_expected": float(sum(chance.values()))}
    undecided = ""
    if 2 * missed > NEGLIGIBLE_SHARE * table.n_rows:
        undecided = (
            f"{missed:,} pairs are equal in all but {n_changed} columns, which chance explains: "
            f"partial copies among them could not be told"
        )
    return _Copies("partial", kept[pairs[accepted]], p_value, expected, undecided, details)


def _unjudged_partial(pairs, kept, data):
    """Partial copies in so few columns that the model of chance has nothing to go by."""
    n_linked = len(kept) - _components(pairs, len(kept))[0]
    undecided = ""
    if 2 * n_linked > NEGLIGIBLE_SHARE * data.n_rows:
        n_changed = data.options.partial_columns
        undecided = (
            f"{n_linked:,} pairs are equal in all but {n_changed} columns: with fewer than "
            f"{n_changed + SPARE_BLOCKS} columns it is not known how many chance makes so"
        )
    details = {"partial_pairs": len(pairs)}
    return _Copies("partial", _NO_PAIRS, undecided=undecided, details=details)


def _patched(data, blocks, kept):
    """Rows that agree in half of their numbers: a doubt, as they may also share what lasts."""
    if blocks.telling_keys is None:
        return _Copies("patched", _NO_PAIRS, details={"patched_rows": 0})
    pairs, expected = patched_pairs(data.table, blocks.telling, blocks.telling_keys, kept)
    n_columns = len(blocks.telling.columns)
    if data.groups is not None:
        pairs = pairs[data.groups[pairs[:, 0]] != data.groups[pairs[:, 1]]]
    n_rows = len(np.unique(pairs))
    undecided = ""
    if n_rows > NEGLIGIBLE_SHARE * data.n_rows and are_more_than_chance(
        len(pairs), expected, data.options.alpha
    ):
        undecided = (
            f"{n_rows:,} rows equal another one in half or more of {n_columns} columns of many "
            f"different values: copies in which more than partial_columns="
            f"{data.options.partial_columns} cells were changed, or several rows of one person or "
            f"thing (pass them as groups)"
        )
    return _Copies("patched", _NO_PAIRS, undecided=undecided, details={"patched_rows": n_rows})


def _components(pairs, n):
    """Number of connected components, and the component of every row."""
    ones = np.ones(len(pairs), dtype=np.int8)
    return connected_components(coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(n, n)))


def _leak(check, data, labels, found):
    """What is said of the copies found."""
    options, n_rows = data.options, data.n_rows
    details = {name: value for copies in found for name, value in copies.details.items()}
    # Patched copies are never named, so they are no test.
    n_tests = sum(copies.kind != "patched" for copies in found)
    p_value = float(min(1.0, n_tests * min(copies.p_value for copies in found)))
    details["n_pairs"] = {copies.kind: len(copies.pairs) for copies in found}
    pairs = np.concatenate([copies.pairs for copies in found])
    undecided = "; ".join(copies.undecided for copies in found if copies.undecided)
    tell = {"p_value": p_value, "details": details}
    if not len(pairs) or p_value > options.alpha:
        if undecided:
            message = f"Could not tell: {undecided}."
            return Leak(check.name, check.slug, None, message, **tell)
        message = "No rows are near or partial copies of others beyond what chance explains."
        return Leak(check.name, check.slug, False, message, rate=0.0, **tell)
    links = _links(pairs, labels)
    n_linked, largest = int((links >= 0).sum()), int(np.bincount(links[links >= 0]).max())
    details["n_linked_rows"], details["largest_set"] = n_linked, largest
    if len(pairs) < MIN_PAIRS or n_linked < MIN_SHARE * n_rows:
        message = f"Only {n_linked:,} of {n_rows:,} rows look like copies: too few to matter."
        return Leak(check.name, check.slug, False, message, rate=0.0, **tell)
    if largest > options.max_component_share * n_rows:
        return Leak(
            check.name,
            check.slug,
            None,
            f"Near copies link {largest:,} of {n_rows:,} rows into one set, more than "
            f"max_component_share={options.max_component_share:g}: that is a chain of similar "
            f"rows, not a set of copies, so nothing was linked.",
            fix="Make near smaller, or name the columns that tell rows apart and ignore others.",
            **tell,
        )
    per_fold, evidence = crossing_rows(links, data.folds, options.evidence)
    n_leaked, n_test = int(per_fold.sum()), n_tested(data.folds)
    kinds = " and ".join(
        f"{kind} copies ({len(copies.pairs):,} pairs)"
        for copies in found
        if len(copies.pairs) and (kind := copies.kind)
    )
    if not n_leaked:
        message = f"The table holds {kinds}, but none on both sides of a fold."
        # Other folds could part them.
        return Leak(
            check.name,
            check.slug,
            False,
            message,
            rate=0.0,
            per_fold=per_fold,
            links=links,
            **tell,
        )
    expected = sum(copies.expected for copies in found) / max(1, len(pairs))
    rate = n_leaked / max(1, n_test)
    return Leak(
        check.name,
        check.slug,
        True,
        f"{n_leaked:,} of {n_test:,} test rows ({rate:.1%}) have a near copy in the training part "
        f"of their fold: {kinds}.",
        severity="high" if rate > NEGLIGIBLE_SHARE else "medium",
        rate=rate,
        expected_rate=rate * expected,
        pairs=evidence,
        per_fold=per_fold,
        links=links,
        fix="Keep copies on one side: on_leak='group', or 'drop' them from the training parts.",
        **tell,
    )


def _links(pairs, labels):
    """Numbers of the sets of rows that the pairs link, with the rows equal to them; -1 for none."""
    n_sets, which = _components(pairs, len(labels))
    linked = np.zeros(n_sets, dtype=bool)
    linked[which[pairs[:, 0]]] = True
    number = np.where(linked, np.cumsum(linked) - 1, -1)
    return number[which[labels]]
