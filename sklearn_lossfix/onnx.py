"""Export classifiers with a decision rule to ONNX, so that their labels follow the rule there too.

skl2onnx converts estimators; it knows no decision rule, and a converter that forgets one gives
labels by the default cut. Here the estimator goes through skl2onnx as it is, and the rule follows
as a few nodes in double precision.
"""

from copy import deepcopy
from functools import cache
from importlib.util import find_spec

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_is_fitted

from sklearn_lossfix._core._optional import import_optional
from sklearn_lossfix.decision._decision_rule import SMALLEST_PROBABILITY
from sklearn_lossfix.decision._decision_rule_classifier import DecisionRuleClassifier
from sklearn_lossfix.model_selection import MetricAlignedSearchCV

__all__ = ["to_onnx"]

# Classes with `estimator_`, `classes_` and `decision_rule_`: a new one needs its line here only.
CONVERTED = (DecisionRuleClassifier, MetricAlignedSearchCV)

# CastLike, which asks for the precision of the scores, came with it.
OLDEST_OPSET = 15

# Scores are equal if they differ by less than this many roundings: 2 ** -20 where the graph
# computes in single precision, 2 ** -45 where it computes in double.
_ROUNDINGS = 16.0
# Just above the middle between 1 and the next float32: single precision rounds it up by 2 ** -24,
# double precision keeps the 2 ** -49 that it is above the middle.
_MIDDLE = 1.0 + 2.0**-24
_ABOVE_MIDDLE = _MIDDLE + 2.0**-49

# What the graph is compared with the estimator on. Converters that are wrong are wrong on most
# rows; a feature on the edge of a split of a tree concerns few.
_N_COMPARED = 1000
_DEVIATION = 1e-3
_SHARE_OF_ROWS = 0.01

_DTYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(bool)": np.bool_,
    "tensor(string)": object,
}


def to_onnx(estimator, X, **options):
    """Convert a fitted classifier with a decision rule to ONNX; labels follow the rule.

    The graph has the output `label`, int64 or strings, and the scores that the rule takes,
    unaltered: `probabilities` of shape (n_samples, n_classes), or, for a rule on decision values,
    `scores`, shaped as `decision_function` gives them.

    Parameters
    ----------
    estimator : fitted estimator
        A `DecisionRuleClassifier` or `MetricAlignedSearchCV`, or a Pipeline whose last step is one.
        Frozen estimators and searches by scikit-learn are looked into; samplers of a Pipeline by
        imbalanced-learn are left out, as in prediction.

    X : array or data frame of shape (n_samples, n_features), or None
        Rows as the graph will get them; None if `initial_types` is among the options. From float64
        the graph computes in double precision wherever skl2onnx can, from float32 in single
        precision. Columns of a data frame become one input each. Where onnxruntime is installed,
        up to a thousand rows are used to compare the graph with the estimator.

    **options : dict
        Parameters of `skl2onnx.to_onnx`, such as `name`, `target_opset` (15 or later) and
        `options`.

    Returns
    -------
    model : onnx.ModelProto
        The graph.

    Raises
    ------
    ImportError
        If skl2onnx is not installed: it comes with the extra "onnx".
    TypeError
        If `estimator` is no classifier of this package with a decision rule, or a part of it has
        no converter.
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    ValueError
        If the labels are neither strings nor integers, the rule takes decision values that
        skl2onnx cannot compute, the opset is too old, or the graph gives other scores than the
        estimator.

    See Also
    --------
    sklearn_lossfix.decision.DecisionRule : The rule.

    Notes
    -----
    Labels are those of `predict`, except of rows whose score lies within rounding of the cut, or
    of the score of another class: about 1e-6 in single precision and 1e-13 in double. Scores that
    are equal to the cut would be the exception that matters, since votes of trees and neighbours
    are equal in many rows; so what is equal up to rounding is taken as equal, and is labelled as
    `predict` labels equal scores.

    Whatever the type of the rows, skl2onnx compares features of trees, and returns probabilities
    of trees, in single precision: a feature closer to a split than that can tell may go the other
    way. In single precision, probabilities below a millionth may come out as zero or zero as one
    of them, which rules that add large offsets to logarithms feel. Where `predict` refuses scores
    that are NaN, the graph gives some label.

    Examples
    --------
    >>> import onnxruntime
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_lossfix.decision import DecisionRule, DecisionRuleClassifier
    >>> from sklearn_lossfix.onnx import to_onnx
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> rule = DecisionRule("threshold", classes=(0, 1), threshold=0.9)
    >>> model = make_pipeline(StandardScaler(), LogisticRegression())
    >>> model = DecisionRuleClassifier(model, decision_rule=rule).fit(X, y)
    >>> session = onnxruntime.InferenceSession(
    ...     to_onnx(model, X).SerializeToString(), providers=["CPUExecutionProvider"]
    ... )
    >>> (label,) = session.run(["label"], {"X": X})
    >>> bool((label == model.predict(X)).all())
    True
    """
    skl2onnx = import_optional("skl2onnx", caller="to_onnx", extra="onnx")
    estimator = _plain(estimator)
    classifier = _classifier_of(estimator)
    check_is_fitted(classifier)
    _register()
    # skl2onnx writes into the dictionary of options.
    model = skl2onnx.to_onnx(
        estimator, X, **{**options, "options": deepcopy(options.get("options"))}
    )
    if X is not None and find_spec("onnxruntime") is not None:
        _compare(model, estimator, classifier.decision_rule_.space, X)
    return model


