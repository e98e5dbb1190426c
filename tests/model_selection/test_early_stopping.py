"""Tests of EarlyStoppingClassifier: what it keeps, records and promises."""

import pickle
import warnings

import matplotlib
import numpy as np
import pandas as pd
import pytest
import skops.io
from joblib import parallel_config
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, make_classification
from sklearn.ensemble import (
    BaggingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import balanced_accuracy_score, log_loss
from sklearn.model_selection import GridSearchCV, PredefinedSplit, cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_lossfix import EarlyStoppingClassifier, FitReport
from sklearn_lossfix.exceptions import FrozenPartError, LossfixWarning, TooFewRowsError

X, Y = load_breast_cancer(return_X_y=True)
Z = StandardScaler().fit_transform(X)
NAMES = np.array(["malign", "benign"])[Y]
LINEAR = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=0.01, random_state=0)
NETWORK = MLPClassifier(hidden_layer_sizes=(10,), random_state=0)


def scaled(estimator):
    """The estimator behind a scaler."""
    return make_pipeline(StandardScaler(), estimator)


@pytest.fixture(scope="module")
def model():
    """A network, stopped by log loss."""
    return EarlyStoppingClassifier(
        scaled(clone(NETWORK).set_params(learning_rate_init=0.02)),
        max_epochs=60,
        patience=8,
        store_row_losses=True,
        random_state=0,
    ).fit(X, NAMES)


class TestWhatIsKept:
    """The best state, with its numbers."""

    def test_best_epoch_is_that_of_the_curve(self, model):
        """The kept model has the least recorded loss, and scikit-learn computes the same."""
        curve = model.history_["validation_log_loss"]
        assert model.best_epoch_ == np.argmin(curve) + 1
        assert model.best_score_ == curve.min()
        assert model.stop_reason_ == "patience"
        assert model.n_epochs_ == model.best_epoch_ + 8 == len(curve)
        rows = model.validation_rows_
        found = log_loss(NAMES[rows], model.predict_proba(X[rows]), labels=model.classes_)
        assert found == pytest.approx(model.best_score_)

    def test_model_is_that_of_a_training_of_so_many_epochs(self, model):
        """Training for exactly the best number of epochs gives the same model."""
        short = clone(model).set_params(max_epochs=model.best_epoch_, restore_best=False)
        np.testing.assert_array_equal(short.fit(X, NAMES).predict_proba(X), model.predict_proba(X))
        assert short.stop_reason_ == "max_epochs"

    def test_last_state_stays_where_asked_for(self, model):
        """With restore_best=False the last state is kept, and the best epoch is still told."""
        last = clone(model).set_params(restore_best=False).fit(X, NAMES)
        assert last.best_epoch_ == model.best_epoch_
        rows = last.validation_rows_
        found = log_loss(NAMES[rows], last.predict_proba(X[rows]), labels=last.classes_)
        assert found == pytest.approx(last.history_["validation_log_loss"][-1])

    def test_estimator_and_its_parameters_are_untouched(self, model):
        """The given estimator is not fitted, and the trained one has its parameters."""
        assert not hasattr(model.estimator[-1], "coefs_")
        assert model.estimator_[-1].get_params() == model.estimator[-1].get_params()

    @pytest.mark.parametrize("monitor", ["balanced_accuracy", "refinement", "log_loss"])
    def test_monitor_alone_decides(self, monitor):
        """Whatever is recorded beside it, the best epoch is that of the monitored curve."""
        fit = EarlyStoppingClassifier(
            scaled(LINEAR),
            monitor=monitor,
            scoring=["f1_macro", "roc_auc"],
            max_epochs=25,
            random_state=1,
        ).fit(X, Y)
        curve = fit.history_[f"validation_{monitor}"]
        best = np.argmax(curve) if monitor == "balanced_accuracy" else np.argmin(curve)
        assert fit.best_epoch_ == best + 1
        assert fit.best_score_ == curve[best]
        other = clone(fit).set_params(scoring=None).fit(X, Y)
        np.testing.assert_array_equal(other.predict_proba(X), fit.predict_proba(X))

    def test_min_delta_ends_training_that_crawls(self):
        """Steps smaller than min_delta are no reason to go on."""
        fits = [
            EarlyStoppingClassifier(scaled(LINEAR), min_delta=step, patience=5).fit(X, Y)
            for step in (0.0, 0.5)
        ]
        assert fits[1].n_epochs_ <= 11 < fits[0].n_epochs_

    def test_learning_rate_falls_on_plateaus(self):
        """It is multiplied by the factor, recorded, and given back to the user unchanged."""
        fit = EarlyStoppingClassifier(
            scaled(LINEAR), reduce_lr_on_plateau=0.5, lr_patience=2, patience=9, random_state=0
        ).fit(X, Y)
        rates = fit.history_["learning_rate"]
        assert rates[0] == 0.01
        assert set(np.round(np.diff(np.log2(rates)), 12)) == {0.0, -1.0}
        assert fit.estimator_[-1].eta0 == 0.01


