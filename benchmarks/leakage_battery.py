"""Does LeakageCheckedSplit name planted leaks by their kind, and leave innocent tables alone?

Parts, each with its aims:

- Leaks planted into generated tables (``_planted_leaks.py``): at least 99 % are named by the check
  of their kind. Leaks that were declared undecidable in advance stand in a table of their own, and
  end in "could not tell", not in silence.
- Innocent twins of these leaks (``_innocent_twins.py``): at most 0.3 % of the audits say that
  something leaks.
- With ``--data FOLDER`` the same leaks planted into the sets of a folder (``name.csv.gz``, last
  column ``target``; ``meta.json`` may name ``leak_columns``, ``id_columns``, ``group_column``,
  ``time_column`` and ``row_order_is_time``): at least 95 % are named. Plants that the table cannot
  show by a rule that was set before (no continuous columns, rows that repeat by nature, few rows of
  a class, classes that all columns tell) have a table of their own; left out are those whose kind
  the table shows before. Then: the same sets without a plant, and whether columns that are marked
  as leaks are named.

An audit says that something leaks if a check is positive at ``alpha`` after Holm's correction.
Findings of severity "info" count for scalers and imputers only, which have no other; a note that
shuffled folds look ahead counts where it is what is looked for.

Run ``python benchmarks/leakage_battery.py [--seeds N] [--twin-seeds N] [--first-seed N]
[--data FOLDER] [--data-seeds N] [--data-only] [--jobs N]``. Aims that are
missed are listed at the end, and the exit code is 1.
"""

import argparse
import json
import sys
import time
import warnings
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
from _innocent_twins import ORDINARY, TWINS
from _peers import machine
from _planted_leaks import (
    DOSES,
    GOLDEN_RARE,
    PLANTS,
    SMOOTH_SHARE,
    any_table,
    continuous_names,
    shuffled,
)
from joblib import Parallel, delayed
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

from sklearn_lossfix._core._paired_tests import wilson_interval
from sklearn_lossfix.model_selection import LeakageCheckedSplit

GENERATED_AIM, REAL_AIM = 0.99, 0.95
CLEAN_AIM = 0.003
# Share of the undecidable leaks that may end in silence.
SILENCE_AIM = 0.01

# Seeds that nothing was developed on.
FIRST_SEED = 1000

# Rows of a set that are audited, and least rows and rows of a class.
MAX_ROWS, MIN_ROWS, MIN_PER_CLASS = 2500, 200, 10
# Sets with more equal rows have natural twins; sets that a forest tells so well have golden columns
# of their own.
MAX_EQUAL, MAX_AUC = 0.01, 0.95
LEAK_ROWS = 5000
# Sets that hold copies by themselves, as a look at the equal rows shows: in phoneme 55 pairs that
# agree in five columns of about 2,000 values each and in the label; in seismic_bumps six pairs, all
# two rows apart and side by side: blocks of the file that were entered twice.
HOLDS_COPIES = ("phoneme", "seismic_bumps")

OUTCOMES = ("right", "wrong kind", "could not tell", "not applicable", "silent")


# --- audits ---------------------------------------------------------------------------------------


def audit(case, *, as_array=False):
    """What all checks say of a case."""
    X = case.X
    if as_array and all(dtype.kind in "fiu" for dtype in X.dtypes):
        X = X.to_numpy()
    cv = LeakageCheckedSplit(case.cv, random_state=0, label_horizon=case.horizon)
    return cv._split_evidence(
        X, case.y, groups=case.groups, times=case.times, estimator=None, scoring=None
    )


def named_checks(evidence, *, notes=False):
    """Names of the checks that say that something leaks."""
    return [
        leak.check
        for leak in evidence.leaks
        if leak.found and (notes or leak.severity != "info" or leak.check == "fitted_on_all_rows")
    ]


def doubted_checks(evidence):
    """Names of the checks that could not tell."""
    return [leak.check for leak in evidence.leaks if leak.found is None]


def outcome(evidence, plant, before=()):
    """One of `OUTCOMES`, and the other kinds that are named, but not `before` it was planted."""
    named = named_checks(evidence, notes=plant.is_note)
    named = [name for name in named if name in plant.checks or name not in before]
    others = [name for name in named if name not in plant.checks]
    if len(others) < len(named):
        return "right", others
    if others:
        return "wrong kind", others
    if any(leak.found is None for leak in evidence.leaks if leak.check in plant.checks):
        return "could not tell", []
    judged = {leak.check for leak in evidence.leaks}
    return ("silent" if judged & set(plant.checks) else "not applicable"), []


def generator(seed, name):
    """A random generator of one scenario."""
    return np.random.default_rng([seed, *name.encode()])


