"""Is MetricAlignedSearchCV as good as nested tuning, and is what it says of itself true?

Four parts, each with its aim:

- parity: one pass beside ``GridSearchCV(TunedThresholdClassifierCV(...))`` on imbalanced data of
  two classes, paired by split. The mean difference of the metric on test rows, averaged over data
  sets, has its lower 95 % bound above -0.005. `GridSearchCV` alone stands beside both.
- honesty: `honest_score_` is right on average to 0.01 where `apparent_score_` is too good by more
  than 0.02; its interval holds the true score in at least 95 % of seeds. True is the metric of the
  refitted search's labels on 20,000 fresh rows.
- multiclass: the tuned rule beside argmax of the same search: at least as good on test rows within
  noise, and never below it on the scores out of fold that it was chosen on.
- guard: accuracy with well-calibrated candidates on 300 rows keeps the default rule in at least
  90 % of seeds.

Data sets are generated, bundled with scikit-learn, and, with ``--data FOLDER``, every imbalanced
``FOLDER/<name>.csv.gz`` whose last column is ``target``. A ``meta.json`` beside them may name
columns to leave out: ``{"<name>": {"leak_columns": [...], "id_columns": [...], "group_column":
..., "time_column": ...}}``.

Metrics are handed to the peers as functions that count, and give what scikit-learn's give, bit for
bit, in a hundredth of the time; without that the nested search takes hours. Time is measured in
``metric_aligned_search.py``.

Run ``python benchmarks/metric_aligned_quality.py [PART ...] [--data FOLDER]``. Aims that are missed
are listed at the end, and the exit code is 1.
"""

import argparse
import itertools
import sys
import time
import warnings
from collections import defaultdict

import numpy as np
from _imbalanced_data import (
    Halves,
    folds,
    imbalanced_binary,
    imbalanced_multiclass,
    read_folder,
    scaled,
)
from _peers import machine
from joblib import Parallel, delayed
from scipy import stats
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, f1_score, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    TunedThresholdClassifierCV,
    train_test_split,
)
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix import MetricAlignedSearchCV
from sklearn_lossfix._core._paired_tests import nadeau_bengio_inflation, wilson_interval

PARITY_AIM = -0.005
HONEST_AIM, OPTIMISM_AIM, COVERAGE_AIM = 0.01, 0.02, 0.95
GUARD_AIM = 0.9

MAX_ROWS, N_FRESH = 4_000, 20_000

LEARNERS = {
    "LR": (LogisticRegression(max_iter=300), {"C": [0.001, 0.01, 0.1, 1, 100]}),
    "tree": (
        DecisionTreeClassifier(random_state=0),
        {"max_depth": [2, 5, None], "min_samples_leaf": [1, 10]},
    ),
    "HGB": (
        HistGradientBoostingClassifier(max_iter=50, random_state=0),
        {"learning_rate": [0.03, 0.1], "max_leaf_nodes": [4, 15]},
    ),
}
HONESTY_GRIDS = {
    "LR": {"C": np.logspace(-4, 3, 10).tolist()},
    "tree": {"max_depth": [2, 4, 8, None], "min_samples_leaf": [1, 5, 20]},
}
# A penalty that is far too strong makes probabilities too timid, and a tuned rule then mends them.
CALIBRATED, GUARD_ROWS = "calibrated candidates", 300
GUARD_GRIDS = {CALIBRATED: [1, 10, 100], "with over-shrunken ones": [0.01, 0.1, 1, 10]}
MULTICLASS_METRICS = ("f1_macro", "balanced_accuracy")


# --- metrics --------------------------------------------------------------------------------------


def fast_f1(y_true, y_pred):
    """What `f1_score` gives for labels 0 and 1."""
    together = np.count_nonzero(y_true & y_pred)
    either = np.count_nonzero(y_true) + np.count_nonzero(y_pred)
    return 2 * together / either if either else 0.0


def fast_balanced_accuracy(y_true, y_pred):
    """What `balanced_accuracy_score` gives for labels 0 and 1 that both occur in truth."""
    n_positive = np.count_nonzero(y_true)
    hits = np.count_nonzero(y_true & y_pred)
    rejected = len(y_true) - n_positive - (np.count_nonzero(y_pred) - hits)
    return float(np.mean([rejected / (len(y_true) - n_positive), hits / n_positive]))


METRICS = {
    "f1": (f1_score, fast_f1),
    "balanced_accuracy": (balanced_accuracy_score, fast_balanced_accuracy),
}


