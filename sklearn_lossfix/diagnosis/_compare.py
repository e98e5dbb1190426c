"""A second model on the same rows: its scores, and what lies between the two."""

from sklearn_lossfix._core._paired_tests import paired_estimate
from sklearn_lossfix._core._proper_scores import brier_rows
from sklearn_lossfix.diagnosis._gather import fit_clone, is_fitted, score_fitted


def compared_scores(compare, unfitted, data, validation, request, bench):
    """Score the other model on the rows that the report judges.

    Parameters
    ----------
    compare : estimator
        The other model, fitted or not.
    unfitted : estimator
        What is cloned of it for fits on folds.
    data : Data
        Training rows.
    validation : Data or None
        Rows to judge; None judges out of fold.
    request : Request
        What was asked for.
    bench : Workbench or None
        Rows and folds of the report, for scores out of fold.

    Returns
    -------
    Scored

    Raises
    ------
    ValueError
        If it is not fitted where nothing may be fitted.
    """
    if validation is None:
        return bench.score(unfitted, "the compared model")
    if not is_fitted(compare):
        if bench is None:
            raise ValueError(
                f"compare holds a {type(compare).__name__} that is not fitted, and this effort "
                f"fits nothing. Fit it first, or use effort='normal'."
            )
        compare = fit_clone(compare, data, request.seed)
    return score_fitted(compare, validation.X, request.classes)


def differences(analysis):
    """What lies between the compared model and the judged one, row-paired.

    Parameters
    ----------
    analysis : Analysis
        With a compared model.

    Returns
    -------
    list of (str, float, float, Estimate)
        Quantity, value of the compared model, value of the judged one, and the second minus the
        first; variances carry the Nadeau-Bengio factor where models were refitted.
    """
    e = analysis.evidence
    other, rows = e.compared, []
    if e.model.proba is not None and other.proba is not None:
        pairs = (
            ("log loss", analysis.losses_of(other), analysis.row_losses),
            ("Brier score", brier_rows(other.proba, e.y), brier_rows(e.model.proba, e.y)),
        )
        for name, before, after in pairs:
            change = paired_estimate(after - before, inflation=e.inflation, **analysis.sampling)
            means = [paired_estimate(part, **analysis.sampling).value for part in (before, after)]
            rows.append((name, *means, change))
    metrics = [analysis.metric]
    if e.facts.get("scoring") is None and analysis.metric.name != analysis.balanced.name:
        metrics.append(analysis.balanced)
    for metric in metrics:
        if metric.kind == "label":
            change = analysis.gain(metric, e.model.pred, other.pred, inflation=e.inflation)
            values = [analysis.metric_value(metric, pred) for pred in (other.pred, e.model.pred)]
            rows.append((metric.name, *values, change))
    return rows


def compare_columns(analysis):
    """Columns of the table ``"compare"``."""
    rows = differences(analysis)
    return {
        "quantity": [row[0] for row in rows],
        "compared": [row[1] for row in rows],
        "judged": [row[2] for row in rows],
        "difference": [row[3].value for row in rows],
        "low": [row[3].low for row in rows],
        "high": [row[3].high for row in rows],
    }
