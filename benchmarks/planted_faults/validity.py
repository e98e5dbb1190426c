"""Faults of the rows that judge: what the user sees is not what fresh rows will show."""

import numpy as np
from catalogue import MIN_RARE, Case, Catalogue, has_columns, is_binary, is_even
from faults import best_columns
from imblearn.over_sampling import SMOTE, RandomOverSampler
from models import WarpedClassifier
from scipy.special import expit
from sklearn.feature_selection import SelectKBest
from sklearn.model_selection import KFold, train_test_split
from sklearn.preprocessing import StandardScaler

catalogue = Catalogue()
fault = catalogue.add


def judged(draw, estimator, **options):
    """A case with validation rows; the twin is the same fit, judged by honest rows."""
    given = {
        "X": draw.X,
        "y": draw.y,
        "X_fresh": draw.X_fresh,
        "y_fresh": draw.y_fresh,
        "X_val": draw.X_val,
        "y_val": draw.y_val,
    } | options
    return Case(estimator, twin=estimator, **given)


def memory(draw):
    """A fit that remembers its rows without harm: no probabilities of zero, not overfitted."""
    if draw.model == "RF":
        return WarpedClassifier(draw.sensible(min_samples_leaf=1), floor=0.02)
    return draw.sensible(**MEMORIES[draw.model])


MEMORIES = {"RF": {}, "HGB": {"max_iter": 100, "max_leaf_nodes": 15}, "SVM": {"C": 10.0}}


@fault(
    "copies of training rows",
    "leaked-rows",
    doses=(0.3, 0.6),
    models=tuple(MEMORIES),
    harm="estimate",
)
def copied_rows(d, dose):
    """A share of the validation rows stand in training too."""
    n_copies = int(dose * len(d.y_val))
    copies = d.rng.choice(len(d.y), n_copies)
    at = d.rng.permutation(len(d.y_val))[:n_copies]
    X_val, y_val = d.X_val.copy(), d.y_val.copy()
    X_val[at], y_val[at] = d.X[copies], d.y[copies]
    return judged(d, memory(d), X_val=X_val, y_val=y_val)


@fault(
    "near copies of training rows",
    "leaked-rows",
    "group-overlap",
    doses=(0.3, 0.6),
    models=tuple(MEMORIES),
    harm="estimate",
)
def near_copies(d, dose):
    """A share of the validation rows are training rows with a little noise."""
    n_copies = int(dose * len(d.y_val))
    copies = d.rng.choice(len(d.y), n_copies)
    at = d.rng.permutation(len(d.y_val))[:n_copies]
    noise = 1e-3 * d.X.std(axis=0) * d.rng.normal(size=(n_copies, d.X.shape[1]))
    X_val, y_val = d.X_val.copy(), d.y_val.copy()
    X_val[at], y_val[at] = d.X[copies] + noise, d.y[copies]
    return judged(d, memory(d), X_val=X_val, y_val=y_val)


@fault(
    "oversampled before the split",
    "preprocessed-before-split",
    "leaked-rows",
    doses=("copies", "SMOTE"),
    models=tuple(MEMORIES),
    harm="estimate",
    suits=is_binary,
)
def sampled_first(d, dose):
    """The rare class is filled up, then rows are split; judged by balanced accuracy."""
    d.n = max(d.n, 700)
    d = d.of_task(d.task.rarefied(0.12, d.rng))
    if d is None:
        return None
    sampler = {"copies": RandomOverSampler, "SMOTE": SMOTE}[dose](random_state=d.seed)
    X, y = sampler.fit_resample(np.vstack([d.X, d.X_val]), np.r_[d.y, d.y_val])
    X, X_val, y, y_val = train_test_split(X, y, test_size=0.3, stratify=y, random_state=d.seed)
    estimator = memory(d)
    return judged(d, estimator, X=X, y=y, X_val=X_val, y_val=y_val, scoring="balanced_accuracy")


@fault(
    "columns chosen before the split",
    "preprocessed-before-split",
    doses=(300, 2000),
    models=("LR", "kNN", "NB", "SVM", "RF"),
    harm="estimate",
)
def selected_first(d, dose):
    """The best of many noise columns are chosen on all rows."""
    X, X_val, X_fresh = (
        np.hstack([Z[:, :2], d.rng.normal(size=(len(Z), dose))])
        for Z in (d.X[:200], d.X_val[:200], d.X_fresh[:4000])
    )
    y, y_val = d.y[:200], d.y_val[:200]
    if min(np.bincount(z, minlength=d.task.n_classes).min() for z in (y, y_val)) < MIN_RARE:
        return None
    chosen = SelectKBest(k=20).fit(np.vstack([X, X_val]), np.r_[y, y_val])
    return judged(
        d,
        d.sensible(),
        X=chosen.transform(X),
        y=y,
        X_val=chosen.transform(X_val),
        y_val=y_val,
        X_fresh=chosen.transform(X_fresh),
        y_fresh=d.y_fresh[:4000],
    )


