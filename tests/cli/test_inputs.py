"""Options become arrays, and what does not fit together is refused."""

import numpy as np
import pandas as pd
import pytest

from sklearn_lossfix.cli._errors import InputError
from sklearn_lossfix.cli._inputs import read_forecast, read_held_out, read_rows


@pytest.fixture
def write(tmp_path):
    """Write columns as a CSV file and give its path."""

    def write_columns(columns, name="t.csv"):
        path = tmp_path / name
        pd.DataFrame(columns).to_csv(path, index=False)
        return str(path)

    return write_columns


def test_only_features_are_features(csv, notes):
    """Target, groups, weights and dropped columns are no features."""
    rows = read_rows(
        str(csv), notes, target="label", groups="person", weight="weight", drop=("colour",)
    )
    assert list(rows.X.columns) == ["size"]
    assert set(rows.y) == {"yes", "no"}
    assert len(rows.y) == len(rows.weight) == len(rows.groups) == len(rows.X)


def test_rows_are_taken_together(csv, notes):
    """Features, labels, weights and groups of a part belong to the same rows."""
    rows = read_rows(str(csv), notes, target="label", groups="person", weight="weight")
    part = rows.take(np.array([5, 2]))
    assert part.X.index.tolist() == [0, 1]
    np.testing.assert_array_equal(part.X["size"], rows.X["size"].iloc[[5, 2]])
    np.testing.assert_array_equal(part.y, rows.y[[5, 2]])
    np.testing.assert_array_equal(part.weight, rows.weight[[5, 2]])
    np.testing.assert_array_equal(part.groups, rows.groups[[5, 2]])


def test_rows_without_weights_have_none(csv, notes):
    """What was not asked for is None, in a part too."""
    part = read_rows(str(csv), notes, target="label").take(np.array([0]))
    assert part.weight is None
    assert part.groups is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "lable"}, "--target: no column 'lable'. Did you mean 'label'?"),
        ({"groups": "persn"}, "--groups: no column 'persn'. Did you mean 'person'?"),
        ({"weight": "wieght"}, "--weight: no column 'wieght'. Did you mean 'weight'?"),
        ({"drop": ("colour", "sze")}, "--drop: no column 'sze'. Did you mean 'size'?"),
        ({"weight": "colour"}, "--weight: column 'colour' holds no numbers."),
        ({"drop": ("label",)}, "column 'label' is given to both --target and --drop."),
        ({"groups": "weight", "weight": "weight"}, "to both --groups and --weight."),
    ],
)
def test_unusable_columns_are_refused(csv, notes, options, message):
    """A column that is missing, named twice or unsuitable is named with its option."""
    with pytest.raises(InputError) as caught:
        read_rows(str(csv), notes, **{"target": "label", **options})
    assert message in str(caught.value)


def test_rows_without_a_label_take_their_weight_along(write, notes):
    """Weights and groups stay with their rows when others are dropped."""
    path = write({"x": [1, 2, 3], "w": [0.5, 9, 2], "y": ["a", None, "b"]})
    rows = read_rows(path, notes, target="y", weight="w")
    assert rows.weight.tolist() == [0.5, 2.0]


def test_held_out_rows_have_the_training_columns(write, notes):
    """Held-out rows take the columns of the training rows, in their order, and their labels."""
    train = read_rows(write({"a": [1, 2], "b": [3, 4], "y": [0, 1]}), notes, target="y")
    path = write({"z": [0, 0], "y": [1.0, 0.0], "b": [5, 6], "a": [7, 8]}, "v.csv")
    held_out = read_held_out(path, train, notes, target="y")
    assert list(held_out.X.columns) == ["a", "b"]
    assert held_out.y.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"a": [1, 2], "y": [0, 1]}, "--validation: no column 'b'"),
        ({"a": [1, 2], "b": [1, 2]}, "--validation: no column 'y'"),
        ({"a": [1, 2], "b": [1, 2], "y": [1, 1]}, "--validation: column 'y' holds a single class"),
    ],
)
def test_unusable_held_out_rows_are_refused(write, notes, columns, message):
    """Held-out rows need the columns of the training rows and two classes."""
    train = read_rows(write({"a": [1, 2], "b": [3, 4], "y": [0, 1]}), notes, target="y")
    with pytest.raises(InputError, match=message):
        read_held_out(write(columns, "v.csv"), train, notes, target="y")


