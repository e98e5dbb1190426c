"""Does AutoBalancedClassifier help where imbalance needs treatment, and do no harm elsewhere?

Three parts, each with its aims:

- quality: on imbalanced data of two and of more classes, six learners, F1, balanced accuracy and
  MCC of test rows. No other treatment is significantly better than ours over the data sets; ours is
  not worse than the untouched learner with a tuned rule (lower 95 % bound of the mean difference
  above -0.005, significantly worse on at most 5 % of the sets); log loss and Brier score of
  `predict_proba` are at most 1 % above the untouched learner's.
- cost: `fit` takes at most 1.3 times as long as that many fits of the bare learner, for the
  shortlists of logistic regression and boosting; the others are printed, and the ratio to fits that
  are weighted where the candidates are (weights make binning of scikit-learn's boosting slow).
- proba: corrected probabilities of class weights: logistic regression within 10 % of the Brier
  score without weights, forests not worse than uncorrected.

Data sets are generated, bundled with scikit-learn, and, with ``--data FOLDER``, every imbalanced
``FOLDER/<name>.csv.gz`` whose last column is ``target`` (a ``meta.json`` beside them may name
columns to leave out, as in ``metric_aligned_quality.py``). At most ``--rows`` rows of each, halved
at random into training and test rows ``--repeats`` times, stratified. Gaps are filled with medians,
columns scaled and categories one-hot encoded for all arms alike; all arms of a split share it.
F1 is that of the rarer class of two, and the average over classes of more.

Arms are judged at their own labels. Ours, "tuned rule" (ours without treatments) and
`TunedThresholdClassifierCV` (two classes only) are tuned for each metric, on the same five folds;
the others are fitted once. BalancedRandomForest, EasyEnsemble and RUSBoost bring a learner of their
own: their results are the same beside every learner.

Statistics: arms are compared with ours by Wilcoxon's signed-rank test over data sets, with Holm's
correction over the arms of a learner and metric. Nemenyi's test of mean ranks is not used: whether
it separates two arms depends on which others take part (Benavoli, Corani and Mangili 2016). Mean
ranks are shown. Worse on one set is the t-test over splits after Nadeau and Bengio (2003), with
Holm's correction over the sets of a learner and metric.

Fits that arms have in common, of the same parameters on the same rows, are done once; that changes
times, which the quality part does not report, and no result. Run
``python benchmarks/auto_balanced.py [PART ...] [--data FOLDER]``. With ``--json FILE`` results are
kept, and ``--resume`` does only what is not in it, such as more repeats of the same code. Aims that
are missed are listed at the end, and the exit code is 1.
"""

import os

# Before NumPy is imported: every process has one core.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import itertools
import json
import statistics
import sys
import time
import warnings
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from _balanced_arms import (
    LEARNERS,
    LOSSES,
    METRICS,
    N_FOLDS,
    SHARED,
    Task,
    check_fast_mcc,
    run_task,
    split_in_halves,
)
from _balanced_tables import (
    Results,
    arms_table,
    choices_table,
    differences_table,
    harm_table,
    losses_table,
    report_errors,
)
from _imbalanced_data import (
    Halves,
    binary_suite,
    classification,
    folds,
    imbalanced_binary,
    imbalanced_multiclass,
    multiclass_suite,
    read_folder,
    scaled,
    subsample,
)
from _peers import machine
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import has_fit_parameter

from sklearn_lossfix import AutoBalancedClassifier

# The aims of quality stand beside its tables.
COST_AIM, WEIGHTED_BRIER_AIM, CORRECTED_AIM = 1.3, 1.1, 1.0

# What ours has in its shortlist without ensembles: there the fits are those of the bare learner.
COST_LEARNERS = ("LR", "HGB")
COST_ROWS, COST_COLUMNS, COST_REPEATS = (5_000, 20_000), 20, 3
PROBA_SEEDS = 5


# --- running and keeping --------------------------------------------------------------------------


def data_sets(options):
    """Name -> kind, rows and labels of the sets that were asked for."""
    tables = {
        name: subsample(X, y, options.rows) for name, (X, y) in read_folder(options.data).items()
    }
    found = {
        "binary": binary_suite(options.rows) | imbalanced_binary(tables),
        "multiclass": multiclass_suite(options.rows) | imbalanced_multiclass(tables),
    }
    wanted = options.sets or [""]
    return {
        name: (kind, X, y)
        for kind, sets in found.items()
        for name, (X, y) in sets.items()
        if any(part in name for part in wanted)
    }


def settings_of(options):
    """What records of one file must agree on."""
    return {"rows": options.rows}


def read_records(options):
    """Records of an earlier run, by task."""
    if not (options.resume and options.json and Path(options.json).exists()):
        return {}
    kept = json.loads(Path(options.json).read_text())
    if kept["settings"] != settings_of(options):
        raise SystemExit(
            f"{options.json} was made with {kept['settings']}, now {settings_of(options)} is asked "
            "for: use the same options, or another file."
        )
    return {Task(**{key: record[key] for key in Task._fields}): record for record in kept["runs"]}