def check_fast_metrics():
    """Stop if a counting metric differs from scikit-learn's."""
    rng = np.random.default_rng(0)
    for (name, (slow, fast)), share in itertools.product(METRICS.items(), (0, 0.01, 0.3, 1)):
        y, p = (rng.random(500) < 0.1).astype(int), (rng.random(500) < share).astype(int)
        if slow(y, p) != fast(y, p):
            raise AssertionError(f"The fast {name} is {fast(y, p)}, scikit-learn's {slow(y, p)}.")


# --- data -----------------------------------------------------------------------------------------


def generated(n_train, share, seed, n_fresh=N_FRESH, **options):
    """Training and fresh rows of make_classification; one call keeps one distribution."""
    X, y = make_classification(
        n_train + n_fresh,
        20,
        n_informative=5,
        n_redundant=2,
        weights=[1 - share],
        flip_y=min(0.05, share / 2),
        class_sep=0.8,
        random_state=seed,
        **options,
    )
    return halve(X, y, seed, n_train)


def halve(X, y, seed, n_train=None):
    """Stratified split; of large sets `MAX_ROWS` / 2 rows to learn from, the rest to test on."""
    n_train = min(len(y), MAX_ROWS) // 2 if n_train is None else n_train
    X, X_test, y, y_test = train_test_split(X, y, train_size=n_train, stratify=y, random_state=seed)
    return Halves(X, y, X_test[:N_FRESH], y_test[:N_FRESH])


def digit(seed):
    """One digit against the others; each seed another one."""
    X, y = load_digits(return_X_y=True)
    return halve(X, (y == seed % 10).astype(int), seed)


