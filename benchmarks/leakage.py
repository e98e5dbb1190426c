"""How well, and how fast, do checks of leakage find what leaks?

Parts, each with its aims:

- ``duplicates``: equal rows of 1,000,000 x 50 numbers from the same array, beside
  ``pandas.DataFrame.duplicated``, polars (``is_duplicated`` and a group-by of row hashes) and
  cleanlab's ``near_duplicate`` issues where it is installed (fewer rows: it compares all pairs).
  At least 10 times as fast as pandas and 2 times as fast as the faster way of polars; peak memory
  at most half of the table.
- ``natural``: tables whose rows repeat by chance, and the same with a tenth of copies. No more
  false alarms than alpha allows (95 % Wilson bound), and never silence where copies were planted.

Run ``python benchmarks/leakage.py [PART ...] [--quick]``. Aims that are missed are listed at the
end, and the exit code is 1.
"""

import argparse
import sys
import warnings

import numpy as np
from _natural_tables import NATURAL_TABLES
from _peers import best_of, machine, optional, peak_bytes
from sklearn.model_selection import KFold

from sklearn_lossfix.model_selection.leakage._duplicate_groups import find_duplicate_groups
from sklearn_lossfix.model_selection.leakage._split_data import LeakageOptions, SplitData
from sklearn_lossfix.model_selection.leakage._table import Table
from sklearn_lossfix.model_selection.leakage.exact_duplicates import ExactDuplicates

PANDAS_AIM, POLARS_AIM = 10, 2
MEMORY_SHARE = 0.5
CLEANLAB_ROWS = 10_000
ALPHA = 0.001
COPIES = 0.1


# --- duplicates -----------------------------------------------------------------------------------


def repeated_numbers(rng, n_rows, n_columns=50):
    """Numbers of which two rows in a hundred are copies and one in a thousand has a gap."""
    X = rng.normal(size=(n_rows, n_columns))
    n_copies = n_rows // 50
    X[-n_copies:] = X[:n_copies]
    X[::1000, 3] = np.nan
    return X[rng.permutation(n_rows)]


def few_levels(rng, n_rows):
    """Five columns of three levels: every row has thousands of equals."""
    return rng.integers(0, 3, (n_rows, 5)).astype(float)


def duplicate_peers(X, pandas, polars):
    """What finds equal rows of an array, by name, from the array to an answer per row."""
    calls = {}
    if pandas is not None:
        calls["pandas"] = lambda: pandas.DataFrame(X).duplicated(keep=False).to_numpy()
    if polars is not None:
        calls["polars is_duplicated"] = lambda: polars.DataFrame(X).is_duplicated().to_numpy()
        calls["polars hash_rows"] = lambda: (
            polars.DataFrame({"key": polars.DataFrame(X).hash_rows()}).is_duplicated().to_numpy()
        )
    return calls