def write_records(options, records):
    """Keep all records; a run that is stopped here leaves the file before."""
    if options.json:
        text = json.dumps({"settings": settings_of(options), "runs": list(records.values())})
        beside = Path(f"{options.json}.part")
        beside.write_text(text)
        beside.replace(options.json)


def run_all(options, sets):
    """Records of all tasks, those of an earlier run included."""
    seeds = range(options.first_seed, options.first_seed + options.repeats)
    tasks = [
        Task(name, kind, seed, learner)
        for name, (kind, _, _) in sets.items()
        for seed in seeds
        for learner in (SHARED, *options.learners)
    ]
    records = read_records(options)
    missing = [task for task in tasks if task not in records]
    print(f"{len(tasks)} tasks, {len(missing)} of them to run", flush=True)
    runs = Parallel(n_jobs=options.jobs, return_as="generator_unordered")(
        delayed(run_task)(task, *sets[task.name][1:]) for task in missing
    )
    start = written = time.perf_counter()
    for number, record in enumerate(runs, 1):
        records[Task(**{key: record[key] for key in Task._fields})] = record
        now = time.perf_counter()
        if now - written > 60 or number == len(missing):
            written = now
            write_records(options, records)
            print(f"  {number} of {len(missing)} after {now - start:.0f} s", flush=True)
    return {task: records[task] for task in tasks}


# --- parts ----------------------------------------------------------------------------------------


def quality(options, missed):
    """All arms on all sets."""
    sets = data_sets(options)
    n_kinds = Counter(kind for kind, _, _ in sets.values())
    print(
        f"\nQuality: {n_kinds['binary']} sets of two classes, {n_kinds['multiclass']} of more; at "
        f"most {options.rows} rows, half of them to learn from; {options.repeats} splits from seed "
        f"{options.first_seed}; {', '.join(options.learners)}\nSets: {'; '.join(sets)}"
    )
    records = run_all(options, sets)
    spent = defaultdict(float)
    for task, record in records.items():
        spent[task.learner] += record["seconds"]
    print("seconds of one core: " + ", ".join(f"{k} {v:.0f}" for k, v in spent.items()))
    results = Results(records, options.learners)
    tables = [
        arms_table(results, metric, kind)
        for metric, kind in itertools.product(METRICS, ("binary", "multiclass"))
        if n_kinds[kind]
    ]
    tables += [differences_table(results, metric, missed) for metric in METRICS]
    tables.append(harm_table(results, missed))
    tables += [losses_table(results, loss, missed) for loss in LOSSES]
    tables.append(choices_table(records, options.learners))
    for table in tables:
        print(table.text())
    print()
    report_errors(records, missed)
    if options.rst:
        Path(options.rst).write_text("\n".join(table.rst() for table in tables))


def cost(options, missed):
    """Time of fit beside the time of the fits it cannot do without."""
    print(
        f"\nCost: seconds of fit beside candidates * {N_FOLDS} + 1 fits as cross-validation of the "
        f"bare learner does them, on the\nsame folds, or, where candidates are weighted, with "
        f"weights; median of {COST_REPEATS} runs in turn; {COST_COLUMNS} columns, 5 % positive",
        flush=True,
    )
    for n_rows, name in itertools.product(options.cost_rows, options.learners):
        X, y = classification([0.95], n_rows, n_columns=COST_COLUMNS)
        learner, times = LEARNERS[name], defaultdict(list)
        takes_weights = has_fit_parameter(learner, "sample_weight")
        for _ in range(COST_REPEATS):
            ours = AutoBalancedClassifier(clone(learner), cv=folds(0), random_state=0)
            times["fit"].append(seconds(ours.fit, X, y))
            times["bare"].append(seconds(cross_validate, learner, X, y))
            if takes_weights:
                times["weighted"].append(seconds(cross_validate, learner, X, y, weighted=True))
        spent = {key: statistics.median(values) for key, values in times.items()}
        names = [str(strategy) for strategy in ours.strategy_results_["strategy"]]
        n_weighted = sum(strategy.startswith("class_weight") for strategy in names)
        last = spent["bare"] / N_FOLDS
        ratio = spent["fit"] / (len(names) * spent["bare"] + last)
        plain_time = (len(names) - n_weighted) * spent["bare"] + last
        by_hand = spent["fit"] / (plain_time + n_weighted * spent.get("weighted", 0))
        weighted_time = spent.get("weighted", np.nan)
        print(
            f"  {name:5s}{n_rows:7,} rows {len(names):2d} candidates  fit {spent['fit']:7.2f} s  "
            f"cross-validation {spent['bare']:6.2f} s, weighted {weighted_time:6.2f} s  "
            f"ratio {ratio:5.2f}, to weighted fits {by_hand:5.2f}",
            flush=True,
        )
        if name in COST_LEARNERS and ratio > COST_AIM:
            missed.append(f"cost: {name}, {n_rows:,} rows: {ratio:.2f} > {COST_AIM}")


