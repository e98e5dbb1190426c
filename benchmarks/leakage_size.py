"""How often does the audit of LeakageCheckedSplit call a clean table leaky?

Small tables of six kinds that hold no leak, 1,000 of each: one-hot blocks beside numbers, rounded
numbers, categories of Zipf frequencies, the rows of an AR(1) process in their order, heavy tails,
and numbers beside categories. In every second table the labels know nothing of the columns, which
is least favourable to the test of selected columns. Each is audited by all checks over five
stratified folds at alpha = .001 after Holm's correction; any finding counts, notes and those of
severity "info" too.

Aim: in no kind, and not over all, is the share of flagged audits above alpha by more than chance
explains (its 95 % Wilson lower bound is at most alpha). What ends in "could not tell" is counted by
check; a table kind in which no check could tell would be no evidence.

Run ``python benchmarks/leakage_size.py [--simulations N] [--first-seed N]``. Aims that are missed
are listed at the end, and the exit code is 1.
"""

import argparse
import sys
import time
import warnings
from collections import Counter

import numpy as np
import pandas as pd
from _peers import machine
from _planted_leaks import labels_of
from sklearn.model_selection import StratifiedKFold

from sklearn_lossfix._core._paired_tests import wilson_interval
from sklearn_lossfix.model_selection import LeakageCheckedSplit

ALPHA = 0.001
N_ROWS, N_COLUMNS = 300, 6
# Seeds that nothing was developed on.
FIRST_SEED = 5000

ZIPF = 1 / np.arange(1, 13) ** 1.2


def one_hot(rng):
    """Two categories as indicators, and numbers beside them."""
    codes = rng.integers(0, 4, (N_ROWS, 2))
    indicators = (codes[:, :, None] == np.arange(4)).reshape(N_ROWS, -1).astype(float)
    return np.hstack([indicators, rng.normal(size=(N_ROWS, N_COLUMNS - 2))])


def rounded(rng):
    """Numbers rounded to a tenth of their standard deviation."""
    return np.round(rng.normal(size=(N_ROWS, N_COLUMNS)), 1)


def zipf(rng):
    """Categories, a few frequent and many rare."""
    return rng.choice(len(ZIPF), (N_ROWS, N_COLUMNS), p=ZIPF / ZIPF.sum()).astype(float)


def series(rng):
    """Rows of an AR(1) process in their order."""
    X = rng.normal(size=(N_ROWS, N_COLUMNS))
    for row in range(1, N_ROWS):
        X[row] = 0.9 * X[row - 1] + np.sqrt(1 - 0.9**2) * X[row]
    return X


def heavy_tails(rng):
    """Columns of a t law with two degrees of freedom."""
    return rng.standard_t(2, (N_ROWS, N_COLUMNS))


def mixed(rng):
    """Numbers, one of them with gaps, beside texts and counts."""
    X = pd.DataFrame(rng.normal(size=(N_ROWS, N_COLUMNS - 3))).add_prefix("c")
    X.loc[rng.random(N_ROWS) < 0.1, "c0"] = np.nan
    X["visits"] = rng.poisson(3, N_ROWS)
    for name, n_levels in (("colour", 4), ("place", 12)):
        X[name] = np.char.add(f"{name} ", rng.integers(n_levels, size=N_ROWS).astype(str))
    return X


TABLES = {
    "one-hot": one_hot,
    "rounded": rounded,
    "Zipf categories": zipf,
    "AR(1)": series,
    "heavy tails": heavy_tails,
    "mixed": mixed,
}


def audit(name, seed):
    """Names of the checks that flag one clean table, and of those that could not tell."""
    rng = np.random.default_rng([seed, *name.encode()])
    X = TABLES[name](rng)
    numbers = X.select_dtypes("number").fillna(0).to_numpy() if hasattr(X, "columns") else X
    score = np.tanh(numbers - np.median(numbers, axis=0)) @ rng.normal(size=numbers.shape[1])
    y = labels_of(score if seed % 2 else rng.normal(size=N_ROWS), rng)
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    evidence = LeakageCheckedSplit(folds, alpha=ALPHA, random_state=seed)._split_evidence(
        X, y, groups=None, times=None, estimator=None, scoring=None
    )
    flagged = [leak.check for leak in evidence.leaks if leak.found]
    doubts = [leak.check for leak in evidence.leaks if leak.found is None]
    return flagged, doubts


def report(name, n_flagged, n, missed):
    """One line of a table; notes a missed aim."""
    low, high = wilson_interval(n_flagged / n, n)
    share = f"{n_flagged / n:7.2%} [{low:.3%}, {high:.3%}]"
    print(f"{name:18}{n:7}{n_flagged:9}   {share}", flush=True)
    if low > ALPHA:
        missed.append(f"{name}: {n_flagged} of {n} flagged, more than {ALPHA:.1%}")


def main():
    """Simulate."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--simulations", type=int, default=1000)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # what is planted makes steps of scikit-learn warn
    print(machine())
    print(f"{N_ROWS} rows, alpha = {ALPHA:g} per audit")
    print(f"{'table':18}{'audits':>7}{'flagged':>9}   share [95 % Wilson]")
    start, missed, total = time.process_time(), [], 0
    alarms, doubts = [], {name: Counter() for name in TABLES}
    for name in TABLES:
        n_flagged = 0
        for seed in range(options.first_seed, options.first_seed + options.simulations):
            flagged, undecided = audit(name, seed)
            n_flagged += bool(flagged)
            doubts[name].update(undecided)
            alarms += [f"{name}, seed {seed}: {', '.join(flagged)}"] if flagged else []
        total += n_flagged
        report(name, n_flagged, options.simulations, missed)
    report("all", total, len(TABLES) * options.simulations, missed)
    print("\nflagged:" + ("" if alarms else " none"))
    for alarm in alarms:
        print(f"  {alarm}")
    print("\ncould not tell, share of the audits")
    for name, counts in doubts.items():
        spoken = ", ".join(
            f"{check} {k / options.simulations:.0%}" for check, k in counts.most_common()
        )
        print(f"  {name}: {spoken or 'none'}")
    print(f"\n{time.process_time() - start:.0f} s of processor time")
    print("Aims missed: " + ("none." if not missed else ""))
    for line in missed:
        print(f"  {line}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
