"""Tests of the metric registry: every formula against scikit-learn, every slope against counts."""

import numpy as np
import pytest
import sklearn.metrics as skm
from hypothesis import given, settings
from hypothesis import strategies as st
from imblearn.metrics import geometric_mean_score, specificity_score
from sklearn.metrics import get_scorer, get_scorer_names, make_scorer

from sklearn_lossfix._core._paired_tests import mean_standard_error
from sklearn_lossfix.decision._metrics import (
    LABEL_METRICS,
    Metric,
    class_totals,
    influence,
    make_metric,
    metric_from_codes,
)
from sklearn_lossfix.decision._scoring import resolve_metric


def _average(function, average, **params):
    def oracle(y, pred, w, pos):
        pos = {"pos_label": pos} if average == "binary" else {}
        return function(
            y, pred, sample_weight=w, average=average, zero_division=0.0, **pos, **params
        )

    return oracle


def _cost(y, pred, w, pos):
    fp = (pred == pos) & (y != pos)
    fn = (pred != pos) & (y == pos)
    return -np.average(2.0 * fp + 5.0 * fn, weights=w)


def _youden(y, pred, w, pos):
    if len(np.unique(y)) < 2:
        return 0.0
    return skm.balanced_accuracy_score(y, pred, sample_weight=w, adjusted=True)


def _plain(function, **params):
    return lambda y, pred, w, pos: function(y, pred, sample_weight=w, **params)


def _kappa(y, pred, w, pos):
    if len(np.union1d(y, pred)) < 2:
        return 0.0
    return skm.cohen_kappa_score(y, pred, sample_weight=w)


SYMMETRIC = {
    make_metric("accuracy"): _plain(skm.accuracy_score),
    make_metric("balanced_accuracy"): _plain(skm.balanced_accuracy_score),
    make_metric("matthews_corrcoef"): _plain(skm.matthews_corrcoef),
    make_metric("cohen_kappa"): _kappa,
    make_metric("youden"): _youden,
} | {
    make_metric(f"{name}_{average}", **params): _average(function, average, **params)
    for average in ("macro", "micro", "weighted")
    for name, function, params in [
        ("f1", skm.f1_score, {}),
        ("fbeta", skm.fbeta_score, {"beta": 0.7}),
        ("precision", skm.precision_score, {}),
        ("recall", skm.recall_score, {}),
        ("jaccard", skm.jaccard_score, {}),
    ]
}

ASYMMETRIC = {
    make_metric("f1"): _average(skm.f1_score, "binary"),
    make_metric("f2"): _average(skm.fbeta_score, "binary", beta=2.0),
    make_metric("fbeta", beta=0.5): _average(skm.fbeta_score, "binary", beta=0.5),
    make_metric("fbeta", beta=np.inf): _average(skm.fbeta_score, "binary", beta=np.inf),
    make_metric("precision"): _average(skm.precision_score, "binary"),
    make_metric("recall"): _average(skm.recall_score, "binary"),
    make_metric("jaccard"): _average(skm.jaccard_score, "binary"),
    make_metric("cost", fp_cost=2, fn_cost=5): _cost,
    make_metric("specificity"): lambda y, pred, w, pos: skm.recall_score(
        y, pred, sample_weight=w, pos_label=1 - pos, zero_division=0.0
    ),
}


def _names(metrics):
    return [f"{metric.name}-{dict(metric.params)}" for metric in metrics]


@st.composite
def labelled_rows(draw, max_classes=5):
    """Draw true codes, predicted codes and weights; classes may be absent from either."""
    n_classes = draw(st.integers(2, max_classes))
    n = draw(st.integers(1, 30))
    codes = st.lists(st.integers(0, n_classes - 1), min_size=n, max_size=n)
    weights = st.lists(st.sampled_from([0.25, 1.0, 1.5, 3.0]), min_size=n, max_size=n)
    w = draw(st.none() | weights)
    y, pred = np.array(draw(codes)), np.array(draw(codes))
    return n_classes, y, pred, None if w is None else np.array(w)


