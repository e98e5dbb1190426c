"""Training rows that look into the time of the test rows."""

import numpy as np

from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection.leakage._crossing import n_tested
from sklearn_lossfix.model_selection.leakage._leak import Leak


class TimeOverlap:
    """Labels of training rows overlap with a test part, or training rows are later than it.

    An overlap of declared label intervals is a leak. So are training rows from the future where
    every fold trains on rows that stand before its test rows: who splits like that wants the past.
    Otherwise rows from the future are a note: whether they leak depends on the data.
    """

    name = "time_overlap"
    slug = "time-overlap"
    title = "Training rows reach into the time of test rows"
    needs_y = False

    def run(self, data, earlier):
        """Count the test rows that training rows overlap with, or are later than."""
        if data.times is None:
            raise CheckNotApplicable(
                "No times were given, so the order of rows in time was not judged."
            )
        reach = (data.options.horizon, data.options.embargo)
        overlaps = [_overlapped_tests(data.times, fold, *reach) for fold in data.folds]
        later = [_tests_with_future(data.times, fold) for fold in data.folds]
        n_test = n_tested(data.folds)
        details = {
            "n_tested": n_test,
            "look_ahead": float(sum(mask.sum() for mask in later) / n_test),
            "n_overlapping_training_rows": [
                int(overlapping_rows(data.times[train], data.times[test], *reach).sum())
                for train, test in data.folds
            ],
        }
        if any(mask.any() for mask in overlaps):
            return self._overlap(data, overlaps, details)
        if any(mask.any() for mask in later):
            return self._look_ahead(data, later, details)
        return Leak(
            self.name,
            self.slug,
            False,
            "No training row is later than a test row of its fold"
            + (", and no label interval overlaps one." if any(reach) else "."),
            rate=0.0,
            expected_rate=0.0,
            per_fold=np.zeros(len(data.folds), dtype=np.intp),
            details=details,
        )

    def _overlap(self, data, masks, details):
        """What to say of label intervals that overlap."""
        options = data.options
        per_fold = np.array([mask.sum() for mask in masks])
        n_leaked, n_test = int(per_fold.sum()), details["n_tested"]
        links = horizon_components(data.times, options.horizon + options.embargo)
        chained = np.bincount(links).max() > options.max_component_share * data.n_rows
        return Leak(
            self.name,
            self.slug,
            True,
            f"{n_leaked:,} of {n_test:,} test rows ({n_leaked / n_test:.1%}) overlap in time with "
            f"the label of a training row: labels look {options.horizon:g} ahead, with an embargo "
            f"of {options.embargo:g}.",
            severity="high",
            rate=n_leaked / n_test,
            expected_rate=0.0,
            p_value=0.0,
            pairs=_nearest_pairs(data.times, data.folds, masks, options.evidence),
            per_fold=per_fold,
            links=None if chained else links,
            fix="Remove those training rows: on_leak='drop'.",
            details={**details, "kind": "overlap"},
        )

    def _look_ahead(self, data, masks, details):
        """What to say of training rows that are later than test rows."""
        per_fold = np.array([mask.sum() for mask in masks])
        n_leaked, n_test = int(per_fold.sum()), details["n_tested"]
        rolling = all(train.max() < test.min() for train, test in data.folds)
        message = (
            f"{n_leaked:,} of {n_test:,} test rows ({n_leaked / n_test:.1%}) are earlier than a "
            f"training row of their fold"
        )
        if rolling:
            message += ", although every fold trains on the rows that stand before its test rows."
            fix = "Sort the rows by time before splitting them."
        else:
            message += (
                ": scores tell how well gaps are filled, not how well the future is predicted."
            )
            fix = "If the future is to be predicted, sort the rows by time and use TimeSeriesSplit."
        return Leak(
            self.name,
            self.slug,
            True,
            message,
            severity="high" if rolling else "info",
            rate=n_leaked / n_test,
            expected_rate=0.0,
            p_value=0.0,
            pairs=_nearest_pairs(data.times, data.folds, masks, data.options.evidence),
            per_fold=per_fold,
            fix=fix,
            details={**details, "kind": "unsorted" if rolling else "look-ahead"},
        )


def overlapping_rows(train_times, test_times, horizon, embargo):
    """Which training rows have a label that overlaps with the test rows.

    The label of a row at t is known from t until just before t + `horizon`; after a test row comes
    an embargo. A training row at t overlaps with a test row at s where t < s + horizon + embargo
    and s < t + horizon, or where it falls into the embargo, s <= t < s + embargo. Nothing overlaps
    if both are zero.

    Parameters
    ----------
    train_times, test_times : ndarray of shape (n_train,), (n_test,)
        When rows were seen.
    horizon, embargo : float
        In the unit of the times, zero or more.

    Returns
    -------
    ndarray of shape (n_train,), dtype bool
    """
    if not horizon and not embargo:
        return np.zeros(len(train_times), dtype=bool)
    test_times = np.sort(test_times)
    # Test rows s with t - horizon - embargo < s < t + horizon, or <= t without a horizon.
    first = np.searchsorted(test_times, train_times - (horizon + embargo), side="right")
    last = np.searchsorted(test_times, train_times + horizon, side="left" if horizon else "right")
    return first < last


def _overlapped_tests(times, fold, horizon, embargo):
    """Which test rows overlap with the label of a training row: the same relation, reversed."""
    train, test = fold
    if not horizon and not embargo:
        return np.zeros(len(test), dtype=bool)
    train_times = np.sort(times[train])
    first = np.searchsorted(train_times, times[test] - horizon, side="right" if horizon else "left")
    last = np.searchsorted(train_times, times[test] + (horizon + embargo), side="left")
    return first < last


def _tests_with_future(times, fold):
    """Which test rows are earlier than some training row of the fold."""
    train, test = fold
    return times[test] < times[train].max(initial=-np.inf)


def horizon_components(times, reach):
    """Number rows so that those less than `reach` apart in time, also by a chain, are together.

    Parameters
    ----------
    times : ndarray of shape (n_rows,)
        When rows were seen.
    reach : float
        Horizon and embargo together.

    Returns
    -------
    ndarray of shape (n_rows,), dtype int
    """
    order = np.argsort(times, kind="stable")
    gap = np.diff(times[order])
    numbers = np.empty(len(times), dtype=np.intp)
    numbers[order] = np.concatenate([[0], np.cumsum((gap >= reach) & (gap > 0))])
    return numbers


def _nearest_pairs(times, folds, masks, limit):
    """Fold, training row and test row of leaked test rows, with the nearest training row."""
    pairs = []
    for number, ((train, test), mask) in enumerate(zip(folds, masks, strict=True)):
        left = limit - len(pairs)
        if left <= 0:
            break
        order = train[np.argsort(times[train], kind="stable")]
        rows = test[mask][: -(-left // (len(folds) - number))]
        # The first training row that is not earlier, or the latest: close in time to the row.
        places = np.minimum(np.searchsorted(times[order], times[rows]), len(order) - 1)
        pairs.extend((number, order[place], row) for place, row in zip(places, rows, strict=True))
    return np.array(pairs, dtype=np.intp).reshape(-1, 3)
