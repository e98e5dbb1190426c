"""What does EarlyStoppingClassifier cost per epoch, and does it stop at a good epoch?

- cost: seconds per epoch beside a bare loop of `partial_fit`, `predict_proba` and
  `sklearn.metrics.log_loss` on the same held-out rows, in the same run. Ours also scores training
  rows, computes a metric and copies the best state, row losses off. Aim: at most 1.2 times as long.
  The last column has `score` (accuracy) in place of the log loss, for information.
- quality: on data bundled with scikit-learn and, with ``--data FOLDER``, on every
  ``FOLDER/<name>.csv.gz`` whose last column is ``target``: log loss of test rows beside the same
  network or linear model trained on *all* training rows for 10, 50 and 200 epochs, of which the
  best *on the test rows* is taken, and beside the network's own early stopping. Aim: on every set
  the loss is at most one standard error of that of the best of the three above it (the rule of one
  standard error of Breiman, Friedman, Olshen and Stone 1984). "paired" is the standard error of the
  difference itself, row by row, a stricter limit that is counted beside it. Errors of splits are
  averaged as if they were independent.

At most ``--rows`` rows of each set, 30 % of them test rows, ``--repeats`` stratified splits. Gaps
are filled with medians, columns scaled, categories one-hot encoded for all arms alike.

Run ``python benchmarks/early_stopping.py [cost] [quality] [--data FOLDER]``. Aims that are missed
are listed at the end, and the exit code is 1.
"""

import os

# Before NumPy is imported: small matrices are slower on several threads.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import sys
import warnings
from functools import partial

import numpy as np
from _imbalanced_data import Halves, read_folder, scaled, subsample
from _peers import best_of, machine
from sklearn.base import clone
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_iris,
    load_wine,
    make_classification,
)
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from sklearn_lossfix import EarlyStoppingClassifier

MAX_COST = 1.2
EPOCHS = (10, 50, 200)
TEST_SHARE = 0.3
MIN_PER_CLASS = 4
LEARNERS = {
    "MLP": MLPClassifier(random_state=0),
    "SGD": SGDClassifier(loss="log_loss", random_state=0),
    # The default schedule makes a curve that jumps by more in an epoch than it falls in ten.
    "SGD c": SGDClassifier(loss="log_loss", learning_rate="constant", eta0=0.01, random_state=0),
}
FLOOR = np.finfo(float).eps


# --- cost -----------------------------------------------------------------------------------------


def bare_loop(estimator, rows, held_out, classes, n_epochs, judge):
    """What everybody writes."""
    model = clone(estimator)
    for _ in range(n_epochs):
        model.partial_fit(*rows, classes=classes)
        judge(model, *held_out, classes)


def by_log_loss(model, X, y, classes):
    """One validation score."""
    return log_loss(y, model.predict_proba(X), labels=classes)


def by_accuracy(model, X, y, classes):
    """Another."""
    return model.score(X, y)


def cost(repeats):
    """Time per epoch beside the bare loop; the aims that are missed."""
    print(f"\nCost per epoch; {machine()}")
    print(
        f"{'rows':>7} {'columns':>7} {'model':5} {'bare ms':>8} {'ours ms':>8} {'ratio':>6} score"
    )
    missed = []
    digits = load_digits(return_X_y=True)
    sets = [make_classification(n, 20, random_state=0) for n in (500, 5_000, 50_000)]
    for X, y in [*sets, digits]:
        n_epochs = 30 if len(y) < 20_000 else 10
        for name in ("MLP", "SGD"):
            estimator = LEARNERS[name]
            # Patience is never at its end: both run for the same number of epochs.
            ours = EarlyStoppingClassifier(
                estimator, max_epochs=n_epochs, patience=n_epochs, random_state=0
            ).fit(X, y)
            held_out = ours.validation_rows_
            train = np.setdiff1d(np.arange(len(y)), held_out)
            arguments = (X[train], y[train]), (X[held_out], y[held_out]), np.unique(y), n_epochs
            seconds = best_of(
                {
                    "bare": partial(bare_loop, estimator, *arguments, by_log_loss),
                    "score": partial(bare_loop, estimator, *arguments, by_accuracy),
                    "ours": partial(ours.fit, X, y),
                },
                repeats,
            )
            ratio, to_score = (seconds["ours"] / seconds[peer] for peer in ("bare", "score"))
            per_epoch = {peer: 1e3 * value / n_epochs for peer, value in seconds.items()}
            print(
                f"{len(y):7,} {X.shape[1]:7} {name:5} {per_epoch['bare']:8.2f} "
                f"{per_epoch['ours']:8.2f} {ratio:6.2f} {to_score:5.2f}"
            )
            if ratio > MAX_COST:
                missed.append(f"cost, {len(y):,} rows, {name}: {ratio:.2f} > {MAX_COST}")
    return missed


# --- quality --------------------------------------------------------------------------------------


