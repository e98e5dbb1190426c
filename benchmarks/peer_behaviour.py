"""Behaviour of MADScaler and Winsorizer beside other libraries on inputs that are hard to handle.

No speed here and no data set: every cell of the two tables is what one small call did, in the
installed versions, which are printed first. "error" is followed by the class of the exception.
The tables of the user guide page on preprocessing are this script's output.

Needs the peers: ``python -m pip install feature_engine skrub scikit-lego polars pandas``. Run
``python benchmarks/peer_behaviour.py``, or with ``--rst`` for the tables as reStructuredText.
"""

import argparse
import importlib
import tracemalloc
import warnings
from importlib.metadata import version

import numpy as np
import sklearn
from scipy import sparse
from sklearn.preprocessing import QuantileTransformer, RobustScaler

from sklearn_lossfix import MADScaler, Winsorizer

PEERS = {"skrub": "skrub", "feature_engine": "feature_engine", "sklego": "scikit-lego"}
FRAMES = {"pandas": "pandas", "polars": "polars"}

N_ROWS = 2_000
#: A spread below this share of the one without outliers counts as squeezed together.
SQUEEZED = 0.1
FLOAT32_MAX = float(np.finfo(np.float32).max)


def peer(module):
    """A module that is no dependency of this package, or the way to get it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        names = " ".join([*PEERS.values(), *FRAMES.values()])
        raise SystemExit(f"{error}. The peers: python -m pip install {names}") from None


def scalers():
    """Name -> a function that makes the scaler."""
    return {
        "MADScaler()": MADScaler,
        'MADScaler(clip=("soft", 3))': lambda: MADScaler(clip=("soft", 3)),
        "RobustScaler": RobustScaler,
        "QuantileTransformer": QuantileTransformer,
        "skrub SquashingScaler": peer("skrub").SquashingScaler,
    }


def winsorizers():
    """Name -> a function that makes one that caps at the 1 % and 99 % quantiles."""

    def feature_engine():
        options = {"capping_method": "quantiles", "tail": "both", "fold": 0.01}
        return peer("feature_engine.outliers").Winsorizer(**options, missing_values="ignore")

    return {
        "Winsorizer": Winsorizer,
        "feature_engine Winsorizer": feature_engine,
        "scikit-lego ColumnCapper": lambda: peer("sklego.preprocessing").ColumnCapper((1, 99)),
    }


# --- inputs and words -----------------------------------------------------------------------------


def normal(n_rows=N_ROWS, n_columns=1):
    """Standard normal values."""
    return np.random.default_rng(0).normal(size=(n_rows, n_columns))


def frame(X, **more):
    """A DataFrame, which all of them take."""
    columns = {f"x{j}": column for j, column in enumerate(np.asarray(X).T)}
    return peer("pandas").DataFrame({**columns, **more})


def plain(X):
    """An array of whatever transform gave."""
    return np.asarray(X.to_numpy() if hasattr(X, "to_numpy") else X)


def fitted_output(make, X, X_new=None):
    """What comes out for the rows of fit, or for others."""
    transformer = make().fit(frame(X))
    return plain(transformer.transform(frame(X if X_new is None else X_new)))


def number(value):
    """A number in few digits."""
    return f"{value:.3g}".replace("e+", "e").replace("e0", "e")


def numbers(values):
    """Some numbers in few digits."""
    return ", ".join(number(value) for value in values)


# --- probes of scalers ----------------------------------------------------------------------------


def squeezed_at(make):
    """Share of rows at 1e12 at which the quartile range of the others falls below a tenth."""
    X = normal()

    def spread(share):
        moved = X.copy()
        moved[: round(share * len(X))] = 1e12
        return np.subtract(*np.nanpercentile(fitted_output(make, moved, X), [75, 25]))

    for percent in range(1, 100):
        if not spread(percent / 100) > SQUEEZED * spread(0):
            return f"{percent} %"
    return "never"


def normal_spread(make):
    """Standard deviation that normal values of standard deviation 5 come out with."""
    return number(fitted_output(make, 5 * normal()).std())


def missing_values(make):
    """One NaN among the values."""
    X = normal()
    X[0] = np.nan
    out = fitted_output(make, X)
    return "NaN stays NaN" if np.isnan(out[0, 0]) and np.isfinite(out[1:]).all() else "lost"


def infinite_values(make):
    """One inf and one -inf among the values."""
    X = normal()
    X[0], X[1] = np.inf, -np.inf
    out = fitted_output(make, X)
    return f"to {numbers(out[:2, 0])}" if np.isfinite(out[2:]).all() else "others lost"


def constant_column(make):
    """A column that is 7 everywhere, and a 9 later."""
    return "7 to {}, 9 to {}".format(
        *map(number, fitted_output(make, np.full((50, 1), 7.0), [[7.0], [9.0]])[:, 0])
    )


def rounded_constant(make):
    """A constant that was computed in two ways: 0.1 + 0.2 beside 0.3."""
    X = np.array([[0.1 + 0.2]] * 5 + [[0.3]] * 5)
    return f"spread {number(np.ptp(fitted_output(make, X)))}"


def rare_values(make):
    """80 % zeros: where the middle of the rest comes out, in two units, and with 5 outliers."""
    X = np.exp(normal())
    X[: round(0.8 * len(X))] = 0
    wild = X.copy()
    wild[-5:] = 1e6
    rest = slice(round(0.8 * len(X)), -5)
    shown = [fitted_output(make, Z)[rest] for Z in (X, 1000 * X, wild)]
    return numbers(np.median(out) for out in shown)


def other_unit(make):
    """The same values times 1e-20."""
    X = normal()
    difference = np.abs(fitted_output(make, X) - fitted_output(make, 1e-20 * X)).max()
    return "same" if difference < 1e-9 else f"differs by up to {number(difference)}"


def float32_sentinel(make):
    """A float32 column of small values where the largest float marks one row of ten as missing."""
    X = (normal() / 100).astype(np.float32)
    X[::10] = FLOAT32_MAX
    out = fitted_output(make, X)
    return f"to {number(out[0, 0])}"


def float32_large(make):
    """A float32 column between 3.0e38 and 3.4e38."""
    X = np.linspace(3.0e38, 3.4e38, 101, dtype=np.float32)[:, None]
    out = fitted_output(make, X)[:, 0]
    return "correct" if np.isfinite(out).all() and (np.diff(out) >= 0).all() else "NaN or inf"


def float32_kept(make):
    """The dtype of scaled float32."""
    return str(fitted_output(make, normal().astype(np.float32)).dtype)


def dates(make):
    """A table of nothing but dates."""
    X = peer("pandas").DataFrame({"when": days()})
    out = make().fit(X).transform(X)
    return dates_became(out, X)


def dates_beside_numbers(make):
    """A column of dates beside one of floats."""
    X = frame(normal(), when=days())
    return dates_became(make().fit(X).transform(X), X)


def days():
    """As many dates as rows."""
    return peer("pandas").date_range("2000-01-01", periods=N_ROWS)


def dates_became(out, X):
    """What is in the place of the dates, the last column."""
    if hasattr(out, "dtypes") and out.iloc[:, -1].equals(X.iloc[:, -1]):
        return "left as they are"
    return f"scaled as numbers, {number(float(plain(out)[0, -1]))} and so on"


def empty_column(make):
    """A column without values in fit, and a 5 later."""
    X = np.column_stack([normal(), np.full(N_ROWS, np.nan)])
    return f"5 to {number(fitted_output(make, X, [[0.0, 5.0]])[0, 1])}"


def weights(make):
    """Integer weights against repeated rows; everything takes weights that the signature has."""
    X = normal()
    repeats = np.random.default_rng(1).integers(1, 4, size=len(X))
    try:
        weighted = make().fit(frame(X), sample_weight=repeats)
    except TypeError:
        return "no"
    repeated = make().fit(frame(np.repeat(X, repeats, axis=0)))
    same = np.allclose(
        plain(weighted.transform(frame(X))), plain(repeated.transform(frame(X))), rtol=1e-12
    )
    return "equal to repeated rows" if same else "not equal to repeated rows"


def stream(make):
    """200,000 rows in pieces; the largest difference from fit in the output."""
    X, parts = normal(200_000), []
    if not hasattr(make(), "partial_fit"):
        return "no"
    for share in np.array_split(X, 2):
        parts.append(make())
        for piece in np.array_split(share, 10):
            parts[-1].partial_fit(frame(piece))
    whole = parts[0].merge(parts[1])
    rows = frame(np.linspace(-3, 3, 101)[:, None])
    off = np.abs(plain(whole.transform(rows)) - plain(make().fit(frame(X)).transform(rows))).max()
    return f"yes, also merge; differs from fit by up to {number(off)}"


def sparse_memory(make, **options):
    """A million sparse rows with 0.1 % stored; peak memory in dense columns."""
    X = sparse.random(1_000_000, 5, density=0.001, format="csc", random_state=0)
    transformer = make().set_params(**options)
    tracemalloc.start()
    try:
        transformer.fit(X)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    transformer.transform(X)
    return f"taken; fit allocates {number(peak / (8 * X.shape[0]))} dense columns"


def sparse_scaled(make):
    """The same, without centring where that is a choice."""
    uncentred = "with_centering" in make().get_params()
    return sparse_memory(make, **({"with_centering": False} if uncentred else {}))


def large_integers(make):
    """int64 values 2**60 + 0, 1, ..., 100: the scale found."""
    X = (2**60 + np.arange(101, dtype=np.int64))[:, None]
    scaler = make().fit(X)
    return f"scale {number(scaler.scale_[0])}" if hasattr(scaler, "scale_") else "shows none"


def polars_table(make):
    """A polars table in."""
    table = peer("polars").DataFrame({"x0": normal()[:, 0]})
    out = make().fit_transform(table)
    return f"taken; gives {type(out).__module__.split('.')[0]} {type(out).__name__}"


def output_as(make, library):
    """A table asked for by set_output."""
    table = peer(library).DataFrame({"x0": normal()[:, 0]})
    out = make().set_output(transform=library).fit_transform(table)
    return f"{type(out).__module__.split('.')[0]} with {', '.join(out.columns)}"


def output_as_pandas(make):
    """set_output(transform="pandas")."""
    return output_as(make, "pandas")


def output_as_polars(make):
    """set_output(transform="polars")."""
    return output_as(make, "polars")


def names_out(make):
    """The names of what comes out for an array of two columns."""
    return ", ".join(make().fit(normal(n_columns=2)).get_feature_names_out())


def inverse(make):
    """There and back."""
    X = normal()
    transformer = make().fit(frame(X))
    if not hasattr(transformer, "inverse_transform"):
        return "no"
    back = plain(transformer.inverse_transform(transformer.transform(frame(X))))
    return f"off by up to {number(np.abs(back - X).max())}"


def report(make):
    """A report by column."""
    transformer = make().fit(frame(normal()))
    if not hasattr(transformer, "diagnose"):
        return "no"
    return f"diagnose(), {len(transformer.diagnose().frame('columns'))} row for 1 column"


SCALER_PROBES = {
    "Share of rows at 1e12 that squeezes the others to less than a tenth": squeezed_at,
    "Normal values of standard deviation 5 come out with": normal_spread,
    "NaN": missing_values,
    "inf, -inf": infinite_values,
    "Constant column: 7 in fit; 7 and 9 later": constant_column,
    "0.1 + 0.2 beside 0.3": rounded_constant,
    "80 % zeros: middle of the rest; times 1000; with 5 outliers": rare_values,
    "X times 1e-20": other_unit,
    "float32 stays": float32_kept,
    "float32, largest float as sentinel": float32_sentinel,
    "float32 between 3.0e38 and 3.4e38": float32_large,
    "int64 2**60 + 0 ... 100": large_integers,
    "Dates": dates,
    "Dates beside numbers": dates_beside_numbers,
    "No values in fit, 5 later": empty_column,
    "sample_weight": weights,
    "partial_fit": stream,
    "Sparse rows": sparse_scaled,
    "polars table": polars_table,
    "set_output to pandas": output_as_pandas,
    "set_output to polars": output_as_polars,
    "Names out, of an array": names_out,
    "inverse_transform": inverse,
    "Report by column": report,
}


# --- probes of winsorizers ------------------------------------------------------------------------


def clean_share(make):
    """Share of normal values that are changed."""
    X = normal(10_000)
    return f"{100 * (fitted_output(make, X) != X).mean():.3g} %"


def capped_infinite(make):
    """One inf and one -inf among the values."""
    X = normal()
    X[0], X[1] = np.inf, -np.inf
    return f"to {numbers(fitted_output(make, X)[:2, 0])}"


def constant_neighbour(make):
    """A constant column beside one with an outlier."""
    X = np.column_stack([normal(), np.full(N_ROWS, 7.0)])
    X[0, 0] = 1e9
    out = fitted_output(make, X)
    return f"7 stays {number(out[0, 1])}; outlier beside it to {number(out[0, 0])}"


def mostly_zeros(make):
    """99.5 % zeros: what becomes of the rest."""
    X = np.zeros((N_ROWS, 1))
    X[:10] = np.arange(1.0, 11)[:, None]
    kept = (fitted_output(make, X)[:10] == X[:10]).mean()
    return f"{100 * kept:.0f} % of the rest kept"


def one_row(make):
    """A single row."""
    return f"3 to {number(fitted_output(make, [[3.0]])[0, 0])}"


def integers(make, **options):
    """The dtype of capped int64."""
    X = np.arange(100)[:, None]
    out = plain(make().set_params(**options).fit_transform(frame(X)))
    return f"{out.dtype}, largest {number(out.max())}"


def capped_integers(make):
    """The same with quantiles that are values of the data, where they can be asked for."""
    parameters = make().get_params()
    for name in ("quantile_method", "interpolation"):
        if name in parameters:
            return integers(make, **{name: "lower"}) + f' ({name}="lower")'
    return integers(make)


def per_column(make):
    """Limits of their own for two columns."""
    X = normal(n_columns=2)
    if "limits" in make().get_params():
        capper, text = make().set_params(limits={"x0": (0.2, None)}), "yes, of any rule"
    elif "capping_method" in make().get_params():
        arbitrary = peer("feature_engine.outliers").ArbitraryOutlierCapper
        capper, text = arbitrary(min_capping_dict={"x0": -0.8}), "fixed: ArbitraryOutlierCapper"
    else:
        return "no"
    out = plain(capper.fit_transform(frame(X)))
    return text if (out[:, 1] == X[:, 1]).all() and out[:, 0].max() == X[:, 0].max() else "wrong"


def indicators(make):
    """Columns that say what was capped."""
    parameters = make().get_params()
    for name, value in (("add_indicator", "both"), ("add_indicators", True)):
        if name in parameters:
            transformer = make().set_params(**{name: value}).fit(frame(normal()))
            return ", ".join(transformer.get_feature_names_out()[1:])
    return "no"


def to_missing(make):
    """NaN instead of the limit."""
    if "action" not in make().get_params():
        return "no"
    X = normal()
    return f"{np.isnan(plain(make().set_params(action='nan').fit_transform(X))).sum()} NaN"


def rules(make):
    """Ten rows, the last at 1e9: what it becomes under each rule."""
    X = frame(np.append(np.arange(9.0), 1e9)[:, None])
    parameters, found = make().get_params(), []
    if "method" in parameters:
        for rule in ("iqr", "mad", "double_mad", "adjusted_boxplot", "gaussian"):
            out = plain(make().set_params(method=rule, limits="auto").fit_transform(X))
            found.append(f"{rule} {number(out.max())}")
    elif "capping_method" in parameters:
        for rule in ("iqr", "mad", "gaussian"):
            capper = type(make())(capping_method=rule, tail="both")
            found.append(f"{rule} {number(plain(capper.fit_transform(X)).max())}")
    return "; ".join(found) or "quantiles only"


WINSORIZER_PROBES = {
    "Normal values that are changed": clean_share,
    "0 ... 8 and 1e9: the largest value, by rule": rules,
    "NaN": missing_values,
    "inf, -inf": capped_infinite,
    "Constant column": constant_neighbour,
    "99.5 % zeros": mostly_zeros,
    "One row": one_row,
    "No values in fit, 5 later": empty_column,
    "float32 stays": float32_kept,
    "0 ... 99 as int64": capped_integers,
    "Dates": dates,
    "Dates beside numbers": dates_beside_numbers,
    "Limits by column": per_column,
    "Indicators": indicators,
    "NaN instead of the limit": to_missing,
    "sample_weight": weights,
    "partial_fit": stream,
    "Sparse rows": sparse_memory,
    "polars table": polars_table,
    "set_output to pandas": output_as_pandas,
    "set_output to polars": output_as_polars,
    "Names out, of an array": names_out,
    "inverse_transform": inverse,
    "Report by column": report,
}


# --- tables ---------------------------------------------------------------------------------------


def cell(probe, make):
    """What a probe saw, with the class of what was raised or warned."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            text = probe(make)
        except Exception as error:  # any failure of a peer is a result
            return f"error: {type(error).__name__}"
    kinds = UserWarning, RuntimeWarning
    told = {w.category.__name__ for w in caught if issubclass(w.category, kinds)}
    return f"{text} ({', '.join(sorted(told))})" if told else text


