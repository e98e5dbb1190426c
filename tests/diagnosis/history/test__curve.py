"""Points of a curve, thinned and cut."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis.history._curve import (
    LARGEST,
    MAX_POINTS,
    THINNED_POINTS,
    Curve,
    finite_curve,
    is_beyond,
    spoken,
    window_of,
)


def test_finite_points_stay_with_their_steps():
    """Missing and infinite entries go, with their steps."""
    curve = finite_curve([1, 2, 3, 4], [0.5, np.nan, np.inf, 0.2], "train")
    assert curve.steps.tolist() == [1.0, 4.0]
    assert curve.values.tolist() == [0.5, 0.2]


def test_values_are_cut_off_where_their_squares_have_no_room():
    """What is too large to be squared is cut off and told; infinite entries are no values."""
    curve = finite_curve([1, 2, 3, 4], [1e200, -1e300, np.inf, 0.2], "train")
    assert curve.values.tolist() == [LARGEST, -LARGEST, 0.2]
    assert np.isfinite(len(curve) * curve.values**2).all()
    assert is_beyond([0.2, -1e300])
    assert not is_beyond([0.2, LARGEST, np.inf, np.nan])


def test_thinning_keeps_course_and_order():
    """A long curve has at most as many points as promised, each the median of a block."""
    steps = np.arange(5003.0)
    thin = Curve(steps, 2 * steps, "train").thinned()
    assert len(thin) <= THINNED_POINTS
    assert (np.diff(thin.steps) > 0).all()
    assert thin.values == pytest.approx(2 * thin.steps)


def test_short_curves_are_not_thinned():
    """Up to the limit a curve is itself."""
    curve = Curve(np.arange(float(MAX_POINTS)), np.zeros(MAX_POINTS), "train")
    assert curve.thinned() is curve


@pytest.mark.parametrize(("n", "tail", "late"), [(6, 6, 6), (16, 10, 10), (60, 15, 30)])
def test_tail_and_later_half(n, tail, late):
    """A quarter and a half of the curve, ten points at least where there are so many."""
    curve = Curve(np.arange(float(n)), np.zeros(n), "validation")
    assert (len(curve.tail), len(curve.late)) == (tail, late)
    assert curve.tail.steps[-1] == curve.late.steps[-1] == n - 1


def test_window_is_plain():
    """A window as evidence holds plain numbers."""
    window = window_of(Curve(np.array([3.0, 4.0]), np.zeros(2), "train"))
    assert window == {"split": "train", "first_step": 3.0, "last_step": 4.0, "n_points": 2}


def test_spoken():
    """People say training rows."""
    assert (spoken("train"), spoken("validation")) == ("training", "validation")
