"""AutoBalancedClassifier among weights, groups, searches and routing, and what is kept of it."""

import json
import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import (
    brier_score_loss,
    f1_score,
    log_loss,
    precision_score,
    recall_score,
)
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_lossfix import AutoBalancedClassifier


class OnlyWeighted(LogisticRegression):
    """A logistic regression that learns nothing of the rows where they have no weights.

    So the treatment by weights is chosen, whatever it is worth for others.
    """

    def fit(self, X, y, sample_weight=None):
        """Fit; without weights on rows that are all the same."""
        return super().fit(X * 0 if sample_weight is None else X, y, sample_weight)


def balanced(estimator=None, **params):
    """The classifier with three folds and few samples, unless told otherwise."""
    params = {"cv": 3, "n_bootstrap": 10, "random_state": 0, **params}
    return AutoBalancedClassifier(
        LogisticRegression() if estimator is None else estimator, **params
    )


def weighted(**params):
    """One that chooses balanced class weights."""
    return balanced(OnlyWeighted(), strategies=["class_weight_balanced"], **params)


def assert_same_table(one, other):
    """All columns but the times are equal to the bit."""
    assert list(one.strategy_results_) == list(other.strategy_results_)
    for key, column in one.strategy_results_.items():
        if key != "fit_time":
            np.testing.assert_array_equal(column, other.strategy_results_[key], err_msg=key)


# --- weights and groups ---------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["prior", None])
def test_weights_count_like_repetitions_on_fixed_splits(rare, way):
    """Integer weights give what rows give that are repeated, without samples."""
    X, y = rare[0][:300], rare[1][:300]
    weight = np.random.default_rng(0).integers(1, 4, len(y))
    rows = np.repeat(np.arange(len(y)), weight)
    splits = list(StratifiedKFold(3).split(X, y))
    repeated = [
        (np.flatnonzero(np.isin(rows, a)), np.flatnonzero(np.isin(rows, b))) for a, b in splits
    ]
    options = {"n_bootstrap": 0, "decision_rule": "tune", "select": "best", "correct_proba": way}
    learner = LogisticRegression(tol=1e-10, max_iter=1000)
    one = balanced(learner, cv=splits, **options).fit(X, y, sample_weight=weight)
    other = balanced(learner, cv=repeated, **options).fit(X[rows], y[rows])
    assert one.best_strategy_ == other.best_strategy_
    assert one.threshold_ == pytest.approx(other.threshold_, rel=1e-6)
    np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X), rtol=1e-6)
    np.testing.assert_allclose(one.class_prior_, other.class_prior_)
    for key in ("metric", "metric_at_default_rule", "log_loss", "brier", "brier_uncorrected"):
        ours, theirs = one.strategy_results_[key], other.strategy_results_[key]
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, err_msg=key)


def test_weights_have_no_unit(rare):
    """Weights of seven everywhere are weights of one, with every treatment."""
    X, y = rare
    weight = np.random.default_rng(0).uniform(0.5, 2.0, len(y))
    one = balanced(GaussianNB(), strategies="all").fit(X, y, sample_weight=weight)
    seven = balanced(GaussianNB(), strategies="all").fit(X, y, sample_weight=7 * weight)
    assert (
        one.strategy_results_["strategy"].tolist() == seven.strategy_results_["strategy"].tolist()
    )
    for key in ("metric", "metric_low", "log_loss", "brier_uncorrected"):
        ours, theirs = one.strategy_results_[key], seven.strategy_results_[key]
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, err_msg=key)
    np.testing.assert_allclose(one.predict_proba(X), seven.predict_proba(X), atol=1e-6)


@pytest.mark.parametrize("learner", [GaussianNB(), KNeighborsClassifier()])
def test_a_class_of_no_weight_is_named(rare, learner):
    """Nothing can be learnt of a class whose rows all weigh nothing."""
    X, y = rare
    names = np.array(["usual", "fraud"])[y]
    with pytest.raises(ValueError, match="class 'fraud' have sample_weight 0"):
        balanced(learner).fit(X, names, sample_weight=(y == 0).astype(float))


def test_groups_are_never_split(rare):
    """Folds by number keep groups together, and a splitter gets them."""
    X, y = rare
    groups = np.arange(len(y)) // 4
    model = balanced(strategies=["random_over"]).fit(X, y, groups=groups)
    split_of = np.empty(len(y), dtype=int)
    split_of[model.oof_row_] = model.oof_split_
    assert all(len(set(split_of[groups == group])) == 1 for group in range(150))
    np.testing.assert_array_equal(model.oof_group_, groups[model.oof_row_])
    given = balanced(strategies=["none"], cv=GroupKFold(3)).fit(X, y, groups=groups)
    for split, (_, test) in enumerate(GroupKFold(3).split(X, y, groups)):
        np.testing.assert_array_equal(np.sort(given.oof_row_[given.oof_split_ == split]), test)
    with pytest.raises(ValueError, match="groups"):
        balanced(cv=GroupKFold(3)).fit(X, y)


