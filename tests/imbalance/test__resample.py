"""Tests of drawing and making up rows: what stays with a row, what is refused, what is equal."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
from imblearn.combine import SMOTEENN
from imblearn.over_sampling import ADASYN, SMOTE, SMOTEN, SMOTENC, RandomOverSampler
from imblearn.under_sampling import EditedNearestNeighbours, RandomUnderSampler
from scipy import sparse

from sklearn_lossfix.exceptions import TreatmentError
from sklearn_lossfix.imbalance._resample import (
    SMOTE_NEIGHBORS,
    TrainingRows,
    bootstrapped_rows,
    oversampled_rows,
    sampled_rows,
    smote_rows,
    treated_rows,
    undersampled_rows,
)
from sklearn_lossfix.imbalance._treatments import parse_treatment, target_counts

COUNTS = np.array([40, 9, 20])
CLASSES = np.array(["a", "b", "c"])
DRAWING = (
    "random_over_sqrt",
    "random_over_balanced",
    "random_under_sqrt",
    "random_under_balanced",
    "balanced_bagging",
    "bagging",
)


def _data(X=None, counts=COUNTS, weight=True, **params):
    """Rows of three classes in mixed order; the first column of X is the row number."""
    rng = np.random.default_rng(0)
    codes = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    n_rows = len(codes)
    if X is None:
        X = np.column_stack([np.arange(n_rows), rng.normal(size=(n_rows, 2)) + codes[:, None]])
    weights = 1.0 + np.arange(n_rows) if weight else None
    return TrainingRows(X, codes, CLASSES, weights, params)


def _treat(data, treatment, seed=0):
    """Rows under a treatment, by its name."""
    return treated_rows(data, *parse_treatment(treatment), "from_dtype", seed)


@pytest.mark.parametrize("treatment", DRAWING)
def test_all_that_belongs_to_a_row_stays_with_it(treatment):
    """Weights, labels and parameters are found at the row that they were given with."""
    n_rows = int(COUNTS.sum())
    data = _data(margin=np.arange(n_rows) * 10, alpha=3, names=["x", "y", "z"])
    drawn = _treat(data, treatment)
    rows = drawn.X[:, 0].astype(int)
    np.testing.assert_array_equal(drawn.X, data.X[rows])
    np.testing.assert_array_equal(drawn.codes, data.codes[rows])
    np.testing.assert_array_equal(drawn.weight, rows + 1.0)
    np.testing.assert_array_equal(drawn.params["margin"], rows * 10)
    assert drawn.params["alpha"] == 3
    assert drawn.params["names"] == ["x", "y", "z"]


@pytest.mark.parametrize("treatment", DRAWING)
def test_counts_are_those_of_the_treatment(treatment):
    """As many rows of each class as were aimed at."""
    kind, ratio = parse_treatment(treatment)
    if ratio is not None:
        expected = target_counts(COUNTS, ratio, kind.removeprefix("random_"))
    else:
        expected = COUNTS if kind == "bagging" else [COUNTS.min()] * 3
    np.testing.assert_array_equal(_treat(_data(), treatment).counts, expected)


@pytest.mark.parametrize("treatment", [*DRAWING, "smote_sqrt", "smote_balanced"])
def test_the_seed_decides(treatment):
    """The same rows for the same seed, others for another."""
    first, again, other = (_treat(_data(), treatment, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.X, again.X)
    assert first.X.shape == other.X.shape
    assert not np.array_equal(first.X, other.X)


@pytest.mark.parametrize("treatment", [*DRAWING[:4], "smote_sqrt", "smote_balanced"])
def test_balanced_rows_stay_as_they_are(treatment):
    """Nothing is drawn, moved or made up where there is no imbalance."""
    data = _data(counts=[7, 7, 7])
    drawn = _treat(data, treatment)
    np.testing.assert_array_equal(drawn.X, data.X)
    np.testing.assert_array_equal(drawn.weight, data.weight)


def test_nothing_is_done_for_kinds_that_keep_rows():
    """These are the same object."""
    data = _data()
    for treatment in ("none", "class_weight_sqrt", "balanced_random_forest"):
        assert _treat(data, treatment) is data


def test_rows_are_those_that_imbalanced_learn_draws():
    """With the same seed on the same rows."""
    data = _data()
    for draw, sampler, kind in (
        (oversampled_rows, RandomOverSampler, "over"),
        (undersampled_rows, RandomUnderSampler, "under"),
    ):
        rows = draw(data.codes, target_counts(COUNTS, "balanced", kind), seed=3)
        expected, _ = sampler(random_state=3).fit_resample(data.X, data.codes)
        np.testing.assert_array_equal(data.X[rows], expected)


def test_undersampling_takes_no_row_twice_and_oversampling_leaves_none_out():
    """Dropping is without replacement; repeating adds to all rows."""
    codes = _data().codes
    under = undersampled_rows(codes, np.array([12, 9, 11]), seed=0)
    assert len(np.unique(under)) == len(under)
    over = oversampled_rows(codes, np.array([40, 30, 25]), seed=0)
    np.testing.assert_array_equal(over[: len(codes)], np.arange(len(codes)))


def test_bootstraps_leave_out_about_a_third_of_each_class():
    """A row is missed by n draws out of n with a chance near 1/e."""
    codes = np.repeat([0, 1], [4000, 1000])
    drawn = np.unique(bootstrapped_rows(codes, np.array([4000, 1000]), seed=0))
    for code, n in ((0, 4000), (1, 1000)):
        left_out = 1 - np.count_nonzero(codes[drawn] == code) / n
        # five standard deviations of the share left out, which are below those of a binomial
        assert abs(left_out - np.exp(-1)) < 5 * np.sqrt(0.25 / n)


@pytest.mark.parametrize("ratio", ["sqrt", "balanced"])
def test_smote_appends_to_the_rows_as_they_were(ratio):
    """The first rows and weights are the given ones; new rows weigh the mean of their class."""
    data = _data()
    made = _treat(data, f"smote_{ratio}")
    n_rows = len(data.codes)
    np.testing.assert_array_equal(made.counts, target_counts(COUNTS, ratio, "over"))
    np.testing.assert_array_equal(made.X[:n_rows], data.X)
    np.testing.assert_array_equal(made.codes[:n_rows], data.codes)
    np.testing.assert_array_equal(made.weight[:n_rows], data.weight)
    for code in range(3):
        new = made.weight[n_rows:][made.codes[n_rows:] == code]
        np.testing.assert_allclose(new, data.weight[data.codes == code].mean())


def test_smote_stays_inside_the_class():
    """No made-up row lies outside the box around the rows of its class."""
    data = _data()
    made = _treat(data, "smote_balanced")
    for code in range(3):
        old, all_rows = data.X[data.codes == code], made.X[made.codes == code]
        assert (all_rows >= old.min(axis=0) - 1e-9).all()
        assert (all_rows <= old.max(axis=0) + 1e-9).all()


def _mixed(n_rows, rng):
    """A number and two categories a row."""
    X = np.empty((n_rows, 3), dtype=object)
    X[:, 0] = rng.normal(size=n_rows)
    X[:, 1] = rng.choice(["u", "v", "w"], n_rows)
    X[:, 2] = rng.choice(["s", "t"], n_rows)
    return X


def test_the_kind_of_columns_decides_about_the_kind_of_smote():
    """The rows are those of SMOTE, SMOTENC and SMOTEN, with the same seed."""
    n_rows = int(COUNTS.sum())
    rng = np.random.default_rng(1)
    mixed = _mixed(n_rows, rng)
    numbers, texts = rng.normal(size=(n_rows, 3)), mixed[:, 1:]
    cases = (
        (numbers, SMOTE(random_state=3)),
        (mixed, SMOTENC([1, 2], random_state=3)),
        (texts, SMOTEN(random_state=3)),
    )
    for X, sampler in cases:
        data = _data(X)
        expected, codes = sampler.fit_resample(X, data.codes)
        made = _treat(data, "smote_balanced", seed=3)
        np.testing.assert_array_equal(made.codes, codes)
        assert (made.X == expected).all()


def test_given_categories_are_not_interpolated():
    """Integers are numbers unless they are said to be categories."""
    n_rows = int(COUNTS.sum())
    rng = np.random.default_rng(1)
    X = np.column_stack([rng.normal(size=n_rows), rng.choice([0.0, 10.0], n_rows)])
    targets = target_counts(COUNTS, "balanced", "over")
    free = smote_rows(_data(X), targets, "from_dtype", 0)
    kept = smote_rows(_data(X), targets, [1], 0)
    assert len(np.unique(free.X[:, 1])) > 2
    assert set(kept.X[:, 1]) == {0.0, 10.0}


@pytest.mark.parametrize("n_rarest", [3, 4, 5, 6, 7])
def test_smote_asks_for_no_more_neighbours_than_there_are(n_rarest):
    """As imbalanced-learn gives with k set by hand."""
    data = _data(counts=[30, n_rarest, 20])
    k = min(SMOTE_NEIGHBORS, n_rarest - 1)
    expected, _ = SMOTE(k_neighbors=k, random_state=0).fit_resample(data.X, data.codes)
    np.testing.assert_array_equal(_treat(data, "smote_balanced").X, expected)


@pytest.mark.parametrize("n_rarest", [1, 2])
def test_smote_refuses_classes_of_one_or_two_rows(n_rarest):
    """The message names class and count."""
    data = _data(counts=[30, n_rarest, 20])
    with pytest.raises(TreatmentError, match=rf"needs 3 rows.*class 'b' has {n_rarest} of them"):
        _treat(data, "smote_balanced")


def test_truth_values_stay_truth_values():
    """Nothing lies between two of them, in any container."""
    n_rows = int(COUNTS.sum())
    rng = np.random.default_rng(1)
    columns = {"number": rng.normal(size=n_rows), "truth": rng.random(n_rows) < 0.5}
    objects = np.array(list(columns.values()), dtype=object).T
    drawn = [
        _treat(_data(X), "smote_balanced").X
        for X in (pd.DataFrame(columns), pl.DataFrame(columns), objects)
    ]
    expected = [row[1] for row in drawn[2]]
    assert set(expected) == {True, False}
    assert drawn[0]["truth"].tolist() == drawn[1]["truth"].to_list() == expected
    only = _treat(_data(sparse.csr_array(columns["truth"][:, None])), "smote_balanced").X
    assert only.dtype == bool


@pytest.mark.parametrize("spoil", [np.nan, None, pd.NA], ids=["NaN", "None", "NA"])
def test_smote_takes_no_missing_values(spoil):
    """It says to impute."""
    data = _data()
    X = data.X.astype(object)
    X[3, 1] = spoil
    with pytest.raises(TreatmentError, match="Impute them in an earlier step"):
        _treat(_data(X), "smote_balanced")


def test_smote_takes_no_times():
    """The message names the columns."""
    X = pd.DataFrame(_data().X, columns=list("abc"))
    X["when"] = datetime.datetime(2024, 1, 31)
    for frame in (X, pl.from_pandas(X)):
        with pytest.raises(TreatmentError, match="no dates or times, and X has some in 'when'"):
            _treat(_data(frame), "smote_balanced")


def test_smote_refuses_parameters_that_have_an_entry_a_row():
    """Made-up rows have none; other parameters are handed on."""
    data = _data(margin=np.zeros(COUNTS.sum()), alpha=3)
    with pytest.raises(TreatmentError, match="cannot follow: 'margin'"):
        _treat(data, "smote_balanced")
    assert _treat(_data(alpha=3), "smote_balanced").params == {"alpha": 3}


def test_errors_of_imbalanced_learn_are_one_line_with_the_cause():
    """Infinite values are refused by SMOTE itself."""
    X = _data().X
    X[0, 1] = np.inf
    with pytest.raises(
        TreatmentError, match=r"^SMOTE failed on these rows: ValueError: "
    ) as caught:
        _treat(_data(X), "smote_balanced")
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value.__cause__, ValueError)


def _containers():
    """The same rows of numbers in every container, and how to make an array of each."""
    X = _data().X
    return {
        "array": X,
        "pandas": pd.DataFrame(X, columns=list("abc")),
        "polars": pl.DataFrame(X, schema=list("abc")),
        "csr": sparse.csr_matrix(X),
        "csc": sparse.csc_array(X),
        "list": X.tolist(),
    }


@pytest.mark.parametrize("name", _containers())
@pytest.mark.parametrize("treatment", [*DRAWING, "smote_sqrt", "smote_balanced"])
def test_rows_do_not_depend_on_the_container(name, treatment):
    """The same rows come back in the container they came in."""
    X = _containers()[name]
    drawn = _treat(_data(X), treatment).X
    if not (name == "list" and treatment.startswith("smote")):
        assert type(drawn) is type(X)
    values = drawn.toarray() if sparse.issparse(drawn) else np.asarray(drawn)
    np.testing.assert_allclose(values, _treat(_data(), treatment).X)


def test_the_given_rows_are_not_written_into():
    """Whatever is drawn from them."""
    for treatment in (*DRAWING, "smote_balanced"):
        data = _data(margin=np.zeros(COUNTS.sum())) if treatment in DRAWING else _data()
        for array in (data.X, data.codes, data.weight):
            array.flags.writeable = False
        before = data.X.copy()
        _treat(data, treatment)
        np.testing.assert_array_equal(data.X, before)


@pytest.mark.parametrize("container", ["array", "pandas", "polars", "csr"])
def test_a_sampler_that_tells_its_rows_takes_all_along(container):
    """`sample_indices_` says where weights and parameters go."""
    X = _containers()[container]
    n_rows = int(COUNTS.sum())
    for sampler in (RandomOverSampler(), RandomUnderSampler(), EditedNearestNeighbours()):
        drawn = sampled_rows(_data(X, margin=np.arange(n_rows) * 10), sampler, 0)
        assert type(drawn.X) is type(X)
        dense = drawn.X.toarray() if sparse.issparse(drawn.X) else np.asarray(drawn.X)
        rows = dense[:, 0].astype(int)
        np.testing.assert_array_equal(drawn.weight, rows + 1.0)
        np.testing.assert_array_equal(drawn.params["margin"], rows * 10)
        np.testing.assert_array_equal(drawn.codes, _data().codes[rows])


def test_a_sampler_that_tells_its_rows_leaves_every_column_of_polars_alone():
    """Times, nulls and text are taken by row, not through an array."""
    n_rows = int(COUNTS.sum())
    frame = pl.DataFrame(
        {
            "row": np.arange(n_rows),
            "at": [datetime.date(2024, 1, 1) + datetime.timedelta(k) for k in range(n_rows)],
            "level": ["x", None, "y"] * (n_rows // 3),
            "truth": [True, False, None] * (n_rows // 3),
            "count": [1, None, 3] * (n_rows // 3),
        }
    ).with_columns(pl.col("level").cast(pl.Categorical))
    drawn = sampled_rows(_data(frame), RandomUnderSampler(), 0).X
    assert drawn.equals(frame[drawn["row"].to_numpy()])


def test_a_sampler_that_appends_gets_weights_as_smote_does():
    """Its first rows are the given ones."""
    data = _data()
    sampler = SMOTE(random_state=0)
    drawn, expected = sampled_rows(data, sampler, 7), _treat(data, "smote_balanced", seed=0)
    np.testing.assert_array_equal(drawn.X, expected.X)
    np.testing.assert_array_equal(drawn.weight, expected.weight)
    assert not hasattr(sampler, "sampling_strategy_")  # a clone was fitted


def test_a_sampler_that_says_nothing_gets_mean_weights():
    """Every row weighs the mean of its class."""
    data = _data()
    drawn = sampled_rows(data, SMOTEENN(random_state=0), None)
    means = data.totals / data.counts
    np.testing.assert_allclose(drawn.weight, means[drawn.codes])


def test_no_weights_stay_no_weights():
    """Samplers of all three kinds."""
    for sampler in (RandomOverSampler(), SMOTE(), SMOTEENN()):
        assert sampled_rows(_data(weight=False), sampler, 0).weight is None
    assert _treat(_data(weight=False), "smote_balanced").weight is None


def test_the_free_seed_of_a_sampler_is_set():
    """Draws repeat with a seed, and the sampler's own seed goes first."""
    draw = [sampled_rows(_data(), RandomOverSampler(), seed).X for seed in (0, 0, 1)]
    np.testing.assert_array_equal(draw[0], draw[1])
    assert not np.array_equal(draw[0], draw[2])
    own = [sampled_rows(_data(), RandomOverSampler(random_state=5), seed).X for seed in (0, 1)]
    np.testing.assert_array_equal(own[0], own[1])


