"""Run checks of leakage over the folds of a table, and gather what they say."""

from dataclasses import replace
from time import perf_counter

import numpy as np

from sklearn_lossfix._core._evidence import SplitEvidence
from sklearn_lossfix._core._validation import check_groups, check_same_length, missing_rows
from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection._leak_effect import leak_effect
from sklearn_lossfix.model_selection._policies import kind_of_target, linked_components
from sklearn_lossfix.model_selection.leakage._split_data import SplitData
from sklearn_lossfix.model_selection.leakage._table import Table
from sklearn_lossfix.model_selection.leakage._times import read_times

# Components that the map of components across folds has room for.
MOST_COMPONENTS_SHOWN = 50

#: What oversampling also looks like: rows that a sampler made are copies or near copies of others,
#: and lie in clumps. They are its doing if the rows of all other classes do not show them.
SYMPTOMS_OF_OVERSAMPLING = ("exact_duplicates", "near_duplicates", "hidden_entities")


def read_split_data(X, folds, options, *, y=None, groups=None, times=None, ignore=()):
    """Read what checks judge.

    Parameters
    ----------
    X : array-like, sparse matrix or dataframe of shape (n_rows, n_columns)
        Any dtypes.
    folds : sequence of (train, test) pairs
        Row numbers, or masks.
    options : LeakageOptions
        How to judge.
    y : array-like of shape (n_rows,) or None, default=None
        Labels or numbers. Of several targets none is read.
    groups, times : array-like of shape (n_rows,) or None, default=None
        What must stay together; when rows were seen.
    ignore : sequence of str or int, default=()
        Columns that are not read.

    Returns
    -------
    SplitData
    """
    table = Table.read(X, ignore)
    check_same_length(X=X, y=y, groups=groups, times=times)
    codes, classes = read_target(y)
    return SplitData(
        table=table,
        folds=tuple(
            (as_rows(train, table.n_rows), as_rows(test, table.n_rows)) for train, test in folds
        ),
        y=codes,
        classes=classes,
        groups=check_groups(groups, table.n_rows),
        times=read_times(times, table.n_rows),
        options=options,
    )


def as_rows(part, n_rows):
    """Row numbers of a part of a split; masks are taken as masks, and negative numbers as rows."""
    part = np.asarray(part)
    if part.dtype == bool:
        if part.size and part.shape != (n_rows,):
            raise ValueError(
                f"A split holds a mask of shape {part.shape}; expected one entry a row, "
                f"({n_rows},)."
            )
        return np.flatnonzero(part)
    part = part.astype(np.intp, copy=False)
    if part.size and (part.min() < -n_rows or part.max() >= n_rows):
        raise ValueError(
            f"A split holds row {int(part.max() if part.max() >= n_rows else part.min())}; "
            f"expected rows from 0 to {n_rows - 1}."
        )
    return np.where(part < 0, part + n_rows, part) if part.size and part.min() < 0 else part


def read_target(y):
    """Codes and classes of labels, or float64 numbers and None; (None, None) for several targets.

    Raises
    ------
    ValueError
        For missing labels.
    """
    if y is None:
        return None, None
    array = y.to_numpy() if hasattr(y, "to_numpy") else np.asarray(y)
    if array.dtype.kind in "US" and not hasattr(y, "dtype"):
        # NumPy spells what it finds among strings in a list: NaN would become the class "nan".
        array = np.asarray(y, dtype=object)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        return None, None
    missing = missing_rows(array)
    if missing.size:
        raise ValueError(
            f"y has {missing.size} missing values (first rows: {missing[:5].tolist()}). Expected a "
            f"label a row; drop those rows, or leave y out: then only checks that read no labels "
            f"run."
        )
    if array.dtype.kind == "O":
        array = np.asarray(array.tolist())
    if kind_of_target(array) in ("binary", "multiclass"):
        classes, codes = np.unique(array, return_inverse=True)
        return codes, classes
    return array.astype(np.float64), None


