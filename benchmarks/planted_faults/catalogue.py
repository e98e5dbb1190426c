"""What a planted fault is, and what it is planted into."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from models import MODELS, sensible
from sklearn.model_selection import train_test_split

# Training rows that are drawn from the pool where none are asked for, the largest share of it that
# they may be, and validation rows where there are any: at least so many, and a quarter of the
# training rows, so that what both sides can prove grows together.
TRAIN_ROWS = (400, 700, 1200)
POOL_SHARE = 0.7
N_VAL, VAL_SHARE = 500, 0.25
# Rows of the rarest class in training.
MIN_RARE = 15

#: How a fault hurts: it costs loss or metric on fresh rows ("model"), it makes the loss or metric
#: that the user sees differ from that of fresh rows ("estimate"), it leaves what the user sees
#: vague ("vague"), or it is a fault by construction ("always").
HARMS = ("model", "estimate", "vague", "always")


@dataclass
class Draw:
    """One set, one model and rows drawn from the pool."""

    task: Any
    model: str
    n: int
    seed: int
    rng: np.random.Generator
    X: np.ndarray
    y: np.ndarray
    X_val: np.ndarray
    y_val: np.ndarray

    @property
    def X_fresh(self):
        """Rows that nobody sees before the end."""
        return self.task.X_fresh

    @property
    def y_fresh(self):
        """Their labels."""
        return self.task.y_fresh

    @property
    def binary(self):
        """Whether there are two classes."""
        return self.task.n_classes == 2

    def sensible(self, **params):
        """A sensible fit of the model."""
        return sensible(self.model, self.n, self.seed, **params)

    def of_task(self, task):
        """The same model on rows of another task."""
        return draw_rows(task, self.model, self.n, self.seed, self.rng)


@dataclass
class Case:
    """What is diagnosed, its clean twin, and fresh rows as each of them would meet them."""

    estimator: Any
    X: np.ndarray
    y: np.ndarray
    X_fresh: np.ndarray
    y_fresh: np.ndarray
    twin: Any = None
    twin_X: np.ndarray | None = None
    twin_y: np.ndarray | None = None
    twin_X_fresh: np.ndarray | None = None
    X_val: np.ndarray | None = None
    y_val: np.ndarray | None = None
    groups: np.ndarray | None = None
    cv: Any = 5
    scoring: str = "accuracy"
    source: str | None = None

    def __post_init__(self):
        for name in ("X", "y", "X_fresh"):
            if getattr(self, f"twin_{name}") is None:
                setattr(self, f"twin_{name}", getattr(self, name))

    def arguments(self):
        """Keyword arguments of `diagnose`."""
        named = ("X_val", "y_val", "groups")
        given = {name: getattr(self, name) for name in named if getattr(self, name) is not None}
        return {**given, "cv": self.cv, "scoring": self.scoring}


@dataclass(frozen=True)
class Fault:
    """One kind of fault, or of clean fit.

    Attributes
    ----------
    name : str
        Its name.
    slugs : tuple of str
        Findings that name it; the first is the main one. Empty for clean fits.
    plant : callable
        From a draw and a dose to a case; None where the draw does not suit.
    models : tuple of str
        Models it is planted into.
    doses : tuple
        Doses, weakest first.
    harm : str
        One of `HARMS`.
    suits : callable or None
        Which tasks it can be planted into.
    effort : str
        The least effort of a report that can see it.
    """

    name: str
    slugs: tuple
    plant: Callable
    models: tuple = MODELS
    doses: tuple = (None,)
    harm: str = "model"
    suits: Callable | None = None
    effort: str = "normal"


@dataclass
class Catalogue:
    """Faults by name, filled by a decorator."""

    faults: dict = field(default_factory=dict)

    def add(self, name, *slugs, **options):
        """Register the decorated function under a name."""

        def register(plant):
            self.faults[name] = Fault(name, slugs, plant, **options)
            return plant

        return register


def most_rows(task):
    """Training rows that the pool of a task can give."""
    return int(POOL_SHARE * len(task.y))


def draw_rows(task, model, n, seed, rng):
    """Training and validation rows from the pool, stratified; None if there are too few."""
    n = min(n, most_rows(task))
    n_val = min(max(N_VAL, int(VAL_SHARE * n)), len(task.y) - n)
    if n * np.bincount(task.y).min() / len(task.y) < MIN_RARE:
        return None
    X, X_val, y, y_val = train_test_split(
        task.X,
        task.y,
        train_size=n,
        test_size=n_val,
        stratify=task.y,
        random_state=int(rng.integers(2**31)),
    )
    return Draw(task, model, n, seed, rng, X, y, X_val, y_val)


def is_binary(task):
    """Two classes."""
    return task.n_classes == 2


def is_even(task):
    """Two classes, neither of them rare."""
    return task.n_classes == 2 and 0.25 <= task.y.mean() <= 0.75


def has_columns(task):
    """Enough columns for one of them to be spoilt."""
    return task.X.shape[1] >= 4


def is_even_with_columns(task):
    """Both of the above."""
    return is_even(task) and has_columns(task)


def is_multiclass(task):
    """Three classes or more."""
    return task.n_classes > 2
