"""Tests of what classifiers share that learn from out-of-fold scores: all but what they learn."""

import pickle

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
import skops.io
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, KFold, ShuffleSplit, train_test_split
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils import get_tags

import sklearn_lossfix
from sklearn_lossfix import DecisionRuleClassifier, RecalibratedClassifier
from sklearn_lossfix.exceptions import FrozenPartError, TooFewRowsError

BOTH = pytest.mark.parametrize("wrapper", [DecisionRuleClassifier, RecalibratedClassifier])

# The prior of a map weighs one effective row (Kish), of which copies of rows have more.
PRIOR_TOLERANCE = {DecisionRuleClassifier: 1e-6, RecalibratedClassifier: 4e-3}


@pytest.fixture(scope="module")
def rare():
    """Two classes, one of them rare: 1,000 rows and four features."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 4))
    chance = 1 / (1 + np.exp(2.4 - 1.5 * X[:, 0] - X[:, 1]))
    return X, (rng.random(1000) < chance).astype(int)


@pytest.fixture(scope="module")
def three():
    """Three classes of very different sizes."""
    return make_classification(
        n_samples=900, n_classes=3, n_informative=4, weights=[0.8, 0.15], random_state=0
    )


def learnt(model):
    """What a model learnt from the scores, as one array."""
    if isinstance(model, RecalibratedClassifier):
        return np.r_[model.slopes_, model.offsets_]
    rule = model.decision_rule_
    return np.r_[model.gain_, getattr(model, "threshold_", np.nan), rule.offsets or ()]


@BOTH
def test_warnings_of_the_folds_reach_the_user(wrapper, rare):
    """Fits of folds that did not converge are told of, once and where `fit` was called."""

    class Hasty(LogisticRegression):
        """Does not converge, unless it is given all rows."""

        def fit(self, X, y, sample_weight=None):
            self.max_iter = 100 if len(y) == 1000 else 1
            return super().fit(X, y, sample_weight)

    with pytest.warns(ConvergenceWarning, match="failed to converge") as seen:
        wrapper(Hasty()).fit(*rare)
    assert [warning.filename for warning in seen] == [__file__]


@BOTH
def test_folds_and_one_fit_on_all_rows(wrapper, rare):
    """The estimator is fitted once for each fold, and in the end on all rows."""

    class Counting(LogisticRegression):
        """A classifier that notes the rows of its fits, over all clones."""

        n_rows = []

        def fit(self, X, y, sample_weight=None):
            self.n_rows.append(len(y))
            return super().fit(X, y, sample_weight)

    X, y = rare
    model = wrapper(Counting(), cv=4).fit(X, y)
    assert Counting.n_rows == [750, 750, 750, 750, 1000]
    np.testing.assert_array_equal(model.estimator_.coef_, LogisticRegression().fit(X, y).coef_)


@BOTH
@pytest.mark.parametrize(("wrap", "cv"), [(lambda e: e, "prefit"), (FrozenEstimator, 3)])
def test_prefit_estimator_is_neither_refitted_nor_recorded(wrapper, rare, wrap, cv):
    """A prefit estimator stays the very same, names the classes, and leaves no record."""
    X, y = rare
    estimator = wrap(LogisticRegression().fit(X, np.where(y == 1, "rare", "usual")))
    model = wrapper(estimator, cv=cv).fit(X[:300], np.where(y[:300] == 1, "rare", "usual"))
    assert model.estimator_ is estimator
    assert model.classes_.tolist() == ["rare", "usual"]
    assert model.oof_ is None
    assert set(model.predict(X)) <= {"rare", "usual"}
    with pytest.raises(ValueError, match=r"prefit estimator.*diagnose\(X_test, y_test\)"):
        model.diagnose()


@BOTH
def test_prefit_estimator_must_be_fitted(wrapper, rare):
    """An unfitted estimator is no prefit one."""
    with pytest.raises(sklearn.exceptions.NotFittedError):
        wrapper(LogisticRegression(), cv="prefit").fit(*rare)


@BOTH
def test_frozen_parts_that_are_not_fitted_as_a_whole_are_named(wrapper, rare):
    """The error says that a frozen part makes it prefit, and which part."""
    X, y = rare
    scaler = FrozenEstimator(StandardScaler().fit(X))
    model = wrapper(make_pipeline(scaler, LogisticRegression()))
    with pytest.raises(FrozenPartError, match=r"\(frozenestimator\).*as with cv='prefit'"):
        model.fit(X, y)
    whole = wrapper(make_pipeline(scaler, LogisticRegression()).fit(X, y)).fit(X, y)
    assert whole.oof_ is None


@BOTH
@pytest.mark.parametrize("weighted", [False, True])
def test_prefit_needs_rows_of_two_classes(wrapper, rare, weighted):
    """Nothing is learnt from rows of one class, or of one class with weight."""
    X, y = rare
    one_class = (X[y == 1], y[y == 1], None) if not weighted else (X, y, y.astype(float))
    model = wrapper(LogisticRegression().fit(X, y), cv="prefit")
    with pytest.raises(ValueError, match=r"two classes; all rows with weight are of class 1"):
        model.fit(*one_class)


def test_a_prefit_rule_cannot_be_judged_on_one_row_of_a_class(rare):
    """One row of a class cannot choose and judge a rule; a rule that is given needs none."""
    X, y = rare
    rows = np.r_[np.flatnonzero(y == 0)[:50], np.flatnonzero(y == 1)[:1]]
    fitted = LogisticRegression().fit(X, y)
    with pytest.raises(TooFewRowsError, match=r"Class 1 has one.*more rows with cv='prefit'"):
        DecisionRuleClassifier(fitted, cv="prefit").fit(X[rows], y[rows])
    for rule in ("default", "plugin", 0.3):
        DecisionRuleClassifier(fitted, cv="prefit", decision_rule=rule).fit(X[rows], y[rows])


@BOTH
def test_number_of_jobs_changes_nothing(wrapper, three):
    """The same seed gives the same for any number of jobs, another seed something else."""
    forest = RandomForestClassifier(10)
    models = []
    with joblib.parallel_config(backend="threading"):
        for n_jobs, seed in ((1, 5), (2, 5), (1, 6)):
            model = wrapper(forest, cv=3, random_state=seed, n_jobs=n_jobs)
            models.append(model.fit(*three))
    np.testing.assert_array_equal(learnt(models[0]), learnt(models[1]))
    np.testing.assert_array_equal(models[0].oof_["scores"], models[1].oof_["scores"])
    assert (models[0].oof_["scores"] != models[2].oof_["scores"]).any()


@BOTH
@pytest.mark.parametrize("container", [pd.DataFrame, pl.DataFrame, sparse.csr_array])
def test_containers(wrapper, rare, container):
    """Data frames and sparse matrices give what arrays do, with names where there are some."""
    X, y = rare
    if container is sparse.csr_array:
        data, target = container(X), y
    else:
        data = container({f"f{k}": X[:, k] for k in range(X.shape[1])})
        target = (pd if container is pd.DataFrame else pl).Series(y)
    model = wrapper(LogisticRegression()).fit(data, target)
    expected = wrapper(LogisticRegression()).fit(X, y)
    np.testing.assert_allclose(learnt(model), learnt(expected), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(model.predict_proba(data), expected.predict_proba(X), rtol=1e-3)
    assert model.n_features_in_ == X.shape[1]
    alone = LogisticRegression().fit(data, y)
    assert hasattr(model, "feature_names_in_") == hasattr(alone, "feature_names_in_")
    if container is pd.DataFrame:
        assert list(model.feature_names_in_) == list(data.columns)
        assert not hasattr(model.fit(X, y), "feature_names_in_")


@BOTH
def test_string_labels_are_codes_renamed(wrapper, three):
    """Labels are only names: those in the same order give the same scores and labels."""
    X, y = three
    names = np.array(["common", "rare", "some"])
    named, plain = wrapper(GaussianNB()).fit(X, names[y]), wrapper(GaussianNB()).fit(X, y)
    np.testing.assert_array_equal(named.classes_, names)
    np.testing.assert_array_equal(named.predict(X), names[plain.predict(X)])
    np.testing.assert_array_equal(named.predict_proba(X), plain.predict_proba(X))


class _DtypeOfData(LogisticRegression):
    """A classifier whose probabilities have the dtype of the data; not all versions' do."""

    def predict_proba(self, X):
        return super().predict_proba(X).astype(X.dtype)