def _plain(estimator):
    """Take an estimator out of what changes nothing in prediction."""
    if isinstance(estimator, FrozenEstimator):
        return _plain(estimator.estimator)
    if isinstance(estimator, Pipeline):
        steps = [(name, _plain(step)) for name, step in estimator.steps if _does_something(step)]
        same = type(estimator) is Pipeline and steps == estimator.steps
        return estimator if same or not steps else Pipeline(steps)
    if hasattr(estimator, "best_estimator_") and not isinstance(estimator, CONVERTED):
        return _plain(estimator.best_estimator_)
    return estimator


def _does_something(step):
    """Whether a step of a Pipeline changes what a row becomes in prediction."""
    return step not in (None, "passthrough") and not hasattr(step, "fit_resample")


def _classifier_of(estimator):
    """Return the classifier of ours that gives the labels of an estimator."""
    last = _last_step(estimator)
    if not isinstance(last, CONVERTED):
        names = " or ".join(kind.__name__ for kind in CONVERTED)
        raise TypeError(
            f"to_onnx converts a {names}, or a Pipeline that ends with one; got "
            f"{type(last).__name__}. An estimator without a decision rule goes through "
            "skl2onnx.to_onnx."
        )
    return last


def _last_step(estimator):
    """Return the last step of a Pipeline, of Pipelines too; another estimator as it is."""
    return _last_step(estimator.steps[-1][1]) if isinstance(estimator, Pipeline) else estimator


@cache
def _register():
    """Tell skl2onnx, once, of our classifiers, and mend what it cannot convert itself."""
    import skl2onnx

    for kind in CONVERTED:
        skl2onnx.update_registered_converter(
            kind,
            f"SklearnLossfix{kind.__name__}",
            _infer_shapes,
            _convert,
            parser=_parse,
            # Declared for Pipelines, which hand it on; the outputs are arrays in any case.
            options={"zipmap": [False, True, "columns"]},
        )
    _mend_hist_gradient_boosting()


def _mend_hist_gradient_boosting():
    """Make skl2onnx write integers where it writes booleans, which protobuf 7 refuses."""
    import skl2onnx
    from skl2onnx.common._registration import get_converter, get_shape_calculator

    alias = skl2onnx.get_model_alias(HistGradientBoostingClassifier)
    registered = get_converter(alias)

    def convert(scope, operator, container):
        registered(scope, operator, _IntegerAttributes(container))

    skl2onnx.update_registered_converter(
        HistGradientBoostingClassifier,
        alias,
        get_shape_calculator(alias),
        convert,
        options=registered.get_allowed_options(),
    )


