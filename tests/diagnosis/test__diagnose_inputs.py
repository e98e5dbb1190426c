"""diagnose, end to end: containers, labels, weights, groups, folds, and what is refused."""

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from packaging.version import Version
from scipy import sparse
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.metrics import accuracy_score
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    LeaveOneOut,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    TimeSeriesSplit,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sklearn_lossfix import diagnose
from sklearn_lossfix.exceptions import TooFewRowsError

SKLEARN_SELECTS_FROM_POLARS = Version(sklearn.__version__) >= Version("1.9")

LR = LogisticRegression()


# --- containers and labels -------------------------------------------------------------------


def test_containers_do_not_matter(table, numbers):
    """Arrays, lists and frames of pandas and polars hold the same rows: the same report."""
    X, y = table(120)
    names = list("abcd")
    expected = numbers(diagnose(LR, X, y, X_val=X[:60], y_val=y[:60]))
    for frame, series in (
        (lambda a: a.tolist(), lambda v: v.tolist()),
        (lambda a: pd.DataFrame(a, columns=names), pd.Series),
        (lambda a: pd.DataFrame(a, columns=names, index=np.zeros(len(a))), pd.Series),
        (lambda a: pl.DataFrame(a, schema=names), pl.Series),
        (sparse.csr_array, pd.Series),
    ):
        report = diagnose(LR, frame(X), series(y), X_val=frame(X[:60]), y_val=series(y[:60]))
        got = numbers(report)
        if frame is sparse.csr_array:  # other arithmetic, same rows
            got, expected = got["loss_ledger"]["total"], expected["loss_ledger"]["total"]
            assert got == pytest.approx(expected)
        else:
            assert got["loss_ledger"]["total"] == pytest.approx(expected["loss_ledger"]["total"])
            for one, other in zip(got["findings"], expected["findings"], strict=True):
                assert (one["name"], one["section"]) == (other["name"], other["section"])
                if other["estimate"] is not None:
                    assert one["estimate"] == pytest.approx(other["estimate"], rel=1e-4, abs=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda s: s,
        lambda s: s.astype(object),
        lambda s: s.tolist(),
        lambda s: pd.Series(s).astype("category"),
        lambda s: pd.Series(s).astype("string"),
        lambda s: pd.DataFrame({"y": s}),
        lambda s: pl.Series(s),
        lambda s: pl.Series(s.tolist()).cast(pl.Categorical),
    ],
)
def test_containers_of_labels_do_not_matter(table, make):
    """Strings are strings, whatever holds them."""
    X, y = table(120)
    labels = np.array(["no", "yes"])[y]
    report = diagnose(LR, X, make(labels), cv=2)
    assert report.context["classes"] == ["no", "yes"]
    assert report.loss_ledger.total == pytest.approx(diagnose(LR, X, y, cv=2).loss_ledger.total)


@pytest.mark.parametrize(
    "labels",
    [
        np.array([False, True]),
        np.array([-1, 1]),
        np.array([0.0, 1.0]),
        np.array([7, 300], dtype=np.uint16),
        np.array(["", " "]),
        np.array(["<script>", "\x1b[2J"]),
    ],
)
def test_kinds_of_labels_do_not_matter(table, labels):
    """Only their order does."""
    X, y = table(120)
    report = diagnose(LR, X, labels[y], cv=2)
    order = y if labels[0] < labels[1] else 1 - y
    assert report.loss_ledger.total == pytest.approx(diagnose(LR, X, order, cv=2).loss_ledger.total)
    assert len(repr(report).splitlines()) <= 25


def test_columns_of_any_type(table):
    """Text, missing values and categories reach a pipeline that can take them, in both frames."""
    X, y = table(150)
    frame = pd.DataFrame(X, columns=list("abcd")).assign(
        e=np.array(["u", "v", None], dtype=object)[np.arange(150) % 3]
    )
    model = make_pipeline(
        make_column_transformer(
            (OneHotEncoder(handle_unknown="ignore"), ["e"]), remainder=StandardScaler()
        ),
        LR,
    )
    total = diagnose(model, frame, y).loss_ledger.total
    assert total > 0
    # ColumnTransformer before 1.9 cannot select from the frames of polars 2 and newer.
    if SKLEARN_SELECTS_FROM_POLARS:
        assert diagnose(model, pl.DataFrame(frame), y).loss_ledger.total == pytest.approx(total)


@pytest.mark.parametrize(
    "column",
    [
        pd.array([True, None] * 60, dtype="boolean"),
        pd.date_range("2020", periods=120),
        pd.Categorical(["u", "v"] * 60),
        pd.Series([[1, 2]] * 120),
        [None] * 120,
    ],
)
def test_columns_that_the_pipeline_drops_do_no_harm(table, column):
    """What the user's pipeline does not use must not end the report."""
    X, y = table(120)
    frame = pd.DataFrame(X, columns=list("abcd")).assign(e=column)
    model = make_pipeline(make_column_transformer(("passthrough", ["a", "b"])), LR)
    report = diagnose(model, frame, y, X_val=frame, y_val=y, cv=2)
    assert report.loss_ledger is not None