P = [0.2, 0.7, 0.9]


def test_one_column_is_the_positive_class(write, notes):
    """One column is the probability of the second class, and a note says which that is."""
    path = write({"y": ["no", "yes", "yes"], "p": P})
    forecast = read_forecast(path, notes, target="y", proba=("p",))
    assert forecast.classes.tolist() == ["no", "yes"]
    np.testing.assert_allclose(forecast.proba, np.column_stack([1 - np.array(P), P]))
    assert forecast.positive == "yes"
    assert notes.lines == [
        "'p' is taken as the probability of 'yes', the second class; --positive says otherwise."
    ]


def test_positive_says_whose_probability_one_column_is(write, notes):
    """A name that is no class leaves it to --positive, with a note; the classes stay sorted."""
    path = write({"y": ["no", "yes", "yes"], "p": P})
    forecast = read_forecast(path, notes, target="y", proba=("p",), positive="no")
    assert forecast.classes.tolist() == ["no", "yes"]
    np.testing.assert_allclose(forecast.proba, np.column_stack([P, 1 - np.array(P)]))
    assert forecast.positive == "no"
    (line,) = notes.lines
    assert line.startswith("'p' is taken as the probability of 'no', as --positive says")


LABELS = {
    "text": ["no", "yes", "yes"],
    "numbers": [0, 1, 1],
    "signs": [-1, 1, 1],
    "booleans": [False, True, True],
    "case": ["A", "a", "a"],
    "nested": ["not_spam", "spam", "spam"],
}


@pytest.mark.parametrize("positive", [None, 0, 1])
@pytest.mark.parametrize("listed", [None, (0, 1), (1, 0)])
@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize("prefix", ["", "p_", "P(x)."])
@pytest.mark.parametrize("kind", LABELS)
def test_the_name_of_one_column_is_its_class(write, notes, kind, prefix, index, listed, positive):
    """The name alone decides the column's class; --positive decides the metric's."""
    y = LABELS[kind]
    labels = sorted(set(y))
    name = f"{prefix}{labels[index]}"
    forecast = read_forecast(
        write({"y": y, name: P}),
        notes,
        target="y",
        proba=(name,),
        classes=() if listed is None else tuple(str(labels[i]) for i in listed),
        positive=None if positive is None else str(labels[positive]),
    )
    assert forecast.classes.tolist() == labels
    np.testing.assert_allclose(forecast.proba[:, index], P)
    np.testing.assert_allclose(forecast.proba.sum(axis=1), 1)
    assert forecast.positive == labels[index if positive is None else positive]
    (line,) = notes.lines
    assert line.startswith(
        f"{name!r} is taken as the probability of {str(labels[index])!r} by its name"
    )
    assert ("for the metric alone" in line) == (positive is not None)


@pytest.mark.parametrize(
    ("name", "y", "expected"),
    [
        ("NO", ["no", "yes", "yes"], "no"),
        ("p_true", [False, True, True], True),
        ("1.0", [0, 1, 1], 1),
        ("0.0", [0, 1, 1], 0),
        ("p_-1.0", [-1, 1, 1], -1),
    ],
)
def test_a_label_may_be_written_in_another_way(write, notes, name, y, expected):
    """Upper and lower case, and the 1.0 of a program that has no whole numbers, are the label."""
    forecast = read_forecast(write({"y": y, name: P}), notes, target="y", proba=(name,))
    np.testing.assert_allclose(forecast.proba[:, forecast.classes == expected].ravel(), P)
    assert "by its name" in notes.lines[0]