def duplicates(quick, missed):
    """Time and memory of exact duplicates beside peers."""
    rng = np.random.default_rng(0)
    pandas, polars, cleanlab = (optional(name) for name in ("pandas", "polars", "cleanlab"))
    scale = 10 if quick else 1
    tables = {
        f"{1_000_000 // scale:,} x 50 numbers": repeated_numbers(rng, 1_000_000 // scale),
        f"{1_000_000 // scale:,} x 50, F order": np.asfortranarray(
            repeated_numbers(rng, 1_000_000 // scale)
        ),
        f"{1_000_000 // scale:,} x 5 of 3 levels": few_levels(rng, 1_000_000 // scale),
    }
    for name, X in tables.items():
        calls = {"ours": lambda X=X: find_duplicate_groups(X), **duplicate_peers(X, pandas, polars)}
        groups = find_duplicate_groups(X)
        answer = np.bincount(groups)[groups] > 1
        for peer, call in calls.items():
            if peer not in ("ours", "polars hash_rows") and not (call() == answer).all():
                missed.append(f"{name}: {peer} finds other rows than we do")
        seconds = best_of(calls, repeats=3)
        peak = peak_bytes(lambda X=X: find_duplicate_groups(X)) / X.nbytes
        beside = "  ".join(f"{k} x{v / seconds['ours']:.1f}" for k, v in seconds.items())
        print(f"{name:26s} {seconds['ours']:.2f} s, peak {peak:.2f} of the table; {beside}")
        if "F order" in name or "levels" in name:
            continue
        if pandas is not None and seconds["pandas"] < PANDAS_AIM * seconds["ours"]:
            missed.append(f"{name}: less than {PANDAS_AIM} times as fast as pandas")
        fastest = min((v for k, v in seconds.items() if k.startswith("polars")), default=np.inf)
        if fastest < POLARS_AIM * seconds["ours"]:
            missed.append(f"{name}: less than {POLARS_AIM} times as fast as polars")
        if peak > MEMORY_SHARE:
            missed.append(f"{name}: peak of {peak:.2f} of the table > {MEMORY_SHARE}")
    whole_check(tables)
    if cleanlab is not None:
        beside_cleanlab(rng)


def whole_check(tables):
    """The check with its null model, beside the exact pass."""
    for name, X in tables.items():
        folds = tuple(KFold(5, shuffle=True, random_state=0).split(X))
        seconds = best_of(
            {
                "pass": lambda X=X: Table.read(X).equal_labels,
                "check": lambda X=X, folds=folds: ExactDuplicates().run(
                    SplitData(Table.read(X), folds), {}
                ),
            },
            repeats=2,
        )
        print(f"{name:26s} whole check x{seconds['check'] / seconds['pass']:.1f} of the exact pass")


def beside_cleanlab(rng):
    """Cleanlab compares all pairs of rows, so that it gets fewer."""
    from cleanlab import Datalab

    X = np.nan_to_num(repeated_numbers(rng, CLEANLAB_ROWS))

    def issues():
        lab = Datalab({"row": np.arange(len(X))}, verbosity=0)
        lab.find_issues(features=X, issue_types={"near_duplicate": {}})

    seconds = best_of({"ours": lambda: find_duplicate_groups(X), "cleanlab": issues}, repeats=2)
    print(f"{CLEANLAB_ROWS:,} x 50: cleanlab x{seconds['cleanlab'] / seconds['ours']:.0f}")


# --- natural twins --------------------------------------------------------------------------------


def answer(X):
    """What the check says about a table and five folds."""
    folds = tuple(KFold(5, shuffle=True, random_state=0).split(X))
    data = SplitData(Table.read(X), folds, options=LeakageOptions(alpha=ALPHA))
    return ExactDuplicates().run(data, {})


def wilson_bound(n_hits, n, z=1.96):
    """Lower 95 % Wilson bound of a rate."""
    rate = n_hits / n
    spread = z * np.sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2))
    return (rate + z**2 / (2 * n) - spread) / (1 + z**2 / n)


def natural(quick, missed):
    """False alarms by kind of clean table, and what is said about a tenth of copies."""
    n_seeds, n_rows = (3, 1000) if quick else (40, 1000)
    print(f"{n_rows:,} rows, {n_seeds} tables of each kind; copies: {COPIES:.0%} of the rows")
    print(f"{'':30s}   clean: alarm, could not tell, clean   copies: alarm, could not tell, silent")
    n_alarms = n_silent = 0
    for kind, make in NATURAL_TABLES.items():
        said = {"clean": [], "copies": []}
        for seed in range(n_seeds):
            rng = np.random.default_rng([seed, *kind.encode()])
            X = make(rng, n_rows)
            said["clean"].append(answer(X).found)
            order, n_copies = rng.permutation(n_rows), int(COPIES * n_rows)
            X[order[:n_copies]] = X[order[n_copies : 2 * n_copies]]
            said["copies"].append(answer(X).found)
        rows = [[found.count(value) for value in (True, None, False)] for found in said.values()]
        print(f"{kind:30s}   {rows[0]!s:35s}   {rows[1]}", flush=True)
        n_alarms += rows[0][0]
        n_silent += rows[1][2]
    n_clean = n_seeds * len(NATURAL_TABLES)
    print(f"{n_alarms} false alarms in {n_clean:,} clean tables; {n_silent} silent on copies")
    if wilson_bound(n_alarms, n_clean) > ALPHA:
        missed.append(f"natural: {n_alarms} false alarms in {n_clean} at alpha {ALPHA}")
    if n_silent:
        missed.append(f"natural: silent on copies in {n_silent} tables")


PARTS = {"duplicates": duplicates, "natural": natural}


def main():
    """Run the parts asked for; exit with 1 where an aim was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all")
    parser.add_argument("--quick", action="store_true", help="fewer rows and seeds")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown parts {sorted(unknown)}; there are {', '.join(PARTS)}")
    warnings.simplefilter("ignore")  # those of peers
    print(machine())
    missed = []
    for part in options.parts or PARTS:
        print(f"\n{part}")
        PARTS[part](options.quick, missed)
    print("\nAims missed: " + ("none." if not missed else ""))
    for line in missed:
        print(f"  {line}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
