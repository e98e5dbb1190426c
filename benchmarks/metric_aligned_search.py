"""How fast is MetricAlignedSearchCV, beside scikit-learn's and Optuna's searches?

Every table is one task: the same estimator, candidates, folds and metric (F1) for all, one thread,
one process, the median of several runs taken in turn. "nested" tunes the threshold of every
candidate, ``GridSearchCV(TunedThresholdClassifierCV(...))``; "tune after" puts the search into
``TunedThresholdClassifierCV``; "nested, fast metric" is nested with a function that gives what
`f1_score` gives in a hundredth of the time, which shows how much of the time is fits. Plain
``GridSearchCV`` and Optuna tune no threshold. Shown per method: seconds, how many times as long as
ours, calls of fit of the estimator and of the first step of a Pipeline, and F1 on fresh rows. The
aims:

- at least 6 times as fast as nested on 20,000 rows x 30 columns;
- at least 30 times as fast as nested on 500 rows;
- at least twice as fast as `GridSearchCV` on Pipelines whose first steps take most of the time;
- at least 2.5 times as fast as `GridSearchCV` where candidates differ in `max_iter` of boosting.

Optuna is a peer where it is installed: ``pip install optuna optuna-integration``. Run
``python benchmarks/metric_aligned_search.py [PART ...] [--quick]``. Aims that are missed are listed
at the end, and the exit code is 1.
"""

import argparse
import contextlib
import functools
import statistics
import sys
import tempfile
import time
import warnings
from importlib.metadata import version
from typing import NamedTuple

import numpy as np
from _peers import machine, optional
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import GridSearchCV, StratifiedKFold, TunedThresholdClassifierCV
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from sklearn_lossfix import MetricAlignedSearchCV

SCORING = "f1"
SEED = 0
N_FRESH = 5_000
QUICK_ROWS = 1_500
# Methods that take longer than this are run once.
SHORT_SECONDS = 20
NESTED_AIM, SMALL_AIM, PREFIX_AIM, PATH_AIM = 6, 30, 2, 2.5


class Task(NamedTuple):
    """What all methods search, on the same rows.

    Attributes
    ----------
    estimator : estimator
        What is tuned.
    grid : dict of str to list
        Candidates.
    X, y, X_fresh, y_fresh : array-like
        Rows to learn from and to judge by.
    peer : str
        The method that the aim is about.
    aim : float
        How many times as long it shall take.
    """

    estimator: object
    grid: dict
    X: object
    y: np.ndarray
    X_fresh: object
    y_fresh: np.ndarray
    peer: str
    aim: float


# --- tasks ----------------------------------------------------------------------------------------


def rows(n_rows, n_columns=30):
    """Rows to learn from and fresh ones, one in ten positive."""
    X, y = make_classification(
        n_rows + N_FRESH,
        n_columns,
        n_informative=8,
        weights=[0.9],
        flip_y=0.03,
        class_sep=0.8,
        random_state=SEED,
    )
    return X[:n_rows], y[:n_rows], X[n_rows:], y[n_rows:]


def documents(n_rows):
    """Texts of made-up words; in one of ten some words are more frequent than in the others."""
    rng = np.random.default_rng(SEED)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    words = np.array(["".join(rng.choice(letters, rng.integers(2, 10))) for _ in range(3000)])
    share = 1 / np.arange(1, len(words) + 1)
    tilted = share * np.exp(rng.normal(scale=0.5, size=len(words)))
    y = (rng.random(n_rows + N_FRESH) < 0.1).astype(int)
    texts = [
        " ".join(rng.choice(words, 60, p=p / p.sum())) for p in (tilted if k else share for k in y)
    ]
    return texts[:n_rows], y[:n_rows], texts[n_rows:], y[n_rows:]


def boosting(**parameters):
    """The boosting of every task."""
    return HistGradientBoostingClassifier(early_stopping=False, random_state=SEED, **parameters)


def pipeline(step):
    """A costly first step before a quick classifier."""
    return Pipeline([("first", step), ("last", LogisticRegression(max_iter=300))])