@fault(
    "scaled before the split",
    "preprocessed-before-split",
    models=("LR", "kNN", "MLP"),
    harm="estimate",
)
def scaled_first(d, dose):
    """A scaler that saw all rows: nearly always harmless."""
    scaler = StandardScaler().fit(np.vstack([d.X, d.X_val]))
    X, X_val, X_fresh = (scaler.transform(Z) for Z in (d.X, d.X_val, d.X_fresh))
    return judged(d, d.sensible(), X=X, X_val=X_val, X_fresh=X_fresh)


def entities(rng, n_groups, rows_each, spread, n_columns=8):
    """Rows around one centre per entity, one class per entity, weak signal in the centres."""
    centres = rng.normal(size=(n_groups, n_columns))
    y = (rng.random(n_groups) < expit(1.2 * centres[:, 0])).astype(int)
    of_row = np.repeat(np.arange(n_groups), rows_each)
    X = centres[of_row] + spread * rng.normal(size=(len(of_row), n_columns))
    return X, y[of_row], of_row


@fault(
    "entities on both sides",
    "group-overlap",
    "leaked-rows",
    doses=(0.3, 0.1, 0.03),
    models=tuple(MEMORIES),
    harm="estimate",
)
def entities_on_both_sides(d, dose):
    """Several rows of each entity, split at random; fresh rows are of new entities."""
    X, y, _ = entities(d.rng, 250, 5, dose)
    X_fresh, y_fresh, _ = entities(d.rng, 4000, 1, dose)
    X, X_val, y, y_val = train_test_split(X, y, test_size=0.3, random_state=d.seed)
    return Case(
        memory(d),
        X,
        y,
        X_fresh,
        y_fresh,
        X_val=X_val,
        y_val=y_val,
        source="entities",
    )


@fault(
    "groups in ungrouped folds",
    "group-overlap",
    "leaked-rows",
    doses=(0.3, 0.1),
    models=tuple(MEMORIES),
    harm="estimate",
)
def groups_in_folds(d, dose):
    """Groups are given, and folds that do not heed them."""
    X, y, groups = entities(d.rng, 180, 5, dose)
    X_fresh, y_fresh, _ = entities(d.rng, 4000, 1, dose)
    cv = KFold(5, shuffle=True, random_state=0)
    return Case(
        memory(d),
        X,
        y,
        X_fresh,
        y_fresh,
        groups=groups,
        cv=cv,
        source="entities",
    )


@fault(
    "drift in time",
    "train-test-drift",
    "time-overlap",
    doses=(0.5, 1.0),
    models=("LR", "kNN", "RF", "HGB", "MLP", "SVM"),
    suits=has_columns,
)
def drift(d, dose):
    """Columns wander; training rows are early, validation and fresh rows late."""
    wander = dose * d.X.std(axis=0) * (d.rng.random(d.X.shape[1]) < 0.5)
    twin_X = d.X + wander
    early = d.X + wander * np.linspace(-1, 0, len(d.y))[:, None]
    return judged(
        d, d.sensible(), X=early, X_val=d.X_val + wander, X_fresh=d.X_fresh + wander, twin_X=twin_X
    )


@fault(
    "shifted validation rows",
    "train-test-drift",
    doses=(0.5, 1.5),
    models=("LR", "kNN", "RF", "HGB", "MLP", "SVM"),
    harm="estimate",
    suits=has_columns,
)
def shifted_validation(d, dose):
    """The better half of the columns have an offset in the validation rows alone."""
    shift = np.zeros(d.X.shape[1])
    best = best_columns(d.X, d.y)[: len(shift) // 2]
    shift[best] = dose * d.X.std(axis=0)[best]
    return judged(d, d.sensible(), X_val=d.X_val + shift)


@fault(
    "other class shares in validation",
    "unstratified-split",
    "train-test-drift",
    doses=(1.5, 4.0),
    models=("LR", "kNN", "RF", "HGB", "MLP", "NB"),
    harm="estimate",
    suits=is_binary,
)
def other_shares(d, dose):
    """Rows of class 0 are left out of validation."""
    is_rare = d.y_val == 1
    keep = is_rare | (d.rng.random(len(is_rare)) < 1 / dose)
    return judged(d, d.sensible(), X_val=d.X_val[keep], y_val=d.y_val[keep])


@fault(
    "sorted rows in plain folds",
    "unstratified-split",
    models=("LR", "kNN", "RF", "HGB", "NB"),
    harm="estimate",
    suits=is_even,
)
def sorted_folds(d, dose):
    """Rows sorted by class, folds in the order of the rows."""
    order = np.argsort(d.y, kind="stable")
    return Case(d.sensible(), d.X[order], d.y[order], d.X_fresh, d.y_fresh, cv=KFold(5))


@fault(
    "tiny validation",
    "validation-too-small",
    doses=(50, 20),
    models=("LR", "kNN", "RF", "HGB", "tree"),
    harm="vague",
    suits=is_even,
)
def tiny_validation(d, dose):
    """Too few rows to tell."""
    X_val, _, y_val, _ = train_test_split(
        d.X_val, d.y_val, train_size=dose, stratify=d.y_val, random_state=d.seed
    )
    return judged(d, d.sensible(), X_val=X_val, y_val=y_val)
