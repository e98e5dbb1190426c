"""Data sets that faults are planted into: generated, bundled with scikit-learn, or of a folder.

Every set has a pool of rows to train and validate on, and fresh rows that nobody sees before the
end. Half of the sets, by a hash of the name, are there to set constants ("tuning"), the others only
to report.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import expit
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    make_circles,
    make_classification,
    make_friedman1,
    make_moons,
)
from sklearn.model_selection import train_test_split

HALVES = ("tuning", "reporting")

# Rows of generated sets; the fresh ones are as many as make one point of accuracy visible.
N_POOL, N_FRESH = 6000, 10_000
# Of a set of a folder: rows that are read, rows that are needed, and rows of a class.
MAX_ROWS, MIN_ROWS, MIN_PER_CLASS = 20_000, 700, 40
# The loss of these is next to nothing, so a hundredth of it is noise; or rows hang together.
LEFT_OUT_KINDS = ("separable", "time", "time?", "group")
RARE_LEVEL = 0.01


def half_of(name):
    """The half a set belongs to, by a hash of its name."""
    return HALVES[hashlib.sha256(name.encode()).digest()[0] % 2]


@dataclass(frozen=True)
class Task:
    """One data set, cut once into a pool and fresh rows."""

    name: str
    X: np.ndarray
    y: np.ndarray
    X_fresh: np.ndarray
    y_fresh: np.ndarray

    @property
    def n_classes(self):
        """Number of classes."""
        return int(self.y.max()) + 1

    def rarefied(self, share, rng):
        """The same two classes, rows of class 1 left out until they are so large a share."""
        parts = []
        for X, y in ((self.X, self.y), (self.X_fresh, self.y_fresh)):
            rare, rest = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
            n_rare = min(len(rare), round(share / (1 - share) * len(rest)))
            kept = rng.permutation(np.r_[rng.choice(rare, n_rare, replace=False), rest])
            parts += [X[kept], y[kept]]
        return Task(self.name, *parts)


# --- generated ------------------------------------------------------------------------------------


def logistic_labels(score, rng):
    """Classes drawn with a probability that is a logistic function of a score."""
    return (rng.random(len(score)) < expit(score)).astype(int)


def blobs(n, seed, **options):
    """Clusters of make_classification."""
    options = {"n_features": 12, "n_informative": 6, "n_redundant": 0, **options}
    return make_classification(n, random_state=seed, **options)


def linear(n, seed, scale=1.0, n_columns=10, shift=0.0):
    """Normal columns whose log-odds are linear."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, n_columns))
    weights = np.linspace(1.5, 0.0, n_columns) * np.where(np.arange(n_columns) % 2, -1, 1)
    return X, logistic_labels(scale * X @ weights + shift, rng)


def skewed(n, seed):
    """Log-normal columns whose logarithms have linear log-odds."""
    X, y = linear(n, seed, scale=1.5)
    return np.exp(X), y


def gaussians(n, seed):
    """Two normal classes with independent columns: what naive Bayes assumes."""
    rng = np.random.default_rng(seed)
    y = rng.integers(2, size=n)
    means, sds = np.linspace(0, 0.9, 10), np.linspace(1.0, 1.6, 10)
    X = rng.normal(size=(n, 10)) * np.where(y[:, None] == 1, sds, 1.0) + y[:, None] * means
    return X, y


def three_gaussians(n, seed):
    """Three normal classes with independent columns of one spread."""
    rng = np.random.default_rng(seed)
    y = rng.integers(3, size=n)
    means = np.random.default_rng(0).normal(scale=0.7, size=(3, 8))
    return rng.normal(size=(n, 8)) + means[y], y


def steps(n, seed):
    """Log-odds that jump along three of eight columns."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 8))
    return X, logistic_labels(1.2 * np.sign(np.sin(2 * X[:, :3])).sum(axis=1), rng)


def boxes(n, seed):
    """A chequered target that trees find and lines do not."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1, 1, size=(n, 8))
    score = np.where(X[:, 0] > 0.2, 2.5, -1.5) + np.where((X[:, 1] > 0) & (X[:, 2] > -0.3), 3, -1.5)
    return X, logistic_labels(score, rng)


def xor(n, seed):
    """The sign of a product decides."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1, 1, size=(n, 4))
    return X, logistic_labels(12 * X[:, 0] * X[:, 1], rng)


def friedman(n, seed):
    """Friedman's first function as log-odds."""
    X, f = make_friedman1(n, n_features=10, noise=0.0, random_state=seed)
    return X, logistic_labels((f - np.median(f)) / 2.5, np.random.default_rng(seed))