def test_rows_that_are_judged_often_count_once(rare):
    """Repeated splits weigh every row by one over its number of scores."""
    X, y = rare
    cv = RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0)
    model = balanced(cv=cv).fit(X, y)
    assert len(model.oof_row_) == 2 * len(y)
    np.testing.assert_allclose(np.bincount(model.oof_row_, model.oof_weight_), 1.0)


# --- one model per fold ---------------------------------------------------------------------------


def test_ensemble_averages_the_models_of_the_folds(rare):
    """Probabilities are the mean of the fold models, then the map that was learnt."""
    X, y = rare
    splits = list(StratifiedKFold(3).split(X, y))
    model = weighted(ensemble=True, cv=splits, correct_proba="prior").fit(X, y)
    assert len(model.estimator_.estimators_) == 3
    members = []
    for train, _ in splits:
        raw = LogisticRegression(class_weight="balanced").fit(X[train], y[train]).predict_proba(X)
        shares = np.bincount(y[train]) / len(train)
        members.append(raw * shares / (raw @ shares)[:, None])
    np.testing.assert_allclose(model.predict_proba(X), np.mean(members, axis=0), rtol=1e-6)
    labels = (model.predict_proba(X)[:, 1] >= model.threshold_).astype(int)
    np.testing.assert_array_equal(model.predict(X), labels)


def test_members_are_the_models_that_were_judged(rare):
    """Each member scores its test rows as the search did, random parts included."""
    X, y = rare
    splits = list(StratifiedKFold(3, shuffle=True, random_state=3).split(X, y))
    learner = RandomForestClassifier(5, max_depth=3)
    model = balanced(
        learner,
        cv=splits,
        ensemble=True,
        select="best",
        strategies=["balanced_bagging", "random_under", "smote"],
        correct_proba=None,
    ).fit(X, y)
    for member, (split, (_, test)) in zip(
        model.estimator_.estimators_, enumerate(splits), strict=True
    ):
        of_split = model.oof_split_ == split
        np.testing.assert_array_equal(model.oof_row_[of_split], test)
        np.testing.assert_array_equal(member.predict_proba(X[test]), model.oof_scores_[of_split])


# --- in company -----------------------------------------------------------------------------------


def test_parameters_of_the_learner_can_be_searched(rare):
    """A grid over the learner's parameters reaches it, alone and at the end of a Pipeline."""
    X, y = rare
    alone = GridSearchCV(balanced(), {"estimator__C": [1e-4, 1.0]}, cv=2).fit(X, y)
    assert alone.best_estimator_.estimator_.estimator.C == alone.best_params_["estimator__C"]
    scaled = make_pipeline(StandardScaler(), balanced())
    grid = {
        "autobalancedclassifier__estimator__C": [0.1, 1.0],
        "autobalancedclassifier__select": ["best"],
    }
    found = GridSearchCV(scaled, grid, cv=2).fit(X, y)
    np.testing.assert_array_equal(found.predict(X), found.best_estimator_.predict(X))


def test_nested_validation_scores_by_the_metric(rare):
    """Around it, cross-validation fits it anew and reads its own metric."""
    X, y = rare
    splits = list(StratifiedKFold(2).split(X, y))
    found = cross_val_score(balanced(scoring="f1"), X, y, cv=splits)
    expected = [
        f1_score(y[b], balanced(scoring="f1").fit(X[a], y[a]).predict(X[b])) for a, b in splits
    ]
    np.testing.assert_allclose(found, expected)


def test_fitting_changes_no_parameter(rare):
    """What was handed over is as it was; a clone has the same parameters and is not fitted."""
    X, y = rare
    model = balanced(make_pipeline(StandardScaler(), LogisticRegression()))
    before = {name: repr(value) for name, value in model.get_params().items()}
    model.fit(X, y)
    assert {name: repr(value) for name, value in model.get_params().items()} == before
    assert not hasattr(model.estimator[-1], "coef_")
    copied = clone(model)
    assert {name: repr(value) for name, value in copied.get_params().items()} == before
    with pytest.raises(NotFittedError):
        copied.predict(X)


