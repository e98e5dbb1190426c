"""Does a validation curve show overfitting? Our rule beside Prechelt's, patience and Spearman's.

Half of the histories are simulated: the noise-free curve tells whether the end is above the best.
The other half is recorded: multi-layer perceptrons and gradient boosting on bundled tables (and on
those of a folder, ``--data``), each with a small validation set, whose losses are what the rules
see, and many fresh rows, which tell the truth: the end is overfitted if the mean loss of the fresh
rows is above that of their best step, row-paired at 1 %, and by more than 1 %. Constants (ours: the
rise that counts; Spearman's: the correlation) are chosen on the simulated half alone; those of
Prechelt and of patience are as published. A judge that learned from thousands of other simulated
histories shows how much can be told from the curves of that half at all.

Run ``python benchmarks/history_overfit.py`` (about six minutes with a folder of 25 tables on one
core; ``--seeds 1 --simulated 100`` for a quick look). Prints macro-F1 of every rule on both halves.
"""

import argparse
import warnings

import numpy as np
from _imbalanced_data import Halves, read_folder, scaled
from scipy import signal, stats
from sklearn.datasets import load_breast_cancer, load_digits, load_wine, make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from sklearn_lossfix._core._finding import LOSS_FLOOR_SHARE
from sklearn_lossfix._core._history import History
from sklearn_lossfix._core._paired_tests import paired_estimate, upper_tail_p
from sklearn_lossfix._core._proper_scores import log_loss_rows
from sklearn_lossfix.diagnosis._history_report import build_history_report
from sklearn_lossfix.diagnosis.history._noise import (
    median_window,
    running_median,
    second_difference_sigma,
)
from sklearn_lossfix.diagnosis.history._turning_point import RISE_SHARE, RISE_Z, turning_point

# Level of the truth on fresh rows.
LEVEL = 0.01

# Rows of every recorded run; sets with fewer fresh rows than this are left out.
N_TRAIN, N_VALIDATION, MIN_FRESH, MAX_FRESH = 500, 300, 400, 4000

RISES = (0.01, 0.02, 0.03, 0.05, 0.10)
CORRELATIONS = tuple(np.round(np.arange(-0.9, 1.0, 0.1), 1))


# --- rules: from training and validation curves to yes or no --------------------------------------


def own_rule(rise_share):
    """The statistic of `overfit-turning-point` with another share of rise."""

    def rule(train, validation):
        turn = turning_point(validation)
        return turn.told and turn.z > RISE_Z and turn.rise > rise_share * abs(turn.valley)

    return rule


def report_rule(train, validation):
    """The report as a user gets it: is there an issue `overfit-turning-point`?"""
    history = History(np.arange(1.0, len(train) + 1), {"train": train, "validation": validation})
    report = build_history_report([history])
    return report["overfit-turning-point"].section == "issue"


def counted_rule(train, validation, rows):
    """The report that is told the number of validation rows, where there are any."""
    steps = np.arange(1.0, len(train) + 1)
    facts = {} if rows is None else {"n_validation": rows.shape[1], "loss_kind": "log_loss"}
    history = History(steps, {"train": train, "validation": validation}, **facts)
    report = build_history_report([history])
    return report["overfit-turning-point"].section == "issue"


def rows_rule(train, validation, rows):
    """The report with the losses of the validation rows, where they were recorded."""
    steps = np.arange(1.0, len(train) + 1)
    facts = {"row_losses": rows, "row_steps": steps, "loss_kind": "log_loss"}
    facts = {} if rows is None else facts
    history = History(steps, {"train": train, "validation": validation}, **facts)
    report = build_history_report([history])
    return report["overfit-turning-point"].section == "issue"


def generalization_loss_rule(percent):
    """Prechelt's (1998) GL at the end."""
    return lambda train, validation: 100 * (validation[-1] / validation.min() - 1) > percent


def successive_rises_rule(n_strips, length=5):
    """Prechelt's (1998) UP: the loss rose from strip to strip, so many times in a row."""

    def rule(train, validation):
        ends = validation[length - 1 :: length]
        rises = np.diff(ends) > 0
        runs = "".join("1" if rise else "0" for rise in rises).split("0")
        return max(map(len, runs), default=0) >= n_strips

    return rule


def patience_rule(n_steps):
    """No new best loss for so many steps."""
    return lambda train, validation: len(validation) - 1 - np.argmin(validation) >= n_steps


def spearman_rule(limit):
    """Training and validation loss do not go together."""
    return lambda train, validation: stats.spearmanr(train, validation).statistic < limit


# --- the best that could be done ------------------------------------------------------------------


