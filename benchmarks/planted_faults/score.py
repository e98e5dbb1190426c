"""Tables of a set of runs: who names what, false alarms, repairs and time."""

from collections import Counter, defaultdict

import numpy as np

from sklearn_lossfix._core._paired_tests import wilson_interval

# A remedy is an equivalent repair from this share of what the fault costs.
REPAIRED = 0.5
TOP = 3


def best_share(recovered):
    """Largest share won back, over the currencies that the fault costs."""
    return max(recovered.values(), default=0.0)


def is_right(run, arm, name, *, strict):
    """Whether a name is right: by its slug, or, if not strict, by its remedy."""
    if name in run["slugs"]:
        return True
    if strict:
        return False
    if arm == "lossfix":
        for own in run["own"]:
            if own["name"] == name and own["remedy"] is not None:
                return best_share(own["recovered"]) >= REPAIRED
    return best_share(run["panel"].get(name, {})) >= REPAIRED


def ranked_names(run, arm, *, tips=False):
    """Issues of an arm in order, and where asked for tips after them."""
    answer = run["arms"].get(arm)
    if answer is None:
        return []
    background = run.get("background", []) if run["status"] == "faulty" else []
    names = [*answer["named"], *(answer["tips"] if tips else [])]
    return [name for name in dict.fromkeys(names) if name not in background]


def share_text(part, whole):
    """A share with its Wilson interval."""
    if not whole:
        return "-"
    low, high = wilson_interval(part / whole, whole)
    return f"{part}/{whole} = {part / whole:.0%} [{low:.0%}, {high:.0%}]"


def scores_of(runs, arm, *, strict):
    """Per fault: runs, first issue right, first name right (a tip where there is no issue), right
    among three (tips too), precision, F1."""
    faulty = [run for run in runs if run["status"] == "faulty"]
    judged = [run for run in runs if run["status"] in ("faulty", "clean")]
    hits, calls = Counter(), Counter()
    for run in judged:
        for name in ranked_names(run, arm)[:1]:
            calls[name] += 1
            hits[name] += run["status"] == "faulty" and is_right(run, arm, name, strict=strict)
    table = {}
    for fault in dict.fromkeys(run["fault"] for run in faulty):
        mine = [run for run in faulty if run["fault"] == fault]
        first = said = top = 0
        for run in mine:
            issues, names = ranked_names(run, arm), ranked_names(run, arm, tips=True)
            first += bool(issues) and is_right(run, arm, issues[0], strict=strict)
            said += bool(names) and is_right(run, arm, names[0], strict=strict)
            top += any(is_right(run, arm, name, strict=strict) for name in names[:TOP])
        slugs = mine[0]["slugs"]
        called = sum(calls[slug] for slug in slugs)
        precision = sum(hits[slug] for slug in slugs) / called if called else None
        recall = first / len(mine)
        f1 = 2 * recall * precision / (recall + precision) if precision and recall else 0.0
        table[fault] = {
            "n": len(mine),
            "first": first,
            "said": said,
            "top": top,
            "precision": precision,
            "recall": recall,
            "f1": f1,
        }
    return table