def test_a_second_fit_is_like_the_first(rare, three):
    """Nothing of another fit is left behind."""
    model = balanced().fit(*three)
    again, fresh = model.fit(*rare), balanced().fit(*rare)
    assert set(vars(again)) == set(vars(fresh))
    assert_same_table(again, fresh)
    np.testing.assert_array_equal(again.predict(rare[0]), fresh.predict(rare[0]))
    without = again.set_params(estimator=RidgeClassifier()).fit(*rare)
    assert set(vars(without)) == set(vars(balanced(RidgeClassifier()).fit(*rare)))


def test_a_failed_fit_leaves_the_last_one(rare):
    """After an error the classifier is what it was before."""
    X, y = rare
    model = balanced().fit(X, y)
    before, proba = dict(vars(model)), model.predict_proba(X)
    with pytest.raises(ValueError, match="sample_weight 0"):
        model.fit(X, y, sample_weight=(y == 0).astype(float))
    with pytest.raises(ValueError, match="There is no treatment"):
        model.set_params(strategies=["adasyn"]).fit(X, y)
    assert set(vars(model)) == set(before)
    for name, value in vars(model).items():
        assert value is before[name] or name == "strategies"
    np.testing.assert_array_equal(model.predict_proba(X), proba)


def test_it_travels(rare):
    """A pickle predicts, adapts and diagnoses alike."""
    X, y = rare
    model = balanced(KNeighborsClassifier(), store_oof=True).fit(X, y)
    copied = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copied.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(copied.predict(X), model.predict(X))
    assert copied.diagnose().to_json() == model.diagnose().to_json()
    shares = [0.5, 0.5]
    assert copied.adapt_prior(prior=shares).threshold_ == model.adapt_prior(prior=shares).threshold_


def test_routed_weights_and_groups_arrive(rare):
    """With metadata routing, weights and groups mean what they mean without."""
    X, y = rare
    weight = np.random.default_rng(0).uniform(0.5, 2.0, len(y))
    groups = np.arange(len(y)) // 4
    learner = make_pipeline(StandardScaler(), GaussianNB())
    options = {"strategies": ["class_weight", "random_over", "smote"], "cv": GroupKFold(3)}
    plain = balanced(learner, **options).fit(X, y, sample_weight=weight, groups=groups)
    with sklearn.config_context(enable_metadata_routing=True):
        learner = make_pipeline(
            StandardScaler().set_fit_request(sample_weight=False),
            GaussianNB().set_fit_request(sample_weight=True),
        )
        routed = balanced(learner, **options)
        routed.fit(X, y, sample_weight=weight, groups=groups)
        outer = GridSearchCV(
            routed.set_fit_request(sample_weight=True, groups=True).set_score_request(
                sample_weight=True
            ),
            {"select": ["one_se", "best"]},
            cv=2,
        ).fit(X, y, sample_weight=weight, groups=groups)
    assert_same_table(plain, routed)
    np.testing.assert_array_equal(plain.predict_proba(X), routed.predict_proba(X))
    np.testing.assert_allclose(outer.best_estimator_.class_prior_, plain.class_prior_)


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_output_of_transformers_does_not_matter(rare, output):
    """Steps that hand on data frames lead to the labels that arrays lead to."""
    X, y = rare
    learner = make_pipeline(StandardScaler(), LogisticRegression())
    options = {"strategies": ["smote", "random_under", "random_over"], "select": "best"}
    plain = balanced(learner, **options).fit(X, y)
    framed = balanced(clone(learner).set_output(transform=output), **options).fit(X, y)
    with sklearn.config_context(transform_output=output):
        configured = balanced(learner, **options).fit(X, y)
        labels = configured.predict(X)
    assert isinstance(labels, np.ndarray)
    np.testing.assert_array_equal(labels, plain.predict(X))
    np.testing.assert_array_equal(framed.predict(X), plain.predict(X))


def test_names_of_features_are_told(rare):
    """Number and names of the columns are those of the fitted model; none are made up."""
    X, y = rare
    frame = pd.DataFrame(X, columns=list("abcdef"))
    for ensemble in (False, True):
        model = balanced(strategies=["random_over"], ensemble=ensemble).fit(frame, y)
        assert model.feature_names_in_.tolist() == list("abcdef")
        assert model.n_features_in_ == 6
        assert not hasattr(model.fit(X, y), "feature_names_in_")


def test_it_says_what_it_does(rare, capsys):
    """One line before and one after, and nothing where none was asked for."""
    balanced(verbose=1).fit(*rare)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert "3 folds for each of 3 candidates" in lines[0]
    model = balanced().fit(*rare)
    assert capsys.readouterr().out == ""
    assert repr(model).startswith(f"<honest balanced_accuracy {model.honest_score_:.3f} [")


