"""How fast is Winsorizer, beside feature_engine, scikit-lego and NumPy?

Per table: how many times as fast as ``feature_engine.outliers.Winsorizer`` on the same data frame
are fit and transform (limits at 1 % and 99 %, and the other rules that both have), as
scikit-lego's ``ColumnCapper`` in fit, as ``np.nanquantile`` in finding the limits, and as
``np.clip`` in transform. The limits are checked to be those of NumPy. The aims: fit at least 2.5
times and transform at least twice as fast as feature_engine, transform no slower than ``np.clip``.

Run ``python benchmarks/winsorizer.py``. Aims that are missed are listed at the end, and the exit
code is 1.
"""

import sys
import warnings
from functools import partial

import numpy as np
from _peers import best_of, machine, optional, peak_bytes

from sklearn_lossfix import Winsorizer

SHAPES = ((200_000, 50), (2_000_000, 5))
FIT_AIM, TRANSFORM_AIM, CLIP_AIM = 2.5, 2.0, 1.0
LIMITS = np.array([0.01, 0.99])

# Rule of ours -> method, fold and tail of feature_engine.
RULES = {
    "quantile": ({"limits": 0.01, "quantile_method": "linear"}, ("quantiles", 0.01)),
    "iqr": ({"quantile_method": "linear"}, ("iqr", 1.5)),
    "mad": ({}, ("mad", 3.5)),
    "gaussian": ({}, ("gaussian", 3)),
}


def same_limits(X):
    """Whether limits at quantiles are those of NumPy bit for bit."""
    ours = Winsorizer(limits=tuple(LIMITS), quantile_method="linear").fit(X)
    return np.array_equal([ours.lower_, ours.upper_], np.nanquantile(X, LIMITS, axis=0))


def compare(X, name, pandas, feature_engine, sklego, missed):
    """Time one table under every rule, print its lines, and note missed aims."""
    frame = None if pandas is None else pandas.DataFrame(X, copy=False)
    if frame is not None:
        frame.columns = [f"c{j}" for j in range(X.shape[1])]
    lower, upper = np.nanquantile(X[:1000], LIMITS, axis=0)
    for rule, (parameters, (method, fold)) in RULES.items():
        ours = Winsorizer(method=rule, **parameters)
        fitted = Winsorizer(method=rule, **parameters).fit(X[:1000])
        calls = {"fit": partial(ours.fit, X), "transform": partial(fitted.transform, X)}
        calls["clip"] = partial(np.clip, X, lower, upper)
        if rule == "quantile":
            calls["nanquantile"] = partial(np.nanquantile, X, LIMITS, axis=0)
            if sklego is not None:
                calls["sklego fit"] = partial(sklego.ColumnCapper((1, 99)).fit, X)
        if feature_engine is not None:
            peer = feature_engine.Winsorizer(method, "both", fold, missing_values="ignore")
            learnt = feature_engine.Winsorizer(method, "both", fold, missing_values="ignore")
            learnt.fit(frame.iloc[:1000])
            calls["peer fit"] = partial(peer.fit, frame)
            calls["peer transform"] = partial(learnt.transform, frame)
        seconds = best_of(calls)
        ratios = {}
        if "peer fit" in seconds:
            ratios["fit / feature_engine"] = (seconds["peer fit"] / seconds["fit"], FIT_AIM)
            moved = seconds["peer transform"] / seconds["transform"]
            ratios["transform / feature_engine"] = (moved, TRANSFORM_AIM)
        ratios["transform / np.clip"] = (seconds["clip"] / seconds["transform"], CLIP_AIM)
        for key in ("sklego fit", "nanquantile"):
            if key in seconds:
                ratios[f"fit / {key}"] = (seconds[key] / seconds["fit"], 0)
        per_value = seconds["fit"] / X.size * 1e9
        shown = "  ".join(f"{what} x{ratio:.2f}" for what, (ratio, _) in ratios.items())
        print(f"{name}, {rule:9s} {per_value:5.1f} ns/value  {shown}", flush=True)
        missed += [
            f"{name}, {rule}: {what} x{ratio:.2f} < {aim}"
            for what, (ratio, aim) in ratios.items()
            if ratio < aim
        ]


def main():
    """Run every table; exit with 1 where an aim was missed."""
    print(machine())
    # Columns that do not spread are timed on purpose, and warnings of peers are not measured.
    warnings.simplefilter("ignore")
    pandas = optional("pandas")
    feature_engine = None if pandas is None else optional("feature_engine.outliers")
    sklego = optional("sklego.preprocessing")
    rng, missed = np.random.default_rng(0), []
    for shape in SHAPES:
        made = rng.standard_t(5, size=shape)
        for order in "CF":
            X = np.asarray(made, order=order)
            name = f"{shape[0]:,} x {shape[1]} {order}"
            assert same_limits(X), name
            compare(X, name, pandas, feature_engine, sklego, missed)
            peak = peak_bytes(partial(Winsorizer().fit, X)) / X.nbytes
            in_place = Winsorizer(copy=False).fit(X)
            moved = peak_bytes(partial(in_place.transform, X)) / 2**20
            print(f"{name}: fit takes {peak:.2f} of the table, transform in place {moved:.1f} MB")
    print("\nAims missed: " + ("none." if not missed else ""))
    for line in missed:
        print(f"  {line}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