@pytest.mark.parametrize(
    ("name", "y"),
    [
        ("piano", ["no", "yes", "yes"]),
        ("no_idea", ["no", "yes", "yes"]),
        ("v2.0", [0, 1, 1]),
        ("p10", [0, 1, 1]),
        ("Ab", ["AB", "ab", "ab"]),
    ],
)
def test_a_name_that_only_resembles_a_label_is_none(write, notes, name, y):
    """A part of a word, the decimals of a number and an unclear case are no class."""
    forecast = read_forecast(write({"y": y, name: P}), notes, target="y", proba=(name,))
    np.testing.assert_allclose(forecast.proba[:, 1], P)
    assert "the second class" in notes.lines[0]


@pytest.mark.parametrize(
    ("classes", "positive", "expected"),
    [
        ((), None, "yes"),
        (("no", "yes"), None, "yes"),
        (("yes", "no"), None, "no"),
        (("no", "yes"), "no", "no"),
        (("yes", "no"), "yes", "yes"),
    ],
)
def test_one_column_of_another_name_is_the_second_class(write, notes, classes, positive, expected):
    """Where the name says nothing, --positive decides, else the order of --classes."""
    path = write({"y": ["no", "yes", "yes"], "p": P})
    forecast = read_forecast(
        path, notes, target="y", proba=("p",), classes=classes, positive=positive
    )
    np.testing.assert_allclose(forecast.proba[:, forecast.classes == expected].ravel(), P)
    assert forecast.positive == expected
    assert f"the probability of {expected!r}" in notes.lines[0]


def test_columns_are_told_apart_by_case(write, notes):
    """Of classes that differ in case alone, each column is the one that is written like it."""
    columns = {"y": ["A", "a", "a"], "p_a": P, "p_A": [0.8, 0.3, 0.1]}
    forecast = read_forecast(write(columns), notes, target="y", proba=("p_a", "p_A"))
    assert forecast.classes.tolist() == ["A", "a"]
    np.testing.assert_allclose(forecast.proba[:, 1], P)


@pytest.mark.parametrize(
    "names",
    [("p_no", "p_yes"), ("no", "yes"), ("P(x).NO", "P(x).YES"), ("score no", "score yes")],
)
def test_columns_are_classes_by_their_names(write, notes, names):
    """Columns that end in the labels are the classes, in whatever order they are given."""
    no, yes = names
    columns = {"y": ["no", "yes", "yes"], yes: P, no: [0.8, 0.3, 0.1]}
    forecast = read_forecast(write(columns), notes, target="y", proba=(yes, no))
    assert forecast.classes.tolist() == ["no", "yes"]
    np.testing.assert_allclose(forecast.proba[:, 1], P)
    assert "by their names" in notes.lines[0]
    assert f"{yes!r} = 'yes'" in notes.lines[0]


def test_columns_with_other_names_are_classes_in_sorted_order(write, notes):
    """Where names say nothing, columns are the sorted classes, and a note says so."""
    columns = {"y": ["no", "yes", "yes"], "a": [0.8, 0.3, 0.1], "b": P}
    forecast = read_forecast(write(columns), notes, target="y", proba=("a", "b"))
    np.testing.assert_allclose(forecast.proba[:, 1], P)
    assert "in sorted order: 'a' = 'no', 'b' = 'yes'" in notes.lines[0]


def test_the_end_of_a_number_is_not_another_number(write, notes):
    """Column p_10 belongs to class 10 and not to class 0."""
    third = np.full(3, 1 / 3)
    columns = {"y": [0, 1, 10], "p_10": third, "p_0": third, "p_1": third}
    read_forecast(write(columns), notes, target="y", proba=("p_10", "p_0", "p_1"))
    assert "'p_10' = '10', 'p_0' = '0', 'p_1' = '1'" in notes.lines[0]


@pytest.mark.parametrize(
    ("y", "classes", "expected"),
    [
        (["b", "a", "a"], ("c", "b", "a"), ["a", "b", "c"]),
        ([2, 1, 1], ("3", "2", "1"), [1, 2, 3]),
    ],
)
def test_classes_order_the_columns_and_may_be_absent(write, notes, y, classes, expected):
    """--classes names the columns in order, in the type of the labels, absent classes too."""
    columns = {"y": y, "p": [0.1] * 3, "q": [0.2] * 3, "r": [0.7] * 3}
    forecast = read_forecast(
        write(columns), notes, target="y", proba=("p", "q", "r"), classes=classes
    )
    assert forecast.classes.tolist() == expected
    np.testing.assert_allclose(forecast.proba, [[0.7, 0.2, 0.1]] * 3)
    assert notes.lines == []


