"""Tests of the check of copies of the target and of columns too good to be known before it."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
    make_classification,
    make_regression,
)
from sklearn.model_selection import KFold

from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection.leakage._binned_scores import ColumnScore
from sklearn_lossfix.model_selection.leakage._leak import Leak
from sklearn_lossfix.model_selection.leakage._split_data import SplitData
from sklearn_lossfix.model_selection.leakage._table import Table
from sklearn_lossfix.model_selection.leakage.target_copies import (
    GOLDEN_SCORE,
    TargetCopies,
    find_copies,
    judge,
)


def _split_data(X, y, is_class=True, **kwargs):
    """Folds of five, and labels as codes where they are classes."""
    classes, codes = np.unique(y, return_inverse=True) if is_class else (None, np.asarray(y, float))
    folds = tuple(KFold(5, shuffle=True, random_state=0).split(np.zeros(len(y))))
    return SplitData(Table.read(X), folds, codes, classes, **kwargs)


def _problem(kind, seed=0, n_rows=3000):
    """Columns of which several are of use, and labels."""
    if kind == "regression":
        X, y = make_regression(n_rows, 10, n_informative=5, noise=150, random_state=seed)
        return X, y
    n_classes = {"binary": 2, "multiclass": 4}[kind]
    return make_classification(
        n_rows, 10, n_informative=5, n_classes=n_classes, flip_y=0.15, random_state=seed
    )


@pytest.mark.parametrize("load", [load_breast_cancer, load_iris, load_wine, load_digits])
def test_strong_legitimate_columns_are_silent(load):
    """Petal widths and perimeters are good, but so are the other columns."""
    X, y = load(return_X_y=True)
    leak = TargetCopies().run(_split_data(X, y), {})
    assert leak.found is False
    assert leak.details["scores"][0] > 0.9


def test_numeric_target_without_leak():
    """Diabetes has no column near its target."""
    X, y = load_diabetes(return_X_y=True)
    assert TargetCopies().run(_split_data(X, y, False), {}).found is False


def test_separable_problem_is_silent():
    """Classes far apart in many columns: each of them nearly tells the class."""
    X, y = make_classification(
        2000, 8, n_informative=8, n_redundant=0, class_sep=4, n_clusters_per_class=1, random_state=0
    )
    leak = TargetCopies().run(_split_data(X, y), {})
    assert leak.found is not True


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_copies_are_found_in_any_disguise(kind):
    """Renamed classes, maps of numbers; nothing without them."""
    X, y = _problem(kind)
    rng = np.random.default_rng(1)
    if kind == "regression":
        copies = [3 - 2 * y, np.exp(y / y.std()), (5 * y).astype(np.float32)]
    else:
        copies = [rng.permutation(10)[y], np.where(y == 0, np.nan, y)]
    is_class = kind != "regression"
    assert find_copies(Table.read(X), *_labels(y, is_class))[0] == []
    for copy in copies:
        leak = TargetCopies().run(_split_data(np.column_stack([X, copy]), y, is_class), {})
        assert leak.found
        assert leak.severity == "critical"
        assert leak.columns == ("x10",)
        assert leak.p_value < 1e-9


def _labels(y, is_class):
    """Labels as a check gets them."""
    return (y, np.unique(y)) if is_class else (y, None)


def test_counts_as_target_have_bijections():
    """A numeric target that repeats itself is found under other codes; one without is not."""
    rng = np.random.default_rng(0)
    y = rng.poisson(3, 1000).astype(float)
    codes = rng.permutation(50)[y.astype(int)].astype(float)
    X = np.column_stack([rng.normal(size=1000), codes])
    assert find_copies(Table.read(X), y, None)[0] == [1]
    ids = rng.permutation(1000).astype(float)
    assert find_copies(Table.read(ids[:, None]), rng.normal(size=1000), None)[0] == []


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("disguise", ["noisy", "folded", "missing", "category"])
def test_golden_columns_are_found(kind, disguise):
    """Nearly the target: with noise, not monotone, told by missing values, or as text."""
    pd = pytest.importorskip("pandas")
    X, y = _problem(kind)
    rng = np.random.default_rng(1)
    is_class = kind != "regression"
    target = y if is_class else 3 * (y - y.mean()) / y.std()
    frame = pd.DataFrame(X).add_prefix("x")
    near = target + 0.05 * rng.random(len(y))
    if disguise == "noisy":
        late = target + 0.1 * rng.normal(size=len(y))
    elif disguise == "folded":  # up or down by chance
        late = np.where(rng.random(len(y)) < 0.5, 1, -1) * (near - target.min() + 1)
    elif disguise == "missing":
        late = np.where(target > (0 if is_class else 5), np.nan, near)
        late = late if kind != "multiclass" else np.where(target == 3, np.nan, 1.0)
    else:
        levels = target if is_class else np.argsort(np.argsort(target)) // 75
        is_told = rng.random(len(y)) < 0.999
        late = [f"level {v}" if told else "?" for v, told in zip(levels, is_told, strict=True)]
    frame["late"] = late
    leak = TargetCopies().run(_split_data(frame, y, is_class), {})
    assert leak.found
    assert leak.columns == ("late",)
    assert leak.severity == "high"
    assert leak.details["columns"][0] == "late"
    assert leak.p_value <= 0.001


def test_alone_among_noise_it_cannot_be_told():
    """Where no other column knows anything, a law of nature looks like a leak."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 6))
    y = (X[:, 2] + 0.01 * rng.normal(size=3000) > 0).astype(int)
    leak = TargetCopies().run(_split_data(X, y), {})
    assert leak.found is None
    assert leak.columns == ("x2",)
    assert "before the outcome" in leak.message


