"""AutoBalancedClassifier on any data: no leak between folds, containers, rare rows, bad input."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from imblearn.combine import SMOTEENN
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from imblearn.under_sampling import RandomUnderSampler, TomekLinks
from scipy import sparse
from sklearn import config_context
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
)
from sklearn.exceptions import FitFailedWarning
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils._param_validation import InvalidParameterError

from sklearn_lossfix import AutoBalancedClassifier
from sklearn_lossfix.exceptions import (
    FrozenPartError,
    LossfixWarning,
    TooFewRowsError,
    TreatmentError,
)


def balanced(estimator=None, **params):
    """The classifier with three folds and few samples, unless told otherwise."""
    params = {"cv": 3, "n_bootstrap": 10, "random_state": 0, **params}
    return AutoBalancedClassifier(
        LogisticRegression() if estimator is None else estimator, **params
    )


def by_default(**params):
    """The same with the default estimator."""
    return balanced(**params).set_params(estimator=None)


# --- no leak --------------------------------------------------------------------------------------


class Witness(GaussianNB):
    """Writes down, in this process, what it is fitted on and what it scores."""

    fits: list = []
    scored: list = []

    def fit(self, X, y, sample_weight=None):
        """Write down rows, labels and weights."""
        self.X_, self.y_ = np.array(X), np.array(y)
        self.weight_ = None if sample_weight is None else np.array(sample_weight)
        self.fits.append(self)
        return super().fit(X, y, sample_weight)

    def predict_proba(self, X):
        """Write down who scores which rows."""
        self.scored.append((self, np.array(X)))
        return super().predict_proba(X)


class Watcher(TransformerMixin, BaseEstimator):
    """Leaves the data as they are, and writes down the rows that it is fitted on."""

    fits: list = []

    def fit(self, X, y=None):
        """Write down the rows."""
        self.n_features_in_ = X.shape[1]
        self.fits.append(np.array(X))
        return self

    def transform(self, X):
        """Change nothing."""
        return X


@pytest.fixture(autouse=True)
def nothing_seen():
    """Start every test with nothing written down."""
    for seen in (Witness.fits, Witness.scored, Watcher.fits):
        seen.clear()


SAMPLING = {
    "random_over": "random_over",
    "random_under": "random_under",
    "balanced_bagging": "balanced_bagging",
    "bagging": "bagging",
    "smote": "smote",
    "a sampler": RandomOverSampler(),
    "a sampler that makes rows up": SMOTE(k_neighbors=3),
    "a sampler that does both": SMOTEENN(),
}


@pytest.mark.parametrize("within", ["alone", "in a pipeline"])
@pytest.mark.parametrize("kind", SAMPLING)
def test_no_row_nor_trace_of_it_is_learnt_from_before_it_is_scored(rare, kind, within):
    """Columns mark the fold of a row; what is fitted without a fold has no trace of its mark.

    A synthetic row lies between rows, so that one made of a marked row bears a part of the mark.
    """
    X, y = rare
    splits = list(StratifiedKFold(3).split(X, y))
    marks = np.zeros((len(X), 3))
    for fold, (_, test) in enumerate(splits):
        marks[test, fold] = 1.0
    X = np.column_stack([X, marks])
    learner = Witness() if within == "alone" else make_pipeline(Watcher(), Witness())
    model = balanced(learner, cv=splits, strategies=[SAMPLING[kind]], error_score="raise")
    model.fit(X, y)
    without = [np.flatnonzero((fitted.X_[:, 6:] == 0).all(axis=0)) for fitted in Witness.fits]
    n_refitted = sum(len(folds) == 0 for folds in without)
    assert n_refitted in (1, 10)
    assert all(len(folds) <= 1 for folds in without)
    n_scored = 0
    for fitted, rows in Witness.scored:
        (fold,) = np.flatnonzero((fitted.X_[:, 6:] == 0).all(axis=0))
        np.testing.assert_array_equal(rows, X[splits[fold][1]])
        n_scored += 1
    assert n_scored == len(Witness.fits) - n_refitted
    resampled = {len(fitted.y_) for fitted in Witness.fits}
    assert len(resampled) > 1 or kind == "bagging"
    for rows in Watcher.fits:
        assert len(np.unique(rows, axis=0)) == len(rows)
        assert len(rows) in (400, 600)


def test_the_sampler_stands_right_before_the_last_step(rare):
    """Early steps see the training rows as they are, once a fold; only the last one sees others."""
    X, y = rare
    pipeline = make_pipeline(Watcher(), StandardScaler(), Witness())
    model = balanced(pipeline, strategies=["random_under_balanced", "smote_balanced"]).fit(X, y)
    assert [len(rows) for rows in Watcher.fits] == [400, 400, 400, 600]
    n_rare = int(y.sum()) * 2 // 3
    sizes = sorted(len(fitted.y_) for fitted in Witness.fits[:-1])
    assert sizes == sorted(3 * [400, 2 * n_rare, 2 * (400 - n_rare)])
    scaler = model.estimator_[1]
    np.testing.assert_allclose(scaler.mean_, X.mean(axis=0))
    assert model.estimator_[2].treatment == model.best_strategy_


@pytest.mark.parametrize("sampler", ["random_over", "smote", RandomOverSampler()])
def test_memory_is_not_mistaken_for_skill(sampler):
    """Of labels by chance nothing is learnt, whatever a nearest neighbour remembers."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(600, 4)), (rng.random(600) < 0.2).astype(int)
    model = balanced(
        KNeighborsClassifier(1), strategies=[sampler], decision_rule="default", correct_proba=None
    ).fit(X, y)
    assert np.abs(model.strategy_results_["metric"] - 0.5).max() < 0.06
    assert model.honest_score_ < 0.56


