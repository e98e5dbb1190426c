"""AutoBalancedClassifier run in every way: equal results, no fit too many, events in the driver."""

import functools
import os
import uuid

import joblib
import numpy as np
import pytest
from imblearn.over_sampling import SMOTE
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix import AutoBalancedClassifier

# scikit-learn has callbacks from 1.9 on.
HAS_CALLBACKS = hasattr(Pipeline, "set_callbacks")

X, Y = make_classification(
    n_samples=300, n_features=5, weights=[0.8], flip_y=0.1, class_sep=0.7, random_state=0
)
X3, Y3 = make_classification(
    n_samples=300, n_informative=4, n_classes=3, weights=[0.6, 0.25], random_state=0
)
PLAIN = LogisticRegression()
SCALED = make_pipeline(StandardScaler(), LogisticRegression())


def balanced(estimator=SCALED, **params):
    """The classifier with three folds and few samples, unless told otherwise."""
    params = {"cv": 3, "n_bootstrap": 10, "random_state": 0, **params}
    return AutoBalancedClassifier(estimator, **params)


def assert_same_fit(found, expected):
    """All that a fit tells, but for times, is equal to the bit."""
    for table in ("strategy_results_", "cv_results_"):
        ours, theirs = getattr(found, table), getattr(expected, table)
        assert list(ours) == list(theirs)
        for key, column in theirs.items():
            if not key.endswith("_time") and "param" not in key:
                np.testing.assert_array_equal(ours[key], column, err_msg=key)
    for name in ("best_strategy_", "skipped_strategies_", "n_fits_", "proba_correction_"):
        assert getattr(found, name) == getattr(expected, name), name
    assert repr(found.decision_rule_) == repr(expected.decision_rule_)
    for name in ("honest_score_", "honest_score_interval_", "apparent_score_", "gain_"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)
    for name in ("proba_slopes_", "proba_offsets_", "proba_mixture_"):
        assert hasattr(found, name) == hasattr(expected, name)
        np.testing.assert_array_equal(getattr(found, name, 0), getattr(expected, name, 0))
    for key, value in expected.oof_.items():
        np.testing.assert_array_equal(found.oof_[key], value, err_msg=key)


# Draws of every kind under seeds that are free; three classes with offsets; weights and groups,
# and one model a fold.
CASES = {
    "draws": (
        balanced(
            make_pipeline(StandardScaler(), DecisionTreeClassifier(max_features=2, max_depth=3)),
            strategies=["random_over", "random_under_sqrt", "balanced_bagging", SMOTE()],
        ),
        (X, Y),
        {},
    ),
    # Its members are added up by threads where `n_jobs=None` means several.
    "forest": (balanced(RandomForestClassifier(7, max_depth=3, max_features=2)), (X, Y), {}),
    "three classes": (balanced(strategies=["class_weight", "smote"]), (X3, Y3), {}),
    "weights, groups, ensemble": (
        balanced(
            DecisionTreeClassifier(max_features=2, max_depth=3),
            strategies=["class_weight", "random_under"],
            ensemble=True,
        ),
        (X, Y),
        {
            "sample_weight": np.random.default_rng(0).integers(1, 4, len(Y)).astype(float),
            "groups": np.arange(len(Y)) // 3,
        },
    ),
}


def fitted(case, **changes):
    """A copy of a case, fitted."""
    model, data, params = CASES[case]
    params_of_model = {**model.get_params(deep=False), **changes}
    return AutoBalancedClassifier(**params_of_model).fit(*data, **params)


@functools.cache
def one_by_one(case):
    """A fit of which nothing runs in parallel."""
    with joblib.parallel_config(backend="sequential"):
        return fitted(case, n_jobs=1)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    "config",
    [{"backend": "loky"}, {"backend": "loky", "max_nbytes": 1}, {"backend": "threading"}],
    ids=["loky", "loky, memory mapped", "threading"],
)
def test_backends_and_number_of_jobs_do_not_matter(case, config):
    """Fits in two processes or threads tell what they tell when nothing is parallel."""
    with joblib.parallel_config(**config):
        found = fitted(case, n_jobs=2)
    assert_same_fit(found, one_by_one(case))


