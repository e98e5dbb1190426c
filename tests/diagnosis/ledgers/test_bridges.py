"""Tests of the bridges between loss and accuracy: bounds that hold, and normal Z values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.special import softmax

from sklearn_lossfix._core._proper_scores import log_loss_rows
from sklearn_lossfix.diagnosis.ledgers.bridges import (
    bridges,
    consistency_floor,
    error_upper_bound,
    fano_bound,
    fano_certificate,
    promised_vs_paid,
    standardised_sum,
)


@st.composite
def calibrated_worlds(draw):
    """Draw a few forecasts with their probabilities: a whole calibrated world to enumerate."""
    n_classes = draw(st.integers(2, 8))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_cells = draw(st.integers(1, 6))
    proba = rng.dirichlet(np.full(n_classes, draw(st.sampled_from([0.05, 1.0, 20.0]))), n_cells)
    return proba, rng.dirichlet(np.ones(n_cells))


def enumerated(proba, mass):
    """Every (forecast, label) pair of a calibrated world, with its probability as the weight."""
    n_cells, n_classes = proba.shape
    y = np.tile(np.arange(n_classes), n_cells)
    return np.repeat(proba, n_classes, axis=0), y, (mass[:, None] * proba).ravel()


@given(calibrated_worlds())
def test_fano_bound_holds_in_every_calibrated_world(drawn):
    """The loss of calibrated forecasts never exceeds the bound of their error."""
    proba, mass = drawn
    rows, y, weight = enumerated(proba, mass)
    loss = np.average(log_loss_rows(rows, y), weights=weight)
    error = 1 - np.average(rows.argmax(axis=1) == y, weights=weight)
    assert loss <= fano_bound(error, proba.shape[1]) + 1e-9


@given(st.integers(2, 10), st.floats(0, 1))
def test_fano_bound_is_met_by_equal_errors(n_classes, share):
    """It is tight where the errors are spread evenly, rises with the error, and ends at log K."""
    error = share * (1 - 1 / n_classes)
    forecast = np.full(n_classes, error / (n_classes - 1))
    forecast[0] = 1 - error
    assert fano_bound(error, n_classes) == pytest.approx(stats.entropy(forecast), abs=1e-12)
    assert fano_bound(error, n_classes) >= fano_bound(error / 2, n_classes) - 1e-12
    assert fano_bound(1.0, n_classes) == pytest.approx(np.log(n_classes))


@given(calibrated_worlds())
def test_consistency_floor_holds_for_any_forecast(drawn):
    """Whatever happens, the loss is at least log 2 for each wrong argmax."""
    proba, _ = drawn
    rng = np.random.default_rng(0)
    rows = np.repeat(proba, 4, axis=0)
    y = rng.integers(proba.shape[1], size=len(rows))
    loss = log_loss_rows(rows, y).mean()
    result = consistency_floor(loss, np.mean(rows.argmax(axis=1) != y))
    assert result["consistent"]
    assert result["slack"] == pytest.approx(loss - result["floor"])


def test_consistency_floor_is_met_at_one_half():
    """A tie at one half that goes wrong costs log 2; less is impossible."""
    proba = np.full((4, 2), 0.5)
    assert consistency_floor(log_loss_rows(proba, np.ones(4, dtype=int)).mean(), 1.0)["consistent"]
    assert not consistency_floor(0.1, 0.25)["consistent"]
    assert consistency_floor(0.1, 0.25)["floor"] == pytest.approx(0.25 * np.log(2))


@given(st.integers(1, 400), st.data())
def test_error_bound_is_clopper_pearson(n_rows, data):
    """For whole counts the upper bound is SciPy's exact one-sided interval."""
    wrong = data.draw(st.integers(0, n_rows))
    interval = stats.binomtest(wrong, n_rows, alternative="less").proportion_ci(0.99, "exact")
    bound = error_upper_bound(wrong / n_rows, float(n_rows), 0.01)
    assert bound == pytest.approx(interval.high, abs=1e-9)


def test_certificate_is_silent_on_calibrated_forecasts_and_speaks_on_sharp_ones():
    """In at most 1 % of calibrated draws the lower bound is above zero, equality cases included."""
    rng = np.random.default_rng(1)
    fired = 0
    for draw in range(400):
        if draw % 2:  # equally sure of every row: error and loss are tied
            proba = np.tile([0.9, 0.1], (300, 1))
        else:
            proba = softmax(2 * rng.normal(size=(300, 3)), axis=1)
        y = (rng.random((300, 1)) > proba.cumsum(axis=1)[:, :-1]).sum(axis=1)
        fired += bridges(proba, y, log_loss_rows(proba, y))["fano"]["low"] > 0
    assert stats.binomtest(fired, 400, 0.01, alternative="greater").pvalue > 0.01
    proba = softmax(2 * rng.normal(size=(1000, 3)), axis=1)
    y = (rng.random((1000, 1)) > proba.cumsum(axis=1)[:, :-1]).sum(axis=1)
    sharp = softmax(12 * np.log(proba), axis=1)
    certificate = bridges(sharp, y, log_loss_rows(sharp, y))["fano"]
    assert 0 < certificate["low"] < certificate["estimate"]


