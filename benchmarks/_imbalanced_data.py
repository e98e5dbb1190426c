"""Imbalanced data sets of the benchmarks: generated, bundled with scikit-learn, or of a folder."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, make_classification
from sklearn.impute import SimpleImputer
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

# Two classes count as imbalanced up to this share of the smaller one, more classes from this ratio
# of the largest to the smallest.
MAX_MINORITY, MIN_RATIO = 0.35, 2
MIN_PER_CLASS = 4
RARE_LEVEL = 0.01

PREVALENCES = (0.2, 0.05, 0.02)
CANCER_RATIOS = (5, 10, 20)
SUITE_SEED = 0


class Halves(NamedTuple):
    """One split of one data set."""

    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


def scaled(halves):
    """Fill gaps and scale by what the training rows show, for all methods alike."""
    steps = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    X = steps.fit_transform(halves.X)
    return halves._replace(X=X, X_test=steps.transform(halves.X_test))


def folds(seed):
    """Splits that everything compared shares."""
    return StratifiedKFold(5, shuffle=True, random_state=seed)


# --- a folder of files ----------------------------------------------------------------------------


def read_folder(folder):
    """Name -> table of numbers and codes of classes, the rarest of two being 1."""
    if folder is None:
        return {}
    meta_file = Path(folder) / "meta.json"
    meta = json.loads(meta_file.read_text()) if meta_file.exists() else {}
    files = sorted(Path(folder).glob("*.csv.gz"))
    return {
        (name := file.name.removesuffix(".csv.gz")): read_table(file, meta.get(name, {}))
        for file in files
    }


def read_table(file, meta):
    """One file; levels of categories become columns, rare ones none."""
    import pandas as pd

    frame = pd.read_csv(file).dropna(subset=["target"])
    out = [*meta.get("leak_columns", []), *meta.get("id_columns", [])]
    out += [meta[key] for key in ("group_column", "time_column") if meta.get(key)]
    names, codes = np.unique(frame.pop("target").astype(str), return_inverse=True)
    if len(names) == 2:
        codes = (codes == np.bincount(codes).argmin()).astype(int)
    frame = pd.get_dummies(frame.drop(columns=[c for c in out if c in frame]), dtype=float)
    X = frame.to_numpy(dtype=float)
    spread = np.nanmax(X, axis=0) > np.nanmin(X, axis=0)
    is_level = np.isin(X, (0, 1)).all(axis=0)
    return X[:, spread & (~is_level | (X.mean(axis=0) >= RARE_LEVEL))], codes


def imbalanced_binary(tables):
    """Those of two classes, the smaller of which is small."""
    return {
        name: (X, y) for name, (X, y) in tables.items() if y.max() == 1 and y.mean() <= MAX_MINORITY
    }


def imbalanced_multiclass(tables):
    """Those of three or more classes of unlike sizes, without classes too small to split."""
    found = {}
    for name, (X, y) in tables.items():
        sizes = np.bincount(y)
        if len(sizes) > 2 and sizes.max() >= MIN_RATIO * sizes.min():
            kept = np.isin(y, np.flatnonzero(sizes >= MIN_PER_CLASS))
            found[name] = X[kept], np.unique(y[kept], return_inverse=True)[1]
    return found


def subsample(X, y, n_rows):
    """A fixed stratified sample, or all rows if there are no more."""
    if len(y) <= n_rows:
        return X, y
    X, _, y, _ = train_test_split(X, y, train_size=n_rows, stratify=y, random_state=SUITE_SEED)
    return X, y


# --- generated and bundled ------------------------------------------------------------------------


def binary_suite(n_rows):
    """Name -> rows and labels, 1 being the rarer class."""
    rng = np.random.default_rng(SUITE_SEED)
    sets = {}
    for share in PREVALENCES:
        sets[f"make_classification {share:.0%}"] = classification([1 - share], n_rows)
        sets[f"Gaussian mixture {share:.0%}"] = gaussian_mixture(share, n_rows, rng)
    for share in PREVALENCES[:2]:
        sets[f"noisy {share:.0%}"] = classification(
            [1 - share], n_rows, n_columns=40, flip_y=share / 2, class_sep=0.5
        )
    X, y = load_digits(return_X_y=True)
    for digit in (1, 8):
        sets[f"digits, {digit} or not"] = X, (y == digit).astype(int)
    noise = rng.normal(scale=8, size=X.shape)
    sets["digits with noise, 8 or not"] = X + noise, (y == 8).astype(int)
    X, y = load_breast_cancer(return_X_y=True)
    for ratio in CANCER_RATIOS:
        malign, benign = np.flatnonzero(y == 0), np.flatnonzero(y == 1)
        drawn = rng.choice(malign, len(benign) // ratio, replace=False)
        kept = np.concatenate([benign, drawn])
        sets[f"breast cancer 1:{ratio}"] = X[kept], 1 - y[kept]
    return {name: subsample(X, y, n_rows) for name, (X, y) in sets.items()}


def multiclass_suite(n_rows):
    """Name -> rows and labels of three and more classes."""
    rng = np.random.default_rng(SUITE_SEED)
    X, y = load_digits(return_X_y=True)
    # Each digit has three quarters of the rows of the one before.
    kept = rng.random(len(y)) < 0.75**y
    sets = {
        "make_classification 80/15/5 %": classification([0.8, 0.15], n_rows),
        "make_classification 60/30/8/2 %": classification([0.6, 0.3, 0.08], n_rows),
        "digits, rarer and rarer": (X[kept], y[kept]),
    }
    return {name: subsample(X, y, n_rows) for name, (X, y) in sets.items()}


def classification(weights, n_rows, *, n_columns=20, flip_y=0.02, class_sep=0.8):
    """Rows of make_classification; the last class has the rest of the weight."""
    return make_classification(
        n_rows,
        n_columns,
        n_informative=6,
        n_redundant=2,
        n_classes=len(weights) + 1,
        n_clusters_per_class=1 if len(weights) > 1 else 2,
        weights=weights,
        flip_y=min(flip_y, (1 - sum(weights)) / 2),
        class_sep=class_sep,
        random_state=SUITE_SEED,
    )


def gaussian_mixture(share, n_rows, rng, n_columns=8, n_centers=3):
    """A rare class around a few centres inside the cloud of the frequent one."""
    y = (np.arange(n_rows) < share * n_rows).astype(int)
    centers = rng.normal(scale=1.5, size=(n_centers, n_columns))
    X = rng.normal(scale=1.5, size=(n_rows, n_columns))
    of_center = rng.integers(n_centers, size=y.sum())
    X[y == 1] = centers[of_center] + rng.normal(size=(y.sum(), n_columns))
    return X, y
