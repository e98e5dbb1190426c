"""Leaks planted into tables, and doses of them that nobody could tell.

A plant is a function of a table, its labels and a random generator, and gives a `Case`. Which
plants a method must name was declared before any was measured, from the power of its null model:
at least .99 at that dose. What has less power stands in `DOSES`, and must end in "could not tell".
"""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from imblearn.over_sampling import ADASYN, SMOTE, BorderlineSMOTE, RandomOverSampler
from scipy.special import expit
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold, StratifiedKFold, TimeSeriesSplit
from sklearn.preprocessing import MinMaxScaler, QuantileTransformer, RobustScaler, StandardScaler

# Share of planted copies; rows of one hidden entity, and how far apart these lie in robust units.
COPIES = 0.1
ENTITY_ROWS, ENTITY_SPREAD = 4, 0.05

# Categories of a number column that is cut into ranges.
N_LEVELS = 40

# A number column is continuous if so large a share of its known values differ.
CONTINUOUS_SHARE = 0.3
# With so many it has no lattice to speak of: medians and ends of its range are single values.
SMOOTH_SHARE = 0.9

# Rows of the rarest class. A perfect column lies above AUC .98 by .2 sqrt(n) standard errors
# (Hanley and McNeil 1982), and 4.3 are needed at .001 among 12 columns and 6 checks. Means of 40
# categories need a few hits in each. Drawn rows need neighbours.
GOLDEN_RARE, ENCODED_RARE, SAMPLED_RARE = 500, 100, 30

ROWS = ("exact_duplicates", "near_duplicates")
NEAR = ("near_duplicates",)
OVERSAMPLED = ("oversampled_rows",)
ENCODED = ("target_encoding",)
TARGET = ("target_copies",)
FITTED = ("fitted_on_all_rows",)
SELECTED = ("selected_on_all_rows",)
ORDER = ("row_order",)


@dataclass
class Case:
    """What is audited."""

    X: pd.DataFrame
    y: np.ndarray
    groups: np.ndarray | None = None
    times: np.ndarray | None = None
    cv: object = field(default_factory=lambda: StratifiedKFold(5, shuffle=True, random_state=0))
    horizon: float | None = None


class Plant(NamedTuple):
    """A planted leak: checks that name it, what makes it, and what a real table must have.

    `table` makes the table to plant into; None takes the default ones, and real ones.
    `continuous` and `smooth` are the least numbers of continuous columns and of columns without a
    lattice, `n_rare` the least rows of the rarest class, `unique` whether rows must differ; with
    `is_note` a note is enough.
    """

    checks: tuple
    plant: object
    table: object = None
    continuous: int = 0
    smooth: int = 0
    n_rare: int = 0
    unique: bool = False
    is_note: bool = False


# --- tables ---------------------------------------------------------------------------------------


def labels_of(score, rng, share=None):
    """Classes 0 and 1, the rarer 1, whose probability is a logistic function of a score."""
    share = rng.uniform(0.15, 0.35) if share is None else share
    shifted = (score - np.quantile(score, 1 - share)) / score.std()
    return (rng.random(len(score)) < expit(2.5 * np.asarray(shifted))).astype(int)


def numbers_table(rng):
    """Correlated normal columns with units of their own; in half of the tables some are skewed."""
    n_rows, n_columns = rng.integers(1000, 2001), rng.integers(8, 17)
    Z = rng.normal(size=(n_rows, n_columns))
    Z = Z + 0.3 * Z @ rng.normal(size=(n_columns, n_columns)) / np.sqrt(n_columns)
    y = labels_of(Z @ rng.normal(size=n_columns), rng)
    if rng.random() < 0.5:
        Z[:, ::2] = np.exp(0.7 * Z[:, ::2])
    X = rng.normal(scale=5, size=n_columns) + Z * rng.lognormal(size=n_columns)
    return pd.DataFrame(X).add_prefix("c"), y


def mixed_table(rng):
    """Numbers with two columns of categories and one of counts."""
    X, y = numbers_table(rng)
    for name, n_levels in (("colour", 4), ("place", 12)):
        X[name] = np.array([f"{name} {k}" for k in range(n_levels)])[
            rng.integers(n_levels, size=len(X))
        ]
    X["visits"] = rng.poisson(3, len(X))
    return X, y


def any_table(rng):
    """Numbers, or numbers and categories."""
    return (numbers_table, mixed_table)[rng.integers(2)](rng)


