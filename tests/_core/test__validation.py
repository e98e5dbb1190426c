"""Tests of the checks of user input: what passes, in which form, and every refusal."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.exceptions import DataConversionWarning

from sklearn_lossfix._core._validation import (
    CODE_DTYPE,
    SUM_TOLERANCE,
    check_fit_target,
    check_groups,
    check_probabilities,
    check_same_length,
    check_target,
    check_weights,
    encode_target,
    refuse_lazy,
)


def stand_in(package, name):
    """An object whose class looks as if it came from a package that is not installed here."""
    return type(name, (), {"__module__": f"{package}.inner"})()


# --- lazy data ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        pl.DataFrame({"a": [1]}).lazy(),
        stand_in("dask", "DataFrame"),
        stand_in("dask", "Array"),
        stand_in("dask_expr", "Series"),
        stand_in("pyspark", "DataFrame"),
        stand_in("ray", "Dataset"),
    ],
    ids=lambda value: type(value).__module__,
)
def test_lazy_and_distributed_data_are_refused(value):
    """Data that are not in memory are never loaded silently: the error names the ways out."""
    with pytest.raises(
        TypeError, match=r"X is a .*lazy or distributed.*collect\(\).*sample of its"
    ):
        refuse_lazy(value, "X")
    with pytest.raises(TypeError, match="lazy or distributed"):
        check_target(value)
    with pytest.raises(TypeError, match="y_proba is a"):
        check_probabilities(value)


@pytest.mark.parametrize(
    "value", [[1], np.zeros(1), pd.DataFrame(), pl.DataFrame(), stand_in("mine", "LazyFrame"), None]
)
def test_data_in_memory_pass(value):
    """Eager containers, and classes of other packages with such names, are not refused."""
    assert refuse_lazy(value, "X") is None


# --- targets --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "y",
    [
        ["b", "a", "b"],
        ("b", "a", "b"),
        np.array(["b", "a", "b"]),
        np.array(["b", "a", "b"], dtype=object),
        pd.Series(["b", "a", "b"], index=[7, 7, 9]),
        pd.Series(["b", "a", "b"], dtype="category"),
        pd.Series(["b", "a", "b"], dtype="string"),
        pl.Series(["b", "a", "b"]),
        pl.Series(["b", "a", "b"], dtype=pl.Categorical),
        np.array([["b"], ["a"], ["b"]]),
        pd.DataFrame({"y": ["b", "a", "b"]}),
    ],
    ids=lambda value: f"{type(value).__module__}.{getattr(value, 'dtype', '')}",
)
def test_string_labels_from_any_container(y):
    """Strings become one array of strings, whatever held them."""
    found = check_target(y)
    assert found.dtype.kind == "U"
    assert found.tolist() == ["b", "a", "b"]


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        ([1, 0, 2], [1, 0, 2]),
        ([True, False], [True, False]),
        ([1.0, 0.0], [1.0, 0.0]),
        (np.array([1, 0], dtype=object), [1, 0]),
        (pd.Series([1, 0], dtype="Int64"), [1, 0]),
        (pd.Series([True, False], dtype="boolean"), [True, False]),
        (pl.Series([1, 0]), [1, 0]),
    ],
    ids=str,
)
def test_numbers_and_booleans_keep_their_type(y, expected):
    """Numeric labels are not turned into strings or objects."""
    found = check_target(y)
    assert found.dtype.kind in "biuf"
    assert found.tolist() == expected


@pytest.mark.parametrize(
    ("y", "rows"),
    [
        ([1.0, np.nan, 0.0], [1]),
        (["a", None, "b", None], [1, 3]),
        (["a", "b", np.nan], [2]),
        (np.array(["a", np.nan, "b"], dtype=object), [1]),
        (pd.Series([1, None, 0], dtype="Int64"), [1]),
        (pd.Series(["a", None, "b"]), [1]),
        (pd.Series(["a", None, "b"], dtype="string"), [1]),
        (pd.Series(["a", None, "b"], dtype="category"), [1]),
        (pd.Series([True, pd.NA], dtype="boolean"), [1]),
        (pl.Series(["a", None, "b"]), [1]),
        (pl.Series([0, None, 1]), [1]),
        (np.array(["2020-01-01", "NaT"], dtype="datetime64[D]"), [1]),
        (pd.Series([pd.NaT, pd.Timestamp("2020-01-01")], dtype=object), [0]),
    ],
    ids=str,
)
def test_missing_labels_are_counted_and_located(y, rows):
    """None, NaN, NaT and pandas' NA are missing in any container, and never a class."""
    message = (
        rf"target has {len(rows)} missing values \(first rows: \[{', '.join(map(str, rows))}\]"
    )
    with pytest.raises(ValueError, match=message):
        check_target(y, "target")