def rare_cancer(seed):
    """Breast cancer data with one malign case of ten."""
    X, y = load_breast_cancer(return_X_y=True)
    rng = np.random.default_rng(seed)
    malign, benign = np.flatnonzero(y == 0), np.flatnonzero(y == 1)
    kept = np.concatenate([benign, rng.choice(malign, len(benign) // 9, replace=False)])
    return halve(X[kept], 1 - y[kept], seed)


def binary_sets(tables):
    """Name -> a function of the seed that draws training and test rows."""
    sets = {
        f"generated {share:.0%}, {n} rows": lambda seed, n=n, share=share: generated(n, share, seed)
        for share in (0.2, 0.05, 0.01)
        for n in (500, 2000)
    }
    sets |= {"digits, one of ten": digit, "breast cancer, one of ten": rare_cancer}
    for name, (X, y) in imbalanced_binary(tables).items():
        sets[name] = lambda seed, X=X, y=y: halve(X, y, seed)
    return sets


def multiclass_sets(tables):
    """Imbalanced sets of three or more classes, without classes too small to split."""
    sets = {
        "generated 80/15/5 %": lambda seed: generated_classes(seed, [0.8, 0.15]),
        "generated 60/30/8/2 %": lambda seed: generated_classes(seed, [0.6, 0.3, 0.08]),
    }
    for name, (X, y) in imbalanced_multiclass(tables).items():
        sets[name] = lambda seed, X=X, y=y: halve(X, y, seed)
    return sets


def generated_classes(seed, weights):
    """Training and fresh rows of several classes."""
    X, y = make_classification(
        1000 + N_FRESH,
        15,
        n_informative=6,
        n_classes=len(weights) + 1,
        n_clusters_per_class=1,
        weights=weights,
        flip_y=0.02,
        class_sep=0.8,
        random_state=seed,
    )
    return halve(X, y, seed, 1000)


# --- parity ---------------------------------------------------------------------------------------


def _seeds(options):
    """Seeds of the repeated splits."""
    return range(options.first_seed, options.first_seed + options.splits)


def parity_run(halves, learner, metric, seed):
    """Test metric of one pass, nested tuning and a search at the threshold 0.5, on one split."""
    warnings.simplefilter("ignore")
    halves = scaled(halves)
    estimator, grid = LEARNERS[learner]
    scorer = make_scorer(METRICS[metric][1])
    nested_grid = {f"estimator__{name}": values for name, values in grid.items()}
    tuned = TunedThresholdClassifierCV(clone(estimator), scoring=scorer)
    searches = {
        "ours": MetricAlignedSearchCV(
            clone(estimator), grid, scoring=metric, cv=folds(seed), random_state=seed
        ),
        "nested": GridSearchCV(tuned, nested_grid, scoring=scorer, cv=folds(seed)),
        "plain": GridSearchCV(clone(estimator), grid, scoring=scorer, cv=folds(seed)),
    }
    found = {"same": np.nan}
    for name, search in searches.items():
        try:
            search.fit(halves.X, halves.y)
        except ValueError as error:
            # With few positive rows a tree of an inner fold may give all rows one score.
            if name != "nested" or "constant predictions" not in str(error):
                raise
            found[name] = np.nan
            continue
        found[name] = METRICS[metric][1](halves.y_test, search.predict(halves.X_test))
    if not np.isnan(found["nested"]):
        chosen = searches["nested"].best_params_
        chosen = {name.removeprefix("estimator__"): value for name, value in chosen.items()}
        found["same"] = float(searches["ours"].best_params_ == chosen)
    return found


def parity(options, missed):
    """Difference to the nested search, averaged over splits, then over data sets."""
    sets = binary_sets(read_folder(options.data))
    design = [(learner, metric) for learner in options.learners for metric in METRICS]
    print(
        f"\nParity: ours - GridSearchCV(TunedThresholdClassifierCV) in points of the metric on "
        f"test rows, {options.splits} splits from seed {options.first_seed}.\n"
        "The interval of a data set is corrected for training rows that splits share. Where the\n"
        "nested search fails, nothing is compared.\n"
    )
    heads = "".join(f"{f'{a} {b}'[:15]:>16s}" for a, b in design)
    print(
        f"{'data set':28s}{'mean':>7s}  {'95 %':15s}{heads}  same candidate  - GridSearchCV  "
        "nested fails",
        flush=True,
    )
    means, cells = [], defaultdict(list)
    for name, draw in sets.items():
        tasks = ((draw(seed), seed) for seed in _seeds(options))
        runs = Parallel(n_jobs=options.jobs)(
            delayed(parity_run)(halves, learner, metric, seed)
            for halves, seed in tasks
            for learner, metric in design
        )
        gaps = np.array([run["ours"] - run["nested"] for run in runs]).reshape(-1, len(design))
        plain = np.mean([run["ours"] - run["plain"] for run in runs])
        of_cells, of_splits = np.nanmean(gaps, axis=0), np.nanmean(gaps, axis=1)
        means.append(of_cells.mean())
        for cell, gap in zip(design, of_cells, strict=True):
            cells[cell].append(gap)
        low, high = split_interval(of_splits, name)
        shown = "".join(f"{100 * gap:16.2f}" for gap in of_cells)
        same = np.nanmean([run["same"] for run in runs])
        print(
            f"{name:28s}{100 * means[-1]:7.2f}  [{100 * low:6.2f},{100 * high:6.2f}]{shown}"
            f"  {same:14.0%}  {100 * plain:14.1f}  {np.isnan(gaps).sum():12d}",
            flush=True,
        )
    print()
    for (learner, metric), gaps in cells.items():
        print(f"{learner} {metric}: {set_interval(gaps)[2]}")
    low, bound, text = set_interval(means)
    print(f"all: {text}; one-sided lower 95 % bound {100 * bound:.2f} points")
    if low <= PARITY_AIM:
        missed.append(f"parity: lower bound {low:.4f} <= {PARITY_AIM}")


def split_interval(gaps, name):
    """Central 95 % by t; for splits of the same rows after Nadeau and Bengio, as for halves."""
    gaps = gaps[~np.isnan(gaps)]
    if len(gaps) < 2:
        return np.nan, np.nan
    inflation = 1.0 if name.startswith("generated") else nadeau_bengio_inflation(1, 1, len(gaps))
    se = gaps.std(ddof=1) * np.sqrt(inflation / len(gaps))
    return stats.t.interval(0.95, len(gaps) - 1, gaps.mean(), max(se, 1e-12))


def set_interval(means):
    """Two-sided lower end, one-sided lower bound and a text, by t over data sets."""
    n, mean = len(means), np.mean(means)
    se = max(np.std(means, ddof=1) / np.sqrt(n), 1e-12)
    low, high = stats.t.interval(0.95, n - 1, mean, se)
    bound = mean - stats.t.ppf(0.95, n - 1) * se
    text = f"{100 * mean:.2f} points over {n} data sets, 95 % [{100 * low:.2f}, {100 * high:.2f}]"
    return low, bound, text


# --- honesty --------------------------------------------------------------------------------------


def honesty_run(learner, metric, n_folds, seed):
    """What a search says of itself, and the truth."""
    warnings.simplefilter("ignore")
    halves = scaled(generated(600, 0.1, seed))
    search = MetricAlignedSearchCV(
        clone(LEARNERS[learner][0]),
        HONESTY_GRIDS[learner],
        scoring=metric,
        cv=n_folds,
        random_state=seed,
    ).fit(halves.X, halves.y)
    true = METRICS[metric][0](halves.y_test, search.predict(halves.X_test))
    low, high = search.honest_score_interval_
    return {
        "true": true,
        "honest": search.honest_score_ - true,
        "apparent": search.apparent_score_ - true,
        "best": search.best_score_ - true,
        "covers": low <= true <= high,
        "width": high - low,
        "default": search.decision_rule_.kind == "argmax",
    }


def honesty(options, missed):
    """Bias of the honest, the best and the apparent score, and coverage."""
    print(
        f"\nHonesty: 600 rows, 10 % positive, {options.folds} folds, {options.seeds} seeds from 0; "
        "score - true:"
    )
    print(
        f"{'':24s}{'true':>6s} {'honest_score_':>18s} {'best_score_':>12s} "
        f"{'apparent_score_':>18s} coverage of the interval   width  default rule",
        flush=True,
    )
    together = []
    for learner, metric in itertools.product(HONESTY_GRIDS, METRICS):
        runs = Parallel(n_jobs=options.jobs)(
            delayed(honesty_run)(learner, metric, options.folds, seed)
            for seed in range(options.seeds)
        )
        together += runs
        report_honesty(f"{learner} {metric}", runs, missed)
    report_honesty("all", together, missed)


def report_honesty(name, runs, missed):
    """One line, and what it misses."""
    table = {key: np.array([run[key] for run in runs], dtype=float) for key in runs[0]}
    mean = {key: values.mean() for key, values in table.items()}
    se = {key: values.std(ddof=1) / np.sqrt(len(runs)) for key, values in table.items()}
    low, high = wilson_interval(mean["covers"], len(runs))
    print(
        f"{name:24s}{mean['true']:6.3f} {mean['honest']:+8.4f} (se {se['honest']:.4f}) "
        f"{mean['best']:+12.4f} {mean['apparent']:+8.4f} (se {se['apparent']:.4f}) "
        f"{mean['covers']:7.1%} [{low:.1%}, {high:.1%}] {mean['width']:7.3f} "
        f"{mean['default']:8.0%}",
        flush=True,
    )
    if abs(mean["honest"]) > HONEST_AIM:
        missed.append(f"honesty, {name}: honest_score_ off by {mean['honest']:+.4f}")
    if mean["apparent"] <= OPTIMISM_AIM:
        missed.append(f"honesty, {name}: apparent_score_ off by only {mean['apparent']:+.4f}")
    if high < COVERAGE_AIM:
        missed.append(f"honesty, {name}: coverage {mean['covers']:.1%}")


# --- more classes ---------------------------------------------------------------------------------


def multiclass_run(halves, learner, metric, seed):
    """The tuned rule beside argmax: on test rows, and on the rows it was chosen on."""
    warnings.simplefilter("ignore")
    halves = scaled(halves)
    searches = [
        MetricAlignedSearchCV(
            clone(LEARNERS[learner][0]),
            LEARNERS[learner][1],
            scoring=metric,
            decision_rule=rule,
            cv=folds(seed) if np.bincount(halves.y).min() >= 5 else None,
            random_state=seed,
        ).fit(halves.X, halves.y)
        for rule in ("auto", "default")
    ]
    ours, plain = searches
    truth = ours.classes_[ours.oof_target_]
    score = macro_f1 if metric == "f1_macro" else balanced_accuracy_score
    tuned, default = (
        score(truth, rule.predict(ours.oof_scores_))
        for rule in (ours.decision_rule_, plain.decision_rule_)
    )
    test = [score(halves.y_test, search.predict(halves.X_test)) for search in searches]
    return {
        "test": test[0] - test[1],
        "oof": tuned - default,
        "argmax": test[1],
        "default": ours.decision_rule_.kind == "argmax",
        "honest": ours.honest_score_ - plain.honest_score_,
    }


def macro_f1(y_true, y_pred):
    """Average F1 over classes that occur."""
    return f1_score(y_true, y_pred, average="macro", zero_division=0)


def multiclass(options, missed):
    """Gain of the rule on test rows and out of fold."""
    sets = multiclass_sets(read_folder(options.data))
    print(
        f"\nMulticlass: tuned rule - argmax of the same search, in points, {options.splits} splits "
        f"from seed {options.first_seed}.\n"
        f"{'':44s}argmax   test rows  {'95 %':16s}out of fold: least, mean"
        "   default rule",
        flush=True,
    )
    cells = defaultdict(list)
    for name, draw in sets.items():
        for learner, metric in itertools.product(options.learners, MULTICLASS_METRICS):
            runs = Parallel(n_jobs=options.jobs)(
                delayed(multiclass_run)(draw(seed), learner, metric, seed)
                for seed in _seeds(options)
            )
            table = {key: np.array([run[key] for run in runs], dtype=float) for key in runs[0]}
            gain, oof = table["test"], table["oof"]
            low, high = split_interval(gain, name)
            cells[learner, metric].append(gain.mean())
            print(
                f"{name:24s}{f'{learner} {metric}':20s}{table['argmax'].mean():6.3f} "
                f"{100 * gain.mean():10.2f}  [{100 * low:6.2f},{100 * high:6.2f}] "
                f"{100 * oof.min():10.2f} {100 * oof.mean():9.2f} {table['default'].mean():13.0%}",
                flush=True,
            )
            if oof.min() < -1e-9:
                missed.append(f"multiclass, {name}, {learner} {metric}: {oof.min():.4f} of fold")
            if high < 0:
                missed.append(f"multiclass, {name}, {learner} {metric}: {gain.mean():.4f} on test")
    print()
    for (learner, metric), gains in cells.items():
        print(f"{learner} {metric}: {set_interval(gains)[2]}")


# --- guard ----------------------------------------------------------------------------------------


def guard_run(C, share, seed):
    """Whether accuracy keeps the default rule, and what the tuned rule gains on fresh rows."""
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(GUARD_ROWS + N_FRESH, 5))
    p = 1 / (1 + np.exp(-(X @ [1.0, -1.0, 0.5, 0.0, 0.0] + np.log(share / (1 - share)))))
    y = (rng.random(len(p)) < p).astype(int)
    searches = [
        MetricAlignedSearchCV(
            LogisticRegression(),
            {"C": C},
            scoring="accuracy",
            decision_rule=rule,
            random_state=seed,
        ).fit(X[:GUARD_ROWS], y[:GUARD_ROWS])
        for rule in ("auto", "default")
    ]
    ours, plain = (np.mean(s.predict(X[GUARD_ROWS:]) == y[GUARD_ROWS:]) for s in searches)
    return searches[0].decision_rule_.kind == "argmax", ours - plain


def guard(options, missed):
    """Share of seeds that keep the default rule; shrunken candidates are shown without an aim."""
    n_seeds = 2 * options.seeds
    print(
        f"\nGuard: accuracy, {GUARD_ROWS} rows of a logistic model, {n_seeds} seeds from 0; the "
        "gain is in points of\naccuracy over decision_rule='default' on fresh rows:"
    )
    for (name, C), share in itertools.product(GUARD_GRIDS.items(), (0.5, 0.3, 0.15)):
        runs = Parallel(n_jobs=options.jobs)(
            delayed(guard_run)(C, share, seed) for seed in range(n_seeds)
        )
        kept, gain = np.mean(runs, axis=0)
        low, high = wilson_interval(kept, n_seeds)
        print(
            f"  {name:26s}intercept of {share:4.0%}: default rule kept in {kept:6.1%} "
            f"[{low:.1%}, {high:.1%}], gain {100 * gain:+.2f}",
            flush=True,
        )
        if name == CALIBRATED and kept < GUARD_AIM:
            missed.append(f"guard, {share:.0%}: kept in {kept:.1%} < {GUARD_AIM:.0%}")


PARTS = {"parity": parity, "honesty": honesty, "multiclass": multiclass, "guard": guard}


def main():
    """Run the parts asked for; exit with 1 where an aim was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all")
    parser.add_argument("--data", metavar="FOLDER", help="folder of <name>.csv.gz files")
    parser.add_argument("--learners", nargs="+", choices=LEARNERS, default=["LR", "tree"])
    parser.add_argument("--first-seed", type=int, default=0, help="seed of the first split")
    parser.add_argument("--splits", type=int, default=10, help="repeated splits of a data set")
    parser.add_argument("--seeds", type=int, default=50, help="seeds of honesty; twice for guard")
    parser.add_argument("--folds", type=int, default=5, help="folds of honesty")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown part {', '.join(unknown)}: expected some of {', '.join(PARTS)}")
    print(machine())
    check_fast_metrics()
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