def run_checks(data, checks, known=None, verbose=0):
    """Ask checks in their order; what one of them explains, others do not find again.

    Parameters
    ----------
    data : SplitData
        What they judge.
    checks : sequence of LeakageCheck
        In order.
    known : dict of str to (Leak or str), default=None
        What checks said of these data before, by name: they are not asked again.
    verbose : int, default=0
        Above zero, print each check with its time.

    Returns
    -------
    leaks : dict of str to Leak
        What every check said that could judge.
    not_applicable : dict of str to str
        Why the others could not.
    """
    leaks, not_applicable = _answers(data, checks, known, verbose)
    return explained(data, checks, leaks), not_applicable


def _answers(data, checks, known=None, verbose=0):
    """What every check says, each with what the earlier ones said; see `run_checks`."""
    leaks, not_applicable = {}, {}
    for check in checks:
        answer = (known or {}).get(check.name)
        start = perf_counter()
        if answer is None:
            answer = _ask(check, data, leaks)
        if verbose:
            print(f"[LeakageCheckedSplit] {check.name}: {perf_counter() - start:.2f} s")
        if isinstance(answer, str):
            not_applicable[check.name] = answer
        else:
            leaks[check.name] = answer
    return leaks, not_applicable


def _ask(check, data, earlier):
    """What one check says, or why it cannot judge."""
    if check.needs_y and data.y is None:
        return "It reads labels, and one label a row was not given."
    try:
        return check.run(data, earlier)
    except CheckNotApplicable as reason:
        return str(reason)


def explained(data, checks, leaks):
    """Let a cause speak for its symptoms: one cause raises one alarm.

    Copies and clumps are explained by oversampling if the rows of the classes that were not
    enlarged show nothing of the kind; rows that they link are then linked by it. A column that
    numbers rows in the order of the target is no further leak because it tells the target.

    Parameters
    ----------
    data : SplitData
        What was judged.
    checks : sequence of LeakageCheck
        That were asked.
    leaks : dict of str to Leak
        What they said.

    Returns
    -------
    dict of str to Leak
        What is explained no longer says that something leaks.
    """
    out = dict(leaks)
    order, telling = leaks.get("row_order"), leaks.get("target_copies")
    if order is not None and order.found and telling is not None and telling.found:
        if set(telling.columns) <= set(order.columns):
            why = "the column numbers rows that stand in the order of the target"
            out["target_copies"] = _symptom(telling, "row_order", why)
    cause = leaks.get("oversampled_rows")
    names = [name for name in SYMPTOMS_OF_OVERSAMPLING if name in leaks and leaks[name].found]
    if cause is None or not cause.found or data.classes is None or not names:
        return out
    enlarged = cause.details.get("enlarged_classes", ())
    codes = [code for code, name in enumerate(data.classes) if str(name) in enlarged]
    rows = np.flatnonzero(~np.isin(data.y, codes))
    if not codes or not len(rows):
        return out
    seen, _ = _answers(data.take(rows), [check for check in checks if check.name in names])
    names = [name for name in names if name not in seen or not seen[name].found]
    why = "the rows of the classes that were not enlarged show nothing of the kind"
    out.update({name: _symptom(leaks[name], cause.check, why) for name in names})
    links = [leak.links for leak in (cause, *(leaks[name] for name in names))]
    links = [labels for labels in links if labels is not None]
    if links:
        out[cause.check] = replace(cause, links=linked_components(links, data.n_rows).codes)
    return out


def _symptom(leak, cause, why):
    """What a check said, as the doing of another one."""
    return replace(
        leak,
        found=False,
        severity="",
        message=f"{leak.message} That is the doing of {cause}: {why}.",
        fix="",
        details={**leak.details, "explained_by": cause},
    )