@pytest.mark.parametrize(
    ("y", "kind"),
    [
        ([0.1, 0.2, 0.7], "continuous"),
        (np.array([[0, 1], [1, 1]]), "multilabel-indicator"),
        (np.array([[0, 1], [2, 1]]), "multiclass-multioutput"),
        (pd.DataFrame({"a": ["x", "y"], "b": ["u", "v"]}), "multiclass-multioutput"),
        (np.array([[0.5, 1.1], [2, 1]]), "continuous-multioutput"),
        (sparse.csr_array(np.array([[0, 1], [1, 1]])), "multilabel-indicator"),
    ],
)
def test_targets_of_another_kind_are_named(y, kind):
    """Continuous, multilabel and multioutput targets are refused by their sklearn names."""
    with pytest.raises(ValueError, match=f"one label a row.*Got type_of_target '{kind}'"):
        check_target(y)


def test_empty_target_is_refused():
    """No rows are no target."""
    with pytest.raises(ValueError, match="y_val has no rows"):
        check_target([], "y_val")


@pytest.mark.parametrize("y", [["a", 1], np.array(["a", 1], dtype=object), pd.Series(["a", 1])])
def test_labels_of_mixed_types_are_refused(y):
    """Strings beside numbers cannot be sorted, and 1 must not become '1' in silence."""
    with pytest.raises(
        ValueError, match=r"mixes labels of the types \['int', 'str'\].*astype\(str\)"
    ):
        check_target(y)


def test_target_is_not_written_to():
    """The caller's array stays as it is, read-only arrays included."""
    y = np.array(["a", "b"], dtype=object)
    y.flags.writeable = False
    check_target(y)
    assert y.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "requires y to be passed, but the target y is None"),
        (np.array([0.0, np.inf]), "y contains infinity"),
        (np.array([0.0, np.nan, 1.0]), "missing"),
        (np.array([0.1, 0.2, 0.7]), "Unknown label type: continuous"),
    ],
)
def test_targets_of_fit_are_refused_in_scikit_learns_words(y, message):
    """What `fit` cannot learn from is refused as scikit-learn's classifiers do."""
    with pytest.raises(ValueError, match=message):
        check_fit_target(y)


@pytest.mark.parametrize(
    "y",
    [
        pd.Series(["a", "b", None, "b"]),
        pd.Series(["a", "b", np.nan, "b"], dtype=object),
        pd.Series(["a", "b", None, "b"], dtype="category"),
        pl.Series(["a", "b", None, "b"]),
        ["a", "b", None, "b"],
        ["a", "b", np.nan, "b"],
        np.array([0, 1, None, 1], dtype=object),
    ],
    ids=["pandas", "pandas_nan", "category", "polars", "list", "list_nan", "integers"],
)
def test_missing_labels_of_fit_are_counted(y):
    """A missing label among strings is told as such, whatever holds the labels."""
    with pytest.raises(ValueError, match=r"y has 1 missing values \(first rows: \[2\]\)"):
        check_fit_target(y)


def test_column_vectors_of_fit_are_taken_with_a_warning():
    """A column is taken with scikit-learn's warning; what has one dimension, without."""
    with pytest.warns(DataConversionWarning):
        assert check_fit_target(np.array([["a"], ["b"]])).tolist() == ["a", "b"]
    assert check_fit_target(["a", "b"]).tolist() == ["a", "b"]


