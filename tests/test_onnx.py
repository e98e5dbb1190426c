"""Labels of exported graphs are those of `predict`, whatever the rule, the labels and the model."""

import sys

import numpy as np
import onnxruntime
import pandas as pd
import pytest
import skl2onnx
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from imblearn.under_sampling import RandomUnderSampler
from sklearn.compose import make_column_transformer
from sklearn.datasets import make_classification
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, RidgeClassifier, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import BernoulliNB, GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix import MetricAlignedSearchCV
from sklearn_lossfix.decision import DecisionRule, DecisionRuleClassifier, RecalibratedClassifier
from sklearn_lossfix.onnx import to_onnx

N_ROWS = 3000

# What labels may differ by: relative to the cut in single and in double precision.
ROUNDING = {np.float32: 1e-5, np.float64: 1e-12}

NAMES = np.array(["ham", "junk", "spam"])


def _data(n_classes, dtype=np.float64):
    """Rows to learn from and fresh ones, of features that single precision holds exactly."""
    X, codes = make_classification(
        n_samples=2000 + N_ROWS,
        n_features=8,
        n_informative=5,
        n_classes=n_classes,
        weights=[0.7, 0.3] if n_classes == 2 else [0.6, 0.2, 0.2],
        flip_y=0.1,
        random_state=n_classes,
    )
    X = X.astype(np.float32).astype(dtype)
    return X[:2000], codes[:2000], X[2000:]


LINEAR = make_pipeline(StandardScaler(), LogisticRegression())
BOOSTING = HistGradientBoostingClassifier(max_iter=20, random_state=0)
FOREST = RandomForestClassifier(10, min_samples_leaf=20, random_state=0)
# Ten votes per row: many scores are equal, to each other and to the cuts below.
VOTES = BaggingClassifier(DecisionTreeClassifier(max_leaf_nodes=40, random_state=0), random_state=0)
TREE = DecisionTreeClassifier(max_depth=4, random_state=0)
MODELS = [LINEAR, BOOSTING, FOREST, VOTES, TREE, GaussianNB()]
DECISIONS = [LINEAR, BOOSTING, RidgeClassifier(), make_pipeline(StandardScaler(), LinearSVC())]


def _kind(estimator):
    return type(estimator[-1] if hasattr(estimator, "steps") else estimator).__name__


def _rules(classes, space):
    """One rule of each kind that takes scores of a space, thresholds far from the default too."""
    n = len(classes)
    rules = [DecisionRule("argmax", classes, space=space)]
    offsets = (0.0, 1.5, -0.5)[:n]
    if space == "proba":
        rules += [
            DecisionRule("offsets", classes, offsets=offsets, space="log_proba"),
            DecisionRule(
                "cost_matrix",
                classes,
                cost_matrix=np.array([[0, 1, 2], [9, 0, 3], [4, 0.5, 0]])[:n, :n],
            ),
        ]
    else:
        rules += [DecisionRule("offsets", classes, offsets=offsets, space=space)]
    if n == 2:
        cuts = {"proba": (0.03, 0.1, 0.3, 0.7, 0.9), "decision": (-2.5, 0.0, 0.4)}[space]
        rules += [
            DecisionRule("threshold", classes, threshold=cut, pos_label=pos, space=space)
            for cut in (*cuts, np.inf, -np.inf)
            for pos in classes
        ]
    return rules


