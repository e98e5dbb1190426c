"""Gathering: folds of maps, samples, scores, what is noted when a fit fails."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    log_loss,
    make_scorer,
    roc_auc_score,
)
from sklearn.model_selection import GridSearchCV, GroupKFold, RepeatedStratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_lossfix._core._evidence import Scored
from sklearn_lossfix._core._oof import fix_folds, out_of_fold
from sklearn_lossfix.decision._scoring import resolve_metric
from sklearn_lossfix.diagnosis import _gather
from sklearn_lossfix.diagnosis._gather import (
    fit_clone,
    gather_out_of_fold,
    gather_validation,
    is_fitted,
    map_folds,
    reference_on,
    score_fitted,
    train_state,
)
from sklearn_lossfix.diagnosis._recorded_scores import positive_class, scorer_value
from sklearn_lossfix.diagnosis._request import (
    MAX_REFIT_ROWS,
    Data,
    Request,
    sample_for_refits,
)


def as_data(X, y, *, weight=None, groups=None):
    """Rows as the report holds them; labels are the codes."""
    return Data(X, np.asarray(y), np.asarray(y), weight, groups, np.arange(len(y)))


def as_request(y, *, scoring=None, cv=3, n_jobs=None):
    """A request for the classes of y."""
    return Request(resolve_metric(scoring), scoring, np.unique(y), None, 0, n_jobs, cv, 0, notes=[])


# --- folds of maps ---------------------------------------------------------------------------


@given(
    counts=st.lists(st.integers(1, 30), min_size=2, max_size=6),
    seed=st.integers(0, 2**31 - 1),
)
def test_map_folds_spread_every_class(counts, seed):
    """Sizes of the folds, overall and per class, differ by the number of classes at most."""
    y = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    folds = map_folds(y, None, seed)
    n_folds = min(5, len(y))
    assert set(folds) == set(range(n_folds))
    sizes = np.bincount(folds)
    assert np.ptp(sizes) <= len(counts)
    assert np.array_equal(folds, map_folds(y, None, seed))


@given(n_groups=st.integers(2, 12), seed=st.integers(0, 1000))
def test_map_folds_keep_groups_together(n_groups, seed):
    """No group stands in two folds."""
    rng = np.random.default_rng(seed)
    groups = np.r_[np.arange(n_groups), rng.integers(0, n_groups, 60)]
    y = rng.integers(0, 2, len(groups))
    folds = map_folds(y, groups, seed)
    for group in range(n_groups):
        assert len(np.unique(folds[groups == group])) == 1


def test_one_group_has_one_fold():
    """Nothing can be held out of a single group."""
    assert not map_folds(np.arange(6) % 2, np.zeros(6, dtype=int), 0).any()


# --- scores ----------------------------------------------------------------------------------


def test_fitted_is_what_says_so(table):
    """An estimator is fitted after fit, and a class or a number never is."""
    X, y = table(50)
    model = LogisticRegression()
    assert not is_fitted(model)
    assert is_fitted(model.fit(X, y))
    assert not is_fitted(3)


def test_a_regressor_is_scored_by_the_nearest_code(table):
    """Its predictions are numbers on the scale of the codes."""
    X, y = table(100, n_classes=3)
    scored = score_fitted(LinearRegression().fit(X, y), X, np.arange(3))
    assert scored.proba is None
    assert np.array_equal(scored.pred, np.clip(np.rint(scored.margins), 0, 2))


def test_train_state_is_what_scikit_learn_measures(calibrated):
    """Losses are means under the weights, totals are weighted counts."""
    y, proba = calibrated(80, n_classes=3)
    weight = np.random.default_rng(0).random(80)
    state = train_state(Scored(proba.argmax(axis=1), proba=proba), y, 3, weight)
    assert state.log_loss == pytest.approx(log_loss(y, proba, sample_weight=weight))
    right = np.bincount(y[proba.argmax(axis=1) == y], weight[proba.argmax(axis=1) == y], 3)
    assert state.totals[0] == pytest.approx(right)
    assert state.totals[2] == pytest.approx(np.bincount(y, weight, 3))
    assert train_state(Scored(y), y, 3, None).log_loss is None


# --- metrics of scores -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scoring", "oracle"),
    [("roc_auc", roc_auc_score), ("average_precision", average_precision_score)],
)
def test_ranking_metrics_are_those_of_scikit_learn(calibrated, scoring, oracle):
    """From recorded probabilities or margins, with weights."""
    y, proba = calibrated(200)
    weight = np.random.default_rng(0).random(200)
    expected = oracle(y, proba[:, 1], sample_weight=weight)
    metric, pred = resolve_metric(scoring), proba.argmax(axis=1)
    for scored in (Scored(pred, proba=proba), Scored(pred, margins=proba[:, 1])):
        value, note = scorer_value(metric, np.arange(2), scored, y, weight)
        assert value == pytest.approx(expected)
        assert note is None


@pytest.mark.parametrize("scoring", ["average_precision", "neg_brier_score"])
@pytest.mark.parametrize("labels", [[0, 1], ["fraud", "ok"], [1, 2], [False, True]])
@pytest.mark.parametrize("pos", [0, 1])
def test_rankings_ask_for_the_positive_class_that_was_named(calibrated, scoring, labels, pos):
    """Whatever the labels are called, the value is that of the named class coded 1."""
    y, proba = calibrated(200)
    classes, pred = np.array(labels), proba.argmax(axis=1)
    metric = resolve_metric(scoring)
    found, note = positive_class(metric, classes, np.bincount(y), classes[pos].item())
    assert (found, note) == (pos, None)
    positive, scores = (y == pos).astype(int), proba[:, pos]
    expected = average_precision_score(positive, scores)
    if scoring == "neg_brier_score":
        expected = -brier_score_loss(positive, scores)
    value, note = scorer_value(metric, classes, Scored(pred, proba=proba), y, pos=found)
    assert (value, note) == (pytest.approx(expected), None)
    if scoring == "average_precision":
        margins = Scored(pred, margins=proba[:, 1])
        assert scorer_value(metric, classes, margins, y, pos=found)[0] == pytest.approx(expected)


def test_the_positive_class_of_a_ranking_is_chosen_as_that_of_labels():
    """Conventions first, else the rarer class with a note; metrics without one get none."""
    counts, words = np.array([3, 9]), np.array(["fraud", "ok"])
    precision = resolve_metric("average_precision")
    assert positive_class(precision, np.array([0, 1]), counts) == (1, None)
    pos, note = positive_class(precision, words, counts)
    assert pos == 0
    assert "'fraud', was taken" in note
    assert positive_class(resolve_metric("roc_auc"), words, counts) == (None, None)
    assert positive_class(precision, np.arange(3), np.array([3, 9, 2])) == (None, None)
    named = resolve_metric(
        make_scorer(average_precision_score, response_method="predict_proba", pos_label="ok")
    )
    assert positive_class(named, words, counts) == (None, None)


def test_a_callable_that_fails_becomes_a_note(calibrated):
    """A metric that cannot be had has no value, and the note says why."""
    y, proba = calibrated(50)

    def broken(model, X, y):
        raise RuntimeError("no such column")

    scored = Scored(proba.argmax(axis=1), proba=proba)
    X = np.zeros((50, 1))
    value, note = scorer_value(resolve_metric(broken), np.arange(2), scored, y, X=X)
    assert value is None
    assert "RuntimeError: no such column" in note


def test_a_callable_gets_the_judged_rows_or_is_not_called(calibrated):
    """A metric that reads features is given them; without any it has no value."""
    y, proba = calibrated(50)
    scored = Scored(proba.argmax(axis=1), proba=proba)
    metric = resolve_metric(lambda model, X, y: float(X[:, 0].mean()))
    assert scorer_value(metric, np.arange(2), scored, y, X=np.full((50, 1), 7.0))[0] == 7.0
    value, note = scorer_value(metric, np.arange(2), scored, y)
    assert value is None
    assert "features" in note


def test_a_loss_of_probabilities_is_noted_where_there_are_none(calibrated):
    """Margins have no log loss."""
    y, proba = calibrated(50)
    scored = Scored(proba.argmax(axis=1), margins=proba[:, 1])
    value, note = scorer_value(resolve_metric("neg_log_loss"), np.arange(2), scored, y)
    assert value is None
    assert "neg_log_loss" in note


# --- samples ---------------------------------------------------------------------------------


def test_few_rows_are_all_used(table):
    """Below the limit nothing is drawn and nothing noted."""
    data, request = as_data(*table(50)), as_request([0, 1])
    assert sample_for_refits(data, request) is data
    assert request.notes == []


@pytest.mark.parametrize("rare", [0, 1, 40])
def test_samples_keep_the_class_shares_and_every_class(rare):
    """Twenty thousand rows, stratified; a class too rare to be drawn goes in with all its rows."""
    n_rows = MAX_REFIT_ROWS + 5000
    y = np.arange(n_rows) % 2
    y[:rare] = 2
    request = as_request(y)
    sampled = sample_for_refits(as_data(np.arange(n_rows)[:, None], y), request)
    assert MAX_REFIT_ROWS <= len(sampled.y) <= MAX_REFIT_ROWS + rare
    assert np.array_equal(np.unique(sampled.y), np.unique(y))
    assert np.mean(sampled.y == 1) == pytest.approx(np.mean(y == 1), abs=0.01)
    assert np.array_equal(sampled.X[:, 0], sampled.rows)
    assert np.array_equal(sampled.y, y[sampled.rows])
    assert f"of {n_rows:,} training rows, drawn stratified" in request.notes[0]


def test_samples_hold_whole_groups():
    """With groups, a group is in or out."""
    n_rows = MAX_REFIT_ROWS + 5000
    groups = np.arange(n_rows) // 7
    y = np.arange(n_rows) % 2
    weight = np.arange(n_rows, dtype=float)
    request = as_request(y)
    sampled = sample_for_refits(
        as_data(np.zeros((n_rows, 1)), y, weight=weight, groups=groups), request
    )
    sizes = np.bincount(groups)
    drawn = np.bincount(groups[sampled.rows], minlength=len(sizes))
    assert ((drawn == 0) | (drawn == sizes)).all()
    assert np.array_equal(np.unique(sampled.groups), np.arange(sampled.groups.max() + 1))
    assert np.array_equal(sampled.weight, weight[sampled.rows])
    assert "drawn by whole groups" in request.notes[0]


@pytest.mark.parametrize("n_rows", [20_001, 20_005, 30_000])
def test_samples_exist_just_above_the_limit(n_rows):
    """One row more than the limit, or a few large groups, still give a sample of all classes."""
    y = np.arange(n_rows) % 3
    sampled = sample_for_refits(as_data(np.zeros((n_rows, 1)), y), as_request(y))
    assert len(sampled.y) == pytest.approx(20_000, abs=3)
    assert np.ptp(np.bincount(sampled.y)) <= 1
    groups = np.arange(n_rows) % 5
    sampled = sample_for_refits(as_data(np.zeros((n_rows, 1)), y, groups=groups), as_request(y))
    assert len(np.unique(sampled.groups)) == 5


# --- out of fold -----------------------------------------------------------------------------


def test_out_of_fold_evidence_is_that_of_the_engine(table):
    """Same folds, scores and rows; counts by fold and training rows; no groups, no weights."""
    X, y = table(120)
    data, request = as_data(X, y), as_request(y)
    evidence, _ = gather_out_of_fold(LogisticRegression(), data, request)
    folds = fix_folds(3, X, y, random_state=0)
    oracle = out_of_fold(LogisticRegression(), X, y, folds, random_state=0)
    assert np.array_equal(evidence.model.proba, oracle.scores)
    assert np.array_equal(evidence.rows, oracle.row)
    assert np.array_equal(evidence.y, y[oracle.row])
    assert evidence.split_counts.sum() == 120
    assert evidence.inflation == pytest.approx(1 + 3 * 40 / 80)
    assert evidence.sample_weight is evidence.groups is None
    assert evidence.reference.proba.shape == (120, 2)


def test_repeated_rows_share_a_weight_and_vary_together(table):
    """A row that is judged twice counts half each time, and is one unit of variation."""
    X, y = table(60)
    cv = RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0)
    evidence, _ = gather_out_of_fold(
        LogisticRegression(), as_data(X, y), as_request(y, cv=cv), with_reference=False
    )
    assert len(evidence.y) == 120
    assert evidence.sample_weight == pytest.approx(np.full(120, 0.5))
    assert np.array_equal(evidence.groups, evidence.rows)


def test_weights_of_repeated_rows_are_divided(table):
    """The user's weights are kept: they sum over the repeats to what was given."""
    X, y = table(60)
    weight = np.random.default_rng(0).random(60)
    cv = RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0)
    evidence, _ = gather_out_of_fold(
        GaussianNB(), as_data(X, y, weight=weight), as_request(y, cv=cv), with_reference=False
    )
    assert np.bincount(evidence.rows, evidence.sample_weight) == pytest.approx(weight)


