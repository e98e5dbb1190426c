"""Tests of the recalibration maps: against other optimisers, known truths and invariances."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit, log_softmax, softmax
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from sklearn_lossfix._core._paired_tests import effective_rows, weighted_mean
from sklearn_lossfix._core._proper_scores import clipped_log, log_loss_rows
from sklearn_lossfix._core._recalibration import (
    PRIOR_ROWS,
    SMOOTH_MAPS,
    SmoothMap,
    cross_fit,
    cross_fitted_chunks,
    fit_isotonic_map,
    fit_shape_map,
    fit_smooth_map,
    identity_map,
    map_loss_rows,
    pool_adjacent_violators,
)

# Maps that are special cases of others, with what contains them.
NESTED = [
    ("prior_shift", "temperature"),
    ("slope", "temperature"),
    ("prior_shift", "vector"),
    ("slope", "vector"),
    ("temperature", "vector"),
]


def draw_forecasts(n_rows, n_classes, seed=0, sharpness=1.0):
    """Calibrated probabilities and labels drawn from them."""
    rng = np.random.default_rng(seed)
    proba = softmax(sharpness * rng.normal(size=(n_rows, n_classes)), axis=1)
    return proba, draw_labels(proba, rng)


def draw_labels(proba, rng):
    """One label a row, from its probabilities."""
    return (rng.random((len(proba), 1)) > proba.cumsum(axis=1)[:, :-1]).sum(axis=1)


def penalty(recalibration, kind, n_effective):
    """Half the squared distance of a map's free parameters from the identity, times the prior."""
    slopes, offsets = np.array(recalibration.slopes) - 1, np.array(recalibration.offsets)
    n_slopes = len(slopes) if kind == "vector" else 1
    free = np.sum(slopes[:n_slopes] ** 2)
    free += 0.0 if kind == "slope" else np.sum(offsets**2)  # its offsets follow from its slope
    return PRIOR_ROWS / n_effective * free / 2


def penalised_loss(recalibration, kind, log_p, y, weight=None):
    """What the fit of a kind minimises, written down anew."""
    log_r = log_softmax(log_p * recalibration.slopes + recalibration.offsets, axis=1)
    loss = np.average(-log_r[np.arange(len(y)), y], weights=weight)
    return loss + penalty(recalibration, kind, effective_rows(weight, len(y)))


def centred(offsets):
    """Offsets without their common level, which no probability feels."""
    return np.array(offsets) - np.mean(offsets)


def smoothed_shares(y, n_classes, weight=None):
    """Class shares with half an effective row more of each class."""
    counts = np.bincount(y, weight, n_classes)
    counts = counts * effective_rows(weight, len(y)) / counts.sum() + 0.5
    return counts / counts.sum()


def assert_same_map(found, expected, atol=1e-6):
    """Two smooth maps have the same numbers."""
    np.testing.assert_allclose(found.slopes, expected.slopes, atol=atol)
    np.testing.assert_allclose(found.offsets, expected.offsets, atol=atol)


@st.composite
def labelled_forecasts(draw):
    """Draw log-probabilities that can be too sharp or too flat, labels, sometimes weights."""
    n_classes = draw(st.integers(2, 5))
    n_rows = draw(st.integers(20, 80))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    proba, y = draw_forecasts(n_rows, n_classes, seed)
    stretch = draw(st.sampled_from([0.3, 1.0, 4.0]))
    log_p = clipped_log(softmax(stretch * np.log(proba), axis=1))
    weight = rng.choice([0.5, 1.0, 3.0], n_rows) if draw(st.booleans()) else None
    return log_p, y, weight


# --- smooth maps: what they recover ---------------------------------------------------------------