@pytest.mark.parametrize("metric", SYMMETRIC, ids=_names(SYMMETRIC))
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true:UserWarning")
@pytest.mark.filterwarnings("ignore:A single label was found:UserWarning")
@given(rows=labelled_rows())
@settings(max_examples=60, deadline=None)
def test_symmetric_metric_equals_scikit_learn(metric, rows):
    """A symmetric metric from totals per class equals scikit-learn's on the rows."""
    n_classes, y, pred, w = rows
    ours = metric_from_codes(metric, y, pred, n_classes, w)
    assert ours == pytest.approx(SYMMETRIC[metric](y, pred, w, None), abs=1e-12)


@pytest.mark.parametrize("metric", ASYMMETRIC, ids=_names(ASYMMETRIC))
@given(rows=labelled_rows(max_classes=2), pos=st.integers(0, 1))
@settings(max_examples=60, deadline=None)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
def test_asymmetric_metric_equals_scikit_learn(metric, rows, pos):
    """A metric of a positive class equals scikit-learn's, whichever class is positive."""
    _, y, pred, w = rows
    if not np.isin(pos, np.union1d(y, pred)):  # scikit-learn refuses an unknown pos_label
        y, pred = np.r_[y, pos], np.r_[pred, pos]
        w = None if w is None else np.r_[w, 1.0]
    ours = metric_from_codes(metric, y, pred, 2, w, pos=pos)
    assert ours == pytest.approx(ASYMMETRIC[metric](y, pred, w, pos), abs=1e-12)


@given(rows=labelled_rows())
@settings(max_examples=60, deadline=None)
def test_gmean_equals_imbalanced_learn_where_every_class_occurs(rows):
    """The geometric mean of recalls equals imbalanced-learn's when no class is absent."""
    n_classes, y, pred, w = rows
    y, pred = np.r_[y, np.arange(n_classes)], np.r_[pred, np.arange(n_classes)]
    w = None if w is None else np.r_[w, np.ones(n_classes)]
    ours = metric_from_codes(make_metric("gmean"), y, pred, n_classes, w)
    assert ours == pytest.approx(geometric_mean_score(y, pred, sample_weight=w), abs=1e-12)


def test_gmean_is_zero_when_a_class_is_missed():
    """One class without a true positive makes the geometric mean zero."""
    metric = make_metric("gmean")
    assert metric_from_codes(metric, np.array([0, 1, 1]), np.array([0, 0, 0]), 2) == 0.0
    assert metric_from_codes(metric, np.array([0, 0, 0]), np.array([0, 0, 1]), 3) == pytest.approx(
        2 / 3
    )


def test_specificity_equals_imbalanced_learn():
    """Specificity equals imbalanced-learn's specificity score of the positive class."""
    y, pred = np.array([0, 0, 0, 1, 1]), np.array([0, 1, 0, 1, 0])
    ours = metric_from_codes(make_metric("specificity"), y, pred, 2, pos=1)
    assert ours == pytest.approx(specificity_score(y, pred, average="binary", pos_label=1))


@pytest.mark.parametrize("name", LABEL_METRICS)
def test_value_is_vectorised_and_never_nan(name):
    """A stack of totals, empty and one-sided ones included, gives a finite stack of values."""
    metric = make_metric(name, **({"beta": 3.0} if name.startswith("fbeta") else {}))
    rng = np.random.default_rng(0)
    table = rng.integers(0, 3, size=(4, 50, 2, 2)).astype(float)
    table[0, 0] = 0.0
    tp = np.diagonal(table, axis1=-2, axis2=-1)
    pred, true = table.sum(axis=-2), table.sum(axis=-1)
    values = metric.value(tp, pred, true, pos=1)
    assert values.shape == (4, 50)
    assert np.isfinite(values).all()
    one = metric.value(tp[2, 3], pred[2, 3], true[2, 3], pos=1)
    assert one == pytest.approx(values[2, 3], abs=1e-14)


@pytest.mark.parametrize("name", [name for name in LABEL_METRICS if name != "fbeta"])
def test_linear_metrics_and_only_those_are_affine_in_the_cells(name):
    """`linear` says whether the value is affine in the cells while true totals stay fixed."""
    metric = make_metric(name, **({"beta": 3.0} if name.startswith("fbeta") else {}))
    a, b, n_classes = np.array([[5.0, 1.0], [2.0, 7.0]]), np.array([[1.0, 5.0], [0.0, 9.0]]), 2

    def value(table):
        return metric.value(np.diag(table), table.sum(0), table.sum(1), pos=n_classes - 1)

    affine = np.isclose(value((a + b) / 2), (value(a) + value(b)) / 2, rtol=0, atol=1e-12)
    if name == "recall_macro":  # affine here; not when a class is predicted but absent
        assert affine
        assert not metric.linear
    else:
        assert affine == metric.linear


