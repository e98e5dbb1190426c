"""Dtypes in which columns are compared, and limits and distances in them."""

import numpy as np


def limits_in(lower, upper, dtype):
    """Limits in the dtype of the values that are compared with them, with the same outcome.

    A float limit is rounded as the values are; an integer is below a limit if it is below the next
    integer above that. A limit beyond the integers of the dtype becomes the end of their range.
    """
    if dtype.kind == "f":
        with np.errstate(over="ignore"):  # beyond the dtype is open
            return np.asarray(lower).astype(dtype), np.asarray(upper).astype(dtype)
    range_ = np.iinfo(dtype)
    # Floats cannot tell the largest integers apart: the ends of the range are set as integers.
    sides = []
    for side, rounded in ((lower, np.ceil), (upper, np.floor)):
        whole = rounded(np.asarray(side, dtype=np.float64))
        inside = np.clip(whole, float(range_.min), np.nextafter(float(range_.max), 0.0))
        exact = inside.astype(dtype)
        sides.append(np.where(whole >= float(range_.max), dtype.type(range_.max), exact))
    return tuple(sides)


def working_dtype(dtype):
    """Dtype in which values are compared: native, and one that NumPy compares quickly."""
    if dtype == np.float16:
        return np.dtype(np.float32)
    if dtype == np.bool_:
        return np.dtype(np.uint8)
    return dtype.newbyteorder("=")


def distance_dtype(dtype):
    """Dtype of ``|x - center|``: floats keep theirs, integers give float64."""
    return dtype if dtype.kind == "f" else np.dtype(np.float64)


def distance(values, center, dtype):
    """``|values - center|``, in place where the dtype stays."""
    target = values if dtype.kind == "f" else np.empty(values.shape, np.float64)
    np.subtract(values, center, out=target)
    return np.abs(target, out=target)