@pytest.mark.parametrize(
    "treatment", ["random_over", "random_under", RandomOverSampler(), RandomUnderSampler()]
)
def test_weights_stay_with_the_rows_that_are_drawn(rare, treatment):
    """Whatever is drawn, and how often, brings its own weight along."""
    X, y = rare
    weight = np.random.default_rng(0).uniform(0.5, 2.0, len(y))
    X = np.column_stack([X, weight])
    balanced(Witness(), strategies=[treatment]).fit(X, y, sample_weight=weight)
    assert len({len(fitted.y_) for fitted in Witness.fits}) > 2
    for fitted in Witness.fits:
        np.testing.assert_array_equal(fitted.weight_, fitted.X_[:, -1])


def test_made_up_rows_weigh_the_mean_of_their_class(rare):
    """SMOTE has no row to take a weight from."""
    X, y = rare
    weight = np.random.default_rng(0).uniform(0.5, 2.0, len(y))
    model = balanced(Witness(), strategies=["smote_balanced"]).fit(X, y, sample_weight=weight)
    grown = [fitted for fitted in Witness.fits if len(fitted.y_) not in (400, 600)]
    assert len(grown) == 3 + (model.best_strategy_ == "smote_balanced")
    for fitted in grown:
        n_own = 400 if len(fitted.y_) < 900 else 600
        own, made = fitted.weight_[:n_own], fitted.weight_[n_own:]
        assert (fitted.y_[n_own:] == 1).all()
        np.testing.assert_allclose(made, own[fitted.y_[:n_own] == 1].mean())


# --- containers -----------------------------------------------------------------------------------

MIXED = [
    "none",
    "random_under_sqrt",
    "random_under_balanced",
    "smote_sqrt",
    "smote_balanced",
]


@pytest.fixture(scope="module")
def columns(rare):
    """Columns of a table: two of strings, one of which tells much, and two of numbers."""
    X, y = rare
    rng = np.random.default_rng(0)
    kind = np.where(rng.random(600) < 0.2, "other", np.where(y, "odd", "usual"))
    return {"place": rng.choice(["a", "b", "c"], 600), "kind": kind, "u": X[:, 0], "v": X[:, 1]}


MIXED_OPTIONS = {"strategies": ["smote", "random_under"], "correct_proba": "prior", "cv": 2}


def as_objects(columns):
    """An array of objects."""
    table = np.empty((600, 4), dtype=object)
    for k, column in enumerate(columns.values()):
        table[:, k] = column.tolist()
    return table


def as_categories(columns):
    """A frame of pandas with columns of categories."""
    frame = pd.DataFrame(columns)
    return frame.astype({"place": "category", "kind": "category"})


TABLES = {
    "objects": as_objects,
    "pandas": pd.DataFrame,
    "pandas categories": as_categories,
    "polars": pl.DataFrame,
    "polars categories": lambda columns: pl.DataFrame(columns).with_columns(
        pl.col("place", "kind").cast(pl.Categorical)
    ),
}