@pytest.mark.parametrize(
    ("scoring", "name", "params"),
    [
        (None, "accuracy", ()),
        ("accuracy", "accuracy", ()),
        ("mcc", "matthews_corrcoef", ()),
        ("kappa", "cohen_kappa", ()),
        ("f2", "f2", ()),
        ("jaccard_weighted", "jaccard_weighted", ()),
        (get_scorer("f1_macro"), "f1_macro", ()),
        (get_scorer("balanced_accuracy"), "balanced_accuracy", ()),
        (make_scorer(skm.fbeta_score, beta=3), "fbeta", (("beta", 3.0),)),
        (make_scorer(skm.fbeta_score, beta=3, average="micro"), "fbeta_micro", (("beta", 3.0),)),
        (make_scorer(skm.cohen_kappa_score), "cohen_kappa", ()),
        (
            make_scorer(skm.balanced_accuracy_score, adjusted=True),
            "balanced_accuracy",
            (("adjusted", True),),
        ),
        (make_scorer(geometric_mean_score), "gmean", ()),
        (make_metric("cost", fn_cost=9), "cost", (("fn_cost", 9.0),)),
    ],
)
def test_resolve_recognises_label_metrics(scoring, name, params):
    """Names, aliases and scorers resolve to the label metric that they compute."""
    metric = resolve_metric(scoring)
    assert (metric.kind, metric.name, metric.params) == ("label", name, params)


def test_resolve_keeps_the_positive_class_of_a_scorer():
    """A scorer's pos_label is kept, unless its average ignores it."""
    assert resolve_metric(make_scorer(skm.f1_score, pos_label="yes")).pos_label == "yes"
    macro = make_scorer(skm.f1_score, pos_label="yes", average="macro")
    assert resolve_metric(macro).pos_label is None


RANKING = [n for n in get_scorer_names() if get_scorer(n)._response_method != "predict"]


def test_there_are_ranking_metrics():
    """scikit-learn's own ranking metrics are among those tested below."""
    assert {"roc_auc", "roc_auc_ovr", "average_precision", "neg_log_loss"} <= set(RANKING)
    assert {"neg_brier_score", "top_k_accuracy"} <= set(RANKING)


@pytest.mark.parametrize("name", RANKING)
def test_resolve_recognises_ranking_metrics(name):
    """Scorers that judge scores rather than labels are ranking metrics and have no value."""
    metric = resolve_metric(name)
    assert metric.kind == "ranking"
    assert metric.name == name
    with pytest.raises(ValueError, match=r"is ranking: it cannot be computed from counts"):
        metric.value([1.0, 1.0], [1.0, 1.0], [1.0, 1.0])


def _my_scorer(estimator, X, y):
    return 0.0


def _my_score(y_true, y_pred):
    return 0.0


@pytest.mark.parametrize(
    ("scoring", "name"),
    [
        (_my_scorer, "_my_scorer"),
        (make_scorer(_my_score, sample_weight=[1.0]), "_my_score"),
        ("r2", "r2"),
        ("adjusted_rand_score", "adjusted_rand_score"),
    ],
)
def test_resolve_keeps_what_does_not_judge_classes_opaque(scoring, name):
    """Callables of another make, and scores of numbers or clusters, are opaque scorers."""
    metric = resolve_metric(scoring)
    assert (metric.kind, metric.name) == ("opaque", name)
    assert callable(metric.scorer)
    assert "scorer=" not in repr(metric)
    assert not metric.vectorised
    assert not metric.monotone
    assert not metric.has_corners


