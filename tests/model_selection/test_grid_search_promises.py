"""What GridSearchCV and RandomizedSearchCV promise, held against MetricAlignedSearchCV in one run.

Both searches see the same estimator, grid, rows and splits. With ``decision_rule="default"`` and
``pooling="fold_mean"`` ours must give the very numbers of scikit-learn. What it gives otherwise on
purpose stands in `EXCEPTIONS`, each with a test that shows the difference.
"""

import inspect
import pickle

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from scipy import sparse
from scipy.stats import loguniform, randint
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.exceptions import FitFailedWarning, NotFittedError, UnsetMetadataPassedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression, Perceptron, Ridge, SGDClassifier
from sklearn.metrics import accuracy_score, f1_score, fbeta_score, get_scorer, make_scorer
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    GroupKFold,
    KFold,
    LeaveOneGroupOut,
    PredefinedSplit,
    RandomizedSearchCV,
    RepeatedStratifiedKFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    TimeSeriesSplit,
    cross_val_predict,
    cross_val_score,
    cross_validate,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import get_tags

from sklearn_lossfix import MetricAlignedSearchCV
from sklearn_lossfix.exceptions import LossfixWarning

# {promise: why it is not kept}. `test_exception_<promise>` shows that the difference is there.
EXCEPTIONS = {
    "training_scores": (
        "No return_train_score: the workers send back scores of validation rows only, and "
        "diagnose() compares training and validation."
    ),
    "pre_dispatch": "joblib hands out tasks as they are taken; there is no copy of X to limit.",
    "pooled_mean": (
        "mean_test_score comes from the counts of all rows, or bootstrap samples of them: means of "
        "ratios over splits are biased. pooling='fold_mean' gives the mean of the splits."
    ),
    "default_scoring": "Nothing said means balanced accuracy, not what the estimator's score is.",
    "shuffled_folds": (
        "Folds by number are shuffled: sorted rows would otherwise make folds that differ. A "
        "splitter is taken as it is."
    ),
    "default_cv": "cv=None is fewer than five folds where a class has fewer rows.",
    "several_metrics_without_a_choice": (
        "The rule is chosen for one metric, so refit must name it; a callable goes to select."
    ),
    "best_score_of_callable_refit": "best_score_ is there also where a callable chose.",
    "callable_may_be_asked_twice": (
        "If the tuned rule of the choice does not prove itself, candidates are compared by the "
        "default rule, and the callable is asked again with that table. It is the one kept."
    ),
    "boolean_index": "True is no number of a candidate.",
    "failed_split": (
        "A rule needs scores in every split, so a candidate that fails in one has error_score in "
        "all of them."
    ),
    "undefined_everywhere": "If all means are NaN there is no best candidate: an error.",
    "weights_in_scores": (
        "sample_weight weighs rows in every metric, also with metadata routing on, where "
        "scikit-learn asks each scorer for a request."
    ),
    "consumer_of_metadata": (
        "The search uses sample_weight and groups itself (metrics, rule, bootstrap samples), so a "
        "caller that routes metadata must be told that the search asks for them."
    ),
    "groups_without_a_splitter": (
        "Groups are kept together by folds by number and by bootstrap samples, where scikit-learn "
        "ignores them or refuses them."
    ),
    "labels_follow_scores": (
        "Labels are a rule on scores and never the estimator's own predict: a threshold inside of "
        "it is not seen, and an SVC of several classes is one with break_ties=True."
    ),
    "one_kind_of_scores": (
        "All candidates are asked for the scores that the given estimator has; one without them "
        "fails."
    ),
    "estimator_with_scores": "The estimator that is given must have probabilities or decisions.",
    "scorers_see_scores": (
        "A callable scorer is given recorded scores and labels in the shape of a classifier, not "
        "the fitted model, which stays in the worker."
    ),
    "dict_of_scores": "A callable gives one number; several metrics are a list or a dict.",
    "scorers_are_made_anew": "Fitted objects hold no scorers: scorer_ is made when asked for.",
    "classifiers_only": "There is no rule from scores to labels without labels.",
    "classes_without_refit": "classes_ is there also with refit=False.",
    "random_state": "A seed is an integer: a RandomState would give other folds in every fit.",
}

CV = StratifiedKFold(3)
GRID = {"C": [0.01, 1.0, 0.1]}
TABLE = "mean_fit_time std_fit_time mean_score_time std_score_time".split()


@pytest.fixture(scope="module")
def rare():
    """Two classes, one of them rare: 180 rows and five features."""
    return make_classification(
        n_samples=180, n_features=5, weights=[0.75], flip_y=0.2, class_sep=0.6, random_state=2
    )


@pytest.fixture(scope="module")
def three():
    """Three classes."""
    return make_classification(
        n_samples=180, n_features=5, n_classes=3, n_informative=4, n_redundant=0, random_state=0
    )


@pytest.fixture(scope="module")
def groups():
    """Fifteen groups of twelve rows, mixed."""
    return np.random.default_rng(0).permutation(np.arange(180) % 15)


@pytest.fixture(scope="module")
def weight():
    """Weights of the rows."""
    return np.random.default_rng(1).uniform(0.5, 2, 180)


def aligned(estimator=None, grid=None, **params):
    """Our search, with few bootstrap samples."""
    params = {"cv": CV, "random_state": 0, "n_bootstrap": 10, **params}
    return MetricAlignedSearchCV(
        LogisticRegression() if estimator is None else estimator,
        GRID if grid is None else grid,
        **params,
    )


def as_grid_search(estimator=None, grid=None, *, scoring="accuracy", **params):
    """Our search, set up to do what GridSearchCV does."""
    params = {"decision_rule": "default", "pooling": "fold_mean", **params}
    return aligned(estimator, grid, scoring=scoring, **params)


def grid_search(estimator=None, grid=None, **params):
    """GridSearchCV of the same."""
    params = {"cv": CV, "scoring": "accuracy", **params}
    return GridSearchCV(
        LogisticRegression() if estimator is None else estimator,
        GRID if grid is None else grid,
        **params,
    )


def assert_same_search(ours, theirs):
    """All that both promise is equal: the table, the choice, and what is computed from it."""
    for key, column in theirs.cv_results_.items():
        if key.endswith("_time"):
            continue
        mine = ours.cv_results_[key]
        if key == "params":
            assert list(map(str, mine)) == list(map(str, column))
        elif key.startswith("param_"):
            assert isinstance(mine, np.ma.MaskedArray)
            assert mine.dtype == column.dtype
            np.testing.assert_array_equal(np.ma.getmaskarray(mine), np.ma.getmaskarray(column))
            assert list(map(str, mine.compressed())) == list(map(str, column.compressed()))
        else:
            assert mine.dtype == column.dtype
            np.testing.assert_allclose(mine, column, rtol=1e-12, atol=1e-14, err_msg=key)
    assert ours.best_index_ == theirs.best_index_
    assert str(ours.best_params_) == str(theirs.best_params_)
    assert ours.n_splits_ == theirs.n_splits_
    assert ours.multimetric_ == theirs.multimetric_
    if hasattr(theirs, "best_score_"):
        np.testing.assert_allclose(ours.best_score_, theirs.best_score_, rtol=1e-12)


def split_mean(table, name, n_splits=3):
    """Mean over the splits of a score."""
    return np.mean([table[f"split{k}_test_{name}"] for k in range(n_splits)], axis=0)


