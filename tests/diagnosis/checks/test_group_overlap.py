"""group-overlap: groups on both sides of the split, and what the model gains by them."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupShuffleSplit, KFold, train_test_split
from sklearn.neighbors import KNeighborsClassifier

from sklearn_lossfix import diagnose

SLUG = "group-overlap"


def persons(effect=1.0, within=0.3, seed=0):
    """Ten rows of each of 60 persons, whose label is random; `effect` makes their rows alike."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(60), 10)
    X = effect * rng.normal(size=(60, 5))[groups] + within * rng.normal(size=(600, 5))
    y = rng.integers(0, 2, 60)[groups]
    flip = rng.random(600) < 0.1
    return X, np.where(flip, 1 - y, y), groups


def judged(model, data, splitter=None, *, with_groups=True, **kwargs):
    """Finding on a split of the rows."""
    X, y, groups = data
    if splitter is None:
        a, b = train_test_split(np.arange(len(y)), test_size=0.3, random_state=0)
    else:
        a, b = next(splitter.split(X, y, groups))
    # Drawn by hand: the same folds in every version of scikit-learn.
    fold = groups[a] % 3
    folds = [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(3)]
    kwargs = {"cv": folds if with_groups else 3} | kwargs
    if with_groups:
        kwargs |= {"groups": groups[a], "groups_val": groups[b]}
    model.fit(X[a], y[a])
    return diagnose(model, X[a], y[a], X_val=X[b], y_val=y[b], **kwargs)[SLUG]


def test_fires_where_the_model_knows_the_persons():
    """Labels of persons, and nothing else, are learnt: on new persons the model knows nothing."""
    finding = judged(KNeighborsClassifier(15), persons())
    assert finding.section == "issue"
    assert "judged out of fold" in finding.message
    assert finding.estimate == pytest.approx(0.4, abs=0.2)


def test_groups_that_do_not_matter_are_a_tip():
    """Group numbers that were dealt at random flatter nobody."""
    X, y, _ = persons(effect=0.0)
    y = (X[:, 0] + 0.3 * np.random.default_rng(1).normal(size=600) > 0).astype(int)
    finding = judged(LogisticRegression(), (X, y, np.arange(600) % 60))
    assert finding.section == "tip"
    assert "validation rows" in finding.message


def test_silent_where_groups_are_kept_apart():
    """Groups on one side of the split are no overlap."""
    splitter = GroupShuffleSplit(1, test_size=0.3, random_state=0)
    assert judged(KNeighborsClassifier(15), persons(), splitter).section == "passed"


def test_fast_effort_compares_known_with_new_groups():
    """Without refits rows of known groups stand beside rows of new ones."""
    X, y, groups = persons()
    train = np.flatnonzero((np.arange(600) < 300) & (np.arange(600) % 2 == 0))
    val = np.setdiff1d(np.arange(600), train)
    finding = judged(KNeighborsClassifier(3), (X, y, groups), _fixed(train, val), effort="fast")
    assert finding.section == "issue"
    assert "the other rows of the same classes" in finding.message


def _fixed(train, val):
    """A splitter of one split."""

    class Fixed:
        def split(self, X, y, groups):
            yield train, val

    return Fixed()


def test_clumps_are_an_issue_where_scores_fall_without_them():
    """Persons that nobody named, in validation rows and in folds."""
    data = persons(within=0.1)
    finding = judged(KNeighborsClassifier(3), data, with_groups=False)
    of_folds = diagnose(KNeighborsClassifier(3), *data[:2], cv=3)[SLUG]
    for each, folds in ((finding, "folds of the training rows"), (of_folds, "in folds")):
        assert each.section == "issue"
        assert each.estimate > each.limit
        assert f"{folds} that keep clumps together" in each.message
        assert "groups=" in each.message


def test_clumps_that_flatter_nobody_are_a_tip():
    """A model that cannot know a person scores the same without the other rows of one."""
    X, y, _ = persons(within=0.1)
    finding = diagnose(DummyClassifier(strategy="prior"), X, y, cv=3)[SLUG]
    assert finding.section == "tip"
    assert "not shown to flatter" in finding.message


def test_clumps_on_a_grid_are_a_tip():
    """New rows will stand on the same levels: what that does to scores is not known."""
    rng = np.random.default_rng(0)
    cells = rng.integers(0, 2, (600, 7))
    X = cells + 0.02 * rng.normal(size=(600, 7))
    y = rng.integers(0, 2, 128)[cells @ 2 ** np.arange(7)]
    finding = diagnose(KNeighborsClassifier(3), X, y, cv=3)[SLUG]
    assert finding.section == "tip"
    assert "could not be measured" in finding.message


def test_clumps_are_a_tip_without_refits():
    """A frozen model cannot be fitted without the rows of a clump; fast effort looks for none."""
    X, y, _ = data = persons(within=0.1)
    frozen = FrozenEstimator(KNeighborsClassifier(3).fit(X, y))
    finding = judged(frozen, data, with_groups=False)
    assert finding.section == "tip"
    assert "could not be measured" in finding.message
    finding = judged(KNeighborsClassifier(3), data, with_groups=False, effort="fast")
    assert finding.section == "not_applicable"


def test_folds_that_tear_groups_apart_are_named():
    """Torn groups are an issue of a model that knows rows by their group, and of no other."""
    X, y, groups = persons()
    folds = list(KFold(3, shuffle=True, random_state=0).split(X))
    torn = diagnose(KNeighborsClassifier(3), X, y, groups=groups, cv=folds)[SLUG]
    assert torn.section == "issue"
    assert "folds that keep groups together" in torn.message
    assert torn.estimate > torn.limit
    ignorant = diagnose(DummyClassifier(strategy="prior"), X, y, groups=groups, cv=folds)[SLUG]
    assert ignorant.section == "tip"
    assert diagnose(KNeighborsClassifier(15), X, y, groups=groups, cv=3)[SLUG].section == "passed"


def test_needs_groups_or_enough_rows(table):
    """Out of fold and without groups clumps are looked for, in 200 rows or more."""
    finding = diagnose(LogisticRegression(), *table(100), cv=2)[SLUG]
    assert finding.section == "not_applicable"
    assert "100 rows" in finding.message
    assert diagnose(LogisticRegression(), *table(300), cv=2)[SLUG].section == "passed"
