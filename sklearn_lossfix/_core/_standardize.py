"""The arithmetic of scaling and bounding, safe against overflow, on blocks of any float dtype."""

import threading

import numpy as np

# Beyond this many bounds a softly bounded value is the bound: 1 / hypot(1, 1/t) differs from one by
# 1 / (2 t^2), which is below half a rounding error of the dtype.
_SATURATED = {np.dtype(np.float64): 1e9, np.dtype(np.float32): 1e5}


# Overflow is of values that are then cut; signalling NaN bits are no error either.
@np.errstate(over="ignore", invalid="ignore")
def soft_clip(z, bound, out=None):
    """``z / hypot(1, z / bound)``: the identity near zero, strictly monotone, within the bound.

    Infinite values give the bound. The quotient is cut where squaring it could overflow, far beyond
    where the result has been rounded to the bound.

    Parameters
    ----------
    z : ndarray of float
        Values; NaN stays NaN.
    bound : float
        Above 0.
    out : ndarray, default=None
        Where to write; may be `z`.

    Returns
    -------
    ndarray
        In the dtype of `z`.
    """
    out = np.empty_like(z) if out is None else out
    met = _bound_in(z.dtype, bound)
    # Half precision has no room for the square, nor small enough numbers for the quotient.
    if z.dtype not in _SATURATED or met is None:
        wide = soft_clip(z.astype(np.float64), bound if met is None else float(met))
        np.copyto(out, wide, casting="same_kind")
        return out
    saturated, bound = _SATURATED[z.dtype], met
    t = z / bound
    np.clip(t, -saturated, saturated, out=t)
    root = np.sqrt(1 + t * t)
    np.divide(t, root, out=out)
    return np.multiply(out, bound, out=out)


def inverse_soft_clip(y, bound):
    """The value that :func:`soft_clip` maps to `y`, as float64; infinite from the bound on.

    The bound is that of the dtype of `y`: one that was rounded down would never be reached.
    """
    met = _bound_in(y.dtype, bound)
    bound = bound if met is None else float(met)
    share = np.clip(y.astype(np.float64) / bound, -1.0, 1.0)
    with np.errstate(divide="ignore"):
        return bound * share / np.sqrt((1 - share) * (1 + share))


def _bound_in(dtype, bound):
    """The bound in the dtype of what it bounds; None where that cannot hold it."""
    return dtype.type(bound) if representable(np.array([bound]), dtype) else None


def representable(parameters, dtype):
    """Whether parameters keep their precision in a dtype: neither overflow nor underflow."""
    if dtype == np.float64:
        return True
    limits = np.finfo(dtype)
    sizes = np.abs(parameters[(parameters != 0) & ~np.isnan(parameters)])
    return bool(((sizes <= limits.max) & (sizes >= limits.tiny)).all())


class Standardizer:
    """``(x - center) / scale``, bounded, on folded blocks.

    Parameters
    ----------
    bound : float, ("soft", float) or None
        How to bound the result.
    wide : bool
        Whether the parameters need float64, whatever the blocks are.

    Attributes
    ----------
    infinite : bool
        Whether a result without a bound is infinite: its value was, or it is beyond the dtype.
    """

    def __init__(self, bound, wide):
        self.bound = bound
        self.wide = wide
        self.infinite = False
        self._local = threading.local()

    def __call__(self, block, center, *scales, out):
        """Standardize a block; two scales are those below and above the centre.

        Where `out` is `block`, the difference has a place of its own: where subtracting or dividing
        overflows, what is needed to do it in float64 is still there.
        """
        half = None
        if self.wide:
            half = self._half_difference(block, center)
        else:
            difference = self._scratch(block) if np.may_share_memory(block, out) else out
            try:
                with np.errstate(over="raise", invalid="ignore"):
                    np.subtract(block, center, out=difference)
            except FloatingPointError:
                half = self._half_difference(block, center)
            else:
                try:
                    with np.errstate(over="raise", invalid="ignore"):
                        _divide(difference, scales, out)
                except FloatingPointError:
                    if difference is out:
                        with np.errstate(invalid="ignore"):
                            np.subtract(block, center, out=difference)
                    half = difference.astype(np.float64) / 2
        if half is not None:
            self._divide_wide(half, scales, out)
        if isinstance(self.bound, tuple):
            soft_clip(out, self.bound[1], out=out)
        elif self.bound is not None:
            with np.errstate(over="ignore"):  # a bound beyond the dtype bounds nothing
                np.clip(out, -self.bound, self.bound, out=out)
        elif not self.infinite:
            self.infinite = _holds_infinity(out)

    def _scratch(self, block):
        """Working space of this thread in the shape of a block, kept from block to block."""
        space = getattr(self._local, "space", None)
        if space is None or space.size < block.size:
            space = self._local.space = np.empty(block.size, block.dtype)
        return space[: block.size].reshape(block.shape)

    @staticmethod
    def _half_difference(block, center):
        """Half of ``block - center`` in float64, where the whole may not exist."""
        return block.astype(np.float64) / 2 - np.asarray(center, np.float64) / 2

    def _divide_wide(self, half, scales, out):
        """Quotients in float64; those beyond the dtype of `out` are infinite, as they should be."""
        with np.errstate(over="ignore", invalid="ignore"):
            _divide(half, [np.asarray(scale, np.float64) for scale in scales], half)
            half *= 2
            np.copyto(out, half, casting="same_kind")


def _holds_infinity(values):
    """Whether any value is infinite; one sum tells for most blocks that none is."""
    with np.errstate(over="ignore", invalid="ignore"):
        return not np.isfinite(values.sum()) and bool(np.isinf(values).any())


def _divide(difference, scales, out):
    """Divide by the scale of the side on which a difference lies."""
    if len(scales) == 1:
        np.divide(difference, scales[0], out=out)
        return
    below = difference < 0
    np.divide(difference, np.where(below, *scales), out=out)
