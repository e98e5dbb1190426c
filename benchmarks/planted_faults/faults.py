"""Faults of data and of fitting that cost loss or metric on fresh rows, each with a dose."""

import numpy as np
from catalogue import (
    Case,
    Catalogue,
    has_columns,
    is_binary,
    is_even,
    is_multiclass,
)
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from models import (
    PROBABILISTIC,
    SCALED,
    ClipTo,
    DeadStartMLP,
    WarpedClassifier,
    learner,
    sensible,
    with_learner,
)
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.feature_selection import f_classif
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

catalogue = Catalogue()
fault = catalogue.add


def case_of(draw, estimator, twin, **options):
    """The same rows for the faulty fit and its twin."""
    options = {"X": draw.X, "y": draw.y, "X_fresh": draw.X_fresh, "y_fresh": draw.y_fresh} | options
    return Case(estimator, twin=twin, **options)


def best_columns(X, y):
    """Columns by how well one alone tells the classes, the best first."""
    return np.argsort(-np.nan_to_num(f_classif(X, y)[0]))


# --- labels ---------------------------------------------------------------------------------------


def flipped(y, share, n_classes, rng, only=None):
    """Labels of a share of the rows (of class `only`) replaced by those of another class."""
    hit = rng.random(len(y)) < share
    if only is not None:
        hit &= y == only
    return np.where(hit, (y + rng.integers(1, n_classes, len(y))) % n_classes, y)


@fault(
    "label flips",
    "label-noise",
    doses=(0.1, 0.2, 0.3),
    models=("LR", "kNN", "tree", "RF", "HGB", "MLP", "SVM", "NB"),
)
def label_flips(d, dose):
    """Labels of all classes flip alike."""
    y = flipped(d.y, dose, d.task.n_classes, d.rng)
    return case_of(d, d.sensible(), d.sensible(), y=y, twin_y=d.y)


@fault(
    "one-sided label flips",
    "label-noise",
    doses=(0.2, 0.35),
    suits=is_binary,
    models=("LR", "kNN", "tree", "RF", "HGB", "MLP", "SVM"),
)
def one_sided_flips(d, dose):
    """Only labels of class 1 flip."""
    y = flipped(d.y, dose, 2, d.rng, only=1)
    return case_of(d, d.sensible(), d.sensible(), y=y, twin_y=d.y)


@fault(
    "no signal", "no-signal", harm="always", models=("LR", "kNN", "tree", "RF", "HGB", "MLP", "SVM")
)
def no_signal(d, dose):
    """Labels that the columns know nothing of."""
    y, y_fresh = d.rng.permutation(d.y), d.rng.permutation(d.y_fresh)
    twin = DummyClassifier(strategy="prior")
    return case_of(d, d.sensible(), twin, y=y, y_fresh=y_fresh)


# --- decision and probabilities -------------------------------------------------------------------


@fault(
    "rare class never answered",
    "misaligned-decision-rule",
    "majority-collapse",
    doses=(0.1, 0.05),
    models=("LR", "SGD", "kNN", "tree", "RF", "HGB", "MLP"),
    suits=is_binary,
)
def collapse(d, dose):
    """A rare class and the cut at one half, judged by balanced accuracy."""
    task = d.task.rarefied(dose, d.rng)
    d.n = max(d.n, 800)
    d = d.of_task(task)
    if d is None:
        return None
    twin = TunedThresholdClassifierCV(d.sensible(), scoring="balanced_accuracy", random_state=0)
    return case_of(d, d.sensible(), twin, scoring="balanced_accuracy")


@fault(
    "wrong cut", "misaligned-decision-rule", doses=(0.7, 0.9), models=PROBABILISTIC, suits=is_even
)
def wrong_cut(d, dose):
    """A cut far from one half, judged by accuracy."""
    return case_of(d, FixedThresholdClassifier(d.sensible(), threshold=dose), d.sensible())