def quadratic(n, seed):
    """The distance from the middle decides."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 6))
    return X, logistic_labels(1.5 * (np.square(X[:, :3]).sum(axis=1) - 2.4), rng)


def ordered_classes(n, seed):
    """Four classes in the corners of two columns, whose codes have no order."""
    rng = np.random.default_rng(seed)
    y = rng.integers(4, size=n)
    corners = np.array([[1, 1], [-1, -1], [1, -1], [-1, 1]])
    X = rng.normal(size=(n, 6))
    X[:, :2] += 1.4 * corners[y]
    return X, y


GENERATED = {
    "blobs": lambda n, s: blobs(n, s, flip_y=0.05),
    "noisy blobs": lambda n, s: blobs(n, s, flip_y=0.3),
    "wide blobs": lambda n, s: blobs(n, s, n_features=30, n_informative=8, flip_y=0.05),
    "near blobs": lambda n, s: blobs(n, s, class_sep=0.6, flip_y=0.02),
    "uneven blobs": lambda n, s: blobs(n, s, weights=[0.8], flip_y=0.05),
    "three blobs": lambda n, s: blobs(n, s, n_classes=3, n_clusters_per_class=1, flip_y=0.05),
    "five blobs": lambda n, s: blobs(n, s, n_classes=5, n_clusters_per_class=1, flip_y=0.02),
    "moons": lambda n, s: make_moons(n, noise=0.3, random_state=s),
    "circles": lambda n, s: make_circles(n, noise=0.2, factor=0.5, random_state=s),
    "linear": linear,
    "weak linear": lambda n, s: linear(n, s, scale=0.5),
    "strong linear": lambda n, s: linear(n, s, scale=2.0, n_columns=6),
    "wide linear": lambda n, s: linear(n, s, n_columns=25),
    "skewed": skewed,
    "gaussians": gaussians,
    "three gaussians": three_gaussians,
    "steps": steps,
    "rare linear": lambda n, s: linear(n, s, n_columns=8, shift=-3.0),
    "noisy linear": lambda n, s: linear(n, s, scale=0.7, n_columns=15),
    "many clusters": lambda n, s: blobs(n, s, n_clusters_per_class=6, class_sep=1.5),
    "boxes": boxes,
    "xor": xor,
    "friedman": friedman,
    "quadratic": quadratic,
    "four corners": ordered_classes,
}
BUNDLED = {"breast cancer": load_breast_cancer, "digits": load_digits}


# --- a folder -------------------------------------------------------------------------------------


def read_table(file, meta):
    """Numbers of one file, gaps filled by medians, levels of categories as columns."""
    import pandas as pd

    frame = pd.read_csv(file).dropna(subset=["target"])
    if len(frame) > MAX_ROWS:
        frame = frame.sample(MAX_ROWS, random_state=0)
    out = [*meta.get("leak_columns", []), *meta.get("id_columns", [])]
    target = frame.pop("target").astype(str)
    enough = target.map(target.value_counts()) >= MIN_PER_CLASS
    frame, target = frame[enough], target[enough]
    names, codes = np.unique(target, return_inverse=True)
    if len(names) == 2:
        codes = (codes == np.bincount(codes).argmin()).astype(int)
    frame = pd.get_dummies(frame.drop(columns=[c for c in out if c in frame]), dtype=float)
    X = frame.fillna(frame.median()).to_numpy(dtype=float)
    is_level = np.isin(X, (0, 1)).all(axis=0)
    return X[:, (X.std(axis=0) > 0) & (~is_level | (X.mean(axis=0) >= RARE_LEVEL))], codes


def folder_names(folder):
    """Names of the sets of a folder that can be used, with what is known of them."""
    if folder is None:
        return {}
    meta_file = Path(folder) / "meta.json"
    meta = json.loads(meta_file.read_text()) if meta_file.exists() else {}
    names = [file.name.removesuffix(".csv.gz") for file in sorted(Path(folder).glob("*.csv.gz"))]
    used = {}
    for name in names:
        known = meta.get(name, {})
        rows = known.get("stats", {}).get("rows", MIN_ROWS)
        if rows >= MIN_ROWS and not set(known.get("kinds", [])) & set(LEFT_OUT_KINDS):
            used[name] = known
    return used


# --- all ------------------------------------------------------------------------------------------


def set_names(half, folder=None):
    """Names of the sets of a half ("tuning", "reporting") or of both ("all")."""
    names = [*GENERATED, *BUNDLED, *folder_names(folder)]
    return [name for name in names if half in ("all", half_of(name))]


def load(name, seed, folder=None):
    """One set, cut into pool and fresh rows by a seed."""
    if name in GENERATED:
        X, y = GENERATED[name](N_POOL + N_FRESH, seed)
        return Task(name, X[:N_POOL], y[:N_POOL], X[N_POOL:], y[N_POOL:])
    if name in BUNDLED:
        X, y = BUNDLED[name](return_X_y=True)
        X = X[:, X.std(axis=0) > 0]
    else:
        X, y = read_table(Path(folder) / f"{name}.csv.gz", folder_names(folder)[name])
    # Small sets are halved; of large ones all rows but those of the pool are fresh.
    n_pool = max(len(y) // 2, min(3000, 2 * len(y) // 3))
    X, X_fresh, y, y_fresh = train_test_split(
        X, y, train_size=min(n_pool, N_POOL), stratify=y, random_state=seed
    )
    X_fresh, y_fresh = X_fresh[:N_FRESH], y_fresh[:N_FRESH]
    return Task(name, X, y, X_fresh, y_fresh)