class Failing(LogisticRegression):
    """A logistic regression that fails where C is 13, or 7 and the first row is negative."""

    def fit(self, X, y, sample_weight=None):
        """Fail, or fit."""
        if self.C == 13 or (self.C == 7 and X[0, 0] < 0):
            raise RuntimeError("no luck")
        return super().fit(X, y, sample_weight)


class Doubling(ClassifierMixin, TransformerMixin, BaseEstimator):
    """A classifier that also transforms, and back."""

    def __init__(self, C=1.0, factor=2.0):
        self.C = C
        self.factor = factor

    def fit(self, X, y):
        """Fit the classifier."""
        self.model_ = LogisticRegression(C=self.C).fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X):
        """Predict labels."""
        return self.model_.predict(X)

    def predict_proba(self, X):
        """Predict probabilities."""
        return self.model_.predict_proba(X)

    def transform(self, X):
        """Multiply."""
        return self.factor * X

    def inverse_transform(self, X):
        """Divide."""
        return X / self.factor

    def get_feature_names_out(self, input_features=None):
        """Name what `transform` gives."""
        return np.array([f"x{k}" for k in range(5)], dtype=object)


# --- the numbers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("estimator", "grid"),
    [
        (LogisticRegression(), GRID),
        (SVC(break_ties=True), {"C": [0.1, 1.0], "gamma": ["scale", 1.0]}),
        (GaussianNB(), {"var_smoothing": [1e-9, 1e-1]}),
        (DecisionTreeClassifier(random_state=0), {"max_depth": [1, 3, None]}),
        (RandomForestClassifier(random_state=0), {"n_estimators": [3, 7], "max_depth": [1, 3]}),
        (KNeighborsClassifier(), {"n_neighbors": [1, 4, 5]}),
        (Perceptron(random_state=0), {"penalty": [None, "l2"]}),
        (
            make_pipeline(StandardScaler(), LogisticRegression()),
            {"standardscaler__with_mean": [True, False], "logisticregression__C": [0.1, 1.0]},
        ),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("data", ["rare", "three"])
@pytest.mark.parametrize("scoring", ["accuracy", "f1_macro"])
def test_same_numbers_as_grid_search(estimator, grid, data, scoring, request):
    """Splits, means, deviations, ranks, choice and labels of the default rule are the same."""
    X, y = request.getfixturevalue(data)
    ours = as_grid_search(estimator, grid, scoring=scoring).fit(X, y)
    theirs = grid_search(estimator, grid, scoring=scoring).fit(X, y)
    assert_same_search(ours, theirs)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    np.testing.assert_allclose(ours.score(X, y), theirs.score(X, y), rtol=1e-12)


@pytest.mark.parametrize(
    "scoring",
    [
        "balanced_accuracy",
        "f1",
        "precision",
        "recall_weighted",
        "jaccard",
        "matthews_corrcoef",
        "roc_auc",
        "average_precision",
        "neg_log_loss",
        "neg_brier_score",
        "neg_mean_squared_error",
        make_scorer(fbeta_score, beta=2),
        make_scorer(lambda y, pred: np.mean(y == pred) - np.mean(pred)),
        lambda estimator, X, y: -np.abs(estimator.predict_proba(X)[:, 1] - y).max(),
    ],
    ids=lambda scoring: scoring if isinstance(scoring, str) else None,
)
def test_same_numbers_for_every_kind_of_metric(rare, scoring):
    """Label metrics, rankings, losses, scorers of functions and plain callables agree."""
    ours = as_grid_search(scoring=scoring, pos_label=1).fit(*rare)
    theirs = grid_search(scoring=scoring).fit(*rare)
    assert_same_search(ours, theirs)
    np.testing.assert_allclose(ours.score(*rare), theirs.score(*rare), rtol=1e-12)


def test_pooled_default_rule_is_the_metric_of_cross_val_predict(rare):
    """Pooled, the mean column is the metric of all rows, which for accuracy weighs the splits."""
    X, y = rare
    for scoring, metric in (("accuracy", accuracy_score), ("f1", f1_score)):
        table = as_grid_search(scoring=scoring, pooling="pooled").fit(X, y).cv_results_
        for params, mean in zip(table["params"], table["mean_test_score"], strict=True):
            pred = cross_val_predict(LogisticRegression(**params), X, y, cv=CV)
            np.testing.assert_allclose(mean, metric(y, pred), rtol=1e-12)


def test_split_columns_at_the_default_rule_are_grid_searchs_own(rare):
    """A search that tunes rules still tells, next to its own columns, what GridSearchCV would."""
    ours = aligned(scoring="f1", pooling="fold_mean").fit(*rare).cv_results_
    theirs = grid_search(scoring="f1").fit(*rare).cv_results_
    for key in theirs:
        if "test_score" in key:
            mine = ours[key.replace("test_score", "test_score_at_default_rule")]
            np.testing.assert_allclose(mine, theirs[key], rtol=1e-12)


@pytest.mark.parametrize(
    ("rule", "scoring"), [("default", "accuracy"), ("tune", "f1"), ("auto", "f1")]
)
def test_the_mean_of_the_splits_is_the_mean(rare, rule, scoring):
    """With pooling="fold_mean" every mean and deviation is that of the splits."""
    table = aligned(
        decision_rule=rule,
        scoring={"a": scoring, "b": "roc_auc", "c": "recall"},
        refit="a",
        pooling="fold_mean",
        selection_metric="neg_log_loss",
        pos_label=1,
    ).fit(*rare)
    table = table.cv_results_
    for name in ("a", "b", "c", "a_at_default_rule", "selection_metric"):
        splits = [table[f"split{k}_test_{name}"] for k in range(3)]
        np.testing.assert_allclose(table[f"mean_test_{name}"], np.mean(splits, axis=0))
        np.testing.assert_allclose(table[f"std_test_{name}"], np.std(splits, axis=0))


# --- the table ------------------------------------------------------------------------------------


def test_table_has_all_columns_in_scikit_learns_order(rare):
    """Ours begins with theirs, one entry a candidate, times positive."""
    ours, theirs = (s.fit(*rare).cv_results_ for s in (aligned(), grid_search()))
    assert list(ours)[: len(theirs)] == list(theirs)
    assert all(len(column) == 3 for column in ours.values())
    assert isinstance(ours["params"], list)
    for key in TABLE:
        assert ours[key].dtype == theirs[key].dtype
        assert (ours[key] >= 0).all()
    assert (ours["mean_fit_time"] > 0).all()
    assert pd.DataFrame(ours).shape == (3, len(ours))


def test_masked_columns_of_a_list_of_grids(rare):
    """Parameters that a candidate does not set are masked; dtypes are those of GridSearchCV."""
    grid = [
        {"kernel": ["linear"], "C": np.logspace(-1, 0, 2)},
        {"kernel": ["rbf"], "gamma": ["scale", 0.5], "shrinking": [True, False]},
        {"degree": np.arange(2, 4), "cache_size": [100, 200.5], "class_weight": [None, {0: 2}]},
    ]
    ours = as_grid_search(SVC(), grid).fit(*rare)
    assert_same_search(ours, grid_search(SVC(), grid).fit(*rare))
    kinds = {k: v.dtype.kind for k, v in ours.cv_results_.items() if k.startswith("param_")}
    assert kinds == {
        "param_C": "f",
        "param_kernel": "O",
        "param_gamma": "O",
        "param_shrinking": "b",
        "param_degree": "i",
        "param_cache_size": "f",
        "param_class_weight": "O",
    }


def test_ties_share_the_least_rank(rare):
    """Equal candidates have the same rank, the next one counts them, and the first one wins."""
    grid = {"var_smoothing": [1e-9, 1e-9, 1e3, 1e-9]}
    ours = as_grid_search(GaussianNB(), grid).fit(*rare)
    assert_same_search(ours, grid_search(GaussianNB(), grid).fit(*rare))
    assert ours.cv_results_["rank_test_score"].tolist() == [1, 1, 4, 1]
    assert ours.best_index_ == 0


def test_candidates_that_failed_share_the_last_rank(rare):
    """NaN is worse than any number, as in scikit-learn."""
    grid = {"C": [13, 0.1, 13, 1.0]}
    with pytest.warns(FitFailedWarning):
        ours = as_grid_search(Failing(), grid).fit(*rare)
    with pytest.warns(match="failed|non-finite"):
        theirs = grid_search(Failing(), grid).fit(*rare)
    assert_same_search(ours, theirs)
    assert sorted(ours.cv_results_["rank_test_score"]) == [1, 2, 3, 3]


@pytest.mark.parametrize(
    ("params", "kind"),
    [
        ({"scoring": "f1", "decision_rule": "tune"}, "threshold"),
        ({"scoring": "accuracy"}, "argmax"),
        ({"decision_rule": "default"}, "argmax"),
    ],
)
@pytest.mark.parametrize("pooling", ["pooled", "fold_mean"])
def test_best_is_what_the_table_says(rare, params, kind, pooling):
    """Index, parameters and score are one row of the table, whether or not the rule was kept."""
    model = aligned(pooling=pooling, **params).fit(*rare)
    table = model.cv_results_
    assert model.decision_rule_.kind == kind
    assert model.best_index_ == np.argmax(table["mean_test_score"])
    assert table["rank_test_score"][model.best_index_] == 1
    assert model.best_params_ == table["params"][model.best_index_]
    assert model.best_score_ == table["mean_test_score"][model.best_index_]
    assert model.best_estimator_.C == model.best_params_["C"]
    for key in ("mean", "split0", "rank"):
        # Where the guard rejects a tuned rule, candidates are compared by the default one.
        same = table[f"{key}_test_score"] == table[f"{key}_test_score_at_default_rule"]
        assert key == "rank" or same.all() == (kind == "argmax")


def test_random_search_draws_what_scikit_learn_draws(rare):
    """Same seed, same candidates, from distributions and lists; the same numbers follow."""
    space = [
        {"C": loguniform(1e-3, 1e2), "fit_intercept": [True, False]},
        {"max_iter": randint(60, 90)},
    ]
    ours = as_grid_search(grid=space, search="random", n_iter=6, random_state=3).fit(*rare)
    theirs = RandomizedSearchCV(
        LogisticRegression(), space, n_iter=6, random_state=3, cv=CV, scoring="accuracy"
    ).fit(*rare)
    assert ours.cv_results_["params"] == theirs.cv_results_["params"]
    assert_same_search(ours, theirs)


def test_random_search_of_lists_draws_without_repeats(rare):
    """A list holds no more than it holds: scikit-learn's warning, and all of it."""
    with pytest.warns(UserWarning, match="smaller than n_iter"):
        model = aligned(search="random", n_iter=9).fit(*rare)
    assert model.cv_results_["params"] == [{"C": c} for c in GRID["C"]]


@pytest.mark.parametrize(
    ("grid", "error"),
    [
        ([], ValueError),
        ({"C": []}, ValueError),
        ({"C": 1.0}, TypeError),
        ({"solver": "lbfgs"}, TypeError),
        ({"nothing": [1]}, ValueError),
        ("C", ValueError),
    ],
)
def test_wrong_grids_are_refused_by_both(rare, grid, error):
    """A grid that is none is an error of the same kind."""
    for search in (aligned(), grid_search()):
        with pytest.raises(error):
            search.set_params(param_grid=grid).fit(*rare)


def test_an_empty_grid_is_one_candidate(rare):
    """Nothing to search is the estimator as it is."""
    ours = as_grid_search(grid={}).fit(*rare)
    assert_same_search(ours, grid_search(grid={}).fit(*rare))
    assert ours.cv_results_["params"] == [{}]


# --- refit ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("refit", [True, "score", "any name"])
def test_refit_fits_the_winner_on_all_rows(rare, refit):
    """With one metric a name means yes; time is told."""
    ours = as_grid_search(refit=refit).fit(*rare)
    theirs = grid_search(refit=refit).fit(*rare)
    np.testing.assert_array_equal(ours.best_estimator_.coef_, theirs.best_estimator_.coef_)
    assert ours.best_estimator_ is ours.estimator_
    assert ours.refit_time_ > 0


def test_without_refit_the_table_and_the_choice_remain(rare):
    """Nothing predicts, but best_index_, best_params_ and best_score_ are there."""
    ours, theirs = as_grid_search(refit=False).fit(*rare), grid_search(refit=False).fit(*rare)
    assert_same_search(ours, theirs)
    for name in ("best_estimator_", "refit_time_", "n_features_in_", "predict", "transform"):
        assert not hasattr(ours, name)
        assert not hasattr(theirs, name)
    for search in (ours, theirs):
        with pytest.raises(AttributeError, match=r"refit=False|has no attribute 'score'"):
            search.score(*rare)


@pytest.mark.parametrize("name", ["refit", "select"])
def test_a_callable_chooses_from_the_table(rare, name):
    """It is given the table that is kept, and what it says is done."""
    seen = []

    def last_of_the_best(table):
        seen.append(table)
        return int(np.flatnonzero(table["rank_test_score"] <= 2)[-1])

    ours = as_grid_search(**{name: last_of_the_best}).fit(*rare)
    theirs = grid_search(refit=last_of_the_best).fit(*rare)
    assert_same_search(ours, theirs)
    for key, column in seen[0].items():
        np.testing.assert_array_equal(column, ours.cv_results_[key])
    assert ours.best_estimator_.C == theirs.best_estimator_.C


@pytest.mark.parametrize("index", [3, -1, 1.0, "0", None])
def test_a_callable_that_names_no_candidate_is_refused(rare, index):
    """Wrong types and indices out of range raise what scikit-learn raises, in its words."""
    messages = []
    for search in (aligned(), grid_search()):
        with pytest.raises((TypeError, IndexError), match="best_index_") as caught:
            search.set_params(refit=lambda table: index).fit(*rare)
        messages.append((caught.type, str(caught.value)))
    assert messages[0] == messages[1]


def test_a_callable_may_return_a_numpy_integer(rare):
    """An index out of NumPy is an index."""
    for kind in (np.int64, np.int32, np.uint8):
        assert aligned(refit=lambda table, kind=kind: kind(1)).fit(*rare).best_index_ == 1


# --- several metrics ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scoring", "refit"),
    [
        (["accuracy", "roc_auc"], "accuracy"),
        (("f1", "accuracy", "neg_log_loss"), "f1"),
        ({"a": "accuracy", "b": "roc_auc", "c": make_scorer(f1_score)}, "c"),
        ({"a": "accuracy", "b": "roc_auc"}, "b"),
        ({"only": "accuracy"}, "only"),
    ],
)
def test_several_metrics(rare, scoring, refit):
    """All are reported under their names, and the one that refit names chooses."""
    ours = as_grid_search(scoring=scoring, refit=refit, pos_label=1).fit(*rare)
    theirs = grid_search(scoring=scoring, refit=refit).fit(*rare)
    assert_same_search(ours, theirs)
    assert ours.multimetric_
    assert set(ours.scorer_) == set(theirs.scorer_)
    np.testing.assert_allclose(ours.score(*rare), theirs.score(*rare), rtol=1e-12)
    for name, scorer in theirs.scorer_.items():
        value = ours.scorer_[name](ours, *rare)
        np.testing.assert_allclose(value, scorer(ours.best_estimator_, *rare), rtol=1e-12)


