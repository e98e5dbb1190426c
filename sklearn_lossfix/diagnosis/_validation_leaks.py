"""What checks of leakage say of validation rows beside the training rows, or of folds."""

import warnings
from dataclasses import replace

import numpy as np

from sklearn_lossfix._core._oof import is_regressor_given_labels, score_rows
from sklearn_lossfix._core._validation import check_groups
from sklearn_lossfix.diagnosis._drift import gather_drift
from sklearn_lossfix.diagnosis._scored import to_scored
from sklearn_lossfix.diagnosis._shuffled_columns import shuffled_columns
from sklearn_lossfix.model_selection._assert_no_leakage import stacked
from sklearn_lossfix.model_selection._audit import audit_split, read_split_data
from sklearn_lossfix.model_selection.leakage._order import (
    LEAKAGE_CHECKS,
    SPLIT_CHECKS,
)
from sklearn_lossfix.model_selection.leakage._split_data import LeakageOptions
from sklearn_lossfix.model_selection.leakage._times import read_times

#: Checks of leakage whose columns are shuffled, to see whether the model relies on them.
COLUMN_CHECKS = ("target_copies", "row_order", "target_encoding")


def with_groups_and_times(data, validation, groups, times):
    """Training and validation rows, with the groups and times that were given for them.

    Parameters
    ----------
    data : Data
        Training rows with codes of their groups.
    validation : Data or None
        Rows to judge.
    groups, times : pair of array-like or None
        As passed for training and for validation rows.

    Returns
    -------
    data, validation : Data or None
        Groups of both in one numbering, times as float64.

    Raises
    ------
    ValueError
        For groups or times of validation rows without those rows or without the same of the
        training rows; for a wrong length, and for missing times.
    TypeError
        For times that are neither numbers nor times.
    """
    for name, (of_training, of_validation) in (("groups", groups), ("times", times)):
        if of_validation is None:
            continue
        if validation is None:
            raise ValueError(f"{name}_val was given without X_val and y_val. Pass them as well.")
        if of_training is None:
            raise ValueError(f"{name}_val was given without {name}. Pass the {name} of X as well.")
    data = replace(data, times=read_times(times[0], len(data.y)))
    if validation is None:
        return data, None
    return data, replace(
        validation,
        groups=shared_codes(data.groups, *groups),
        times=read_times(times[1], len(validation.y)),
    )


def shared_codes(codes, groups, groups_val):
    """Codes of the groups of validation rows in the numbering of the training rows.

    Parameters
    ----------
    codes : ndarray of shape (n_rows,), dtype int, or None
        Codes 0 .. G-1 of the groups of the training rows.
    groups, groups_val : array-like of shape (n_rows,), (n_val,), or None
        As passed.

    Returns
    -------
    ndarray of shape (n_val,), dtype int, or None
        The code of the same group; groups that no training row has follow from G on.
    """
    if groups_val is None:
        return None
    arrays = [
        part.to_numpy() if hasattr(part, "to_numpy") else np.asarray(part)
        for part in (groups, groups_val)
    ]
    if "O" in [array.dtype.kind for array in arrays]:
        arrays = [array.astype(str) for array in arrays]
    check_groups(arrays[1], len(arrays[1]), "groups_val")
    joint = check_groups(np.concatenate(arrays), sum(map(len, arrays)))
    of_training, of_validation = joint[: len(codes)], joint[len(codes) :]
    number = np.full(int(joint.max()) + 1, -1, dtype=np.intp)
    number[of_training] = codes
    new = np.flatnonzero(number < 0)
    number[new] = codes.max() + 1 + np.arange(len(new))
    return number[of_validation]