def row_losses(proba, y):
    """Log loss of every row."""
    return -np.log(np.clip(proba[np.arange(len(y)), y], FLOOR, 1 - FLOOR))


def of_fixed_epochs(estimator, split):
    """Row losses after each number of epochs, in one training on all training rows."""
    model, losses = clone(estimator).set_params(random_state=np.random.RandomState(0)), {}
    for epoch in range(1, max(EPOCHS) + 1):
        model.partial_fit(split.X, split.y, classes=np.unique(split.y))
        if epoch in EPOCHS:
            losses[epoch] = row_losses(model.predict_proba(split.X_test), split.y_test)
    return losses


def arms(estimator, split, seed):
    """Row losses of everything that is compared, and the epoch that was kept."""
    losses = of_fixed_epochs(estimator, split)
    ours = EarlyStoppingClassifier(estimator, max_epochs=max(EPOCHS), random_state=seed)
    ours.fit(split.X, split.y)
    losses["ours"] = row_losses(ours.predict_proba(split.X_test), split.y_test)
    if isinstance(estimator, MLPClassifier):
        own = clone(estimator).set_params(early_stopping=True, max_iter=max(EPOCHS))
        own.fit(split.X, split.y)
        losses["own"] = row_losses(own.predict_proba(split.X_test), split.y_test)
    return losses, ours.best_epoch_


def splits_of(X, y, n_rows, repeats):
    """Stratified splits, filled and scaled."""
    kept = np.isin(y, np.flatnonzero(np.bincount(y) >= MIN_PER_CLASS))
    X, y = X[kept], np.unique(y[kept], return_inverse=True)[1]
    X, y = subsample(X, y, n_rows)
    for seed in range(repeats):
        X_train, X_test, y_train, y_test = train_test_split(
            X, y, test_size=TEST_SHARE, stratify=y, random_state=seed
        )
        yield scaled(Halves(X_train, y_train, X_test, y_test))


def bundled():
    """Name -> rows and labels."""
    loaders = (load_breast_cancer, load_digits, load_iris, load_wine)
    return {load.__name__.removeprefix("load_"): load(return_X_y=True) for load in loaders}


def quality(folder, n_rows, repeats):
    """Test log loss beside fixed numbers of epochs; the aims that are missed."""
    print(f"\nTest log loss, {repeats} splits, at most {n_rows:,} rows; {machine()}")
    print(
        f"{'data':22} {'model':5} {'10':>7} {'50':>7} {'200':>7} {'own':>7} {'ours':>7} "
        f"{'epoch':>6} {'- best':>8} {'se':>7} {'paired':>7}"
    )
    missed, n_sets = [], 0
    beyond = {kind: dict.fromkeys(LEARNERS, 0) for kind in ("se", "paired")}
    for set_name, (X, y) in {**bundled(), **read_folder(folder)}.items():
        n_sets += 1
        splits = list(splits_of(X, y, n_rows, repeats))
        for name, estimator in LEARNERS.items():
            results = [arms(estimator, split, seed) for seed, split in enumerate(splits)]
            means = {
                arm: np.mean([losses[arm].mean() for losses, _ in results]) for arm in results[0][0]
            }
            best = min(EPOCHS, key=means.get)
            differences = [losses["ours"] - losses[best] for losses, _ in results]
            gap = np.mean([rows.mean() for rows in differences])
            error = mean_error([losses[best] for losses, _ in results])
            paired = mean_error(differences)
            print(
                f"{set_name:22} {name:5} "
                + " ".join(f"{means.get(arm, np.nan):7.4f}" for arm in (*EPOCHS, "own", "ours"))
                + f" {np.median([epoch for _, epoch in results]):6.0f} {gap:8.4f} {error:7.4f} "
                f"{paired:7.4f}",
                flush=True,
            )
            beyond["paired"][name] += int(gap > paired)
            if gap > error:
                beyond["se"][name] += 1
                missed.append(f"{set_name}, {name}: {gap:.4f} above the best, se {error:.4f}")
    print(f"{n_sets} sets. More than one standard error above the best: {beyond['se']}; more than")
    print(f"one paired standard error: {beyond['paired']}")
    return missed


def mean_error(rows_of_splits):
    """Standard error of a mean over splits of means over rows."""
    errors = [rows.std(ddof=1) / np.sqrt(len(rows)) for rows in rows_of_splits]
    return float(np.sqrt(np.mean(np.square(errors)) / len(errors)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", help="cost, quality; both if none is named")
    parser.add_argument("--data", default=None, help="a folder of <name>.csv.gz")
    parser.add_argument("--rows", type=int, default=3_000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    # Networks of 200 epochs without convergence are what is measured here.
    warnings.simplefilter("ignore")
    parts = options.parts or ["cost", "quality"]
    missed = cost(options.repeats) if "cost" in parts else []
    if "quality" in parts:
        missed += quality(options.data, options.rows, options.repeats)
    for line in missed:
        print("missed:", line)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
