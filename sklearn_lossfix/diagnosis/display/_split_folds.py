"""What the pictures of a report on folds show: compute, then draw."""

# Columns of the table "per_fold" that are no check.
FOLD_KEYS = ("fold", "n_train", "n_test")


def fold_bars(tables, n_shown):
    """Leaked test rows per fold, of the checks that found any.

    Parameters
    ----------
    tables : dict of str to dict of str to list
        Of a report on folds.
    n_shown : int
        Folds to draw: those with the largest shares of leaked rows.

    Returns
    -------
    dict
        ``folds``, numbers of the folds in order; ``n_test``, their test rows; ``n_folds``, how many
        there are; ``checks``, for every check that found leaked rows in any fold its ``name``, and
        lists ``n_leaked`` and ``share`` with an entry for every fold shown.
    """
    table = tables["per_fold"]
    n_test = table["n_test"]
    found = set(_found(tables))
    names = [key for key in table if key not in FOLD_KEYS and key in found and any(table[key])]

    def share(name, k):
        return (table[name][k] or 0) / n_test[k] if n_test[k] else 0.0

    worst = sorted(range(len(n_test)), key=lambda k: -max((share(n, k) for n in names), default=0))
    shown = sorted(worst[:n_shown])
    return {
        "folds": [table["fold"][k] for k in shown],
        "n_test": [n_test[k] for k in shown],
        "n_folds": len(n_test),
        "checks": [
            {
                "name": name,
                "n_leaked": [table[name][k] or 0 for k in shown],
                "share": [share(name, k) for k in shown],
            }
            for name in names
        ],
    }


def _found(tables):
    """Checks that found a leak; what is only a tip is no leaked row."""
    leaks = tables["leaks"]
    return [
        c for c, section in zip(leaks["check"], leaks["section"], strict=True) if section == "issue"
    ]


def component_dots(tables, n_sets, n_folds):
    """Which folds test rows of the largest sets of linked rows on both sides of a fold.

    Parameters
    ----------
    tables : dict of str to dict of str to list
        Of a report on folds.
    n_sets, n_folds : int
        Sets and folds to draw.

    Returns
    -------
    dict
        ``sizes``, rows of each set shown, the largest first; ``dots``, tuples of position of the
        set, fold, and rows that the fold tests; ``n_folds``, folds to draw; ``all_folds``, how many
        there are; ``n_mapped``, sets in the table; ``n_linked``, all sets of linked rows, also
        those on one side of every fold.
    """
    table = tables["component_map"]
    size_of = dict(zip(table["set"], table["set_size"], strict=True))
    shown = sorted(size_of)[:n_sets]
    place = {number: k for k, number in enumerate(shown)}
    all_folds = len(tables["per_fold"]["fold"])
    rows = zip(table["set"], table["fold"], table["n_tested"], strict=True)
    return {
        "sizes": [size_of[number] for number in shown],
        "dots": [
            (place[number], fold, n)
            for number, fold, n in rows
            if number in place and fold < n_folds
        ],
        "n_folds": min(n_folds, all_folds),
        "all_folds": all_folds,
        "n_mapped": len(size_of),
        "n_linked": sum(tables["components"]["n_sets"]),
    }


def component_words(dots):
    """What the map of components leaves out, in words."""
    n_shown = len(dots["sizes"])
    n_all = max(dots["n_linked"], dots["n_mapped"])
    words = f"{n_shown:,} of {n_all:,} linked sets"
    if n_shown < n_all:
        words += f" ({n_all - n_shown:,} more)"
    if dots["n_folds"] < dots["all_folds"]:
        words += f", {dots['n_folds']} of {dots['all_folds']:,} folds"
    return words