def large(quick):
    """Many rows: nearly all of the time is fits."""
    data = rows(QUICK_ROWS if quick else 20_000)
    C = {"C": [0.01, 0.1, 1, 100]}
    depth = {"learning_rate": [0.05, 0.2], "max_leaf_nodes": [7, 31]}
    yield "LogisticRegression", Task(LogisticRegression(), C, *data, "nested", NESTED_AIM)
    model = boosting(max_iter=10 if quick else 50)
    yield "HistGradientBoosting", Task(model, depth, *data, "nested", NESTED_AIM)


def small(quick):
    """Few rows: most of the time of nested tuning is calls of the metric."""
    grid = {"C": [0.01, 0.1, 1, 100]}
    yield "LogisticRegression", Task(LogisticRegression(), grid, *rows(500), "nested", SMALL_AIM)


def prefix(quick):
    """Candidates that share a costly first step."""
    grid = {"last__C": [0.01, 0.1, 1, 10, 100]}
    n_rows = QUICK_ROWS if quick else 5_000
    steps = {
        "TfidfVectorizer of characters": TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, 4), max_features=3000
        ),
        "Nystroem": Nystroem(n_components=300, random_state=SEED),
        "PCA of 400 columns": PCA(20, svd_solver="full"),
    }
    for name, step in steps.items():
        data = documents(n_rows) if "Tfidf" in name else rows(n_rows, 400 if "PCA" in name else 30)
        yield name, Task(pipeline(step), grid, *data, "GridSearchCV", PREFIX_AIM)


def path(quick):
    """Candidates that only train longer."""
    grid = {"max_iter": [10, 20, 30, 40, 50] if quick else [40, 80, 120, 160, 200]}
    data = rows(QUICK_ROWS if quick else 20_000)
    yield "HistGradientBoosting", Task(boosting(), grid, *data, "GridSearchCV", PATH_AIM)


PARTS = {"large": large, "small": small, "prefix": prefix, "path": path}


# --- methods --------------------------------------------------------------------------------------


def fast_f1(y_true, y_pred):
    """What `f1_score` gives for labels 0 and 1."""
    together = np.count_nonzero(y_true & y_pred)
    either = np.count_nonzero(y_true) + np.count_nonzero(y_pred)
    return 2 * together / either if either else 0.0


def methods(task, optuna, folder):
    """Name -> a function that makes the unfitted search."""
    cv = StratifiedKFold(5, shuffle=True, random_state=SEED)
    estimator, grid = task.estimator, task.grid
    inside = {f"estimator__{name}": values for name, values in grid.items()}

    def tuned(model, scoring=SCORING):
        return TunedThresholdClassifierCV(model, scoring=scoring)

    def searched(model, grid, scoring=SCORING):
        return GridSearchCV(model, grid, scoring=scoring, cv=cv)

    made = {
        "ours": lambda: MetricAlignedSearchCV(
            clone(estimator), grid, scoring=SCORING, cv=cv, random_state=SEED
        ),
        "GridSearchCV": lambda: searched(clone(estimator), grid),
    }
    if isinstance(estimator, Pipeline):
        made["GridSearchCV, memory"] = lambda: searched(
            clone(estimator).set_params(memory=tempfile.mkdtemp(dir=folder)), grid
        )
    if optuna is not None:
        made["Optuna"] = lambda: optuna_search(optuna, clone(estimator), grid, cv)
    if task.peer == "nested":
        fast = make_scorer(fast_f1)
        made["tune after"] = lambda: tuned(searched(clone(estimator), grid))
        made["nested"] = lambda: searched(tuned(clone(estimator)), inside)
        made["nested, fast metric"] = lambda: searched(tuned(clone(estimator), fast), inside, fast)
    return made


def optuna_search(modules, estimator, grid, cv):
    """Optuna's search over the same candidates, each once."""
    optuna, integration = modules
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.GridSampler(grid, seed=SEED)
    )
    spaces = {
        name: optuna.distributions.CategoricalDistribution(values) for name, values in grid.items()
    }
    n_trials = int(np.prod([len(values) for values in grid.values()]))
    return integration.OptunaSearchCV(
        estimator, spaces, cv=cv, n_trials=n_trials, scoring=SCORING, study=study
    )


# --- measuring ------------------------------------------------------------------------------------