class _IntegerAttributes:
    """A container of nodes whose attributes hold no booleans."""

    def __init__(self, container):
        self._container = container

    def __getattr__(self, name):
        return getattr(self._container, name)

    def add_node(self, *args, **attributes):
        """Add a node, its lists of booleans turned into integers."""
        for name, value in attributes.items():
            if isinstance(value, list) and any(isinstance(item, bool) for item in value):
                attributes[name] = [int(item) for item in value]
        self._container.add_node(*args, **attributes)


def _parse(scope, model, inputs, custom_parsers=None):
    """Declare the outputs of a classifier of ours."""
    from skl2onnx.common.data_types import guess_tensor_type

    operator = scope.declare_local_operator(_alias(model), model)
    operator.inputs = inputs
    name = "scores" if model.decision_rule_.space == "decision" else "probabilities"
    label = scope.declare_local_variable("label", _label_type(model.classes_)())
    scores = scope.declare_local_variable(name, guess_tensor_type(inputs[0].type))
    operator.outputs.append(label)
    operator.outputs.append(scores)
    return operator.outputs


def _infer_shapes(operator):
    """Set the shapes of the outputs of a classifier of ours."""
    model = operator.raw_operator
    n_rows, n_classes = operator.inputs[0].get_first_dimension(), len(model.classes_)
    single = model.decision_rule_.space == "decision" and n_classes == 2
    label, scores = operator.outputs
    label.set_type(_label_type(model.classes_)([n_rows]))
    scores.set_type(type(scores.type)([n_rows] if single else [n_rows, n_classes]))


def _label_type(classes):
    """Choose the type of ONNX that labels have."""
    from skl2onnx.common.data_types import Int64TensorType, StringTensorType

    return StringTensorType if isinstance(_plain_labels(classes)[0], str) else Int64TensorType


def _plain_labels(classes):
    """Return labels as strings or as integers, which are all that ONNX classifiers have."""
    labels = classes.tolist()
    if all(isinstance(label, str) for label in labels):
        return labels
    if all(isinstance(label, int | float) and int(label) == label for label in labels):
        return [int(label) for label in labels]
    raise ValueError(
        f"Labels of an ONNX classifier are all strings or all integers; got {labels}. Fit the "
        "classifier on such labels."
    )


def _convert(scope, operator, container):
    """Write the nodes of a classifier of ours: those of its estimator, then those of its rule."""
    if container.target_opset < OLDEST_OPSET:
        raise ValueError(
            f"A decision rule needs opset {OLDEST_OPSET} or later; got {container.target_opset}. "
            "Raise target_opset."
        )
    model = operator.raw_operator
    raw = _declare_estimator(scope, operator, container)
    graph = _Graph(scope, container)
    scores = graph.node("Cast", raw, to=_double())
    out_label, out_scores = operator.outputs
    if model.decision_rule_.space == "decision" and len(model.classes_) == 2:
        # Converters give one or two columns; the last is that of decision_function.
        last = graph.node("Gather", scores, graph.integers([-1]), axis=1)
        column = graph.node("Reshape", last, graph.integers([-1]))
        graph.node("Cast", column, to=_proto_type(out_scores), output=out_scores.full_name)
        scores = graph.node("Concat", graph.node("Neg", last), last, axis=1)
    else:
        graph.node("Cast", raw, to=_proto_type(out_scores), output=out_scores.full_name)
    codes = _rule_codes(graph, model.decision_rule_, scores, _rounding(graph, raw))
    labels = graph.labels(_plain_labels(model.classes_))
    graph.node("Gather", labels, codes, axis=0, output=out_label.full_name)


