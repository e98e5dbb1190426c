"""From a fitted search to what a report reads of it."""

import numpy as np

from sklearn_lossfix._core._bootstrap import bootstrap_counts
from sklearn_lossfix._core._evidence import SearchEvidence
from sklearn_lossfix._core._paired_tests import CONFIDENCE
from sklearn_lossfix.decision._decision_rule import class_scores
from sklearn_lossfix.decision._scoring import metric_for_classes
from sklearn_lossfix.decision._sorted_rows import SortedRows
from sklearn_lossfix.model_selection._candidates import numeric_axes

# Thresholds at which a curve is drawn: more are not told apart in a picture.
N_CURVE = 200


def search_evidence(search):
    """Gather what a fitted search recorded of its candidates.

    Parameters
    ----------
    search : MetricAlignedSearchCV
        Fitted.

    Returns
    -------
    SearchEvidence
    """
    table = search.cv_results_
    name = search._aligned
    low, high = search.honest_score_interval_
    return SearchEvidence(
        params=tuple(table["params"]),
        metric_name=metric_for_classes(search._scorings[search._aligned], search.classes_).name,
        values=np.asarray(table[f"mean_test_{name}"], dtype=float),
        defaults=np.asarray(table[f"mean_test_{name}_at_default_rule"], dtype=float),
        losses=np.asarray(table["proper_loss"], dtype=float),
        best=int(search.best_index_),
        resampled=search._resampled,
        apparent=search.apparent_score_,
        honest=search.honest_score_,
        honest_low=low,
        honest_high=high,
        axes=numeric_axes(table["params"]),
        curve=_curve(search),
        chosen_by=search._chosen_by,
    )


def _curve(search):
    """The metric of the winner over the threshold, with its bootstrap band; two classes only."""
    metric = metric_for_classes(search._scorings[search._aligned], search.classes_)
    recorded = search.oof_
    if recorded is None or len(search.classes_) > 2 or not metric.vectorised:
        return {}
    pos = search.classes_.tolist().index(search.pos_label_)
    metric = metric.for_sweep(pos)
    space = "proba" if recorded["response"] == "predict_proba" else "decision"
    column = class_scores(recorded["scores"], pos, space)
    weight, scale = recorded["sample_weight"], 1.0
    if "cost" in recorded:  # of each row: the mean cost is that of rows weighed by it
        scale = np.average(recorded["cost"], weights=weight)
        weight = recorded["cost"] if weight is None else weight * recorded["cost"]
    rows = SortedRows.sort(recorded["y"] == pos, column, weight)
    order = np.argsort(column)[::-1]
    quantiles = np.quantile(rows.score, np.linspace(0, 1, N_CURVE))
    thresholds = np.unique(np.append(quantiles, search.threshold_))
    thresholds = thresholds[np.isfinite(thresholds)]
    cuts = np.searchsorted(-rows.score, -thresholds, side="right")
    base = np.ones(len(column)) if rows.weight is None else rows.weight
    value = scale * _values_at(metric, rows.y_pos, base, cuts)
    curve = {"threshold": thresholds, "value": value}
    n_bootstrap = len(getattr(search, "threshold_distribution_", ()))
    if n_bootstrap:
        unit = np.unique(
            recorded["row"] if recorded["groups"] is None else recorded["groups"],
            return_inverse=True,
        )[1]
        seed = 0 if search.random_state is None else int(search.random_state)
        counts = bootstrap_counts(recorded["y"], unit, n_bootstrap, seed)[:, order]
        samples = [_values_at(metric, rows.y_pos, base * count, cuts) for count in counts]
        tail = 50 * (1 - CONFIDENCE)
        low, high = np.percentile(samples, [tail, 100 - tail], axis=0)
        curve["low"], curve["high"] = scale * low, scale * high
    else:
        curve["low"] = curve["high"] = np.full(len(value), np.nan)
    return curve


def _values_at(metric, y_pos, weight, cuts):
    """The metric where the first so many rows, in the order of the score, are positive."""
    tp = np.concatenate([[0.0], np.cumsum(weight * y_pos)])
    pred = np.concatenate([[0.0], np.cumsum(weight)])
    P, W = tp[-1], pred[-1]
    N = W - P
    hits = np.column_stack([N - (pred[cuts] - tp[cuts]), tp[cuts]])
    predicted = np.column_stack([W - pred[cuts], pred[cuts]])
    return np.asarray(metric.value(hits, predicted, np.array([N, P]), pos=1), dtype=float)