def test_a_reference_that_fails_is_a_note(table, monkeypatch):
    """The report does without it, out of fold and on validation rows."""
    X, y = table(60)

    class Broken(ClassifierMixin, BaseEstimator):
        def fit(self, X, y):
            raise RuntimeError("not today\nnor tomorrow")

        def predict(self, X):
            raise AssertionError

    monkeypatch.setattr(_gather, "make_reference", lambda X, seed: (Broken(), None))
    data, request = as_data(X, y), as_request(y)
    assert gather_out_of_fold(LogisticRegression(), data, request)[0].reference is None
    assert reference_on(data, data, request) is None
    expected = "The reference could not be fitted (RuntimeError: not today)."
    assert request.notes == [expected]


@pytest.mark.parametrize("kind", ["texts", "images", "empty column"])
def test_rows_that_the_reference_cannot_take(table, kind):
    """Texts, images and columns without a value still get a report's evidence, with a note."""
    X, y = table(60)
    if kind == "texts":
        X = np.array(["a", "b"], dtype=object)[y]
        model = make_pipeline(
            FunctionTransformer(lambda t: (np.array(t) == "a").reshape(-1, 1)), LogisticRegression()
        )
    elif kind == "images":
        X = X.reshape(60, 2, 2)
        model = make_pipeline(
            FunctionTransformer(lambda X: X.reshape(len(X), -1)), LogisticRegression()
        )
    else:
        X = np.where(np.arange(4) == 3, np.nan, X)
        model = make_pipeline(FunctionTransformer(np.nan_to_num), LogisticRegression())
    request = as_request(y)
    evidence, _ = gather_out_of_fold(model, as_data(X, y), request)
    assert evidence.model.proba.shape == (60, 2)
    if kind != "empty column":  # newer boosting may learn to take these
        assert evidence.reference is None
        assert "reference" in request.notes[0]


