"""Tests of metrics that users define: as scorers, by name, from counts or from labels."""

import functools
import pickle
import threading

import numpy as np
import pytest
import sklearn.metrics as skm
from sklearn.metrics import get_scorer, make_scorer

from sklearn_lossfix._core._paired_tests import mean_standard_error
from sklearn_lossfix.decision import _custom_metric, _scoring
from sklearn_lossfix.decision._metrics import Metric, influence, make_metric, metric_from_codes
from sklearn_lossfix.decision._scoring import from_scorer, register_metric, resolve_metric
from sklearn_lossfix.decision._sweep import best_threshold


@pytest.fixture(autouse=True)
def own_registry(monkeypatch):
    """Give each test a registry of its own."""
    monkeypatch.setattr(_scoring, "_REGISTERED", {})


def _rows(seed, n=60, weighted=True):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    pred = np.where(rng.random(n) < 0.75, y, 1 - y)
    return y, pred, rng.choice([0.5, 1.0, 3.0], n) if weighted else None


def threat_counts(tp, fp, fn, tn):
    """Jaccard's coefficient of the positive class."""
    return tp / (tp + fp + fn)


def threat_labels(y_true, y_pred, pos_label=1, sample_weight=None):
    """The same of labels."""
    either = (y_true == pos_label) | (y_pred == pos_label)
    return np.average((y_true == y_pred)[either], weights=np.asarray(sample_weight)[either])


def plain_threat(y_true, y_pred):
    """The same of labels 'yes' and 'no', without weights."""
    either = (y_true == "yes") | (y_pred == "yes")
    return np.mean((y_true == y_pred)[either])


def likelihood_ratio(tp, fp, fn, tn):
    """How much likelier a positive label is in the positive class."""
    return tp / (tp + fn) / (fp / (fp + tn))


def total_cost(y_true, y_pred, fp_cost=1.0):
    """A sum over rows, which is worse when greater."""
    return float(np.sum(np.where(y_true, 5.0, fp_cost)[y_true != y_pred]))


@pytest.mark.parametrize("pos", [0, 1])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("formula", ["counts", "labels"])
def test_own_metric_equals_the_formula(formula, weighted, pos):
    """The same metric by counts, by labels and by the built-in formula has one value."""
    function = threat_counts if formula == "counts" else threat_labels
    metric = register_metric("threat", function, formula=formula)
    builtin = make_metric("jaccard")
    assert (metric.kind, metric.asymmetric) == ("label", True)
    assert metric.vectorised is (formula == "counts")
    for seed in range(20):
        y, pred, w = _rows(seed, weighted=weighted)
        ours = metric_from_codes(metric, y, pred, 2, w, pos=pos)
        assert ours == pytest.approx(metric_from_codes(builtin, y, pred, 2, w, pos=pos), abs=1e-12)


@pytest.mark.parametrize("pos", [0, 1])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("formula", ["counts", "labels"])
def test_influence_of_an_own_metric_is_that_of_the_formula(formula, weighted, pos):
    """The rows of a function have the influences of the formula that it computes."""
    metric = register_metric(
        "threat", threat_counts if formula == "counts" else threat_labels, formula=formula
    )
    y, pred, w = _rows(1, weighted=weighted)
    ours = influence(metric, y, pred, 2, w, pos=pos)
    theirs = influence(make_metric("jaccard"), y, pred, 2, w, pos=pos)
    np.testing.assert_allclose(ours, theirs, atol=1e-7)


def test_influence_without_weights_moves_whole_rows():
    """A function that counts rows is moved by one row: nearly the same standard error."""
    metric = from_scorer(make_scorer(plain_threat)).for_labels(["no", "yes"])
    y, pred, _ = _rows(2, n=400, weighted=False)
    ours = mean_standard_error(influence(metric, y, pred, 2))
    theirs = mean_standard_error(influence(make_metric("jaccard"), y, pred, 2, pos=1))
    assert ours == pytest.approx(theirs, rel=1e-3)


@pytest.mark.parametrize("formula", ["counts", "labels"])
def test_influence_of_a_sum_is_on_the_scale_of_the_sum(formula):
    """A total cost of n rows has n times the standard error of a mean cost."""
    if formula == "counts":
        metric = register_metric("total", lambda tp, fp, fn, tn: -(fp + 5 * fn))
    else:
        metric = from_scorer(make_scorer(total_cost, greater_is_better=False))
    mean = make_metric("cost", fp_cost=1, fn_cost=5)
    y, pred, _ = _rows(3, weighted=False)
    assert metric_from_codes(metric, y, pred, 2, pos=1) == pytest.approx(
        len(y) * metric_from_codes(mean, y, pred, 2, pos=1)
    )
    np.testing.assert_allclose(
        influence(metric, y, pred, 2, pos=1), len(y) * influence(mean, y, pred, 2, pos=1), atol=1e-6
    )


