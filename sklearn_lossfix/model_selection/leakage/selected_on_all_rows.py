"""SelectedOnAllRows: columns that were chosen by their correlation with the target of all rows."""

import numpy as np
from scipy import stats

from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection.leakage._leak import Leak
from sklearn_lossfix.model_selection.leakage._selection_null import (
    LEAST,
    chance_of_spread,
    contrasts,
    null_root,
    residuals,
    shares_of_one_row,
    spread,
    standardised,
    z_scores,
)

# Fewer columns have no spread to speak of.
MIN_COLUMNS = 5
MIN_ROWS = 20

# Draws of the null model: p-values down to 1 in 20,001, so that Holm's correction over a dozen
# checks at 0.001 can be passed.
N_DRAWS = 20_000

# Multiplications that the covariance of z-scores may take, and its greatest size.
MAX_PRODUCTS = 20_000_000_000
MAX_SIZE = 1_000

# Columns where one row has a greater share in the variance of the z-score: that is not normal, and
# chance makes their |z| alike. Of 50 normal rows one has 0.25 in 1 case of 1,000.
MAX_SHARE = 0.25

# The mildest selection that matters keeps noise beyond this z-score (the best 1 in 5): where chance
# alone may leave z-scores as alike, a selection would not show.
MILDEST_LIMIT = float(stats.norm.isf(0.1))

# Up to here a small p-value is called suspicious; above, nothing is.
SUSPICIOUS = 0.05


class SelectedOnAllRows:
    """Absolute z-scores of columns that are too alike, as selection before the split leaves them.

    The statistic is how far their mean lies above their least ones (`_selection_null.py`); the null
    model is that of columns without effect and with their residual covariance, which leaves the
    least distance that chance can. Columns
    that were chosen on the training rows only are less alike on all rows than on those. The test
    is weak where strong real effects were chosen from: choosing does little harm there.
    """

    name = "selected_on_all_rows"
    slug = "preprocessed-before-split"
    title = "Features selected before the split"
    needs_y = True

    def run(self, data, earlier):
        """Compare the spread of z-scores on all rows with chance, then with the training rows."""
        X, rest, q, n_classes = _read(data, earlier)
        rng = data.rng("selected_on_all_rows null")
        n_contrasts = q.shape[1]
        observed = float(spread(z_scores(X, q)))
        root = null_root(rest, q)
        p_value, expected, limit = chance_of_spread(observed, root, n_contrasts, N_DRAWS, rng)
        on_train = None
        if p_value <= SUSPICIOUS:
            on_train = _spread_on_training_rows(X, data, n_classes)
        return _leak(self, data, X.shape[1], observed, expected, limit, p_value, on_train)


def _read(data, earlier):
    """Columns as `standardised`, their `residuals`, contrasts, and number of classes or None."""
    table, y = data.table, data.y
    if y is None:
        raise CheckNotApplicable("The labels are not known.")
    if table.is_sparse:
        raise CheckNotApplicable("Effects of columns are compared in dense tables.")
    if data.n_rows < MIN_ROWS or y.min() == y.max():
        raise CheckNotApplicable(
            f"At least {MIN_ROWS} rows and two different labels are needed to see effects."
        )
    n_classes = None if data.classes is None else len(data.classes)
    q = contrasts(y, n_classes)
    explained = set()
    for name in ("target_copies", "target_encoding"):
        if name in earlier and earlier[name].found is not False:
            explained.update(earlier[name].columns)
    columns = [j for j in table.number_columns if table.names[j] not in explained]
    rng = data.rng("selected_on_all_rows columns")
    most = min(MAX_SIZE, int(np.sqrt(MAX_PRODUCTS / (data.n_rows * q.shape[1])))) // q.shape[1]
    if most < MIN_COLUMNS:
        raise CheckNotApplicable(f"The target has too many classes ({n_classes}) to compare.")
    if len(columns) > 2 * most:
        columns = np.sort(rng.choice(columns, 2 * most, replace=False)).tolist()
    columns = [j for j in columns if _is_known(table.column(j))]
    if len(columns) > most:
        columns = np.sort(rng.choice(columns, most, replace=False)).tolist()
    few = (
        f"At least {MIN_COLUMNS} columns of numbers without missing values are needed, in none of "
        "which a single row decides."
    )
    if len(columns) < MIN_COLUMNS:
        raise CheckNotApplicable(few)
    X = standardised(table.numbers(columns))
    rest = residuals(X, q)
    light = shares_of_one_row(rest, q) <= MAX_SHARE
    if np.count_nonzero(light) < MIN_COLUMNS:
        raise CheckNotApplicable(few)
    if light.all():
        return X, rest, q, n_classes
    return X[:, light], rest[:, light], q, n_classes


def _is_known(values):
    """Whether all values are known and not all are equal."""
    return bool(np.isfinite(values).all() and values.min() < values.max())


def _spread_on_training_rows(X, data, n_classes):
    """Mean over folds of the spread of z-scores on the training rows; NaN if there is none."""
    spreads = []
    for train, _ in data.folds:
        y = data.y[train]
        if len(train) >= MIN_ROWS and y.min() < y.max():
            q = contrasts(y, n_classes)
            spreads.append(spread(z_scores(standardised(X[train]), q)))
    return float(np.mean(spreads)) if spreads else np.nan


def _leak(check, data, n_columns, observed, expected, limit, p_value, on_train):
    """What is said of the spread."""
    details = {
        "n_judged_columns": n_columns,
        "spread": observed,
        "expected_spread": expected,
        "spread_on_training_rows": on_train,
    }
    tell = {"p_value": p_value, "details": details, "expected_rate": 0.0}
    said = (
        f"the mean |z| of {n_columns} columns for the target lies {observed:.2g} above their least "
        f"ones, by chance about {expected:.2g} or more (p = {p_value:.2g})"
    )
    fix = (
        "Select features inside the Pipeline, so that every fold selects on its own training rows."
    )
    suspicious = p_value <= SUSPICIOUS
    if suspicious and on_train is not None and on_train < observed:
        return Leak(
            check.name,
            check.slug,
            False,
            "The columns are chosen by their effects, but on training rows: their mean |z| lies "
            f"{on_train:.2g} above the least ones there, {observed:.2g} on all rows.",
            rate=0.0,
            **{**tell, "p_value": 1.0},
        )
    if p_value <= data.options.alpha:
        return Leak(
            check.name,
            check.slug,
            True,
            f"The columns were chosen by their effects on all rows, test rows included: {said}.",
            severity="high",
            rate=1.0,
            fix=fix,
            **tell,
        )
    is_weak = limit < _spread_of_chosen(MILDEST_LIMIT)
    if suspicious or (is_weak and p_value < 0.5):
        reason = (
            "which is suspicious but may be chance"
            if suspicious
            else ("and so few columns, or so alike, would not show a selection")
        )
        return Leak(
            check.name,
            check.slug,
            None,
            f"Could not tell: {said}, {reason}.",
            fix=fix,
            **tell,
        )
    return Leak(
        check.name,
        check.slug,
        False,
        f"No sign of a selection: {said}.",
        rate=0.0,
        **tell,
    )


def _spread_of_chosen(limit):
    """Spread of noise that was kept because its |z| is beyond a limit."""
    share = stats.norm.sf(limit)
    least = stats.norm.isf((1 - LEAST) * share)
    return stats.norm.pdf(limit) / share - least