@pytest.mark.parametrize("n_classes", [2, 5])
@pytest.mark.parametrize("kind", SMOOTH_MAPS)
def test_known_distortions_are_undone(kind, n_classes):
    """The fit finds the slopes and offsets under which the labels were drawn."""
    rng = np.random.default_rng(1)
    proba, _ = draw_forecasts(60_000, n_classes, sharpness=1.5)
    log_p = np.log(proba)
    slopes, offsets = np.ones(n_classes), np.zeros(n_classes)
    if kind in ("slope", "temperature"):
        slopes[:] = 0.6
    if kind == "vector":
        slopes = rng.uniform(0.6, 1.4, n_classes)
    if kind != "slope":
        offsets = rng.normal(size=n_classes) * 0.7
    truth = SmoothMap(kind, tuple(slopes), tuple(offsets - offsets.mean()))
    y = draw_labels(np.exp(truth.log_proba(log_p)), rng)
    found = fit_smooth_map(log_p, y, kind)
    assert found.kind == kind
    np.testing.assert_allclose(found.slopes, truth.slopes, atol=0.1)
    np.testing.assert_allclose(centred(found.offsets), truth.offsets, atol=0.1)
    assert found.temperature == pytest.approx(1 / np.mean(slopes), rel=0.03)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_slope_turns_about_the_class_shares(n_classes):
    """Forecasts that say nothing are flattened to the class shares, not to even odds."""
    rng = np.random.default_rng(3)
    y = rng.choice(n_classes, size=4000, p=np.arange(1, n_classes + 1) / sum(range(n_classes + 1)))
    shares = smoothed_shares(y, n_classes)
    noise = np.log(shares) + rng.normal(size=(4000, n_classes))
    log_p = log_softmax(noise, axis=1)
    found = fit_smooth_map(log_p, y, "slope")
    assert found.slopes[0] == pytest.approx(0.0, abs=0.1)
    expected = (1 - found.slopes[0]) * np.log(shares)
    np.testing.assert_allclose(centred(found.offsets), centred(expected), atol=1e-9)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_prior_shift_meets_the_class_shares(n_classes):
    """After the prior-shift map the mean forecast is the share of each class, up to the prior."""
    proba, _ = draw_forecasts(5000, n_classes)
    y = np.random.default_rng(2).integers(n_classes, size=5000)
    log_p = np.log(proba)
    recalibrated = np.exp(fit_smooth_map(log_p, y, "prior_shift").log_proba(log_p))
    shares = np.bincount(y, minlength=n_classes) / len(y)
    np.testing.assert_allclose(recalibrated.mean(axis=0), shares, atol=2 / len(y))


# --- smooth maps: the optimum ---------------------------------------------------------------------