@BOTH
def test_float32_stays_float32(wrapper, rare):
    """Probabilities have the dtype that the estimator gives them."""
    X, y = rare
    for dtype in (np.float32, np.float64):
        model = wrapper(_DtypeOfData()).fit(X.astype(dtype), y)
        assert model.predict_proba(X.astype(dtype)).dtype == dtype
        assert model.predict_log_proba(X.astype(dtype)).dtype == dtype


@BOTH
def test_integer_weights_are_rows_repeated(wrapper, rare):
    """With fixed splits, integer weights are rows repeated as a group."""
    X, y = rare
    w = 1 + 2 * (X[:, 0] > 0)
    fold, row = np.arange(len(y)) % 4, np.repeat(np.arange(len(y)), w)
    splits = [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(4)]
    copied = [(np.flatnonzero(fold[row] != k), np.flatnonzero(fold[row] == k)) for k in range(4)]
    model = wrapper(GaussianNB(), cv=splits).fit(X, y, sample_weight=w)
    copies = wrapper(GaussianNB(), cv=copied).fit(X[row], y[row], groups=row)
    np.testing.assert_allclose(learnt(model), learnt(copies), atol=PRIOR_TOLERANCE[wrapper])
    unweighted = wrapper(GaussianNB(), cv=splits).fit(X, y)
    assert np.abs(learnt(model) - learnt(unweighted)).max() > 0.01