def test_seeds_are_drawn_from_the_one_that_was_given():
    """The same seed gives the same, another one something else."""
    assert_same_fit(fitted("draws"), one_by_one("draws"))
    other = fitted("draws", random_state=1)
    assert other.honest_score_ != one_by_one("draws").honest_score_


@pytest.mark.parametrize("ensemble", [False, True])
def test_the_chosen_model_is_repeatable_where_its_seed_is_given(ensemble):
    """With a seed of its own, the fit on all rows is the same again, samples included."""
    model = balanced(
        RandomForestClassifier(5, max_depth=3, random_state=0),
        strategies=["random_under_balanced", "balanced_bagging"],
        select="best",
        scoring="f1",
        ensemble=ensemble,
    )
    one = model.fit(X, Y).predict_proba(X)
    np.testing.assert_array_equal(one, model.fit(X, Y).predict_proba(X))


# --- number of fits -----------------------------------------------------------------------------


class Counting(GaussianNB):
    """Counts its fits, in this process."""

    fits: list = []

    def fit(self, X, y, sample_weight=None):
        """Count the fit."""
        self.fits.append(len(X))
        return super().fit(X, y, sample_weight)


class CountingScaler(TransformerMixin, BaseEstimator):
    """Leaves the data alone and counts its fits, in this process."""

    fits: list = []

    def fit(self, X, y=None):
        """Count the fit."""
        self.fits.append(len(X))
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        """Change nothing."""
        return X


@pytest.fixture(autouse=True)
def counted():
    """Start every test with no fits counted."""
    Counting.fits.clear()
    CountingScaler.fits.clear()


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize(
    ("params", "n_last"),
    [({}, 1), ({"ensemble": True}, 4), ({"n_bootstrap": 0}, 1), ({"correct_proba": None}, 1)],
    ids=["one model", "ensemble", "cross-fitted", "uncorrected"],
)
def test_every_treatment_is_fitted_once_a_split(n_jobs, params, n_last):
    """C treatments on K splits are C x K fits, and those that predict afterwards."""
    strategies = ["class_weight", "random_over", "smote"]
    with joblib.parallel_config(backend="threading"):
        model = balanced(Counting(), strategies=strategies, cv=4, n_jobs=n_jobs, **params)
        model.fit(X, Y)
    assert len(model.strategy_results_["strategy"]) == 7
    assert model.n_fits_ == 7 * 4
    assert len(Counting.fits) == 7 * 4 + n_last


def test_ten_models_count_as_one_fit():
    """A bag is one fit of a treatment, of ten of the learner."""
    model = balanced(Counting(), strategies=["balanced_bagging"], decision_rule="default")
    model.fit(X, Y)
    assert model.n_fits_ == 2 * 3
    n_last = 10 if model.best_strategy_ == "balanced_bagging" else 1
    assert len(Counting.fits) == 3 + 10 * 3 + n_last


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_early_steps_are_fitted_once_a_split(n_jobs):
    """However many treatments there are, what stands before them is fitted once on each split."""
    strategies = ["class_weight", "random_under", "bagging"]
    pipeline = make_pipeline(CountingScaler(), Counting())
    with joblib.parallel_config(backend="threading"):
        model = balanced(pipeline, strategies=strategies, n_jobs=n_jobs).fit(X, Y)
    assert len(model.strategy_results_["strategy"]) == 6
    assert sorted(CountingScaler.fits) == [200, 200, 200, 300]


def test_processes_fit_no_more_than_threads(tmp_path):
    """Across processes, too, every treatment is fitted once a split."""
    folder = str(tmp_path)

    class Signing(LogisticRegression):
        def fit(self, X, y, sample_weight=None):
            open(os.path.join(folder, f"{len(X)}-{uuid.uuid4().hex}"), "x").close()
            return super().fit(X, y, sample_weight)

    with joblib.parallel_config(backend="loky"):
        model = balanced(Signing(), strategies=["class_weight"], n_jobs=2).fit(X, Y)
    sizes = [int(path.name.split("-")[0]) for path in tmp_path.iterdir()]
    assert sorted(sizes) == [200] * 9 + [300]
    assert model.n_fits_ == 9


# --- events -------------------------------------------------------------------------------------

EVALUATION = "candidate-split-evaluation"


