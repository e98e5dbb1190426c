"""Tests of the check of target encodings: whose labels a column holds."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.model_selection import KFold
from sklearn.preprocessing import TargetEncoder

from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection.leakage._split_data import SplitData
from sklearn_lossfix.model_selection.leakage._table import Table
from sklearn_lossfix.model_selection.leakage.target_encoding import (
    TargetEncoding,
    groups_on_both_sides,
    label_columns,
)


def _split_data(X, y, is_class=True, folds=None):
    """Folds of five, and labels as codes where they are classes."""
    classes, codes = np.unique(y, return_inverse=True) if is_class else (None, np.asarray(y, float))
    if folds is None:
        folds = KFold(5, shuffle=True, random_state=0).split(np.zeros(len(y)))
    return SplitData(Table.read(X), tuple(folds), codes, classes)


def _problem(kind, seed=0, n_rows=3000, n_levels=60):
    """Categories, labels, and three columns of noise."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, n_levels, n_rows)
    effect = rng.normal(size=n_levels)[codes] + rng.normal(size=n_rows)
    if kind == "binary":
        y = (effect > 0.5).astype(int)
    elif kind == "multiclass":
        y = np.digitize(effect, [-0.5, 0.7])
    else:
        y = effect
    return codes, y, rng.normal(size=(n_rows, 3))


def _encoded(codes, y, kind, rows):
    """Categories of all rows, encoded by the labels of some."""
    target = {"regression": "continuous"}.get(kind, kind)
    encoder = TargetEncoder(target_type=target).fit(codes[rows, None], y[rows])
    return encoder.transform(codes[:, None])


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("with_source", [False, True])
def test_all_rows_leak_and_training_rows_do_not(kind, dtype, with_source):
    """The same encoder, fitted on all rows or on the training part of the only fold."""
    codes, y, noise = _problem(kind)
    train, test = np.arange(2250), np.arange(2250, 3000)
    found = []
    for rows in (np.arange(3000), train):
        encoded = _encoded(codes, y, kind, rows)
        parts = [noise, encoded, codes[:, None]] if with_source else [noise, encoded]
        X = np.hstack(parts).astype(dtype)
        data = _split_data(X, y, kind != "regression", [(train, test)])
        leak = TargetEncoding().run(data, {})
        found.append(leak.found)
        names = {f"x{3 + k}" for k in range(encoded.shape[1])}
        if leak.found:
            assert set(leak.columns) == names
            assert leak.p_value < 1e-6
            assert leak.per_fold[0] > 700
        else:
            assert set(leak.details["fitted_on_training_rows"]) == names
    assert found == [True, False]


def test_categories_as_text_name_the_source():
    """A frame with the categories themselves: many small ones, whose values coincide."""
    pd = pytest.importorskip("pandas")
    codes, y, noise = _problem("binary", n_levels=900)
    frame = pd.DataFrame(noise, columns=list("abc"))
    frame["city"] = [f"city {code}" for code in codes]
    frame["rate"] = (_encoded(codes, y, "binary", np.arange(3000))[:, 0] - 0.5) * 3
    leak = TargetEncoding().run(_split_data(frame, y), {})
    assert leak.found
    assert leak.columns == ("rate",)
    assert leak.details["sources"] == {"rate": "city"}


@pytest.mark.parametrize("is_class", [True, False])
def test_leave_one_out_leaks(is_class):
    """The mean of the other rows of a category tells the label of this one."""
    codes, y, noise = _problem("binary" if is_class else "regression")
    count, total = np.bincount(codes), np.bincount(codes, y)
    encoded = (total[codes] - y) / (count[codes] - 1)
    X = np.column_stack([noise, codes, encoded])
    leak = TargetEncoding().run(_split_data(X, y, is_class), {})
    assert leak.found
    assert leak.columns == ("x4",)
    assert leak.details["formulas"] == {"x4": "leave-one-out mean"}


def test_counts_are_no_labels():
    """Count encodings are named, and no leak."""
    codes, y, noise = _problem("binary")
    X = np.column_stack([noise, np.bincount(codes)[codes], codes])
    leak = TargetEncoding().run(_split_data(X, y), {})
    assert leak.found is False
    assert leak.details["count_encoded"] == ["x3"]


def test_clean_data_are_silent():
    """Real sets; rounded forecasts that are calibrated; categories with numbers of their own."""
    for load in (load_breast_cancer, load_iris, load_wine, load_diabetes):
        X, y = load(return_X_y=True)
        assert TargetEncoding().run(_split_data(X, y, load is not load_diabetes), {}).found is False
    for seed in range(20):
        rng = np.random.default_rng(seed)
        forecast = np.round(rng.random(1000), 1)
        y = (rng.random(1000) < forecast).astype(int)
        X = np.column_stack([forecast, rng.random(30)[rng.integers(0, 30, 1000)]])
        # Such a forecast cannot be told from means that were rounded so coarsely.
        leak = TargetEncoding().run(_split_data(X, y), {})
        assert leak.found is not True
        assert set(leak.columns) <= {"x0"}


def test_names_of_classes_do_not_matter():
    """Strings and numbers for the same classes give the same leak; row order neither."""
    codes, y, noise = _problem("binary")
    X = np.hstack([noise, _encoded(codes, y, "binary", np.arange(3000))])
    leak = TargetEncoding().run(_split_data(X, y), {})
    named = TargetEncoding().run(_split_data(X, np.array(["no", "yes"])[y]), {})
    rows = np.random.default_rng(0).permutation(3000)
    mixed = TargetEncoding().run(_split_data(X[rows], y[rows]), {})
    assert leak.columns == named.columns == mixed.columns == ("x3",)
    assert leak.p_value == named.p_value