@pytest.fixture(scope="module")
def expected(rare, columns):
    """Probabilities where strings are codes already, in the order of their names."""
    codes = [np.unique(columns[name], return_inverse=True)[1] for name in ("place", "kind")]
    X = np.column_stack([*codes, columns["u"], columns["v"]]).astype(float)
    model = by_default(**MIXED_OPTIONS, categorical_features=[0, 1]).fit(X, rare[1])
    return model.predict_proba(X)


@pytest.mark.parametrize("container", TABLES)
def test_tables_are_taken_as_they_are(rare, columns, expected, container):
    """The default estimator and all samplers work on strings and categories of any table."""
    y = rare[1]
    table = TABLES[container](columns)
    model = by_default(**MIXED_OPTIONS).fit(table, y)
    assert model.strategy_results_["strategy"].tolist() == MIXED
    assert model.skipped_strategies_ == {}
    assert model.score(table, y) > 0.85
    np.testing.assert_allclose(model.predict_proba(table), expected)


@pytest.mark.parametrize("names", [[0, 1], ["place", "kind"]])
def test_categories_behind_an_encoder_are_named(rare, columns, names):
    """Columns are those that reach the last step: SMOTE leaves whole codes in them."""
    y = rare[1]
    encoder = make_column_transformer(
        (OrdinalEncoder(), ["place", "kind"]),
        remainder="passthrough",
        verbose_feature_names_out=False,
    )
    output = "default" if names == [0, 1] else "pandas"
    pipeline = make_pipeline(encoder.set_output(transform=output), Witness())
    balanced(pipeline, strategies=["smote"], categorical_features=names).fit(
        as_categories(columns), y
    )
    assert max(len(fitted.y_) for fitted in Witness.fits) > 600
    for fitted in Witness.fits:
        codes = fitted.X_[:, :2].astype(float)
        assert set(np.unique(codes)) <= {0.0, 1.0, 2.0}


def test_a_mix_of_types_behind_no_encoder_is_kept(rare):
    """Whole numbers and truth values stay such in rows that are made up."""
    X, y = rare
    frame = pd.DataFrame({"x": X[:, 0], "n": np.arange(600) % 7, "flag": X[:, 1] > 0})
    model = balanced(DecisionTreeClassifier(max_depth=3), strategies=["smote"]).fit(frame, y)
    assert model.skipped_strategies_ == {}
    assert model.feature_names_in_.tolist() == ["x", "n", "flag"]


@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array])
def test_sparse_data_are_sampled(rare, make):
    """Rows of sparse matrices are drawn and made up, with the results of dense ones."""
    X, y = rare
    X = np.where(np.abs(X) > 0.5, X, 0.0)
    options = {"strategies": ["smote", "random_over", "random_under"]}
    thin, thick = balanced(**options).fit(make(X), y), balanced(**options).fit(X, y)
    assert (
        thin.strategy_results_["strategy"].tolist() == thick.strategy_results_["strategy"].tolist()
    )
    np.testing.assert_allclose(
        thin.strategy_results_["log_loss"], thick.strategy_results_["log_loss"], rtol=1e-3
    )
    assert thin.predict(make(X)).shape == (600,)


def test_the_default_estimator_names_others_for_sparse_data(rare):
    """What does not take sparse data says what does."""
    with pytest.raises(ValueError, match=r"X is a sparse matrix.*LogisticRegression"):
        by_default().fit(sparse.csr_matrix(rare[0]), rare[1])


def test_lists_are_data(rare):
    """Lists of rows and of labels give what arrays give."""
    X, y = rare
    one, other = balanced().fit(X.tolist(), y.tolist()), balanced().fit(X, y)
    np.testing.assert_array_equal(one.predict(X.tolist()), other.predict(X))


# --- what cannot run ------------------------------------------------------------------------------


def left_out(model, names):
    """Assert which treatments are skipped, and that all others have results; return why."""
    assert set(names) <= set(model.skipped_strategies_)
    ran = set(model.strategy_results_["strategy"].tolist())
    assert not ran & set(model.skipped_strategies_)
    return {model.skipped_strategies_[name] for name in names}


SMOTES = ("smote_sqrt", "smote_balanced")


