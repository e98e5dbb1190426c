"""Options become the right call of the library."""

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import f1_score, log_loss

from sklearn_lossfix import diagnose, diagnose_predictions
from sklearn_lossfix.cli import _run
from sklearn_lossfix.cli._errors import InputError
from sklearn_lossfix.cli._run import (
    HELD_OUT_SHARE,
    call_library,
    check_scoring,
    diagnose_forecast,
    diagnose_table,
)

OPTIONS = {
    "target": "label",
    "model": "logistic",
    "scoring": None,
    "positive": None,
    "validation": None,
    "effort": "normal",
    "seed": 0,
    "jobs": None,
    "allow_pickle": False,
    "trust": (),
}


@pytest.fixture
def calls(monkeypatch):
    """Calls of `diagnose` and `diagnose_predictions`, recorded and carried out."""
    recorded = []

    def recording(function):
        def call(*args, **kwargs):
            recorded.append((function.__name__, args, kwargs))
            return function(*args, **kwargs)

        return call

    monkeypatch.setattr(_run, "diagnose", recording(diagnose))
    monkeypatch.setattr(_run, "diagnose_predictions", recording(diagnose_predictions))
    return recorded


def run_table(file, notes, **options):
    """Diagnose a file with the default options but for those given."""
    with notes.from_warnings():
        return diagnose_table(notes, file=str(file), **{**OPTIONS, **options})


def test_a_table_is_judged_out_of_fold_by_default(csv, notes, calls):
    """Without held-out rows every row is judged, by an unfitted model of all other columns."""
    report = run_table(csv, notes, scoring="balanced_accuracy", seed=3)
    ((name, (model, X, y), kwargs),) = calls
    assert name == "diagnose"
    assert list(X.columns) == ["size", "weight", "colour", "person"]
    assert not hasattr(model, "n_features_in_")
    assert kwargs["X_val"] is None
    assert kwargs["random_state"] == 3
    assert report.context["source"] == "out-of-fold"
    assert report.context["n_rows"] == len(y)
    assert report.context["metric"] == "balanced_accuracy"


def test_options_reach_the_library(csv, notes, calls):
    """Groups, weights, positive class and jobs are passed on, and are no features."""
    run_table(
        csv, notes, groups="person", weight="weight", positive="YES", jobs=1, scoring="f1", drop=()
    )
    ((_, (_, X, _), kwargs),) = calls
    assert list(X.columns) == ["size", "colour"]
    assert len(np.unique(kwargs["groups"])) == 40
    assert kwargs["sample_weight"].max() > 1
    assert kwargs["pos_label"] == "yes"
    assert kwargs["n_jobs"] == 1


def test_a_share_is_held_out(csv, notes, calls):
    """--validation with a share judges that share of the rows."""
    report = run_table(csv, notes, validation="0.25")
    ((_, (_, X, y), kwargs),) = calls
    assert len(kwargs["X_val"]) == len(kwargs["y_val"]) == 30
    assert len(X) == len(y) == 90
    assert report.context["source"] == "validation"


def test_fast_effort_holds_rows_out_and_fits_once(csv, notes, calls):
    """Fast effort holds out a share, with a note, and fits the model on the rest."""
    report = run_table(csv, notes, effort="fast")
    ((_, (model, _, _), kwargs),) = calls
    assert model.n_features_in_ == 4
    assert kwargs["effort"] == "fast"
    assert report.context["n_rows"] == 120 * HELD_OUT_SHARE
    assert any("25% of the rows were held out" in line for line in notes.lines)


def test_a_file_of_held_out_rows_is_judged(table, tmp_path, notes, calls):
    """--validation with a file judges its rows, with types decided over both files."""
    train, held_out = tmp_path / "train.csv", tmp_path / "held_out.csv"
    table["size"] = table["size"].round(2)
    table.head(80).to_csv(train, index=False)
    text = table.tail(40).astype({"size": object})
    text.loc[text.index[0], "size"] = None
    text.to_csv(held_out, index=False)
    report = run_table(train, notes, validation=str(held_out), effort="fast")
    ((_, (_, X, _), kwargs),) = calls
    assert len(X) == 80
    assert len(kwargs["X_val"]) == 40
    assert X.dtypes.equals(kwargs["X_val"].dtypes)
    assert kwargs["X_val"].index[0] == 0
    assert report.context["n_rows"] == 40


