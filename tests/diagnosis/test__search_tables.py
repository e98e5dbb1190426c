"""Tables of a search: every number again, from the recorded arrays alone."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    f1_score,
    roc_auc_score,
)

from sklearn_lossfix import FitReport
from sklearn_lossfix.decision._decision_rule import DecisionRule
from sklearn_lossfix.decision._metrics import make_metric
from sklearn_lossfix.decision._plugin_rule import plugin_rule
from sklearn_lossfix.diagnosis._search_tables import (
    GAP_COLUMNS,
    MAX_CURVE_POINTS,
    PARAMS_WIDTH,
    candidate_columns,
    candidate_difference,
    curve_columns,
    gap_columns,
    least_loss,
    optimism,
    params_text,
    search_facts,
    search_tables,
)

METRICS = {"balanced_accuracy": balanced_accuracy_score, "f1": f1_score}


@pytest.fixture(scope="module")
def fitted(recorded_search, table):
    """Search, features and labels: two classes of text, the second rare."""
    X, y = table(500, offset=-1.5, slope=1.2)
    labels = np.where(y == 1, "yes", "no")
    grid = {"C": [1e-3, 1e-1, 10.0], "fit_intercept": [True, False]}
    return recorded_search(LogisticRegression(), grid).fit(X, labels), X, labels


def by_quantity(report):
    """Rows of the gap by their names."""
    frame = report.frame("gap")
    assert frame["quantity"].is_unique
    return {row["quantity"]: row for row in frame.to_dict("records")}


# --- the gap reproduces ------------------------------------------------------------------------


def test_the_gap_follows_from_the_recorded_arrays(fitted):
    """Of two classes: scikit-learn gives each number again from scores and labels of ``oof_``."""
    model, _, _ = fitted
    gap, oof, search = by_quantity(model.diagnose()), model.oof_, model.search_
    y, proba = oof["y"], oof["scores"]
    p = proba[:, 1]
    expected = {
        "AUC": roc_auc_score(y, p),
        "average precision": average_precision_score(y, p),
        "calibration in the large": p.mean() - y.mean(),
        "metric at the default rule": balanced_accuracy_score(y, p > 0.5),
        "metric at the tuned rule": balanced_accuracy_score(y, oof["pred"]),
        "apparent score": search.apparent,
        "honest score": search.honest,
        "optimism": search.apparent - search.honest,
        "share of the class in training": y.mean(),
        "share of the class in the judged rows": y.mean(),
        "metric of the chosen candidate": search.values.max(),
        "metric at the least log loss": search.values[search.losses.argmin()],
        "log loss of the chosen candidate": search.losses[search.values.argmax()],
        "least log loss": search.losses.min(),
    }
    rule = plugin_rule(proba, make_metric("balanced_accuracy"), classes=["no", "yes"], pos=1)
    plugged = rule.predict_codes(proba)
    expected["metric at the plug-in rule"] = balanced_accuracy_score(y, plugged)
    expected["gain over the default rule"] = (
        expected["metric at the tuned rule"] - expected["metric at the default rule"]
    )
    expected["gain over the least log loss"] = (
        expected["metric of the chosen candidate"] - expected["metric at the least log loss"]
    )
    logit = np.log(p / (1 - p))[:, None]
    slope = LogisticRegression(C=1e9, max_iter=1_000).fit(logit, y).coef_[0, 0]
    assert gap.pop("calibration slope")["value"] == pytest.approx(slope, rel=0.02)
    assert set(gap) == set(expected)
    for name, value in expected.items():
        assert gap[name]["value"] == pytest.approx(value), name


def test_intervals_follow_from_the_recorded_arrays(fitted):
    """Errors are those of row-paired differences and of paired bootstrap columns."""
    model, _, _ = fitted
    gap, oof, search = by_quantity(model.diagnose()), model.oof_, model.search_
    y, p = oof["y"], oof["scores"][:, 1]
    assert gap["calibration in the large"]["se"] == pytest.approx(stats.sem(p - y))
    recall = [y == k for k in (0, 1)]
    moved = (oof["pred"] == y).astype(float) - ((p > 0.5) == y)
    variance = sum(np.var(moved[rows]) / rows.sum() for rows in recall) / 4
    # Rules of four folds share all but two of them (Nadeau and Bengio 2003): 1 + 4 / 3.
    error = np.sqrt(7 / 3 * variance)
    assert gap["gain over the default rule"]["se"] == pytest.approx(error, rel=0.01)
    best, least = search.best, search.losses.argmin()
    paired = search.resampled[:, best] - search.resampled[:, least]
    assert gap["gain over the least log loss"]["se"] == pytest.approx(np.std(paired, ddof=1))
    assert (gap["honest score"]["low"], gap["honest score"]["high"]) == (
        search.honest_low,
        search.honest_high,
    )
    assert gap["optimism"]["low"] == pytest.approx(search.apparent - search.honest_high)
    assert gap["optimism"]["high"] == pytest.approx(search.apparent - search.honest_low)


def test_the_gap_of_three_classes(search_report, candidates):
    """Ranking is averaged over one-vs-rest; one class stands for the calibration."""
    y, probas, params = candidates(n_classes=3)
    report = search_report(y, probas, params)
    gap = by_quantity(report)
    proba = probas[int(report.frame("candidates")["chosen"].to_numpy().argmax())]
    onehot = np.eye(3)[y]
    assert gap["mean one-vs-rest AUC"]["value"] == pytest.approx(
        roc_auc_score(onehot, proba, average="macro")
    )
    assert gap["mean one-vs-rest average precision"]["value"] == pytest.approx(
        average_precision_score(onehot, proba, average="macro")
    )
    off = proba.mean(axis=0) - onehot.mean(axis=0)
    worst = int(np.abs(off).argmax())
    assert gap["calibration in the large"]["value"] == pytest.approx(off[worst])
    assert f"forecast of {worst} " in gap["calibration in the large"]["note"]
    assert gap["metric at the default rule"]["value"] == pytest.approx(
        balanced_accuracy_score(y, proba.argmax(axis=1))
    )
    assert "threshold_curve" not in report.tables


def test_the_gap_counts_weights_as_repeated_rows(analyse, candidates, searched):
    """Whole weights and repeated rows give the same values."""
    y, probas, params = candidates(n_rows=120)
    search = searched(y, probas, params, n_bootstrap=5)
    weight = np.random.default_rng(0).integers(1, 4, len(y))
    weighted = gap_columns(
        replaced(analyse(y, probas[0], scoring="f1"), search=search, sample_weight=weight * 1.0)
    )
    again = np.repeat(np.arange(len(y)), weight)
    repeated = gap_columns(
        replaced(analyse(y[again], probas[0][again], scoring="f1"), search=search)
    )
    slope = weighted["quantity"].index("calibration slope")
    for k, (one, other) in enumerate(zip(weighted["value"], repeated["value"], strict=True)):
        # The map's prior weighs one effective row: fewer of them where weights differ.
        tolerance = 0.02 if k == slope else 1e-9
        assert one == pytest.approx(other, rel=tolerance, nan_ok=True), weighted["quantity"][k]


def replaced(analysis, **fields):
    """The same analysis with other evidence."""
    return type(analysis)(replace(analysis.evidence, **fields), analysis.alpha)


# --- what does not exist -----------------------------------------------------------------------


def rows_without_value(columns):
    """Quantities without a value, with their notes."""
    rows = zip(columns["quantity"], columns["value"], columns["note"], strict=True)
    return {name: note for name, value, note in rows if np.isnan(value)}


def test_every_gap_has_the_same_rows(analyse, candidates, searched):
    """Whatever is missing has a row that says why."""
    y, probas, params = candidates(n_rows=120)
    search = searched(y, probas, params, n_bootstrap=5)
    whole = gap_columns(analyse(y, probas[0], search=search))
    assert tuple(whole) == GAP_COLUMNS
    labels = probas[0].argmax(axis=1)
    margins = np.log(probas[0][:, 1] / probas[0][:, 0])
    for fields in (
        {"proba": None, "pred": labels},
        {"proba": None, "pred": labels, "margins": margins},
        {"proba": probas[0], "scoring": "roc_auc"},
    ):
        columns = gap_columns(analyse(y, search=search, **fields))
        assert columns["quantity"] == whole["quantity"]
        assert all(rows_without_value(columns).values())


def test_margins_have_no_calibration_and_no_plug_in(analyse, candidates, searched):
    """Decision values rank and decide; there is nothing to calibrate."""
    y, probas, params = candidates(n_rows=120)
    margins = np.log(probas[0][:, 1] / probas[0][:, 0])
    search = searched(y, probas, params, n_bootstrap=5)
    columns = gap_columns(
        analyse(y, pred=(margins > 1).astype(int), margins=margins, scoring="f1", search=search)
    )
    missing = rows_without_value(columns)
    assert "the model gives no probabilities" in missing["calibration slope"]
    assert "needs probabilities" in missing["metric at the plug-in rule"]
    values = dict(zip(columns["quantity"], columns["value"], strict=True))
    assert values["AUC"] == pytest.approx(roc_auc_score(y, margins))
    assert values["metric at the default rule"] == pytest.approx(f1_score(y, margins > 0))


def test_metrics_of_rankings_have_no_rules(analyse, candidates, searched):
    """No rule changes a ranking, and the notes say so; the rest of the table stays."""
    y, probas, params = candidates(n_rows=120)
    search = searched(y, probas, params, n_bootstrap=5)
    columns = gap_columns(analyse(y, probas[0], scoring="roc_auc", search=search))
    missing = rows_without_value(columns)
    assert "not about labels (ranking)" in missing["metric at the tuned rule"]
    assert "apparent score" not in missing


def test_a_metric_that_counts_rows_has_no_plug_in_rule(monkeypatch, analyse, candidates, searched):
    """Where the metric cannot take parts of a row, the note says so and the report goes on."""

    def refuse(*args, **kwargs):
        raise ValueError("takes no sample_weight")

    monkeypatch.setattr("sklearn_lossfix.diagnosis._search_tables.plugin_rule", refuse)
    y, probas, params = candidates(n_rows=120)
    search = searched(y, probas, params, n_bootstrap=5)
    missing = rows_without_value(gap_columns(analyse(y, probas[0], search=search)))
    assert missing["metric at the plug-in rule"] == "not computed: takes no sample_weight"


def test_a_rule_that_stayed_the_default_is_named(analyse, candidates, searched):
    """Where tuning changed no label the gain is zero, and the note tells why."""
    y, probas, params = candidates(n_rows=120)
    search = searched(y, probas, params, n_bootstrap=5)
    columns = gap_columns(analyse(y, probas[0], scoring="f1", search=search))
    notes = dict(zip(columns["quantity"], columns["note"], strict=True))
    values = dict(zip(columns["quantity"], columns["value"], strict=True))
    assert notes["metric at the tuned rule"] == "the default rule was kept"
    assert values["gain over the default rule"] == 0.0


def test_margins_of_classes_that_a_fold_never_saw(analyse, candidates, searched):
    """A margin of minus infinity ranks last and breaks nothing."""
    y, probas, params = candidates(n_rows=120, n_classes=3)
    margins = np.log(probas[0])
    margins[:5, 2] = -np.inf
    search = searched(y, probas, params, n_bootstrap=5)
    analysis = analyse(y, probas[0], search=search)
    scored = replace(analysis.evidence.model, proba=None, margins=margins)
    columns = gap_columns(replaced(analysis, model=scored))
    assert np.isfinite(columns["value"][:2]).all()


def test_no_candidate_has_a_log_loss(candidates, searched):
    """Without probabilities nothing is said of the candidate that the loss would have chosen."""
    y, probas, params = candidates(n_rows=120)
    search = replace(
        searched(y, probas, params, n_bootstrap=5), losses=np.full(len(params), np.nan)
    )
    assert least_loss(search) is None


def test_a_failed_candidate_is_never_the_one_of_the_least_loss(candidates, searched):
    """NaN is no loss."""
    y, probas, params = candidates(n_rows=120)
    search = searched(y, probas, params, n_bootstrap=5)
    search.losses[int(search.losses.argmin())] = np.nan
    assert least_loss(search) == int(np.nanargmin(search.losses))


def test_differences_need_two_samples(candidates, searched):
    """With fewer there is a difference and no error."""
    y, probas, params = candidates(n_rows=120)
    search = searched(y, probas, params, n_bootstrap=1)
    estimate, n_samples = candidate_difference(search, 0, 1)
    assert estimate.value == pytest.approx(search.values[0] - search.values[1])
    assert np.isnan([estimate.se, estimate.low, estimate.high]).all()
    assert n_samples == 1
    estimate, n_samples = candidate_difference(replace(search, resampled=np.empty((0, 4))), 0, 1)
    assert (np.isnan(estimate.se), n_samples) == (True, 0)


def test_optimism_is_the_apparent_less_the_honest_score(candidates, searched):
    """Its interval is that of the honest score, mirrored."""
    y, probas, params = candidates(n_rows=120)
    search = searched(y, probas, params)
    gap = optimism(search)
    assert gap.low <= gap.value <= gap.high
    assert gap.high - gap.low == pytest.approx(search.honest_high - search.honest_low)


# --- priors ------------------------------------------------------------------------------------


def test_held_out_rows_are_set_against_the_training_rows(fitted):
    """With rows handed in, the share in training is that of the recorded rows."""
    model, X, labels = fitted
    keep = (labels == "yes") | (np.arange(len(labels)) % 3 == 0)
    report = model.diagnose(X[keep], labels[keep])
    gap = by_quantity(report)
    train, judged = np.mean(labels == "yes"), np.mean(labels[keep] == "yes")
    assert gap["share of the class in training"]["value"] == pytest.approx(train)
    assert gap["share of the class in the judged rows"]["value"] == pytest.approx(judged)
    assert gap["metric at the tuned rule"]["value"] == pytest.approx(
        balanced_accuracy_score(labels[keep], model.predict(X[keep]))
    )
    assert gap["honest score"]["value"] == model.search_.honest


def test_an_unknown_prior_is_not_invented(analyse, candidates, searched):
    """Probabilities from elsewhere tell nothing of the rows behind them."""
    y, probas, params = candidates(n_rows=120)
    search = searched(y, probas, params, n_bootstrap=5)
    missing = rows_without_value(gap_columns(analyse(y, probas[0], search=search)))
    assert "not known" in missing["share of the class in training"]


def test_of_several_classes_the_one_that_changed_most_is_told(analyse, candidates, searched):
    """The class whose share moved farthest stands for the prior."""
    y, probas, params = candidates(n_rows=120, n_classes=3)
    search = searched(y, probas, params, n_bootstrap=5)
    counts = np.bincount(y, minlength=3) * np.array([1.0, 1.0, 9.0])
    columns = gap_columns(analyse(y, probas[0], search=search, train_counts=counts))
    row = columns["quantity"].index("share of the class in training")
    shares = counts / counts.sum()
    moved = int(np.abs(shares - np.bincount(y) / len(y)).argmax())
    assert columns["value"][row] == pytest.approx(shares[moved])
    assert columns["note"][row] == f"class {moved}"


# --- candidates --------------------------------------------------------------------------------


def test_candidates_are_those_of_the_search_in_its_order(fitted):
    """One row each, as the search has them."""
    model, _, _ = fitted
    search, frame = model.search_, model.diagnose().frame("candidates")
    assert frame["metric"].tolist() == search.values.tolist()
    assert frame["metric_at_default_rule"].tolist() == search.defaults.tolist()
    assert frame["log_loss"].tolist() == search.losses.tolist()
    assert np.flatnonzero(frame["chosen"]).tolist() == [search.best]
    assert frame["params"][0] == "C=0.001, fit_intercept=True"


def test_failed_candidates_are_null_in_json(search_report, candidates, searched):
    """A number that does not exist is no number in JSON either."""
    y, probas, params = candidates(n_rows=120)
    search = searched(y, probas, params, n_bootstrap=5)
    search.values[1] = search.losses[1] = np.nan
    columns = candidate_columns(search)
    assert np.isnan(columns["metric"][1])
    report = search_report(y, probas, params)
    report._columns["candidates"] = columns
    data = json.loads(report.to_json())
    assert data["tables"]["candidates"]["metric"][1] is None
    assert FitReport.from_json(report.to_json()).frame("candidates")["metric"].isna().sum() == 1


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({}, "no parameters"),
        ({"C": np.float64(0.5), "n": np.int64(3)}, "C=0.5, n=3"),
        ({"a\nb": "c\n\td"}, "a b='c\\n\\td'"),
        ({"model": LogisticRegression(C=2.0)}, "model=LogisticRegression(C=2.0)"),
    ],
)
def test_parameters_stand_on_one_line(params, text):
    """Names and values as Python, NumPy numbers as the numbers they are."""
    assert params_text(params) == text


def test_long_parameters_are_cut():
    """A table is not the place for a whole array."""
    assert len(params_text({"weights": list(range(10_000))})) == PARAMS_WIDTH


# --- curve and facts ---------------------------------------------------------------------------


def test_curves_are_thinned_without_losing_their_greatest_value():
    """In increasing order, finite, at most as many points as a picture can show."""
    n_points = 5_000
    threshold = np.r_[np.inf, np.linspace(1, 0, n_points), -np.inf]
    value = np.full(len(threshold), 0.5)
    value[1234] = 0.9
    curve = {"threshold": threshold, "value": value, "low": value - 0.1, "high": value + 0.1}
    columns = curve_columns(curve)
    assert len(columns["threshold"]) <= MAX_CURVE_POINTS
    assert np.all(np.diff(columns["threshold"]) > 0)
    assert max(columns["value"]) == 0.9
    assert columns["threshold"][int(np.argmax(columns["value"]))] == threshold[1234]
    assert (columns["threshold"][0], columns["threshold"][-1]) == (0, 1)


def test_short_curves_are_kept_whole(fitted):
    """Nothing is thinned that can be shown."""
    model, _, _ = fitted
    frame = model.diagnose().frame("threshold_curve")
    for key, values in model.search_.curve.items():
        assert frame[key].tolist() == values.tolist()


def test_a_curve_of_unknown_values_is_thinned_all_the_same():
    """Without a greatest value there is none to keep."""
    curve = {"threshold": np.linspace(0, 1, 999)}
    curve |= {key: np.full(999, np.nan) for key in ("value", "low", "high")}
    assert len(curve_columns(curve)["threshold"]) <= MAX_CURVE_POINTS


def test_no_curve_makes_no_table(analyse, candidates, searched):
    """The table is there only where the search kept a curve."""
    y, probas, params = candidates(n_rows=120)
    search = replace(searched(y, probas, params, n_bootstrap=5), curve={})
    assert set(search_tables(analyse(y, probas[0], search=search))) == {"gap", "candidates"}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (None, {}),
        (
            DecisionRule("threshold", classes=(0, 1), threshold=0.2),
            {"chosen_threshold": 0.2, "default_threshold": 0.5, "class": 1},
        ),
        (
            DecisionRule("threshold", classes=(0, 1), threshold=0.2, space="decision"),
            {"chosen_threshold": 0.2, "default_threshold": 0.0, "class": 1},
        ),
        (
            DecisionRule("argmax", classes=(0, 1)),
            {"chosen_threshold": 0.5, "default_threshold": 0.5},
        ),
        (
            DecisionRule("cost_matrix", classes=(0, 1), cost_matrix=[[0, 1], [2, 0]]),
            {"chosen_threshold": None, "default_threshold": 0.5},
        ),
    ],
)
def test_the_context_names_thresholds_where_a_rule_has_them(
    analyse, candidates, searched, rule, expected
):
    """Argmax of two classes cuts at the default; other rules have no threshold."""
    y, probas, params = candidates(n_rows=120)
    search = searched(y, probas, params, n_bootstrap=5)
    facts = {"estimator": "x", "scoring": None, "decision_rule": rule}
    found = search_facts(analyse(y, probas[0], search=search, facts=facts))
    assert found.pop("metric") == "balanced_accuracy"
    assert found.pop("n_candidates") == len(params)
    assert found.pop("chosen_candidate") == search.best
    assert found == expected


@pytest.mark.parametrize("scoring", METRICS)
def test_another_metric_is_asked_of_the_same_search(fitted, scoring):
    """Rules are judged by the metric asked for; the scores of the search stay what they are."""
    model, _, _ = fitted
    gap, oof = by_quantity(model.diagnose(scoring=scoring)), model.oof_
    expected = METRICS[scoring](oof["y"], oof["pred"])
    assert gap["metric at the tuned rule"]["value"] == pytest.approx(expected)
    assert gap["honest score"]["value"] == model.search_.honest
    assert "balanced accuracy" in gap["honest score"]["note"]