@pytest.mark.parametrize(
    ("scoring", "name", "monotone"),
    [
        (make_scorer(_my_score), "_my_score", True),
        (make_scorer(_my_score, greater_is_better=False), "_my_score", True),
        (make_scorer(skm.f1_score, labels=[0, 1], average="macro"), "f1_score", True),
        (make_scorer(skm.f1_score, zero_division=1.0), "f1_score", True),
        (make_scorer(skm.accuracy_score, normalize=False), "accuracy_score", True),
        (make_scorer(skm.cohen_kappa_score, weights="linear"), "cohen_kappa_score", True),
        (make_scorer(skm.hamming_loss, greater_is_better=False), "hamming_loss", True),
        (make_scorer(skm.hamming_loss), "hamming_loss", False),
        (make_scorer(skm.f1_score, greater_is_better=False), "f1_score", False),
    ],
)
def test_resolve_takes_other_functions_of_labels_as_they_are(scoring, name, monotone):
    """A function of labels without a known formula is a label metric that keeps its scorer."""
    metric = resolve_metric(scoring)
    assert (metric.kind, metric.name, metric.monotone) == ("label", name, monotone)
    assert not metric.vectorised
    assert not metric.linear
    assert metric.scorer is scoring
    assert metric.as_opaque() == Metric(name, "opaque")


def _every_small_table():
    """All counts (tp, fp) for up to four rows of each class, and the class totals."""
    for P, N in np.ndindex(5, 5):
        tp, fp = np.meshgrid(np.arange(P + 1.0), np.arange(N + 1.0), indexing="ij")
        yield tp, fp, P, N


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("name", LABEL_METRICS)
def test_every_formula_is_monotone(name, swapped):
    """No formula falls with a true positive or rises with a false one, in any table of two."""
    betas = (0.0, 0.5, 3.0, np.inf) if name.startswith("fbeta") else (None,)
    for beta in betas:
        metric = make_metric(name, **({} if beta is None else {"beta": beta}))
        assert metric.monotone
        assert metric.has_corners
        assert metric.vectorised
        for tp, fp, P, N in _every_small_table():
            order = [0, 1] if swapped else [1, 0]
            hits = np.stack([tp, N - fp])[order]
            pred = np.stack([tp + fp, P + N - tp - fp])[order]
            values = metric.value(
                np.moveaxis(hits, 0, -1),
                np.moveaxis(pred, 0, -1),
                np.array([P, N])[order],
                pos=order.index(0),
            )
            assert (np.diff(values, axis=0) >= -1e-12).all()
            assert (np.diff(values, axis=1) <= 1e-12).all()


def test_resolve_errors_tell_what_to_do():
    """Unknown names name their neighbours, metric functions name make_scorer, the rest its type."""
    with pytest.raises(ValueError, match=r"'balanced_acuracy' is not .* mean 'balanced_accuracy'"):
        resolve_metric("balanced_acuracy")
    with pytest.raises(ValueError, match=r"'zzzz' is not the name of a known metric. Known: \["):
        resolve_metric("zzzz")
    with pytest.raises(ValueError, match=r"Pass sklearn.metrics.make_scorer\(f1_score\)"):
        resolve_metric(skm.f1_score)
    with pytest.raises(TypeError, match=r"scoring must be one metric.*got list"):
        resolve_metric(["accuracy"])


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("f3", {}, "'f3' is not the name"),
        ("fbeta", {}, "needs its beta"),
        ("fbeta", {"beta": -1}, "beta of the metric 'fbeta' must be non-negative, got -1"),
        ("cost", {"fp_cost": np.nan}, "fp_cost of the metric 'cost' must be non-negative"),
        ("accuracy", {"beta": 1}, r"takes the parameters \[\]; got \['beta'\]"),
    ],
)
def test_make_metric_refuses_what_has_no_formula(name, params, message):
    """Unknown names and missing, unknown or impossible parameters are refused by name."""
    with pytest.raises(ValueError, match=message):
        make_metric(name, **params)


@pytest.mark.parametrize(("n_classes", "pos"), [(2, None), (2, 2), (3, 1)])
def test_asymmetric_metric_needs_two_classes_and_a_positive_one(n_classes, pos):
    """A metric of one positive class refuses other numbers of classes and unknown columns."""
    totals = np.ones(n_classes)
    with pytest.raises(ValueError, match="'f1' judges one positive class out of two"):
        make_metric("f1").value(totals, totals, totals, pos=pos)


@given(rows=labelled_rows())
@settings(max_examples=60, deadline=None)
def test_class_totals_are_margins_of_the_confusion_matrix(rows):
    """The totals are the diagonal and the margins of scikit-learn's confusion matrix."""
    n_classes, y, pred, w = rows
    table = skm.confusion_matrix(y, pred, labels=np.arange(n_classes), sample_weight=w)
    totals = class_totals(y, pred, n_classes, w)
    np.testing.assert_allclose(totals.tp, np.diag(table))
    np.testing.assert_allclose(totals.pred, table.sum(axis=0))
    np.testing.assert_allclose(totals.true, table.sum(axis=1))