def balanced_table(rng):
    """Numbers with more than `GOLDEN_RARE` rows of either class."""
    while True:
        X, _ = numbers_table(rng)
        y = labels_of(X.rank() @ rng.normal(size=X.shape[1]), rng, share=0.5)
        if np.bincount(y).min() > GOLDEN_RARE:
            return X, y


def levels_table(n_columns, n_levels, *, weights=None):
    """A table of few levels, in which rows are equal by chance."""

    def make(rng):
        n_rows = rng.integers(1000, 2001)
        X = rng.choice(n_levels, (n_rows, n_columns), p=weights).astype(float)
        return pd.DataFrame(X).add_prefix("c"), labels_of(X.sum(axis=1), rng)

    return make


def latent_table(rng):
    """Eight columns of five levels that follow from three kinds of rows: a third are equal."""
    n_rows = rng.integers(1000, 2001)
    kind = rng.integers(3, size=n_rows)
    likely = rng.integers(5, size=(3, 8))
    X = np.where(rng.random((n_rows, 8)) < 0.8, likely[kind], rng.integers(5, size=(n_rows, 8)))
    return pd.DataFrame(X.astype(float)).add_prefix("c"), labels_of(
        kind + rng.normal(size=n_rows), rng
    )


def rounded_table(digits):
    """Numbers in standard units, rounded."""

    def make(rng):
        X, y = numbers_table(rng)
        return ((X - X.mean()) / X.std()).round(digits), y

    return make


def small_table(n_columns):
    """Few columns of numbers."""

    def make(rng):
        X, y = numbers_table(rng)
        return X.iloc[:, :n_columns], y

    return make


# --- columns --------------------------------------------------------------------------------------


def number_names(X):
    """Names of the columns of numbers."""
    return list(X.select_dtypes("number").columns)


def continuous_names(X, least=CONTINUOUS_SHARE):
    """Names of the continuous columns, those with most values first."""
    numbers = X[number_names(X)]
    share = numbers.nunique() / numbers.notna().sum().clip(lower=1)
    return list(share[share > least].sort_values(ascending=False).index)


def robust_spread(values):
    """Median absolute deviation as a standard deviation: the unit in which copies are near."""
    return 1.4826 * np.nanmedian(np.abs(values - np.nanmedian(values, axis=0)), axis=0)


def with_values(X, names, values):
    """The table with other values in some columns."""
    return X.assign(**dict(zip(names, np.asarray(values).T, strict=True)))


def shaken(X, names, size, rng):
    """Noise on continuous columns, in robust units."""
    values = X[names].to_numpy(float)
    return with_values(
        X, names, values + size * robust_spread(values) * rng.normal(size=values.shape)
    )


def shuffled(X, y, rng):
    """A case whose rows stand in no order."""
    order = rng.permutation(len(y))
    return Case(X.iloc[order].reset_index(drop=True), np.asarray(y)[order])


# --- rows -----------------------------------------------------------------------------------------


def copies(change=lambda X, rng: X, relabel=False, share=COPIES):
    """Rows of which some stand there twice, the second time changed."""

    def plant(X, y, rng):
        drawn = rng.choice(len(y), max(5, int(share * len(y))), replace=False)
        twins, labels = change(X.iloc[drawn].reset_index(drop=True), rng), y[drawn].copy()
        if relabel:
            labels = rng.permutation(y)[: len(labels)]
        return shuffled(pd.concat([X, twins], ignore_index=True), np.r_[y, labels], rng)

    return plant


def jitter(size):
    """Copies with noise on the continuous columns; the scale is that of the copies."""
    return copies(lambda X, rng: shaken(X, continuous_names(X), size, rng))


def through_float32(X, rng):
    """Numbers as they come back from a file of single precision."""
    names = continuous_names(X)
    return X.assign(**{name: X[name].astype(np.float32).astype(float) for name in names})


def changed_columns(n_changed):
    """Rows with other values in some columns, drawn from the rows of the table."""

    def change(X, rng):
        X = X.copy()
        for name in rng.permutation(continuous_names(X))[:n_changed]:
            X[name] = rng.permutation(X[name].to_numpy())
        return X

    return copies(change)


def int_and_float_copies(X, y, rng):
    """Whole numbers that stand there as int in one place and as float in another."""
    names = number_names(X)
    whole = X.copy()
    for name in names:
        spread = robust_spread(X[name].to_numpy(float)) or 1.0
        whole[name] = (X[name].fillna(0) / spread * 1000).round().astype(int)
    case = copies(lambda X, rng: X.assign(**{n: X[n].astype(float).astype(object) for n in names}))(
        whole.astype(dict.fromkeys(names, object)), y, rng
    )
    return case