@pytest.mark.parametrize(
    ("columns", "words"), [({"weight": "weight"}, "--weight"), ({"groups": "person"}, "--groups")]
)
def test_what_held_out_rows_do_not_use_is_said(csv, notes, columns, words):
    """Weights and groups of held-out rows have no place in the library, and a note says so."""
    run_table(csv, notes, validation="0.3", effort="fast", **columns)
    assert any(words in line for line in notes.lines)


@pytest.fixture
def model_file(fitted, tmp_path):
    """The fitted model as a .skops file."""
    path = tmp_path / "model.skops"
    skops.io.dump(fitted, path)
    return str(path)


def test_a_fitted_model_is_judged_as_it_is(csv, table, fitted, model_file, notes, calls):
    """With fast effort a fitted model is judged on the file, and nothing is refitted."""
    report = run_table(csv, notes, model=model_file, effort="fast")
    ((name, _, _),) = calls
    proba = fitted.predict_proba(table[["size", "weight"]])
    assert name == "diagnose_predictions"
    assert report.loss_ledger.total == pytest.approx(log_loss(table["label"], proba), abs=1e-12)
    assert any("has not learnt from" in line for line in notes.lines)


def test_a_fitted_model_is_judged_on_held_out_rows(csv, table, fitted, model_file, tmp_path, notes):
    """With a file of held-out rows the fitted model itself is judged on them."""
    path = tmp_path / "held_out.csv"
    table.tail(60).to_csv(path, index=False)
    report = run_table(csv, notes, model=model_file, validation=str(path))
    proba = fitted.predict_proba(table.tail(60)[["size", "weight"]])
    expected = log_loss(table.tail(60)["label"], proba)
    assert report.loss_ledger.total == pytest.approx(expected, abs=1e-12)


def test_a_fitted_model_is_cloned_out_of_fold(csv, model_file, notes):
    """With normal effort and no held-out rows the model's clones are judged out of fold."""
    report = run_table(csv, notes, model=model_file)
    assert report.context["source"] == "out-of-fold"
    assert "LogisticRegression" in report.context["title"]


def test_a_fitted_model_may_not_be_judged_on_a_share(csv, model_file, notes):
    """Rows cannot be held out after the fit; the error names both ways out."""
    with pytest.raises(InputError, match="a share cannot be held out") as caught:
        run_table(csv, notes, model=model_file, validation="0.2")
    assert "--effort fast" in str(caught.value)


def test_labels_take_the_type_a_model_learnt(table, tmp_path, notes):
    """A model of "0" and "1" judges a file in which labels read as numbers."""
    table["label"] = (table["label"] == "yes").astype(int)
    table.to_csv(tmp_path / "t.csv", index=False)
    X = table[["size", "weight"]]
    skops.io.dump(LogisticRegression().fit(X, table["label"].astype(str)), tmp_path / "m.skops")
    report = run_table(tmp_path / "t.csv", notes, model=str(tmp_path / "m.skops"), effort="fast")
    assert report.context["classes"] == ["0", "1"]


def test_a_fitted_model_without_probabilities_needs_training_rows(csv, table, tmp_path, notes):
    """Margins alone cannot be judged from labels; with both files they can."""
    path = str(tmp_path / "m.skops")
    skops.io.dump(RidgeClassifier().fit(table[["size", "weight"]], table["label"]), path)
    with pytest.raises(InputError, match="RidgeClassifier has no predict_proba"):
        run_table(csv, notes, model=path, effort="fast")
    report = run_table(csv, notes, model=path, effort="fast", validation=str(csv))
    assert report.loss_ledger is None


def test_an_unfitted_model_takes_the_table_as_it_is(table, tmp_path, notes):
    """A model file that was not fitted is fitted on the raw columns."""
    skops.io.dump(LogisticRegression(), tmp_path / "m.skops")
    table[["size", "weight", "label"]].to_csv(tmp_path / "t.csv", index=False)
    report = run_table(tmp_path / "t.csv", notes, model=str(tmp_path / "m.skops"), effort="fast")
    assert report.context["n_rows"] == 30


def test_small_classes_get_fewer_folds(table, tmp_path, notes, calls):
    """A class of three rows is judged in three folds, with a note."""
    table["label"] = np.where(np.arange(len(table)) < 3, "rare", "common")
    table.to_csv(tmp_path / "t.csv", index=False)
    run_table(tmp_path / "t.csv", notes)
    assert calls[0][2]["cv"] == 3
    assert any("3 folds instead of 5" in line for line in notes.lines)


