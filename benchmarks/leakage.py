"""How well, and how fast, do checks of leakage find what leaks?

Parts, each with its aims:

- ``duplicates``: equal rows of 1,000,000 x 50 numbers from the same array, beside
  ``pandas.DataFrame.duplicated``, polars (``is_duplicated`` and a group-by of row hashes) and
  cleanlab's ``near_duplicate`` issues where it is installed (fewer rows: it compares all pairs).
  At least 10 times as fast as pandas and 2 times as fast as the faster way of polars; peak memory
  at most half of the table.
- ``split``: the checks that run inside `split`, on 1,000,000 x 50 numbers, with copies and without:
  at most 8 times as long as the exact pass over the same table, and a peak memory of at most 1.5
  of the table.
- ``small``: the same and the whole audit on 10,000 x 50, beside a logistic regression in five
  folds: the checks of `split` at most a tenth of it, and at most 60 ms.
- ``audit``: all checks, without fits, of tables of 100,000 x 50: at most twice the time of one
  ``HistGradientBoostingClassifier().fit`` on the same table.
- ``peers``: cleanlab's near duplicates and deepchecks' ``TrainTestSamplesMix``, each in a Python of
  its own (``--cleanlab-python``, ``--deepchecks-python``), on columns of few levels without copies
  and on planted copies: time and what is flagged. At least 10 times as fast, all copies found and
  nothing flagged in the clean table.
- ``natural``: tables whose rows repeat by chance, and the same with a tenth of copies. No more
  false alarms than alpha allows (95 % Wilson bound), and never silence where copies were planted.

Run ``python benchmarks/leakage.py [PART ...] [--quick]``. Times of ``duplicates`` are wall times,
all others processor times. All but polars works with one thread: the processor time of several
counts how long they wait for one another, which on a busy machine has no end. Each part takes less
than four minutes. Aims that are missed are listed at the end, and the exit code is 1.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from time import process_time

import numpy as np
from _natural_tables import NATURAL_TABLES
from _peers import best_of, best_seconds, machine, optional, peak_bytes
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from sklearn_lossfix.model_selection import LeakageCheckedSplit
from sklearn_lossfix.model_selection.leakage._duplicate_groups import find_duplicate_groups
from sklearn_lossfix.model_selection.leakage._split_data import LeakageOptions, SplitData
from sklearn_lossfix.model_selection.leakage._table import Table
from sklearn_lossfix.model_selection.leakage.exact_duplicates import ExactDuplicates
from sklearn_lossfix.model_selection.leakage.near_duplicates import NearDuplicates

PANDAS_AIM, POLARS_AIM = 10, 2
MEMORY_SHARE = 0.5
CLEANLAB_ROWS = 10_000
# The checks of `split` in exact passes, their memory in tables, and their share of the time of a
# cross-validated logistic regression; and their seconds on 10,000 x 50.
PASSES_AIM, SPLIT_MEMORY_AIM, LOGISTIC_SHARE, SMALL_SECONDS = 8, 1.5, 0.1, 0.06
# An audit in fits of gradient boosting; how often as fast as peers.
FITS_AIM, PEER_AIM = 2, 10
# Pythons of peers that do not go with this one, from the command line.
PYTHONS = {"cleanlab": None, "deepchecks": None}
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


# --- the checks of a split, and an audit ---------------------------------------------------------


def split_once(X, y=None, cv=None):
    """The folds of a splitter that has not seen the table before; leaks are not told."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(LeakageCheckedSplit(cv or KFold(5)).split(X, y))


def split(quick, missed):
    """The checks inside `split` beside the exact pass."""
    rng = np.random.default_rng(0)
    n_rows = 100_000 if quick else 1_000_000
    makers = {
        "numbers": lambda: rng.normal(size=(n_rows, 50)),
        "numbers, 2 % copies": lambda: repeated_numbers(rng, n_rows),
    }
    for name, make in makers.items():
        X = make()
        calls = {
            "pass": lambda X=X: Table.read(X).equal_labels,
            "split": lambda X=X: split_once(X),
        }
        seconds = best_of(calls, 5, process_time)
        ratio, peak = (
            seconds["split"] / seconds["pass"],
            peak_bytes(lambda X=X: split_once(X)) / X.nbytes,
        )
        name = f"{n_rows:,} x 50 {name}"
        print(
            f"{name:36s} exact pass {seconds['pass']:.3f} s, split {seconds['split']:.2f} s: "
            f"x{ratio:.1f}; peak {peak:.2f} of the table"
        )
        if ratio > PASSES_AIM:
            missed.append(f"split, {name}: {ratio:.1f} exact passes, aim {PASSES_AIM}")
        if peak > SPLIT_MEMORY_AIM:
            missed.append(f"split, {name}: peak of {peak:.2f} tables, aim {SPLIT_MEMORY_AIM}")
        del X, calls