@BOTH
def test_weights_of_a_pipeline_reach_its_last_step(wrapper, rare):
    """Weights given to a pipeline are passed on, without being asked for by name."""
    X, y = rare
    w = np.where(y == 1, 5.0, 1.0)
    pipe = make_pipeline(StandardScaler(), LogisticRegression())
    model = wrapper(pipe).fit(X, y, sample_weight=w)
    weighted = clone(pipe).fit(X, y, logisticregression__sample_weight=w)
    np.testing.assert_allclose(
        model.estimator_.predict_proba(X), weighted.predict_proba(X), rtol=1e-6
    )


@BOTH
def test_repeating_the_splits_changes_nothing(wrapper, rare):
    """Every row has its own weight once, however often the same splits are repeated."""
    splits = list(KFold(3).split(rare[0]))
    once = wrapper(GaussianNB(), cv=splits).fit(*rare)
    twice = wrapper(GaussianNB(), cv=splits * 2).fit(*rare)
    np.testing.assert_allclose(learnt(twice), learnt(once), atol=PRIOR_TOLERANCE[wrapper])


class _SeenGroups(GroupKFold):
    """A splitter that remembers the groups it was given."""

    def split(self, X, y=None, groups=None):
        self.seen = groups
        return super().split(X, y, groups)


@BOTH
def test_groups_reach_the_splitter(wrapper, rare):
    """Groups are handed to the splitter."""
    groups = np.repeat(np.arange(100), 10)
    cv = _SeenGroups(4)
    wrapper(GaussianNB(), cv=cv).fit(*rare, groups=groups)
    np.testing.assert_array_equal(cv.seen, groups)


class _SharedGroups(GaussianNB):
    """A classifier that counts the groups, in column 0, which it both learns from and scores."""

    shared = []

    def fit(self, X, y, sample_weight=None):
        self.learnt_ = set(X[:, 0])
        return super().fit(X, y, sample_weight)

    def predict_proba(self, X):
        type(self).shared.append(len(self.learnt_ & set(X[:, 0])))
        return super().predict_proba(X)


