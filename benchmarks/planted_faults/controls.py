"""Clean fits, among them those that look bad and are fine."""

import numpy as np
from catalogue import Case, Catalogue, has_columns, is_binary
from faults import best_columns, with_copies
from models import MODELS, with_learner
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

catalogue = Catalogue()
control = catalogue.add

# Naive Bayes is misfit on most sets: it is planted into, and no control.
SOUND = tuple(name for name in MODELS if name != "NB")


def clean(draw, estimator, **options):
    """A case that is its own twin."""
    options = {"X": draw.X, "y": draw.y, "X_fresh": draw.X_fresh, "y_fresh": draw.y_fresh} | options
    return Case(estimator, twin=estimator, **options)


@control("clean", models=SOUND)
def plain(d, dose):
    """A sensible fit."""
    return clean(d, d.sensible())


@control("clean, with validation rows", models=SOUND)
def validated(d, dose):
    """A sensible fit with rows held out at random."""
    return clean(d, d.sensible(), X_val=d.X_val, y_val=d.y_val)


@control("clean, training score of 1", models=("RF",))
def memory(d, dose):
    """A forest of full trees: right on every row it learnt from."""
    return clean(d, d.sensible(min_samples_leaf=1, n_estimators=100))


@control("clean, 90:10", models=("LR", "RF", "HGB", "SVM"), suits=is_binary)
def uneven(d, dose):
    """A rare class, judged by accuracy."""
    d.n = max(d.n, 800)
    d = d.of_task(d.task.rarefied(0.1, d.rng))
    return d and clean(d, d.sensible())


@control("clean, stopped with a warning", models=("LR", "MLP"))
def stopped(d, dose):
    """The optimiser warns, and what it would still change is nothing."""
    return clean(d, d.sensible(max_iter=12 if d.model == "LR" else 40))


@control(
    "clean, classes that overlap", models=("LR", "RF", "HGB", "MLP", "SVM", "kNN"), suits=is_binary
)
def overlap(d, dose):
    """Labels drawn again in 45 % of the rows, training and fresh: nobody can be right there."""
    ys = []
    for y in (d.y, d.y_fresh):
        redrawn = d.rng.random(len(y)) < 0.45
        ys.append(np.where(redrawn, d.rng.permutation(y), y))
    return clean(d, d.sensible(), y=ys[0], y_fresh=ys[1])


@control("clean, copies of columns", models=("LR", "RF", "HGB", "tree"), suits=has_columns)
def copied_columns(d, dose):
    """Two columns three times over, where they do no harm."""
    best = best_columns(d.X, d.y)[:2]
    X, X_fresh = (with_copies(Z, best, 2, 0.02, d.rng) for Z in (d.X, d.X_fresh))
    return clean(d, d.sensible(), X=X, X_fresh=X_fresh)


@control("clean, units that differ", models=("tree", "RF", "HGB"))
def units(d, dose):
    """Columns in units a million apart, for models of splits."""
    factors = np.logspace(-3, 3, d.X.shape[1])
    return clean(d, d.sensible(), X=d.X * factors, X_fresh=d.X_fresh * factors)


@control("clean, wild values", models=("tree", "RF", "HGB"), suits=has_columns)
def harmless_outliers(d, dose):
    """Gross errors in few cells, for models of splits."""
    out = []
    for Z in (d.X, d.X_fresh):
        hit = d.rng.random(Z.shape) < 0.003
        out.append(np.where(hit, Z + 30 * d.X.std(axis=0) * d.rng.standard_t(3, Z.shape), Z))
    return clean(d, d.sensible(), X=out[0], X_fresh=out[1])


@control("clean, gaps at random", models=("LR", "RF", "HGB", "SVM"))
def random_gaps(d, dose):
    """One cell in twenty missing completely at random, filled by the mean."""
    X, X_fresh = (np.where(d.rng.random(Z.shape) < 0.05, np.nan, Z) for Z in (d.X, d.X_fresh))
    return clean(d, make_pipeline(SimpleImputer(), d.sensible()), X=X, X_fresh=X_fresh)


@control("clean, few noise columns", models=("RF", "HGB", "LR", "tree"))
def few_noise_columns(d, dose):
    """Three columns that know nothing."""
    X, X_fresh = (np.hstack([Z, d.rng.normal(size=(len(Z), 3))]) for Z in (d.X, d.X_fresh))
    return clean(d, d.sensible(), X=X, X_fresh=X_fresh)


@control("clean, few rows", models=("LR", "RF", "SVM", "kNN"))
def few(d, dose):
    """A gap between training and fresh rows that no setting closes."""
    keep = d.rng.choice(len(d.y), 130, replace=False)
    if np.bincount(d.y[keep], minlength=d.task.n_classes).min() < 10:
        return None
    return clean(d, d.sensible(), X=d.X[keep], y=d.y[keep])


@control(
    "clean, class weights of even classes",
    models=("LR", "RF", "HGB", "SGD", "tree"),
    suits=is_binary,
)
def even_weights(d, dose):
    """Balanced weights where classes are balanced."""
    d = d.of_task(d.task.rarefied(0.5, d.rng)) if d.task.y.mean() > 0.5 else d
    if d is None or not 0.45 <= d.y.mean() <= 0.55:
        return None
    return clean(d, with_learner(d.sensible(), class_weight="balanced"))


@control("clean, search", models=("LR", "kNN", "tree"))
def search(d, dose):
    """A grid that holds the best value."""
    name, values = {
        "LR": ("C", [0.003, 0.03, 0.3, 3.0, 30.0]),
        "kNN": ("n_neighbors", [5, 11, 25, 51, 101]),
        "tree": ("min_samples_leaf", [3, 8, 20, 50, 120]),
    }[d.model]
    base = d.sensible()
    prefix = f"{base.steps[-1][0]}__" if hasattr(base, "steps") else ""
    found = GridSearchCV(base, {prefix + name: values}, cv=5, scoring="neg_log_loss")
    return clean(d, found.fit(d.X, d.y))