def print_arms(runs):
    """One line per arm: top-1, top-3, macro-F1, false alarms, seconds."""
    arms = list(dict.fromkeys(arm for run in runs for arm in run.get("arms", {})))
    clean = [run for run in runs if run["status"] == "clean"]
    for strict, title in ((True, "by slug"), (False, "by slug or by remedy")):
        print(f"\n{title}: first issue right; first issue, or tip where there is none, right;")
        print(f"right among {TOP} issues and tips; macro-F1")
        for arm in arms:
            table = scores_of(runs, arm, strict=strict)
            n = sum(row["n"] for row in table.values())
            keys = ("first", "said", "top")
            counts = [sum(row[key] for row in table.values()) for key in keys]
            macro = np.mean([row["f1"] for row in table.values()]) if table else 0.0
            shares = " ".join(f"{share_text(count, n):26s}" for count in counts)
            print(f"  {arm:18s} {shares} {macro:.2f}")
    print("\nclean fits with an issue / all without harm, unplanned too, whose first issue was not")
    print("planted and is borne out by no remedy; clean fits with a suspected cause or an issue;")
    print("seconds per report, median and largest")
    for arm in arms:
        mine = [run for run in clean if arm in run["arms"]]
        alarms = sum(
            bool(run["arms"][arm].get("n_issues", len(run["arms"][arm]["named"]))) for run in mine
        )
        sound = [run for run in runs if run["status"] != "faulty" and arm in run["arms"]]
        false = sum(is_false(run, arm) for run in sound)
        suspected = sum(
            bool({*answer["named"], *answer.get("suspects", [])})
            for answer in (run["arms"][arm] for run in mine)
        )
        times = [
            run["arms"][arm]["seconds"]
            for run in runs
            if "seconds" in run.get("arms", {}).get(arm, {})
        ]
        errors = sum("error" in run.get("arms", {}).get(arm, {}) for run in runs)
        print(
            f"  {arm:18s} {share_text(alarms, len(mine)):26s} {share_text(false, len(sound)):26s} "
            f"{share_text(suspected, len(mine)):26s} "
            f"{np.median(times or [0]):.1f} {max(times or [0]):.1f}"
            + (f"  ({errors} errors)" if errors else "")
        )


def is_false(run, arm):
    """Whether the first issue of a run without harm is not what was planted, nor borne out."""
    named = run["arms"][arm]["named"][:1]
    if not named or named[0] in run["slugs"]:
        return False
    remedies = [run["panel"].get(named[0], {"none": 0.0})]
    if arm == "lossfix":
        remedies += [own["gains"] for own in run["own"][:1] if own["section"] == "issue"]
    return all(max(gain.values()) <= 1 for gain in remedies)


def print_faults(runs):
    """Recall and precision per fault."""
    print(
        "\nper fault: runs that hurt, right first by slug / by remedy too, among three, precision"
    )
    strict, lenient = (scores_of(runs, "lossfix", strict=s) for s in (True, False))
    for fault, row in lenient.items():
        precision = "-" if row["precision"] is None else f"{row['precision']:.2f}"
        print(
            f"  {fault:34s} {row['n']:3d}  {strict[fault]['first'] / row['n']:.2f} / "
            f"{row['recall']:.2f}  {row['top'] / row['n']:.2f}  {precision}"
        )
    dull = Counter(
        run["fault"] for run in runs if run["slugs"] and run["status"] in ("clean", "unplanned")
    )
    print(f"planted without harm: {dict(dull)}")


def print_doses(runs):
    """Right first by dose, also by remedy."""
    print("\nright first, also by remedy, per dose:")
    table = defaultdict(lambda: defaultdict(list))
    for run in runs:
        if run["status"] == "faulty":
            first = ranked_names(run, "lossfix")[:1]
            right = bool(first) and is_right(run, "lossfix", first[0], strict=False)
            table[run["fault"]][run["dose"]].append(right)
    for fault, doses in table.items():
        if len(doses) > 1:
            cells = [f"{dose}: {sum(hits)}/{len(hits)}" for dose, hits in sorted(doses.items())]
            print(f"  {fault:34s} {'; '.join(cells)}")


def print_slugs(runs):
    """How often each name comes first, and what it then was."""
    calls = defaultdict(Counter)
    for run in runs:
        for name in ranked_names(run, "lossfix")[:1]:
            if run["status"] == "faulty":
                by_slug = name in run["slugs"]
                right = by_slug or is_right(run, "lossfix", name, strict=False)
                kind = "planted" if by_slug else "equivalent remedy" if right else "wrong"
            else:
                kind = f"{run['status']}, " + ("false" if is_false(run, "lossfix") else "borne out")
            calls[name][kind] += 1
    print("\nnamed first, by what it was:")
    for name, kinds in sorted(calls.items(), key=lambda item: -item[1].total()):
        print(f"  {name:26s} {dict(kinds.most_common())}")