def test_metrics_beside_the_chosen_one_judge_the_same_labels(rare):
    """With a tuned rule the other label metrics judge its labels, rankings the scores."""
    model = aligned(scoring=["f1", "accuracy", "roc_auc"], refit="f1", pooling="fold_mean")
    table = model.fit(*rare).cv_results_
    theirs = grid_search(scoring=["f1", "accuracy", "roc_auc"], refit="f1").fit(*rare).cv_results_
    np.testing.assert_allclose(table["mean_test_roc_auc"], theirs["mean_test_roc_auc"])
    assert (table["mean_test_accuracy"] != theirs["mean_test_accuracy"]).any()
    best = model.best_index_
    recorded = model.oof_
    for k in range(3):
        keep = recorded["split"] == k
        expected = accuracy_score(recorded["y"][keep], recorded["pred"][keep])
        np.testing.assert_allclose(table[f"split{k}_test_accuracy"][best], expected)


# --- failures -------------------------------------------------------------------------------------


@pytest.mark.parametrize("error_score", [np.nan, 0.0, -1])
def test_error_score_stands_for_a_failed_candidate(rare, error_score):
    """In every split and in the mean; the warning counts the fits and shows the error."""
    grid = {"C": [0.1, 13]}
    with pytest.warns(FitFailedWarning, match=r"(?s)3 fits failed out of a total of 6.*no luck"):
        ours = as_grid_search(Failing(), grid, error_score=error_score).fit(*rare)
    with pytest.warns(match="failed|non-finite"):
        theirs = grid_search(Failing(), grid, error_score=error_score).fit(*rare)
    assert_same_search(ours, theirs)