def stacked_features(X_val, X):
    """Validation rows, then training rows, in one container.

    Raises
    ------
    ValueError
        For containers of different kinds, or with different columns.
    """
    if isinstance(X, list | tuple) != isinstance(X_val, list | tuple):
        X, X_val = (np.asarray(p) if isinstance(p, list | tuple) else p for p in (X, X_val))
    with warnings.catch_warnings():
        # pandas announces what it will make of columns without a value.
        warnings.simplefilter("ignore", FutureWarning)
        return stacked(X_val, X, "X")


def validation_leaks(data, validation, request, effort):
    """Ask the checks of leakage about training and validation rows.

    The validation rows come first in the table: whoever passes them has not said that they were
    taken from its end.

    Parameters
    ----------
    data, validation : Data
        Training rows; rows to judge.
    request : Request
        Gives the seed.
    effort : str
        "fast" asks the quick checks that read no labels.

    Returns
    -------
    leaks : SplitEvidence or None
    split : SplitData or None
        What they judged.
    reason : str or None
        Why nothing was judged.
    """
    n_val, n_rows = len(validation.y), len(data.y)
    fold = (np.arange(n_val, n_val + n_rows), np.arange(n_val))
    try:
        split = read_split_data(
            stacked_features(validation.X, data.X),
            [fold],
            LeakageOptions(seed=request.seed),
            y=np.concatenate([validation.labels, data.labels]),
            groups=_both(validation.groups, data.groups),
            times=_both(validation.times, data.times),
        )
    except (TypeError, ValueError) as error:
        return None, None, f"X and X_val cannot be compared. {error}"
    checks = LEAKAGE_CHECKS
    if effort == "fast":
        checks = [check for check in checks if check.name in SPLIT_CHECKS]
    return audit_split(split, checks, splitter="training and validation rows"), split, None


def _both(of_validation, of_training):
    """Values of both parts, or None where one is missing."""
    if of_validation is None or of_training is None:
        return None
    return np.concatenate([of_validation, of_training])


def with_validation_checks(evidence, fitted, data, validation, request, effort):
    """Evidence on validation rows, with what was seen of the split.

    Parameters
    ----------
    evidence : Evidence
        Of the validation rows.
    fitted : fitted estimator
        What is judged.
    data, validation : Data
        Training rows; rows to judge.
    request : Request
        What was asked for.
    effort : str
        "fast" asks quick checks only, and looks for no drift.

    Returns
    -------
    Evidence
    """
    facts = evidence.facts
    request.say("leakage between training and validation rows")
    leaks, split, reason = validation_leaks(data, validation, request, effort)
    if reason is not None:
        facts["no_leaks_reason"] = reason
    else:
        facts["columns_shuffled"] = _scored_without(fitted, validation.X, leaks, split, request)
    if validation.times is not None:
        facts["before_last_training_row"] = validation.times < data.times.max()
    if effort == "fast":
        return replace(evidence, leaks=leaks)
    request.say("drift from training to validation rows")
    drift, reason = gather_drift(data, validation, stacked_features, request)
    if drift is None:
        facts["no_drift_reason"] = reason
    return replace(evidence, leaks=leaks, drift=drift)


def _scored_without(fitted, X, leaks, split, request):
    """What the model says of the validation rows where leaking columns are shuffled, by finding."""
    table, by_slug = split.table, {}
    for leak in leaks.leaks:
        if leak.found and leak.check in COLUMN_CHECKS:
            by_slug.setdefault(leak.slug, set()).update(leak.columns)
    out = {}
    if is_regressor_given_labels(fitted):
        return out
    order = np.random.default_rng(request.seed).permutation(leaks.per_fold["n_test"][0])
    for slug, names in by_slug.items():
        positions = [int(table.positions[table.names.index(name)]) for name in sorted(names)]
        if not positions:
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                scores = score_rows(fitted, shuffled_columns(X, positions, order), request.classes)
            out[slug] = to_scored(*scores, len(request.classes), type(fitted).__name__)
        except Exception as error:  # a user's model may refuse values in another row
            request.notes.append(f"The model could not be asked without leaking columns: {error}")
    return out
