"""Tests of the scores of single columns: against scikit-learn, and what they do not depend on."""

import numpy as np
import pytest
from sklearn.metrics import r2_score, roc_auc_score

from sklearn_lossfix.model_selection.leakage._binned_scores import (
    MIN_CLASS_ROWS,
    PRIOR_ROWS,
    RANK_PRIOR_ROWS,
    auc_null_se,
    bin_categories,
    bin_numbers,
    class_score,
    judged_classes,
    random_folds,
    rank_score,
    score_se,
    standard_ranks,
)


def _data(n_rows=600, n_codes=12, seed=0):
    """Bins, folds, and labels that depend on the bins without order."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, n_codes, n_rows)
    y = (rng.random(n_rows) < rng.random(n_codes)[codes]).astype(int)
    return codes, n_codes, y, random_folds(n_rows, rng), rng


def _out_of_fold_means(codes, label, fold):
    """Row by row: mean label of the same bin in the other folds, drawn to that of all of them."""
    means = np.empty(len(codes))
    for i, (code, number) in enumerate(zip(codes, fold, strict=True)):
        others = fold != number
        same = others & (codes == code)
        prior = label[others].mean()
        means[i] = (label[same].sum() + PRIOR_ROWS * prior) / (same.sum() + PRIOR_ROWS)
    return means


def test_class_score_equals_scikit_learn():
    """The AUC from counts is that of scikit-learn on the scores of the rows."""
    codes, n_codes, y, fold, _ = _data()
    score = class_score(codes, n_codes, y, 2, fold)
    assert score.value == pytest.approx(roc_auc_score(y, _out_of_fold_means(codes, y, fold)))
    assert (score.n_positive, score.n_negative) == (y.sum(), len(y) - y.sum())


def test_rank_score_equals_scikit_learn():
    """The R2 from sums is that of scikit-learn on the predictions of the rows."""
    codes, n_codes, _, fold, rng = _data()
    ranks = standard_ranks(codes % 3 + rng.normal(size=len(codes)))
    sums = np.array(
        [
            ranks[(fold != number) & (codes == code)].sum()
            / (((fold != number) & (codes == code)).sum() + RANK_PRIOR_ROWS)
            for code, number in zip(codes, fold, strict=True)
        ]
    )
    assert rank_score(codes, n_codes, ranks, fold).value == pytest.approx(r2_score(ranks, sums))


def test_scores_do_not_depend_on_names_of_bins():
    """Bins are names: any renumbering gives the same scores."""
    codes, n_codes, y, fold, rng = _data()
    renamed = rng.permutation(n_codes)[codes]
    assert class_score(codes, n_codes, y, 2, fold) == pytest.approx(
        class_score(renamed, n_codes, y, 2, fold)
    )


def test_best_class_is_named():
    """Of many classes the one that a column separates best is scored."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, 1000)
    codes = np.where(y == 2, 1, 2)
    score = class_score(codes, 3, y, 4, random_folds(1000, rng))
    assert score.target == 2
    assert score.value == 1.0


def test_bins_see_what_is_not_monotone():
    """Rows near zero are one class: no order of the values, but of the bins."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=4000)
    y = (np.abs(x) < 0.7).astype(int)
    codes, n_codes = bin_numbers(x)
    assert abs(roc_auc_score(y, x) - 0.5) < 0.05
    assert class_score(codes, n_codes, y, 2, random_folds(4000, rng)).value > 0.999


@pytest.mark.parametrize("n_values", [1, 5, 63, 64, 5000])
def test_bins_follow_the_order_and_keep_ties_together(n_values):
    """Codes rise with the values; equal values share a bin; few values have one each."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, n_values, 5000) * 0.1
    x[::7] = np.nan
    codes, n_codes = bin_numbers(x)
    present = ~np.isnan(x)
    assert (codes[~present] == 0).all()
    assert codes[present].min() == 1
    assert codes.max() == n_codes - 1
    order = np.argsort(x[present], kind="stable")
    assert (np.diff(codes[present][order]) >= 0).all()
    pairs = np.unique(np.column_stack([x[present], codes[present]]), axis=0)
    assert len(pairs) == len(np.unique(x[present]))
    if n_values < 64:
        assert n_codes == len(np.unique(x[present])) + 1