def print_confusion(runs):
    """What is named first, per fault."""
    table = defaultdict(Counter)
    for run in runs:
        if run["status"] == "faulty":
            name = (ranked_names(run, "lossfix") or ["no issue"])[0]
            mark = (
                ""
                if name == "no issue" or not is_right(run, "lossfix", name, strict=False)
                else "+"
            )
            mark = "*" if name in run["slugs"] else mark
            table[run["fault"]][name + mark] += 1
    print("\nnamed first (* the planted cause, + another with an equivalent remedy)")
    for fault, names in table.items():
        cells = ", ".join(f"{name} {count}" for name, count in names.most_common())
        print(f"  {fault:34s} {cells}")


def print_repairs(runs):
    """Share of the cost that is won back, by whom."""
    faulty = [run for run in runs if run["status"] == "faulty" and run["twin"] is not None]
    faulty = [run for run in faulty if np.isfinite(max(run["harm"].values()))]
    rows = {
        "first issue's remedy": [(r, _first_remedy(r, ("issue",))) for r in faulty],
        "or first suspect's": [(r, _first_remedy(r, ("issue", "tip"))) for r in faulty],
        "random remedy": [(r, (r["random"] or {}).get("recovered", {})) for r in faulty],
        "report.fix()": [(r, r["fix"].get("recovered", {})) for r in faulty if r["fix"]],
    }
    print(f"\nof what {len(faulty)} faults cost, won back on fresh rows (runs of at least half;")
    print("median of metric and of loss where the fault costs them, no remedy counted as 0)")
    for name, pairs in rows.items():
        if not pairs:
            continue
        good = sum(best_share(shares) >= REPAIRED for _, shares in pairs)
        medians = []
        for currency in ("metric", "loss"):
            values = [s.get(currency, 0.0) for run, s in pairs if run["harm"][currency] > 1]
            medians.append(f"{currency} {np.median(values):.0%}" if values else f"{currency} -")
        print(f"  {name:22s} {share_text(good, len(pairs)):28s} {'; '.join(medians)}")
    failed = Counter(run["fix"]["error"] for run in faulty if "error" in (run.get("fix") or {}))
    if failed:
        print(f"  report.fix() failed: {dict(failed)}")


def _first_remedy(run, sections):
    """What the remedy of the first issue, or suspect, wins back."""
    first = run["own"][:1]
    return first[0]["recovered"] if first and first[0]["section"] in sections else {}


def print_alarms(runs):
    """Every clean fit with an issue, with the call that shows it."""
    print("\nclean fits with an issue, and unplanned ones with one that no remedy bears out:")
    for run in runs:
        named = run["arms"]["lossfix"]["named"]
        is_alarm = named if run["status"] == "clean" else is_false(run, "lossfix")
        if run["status"] != "faulty" and is_alarm:
            named = ", ".join(run["arms"]["lossfix"]["named"])
            planted = (
                " (planted, without harm)" if set(run["slugs"]) & {named.split(", ")[0]} else ""
            )
            print(
                f"  {run['fault']}#{run['number']}: {run['model']} on {run['set']}, n={run['n']}, "
                f"dose {run['dose']}, {run['status']}: {named}{planted}"
            )


def print_tables(runs):
    """All of the above."""
    counts = Counter(run["status"] for run in runs)
    print(f"\n{len(runs)} runs: {dict(counts)}")
    print("(unplanned: no planted harm, but a remedy of the panel helps: in no table below)")
    runs = [run for run in runs if run["status"] != "not drawn"]
    print_arms(runs)
    print_faults(runs)
    print_doses(runs)
    print_slugs(runs)
    print_confusion(runs)
    print_repairs(runs)
    print_alarms(runs)