class TestWhatIsRecorded:
    """Curves, rows and the report."""

    def test_history_is_a_table(self, model):
        """Every curve has an entry for each epoch, and they make a DataFrame."""
        frame = pd.DataFrame(model.history_)
        assert list(frame["epoch"]) == list(range(1, model.n_epochs_ + 1))
        assert {"train_log_loss", "validation_accuracy", "learning_rate"} <= set(frame)
        assert all(type(curve) is np.ndarray for curve in model.history_.values())

    def test_rows_are_those_of_the_held_out_part(self, model):
        """Row losses of the best epoch are those of the kept model on the held-out rows."""
        rows = model.validation_rows_
        proba = model.predict_proba(X[rows])
        codes = np.searchsorted(model.classes_, NAMES[rows])
        expected = -np.log(proba[np.arange(len(rows)), codes])
        found = model.row_losses_[model.best_epoch_ - 1]
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
        assert model.row_right_.shape == (model.n_epochs_, len(rows))

    def test_rows_are_not_kept_unasked(self):
        """By default nothing of the size of the data is kept."""
        fit = EarlyStoppingClassifier(LINEAR, max_epochs=2).fit(X, Y)
        assert not hasattr(fit, "row_losses_")

    def test_report_of_held_out_rows(self, model):
        """diagnose(X, y) is the report of any classifier."""
        report = model.diagnose(X, NAMES)
        assert isinstance(report, FitReport)
        assert report.kind == "model"

    def test_report_of_the_training(self, model):
        """diagnose() without data is the report of the recorded curves."""
        report = model.diagnose()
        assert report.kind == "history"
        assert model.history_["validation_log_loss"][-1] in report.tables["curves"]["value"].values

    def test_plot_draws_loss_and_metric(self, model):
        """The picture has the curves of both."""
        loss, metric = model.plot()
        np.testing.assert_array_equal(
            loss.get_lines()[1].get_ydata(), model.history_["validation_log_loss"]
        )
        assert metric.get_ylabel() == "accuracy"
        assert isinstance(loss, matplotlib.axes.Axes)