def entities(spread):
    """Several rows each of some rows, so far apart, with one label."""

    def plant(X, y, rng):
        drawn = np.repeat(rng.permutation(len(y))[: -(-len(y) // ENTITY_ROWS)], ENTITY_ROWS)
        of_all = robust_spread(X[continuous_names(X)].to_numpy(float))
        names = continuous_names(X)
        rows = X.iloc[drawn].reset_index(drop=True)
        values = rows[names].to_numpy(float)
        values = values + spread * of_all * rng.normal(size=values.shape)
        return shuffled(with_values(rows, names, values), y[drawn], rng)

    return plant


def given_groups(X, y, rng):
    """Groups that the splitter does not know."""
    return replace(shuffled(X, y, rng), groups=rng.integers(len(y) // 5, size=len(y)))


# --- time -----------------------------------------------------------------------------------------


def unsorted_times(X, y, rng):
    """Folds of a time series on rows that do not stand in the order of time."""
    case = shuffled(X, y, rng)
    return replace(case, times=rng.permutation(len(y)).astype(float), cv=TimeSeriesSplit(5))


def shuffled_times(X, y, rng):
    """Shuffled folds of rows with times: a note, no error."""
    return replace(shuffled(X, y, rng), times=rng.permutation(len(y)).astype(float))


def overlapping_labels(X, y, rng):
    """Labels that are known only after the test part began."""
    case = Case(X, y, times=np.arange(len(y), dtype=float), cv=TimeSeriesSplit(5))
    return replace(case, horizon=float(rng.integers(5, 50)))


# --- columns that tell the target -----------------------------------------------------------------


def with_column(make):
    """A table with one more column, at any place, and rows in no order."""

    def plant(X, y, rng):
        X = X.copy()
        X.insert(int(rng.integers(X.shape[1] + 1)), "planted", make(X, y, rng))
        return shuffled(X, y, rng)

    return plant


def target_copy(X, y, rng):
    """The classes under other names."""
    return rng.permutation(np.unique(y).size * 3)[np.unique(y, return_inverse=True)[1]]


def golden(distance):
    """A column whose class means lie so many standard deviations apart (AUC Phi(d / sqrt 2))."""
    return with_column(
        lambda X, y, rng: distance * np.unique(y, return_inverse=True)[1] + rng.normal(size=len(y))
    )


def golden_hump(X, y, rng):
    """A column that is near zero for one class, and on either side for all others."""
    side = rng.choice([-1.0, 1.0], len(y))
    return np.where(y == np.bincount(y).argmin(), 0.0, 8 * side) + rng.normal(size=len(y))


def number_copy(X, y, rng):
    """A number as the target, and the same number in another unit among the columns."""
    names = number_names(X)
    if not names:
        raise ValueError("no column of numbers")
    score = X[names].rank().sum(axis=1).to_numpy()
    target = score / score.std() + rng.normal(size=len(y))
    case = shuffled(X.assign(planted=32 + 1.8 * target), target, rng)
    return replace(case, cv=KFold(5, shuffle=True, random_state=0))


def levels_of(X, rng, is_even):
    """Categories to encode: a column of the table, or its numbers cut into ranges.

    Categories have unlike numbers of rows, unless `is_even`: then many agree in the number of rows
    and of hits, and so in their values.
    """
    texts = [c for c in X if c not in number_names(X) and X[c].nunique() >= 10]
    if texts and not is_even:
        return pd.factorize(X[texts[0]])[0]
    ranks = X[continuous_names(X)[0]].rank(pct=True).fillna(0).to_numpy()
    inner = np.arange(1, N_LEVELS) / N_LEVELS if is_even else rng.random(N_LEVELS - 1)
    return np.searchsorted(np.sort(inner), ranks)


def encoded(formula, *, digits=None, is_even=False, is_kept=False):
    """A column of category means of the rarest class, perhaps beside the categories."""

    def plant(X, y, rng):
        codes = np.unique(levels_of(X, rng, is_even), return_inverse=True)[1]
        hit = (y == np.bincount(y).argmin()).astype(float)
        n, total = np.bincount(codes)[codes], np.bincount(codes, hit)[codes]
        values = {
            "mean": total / n,
            "smoothed": (total + 10 * hit.mean()) / (n + 10),
            "left out": (total - hit) / np.maximum(n - 1, 1),
        }[formula]
        values = values if digits is None else values.round(digits)
        X = X.assign(levels=np.char.add("level ", codes.astype(str))) if is_kept else X
        return with_column(lambda X, y, rng: values)(X, y, rng)

    return plant


# --- preprocessing before the split ---------------------------------------------------------------


def fitted(make, names_of=number_names, digits=None):
    """Columns of numbers as a transformer gives them that was fitted on all rows."""

    def plant(X, y, rng):
        names = names_of(X)
        values = X[names].fillna(X[names].median())
        out = make(len(X)).fit_transform(values.to_numpy(float))
        out = out if digits is None else out.round(digits)
        return shuffled(with_values(X, names, out), y, rng)

    return plant


def imputed(strategy, share=0.1):
    """Three columns whose gaps were filled from all rows."""

    def plant(X, y, rng):
        names = continuous_names(X)[:3]
        X = X[[c for c in X if c in names or X[c].notna().all()]].copy()
        block = X[names].to_numpy(float, copy=True)
        gaps = rng.random(block.shape) < share
        gaps[rng.choice(len(X), 3, replace=False)] = True
        block[gaps] = np.nan
        X[names] = SimpleImputer(strategy=strategy).fit_transform(block)
        return shuffled(X, y, rng)

    return plant


def oversampled(make, digits=None):
    """Rarer classes enlarged before the split."""

    def plant(X, y, rng):
        sampler = make(random_state=int(rng.integers(2**31)))
        if not isinstance(sampler, RandomOverSampler):
            # Whole numbers would stay whole, and drawn rows be rounded.
            X = X[number_names(X)].astype(float)
            X = X.fillna(X.median())
        n_rows = len(y)
        X, y = sampler.fit_resample(X, y)
        if len(y) == n_rows:
            raise ValueError("the classes are of equal size")
        return shuffled(X if digits is None else X.round(digits), y, rng)

    return plant


def selected(n_rows, n_columns, n_kept, *, train=None):
    """The best columns of noise for a coin toss; with `train`, chosen on that share of the rows."""

    def plant(X, y, rng):
        X, y = rng.normal(size=(n_rows, n_columns)), rng.integers(2, size=n_rows)
        rows = slice(None if train is None else int(train * n_rows))
        part = X[rows] - X[rows].mean(axis=0)
        r = np.abs(part.T @ (y[rows] - y[rows].mean())) / part.std(axis=0)
        case = Case(pd.DataFrame(X[:, np.argsort(-r)[:n_kept]]).add_prefix("c"), y)
        if train is None:
            return case
        order = np.arange(n_rows)
        return replace(case, cv=[(order[rows], order[rows.stop :])])

    return plant


def sorted_rows(with_number, share=1.0):
    """Rows in the order of the label (some of them), with a column that numbers them."""

    def plant(X, y, rng):
        case = shuffled(X, y, rng)
        key = np.where(rng.random(len(y)) < share, case.y, rng.choice(y, len(y)))
        order = np.argsort(key, kind="stable")
        X = case.X.iloc[order].reset_index(drop=True)
        if with_number:
            X.insert(0, "number", 1000 + np.arange(len(y)))
        return Case(X, case.y[order])

    return plant


PLANTS = {
    "copies, 10 %": Plant(ROWS[:1], copies(), unique=True),
    "copies with other labels": Plant(ROWS[:1], copies(relabel=True), unique=True),
    "copies, int and float": Plant(ROWS[:1], int_and_float_copies, unique=True, continuous=3),
    "copies, jitter 0.001": Plant(NEAR, jitter(1e-3), unique=True, continuous=3),
    "copies, jitter 0.02": Plant(NEAR, jitter(2e-2), unique=True, continuous=5),
    "copies through float32": Plant(ROWS, copies(through_float32), unique=True, continuous=3),
    "copies, one column changed": Plant(NEAR, changed_columns(1), unique=True, continuous=5),
    "groups across folds": Plant(("group_overlap",), given_groups),
    "hidden entities": Plant(
        ("hidden_entities",), entities(ENTITY_SPREAD), continuous=5, unique=True
    ),
    "time series folds, unsorted": Plant(("time_overlap",), unsorted_times),
    "times in shuffled folds (note)": Plant(("time_overlap",), shuffled_times, is_note=True),
    "labels known too late": Plant(("time_overlap",), overlapping_labels),
    "copy of the target": Plant(TARGET, with_column(target_copy)),
    "copy of a number": Plant(TARGET, number_copy),
    "golden, monotone": Plant(TARGET, golden(6.0), table=balanced_table, n_rare=GOLDEN_RARE),
    "golden, hump": Plant(
        TARGET, with_column(golden_hump), table=balanced_table, n_rare=GOLDEN_RARE
    ),
    "mean encoding": Plant(ENCODED, encoded("mean"), continuous=1, n_rare=ENCODED_RARE),
    "smoothed encoding": Plant(ENCODED, encoded("smoothed"), continuous=1, n_rare=ENCODED_RARE),
    "leave-one-out encoding": Plant(
        ENCODED, encoded("left out", is_kept=True), continuous=1, n_rare=ENCODED_RARE
    ),
    "StandardScaler": Plant(FITTED, fitted(lambda n: StandardScaler()), continuous=2),
    "MinMaxScaler": Plant(FITTED, fitted(lambda n: MinMaxScaler()), smooth=5),
    "RobustScaler": Plant(FITTED, fitted(lambda n: RobustScaler()), smooth=3),
    "PCA": Plant(FITTED, fitted(lambda n: PCA(), continuous_names), continuous=3),
    "QuantileTransformer": Plant(
        FITTED, fitted(lambda n: QuantileTransformer(n_quantiles=n), continuous_names), smooth=5
    ),
    "imputed means": Plant(FITTED, imputed("mean"), continuous=3),
    "imputed medians": Plant(FITTED, imputed("median"), smooth=3),
    "RandomOverSampler": Plant(OVERSAMPLED, oversampled(RandomOverSampler), unique=True),
    "SMOTE": Plant(OVERSAMPLED, oversampled(SMOTE), continuous=5, unique=True, n_rare=SAMPLED_RARE),
    "BorderlineSMOTE": Plant(
        OVERSAMPLED, oversampled(BorderlineSMOTE), continuous=5, unique=True, n_rare=SAMPLED_RARE
    ),
    "ADASYN": Plant(
        OVERSAMPLED, oversampled(ADASYN), continuous=5, unique=True, n_rare=SAMPLED_RARE
    ),
    "selection, 50 x 5000 to 100": Plant(SELECTED, selected(50, 5000, 100), table=small_table(2)),
    "selection, 1000 x 5000 to 100": Plant(
        SELECTED, selected(1000, 5000, 100), table=small_table(2)
    ),
    "sorted by label, numbered": Plant(ORDER, sorted_rows(with_number=True)),
}

#: Too weak, or not to be told from what is innocent.
DOSES = {
    "10 % copies among 5 x 3 levels": Plant(ROWS, copies(), table=levels_table(5, 3)),
    "4 % copies in latent classes": Plant(ROWS, copies(share=0.04), table=latent_table),
    "copies, jitter 0.1": Plant((*NEAR, "hidden_entities"), jitter(0.1)),
    "copies, three columns changed": Plant(NEAR, changed_columns(3)),
    "hidden entities, spread 0.3": Plant(("hidden_entities",), entities(0.3)),
    "hidden entities, spread 0.5": Plant(("hidden_entities",), entities(0.5)),
    "golden with noise, AUC .98": Plant(TARGET, golden(2.9)),
    "golden with noise, AUC .92": Plant(TARGET, golden(2.0)),
    "golden, few rows": Plant(TARGET, golden(6.0)),
    "leave-one-out, categories gone": Plant(ENCODED, encoded("left out")),
    "leave-one-out, categories alike": Plant(ENCODED, encoded("left out", is_even=True)),
    "encoding, rounded to 0.01": Plant(ENCODED, encoded("mean", digits=2)),
    "StandardScaler, rounded to 0.01": Plant(FITTED, fitted(lambda n: StandardScaler(), digits=2)),
    "MinMaxScaler, one column": Plant(
        FITTED, fitted(lambda n: MinMaxScaler(), lambda X: number_names(X)[:1])
    ),
    "imputed means, three cells": Plant(FITTED, imputed("mean", share=0.0)),
    "copies of a class, 5 x 3 levels": Plant(
        OVERSAMPLED, oversampled(RandomOverSampler), table=levels_table(5, 3)
    ),
    "SMOTE, rounded to 0.01": Plant(
        OVERSAMPLED, oversampled(SMOTE, digits=2), table=rounded_table(2)
    ),
    "SMOTE, two columns": Plant(OVERSAMPLED, oversampled(SMOTE), table=small_table(2)),
    "selection, 1000 x 500 to 50": Plant(SELECTED, selected(1000, 500, 50), table=small_table(2)),
    "selection, 1000 x 100 to 20": Plant(SELECTED, selected(1000, 100, 20), table=small_table(2)),
    "sorted by label": Plant(ORDER, sorted_rows(with_number=False), is_note=True),
    "half sorted by label": Plant(ORDER, sorted_rows(with_number=False, share=0.5), is_note=True),
}