def _declare_estimator(scope, operator, container):
    """Leave the estimator to skl2onnx; return the name of its scores."""
    from skl2onnx.common.data_types import guess_tensor_type

    model = operator.raw_operator
    estimator = _plain(model.estimator_)
    last = _last_step(estimator)
    wanted = {}
    _alias(last)
    if model.decision_rule_.space == "decision":
        if not container.has_options(last, "raw_scores"):
            raise ValueError(
                f"skl2onnx cannot compute decision values of {type(last).__name__}. Use a rule on "
                "probabilities (response_method='predict_proba')."
            )
        wanted["raw_scores"] = True
    inputs = operator.inputs
    if container.has_options(last, "zipmap"):
        wanted["zipmap"] = False
    elif isinstance(estimator, Pipeline):
        # skl2onnx sets that option for each classifier that ends a Pipeline, and then refuses it.
        inputs = _declare_steps_before_last(scope, estimator, inputs)
        estimator = last
    for holder in (scope, container):
        holder.add_options(id(last), wanted)
    inner = scope.declare_local_operator(_alias(estimator), estimator)
    inner.inputs = inputs
    score_type = guess_tensor_type(inputs[0].type)
    for name, kind in (("label", _label_type(model.classes_)()), ("scores", score_type)):
        inner.outputs.append(scope.declare_local_variable(f"estimator_{name}", kind))
    return inner.outputs[1].full_name


def _declare_steps_before_last(scope, pipeline, inputs):
    """Leave the transformers of a Pipeline to skl2onnx; return their outputs."""
    from skl2onnx.common.data_types import guess_tensor_type

    transformers = Pipeline(_flat_steps(pipeline)[:-1])
    if not transformers.steps:
        return inputs
    inner = scope.declare_local_operator(_alias(transformers), transformers)
    inner.inputs = inputs
    kind = guess_tensor_type(inputs[0].type)
    inner.outputs.append(scope.declare_local_variable("transformed", kind))
    return inner.outputs


def _flat_steps(estimator):
    """List the steps of a Pipeline, and of the Pipelines that end it, under names of their own."""
    steps, nested = [], estimator
    while isinstance(nested, Pipeline):
        *before, (_, nested) = nested.steps
        steps += [step for _, step in before]
    return [(f"step{i}", step) for i, step in enumerate([*steps, nested])]


def _alias(estimator):
    """Return the name that skl2onnx knows a kind of estimator by."""
    from skl2onnx import get_model_alias

    try:
        return get_model_alias(type(estimator))
    except RuntimeError as error:
        raise TypeError(
            f"skl2onnx has no converter for {type(estimator).__name__}. Register one with "
            "skl2onnx.update_registered_converter."
        ) from error


def _rule_codes(graph, rule, scores, rounding):
    """Write the nodes that choose the positions of the labels, from scores in double precision."""
    if rule.kind == "threshold":
        pos = rule.classes.index(rule.pos_label)
        column = graph.node("Gather", scores, graph.integers(pos), axis=1)
        cut = graph.doubles(rule.threshold)
        if np.isfinite(rule.threshold):
            slack = graph.node("Mul", rounding, graph.doubles(_magnitude(rule, pos)))
            cut = graph.node("Sub", cut, slack)
        positive = graph.node("GreaterOrEqual", column, cut)
        return graph.node("Where", positive, graph.integers(pos), graph.integers(1 - pos))
    magnitude = 1.0
    if rule.kind == "cost_matrix":
        costs = np.array(rule.cost_matrix)
        magnitude = float(np.abs(costs).max())
        scores = graph.node("MatMul", scores, graph.doubles(-costs))
    elif rule.kind == "offsets":
        if rule.space == "log_proba":
            floor = graph.doubles(SMALLEST_PROBABILITY)
            scores = graph.node("Log", graph.node("Max", scores, floor))
        scores = graph.node("Add", scores, graph.doubles(rule.offsets))
    slack = graph.node("Mul", rounding, graph.doubles(magnitude))
    return _first_greatest(graph, scores, slack)


def _magnitude(rule, pos):
    """Return the size of the numbers whose rounding blurs the cut."""
    if rule.space == "decision":
        return max(abs(rule.threshold), 1.0)
    # Probabilities of the first of two classes may be one minus those of the last.
    return abs(rule.threshold) if pos == 1 else 1.0


def _first_greatest(graph, scores, slack):
    """Write the nodes that choose the first of the scores that are the greatest up to `slack`."""
    greatest = graph.node("ArgMax", scores, axis=1, keepdims=1)
    bar = graph.node("Sub", graph.node("GatherElements", scores, greatest, axis=1), slack)
    reached = graph.node("Cast", graph.node("GreaterOrEqual", scores, bar), to=_double())
    return graph.node("ArgMax", reached, axis=1, keepdims=0)


