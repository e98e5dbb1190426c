"""Choosing among remedies: what counts as proof, what is spent, and who may choose for whom."""

from functools import partial

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss

from sklearn_lossfix._core._evidence import Scored
from sklearn_lossfix._core._finding import Remedy
from sklearn_lossfix._core._paired_tests import interval
from sklearn_lossfix.decision._scoring import resolve_metric
from sklearn_lossfix.diagnosis._greedy import Judge, Stacks, choose, cross_fitted_choice

N = 600


def forecasts(y, strength, seed, n_classes=2):
    """Forecasts that know the label with some strength, as Scored."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(len(y), n_classes)) + strength * np.eye(n_classes)[y]
    odds = np.exp(logits)
    proba = odds / odds.sum(axis=1, keepdims=True)
    return Scored(proba.argmax(axis=1), proba=proba)


def labels(seed=0):
    """Labels of two classes."""
    return np.random.default_rng(seed).integers(0, 2, N)


def make_judge(y, **fields):
    """A judge by accuracy and log loss."""
    return Judge(y, 2, resolve_metric(None), **fields)


class Bench:
    """A workbench with recorded scores by the name of what is scored."""

    n_splits = 5

    def __init__(self, scores):
        self.scores, self.estimator, self.asked = scores, LogisticRegression(), []
        self.data = type("Data", (), {"rows": np.arange(N) * 2})

    def attempt(self, estimator, what, *, left_out=None):
        """Give the recorded scores, or a reason."""
        self.asked.append((what, left_out))
        found = self.scores.get(what)
        return (found, None) if found is not None else (None, f"{what} failed.")


def with_c(estimator, C):
    """A clone with another C."""
    return LogisticRegression(C=C)


TWICE = partial(with_c, C=2.0)


def remedy(build=TWICE, n_fits=1, left_out=None):
    """A remedy without a known gain."""
    return Remedy(None, "change", {}, "code", n_fits=n_fits, build=build, left_out=left_out)


# --- judging --------------------------------------------------------------------------------------


def test_gains_are_differences_of_scikit_learns_metrics():
    """What a forecast saves is the difference of log_loss and of accuracy, on any rows."""
    y = labels()
    old, new = forecasts(y, 1, 1), forecasts(y, 2, 2)
    for rows in (slice(None), np.arange(0, N, 3)):
        loss, metric = make_judge(y).gains(new, old, rows)
        expected = log_loss(y[rows], old.proba[rows]) - log_loss(y[rows], new.proba[rows])
        assert loss.value == pytest.approx(expected)
        expected = accuracy_score(y[rows], new.pred[rows]) - accuracy_score(y[rows], old.pred[rows])
        assert metric.value == pytest.approx(expected)


def test_no_gain_is_known_without_probabilities_or_a_metric_of_labels():
    """What cannot be compared is None, and does not decide."""
    y = labels()
    old, new = forecasts(y, 1, 1), forecasts(y, 2, 2)
    loss, metric = make_judge(y).gains(Scored(new.pred), old)
    assert loss is None
    assert metric is not None
    judge = Judge(y, 2, resolve_metric("roc_auc"))
    loss, metric = judge.gains(new, old)
    assert metric is None
    assert judge.keeps(loss, metric, 1)


def test_groups_and_refits_widen_the_interval():
    """Rows that vary together, and refits on overlapping rows, make a gain less sure."""
    y = labels()
    old, new = forecasts(y, 1, 1), forecasts(y, 1.2, 2)
    plain = make_judge(y).gains(new, old)[0]
    refitted = make_judge(y, inflation=2.25).gains(new, old)[0]
    assert refitted.se == pytest.approx(1.5 * plain.se)
    twice = [np.repeat(part, 2, axis=0) for part in (y, old.pred, old.proba, new.pred, new.proba)]
    y2, *arrays = twice
    old2, new2 = Scored(arrays[0], proba=arrays[1]), Scored(arrays[2], proba=arrays[3])
    grouped = make_judge(y2, groups=np.repeat(np.arange(N), 2)).gains(new2, old2)[0]
    assert grouped.se == pytest.approx(plain.se)
    # Rows that choose may hold some of the groups only.
    part = make_judge(y2, groups=np.repeat(np.arange(N), 2)).gains(new2, old2, np.arange(200, 400))
    assert np.isfinite(part[0].se)


@pytest.mark.parametrize(
    ("loss", "metric", "n_tried", "proof", "kept"),
    [
        ((0.1, 0.01), (0.0, 0.01), 1, True, True),
        ((0.0, 0.01), (0.1, 0.01), 1, True, True),
        ((0.1, 0.045), (0.0, 0.01), 1, True, False),  # 2.2 errors: not at half the level
        ((0.1, 0.03), (0.0, 0.01), 1, True, True),  # 3.3 errors
        ((0.1, 0.03), (0.0, 0.01), 100, True, False),  # 3.3 errors are chance among 200 looks
        ((0.1, 0.01), (-0.1, 0.01), 1, True, False),  # better loss, provably worse labels
        ((0.1, 0.2), (0.0, 0.01), 1, False, True),
        ((-0.1, 0.2), (-0.01, 0.01), 1, False, False),
    ],
)
def test_what_speaks_for_a_remedy(loss, metric, n_tried, proof, kept):
    """One gain is proven at the level over the looks, and none is provably negative."""
    judge = make_judge(labels())
    assert judge.keeps(interval(*loss), interval(*metric), n_tried, proof) is kept


def test_a_metric_that_was_asked_for_decides_alone():
    """Neither a better loss speaks for a remedy then, nor a worse one against it."""
    judge = make_judge(labels(), by_metric=True)
    assert not judge.keeps(interval(0.1, 0.01), interval(0.0, 0.01), 1)
    assert judge.keeps(interval(-0.1, 0.01), interval(0.1, 0.01), 1)


# --- stacks ---------------------------------------------------------------------------------------


def test_stacks_are_scored_once_and_built_on_each_other():
    """A remedy is applied to what stands below it, and its cost multiplies."""
    y = labels()
    bench = Bench({"a": forecasts(y, 2, 2), "a + b": forecasts(y, 3, 3)})
    remedies = {
        "a": remedy(partial(with_c, C=5.0)),
        "b": remedy(lambda below: DummyClassifier(constant=below.C), n_fits=6),
    }
    stacks = Stacks(bench, forecasts(y, 1, 1), remedies, {}, None)
    stack = stacks.get(("a", "b"))
    assert stack.estimator.constant == 5.0
    assert stack.n_fits == 6
    assert stacks.get(("a", "b")) is stack
    assert [what for what, _ in bench.asked] == ["a", "a + b"]
    assert stacks.spent == 5 * (1 + 6)


def test_what_is_known_costs_nothing():
    """Twins of the report are not fitted again."""
    y = labels()
    known = forecasts(y, 2, 2)
    bench = Bench({})
    stacks = Stacks(bench, forecasts(y, 1, 1), {"a": remedy(n_fits=10)}, {"a": known}, 0)
    assert stacks.get(("a",)).scored is known
    assert stacks.spent == 0
    assert bench.asked == []


def test_the_budget_is_kept():
    """What does not fit in is not tried, with the numbers; what is cheaper still is."""
    y = labels()
    bench = Bench({"b": forecasts(y, 2, 2)})
    remedies = {"a": remedy(n_fits=7), "b": remedy()}
    stacks = Stacks(bench, forecasts(y, 1, 1), remedies, {}, 30)
    assert stacks.get(("a",)) is None
    assert "about 35 fits; 30 of max_fits=30" in stacks.failed[("a",)]
    assert stacks.get(("b",)) is not None
    assert stacks.spent == 5


def test_rows_left_out_add_up():
    """Rows of the user's data become rows of the workbench, and two remedies leave out both."""
    y = labels()
    bench = Bench({"a": forecasts(y, 2, 2), "a + b": forecasts(y, 2, 3)})
    remedies = {"a": remedy(left_out=np.array([4, 10])), "b": remedy(left_out=np.array([20]))}
    stack = Stacks(bench, forecasts(y, 1, 1), remedies, {}, None).get(("a", "b"))
    assert bench.asked[0][1].tolist() == [2, 5]
    assert stack.left_out.tolist() == [2, 5, 10]