# --- codes ----------------------------------------------------------------------------------------


def test_codes_are_positions_in_the_sorted_labels():
    """Without classes the labels are sorted; with them their order is kept."""
    y = np.array(["b", "c", "a", "c"])
    codes, classes = encode_target(y)
    assert classes.tolist() == ["a", "b", "c"]
    np.testing.assert_array_equal(classes[codes], y)
    assert codes.dtype == CODE_DTYPE
    codes, classes = encode_target(y, ["c", "a", "z", "b"])
    assert classes.tolist() == ["c", "a", "z", "b"]
    np.testing.assert_array_equal(classes[codes], y)
    assert codes.dtype == CODE_DTYPE


def test_a_single_class_is_refused_unless_the_classes_are_known():
    """One label needs company, or classes that say what else there could have been."""
    with pytest.raises(ValueError, match=r"y holds a single class, .*'a'.*at least two"):
        encode_target(np.array(["a", "a"]))
    codes, _ = encode_target(np.array(["a", "a"]), ["a", "b"])
    assert codes.tolist() == [0, 0]


def test_unknown_labels_are_listed():
    """Labels outside the classes are named beside the classes."""
    with pytest.raises(ValueError, match=r"y_val holds labels .*\['c', 'd'\].*only \['a', 'b'\]"):
        encode_target(np.array(["a", "d", "c"]), ["a", "b"], name="y_val")


# --- weights, groups, lengths ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "weight", [[1, 0, 2], (1.0, 0.0, 2.0), pd.Series([1, 0, 2]), pl.Series([1, 0, 2])]
)
def test_weights_become_float64(weight):
    """Weights of any container and number type come out as float64."""
    found = check_weights(weight, 3)
    assert found.dtype == np.float64
    assert found.tolist() == [1.0, 0.0, 2.0]


def test_absent_and_constant_weights():
    """None stays None, and a number is the weight of every row."""
    assert check_weights(None, 3) is None
    assert check_weights(2.0, 3).tolist() == [2.0, 2.0, 2.0]


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ([1, 2], r"sample_weight must have one weight a row, shape \(3,\). Got shape \(2,\)"),
        ([[1], [1], [1]], r"Got shape \(3, 1\)"),
        ([1, -2, -1], r"finite and not negative. Got -2.0 in row 1 \(2 such rows\)"),
        ([1, np.nan, 1], r"Got nan in row 1 \(1 such rows\)"),
        ([np.inf, 1, 1], "Got inf in row 0"),
        ([0, 0, 0], "sample_weight is zero in every row"),
        (["a", "b", "c"], "could not convert string to float"),
    ],
)
def test_impossible_weights_are_refused(weight, message):
    """Wrong shapes, negative, missing, infinite and all-zero weights are errors with the row."""
    with pytest.raises(ValueError, match=message):
        check_weights(weight, 3)


@pytest.mark.parametrize(
    "groups",
    [
        ["u", "v", "u"],
        np.array([7, 9, 7]),
        np.array(["u", "v", "u"], dtype=object),
        pd.Series(["u", "v", "u"], index=[3, 3, 3]),
        pd.Series(["u", "v", "u"], dtype="category"),
        pl.Series(["u", "v", "u"]),
        np.array(["u", None, "u"], dtype=object),
    ],
)
def test_groups_become_codes(groups):
    """Groups of any kind, missing names included, become codes from zero."""
    assert check_groups(groups, 3).tolist() in ([0, 1, 0], [1, 0, 1])


def test_absent_and_short_groups():
    """None stays None; another length is an error with both shapes."""
    assert check_groups(None, 3) is None
    with pytest.raises(
        ValueError, match=r"groups must have one entry a row, shape \(3,\). Got .*2"
    ):
        check_groups(["u", "v"], 3)


def test_too_few_groups_are_refused_where_more_are_needed():
    """One group says nothing about the variation between groups."""
    assert check_groups(["u", "u"], 2).tolist() == [0, 0]
    with pytest.raises(ValueError, match=r"groups holds 1 group, at least 2.*Leave groups out"):
        check_groups(["u", "u"], 2, at_least=2)


