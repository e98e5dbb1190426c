"""One run: a case drawn by its seed, the truth of it, what is said of it, and what repairs it."""

import time
import warnings
from functools import cache

import arms
import data
import numpy as np
import panel
import truth
from catalogue import TRAIN_ROWS, draw_rows, most_rows
from controls import catalogue as control_catalogue
from faults import catalogue as fault_catalogue
from models import MODELS
from threadpoolctl import threadpool_limits
from validity import catalogue as validity_catalogue

FAULTS = {**fault_catalogue.faults, **validity_catalogue.faults}
CONTROLS = control_catalogue.faults
ALL = {**FAULTS, **CONTROLS}
# Runs per seed of the plain controls, so that a third of all runs are clean.
REPEATS = {"clean": 3, "clean, with validation rows": 2}
# How often each kind of set is drawn, and draws before a fault is given up.
SHARES = {"generated": 0.5, "bundled": 0.15, "folder": 0.35}
MAX_DRAWS = 60
# Draws of a clean fit at most, and how far apart their numbers are.
MAX_CLEAN_DRAWS, ATTEMPT = 6, 1000
TOP = 3
# What of the options decides which case a run is.
CASE_OPTIONS = ("half", "folder", "models", "rows")


# --- cases ----------------------------------------------------------------------------------------


@cache
def _loaded(name, seed, folder):
    """One set; kept, because several runs of a process draw it."""
    return data.load(name, seed, folder)


def case_of_run(name, seed, half="tuning", folder=None, models=MODELS, rows=None):
    """The case of a run with the set, model and dose it was drawn for; None where none suits.

    Training rows are drawn from `rows`; sets that hold fewer are then drawn again. Without `rows`
    they are drawn from `TRAIN_ROWS`, and a smaller set gives what it can.
    """
    fault = ALL[name]
    rng = np.random.default_rng([seed, *name.encode(), *half.encode()])
    kinds = {"generated": data.GENERATED, "bundled": data.BUNDLED}
    kinds["folder"] = data.folder_names(folder)
    sets = {
        kind: [n for n in names if half in ("all", data.half_of(n))]
        for kind, names in kinds.items()
    }
    sets = {kind: names for kind, names in sets.items() if names}
    shares = np.array([SHARES[kind] for kind in sets])
    usable = [model for model in fault.models if model in models]
    for _ in range(MAX_DRAWS if usable else 0):
        kind = list(sets)[rng.choice(len(sets), p=shares / shares.sum())]
        set_name = str(rng.choice(sets[kind]))
        model = str(rng.choice(usable))
        dose = fault.doses[rng.integers(len(fault.doses))]
        n = int(rng.choice(rows or TRAIN_ROWS))
        task = _loaded(set_name, seed, folder)
        if fault.suits is not None and not fault.suits(task):
            continue
        if rows and n > most_rows(task):
            continue
        draw = draw_rows(task, model, n, seed, rng)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # planted faults make fits warn
            case = draw and fault.plant(draw, dose)
        if case is not None:
            source = case.source or set_name
            return case, {"set": source, "model": model, "dose": str(dose), "n": len(case.y)}
    return None


# --- one run --------------------------------------------------------------------------------------


def one_run(name, seed, options):
    """Truth, reports and remedies of one run, as plain values; on one thread."""
    warnings.simplefilter("ignore")  # planted faults make fits warn
    with threadpool_limits(1):
        return _one_run(name, seed, options)