def print_text(probes, contenders, table):
    """One probe after the other."""
    width = max(map(len, contenders))
    for title, row in zip(probes, table, strict=True):
        print(f"\n{title}")
        for name, text in zip(contenders, row, strict=True):
            print(f"    {name:{width}}  {text}")


def print_rst(probes, contenders, table):
    """A list table."""
    print("\n.. list-table::\n   :header-rows: 1\n")
    names = [f"``{name}``" if "(" in name else name for name in contenders]
    for row in [["", *names], *([title, *row] for title, row in zip(probes, table, strict=True))]:
        for j, text in enumerate(row):
            print(f"   {'*' if j == 0 else ' '} - {text}".rstrip())


def main():
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rst", action="store_true", help="tables as reStructuredText")
    show = print_rst if parser.parse_args().rst else print_text
    for module in (*PEERS, *FRAMES):
        peer(module)
    installed = ["sklearn-lossfix", "numpy", *PEERS.values(), *FRAMES.values()]
    print(f"scikit-learn {sklearn.__version__}", end="")
    for name in installed:
        print(f", {name} {version(name)}", end="")
    print()
    for probes, contenders in (
        (SCALER_PROBES, scalers()),
        (WINSORIZER_PROBES, winsorizers()),
    ):
        table = [[cell(probe, make) for make in contenders.values()] for probe in probes.values()]
        show(probes, contenders, table)


if __name__ == "__main__":
    main()
