"""How fast and how honest are the folds that LeakageCheckedSplit draws anew?

Parts:

- ``group``: folds that keep 200,000 sets of linked rows on one side, beside scikit-learn's
  ``StratifiedGroupKFold``: the drawing alone, and the whole splitter, which judges the folds of the
  wrapped one before. The aim: at least 500 times as fast, with sizes and class shares of the test
  parts that scatter no more. Rows once linked to nobody (every group is one row), once in
  groups of one to five rows.
- ``bias``: accuracy in cross-validation minus the accuracy of the same models on 10,500 fresh
  rows, where 10 % and 30 % of the rows are copies: of the folds as they are, and under "group"
  and "drop". The aim: at most 0.01 after either.

Run ``python benchmarks/leakage_split.py [part ...]``. Aims that are missed are listed at the end,
and the exit code is 1.
"""

import sys
import time
import warnings

import numpy as np
from _peers import machine
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix.model_selection import LeakageCheckedSplit
from sklearn_lossfix.model_selection._policies import linked_components, quotient_split

N_GROUPS = 200_000
SPEED_AIM = 500
BIAS_AIM = 0.01

# Repeats of the data for the table of biases.
N_SETS = 12
N_FRESH = 10_500


def cpu_seconds(call, repeats):
    """Least processor time of several calls, and what the last one gave."""
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        result = call()
        seconds.append(time.process_time() - start)
    return min(seconds), result


def spreads(folds, y):
    """Range of the sizes of test parts, and of their positives, in rows."""
    sizes = [len(test) for _, test in folds]
    positives = [int(y[test].sum()) for _, test in folds]
    return np.ptp(sizes), np.ptp(positives)


def group_part(missed):
    """Time the split of many groups, and compare the balance of its parts."""
    rng = np.random.default_rng(0)
    cv = StratifiedKFold(5, shuffle=True, random_state=0)
    peer = StratifiedGroupKFold(5, shuffle=True, random_state=0)
    sizes = {
        "one row each": np.ones(N_GROUPS, dtype=int),
        "one to five rows": rng.choice(np.arange(1, 6), N_GROUPS, p=[0.9, 0.06, 0.02, 0.01, 0.01]),
    }
    for name, size in sizes.items():
        groups = rng.permutation(np.repeat(np.arange(N_GROUPS), size))
        X, y = np.zeros((len(groups), 1)), (rng.random(len(groups)) < 0.1).astype(int)
        wrapped = LeakageCheckedSplit(cv, on_leak="group", checks=["group_overlap"])
        calls = {
            "quotient": lambda X=X, y=y, groups=groups: list(
                quotient_split(cv, X, y, linked_components([groups], len(y)))
            ),
            "LeakageCheckedSplit": lambda X=X, y=y, groups=groups, wrapped=wrapped: list(
                wrapped.split(X, y, groups)
            ),
        }
        slow, theirs = cpu_seconds(
            lambda X=X, y=y, groups=groups: list(peer.split(X, y, groups)), 1
        )
        their_spread = spreads(theirs, y)
        print(f"{N_GROUPS:,} groups of {name}: StratifiedGroupKFold {slow:.1f} s, test sizes and")
        print(f"  positives range over {their_spread[0]} and {their_spread[1]} rows")
        for which, call in calls.items():
            fast, ours = cpu_seconds(call, 5)
            spread = spreads(ours, y)
            crossing = sum(np.isin(groups[test], groups[train]).sum() for train, test in ours)
            print(
                f"  {which:20} {fast:.3f} s, {slow / fast:,.0f} times as fast; ranges {spread[0]} "
                f"and {spread[1]}; test rows with their group in training: {crossing}"
            )
            if crossing or any(a > max(b, 2) for a, b in zip(spread, their_spread, strict=True)):
                missed.append(f"{which}, {name}: balance {spread} beside {their_spread}")
            if slow / fast < SPEED_AIM:
                missed.append(f"{which}, {name}: {slow / fast:.0f} times, aim {SPEED_AIM}")


def bias(model, cv, X, y, fresh, y_fresh):
    """Accuracy in cross-validation minus that of the same models on fresh rows."""
    gaps = []
    for train, test in cv.split(X, y):
        model.fit(X[train], y[train])
        gaps.append(model.score(X[test], y[test]) - model.score(fresh, y_fresh))
    return float(np.mean(gaps))


def bias_part(missed):
    """Print how much cross-validation promises too much, with and without a policy."""
    models = {
        "tree": DecisionTreeClassifier(random_state=0),
        "1-NN": KNeighborsClassifier(1),
        "forest": RandomForestClassifier(50, random_state=0),
        "logistic": LogisticRegression(max_iter=1000),
    }
    for share in (0.1, 0.3):
        print(f"\n{share:.0%} copies: accuracy in cross-validation minus on fresh rows (+- 2 s.e.)")
        for name, model in models.items():
            gaps = {"ignore": [], "group": [], "drop": []}
            for seed in range(N_SETS):
                X, y = make_classification(
                    1500 + N_FRESH, 20, n_informative=6, flip_y=0.15, random_state=seed
                )
                fresh, y_fresh, X, y = X[1500:], y[1500:], X[:1500], y[:1500]
                twice = np.random.default_rng(seed).permutation(1500)[: int(1500 * share)]
                X, y = np.vstack([X, X[twice]]), np.concatenate([y, y[twice]])
                base = StratifiedKFold(5, shuffle=True, random_state=seed)
                for on_leak, values in gaps.items():
                    cv = LeakageCheckedSplit(base, on_leak=on_leak)
                    values.append(bias(model, cv, X, y, fresh, y_fresh))
            cells = []
            for on_leak, values in gaps.items():
                mean, error = np.mean(values), 2 * np.std(values, ddof=1) / np.sqrt(N_SETS)
                cells.append(f"{on_leak} {mean:+.3f} +- {error:.3f}")
                if on_leak != "ignore" and abs(mean) > BIAS_AIM:
                    missed.append(f"{name}, {share:.0%}, {on_leak}: bias {mean:+.3f}")
            print(f"  {name:9} {'   '.join(cells)}")


PARTS = {"group": group_part, "bias": bias_part}


def main():
    """Run the parts that were asked for, or all."""
    warnings.simplefilter("error")
    print(machine())
    missed = []
    for name in sys.argv[1:] or PARTS:
        PARTS[name](missed)
    print("\nAims missed: " + ("none." if not missed else ""))
    for line in missed:
        print(f"  {line}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