def test_error_score_raise_raises_what_the_fit_raised(rare):
    """The user's own exception, of its own type."""
    for search in (aligned, grid_search):
        with pytest.raises(RuntimeError, match="no luck"):
            search(Failing(), {"C": [0.1, 13]}, error_score="raise").fit(*rare)


@pytest.mark.parametrize("error_score", [np.nan, 0.0])
def test_if_all_fits_fail_there_is_no_search(rare, error_score):
    """One message counts the fits and shows what went wrong."""
    for search in (aligned, grid_search):
        with pytest.raises(ValueError, match=r"(?s)All the 6 fits failed.*no luck"):
            search(Failing(), {"C": [13, 13.0]}, error_score=error_score).fit(*rare)


def test_a_value_that_the_estimator_refuses_is_a_failed_fit(rare):
    """Invalid values of parameters are found by the estimator, candidate by candidate."""
    with pytest.warns(FitFailedWarning, match="'C' parameter"):
        ours = as_grid_search(grid={"C": [-1.0, 1.0]}).fit(*rare)
    assert np.isnan(ours.cv_results_["mean_test_score"]).tolist() == [True, False]
    with pytest.raises(ValueError, match="error_score"):
        aligned(error_score="ignore").fit(*rare)


# --- data -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make_X", "make_y"),
    [
        (np.ndarray.tolist, np.ndarray.tolist),
        (pd.DataFrame, pd.Series),
        (lambda X: pd.DataFrame(X, index=np.arange(180)[::-1]), pd.Series),
        (sparse.csr_matrix, np.asarray),
        (sparse.csc_array, np.asarray),
        (lambda X: X.astype(np.float32), lambda y: y.astype(bool)),
    ],
)
def test_containers(rare, make_X, make_y):
    """Lists, frames, sparse matrices and other dtypes give GridSearchCV's numbers."""
    X, y = make_X(rare[0]), make_y(rare[1])
    ours, theirs = as_grid_search().fit(X, y), grid_search().fit(X, y)
    assert_same_search(ours, theirs)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    assert ours.n_features_in_ == theirs.n_features_in_ == 5


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_frames_with_names(rare, frame):
    """Names of columns are kept, and a frame with other ones refused, as the estimator does."""
    X = frame({f"c{k}": column for k, column in enumerate(rare[0].T)})
    y = (pd.Series if frame is pd.DataFrame else pl.Series)(rare[1])
    ours = as_grid_search().fit(X, y)
    alone = LogisticRegression().fit(X, rare[1])
    theirs = grid_search().fit(*rare)
    assert_same_search(ours, theirs)
    np.testing.assert_allclose(ours.score(X, y), theirs.score(*rare))
    other = frame({f"d{k}": column for k, column in enumerate(rare[0].T)})
    if hasattr(alone, "feature_names_in_"):  # not of a polars frame by an older scikit-learn
        assert ours.feature_names_in_.tolist() == [f"c{k}" for k in range(5)]
        with pytest.raises(ValueError, match="feature names"):
            ours.predict(other)


def test_documents(rare):
    """X need not be numbers: what the first step takes is taken."""
    docs = ["ham and eggs" if label else "spam" for label in rare[1]]
    docs[:9] = ["ham"] * 9
    estimator = make_pipeline(CountVectorizer(), LogisticRegression())
    grid = {"logisticregression__C": [0.1, 1.0]}
    ours = as_grid_search(estimator, grid).fit(docs, rare[1])
    assert_same_search(ours, grid_search(estimator, grid).fit(docs, rare[1]))
    assert not hasattr(ours, "n_features_in_")


@pytest.mark.parametrize(
    "estimator", [SVC(kernel="precomputed"), KNeighborsClassifier(metric="precomputed")]
)
def test_kernels_and_distances(rare, estimator):
    """Square inputs are cut on both sides; new rows have a column per training row."""
    K = rbf_kernel(rare[0])
    if isinstance(estimator, KNeighborsClassifier):
        K, grid = np.abs(1 - K), {"n_neighbors": [1, 5]}
    else:
        grid = {"C": [0.1, 1.0]}
    ours = as_grid_search(estimator, grid).fit(K, rare[1])
    theirs = grid_search(estimator, grid).fit(K, rare[1])
    assert_same_search(ours, theirs)
    assert get_tags(ours).input_tags.pairwise
    np.testing.assert_array_equal(ours.predict(K[:9]), theirs.predict(K[:9]))
    ensemble = aligned(estimator, grid, ensemble=True).fit(K, rare[1])
    assert ensemble.n_features_in_ == 180
    assert np.mean(ensemble.predict(K) == rare[1]) > 0.75


@pytest.mark.parametrize("labels", [["yes", "no"], [True, False], [-1, 1], [7, 3], [0.0, 2.0]])
def test_labels_of_any_kind(rare, labels):
    """Labels come back in their own dtype, classes_ sorted; the numbers do not change."""
    X, y = rare[0], np.array(labels)[rare[1]]
    ours, theirs = as_grid_search().fit(X, y), grid_search().fit(X, y)
    assert_same_search(ours, theirs)
    np.testing.assert_array_equal(ours.classes_, theirs.classes_)
    assert ours.predict(X).dtype == theirs.predict(X).dtype
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))