def features(train, validation):
    """What a judge may learn from: smoothed rises, noise and course, all beside the valley."""
    n, smooth = len(validation), running_median(validation, median_window(len(validation)))
    position, turn = int(np.argmin(smooth)), turning_point(validation)
    valley, later = turn.valley, validation[n // 2 :]
    slope = np.polyfit(np.arange(len(later)) / n, later, 1)[0]
    blocks = np.array([block.mean() for block in np.array_split(validation, 8)]) / valley
    fits = signal.savgol_filter(validation, 2 * (n // 6) + 1, 2)
    since = validation[position:]
    rank = stats.kendalltau(np.arange(len(since)), since).statistic if len(since) > 3 else 0.0
    return [
        *(n, position / n, turn.rise / valley, turn.z, turn.se / valley, turn.coefficient, rank),
        *(slope / valley, fits[-1] / fits.min() - 1, validation[-1] / validation.min() - 1),
        *(second_difference_sigma(validation) / valley, *(blocks - blocks.min())),
        stats.spearmanr(train, validation).statistic,
    ]


def learned_rule(n_histories):
    """A judge that learned from so many other simulated histories: near the best possible one."""
    rng = np.random.default_rng(1)
    made = [simulated(rng) for _ in range(n_histories)]
    X, y = [features(*history[:2]) for history in made], [truth for *_, truth, _ in made]
    model = HistGradientBoostingClassifier(
        max_iter=300, learning_rate=0.05, max_leaf_nodes=12, random_state=0
    ).fit(np.array(X), y)
    return lambda train, validation: model.predict(np.array([features(train, validation)]))[0]


# --- histories ------------------------------------------------------------------------------------


def simulated(rng):
    """Both curves, whether the noise-free end is above its best, and no rows."""
    n = int(rng.integers(30, 200))
    steps = np.arange(n)
    floor, size = rng.uniform(0.05, 1.0), rng.uniform(0.1, 1.5)
    course = floor + size * np.exp(-steps / (n * rng.uniform(0.03, 0.4)))
    if rng.random() < 0.5:
        turn = n * rng.uniform(0.1, 0.8)
        rise = floor * 10 ** rng.uniform(-2, 0)
        course = course + rise * (np.maximum(steps - turn, 0) / (n - turn)) ** rng.uniform(0.7, 2)
    phi, sigma = rng.choice([0.0, 0.4, 0.8]), floor * 10 ** rng.uniform(-3, -1.3)
    noise = signal.lfilter([1], [1, -phi], rng.normal(0, sigma, n + 100))[100:]
    train = 0.8 * floor + size * np.exp(-steps / (n * rng.uniform(0.1, 0.4)))
    train = train + rng.normal(0, sigma / 3, n)
    truth = course[-1] > course.min() * (1 + LOSS_FLOOR_SHARE)
    return train, np.maximum(course + noise, 1e-3), bool(truth), None


def tables(folder):
    """Name -> table, of those that leave enough fresh rows."""
    found = {
        "breast cancer": load_breast_cancer(return_X_y=True),
        "digits": load_digits(return_X_y=True),
        "wine": load_wine(return_X_y=True),
    }
    for flip in (0.05, 0.2, 0.4):
        found[f"made, {flip:.0%} wrong labels"] = make_classification(
            5000, 20, n_informative=6, flip_y=flip, random_state=0
        )
    return found | read_folder(folder)


def parts_of(X, y, seed):
    """Training, validation and fresh rows, scaled by the first; None where rows are few."""
    counts = np.bincount(y)
    enough = np.isin(y, np.flatnonzero(counts >= 12))
    X, y = X[enough], np.unique(y[enough], return_inverse=True)[1]
    n_train, n_validation = min(N_TRAIN, len(y) // 4), min(N_VALIDATION, len(y) // 6)
    if len(y) - n_train - n_validation < MIN_FRESH:
        n_train, n_validation = len(y) // 4, len(y) // 6
    if len(y) - n_train - n_validation < MIN_FRESH // 2:
        return None
    X_train, X_rest, y_train, y_rest = train_test_split(
        X, y, train_size=n_train, stratify=y, random_state=seed
    )
    halves = scaled(Halves(X_train, y_train, X_rest, y_rest))
    rest = train_test_split(
        halves.X_test, y_rest, train_size=n_validation, stratify=y_rest, random_state=seed
    )
    X_val, X_fresh, y_val, y_fresh = rest
    few = slice(None, MAX_FRESH)
    return (halves.X, y_train), (X_val, y_val), (X_fresh[few], y_fresh[few])


def perceptron(rate, hidden):
    """Forecasts of a perceptron after every epoch."""

    def forecasts(train, others, seed):
        model = MLPClassifier(hidden, learning_rate_init=rate, batch_size=32, random_state=seed)
        for _ in range(60):
            model.partial_fit(*train, classes=np.unique(train[1]))
            yield [model.predict_proba(X) for X in others]

    return forecasts


def boosting(rate, leaves):
    """Forecasts of gradient boosting after every iteration."""

    def forecasts(train, others, seed):
        model = HistGradientBoostingClassifier(
            learning_rate=rate,
            max_leaf_nodes=leaves,
            max_iter=100,
            min_samples_leaf=5,
            early_stopping=False,
            random_state=seed,
        ).fit(*train)
        yield from zip(*(model.staged_predict_proba(X) for X in others), strict=True)

    return forecasts


MODELS = {
    "MLP, rate 0.001": perceptron(0.001, (64,)),
    "MLP, rate 0.01": perceptron(0.01, (100,)),
    "boosting, rate 0.02": boosting(0.02, 6),
    "boosting, rate 0.2": boosting(0.2, 31),
}


def recorded(parts, forecasts, seed):
    """Both curves of a run, whether fresh rows say that it overfits, and its validation rows."""
    losses = [[], [], []]
    for probabilities in forecasts(parts[0], [X for X, _ in parts], seed):
        for curve, proba, (_, y) in zip(losses, probabilities, parts, strict=True):
            curve.append(log_loss_rows(proba, y))
    fresh = np.stack(losses[2])
    smooth = running_median(fresh.mean(axis=1), median_window(len(fresh)))
    change = paired_estimate(fresh[-1] - fresh[int(np.argmin(smooth))])
    limit = LOSS_FLOOR_SHARE * smooth.min()
    truth = change.value > limit and upper_tail_p(change.value, change.se) <= LEVEL
    train, validation = (np.stack(part).mean(axis=1) for part in losses[:2])
    return train, validation, bool(truth), np.stack(losses[1])


# --- scores ---------------------------------------------------------------------------------------


def macro_f1(rule, histories):
    """Macro-F1 of a rule over histories."""
    if rule in (counted_rule, rows_rule):
        said = [rule(train, validation, rows) for train, validation, _, rows in histories]
    else:
        said = [bool(rule(train, validation)) for train, validation, *_ in histories]
    return f1_score([truth for _, _, truth, _ in histories], said, average="macro")


def chosen(rules, histories):
    """The constant whose rule does best."""
    return max(rules, key=lambda constant: macro_f1(rules[constant], histories))


def main():
    """Print macro-F1 of every rule on both halves."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=None, help="folder of further tables")
    parser.add_argument("--simulated", type=int, default=400)
    parser.add_argument("--learned", type=int, default=4000)
    parser.add_argument("--seeds", type=int, default=2)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # networks are trained past convergence on purpose

    rng = np.random.default_rng(0)
    made = [simulated(rng) for _ in range(arguments.simulated)]
    runs, by_model = [], {name: [] for name in MODELS}
    for name, (X, y) in tables(arguments.data).items():
        for seed in range(arguments.seeds):
            parts = parts_of(X, y, seed)
            if parts is None:
                print(f"left out, too few rows: {name}")
                break
            for model, forecasts in MODELS.items():
                history = recorded(parts, forecasts, seed)
                runs.append(history)
                by_model[model].append(history)
    for words, histories in (("simulated", made), ("recorded", runs)):
        n_over = sum(truth for _, _, truth, _ in histories)
        print(f"{len(histories)} {words} histories, {n_over} of them overfitted")

    own = chosen({share: own_rule(share) for share in RISES}, made)
    spearman = chosen({limit: spearman_rule(limit) for limit in CORRELATIONS}, made)
    for share in RISES:
        print(f"  rise of {share:.0%} on the simulated half: {macro_f1(own_rule(share), made):.3f}")
    print(f"chosen there: a rise of {own:.0%} (in the package: {RISE_SHARE:.0%}); {spearman:+.1f}")
    rules = {
        f"ours, a rise of {RISE_SHARE:.0%}": own_rule(RISE_SHARE),
        "the report's issue": report_rule,
        "the same with their number": counted_rule,
        "the same with rows": rows_rule,
        "Prechelt GL1": generalization_loss_rule(1),
        "Prechelt GL5": generalization_loss_rule(5),
        "Prechelt UP3": successive_rises_rule(3),
        "patience 10": patience_rule(10),
        "patience 20": patience_rule(20),
        f"Spearman below {spearman:+.1f}": spearman_rule(spearman),
        "always": lambda train, validation: True,
        "learned, simulated": learned_rule(arguments.learned),
    }
    print(f"\n{'macro-F1':26s} simulated  recorded  " + "  ".join(MODELS))
    for name, rule in rules.items():
        parts = [made, runs, *by_model.values()]
        scores = [macro_f1(rule, part) for part in parts]
        print(f"{name:26s} " + "      ".join(f"{score:.3f}" for score in scores))


if __name__ == "__main__":
    main()