def _one_run(name, seed, options):
    """The same on as many threads as there are."""
    if options["skore_python"]:
        arms.borrow_packages(options["skore_python"])
    fault = ALL[name]
    start = time.process_time()
    run = {"fault": name, "seed": seed, "half": options["half"], "slugs": list(fault.slugs)}
    known = None
    # Clean fits are drawn again until nothing of the panel helps: what is left is clean.
    for attempt in range(1 if fault.slugs else MAX_CLEAN_DRAWS):
        number = seed + ATTEMPT * attempt
        found = case_of_run(name, number, *(options[key] for key in CASE_OPTIONS))
        if found is not None:
            known = truth.truth_of(found[0], fault.harm)
            run |= {**found[1], "number": number}
            if fault.slugs or not _helps(_panel_for_clean(known, stop=True)):
                break
    if known is None:
        return {**run, "status": "not drawn"}
    effort = max(fault.effort, options["effort"], key=_rank)
    try:
        answer, findings, report = arms.lossfix(known.case, seed, effort)
    except Exception as error:  # told in the tables: a report that fails names nothing
        answer, findings, report = {"named": [], "tips": [], "error": repr(error)[:300]}, [], None
    run |= {
        "harm": known.harm,
        "fresh": known.fresh.as_dict(),
        "twin": known.twin and known.twin.as_dict(),
        "background": known.background,
        "arms": {"lossfix": answer, **arms.peers(known.case, seed, options["peers"])},
        "own": [_own_remedy(known, finding) for finding in findings[:TOP]],
    }
    if fault.slugs and known.hurts:
        run["status"] = "faulty"
        run["panel"] = _panel_for_names(known, run["arms"])
        run["random"] = _random_remedy(known, seed)
        run["fix"] = _fix(known, report)
    else:
        run["panel"] = _panel_for_clean(known)
        run["status"] = "unplanned" if _helps(run["panel"]) else "clean"
    run["seconds"] = time.process_time() - start
    return run


def _helps(panel_gains):
    """Whether a remedy of the panel gains more than a floor."""
    return any(max(gain.values()) > 1 for gain in panel_gains.values())


def _rank(effort):
    """Efforts in order."""
    return ("fast", "normal", "thorough").index(effort)


def _own_remedy(known, finding):
    """What the remedy of an issue or suspect does on fresh rows."""
    remedy = finding.remedy
    has = remedy is not None and remedy.estimator is not None
    after = truth.judge_remedy(known, remedy.estimator, remedy.left_out) if has else None
    none = {"loss": 0.0, "metric": 0.0}
    return {
        "name": finding.name,
        "section": finding.section,
        "explained_by": finding.explained_by,
        "remedy": remedy.changes if has else None,
        "gains": none if after is None else truth.gains(known.fresh, after),
        "recovered": truth.recovered(known, after),
    }


def _panel_for_names(known, answers):
    """What the panel's remedies of all causes that any arm names first, or tips, win back."""
    names = {
        name for answer in answers.values() for name in [*answer["named"], *answer["tips"]][:TOP]
    }
    found = {}
    for name in sorted(names):
        estimator = panel.build(name, known.case)
        if estimator is not None and known.twin is not None:
            found[name] = truth.recovered(known, truth.judge_remedy(known, estimator))
    return found


def _panel_for_clean(known, *, stop=False):
    """Gains, in floors, of all remedies of the panel, or of all up to the first that helps."""
    found = {}
    if known.fresh.is_infinite:
        found["nonfinite-loss"] = {"loss": float("inf"), "metric": 0.0}
    for name in panel.DISTINCT:
        if stop and _helps(found):
            break
        estimator = panel.build(name, known.case)
        after = None if estimator is None else truth.judge_remedy(known, estimator)
        if after is not None:
            found[name] = truth.gains(known.fresh, after)
    return found


def _random_remedy(known, seed):
    """One remedy of the panel at random among those that apply."""
    if known.twin is None:
        return None
    rng = np.random.default_rng(seed)
    for name in rng.permutation(panel.DISTINCT):
        estimator = panel.build(str(name), known.case)
        if estimator is not None:
            after = truth.judge_remedy(known, estimator)
            return {"name": str(name), "recovered": truth.recovered(known, after)}
    return None


def _fix(known, report):
    """What `report.fix` wins back, where there is such a method."""
    if not hasattr(report, "fix") or known.twin is None:
        return None
    start = time.process_time()
    try:
        fix = report.fix()
        after = truth.judge_remedy(known, fix.estimator, getattr(fix, "left_out", None))
    except Exception as error:  # told in the table, not raised
        return {"error": repr(error)[:300]}
    seconds = time.process_time() - start
    return {"recovered": truth.recovered(known, after), "seconds": seconds}