# --- splits and metadata --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cv",
    [
        CV,
        KFold(4),
        RepeatedStratifiedKFold(n_splits=2, n_repeats=2, random_state=0),
        TimeSeriesSplit(3),
        PredefinedSplit(np.arange(180) % 4 - 1),
        list(StratifiedKFold(4).split(np.zeros((180, 1)), np.arange(180) % 2)),
    ],
    ids=lambda cv: type(cv).__name__,
)
def test_splitters(rare, cv):
    """Partitions, repeats, rows that are never judged and lists of splits are taken as they are."""
    ours, theirs = as_grid_search(cv=cv).fit(*rare), grid_search(cv=cv).fit(*rare)
    assert_same_search(ours, theirs)


def test_a_generator_of_splits(rare):
    """It is used up once, as by scikit-learn."""
    ours = as_grid_search(cv=CV.split(*rare)).fit(*rare)
    assert_same_search(ours, grid_search(cv=CV.split(*rare)).fit(*rare))


@pytest.mark.parametrize("number", [2, np.int64(4)])
def test_folds_by_number(rare, number):
    """An integer is that many folds."""
    assert aligned(cv=number).fit(*rare).n_splits_ == number


@pytest.mark.parametrize("cv", [GroupKFold(3), StratifiedGroupKFold(3), LeaveOneGroupOut()])
def test_groups_reach_the_splitter(rare, groups, cv):
    """Given to fit, needed by it, and missed where they are not given."""
    ours = as_grid_search(cv=cv).fit(*rare, groups=groups)
    assert_same_search(ours, grid_search(cv=cv).fit(*rare, groups=groups))
    messages = []
    for search in (aligned(cv=cv), grid_search(cv=cv)):
        # The words are the splitter's, of which a few are clearer than others.
        with pytest.raises((ValueError, TypeError), match=r"groups|0-d array") as caught:
            search.fit(*rare)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


def test_fit_parameters_are_cut_to_the_training_rows(rare, weight):
    """A parameter with an entry a row goes to the step that it names, with the rows of the fold."""
    estimator = make_pipeline(StandardScaler(), LogisticRegression())
    grid = {"logisticregression__C": [0.1, 1.0]}
    params = {"logisticregression__sample_weight": weight}
    ours = as_grid_search(estimator, grid).fit(*rare, **params)
    theirs = grid_search(estimator, grid).fit(*rare, **params)
    assert_same_search(ours, theirs)
    coefficients = (s.best_estimator_[-1].coef_ for s in (ours, theirs))
    np.testing.assert_array_equal(*coefficients)
    for search in (aligned(), grid_search()):
        with pytest.raises(ValueError, match=r"(?s)All the.*unexpected"):
            search.fit(*rare, nothing=1)


@pytest.mark.parametrize("scoring", ["accuracy", "f1", "roc_auc", "neg_log_loss"])
def test_weights_reach_every_fit_and_every_score(rare, weight, scoring):
    """sample_weight by name, as an array, a Series or a list: GridSearchCV's numbers."""
    theirs = grid_search(scoring=scoring).fit(*rare, sample_weight=weight)
    for given in (weight, pd.Series(weight), weight.tolist()):
        ours = as_grid_search(scoring=scoring, pos_label=1).fit(*rare, sample_weight=given)
        assert_same_search(ours, theirs)
        np.testing.assert_array_equal(ours.best_estimator_.coef_, theirs.best_estimator_.coef_)


def test_routing_of_weights(rare, weight):
    """With routing on, a request is followed, its absence an error, and a refusal kept to."""
    with sklearn.config_context(enable_metadata_routing=True):
        for search in (aligned(), grid_search()):
            with pytest.raises(
                UnsetMetadataPassedError, match=r"LogisticRegression\.set_fit_request"
            ):
                search.fit(*rare, sample_weight=weight)
        fitted = {
            wanted: as_grid_search(
                LogisticRegression().set_fit_request(sample_weight=wanted), {"C": [1.0]}
            ).fit(*rare, sample_weight=weight)
            for wanted in (True, False)
        }
        with pytest.raises(TypeError, match="nothing"):
            aligned().fit(*rare, nothing=weight)
    for wanted, model in fitted.items():
        alone = LogisticRegression().fit(*rare, sample_weight=weight if wanted else None)
        np.testing.assert_array_equal(model.best_estimator_.coef_, alone.coef_)


def test_routing_of_groups(rare, groups, weight):
    """With routing on, groups go to the splitter and weights to the step that asks."""
    with sklearn.config_context(enable_metadata_routing=True):
        ours = as_grid_search(cv=GroupKFold(3)).fit(*rare, groups=groups)
        assert_same_search(ours, grid_search(cv=GroupKFold(3)).fit(*rare, groups=groups))
        pipeline = make_pipeline(
            StandardScaler().set_fit_request(sample_weight=False),
            LogisticRegression().set_fit_request(sample_weight=True),
        )
        grid = {"logisticregression__C": [1.0]}
        model = aligned(pipeline, grid, cv=GroupKFold(3))
        model.fit(*rare, groups=groups, sample_weight=weight)
    alone = make_pipeline(StandardScaler(), LogisticRegression())
    alone.fit(*rare, logisticregression__sample_weight=weight)
    np.testing.assert_array_equal(model.best_estimator_[-1].coef_, alone[-1].coef_)
    np.testing.assert_array_equal(np.sort(np.unique(model.oof_group_)), np.arange(15))


# --- an estimator among estimators ----------------------------------------------------------------


def test_nested_in_cross_validation(rare, groups):
    """Scores of a nested search are GridSearchCV's; return_estimator gives fitted searches."""
    ours = cross_validate(as_grid_search(), *rare, cv=3, return_estimator=True)
    theirs = cross_validate(grid_search(), *rare, cv=3)
    np.testing.assert_allclose(ours["test_score"], theirs["test_score"], rtol=1e-12)
    assert all(hasattr(model, "best_params_") for model in ours["estimator"])
    ranked = cross_val_score(aligned(), *rare, cv=GroupKFold(3), groups=groups, scoring="roc_auc")
    assert ranked.shape == (3,)


def test_nested_in_a_search(rare):
    """Our own parameters and those of the estimator inside are searched from outside."""
    outer = {"select": ["best", "one_se"], "estimator__fit_intercept": [True, False]}
    model = GridSearchCV(aligned(cv=2), outer, cv=2).fit(*rare)
    assert len(model.cv_results_["params"]) == 4
    assert set(model.best_params_) == set(outer)
    inside = aligned(
        GridSearchCV(LogisticRegression(), GRID, cv=2), {"scoring": ["f1", "accuracy"]}
    )
    assert inside.fit(*rare).best_estimator_.best_params_["C"] in GRID["C"]


def test_nested_in_a_pipeline(rare):
    """As the last step it predicts; as an earlier one it transforms."""
    X, y = rare
    model = make_pipeline(StandardScaler(), as_grid_search()).fit(X, y)
    same = make_pipeline(StandardScaler(), grid_search()).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), same.predict(X))
    np.testing.assert_allclose(model.score(X, y), same.score(X, y), rtol=1e-12)
    model.set_params(metricalignedsearchcv__estimator__C=3.0)
    first = aligned(LinearDiscriminantAnalysis(), {"tol": [1e-4, 1e-3]})
    chained = make_pipeline(first, LogisticRegression()).fit(X, y)
    assert chained[-1].n_features_in_ == 1