def planted_run(name, plant, seed):
    """Plant into a generated table and judge."""
    rng = generator(seed, name)
    X, y = (plant.table or any_table)(rng)
    case = plant.plant(X, y, rng)
    return name, seed, *outcome(audit(case, as_array=bool(seed % 2)), plant)


def twin_run(name, seed):
    """Audit an innocent twin."""
    evidence = audit(TWINS[name](generator(seed, name)), as_array=bool(seed % 2))
    return name, seed, named_checks(evidence), doubted_checks(evidence), len(evidence.leaks)


# --- sets of a folder -----------------------------------------------------------------------------


def read_set(file, meta):
    """All columns and the labels of one file, classes of few rows left out."""
    frame = pd.read_csv(file).dropna(subset=["target"])
    sizes = frame["target"].map(frame["target"].value_counts())
    frame = frame[sizes >= MIN_PER_CLASS].reset_index(drop=True)
    y = np.unique(frame.pop("target").astype(str), return_inverse=True)[1]
    marked = [*meta.get("leak_columns", []), *meta.get("id_columns", [])]
    marked += [meta[key] for key in ("group_column", "time_column") if meta.get(key)]
    return frame, y, [name for name in marked if name in frame]


def some_rows(X, y, n_rows, rng):
    """Random rows in their order, and no class of too few."""
    rows = np.sort(rng.permutation(len(y))[:n_rows])
    rows = rows[np.bincount(y[rows], minlength=y.max() + 1)[y[rows]] >= MIN_PER_CLASS]
    X, y = X.iloc[rows].reset_index(drop=True), y[rows]
    return X.loc[:, X.nunique() > 1], np.unique(y, return_inverse=True)[1]


def forest_auc(X, y):
    """How well all columns tell the classes, out of fold."""
    codes = X.apply(lambda c: c if c.dtype.kind in "fiu" else pd.factorize(c)[0]).fillna(-1)
    forest = RandomForestClassifier(50, min_samples_leaf=3, random_state=0)
    p = cross_val_predict(forest, codes.to_numpy(float), y, cv=3, method="predict_proba")
    return roc_auc_score(y, p[:, 1] if p.shape[1] == 2 else p, multi_class="ovr")


def can_hold(plant, X, y, auc):
    """Whether the rules, set in advance, call a plant detectable in a table."""
    return (
        len(continuous_names(X)) >= plant.continuous
        and len(continuous_names(X, SMOOTH_SHARE)) >= plant.smooth
        and np.bincount(y).min() >= plant.n_rare
        and not (plant.unique and X.duplicated(keep=False).mean() > MAX_EQUAL)
        and not (plant.n_rare == GOLDEN_RARE and auc > MAX_AUC)
    )


def set_runs(file, meta, seeds):
    """Everything about one set.

    Returns
    -------
    name : str
    planted, undecidable : list of (kind, where, outcome, other kinds)
        Of plants that the rules call detectable there, and (with the first seed) of the others.
    skipped : Counter
        Why something was not planted.
    plain : list of (name, seed, named checks, doubts, number of checks)
        The set without a plant.
    marked : list
        See `marked_columns`.
    """
    name = file.name.removesuffix(".csv.gz")
    frame, y, marked = read_set(file, meta)
    table = frame.drop(columns=marked)
    planted, undecidable, skipped, plain = [], [], Counter(), []
    for seed in seeds:
        rng = generator(seed, name)
        X, labels = some_rows(table, y, MAX_ROWS, rng)
        if len(labels) < MIN_ROWS:
            return name, [], [], Counter({"set of too few rows": 1}), [], []
        evidence = audit(shuffled(X, labels, rng))
        before = named_checks(evidence)
        plain.append((name, seed, before, doubted_checks(evidence), len(evidence.leaks)))
        auc = forest_auc(X, labels)
        for kind, plant in PLANTS.items():
            is_detectable = can_hold(plant, X, labels, auc)
            if plant.checks == ("selected_on_all_rows",):
                skipped["selection leaves nothing of the table"] += 1
            elif set(before) & set(plant.checks):
                skipped["kind is there before"] += 1
            elif is_detectable or seed == seeds[0]:
                try:
                    case = plant.plant(X, labels, generator(seed, name + kind))
                except (ValueError, RuntimeError, IndexError):
                    # No column to plant into, or a sampler that draws nothing.
                    skipped[f"impossible: {kind}"] += 1
                    continue
                run = (kind, f"{name} {seed}", *outcome(audit(case), plant, before))
                (planted if is_detectable else undecidable).append(run)
    return name, planted, undecidable, skipped, plain, marked_columns(frame, y, meta, seeds[0])


