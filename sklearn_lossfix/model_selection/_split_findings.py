"""What checks found on a table, remembered, carried over to other folds, and put into words."""

from dataclasses import replace
from functools import partial

import numpy as np

from sklearn_lossfix.model_selection._audit import run_checks
from sklearn_lossfix.model_selection._fingerprint_cache import fingerprint
from sklearn_lossfix.model_selection._wrapped_splitter import is_regroupable, splitter_name
from sklearn_lossfix.model_selection.leakage._crossing import crossing_rows, n_tested
from sklearn_lossfix.model_selection.leakage._leak import Leak
from sklearn_lossfix.model_selection.leakage._order import FOLD_CHECKS

# Checks whose links are a guess: folds are never changed because of them, and what belongs
# together need not help a model.
ADVISORY = ("hidden_entities",)

# Offending pairs that a message names.
_SHOWN_PAIRS = 3


def is_acting(leak):
    """Whether a finding is a leak that something must be done about, and not a note."""
    return bool(leak.found) and leak.severity != "info"


def has_certain_links(leak):
    """Whether a check says for certain which rows belong together."""
    return leak.links is not None and leak.check not in ADVISORY


def is_about_rows(leak):
    """Whether a policy has to answer a leak: by mending folds, or by saying why it cannot."""
    return has_certain_links(leak) or leak.check == "time_overlap"


def bound_findings(data, checks, bound, rows):
    """What checks found on bound rows, for some of these rows and their folds.

    Parameters
    ----------
    data : SplitData
        The rows at hand.
    checks : sequence of LeakageCheck
        In order. Those of given groups and times are asked anew.
    bound : BoundRows
        What was found.
    rows : ndarray of shape (n_rows,), dtype int
        Where the rows at hand stand among the bound ones.

    Returns
    -------
    leaks : dict of str to Leak
    key : callable
        Gives the fingerprint of the bound rows.
    """
    known = {
        name: answer if isinstance(answer, str) else of_rows(answer, rows, data.folds)
        for name, answer in bound.answers.items()
    }
    return run_checks(data, checks, known)[0], partial(fingerprint, "bound", bound.keys)


def remembered_findings(data, checks, cache):
    """What checks find, searched for once per table.

    Parameters
    ----------
    data : SplitData
        Table and folds.
    checks : sequence of LeakageCheck
        In order. Those of given groups and times are cheap, and asked anew.
    cache : FingerprintCache
        Read, and added to.

    Returns
    -------
    leaks : dict of str to Leak
    key : callable
        Gives the fingerprint of the data.
    """
    searching = [check.name for check in checks if check.name not in FOLD_CHECKS]
    read = (data.table.names, data.groups, data.times, data.options, searching)
    if not searching:
        return run_checks(data, checks)[0], partial(fingerprint, data.n_rows, *read)
    key = fingerprint(data.table.hashes.keys, *read)
    # Numbers of rows are read quicker by half of their bytes, where these hold them.
    dtype = np.int32 if data.n_rows <= np.iinfo(np.int32).max else np.intp
    drawn = fingerprint(*(part.astype(dtype) for fold in data.folds for part in fold))
    known_folds, known = cache.get(key) or (drawn, {})
    if known_folds != drawn:
        known = {
            name: answer if isinstance(answer, str) else on_folds(answer, data.folds)
            for name, answer in known.items()
        }
    leaks, not_applicable = run_checks(data, checks, known)
    if not known:
        answers = {**leaks, **not_applicable}
        cache.keep(key, (drawn, {name: answers[name] for name in searching}))
    return leaks, lambda: key


def of_rows(leak, rows, folds):
    """What was found on a table, for some of its rows and their folds."""
    if leak.links is None:
        return replace(leak, pairs=np.empty((0, 3), dtype=np.intp), per_fold=None)
    return on_folds(replace(leak, links=leak.links[rows]), folds)


def on_folds(leak, folds):
    """What was found on some folds of a table, for other folds: links stay, counts do not.

    Links of a check that found nothing are copies that did not stand on both sides.
    """
    if leak.links is None or leak.found is None:
        return leak
    per_fold, pairs = crossing_rows(leak.links, folds, max(len(leak.pairs), 1))
    n_leaked, n_test = int(per_fold.sum()), n_tested(folds)
    if not n_leaked:
        return Leak(
            leak.check,
            leak.slug,
            False,
            "None of the linked rows that were found stand on both sides of a fold.",
            rate=0.0,
            p_value=leak.p_value,
            per_fold=per_fold,
            links=leak.links,
        )
    return replace(
        leak,
        found=True,
        severity=leak.severity or "high",
        message=f"{n_leaked:,} of {n_test:,} test rows ({n_leaked / n_test:.1%}) are linked to a "
        f"training row of their fold.",
        rate=n_leaked / n_test,
        pairs=pairs,
        per_fold=per_fold,
    )


def leak_message(leaks, splitter):
    """Say what was found, where, and what to do.

    Parameters
    ----------
    leaks : dict of str to Leak
        By the name of the check.
    splitter : splitter
        The wrapped splitter.
    """
    found = " ".join(f"{leak.message}{_first_pairs(leak)}" for leak in leaks.values())
    mendable = [
        leak
        for leak in leaks.values()
        if is_about_rows(leak) and leak.details.get("kind") != "unsorted"
    ]
    advice = [leak.fix for leak in leaks.values() if leak.fix and leak not in mendable]
    if mendable:
        regroup = "on_leak='group' draws folds that keep linked rows on one side, "
        advice.append(
            f"{regroup if is_regroupable(splitter) else ''}on_leak='drop' removes the training "
            f"rows that know test rows."
        )
    return (
        f"Leakage between the folds of {splitter_name(splitter)} ({', '.join(leaks)}): {found} "
        f"Scores on these folds promise too much. What to do: {' '.join(advice)} "
        f"audit(X, y) shows all."
    )


def _first_pairs(leak):
    """The first offending rows, in words."""
    if not len(leak.pairs):
        return ""
    shown = ", ".join(
        f"training row {train} and test row {test} in fold {fold}"
        for fold, train, test in leak.pairs[:_SHOWN_PAIRS].tolist()
    )
    return f" First: {shown}."