class TestData:
    """Weights, classes, groups, containers."""

    def test_result_depends_on_the_seed_alone(self):
        """Equal seeds give equal models, whatever the global generator does; others do not."""
        fits = []
        for seed in (0, 0, 1):
            np.random.seed(len(fits))
            free = SGDClassifier(loss="log_loss")
            fit = EarlyStoppingClassifier(free, max_epochs=5, random_state=seed).fit(X, Y)
            fits.append(fit.predict_proba(X))
        np.testing.assert_array_equal(fits[0], fits[1])
        assert not np.array_equal(fits[0], fits[2])

    def test_weights_reach_training_and_curves(self):
        """Epochs are those of a loop by hand with the weights of the training rows."""
        weight = np.random.default_rng(0).uniform(0.1, 3.0, len(Y))
        fit = EarlyStoppingClassifier(LINEAR, max_epochs=4, restore_best=False)
        fit.fit(Z, Y, sample_weight=weight)
        rows = fit.validation_rows_
        train = np.setdiff1d(np.arange(len(Y)), rows)
        by_hand = clone(LINEAR).set_params(random_state=np.random.RandomState(0))
        for _ in range(4):
            by_hand.partial_fit(Z[train], Y[train], [0, 1], weight[train])
        np.testing.assert_array_equal(fit.predict_proba(Z), by_hand.predict_proba(Z))
        expected = log_loss(Y[rows], by_hand.predict_proba(Z[rows]), sample_weight=weight[rows])
        assert fit.history_["validation_log_loss"][-1] == pytest.approx(expected)
        expected = by_hand.score(Z[train], Y[train], weight[train])
        assert fit.history_["train_accuracy"][-1] == pytest.approx(expected)

    def test_weights_of_one_change_nothing(self):
        """Equal weights give the model without weights."""
        fits = [
            EarlyStoppingClassifier(scaled(LINEAR), max_epochs=5).fit(X, Y, sample_weight=weight)
            for weight in (None, np.ones(len(Y)))
        ]
        np.testing.assert_allclose(fits[0].predict_proba(X), fits[1].predict_proba(X))

    def test_balanced_class_weights_of_partial_fit(self):
        """What partial_fit refuses is done, and helps the rare class."""
        X_rare, y_rare = make_classification(2000, weights=[0.95], class_sep=0.5, random_state=0)
        scores = []
        for class_weight in (None, "balanced"):
            linear = clone(LINEAR).set_params(class_weight=class_weight)
            fit = EarlyStoppingClassifier(linear, monitor="accuracy", max_epochs=20)
            scores.append(balanced_accuracy_score(y_rare, fit.fit(X_rare, y_rare).predict(X_rare)))
        assert scores[1] > scores[0] + 0.05
        assert fit.estimator_.class_weight == "balanced"

    @pytest.mark.parametrize(
        "estimator",
        [NETWORK, LINEAR, RandomForestClassifier(5, random_state=0)],
        ids=["network", "linear", "forest"],
    )
    def test_class_without_training_rows_has_a_column(self, estimator):
        """If all rows of a class are held out, it is among the classes and has probabilities."""
        X_iris, y = load_iris(return_X_y=True)
        y = np.array(["u", "v", "w"])[y]
        fold = np.where((y == "v") | (np.arange(150) % 5 == 0), 0, -1)
        fit = EarlyStoppingClassifier(estimator, validation=PredefinedSplit(fold), max_epochs=4)
        proba = fit.fit(X_iris, y).predict_proba(X_iris)
        assert fit.classes_.tolist() == ["u", "v", "w"]
        assert proba.shape == (150, 3)
        np.testing.assert_allclose(proba.sum(axis=1), 1.0)
        np.testing.assert_array_equal(fit.validation_rows_, np.flatnonzero(fold == 0))
        assert set(fit.predict(X_iris)) <= set(fit.classes_)

    def test_groups_are_held_out_whole(self):
        """No group is in both parts."""
        groups = np.arange(len(Y)) // 7
        fit = EarlyStoppingClassifier(LINEAR, max_epochs=2).fit(X, Y, groups=groups)
        held_out = np.isin(np.arange(len(Y)), fit.validation_rows_)
        assert not set(groups[held_out]) & set(groups[~held_out])

    def test_containers_make_no_difference(self):
        """Tables, sparse matrices and lists of labels give the same scores; names are kept."""
        expected = EarlyStoppingClassifier(NETWORK, max_epochs=3).fit(Z, Y)
        frame = pd.DataFrame(Z, columns=[f"x{j}" for j in range(X.shape[1])])
        fit = EarlyStoppingClassifier(NETWORK, max_epochs=3).fit(frame, pd.Series(Y))
        assert list(fit.feature_names_in_) == list(frame)
        np.testing.assert_allclose(fit.predict_proba(frame), expected.predict_proba(Z))
        thin = EarlyStoppingClassifier(NETWORK, max_epochs=3).fit(sparse.csr_array(Z), list(Y))
        np.testing.assert_allclose(thin.predict_proba(Z), expected.predict_proba(Z))
        assert thin.n_features_in_ == X.shape[1]

    def test_single_precision_is_kept(self):
        """Rows in single precision train a network in single precision."""
        fit = EarlyStoppingClassifier(NETWORK, max_epochs=3).fit(X.astype(np.float32), Y)
        assert fit.estimator_.coefs_[0].dtype == np.float32
        assert fit.predict_proba(X.astype(np.float32)).dtype == np.float32

    def test_transformers_do_not_see_held_out_rows(self, model):
        """The scaler of a Pipeline learns from the training rows alone."""
        train = np.setdiff1d(np.arange(len(Y)), model.validation_rows_)
        np.testing.assert_allclose(model.estimator_[0].mean_, X[train].mean(axis=0))

    def test_rows_do_not_depend_on_what_is_held_out(self):
        """Changing held-out rows changes curves, not the training of an epoch."""
        other = Z.copy()
        fits = []
        for data in (Z, other):
            fit = EarlyStoppingClassifier(LINEAR, max_epochs=3, restore_best=False).fit(data, Y)
            fits.append(fit)
            other[fit.validation_rows_] *= 2.0
        np.testing.assert_array_equal(fits[0].estimator_.coef_, fits[1].estimator_.coef_)
        assert fits[0].best_score_ != fits[1].best_score_