def _rounding(graph, raw):
    """Write the nodes that tell the rounding of the scores, whatever type skl2onnx declares.

    Converters of trees declare doubles for what is single precision, so the type is asked of the
    scores themselves.
    """
    rounded = graph.node("CastLike", graph.doubles(_ABOVE_MIDDLE), raw)
    rounded = graph.node("Cast", rounded, to=_double())
    one = graph.node("Sub", rounded, graph.doubles(_MIDDLE))
    return graph.node("Mul", one, graph.doubles(_ROUNDINGS))


def _double():
    """Return the number of ONNX's double precision type."""
    from skl2onnx.proto import onnx_proto

    return onnx_proto.TensorProto.DOUBLE


def _proto_type(variable):
    """Return the number of the ONNX type of a variable."""
    from skl2onnx.common.data_types import guess_proto_type

    return guess_proto_type(variable.type)


class _Graph:
    """Writes nodes and constants with names of their own."""

    def __init__(self, scope, container):
        self._scope = scope
        self._container = container

    def node(self, kind, *inputs, output=None, **attributes):
        """Add a node; return the name of its output."""
        output = output or self._scope.get_unique_variable_name(f"rule_{kind}")
        name = self._scope.get_unique_operator_name(f"rule_{kind}")
        self._container.add_node(kind, list(inputs), [output], name=name, **attributes)
        return output

    def doubles(self, values):
        """Add a constant of double precision; return its name."""
        return self._constant("DOUBLE", np.asarray(values, dtype=np.float64))

    def integers(self, values):
        """Add a constant of integers; return its name."""
        return self._constant("INT64", np.asarray(values, dtype=np.int64))

    def labels(self, values):
        """Add a constant of labels; return its name."""
        if isinstance(values[0], str):
            return self._constant("STRING", np.array(values, dtype=object))
        return self.integers(values)

    def _constant(self, kind, array):
        from skl2onnx.proto import onnx_proto

        name = self._scope.get_unique_variable_name("rule_constant")
        kind = getattr(onnx_proto.TensorProto, kind)
        self._container.add_initializer(name, kind, list(array.shape), array.ravel().tolist())
        return name


def _compare(model, estimator, space, X):
    """Refuse a graph that does not run, or gives other scores than the estimator on rows of X."""
    import onnxruntime

    rows = _safe_indexing(X, np.arange(min(len(X), _N_COMPARED)))
    response = "decision_function" if space == "decision" else "predict_proba"
    expected = getattr(estimator, response)(rows)
    try:
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), providers=["CPUExecutionProvider"]
        )
        scores = session.run(None, _feeds(session, rows))[1]
    except Exception as error:  # onnxruntime's errors have no base but this
        raise ValueError(
            "onnxruntime cannot run the graph that skl2onnx made. If X is float64, try float32: "
            f"some converters know single precision only. onnxruntime says: {error}"
        ) from error
    deviation = np.abs(scores - expected) / np.maximum(np.abs(expected), 1.0)
    wrong = (deviation.reshape(len(rows), -1) > _DEVIATION).any(axis=1)
    if wrong.mean() > _SHARE_OF_ROWS:
        raise ValueError(
            f"The graph that skl2onnx made gives other scores than {response}, by up to "
            f"{deviation.max():.2g} and on {wrong.sum()} of {len(rows)} rows. If X is float32, try "
            "float64; otherwise the converter of "
            f"{type(_last_step(_plain(_last_step(estimator).estimator_))).__name__} or of a step "
            "before it is wrong, and labels would be too."
        )


def _feeds(session, rows):
    """Give each input of a graph its values: a matrix, or columns of a data frame."""
    inputs = session.get_inputs()
    if hasattr(rows, "columns") and len(inputs) > 1:
        arrays = [rows[[name]].to_numpy() for name in rows.columns]
    else:
        arrays = [np.asarray(rows)]
    return {
        tensor.name: array.astype(_DTYPES[tensor.type])
        for tensor, array in zip(inputs, arrays, strict=True)
    }