def test_a_forecast_is_judged_by_its_probabilities(forecast, forecast_csv, notes):
    """The total of the ledger is scikit-learn's log loss of the columns of the file."""
    report = diagnose_forecast(
        notes,
        file=str(forecast_csv),
        target="label",
        proba=("p_yes",),
        scoring="f1",
        seed=0,
    )
    expected = log_loss(forecast["label"], forecast[["p_no", "p_yes"]])
    assert report.loss_ledger.total == pytest.approx(expected, abs=1e-9)
    assert report.context["pos_label"] == "yes"


@pytest.mark.parametrize("positive", [None, "no", "yes"])
@pytest.mark.parametrize("classes", [(), ("no", "yes"), ("yes", "no")])
@pytest.mark.parametrize("name", ["no", "yes", "p_no", "p_yes", "q"])
def test_one_column_is_judged_as_the_class_that_it_is_of(
    forecast, tmp_path, notes, name, classes, positive
):
    """Loss and F1 are scikit-learn's for the class of the column and the positive class asked."""
    by_name = {"no": "no", "yes": "yes", "p_no": "no", "p_yes": "yes"}
    label = by_name.get(name) or positive or (classes or ("no", "yes"))[1]
    metric_label = positive or label
    p = forecast[f"p_{label}"]
    path = tmp_path / "one.csv"
    pd.DataFrame({"label": forecast["label"], name: p}).to_csv(path, index=False)
    report = diagnose_forecast(
        notes,
        file=str(path),
        target="label",
        proba=(name,),
        classes=classes,
        positive=positive,
        scoring="f1",
        seed=0,
    )
    is_label = forecast["label"] == label
    assert report.loss_ledger.total == pytest.approx(log_loss(is_label, p), abs=1e-9)
    predicted = np.where(forecast["p_yes"] > 0.5, "yes", "no")
    expected = f1_score(forecast["label"], predicted, pos_label=metric_label)
    assert report.error_ledger.total == pytest.approx(1 - expected, abs=1e-9)
    assert report.context["pos_label"] == metric_label


def test_notes_of_the_report_reach_the_user(csv, notes):
    """What a report says about how it was made is a note too."""
    report = run_table(csv, notes, scoring="f1")
    assert report.context["notes"] != []
    assert set(report.context["notes"]) <= set(notes.lines)


def test_a_type_error_of_the_package_is_a_defect(notes):
    """A call of ours that does not fit its function is not blamed on the input."""
    with pytest.raises(TypeError, match="unexpected keyword"):
        call_library(diagnose_predictions, notes, "working", [0, 1], [0.1, 0.9], no_such_name=1)


@pytest.mark.parametrize("error", [ValueError, TypeError])
def test_errors_of_the_library_are_input_errors(notes, error):
    """What the library says about its input is what the user reads."""

    def refuse():
        raise error("expected this, got that")

    with pytest.raises(InputError, match="expected this, got that") as caught:
        call_library(refuse, notes, "working")
    assert isinstance(caught.value.__cause__, error)


def test_unknown_metrics_are_refused_before_the_work():
    """A misspelt metric is answered with the nearest name."""
    check_scoring(None)
    check_scoring("roc_auc")
    with pytest.raises(InputError, match=r"--scoring: .*Did you mean 'balanced_accuracy'"):
        check_scoring("balanced_acuracy")


def test_types_of_all_kinds_in_one_table(tmp_path, notes):
    """A Parquet table of every kind of column gives a report."""
    rng = np.random.default_rng(0)
    n_rows = 80
    signal = rng.normal(size=n_rows)
    frame = pd.DataFrame(
        {
            "float": np.where(rng.random(n_rows) < 0.1, np.nan, signal),
            "integer": rng.integers(0, 9, n_rows),
            "nullable": pd.array([None, 1, 2, 3] * 20, dtype="Int32"),
            "boolean": rng.random(n_rows) < 0.5,
            "maybe": pd.array([True, None, False, True] * 20, dtype="boolean"),
            "category": pd.Categorical(rng.choice(["a", "b"], n_rows)),
            "text": rng.choice(["x", None, "z"], n_rows),
            "date": pd.date_range("2024-01-01", periods=n_rows),
            "zone": pd.date_range("2024-01-01", periods=n_rows, tz="Europe/Paris"),
            "span": pd.to_timedelta(rng.integers(0, 99, n_rows), unit="h"),
            "empty": pd.array([None] * n_rows, dtype="float64"),
            "name": [f"person {i}" for i in range(n_rows)],
            "label": pd.Categorical(np.where(signal > 0, "up", "down")),
        }
    )
    frame.to_parquet(tmp_path / "t.parquet")
    report = run_table(tmp_path / "t.parquet", notes)
    assert report.context["classes"] == ["down", "up"]
    assert any("'name': left out" in line for line in notes.lines)