def test_labels_that_are_averaged():
    """One indicator of two classes; all of more, and their numbers."""
    y = np.array([0, 1, 1, 0])
    ((label, step),) = label_columns(y, np.array(["a", "b"]))
    np.testing.assert_array_equal(label, y)
    assert step == 1
    labels = label_columns(np.array([0, 1, 2, 2]), np.array([1, 3, 8]))
    assert len(labels) == 4
    np.testing.assert_array_equal(labels[-1][0], [1, 3, 8, 8])


def test_groups_on_both_sides():
    """Only sets with rows in training and test of one fold can tell whose labels they hold."""
    codes = np.array([0, 0, 1, 1, 2, -1])
    folds = [(np.array([0, 2, 3]), np.array([1, 4, 5])), (np.array([5]), np.array([2]))]
    np.testing.assert_array_equal(groups_on_both_sides(codes, folds), [True, False, False])


def test_not_applicable():
    """Without labels, with one label, without repeats."""
    X = np.random.default_rng(0).normal(size=(50, 2))
    y = np.arange(50) % 2
    data = _split_data(X, y)
    with pytest.raises(CheckNotApplicable, match="repeats"):
        TargetEncoding().run(data, {})
    with pytest.raises(CheckNotApplicable, match="labels are not known"):
        TargetEncoding().run(SplitData(data.table, data.folds), {})
    with pytest.raises(CheckNotApplicable, match="same label"):
        TargetEncoding().run(_split_data(X, np.zeros(50)), {})


@pytest.mark.parametrize("seed", range(3))
def test_rounded_and_merged_encodings_are_named(seed):
    """Rounded means, and leave-one-out means without the column of the categories."""
    codes, y, noise = _problem("binary", seed)
    hits = y.astype(float)
    count, total = np.bincount(codes)[codes], np.bincount(codes, hits)[codes]
    for column in (np.round(total / count, 2), (total - hits) / (count - 1)):
        leak = TargetEncoding().run(_split_data(np.column_stack([noise, column]), y), {})
        assert leak.found is True
        assert leak.columns == ("x3",)


def test_rounded_means_of_huge_groups_are_not_told():
    """True means, so rounded, would agree as well: the message says so."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 5, 20_000)
    y = (rng.random(20_000) < np.linspace(0.1, 0.9, 5)[codes]).astype(int)
    means = np.round(np.bincount(codes, y) / np.bincount(codes), 1)[codes]
    X = np.column_stack([means, rng.normal(size=20_000)])
    leak = TargetEncoding().run(_split_data(X, y), {})
    assert leak.found is None
    assert leak.columns == ("x0",)
    assert leak.message.startswith("Could not tell")


def test_few_categories_cannot_be_told():
    """Means of a rare class in five categories: exact, but so few may be chance."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 5, 400)
    y = (rng.random(400) < 0.03).astype(int)
    means = np.bincount(codes, y) / np.bincount(codes)
    X = np.column_stack([rng.normal(size=(400, 3)), means[codes]])
    leak = TargetEncoding().run(_split_data(X, y), {})
    assert leak.found is None
    X[:, 3] = rng.permutation(5)[codes] / 10
    assert TargetEncoding().run(_split_data(X, y), {}).found is False


def test_three_exact_means_are_a_doubt_however_likely():
    """A few hits in each of three categories: no number is solved for, so none is free."""
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(3), [14, 51, 209])
    y = np.r_[np.arange(14) < 9, np.arange(51) < 1, np.arange(209) < 5].astype(int)
    means = np.bincount(codes, y) / np.bincount(codes)
    leak = TargetEncoding().run(_split_data(np.column_stack([means[codes], codes]), y), {})
    assert leak.found is None
    assert leak.columns == ("x0",)
    other = (means + rng.permutation([0.01, 0.02, 0.04]))[codes]
    leak = TargetEncoding().run(_split_data(np.column_stack([other, codes]), y), {})
    assert leak.found is False


def _left_out_of_few(sizes, n_other):
    """One hit in each category of such sizes, leave-one-out means, and columns of noise."""
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(len(sizes)), sizes)
    y = np.r_[1, np.diff(codes) > 0].astype(int)
    count, total = np.bincount(codes), np.bincount(codes, y)
    encoded = (total[codes] - y) / (count[codes] - 1)
    noise = rng.integers(0, 4, (len(codes), n_other))
    X = np.column_stack([codes, encoded, noise])
    rows = rng.permutation(len(codes))
    return X[rows], y[rows]


def test_leave_one_out_means_of_few_categories():
    """They tell each row of a hit from the others: named, or a doubt where more was tried."""
    sizes = [5, 6, 7, 8, 9]
    X, y = _left_out_of_few([*sizes, 10, 11, 12, 13], 1)
    leak = TargetEncoding().run(_split_data(X, y), {})
    assert leak.found is True
    assert leak.columns == ("x1",)
    X, y = _left_out_of_few(sizes, 30)
    leak = TargetEncoding().run(_split_data(X, y), {})
    assert leak.found is None
    assert leak.columns == ("x1",)
    assert "leave-one-out mean" in leak.message
    y = np.random.default_rng(1).permutation(y)
    assert TargetEncoding().run(_split_data(X, y), {}).found is False