# --- validation ------------------------------------------------------------------------------


def test_validation_evidence_judges_the_fitted_estimator(table):
    """Scores are those of the object itself; counts are of training and validation rows."""
    X, y = table(150)
    train, val = as_data(X[:100], y[:100]), as_data(X[100:], y[100:])
    model = LogisticRegression().fit(train.X, train.y)
    evidence = gather_validation(clone(model), model, train, val, as_request(y))
    assert np.array_equal(evidence.model.proba, model.predict_proba(val.X))
    assert evidence.split_counts.sum(axis=1).tolist() == [100, 50]
    assert evidence.train.log_loss == pytest.approx(log_loss(train.y, model.predict_proba(train.X)))
    assert evidence.inflation == 1.0
    assert evidence.facts["n_train"] == 100


def test_a_clone_is_fitted_with_weights_where_it_takes_them(table):
    """The clone is fitted as by hand, and the original is left alone."""
    X, y = table(80)
    weight = np.random.default_rng(0).random(80)
    for model in (LogisticRegression(), RidgeClassifier(), DummyClassifier()):
        fitted = fit_clone(model, as_data(X, y, weight=weight), 0)
        by_hand = clone(model).fit(X, y, sample_weight=weight)
        assert np.array_equal(fitted.predict(X), by_hand.predict(X))
        assert not is_fitted(model)


