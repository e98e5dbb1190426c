"""How each family of learners is regularised more: one dose, from its own parameters."""

import math

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix.exceptions import CheckNotApplicable

# A step of ten, that of the usual grids over a penalty (`LogisticRegressionCV` steps by about 8).
STRONGER = 10.0

# Variance of the log-odds that a penalty takes for granted: two standard deviations are log-odds of
# four, a probability of 0.98. Gelman et al. (2008, Annals of Applied Statistics 2) call a change of
# five on that scale the largest that one column is to be expected to make.
LOG_ODDS_VARIANCE = 4.0

# Rows of a leaf in a forest that gives probabilities: nodes of ten are not split any more (Malley
# et al. 2012, Methods of Information in Medicine 51), so that its leaves hold about five.
FOREST_LEAF = 5

# Leaves, neighbours and rounds that are fewer or more by this much are another model.
COARSER = 3

# Boosting: half the usual step of 0.1, no more than the usual 100 rounds, and leaves shrunken as if
# ten units of curvature (about forty rows of even odds) spoke against them.
USUAL_STEP = 0.1
USUAL_ROUNDS = 100
LEAF_PENALTY = 10.0

# Weight decay of a network, per row as scikit-learn counts it: with this, a weight has the prior
# variance one.
WEIGHT_DECAY = 1.0

# Rounds of AdaBoost that are kept at least.
LEAST_ROUNDS = 10

# Share of the pooled covariance in that of a class (Friedman 1989, regularised discriminant
# analysis).
POOLED_SHARE = 0.1


def prior_variance(learner):
    """Prior variance of a coefficient: the log-odds' variance spread over the columns' own."""
    total = learner.total_variance
    return LOG_ODDS_VARIANCE / total if total else np.inf


def _default(learner, name):
    """What the learner's class has where nothing is said."""
    return type(learner.estimator)().get_params()[name]


def logistic_regression(learner):
    """A stronger penalty; C is the prior variance of a coefficient."""
    params = learner.params
    switched_off = params.get("penalty", "") is None
    own = np.inf if switched_off else params["C"]
    C = float(min(own / STRONGER, prior_variance(learner)))
    values = {"C": _default(learner, "C") if C == np.inf else C}
    return {**values, "penalty": _default(learner, "penalty")} if switched_off else values


def linear_svc(learner):
    """A stronger penalty; the hinge is about as steep as the logistic loss."""
    return {"C": float(min(learner.params["C"] / STRONGER, prior_variance(learner)))}


def svc(learner):
    """A wider kernel where it is narrower than the data, else a stronger penalty."""
    params = learner.params
    gamma, total = params["gamma"], learner.total_variance
    if isinstance(gamma, int | float) and params["kernel"] == "rbf" and total:
        # gamma='scale' is one over the sum of variances, as if all columns had the mean one.
        if gamma > STRONGER / total:
            return {"gamma": "scale"}
    return {"C": float(params["C"] / STRONGER)}


def sgd(learner):
    """A stronger penalty: alpha is one over rows times prior variance."""
    params = learner.params
    prior = 1.0 / (learner.n_rows * prior_variance(learner))
    values = {"alpha": float(max(STRONGER * params["alpha"], prior))}
    if params.get("penalty", "l2") is None:
        values["penalty"] = "l2"
    return values


def ridge(learner):
    """A stronger penalty: alpha is noise over prior variance, both in units of the codes."""
    total = learner.total_variance or 0.0
    return {"alpha": float(max(STRONGER * np.max(learner.params["alpha"]), total))}


def _leaf(learner):
    """Least rows of a leaf as a number of rows."""
    leaf = learner.params["min_samples_leaf"]
    return math.ceil(leaf * learner.n_rows) if isinstance(leaf, float) else int(leaf)


def tree(learner):
    """Leaves of at least the square root of the rows: variance and bias of a share both vanish."""
    return {"min_samples_leaf": max(math.ceil(np.sqrt(learner.n_rows)), COARSER * _leaf(learner))}


def forest(learner):
    """Larger leaves."""
    return {"min_samples_leaf": max(FOREST_LEAF, COARSER * _leaf(learner))}