def test_missing_values_keep_smote_out(rare):
    """Whoever asked for SMOTE is warned once for each; the tree without treatment still runs."""
    X, y = rare
    X = X.copy()
    X[::7, 0] = np.nan
    tree = DecisionTreeClassifier(max_depth=3)
    with pytest.warns(LossfixWarning, match="left out: SMOTE takes no missing values") as caught:
        model = balanced(tree, strategies=["smote"]).fit(X, y)
    assert len(caught) == 2
    assert all(warning.filename == __file__ for warning in caught)
    (reason,) = left_out(model, SMOTES)
    assert "missing values" in reason
    assert model.best_strategy_ == "none"
    # Nobody asked for it by name here: it is listed without a word.
    silent = balanced(tree, strategies="all").fit(X, y)
    left_out(silent, SMOTES)
    assert {"random_over_sqrt", "balanced_bagging"} <= set(silent.strategy_results_["strategy"])
    with pytest.raises(TreatmentError, match="missing values"):
        balanced(tree, strategies=["smote"], error_score="raise").fit(X, y)


def few(n_rare, seed=0):
    """Three hundred rows of which some are of a second class, apart from the others."""
    rng = np.random.default_rng(seed)
    y = np.zeros(300, dtype=int)
    y[rng.choice(300, n_rare, replace=False)] = 1
    return rng.normal(size=(300, 3)) + 2.0 * y[:, None], y


@pytest.mark.parametrize("n_rare", [2, 3, 4])
def test_very_few_rows_keep_smote_out(n_rare):
    """With less than three rows left in a training part there is nothing to make rows from."""
    X, y = few(n_rare)
    model = balanced(cv=None, strategies="all").fit(X, y)
    assert model.n_splits_ == n_rare
    n_left = n_rare - 1
    if n_left < 3:
        (reason,) = left_out(model, SMOTES)
        assert f"class 1 has {n_left}" in reason
    else:
        assert set(SMOTES) <= set(model.strategy_results_["strategy"])
    assert {"class_weight_sqrt", "random_over_balanced", "balanced_bagging"} <= set(
        model.strategy_results_["strategy"]
    )


def test_neighbors_of_smote_are_as_many_as_there_are():
    """With four rows of a class SMOTE looks at three neighbours; a sampler's own k is its own."""
    X, y = few(6)
    model = balanced(strategies=["smote"]).fit(X, y)
    assert set(SMOTES) <= set(model.strategy_results_["strategy"])
    with pytest.warns(LossfixWarning, match="'smote' is left out: SMOTE failed on these rows"):
        own = balanced(strategies=[SMOTE(k_neighbors=20)]).fit(X, y)
    (reason,) = left_out(own, ["smote"])
    assert "n_neighbors" in reason


def test_a_single_row_is_refused():
    """A class of one row can be in no two parts; the message names it."""
    X, y = few(1)
    names = np.array(["usual", "fraud"])[y]
    for cv in (None, 3):
        with pytest.raises(TooFewRowsError, match="Class 'fraud' has 1"):
            balanced(cv=cv).fit(X, names)


@pytest.mark.parametrize("strategies", ["auto", "all"])
@pytest.mark.parametrize("learner", [LogisticRegression(), DecisionTreeClassifier()])
def test_constant_features_teach_nothing(rare, strategies, learner):
    """All treatments score one half, the simplest is taken, and forecasts are the shares."""
    X, y = np.zeros((600, 2)), rare[1]
    model = balanced(learner, strategies=strategies).fit(X, y)
    # Folds with other shares forecast other constants, which a tuned threshold may fall between.
    np.testing.assert_allclose(model.strategy_results_["metric"], 0.5, atol=0.01)
    np.testing.assert_array_equal(model.strategy_results_["metric_at_default_rule"], 0.5)
    assert model.best_strategy_ == "none"
    assert model.decision_rule_.kind == "argmax"
    np.testing.assert_allclose(model.predict_proba(X)[:, 1], y.mean(), atol=1e-3)


class NoWeights(LogisticRegression):
    """Takes weights of rows and then fails."""

    def fit(self, X, y, sample_weight=None):
        """Fail with weights."""
        if sample_weight is not None:
            raise RuntimeError("scales are broken")
        return super().fit(X, y)


class Never(LogisticRegression):
    """Fails always."""

    def fit(self, X, y, sample_weight=None):
        """Fail."""
        raise RuntimeError("out of order")


