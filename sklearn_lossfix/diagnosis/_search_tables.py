"""What a report says of a search: where its score comes from, its candidates, its threshold curve.

Everything here follows from the recorded scores, labels and folds, from ``SearchEvidence`` and from
``NestedSearch``: nothing is fitted but the maps and rules that any report fits.
"""

import numpy as np
from sklearn.metrics import average_precision_score

from sklearn_lossfix._core._paired_tests import (
    Estimate,
    auc_influence,
    interval,
    mean_standard_error,
    nadeau_bengio_inflation,
    paired_estimate,
)
from sklearn_lossfix.decision._decision_rule import DecisionRule, class_scores
from sklearn_lossfix.decision._fit_rule import DEFAULT_THRESHOLDS
from sklearn_lossfix.decision._plugin_rule import plugin_rule
from sklearn_lossfix.diagnosis._words import cut

#: Columns of the table "gap".
GAP_COLUMNS = ("quantity", "value", "se", "low", "high", "note")

# Points of the threshold curve in a report: more than a picture of 360 units can show.
MAX_CURVE_POINTS = 201

# Characters of a candidate's parameters in a table; the search itself holds them as they are.
PARAMS_WIDTH = 200

_UNKNOWN = Estimate(np.nan, np.nan, np.nan, np.nan)


def search_tables(analysis):
    """Columns of the tables "gap", "candidates" and, for two classes, "threshold_curve".

    Parameters
    ----------
    analysis : Analysis
        Of evidence with a search.

    Returns
    -------
    dict of str to dict of str to list
    """
    search = analysis.evidence.search
    tables = {"gap": gap_columns(analysis), "candidates": candidate_columns(search)}
    curve = curve_columns(search.curve)
    if curve["threshold"]:
        tables["threshold_curve"] = curve
    return tables


def search_facts(analysis):
    """What the report's context says of a search.

    Parameters
    ----------
    analysis : Analysis
        Of evidence with a search; its facts may hold the ``decision_rule`` that was chosen.

    Returns
    -------
    dict
        Metric, number of candidates, the chosen one, and the thresholds where there are such.
    """
    e = analysis.evidence
    facts = {
        "metric": e.search.metric_name,
        "n_candidates": len(e.search.params),
        "chosen_candidate": int(e.search.best),
    }
    rule = e.facts.get("decision_rule")
    if e.n_classes == 2 and rule is not None:
        default = DEFAULT_THRESHOLDS["decision" if rule.space == "decision" else "proba"]
        chosen = {"threshold": rule.threshold, "argmax": default}.get(rule.kind)
        facts |= {"chosen_threshold": chosen, "default_threshold": default}
        if rule.kind == "threshold":
            facts["class"] = rule.pos_label
    return facts


# --- candidates ----------------------------------------------------------------------------------


def params_text(params):
    """Parameters on one line: ``C=1.0, penalty='l2'``."""
    text = ", ".join(f"{name}={_plain_value(value)!r}" for name, value in params.items())
    return cut(" ".join(text.split()), PARAMS_WIDTH) or "no parameters"


def _plain_value(value):
    """A NumPy scalar as the Python number that it stands for."""
    return value.item() if isinstance(value, np.generic) else value


def candidate_columns(search):
    """One row per candidate, in the order of the search.

    Parameters
    ----------
    search : SearchEvidence
        What was seen.

    Returns
    -------
    dict of str to list
    """
    n_candidates = len(search.params)
    return {
        "candidate": list(range(n_candidates)),
        "params": [params_text(params) for params in search.params],
        "metric": np.asarray(search.values, dtype=float).tolist(),
        "metric_at_default_rule": np.asarray(search.defaults, dtype=float).tolist(),
        "log_loss": np.asarray(search.losses, dtype=float).tolist(),
        "chosen": [k == search.best for k in range(n_candidates)],
    }


def least_loss(search):
    """Position of the candidate with the least log loss; None where no log loss is known."""
    known = np.isfinite(search.losses)
    return int(np.nanargmin(np.where(known, search.losses, np.nan))) if known.any() else None