def test_remedies_that_fail_are_not_tried():
    """A remedy that cannot be built or fitted is listed with the reason, and the others go on."""

    def broken(estimator):
        raise TypeError("no such part\x1b[31m\nand more")

    y = labels()
    bench = Bench({"c": forecasts(y, 3, 2)})
    remedies = {"a": remedy(broken), "b": remedy(), "c": remedy()}
    stacks = Stacks(bench, forecasts(y, 1, 1), remedies, {}, None)
    kept, tried = choose(stacks, make_judge(y), {})
    assert kept == ("c",)
    assert [t.section for t in tried] == ["not tried", "not tried", "kept"]
    assert "no such part" in tried[0].reason
    assert tried[0].reason.isprintable()
    assert tried[1].reason == "b failed."


# --- choosing -------------------------------------------------------------------------------------


def test_each_remedy_is_judged_on_top_of_what_was_kept():
    """One that brings nothing beside an earlier one is not kept, however good it is alone."""
    y = labels()
    good = forecasts(y, 3, 2)
    bench = Bench({"a": good, "b": good, "a + b": good})
    remedies = {"a": remedy(), "b": remedy()}
    stacks = Stacks(bench, forecasts(y, 1, 1), remedies, {}, None)
    kept, tried = choose(stacks, make_judge(y), {})
    assert kept == ("a",)
    assert tried[1].section == "not proven"
    assert tried[1].loss_gain.value == 0


