"""What the treatments were worth: the table of results, and what a report reads of it."""

import numpy as np
from scipy.stats import rankdata

from sklearn_lossfix._core._evidence import TreatmentEvidence
from sklearn_lossfix._core._paired_tests import (
    interval,
    mean_standard_error,
    nadeau_bengio_inflation,
)
from sklearn_lossfix.decision._metrics import influence
from sklearn_lossfix.decision._scoring import metric_for_classes
from sklearn_lossfix.model_selection._joint_selection import lead_error

# Columns of probabilities -> the fields of `Corrected` that they come from.
_LOSSES = {
    "log_loss": "log_loss",
    "brier": "brier",
    "log_loss_uncorrected": "raw_log_loss",
    "brier_uncorrected": "raw_brier",
}


def strategy_results(run, spec, learnt, chosen):
    """The columns of ``strategy_results_``: one entry per treatment that ran.

    Parameters
    ----------
    run : SearchRun
        Judged; its data's state holds ``names`` and ``corrected``.
    spec : RuleSpec
        The rule that was wanted.
    learnt : GuardedRule
        The rule in use.
    chosen : int
        The candidate in use.

    Returns
    -------
    dict of str to ndarray
    """
    state = run.data.state
    ran = [c for c, judgement in enumerate(run.judgements) if judgement is not None]
    values = run.values()[ran]
    errors = np.array([_standard_error(run, spec, c) for c in ran])
    bounds = [interval(value, error) for value, error in zip(values, errors, strict=True)]
    corrected = [state["corrected"][c] for c in ran]
    columns = {
        "strategy": np.array([state["names"][c] for c in ran], dtype=object),
        "metric": values,
        "metric_low": np.array([bound.low for bound in bounds]),
        "metric_high": np.minimum([bound.high for bound in bounds], _greatest(spec.metric)),
        "metric_at_default_rule": run.values(True)[ran],
        "rank": rankdata(-np.where(np.isnan(values), -np.inf, values), method="min").astype(int),
        "rule": np.array(
            [_rule_text(run, spec, learnt if c == chosen else None, c) for c in ran],
            dtype=object,
        ),
    }
    for name, attribute in _LOSSES.items():
        columns[name] = np.array(
            [np.nan if item is None else getattr(item, attribute) for item in corrected]
        )
    columns["correction"] = np.array(
        [None if item is None else item.correction.kind for item in corrected], dtype=object
    )
    columns["fit_time"] = run.results.fit_time[ran].mean(axis=1)
    return columns


def _greatest(metric):
    """The value that no interval goes beyond: no cost at all, or the best of a built-in metric."""
    if metric.kind != "label" or metric.custom is not None:
        return np.inf
    return 0.0 if metric.matrix is not None or metric.name == "cost" else 1.0


def _standard_error(run, spec, candidate):
    """Standard error of the metric of one candidate, its models and labels taken as given."""
    judgement = run.judgements[candidate]
    if spec.metric.kind != "label":
        n_splits = len(judgement.splits)
        if n_splits < 2:
            return np.nan
        inflation = nadeau_bengio_inflation(*run.folds.mean_sizes, n_splits)
        return judgement.splits.std(ddof=1) * np.sqrt(inflation / n_splits)
    scored = run.scored(candidate).priced()
    pos = spec.pos if spec.metric.asymmetric else None
    values = influence(spec.metric, scored.y, judgement.codes, spec.n_classes, scored.weight, pos)
    return mean_standard_error(values, scored.weight, scored.unit)


def _rule_text(run, spec, learnt, candidate):
    """The rule of a treatment in words; a threshold is the mean over the bootstrap samples."""
    if learnt is not None:
        rule = learnt.rule
    else:
        rule = spec.fixed_rule(run.scored(candidate).scores)
    if rule is not None:
        return f"threshold {rule.threshold:.3g}" if rule.kind == "threshold" else rule.kind
    resampled = run.judgements[candidate].resampled
    if spec.n_classes == 2 and resampled is not None and not np.isnan(resampled.parameters).all():
        return f"threshold {np.nanmean(resampled.parameters):.3g}"
    return "threshold" if spec.n_classes == 2 else "offsets"


def treatment_record(run, spec, learnt, chosen, select, store_oof):
    """What is kept of a comparison for reports, as plain arrays.

    Parameters
    ----------
    run, spec, learnt, chosen
        As for :func:`strategy_results`.
    select : {"one_se", "best"}
        How it was chosen.
    store_oof : bool
        Whether to keep the scores of single rows.

    Returns
    -------
    dict
        `lead` and `lead_error` of the greatest value over each treatment, ``best`` among those
        that ran, ``select``; and with `store_oof` the arrays of ``TreatmentEvidence``.
    """
    ran = [c for c, judgement in enumerate(run.judgements) if judgement is not None]
    values, resampled = run.values()[ran], run.resampled()[:, ran]
    greatest = int(np.nanargmax(values))
    record = {
        "lead": values[greatest] - values,
        "lead_error": lead_error(resampled, greatest, run.split_factor()),
        "best": ran.index(chosen),
        "select": select,
    }
    if not store_oof:
        return record
    scored, corrected = run.scored(chosen), run.data.state["corrected"][chosen]
    raw, untreated = run.data.state["raw"][chosen], run.data.state["raw"][0]
    record |= {
        "y": scored.y,
        "sample_weight": scored.weight,
        "units": scored.unit,
        "codes": learnt.codes,
        "untreated_codes": None
        if untreated is None
        else spec.default_rule().predict_codes(untreated),
    }
    if corrected is not None:
        record |= {
            "proba": corrected.proba,
            "raw_proba": raw,
            "untreated_proba": untreated,
        }
    return record


def treatment_evidence(model):
    """Gather what a fitted classifier recorded of its treatments.

    Parameters
    ----------
    model : AutoBalancedClassifier
        Fitted.

    Returns
    -------
    TreatmentEvidence
    """
    table = model.strategy_results_
    return TreatmentEvidence(
        names=tuple(table["strategy"].tolist()),
        metric_name=metric_for_classes(model._scorings[model._aligned], model.classes_).name,
        values=table["metric"],
        low=table["metric_low"],
        high=table["metric_high"],
        defaults=table["metric_at_default_rule"],
        log_loss=table["log_loss"],
        brier=table["brier"],
        raw_log_loss=table["log_loss_uncorrected"],
        raw_brier=table["brier_uncorrected"],
        corrections=tuple(table["correction"].tolist()),
        rules=tuple(table["rule"].tolist()),
        fit_time=table["fit_time"],
        skipped=dict(model.skipped_strategies_),
        **model._treatments,
    )
