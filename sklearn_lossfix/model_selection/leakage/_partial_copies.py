"""Pairs of rows that are equal in all but a few columns, and how many of them chance gives.

Columns are dealt into blocks. Rows that differ in c columns differ in at most c blocks, so that
hashes of all other blocks find every such pair. Chance is told from the pairs that differ in more
blocks: without interaction of three blocks (a log-linear model, as in capture-recapture with
dependent lists: Fienberg 1972, *The multiple recapture census for closed populations*) the number
that differ in one set of blocks follows from the numbers that differ in larger sets.
"""

from itertools import combinations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from sklearn_lossfix._core._row_hash import multipliers, repeated
from sklearn_lossfix.model_selection.leakage._pairs import pair_codes, unique_pairs

#: Blocks beyond those that may differ: as many as the model of chance needs.
SPARE_BLOCKS = 3
#: Rows from which chance is estimated; the numbers of pairs grow with the square of the rows.
CHANCE_ROWS = 100_000
#: Rows in which two indicators would both be 1 by chance, from which on none is no chance any more
#: (e^-10 of a pair).
MISSED_ROWS = 10


def one_hot_units(values):
    """Number columns so that indicators of one categorical variable have one number.

    Two indicators that are never 1 together, though their frequencies let expect it, tell of one
    variable: hashes of single indicators would agree far less independently than variables do.

    Parameters
    ----------
    values : list of ndarray of shape (n_rows,)
        Columns, numbers or codes.

    Returns
    -------
    ndarray of shape (n_columns,), dtype int
        Unit of each column, 0, 1, ...
    """
    linked = np.eye(len(values), dtype=bool)
    binary = [j for j, column in enumerate(values) if np.isin(column, (0, 1)).all()]
    if len(binary) > 1:
        ones = np.column_stack([values[j] for j in binary]).astype(np.float64)
        share = ones.mean(axis=0)
        exclusive = (ones.T @ ones == 0) & (np.outer(share, share) * len(ones) >= MISSED_ROWS)
        linked[np.ix_(binary, binary)] |= exclusive
    return connected_components(csr_array(linked))[1]


def deal_units(n_distinct, units, n_blocks):
    """Deal units of columns into blocks that tell rows apart about equally well.

    Parameters
    ----------
    n_distinct : ndarray of shape (n_columns,), dtype int
        Distinct values of each column.
    units : ndarray of shape (n_columns,), dtype int
        Unit of each column.
    n_blocks : int
        Number of blocks; at most the number of units.

    Returns
    -------
    ndarray of shape (n_columns,), dtype int
        Block of each column.
    """
    # Of d indicators of one variable 2^d rows are thinkable and d + 1 possible.
    size = np.bincount(units, weights=n_distinct - 1) + 1
    block = np.empty(len(size), dtype=np.intp)
    # There and back again, so that no block gets the better unit every time.
    turn = np.concatenate([np.arange(n_blocks), np.arange(n_blocks)[::-1]])
    block[np.argsort(-size, kind="stable")] = np.resize(turn, len(size))
    return block[units]


def block_keys(table, columns, *deals):
    """Keys of rows in every block of columns, for one or more ways of dealing them into blocks.

    Parameters
    ----------
    table : Table
        The rows.
    columns : ndarray of int
        Positions of columns.
    *deals : ndarray of the same shape, dtype int
        Block of each of them, 0, 1, ...; negative for none.

    Returns
    -------
    list of ndarray of shape (n_blocks, n_rows), dtype uint64
        For every deal. Equal for rows that are equal in the block. They add up to keys of several
        blocks.
    """
    odd = multipliers(table.n_columns)[0]
    # Blocks of all columns add up to the key of the row: that tells the last of them.
    is_whole = np.array_equal(table.hashes.columns, columns)
    adds_up = [bool(is_whole and (block >= 0).all()) for block in deals]
    wanted = []
    for block, is_told in zip(deals, adds_up, strict=True):
        every = np.full(table.n_columns, -1)
        every[columns] = block
        wanted.append(
            [np.where(every == k, odd, 0) for k in range(int(block.max()) + 1 - is_told)]
            + [np.zeros_like(odd)] * is_told
        )
    every = np.array([row for rows in wanted for row in rows], dtype=np.uint64)
    keys = np.zeros((len(every), table.n_rows), dtype=np.uint64)
    # One pass over the table for all.
    table.add_to_keys(keys.T, np.arange(table.n_columns), every)
    found = np.split(keys, np.cumsum([len(rows) for rows in wanted])[:-1])
    for part, is_told in zip(found, adds_up, strict=True):
        if is_told:
            np.copyto(part[-1], table.hashes.keys[:, 0])
            for key in part[:-1]:
                part[-1] -= key
    return found


def candidate_pairs(keys, n_changed):
    """Pairs of rows that are equal in all but some blocks.

    Parameters
    ----------
    keys : ndarray of shape (n_blocks, n_rows), dtype uint64
        As from `block_keys`, of rows without an equal.
    n_changed : int
        Blocks that may differ.

    Returns
    -------
    ndarray of shape (n_pairs, 2), dtype int
        Positions, the lower first, each pair once. Of many rows that are equal in the same blocks
        neighbours are paired, not all with all.
    """
    n_blocks, n = keys.shape
    whole = keys.sum(axis=0, dtype=np.uint64)
    found = []
    for away in combinations(range(n_blocks), n_changed):
        rest = whole.copy()
        for block in away:
            rest -= keys[block]
        rows, starts = repeated(rest)
        if not rows.size:
            continue
        follows = np.ones(len(rows), dtype=bool)
        follows[starts] = False
        at = np.flatnonzero(follows)
        found.append(pair_codes(rows[at - 1], rows[at], n))
    return unique_pairs(found, n)