def _run(model, X, **options):
    """Export on a few rows and run the graph on all: labels, scores, and the name of the scores."""
    graph = to_onnx(model, X[:50], **options)
    session = onnxruntime.InferenceSession(
        graph.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    if hasattr(X, "columns"):
        feeds = {name: X[[name]].to_numpy() for name in X.columns}
    else:
        (only,) = session.get_inputs()
        feeds = {only.name: X}
    labels, scores = session.run(None, feeds)
    return labels, scores, session.get_outputs()[1].name


def _distance(rule, scores):
    """How far the score of each row is from where the rule would choose another label."""
    scores = np.asarray(scores, dtype=np.float64)
    if scores.ndim == 1:
        scores = np.column_stack([-scores, scores])
    if rule.kind == "threshold":
        column = scores[:, rule.classes.index(rule.pos_label)]
        return np.abs(column - rule.threshold) if np.isfinite(rule.threshold) else column + np.inf
    if rule.kind == "cost_matrix":
        scores = -scores @ np.array(rule.cost_matrix)
    elif rule.kind == "offsets":
        if rule.space == "log_proba":
            scores = np.log(np.maximum(scores, np.finfo(np.float64).tiny))
        scores = scores + np.array(rule.offsets)
    second, first = np.sort(scores, axis=1)[:, -2:].T
    return first - second


def _assert_parity(model, rule, X):
    """Labels are equal but for rows within rounding of the cut, and these are next to none."""
    labels, scores, name = _run(model, X)
    response = "decision_function" if rule.space == "decision" else "predict_proba"
    expected = getattr(model, response)(X)
    assert name == ("scores" if rule.space == "decision" else "probabilities")
    assert scores.shape == expected.shape
    assert scores.dtype == X.dtype
    np.testing.assert_allclose(scores, expected, atol=1e-5)
    wrong = labels != model.predict(X)
    assert not wrong[_distance(rule, expected) > ROUNDING[X.dtype.type]].any()
    assert wrong.mean() < 0.001


CASES = [
    pytest.param(estimator, space, id=f"{_kind(estimator)}{i}-{space}")
    for space, estimators in (("proba", MODELS), ("decision", DECISIONS))
    for i, estimator in enumerate(estimators)
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["single", "double"])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize(("estimator", "space"), CASES)
def test_labels_are_those_of_predict(estimator, space, n_classes, dtype):
    """Every kind of rule gives the labels of `predict` on fresh rows, for integers and strings."""
    X, codes, X_new = _data(n_classes, dtype)
    for classes in (tuple(range(n_classes)), tuple(NAMES[:n_classes].tolist())):
        y = np.array(classes)[codes]
        fitted = FrozenEstimator(estimator.fit(X, y))
        rules = _rules(classes, space)
        # One rule of each kind is enough to see that labels are names.
        for rule in rules if classes[0] == 0 else rules[:4]:
            model = DecisionRuleClassifier(fitted, decision_rule=rule).fit(X, y)
            _assert_parity(model, rule, X_new)


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["single", "double"])
@pytest.mark.parametrize("cut", np.arange(1, 10) / 10)
def test_scores_equal_to_the_cut_are_positive(cut, dtype):
    """Votes that equal the cut fall on its positive side, as in `predict`, though 0.7 rounds."""
    X, y, X_new = _data(2, dtype)
    fitted = FrozenEstimator(RandomForestClassifier(10, random_state=0).fit(X, y))
    votes = fitted.predict_proba(X_new)
    for pos in (0, 1):
        rule = DecisionRule("threshold", (0, 1), threshold=cut, pos_label=pos)
        model = DecisionRuleClassifier(fitted, decision_rule=rule).fit(X, y)
        assert np.isclose(votes[:, pos], cut).sum() > 30
        np.testing.assert_array_equal(_run(model, X_new)[0] == pos, votes[:, pos] > cut - 1e-9)


def test_a_cut_at_the_score_of_a_row_and_next_to_it():
    """In double precision, cuts a billionth above and below the score of a row are told apart."""
    X, y, X_new = _data(2)
    fitted = FrozenEstimator(LINEAR.fit(X, y))
    for row, score in enumerate(fitted.predict_proba(X_new[:20])[:, 1]):
        for cut, label in ((score, 1), (score - 1e-9, 1), (score + 1e-9, 0)):
            rule = DecisionRule("threshold", (0, 1), threshold=cut)
            model = DecisionRuleClassifier(fitted, decision_rule=rule).fit(X, y)
            assert _run(model, X_new[: row + 1])[0][row] == label


