"""wrong-dtype-feature: fires on columns of no numbers, and on integers too large for a float64."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis._data_report import build_data_report
from sklearn_lossfix.diagnosis.checks.wrong_dtype_feature import EXACT_INTEGERS

SLUG = "wrong-dtype-feature"


def judged(column_evidence, dtype, values=(1.0, 2.0, 3.0), **kwargs):
    """Finding for one column of a type beside one of floats."""
    X = np.column_stack([values, [1.0, 2.0, 4.0]])
    kwargs = {"columns": {"dtype": [dtype, "float64"]}, **kwargs}
    return build_data_report(column_evidence(X, **kwargs))[SLUG]


NO_NUMBERS = (
    "object str string string[python] string[pyarrow] large_string[pyarrow] String Utf8 category "
    "Categorical Categorical(ordering='physical') Enum(categories=['1']) <U5 |S3 >U2 |O "
    "datetime64[ns] timedelta64[ns] <M8[ns] Date Time Duration(time_unit='us') "
    "date32[day][pyarrow] dictionary<values=string> interval period[M] bytes binary[pyarrow]"
)
NUMBERS = (
    "float64 float32 float16 int64 int8 uint8 uint64 bool boolean Float64 Int64 UInt64 Boolean "
    "double[pyarrow] int64[pyarrow] Sparse[float64] >f8 <f4 >i4 >u4 <u2 Decimal(scale=2) "
    "longdouble"
)


@pytest.mark.parametrize("dtype", [*NO_NUMBERS.split(" "), "Sparse[object, nan]"])
def test_columns_of_no_numbers_are_named(column_evidence, dtype):
    """Types of NumPy, pandas, polars and Arrow that hold no numbers give a tip."""
    finding = judged(column_evidence, dtype)
    assert finding.section == "tip"
    assert finding.evidence["columns"] == ["x0"]
    assert "1 of 2 columns was not passed as numbers but converted: 'x0'" in finding.message


@pytest.mark.parametrize("dtype", NUMBERS.split(" "))
def test_numbers_pass(column_evidence, dtype):
    """Numbers of any width and order of bytes pass, and the types are told."""
    finding = judged(column_evidence, dtype)
    assert finding.section == "passed"
    assert dtype.partition("(")[0] in finding.message


@pytest.mark.parametrize("dtype", ["int64", "uint64", "Int64", "UInt64", "int64[pyarrow]", ">i8"])
@pytest.mark.parametrize("sign", [1, -1])
def test_integers_that_a_float_rounds_are_named(column_evidence, dtype, sign):
    """From the first integer on that shares its float64 with another."""
    assert float(EXACT_INTEGERS + 1) == float(EXACT_INTEGERS)
    assert float(EXACT_INTEGERS - 1) != float(EXACT_INTEGERS)
    large = judged(column_evidence, dtype, (0.0, 1.0, sign * float(EXACT_INTEGERS)))
    assert large.section == "tip"
    assert large.evidence["integers_rounded"] == ["x0"]
    assert "integers of 2**53 or more" in large.message
    small = judged(column_evidence, dtype, (0.0, 1.0, sign * float(EXACT_INTEGERS - 1)))
    assert small.section == "passed"


@pytest.mark.parametrize("dtype", ["float64", "Float64", "double[pyarrow]"])
def test_large_floats_pass(column_evidence, dtype):
    """A float that is large was one before."""
    assert judged(column_evidence, dtype, (0.0, 1.0, 1e300)).section == "passed"


def test_no_value_is_told(column_evidence):
    """The message names the column and the limit, never the identifier itself."""
    finding = judged(column_evidence, "int64", (0.0, 1.0, 123456789123456789.0))
    assert "123456789" not in f"{finding.message} {finding.evidence}"


def test_not_applicable_without_types(column_evidence):
    """A list of lists has no types."""
    finding = judged(column_evidence, None, columns={"dtype": [None, None]})
    assert finding.section == "not_applicable"
