"""Columns that follow from others by a formula: an area from a height and a length.

Such a column never differs alone between two rows. A model of chance that reads it beside those it
follows from finds no near misses, and takes natural pairs of equal rows for copies.
"""

import numpy as np

# Columns that are looked at, those with the fewest values first, and distinct rows: 276 pairs of
# columns take a tenth of a second.
MAX_COLUMNS = 24
MAX_ROWS = 2_500
# Pairs of unlike rows that agree in one or two columns and then always in a third: as many are
# needed, and the chance of that in columns that know nothing of each other is at most this.
MIN_PAIRS = 30
MAX_CHANCE = 1e-6


def functional_rules(words):
    """Columns that one or two others determine.

    Parameters
    ----------
    words : list of ndarray of shape (n_rows,), dtype uint64
        Words of the columns: equal where the values are.

    Returns
    -------
    list of (int, int, int)
        Positions: the first two, which may be the same, determine the third.
    """
    total = np.add.reduce(words)
    rows = np.unique(total, return_index=True)[1]  # copies agree in everything: one row is enough
    rows = rows[:: max(1, -(-len(rows) // MAX_ROWS))]
    distinct = np.array([word[rows] for word in words])
    counts = [np.unique(word, return_counts=True)[1] for word in distinct]
    read = np.argsort([len(count) for count in counts], kind="stable")[:MAX_COLUMNS]
    agree = np.array([(np.square(count / len(rows))).sum() for count in counts])
    rules = []
    # Two columns repeat no more rows than the one of them with more values does alone.
    n_repeats = np.array([len(rows) - len(count) for count in counts])
    read_twice = read[n_repeats[read] >= MIN_PAIRS]
    for place, first in enumerate(read_twice):
        for second in read_twice[place:]:
            both = distinct[first] if first == second else distinct[first] * 3 + distinct[second]
            order = np.argsort(both, kind="stable")
            same = np.flatnonzero(both[order[1:]] == both[order[:-1]])
            if len(same) < MIN_PAIRS:
                continue
            one, other = order[same], order[same + 1]
            always = (distinct[np.ix_(read, one)] == distinct[np.ix_(read, other)]).all(axis=1)
            is_rare = len(same) * np.log(agree[read]) < np.log(MAX_CHANCE)
            rules += [
                (int(first), int(second), int(third))
                for third in read[always & is_rare]
                if third not in (first, second)
            ]
    return rules


def without_functional(words):
    """Columns from which all others follow; of a set that follow from each other, fewest values.

    Parameters
    ----------
    words : list of ndarray of shape (n_rows,), dtype uint64
        Words of the columns.

    Returns
    -------
    list of int
        Positions in rising order.
    """
    rules = functional_rules(words)
    kept = set(range(len(words)))
    thirds = {third for _, _, third in rules}
    for j in sorted(thirds, key=lambda j: -len(np.unique(words[j]))):
        if j in following(kept - {j}, rules):
            kept.discard(j)
    return sorted(kept)


def following(known, rules):
    """Columns that follow from known ones by rules, in any number of steps, and these.

    Parameters
    ----------
    known : set of int
        Positions.
    rules : list of (int, int, int)
        From `functional_rules`.

    Returns
    -------
    set of int
    """
    known = set(known)
    while True:
        more = {third for first, second, third in rules if first in known and second in known}
        if more <= known:
            return known
        known |= more
