"""How each family of learners is made richer: one dose, from its own parameters."""

import math

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.kernel_approximation import Nystroem
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix.diagnosis.twins._parts import (
    before_last_step,
    inner_learner,
    without_weights,
)
from sklearn_lossfix.diagnosis.twins._regularisers import (
    COARSER,
    STRONGER,
    USUAL_ROUNDS,
    USUAL_STEP,
    prior_variance,
)
from sklearn_lossfix.exceptions import CheckNotApplicable

# Rows of training data that a column of a linear model costs: ten events a variable (Peduzzi et
# al. 1996, Journal of Clinical Epidemiology 49).
ROWS_PER_COLUMN = 10

# Degree of the products of columns that are tried at most: cubes bend twice.
MOST_DEGREE = 3

# Landmarks of a kernel approximation that are used at most, to bound what the twin costs.
MOST_LANDMARKS = 300

# Layers and leaves that scikit-learn or its boosting uses where nothing is said.
USUAL_LAYER = 100
USUAL_LEAVES = 31
USUAL_DEPTH = 3
SMALL_LEAF = 2
USUAL_LEAF_ROWS = 20
USUAL_DECAY = 1e-4

#: Name of the step that makes columns.
RICHER = "richer"


def richer_columns(learner):
    """Transformer that makes more columns of those that reach a linear model.

    Products of columns up to the largest degree that leaves ten rows a column; where no degree
    does, a kernel approximation (Williams & Seeger 2001).

    Returns
    -------
    transformer : estimator
        Unfitted; scaled before, and after.
    words : str
        What it is.

    Raises
    ------
    CheckNotApplicable
        If the columns are not numeric, or the rows too few.
    """
    matrix = learner.matrix
    if matrix is None:
        raise CheckNotApplicable(
            f"The features that reach {learner.name} are not all numeric: they are not multiplied."
        )
    room = learner.n_rows // ROWS_PER_COLUMN
    with_mean = not sparse.issparse(matrix)
    for degree in range(MOST_DEGREE, 1, -1):
        if math.comb(learner.n_columns + degree, degree) - 1 <= room:
            made = PolynomialFeatures(degree, include_bias=False)
            words = f"products of up to {degree} columns"
            break
    else:
        n_landmarks = min(room, MOST_LANDMARKS)
        if n_landmarks < 2:
            raise CheckNotApplicable("There are too few rows for a richer model.")
        made = Nystroem(
            gamma=1.0 / learner.n_columns,
            n_components=n_landmarks,
            random_state=learner.subject.seed,
        )
        words = f"{n_landmarks} columns of an RBF kernel"
    steps = [
        ("scale", StandardScaler(with_mean=with_mean)),
        ("make", made),
        ("scale_made", StandardScaler(with_mean=with_mean)),
    ]
    return Pipeline(steps), words


def pipeline_of_learner(estimator):
    """The Pipeline whose last step is the learner.

    Returns
    -------
    name : str or None
        Its name in ``get_params(deep=True)``, ``""`` for the estimator itself; None without one.
    pipeline : Pipeline or None
    """
    _, learner = inner_learner(estimator)
    parts = {"": estimator, **estimator.get_params(deep=True)}
    for name, part in parts.items():
        if isinstance(part, Pipeline) and part.steps[-1][1] is learner:
            return name, part
    return None, None


def columns_before_learner(estimator, transformer):
    """A clone with a transformer right before the learner, inside Pipelines and meta-estimators.

    Where the learner is the last step of a Pipeline the transformer becomes a step of it, so that
    names of the learner's parameters stay as they are. Elsewhere both stand in a new Pipeline.
    """
    twin = clone(estimator)
    name, pipeline = pipeline_of_learner(twin)
    if pipeline is not None:
        changed = before_last_step(pipeline, RICHER, transformer)
        return twin.set_params(**{name: changed}) if name else changed
    prefix, learner = inner_learner(twin)
    if not prefix:
        return before_last_step(twin, RICHER, transformer)
    wrapped = Pipeline([(RICHER, without_weights(transformer)), ("model", learner)])
    return twin.set_params(**{prefix.removesuffix("__"): wrapped})


def _weak(learner):
    """Whether C is so small that the penalty rules: a step of ten below the usual prior."""
    return STRONGER * learner.params["C"] < min(1.0, prior_variance(learner))


def penalised(learner):
    """A weaker penalty where it rules; None where more columns are wanted."""
    if _weak(learner):
        return {"C": float(min(1.0, prior_variance(learner)))}
    return None


def svc(learner):
    """A weaker penalty where it rules, else a kernel that bends, as wide as the data."""
    params = learner.params
    if STRONGER * params["C"] < 1.0:
        return {"C": 1.0}
    values = {"kernel": "rbf", "gamma": "scale"}
    if params["kernel"] == "rbf" and params["gamma"] == "scale":
        values = {"C": float(params["C"] * STRONGER)}
    return values