@pytest.mark.parametrize("estimator", [LogisticRegression(), SVC()])
def test_nested_in_meta_estimators(rare, weight, estimator):
    """Calibrated and voted on, weighted or not, it is a classifier like any other."""
    X, y = rare
    search = aligned(estimator)
    for params in ({}, {"sample_weight": weight}):
        proba = CalibratedClassifierCV(search, cv=3).fit(X, y, **params).predict_proba(X)
        np.testing.assert_allclose(proba.sum(axis=1), 1)
    voted = VotingClassifier([("a", search), ("b", GaussianNB())]).fit(X, y)
    assert voted.score(X, y) > 0.5


def test_parameters_round_trip(rare):
    """get_params, set_params and clone as for every estimator; fit changes none of them."""
    model = aligned(estimator=LogisticRegression(C=3.0), scoring="f1", ensemble=True)
    params = model.get_params()
    assert {"estimator__C", "param_grid", "scoring", "cv", "refit"} <= set(params)
    copy = clone(model)
    assert {k: str(v) for k, v in copy.get_params().items()} == {
        k: str(v) for k, v in params.items()
    }
    assert model.set_params(estimator__C=2.0, refit=False) is model
    assert (model.estimator.C, model.refit) == (2.0, False)
    before = {k: id(v) for k, v in copy.get_params(deep=False).items()}
    copy.fit(*rare)
    assert {k: id(v) for k, v in copy.get_params(deep=False).items()} == before
    assert not hasattr(copy.estimator, "coef_")
    for name in inspect.signature(GridSearchCV).parameters:
        is_missing = name in ("return_train_score", "pre_dispatch")
        assert (name in model.get_params(deep=False)) != is_missing


@pytest.mark.parametrize("refit", [True, False])
def test_copies_by_pickle_and_joblib(rare, refit, tmp_path):
    """A copy predicts, scores and tells the same."""
    estimator = Pipeline([("scale", StandardScaler()), ("model", LogisticRegression())])
    grid = {"scale": [StandardScaler(), MinMaxScaler()], "model__C": [0.1, 1.0]}
    model = aligned(estimator, grid, refit=refit, scoring=make_scorer(f1_score)).fit(*rare)
    joblib.dump(model, tmp_path / "model")
    for copy in (pickle.loads(pickle.dumps(model)), joblib.load(tmp_path / "model")):
        assert str(copy.best_params_) == str(model.best_params_)
        assert copy.best_score_ == model.best_score_
        assert list(copy.cv_results_) == list(model.cv_results_)
        if refit:
            np.testing.assert_array_equal(copy.predict(rare[0]), model.predict(rare[0]))
            assert copy.score(*rare) == model.score(*rare)


def test_estimators_as_values_replace_steps(rare):
    """Steps, their absence, and parameters of what replaces them: table and choice agree."""
    estimator = Pipeline([("scale", StandardScaler()), ("model", LogisticRegression())])
    naive = GaussianNB()
    grid = [
        {"model": [LogisticRegression(), naive], "scale": [StandardScaler(), "passthrough"]},
        {"model": [KNeighborsClassifier()], "model__n_neighbors": [3, 5], "scale": [None]},
    ]
    ours = as_grid_search(estimator, grid).fit(*rare)
    assert_same_search(ours, grid_search(estimator, grid).fit(*rare))
    assert not hasattr(naive, "theta_")
    assert not hasattr(ours.best_params_["model"], "classes_")
    assert ours.best_estimator_.named_steps["model"] is not ours.best_params_["model"]


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_jobs_change_nothing(rare, backend):
    """In threads and processes the table is that of one job."""
    estimator, grid = DecisionTreeClassifier(), {"max_depth": [1, 3], "max_features": [1, None]}
    alone = aligned(estimator, grid).fit(*rare)
    with joblib.parallel_config(backend=backend):
        together = aligned(estimator, grid, n_jobs=2).fit(*rare)
    for key, column in alone.cv_results_.items():
        if not key.endswith("_time") and not key.startswith("param"):
            np.testing.assert_array_equal(together.cv_results_[key], column)


# --- delegation -----------------------------------------------------------------------------------


@pytest.mark.parametrize("ensemble", [False, True])
@pytest.mark.parametrize("data", ["rare", "three"])
def test_what_predicts_is_the_winner(ensemble, data, request):
    """Probabilities, their logarithms and decisions are those of best_estimator_."""
    X, y = request.getfixturevalue(data)
    model = aligned(ensemble=ensemble, scoring="f1_macro").fit(X, y)
    for method in ("predict_proba", "predict_log_proba", "decision_function"):
        expected = getattr(model.best_estimator_, method)(X)
        np.testing.assert_array_equal(getattr(model, method)(X), expected)
    np.testing.assert_array_equal(model.classes_, np.unique(y))
    np.testing.assert_array_equal(model.best_estimator_.classes_, model.classes_)
    assert model.n_features_in_ == 5
    assert not hasattr(model, "feature_names_in_")


@pytest.mark.parametrize(
    "estimator",
    [LogisticRegression(), SVC(), GaussianNB(), LinearDiscriminantAnalysis(), Doubling()],
)
def test_methods_are_those_of_the_estimator(rare, estimator):
    """Before and after fit, a method is there if GridSearchCV has it."""
    ours, theirs = as_grid_search(estimator, {}), grid_search(estimator, {})
    methods = "predict predict_proba predict_log_proba decision_function transform".split()
    for _ in range(2):
        for method in [*methods, "inverse_transform", "score", "score_samples"]:
            assert hasattr(ours, method) == hasattr(theirs, method), method
        ours.fit(*rare)
        theirs.fit(*rare)


def test_transform_and_back(rare):
    """Both go to the winner."""
    X, y = rare
    model = aligned(Doubling(), {"factor": [4.0]}).fit(X, y)
    np.testing.assert_array_equal(model.transform(X), 4 * X)
    np.testing.assert_array_equal(model.inverse_transform(model.transform(X)), X)


def test_set_output_of_the_estimator_is_kept(rare):
    """What the estimator was told to put out comes out of the search."""
    estimator = Doubling().set_output(transform="pandas")
    for search in (aligned(estimator, {}), grid_search(estimator, {})):
        frame = search.fit(*rare).transform(rare[0])
        assert list(frame.columns) == [f"x{k}" for k in range(5)]
        assert not hasattr(search, "set_output")
    pipeline = make_pipeline(StandardScaler(), aligned()).set_output(transform="pandas")
    assert pipeline.fit(*rare)[0].transform(rare[0]).shape == (180, 5)


def test_nothing_predicts_before_fit(rare):
    """NotFittedError says so, from every method that the estimator has."""
    model = aligned(Doubling(), {})
    for method in ("predict", "predict_proba", "transform", "inverse_transform"):
        with pytest.raises(NotFittedError):
            getattr(model, method)(rare[0])
    with pytest.raises(NotFittedError):
        model.score(*rare)
    for name in ("cv_results_", "best_index_", "n_splits_", "classes_", "multimetric_"):
        assert not hasattr(model, name)