def small(quick, missed):
    """Checks of 10,000 x 50 beside a logistic regression in five folds."""
    for n_classes in (2, 10):
        X, y = make_classification(
            10_000, 50, n_informative=20, n_classes=n_classes, random_state=0
        )
        calls = {
            "split": lambda X=X, y=y: split_once(X, y, 5),
            "audit": lambda X=X, y=y: LeakageCheckedSplit(5).audit(X, y),
            "logistic": lambda X=X, y=y: cross_validate(
                make_pipeline(StandardScaler(), LogisticRegression()), X, y, cv=5
            ),
        }
        seconds = best_of(calls, 3 if quick else 7, process_time)
        name, share = f"10,000 x 50, {n_classes} classes", seconds["split"] / seconds["logistic"]
        print(
            f"{name}: split {1000 * seconds['split']:.0f} ms, audit {1000 * seconds['audit']:.0f} "
            f"ms, scaled logistic regression in 5 folds {1000 * seconds['logistic']:.0f} ms: split "
            f"is {share:.2f} of it, the audit {seconds['audit'] / seconds['logistic']:.2f}"
        )
        if seconds["split"] > SMALL_SECONDS:
            missed.append(f"small, {name}: {seconds['split']:.3f} s, aim {SMALL_SECONDS}")
        if share > LOGISTIC_SHARE:
            missed.append(f"small, {name}: {share:.2f} of the regression, aim {LOGISTIC_SHARE}")