def sgd(learner):
    """A weaker penalty where it rules; None where more columns are wanted."""
    usual = 1.0 / (learner.n_rows * min(1.0, prior_variance(learner)))
    if learner.params["alpha"] > STRONGER * usual and learner.params.get("penalty") is not None:
        return {"alpha": float(usual)}
    return None


def ridge(learner):
    """A weaker penalty where it rules; None where more columns are wanted."""
    usual = max(1.0, learner.total_variance or 0.0)
    return {"alpha": float(usual)} if np.max(learner.params["alpha"]) > STRONGER * usual else None


def more_columns(learner):
    """Nothing but more columns makes it richer."""
    return None


def _unlimited(learner, leaf):
    """Trees without limits but the least rows of a leaf."""
    params = learner.params
    own = params["min_samples_leaf"]
    rows = math.ceil(own * learner.n_rows) if isinstance(own, float) else int(own)
    values = {"max_depth": None, "max_leaf_nodes": None, "ccp_alpha": 0.0}
    if rows <= leaf and all(params[name] == value for name, value in values.items()):
        raise CheckNotApplicable(f"Nothing limits the trees of {learner.name}.")
    return {**values, "min_samples_leaf": leaf}


def tree(learner):
    """As deep as leaves of half the square root of the rows allow."""
    return _unlimited(learner, max(1, math.isqrt(learner.n_rows) // 2))


def forest(learner):
    """Deep trees with small leaves, and the usual number of them."""
    n_trees = max(int(learner.params["n_estimators"]), USUAL_ROUNDS)
    return {**_unlimited(learner, SMALL_LEAF), "n_estimators": n_trees}


def _more_rounds(learner, rounds, step="learning_rate"):
    """Three times the rounds and the usual at least, with steps that are not smaller than usual."""
    params = learner.params
    n_rounds, rate = params.get(rounds), params.get(step)
    return {
        rounds: max(COARSER * int(USUAL_ROUNDS if n_rounds is None else n_rounds), USUAL_ROUNDS),
        step: USUAL_STEP if rate is None else max(float(rate), USUAL_STEP),
    }


def _at_least(value, usual):
    """None (no limit), or the larger."""
    return None if value is None else max(int(value), usual)


def hist_gradient_boosting(learner):
    """More rounds of larger trees."""
    params = learner.params
    return {
        **_more_rounds(learner, "max_iter"),
        "max_leaf_nodes": _at_least(params["max_leaf_nodes"], USUAL_LEAVES),
        "max_depth": None,
        "min_samples_leaf": min(int(params["min_samples_leaf"]), USUAL_LEAF_ROWS),
        "l2_regularization": min(float(params["l2_regularization"]), STRONGER),
    }


def gradient_boosting(learner):
    """More rounds of trees that are not smaller than usual."""
    depth = _at_least(learner.params["max_depth"], USUAL_DEPTH)
    return {**_more_rounds(learner, "n_estimators"), "max_depth": depth}


def xgboost(learner):
    """More rounds."""
    return _more_rounds(learner, "n_estimators")


def catboost(learner):
    """More rounds."""
    return _more_rounds(learner, "iterations")


def adaboost(learner):
    """Trees of the usual depth in the place of stumps."""
    return {"estimator": DecisionTreeClassifier(max_depth=USUAL_DEPTH)}


def mlp(learner):
    """Weaker decay where it rules, else wider layers."""
    params = learner.params
    if params["alpha"] > STRONGER:
        return {"alpha": USUAL_DECAY}
    layers = np.atleast_1d(params["hidden_layer_sizes"])
    wider = tuple(int(max(COARSER * width, USUAL_LAYER)) for width in layers) or (USUAL_LAYER,)
    return {"hidden_layer_sizes": wider}


def neighbours(learner):
    """Fewer neighbours: half the square root of the rows."""
    few = max(1, math.isqrt(learner.n_rows) // 2)
    return {"n_neighbors": min(int(learner.params["n_neighbors"]), few)}


#: Name of a class -> values that make it richer; None stands for more columns in front of it.
CAPACITIES = {
    "LogisticRegressionCV": more_columns,
    "RidgeClassifierCV": more_columns,
    "LogisticRegression": penalised,
    "LinearSVC": penalised,
    "SVC": svc,
    "SGDClassifier": sgd,
    "Perceptron": sgd,
    "RidgeClassifier": ridge,
    "PassiveAggressiveClassifier": more_columns,
    "LinearDiscriminantAnalysis": more_columns,
    "DecisionTreeClassifier": tree,
    "RandomForestClassifier": forest,
    "ExtraTreesClassifier": forest,
    "HistGradientBoostingClassifier": hist_gradient_boosting,
    "GradientBoostingClassifier": gradient_boosting,
    "XGBClassifier": xgboost,
    "LGBMClassifier": xgboost,
    "CatBoostClassifier": catboost,
    "AdaBoostClassifier": adaboost,
    "MLPClassifier": mlp,
    "KNeighborsClassifier": neighbours,
}
