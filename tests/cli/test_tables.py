"""Tables are read whatever their kind, and targets, weights and groups are checked."""

import bz2
import datetime
import gzip
import lzma

import numpy as np
import pandas as pd
import pytest

from sklearn_lossfix.cli._errors import InputError
from sklearn_lossfix.cli._tables import (
    align_labels,
    class_labels,
    match_label,
    need_columns,
    read_table,
    take_groups,
    take_target,
    take_weights,
)

SMALL = pd.DataFrame({"a": [1.5, np.nan, 3.0], "b": ["x", "y,z", None], "c": [True, False, True]})


@pytest.mark.parametrize(
    ("name", "writer"),
    [
        ("t.csv", lambda frame, path: frame.to_csv(path, index=False)),
        ("t.csv.gz", lambda frame, path: frame.to_csv(path, index=False)),
        ("t.csv.bz2", lambda frame, path: frame.to_csv(path, index=False)),
        ("t.csv.xz", lambda frame, path: frame.to_csv(path, index=False)),
        ("T.CSV", lambda frame, path: frame.to_csv(path, index=False)),
        ("t.txt", lambda frame, path: frame.to_csv(path, index=False, sep=";")),
        ("semicolons.csv", lambda frame, path: frame.to_csv(path, index=False, sep=";")),
        ("bars.csv", lambda frame, path: frame.to_csv(path, index=False, sep="|")),
        ("t.tsv", lambda frame, path: frame.to_csv(path, index=False, sep="\t")),
        ("t.tsv.gz", lambda frame, path: frame.to_csv(path, index=False, sep="\t")),
        ("bom.csv", lambda frame, path: frame.to_csv(path, index=False, encoding="utf-8-sig")),
        ("t.parquet", lambda frame, path: frame.to_parquet(path)),
        ("t.pq", lambda frame, path: frame.to_parquet(path)),
        ("index.parquet", lambda frame, path: frame.set_index([[7, 8, 9]]).to_parquet(path)),
    ],
)
def test_every_kind_of_table_reads_the_same(tmp_path, name, writer):
    """The kind follows from the ending, the separator from the header."""
    path = str(tmp_path / name)
    writer(SMALL, path)
    frame = read_table(path)
    assert list(frame.columns) == ["a", "b", "c"]
    assert list(frame.index) == [0, 1, 2]
    np.testing.assert_array_equal(frame["a"], SMALL["a"])
    assert frame["b"].fillna("?").tolist() == ["x", "y,z", "?"]
    assert frame["c"].tolist() == [True, False, True]


def test_a_quoted_header_does_not_choose_the_separator(tmp_path):
    """Commas inside quoted names are no separators."""
    path = tmp_path / "t.csv"
    path.write_text('"a,b,c";"d"\n1;2\n', encoding="utf-8")
    assert list(read_table(str(path)).columns) == ["a,b,c", "d"]


def test_words_that_are_answers_are_no_missing_values(tmp_path):
    """ "None" and "n/a" stay what somebody answered; empty cells and NA are missing."""
    path = tmp_path / "t.csv"
    path.write_text('a\nNone\nn/a\nNA\n""\nnan\n', encoding="utf-8")
    assert read_table(str(path))["a"].fillna("-").tolist() == ["None", "n/a", "-", "-", "-"]