def test_certificate_is_the_loss_beyond_the_bound():
    """The estimate is the loss less the bound; its lower end uses both one-sided bounds."""
    result = fano_certificate(2.0, 0.1, 0.2, 100.0, 5)
    assert result["bound"] == pytest.approx(fano_bound(0.2, 5))
    assert result["estimate"] == pytest.approx(2.0 - result["bound"])
    high_error = error_upper_bound(0.2, 100.0, 0.005)
    assert result["low"] == pytest.approx(
        2.0 - stats.norm.isf(0.005) * 0.1 - fano_bound(high_error, 5)
    )


@given(calibrated_worlds())
def test_calibrated_worlds_pay_what_they_promise(drawn):
    """Enumerated with its probabilities, a calibrated world has equal promise and payment."""
    proba, mass = drawn
    rows, y, weight = enumerated(proba, mass)
    losses = log_loss_rows(rows, y)
    result = promised_vs_paid(rows, losses, rows.argmax(axis=1) == y, weight)
    for side in ("loss", "accuracy"):
        assert result[side]["paid"] == pytest.approx(result[side]["promised"], abs=1e-9)


@pytest.mark.parametrize("n_classes", [2, 5])
def test_z_values_are_standard_normal_under_calibration(n_classes):
    """Over calibrated draws both Z have mean zero and variance one."""
    rng = np.random.default_rng(2)
    z = []
    for _ in range(300):
        proba = softmax(rng.normal(size=(400, n_classes)), axis=1)
        y = (rng.random((400, 1)) > proba.cumsum(axis=1)[:, :-1]).sum(axis=1)
        result = promised_vs_paid(proba, log_loss_rows(proba, y), proba.argmax(axis=1) == y)
        z.append([result["loss"]["z"], result["accuracy"]["z"]])
    for values in np.transpose(z):
        assert stats.kstest(values, "norm").pvalue > 0.01


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_classes", range(2, 8))
def test_promises_without_variance_are_not_tested(n_classes, dtype):
    """Forecasts that leave nothing to chance have no Z: the loss of equal, both of certain ones."""
    y = np.arange(40) % n_classes
    equal = np.full((40, n_classes), 1 / n_classes, dtype=dtype)
    result = promised_vs_paid(equal, log_loss_rows(equal, y), equal.argmax(axis=1) == y)
    assert result["loss"]["z"] is None
    assert result["loss"]["p_value"] is None
    assert result["accuracy"]["z"] is not None
    certain = np.eye(n_classes, dtype=dtype)[y]
    result = promised_vs_paid(certain, log_loss_rows(certain, y), np.ones(40, dtype=bool))
    assert result["loss"]["z"] is None
    assert result["accuracy"]["z"] is None


def test_overconfidence_pays_more_than_it_promises():
    """Forecasts made too sharp pay more loss and less accuracy than promised."""
    rng = np.random.default_rng(3)
    proba = softmax(rng.normal(size=(1000, 3)), axis=1)
    y = (rng.random((1000, 1)) > proba.cumsum(axis=1)[:, :-1]).sum(axis=1)
    sharp = softmax(3 * np.log(proba), axis=1)
    result = promised_vs_paid(sharp, log_loss_rows(sharp, y), sharp.argmax(axis=1) == y)
    assert result["loss"]["z"] > 5
    assert result["accuracy"]["z"] < -5
    assert result["loss"]["p_value"] < 1e-6


def test_standardised_sum_follows_its_formula():
    """The weighted sum is divided by the root of the weighted variances; both tails count."""
    result = standardised_sum(np.array([1.0, 2.0]), np.array([4.0, 9.0]), np.array([3.0, 1.0]))
    z = 5 / np.sqrt(9 * 4 + 9)
    assert result == pytest.approx({"z": z, "p_value": 2 * stats.norm.sf(z)})


def test_groups_that_move_together_take_away_certainty():
    """Rows copied inside their groups give no larger Z than the seen variance between groups."""
    rng = np.random.default_rng(4)
    differences, groups = np.repeat(rng.normal(size=50), 10), np.repeat(np.arange(50), 10)
    free = standardised_sum(differences, np.ones(500))
    tied = standardised_sum(differences, np.ones(500), None, groups)
    seen = np.square(np.bincount(groups, differences)).sum()
    assert abs(tied["z"]) < abs(free["z"])
    assert tied["z"] == pytest.approx(differences.sum() / np.sqrt(seen))
    independent = standardised_sum(differences, np.full(500, 1e6), None, groups)
    assert independent["z"] == pytest.approx(differences.sum() / np.sqrt(5e8))


def test_bridges_use_weights_and_groups():
    """All bridges stand on the same weighted rows; groups count at most one row each."""
    rng = np.random.default_rng(5)
    proba = rng.dirichlet([1, 1, 1], 60)
    y = rng.integers(3, size=60)
    losses = log_loss_rows(proba, y)
    keep = np.arange(60) < 40
    subset = bridges(proba[keep], y[keep], losses[keep])
    weighted = bridges(proba, y, losses, keep.astype(float))
    for part in ("loss", "accuracy"):
        assert weighted["promised_vs_paid"][part] == pytest.approx(subset["promised_vs_paid"][part])
    for part in ("fano", "consistency"):
        assert weighted[part] == pytest.approx(subset[part])
    grouped = bridges(proba, y, losses, None, np.arange(60) // 6)
    assert grouped["fano"]["low"] < bridges(proba, y, losses)["fano"]["low"]