def _rows(n, n_classes, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, n_classes, n)
    pred = np.where(rng.random(n) < 0.7, y, rng.integers(0, n_classes, n))
    return y, pred, rng.uniform(0.5, 2.0, n)


ALL = [make_metric(n, **({"beta": 0.5} if n.startswith("fbeta") else {})) for n in LABEL_METRICS]


@pytest.mark.parametrize("metric", ALL, ids=_names(ALL))
def test_influence_is_the_derivative_with_respect_to_a_weight(metric):
    """The influences sum to zero by weight and predict the metric after a change of weights."""
    n_classes, pos = (2, 0) if metric.asymmetric else (3, None)
    y, pred, w = _rows(200, n_classes)
    values = influence(metric, y, pred, n_classes, w, pos=pos)
    assert np.sum(w * values) == pytest.approx(0.0, abs=1e-9)

    change = np.random.default_rng(1).uniform(-1, 1, len(y)) * 1e-5

    def at(weight):
        return metric_from_codes(metric, y, pred, n_classes, weight, pos=pos)

    observed = (at(w + change) - at(w - change)) / 2
    assert observed == pytest.approx(np.sum(change * values) / w.sum(), rel=1e-5, abs=1e-13)


@pytest.mark.parametrize("metric", ALL, ids=_names(ALL))
def test_influence_standard_error_is_near_the_jackknife(metric):
    """The standard error is within a few per cent of deleting one row at a time."""
    n_classes, pos = (2, 1) if metric.asymmetric else (3, None)
    y, pred, _ = _rows(400, n_classes)
    ours = mean_standard_error(influence(metric, y, pred, n_classes, pos=pos))
    left_out = [
        metric_from_codes(metric, np.delete(y, i), np.delete(pred, i), n_classes, pos=pos)
        for i in range(len(y))
    ]
    jackknife = np.sqrt((len(y) - 1) ** 2 / len(y) * np.var(left_out))
    assert ours == pytest.approx(jackknife, rel=0.03)


def test_influence_of_accuracy_is_binomial():
    """For accuracy the influence is correct minus accuracy, and the error that of its mean."""
    y, pred, _ = _rows(500, 4)
    metric, accuracy = make_metric("accuracy"), np.mean(y == pred)
    values = influence(metric, y, pred, 4)
    np.testing.assert_allclose(values, (y == pred) - accuracy, atol=1e-9)
    binomial = np.sqrt(accuracy * (1 - accuracy) / (len(y) - 1))
    assert mean_standard_error(values) == pytest.approx(binomial, rel=1e-9)


def test_standard_error_counts_a_group_as_one_unit():
    """Rows repeated within groups give the standard error of the rows before repetition."""
    y, pred, _ = _rows(150, 3)
    metric = make_metric("f1_macro")
    once = mean_standard_error(influence(metric, y, pred, 3))
    y4, pred4, groups = np.repeat(y, 4), np.repeat(pred, 4), np.repeat(np.arange(len(y)), 4)
    values = influence(metric, y4, pred4, 3)
    assert mean_standard_error(values, groups=groups) == pytest.approx(once, rel=1e-9)
    correction = np.sqrt((1 - 1 / len(y)) / (1 - 1 / len(y4)))
    assert mean_standard_error(values) == pytest.approx(once / 2 * correction, rel=1e-9)


@pytest.mark.parametrize("metric", ALL, ids=_names(ALL))
def test_influence_is_finite_with_absent_and_missed_classes(metric):
    """Classes absent from truth or predictions, or without a hit, leave finite influences."""
    if metric.asymmetric:
        y, pred, n_classes, pos = np.array([0, 0, 1, 1]), np.zeros(4, int), 2, 1
    else:
        y, pred, n_classes, pos = np.array([0, 0, 1, 3]), np.array([0, 0, 4, 0]), 5, None
    assert np.isfinite(influence(metric, y, pred, n_classes, pos=pos)).all()


def test_metric_is_plain_and_hashable():
    """Metrics are equal by value and can be keys."""
    assert make_metric("cost", fp_cost=1, fn_cost=3) == make_metric("cost", fn_cost=3, fp_cost=1)
    assert len({make_metric("f1"), make_metric("f1"), Metric("f1", "opaque")}) == 2