def candidate_difference(search, first, second):
    """Metric of one candidate minus another's, with the spread of the paired bootstrap samples.

    In a sample the rows that were not drawn are judged, about 37 % of all: differences spread more
    than they would on all rows, so the interval is a cautious one.

    Parameters
    ----------
    search : SearchEvidence
        What was seen.
    first, second : int
        Positions of the candidates.

    Returns
    -------
    estimate : Estimate
        Its standard error is NaN where fewer than two samples know both.
    n_samples : int
        Samples that know both.
    """
    value = float(search.values[first] - search.values[second])
    paired = np.empty(0)
    if np.size(search.resampled):
        paired = search.resampled[:, first] - search.resampled[:, second]
        paired = paired[np.isfinite(paired)]
    if len(paired) < 2:
        return Estimate(value, np.nan, np.nan, np.nan), len(paired)
    return interval(value, float(np.std(paired, ddof=1))), len(paired)


# --- threshold curve -----------------------------------------------------------------------------


def curve_columns(curve):
    """The metric over the threshold, thinned to what a picture can show.

    Parameters
    ----------
    curve : dict of str to ndarray
        Of a ``SearchEvidence``.

    Returns
    -------
    dict of str to list
        In increasing order of finite thresholds; the greatest value is kept.
    """
    keys = ("threshold", "value", "low", "high")
    columns = {key: np.asarray(curve.get(key, ()), dtype=float) for key in keys}
    order = np.argsort(columns["threshold"], kind="stable")
    order = order[np.isfinite(columns["threshold"][order])]
    if len(order) > MAX_CURVE_POINTS:
        kept = np.linspace(0, len(order) - 1, MAX_CURVE_POINTS - 1).round().astype(int)
        value = columns["value"][order]
        if np.isfinite(value).any():
            kept = np.union1d(kept, np.nanargmax(value))
        order = order[kept]
    return {key: values[order].tolist() for key, values in columns.items()}


# --- gap -----------------------------------------------------------------------------------------


def gap_columns(analysis):
    """From ranking to honest score: every step between what is learnt and what is reported.

    Parameters
    ----------
    analysis : Analysis
        Of evidence with a search.

    Returns
    -------
    dict of str to list
        The same rows for every search; a value that does not exist is NaN, and its note says why.
    """
    rows = [
        *_ranking_rows(analysis),
        *_calibration_rows(analysis),
        *_rule_rows(analysis),
        *_honesty_rows(analysis.evidence.search),
        *_prior_rows(analysis),
        *_choice_rows(analysis.evidence.search),
    ]
    return {key: [row[key] for row in rows] for key in GAP_COLUMNS}


def _row(quantity, estimate, note):
    """One row of the gap; a bare number has neither error nor interval."""
    if not isinstance(estimate, Estimate):
        estimate = _UNKNOWN._replace(value=float(estimate))
    return {"quantity": quantity, **estimate._asdict(), "note": note}


def _positive(analysis):
    """Code of the class that binary numbers are about: the positive one, else the rarer one.

    Rarer in training, where that is known: the same class whatever rows are handed in.
    """
    e = analysis.evidence
    return int(np.argmin(analysis.prior)) if e.pos is None else e.pos


def _label(analysis, code):
    """A class label as it is written in Python."""
    return repr(analysis.evidence.classes[code].item())


