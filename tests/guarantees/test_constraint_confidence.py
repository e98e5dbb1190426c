"""What is promised of a constraint with confidence, by simulation.

Scores are normal in each class, so that every metric of new rows is known at every threshold.
Seeds are fixed: the numbers are those of one draw of the simulation. A rate is accepted if the
lower end of its 95 % Wilson interval is at most the promised one.
"""

import numpy as np
import pytest
from scipy import stats

from sklearn_lossfix._core._paired_tests import wilson_interval
from sklearn_lossfix.decision._constraint import parse_constraint
from sklearn_lossfix.decision._metrics import make_metric
from sklearn_lossfix.decision._sorted_rows import SortedRows
from sklearn_lossfix.decision._sweep import best_threshold_sorted
from sklearn_lossfix.exceptions import InfeasibleConstraintError

N_DRAWS = 800
CONFIDENCE = 0.9

# Constraint, its bound, the objective that pulls the other way, share and distance of positives.
CASES = [
    ("precision", 0.9, "recall", 0.4, 2.0, 1000),
    ("precision", 0.6, "recall", 0.1, 2.0, 1000),
    ("recall", 0.9, "specificity", 0.3, 1.5, 400),
    ("specificity", 0.95, "recall", 0.3, 1.5, 400),
    ("accuracy", 0.8, "recall", 0.4, 2.0, 1000),
]
IDS = [f"{case[0]}-{case[1]}" for case in CASES]


def true_value(name, threshold, share, distance):
    """The metric of the population at a threshold."""
    tp, fp = stats.norm.sf(threshold - distance) * share, stats.norm.sf(threshold) * (1 - share)
    return {
        "precision": tp / max(tp + fp, 1e-300),
        "recall": tp / share,
        "specificity": 1 - fp / (1 - share),
        "accuracy": tp + 1 - share - fp,
    }[name]


def outcomes(case, confidence, weighted=False):
    """Whether the true value is below the bound at each chosen threshold, and how many there are.

    Where no threshold keeps to the constraint none is chosen, and nothing is broken.
    """
    name, at_least, objective, share, distance, n = case
    constraint = parse_constraint((name, at_least), confidence)
    metric = make_metric(objective)
    rng = np.random.default_rng(20)
    broken, n_chosen = 0, 0
    for _ in range(N_DRAWS):
        y = rng.random(n) < share
        score = rng.normal(distance * y)
        weight = rng.exponential(size=n) if weighted else None
        try:
            rows = SortedRows.sort(y, score, weight)
            threshold, _ = best_threshold_sorted(rows, metric, None, constraint)
        except InfeasibleConstraintError:
            continue
        n_chosen += 1
        broken += true_value(name, threshold, share, distance) < at_least
    return broken, n_chosen


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_the_chosen_threshold_keeps_to_the_constraint_on_new_rows(case):
    """In at most one tenth of data sets the true value is below the bound, and most have one."""
    broken, n_chosen = outcomes(case, CONFIDENCE)
    assert wilson_interval(broken / N_DRAWS, N_DRAWS)[0] <= 1 - CONFIDENCE
    assert n_chosen >= 0.8 * N_DRAWS


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_without_confidence_it_is_a_coin_toss(case):
    """Keeping to the bound on the rows at hand fails on new ones about every second time."""
    broken, n_chosen = outcomes(case, None)
    assert 0.35 <= broken / n_chosen <= 0.75


@pytest.mark.parametrize("name", ["precision", "accuracy"])
def test_of_scores_that_say_nothing_little_is_certified(name):
    """The hardest case: the metric is a hair below the bound at every threshold."""
    broken, n_chosen = outcomes((name, 0.5 + 1e-9, "recall", 0.5, 0.0, 400), CONFIDENCE)
    assert broken == n_chosen
    assert wilson_interval(broken / N_DRAWS, N_DRAWS)[0] <= 1 - CONFIDENCE


def test_weights_that_vary_count_for_fewer_rows():
    """With exponential weights, worth half the rows, the promise holds as well."""
    broken, _ = outcomes(CASES[0], CONFIDENCE, weighted=True)
    assert wilson_interval(broken / N_DRAWS, N_DRAWS)[0] <= 1 - CONFIDENCE