def differing_blocks(keys, pairs):
    """The set of blocks in which the rows of each pair differ, as bits of a number."""
    differ = np.zeros(len(pairs), dtype=np.intp)
    for block, key in enumerate(keys):
        differ |= (key[pairs[:, 0]] != key[pairs[:, 1]]).astype(np.intp) << block
    return differ


def n_differing_units(table, columns, units, block, pairs, blocks):
    """Number of units of columns in which pairs of rows differ.

    Parameters
    ----------
    table : Table
        The rows.
    columns, units, block : ndarray of int
        Columns, their units and their blocks.
    pairs : ndarray of shape (n_pairs, 2), dtype int
        Row numbers.
    blocks : ndarray of shape (n_pairs,), dtype int
        Blocks in which they differ, as bits.

    Returns
    -------
    ndarray of shape (n_pairs,), dtype int
    """
    count = np.zeros(len(pairs), dtype=np.intp)
    for unit in range(int(units.max()) + 1):
        inside = np.flatnonzero(units == unit)
        at = np.flatnonzero((blocks >> block[inside[0]]) & 1)
        if at.size:
            count[at] += ~table.rows_equal(pairs[at, 0], pairs[at, 1], columns[inside])
    return count


def chance_pairs(keys, n_changed, rng):
    """Numbers of pairs that chance makes differ in few blocks.

    Parameters
    ----------
    keys : ndarray of shape (n_blocks, n_rows), dtype uint64
        As from `block_keys`, of rows without an equal; `n_changed` and `SPARE_BLOCKS` blocks.
    n_changed : int
        Blocks that may differ.
    rng : numpy.random.Generator
        Draws rows where there are many.

    Returns
    -------
    dict of int to float
        By set of blocks, as bits: pairs that differ in exactly these blocks, an upper estimate.
    """
    n_blocks, n = keys.shape
    growth = 1.0
    if n > CHANCE_ROWS:
        keys = keys[:, np.sort(rng.choice(n, CHANCE_ROWS, replace=False))]
        growth = n * (n - 1) / (CHANCE_ROWS * (CHANCE_ROWS - 1))
    seen = _exactly_differing(_agreeing_pairs(keys))
    expected = {}
    for size in range(1, n_changed + 1):
        for changed in combinations(range(n_blocks), size):
            bits = sum(1 << block for block in changed)
            others = [block for block in range(n_blocks) if block not in changed]
            guesses = [_extrapolate(seen, bits, spare) for spare in combinations(others, 3)]
            expected[bits] = growth * max(guesses)
    return expected


def _agreeing_pairs(keys):
    """Number of pairs that are equal at least in a set of blocks, by the set's bits."""
    n_blocks, n = keys.shape
    pairs = np.empty(1 << n_blocks)
    pairs[0] = n * (n - 1) / 2
    for bits in range(1, 1 << n_blocks):
        rest = [block for block in range(n_blocks) if bits >> block & 1]
        rows, starts = repeated(keys[rest].sum(axis=0, dtype=np.uint64))
        count = np.diff(np.append(starts, len(rows))).astype(np.float64)
        pairs[bits] = (count * (count - 1) / 2).sum()
    return pairs


def _exactly_differing(agreeing):
    """Number of pairs that differ in exactly a set of blocks: inclusion and exclusion."""
    exact = agreeing.copy()
    everything = len(exact) - 1
    bit = 1
    while bit <= everything:
        for bits in range(len(exact)):
            if not bits & bit:
                exact[bits] -= exact[bits | bit]
        bit <<= 1
    return exact[::-1].copy()


def _extrapolate(seen, changed, spare):
    """Pairs that differ in the blocks `changed` only, from those that differ in spare ones too.

    With blocks b, c, d to spare, f(b) pairs that differ in b beside `changed`, and no interaction
    of b and c: f() = f(b) f(c) / f(bc). Their interaction, if d has no part in it, multiplies this
    by f(d) f(bcd) / (f(bd) f(cd)). It is taken where it makes more pairs: rows of several
    populations agree in everything or in nothing. The greatest over b, c, d is the careful guess.
    """
    bits = [1 << block for block in spare]
    all_three = max(seen[changed | sum(bits)], 1.0)
    doubles = {b | c: seen[changed | b | c] for b, c in combinations(bits, 2)}
    # A number that was seen as zero may be one, unless the numbers it follows from are zero too:
    # then rows do not even agree in fewer columns by chance.
    may_be_one = float(max(doubles.values()) > 0)
    doubles = {pair: max(value + may_be_one, 1.0) for pair, value in doubles.items()}
    guesses = []
    for d in bits:
        b, c = (bit for bit in bits if bit != d)
        single_b, single_c = (
            max(
                seen[changed | bit] + may_be_one,
                doubles[bit | d] * doubles[b | c] / all_three,
            )
            for bit in (b, c)
        )
        # Two standard errors less, lest a few pairs make an interaction.
        single_d = seen[changed | d] - 2 * np.sqrt(seen[changed | d])
        interaction = single_d * all_three / (doubles[b | d] * doubles[c | d])
        guesses.append(single_b * single_c / doubles[b | c] * max(1.0, interaction))
    return max(guesses)