class Listener:
    """Callback that keeps a list of events, and that cannot be sent to another process."""

    max_propagation_depth = None

    def __init__(self):
        self.heard = []

    def __reduce__(self):
        raise TypeError("a listener left its process")

    def setup(self, estimator, context):
        """The outermost fit begins."""
        self.hear("setup", context)

    def teardown(self, estimator, context):
        """The outermost fit is over."""
        self.hear("teardown", context)

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None):
        """A task begins."""
        self.hear("begin", context)

    def on_fit_task_end(self, estimator, context, *, X=None, y=None):
        """A task is over."""
        self.hear("end", context)

    def hear(self, event, context):
        """Keep an event, with the estimator and the tasks around it, outermost first."""
        tasks = []
        while context is not None:
            tasks.append((context.estimator_name, context.task_name, context.task_id))
            context = context.parent
        self.heard.append((event, tuple(reversed(tasks))))

    def evaluations(self, event):
        """Tasks of ours that judge one treatment on one split, in the order of their events."""
        return [
            tasks
            for what, tasks in self.heard
            if what == event and tasks[-1][:2] == ("AutoBalancedClassifier", EVALUATION)
        ]

    def assert_closed(self):
        """Every task ends that begins, after all that began within it."""
        open_tasks = []
        for event, tasks in self.heard:
            if event == "begin":
                open_tasks.append(tasks)
            elif event == "end":
                assert open_tasks.pop() == tasks
        assert open_tasks == []


if HAS_CALLBACKS:

    @pytest.mark.parametrize("n_jobs", [1, 2])
    @pytest.mark.parametrize("backend", ["loky", "threading"])
    def test_each_treatment_and_split_has_one_begin_and_one_end(n_jobs, backend):
        """The tree holds all fits, each once, and then what the winner reports."""
        listener = Listener()
        with joblib.parallel_config(backend=backend):
            model = balanced(PLAIN, n_jobs=n_jobs).set_callbacks(listener).fit(X, Y)
        listener.assert_closed()
        for event in ("begin", "end"):
            numbers = [tasks[-1][2] for tasks in listener.evaluations(event)]
            assert sorted(numbers) == list(range(9))
        assert listener.heard[-1][0] == "teardown"
        within = {tasks[-1][0] for _, tasks in listener.heard}
        assert "AutoBalancedClassifier" in within
        assert_same_fit(model, balanced(PLAIN).fit(X, Y))

    def test_a_search_around_it_has_our_events_beneath_its_own():
        """Events stand beneath the tasks of the search that fits us."""
        listener = Listener()
        outer = GridSearchCV(balanced(PLAIN), {"select": ["best", "one_se"]}, cv=2)
        outer.set_callbacks(listener).fit(X, Y)
        listener.assert_closed()
        # Two settings on two splits, and the refit, of three treatments on three splits each.
        ended = listener.evaluations("end")
        assert len(ended) == len(set(ended)) == (2 * 2 + 1) * 9
        assert {tasks[0][0] for tasks in ended} == {"GridSearchCV"}

    def test_failing_treatments_end_their_tasks():
        """A treatment that cannot be fitted has its events; a fit that raises is torn down."""
        listener, broken = Listener(), X.copy()
        broken[0, 0] = np.nan
        tree = DecisionTreeClassifier(max_depth=2)
        with pytest.warns(Warning, match="missing values"):
            balanced(tree, strategies=["smote"]).set_callbacks(listener).fit(broken, Y)
        listener.assert_closed()
        assert len(listener.evaluations("end")) == 9
        raising = Listener()
        with pytest.raises(ValueError, match="missing values"):
            balanced(tree, strategies=["smote"], error_score="raise").set_callbacks(raising).fit(
                broken, Y
            )
        assert raising.heard[-1][0] == "teardown"

    @pytest.mark.parametrize("ensemble", [False, True])
    def test_the_progress_bar_of_scikit_learn_ends(capsys, ensemble):
        """The bar is drawn to its end, and changes no result."""
        from sklearn.callback import ProgressBar

        model = balanced(ensemble=ensemble).set_callbacks(ProgressBar()).fit(X, Y)
        shown = capsys.readouterr().out
        assert "AutoBalancedClassifier" in shown
        assert "100%" in shown
        assert_same_fit(model, balanced(ensemble=ensemble).fit(X, Y))
