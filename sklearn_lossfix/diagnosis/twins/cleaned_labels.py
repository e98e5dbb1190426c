"""A twin that does not learn from rows whose labels look wrong."""

import warnings

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_lossfix._core._evidence import NoTwin
from sklearn_lossfix._core._paired_tests import effective_units
from sklearn_lossfix._core._proper_scores import clipped_log
from sklearn_lossfix._core._recalibration import fit_smooth_map, map_loss_rows
from sklearn_lossfix.diagnosis._label_noise import MIN_ERRORS, estimate_label_noise
from sklearn_lossfix.diagnosis.twins._plan import TwinPlan
from sklearn_lossfix.exceptions import CheckNotApplicable

# Level at which wrong labels are called shown: that of the findings where nothing else is asked.
_LEVEL = 0.01

# Rows that are left out: likelier wrong than right.
SUSPECT_CHANCE = 0.5

# Folds of the linear forecast.
_N_FOLDS = 5

# Columns that a linear forecast is fitted on at most: it has to stay cheap beside the model.
_MAX_COLUMNS = 2000


class CleanedLabelsTwin:
    """The same estimator, fitted without rows whose labels are likelier wrong than right.

    Wrong labels are told from the sharpest forecast at hand: of the model, the reference and a
    linear one the one with the least recalibrated loss out of fold. A model that misses a pattern,
    or whose forecasts are noisy, contradicts labels with confidence, and that is its own fault.
    """

    key = "cleaned_labels"

    def plan(self, subject):
        """Estimate the share of wrong labels from the sharpest forecast."""
        if subject.reference is None:
            raise CheckNotApplicable(
                "Needs a reference: what contradicts one model alone may be that model's fault."
            )
        rows = np.unique(subject.scored_rows)
        y = subject.y[rows]
        weight = None if subject.weight is None else subject.weight[rows]
        groups = None if subject.groups is None else subject.groups[rows]
        forecasts = {"the reference": subject.reference.proba}
        if subject.scored.proba is not None:
            forecasts = {"the model": subject.scored.proba, **forecasts}
        forecasts = {k: row_means(p, subject.scored_rows) for k, p in forecasts.items()}
        linear = linear_forecast(subject)
        if linear is not None:
            forecasts["a linear model"] = linear[rows]
        losses = {k: recalibrated_loss(p, y, weight) for k, p in forecasts.items()}
        sharpest = min(losses, key=losses.get)
        found = estimate_label_noise(
            forecasts[sharpest], y, weight, effective_units(weight, len(y), groups)
        )
        if found is None:
            return NoTwin(
                "passed",
                f"Fewer than {MIN_ERRORS} labels contradict {sharpest}: too few to tell a share of "
                f"wrong labels by.",
            )
        if found.p_value > _LEVEL:
            return NoTwin(
                "passed",
                f"Share of wrong labels {found.rate:.1%} [{found.low:.1%}, {found.high:.1%}], not "
                f"shown to be above {found.limit:.1%}: overlap of the classes explains as well "
                f"what contradicts {sharpest}. Where classes overlap everywhere, wrong labels "
                f"could not be told apart.",
                estimate=found.rate,
                limit=found.limit,
                unit="share",
            )
        return _plan(subject, rows, found, sharpest)


def row_means(proba, row):
    """Mean forecast of every row that was scored, once or several times.

    Parameters
    ----------
    proba : ndarray of shape (n_scored, n_classes)
        Forecasts.
    row : ndarray of shape (n_scored,), dtype int
        Their rows.

    Returns
    -------
    ndarray of shape (n_rows, n_classes)
        In rising order of the rows.
    """
    _, code, count = np.unique(row, return_inverse=True, return_counts=True)
    sums = [np.bincount(code, column) for column in proba.T]
    return np.column_stack(sums) / count[:, None]


def recalibrated_loss(proba, y, weight=None):
    """Mean log loss after a temperature map: forecasts are compared by what they tell."""
    log_p = clipped_log(proba)
    recalibration = fit_smooth_map(log_p, y, "temperature", weight)
    return float(np.average(map_loss_rows(recalibration, log_p, y), weights=weight))


def linear_forecast(subject):
    """Forecasts out of fold of a logistic regression on what reaches the last step, or None.

    Where the classes are linear it is far sharper than trees and neighbours on the same rows.
    """
    matrix, _, _ = subject.reached
    smallest = np.bincount(subject.y, minlength=subject.n_classes).min()
    if matrix is None or matrix.shape[1] > _MAX_COLUMNS or smallest < 2:
        return None
    if not sparse.issparse(matrix) and not np.isfinite(matrix).all():
        return None
    n_folds = min(_N_FOLDS, int(smallest))
    kind = StratifiedKFold if subject.groups is None else StratifiedGroupKFold
    folds = kind(n_splits=n_folds, shuffle=True, random_state=subject.seed)
    scale = StandardScaler(with_mean=not sparse.issparse(matrix))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of fits that nobody asked for
            return cross_val_predict(
                make_pipeline(scale, LogisticRegression()),
                matrix,
                subject.y,
                groups=subject.groups,
                cv=folds,
                method="predict_proba",
            )
    except ValueError:  # too few groups for the folds, or a fold without a class
        return None


def _plan(subject, rows, found, sharpest):
    """The plan, from what was found on the scored rows."""
    order = np.argsort(-found.chance, kind="stable")
    suspects = rows[order[found.chance[order] > SUSPECT_CHANCE]]
    conflicts = 0 if subject.conflicts is None else subject.conflicts["n_rows"]
    shared = f"; {conflicts:,} rows share all features with a row of another label"
    return TwinPlan(
        build=clone,
        changes=f"fitted without {len(suspects):,} rows whose labels look wrong",
        code=(
            "import numpy as np\n"
            "from sklearn.base import clone\n"
            "keep = np.setdiff1d(np.arange(len(y)), report['label-noise'].rows)\n"
            "estimator = clone(estimator).fit(X[keep], y[keep])"
        ),
        params={"left_out": len(suspects)},
        cause=(
            f"about {found.rate:.1%} [{found.low:.1%}, {found.high:.1%}] of the labels look wrong: "
            f"they contradict {sharpest} where it is surest{shared if conflicts else ''}"
        ),
        suspicion=1.0,
        left_out=suspects,
        rows=suspects,
        evidence={
            "rate": found.rate,
            "low": found.low,
            "high": found.high,
            "limit": found.limit,
            "noise_p_value": found.p_value,
            "only_class": found.only,
            "n_suspects": len(suspects),
            "n_conflicting_rows": conflicts,
            "read_from": sharpest,
        },
    )