def _ranking_rows(analysis):
    """Area under the ROC curve, and average precision."""
    e = analysis.evidence
    binary = e.n_classes == 2
    names = ("AUC", "average precision")
    if not binary:
        names = tuple(f"mean one-vs-rest {name}" for name in names)
    scores, space = analysis.rule_scores
    if scores is None:
        return [_row(name, _UNKNOWN, "the model gives no scores") for name in names]
    areas, precisions, influences = [], [], 0.0
    for k in (_positive(analysis),) if binary else range(e.n_classes):
        # A class that a fold never saw has a margin of minus infinity.
        column = np.nan_to_num(class_scores(scores, k, space))
        area, influence = auc_influence(column, e.y == k, e.sample_weight)
        if np.isfinite(area):
            areas.append(area)
            influences = influences + influence
            precisions.append(
                average_precision_score(e.y == k, column, sample_weight=e.sample_weight)
            )
    if not areas:
        return [_row(name, _UNKNOWN, "the judged rows hold one class") for name in names]
    error = mean_standard_error(influences / len(areas), **analysis.sampling)
    chance = f"the share of {_label(analysis, _positive(analysis))}" if binary else "their shares"
    return [
        _row(names[0], interval(np.mean(areas), error), "no rule and no recalibration changes it"),
        _row(names[1], np.mean(precisions), f"{chance} is what a random ranking gives"),
    ]


def _calibration_rows(analysis):
    """Whether the mean forecast, and the sharpness of the forecasts, are right."""
    e = analysis.evidence
    names = ("calibration in the large", "calibration slope")
    proba = e.model.proba
    if proba is None:
        return [_row(name, _UNKNOWN, "the model gives no probabilities") for name in names]
    if e.n_classes == 2:
        k = _positive(analysis)
    else:
        promised = np.average(proba, axis=0, weights=e.sample_weight)
        k = int(np.argmax(np.abs(promised - analysis.shares)))
    which = "" if e.n_classes == 2 else ", of all classes the farthest off"
    slope = analysis.ladder.maps[analysis.ladder.rungs[2]].slopes[0]
    return [
        _row(
            names[0],
            paired_estimate(proba[:, k] - (e.y == k), **analysis.sampling),
            f"mean forecast of {_label(analysis, k)} minus its share{which}",
        ),
        _row(names[1], slope, "1 is right; below it forecasts are too sure"),
    ]


def _rule_rows(analysis):
    """The metric under the default, the plug-in and the tuned rule, and what tuning gained."""
    e, metric = analysis.evidence, analysis.metric
    names = [f"metric at the {rule} rule" for rule in ("default", "plug-in", "tuned")]
    names.append("gain over the default rule")
    scores, space = analysis.rule_scores
    if metric.kind != "label" or scores is None:
        why = "the model gives no scores"
        if metric.kind != "label":
            why = f"{metric.name} is not about labels ({metric.kind})"
        return [_row(name, _UNKNOWN, why) for name in names]
    codes = range(e.n_classes)
    default = DecisionRule("argmax", classes=codes, space=space).predict_codes(scores)
    judged = (
        "every row under a rule chosen without it"
        if e.source == "out-of-fold"
        else "labels of predict"
    )
    if np.array_equal(default, e.model.pred):
        judged = "the default rule was kept"
    words = metric.name.replace("_", " ")
    return [
        _row(names[0], analysis.score(metric, default), f"{words}; the most probable class"),
        _row(names[1], *_plugged(analysis, scores, space)),
        _row(names[2], analysis.score(metric), judged),
        _row(
            names[3],
            analysis.gain(metric, e.model.pred, default, inflation=_overlap(e)),
            "row-paired",
        ),
    ]


def _plugged(analysis, scores, space):
    """The metric under the plug-in rule with a note, or a note on why there is none."""
    e, metric = analysis.evidence, analysis.metric
    if space != "proba":
        return _UNKNOWN, "it needs probabilities"
    try:
        rule = plugin_rule(
            scores,
            metric,
            classes=range(e.n_classes),
            sample_weight=e.sample_weight,
            pos=e.pos if metric.asymmetric else None,
        )
    except ValueError as error:  # a metric that counts rows knows no parts of a row
        return _UNKNOWN, f"not computed: {error}"
    return (
        analysis.score(metric, rule.predict_codes(scores)),
        "best if the probabilities were true; looks at no label",
    )


def _overlap(evidence):
    """Factor on the variance of what rules gained that share all folds but two; else 1."""
    n_splits = evidence.facts.get("n_splits") or 0
    if evidence.source != "out-of-fold" or n_splits < 2:
        return 1.0
    return nadeau_bengio_inflation(n_splits - 1, 1, n_splits)