def test_a_failing_treatment_costs_the_others_nothing(rare):
    """What fails unforeseen is warned of whatever was asked for, and listed; the rest goes on."""
    with pytest.warns(FitFailedWarning, match="left out: scales are broken") as caught:
        model = balanced(NoWeights(), error_score=-3.0).fit(*rare)
    assert len(caught) == 2
    assert left_out(model, ["class_weight_sqrt", "class_weight_balanced"]) == {"scales are broken"}
    assert model.strategy_results_["strategy"].tolist() == ["none"]
    np.testing.assert_array_equal(model.cv_results_["mean_test_score"][1:], -3.0)
    alone = balanced(LogisticRegression(), strategies=["none"]).fit(*rare)
    np.testing.assert_array_equal(model.predict(rare[0]), alone.predict(rare[0]))
    with pytest.raises(RuntimeError, match="scales are broken"):
        balanced(NoWeights(), error_score="raise").fit(*rare)


class ExplainsItself(NoWeights):
    """Says at length that it takes no weights."""

    def fit(self, X, y, sample_weight=None):
        """Fail under weights, with a message of several lines."""
        try:
            return super().fit(X, y, sample_weight)
        except RuntimeError as error:
            raise ValueError("no weights: take none\n  or another.\nSee: the manual") from error


def test_an_error_of_many_lines_is_told_whole(rare):
    """The reason is the message of the error, and not the last line of it."""
    with pytest.warns(FitFailedWarning, match=r"no weights: take none or another\. See: "):
        model = balanced(ExplainsItself()).fit(*rare)
    reasons = left_out(model, ["class_weight_sqrt", "class_weight_balanced"])
    assert reasons == {"no weights: take none or another. See: the manual"}


def test_where_everything_fails_the_first_error_is_told(rare):
    """There is nothing to choose from."""
    with pytest.raises(ValueError, match=r"(?s)All the 9 fits failed.*out of order"):
        balanced(Never()).fit(*rare)


def test_treatments_that_do_not_suit_the_learner_are_listed(rare):
    """What a learner cannot take is told from what it can; who asked for it by name is warned."""
    model = balanced(KNeighborsClassifier(), strategies=["class_weight", "random_over"])
    with pytest.warns(LossfixWarning, match="KNeighborsClassifier takes neither") as caught:
        model.fit(*rare)
    assert len(caught) == 2
    silent = balanced(KNeighborsClassifier()).fit(*rare)
    assert silent.skipped_strategies_ == model.skipped_strategies_
    reasons = left_out(model, ["class_weight_sqrt", "class_weight_balanced"])
    assert reasons == {"KNeighborsClassifier takes neither sample_weight nor class_weight"}
    forest = RandomForestClassifier(5, max_depth=3)
    trees = balanced(forest, strategies=["balanced_random_forest"]).fit(*rare)
    assert "balanced_random_forest" in trees.strategy_results_["strategy"]


def test_weights_of_classes_that_were_set_are_not_doubled(rare):
    """Treatments on top of them are refused; the tuned rule alone is not."""
    learner = LogisticRegression(class_weight="balanced")
    with pytest.raises(ValueError, match=r"class_weight='balanced'.*corrected twice"):
        balanced(learner).fit(*rare)
    with pytest.raises(ValueError, match="logisticregression__class_weight="):
        balanced(make_pipeline(StandardScaler(), learner)).fit(*rare)
    model = balanced(learner, strategies=["none"], correct_proba=None).fit(*rare)
    np.testing.assert_array_equal(
        model.predict_proba(rare[0]), learner.fit(*rare).predict_proba(rare[0])
    )


