"""Settings every test runs under.

The environment variables are set here, at the top of the first file pytest loads, because NumPy's
linear algebra and OpenMP read them once, when they are first imported.
"""

import os

# Two pytest-xdist workers that each start one thread per core are slower than one worker.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Figures are drawn to memory: a test machine has no screen.
os.environ["MPLBACKEND"] = "Agg"

import sys

import hypothesis
import numpy as np
import pytest

from sklearn_lossfix._core._evidence import ColumnEvidence

# The same examples in every run: a red build means that the code changed, not the draw. No time
# limit per example, since a loaded machine is not a defect of the code.
hypothesis.settings.register_profile("reproducible", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("reproducible")


@pytest.fixture(scope="session")
def nanquantile():
    """Quantiles of columns by NumPy, but for one definition that NumPy got right only in 2.2.

    Hyndman and Fan's definition 3 takes the order statistic nearest to ``n q``, counted from one,
    at a tie the one with the even number.
    """

    def quantiles(X, q, method):
        if method != "closest_observation":
            return np.nanquantile(X, q, axis=0, method=method)
        columns = [np.sort(column[~np.isnan(column)]) for column in X.T]
        return np.array(
            [[x[max(round(len(x) * share), 1) - 1] for x in columns] for share in np.asarray(q)]
        )

    return quantiles


@pytest.fixture(autouse=True)
def close_figures():
    """Close the figures a test left open, so that they cannot add up to a warning."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


QUANTILES = {
    "minimum": 0.0,
    "q01": 0.01,
    "q25": 0.25,
    "q75": 0.75,
    "q99": 0.99,
    "maximum": 1.0,
}


def _column(values, reach):
    """What a transformer sees of one column: limits at the median and `reach` scales."""
    finite = values[np.isfinite(values)]
    seen = {
        "dtype": "float64",
        "n_valid": len(finite),
        "n_missing": int(np.isnan(values).sum()),
        "n_infinite": int(np.isinf(values).sum()),
        "all_missing": len(finite) == 0,
    }
    if len(finite) == 0:
        keys = ("median", "mad", "lower", "upper", "share_low", "share_high", "tie_share")
        nothing = dict.fromkeys([*keys, *QUANTILES])
        return {**seen, **nothing, "scale": 1.0, "scale_source": "all_missing", "constant": False}
    median = float(np.median(finite))
    mad = float(np.median(np.abs(finite - median)))
    quantiles = {key: float(np.quantile(finite, q)) for key, q in QUANTILES.items()}
    constant = bool(finite.min() == finite.max())
    scale = mad or (quantiles["q75"] - quantiles["q25"]) / 2 or 1.0
    present = values[~np.isnan(values)]
    lower, upper = median - reach * scale, median + reach * scale
    return {
        **seen,
        **quantiles,
        "median": median,
        "mad": mad,
        "scale": scale,
        "scale_source": "constant" if constant else "mad" if mad else "iqr",
        "lower": lower,
        "upper": upper,
        "share_low": float(np.mean(present < lower)),
        "share_high": float(np.mean(present > upper)),
        "tie_share": float(np.mean(finite == median)),
        "constant": constant,
    }


def _column_evidence(X, *, names=None, reach=5.0, columns=None, **fields):
    """What a transformer saw of the columns of X, by definition; `columns` replaces entries."""
    X = np.asarray(X, dtype=float)
    seen = [_column(values, reach) for values in X.T]
    table = {key: [column[key] for column in seen] for key in seen[0]}
    names = [f"x{j}" for j in range(X.shape[1])] if names is None else names
    return ColumnEvidence(
        **{
            "transformer": "Scaler",
            "columns": {"column": list(names), **table, **(columns or {})},
            "n_rows": len(X),
            "source": "fit",
            "rule": f"the median and {reach:g} scales on either side",
            "action": "it is scaled like the others",
            "n_profiled": len(X),
            **fields,
        }
    )


@pytest.fixture(scope="session")
def column_evidence():
    """Function that makes the evidence of a transformer from a matrix."""
    return _column_evidence
