"""How fast and how large is the fast path, beside scikit-learn's metrics and beside skore?

- ``diagnose_predictions`` at 100,000 rows, 2 and 10 classes, against ``log_loss`` plus
  ``roc_auc_score`` (one-vs-rest) on the same scores in the same run: at most 15 times the time.
- Ten times the rows: at most 14 times the time.
- Peak memory, as tracemalloc sees it: at most 16 float64 vectors of n rows for 2 classes, 3
  times the score matrix for 10.
- ``diagnose(effort="fast")`` beside skore's ``checks.summarize(fast_mode=True)`` on the same model
  and data; skipped with a line if skore is not installed.

Run ``python benchmarks/diagnose_fast.py``; the best of several runs is taken on both sides.
"""

import os
import sys
import warnings
from functools import partial

import numpy as np
from _peers import best_seconds, peak_bytes
from scipy.special import softmax
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB

from sklearn_lossfix import diagnose, diagnose_predictions

MAX_TIME_RATIO, MAX_GROWTH = 15, 14
MAX_VECTORS, MAX_MATRICES = 16, 3


def scores(n_rows, n_classes, seed=0):
    """Over-confident probabilities with the labels they should have had."""
    rng = np.random.default_rng(seed)
    z = rng.normal(0, 1.5, (n_rows, n_classes))
    y = (softmax(z, axis=1).cumsum(axis=1) > rng.random((n_rows, 1))).argmax(axis=1)
    return y, softmax(1.4 * z, axis=1)


def peer(y, proba):
    """What everybody computes: log loss and one-vs-rest AUC."""
    log_loss(y, proba)
    if proba.shape[1] == 2:
        return roc_auc_score(y, proba[:, 1])
    return roc_auc_score(y, proba, multi_class="ovr")


def beside_metrics():
    """Time, growth and memory beside scikit-learn's metrics; True if all limits hold."""
    print("classes     rows  metrics s   ours s  ratio      peak")
    good = True
    for n_classes in (2, 10):
        seconds = {}
        for n_rows in (10_000, 100_000):
            y, proba = scores(n_rows, n_classes)
            theirs = best_seconds(partial(peer, y, proba))
            seconds[n_rows] = best_seconds(partial(diagnose_predictions, y, proba))
            peak = peak_bytes(partial(diagnose_predictions, y, proba))
            unit, size, limit = (
                ("n-vectors", 8 * n_rows, MAX_VECTORS)
                if n_classes == 2
                else ("score matrices", proba.nbytes, MAX_MATRICES)
            )
            print(
                f"{n_classes:7d} {n_rows:8,d} {theirs:10.3f} {seconds[n_rows]:8.3f} "
                f"{seconds[n_rows] / theirs:6.1f} {peak / size:9.1f} {unit}"
            )
            if n_rows == 100_000:
                good &= seconds[n_rows] / theirs <= MAX_TIME_RATIO and peak / size <= limit
        growth = seconds[100_000] / seconds[10_000]
        good &= growth <= MAX_GROWTH
        print(f"        ten times the rows: {growth:.1f} times the time")
    return good


def beside_skore():
    """Time and findings beside skore: each fits the same model once and judges the same rows."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import skore
    except ImportError:
        print("skore is not installed: `pip install skore` to run this part")
        return
    X, y = load_breast_cancer(return_X_y=True)
    X, X_val, y, y_val = train_test_split(X, y, test_size=0.5, stratify=y, random_state=0)
    model = GaussianNB()

    def theirs():
        report = skore.EstimatorReport(
            clone(model), X_train=X, y_train=y, X_test=X_val, y_test=y_val
        )
        return report.checks.summarize(fast_mode=True)

    def ours():
        fitted = clone(model).fit(X, y)
        return diagnose(fitted, X, y, X_val=X_val, y_val=y_val, effort="fast")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer_seconds, our_seconds = best_seconds(theirs), best_seconds(ours)
        summary, report = theirs().frame(), ours()
    print(
        f"\nskore {skore.__version__} fast checks {peer_seconds:.3f} s, ours {our_seconds:.3f} s: "
        f"{peer_seconds / our_seconds:.1f} times as fast"
    )
    theirs_found = summary.loc[summary["section"] == "issue", "title"].tolist()
    print(f"issues of skore: {theirs_found}; ours: {[f.name for f in report.issues]}")


if __name__ == "__main__":
    print(f"{os.cpu_count()} cores")
    within = beside_metrics()
    beside_skore()
    print("all limits hold" if within else "A LIMIT IS BROKEN")
    sys.exit(0 if within else 1)