def test_lengths_are_compared_by_name():
    """The error lists every input with its number of rows; None is not an input."""
    check_same_length(X=np.zeros((2, 3)), y=[1, 2], groups=None)
    check_same_length(X=pl.DataFrame({"a": [1, 2]}), y=sparse.csr_array((2, 2)))
    with pytest.raises(ValueError, match="same number of rows: X has 2, y has 3"):
        check_same_length(X=np.zeros((2, 1)), y=[1, 2, 3], groups=None)


# --- probabilities --------------------------------------------------------------------------------

PROBA = np.array([[0.25, 0.75], [1.0, 0.0], [0.5, 0.5]])


@pytest.mark.parametrize(
    "value",
    [
        PROBA,
        PROBA.tolist(),
        PROBA[:, 1],
        PROBA[:, [1]],
        PROBA[:, 1].tolist(),
        pd.DataFrame(PROBA, columns=["no", "yes"]),
        pd.Series(PROBA[:, 1]),
        pl.DataFrame(PROBA, schema=["no", "yes"]),
        pl.Series(PROBA[:, 1]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_probabilities_from_any_container(value):
    """Two columns, or one of the second class, give one row per row that sums to one."""
    found = check_probabilities(value, 2)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, PROBA)


def test_float32_probabilities_stay_float32():
    """Scores are not copied into a wider type; whole numbers and halves are widened."""
    assert check_probabilities(PROBA.astype(np.float32)).dtype == np.float32
    assert check_probabilities(PROBA[:, 1].astype(np.float32)).dtype == np.float32
    assert check_probabilities(PROBA.astype(np.float16)).dtype in (np.float32, np.float64)
    assert check_probabilities(np.eye(2, dtype=int)).dtype == np.float64


@pytest.mark.parametrize(
    ("value", "n_classes", "message"),
    [
        (
            [[0.5, 0.5], [np.nan, 1.0]],
            2,
            r"scores has missing or infinite values in 1 rows .*\[1\]",
        ),
        ([[np.inf, 0.5]], 2, "missing or infinite values"),
        ([[np.inf, -np.inf]], 2, "missing or infinite values"),
        ([0.5, np.nan], 2, r"missing or infinite values in 1 rows \(first: \[1\]\)"),
        ([[0.2, 0.3, 0.5]], 2, r"one column per class, 2. Got 3 columns; pass `classes=`"),
        ([0.2, 0.8], 3, "one column per class, 3. Got 2 columns"),
        ([[-0.5, 1.5]], 2, r"must lie in \[0, 1\]. Got values from -0.5 to 1.5; .*not margins"),
        ([[20.0, 80.0]], 2, "from 20 to 80; pass probabilities, not margins or percentages"),
        ([1.7, 0.2], 2, r"must lie in \[0, 1\]"),
        (
            [[0.5, 0.5], [0.5, 0.4]],
            2,
            r"rows of scores must sum to one. Row 1 sums to 0.9 \(1 such",
        ),
        ([[0.5, 0.5 + 2 * SUM_TOLERANCE]], 2, "must sum to one"),
        (np.zeros((2, 2, 2)), 2, "Found array with dim 3"),
        (np.zeros((0, 2)), 2, "Found array with 0 sample"),
        ([["a", "b"]], 2, "could not convert string to float"),
    ],
)
def test_impossible_probabilities_are_refused(value, n_classes, message):
    """Missing values, margins, percentages, wrong columns and wrong sums are told apart."""
    with pytest.raises(ValueError, match=message):
        check_probabilities(value, n_classes, "scores")


def test_rounded_rows_pass():
    """Rows that miss one by rounding to three digits are probabilities."""
    check_probabilities([[0.3333, 0.3333, 0.3333]], 3)
    check_probabilities(np.full((1, 3), 1 / 3, dtype=np.float32), 3)


def test_probabilities_are_not_written_to():
    """A read-only array is checked and comes back with its values."""
    value = PROBA.copy()
    value.flags.writeable = False
    np.testing.assert_array_equal(check_probabilities(value, 2), PROBA)
