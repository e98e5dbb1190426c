"""Tests of OversampledRows: copies and interpolated rows of enlarged classes."""

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import (
    ADASYN,
    SMOTE,
    SMOTENC,
    SVMSMOTE,
    BorderlineSMOTE,
    RandomOverSampler,
)
from scipy import sparse
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler

from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection.leakage._leak import Leak
from sklearn_lossfix.model_selection.leakage._split_data import SplitData
from sklearn_lossfix.model_selection.leakage._table import Table
from sklearn_lossfix.model_selection.leakage.oversampled_rows import OversampledRows


def judge(X, y, folds=None):
    """The leak of a table under stratified folds, or those given."""
    classes, codes = np.unique(y, return_inverse=True)
    if folds is None:
        cv = StratifiedKFold(5, shuffle=True, random_state=0)
        folds = tuple(cv.split(np.zeros(len(codes)), codes))
    data = SplitData(Table.read(X), folds, y=codes, classes=classes)
    return OversampledRows().run(data, {})


def imbalanced(n_rows=600, n_columns=6, seed=0):
    """Normal rows, a tenth of them of class 1."""
    rng = np.random.default_rng(seed)
    y = np.zeros(n_rows, dtype=int)
    y[: n_rows // 10] = 1
    return rng.normal(size=(n_rows, n_columns)), rng.permutation(y)


SAMPLERS = {
    "smote": SMOTE(random_state=0),
    "borderline": BorderlineSMOTE(random_state=0),
    "borderline-2": BorderlineSMOTE(random_state=0, kind="borderline-2"),
    "adasyn": ADASYN(random_state=0),
    "svm": SVMSMOTE(random_state=0),
    "little": SMOTE(random_state=0, sampling_strategy=0.15),
}


@pytest.mark.parametrize("n_columns", [3, 12])
@pytest.mark.parametrize("name", SAMPLERS)
def test_interpolated_rows_are_found_before_and_after_scaling(name, n_columns):
    """Exact lines survive affine maps and float32; their test rows have partners in training."""
    X, y = SAMPLERS[name].fit_resample(*imbalanced(n_columns=n_columns))
    scaled = StandardScaler().fit_transform(X * np.logspace(0, 3, n_columns))
    for table in (X, scaled, scaled.astype(np.float32)):
        leak = judge(table, y)
        assert leak.found is True
        assert leak.p_value < 1e-9
        assert leak.details["rows_on_lines"]["0"] == 0
    folds = StratifiedKFold(5, shuffle=True, random_state=0).split(X, y)
    tests = [set(test) for _, test in folds]
    for fold, train_row, test_row in leak.pairs:
        assert test_row in tests[fold]
        assert train_row not in tests[fold]
        assert y[train_row] == y[test_row] == 1


def test_copies_of_one_class_are_found_in_dense_and_sparse_tables():
    """Links join exactly the equal rows."""
    X, y = RandomOverSampler(random_state=0).fit_resample(*imbalanced())
    leak = judge(X, y)
    assert leak.found is True
    _, sets = np.unique(X, axis=0, return_inverse=True)
    for code in np.unique(leak.links[leak.links >= 0]):
        rows = np.flatnonzero(leak.links == code)
        assert len(np.unique(sets[rows])) == 1
        assert np.count_nonzero(sets == sets[rows[0]]) == len(rows)
    assert (y[leak.links >= 0] == 1).all()
    alike = judge(sparse.csr_array(X), y)
    assert alike.found is True
    assert "dense" in alike.details["lines_not_applicable"]


def test_rows_with_natural_twins_may_be_drawn_more_often():
    """A fifth of the rows of the enlarged class were there twice before."""
    X, y = imbalanced()
    minority = np.flatnonzero(y)
    X[minority[:10]] = X[minority[10:20]]
    leak = judge(*RandomOverSampler(random_state=0).fit_resample(X, y))
    assert leak.found is True


def test_values_on_lattices_are_control_and_drawn_ones_are_found():
    """Integers of the largest class hold no drawn row, those of the enlarged class hold many."""
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 1000, (600, 6)).astype(float), imbalanced()[1]
    assert judge(X, y).details["rows_on_lines"] == {"0": 0, "1": 0}
    leak = judge(*SMOTE(random_state=0).fit_resample(X, y))
    assert leak.found is True
    assert leak.details["rows_on_lines"]["0"] == 0