@fault(
    "balanced class weights",
    "shifted-prior",
    doses=(0.25, 0.1),
    models=("LR", "SGD", "tree", "RF", "HGB"),
    suits=is_binary,
)
def class_weights(d, dose):
    """Weights that make rare classes look frequent, judged by accuracy."""
    d = d.of_task(d.task.rarefied(dose, d.rng))
    return d and case_of(d, with_learner(d.sensible(), class_weight="balanced"), d.sensible())


@fault(
    "oversampling in the pipeline",
    "shifted-prior",
    doses=(0.25, 0.1),
    models=("LR", "SGD", "kNN", "tree", "HGB", "MLP", "NB"),
    suits=is_binary,
)
def oversampling(d, dose):
    """Rows of the rare class drawn again, judged by accuracy."""
    d = d.of_task(d.task.rarefied(dose, d.rng))
    if d is None:
        return None
    sampled = make_sampling_pipeline(RandomOverSampler(random_state=0), d.sensible())
    return case_of(d, sampled, d.sensible())


@fault("too sure", "overconfident", doses=(1.7, 3.0), models=PROBABILISTIC)
def too_sure(d, dose):
    """Log-probabilities times a factor."""
    return case_of(d, WarpedClassifier(d.sensible(), power=dose), d.sensible())


@fault("too timid", "underconfident", doses=(0.6, 0.3), models=PROBABILISTIC)
def too_timid(d, dose):
    """Log-probabilities times a small factor."""
    return case_of(d, WarpedClassifier(d.sensible(), power=dose), d.sensible())


@fault(
    "bent probabilities",
    "misshapen-probabilities",
    "overconfident",
    doses=(3.0, 6.0),
    models=PROBABILISTIC,
    suits=is_even,
)
def bent(d, dose):
    """Log-odds above zero times a factor, those below as they are."""
    warped = WarpedClassifier(d.sensible(), power=dose, kind="one-sided")
    return case_of(d, warped, d.sensible())


@fault("boosted too long", "overfitting", "overconfident", doses=(150, 400), models=("HGB",))
def boosted_too_long(d, dose):
    """Many large steps of boosting."""
    params = {"max_iter": dose, "learning_rate": 0.2, "l2_regularization": 0.0}
    return case_of(d, d.sensible(**params), d.sensible())


@fault("network without decay", "overfitting", "overconfident", doses=(50, 100), models=("MLP",))
def no_decay(d, dose):
    """A wide network, no weight decay, many epochs."""
    params = {"hidden_layer_sizes": (dose,), "alpha": 0.0, "max_iter": 300, "tol": 0.0}
    return case_of(d, d.sensible(**params), d.sensible())


# --- columns --------------------------------------------------------------------------------------


def with_copies(X, columns, times, sd, rng):
    """Columns repeated with a little noise."""
    copies = np.repeat(X[:, columns], times, axis=1)
    return np.hstack([X, copies + sd * copies.std(axis=0) * rng.normal(size=copies.shape)])