def test_a_probability_of_zero_is_raised_to_the_floor():
    """An offset of 705 makes up for a probability of zero only where `predict` says so."""
    X, y, X_new = _data(3)
    tree = FrozenEstimator(DecisionTreeClassifier(random_state=0).fit(X, y))
    for offset in (705.0, 712.0):
        rule = DecisionRule("offsets", (0, 1, 2), offsets=(0, 0, offset), space="log_proba")
        model = DecisionRuleClassifier(tree, decision_rule=rule).fit(X, y)
        np.testing.assert_array_equal(_run(model, X_new)[0], model.predict(X_new))
        assert (model.predict(X_new) == 2).all() == (offset > 710)


def _tuned(**parameters):
    return DecisionRuleClassifier(LogisticRegression(), scoring="f1", **parameters)


def _binary():
    X, y, X_new = _data(2)
    return X, NAMES[2 * y], X_new


# Fitted objects whose graphs must give their labels; one per way of holding a decision rule.
FITTED = {
    "tuned": lambda X, y: _tuned(pos_label="spam").fit(X, y),
    "tuned-decision": lambda X, y: DecisionRuleClassifier(
        SGDClassifier(random_state=0), scoring="mcc"
    ).fit(X, y),
    "response-decision": lambda X, y: DecisionRuleClassifier(
        LogisticRegression(), response_method="decision_function"
    ).fit(X, y),
    "first-class": lambda X, y: _tuned(pos_label="ham").fit(X, y),
    "search": lambda X, y: MetricAlignedSearchCV(
        LINEAR, {"logisticregression__C": [0.01, 1.0]}, scoring="f1", pos_label="spam"
    ).fit(X, y),
    "in-pipeline": lambda X, y: make_pipeline(StandardScaler(), _tuned(pos_label="spam")).fit(X, y),
    "pipeline-inside": lambda X, y: DecisionRuleClassifier(LINEAR, scoring="gmean").fit(X, y),
    "passthrough": lambda X, y: DecisionRuleClassifier(
        make_pipeline("passthrough", StandardScaler(), LogisticRegression())
    ).fit(X, y),
    "prefit": lambda X, y: DecisionRuleClassifier(LINEAR.fit(X, y), cv="prefit").fit(X, y),
    "sampler-inside": lambda X, y: DecisionRuleClassifier(
        make_sampling_pipeline(RandomUnderSampler(random_state=0), LogisticRegression())
    ).fit(X, y),
    "in-sampling-pipeline": lambda X, y: make_sampling_pipeline(
        StandardScaler(), RandomUnderSampler(random_state=0), _tuned(pos_label="spam")
    ).fit(X, y),
    "frozen": lambda X, y: FrozenEstimator(_tuned(pos_label="spam").fit(X, y)),
    "grid-search": lambda X, y: GridSearchCV(
        _tuned(pos_label="spam", cv=2), {"estimator__C": [0.1, 1.0]}, cv=2
    ).fit(X, y),
}


@pytest.mark.parametrize("make", FITTED.values(), ids=FITTED)
def test_objects_with_a_rule_are_exported(make):
    """Whatever holds a decision rule is exported with it, alone and inside other estimators."""
    X, y, X_new = _binary()
    model = make(X, y)
    labels, scores, name = _run(model, X_new)
    np.testing.assert_array_equal(labels, model.predict(X_new))
    assert len(np.unique(labels)) == 2
    response = "predict_proba" if name == "probabilities" else "decision_function"
    np.testing.assert_allclose(scores, getattr(model, response)(X_new), atol=1e-12)