def marked_columns(frame, y, meta, seed):
    """What is said of columns that are marked as leaks, of given groups, and of given times."""
    rng = np.random.default_rng(seed)
    X, labels = some_rows(frame, y, LEAK_ROWS, rng)
    leaks = [name for name in meta.get("leak_columns", []) if name in X]
    out = [name for name in meta.get("id_columns", []) if name in X]
    group, when = meta.get("group_column"), meta.get("time_column")
    case = shuffled(X.drop(columns=out), labels, rng)
    if group in case.X:
        case.groups = pd.factorize(case.X.pop(group))[0]
    if when in case.X:
        case.times = case.X.pop(when).to_numpy(float)
    elif meta.get("row_order_is_time"):
        case.X, case.y = X.drop(columns=out), labels
        case.times = np.arange(len(labels), dtype=float)
    if not leaks and case.groups is None and case.times is None:
        return []
    evidence = audit(case)
    answers = []
    for column in leaks:
        said = [
            (leak.check, "named" if leak.found else "could not tell")
            for leak in evidence.leaks
            if column in leak.columns and leak.found is not False
        ]
        answers.append((f"leak column {column}", said or [("", "silent")]))
    for given, check in ((case.groups, "group_overlap"), (case.times, "time_overlap")):
        if given is not None:
            leak = next(leak for leak in evidence.leaks if leak.check == check)
            said = "named" if leak.found else "silent"
            answers.append((check.replace("_overlap", "s given"), [(check, said)]))
    return answers


# --- tables ---------------------------------------------------------------------------------------


def share_text(hits, n):
    """A share with its Wilson interval."""
    low, high = wilson_interval(hits / n, n)
    return f"{hits}/{n} = {hits / n:.2%} [{low:.2%}, {high:.2%}]"


def confusion(runs, plants):
    """Print a table of scenarios x outcomes; counts of outcomes."""
    by_name, others = defaultdict(Counter), defaultdict(Counter)
    for name, _, result, also in runs:
        by_name[name][result] += 1
        others[name].update(also)
    print(f"{'scenario':34}" + "".join(f"{text:>15}" for text in OUTCOMES) + "  right (95 %)")
    for name in plants:
        counts = by_name[name]
        if not (n := counts.total()):
            continue
        low, high = wilson_interval(counts["right"] / n, n)
        also = ", ".join(f"{check} {k}" for check, k in others[name].most_common())
        print(
            f"{name:34}"
            + "".join(f"{counts[text]:15}" for text in OUTCOMES)
            + f"  {counts['right'] / n:.2f} [{low:.2f}, {high:.2f}]"
            + (f"  also: {also}" if also else "")
        )
    return sum(by_name.values(), Counter())


def report_planted(runs, plants, aim, title, missed):
    """Print the confusion table of detectable leaks and compare with an aim."""
    if not runs:
        return
    print(f"\n--- {title}")
    total = confusion(runs, plants)
    n = total.total()
    print(f"right kind named: {share_text(total['right'], n)}; aim {aim:.0%}")
    extra = sum(bool(also) for _, _, result, also in runs if result == "right")
    print(f"of these, another kind named as well: {share_text(extra, max(1, total['right']))}")
    for name, where, result, also in runs:
        if result != "right":
            print(f"  not right: {name}, {where}: {result} {', '.join(also)}")
    if total["right"] / n < aim:
        missed.append(f"{title}: {share_text(total['right'], n)} named, aim {aim:.0%}")


def report_doses(runs, plants, title, missed):
    """Print what becomes of leaks that cannot be told."""
    if not runs:
        return
    print(f"\n--- {title}: named or 'could not tell', not silence")
    total = confusion(runs, plants)
    n, bad = total.total(), total["silent"]
    print(f"silent: {share_text(bad, n)}; aim at most {SILENCE_AIM:.0%}")
    print(f"wrong kind only: {share_text(total['wrong kind'], n)}")
    if bad / n > SILENCE_AIM:
        names = Counter(name for name, _, result, _ in runs if result == "silent")
        spoken = ", ".join(f"{name} {k}" for name, k in names.items())
        missed.append(f"{title}: {share_text(bad, n)} silent ({spoken})")