@pytest.mark.parametrize("scoring", ["f1", "roc_auc", make_scorer(fbeta_score, beta=2)])
def test_score_is_the_scorer(rare, weight, scoring):
    """score gives what scorer_ gives, which is the metric of the labels that predict gives."""
    rule = "default" if scoring == "roc_auc" else "auto"
    model = aligned(scoring=scoring, decision_rule=rule, pos_label=1).fit(*rare)
    for params in ({}, {"sample_weight": weight}):
        expected = (get_scorer(scoring) if scoring in ("f1", "roc_auc") else scoring)(
            model, *rare, **params
        )
        np.testing.assert_allclose(model.scorer_(model, *rare, **params), expected, rtol=1e-12)
        np.testing.assert_allclose(model.score(*rare, **params), expected, rtol=1e-12)


# --- what is shown --------------------------------------------------------------------------------


def test_verbose_tells_how_many_fits(rare, capsys):
    """Silent by default; above 0 it begins like GridSearchCV."""
    aligned().fit(*rare)
    assert capsys.readouterr().out == ""
    for verbose in (1, True):
        aligned(verbose=verbose).fit(*rare)
        assert capsys.readouterr().out.startswith("Fitting 3 folds for each of 3 candidates")
    grid_search(verbose=1).fit(*rare)
    assert capsys.readouterr().out.startswith("Fitting 3 folds for each of 3 candidates")


def test_the_diagram_shows_the_estimator_inside(rare):
    """HTML before and after fit, with a Pipeline and estimators in the grid."""
    estimator = Pipeline([("scale", StandardScaler()), ("model", LogisticRegression())])
    model = aligned(estimator, {"model": [LogisticRegression(), GaussianNB()]})
    for diagram in (model._repr_html_(), model.fit(*rare)._repr_html_()):
        assert "MetricAlignedSearchCV" in diagram
        assert "StandardScaler" in diagram
    assert "param_grid" in repr(model)


# --- exceptions -----------------------------------------------------------------------------------


def test_every_exception_has_a_test():
    """A difference without a test, or a test without a reason, is noticed."""
    prefix = "test_exception_"
    tested = {name.removeprefix(prefix) for name in globals() if name.startswith(prefix)}
    assert tested == set(EXCEPTIONS)
    assert all(reason.endswith(".") for reason in EXCEPTIONS.values())


def test_exception_training_scores(rare):
    """No parameter, no columns."""
    with pytest.raises(TypeError, match="return_train_score"):
        aligned(return_train_score=True)
    table = aligned().fit(*rare).cv_results_
    assert not [key for key in table if "train" in key]


def test_exception_pre_dispatch():
    """No parameter."""
    with pytest.raises(TypeError, match="pre_dispatch"):
        aligned(pre_dispatch=2)


def test_exception_pooled_mean(rare):
    """The pooled F1 of unequal splits is not their mean."""
    table = as_grid_search(scoring="f1", pooling="pooled", cv=KFold(3)).fit(*rare).cv_results_
    assert (table["mean_test_score"] != split_mean(table, "score")).any()


def test_exception_default_scoring(rare):
    """Without scoring, a model that ignores the rare class is worth a half."""
    ours = as_grid_search(scoring=None, grid={"C": [1e-6]}).fit(*rare)
    assert ours.best_score_ == 0.5
    assert grid_search(scoring=None, grid={"C": [1e-6]}).fit(*rare).best_score_ > 0.7


def test_exception_shuffled_folds(rare):
    """Folds by number are those of a shuffled splitter with the seed."""
    ours = as_grid_search(cv=3, random_state=5).fit(*rare)
    shuffled = StratifiedKFold(3, shuffle=True, random_state=5)
    assert_same_search(ours, grid_search(cv=shuffled).fit(*rare))
    plain = grid_search(cv=3).fit(*rare).cv_results_["split0_test_score"]
    assert (ours.cv_results_["split0_test_score"] != plain).any()


def test_exception_default_cv(rare):
    """Three rows of a class are three folds, where scikit-learn warns and leaves folds without."""
    X, y = rare
    rows = np.r_[np.flatnonzero(y == 0)[:30], np.flatnonzero(y == 1)[:3]]
    assert aligned(cv=None).fit(X[rows], y[rows]).n_splits_ == 3
    with pytest.warns(UserWarning, match="least populated class"):
        assert grid_search(cv=None).fit(X[rows], y[rows]).n_splits_ == 5


@pytest.mark.parametrize("refit", [False, True, lambda table: 0, "nothing"])
def test_exception_several_metrics_without_a_choice(rare, refit):
    """refit must name a metric; scikit-learn also takes False and callables."""
    with pytest.raises(ValueError, match="refit must be set to the name"):
        aligned(scoring=["accuracy", "f1"], refit=refit).fit(*rare)
    if refit is False or callable(refit):
        grid_search(scoring=["accuracy", "f1"], refit=refit).fit(*rare)
    chosen = aligned(scoring=["accuracy", "f1"], refit="f1", select=lambda table: 1).fit(*rare)
    assert chosen.best_index_ == 1


def test_exception_best_score_of_callable_refit(rare):
    """The value of the chosen row."""
    ours = aligned(refit=lambda table: 1).fit(*rare)
    assert ours.best_score_ == ours.cv_results_["mean_test_score"][1]
    assert not hasattr(grid_search(refit=lambda table: 1).fit(*rare), "best_score_")


def test_exception_callable_may_be_asked_twice(rare):
    """Once with tuned values, and where the rule is rejected again with those at the default."""
    seen = []
    model = aligned(scoring="accuracy", refit=lambda table: seen.append(table) or 1).fit(*rare)
    assert model.decision_rule_.kind == "argmax"
    assert len(seen) == 2
    for name in ("mean_test_score", "rank_test_score", "split0_test_score"):
        np.testing.assert_array_equal(seen[-1][name], model.cv_results_[name])
    assert (seen[0]["mean_test_score"] != seen[1]["mean_test_score"]).any()


def test_exception_boolean_index(rare):
    """A mask or a comparison was returned by mistake."""
    with pytest.raises(TypeError, match="not an integer"):
        aligned(refit=lambda table: True).fit(*rare)
    assert grid_search(refit=lambda table: True).fit(*rare).best_index_ == 1


def test_exception_failed_split(rare):
    """One failure counts for all splits, where scikit-learn averages the rest with error_score."""
    X, y = rare[0].copy(), rare[1]
    first = [train[0] for train, _ in CV.split(X, y)]
    assert len(set(first)) == 2  # the first row leads two of three training parts
    X[:, 0] = 1.0
    X[0, 0] = -1.0
    with pytest.warns(FitFailedWarning, match="2 fits failed"):
        ours = as_grid_search(Failing(), {"C": [1.0, 7]}, error_score=0.0).fit(X, y).cv_results_
    with pytest.warns(FitFailedWarning, match="2 fits failed"):
        theirs = grid_search(Failing(), {"C": [1.0, 7]}, error_score=0.0).fit(X, y).cv_results_
    assert [ours[f"split{k}_test_score"][1] for k in range(3)] == [0, 0, 0]
    assert ours["mean_test_score"][1] == 0 < theirs["mean_test_score"][1]


@pytest.mark.filterwarnings("ignore:Only one class")
def test_exception_undefined_everywhere(rare):
    """A split of one class has no ROC AUC: scikit-learn takes the first candidate, we say so."""
    X, y = rare
    one_class = np.flatnonzero(y == 0)[:20]
    splits = [(np.setdiff1d(np.arange(180), one_class), one_class), *CV.split(X, y)]
    with pytest.raises(ValueError, match=r"all 3 are NaN.*single class"):
        as_grid_search(scoring="roc_auc", cv=splits).fit(X, y)
    with pytest.warns(UserWarning, match="non-finite"):
        assert grid_search(scoring="roc_auc", cv=splits).fit(X, y).best_index_ == 0


