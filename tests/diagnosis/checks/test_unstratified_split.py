"""unstratified-split: splits whose class shares differ by more than chance."""

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from sklearn_lossfix import diagnose, diagnose_predictions
from sklearn_lossfix.diagnosis.checks.unstratified_split import homogeneity_p

SLUG = "unstratified-split"


def judged(train_counts, counts, **kwargs):
    """Finding for training and judged rows with these class counts."""
    y_train, y = (np.repeat(np.arange(len(c)), c) for c in (train_counts, counts))
    proba = np.tile(np.array(counts) / len(y), (len(y), 1))
    classes = np.arange(len(counts))
    return diagnose_predictions(y, proba, y_train=y_train, classes=classes, **kwargs)[SLUG]


def test_fires_on_shares_that_differ():
    """Half of one part and a fifth of the other is no chance on 1,000 rows."""
    finding = judged([500, 500], [800, 200])
    assert finding.section == "issue"
    assert finding.estimate > finding.limit
    assert finding.p_adjusted <= 0.01


def test_fires_on_sorted_folds(table):
    """Folds in the order of the labels lack whole classes."""
    X, y = table(200)
    order = np.argsort(y)
    cv = [(np.arange(40, 200), np.arange(40)), (np.arange(160), np.arange(160, 200))]
    finding = diagnose(LogisticRegression(), X[order], y[order], cv=cv)[SLUG]
    assert finding.section == "issue"
    assert "none of them" in finding.message
    assert "StratifiedKFold" in finding.message


def test_a_rare_class_that_chance_left_out_is_a_tip():
    """Five rows can all fall into the training part; a fact worth knowing, and no fault."""
    finding = judged([50, 50, 5], [50, 50, 0])
    assert finding.section == "tip"
    assert finding.p_value is None
    assert "none of them in the judged rows" in finding.message


def test_fires_on_a_common_class_that_is_missing():
    """Fifty rows are not all left out by chance."""
    finding = judged([50, 50, 50], [50, 50, 0])
    assert finding.section == "issue"
    assert "none of them in the judged rows" in finding.message


@pytest.mark.parametrize(
    ("train", "val"), [([500, 500], [250, 250]), ([520, 480], [240, 260]), ([9, 3], [3, 1])]
)
def test_silent_on_shares_that_chance_allows(train, val):
    """Equal or nearly equal shares pass."""
    assert judged(train, val).section == "passed"


def test_the_accuracy_under_the_shares_of_training_rows_is_told():
    """Recalls of 0.9 and 0.5: each part of a share that moved moves the accuracy by 0.4 of it."""
    y = np.repeat([0, 1], [3000, 2000])
    wrong = np.r_[np.arange(3000) < 300, np.arange(2000) < 1000]
    pred = np.where(wrong, 1 - y, y)
    proba = np.where(np.eye(2)[pred] == 1, 0.8, 0.2)
    y_train = np.repeat([0, 1], [7000, 3000])
    finding = diagnose_predictions(y, proba, y_train=y_train, scoring="accuracy")[SLUG]
    assert finding.section == "issue"
    reweighted = np.average(~wrong, weights=np.where(y == 0, 0.7 / 3000, 0.3 / 2000))
    moved = reweighted - np.mean(~wrong)
    assert moved == pytest.approx(0.04)
    if finding.unit == "points":
        assert finding.estimate == pytest.approx(moved)
    else:
        losses = -np.log(proba[np.arange(5000), y])
        weighted = np.average(losses, weights=np.where(y == 0, 0.7 / 3000, 0.3 / 2000))
        assert finding.estimate == pytest.approx(abs(weighted - losses.mean()))
    assert "would move by" in finding.message


def test_silent_on_shuffled_folds(table):
    """Shuffled folds that are not stratified differ by chance only."""
    X, y = table(400)
    finding = diagnose(LogisticRegression(), X, y, cv=KFold(4, shuffle=True, random_state=0))[SLUG]
    assert finding.section == "passed"


def test_not_applicable_to_one_part(calibrated):
    """Without training labels there is no split."""
    assert diagnose_predictions(*calibrated(100))[SLUG].section == "not_applicable"


def test_not_applicable_to_groups():
    """Groups move together, so counts vary by more than a test by rows allows."""
    finding = judged([500, 500], [800, 200], groups=np.arange(1000) // 10)
    assert finding.section == "not_applicable"
    assert "groups" in finding.message


@pytest.mark.parametrize("table_", [[[50, 50], [40, 60]], [[30, 20, 10], [28, 15, 22], [9, 9, 9]]])
def test_large_tables_get_the_g_test(table_):
    """Where the approximation holds, the p-value is SciPy's."""
    counts = np.array(table_, dtype=float)
    expected = stats.chi2_contingency(counts, correction=False, lambda_="log-likelihood").pvalue
    assert homogeneity_p(counts) == pytest.approx(expected)


@pytest.mark.parametrize("table_", [[[6, 1], [2, 5]], [[8, 0], [3, 5]], [[4, 4], [4, 4]]])
def test_small_tables_get_a_permutation_test(table_):
    """With equal row totals the tables' order is Fisher's, and so is the p-value, up to chance."""
    counts = np.array(table_, dtype=float)
    exact = stats.fisher_exact(np.array(table_)).pvalue
    assert homogeneity_p(counts) == pytest.approx(exact, abs=0.02)


def test_order_of_parts_and_classes_does_not_matter():
    """Homogeneity is symmetric."""
    counts = np.array([[30.0, 20.0, 10.0], [28.0, 15.0, 22.0]])
    assert homogeneity_p(counts) == pytest.approx(homogeneity_p(counts[::-1, ::-1]))


def test_one_class_or_one_part_is_homogeneous():
    """A table of one row or column holds nothing to compare."""
    assert homogeneity_p(np.array([[3.0, 4.0]])) == homogeneity_p(np.array([[3.0], [4.0]])) == 1.0