def report_clean(runs, title, missed):
    """Print false alarms on tables in which nothing leaks."""
    if not runs:
        return
    print(f"\n--- {title}")
    n_of, alarms = Counter(run[0] for run in runs), [run for run in runs if run[2]]
    flagged = Counter(run[0] for run in alarms)
    doubts = defaultdict(Counter)
    for name, _, _, doubted, _ in runs:
        doubts[name].update(doubted)
    print(f"{'table':34}{'audits':>8}{'flagged':>9}  could not tell")
    for name, n in n_of.items():
        spoken = ", ".join(f"{check} {k}" for check, k in doubts[name].most_common())
        print(f"{name:34}{n:8}{flagged[name]:9}  {spoken}")
    for name, seed, checks, *_ in alarms:
        print(f"  false alarm: {name}, {seed}: {', '.join(checks)}")
    text = share_text(len(alarms), len(runs))
    print(f"flagged: {text}; aim at most {CLEAN_AIM:.1%}")
    if len(alarms) / len(runs) > CLEAN_AIM:
        missed.append(f"{title}: {text} flagged, aim {CLEAN_AIM:.1%}")
    n_doubts = sum(len(doubted) for *_, doubted, _ in runs)
    n_free = sum(not doubted for *_, doubted, _ in runs)
    print(
        f"answers that are 'could not tell': {share_text(n_doubts, sum(run[-1] for run in runs))}"
    )
    print(f"audits without any: {share_text(n_free, len(runs))}")
    ordinary = [run for run in runs if run[0] in ORDINARY]
    if ordinary:
        n_no = sum(run[-1] - len(run[3]) - len(run[2]) for run in ordinary)
        text = share_text(n_no, sum(run[-1] for run in ordinary))
        print(f"of ordinary tables ({', '.join(ORDINARY)}), answers that are 'no': {text}")


def report_folder(results, metas, missed):
    """Print all about the sets of a folder."""
    planted = [run for _, runs, *_ in results for run in runs]
    undecidable = [run for _, _, runs, *_ in results for run in runs]
    skipped = sum((counts for *_, counts, _, _ in results), Counter())
    n_sets = sum(bool(runs) for _, runs, *_ in results)
    report_planted(planted, PLANTS, REAL_AIM, f"planted into {n_sets} sets of the folder", missed)
    title = "planted where the rules call it undecidable, sets of the folder"
    report_doses(undecidable, PLANTS, title, missed)
    print("not planted: " + "; ".join(f"{why} {k}" for why, k in skipped.most_common()))
    # Groups and times that are left out of a table leak for real.
    linked = {
        name
        for name, meta in metas.items()
        if meta.get("group_column") or meta.get("time_column") or meta.get("row_order_is_time")
    }
    plain = [run for *_, runs, _ in results for run in runs]
    judged = [run for run in plain if run[0] not in linked and run[0] not in HOLDS_COPIES]
    report_clean(judged, "sets without a plant", missed)
    print("\n--- sets that hold copies by themselves")
    for name, seed, checks, *_ in plain:
        if name in HOLDS_COPIES:
            print(f"  {name} {seed}: {', '.join(checks) or 'nothing named'}")
    print("\n--- sets with groups or times of their own, which were not given")
    for name, seed, checks, *_ in plain:
        if name in linked:
            print(f"  {name} {seed}: {', '.join(checks) or 'nothing named'}")
    print("\n--- columns marked as leaks, and groups and times when they are given")
    for name, *_, answers in results:
        for what, said in answers:
            print(f"  {name}: {what}: " + ", ".join(f"{how} {check}" for check, how in said))
            if all(how == "silent" for _, how in said):
                missed.append(f"{name}: {what}: silent")


def main():
    """Run the battery."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--twin-seeds", type=int, help="of innocent twins, if not as many")
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--data", type=Path, help="folder of sets")
    parser.add_argument("--data-seeds", type=int, default=2)
    parser.add_argument("--data-only", action="store_true", help="skip generated tables")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # what is planted makes steps of scikit-learn warn
    print(machine())
    start, missed = time.process_time(), []
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    pool = Parallel(n_jobs=options.jobs)
    if not options.data_only:
        runs = {
            title: pool(
                delayed(planted_run)(name, plant, seed)
                for name, plant in plants.items()
                for seed in seeds
            )
            for title, plants in (("plants", PLANTS), ("doses", DOSES))
        }
        n_twins = options.seeds if options.twin_seeds is None else options.twin_seeds
        twin_seeds = range(options.first_seed, options.first_seed + n_twins)
        twins = pool(delayed(twin_run)(name, seed) for name in TWINS for seed in twin_seeds)
        report_planted(runs["plants"], PLANTS, GENERATED_AIM, "planted, generated tables", missed)
        report_doses(runs["doses"], DOSES, "undecidable doses", missed)
        report_clean(twins, "innocent twins", missed)
    if options.data is not None:
        meta_file = options.data / "meta.json"
        metas = json.loads(meta_file.read_text()) if meta_file.exists() else {}
        seeds = range(options.first_seed, options.first_seed + options.data_seeds)
        results = pool(
            delayed(set_runs)(file, metas.get(file.name.removesuffix(".csv.gz"), {}), seeds)
            for file in sorted(options.data.glob("*.csv.gz"))
        )
        report_folder(results, metas, missed)
    print(f"\n{time.process_time() - start:.0f} s of processor time in this process")
    print("Aims missed: " + ("none." if not missed else ""))
    for line in missed:
        print(f"  {line}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
