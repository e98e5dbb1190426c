"""What a report says of treatments of imbalance: each one's scores, classes, probabilities.

Everything here follows from ``TreatmentEvidence``: out of fold, whatever rows the report judges.
"""

import numpy as np

from sklearn_lossfix._core._paired_tests import Estimate, paired_estimate, weighted_mean
from sklearn_lossfix._core._proper_scores import brier_rows, class_shares, log_loss_rows
from sklearn_lossfix.decision._metrics import class_totals

#: Columns of the table "probability_quality".
QUALITY_COLUMNS = (
    "quantity",
    "untreated",
    "before_correction",
    "after_correction",
    "change",
    "change_low",
    "change_high",
)

_UNKNOWN = Estimate(np.nan, np.nan, np.nan, np.nan)


def treatment_tables(evidence):
    """Columns of all tables on treatments.

    Parameters
    ----------
    evidence : Evidence
        With treatments.

    Returns
    -------
    dict of str to dict of str to list
        "treatments" and "skipped_treatments"; "treatment_classes" where the rows were recorded,
        and "probability_quality" where their probabilities were.
    """
    treatments = evidence.treatments
    labels = [label.item() for label in evidence.classes]
    tables = {
        "treatments": treatment_columns(treatments),
        "skipped_treatments": {
            "treatment": list(treatments.skipped),
            "reason": list(treatments.skipped.values()),
        },
    }
    if treatments.y is not None:
        tables["treatment_classes"] = class_columns(treatments, labels)
        if treatments.proba is not None:
            tables["probability_quality"] = quality_columns(treatments, labels)
    return tables


def treatment_facts(treatments):
    """What the report's context says of treatments.

    Parameters
    ----------
    treatments : TreatmentEvidence
        What was seen.

    Returns
    -------
    dict
        Metric, the chosen treatment and how it was chosen, number of treatments, and the skipped
        ones with the reason.
    """
    return {
        "metric": treatments.metric_name,
        "chosen": treatments.names[treatments.best],
        "select": treatments.select,
        "n_treatments": len(treatments.names),
        "skipped": dict(treatments.skipped),
    }


def treatment_columns(treatments):
    """One row per treatment that could run, simplest first.

    Parameters
    ----------
    treatments : TreatmentEvidence
        What was seen.

    Returns
    -------
    dict of str to list
        ``cost`` is the metric minus that of the chosen one: what choosing the treatment would have
        gained, or cost where negative.
    """
    columns = {
        "metric": treatments.values,
        "low": treatments.low,
        "high": treatments.high,
        "metric_at_default_rule": treatments.defaults,
        "cost": treatments.values - treatments.values[treatments.best],
        "lead": treatments.lead,
        "lead_se": treatments.lead_error,
        "log_loss": treatments.log_loss,
        "brier": treatments.brier,
        "log_loss_uncorrected": treatments.raw_log_loss,
        "brier_uncorrected": treatments.raw_brier,
    }
    return {
        "treatment": list(treatments.names),
        **{key: np.asarray(values, dtype=float).tolist() for key, values in columns.items()},
        "correction": list(treatments.corrections),
        "rule": list(treatments.rules),
        "fit_time": np.asarray(treatments.fit_time, dtype=float).tolist(),
        "chosen": [k == treatments.best for k in range(len(treatments.names))],
    }


def class_columns(treatments, labels):
    """Recall and precision of every class, before and after: untreated, and the chosen treatment.

    Before is the untreated model under the default rule; after is the chosen treatment under its
    rule.

    Parameters
    ----------
    treatments : TreatmentEvidence
        With the rows that were scored.
    labels : list of length n_classes
        Labels of the classes, as plain values.

    Returns
    -------
    dict of str to list
        One row per class; recall is NaN of a class without rows, precision of one that is never
        predicted.
    """
    y, weight = treatments.y, treatments.sample_weight
    n_classes = len(labels)
    columns = {
        "class": list(labels),
        "share": class_shares(y, n_classes, weight).tolist(),
        "n_rows": np.bincount(y, minlength=n_classes).tolist(),
    }
    unknown = [np.nan] * n_classes
    rates = [
        (unknown, unknown) if codes is None else _recall_and_precision(y, codes, n_classes, weight)
        for codes in (treatments.untreated_codes, treatments.codes)
    ]
    for name, pair in zip(("recall", "precision"), zip(*rates, strict=True), strict=True):
        columns |= {f"{name}_before": pair[0], f"{name}_after": pair[1]}
    return columns


def _recall_and_precision(y, codes, n_classes, sample_weight):
    """Two lists, one number a class."""
    hits, predicted, true = class_totals(y, codes, n_classes, sample_weight)
    return tuple(
        np.divide(hits, total, out=np.full(n_classes, np.nan), where=total > 0).tolist()
        for total in (true, predicted)
    )


def quality_columns(treatments, labels):
    """How good the probabilities are: untreated, and of the chosen treatment before and after.

    Parameters
    ----------
    treatments : TreatmentEvidence
        With rows and probabilities.
    labels : list of length n_classes
        Labels of the classes, as plain values.

    Returns
    -------
    dict of str to list
        Log loss, Brier score, and the mean forecast of the rarest class minus its share.
        ``change`` is after minus before the correction, row-paired, with its 95 % interval; NaN
        where it is not known.
    """
    y, weight = treatments.y, treatments.sample_weight
    states = (treatments.untreated_proba, treatments.raw_proba, treatments.proba)
    shares = class_shares(y, len(labels), weight)
    rarest = int(np.argmin(np.where(shares > 0, shares, np.inf)))

    def excess(proba, y):
        return proba[:, rarest] - (y == rarest)

    quantities = {
        "log loss": log_loss_rows,
        "Brier score": brier_rows,
        f"calibration in the large of {labels[rarest]!r}": excess,
    }
    rows = []
    for name, of_rows in quantities.items():
        parts = [None if proba is None else of_rows(proba, y) for proba in states]
        means = [np.nan if part is None else weighted_mean(part, weight) for part in parts]
        change = _UNKNOWN
        # A mean forecast is no loss: less of it is not better.
        if of_rows is not excess and parts[1] is not None:
            change = paired_estimate(parts[2] - parts[1], weight, treatments.units)
        rows.append((name, *means, change.value, change.low, change.high))
    return dict(zip(QUALITY_COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