def test_influence_is_finite_where_a_cell_runs_empty():
    """With one row a cell, or none, the slopes stay finite."""
    metric = from_scorer(make_scorer(plain_threat)).for_labels(["no", "yes"])
    for y, pred in (([0, 1], [0, 1]), ([0, 1], [0, 0]), ([0, 0], [0, 0])):
        assert np.isfinite(influence(metric, np.array(y), np.array(pred), 2)).all()


def test_influence_of_an_infinite_metric_is_quiet():
    """Where nothing is called positive by mistake a likelihood ratio is infinite, and no error."""
    metric = register_metric("likelihood_ratio", likelihood_ratio, overwrite=True)
    y, pred = np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1])
    assert metric_from_codes(metric, y, pred, 2, pos=1) == np.inf
    np.testing.assert_array_equal(influence(metric, y, pred, 2, pos=1), 0.0)


SCORERS = {
    "f1_zero": (make_scorer(skm.f1_score, zero_division=1.0), True),
    "kappa_linear": (make_scorer(skm.cohen_kappa_score, weights="linear"), True),
    "hamming": (make_scorer(skm.hamming_loss, greater_is_better=False), True),
    "correct_rows": (make_scorer(skm.accuracy_score, normalize=False), True),
    "macro_of_labels": (make_scorer(skm.f1_score, labels=[0, 1], average="macro"), True),
    "upside_down": (make_scorer(skm.f1_score, greater_is_better=False), False),
    "partial": (make_scorer(functools.partial(skm.fbeta_score, beta=2)), True),
    "total_cost": (make_scorer(total_cost, fp_cost=2.0, greater_is_better=False), False),
}


@pytest.mark.parametrize("name", SCORERS)
def test_metric_of_a_scorer_is_what_the_scorer_says(name):
    """Sign and keyword arguments are the scorer's, and so is the value on labels."""
    scorer, weighted = SCORERS[name]
    metric = from_scorer(scorer)
    assert metric.kind == "label"
    for seed in range(10):
        y, pred, w = _rows(seed, weighted=weighted)
        weights = {} if w is None else {"sample_weight": w}
        expected = scorer._sign * scorer._score_func(y, pred, **weights, **scorer._kwargs)
        ours = metric_from_codes(metric, y, pred, 2, w, pos=1)
        assert ours == pytest.approx(expected, abs=1e-12)


def test_a_named_positive_class_goes_with_the_codes():
    """The scorer's pos_label is the metric's, and the function is told the one that is used."""
    scorer = make_scorer(threat_labels, pos_label="yes")
    metric = from_scorer(scorer)
    assert (metric.pos_label, metric.asymmetric) == ("yes", True)
    y, pred, w = _rows(4)
    bound = metric.for_labels(["no", "yes"])
    assert bound.labels == ("no", "yes")
    labels = np.array(["no", "yes"])
    for pos in (0, 1):
        expected = threat_labels(labels[y], labels[pred], labels[pos], w)
        for each in (bound, metric):
            assert metric_from_codes(each, y, pred, 2, w, pos=pos) == pytest.approx(expected)


def test_a_function_that_names_labels_is_given_them():
    """Labels in the order of the codes, or of a sweep whose positive class is the first."""
    metric = from_scorer(make_scorer(plain_threat))
    assert not metric.asymmetric
    labels = np.array(["yes", "zero"])
    bound = metric.for_labels(labels)
    y, pred, _ = _rows(5, weighted=False)
    assert metric_from_codes(bound, y, pred, 2) == plain_threat(labels[y], labels[pred])
    score = y + np.random.default_rng(5).normal(size=len(y))
    _, value = best_threshold(y == 0, -score, bound.for_sweep(0))
    expected = best_threshold(y == 0, -score, make_metric("jaccard"))[1]
    assert value == pytest.approx(expected, abs=1e-12)
    assert bound.for_sweep(1) is bound
    assert make_metric("f1").for_labels(labels).for_sweep(0) == make_metric("f1")


def test_signature_default_of_the_positive_class():
    """A default other than 1 names the positive class; 1 is everybody's default."""

    def spam(y_true, y_pred, pos_label="spam"):
        return 0.0

    assert from_scorer(make_scorer(spam)).pos_label == "spam"
    assert from_scorer(make_scorer(threat_labels)).pos_label is None