class TestErrors:
    """What is refused, and that nothing changes by it."""

    def test_failed_fit_changes_nothing(self, model):
        """A fit that fails leaves everything that the last one learnt."""
        fit = pickle.loads(pickle.dumps(model))
        before = {name: id(value) for name, value in vars(fit).items()}
        broken = X.copy()
        broken[3, 2] = np.nan
        with pytest.raises(ValueError, match="NaN"):
            fit.fit(broken, NAMES)
        assert {name: id(value) for name, value in vars(fit).items()} == before

    def test_nothing_of_an_earlier_fit_is_left(self, model):
        """What a fit does not set is gone, such as rows that are not stored any more."""
        fit = pickle.loads(pickle.dumps(model))
        fit.set_params(store_row_losses=False, estimator=LINEAR, max_epochs=2).fit(X, Y)
        assert not hasattr(fit, "row_losses_")
        assert fit.classes_.tolist() == [0, 1]

    @pytest.mark.parametrize(
        ("params", "match"),
        [
            ({"estimator": SGDClassifier()}, "needs predict_proba"),
            ({"monitor": "acuracy"}, "acuracy"),
            ({"validation_fraction": 1.0}, "validation_fraction"),
            ({"estimator": GaussianNB(), "reduce_lr_on_plateau": 0.5}, "none is known"),
            ({"reduce_lr_on_plateau": 0.5, "lr_patience": 10}, "lr_patience=10 is not less"),
            ({"estimator": MLPClassifier(early_stopping=True)}, "early_stopping=False"),
            ({"estimator": scaled(LogisticRegression(solver="liblinear"))}, "epoch by epoch"),
            ({"estimator": scaled(BaggingClassifier(oob_score=True))}, "oob_score=False"),
            ({"validation": []}, "gave no split"),
            ({"monitor": "f1", "pos_label": "yes"}, "pos_label='yes'"),
        ],
    )
    def test_impossible_wishes_are_refused(self, params, match):
        """Each wish that cannot be had is an error that says why."""
        with pytest.raises(ValueError, match=match):
            EarlyStoppingClassifier(LINEAR).set_params(**params).fit(X, Y)

    def test_one_class_to_train_on_is_refused(self):
        """Holding out all of one of two classes is an error."""
        split = PredefinedSplit(np.where(Y == 1, 0, -1))
        with pytest.raises(TooFewRowsError, match="single class"):
            EarlyStoppingClassifier(LINEAR, validation=split).fit(X, Y)

    def test_frozen_estimators_are_refused(self):
        """A frozen estimator cannot be trained."""
        from sklearn.frozen import FrozenEstimator

        with pytest.raises(FrozenPartError):
            EarlyStoppingClassifier(FrozenEstimator(GaussianNB().fit(X, Y))).fit(X, Y)

    def test_unfitted_objects_say_so(self):
        """Before fit there is nothing to draw or to predict with."""
        for use in ("plot", "_history_evidence"):
            with pytest.raises(NotFittedError):
                getattr(EarlyStoppingClassifier(LINEAR), use)()
        with pytest.raises(NotFittedError):
            EarlyStoppingClassifier(LINEAR).predict(X)

    def test_methods_are_those_of_the_estimator(self):
        """Probabilities and decision values are there where the estimator has them."""
        assert not hasattr(EarlyStoppingClassifier(SGDClassifier()), "predict_proba")
        assert hasattr(EarlyStoppingClassifier(SGDClassifier()), "decision_function")
        assert not hasattr(EarlyStoppingClassifier(NETWORK), "decision_function")

    def test_divergence_keeps_the_best_state(self):
        """A network that explodes is put back to its best epoch, with a warning."""
        wild = MLPClassifier(
            hidden_layer_sizes=(20, 20),
            activation="identity",
            solver="sgd",
            learning_rate_init=0.1,
            batch_size=50,
            random_state=0,
        )
        fit = EarlyStoppingClassifier(wild, patience=50)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            with pytest.warns(LossfixWarning, match="diverged in epoch"):
                fit.fit(3.0 * Z, Y)
        assert fit.stop_reason_ == "diverged"
        assert np.isfinite(fit.predict_proba(3.0 * Z)).all()

    def test_divergence_without_copies_keeps_the_curves(self):
        """With restore_best=False what was recorded before is kept, and no error loses it."""

        class Breaks(SGDClassifier):
            def partial_fit(self, X, y, classes=None, sample_weight=None):
                if getattr(self, "t_", 0) > 3 * len(y):
                    raise ValueError("Floating-point under-/overflow occurred at epoch #1.")
                return super().partial_fit(X, y, classes, sample_weight)

        fit = EarlyStoppingClassifier(
            Breaks(loss="log_loss", random_state=0), restore_best=False, random_state=0
        )
        with pytest.warns(LossfixWarning, match="diverged in epoch 4.*It is not put back"):
            fit.fit(Z, Y)
        assert (fit.stop_reason_, fit.n_epochs_) == ("diverged", 3)
        assert len(fit.history_["validation_accuracy"]) == 3

    def test_ctrl_c_keeps_what_was_trained(self):
        """An interrupted fit is a fit of the epochs before, restored to the best of them."""

        class Interrupted(SGDClassifier):
            def partial_fit(self, X, y, classes=None, sample_weight=None):
                if getattr(self, "t_", 0) > 4 * len(y):
                    raise KeyboardInterrupt
                return super().partial_fit(X, y, classes, sample_weight)

        options = {"max_epochs": 4, "store_row_losses": True, "random_state": 0}
        whole = EarlyStoppingClassifier(LINEAR, **options).fit(Z, Y)
        cut = EarlyStoppingClassifier(Interrupted(**LINEAR.get_params()), **options)
        with pytest.warns(LossfixWarning, match="interrupted in epoch 5"):
            cut.set_params(max_epochs=99).fit(Z, Y)
        assert (cut.stop_reason_, cut.n_epochs_) == ("interrupted", 4)
        np.testing.assert_array_equal(cut.predict_proba(Z), whole.predict_proba(Z))
        np.testing.assert_array_equal(cut.row_losses_, whole.row_losses_)
        assert cut.diagnose().kind == "history"

    def test_metrics_without_a_value(self):
        """For want of a class a metric is NaN if it is recorded, an error if it is monitored."""
        fold = np.where((Y == 1) & (np.arange(len(Y)) % 3 == 0), 0, -1)
        params = {"validation": PredefinedSplit(fold), "max_epochs": 3}
        with pytest.warns(LossfixWarning, match="roc_auc has no value on the validation rows"):
            fit = EarlyStoppingClassifier(LINEAR, scoring="roc_auc", **params).fit(Z, Y)
        assert np.isnan(fit.history_["validation_roc_auc"]).all()
        with pytest.raises(ValueError, match="no row of '0', and it is monitored"):
            EarlyStoppingClassifier(LINEAR, monitor="roc_auc", **params).fit(Z, Y)