def test_missing_values_reach_what_can_take_them(table):
    """Histogram boosting takes NaN, and so does everything around it."""
    X, y = table(150)
    X[::7, 1] = np.nan
    report = diagnose(HistGradientBoostingClassifier(max_iter=5), X, y)
    assert report.loss_ledger.value("reference") > 0


def test_missing_values_name_the_model_that_cannot_take_them(table):
    """The error is scikit-learn's, with a note on where it came from."""
    X, y = table(60)
    X[0, 0] = np.nan
    with pytest.raises(ValueError, match="contains NaN") as caught:
        diagnose(LR, X, y)
    assert "LogisticRegression out of fold" in caught.value.__notes__[0]


@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csr_array, sparse.csc_array])
def test_sparse_features(table, container):
    """Sparse rows give the numbers of dense ones."""
    X, y = table(150)
    X = np.where(X > 0, X, 0.0)
    report = diagnose(LR, container(X), y, X_val=container(X), y_val=y, cv=2)
    dense = diagnose(LR, X, y, X_val=X, y_val=y, cv=2)
    assert report.loss_ledger.total == pytest.approx(dense.loss_ledger.total)
    assert report["conflicting-labels"].estimate == dense["conflicting-labels"].estimate


# --- weights, groups, folds ------------------------------------------------------------------


def test_weights_reach_the_fits(table):
    """Out of fold the clones are fitted with them: rows of weight zero do not matter."""
    X, y = table(160)
    X[:20] += 50.0
    weight = np.where(np.arange(160) < 20, 0.0, 1.0)
    loss = diagnose(GaussianNB(), X, y, sample_weight=weight).loss_ledger.total
    assert loss < diagnose(GaussianNB(), X, y).loss_ledger.total
    assert loss == pytest.approx(diagnose(GaussianNB(), X[20:], y[20:]).loss_ledger.total, rel=0.2)


def test_groups_stay_together_and_widen_intervals(table):
    """Ten copies of every row: by row the report is too sure, by group it is not."""
    X, y = table(60)
    X, y, groups = np.tile(X, (10, 1)), np.tile(y, 10), np.tile(np.arange(60), 10)
    by_group, by_row = (diagnose(GaussianNB(), X, y, groups=g) for g in (groups, None))
    widths = [np.diff(report["overconfident"].ci)[0] for report in (by_group, by_row)]
    assert widths[0] > 2 * widths[1]
    assert by_group["unstratified-split"].section == "not_applicable"


@pytest.mark.parametrize(
    "cv",
    [
        2,
        np.int64(3),
        None,
        KFold(3),
        RepeatedStratifiedKFold(n_splits=2, n_repeats=2, random_state=0),
        ShuffleSplit(3, random_state=0),
        TimeSeriesSplit(3),
        [(np.arange(80), np.arange(80, 120))],
        [(np.arange(120) < 80, np.arange(120) >= 80)],
    ],
    ids=repr,
)
@pytest.mark.parametrize("model", [LR, RidgeClassifier()], ids=["probabilities", "margins"])
def test_any_folds(table, cv, model, assert_sums):
    """Integers, splitters that partition, repeat, shuffle or roll, and lists of rows or masks."""
    X, y = table(120)
    report = diagnose(model, X, y, cv=cv)
    assert_sums(report)
    assert report.context["source"] == "out-of-fold"


def test_an_iterator_of_folds_is_read_once(table, numbers):
    """A generator can be had only once, and that is enough."""
    X, y = table(120)
    folds = list(KFold(3).split(X))
    assert (
        numbers(diagnose(LR, X, y, cv=iter(folds)))["findings"]
        == (numbers(diagnose(LR, X, y, cv=folds))["findings"])
    )


def test_leave_one_out(table, assert_sums):
    """As many folds as rows."""
    X, y = table(40)
    assert_sums(diagnose(GaussianNB(), X, y, cv=LeaveOneOut()))


@pytest.mark.parametrize("model", [LR, RidgeClassifier(), GaussianNB(), LinearRegression()])
def test_a_class_that_a_training_part_misses(table, model):
    """A fold whose model has never seen a class scores it at zero, and the split is blamed."""
    X, y = table(150, n_classes=3)
    order = np.argsort(y, kind="stable")
    X, y = X[order], y[order]
    n_last = np.count_nonzero(y == 2)
    last = np.arange(150 - n_last, 150)
    rest = np.arange(150 - n_last)
    report = diagnose(model, X, y, cv=[(rest, last), (np.r_[rest[::2], last], rest[1::2])])
    assert report["unstratified-split"].section == "issue"


def test_more_rows_than_are_refitted(table):
    """Above twenty thousand rows the refits use a sample, and the report says so."""
    X, y = table(20_600)
    report = diagnose(GaussianNB(), X, y, cv=2)
    assert "20,000 of 20,600 training rows" in " ".join(report.context["notes"])
    assert report.context["n_rows"] == 20_000
    rows = report["hard-rows-dominate-loss"].rows
    assert rows is None or rows.max() < 20_600


# --- refusals --------------------------------------------------------------------------------