def test_skl2onnx_alone_ignores_a_threshold():
    """The labels that skl2onnx gives by itself are others: the test above can fail."""
    X, y, X_new = _binary()
    rule = DecisionRule("threshold", ("ham", "spam"), threshold=0.2)
    model = DecisionRuleClassifier(LogisticRegression(), decision_rule=rule).fit(X, y)
    graph = skl2onnx.to_onnx(model.estimator_, X[:1], options={"zipmap": False})
    session = onnxruntime.InferenceSession(
        graph.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    (labels,) = session.run(["label"], {"X": X_new})
    assert np.mean(labels != model.predict(X_new)) > 0.02


def test_a_data_frame_has_one_input_per_column():
    """Columns of numbers and of strings are inputs by name."""
    X, codes, X_new = _data(2)
    frames = [
        pd.DataFrame(
            {
                "size": rows[:, 0],
                "speed": rows[:, 1],
                "kind": np.where(rows[:, 2] > 0, "a", "b").astype(object),
            }
        )
        for rows in (X, X_new)
    ]
    columns = make_column_transformer(
        (StandardScaler(), ["size", "speed"]), (OneHotEncoder(), ["kind"])
    )
    rule = DecisionRule("threshold", (0, 1), threshold=0.2)
    model = make_pipeline(columns, DecisionRuleClassifier(LogisticRegression(), decision_rule=rule))
    for whole in (
        model,
        DecisionRuleClassifier(make_pipeline(columns, LINEAR), decision_rule=rule),
    ):
        whole.fit(frames[0], codes)
        labels, scores, _ = _run(whole, frames[1])
        np.testing.assert_array_equal(labels, whole.predict(frames[1]))
        np.testing.assert_allclose(scores, whole.predict_proba(frames[1]), atol=1e-6)


@pytest.mark.parametrize("classes", [(False, True), (0.0, 1.0), (-1, 1), (3, 7)])
def test_labels_that_are_whole_numbers_become_int64(classes):
    """Booleans and whole floats are integers in the graph; the values of labels are kept."""
    X, codes, X_new = _data(2)
    model = DecisionRuleClassifier(LINEAR).fit(X, np.array(classes)[codes])
    labels = _run(model, X_new)[0]
    assert labels.dtype == np.int64
    np.testing.assert_array_equal(labels, model.predict(X_new))


def test_options_reach_skl2onnx_and_are_not_changed():
    """Parameters of skl2onnx.to_onnx are handed on, and the caller's dictionary is left alone."""
    X, y, X_new = _binary()
    model = _tuned(pos_label="spam").fit(X, y)
    inner = {id(model.estimator_): {"output_class_labels": False}}
    for options in (inner, {}):
        given = {key: dict(value) for key, value in options.items()}
        graph = to_onnx(model, X[:1], options=options, name="mine", target_opset=17)
        assert graph.graph.name == "mine"
        assert options == given
    assert {entry.domain: entry.version for entry in graph.opset_import}[""] == 17
    labels = _run(model, X_new, target_opset=15)[0]
    np.testing.assert_array_equal(labels, model.predict(X_new))


def test_types_can_be_given_in_place_of_rows():
    """Without rows the types are taken from initial_types, as by skl2onnx."""
    X, y, X_new = _binary()
    model = _tuned(pos_label="spam").fit(X, y)
    kind = skl2onnx.common.data_types.DoubleTensorType([None, X.shape[1]])
    graph = to_onnx(model, None, initial_types=[("rows", kind)])
    session = onnxruntime.InferenceSession(
        graph.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    (labels,) = session.run(["label"], {"rows": X_new})
    np.testing.assert_array_equal(labels, model.predict(X_new))


def test_a_converter_that_is_wrong_is_found_out():
    """skl2onnx doubles the decision values of two-class discriminant analysis; that is refused."""
    X, y, _ = _binary()
    model = DecisionRuleClassifier(LinearDiscriminantAnalysis()).fit(X, y)
    with pytest.raises(ValueError, match=r"other scores than predict_proba.*LinearDiscriminant"):
        to_onnx(model, X)


def test_a_graph_that_does_not_run_is_found_out():
    """skl2onnx mixes precisions in AdaBoost on float64; that is refused, and float32 advised."""
    X, y, X_new = _binary()
    model = DecisionRuleClassifier(AdaBoostClassifier(n_estimators=5, random_state=0)).fit(X, y)
    with pytest.raises(ValueError, match=r"cannot run the graph.*try float32"):
        to_onnx(model, X)
    X_new = X_new.astype(np.float32)
    np.testing.assert_array_equal(_run(model, X_new)[0], model.predict(X_new))


def test_without_onnxruntime_nothing_is_compared(monkeypatch):
    """Export needs no onnxruntime; then a wrong converter passes unseen."""
    X, y, _ = _binary()
    model = DecisionRuleClassifier(LinearDiscriminantAnalysis()).fit(X, y)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    outputs = to_onnx(model, X).graph.output
    assert [output.name for output in outputs] == ["label", "probabilities"]


def test_single_precision_that_is_too_coarse_is_found_out():
    """A feature whose spread drowns in float32 gives other scores, and float64 is advised."""
    X, y, _ = _binary()
    # The estimator learns the rows in float64; the graph is to compute them in float32.
    model = DecisionRuleClassifier(LINEAR).fit(X + 1e8, y)
    kind = skl2onnx.common.data_types.FloatTensorType([None, X.shape[1]])
    with pytest.raises(ValueError, match=r"other scores.*try float64"):
        to_onnx(model, X + 1e8, initial_types=[("X", kind)])
    to_onnx(model, X + 1e8)


@pytest.mark.parametrize(
    ("estimator", "error", "message"),
    [
        (LogisticRegression(), TypeError, "a DecisionRuleClassifier.*got LogisticRegression"),
        (LINEAR, TypeError, "a DecisionRuleClassifier.*got LogisticRegression"),
        (RecalibratedClassifier(GaussianNB()), TypeError, "got RecalibratedClassifier"),
        (
            DecisionRuleClassifier(RecalibratedClassifier(GaussianNB())),
            TypeError,
            "no converter for RecalibratedClassifier",
        ),
    ],
)
def test_what_cannot_be_exported_is_refused(estimator, error, message):
    """What has no rule, or no converter, is named together with what to do."""
    X, y, _ = _binary()
    estimator.fit(X, y)
    with pytest.raises(error, match=message):
        to_onnx(estimator, X)


def test_decision_values_that_skl2onnx_cannot_compute_are_refused():
    """An estimator whose converter knows no raw scores is named, and the way out."""

    class Margins(BernoulliNB):
        def decision_function(self, X):
            return np.diff(self.predict_log_proba(X), axis=1)[:, 0]

    skl2onnx.update_registered_converter(
        Margins, "TestMargins", lambda operator: None, lambda scope, operator, container: None
    )
    X, y, _ = _binary()
    model = DecisionRuleClassifier(Margins(), response_method="decision_function").fit(X, y)
    with pytest.raises(ValueError, match="cannot compute decision values of Margins"):
        to_onnx(model, X)


def test_other_refusals():
    """Unfitted estimators, old opsets and fractional labels are refused with the reason."""
    X, y, _ = _binary()
    with pytest.raises(NotFittedError):
        to_onnx(_tuned(), X)
    model = _tuned(pos_label="spam").fit(X, y)
    with pytest.raises(ValueError, match="opset 15 or later; got 14"):
        to_onnx(model, X, target_opset=14)
    model = DecisionRuleClassifier(LogisticRegression()).fit(X, y)
    model.classes_ = np.array([0.5, 1.5])
    with pytest.raises(ValueError, match="all strings or all integers"):
        to_onnx(model, X)


def test_without_skl2onnx_the_extra_is_named(monkeypatch):
    """The error says what to install."""
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    with pytest.raises(ImportError, match=r"sklearn-lossfix\[onnx\]"):
        to_onnx(None, None)
