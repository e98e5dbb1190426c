"""What does ``diagnose(effort="normal")`` cost, in fits and beside skore's checks?

On generated data (``--rows`` 10,000 x ``--columns`` 50) and for each model:

- seconds of one fit of the model and of HistGradientBoostingClassifier on all rows, and of the
  whole report out of fold: at most 60 times the dearer fit;
- seconds of skore's ``checks.summarize()``, all checks, on the same model and rows in the same run
  (a line says so if skore is not installed): the report should take at most a fifth, and find
  more;
- what both call an issue.

Run ``python benchmarks/diagnose_normal.py``.
"""

import argparse
import os
import time
import warnings

from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix import diagnose

# The report's time in fits of the dearer of the two models, and skore's in times of the report's.
MOST_FITS, LEAST_SPEED = 60, 5

MODELS = {
    "LR": make_pipeline(StandardScaler(), LogisticRegression()),
    "NB": GaussianNB(),
    "kNN": make_pipeline(StandardScaler(), KNeighborsClassifier(15)),
    "tree": DecisionTreeClassifier(random_state=0),
    "RF": RandomForestClassifier(min_samples_leaf=3, random_state=0),
    "HGB": HistGradientBoostingClassifier(random_state=0),
    "MLP": make_pipeline(StandardScaler(), MLPClassifier((50,), alpha=1.0, random_state=0)),
}


def timed(call):
    """Result of a call and its seconds."""
    start = time.perf_counter()
    result = call()
    return result, time.perf_counter() - start


def skore_report(model, X, y):
    """skore's summary of the same model on a split of the same rows, or None."""
    try:
        import skore
    except ImportError:
        return None
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.2, stratify=y, random_state=0)
    report = skore.EstimatorReport(clone(model), X_train=X, y_train=y, X_test=X_test, y_test=y_test)
    return report.checks.summarize().frame()


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--columns", type=int, default=50)
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=list(MODELS))
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, {options.rows:,} x {options.columns}")
    X, y = make_classification(
        options.rows,
        options.columns,
        n_informative=10,
        weights=[0.8],
        flip_y=0.05,
        random_state=0,
    )
    _, boosting = timed(lambda: HistGradientBoostingClassifier(random_state=0).fit(X, y))
    print("model   fit s   HGB s  report s   fits   skore s  ratio")
    within = True
    for name in options.models:
        model = MODELS[name]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of peers, and of fits that stop early
            _, fit = timed(lambda model=model: clone(model).fit(X, y))
            report, seconds = timed(lambda model=model: diagnose(model, X, y))
            summary, peer = timed(lambda model=model: skore_report(model, X, y))
        fits = seconds / max(fit, boosting)
        within &= fits <= MOST_FITS
        line = f"{name:5s} {fit:7.2f} {boosting:7.2f} {seconds:9.2f} {fits:6.1f}"
        if summary is not None:
            line += f" {peer:9.2f} {peer / seconds:6.2f}"
            within &= peer / seconds >= LEAST_SPEED
        print(line, flush=True)
        print(f"      ours: {[f.name for f in report.issues]}")
        if summary is not None:
            theirs = summary.loc[summary["section"] == "issue", "title"].tolist()
            print(f"      skore: {theirs}", flush=True)
    print("all limits hold" if within else "A LIMIT IS BROKEN")


if __name__ == "__main__":
    main()