def audited_tables(rng, n_rows):
    """Tables of several kinds and a target of two classes each, by name."""
    X, y = make_classification(n_rows, 50, n_informative=10, random_state=0)
    yield "numbers", X, y
    copied = X.copy()
    rows = rng.permutation(n_rows)[: n_rows // 5]
    copied[rows[: len(rows) // 2]] = X[rows[len(rows) // 2 :]]
    yield "numbers, 10 % copies", copied, y
    yield "numbers of one decimal", np.round(X, 1), y
    yield "three levels", rng.integers(0, 3, X.shape).astype(float), y
    pandas = optional("pandas")
    if pandas is not None:
        frame = pandas.DataFrame(X, columns=[f"x{j}" for j in range(50)])
        for j in range(20):
            levels = np.array([f"level {k}" for k in range(3 + j)])
            frame[f"x{j}"] = pandas.Categorical(levels[rng.integers(0, len(levels), n_rows)])
        yield "30 numbers, 20 categories", frame, y


def audit(quick, missed):
    """All checks beside one fit of gradient boosting."""
    rng, n_rows = np.random.default_rng(0), 10_000 if quick else 100_000
    for name, X, y in audited_tables(rng, n_rows):
        calls = {
            "audit": lambda X=X, y=y: LeakageCheckedSplit(5).audit(X, y),
            "fit": lambda X=X, y=y: HistGradientBoostingClassifier().fit(X, y),
        }
        seconds = best_of(calls, 2, process_time)
        ratio = seconds["audit"] / seconds["fit"]
        print(
            f"{n_rows:,} x 50 {name:26s} audit {seconds['audit']:.2f} s, fit "
            f"{seconds['fit']:.2f} s: {ratio:.2f} fits",
            flush=True,
        )
        if ratio > FITS_AIM:
            missed.append(f"audit, {name}: {ratio:.2f} fits, aim {FITS_AIM}")


# --- peers ----------------------------------------------------------------------------------------


def peer_tables(rng, n_rows):
    """Tables by name, and which of their rows are copies or have one."""
    clean = few_levels(rng, n_rows)
    yield "5 columns of 3 levels, no copies", clean, np.zeros(n_rows, dtype=bool)
    for name, noise in (("exact", 0.0), ("near", 1e-3)):
        X = rng.normal(size=(n_rows, 20))
        rows = rng.permutation(n_rows)[: n_rows // 5]
        half = len(rows) // 2
        X[rows[:half]] = X[rows[half:]] + noise * rng.normal(size=(half, 20))
        is_copy = np.zeros(n_rows, dtype=bool)
        is_copy[rows] = True
        yield f"20 numbers, 10 % {name} copies", X, is_copy


def answer_of_peer(python, peer, X, test):
    """What a peer says, in a Python of its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "table.npz"
        np.savez(file, X=X, test=test)
        script = Path(__file__).with_name("_duplicate_peers.py")
        done = subprocess.run(
            [python, script, peer, file], capture_output=True, text=True, check=True
        )
    return json.loads(done.stdout.splitlines()[-1])


def our_rows(X, folds):
    """Rows that the checks of a split link to another one, and that they say leak."""
    data = SplitData(Table.read(X), folds)
    flagged = np.zeros(len(X), dtype=bool)
    for check in (ExactDuplicates(), NearDuplicates()):
        leak = check.run(data, {})
        if leak.found:
            sizes = np.bincount(leak.links[leak.links >= 0])
            flagged |= (leak.links >= 0) & (sizes[leak.links] > 1)
    return flagged


def peers(quick, missed):
    """Time and what is flagged, beside peers in Pythons of their own."""
    rng, n_rows = np.random.default_rng(0), 2000 if quick else CLEANLAB_ROWS
    for name, X, is_copy in peer_tables(rng, n_rows):
        folds = tuple(KFold(5, shuffle=True, random_state=0).split(X))
        ours = best_seconds(lambda X=X, folds=folds: our_rows(X, folds), 3, process_time)
        flagged = our_rows(X, folds)
        found, wrong = int(flagged[is_copy].sum()), int(flagged[~is_copy].sum())
        print(f"{n_rows:,} rows, {name}: {is_copy.sum():,} rows are copies or have one")
        print(f"  ours: {ours:.3f} s, finds {found:,}, flags {wrong:,} others")
        if found < is_copy.sum() or wrong:
            missed.append(f"peers, {name}: finds {found} of {is_copy.sum()}, wrong {wrong}")
        test = np.zeros(n_rows, dtype=bool)
        test[folds[0][1]] = True
        for peer, python in PYTHONS.items():
            if python is None:
                print(f"  {peer} is left out: --{peer}-python names a Python that has it")
                continue
            said = answer_of_peer(python, peer, X, test)
            ratio = said["seconds"] / ours
            if "flagged" in said:
                rows = np.zeros(n_rows, dtype=bool)
                rows[said["flagged"]] = True
                spoken = f"finds {rows[is_copy].sum():,}, flags {rows[~is_copy].sum():,} others"
            else:
                spoken = (
                    f"{said['share']:.1%} of the test rows of one fold are in training; its "
                    f"condition {'passes' if said['passed'] else 'fails'}"
                )
            print(
                f"  {peer} {said['version']}: {said['seconds']:.2f} s, x{ratio:.1f} ours; {spoken}"
            )
            if ratio < PEER_AIM:
                missed.append(f"peers, {name}: {ratio:.1f} times as fast as {peer}, aim {PEER_AIM}")


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


PARTS = {
    "duplicates": duplicates,
    "split": split,
    "small": small,
    "audit": audit,
    "peers": peers,
    "natural": natural,
}


def main():
    """Run the parts asked for; exit with 1 where an aim was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all")
    parser.add_argument("--quick", action="store_true", help="fewer rows and seeds")
    for peer in PYTHONS:
        parser.add_argument(f"--{peer}-python", metavar="PATH", help=f"a Python that has {peer}")
    options = parser.parse_args()
    PYTHONS.update({peer: getattr(options, f"{peer}_python") for peer in PYTHONS})
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown parts {sorted(unknown)}; there are {', '.join(PARTS)}")
    warnings.simplefilter("ignore")  # those of peers
    print(machine())
    missed = []
    with threadpool_limits(1):
        for part in options.parts or PARTS:
            print(f"\n{part}")
            start = time.perf_counter()
            PARTS[part](options.quick, missed)
            print(f"{part}: {time.perf_counter() - start:.0f} s")
    print("\nAims missed: " + ("none." if not missed else ""))
    for line in missed:
        print(f"  {line}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