@BOTH
@pytest.mark.parametrize("cv", [None, 3])
def test_folds_keep_groups_together(wrapper, rare, cv):
    """Folds by number never test a group that the clone learnt from, if groups are given."""
    X, y = rare
    groups = np.arange(len(y)) % 100
    X = np.column_stack([groups, X])
    _SharedGroups.shared = []
    model = wrapper(_SharedGroups(), cv=cv).fit(X, y, groups=groups)
    assert set(_SharedGroups.shared) == {0}
    model.set_params(cv=3).fit(X, y)
    assert max(_SharedGroups.shared) > 0


class _RoutedSplits(KFold):
    """A splitter that asks for metadata of its own."""

    __metadata_request__split = {"times": True}

    def split(self, X, y=None, groups=None, times=None):
        self.seen = times
        return super().split(X, y)


@BOTH
def test_metadata_routing(wrapper, rare):
    """With routing on, metadata go to the estimator and the splitter that ask for them."""
    X, y = rare
    w, groups = np.where(X[:, 0] > 0, 4.0, 1.0), np.repeat(np.arange(100), 10)
    with sklearn.config_context(enable_metadata_routing=True):
        estimator = LogisticRegression().set_fit_request(sample_weight=True)
        cv = _SeenGroups(3)
        model = wrapper(estimator, cv=cv).fit(X, y, sample_weight=w, groups=groups)
        np.testing.assert_array_equal(cv.seen, groups)
        weighted = LogisticRegression().fit(X, y, sample_weight=w)
        np.testing.assert_allclose(model.estimator_.coef_, weighted.coef_)

        deaf = LogisticRegression().set_fit_request(sample_weight=False)
        learner = wrapper(deaf).fit(X, y, sample_weight=w)
        np.testing.assert_allclose(learner.estimator_.coef_, LogisticRegression().fit(X, y).coef_)
        assert np.abs(learnt(learner) - learnt(wrapper(deaf).fit(X, y))).max() > 0.01
        with pytest.raises(ValueError, match=r"sample_weight.* not explicitly set"):
            wrapper(LogisticRegression()).fit(X, y, sample_weight=w)

        cv = _RoutedSplits(3)
        wrapper(LogisticRegression(), cv=cv).fit(X, y, times=np.arange(len(y)))
        np.testing.assert_array_equal(cv.seen, np.arange(len(y)))
        prefit = wrapper(LogisticRegression().fit(X, y), cv="prefit").fit(X, y)
        assert "splitter" not in dict(iter(prefit.get_metadata_routing()))


@BOTH
def test_tags_are_those_of_the_estimator(wrapper):
    """Sparse, missing, pairwise and multiclass input are taken where the estimator takes them."""
    kernel = SVC(kernel="precomputed", probability=False)
    assert get_tags(DecisionRuleClassifier(kernel)).input_tags.pairwise
    for inner in (LogisticRegression(), GaussianNB(), RandomForestClassifier()):
        ours, theirs = get_tags(wrapper(inner)), get_tags(inner)
        for name in ("sparse", "allow_nan", "pairwise"):
            assert getattr(ours.input_tags, name) == getattr(theirs.input_tags, name)
        assert ours.classifier_tags.multi_class == theirs.classifier_tags.multi_class