def test_groups_reach_the_splitter_of_a_search(table):
    """A search with grouped folds is fitted with the groups that were given."""
    X, y = table(80)
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=GroupKFold(4))
    groups = np.arange(80) % 8
    fitted = fit_clone(search, as_data(X, y, groups=groups), 0)
    by_hand = clone(search).fit(X, y, groups=groups)
    assert np.array_equal(
        fitted.cv_results_["mean_test_score"], by_hand.cv_results_["mean_test_score"]
    )


def test_progress_is_told_only_if_asked_for(table, capsys):
    """Nothing is printed by default; with verbose each fit is counted on standard error."""
    X, y = table(60)
    for verbose in (0, 1):
        request = Request(
            resolve_metric(None), None, np.unique(y), None, 0, None, 3, verbose, notes=[]
        )
        gather_out_of_fold(LogisticRegression(), as_data(X, y), request, with_reference=False)
        out = capsys.readouterr()
        assert out.out == ""
        assert out.err.count("fits") == 3 * verbose


def test_a_ranking_whose_default_is_a_label_takes_it(calibrated):
    """Labels of 1 and 2 are judged as scikit-learn judges them, and by the other one if named."""
    y, proba = calibrated(200)
    metric, classes = resolve_metric("average_precision"), np.array([1, 2])
    scored = Scored(proba.argmax(axis=1), proba=proba)
    assert positive_class(metric, classes, np.array([90, 10])) == (0, None)
    value, _ = scorer_value(metric, classes, scored, y, pos=0)
    assert value == average_precision_score(classes[y], -proba[:, 1], pos_label=1)
    assert positive_class(metric, classes, np.array([90, 10]), 2) == (1, None)


@pytest.mark.parametrize("default", ["ok", None])
def test_a_function_of_ones_own_sees_its_labels(calibrated, default):
    """A positive class that a user's function knows by itself is left to it."""

    def hits(y_true, y_score, pos_label=default):
        return np.mean((y_true == "ok") == (y_score > 0.5))

    y, proba = calibrated(200)
    metric = resolve_metric(make_scorer(hits, response_method="predict_proba"))
    classes, scored = np.array(["fraud", "ok"]), Scored(proba.argmax(axis=1), proba=proba)
    pos, note = positive_class(metric, classes, np.bincount(y))
    assert (pos, note) == (None, None)
    value, note = scorer_value(metric, classes, scored, y, pos=pos)
    assert (value, note) == (pytest.approx(np.mean(y == (proba[:, 1] > 0.5))), None)