def test_all_classes_but_the_largest_may_be_enlarged():
    """Three classes, text labels, a dataframe, a category beside numbers."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 5))
    y = rng.choice(["a", "b", "c"], 600, p=[0.7, 0.2, 0.1])
    for sampler in (SMOTE(random_state=0), RandomOverSampler(random_state=0)):
        leak = judge(*sampler.fit_resample(X, y))
        assert leak.found is True
        assert "'b', 'c'" in leak.message
    mixed = np.column_stack([X, rng.integers(0, 3, 600)])
    drawn, labels = SMOTENC([5], random_state=0).fit_resample(mixed, y)
    frame = pd.DataFrame(drawn).rename(columns=str).astype({"5": "category"})
    assert judge(frame, labels).found is True


@pytest.mark.parametrize("sampler", [SMOTE(random_state=0), RandomOverSampler(random_state=0)])
def test_sampling_the_training_part_is_as_it_should_be(sampler):
    """No test row was made from training rows, and the message says what happened."""
    X, y = imbalanced(1200)
    A, b = sampler.fit_resample(X[:900], y[:900])
    folds = ((np.arange(len(A)), np.arange(len(A), len(A) + 300)),)
    leak = judge(np.vstack([A, X[900:]]), np.append(b, y[900:]), folds)
    assert leak.found is False
    assert "only in training parts" in leak.message


def clean_tables():
    """Tables that look sampled in one way or the other, and are not."""
    rng = np.random.default_rng(0)
    X, y = imbalanced()
    minority = np.flatnonzero(y)
    near = X.copy()
    near[minority[:30]] = X[minority[30:]] + 1e-6 * rng.normal(size=(30, 6))
    patient = X.copy()
    patient[minority[:20]] = X[minority[20]]
    time = np.sort(rng.random(600))[:, None]
    return {
        "normal": X,
        "float32": X.astype(np.float32),
        "rounded": np.round(X, 2),
        "integers": rng.integers(-500, 500, (600, 6)),
        "heavy tails": rng.standard_t(1.5, (600, 6)),
        "near copies": near,
        "one patient many times": patient,
        "smooth curve": np.hstack([np.sin((k + 1) * time + k) for k in range(5)]),
        "one factor": rng.normal(size=(600, 1)) * np.arange(1, 7),
    }


@pytest.mark.parametrize("name", clean_tables())
def test_clean_tables_are_silent(name):
    """Near copies and curves are nearly, not exactly, on lines."""
    assert judge(clean_tables()[name], imbalanced()[1]).found is False


@pytest.mark.parametrize("load", [load_breast_cancer, load_wine, load_iris, load_digits])
def test_bundled_data_are_silent(load):
    """No row of them lies on a line."""
    leak = judge(*load(return_X_y=True))
    assert leak.found is False
    assert sum(leak.details.get("rows_on_lines", {}).values()) == 0


def test_natural_twins_of_one_class_are_not_told_from_copies():
    """A class of few distinct values repeats by nature: could not tell."""
    rng = np.random.default_rng(0)
    _, y = imbalanced()
    X = rng.integers(0, 6, (600, 5))
    X[y == 1] //= 4
    leak = judge(X, y)
    assert leak.found is None
    assert "repeat naturally" in leak.message


def test_rows_interpolated_in_time_are_not_called_sampled():
    """Rows of all classes lie on lines: something else made them."""
    rng = np.random.default_rng(0)
    walk = np.cumsum(rng.normal(size=(120, 6)), axis=0)
    time = np.linspace(0, 119, 600)
    X = np.column_stack([np.interp(time, np.arange(120), column) for column in walk.T])
    leak = judge(X, np.arange(600) // 100 % 2)
    assert leak.found is None
    assert "interpolated in time" in leak.message


def test_reasons_why_it_does_not_apply():
    """No labels, numbers, one class; rows that repeat by nature in all classes."""
    X, y = imbalanced()
    table = Table.read(X)
    folds = ((np.arange(300), np.arange(300, 600)),)
    number = y.astype(float)
    one = np.zeros(600, dtype=int)
    for reason, labels, classes in (
        ("not known", None, None),
        ("only classes", number, None),
        ("same label", one, np.arange(2)),
    ):
        with pytest.raises(CheckNotApplicable, match=reason):
            OversampledRows().run(SplitData(table, folds, y=labels, classes=classes), {})
    few = np.random.default_rng(0).integers(0, 2, (600, 4))
    with pytest.raises(CheckNotApplicable, match="repeat by nature"):
        judge(few, y)


def test_filled_up_classes_of_two_columns_are_not_told():
    """Lines come by chance in the plane; classes of unlike size were not filled up."""
    X, y = imbalanced(n_columns=2)
    filled = judge(*SMOTE(random_state=0).fit_resample(X, y))
    assert filled.found is None
    assert "Could not tell" in filled.message
    assert judge(X, y).found is False


def test_names_the_classes_that_were_enlarged():
    """By copies and by lines."""
    X, y = imbalanced()
    for sampler in (SMOTE(random_state=0), RandomOverSampler(random_state=0)):
        assert judge(*sampler.fit_resample(X, y)).details["enlarged_classes"] == ["1"]


def test_near_copies_of_the_rarer_class_only_are_oversampling():
    """In a class of the size that samplers aim at; near copies in all classes are not."""
    X, _ = imbalanced()
    y = (np.arange(len(X)) < 299).astype(int)
    links = np.full(len(y), -1)
    rare = np.flatnonzero(y == 1)[:40]
    links[rare] = np.repeat(np.arange(20), 2)
    cv = StratifiedKFold(5, shuffle=True, random_state=0)
    data = SplitData(Table.read(X), tuple(cv.split(X, y)), y=y, classes=np.array([0, 1]))
    near = Leak("near_duplicates", "leaked-rows", True, "Near.", links=links)
    leak = OversampledRows().run(data, {"near_duplicates": near})
    assert leak.found is True
    assert leak.details["enlarged_classes"] == ["1"]
    few = (np.arange(len(X)) < 60).astype(int)
    data = SplitData(Table.read(X), tuple(cv.split(X, few)), y=few, classes=np.array([0, 1]))
    assert OversampledRows().run(data, {"near_duplicates": near}).found is False
    data = SplitData(Table.read(X), tuple(cv.split(X, y)), y=y, classes=np.array([0, 1]))
    some = np.random.default_rng(0).permutation(len(y))[:40]
    links = np.full(len(y), -1)
    links[some] = np.repeat(np.arange(20), 2)
    near = Leak("near_duplicates", "leaked-rows", True, "Near.", links=links)
    assert OversampledRows().run(data, {"near_duplicates": near}).found is False