def test_few_rows_cannot_tell():
    """An equal column in 60 rows may be a good one."""
    X, y = _problem("binary", n_rows=60)
    leak = TargetCopies().run(_split_data(np.column_stack([X, y]), y), {})
    assert leak.found is None
    assert leak.columns == ("x10",)


def test_entities_are_not_golden():
    """A category that numbers customers remembers their label: groups are named, or respected."""
    pd = pytest.importorskip("pandas")
    X, y = _problem("binary")
    rng = np.random.default_rng(0)
    groups = np.where(y == 0, rng.integers(0, 200, len(y)), rng.integers(200, 400, len(y)))
    frame = pd.DataFrame(X).add_prefix("x").assign(customer=[f"c{g}" for g in groups])
    leak = TargetCopies().run(_split_data(frame, y), {})
    assert leak.found is None
    assert "groups" in leak.message
    codes = np.unique(groups, return_inverse=True)[1]
    assert TargetCopies().run(_split_data(frame, y, groups=codes), {}).found is False


def test_columns_explained_before_are_left_out():
    """What is known as a target encoding is not found again."""
    X, y = _problem("binary")
    X = np.column_stack([X, y + 0.01 * np.random.default_rng(0).normal(size=len(y))])
    data = _split_data(X, y)
    assert TargetCopies().run(data, {}).columns == ("x10",)
    earlier = {"target_encoding": Leak("target_encoding", "", True, "", columns=("x10",))}
    assert TargetCopies().run(data, earlier).found is False


def test_containers_and_names_do_not_matter():
    """Arrays, sparse matrices and frames of the same numbers; classes of any name."""
    pd = pytest.importorskip("pandas")
    X, y = _problem("binary")
    X = np.column_stack([X, y + 0.1 * np.random.default_rng(0).normal(size=len(y))])
    X[np.abs(X) < 0.3] = 0
    names = [f"x{j}" for j in range(X.shape[1])]
    leaks = [
        TargetCopies().run(_split_data(container, labels), {})
        for container, labels in [
            (X, y),
            (sparse.csr_array(X), y),
            (pd.DataFrame(X, columns=names), np.array(["a", "b"])[y]),
        ]
    ]
    assert {leak.found for leak in leaks} == {True}
    assert len({leak.message for leak in leaks}) == 1
    assert len({leak.p_value for leak in leaks}) == 1


def _score(value, n=2000, se=0.0):
    """A score with its class counts."""
    return ColumnScore(value, se, 1, n, n)


@pytest.mark.parametrize(
    ("value", "rest", "n", "expected"),
    [
        (0.9999, 0.8, 2000, True),
        (0.9999, 0.985, 2000, False),  # the others are golden together
        (0.981, 0.95, 2000, False),  # nearly as good
        (0.9999, 0.8, 40, None),  # too few rows
        (0.9999, 0.5, 2000, None),  # nothing to compare with
        (0.985, 0.93, 2000, None),  # better, but the others know much
        (0.95, 0.8, 2000, None),  # not golden, but more than all others
        (0.95, 0.96, 2000, False),
    ],
)
def test_judgement(value, rest, n, expected):
    """A leak is golden beyond doubt, and far from what the others know."""
    verdict, p_value, reason = judge(_score(value, n), _score(rest, n, 0.01), 20, True, 0.001)
    assert verdict is expected
    assert (verdict is None) == bool(reason)
    if verdict:
        assert p_value <= 0.001