# --- the report -----------------------------------------------------------------------------------

TABLES = {"treatments", "skipped_treatments", "treatment_classes", "probability_quality"}


@pytest.fixture(scope="module")
def reported(rare):
    """A treated classifier with weights and a skipped treatment."""
    X, y = rare
    weight = np.random.default_rng(0).uniform(0.5, 2.0, len(y))
    model = balanced(OnlyWeighted(), strategies="all", scoring="f1", select="best")
    return model.fit(X, y, sample_weight=weight)


def test_report_tells_the_table_of_results(reported):
    """Every column stands in the report as in the fitted attributes."""
    report = reported.diagnose()
    assert set(report.tables) >= TABLES
    table, results = report.tables["treatments"], reported.strategy_results_
    for key, name in (
        ("treatment", "strategy"),
        ("metric", "metric"),
        ("low", "metric_low"),
        ("high", "metric_high"),
        ("metric_at_default_rule", "metric_at_default_rule"),
        ("log_loss", "log_loss"),
        ("brier", "brier"),
        ("log_loss_uncorrected", "log_loss_uncorrected"),
        ("brier_uncorrected", "brier_uncorrected"),
        ("correction", "correction"),
        ("rule", "rule"),
        ("fit_time", "fit_time"),
    ):
        assert list(table[key]) == results[name].tolist(), key
    chosen = [
        name for name, is_it in zip(table["treatment"], table["chosen"], strict=True) if is_it
    ]
    assert chosen == [reported.best_strategy_]
    skipped = report.tables["skipped_treatments"]
    assert dict(zip(skipped["treatment"], skipped["reason"], strict=True)) == (
        reported.skipped_strategies_
    )
    assert report.context["treatments"]["chosen"] == reported.best_strategy_
    json.loads(report.to_json())


def test_report_follows_from_the_record(reported):
    """Recall, precision and losses are worked out again from what was recorded out of fold."""
    tables = reported.diagnose().tables
    y, weight = reported.oof_target_, reported.oof_weight_
    labels = reported.classes_[reported.oof_["pred"]]
    classes = tables["treatment_classes"]
    for k in range(2):
        options = {"sample_weight": weight, "pos_label": k}
        assert classes["recall_after"][k] == pytest.approx(recall_score(y, labels, **options))
        assert classes["precision_after"][k] == pytest.approx(precision_score(y, labels, **options))
        assert classes["share"][k] == pytest.approx(reported.class_prior_[k])
    after = dict(
        zip(
            tables["probability_quality"]["quantity"],
            tables["probability_quality"]["after_correction"],
            strict=True,
        )
    )
    proba, row = reported.oof_scores_[:, 1], reported.best_index_
    loss = log_loss(y, proba, sample_weight=weight)
    brier = brier_score_loss(y, proba, sample_weight=weight)
    assert after["log loss"] == pytest.approx(loss)
    assert after["Brier score"] == pytest.approx(brier)
    place = reported.strategy_results_["strategy"].tolist().index(reported.best_strategy_)
    assert reported.strategy_results_["log_loss"][place] == pytest.approx(loss)
    assert reported.strategy_results_["brier"][place] == pytest.approx(brier)
    assert reported.cv_results_["proper_loss"].shape[0] > row
    in_the_large = np.average(proba, weights=weight) - np.average(y, weights=weight)
    assert after["calibration in the large of 1"] == pytest.approx(in_the_large)


def test_report_on_other_rows_still_tells_of_the_treatments(reported):
    """Rows that are handed in are judged; what is said of the treatments stays."""
    X, y = make_classification(
        n_samples=300, n_features=6, weights=[0.88], flip_y=0.05, class_sep=0.7, random_state=0
    )
    report = reported.diagnose(X, y)
    assert report.context["n_rows"] == 300
    own = reported.diagnose()
    for name in TABLES:
        pd.testing.assert_frame_equal(report.tables[name], own.tables[name])


def test_report_without_a_record(rare):
    """Without scores out of fold the report needs rows, and tells what needs no single rows."""
    X, y = rare
    model = balanced(store_oof=False).fit(X, y)
    assert model.oof_ is None
    with pytest.raises(ValueError, match="store_oof=False"):
        model.diagnose()
    tables = model.diagnose(X, y).tables
    assert {"treatments", "skipped_treatments"} <= set(tables)
    assert not {"treatment_classes", "probability_quality"} & set(tables)