def test_what_a_kept_cause_explains_is_not_needed():
    """It is tried last, and kept only where it brings something on top of its cause's remedy."""
    y = labels()
    good = forecasts(y, 3, 2)
    scores = {"a": good, "a + b": good, "b": good}
    remedies = {"b": remedy(), "a": remedy()}

    def outcome(**changed):
        bench = Bench({**scores, **changed})
        kept, tried = choose(
            Stacks(bench, forecasts(y, 1, 1), remedies, {}, None), make_judge(y), {"b": "a"}
        )
        return kept, tried[1].section

    assert outcome() == (("a",), "not needed")
    assert outcome(**{"a + b": forecasts(y, 8, 5)}) == (("a", "b"), "kept")
    assert outcome(a=forecasts(y, 0, 2)) == (("b",), "kept")


def test_no_row_is_forecast_by_a_choice_that_it_made():
    """The forecasts of a fold stay when its labels change, and those of repeats of its rows."""
    y = labels()
    scores = {name: forecasts(y, 1.05, seed) for seed, name in enumerate("ab", start=2)}
    scores["a + b"] = forecasts(y, 1.05, 9)
    remedies = {"a": remedy(), "b": remedy()}
    folds = np.arange(N) % 5
    units = np.arange(N) // 2  # neighbours are one row, judged in two folds

    def forecast(y):
        stacks = Stacks(Bench(scores), forecasts(labels(), 1, 1), remedies, {}, None)
        return cross_fitted_choice(stacks, make_judge(y), {}, folds, units, require_proof=False)[
            0
        ].proba

    for fold in range(5):
        inside = np.isin(units, units[folds == fold])
        changed = np.where(inside, 1 - y, y)
        rows = folds == fold
        np.testing.assert_array_equal(forecast(changed)[rows], forecast(y)[rows])


def test_choosing_among_noise_gains_nothing_where_it_did_not_choose():
    """The best of many worthless remedies looks better than it is; the cross-fitted gain does not.

    200 runs, 6 remedies each, every one as good as the model; seeds 0 to 199.
    """
    apparent, honest = [], []
    for seed in range(200):
        y = labels(seed)
        names = "abcdef"
        model = forecasts(y, 1, 10_000 + seed)
        known = {n: forecasts(y, 1, 1000 * k + seed) for k, n in enumerate(names, start=1)}
        best = {}

        class Recorded(Bench):
            def attempt(self, estimator, what, *, left_out=None, known=known):
                return known[what.rpartition(" + ")[2]], None

        stacks = Stacks(Recorded(best), model, dict.fromkeys(names, remedy()), {}, None)
        judge = make_judge(y)
        kept, _ = choose(stacks, judge, {}, require_proof=False)
        apparent.append(judge.gains(stacks.get(kept).scored, model)[0].value)
        scored, _ = cross_fitted_choice(
            stacks, judge, {}, np.arange(N) % 5, np.arange(N), require_proof=False
        )
        honest.append(judge.gains(scored, model)[0].value)
    se = np.std(honest) / np.sqrt(200)
    assert abs(np.mean(honest)) < 3 * se
    assert np.mean(apparent) > 6 * se


def test_rows_chosen_by_their_labels_prove_nothing():
    """A remedy that leaves out rows is tried only where no proof is asked for."""
    y = labels()
    bench = Bench({"a": forecasts(y, 3, 2)})
    remedies = {"a": remedy(left_out=np.array([4]))}
    stacks = Stacks(bench, forecasts(y, 1, 1), remedies, {}, None)
    kept, tried = choose(stacks, make_judge(y), {})
    assert kept == ()
    assert "chosen by the labels" in tried[0].reason
    assert choose(stacks, make_judge(y), {}, require_proof=False)[0] == ("a",)