class TestElsewhere:
    """Inside and beside other estimators."""

    def test_copies_predict_alike(self, model):
        """Pickles give equal scores, and a clone is unfitted with equal parameters."""
        again = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
        assert not hasattr(clone(model), "history_")

    def test_skops_trusts_it(self):
        """What is stored is plain arrays and scikit-learn's own objects."""
        fit = EarlyStoppingClassifier(scaled(LINEAR), scoring="f1_macro", max_epochs=2).fit(X, Y)
        written = skops.io.dumps(fit)
        untrusted = skops.io.get_untrusted_types(data=written)
        assert [name for name in untrusted if not name.startswith("sklearn_lossfix.")] == []
        copy = skops.io.loads(written, trusted=untrusted)
        np.testing.assert_array_equal(copy.predict_proba(X), fit.predict_proba(X))

    def test_searches_and_cross_validation_use_it(self):
        """It is searched over and scored in folds like any other, in two threads as in one."""
        grid = {"estimator__sgdclassifier__alpha": [1e-4, 1e-2]}
        base = EarlyStoppingClassifier(scaled(LINEAR), max_epochs=5, random_state=0)
        search = GridSearchCV(base, grid, cv=3, scoring="neg_log_loss").fit(X, Y)
        assert search.best_estimator_.n_epochs_ == 5
        scores = []
        for n_jobs in (1, 2):
            with parallel_config(backend="threading", n_jobs=n_jobs):
                scores.append(cross_val_score(base, X, Y, cv=3))
        np.testing.assert_array_equal(*scores)
        assert scores[0].mean() > 0.9

    def test_trees_are_cut_to_the_best_number(self):
        """Boosting keeps as many trees as were best, and says so in its parameter."""
        boosting = HistGradientBoostingClassifier(learning_rate=0.5, random_state=0)
        fit = EarlyStoppingClassifier(boosting, iterations_per_epoch=2, patience=3, random_state=0)
        fit.fit(X, Y)
        n_trees = 2 * fit.best_epoch_
        assert fit.estimator_.n_iter_ == fit.estimator_.max_iter == n_trees
        train = np.setdiff1d(np.arange(len(Y)), fit.validation_rows_)
        expected = clone(boosting).set_params(max_iter=n_trees).fit(X[train], Y[train])
        np.testing.assert_allclose(fit.predict_proba(X), expected.predict_proba(X), rtol=1e-8)

    def test_many_classes(self):
        """A network learns ten digits, and the kept epoch is the best of both curves' words."""
        X_digits, y = load_digits(return_X_y=True)
        network = MLPClassifier(hidden_layer_sizes=(32,), learning_rate_init=0.01, random_state=0)
        fit = EarlyStoppingClassifier(network, monitor="accuracy", patience=4, random_state=0)
        fit.fit(X_digits / 16, y)
        assert fit.best_score_ > 0.95
        assert fit.history_["validation_accuracy"][fit.best_epoch_ - 1] == fit.best_score_