@BOTH
def test_small_classes_get_fewer_folds(wrapper):
    """By default a class of three rows gets three folds; asking for more is refused."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 2)), np.r_[np.zeros(37), np.ones(3)]
    model = wrapper(LogisticRegression()).fit(X, y)
    assert np.isfinite(learnt(model)).all()
    with pytest.raises(TooFewRowsError, match="Pass cv=3"):
        wrapper(LogisticRegression(), cv=5).fit(X, y)


@BOTH
@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.linspace(0, 1, 20), "Unknown label type: continuous"),
        (np.eye(20, 3, dtype=int), "multilabel-indicator"),
        (np.r_[np.nan, np.zeros(19)], "missing"),
        (np.r_[np.inf, np.zeros(19)], "y contains infinity"),
        (np.zeros(20), "at least two classes; y has 1 class"),
        (np.arange(19) % 2, "inconsistent numbers of samples"),
        (None, "requires y to be passed, but the target y is None"),
    ],
)
def test_targets_that_are_no_classes_are_refused(wrapper, y, message):
    """Targets that are not one label of two or more classes per row are refused by kind."""
    X = np.random.default_rng(0).normal(size=(20, 2))
    with pytest.raises(ValueError, match=message):
        wrapper(LogisticRegression()).fit(X, y)


class _Undefined(LogisticRegression):
    """A classifier whose probabilities are not numbers."""

    def predict_proba(self, X):
        return np.full((X.shape[0], 2), np.nan)


class _OneTooMany(LogisticRegression):
    """A classifier with a column of probabilities for no class."""

    def predict_proba(self, X):
        return np.column_stack([super().predict_proba(X), np.zeros(X.shape[0])])


@BOTH
def test_scores_of_no_use_are_refused(wrapper, rare):
    """Scores that are no numbers, or not one per class, name the estimator that gave them."""
    with pytest.raises(ValueError, match=r"_Undefined.predict_proba gave NaN"):
        wrapper(_Undefined(), cv=2).fit(*rare)
    with pytest.raises(ValueError, match=r"_OneTooMany.predict_proba does not give one score"):
        wrapper(_OneTooMany().fit(*rare), cv="prefit").fit(*rare)


@BOTH
def test_lazy_data_is_refused(wrapper, rare):
    """Data that are not in memory are refused with the way out."""
    with pytest.raises(TypeError, match="collect"):
        wrapper(LogisticRegression()).fit(pl.LazyFrame(rare[0]), rare[1])


@BOTH
@pytest.mark.parametrize(
    "splits",
    [
        KFold(4),
        list(KFold(4).split(np.zeros(1000))),
        ShuffleSplit(4, test_size=0.3, random_state=0),
    ],
    ids=["splitter", "list", "repeated"],
)
def test_record_holds_one_entry_per_score(wrapper, rare, splits):
    """The record names label, row, weight and unit of every score; rows scored twice are units."""
    X, y = rare
    w = np.linspace(0.5, 2, len(y))
    partition = not isinstance(splits, ShuffleSplit)
    record = wrapper(GaussianNB(), cv=splits).fit(X, y, sample_weight=w).oof_
    n_scores = 1000 if partition else 1200
    assert sorted(record) == sorted("y scores pred row split response sample_weight groups".split())
    assert {len(record[key]) for key in ("y", "scores", "pred", "row")} == {n_scores}
    np.testing.assert_array_equal(record["y"], y[record["row"]])
    times = np.bincount(record["row"], minlength=len(y))
    totals = np.bincount(record["row"], record["sample_weight"], minlength=len(y))
    np.testing.assert_allclose(totals, np.where(times > 0, w, 0))
    assert record["response"] == "predict_proba"
    if partition:
        assert record["groups"] is None
    else:
        rows = np.unique(record["row"])
        np.testing.assert_array_equal(rows[record["groups"]], record["row"])


@BOTH
def test_record_keeps_groups(wrapper, rare):
    """Groups of the rows are recorded as codes."""
    names = np.array([f"person {k % 50}" for k in range(1000)])
    record = wrapper(GaussianNB()).fit(*rare, groups=names).oof_
    expected = np.unique(names, return_inverse=True)[1][record["row"]]
    np.testing.assert_array_equal(record["groups"], expected)


@BOTH
def test_record_is_honest_about_labels_that_cannot_be_learnt(wrapper):
    """A model that knows its rows by heart scores no better than chance in the record."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(600, 5)), rng.integers(0, 2, 600)
    forest = RandomForestClassifier(20, random_state=0)
    model = wrapper(forest).fit(X, y)
    assert roc_auc_score(y, model.predict_proba(X)[:, 1]) > 0.99
    record = model.oof_
    assert roc_auc_score(record["y"], record["scores"][:, 1]) == pytest.approx(0.5, abs=0.06)
    assert np.mean(record["y"] == record["pred"]) == pytest.approx(0.5, abs=0.06)


