"""What checks of leakage say of the folds that a model was judged on, and what it is worth."""

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from sklearn_lossfix._core._evidence import Scored
from sklearn_lossfix._core._oof import fix_folds, is_regressor_given_labels
from sklearn_lossfix.diagnosis._shuffled_columns import ShuffledColumns
from sklearn_lossfix.model_selection._audit import audit_split, read_split_data
from sklearn_lossfix.model_selection.leakage._clump_links import clump_links
from sklearn_lossfix.model_selection.leakage._order import FOLD_CHECKS, LEAKAGE_CHECKS
from sklearn_lossfix.model_selection.leakage._split_data import LeakageOptions, SplitData
from sklearn_lossfix.model_selection.leakage._table import Table

#: Checks of columns that need no validation rows: what a column tells of the target.
TRAINING_CHECKS = ("target_copies",)

#: Checks of rows, where no groups are given.
CLUMP_CHECKS = ("hidden_entities",)


def fold_leaks(bench, with_columns=True):
    """Ask about groups, clumps and times in the folds, and about columns that tell the target.

    Parameters
    ----------
    bench : Workbench
        Rows and folds.
    with_columns : bool, default=True
        Whether to look at the columns; not where validation rows are looked at anyway.

    Returns
    -------
    leaks : SplitEvidence or None
        None where there was nothing to ask.
    facts : dict
        ``columns_shuffled``: what the model says with leaking columns shuffled, by finding; and
        ``regrouped``: what it says in folds that keep groups together, where the folds tear them;
        where no groups are given clumps of rows, and ``clumps``: that of every scored row.
    """
    data, request = bench.data, bench.request
    of_table = TRAINING_CHECKS if with_columns else ()
    of_table += CLUMP_CHECKS if data.groups is None else ()
    names, split = list(FOLD_CHECKS), None
    if of_table and getattr(data.X, "ndim", 2) == 2:
        try:
            split = read_split_data(
                data.X,
                bench.folds.splits,
                LeakageOptions(seed=request.seed),
                y=data.labels,
                groups=data.groups,
            )
            split = _with_times(split, data)
            names += of_table
        except (TypeError, ValueError):  # texts: no table to look at
            split = None
    if split is None:
        if data.groups is None and data.times is None:
            return None, {}
        split = SplitData(
            table=Table.read(np.zeros((len(data.y), 1))),  # these checks read no features
            folds=tuple(bench.folds.splits),
            groups=data.groups,
            times=data.times,
            options=LeakageOptions(seed=request.seed),
        )
    checks = [check for check in LEAKAGE_CHECKS if check.name in names]
    leaks = audit_split(split, checks, splitter=repr(request.cv))
    facts = {}
    if not is_regressor_given_labels(bench.estimator):
        for leak in leaks.leaks:
            if leak.found and leak.check in TRAINING_CHECKS:
                facts |= _without_columns(bench, split, leak)
            elif leak.found and leak.check == "group_overlap":
                facts |= _regrouped(bench, data.groups)
            elif leak.found and leak.check in CLUMP_CHECKS:
                facts |= _apart_from_clumps(bench, split)
    return leaks, facts


def _with_times(split, data):
    """The same data with the times that were read already."""
    return SplitData(
        table=split.table,
        folds=split.folds,
        y=split.y,
        classes=split.classes,
        groups=split.groups,
        times=data.times,
        options=split.options,
    )


def _without_columns(bench, split, leak):
    """What the model says out of fold with the columns of a leak shuffled, by finding."""
    table = split.table
    positions = [int(table.positions[table.names.index(name)]) for name in sorted(leak.columns)]
    if not positions:
        return {}
    model = ShuffledColumns(bench.estimator, positions, bench.request.seed)
    scored, _ = bench.attempt(model, "the model without leaking columns")
    return {} if scored is None else {"columns_shuffled": {leak.slug: scored}}


def _apart_from_clumps(bench, split):
    """The same in folds that keep clumps together, and the clump of every scored row."""
    links = clump_links(split, bench.n_splits)
    facts = {} if links is None else _regrouped(bench, links)
    return facts | {"clumps": links[bench.scored_rows]} if facts else {}


def _regrouped(bench, groups):
    """What the model says in as many folds that keep groups together; nothing where that fails.

    The scores stand in the order of the workbench's own, which must judge every row once.
    """
    own = bench.scored_rows
    if len(np.unique(own)) != len(own) or len(own) != len(bench.data.y):
        return {}
    data, request = bench.data, bench.request
    splitter = StratifiedGroupKFold(bench.n_splits, shuffle=True, random_state=request.seed)
    try:
        folds = fix_folds(splitter, data.X, data.labels, groups=groups)
    except ValueError:  # too few groups
        return {}
    grouped = bench.on_folds(folds)
    scored, _ = grouped.attempt(bench.estimator, "the model in folds that keep groups together")
    if scored is None:
        return {}
    place = np.argsort(grouped.scored_rows)[own]
    pick = [None if part is None else part[place] for part in (scored.proba, scored.margins)]
    apart = Scored(scored.pred[place], proba=pick[0], margins=pick[1], warnings=scored.warnings)
    return {"regrouped": apart}