def cross_validate(learner, X, y, *, weighted=False):
    """Fit on each fold and predict the rest."""
    for train, test in folds(0).split(X, y):
        weights = {}
        if weighted:
            weights["sample_weight"] = compute_sample_weight("balanced", y[train])
        clone(learner).fit(X[train], y[train], **weights).predict_proba(X[test])


def seconds(call, *args, **kwargs):
    """Wall time."""
    start = time.perf_counter()
    call(*args, **kwargs)
    return time.perf_counter() - start


def proba(options, missed):
    """What correction does to the probabilities of a learner with balanced class weights."""
    print(
        f"\nProba: balanced class weights, out of fold, mean over {PROBA_SEEDS} splits; in "
        "brackets uncorrected"
    )
    wanted = options.sets or [""]
    for set_name, (X, y) in binary_suite(options.rows).items():
        if not any(part in set_name for part in wanted):
            continue
        for name in ("LR", "RF"):
            runs = Parallel(n_jobs=options.jobs)(
                delayed(proba_run)(name, X, y, seed) for seed in range(PROBA_SEEDS)
            )
            report_proba(name, set_name, runs, missed)


def proba_run(name, X, y, seed):
    """Scores out of fold of the untouched and of the weighted candidate, as dicts."""
    warnings.simplefilter("ignore")
    halves = scaled(Halves(*split_in_halves(X, y, seed)))
    ours = AutoBalancedClassifier(
        clone(LEARNERS[name]),
        strategies=["class_weight_balanced"],
        select="best",
        cv=folds(seed),
        random_state=seed,
    ).fit(halves.X, halves.y)
    table = ours.strategy_results_
    at = {strategy: place for place, strategy in enumerate(table["strategy"])}
    keys = [f"{loss}{end}" for loss in ("log_loss", "brier") for end in ("", "_uncorrected")]
    return {
        strategy: {key: float(table[key][at[strategy]]) for key in keys}
        for strategy in ("none", "class_weight_balanced")
    }


def report_proba(name, set_name, runs, missed):
    """One line, and what it misses."""

    def mean(strategy, key):
        return np.mean([run[strategy][key] for run in runs])

    weighted = "class_weight_balanced"
    beside = mean(weighted, "brier") / mean("none", "brier_uncorrected")
    ratios = {
        loss: mean(weighted, loss) / mean(weighted, f"{loss}_uncorrected")
        for loss in ("log_loss", "brier")
    }
    print(
        f"  {name:3s}{set_name:30s}Brier {mean(weighted, 'brier'):.4f} "
        f"[{mean(weighted, 'brier_uncorrected'):.4f}], untouched "
        f"{mean('none', 'brier_uncorrected'):.4f}, log loss {mean(weighted, 'log_loss'):.4f} "
        f"[{mean(weighted, 'log_loss_uncorrected'):.4f}], untouched "
        f"{mean('none', 'log_loss_uncorrected'):.4f}",
        flush=True,
    )
    if name == "LR" and beside > WEIGHTED_BRIER_AIM:
        missed.append(f"proba: LR, {set_name}: Brier {beside:.2f} of untouched")
    for loss, ratio in ratios.items():
        if ratio > CORRECTED_AIM:
            missed.append(f"proba: {name}, {set_name}: {loss} {ratio:.3f} of uncorrected")


PARTS = {"quality": quality, "cost": cost, "proba": proba}


def main():
    """Run the parts asked for; exit with 1 where an aim was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all")
    parser.add_argument("--data", metavar="FOLDER", help="folder of <name>.csv.gz files")
    parser.add_argument("--sets", nargs="+", metavar="TEXT", help="only sets named with one of")
    parser.add_argument("--learners", nargs="+", choices=LEARNERS, default=list(LEARNERS))
    parser.add_argument("--rows", type=int, default=3_000, help="most rows of a set")
    parser.add_argument("--repeats", type=int, default=3, help="random halvings of a set")
    parser.add_argument("--first-seed", type=int, default=0, help="seed of the first halving")
    parser.add_argument("--cost-rows", type=int, nargs="+", default=COST_ROWS)
    parser.add_argument("--json", metavar="FILE", help="keep the results of quality")
    parser.add_argument("--resume", action="store_true", help="do what is not in --json FILE")
    parser.add_argument("--rst", metavar="FILE", help="write the tables of quality")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown part {', '.join(unknown)}: expected some of {', '.join(PARTS)}")
    if options.resume and not options.json:
        parser.error("--resume needs --json FILE")
    print(machine())
    check_fast_mcc()
    missed = []
    for part in options.parts or PARTS:
        start = time.perf_counter()
        PARTS[part](options, missed)
        print(f"({part}: {time.perf_counter() - start:.0f} s)", flush=True)
    print("\nAims missed: " + ("none." if not missed else ""))
    for line in missed:
        print(f"  {line}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