def write_bytes(content):
    """A function that writes these bytes to a path."""
    return lambda path: path.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "write", "message"),
    [
        ("missing.csv", None, "does not exist"),
        ("missing.parquet", None, "does not exist"),
        ("missing.xlsx", None, "does not exist"),
        ("folder.csv", lambda path: path.mkdir(), "is a folder"),
        ("folder.parquet", lambda path: path.mkdir(), "is a folder"),
        ("t.xlsx", write_bytes(b"PK"), "no kind of table that is known here. Expected .csv"),
        ("noending", write_bytes(b"a,b\n1,2\n"), "no kind of table that is known here"),
        ("t.gz", write_bytes(gzip.compress(b"a\n1\n")), "no kind of table that is known here"),
        ("t.csv", write_bytes(b""), "is empty"),
        ("t.csv.gz", write_bytes(gzip.compress(b"")), "is empty"),
        ("t.csv", write_bytes(b"a,b\n"), "has no rows"),
        ("t.csv", write_bytes(b"a,b\n1,2\n1,2,3\n"), "cannot be read as a table"),
        ("t.csv", write_bytes("größe\n1\n".encode("latin-1")), "is no UTF-8 text"),
        ("t.csv", write_bytes(b'a\n"never closed\n'), "cannot be read as a table"),
        ("t.csv.gz", write_bytes(b"a,b\n1,2\n"), "cannot be read as a table"),
        ("t.csv.gz", write_bytes(gzip.compress(b"a,b\n" * 99)[:-9]), "cannot be read as a table"),
        ("t.csv.bz2", write_bytes(b"a,b\n1,2\n"), "cannot be read as a table"),
        ("t.csv.bz2", write_bytes(bz2.compress(b"a,b\n" * 99)[:-9]), "cannot be read as a table"),
        ("t.csv.xz", write_bytes(b"a,b\n1,2\n"), "cannot be read as a table"),
        ("t.csv.xz", write_bytes(lzma.compress(b"a,b\n" * 99)[:-9]), "cannot be read as a table"),
        ("t.parquet", write_bytes(b"a,b\n1,2\n"), "cannot be read as a table"),
        ("t.parquet", write_bytes(b""), "cannot be read as a table"),
    ],
)
def test_unreadable_files_are_refused_with_the_reason(tmp_path, name, write, message):
    """Whatever is wrong with a file, the error names it and what is wrong."""
    path = tmp_path / name
    if write is not None:
        write(path)
    with pytest.raises(InputError, match=message) as caught:
        read_table(str(path))
    assert str(path) in caught.value.format_message()


def test_a_file_without_permission_is_refused(tmp_path, monkeypatch):
    """A file that may not be read is not reported as damaged."""
    path = tmp_path / "t.csv"
    path.write_text("a\n1\n", encoding="utf-8")

    def denied(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", denied)
    with pytest.raises(InputError, match="permission denied"):
        read_table(str(path))


def test_need_columns_suggests_the_nearest():
    """A misspelt column is answered with the option and the nearest name."""
    need_columns(SMALL, ["a", "b"], "--drop")
    with pytest.raises(InputError, match=r"--drop: no column 'B2'\. Did you mean 'b'"):
        need_columns(SMALL, ["a", "B2"], "--drop")


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pd.Series([0, 1, 1]), np.array([0, 1, 1])),
        (pd.Series([0.0, 1.0, 1.0]), np.array([0, 1, 1])),
        (pd.Series([0, 1, 1], dtype="Int8"), np.array([0, 1, 1])),
        (pd.Series([-1, 1, 2], dtype=object), np.array([-1, 1, 2])),
        (pd.Series([True, False, True]), np.array([True, False, True])),
        (pd.Series([True, False, True], dtype="boolean"), np.array([True, False, True])),
        (pd.Series([True, False, True], dtype=object), np.array([True, False, True])),
        (pd.Series(["a", "b", "b"]), np.array(["a", "b", "b"])),
        (pd.Series(["a", "b", "b"], dtype="category"), np.array(["a", "b", "b"])),
        (pd.Series([2, 1, 1], dtype="category"), np.array([2, 1, 1])),
        (pd.Series(["a", "b", "b"], dtype="string"), np.array(["a", "b", "b"])),
        (pd.Series([1, "1a", "1a"]), np.array(["1", "1a", "1a"])),
        (pd.Series([1.0, 1.5, 2.0]), np.array(["1.0", "1.5", "2.0"])),
    ],
)
def test_labels_come_in_the_simplest_type(column, expected):
    """Labels are booleans, whole numbers or text, however the file stored them."""
    labels = class_labels(column, "y")
    np.testing.assert_array_equal(labels, expected)
    assert labels.dtype.kind == expected.dtype.kind


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.linspace(0, 1, 30), "is continuous .30 different numbers"),
        (np.arange(30), "30 different values in 30 rows: a quantity or an identifier"),
        ([f"row {i}" for i in range(30)], "a quantity or an identifier"),
        (["a"] * 30, "holds a single class, 'a'"),
        ([np.inf, 1.0, 1.0], "holds infinite values"),
        (pd.date_range("2024", periods=3), "kind 'datetime64'"),
        ([[1], [2], [2]], "no class labels"),
        ([b"a", b"b", b"b"], "no class labels"),
        ([1j, 2j, 2j], "no class labels"),
    ],
)
def test_what_is_no_class_is_refused(values, message):
    """Quantities, identifiers, constants and odd types are refused with what they are."""
    with pytest.raises(InputError, match=message):
        class_labels(pd.Series(values), "column 'y'")


