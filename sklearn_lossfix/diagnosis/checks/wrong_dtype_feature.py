"""Columns whose type is not the one of their numbers."""

import re

from sklearn_lossfix.diagnosis._columns import counted, listing, quoted, verb
from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.exceptions import CheckNotApplicable

# From here on neighbouring integers share one float64, whose significand has 53 bits (IEEE 754):
# 2**53 + 1 is read as 2**53.
EXACT_INTEGERS = 2**53

# Types of pandas, polars and Arrow that hold no numbers; those of NumPy are single letters.
_NOT_NUMBERS = re.compile(
    r"(sparse\[)?(object|large_string|string|str|utf8|bytes|binary|categor|enum|dictionary|"
    r"date|time|duration|interval|period)",
    flags=re.IGNORECASE,
)
_NOT_NUMBERS_OF_NUMPY = re.compile(r"[<>|=]?[USVOMm]\d*(\[.*)?$")

# Integers of 64 and more bits: no shorter one is too large for a float64.
_LONG_INTEGERS = re.compile(r"(Sparse\[)?([uU]?[iI]nt(64|128)|[<>=][iu]8)")


class WrongDtypeFeature:
    """Numbers held as text, objects, categories or times, and integers too large for a float64."""

    name = "wrong_dtype_feature"
    slug = "wrong-dtype-feature"
    title = "Columns have the wrong type"
    kinds = ("data",)
    effort = "fast"

    def run(self, analysis):
        """Name the columns with the types that were passed."""
        dtypes = analysis.table["dtype"]
        known = [j for j, dtype in enumerate(dtypes) if dtype is not None]
        if not known:
            raise CheckNotApplicable("The data came without types, so none can be wrong.")
        converted = [j for j in known if _holds_no_numbers(dtypes[j])]
        rounded = [j for j in known if _is_rounded(analysis.table, j)]
        if not converted and not rounded:
            seen = [quoted(dtype) for dtype in dict.fromkeys(dtypes[j] for j in known)]
            message = (
                f"{counted(len(known))} came as numbers ({listing(seen)}), and no integer is "
                f"too large for a float64."
            )
            return fact(self, "passed", message, estimate=0.0, unit="count")
        parts = []
        if converted:
            examples = [f"{quoted(analysis.names[j])} ({quoted(dtypes[j])})" for j in converted]
            parts.append(
                f"{analysis.out_of_all(converted)} {verb(converted, 'was', 'were')} not passed as "
                f"numbers but converted: {listing(examples)}."
            )
        if rounded:
            examples = [f"{quoted(analysis.names[j])} ({quoted(dtypes[j])})" for j in rounded]
            parts.append(
                f"{analysis.out_of_all(rounded)} {verb(rounded, 'holds', 'hold')} integers of "
                f"2**53 or more, which a float64 rounds: {listing(examples)}."
            )
        found = sorted(converted + rounded)
        return fact(
            self,
            "tip",
            " ".join(parts),
            estimate=float(len(found)),
            unit="count",
            evidence={
                "columns": analysis.pick("column", found),
                "dtype": analysis.pick("dtype", found),
                "integers_rounded": analysis.pick("column", rounded),
            },
        )


def _holds_no_numbers(dtype):
    """Whether the values of such a column had to be converted."""
    return bool(_NOT_NUMBERS.match(dtype) or _NOT_NUMBERS_OF_NUMPY.match(dtype))


def _is_rounded(table, j):
    """Whether a column of long integers reaches beyond those that a float64 tells apart."""
    ends = [table[key][j] for key in ("minimum", "maximum")]
    large = any(end is not None and abs(end) >= EXACT_INTEGERS for end in ends)
    return large and bool(_LONG_INTEGERS.match(table["dtype"][j]))