def holm(p_values):
    """p-values adjusted for their number (Holm 1979), in the order given."""
    p_values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p_values, kind="stable")
    scaled = p_values[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(scaled)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return adjusted


def corrected(leaks, alpha):
    """Take back what does not stand after Holm's correction over all checks that test something.

    Parameters
    ----------
    leaks : dict of str to Leak
        What the checks said.
    alpha : float
        Level of all of them together.

    Returns
    -------
    leaks : dict of str to Leak
        A leak whose adjusted p-value is above `alpha` could not be told: ``found`` is None.
    p_adjusted : dict of str to float
    """
    tested = [name for name, leak in leaks.items() if leak.p_value is not None]
    p_adjusted = dict(zip(tested, holm([leaks[name].p_value for name in tested]), strict=True))
    p_adjusted = {name: float(p) for name, p in p_adjusted.items()}
    out = {}
    for name, leak in leaks.items():
        p = p_adjusted.get(name)
        if leak.found and p is not None and p > alpha:
            leak = replace(
                leak,
                found=None,
                severity="",
                message=f"{leak.message} It could be chance: p = {p:.2g} after Holm's correction "
                f"over {len(tested)} checks, above alpha = {alpha:g}.",
            )
        out[name] = leak
    return out, p_adjusted


def audit_split(
    data,
    checks,
    *,
    splitter="",
    estimator=None,
    X=None,
    y=None,
    scoring=None,
    n_jobs=None,
    notes=(),
    verbose=0,
):
    """Run checks over folds and gather what they say.

    Parameters
    ----------
    data : SplitData
        The table and its folds.
    checks : sequence of LeakageCheck
        In order.
    splitter : str, default=""
        What drew the folds, as text.
    estimator : estimator or None, default=None
        Its clones are fitted with and without the leaked training rows; None for no fits.
    X, y : array-like, default=None
        Data for the estimator.
    scoring : str, callable or None, default=None
        What to compare; None takes losses of rows.
    n_jobs : int or None, default=None
        Fits at a time.
    notes : sequence of str, default=()
        What a reader must know.
    verbose : int, default=0
        Above zero, print each check with its time.

    Returns
    -------
    SplitEvidence
    """
    leaks, not_applicable = _answers(data, checks, verbose=verbose)
    leaks, p_adjusted = corrected(leaks, data.options.alpha)
    leaks = explained(data, checks, leaks)
    notes = list(notes)
    effect = None
    if estimator is not None:
        effect, note = leak_effect(
            estimator, X, y, data, leaks.values(), scoring=scoring, n_jobs=n_jobs
        )
        notes.extend([note] if note else [])
    sizes, across = _component_map(data, leaks.values())
    per_fold = {
        "fold": list(range(len(data.folds))),
        "n_train": [len(train) for train, _ in data.folds],
        "n_test": [len(test) for _, test in data.folds],
    }
    for name, leak in leaks.items():
        if leak.per_fold is not None:
            per_fold[name] = np.asarray(leak.per_fold).tolist()
    return SplitEvidence(
        n_rows=data.n_rows,
        n_columns=len(data.table.names),
        splitter=splitter,
        n_folds=len(data.folds),
        leaks=tuple(leaks.values()),
        not_applicable=not_applicable,
        titles={check.name: check.title for check in checks},
        slugs={check.name: check.slug for check in checks},
        per_fold=per_fold,
        alpha=data.options.alpha,
        p_adjusted=p_adjusted,
        effect=effect,
        component_sizes=sizes,
        component_folds=across,
        notes=tuple(notes),
    )


def _component_map(data, leaks):
    """The largest components on both sides of a fold: their sizes, and rows tested per fold."""
    links = [leak.links for leak in leaks if leak.found and leak.links is not None]
    components = linked_components(links, data.n_rows)
    split = np.zeros(components.n_components, dtype=bool)
    for train, test in data.folds:
        trained = np.zeros(components.n_components, dtype=bool)
        trained[components.codes[train]] = True
        tested = components.codes[test]
        split[tested] |= trained[tested]
    shown = np.flatnonzero(split & (components.sizes > 1))
    shown = shown[np.argsort(-components.sizes[shown], kind="stable")][:MOST_COMPONENTS_SHOWN]
    across = [
        np.bincount(components.codes[test], minlength=components.n_components)[shown]
        for _, test in data.folds
    ]
    table = np.array(across, dtype=np.intp).reshape(len(data.folds), len(shown))
    return components.sizes[shown], table.T