def test_macro_averages_are_told_no_positive_class():
    """scikit-learn warns of a pos_label that an average ignores: it is not passed."""
    metric = from_scorer(make_scorer(skm.f1_score, average="macro", zero_division=1.0))
    assert not metric.asymmetric
    y, pred, w = _rows(6)
    expected = skm.f1_score(y, pred, average="macro", sample_weight=w)
    assert metric_from_codes(metric, y, pred, 2, w, pos=0) == pytest.approx(expected)


def test_repeated_rows_are_not_reduced():
    """A sum over rows keeps its size: 2 rows of each cell are not 1 of each."""
    metric = from_scorer(make_scorer(total_cost, greater_is_better=False))
    y, pred = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    assert metric_from_codes(metric, y, pred, 2) == -6.0
    assert metric_from_codes(metric, np.repeat(y, 2), np.repeat(pred, 2), 2) == -12.0
    assert metric_from_codes(metric, y, pred, 2, np.full(4, 2.0)) == -12.0


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.full(4, 0.5), r"takes no sample_weight.*weights add up to \[0.5, 0.5, 0.5, 0.5\]"),
        (np.full(4, 1e9), "would be called with 4000000000 rows; at most 10000000 are made"),
    ],
)
def test_functions_without_weights_need_rows_that_can_be_counted(weight, message):
    """Fractions of rows, and too many of them, are refused with the way out."""
    metric = from_scorer(make_scorer(total_cost))
    y, pred = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    with pytest.raises(ValueError, match=message):
        metric_from_codes(metric, y, pred, 2, weight)


def test_weights_swallowed_by_keywords_are_not_passed():
    """A function that takes anything may ignore weights: it is called with rows."""

    def careless(y_true, y_pred, **options):
        return np.mean(y_true == y_pred)

    y, pred, w = _rows(7)
    w = w + 0.1
    metric = from_scorer(make_scorer(careless))
    with pytest.raises(ValueError, match="takes no sample_weight"):
        metric_from_codes(metric, y, pred, 2, w)
    whole = np.ceil(w)
    assert metric_from_codes(metric, y, pred, 2, whole) == pytest.approx(
        np.average(y == pred, weights=whole)
    )


def test_no_rows_have_no_value():
    """Without weight a function of labels is not called."""
    metric = from_scorer(make_scorer(total_cost))
    assert np.isnan(metric.value([0.0, 0.0], [0.0, 0.0], [0.0, 0.0]))


@pytest.mark.parametrize(
    ("function", "formula", "message"),
    [
        (lambda tp, fp, fn, tn: 1.0, "counts", r"one value for each.*returned shape \(\)"),
        (lambda tp, fp, fn, tn: "high", "counts", "must return numbers; it returned str"),
        (lambda y, p: y, "labels", r"must return one number; it returned an array of shape \(4,\)"),
        (lambda y, p: None, "labels", None),
    ],
)
def test_what_a_function_returns_is_checked(function, formula, message):
    """One value for each table is needed; None is no number."""
    metric = register_metric("mine", function, formula=formula)
    tp, total = np.ones((3, 2)), np.full((3, 2), 2.0)
    if message is None:
        assert np.isnan(metric.value(tp, total, total, pos=1)).all()
        return
    with pytest.raises(ValueError, match=message):
        metric.value(tp, total, total, pos=1)


def test_an_error_in_the_function_names_the_metric():
    """What a user's function raises reaches the user, with a note whose it is."""

    def broken(y_true, y_pred):
        raise KeyError("price")

    metric = from_scorer(make_scorer(broken))
    with pytest.raises(KeyError, match="price") as caught:
        metric.value([1.0, 1.0], [1.0, 1.0], [1.0, 1.0])
    assert caught.value.__notes__ == ["It was raised by the function of the metric 'broken'."]


def test_nothing_to_divide_by_is_no_number():
    """A function that divides by no predicted positives is NaN there, not an error."""

    def exact_precision(y_true, y_pred):
        return int(np.sum(y_true * y_pred)) / int(np.sum(y_pred))

    metric = from_scorer(make_scorer(exact_precision))
    y, score = np.array([False, True, True]), np.array([0.1, 0.2, 0.9])
    assert np.isnan(metric_from_codes(metric, y.astype(int), np.zeros(3, int), 2))
    assert best_threshold(y, score, metric)[1] == 1.0
    with pytest.raises(ValueError, match="must return one number"):
        metric_from_codes(
            from_scorer(make_scorer(lambda y, p: y == p)), y.astype(int), y.astype(int), 2
        )


