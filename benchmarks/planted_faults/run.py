"""Does a report name what is wrong with a fit, leave clean fits alone, and repair?

Faults with a dose are planted into generated, bundled and, with ``--data FOLDER``, real data sets
(``name.csv.gz``, last column ``target``; ``meta.json`` may name ``leak_columns``, ``id_columns``
and ``kinds``), over nine families of models; a third of the runs are clean fits, among them those
that look bad and are fine. Truth comes from fresh rows, never from a report (``truth.py``):

- a fault counts only if it hurts: its clean twin is better on fresh rows by more than a floor (one
  hundredth of the loss, one point of the metric) at the level of one in a hundred, or, where the
  rows that judge are at fault, what the user sees differs from fresh rows by as much;
- a run counts as clean if no fault hurts and no remedy of a fixed panel (``panel.py``) improves
  fresh rows by as much; clean fits are drawn again until that holds. Other runs without a fault
  are "unplanned": there an issue is false if neither its own remedy nor the panel's helps;
- an issue is right if its slug names the fault, or if its remedy, refitted on all training rows,
  wins back half of what the fault costs on fresh rows (the panel's remedy where it brings none).
  What is true of the clean twin as well (probabilities of zero) counts neither way.

Half of the data sets, by a hash of their names, are there to set constants (``--half tuning``);
the other half only to report (``--half reporting``). Set, model, dose and rows of a run are drawn
by its seed. ``--rows N [N ...]`` draws the training rows from other numbers than 400, 700 and
1,200, of sets that hold as many (the others are drawn again); validation rows are a quarter of
them, and at least 500. Faults that bring rows of their own (few rows, entities, columns chosen
before the split) keep these. ``--skore-python PATH`` borrows skore and cleanlab from another
environment.

Run ``python benchmarks/planted_faults/run.py --half reporting [--data FOLDER] [--json OUT]``, or
``--quick`` for a look. ``--show "FAULT#SEED"`` prints the case and the report of one run;
``runs.case_of_run(fault, seed, half, folder)`` gives its case.
"""

import argparse
import json
import os
import sys
import time
import warnings
from pathlib import Path

import arms
import data
import truth
from catalogue import POOL_SHARE, TRAIN_ROWS
from joblib import Parallel, delayed
from models import MODELS
from runs import ALL, REPEATS, case_of_run, one_run
from score import print_tables

QUICK = ("label flips", "unscaled columns", "too few iterations", "clean", "clean, 90:10")


def design(options):
    """Names and seeds of all runs, seed by seed."""
    names = [n for n in ALL if not options.faults or n in options.faults]
    if options.quick:
        names = [n for n in names if n in (options.faults or QUICK)]
    if options.effort == "normal" and not options.faults:
        names = [n for n in names if ALL[n].effort != "thorough"]
    seeds = range(options.first_seed, options.first_seed + (1 if options.quick else options.seeds))
    return [
        (name, seed * 10 + repeat)
        for seed in seeds
        for name in names
        for repeat in range(REPEATS.get(name, 1))
    ]


def save(path, runs, options):
    """Write all runs, through a second file so that a stop leaves a whole one."""
    if path is None:
        return
    part = Path(f"{path}.part")
    plain = {key: value for key, value in vars(options).items() if not callable(value)}
    text = json.dumps({"options": plain, "runs": runs}, indent=1, default=float)
    part.write_text(text)
    os.replace(part, path)


def arguments():
    """Options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--half", choices=[*data.HALVES, "all"], default="tuning")
    parser.add_argument("--data", metavar="FOLDER", help="real data sets")
    parser.add_argument("--faults", nargs="+", metavar="NAME", help=f"of {', '.join(ALL)}")
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=MODELS)
    parser.add_argument(
        "--rows", nargs="+", type=int, metavar="N", help=f"training rows, default {TRAIN_ROWS}"
    )
    parser.add_argument("--seeds", type=int, default=4, help="runs of each fault")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--effort", choices=["normal", "thorough"], default="normal")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--json", metavar="OUT", help="file for all runs")
    parser.add_argument("--resume", action="store_true", help="keep the runs that OUT holds")
    parser.add_argument("--skore-python", metavar="PATH", help="Python that has skore, cleanlab")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--quick", action="store_true", help="few faults, one seed")
    parser.add_argument("--show", metavar="FAULT#SEED", help="one run, with its report")
    options = parser.parse_args()
    unknown = set(options.faults or ()) - set(ALL)
    if unknown:
        parser.error(f"--faults must be of {list(ALL)}. Got {sorted(unknown)}.")
    most = int(POOL_SHARE * data.N_POOL)
    if options.rows and not all(0 < n <= most for n in options.rows):
        parser.error(f"--rows must be in 1 to {most}, what a pool can give. Got {options.rows}.")
    return options


def show(options):
    """Print one case and its report."""
    name, _, seed = options.show.rpartition("#")
    found = case_of_run(name, int(seed), options.half, options.data, options.models, options.rows)
    if found is None:
        sys.exit(f"No set and model suit {name!r}.")
    case, drawn = found
    warnings.simplefilter("ignore")  # planted faults make fits warn
    print(drawn, case.estimator, f"scoring={case.scoring}", sep="\n")
    known = truth.truth_of(case, ALL[name].harm)
    print(f"harm in floors: {known.harm}; fresh: {known.fresh.as_dict()}")
    print(f"right: {ALL[name].slugs or 'nothing'}; twin: {known.twin and known.twin.as_dict()}\n")
    print(arms.lossfix(case, int(seed), options.effort)[2])


def main():
    """Run the design, save every run, print the tables."""
    options = arguments()
    if options.show:
        return show(options)
    if options.skore_python:
        arms.borrow_packages(options.skore_python)
    modules = [] if options.no_peers else arms.importable(["skore", "cleanlab"])
    given = {
        "half": options.half,
        "folder": options.data,
        "models": options.models,
        "rows": options.rows,
        "effort": options.effort,
        "peers": modules,
        "skore_python": options.skore_python,
    }
    runs = []
    if options.resume and options.json and Path(options.json).exists():
        runs = json.loads(Path(options.json).read_text())["runs"]
    done = {(run["fault"], run["seed"]) for run in runs}
    todo = [key for key in design(options) if key not in done]
    start = time.perf_counter()
    finished = Parallel(n_jobs=options.jobs, return_as="generator_unordered")(
        delayed(one_run)(*key, given) for key in todo
    )
    for run in finished:
        runs.append(run)
        save(options.json, runs, options)
        first = (run.get("arms") or {}).get("lossfix", {}).get("named", [])
        number = run.get("number", run["seed"])
        print(
            f"[{len(runs) - len(done)}/{len(todo)}] {run['fault']}#{number} "
            f"{run.get('set', '-')}/{run.get('model', '-')} dose {run.get('dose', '-')}: "
            f"{run['status']}; {', '.join(first) or 'no issue'} ({run.get('seconds', 0):.0f} s)",
            file=sys.stderr,
            flush=True,
        )
    print_tables(runs)
    print(f"\n{time.perf_counter() - start:.0f} s for {len(todo)} runs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
