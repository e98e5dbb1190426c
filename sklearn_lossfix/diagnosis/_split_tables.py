"""Tables of a report on folds, as columns of plain values."""

import numpy as np

from sklearn_lossfix.diagnosis._columns import listing
from sklearn_lossfix.diagnosis._plain import plain
from sklearn_lossfix.diagnosis._split_findings import FOUND
from sklearn_lossfix.model_selection._policies import linked_components

# Names of columns in one cell; the evidence of a finding holds all of them.
COLUMNS_IN_A_CELL = 10


def split_tables(evidence, results):
    """All tables of a report on folds.

    Parameters
    ----------
    evidence : SplitEvidence
        What was seen.
    results : list of CheckResult
        How every check ended.

    Returns
    -------
    dict of str to dict of str to list
        ``"leaks"``, one row per check; ``"per_fold"``, rows of each fold and how many of its test
        rows each check found; ``"pairs"``, rows on both sides of a fold; ``"components"``, how many
        sets of linked rows there are of each size; ``"component_map"``, which fold tests how many
        rows of the largest sets; ``"effect"``, where it was measured.
    """
    tables = {
        "leaks": _leaks(results),
        "per_fold": {key: plain(list(values)) for key, values in evidence.per_fold.items()},
        "pairs": _pairs(results),
        "components": _components(results, evidence.n_rows),
        "component_map": _component_map(evidence),
    }
    if evidence.effect is not None:
        tables["effect"] = _effect(evidence.effect)
    return tables


def _leaks(results):
    """One row per check."""

    def of_leak(name):
        return [None if r.leak is None else plain(getattr(r.leak, name)) for r in results]

    return {
        "check": [r.check for r in results],
        "finding": [r.slug for r in results],
        "section": [r.section for r in results],
        "found": [r.found for r in results],
        "severity": [r.severity for r in results],
        "rate": of_leak("rate"),
        "expected_rate": of_leak("expected_rate"),
        "p_value": of_leak("p_value"),
        "p_adjusted": [plain(r.p_adjusted) for r in results],
        "columns": [_names(r.leak) for r in results],
        "fix": ["" if r.leak is None else r.leak.fix for r in results],
        "message": [r.message for r in results],
    }


def _names(leak):
    """Names of the columns that leak, for one cell."""
    return "" if leak is None else listing([str(c) for c in leak.columns], COLUMNS_IN_A_CELL)


def _pairs(results):
    """Fold, training row and test row of the evidence of every check that found a leak."""
    found = [r for r in results if r.found == FOUND and len(r.leak.pairs)]
    pairs = np.concatenate([np.empty((0, 3), dtype=int), *(r.leak.pairs for r in found)])
    fold, train, test = pairs.astype(int).T.tolist()
    return {
        "check": [r.check for r in found for _ in range(len(r.leak.pairs))],
        "fold": fold,
        "train_row": train,
        "test_row": test,
    }


def _components(results, n_rows):
    """How many sets of linked rows there are of each size, over all leaks that were found."""
    links = [r.leak.links for r in results if r.found == FOUND and r.leak.links is not None]
    sizes = linked_components(links, n_rows).sizes if links else np.empty(0, dtype=int)
    size, n_sets = np.unique(sizes[sizes > 1], return_counts=True)
    return {
        "set_size": size.tolist(),
        "n_sets": n_sets.tolist(),
        "n_rows": (size * n_sets).tolist(),
    }


def _component_map(evidence):
    """One row for every set that is shown and every fold that tests rows of it."""
    across = np.asarray(evidence.component_folds)
    across = across.reshape(len(evidence.component_sizes), evidence.n_folds)
    sets, folds = np.nonzero(across)
    return {
        "set": sets.tolist(),
        "set_size": np.asarray(evidence.component_sizes)[sets].tolist(),
        "fold": folds.tolist(),
        "n_tested": across[sets, folds].tolist(),
    }


def _effect(effect):
    """What the leaked training rows are worth to a model: one row."""
    inflation = effect["inflation"]
    return {
        key: [plain(value)]
        for key, value in (
            ("unit", effect["unit"]),
            ("with_leak", effect["with_leak"]),
            ("without_leak", effect["without_leak"]),
            ("inflation", inflation.value),
            ("low", inflation.low),
            ("high", inflation.high),
            ("n_folds", len(effect["folds"])),
            ("n_removed", int(np.sum(effect["n_removed"]))),
            ("n_judged", effect["n_judged"]),
        )
    }