def test_p_value_grows_with_the_columns_and_towards_the_limit():
    """More columns to choose from, or a lower score, are less certain."""
    few = judge(_score(0.999), _score(0.8, se=0.01), 5, True, 0.001)[1]
    many = judge(_score(0.999), _score(0.8, se=0.01), 50, True, 0.001)[1]
    near = judge(_score(GOLDEN_SCORE + 0.001), _score(0.7, se=0.01), 5, True, 0.001)[1]
    assert few < many < near


def test_not_applicable():
    """Without labels, or with one."""
    data = _split_data(np.ones((20, 1)), np.zeros(20))
    with pytest.raises(CheckNotApplicable, match="same label"):
        TargetCopies().run(data, {})
    with pytest.raises(CheckNotApplicable, match="not known"):
        TargetCopies().run(SplitData(data.table, data.folds), {})


def test_best_other_column_counts_for_its_own_class():
    """Of three classes two columns tell the first one, and nothing tells the others."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 1500)
    X = np.column_stack([(y == 0) + 0.1 * rng.normal(size=1500), rng.normal(size=(1500, 3))])
    twin = (y == 0) + 0.6 * rng.normal(size=1500)
    leak = TargetCopies().run(_split_data(np.column_stack([X, twin]), y), {})
    assert list(leak.details["rest"]) == ["x0"]
    assert leak.details["rest"]["x0"] >= leak.details["scores"][1] > 0.8
    assert leak.details["rest"]["x0"] == pytest.approx(leak.details["scores"][1], abs=0.02)


def _one_good_measurement(share, n_rows=3000, seed=0):
    """Labels that follow one column for a share of their score, and eight others for the rest."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, 9))
    others = X[:, 1:].sum(axis=1) / np.sqrt(8)
    score = np.sqrt(share) * X[:, 0] + np.sqrt(1 - share) * others
    return X, (score + 0.2 * rng.normal(size=n_rows) > 0).astype(int)


def test_one_column_without_which_the_others_know_little_is_not_told():
    """It is weaker alone than what is called golden; columns that share the burden are silent."""
    X, y = _one_good_measurement(0.3)
    leak = TargetCopies().run(_split_data(X, y), {})
    assert leak.found is None
    assert leak.columns == ("x0",)
    assert "no other matters half as much" in leak.message
    X, y = _one_good_measurement(1 / 9)
    assert TargetCopies().run(_split_data(X, y), {}).found is False


def _rare_class(n_rare, seed=0, distance=6.0):
    """Six columns of noise, a rare class, and a column that knows it."""
    rng = np.random.default_rng(seed)
    y = np.r_[np.ones(n_rare, dtype=int), np.zeros(600 - n_rare, dtype=int)]
    X = rng.normal(size=(600, 7))
    X[:, 3] += 0.6 * y
    X[:, 5] += distance * y
    return X, y


@pytest.mark.parametrize("n_rare", [10, 20, 29])
def test_golden_column_of_a_rare_class_cannot_be_told(n_rare):
    """Too few rows to accuse a column, too good a column to be silent."""
    leak = TargetCopies().run(_split_data(*_rare_class(n_rare)), {})
    assert leak.found is None
    assert leak.columns == (Table.read(np.zeros((1, 7))).names[5],)


@pytest.mark.parametrize("n_rare", [10, 20, 29])
@pytest.mark.parametrize("seed", range(3))
def test_rare_classes_raise_no_doubt_by_themselves(n_rare, seed):
    """Good columns of a rare class that are not golden."""
    X, y = _rare_class(n_rare, seed, distance=1.0)
    assert TargetCopies().run(_split_data(X, y), {}).found is False


def test_golden_column_of_a_separable_problem_cannot_be_told():
    """All others together know as much, but no other comes near alone."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 6))
    levels = np.digitize(X, [0.0]).astype(float)
    y = (levels[:, :3].sum(axis=1) > 1).astype(int)
    assert TargetCopies().run(_split_data(levels, y), {}).found is False
    planted = np.column_stack([levels, 6 * y + rng.normal(size=2000)])
    leak = TargetCopies().run(_split_data(planted, y), {})
    assert leak.found is None
    assert leak.details["rest"]