def test_missing_column_has_one_bin():
    """Nothing but missing values is one bin, code 0."""
    codes, n_codes = bin_numbers(np.full(10, np.nan))
    assert n_codes == 1
    assert (codes == 0).all()


def test_levels_of_one_row_are_pooled():
    """Levels that are seen once share a code, whatever their number; so do those beyond the cap."""
    codes, n_codes = bin_categories(np.array([0, 0, 1, 2, 3, 3, 3, -1]))
    np.testing.assert_array_equal(codes, [2, 2, 1, 1, 3, 3, 3, 0])
    assert n_codes == 4
    capped, _ = bin_categories(np.array([0, 0, 1, 2, 3, 3, 3, -1]), max_levels=1)
    np.testing.assert_array_equal(capped, [1, 1, 1, 1, 2, 2, 2, 0])


def test_groups_share_folds():
    """A group's rows are in one fold, so that an identifier of it cannot remember labels."""
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 40, 400)
    y = rng.integers(0, 2, 40)[groups]
    codes, n_codes = bin_categories(groups)
    assert class_score(codes, n_codes, y, 2, random_folds(400, rng)).value > 0.99
    fold = random_folds(400, rng, groups)
    assert len(np.unique(np.column_stack([groups, fold]), axis=0)) == len(np.unique(groups))
    assert class_score(codes, n_codes, y, 2, fold).value < 0.8


def test_small_classes_are_not_judged():
    """A class of few rows is not set against the others; of two classes the last one is."""
    few, many = MIN_CLASS_ROWS - 1, MIN_CLASS_ROWS
    np.testing.assert_array_equal(judged_classes(np.array([many, many + 5])), [1])
    np.testing.assert_array_equal(judged_classes(np.array([many, few])), [])
    np.testing.assert_array_equal(judged_classes(np.array([100, few, 200])), [2, 0])


def test_standard_errors_hold():
    """The spread of scores over draws is what the standard errors say; at the limit too."""
    rng = np.random.default_rng(0)
    values, errors = [], []
    for _ in range(300):
        y = rng.integers(0, 2, 1000)
        codes, n_codes = bin_numbers(y * 1.5 + rng.normal(size=1000))
        score = class_score(codes, n_codes, y, 2, random_folds(1000, rng))
        values.append(score.value)
        errors.append(score.se)
    # The bins are learnt too, which the error of a given score leaves out.
    assert np.mean(errors) < np.std(values) < 1.3 * np.mean(errors)
    assert auc_null_se(np.mean(values), 500, 500) == pytest.approx(np.std(values), rel=0.25)
    perfect = score._replace(value=1.0, se=0.0)
    assert score_se(perfect, 0.98, True) == auc_null_se(
        0.98, perfect.n_positive, perfect.n_negative
    )
    assert score_se(perfect, 0.98, False) > 0


@pytest.mark.parametrize("n_classes", [2, 3])
def test_rare_classes_are_judged_where_that_is_asked_for(n_classes):
    """A class of 15 rows that a column tells perfectly; without it nothing, or another class."""
    y = np.r_[np.zeros(15, dtype=int), 1 + np.arange(300) % (n_classes - 1)]
    codes = 1 + (y == 0)
    fold = np.arange(len(y)) % 5
    usual = class_score(codes, 3, y, n_classes, fold)
    rare = class_score(codes, 3, y, n_classes, fold, min_rows=15)
    assert np.isnan(usual.value) if n_classes == 2 else usual.value < 0.6
    assert rare.value == 1.0
    assert min(rare.n_positive, rare.n_negative) == 15