X, Y = np.random.default_rng(0).normal(size=(60, 3)), np.arange(60) % 2
P = np.random.default_rng(0).uniform(0.1, 0.9, 60)
FITTED = LogisticRegression().fit(X, Y)
FROZEN = FrozenEstimator(FITTED)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"y": Y[:-1]}, "same number of rows: X has 60, y has 59"),
        ({"sample_weight": np.ones(3)}, "sample_weight has 3"),
        ({"groups": np.ones(3)}, "groups has 3"),
        ({"groups": np.zeros((60, 2))}, "groups must have one entry a row"),
        ({"groups": np.zeros(60)}, "groups holds 1 group"),
        ({"X_val": X}, "X_val was given without y_val"),
        ({"y_val": Y}, "y_val was given without X_val"),
        ({"X_val": X, "y_val": Y[:-1]}, "X_val has 60, y_val has 59"),
        ({"X_val": X, "y_val": Y + 1}, r"y_val holds labels that are not .* \[2\]"),
        ({"X_val": X, "y_val": 0 * Y}, "y_val holds a single class, 0"),
        ({"X_val": X, "y_val": np.where(Y, np.nan, 0.0)}, "y_val has 30 missing values"),
        ({"X_val": X[:, :2], "y_val": Y}, "has 2 features"),
        ({"y": np.where(Y, np.nan, 0.0)}, "y has 30 missing values"),
        ({"y": [None, "a"] * 30}, "y has 30 missing values"),
        ({"y": 0 * Y}, "y holds a single class"),
        ({"y": np.column_stack([Y, 1 - Y])}, "multilabel-indicator"),
        ({"y": np.column_stack([Y, Y + 1])}, "multiclass-multioutput"),
        ({"y": X[:, 0]}, "type_of_target 'continuous'"),
        ({"y": ["a", 1] * 30}, "mixes labels"),
        ({"X": X[:0], "y": Y[:0]}, "y has no rows"),
        ({"effort": "fast"}, r"pass X_val and y_val. .*diagnose_predictions"),
        ({"effort": "fast", "X_val": X, "y_val": Y, "estimator": LR}, "is not fitted"),
        ({"effort": "huge"}, "effort must be one of"),
        ({"estimator": FROZEN}, "frozen or prefit parts"),
        ({"sample_weight": -np.ones(60)}, "finite and not negative"),
        ({"sample_weight": np.full(60, np.inf)}, "finite and not negative"),
        ({"sample_weight": np.zeros(60)}, "zero in every row"),
        ({"sample_weight": Y.astype(float)}, "every row that is not of class 1"),
        ({"ignore": "overconfidant"}, "did you mean one of .*'overconfident'"),
        ({"cv": 1}, "at least 2 folds"),
        ({"cv": []}, "gave no split"),
        ({"cv": [(np.arange(60), [99])]}, "holds row 99"),
        ({"cv": GroupKFold(3)}, "groups"),
        ({"cv": "five"}, "cv"),
        ({"scoring": "accurate"}, "not the name of a known metric"),
        ({"scoring": accuracy_score}, "make_scorer"),
        ({"scoring": "f1", "pos_label": "z"}, "must be one of"),
        ({"alpha": 0}, "alpha must be a number between 0 and 1"),
        ({"alpha": True}, "alpha must be a number between 0 and 1"),
        ({"random_state": -1}, "must not be negative"),
    ],
)
def test_bad_input_is_refused(given, words):
    """The error says what was expected and what came, and everything is as it was."""
    arguments = {"estimator": clone(LR), "X": X, "y": Y, **given}
    before = joblib.hash(arguments)
    with pytest.raises(ValueError, match=words):
        diagnose(**arguments)
    assert joblib.hash(arguments) == before


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"estimator": LogisticRegression}, r"Did you mean LogisticRegression\(\)"),
        ({"estimator": None}, "Got NoneType instead. .*diagnose_predictions"),
        ({"estimator": StandardScaler()}, "Got StandardScaler"),
        ({"estimator": GridSearchCV(LR, {}, refit=False)}, "use refit=True"),
        ({"X": pl.DataFrame(X).lazy()}, "X is a polars LazyFrame"),
        ({"y": pl.LazyFrame({"y": Y})}, "y is a polars LazyFrame"),
        ({"X_val": X, "y_val": pl.LazyFrame({"y": Y})}, "y_val is a polars LazyFrame"),
        ({"ignore": None}, "ignore must hold names"),
        ({"scoring": 3}, "scoring must be one metric"),
    ],
)
def test_other_types_are_refused(given, words):
    """A TypeError that names the argument and the way out."""
    with pytest.raises(TypeError, match=words):
        diagnose(**{"estimator": LR, "X": X, "y": Y, **given})


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((20, 3), "Class 1 has 3. Pass cv=3"),
        ((20, 1), "Class 1 has 1. Merge or drop class 1. Or .* X_val and y_val"),
    ],
)
def test_more_folds_than_rows_of_a_class(counts, words):
    """The error explains, and offers what would work."""
    y = np.repeat([0, 1], counts)
    with pytest.raises(TooFewRowsError, match=words):
        diagnose(LR, X[: len(y)], y)