@contextlib.contextmanager
def counting(cls, names=("fit", "fit_transform")):
    """Count the outermost calls of some methods of a class; the last item is the number."""
    calls, depth = [0], [0]

    def counted(method):
        @functools.wraps(method)
        def call(self, *args, **kwargs):
            calls[0] += depth[0] == 0
            depth[0] += 1
            try:
                return method(self, *args, **kwargs)
            finally:
                depth[0] -= 1

        return call

    own = {name: vars(cls)[name] for name in names if name in vars(cls)}
    wrapped = [name for name in names if hasattr(cls, name)]
    for name in wrapped:
        setattr(cls, name, counted(getattr(cls, name)))
    try:
        yield calls
    finally:
        for name in wrapped:
            delattr(cls, name)
        for name, method in own.items():
            setattr(cls, name, method)


def counted_classes(estimator):
    """The classifier, and the first step of a Pipeline."""
    if isinstance(estimator, Pipeline):
        return [type(estimator[-1]), type(estimator[0])]
    return [type(estimator)]


def run_once(make, task):
    """Seconds, numbers of fits, and F1 on fresh rows of one search."""
    with contextlib.ExitStack() as stack:
        counts = [stack.enter_context(counting(cls)) for cls in counted_classes(task.estimator)]
        search = make()
        start = time.perf_counter()
        search.fit(task.X, task.y)
        seconds = time.perf_counter() - start
    return seconds, [count[0] for count in counts], f1_score(task.y_fresh, predicted(search, task))


def predicted(search, task):
    """Labels of fresh rows."""
    fitted = getattr(search, "best_estimator_", search)
    return (search if hasattr(search, "predict") else fitted).predict(task.X_fresh)


def measure(task, optuna, repeats):
    """Median seconds, fits and F1 of every method; long runs are not repeated."""
    seconds, last = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        made = methods(task, optuna, folder)
        for _ in range(repeats):
            for name, make in made.items():
                if name in seconds and seconds[name][0] > SHORT_SECONDS:
                    continue
                spent, *last[name] = run_once(make, task)
                seconds.setdefault(name, []).append(spent)
    return {name: (statistics.median(spent), *last[name]) for name, spent in seconds.items()}


def compare(part, name, task, optuna, repeats, missed):
    """Measure one task, print its table and note a missed aim."""
    n_candidates = int(np.prod([len(values) for values in task.grid.values()]))
    print(f"\n{part}: {name}, {len(task.y):,} rows, {n_candidates} candidates, 5 folds", flush=True)
    found = measure(task, optuna, repeats)
    ours = found["ours"][0]
    for method, (seconds, fits, f1) in found.items():
        counted = f"{fits[0]}" + (f" + {fits[1]} of the first step" if len(fits) > 1 else "")
        print(
            f"  {method:22s}{seconds:9.3f} s  x{seconds / ours:7.2f}  fits {counted:26s} "
            f"F1 {f1:.3f}",
            flush=True,
        )
    ratio = found[task.peer][0] / ours
    if ratio < task.aim:
        missed.append(f"{part}, {name}: x{ratio:.2f} of {task.peer} < {task.aim}")


def peers():
    """Optuna's two modules, or None."""
    modules = [optional(name) for name in ("optuna", "optuna_integration")]
    if None in modules:
        return None
    print(f"Optuna {version('optuna')}, optuna-integration {version('optuna-integration')}")
    return modules


def main():
    """Run the parts asked for; exit with 1 where an aim was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all")
    parser.add_argument("--quick", action="store_true", help="few rows, each method once")
    parser.add_argument("--repeats", type=int, default=3, help="runs of what is short")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown part {', '.join(unknown)}: expected some of {', '.join(PARTS)}")
    print(f"{machine()}, one thread, seed {SEED}")
    # Warnings of peers, and of fits that end early, are not measured.
    warnings.simplefilter("ignore")
    optuna, missed = peers(), []
    with threadpool_limits(1):
        for part in options.parts or PARTS:
            for name, task in PARTS[part](options.quick):
                repeats = 1 if options.quick else options.repeats
                compare(part, name, task, optuna, repeats, missed)
    print("\nAims missed: " + ("none." if not missed else ""))
    for line in missed:
        print(f"  {line}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