@fault(
    "copies of columns",
    "redundant-features",
    "overconfident",
    doses=(5, 15),
    models=("NB", "kNN", "RF"),
    suits=has_columns,
)
def copies(d, dose):
    """Two middling columns many times over."""
    middle = best_columns(d.X, d.y)[d.X.shape[1] // 2 :][:2]
    X, X_fresh = (with_copies(Z, middle, dose, 0.05, d.rng) for Z in (d.X, d.X_fresh))
    return case_of(
        d, d.sensible(), d.sensible(), X=X, X_fresh=X_fresh, twin_X=d.X, twin_X_fresh=d.X_fresh
    )


@fault(
    "noise columns",
    "useless-features",
    doses=(2, 5),
    models=("LR", "SVM", "kNN", "NB", "MLP", "SGD"),
)
def noise_columns(d, dose):
    """Normal columns that know nothing, some for each that knows something."""
    n_more = int(dose * max(d.X.shape[1], 8))
    X, X_fresh = (np.hstack([Z, d.rng.normal(size=(len(Z), n_more))]) for Z in (d.X, d.X_fresh))
    return case_of(
        d, d.sensible(), d.sensible(), X=X, X_fresh=X_fresh, twin_X=d.X, twin_X_fresh=d.X_fresh
    )


@fault(
    "unscaled columns",
    "unscaled-features",
    doses=(1e2, 1e4, 1e6),
    models=("SGD", "SVM", "kNN", "MLP"),
    suits=has_columns,
)
def unscaled(d, dose):
    """The worst column in small units, and no scaler."""
    scaler = StandardScaler().fit(d.X)
    X, X_fresh = scaler.transform(d.X), scaler.transform(d.X_fresh)
    worst = best_columns(d.X, d.y)[-1]
    X[:, worst] *= dose
    X_fresh[:, worst] *= dose
    bare = learner(d.model, d.n, d.seed)
    return case_of(d, bare, d.sensible(), X=X, X_fresh=X_fresh)


@fault(
    "wild values",
    "outlier-features",
    doses=((0.01, 30), (0.03, 30), (0.01, 300)),
    models=(*SCALED, "NB"),
    suits=has_columns,
)
def wild_values(d, dose):
    """Gross errors in a share of the cells of half of the columns."""
    share, size = dose
    spoilt = d.rng.permutation(d.X.shape[1])[: (d.X.shape[1] + 1) // 2]
    low, high = d.X.min(axis=0), d.X.max(axis=0)
    out = []
    for Z in (d.X, d.X_fresh):
        hit = np.zeros(Z.shape, dtype=bool)
        hit[:, spoilt] = d.rng.random((len(Z), len(spoilt))) < share
        out.append(np.where(hit, Z + size * d.X.std(axis=0) * d.rng.standard_t(3, Z.shape), Z))
    twin = make_pipeline(ClipTo(low, high), d.sensible())
    return case_of(d, d.sensible(), twin, X=out[0], X_fresh=out[1])


@fault(
    "gaps that tell",
    "informative-missingness",
    doses=(0.5, 0.9),
    models=("LR", "SVM", "kNN", "MLP", "NB", "RF", "HGB"),
    suits=has_columns,
)
def gaps(d, dose):
    """Large values of the best columns missing, filled by the mean."""
    best = best_columns(d.X, d.y)[: max(1, d.X.shape[1] // 4)]
    cut = np.quantile(d.X[:, best], 0.65, axis=0)
    out = []
    for Z in (d.X, d.X_fresh):
        Z = Z.copy()
        hit = (Z[:, best] > cut) & (d.rng.random((len(Z), len(best))) < dose)
        Z[:, best] = np.where(hit, np.nan, Z[:, best])
        out.append(Z)
    filled = make_pipeline(SimpleImputer(), d.sensible())
    twin = make_pipeline(SimpleImputer(add_indicator=True), d.sensible())
    return case_of(d, filled, twin, X=out[0], X_fresh=out[1])


@fault(
    "column made from the target",
    "leaky-feature",
    doses=(0.5, 0.1),
    models=("LR", "kNN", "tree", "RF", "HGB", "MLP"),
)
def target_copy(d, dose):
    """The class and noise as a column; of fresh rows it is not known yet, so it tells nothing."""

    def copy(y):
        return (y + dose * d.rng.normal(size=len(y)))[:, None]

    later = d.rng.permutation(d.y_fresh)
    X, X_fresh = np.hstack([d.X, copy(d.y)]), np.hstack([d.X_fresh, copy(later)])
    return case_of(
        d, d.sensible(), d.sensible(), X=X, X_fresh=X_fresh, twin_X=d.X, twin_X_fresh=d.X_fresh
    )


# --- capacity -------------------------------------------------------------------------------------

OVERFIT = {
    "LR": {"C": 1e5, "max_iter": 5000},
    "SVM": {"C": 1e3, "gamma": 0.5},
    "kNN": {"n_neighbors": 1},
    "tree": {"min_samples_leaf": 1},
    "HGB": {"max_iter": 200, "learning_rate": 0.3, "max_leaf_nodes": 31, "l2_regularization": 0.0},
    "MLP": {"hidden_layer_sizes": (100,), "alpha": 0.0, "max_iter": 300, "tol": 0.0},
}
OVERFIT_LESS = {
    "LR": {"C": 1e2, "max_iter": 5000},
    "SVM": {"C": 30.0},
    "kNN": {"n_neighbors": 3},
    "tree": {"min_samples_leaf": 2},
    "HGB": {"max_iter": 150, "max_leaf_nodes": 31, "l2_regularization": 0.0},
    "MLP": {"hidden_layer_sizes": (40,), "alpha": 0.0, "max_iter": 200},
}
UNDERFIT = {
    "LR": {"C": 1e-4},
    "SVM": {"C": 1e-3},
    "kNN": {"n_neighbors": 0.5},
    "tree": {"max_depth": 1},
    "RF": {"max_depth": 1},
    "HGB": {"max_iter": 5},
    "MLP": {"alpha": 300.0},
}
UNDERFIT_LESS = {
    "LR": {"C": 1e-3},
    "SVM": {"C": 1e-2},
    "kNN": {"n_neighbors": 0.25},
    "tree": {"max_depth": 2},
    "RF": {"max_depth": 2},
    "HGB": {"max_iter": 15},
    "MLP": {"alpha": 100.0},
}


@fault(
    "too flexible", "overfitting", "overconfident", doses=("less", "more"), models=tuple(OVERFIT)
)
def too_flexible(d, dose):
    """Next to no regularisation."""
    params = (OVERFIT if dose == "more" else OVERFIT_LESS)[d.model]
    return case_of(d, d.sensible(**params), d.sensible())


@fault(
    "too stiff", "underfitting", "underconfident", doses=("less", "more"), models=tuple(UNDERFIT)
)
def too_stiff(d, dose):
    """Far too much regularisation."""
    params = dict((UNDERFIT if dose == "more" else UNDERFIT_LESS)[d.model])
    if "n_neighbors" in params:
        params["n_neighbors"] = int(params["n_neighbors"] * d.n * 0.8)
    return case_of(d, d.sensible(**params), d.sensible())


@fault("lines for curves", "underfitting", models=("LR", "SGD", "NB"))
def lines_for_curves(d, dose):
    """A model that cannot bend."""
    return case_of(d, d.sensible(), sensible("HGB", d.n, d.seed))


@fault(
    "few rows",
    "more-data-helps",
    "overfitting",
    doses=(60, 120),
    models=("LR", "RF", "HGB", "MLP", "kNN"),
    effort="thorough",
)
def few_rows(d, dose):
    """A twentieth of the rows that there could be."""
    keep = d.rng.choice(len(d.y), dose, replace=False)
    if np.bincount(d.y[keep], minlength=d.task.n_classes).min() < 8:
        return None
    return case_of(d, d.sensible(), d.sensible(), X=d.X[keep], y=d.y[keep], twin_X=d.X, twin_y=d.y)


# --- optimisation ---------------------------------------------------------------------------------

TOO_FEW = {
    "LR": (
        {"solver": "saga", "max_iter": 3, "C": 10.0},
        {"solver": "saga", "max_iter": 1, "C": 10.0},
    ),
    "SGD": ({"max_iter": 1, "tol": None, "eta0": 1e-3, "learning_rate": "constant"},) * 2,
    "MLP": (
        {"max_iter": 5, "learning_rate_init": 0.003},
        {"max_iter": 2, "learning_rate_init": 0.003},
    ),
    "HGB": ({"max_iter": 8}, {"max_iter": 3}),
}
TOO_HIGH = {
    "SGD": (
        {"learning_rate": "constant", "eta0": 3.0},
        {"learning_rate": "constant", "eta0": 100.0},
    ),
    "MLP": ({"learning_rate_init": 0.3}, {"learning_rate_init": 2.0}),
    "HGB": ({"learning_rate": 1.0}, {"learning_rate": 3.0}),
}
TOO_LOW = {
    "SGD": ({"learning_rate": "constant", "eta0": 1e-5, "max_iter": 50, "tol": None},) * 2,
    "MLP": ({"learning_rate_init": 1e-4}, {"learning_rate_init": 1e-5}),
    "HGB": ({"learning_rate": 5e-3}, {"learning_rate": 1e-3}),
}


@fault(
    "too few iterations",
    "not-converged",
    "learning-rate-too-low",
    "underfitting",
    doses=(0, 1),
    models=tuple(TOO_FEW),
)
def too_few_iterations(d, dose):
    """The optimiser is stopped long before the end."""
    return case_of(d, d.sensible(**TOO_FEW[d.model][dose]), d.sensible())


@fault("steps too large", "learning-rate-too-high", doses=(0, 1), models=tuple(TOO_HIGH))
def steps_too_large(d, dose):
    """A learning rate far too high."""
    return case_of(d, d.sensible(**TOO_HIGH[d.model][dose]), d.sensible())


@fault(
    "steps too small", "learning-rate-too-low", "not-converged", doses=(0, 1), models=tuple(TOO_LOW)
)
def steps_too_small(d, dose):
    """A learning rate far too low."""
    return case_of(d, d.sensible(**TOO_LOW[d.model][dose]), d.sensible())


@fault("dead units", "dead-units", doses=(-4.0, -12.0), models=("MLP",))
def dead_units(d, dose):
    """Hidden units that give zero from the first epoch on."""
    network = DeadStartMLP(random_state=d.seed, first_bias=dose)
    return case_of(d, make_pipeline(StandardScaler(), network), d.sensible())


# --- task and search ------------------------------------------------------------------------------

REGRESSORS = {
    "LR": lambda: make_pipeline(StandardScaler(), Ridge()),
    "kNN": lambda: make_pipeline(StandardScaler(), KNeighborsRegressor(25)),
    "RF": lambda: RandomForestRegressor(60, min_samples_leaf=3, random_state=0),
    "HGB": lambda: HistGradientBoostingRegressor(max_iter=60, max_leaf_nodes=8, random_state=0),
}


@fault(
    "squared error for classes",
    "loss-unsuited-to-task",
    models=tuple(REGRESSORS),
    suits=is_multiclass,
)
def squared_error(d, dose):
    """A regressor on the codes of classes that have no order."""
    order = d.rng.permutation(d.task.n_classes)
    y, y_fresh = order[d.y], order[d.y_fresh]
    return case_of(d, REGRESSORS[d.model](), d.sensible(), y=y, y_fresh=y_fresh)


NARROW = {
    "LR": ("C", ([1e-5, 1e-4, 1e-3], [1e-6, 1e-5, 1e-4])),
    "SVM": ("C", ([1e-3, 3e-3, 1e-2], [1e-4, 3e-4, 1e-3])),
    "kNN": ("n_neighbors", ([100, 150, 200], [150, 200, 250])),
    "tree": ("min_samples_leaf", ([80, 110, 140], [110, 150, 200])),
    "HGB": ("max_iter", ([3, 6, 12], [1, 2, 4])),
}


@fault("search at the edge", "search-at-edge", "underfitting", doses=(0, 1), models=tuple(NARROW))
def narrow_search(d, dose):
    """A grid that ends before the best value."""
    name, grids = NARROW[d.model]
    base = d.sensible()
    prefix = f"{base.steps[-1][0]}__" if hasattr(base, "steps") else ""
    search = GridSearchCV(base, {prefix + name: grids[dose]}, cv=5)
    return case_of(d, search.fit(d.X, d.y), d.sensible())
