"""Tests of the loop: why it ends, what it leaves, and when the learning rate is lowered."""

import numpy as np
import pytest

from sklearn_lossfix.exceptions import LossfixWarning
from sklearn_lossfix.model_selection._epoch_loop import TrainingRows, has_broken_down, train_epochs
from sklearn_lossfix.model_selection._epoch_monitor import EpochMonitor

# A loss on which the user interrupts, when its curve is already longer.
CTRL_C = object()
ROWS = TrainingRows(np.zeros((2, 1)), np.array([0, 1]), np.array([0, 1]), {})


class Model:
    """Counts its epochs."""

    epoch = 0


class Rate:
    """A learning rate that begins at one."""

    value = 1.0

    def read(self, model):
        return self.value

    def lower(self, model, factor):
        self.value *= factor


class Trainer:
    """Trains by counting, and breaks down when told to."""

    def __init__(self, breaks_in=None, rate=None, error=None):
        self.model = Model()
        self.rate = rate
        self.breaks_in = breaks_in
        self.error = error or ValueError("weights are not finite.")

    def train(self, X, y, classes, params):
        self.model.epoch += 1
        if self.model.epoch == self.breaks_in:
            raise self.error

    def state(self):
        return self.model.epoch

    def put_back(self, state):
        self.model.epoch = state


class Recorder:
    """Reads the losses of the epochs off a list."""

    loss_name = "log_loss"

    def __init__(self, losses):
        self.losses = losses
        self.curves = {}

    def record(self, model):
        value = self.losses[model.epoch - 1]
        self.curves.setdefault("validation_log_loss", []).append(value)
        if value is CTRL_C:
            raise KeyboardInterrupt
        return {"validation_log_loss": value}

    def cut(self, n_epochs):
        del self.curves["validation_log_loss"][n_epochs:]


def run(losses, trainer=None, patience=2, lr_patience=None, **options):
    """Train over given losses."""
    trainer, recorder = trainer or Trainer(), Recorder(losses)
    monitor = EpochMonitor(greater_is_better=False, patience=patience, lr_patience=lr_patience)
    reason = train_epochs(
        trainer,
        ROWS,
        recorder,
        monitor,
        "validation_log_loss",
        **{"max_epochs": len(losses), **options},
    )
    return reason, trainer.model.epoch, recorder.curves


def test_patience_ends_it_and_the_best_comes_back():
    """Two epochs after the best it ends, with the state after the best."""
    reason, epoch, curves = run([3.0, 1.0, 2.0, 2.0, 0.5])
    assert (reason, epoch) == ("patience", 2)
    assert curves["validation_log_loss"] == [3.0, 1.0, 2.0, 2.0]


def test_without_restoring_the_last_stays():
    """With restore_best=False the state is that of the last epoch."""
    assert run([3.0, 1.0, 2.0, 2.0], restore_best=False)[:2] == ("patience", 4)


def test_limit_ends_it():
    """What gets better all the time ends at the limit, with its last state."""
    assert run([3.0, 2.0, 1.0, 0.5], max_epochs=3)[:2] == ("max_epochs", 3)


def test_callback_ends_it():
    """Training ends after the epoch in which the callback says so."""
    answers = iter([False, True])
    assert run([3.0, 2.0, 1.0], on_epoch=lambda: next(answers))[:2] == ("callback", 2)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_losses_that_are_no_numbers_end_it(bad):
    """The best epoch before comes back, the bad one is recorded, and a warning says so."""
    with pytest.warns(LossfixWarning, match=r"diverged in epoch 3: .*best epoch before it is 2"):
        reason, epoch, curves = run([3.0, 1.0, bad, 0.0])
    assert (reason, epoch) == ("diverged", 2)
    assert len(curves["validation_log_loss"]) == 3


def test_errors_of_a_later_epoch_end_it():
    """An estimator that breaks down in a later epoch leaves the best one before."""
    with pytest.warns(LossfixWarning, match=r"epoch 3: weights are not finite\. The best"):
        reason, epoch, curves = run([3.0, 4.0, 1.0], Trainer(breaks_in=3))
    assert (reason, epoch) == ("diverged", 1)
    assert len(curves["validation_log_loss"]) == 2


def test_errors_of_the_first_epoch_are_raised():
    """With no epoch before it, the error is the user's."""
    with pytest.raises(ValueError, match="weights are not finite"):
        run([3.0, 1.0], Trainer(breaks_in=1))