def _honesty_rows(search):
    """Apparent and honest score of the search, and the difference."""
    words = search.metric_name.replace("_", " ")
    honest = Estimate(search.honest, np.nan, search.honest_low, search.honest_high)
    which = "best" if search.chosen_by == "metric" else "chosen"
    of_what = "of choosing both, on rows that did not choose"
    if search.chosen_by == "function":
        of_what = "of the chosen candidate, on rows that did not choose the rule; the choice of "
        of_what += "the candidate, by a function, is not judged"
    return [
        _row(
            "apparent score",
            search.apparent,
            f"{words} of the {which} candidate and its best rule, on the rows that chose the rule",
        ),
        _row("honest score", honest, f"{words} {of_what}"),
        _row("optimism", optimism(search), "apparent minus honest"),
    ]


def optimism(search):
    """Apparent minus honest score; the interval is that of the honest one.

    Parameters
    ----------
    search : SearchEvidence
        What was seen.

    Returns
    -------
    Estimate
    """
    return Estimate(
        float(search.apparent - search.honest),
        np.nan,
        float(search.apparent - search.honest_high),
        float(search.apparent - search.honest_low),
    )


def _prior_rows(analysis):
    """Share of a class in the training rows and in the judged rows."""
    e, shares = analysis.evidence, analysis.shares
    names = ("share of the class in training", "share of the class in the judged rows")
    training, why = None, "not known"
    if e.train_counts is not None:
        training, why = e.train_counts / e.train_counts.sum(), ""
    elif e.source == "out-of-fold":
        training, why = shares, "the judged rows are the training rows"
    if e.n_classes == 2:
        k = _positive(analysis)
    elif training is not None and not np.array_equal(training, shares):
        k = int(np.argmax(np.abs(training - shares)))
    else:
        k = int(np.argmin(shares))
    label = f"class {_label(analysis, k)}"
    return [
        _row(
            names[0],
            np.nan if training is None else training[k],
            f"{label}; {why}" if why else label,
        ),
        _row(names[1], shares[k], label),
    ]


def _choice_rows(search):
    """The candidate that the metric chose, beside the one that the log loss would have chosen."""
    best, least = search.best, least_loss(search)
    names = (
        "metric at the least log loss",
        "gain over the least log loss",
        "log loss of the chosen candidate",
        "least log loss",
    )
    chosen = _row(
        "metric of the chosen candidate", search.values[best], params_text(search.params[best])
    )
    if least is None:
        return [chosen, *(_row(name, _UNKNOWN, "no candidate has a log loss") for name in names)]
    params = params_text(search.params[least])
    same = "the metric chose the candidate of the least log loss"
    return [
        chosen,
        _row(names[0], search.values[least], params),
        _row(
            names[1],
            candidate_difference(search, best, least)[0],
            same if best == least else "paired bootstrap over the rows",
        ),
        _row(names[2], search.losses[best], "nats"),
        _row(names[3], search.losses[least], "nats"),
    ]


# --- nested search -------------------------------------------------------------------------------


def nested_optimism(nested):
    """Apparent minus honest score; the interval is that of the honest one.

    Parameters
    ----------
    nested : NestedSearch
        What was seen.

    Returns
    -------
    Estimate
    """
    apparent, honest = nested.apparent, nested.honest
    return Estimate(
        apparent - honest.value, honest.se, apparent - honest.high, apparent - honest.low
    )


def nested_columns(nested):
    """Columns of the table of the folds: what each chose, and both scores of it.

    Parameters
    ----------
    nested : NestedSearch
        What was seen.

    Returns
    -------
    dict of str to list
    """
    return {
        "fold": list(range(len(nested.fold_scores))),
        "params": [params_text(params) for params in nested.fold_params],
        "best_score": list(nested.own_scores),
        "score": list(nested.fold_scores),
    }