@given(labelled_forecasts(), st.sampled_from(SMOOTH_MAPS))
@settings(max_examples=40)
def test_fit_is_the_optimum_of_an_independent_optimiser(drawn, kind):
    """BFGS on the objective written down anew ends where the damped Newton steps end."""
    log_p, y, weight = drawn
    n_classes = log_p.shape[1]

    def to_map(phi):
        phi = list(phi)
        n_slopes = {"prior_shift": 0, "vector": n_classes}.get(kind, 1)
        slopes, offsets = phi[:n_slopes] or [0.0], phi[n_slopes:]
        slopes = slopes * (n_classes // len(slopes))
        if kind == "slope":
            offsets = -phi[0] * np.log(smoothed_shares(y, n_classes, weight))
        return SmoothMap(kind, tuple(1 + np.array(slopes)), tuple(offsets))

    size = {"prior_shift": n_classes, "slope": 1, "temperature": 1 + n_classes}
    result = minimize(
        lambda phi: penalised_loss(to_map(phi), kind, log_p, y, weight),
        np.zeros(size.get(kind, 2 * n_classes)),
        method="BFGS",
        options={"gtol": 1e-7},
    )
    found = fit_smooth_map(log_p, y, kind, weight)
    assert penalised_loss(found, kind, log_p, y, weight) <= result.fun + 1e-9
    assert_same_map(found, to_map(result.x), atol=2e-3)


@pytest.mark.parametrize("weighted", [False, True])
def test_cox_recalibration_is_logistic_regression(weighted):
    """For two classes the temperature map is a ridge logistic regression on the log-odds."""
    proba, y = draw_forecasts(400, 2, seed=3)
    log_p = clipped_log(softmax(2.5 * np.log(proba), axis=1))
    weight = np.random.default_rng(3).choice([0.5, 1.0, 2.0], 400) if weighted else None
    found = fit_smooth_map(log_p, y, "temperature", weight)
    # The prior is one row of 400: without it both are the same maximum-likelihood fit.
    logit = (log_p[:, 1] - log_p[:, 0])[:, None]
    reference = LogisticRegression(C=1e8, tol=1e-10, max_iter=1000).fit(logit, y, weight)
    assert found.slopes[0] == pytest.approx(reference.coef_[0, 0], abs=0.01)
    assert found.offsets[1] - found.offsets[0] == pytest.approx(reference.intercept_[0], abs=0.01)


@given(labelled_forecasts(), st.sampled_from(NESTED))
@settings(max_examples=60)
def test_larger_families_never_do_worse(drawn, pair):
    """A map is at least as good as the maps nested in it, judged by its own penalised loss."""
    log_p, y, weight = drawn
    small, large = pair
    inner = fit_smooth_map(log_p, y, small, weight)
    outer = fit_smooth_map(log_p, y, large, weight)
    assert penalised_loss(outer, large, log_p, y, weight) <= (
        penalised_loss(inner, large, log_p, y, weight) + 1e-10
    )
    assert penalised_loss(inner, small, log_p, y, weight) <= (
        penalised_loss(identity_map(log_p.shape[1]), small, log_p, y, weight) + 1e-12
    )


@pytest.mark.parametrize("temperature", [2.5, 10.0, 0.2])
def test_damped_steps_converge_where_newton_diverges(temperature):
    """Plain Newton steps run away from the optimum on sharp forecasts; halved ones find it."""
    truth, y = draw_forecasts(2000, 2, sharpness=2.0)
    log_p = clipped_log(softmax(temperature * np.log(truth), axis=1))
    found = fit_smooth_map(log_p, y, "temperature")
    assert found.slopes[0] == pytest.approx(1 / temperature, rel=0.2)

    # The same likelihood without prior, by undamped Newton steps from the identity.
    logit = log_p[:, 1] - log_p[:, 0]
    design = np.column_stack([logit, np.ones_like(logit)])
    theta, losses = np.array([1.0, 0.0]), []
    for _ in range(8):
        z = design @ theta
        losses.append(np.mean(np.logaddexp(0, np.where(y == 1, -z, z))))
        p = expit(z)
        hessian = (design * (p * (1 - p))[:, None]).T @ design
        if np.linalg.cond(hessian) > 1e15:  # nothing left to step by
            break
        theta = theta - np.linalg.solve(hessian, design.T @ (p - y))
    diverged = losses[-1] > losses[0]
    assert diverged == (temperature > 1)
    # The prior weighs one row of 2,000.
    assert np.mean(map_loss_rows(found, log_p, y)) <= min(losses) + 1e-3


@given(labelled_forecasts(), st.sampled_from(SMOOTH_MAPS), st.sampled_from([0.2, 3.0]))
@settings(max_examples=40)
def test_start_does_not_matter(drawn, kind, slope):
    """From the identity, from a far map and from a map of another kind the optimum is the same."""
    log_p, y, weight = drawn
    n_classes = log_p.shape[1]
    expected = fit_smooth_map(log_p, y, kind, weight)
    far = SmoothMap("vector", (slope,) * n_classes, tuple(np.linspace(-1, 1, n_classes)))
    assert_same_map(fit_smooth_map(log_p, y, kind, weight, start=far), expected, atol=1e-4)


# --- smooth maps: invariances ---------------------------------------------------------------------


@given(labelled_forecasts(), st.sampled_from(SMOOTH_MAPS), st.floats(0.01, 100))
@settings(max_examples=40)
def test_scale_of_weights_does_not_matter(drawn, kind, factor):
    """Equal weights are no weights, and weights times a factor are the same weights."""
    log_p, y, weight = drawn
    expected = fit_smooth_map(log_p, y, kind, weight)
    scaled = np.full(len(y), factor) if weight is None else factor * weight
    assert_same_map(fit_smooth_map(log_p, y, kind, scaled), expected, atol=1e-5)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("kind", SMOOTH_MAPS)
def test_whole_weights_are_repetitions(kind, n_classes):
    """Integer weights give the fit on repeated rows, up to the weight of the prior."""
    proba, y = draw_forecasts(4000, n_classes, seed=4)
    log_p = 2 * np.log(proba)
    times = np.random.default_rng(4).integers(1, 4, size=4000)
    weighted = fit_smooth_map(log_p, y, kind, times.astype(float))
    repeated = fit_smooth_map(np.repeat(log_p, times, axis=0), np.repeat(y, times), kind)
    assert_same_map(weighted, repeated, atol=2e-3)


@given(labelled_forecasts(), st.sampled_from(SMOOTH_MAPS), st.integers(0, 9))
@settings(max_examples=40)
def test_keeping_rows_is_taking_a_subset(drawn, kind, seed):
    """Fitting with a mask is fitting on the rows of the mask."""
    log_p, y, weight = drawn
    keep = np.random.default_rng(seed).random(len(y)) < 0.7
    keep[:10] = True
    masked = fit_smooth_map(log_p, y, kind, weight, keep=keep)
    subset = fit_smooth_map(log_p[keep], y[keep], kind, None if weight is None else weight[keep])
    assert_same_map(masked, subset)


@given(labelled_forecasts(), st.sampled_from(SMOOTH_MAPS), st.integers(0, 9))
@settings(max_examples=40)
def test_order_of_the_classes_does_not_matter(drawn, kind, seed):
    """Renaming the classes renames the slopes and offsets."""
    log_p, y, weight = drawn
    new = np.random.default_rng(seed).permutation(log_p.shape[1])
    expected = fit_smooth_map(log_p, y, kind, weight)
    found = fit_smooth_map(log_p[:, new], np.argsort(new)[y], kind, weight)
    np.testing.assert_allclose(found.slopes, np.array(expected.slopes)[new], atol=1e-5)
    np.testing.assert_allclose(found.offsets, np.array(expected.offsets)[new], atol=1e-5)


@pytest.mark.parametrize("kind", SMOOTH_MAPS)
def test_two_classes_take_the_same_path_as_many(kind):
    """A third class that never happens and is never forecast leaves the map of two as it is."""
    proba, y = draw_forecasts(500, 2, seed=5)
    log_p = 3 * np.log(proba)
    two = fit_smooth_map(log_p, y, kind)
    three = fit_smooth_map(np.column_stack([log_p, np.full(500, -1000.0)]), y, kind)
    # The slope of a class that is not there multiplies nothing that is felt.
    np.testing.assert_allclose(three.slopes[:2], two.slopes, atol=1e-6)
    np.testing.assert_allclose(centred(three.offsets[:2]), centred(two.offsets), atol=1e-6)


def test_many_rows_are_worked_on_in_chunks():
    """The objective of 70,000 rows, more than one chunk, is that of the rows together."""
    for n_classes in (2, 3):
        proba, y = draw_forecasts(70_000, n_classes, seed=6)
        log_p = 2 * np.log(proba)
        found = fit_smooth_map(log_p, y, "temperature")
        best = penalised_loss(found, "temperature", log_p, y)
        for step in (-1e-3, 1e-3):
            slopes = tuple(np.array(found.slopes) + step)
            other = SmoothMap("temperature", slopes, found.offsets)
            assert best < penalised_loss(other, "temperature", log_p, y)


# --- smooth maps: hard data -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", SMOOTH_MAPS)
@pytest.mark.parametrize("n_classes", [2, 4])
def test_separable_and_absent_classes_stay_finite(kind, n_classes):
    """Perfect forecasts, labels of one class and certain wrong forecasts give finite maps."""
    rng = np.random.default_rng(7)
    proba = rng.dirichlet(np.full(n_classes, 0.3), 60)
    corners = np.eye(n_classes)[rng.integers(n_classes, size=60)]
    cases = [
        (proba, proba.argmax(axis=1)),
        (proba, np.zeros(60, dtype=int)),
        (corners, corners.argmax(axis=1)),
        (corners, (corners.argmax(axis=1) + 1) % n_classes),
        (np.full((60, n_classes), 1 / n_classes), np.zeros(60, dtype=int)),
    ]
    for scores, y in cases:
        log_p = clipped_log(scores)
        found = fit_smooth_map(log_p, y, kind)
        assert np.isfinite([*found.slopes, *found.offsets]).all()
        after = map_loss_rows(found, log_p, y)
        assert np.isfinite(after).all()
        before = map_loss_rows(identity_map(n_classes), log_p, y)
        assert after.mean() <= before.mean() + 1e-9


def test_unknown_kind_is_refused():
    """The error names the kinds there are."""
    with pytest.raises(ValueError, match=r"kind must be one of .*'vector'.*Got 'platt'"):
        fit_smooth_map(np.log([[0.5, 0.5]]), np.array([0]), "platt")


@given(labelled_forecasts(), st.sampled_from(SMOOTH_MAPS))
def test_map_losses_are_log_losses_of_mapped_probabilities(drawn, kind):
    """The loss rows of a map are the log loss of its probabilities, which sum to one."""
    log_p, y, weight = drawn
    recalibration = fit_smooth_map(log_p, y, kind, weight)
    proba = np.exp(recalibration.log_proba(log_p))
    np.testing.assert_allclose(proba.sum(axis=1), 1.0, atol=1e-12)
    expected = -np.log(proba[np.arange(len(y)), y])
    np.testing.assert_allclose(map_loss_rows(recalibration, log_p, y), expected, atol=1e-9)
    if log_p.shape[1] == 2:
        odds = np.log(proba[:, 1]) - np.log(proba[:, 0])
        np.testing.assert_allclose(recalibration.logit(log_p), odds, atol=1e-9)


# --- isotonic -------------------------------------------------------------------------------------


@st.composite
def sorted_rows(draw):
    """Draw probabilities with or without ties in rising order, outcomes and sometimes weights."""
    n = draw(st.integers(1, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    p = rng.random(n) if draw(st.booleans()) else rng.choice([0.0, 0.1, 0.5, 0.9, 1.0], n)
    positive = rng.random(n) < draw(st.sampled_from([0.1, 0.5]))
    weight = rng.choice([0.5, 1.0, 3.0], n) if draw(st.booleans()) else None
    return np.sort(p), positive, weight


@given(sorted_rows())
def test_pooled_blocks_are_isotonic_regression(drawn):
    """The fit of every row is scikit-learn's, ties and weights included."""
    p, positive, weight = drawn
    blocks = pool_adjacent_violators(p, positive, weight)
    expected = IsotonicRegression().fit(p, positive.astype(float), weight).predict(p)
    np.testing.assert_allclose(blocks.fitted(), expected, atol=1e-12)
    w = np.ones(len(p)) if weight is None else weight
    rows = [slice(a, b + 1) for a, b in zip(blocks.first, blocks.last, strict=True)]
    np.testing.assert_allclose(blocks.weight, [w[r].sum() for r in rows])
    np.testing.assert_allclose(blocks.share, [np.average(positive[r], weights=w[r]) for r in rows])
    assert (np.diff(blocks.share) > 0).all()


@given(sorted_rows(), st.integers(0, 9))
def test_isotonic_map_is_monotone_and_never_certain(drawn, seed):
    """The map never falls, stays inside (0, 1), and every log loss is finite."""
    p, positive, weight = drawn
    shuffled = np.random.default_rng(seed).permutation(len(p))
    y = positive.astype(int)[shuffled]
    log_p = clipped_log(np.column_stack([1 - p, p]))[shuffled]
    w = None if weight is None else weight[shuffled]
    found = fit_isotonic_map(log_p, y, w)
    assert (np.diff(found.values) >= 0).all()
    assert (np.diff(found.knots) >= 0).all()
    assert 0 < found.values.min() <= found.values.max() < 1
    grid = clipped_log(np.column_stack([1 - np.linspace(0, 1, 50), np.linspace(0, 1, 50)]))
    log_r = found.log_proba(grid)
    assert np.isfinite(log_r).all()
    np.testing.assert_allclose(np.exp(log_r).sum(axis=1), 1.0, atol=1e-12)
    known = fit_isotonic_map(log_p, y, w, order=np.argsort(log_p[:, 1], kind="stable"))
    np.testing.assert_array_equal(known.values, found.values)


@given(sorted_rows())
def test_isotonic_map_adds_one_row_to_every_block(drawn):
    """Half a row of each class joins every block: no more and no fewer positives are forecast."""
    p, positive, weight = drawn
    log_p = np.log(np.column_stack([1 - p / 2 - 0.1, p / 2 + 0.1]))
    found = fit_isotonic_map(log_p, positive.astype(int), weight)
    w = np.ones(len(p)) if weight is None else weight * weight.sum() / np.sum(weight**2)
    blocks = pool_adjacent_violators(np.exp(log_p[:, 1]), positive, w)
    assert found.n_blocks == len(blocks.share)
    forecast = np.sum((blocks.weight + 1) * found.values[::2])
    assert forecast == pytest.approx(np.sum(w * positive) + found.n_blocks / 2)


@given(sorted_rows())
def test_isotonic_map_mirrors_when_the_classes_are_swapped(drawn):
    """Neither class is favoured: one row at the bottom lifts no more than one at the top pulls."""
    p, positive, weight = drawn
    p = np.round(p / 2 + 0.2, 6)
    log_p = np.log(np.column_stack([1 - p, p]))
    found = fit_isotonic_map(log_p, positive.astype(int), weight)
    mirrored = fit_isotonic_map(log_p[:, ::-1], (~positive).astype(int), weight)
    np.testing.assert_allclose(mirrored.values[::-1], 1 - found.values, atol=1e-9)


def test_one_row_at_the_bottom_does_not_lift_the_rest():
    """A first block of a single row does not force its smoothed share on the blocks above."""
    p = np.linspace(0.1, 0.9, 101)
    y = np.zeros(101, dtype=int)
    y[1], y[10::10] = 1, 1
    log_p = np.log(np.column_stack([1 - p, p]))
    found = fit_isotonic_map(log_p, y)
    middle = np.exp(found.log_proba(log_p)[50, 1])
    assert middle == pytest.approx(y.mean(), abs=0.01)


@given(sorted_rows(), st.integers(0, 9))
def test_isotonic_map_ignores_rows_of_weight_zero(drawn, seed):
    """Rows without weight, wherever they lie, leave the map as it is; so does a mask."""
    p, positive, weight = drawn
    rng = np.random.default_rng(seed)
    log_p = clipped_log(np.column_stack([1 - p, p]))
    y = positive.astype(int)
    keep = rng.random(len(p)) < 0.6
    keep[rng.integers(len(p))] = True
    w = np.ones(len(p)) if weight is None else weight
    subset = fit_isotonic_map(log_p[keep], y[keep], w[keep])
    for other in (
        fit_isotonic_map(log_p, y, np.where(keep, w, 0.0)),
        fit_isotonic_map(log_p, y, w, keep=keep),
    ):
        np.testing.assert_allclose(other.knots, subset.knots)
        np.testing.assert_allclose(other.values, subset.values)
        assert other.n_blocks == subset.n_blocks


def test_whole_weights_are_repetitions_for_isotonic_maps():
    """Equal whole weights pool the blocks of the repeated rows."""
    p = np.array([0.1, 0.2, 0.3, 0.6, 0.7])
    y = np.array([0, 1, 0, 1, 1])
    log_p = np.log(np.column_stack([1 - p, p]))
    times = np.array([3, 1, 2, 1, 4])
    weighted = pool_adjacent_violators(p, y == 1, times.astype(float))
    repeated = pool_adjacent_violators(np.repeat(p, times), np.repeat(y == 1, times))
    np.testing.assert_allclose(weighted.share, repeated.share)
    np.testing.assert_allclose(weighted.weight, repeated.weight)
    assert fit_isotonic_map(log_p, y, np.full(5, 7.0)).values == pytest.approx(
        fit_isotonic_map(log_p, y).values
    )


# --- the shape map --------------------------------------------------------------------------------


def test_shape_map_is_isotonic_where_the_curve_bends_twice():
    """A step in the true curve, which no slopes can follow, is followed by the isotonic map."""
    rng = np.random.default_rng(8)
    p = rng.random(4000)
    y = (rng.random(4000) < np.where(p < 0.3, 0.1, np.where(p < 0.7, 0.5, 0.9))).astype(int)
    log_p = clipped_log(np.column_stack([1 - p, p]))
    shape = fit_shape_map(log_p, y)
    assert shape.kind == "isotonic"
    vector = fit_smooth_map(log_p, y, "vector")
    assert map_loss_rows(shape, log_p, y).mean() < map_loss_rows(vector, log_p, y).mean()


def test_shape_map_is_smooth_where_the_curve_is():
    """On calibrated forecasts the blocks of an isotonic fit do not pay for themselves."""
    for seed in range(10):
        proba, y = draw_forecasts(1000, 2, seed=seed)
        assert fit_shape_map(np.log(proba), y).kind == "vector"


def test_shape_map_of_many_classes_is_vector_scaling():
    """There is no isotonic map of three classes."""
    proba, y = draw_forecasts(300, 3)
    log_p = np.log(proba)
    assert fit_shape_map(log_p, y) == fit_smooth_map(log_p, y, "vector")


def test_shape_map_judges_kept_rows_only():
    """With a mask, or weights of zero, the choice and the map are those of the subset."""
    rng = np.random.default_rng(9)
    p = rng.random(3000)
    keep = rng.random(3000) < 0.5
    curve = np.where(p < 0.3, 0.1, np.where(p < 0.7, 0.5, 0.9))
    y = (rng.random(3000) < np.where(keep, p, curve)).astype(int)
    log_p = clipped_log(np.column_stack([1 - p, p]))
    weight = rng.choice([1.0, 2.0], 3000)
    assert fit_shape_map(log_p, y, weight, keep=keep).kind == "vector"
    assert fit_shape_map(log_p, y, weight, keep=~keep).kind == "isotonic"
    assert fit_shape_map(log_p, y, np.where(keep, 0, weight)).kind == "isotonic"


# --- cross-fitting --------------------------------------------------------------------------------


def test_cross_fitted_rows_never_saw_their_map():
    """Each row is mapped by the fit on the other folds, each row once."""
    proba, y = draw_forecasts(200, 3, seed=10)
    log_p = 2 * np.log(proba)
    folds = np.arange(200) % 4

    def fit(keep):
        return fit_smooth_map(log_p, y, "temperature", keep=keep)

    maps = cross_fit(fit, folds)
    assert maps == [fit(folds != k) for k in range(4)]
    seen = np.zeros(200, dtype=int)
    for rows, log_r in cross_fitted_chunks(maps, log_p, folds):
        (fold,) = set(folds[rows])
        np.testing.assert_array_equal(log_r, maps[fold].log_proba(log_p[rows]))
        seen[rows] += 1
    assert (seen == 1).all()


def test_identity_map_changes_nothing():
    """The identity gives the loss of the forecasts themselves."""
    proba, y = draw_forecasts(50, 4)
    rows = map_loss_rows(identity_map(4), clipped_log(proba), y)
    np.testing.assert_allclose(rows, log_loss_rows(proba, y), atol=1e-12)
    assert identity_map(4).temperature == 1.0
    assert weighted_mean(rows) == pytest.approx(rows.mean())


@pytest.mark.parametrize("n_classes", [2, 3])
def test_fold_that_holds_all_the_weight_is_left_as_it_is(n_classes):
    """Where the other folds weigh nothing there is nothing to learn, and maps change nothing."""
    proba, y = draw_forecasts(40, n_classes)
    log_p = np.log(proba)
    weight = np.zeros(40)
    weight[:4] = 1.0
    keep = np.arange(40) >= 10
    maps = [fit_smooth_map(log_p, y, kind, weight, keep=keep) for kind in SMOOTH_MAPS]
    for found in [*maps, fit_shape_map(log_p, y, weight, keep=keep)]:
        np.testing.assert_allclose(found.log_proba(log_p), log_p, atol=1e-12)