def test_divergence_keeps_the_curves_where_nothing_is_put_back():
    """Without copies of the best state, the curves up to the last sound epoch are kept."""
    with pytest.warns(LossfixWarning, match=r"best epoch before it is 1\. It is not put back"):
        reason, epoch, curves = run(
            [1.0, 3.0], Trainer(breaks_in=3), restore_best=False, max_epochs=4
        )
    assert (reason, epoch) == ("diverged", 3)
    assert curves["validation_log_loss"] == [1.0, 3.0]


@pytest.mark.parametrize("restore_best", [True, False])
def test_other_errors_of_a_later_epoch_are_raised(restore_best):
    """What does not speak of broken numbers is no divergence, and is the user's to see."""
    trainer = Trainer(breaks_in=3, error=ValueError("bad shape"))
    with pytest.raises(ValueError, match="bad shape"):
        run([3.0, 1.0, 2.0], trainer, restore_best=restore_best)


@pytest.mark.parametrize(
    ("message", "weights", "expected"),
    [
        ("Floating-point under-/overflow occurred at epoch #1.", None, True),
        ("Solver produced non-finite parameter weights.", None, True),
        ("Input X contains NaN.", None, True),
        ("Input contains infinity or a value too large for dtype('float64').", None, True),
        ("bad shape", {"coef_": np.array([1.0, np.nan])}, True),
        ("bad shape", {"coefs_": [np.ones(2), np.array([np.inf])]}, True),
        ("bad shape", {"coef_": np.ones(2), "intercepts_": [np.ones(1)]}, False),
        ("nanometres and informal notes", None, False),
        # Of naive Bayes with a class of no rows: no weight, and nothing broke down.
        ("bad shape", {"class_log_prior_": np.array([0.0, -np.inf])}, False),
    ],
)
def test_what_counts_as_broken_down(message, weights, expected):
    """Messages of scikit-learn about numbers, and weights that are none, tell a divergence."""
    model = Model()
    vars(model).update(weights or {})
    assert has_broken_down(model, ValueError(message)) == expected


@pytest.mark.parametrize(
    ("losses", "breaks_in", "expected"),
    [
        ([3.0, 1.0, 2.0], 4, ("interrupted", 2, 3)),  # while it trains
        ([3.0, 1.0, 2.0, CTRL_C], None, ("interrupted", 2, 3)),  # while it is scored
        ([3.0, 1.0, CTRL_C], None, ("interrupted", 2, 2)),
    ],
)
def test_ctrl_c_keeps_the_best_state(losses, breaks_in, expected):
    """The best state comes back, and every curve has as many entries as epochs were seen."""
    trainer = Trainer(breaks_in=breaks_in, error=KeyboardInterrupt())
    with pytest.warns(LossfixWarning, match="interrupted in epoch .*state after epoch 2, the best"):
        reason, epoch, curves = run(losses, trainer, patience=9, max_epochs=9)
    assert (reason, epoch, len(curves["validation_log_loss"])) == expected


def test_ctrl_c_after_the_best_epoch_leaves_it():
    """An interruption between two epochs changes nothing where the last one is the best."""

    def stop():
        raise KeyboardInterrupt

    with pytest.warns(LossfixWarning, match="interrupted in epoch 1"):
        assert run([3.0, 1.0], on_epoch=stop)[:2] == ("interrupted", 1)


@pytest.mark.parametrize(("breaks_in", "restore_best"), [(1, True), (3, False)])
def test_ctrl_c_with_nothing_to_go_back_to_is_raised(breaks_in, restore_best):
    """In the first epoch, and where no state is copied, an interruption is one."""
    trainer = Trainer(breaks_in=breaks_in, error=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        run([3.0, 1.0, 2.0], trainer, restore_best=restore_best)


@pytest.mark.filterwarnings("ignore::sklearn_lossfix.exceptions.LossfixWarning")
def test_a_curve_without_numbers_is_an_error():
    """A monitored curve that never had a number in it has no best epoch."""
    with pytest.raises(ValueError, match="has no number in it after 1 epochs"):
        run([np.nan, np.nan])


def test_rates_are_those_that_epochs_were_trained_with():
    """A rate that is lowered after an epoch is recorded from the next one on."""
    _, _, curves = run(
        [1.0, 2.0, 2.0, 2.0, 2.0], Trainer(rate=Rate()), 10, lr_patience=2, lr_factor=0.5
    )
    assert curves["learning_rate"] == [1.0, 1.0, 1.0, 0.5, 0.5]