def test_errors_of_a_sampler_name_it():
    """ADASYN finds no neighbours where classes lie apart."""
    X = _data().codes[:, None] * 1000.0 + np.arange(COUNTS.sum())[:, None] * 1e-3
    with pytest.raises(TreatmentError, match=r"^ADASYN failed on these rows: "):
        sampled_rows(_data(X), ADASYN(), 0)


class _OneClass(RandomUnderSampler):
    """Drops all rows but those of the first class."""

    def fit_resample(self, X, y):
        self.sample_indices_ = np.flatnonzero(y == y[y.argsort()[0]])
        return X[self.sample_indices_], y[self.sample_indices_]


class _NewLabel(RandomUnderSampler):
    """Gives labels that were not there."""

    def fit_resample(self, X, y):
        return X, np.array(["new", *y[1:]])


def test_a_sampler_has_to_give_rows_of_every_class_and_no_other():
    """A class without rows could not be predicted."""
    with pytest.raises(TreatmentError, match="_OneClass left no row of the classes 'b', 'c'"):
        sampled_rows(_data(), _OneClass(), 0)
    with pytest.raises(TreatmentError, match=r"_NewLabel failed.*'new'"):
        sampled_rows(_data(), _NewLabel(), 0)


def test_parameters_cannot_follow_a_sampler_that_does_not_tell_its_rows():
    """They are refused by name."""
    data = _data(margin=np.zeros(COUNTS.sum()))
    with pytest.raises(TreatmentError, match=r"SMOTEENN does not say .*'margin'"):
        sampled_rows(data, SMOTEENN(), 0)