def test_more_classes_than_two_are_refused():
    """A rule of several classes needs a formula: every way in says so."""
    totals = np.ones(3)
    for metric in (
        register_metric("threat", threat_counts),
        from_scorer(make_scorer(total_cost)),
    ):
        with pytest.raises(ValueError, match=r"two classes only; got 3 classes. A rule of several"):
            metric.value(totals, totals, totals, pos=1)
        with pytest.raises(ValueError, match="two classes only; got 3"):
            metric.check_positive_class(3, None)
        with pytest.raises(ValueError, match="two classes only; got 3"):
            metric.for_labels(["a", "b", "c"])
        with pytest.raises(ValueError, match="no sum of terms over classes"):
            metric.class_terms(totals, totals, totals)
        with pytest.raises(ValueError, match="no sum of terms over classes"):
            metric.combine([totals])
        with pytest.raises(ValueError, match="two classes only; got 3"):
            influence(metric, np.arange(3), np.arange(3), 3, pos=1)


def test_metrics_of_functions_travel_and_compare():
    """A metric of a module's function pickles, is equal by function, and can be a key."""
    metric = register_metric("threat", threat_counts)
    scorer = make_scorer(total_cost, fp_cost=[2.0], greater_is_better=False)
    for each in (metric, from_scorer(scorer)):
        copy = pickle.loads(pickle.dumps(each))
        assert copy == each
        assert hash(copy) == hash(each)
    other = register_metric("threat", threat_counts, monotone=False, overwrite=True)
    assert other != metric
    assert "custom" not in repr(metric)


# --- names ---------------------------------------------------------------------------------------


def test_a_registered_name_resolves_and_is_suggested():
    """The name works as scoring and turns up where it is misspelt."""
    metric = register_metric("threat_score", threat_counts)
    assert resolve_metric("threat_score") is metric
    assert resolve_metric(metric) is metric
    assert from_scorer("threat_score") is metric
    with pytest.raises(ValueError, match="Did you mean 'threat_score'"):
        resolve_metric("threat_scor")


@pytest.mark.parametrize(
    ("name", "overwrite", "message"),
    [
        ("f1", False, "'f1' is a metric of this package"),
        ("f1", True, "'f1' is a metric of this package"),
        ("mcc", True, "'mcc' is a metric of this package"),
        ("roc_auc", False, "'roc_auc' is a scorer of scikit-learn; .* pass overwrite=True"),
        ("threat", False, "'threat' is registered already; .* pass overwrite=True"),
        ("", True, "'' is empty"),
    ],
)
def test_names_that_are_taken_are_refused(name, overwrite, message):
    """The package's own names are never given away, others only on request."""
    register_metric("threat", threat_counts)
    with pytest.raises(ValueError, match=message):
        register_metric(name, threat_counts, overwrite=overwrite)


def test_overwrite_replaces():
    """On request the newer metric has the name, also that of a scorer."""
    register_metric("threat", threat_counts)
    newer = register_metric("threat", threat_labels, formula="labels", overwrite=True)
    assert resolve_metric("threat") is newer
    ours = register_metric("roc_auc", threat_counts, overwrite=True)
    assert resolve_metric("roc_auc") is ours
    assert resolve_metric(get_scorer("roc_auc")).kind == "ranking"


def test_arguments_are_checked():
    """What is no name, no function or no known formula is refused before anything is stored."""
    with pytest.raises(TypeError, match="name of a metric must be a string; got int"):
        register_metric(1, threat_counts)
    with pytest.raises(TypeError, match="metric 'x' must be callable; got str"):
        register_metric("x", "threat")
    with pytest.raises(ValueError, match="formula must be 'counts' or 'labels'; got 'rows'"):
        register_metric("x", threat_counts, formula="rows")
    assert _scoring._REGISTERED == {}


def test_one_of_many_threads_gets_the_name():
    """Registering the same name at once succeeds once."""
    outcomes, barrier = [], threading.Barrier(8)

    def register():
        barrier.wait()
        try:
            outcomes.append(register_metric("threat", threat_counts))
        except ValueError:
            outcomes.append(None)

    threads = [threading.Thread(target=register) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(outcome, Metric) for outcome in outcomes) == 1


def test_functions_python_cannot_look_into_take_no_weights():
    """A callable without a signature is called with rows."""
    assert not _custom_metric.takes(dict.fromkeys, "sample_weight")
    assert not _custom_metric.takes(max, "sample_weight")
    assert _custom_metric.default_of(max, "average") is None