def test_a_sampler_in_the_pipeline_is_refused(rare):
    """Classes that are balanced already are not balanced again."""
    pipeline = make_sampling_pipeline(RandomOverSampler(), LogisticRegression())
    with pytest.raises(ValueError, match="RandomOverSampler, which resamples"):
        balanced(pipeline).fit(*rare)


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"strategies": ["smote", "smote_sqrt"]}, ValueError, "in strategies twice"),
        ({"strategies": ["random_over", "random_over"]}, ValueError, "in strategies twice"),
        ({"strategies": ["adasyn"]}, ValueError, "no treatment 'adasyn'.*'random_over'"),
        ({"strategies": [("smote_sqrt", SMOTE())]}, ValueError, "cannot be called 'smote_sqrt'"),
        ({"strategies": [SMOTE]}, TypeError, r"SMOTE\(\)"),
        ({"strategies": [3]}, TypeError, "strategies holds 3"),
        ({"strategies": "none"}, InvalidParameterError, "strategies"),
        ({"ratios": ()}, ValueError, "ratios"),
        ({"ratios": ("half",)}, ValueError, "ratios"),
        ({"correct_proba": "isotonic"}, InvalidParameterError, "correct_proba"),
        ({"select": max}, InvalidParameterError, "select"),
        ({"cv": "prefit"}, InvalidParameterError, "cv"),
        ({"cost_matrix": [[0, 1], [1, 0]], "scoring": "f1"}, ValueError, "leave scoring=None"),
        ({"decision_rule": "plugin", "response_method": "decision_function"}, ValueError, "proba"),
    ],
)
def test_what_cannot_work_is_refused(rare, params, error, message):
    """Parameters that mean nothing are named before anything is fitted for nothing."""
    with pytest.raises(error, match=message):
        balanced(Witness() if "response_method" not in params else None, **params).fit(*rare)
    assert Witness.fits == []


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros(600), "at least two classes"),
        (np.linspace(0, 1, 600), "continuous"),
        (np.where(np.arange(600) < 300, np.nan, 1.0), "y has 300 missing values"),
        (None, "y is None"),
    ],
)
def test_labels_that_are_none_are_refused(rare, labels, message):
    """Numbers, gaps and a single class are no labels to learn from."""
    with pytest.raises(ValueError, match=message):
        balanced().fit(rare[0], labels)


def test_frozen_parts_are_refused(rare):
    """What cannot be refitted cannot be treated."""
    with pytest.raises(FrozenPartError, match="frozen"):
        balanced(FrozenEstimator(LogisticRegression().fit(*rare))).fit(*rare)


def test_samplers_are_named_and_left_alone(rare):
    """A sampler is a candidate by its class, or as its user calls it, and stays as it was."""
    samplers = [SMOTE(), SMOTE(k_neighbors=2), ("links", TomekLinks())]
    model = balanced(strategies=["class_weight_sqrt", *samplers], select="best").fit(*rare)
    assert model.strategy_results_["strategy"].tolist() == [
        "none",
        "class_weight_sqrt",
        "smote",
        "smote_2",
        "links",
    ]
    assert samplers[1].k_neighbors == 2
    assert not hasattr(samplers[0], "sampling_strategy_")
    assert samplers[0].random_state is None


def test_a_class_may_be_missing_from_the_training_part_of_a_fold():
    """Sorted rows in blocks: a model of one fold never saw the rarest class, under any prior."""
    X, y = make_classification(
        300, n_classes=3, n_informative=4, weights=[0.6, 0.37], random_state=1
    )
    order = np.argsort(y, kind="stable")
    for ensemble in (False, True):
        model = balanced(cv=KFold(3), ensemble=ensemble).fit(X[order], y[order])
        assert model.training_prior_.shape == (3,)
        np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)
        assert model.skipped_strategies_ == {}
        assert len(model.strategy_results_["strategy"]) == 3


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_smote_of_mixed_columns_does_not_mind_the_configuration(rare, output):
    """Encoders inside of SMOTENC follow the global configuration, and would give frames."""
    X, y = rare
    frame = pd.DataFrame(X).rename(columns=str)
    frame["kind"] = np.array(["a", "b", "c"])[np.arange(len(y)) % 3]
    with config_context(transform_output=output):
        model = by_default(strategies=["smote"], ratios=("balanced",)).fit(frame, y)
    assert model.skipped_strategies_ == {}


@pytest.mark.parametrize(
    "learner",
    [
        StackingClassifier([("nb", GaussianNB())], LogisticRegression(), cv=2),
        CalibratedClassifierCV(GaussianNB(), cv=2),
        HistGradientBoostingClassifier(max_iter=5, early_stopping=True),
    ],
    ids=["stacking", "calibration", "early stopping"],
)
def test_rows_are_not_repeated_into_inner_folds(rare, learner):
    """A learner that splits its rows would find copies on both sides."""
    with pytest.warns(LossfixWarning, match="both sides"):
        model = balanced(learner, strategies=["random_over", "random_under"]).fit(*rare)
    assert set(model.skipped_strategies_) == {"random_over_sqrt", "random_over_balanced"}
    ran = model.strategy_results_["strategy"].tolist()
    assert ran == ["none", "random_under_sqrt", "random_under_balanced"]