def _boosting(learner, rounds, step="learning_rate", penalty=None):
    """Fewer rounds of smaller steps."""
    params = learner.params
    n_rounds, rate = params.get(rounds), params.get(step)
    values = {
        rounds: USUAL_ROUNDS if n_rounds is None else min(int(n_rounds), USUAL_ROUNDS),
        step: (USUAL_STEP if rate is None else min(float(rate), USUAL_STEP)) / 2,
    }
    if penalty is not None:
        values[penalty] = float(max(STRONGER * (params.get(penalty) or 0.0), LEAF_PENALTY))
    return values


def hist_gradient_boosting(learner):
    """Fewer rounds of smaller steps, and shrunken leaves."""
    return _boosting(learner, "max_iter", penalty="l2_regularization")


def gradient_boosting(learner):
    """Fewer rounds of smaller steps, and trees as small as usual."""
    values = _boosting(learner, "n_estimators")
    depth, usual = learner.params["max_depth"], _default(learner, "max_depth")
    return {**values, "max_depth": usual if depth is None else min(int(depth), usual)}


def xgboost(learner):
    """As for gradient boosting, under the names of XGBoost and LightGBM."""
    return _boosting(learner, "n_estimators", penalty="reg_lambda")


def catboost(learner):
    """As for gradient boosting, under the names of CatBoost."""
    return _boosting(learner, "iterations", penalty="l2_leaf_reg")


def adaboost(learner):
    """Fewer rounds."""
    return {"n_estimators": max(LEAST_ROUNDS, int(learner.params["n_estimators"]) // COARSER)}


def bagging(learner):
    """The trees that are bagged by default, with larger leaves."""
    if learner.params.get("estimator") is not None:
        raise CheckNotApplicable(f"No regulariser inside {learner.name} is known.")
    return {"estimator": DecisionTreeClassifier(min_samples_leaf=FOREST_LEAF)}


def mlp(learner):
    """Stronger weight decay."""
    return {"alpha": float(max(STRONGER * learner.params["alpha"], WEIGHT_DECAY))}


def neighbours(learner):
    """More neighbours: three times, and at least the square root of the rows."""
    n_rows = learner.n_rows
    wanted = max(COARSER * int(learner.params["n_neighbors"]), math.ceil(np.sqrt(n_rows)))
    return {"n_neighbors": max(1, min(wanted, n_rows // 2))}


def counts(learner):
    """Stronger smoothing; Laplace's one at least."""
    return {"alpha": float(max(STRONGER * np.max(learner.params["alpha"]), 1.0))}


def lda(learner):
    """Shrunken covariances (Ledoit & Wolf 2004)."""
    if learner.params["shrinkage"] is not None:
        raise CheckNotApplicable("The covariances are shrunken already.")
    return {"solver": "lsqr", "shrinkage": "auto"}


def qda(learner):
    """Covariances shrunken towards a round one."""
    return {"reg_param": float(min(1.0, max(STRONGER * learner.params["reg_param"], POOLED_SHARE)))}


def tunes_itself(learner):
    """Nothing: it searches its own penalty."""
    raise CheckNotApplicable(f"{learner.name} tunes its own penalty.")


#: Name of a class -> how it is regularised more. Subclasses are found by their ancestors.
REGULARISERS = {
    "LogisticRegressionCV": tunes_itself,
    "RidgeClassifierCV": tunes_itself,
    "LogisticRegression": logistic_regression,
    "LinearSVC": linear_svc,
    "SVC": svc,
    "SGDClassifier": sgd,
    "Perceptron": sgd,
    "RidgeClassifier": ridge,
    "DecisionTreeClassifier": tree,
    "RandomForestClassifier": forest,
    "ExtraTreesClassifier": forest,
    "HistGradientBoostingClassifier": hist_gradient_boosting,
    "GradientBoostingClassifier": gradient_boosting,
    "XGBClassifier": xgboost,
    "LGBMClassifier": xgboost,
    "CatBoostClassifier": catboost,
    "AdaBoostClassifier": adaboost,
    "BaggingClassifier": bagging,
    "MLPClassifier": mlp,
    "KNeighborsClassifier": neighbours,
    "MultinomialNB": counts,
    "BernoulliNB": counts,
    "ComplementNB": counts,
    "CategoricalNB": counts,
    "LinearDiscriminantAnalysis": lda,
    "QuadraticDiscriminantAnalysis": qda,
}

#: Linear families: their optimism has a known size.
LINEAR = (
    "LogisticRegression",
    "LinearSVC",
    "SGDClassifier",
    "Perceptron",
    "RidgeClassifier",
    "LinearDiscriminantAnalysis",
)