def test_exception_weights_in_scores(rare, weight):
    """With routing on, the split scores are weighted whatever the scorer asks for."""
    ours, theirs = {}, {}
    with sklearn.config_context(enable_metadata_routing=True):
        estimator = LogisticRegression().set_fit_request(sample_weight=True)
        for asked in (True, False):
            scorer = make_scorer(accuracy_score).set_score_request(sample_weight=asked)
            for search, tables in ((as_grid_search, ours), (grid_search, theirs)):
                model = search(estimator, scoring=scorer).fit(*rare, sample_weight=weight)
                tables[asked] = model.cv_results_["split0_test_score"]
    np.testing.assert_allclose(ours[True], theirs[True])
    np.testing.assert_array_equal(ours[True], ours[False])
    assert (theirs[True] != theirs[False]).any()


def test_exception_consumer_of_metadata(rare, groups, weight):
    """Nested with routing on, the search itself must ask for groups and weights."""
    with sklearn.config_context(enable_metadata_routing=True):
        params = {"cv": GroupKFold(3), "params": {"groups": groups}}
        cross_validate(grid_search(cv=GroupKFold(2)), *rare, **params)
        search = aligned(cv=GroupKFold(2))
        with pytest.raises(UnsetMetadataPassedError, match=r"MetricAlignedSearchCV\.fit"):
            cross_validate(search, *rare, **params)
        cross_validate(search.set_fit_request(groups=True), *rare, **params)
        params["params"] = {"groups": groups, "sample_weight": weight}
        search = aligned(LogisticRegression().set_fit_request(sample_weight=True), cv=GroupKFold(2))
        search.set_fit_request(groups=True, sample_weight=True)
        search.set_score_request(sample_weight=True)
        assert np.isfinite(cross_validate(search, *rare, **params)["test_score"]).all()


def test_exception_groups_without_a_splitter(rare, groups):
    """With cv=3 no group is in two folds, routing on or off; GridSearchCV ignores or refuses."""
    with pytest.warns(UserWarning, match="groups parameter is ignored"):
        grid_search(cv=3).fit(*rare, groups=groups)
    for routing in (False, True):
        with sklearn.config_context(enable_metadata_routing=routing):
            model = aligned(cv=3).fit(*rare, groups=groups)
        for group in range(15):
            assert len(np.unique(model.oof_split_[groups[model.oof_row_] == group])) == 1
    with sklearn.config_context(enable_metadata_routing=True):
        with pytest.raises(TypeError, match="groups"):
            grid_search(cv=3).fit(*rare, groups=groups)


def test_exception_labels_follow_scores(rare, three):
    """What predict makes of the scores changes GridSearchCV's values and none of ours."""
    estimator, grid = FixedThresholdClassifier(LogisticRegression()), {"threshold": [0.1, 0.5]}
    ours = as_grid_search(estimator, grid).fit(*rare).cv_results_["mean_test_score"]
    theirs = grid_search(estimator, grid).fit(*rare).cv_results_["mean_test_score"]
    assert ours[0] == ours[1] == theirs[1] != theirs[0]
    grid = {"break_ties": [False, True], "gamma": ["scale", 0.5, 1.0]}
    ours = as_grid_search(SVC(), grid).fit(*three).cv_results_["split0_test_score"]
    theirs = grid_search(SVC(), grid).fit(*three).cv_results_["split0_test_score"]
    np.testing.assert_array_equal(ours[:3], ours[3:])
    np.testing.assert_array_equal(ours[3:], theirs[3:])
    assert (theirs[:3] != theirs[3:]).any()


def test_exception_one_kind_of_scores(rare):
    """A candidate without probabilities fails beside ones that have them; decisions serve both."""
    estimator = SGDClassifier(loss="log_loss", random_state=0)
    grid = {"loss": ["log_loss", "hinge"]}
    with pytest.warns(FitFailedWarning, match="predict_proba"):
        ours = as_grid_search(estimator, grid).fit(*rare)
    assert np.isnan(ours.cv_results_["mean_test_score"]).tolist() == [False, True]
    by_decision = as_grid_search(estimator, grid, response_method="decision_function").fit(*rare)
    assert_same_search(by_decision, grid_search(estimator, grid).fit(*rare))


def test_exception_estimator_with_scores(rare):
    """A Pipeline whose last step is still to come is refused; GridSearchCV asks for fit only."""
    estimator = Pipeline([("scale", StandardScaler()), ("model", "passthrough")])
    grid = {"model": [LogisticRegression(), GaussianNB()]}
    with pytest.raises(ValueError, match=r"'fit' and 'predict_proba'"):
        aligned(estimator, grid).fit(*rare)
    theirs = grid_search(estimator, grid).fit(*rare)
    filled = clone(estimator).set_params(model=LogisticRegression())
    assert_same_search(as_grid_search(filled, grid).fit(*rare), theirs)


def test_exception_scorers_see_scores(rare):
    """A scorer that reads coefficients finds none; the estimator's answers are there."""

    def sparsity(estimator, X, y):
        return -np.abs(estimator.coef_).sum()

    grid_search(scoring=sparsity).fit(*rare)
    with pytest.raises(AttributeError, match="coef_"):
        as_grid_search(scoring=sparsity).fit(*rare)


def test_exception_dict_of_scores(rare):
    """A callable that returns a dict is refused."""

    def two(estimator, X, y):
        return {"a": 1.0, "b": 2.0}

    grid_search(scoring=two, refit="a").fit(*rare)
    with pytest.raises(TypeError, match="dict"):
        as_grid_search(scoring=two).fit(*rare)


def test_exception_scorers_are_made_anew(rare):
    """A recognised scorer comes back as the metric it computes; an unknown callable as it is."""
    scorer = make_scorer(f1_score)
    model = aligned(scoring=scorer).fit(*rare)
    assert model.scorer_ is not scorer
    assert "scorer_" not in vars(model)
    assert grid_search(scoring=scorer).fit(*rare).scorer_ is scorer

    def plain(estimator, X, y):
        return -np.abs(estimator.predict_proba(X)[:, 1] - y).mean()

    with pytest.warns(LossfixWarning, match="No decision rule is tuned for 'plain'"):
        assert aligned(scoring=plain).fit(*rare).scorer_ is plain


def test_exception_classifiers_only(rare):
    """Regressors and continuous targets are refused."""
    X, _ = rare
    grid_search(Ridge(), {"alpha": [1.0]}, scoring="r2", cv=KFold(3)).fit(X, X[:, 0])
    with pytest.raises(ValueError, match="predict_proba"):
        aligned(Ridge(), {"alpha": [1.0]}).fit(X, X[:, 0])
    with pytest.raises(ValueError, match="continuous"):
        aligned().fit(X, X[:, 0])
    with pytest.raises(ValueError, match="requires y"):
        aligned().fit(X, None)


def test_exception_classes_without_refit(rare):
    """The labels are known from y."""
    assert aligned(refit=False).fit(*rare).classes_.tolist() == [0, 1]
    assert not hasattr(grid_search(refit=False).fit(*rare), "classes_")


def test_exception_random_state(rare):
    """A RandomState is refused by name."""
    with pytest.raises(ValueError, match="'random_state' parameter"):
        aligned(random_state=np.random.RandomState(0)).fit(*rare)