def test_boolean_classes_are_typed_as_words(write, notes):
    """Classes of a boolean target are true and false, in any case."""
    columns = {"y": [True, False, True], "p": P, "q": [0.8, 0.3, 0.1]}
    forecast = read_forecast(
        write(columns), notes, target="y", proba=("p", "q"), classes=("TRUE", "False")
    )
    assert forecast.classes.tolist() == [False, True]
    np.testing.assert_allclose(forecast.proba[:, 1], P)


def test_predicted_labels_take_the_type_of_the_classes(write, notes):
    """Predictions that were saved as 0.0 and 1.0 are the classes 0 and 1."""
    columns = {"y": [0, 1, 1], "p": P, "pred": [0.0, 1.0, 0.0], "w": [1, 2, 3], "g": [1, 1, 2]}
    forecast = read_forecast(
        write(columns), notes, target="y", proba=("p",), predicted="pred", weight="w", groups="g"
    )
    assert forecast.pred.tolist() == [0, 1, 0]
    assert forecast.weight.tolist() == [1, 2, 3]
    assert forecast.groups.tolist() == ["1", "1", "2"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"proba": ("q",)}, "--proba: no column 'q'"),
        ({"proba": ("y",)}, "column 'y' is given to both --target and --proba."),
        ({"proba": ("word",)}, "--proba: column 'word' holds no numbers"),
        ({"proba": ("flag",)}, "--proba: column 'flag' holds no numbers"),
        ({"proba": ("gap",)}, "--proba: column 'gap' has no value in 1 rows"),
        ({"proba": ("margin",)}, "--proba: column 'margin' holds values from -2 to 3"),
        ({"proba": ("percent",)}, "not margins or percentages"),
        ({"proba": ("endless",)}, "not infinite values"),
        ({"proba": ("p",), "target": "three"}, "one column serves two classes"),
        ({"proba": ("p", "p2", "p3")}, "--proba: 3 columns for 2 classes ('no', 'yes')"),
        ({"proba": ("p",), "positive": "maybe"}, "--positive: no class 'maybe'"),
        ({"proba": ("p", "p2"), "classes": ("no", "no")}, "two different classes or more"),
        ({"proba": ("p", "p2"), "classes": ("no", "oui")}, "the target also holds 'yes'"),
        ({"proba": ("p",), "target": "code", "classes": ("a", "b")}, "'a', 'b' are no labels like"),
        ({"proba": ("p",), "predicted": "prd"}, "--predicted: no column 'prd'"),
        ({"proba": ("p",), "predicted": "word"}, "which is no class of the target"),
        ({"proba": ("p",), "predicted": "hole"}, "--predicted: column 'hole' has no value in 1"),
        ({"proba": ("p",), "weight": "word"}, "--weight: column 'word' holds no numbers"),
        ({"proba": ("p",), "groups": "hole"}, "--groups: column 'hole' has no value"),
    ],
)
def test_unusable_forecasts_are_refused(write, notes, options, message):
    """Columns that are missing or hold no probabilities are named, with what they hold."""
    path = write(
        {
            "y": ["no", "yes", "yes"],
            "three": ["a", "b", "c"],
            "code": [0, 1, 1],
            "p": P,
            "p2": P,
            "p3": P,
            "word": ["a", "b", "b"],
            "flag": [True, False, True],
            "gap": [0.1, None, 0.2],
            "margin": [-2.0, 1.0, 3.0],
            "percent": [20.0, 70.0, 90.0],
            "endless": [0.1, np.inf, 0.2],
            "hole": ["no", None, "yes"],
        }
    )
    with pytest.raises(InputError) as caught:
        read_forecast(path, notes, **{"target": "y", **options})
    assert message in str(caught.value)