@BOTH
def test_diagnose_with_and_without_data(wrapper, rare):
    """The report is of the record, or of the rows that are given."""
    X, X_test, y, y_test = train_test_split(*rare, stratify=rare[1], random_state=0)
    model = wrapper(LogisticRegression()).fit(X, y)
    recorded, fresh = model.diagnose(), model.diagnose(X_test, y_test)
    assert recorded.context["call"] == f"{wrapper.__name__}.diagnose"
    for report, labels, codes in (
        (recorded, model.oof_["y"], model.oof_["pred"]),
        (fresh, y_test, model.predict(X_test)),
    ):
        error = report.error_ledger
        if wrapper is RecalibratedClassifier:
            expected = np.mean(labels != codes)
            assert error.quantity == "1 - accuracy"
        else:
            expected = 1 - sklearn.metrics.balanced_accuracy_score(labels, codes)
            assert error.quantity == "1 - balanced accuracy"
        assert error.total == pytest.approx(expected)


@BOTH
def test_diagnose_without_anything_to_read_is_refused(wrapper, rare):
    """Half a pair of data, and a model that recorded nothing, are refused with what to do."""
    model = wrapper(LogisticRegression(), store_oof=False).fit(*rare)
    assert model.oof_ is None
    with pytest.raises(ValueError, match="X and y come together"):
        model.diagnose(rare[0])
    with pytest.raises(ValueError, match=r"store_oof=False.*diagnose\(X_test, y_test\)"):
        model.diagnose()
    assert model.diagnose(*rare).error_ledger is not None
    learner = wrapper(LogisticRegression()).fit(*rare)
    np.testing.assert_array_equal(learnt(learner), learnt(model))


def _joblib_copy(model, folder):
    """Write a model by joblib and read it."""
    joblib.dump(model, folder / "model.joblib")
    return joblib.load(folder / "model.joblib")


def _skops_copy(model, folder):
    """Write a model by skops and read it, trusting public classes of this package only."""
    skops.io.dump(model, folder / "model.skops")
    untrusted = skops.io.get_untrusted_types(file=folder / "model.skops")
    assert {name.rpartition(".")[2] for name in untrusted} <= set(sklearn_lossfix.__all__)
    assert all(name.startswith("sklearn_lossfix.") for name in untrusted)
    return skops.io.load(folder / "model.skops", trusted=untrusted)


@BOTH
@pytest.mark.parametrize(
    "copy",
    [lambda model, folder: pickle.loads(pickle.dumps(model)), _joblib_copy, _skops_copy],
    ids=["pickle", "joblib", "skops"],
)
def test_copies_predict_the_same(wrapper, rare, copy, tmp_path):
    """A copy through a file predicts and explains what the original does."""
    X, y = rare
    model = wrapper(LogisticRegression()).fit(X, y)
    twin = copy(model, tmp_path)
    np.testing.assert_array_equal(twin.predict(X), model.predict(X))
    np.testing.assert_array_equal(twin.predict_proba(X), model.predict_proba(X))
    assert twin.diagnose().to_dict()["error_ledger"] == model.diagnose().to_dict()["error_ledger"]


@BOTH
def test_no_data_is_kept(wrapper, rare):
    """Without a record a fitted object is small, whatever it was fitted on."""
    X, y = rare
    assert len(pickle.dumps(wrapper(LogisticRegression(), store_oof=False).fit(X, y))) < 5000


@BOTH
def test_wrappers_nest(wrapper, three):
    """A wrapper wraps any classifier, another wrapper too."""
    inner = RecalibratedClassifier(OneVsRestClassifier(GaussianNB()), method="prior_shift", cv=3)
    model = wrapper(inner, cv=3).fit(*three)
    np.testing.assert_allclose(model.predict_proba(three[0]).sum(axis=1), 1)
