"""Several runs as one."""

from dataclasses import replace

import numpy as np
import pytest

from sklearn_lossfix._core._history import History
from sklearn_lossfix.diagnosis.history._pool import on_steps, pool_histories, seed_spread


def run(steps, values, **facts):
    """One run with a validation loss."""
    return History(np.asarray(steps, float), {"validation": np.asarray(values, float)}, **facts)


def test_a_single_run_is_itself():
    """Nothing is copied or lost."""
    one = run([1, 2], [0.5, 0.4])
    assert pool_histories([one]) is one


def test_the_pool_is_the_median_of_each_step():
    """Steps that only some runs have are pooled over those."""
    runs = [run([1, 2], [1, 2]), run([1, 2, 3], [3, 4, 9]), run([1, 2], [8, 3])]
    pooled = pool_histories(runs)
    assert pooled.steps.tolist() == [1, 2, 3]
    assert pooled.loss["validation"].tolist() == [3, 3, 9]


def test_order_of_runs_does_not_matter():
    """The median curve is that of the set of runs."""
    rng = np.random.default_rng(0)
    runs = [run([1, 2, 3], rng.normal(size=3)) for _ in range(4)]
    one, other = pool_histories(runs), pool_histories(runs[::-1])
    assert one.loss["validation"] == pytest.approx(other.loss["validation"])


def test_curves_that_some_run_lacks_are_left_out():
    """What is compared is what every run has; rows belong to single runs."""
    values = np.array([0.5, 0.4])
    first = History(
        np.arange(2.0),
        {"train": values, "validation": values},
        {"f1": {"validation": values}, "auc": {"validation": values}},
        row_losses=np.zeros((2, 3)),
    )
    second = History(np.arange(2.0), {"validation": values}, {"auc": {"validation": values}})
    pooled = pool_histories([first, second])
    assert list(pooled.loss) == ["validation"]
    assert list(pooled.metrics) == ["auc"]
    assert pooled.row_losses is None
    note = "Left out, since not every run has it: 'training loss', 'validation f1'."
    assert pooled.distortions == (note,)
    assert pool_histories([second, first]).distortions == (note,)


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (History(np.arange(2.0), {"train": np.ones(2)}), "2 runs have no curve in common"),
        (run([1, 2], [2, 1], loss_kind="squared_error", loss_name="mse"), "of logloss.* of mse"),
        (run([1, 2], [2, 1], unit="step"), "by epoch, and those of seed 7 by step"),
    ],
)
def test_other_trainings_are_no_runs(second, message):
    """Curves that cannot be those of one training are refused, and not averaged or lost."""
    first = run([1, 2], [2, 1], loss_kind="log_loss", loss_name="logloss")
    with pytest.raises(ValueError, match=message):
        pool_histories([first, replace(second, name="seed 7")])


def test_a_loss_whose_kind_only_one_run_knows_is_the_same():
    """What is not known of a loss does not make it another one."""
    first = run([1, 2], [2, 1], loss_kind="log_loss", loss_name="logloss")
    pooled = pool_histories([first, run([1, 2], [4, 3], loss_name="loss")])
    assert pooled.loss["validation"].tolist() == [3, 2]


def test_missing_everywhere_stays_missing():
    """A step without an entry in any run has none in the pool."""
    pooled = pool_histories([run([1, 2], [np.nan, 1]), run([1, 2], [np.nan, 2])])
    assert np.isnan(pooled.loss["validation"][0])
    assert pooled.loss["validation"][1] == 1.5


def test_on_steps_leaves_gaps():
    """Values go to their steps."""
    out = on_steps(np.array([1.0, 3.0]), np.array([7.0, 9.0]), np.array([1.0, 2.0, 3.0]))
    assert out[[0, 2]].tolist() == [7, 9]
    assert np.isnan(out[1])


def test_seed_spread_tells_runs_from_noise():
    """Equal runs differ by nothing; shifted ones by their shifts."""
    noise = np.random.default_rng(1).normal(size=50)
    assert seed_spread([noise, noise]) == pytest.approx((0.0, noise.std()))
    between, _ = seed_spread([noise, noise + 2.0])
    assert between == pytest.approx(np.sqrt(2.0))


def test_the_end_of_a_single_run_is_not_that_of_a_pool():
    """No step was put back in a median; a reason to stop is kept where all runs have it."""
    first = replace(run([1, 2], [2, 1]), kept_step=1.0, stop_reason="patience")
    pooled = pool_histories([first, replace(first, kept_step=2.0)])
    assert (pooled.kept_step, pooled.stop_reason) == (None, "patience")
    assert pool_histories([first, replace(first, stop_reason="")]).stop_reason == ""


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0)])
def test_any_two_runs_are_compared(order):
    """A loss that the first run does not know is not averaged with another one."""
    runs = [
        run([1, 2], [2, 1], loss_name="loss"),
        run([1, 2], [2, 1], loss_kind="log_loss", loss_name="logloss"),
        run([1, 2], [2, 1], loss_kind="hinge", loss_name="hinge"),
    ]
    with pytest.raises(ValueError, match="one training with other seeds"):
        pool_histories([runs[k] for k in order])


def test_a_median_stays_in_range():
    """The mean of two losses near the end of the range is not infinite."""
    runs = [run([1, 2], [1.0, 1.7e308]) for _ in range(2)]
    assert np.isfinite(pool_histories(runs).loss["validation"]).all()


def test_a_learning_rate_of_some_runs_is_left_out_with_a_note():
    """A rate that not every run recorded is no rate of the pool."""
    with_rate = replace(run([1, 2], [2, 1]), learning_rate=np.array([0.1, 0.1]))
    pooled = pool_histories([with_rate, run([1, 2], [4, 3])])
    assert pooled.learning_rate is None
    assert pooled.distortions[0].endswith("'learning rate'.")