def test_few_rows_may_hold_many_classes():
    """In a table of twenty rows any number of classes may be meant."""
    assert len(class_labels(pd.Series(np.arange(20)), "y")) == 20


def test_rows_without_a_label_are_dropped_with_a_note(notes):
    """What is dropped is counted, and the rows that stay keep their labels."""
    frame = pd.DataFrame({"x": range(4), "y": ["a", None, "b", "a"]})
    rest, y = take_target(frame, "y", notes)
    assert rest["x"].tolist() == [0, 2, 3]
    assert rest.index.tolist() == [0, 1, 2]
    assert y.tolist() == ["a", "b", "a"]
    assert notes.lines == ["1 of 4 rows were dropped: no value in 'y'."]
    assert len(frame) == 4


def test_integers_with_missing_values_stay_integers(notes):
    """A missing label does not turn the other labels into 0.0 and 1.0."""
    frame = pd.DataFrame({"x": range(4), "y": [0, None, 1, 1]})
    _, y = take_target(frame, "y", notes)
    assert y.tolist() == [0, 1, 1]
    assert y.dtype.kind == "i"


@pytest.mark.parametrize(
    ("name", "message"),
    [("z", "no column 'z'"), ("empty", "is empty in all 3 rows"), ("one", "a single class, '1'")],
)
def test_an_unusable_target_is_refused(notes, name, message):
    """A target must exist, have values, and more than one."""
    frame = pd.DataFrame({"x": range(3), "empty": [None] * 3, "one": [1, 1, None]})
    with pytest.raises(InputError, match=message):
        take_target(frame, name, notes)


def test_weights_come_as_floats():
    """Whole numbers and numbers in pandas' own types are weights too."""
    frame = pd.DataFrame({"w": pd.Series([1, 2, 0], dtype="Int64")})
    weights = take_weights(frame, "w")
    assert weights.tolist() == [1.0, 2.0, 0.0]
    assert weights.dtype == np.float64


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["a", "b"], "holds no numbers"),
        ([1.0, np.nan], "no value in row 1"),
        ([1.0, -0.5], "-0.5 in row 1"),
        ([np.inf, 1.0], "inf in row 0"),
        ([0, 0], "zero in every row"),
    ],
)
def test_unusable_weights_are_refused(values, message):
    """Weights must be finite numbers that are not negative, and not all zero."""
    with pytest.raises(InputError, match=message):
        take_weights(pd.DataFrame({"w": values}), "w")


def test_groups_come_as_text_and_must_be_complete():
    """Groups of any type serve; a row without one is refused, since nobody knows where it goes."""
    frame = pd.DataFrame({"g": [datetime.date(2024, 1, 1), datetime.date(2024, 1, 2)]})
    assert take_groups(frame, "g").tolist() == ["2024-01-01", "2024-01-02"]
    with pytest.raises(InputError, match=r"no value in 1 rows \(first: row 1\)"):
        take_groups(pd.DataFrame({"g": ["a", None]}), "g")


@pytest.mark.parametrize(
    ("text", "classes", "expected"),
    [
        ("1", [0, 1], 1),
        ("yes", ["no", "yes"], "yes"),
        ("YES", ["no", "yes"], "yes"),
        ("true", [False, True], True),
        ("a", ["a", "A"], "a"),
        ("-1", [-1, 1], -1),
    ],
)
def test_a_typed_label_finds_its_class(text, classes, expected):
    """What is typed is text; the class has the type of the data."""
    found = match_label(text, np.array(classes), "--positive")
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("text", "classes"), [("maybe", ["no", "yes"]), ("Aa", ["aa", "AA"]), ("1.0", [0, 1])]
)
def test_an_unknown_label_is_refused(text, classes):
    """A label that is no class, or two but for its case, is answered with the classes."""
    with pytest.raises(InputError, match="--positive: no class"):
        match_label(text, np.array(classes), "--positive")


def test_labels_take_the_type_of_known_classes():
    """0 and 1 in a file are "0" and "1" of a model; unknown labels stay as they are."""
    y = np.array([0, 1, 0])
    aligned = align_labels(y, np.array(["0", "1", "2"]))
    assert aligned.tolist() == ["0", "1", "0"]
    assert align_labels(y, np.array(["a", "b"])) is y
