"""What a whole selection, of candidate and rule, is worth on rows that it was not made by."""

import dataclasses

import numpy as np

from sklearn_lossfix.decision._resampled_rules import resample_codes
from sklearn_lossfix.model_selection._joint_selection import (
    NO_SCORE,
    HonestScore,
    choices_of_folds,
    honest_from_bootstrap,
    honest_from_folds,
    honest_from_labels,
)
from sklearn_lossfix.model_selection._judge_candidates import averaging_gain, positive_code


def honest_score(run, chosen, default=False, select="best"):
    """Judge the whole choice of a search.

    In each bootstrap sample the choice is made on the drawn rows and judged on the rest. What was
    averaged in the rule in use is told by the chosen candidate: samples judge single rules. Where
    no samples are drawn, or what chooses cannot be computed for them (rankings, unknown callables),
    each fold is judged by what is chosen on the others.

    Parameters
    ----------
    run : SearchRun
        Judged.
    chosen : int
        The chosen candidate.
    default : bool, default=False
        Whether the default rule is in use.
    select : {"best", "one_se"} or callable, default="best"
        How it was chosen. "one_se" is judged as "best". What a callable makes of the table of all
        rows cannot be repeated on some: then the chosen candidate is judged, and not the choice.

    Returns
    -------
    HonestScore
    """
    if run.counts is not None and run.pooling == "pooled":
        drawn = _what_chooses_in_samples(run, chosen, default, select)
        if drawn is not None:
            gain = _gain_of_averaging(run, chosen, default)
            honest = honest_from_bootstrap(drawn, run.resampled(default))
            return HonestScore(*(value + gain for value in honest))
    splits = np.array(
        [
            np.full(len(run.folds.splits), np.nan)
            if judgement is None
            else (judgement.default_splits if default else judgement.splits)
            for judgement in run.judgements
        ]
    )
    if callable(select):
        by = _only(chosen, splits.shape)
    else:
        by = splits if run.selection is None else run.selection_splits(default)
    if run.pooling == "pooled" and run.spec.metric.kind == "label":
        return _honest_labels(run, by, default)
    return honest_from_folds(splits, run.overlap(), by)


def _what_chooses_in_samples(run, chosen, default, select):
    """What candidates are compared by on the drawn rows; None where it is not computed there."""
    if callable(select):
        return _only(chosen, (len(run.judgements), len(run.counts))).T
    if run.selection is None:
        return run.resampled(default, drawn=True)
    if not run.selection.vectorised:
        return None
    return _drawn_selection(run, default)


def _only(chosen, shape):
    """Values that one candidate alone has, so that it is the best one everywhere."""
    values = np.full(shape, np.nan)
    values[chosen] = 0.0
    return values


def _drawn_selection(run, default):
    """The metric that chooses, of the labels of each candidate on the drawn rows."""
    metric = run.selection
    spec = dataclasses.replace(run.spec, metric=metric, pos=positive_code(run.spec, metric))
    columns = []
    for candidate, report in enumerate(run.reports_under(default)):
        if report is None:
            columns.append(np.full(len(run.counts), np.nan))
            continue
        judgement, scored = run.judgements[candidate], run.scored(candidate)
        codes = judgement.default_codes if default else judgement.codes
        scored = scored.priced() if metric.by_row else scored
        columns.append(resample_codes(spec, scored, codes, run.counts).drawn)
    return np.column_stack(columns)


def _gain_of_averaging(run, chosen, default):
    """What the average of the rules of samples has over a single one; 0 where none is in use."""
    if default or not run.spec.is_tuned or run.spec.constraint is not None:
        return 0.0
    resampled = run.judgements[chosen].resampled
    return averaging_gain(run.spec, run.scored(chosen).priced(), run.counts, resampled)


def _honest_labels(run, by, default):
    """Judge the labels that each fold is given by the candidate that is best on the others."""
    chosen = choices_of_folds(by)
    if chosen is None:
        return NO_SCORE
    scored = run.rows_of_all_folds.priced()
    codes = np.empty(len(scored.y), dtype=np.intp)
    for fold, candidate in enumerate(chosen):
        judgement, rows = run.judgements[candidate], scored.fold == fold
        codes[rows] = (judgement.default_codes if default else judgement.codes)[rows]
    spec = run.spec
    honest = honest_from_labels(
        spec.metric,
        scored.y,
        codes,
        spec.n_classes,
        scored.weight,
        positive_code(spec, spec.metric),
        scored.unit,
        run.overlap(),
    )
    # A single fold chose for itself: its value has no rows to vary over.
    return honest if len(chosen) > 1 else HonestScore(honest.value, np.nan, np.nan)
