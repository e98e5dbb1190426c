"""Models come by name, or from files that may not run code unasked."""

import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_lossfix import DecisionRuleClassifier
from sklearn_lossfix.cli._errors import InputError
from sklearn_lossfix.cli._features import prepare_features
from sklearn_lossfix.cli._models import (
    MODEL_NAMES,
    check_model_name,
    features_for,
    is_model_file,
    load_model,
    named_model,
)


def identity(X):
    """A function that a model may hold, and that nobody trusts."""
    return X


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_named_models_fit_any_table(table, notes, name):
    """Each named model is an unfitted pipeline that takes numbers, categories and gaps."""
    frame = prepare_features(table.drop(columns="label"), notes)
    frame.loc[3, "size"] = np.nan
    model = named_model(name, frame, seed=0)
    clone(model)
    with notes.from_warnings():
        labels = model.fit(frame, table["label"]).predict(frame)
    assert set(labels) <= {"yes", "no"}


def test_named_models_are_repeatable(table, notes):
    """The same seed gives the same model."""
    frame = prepare_features(table.drop(columns="label"), notes)
    first, second = (
        named_model("forest", frame, seed=3).fit(frame, table["label"]).predict_proba(frame)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


def test_unknown_names_are_refused_with_the_nearest():
    """A misspelt model is answered with the nearest name."""
    check_model_name("hgb")
    with pytest.raises(InputError, match=r"no model 'logstic'\. Did you mean 'logistic'"):
        check_model_name("logstic")


def test_what_is_a_file_and_what_a_name(tmp_path, monkeypatch):
    """An ending, a folder or an existing file make a file, but for the known names."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model").touch()
    (tmp_path / "hgb").touch()
    assert is_model_file("m.skops")
    assert is_model_file("m.PKL")
    assert is_model_file("folder/m")
    assert is_model_file("model")
    assert not is_model_file("hgb")
    assert not is_model_file("other")


def test_a_skops_file_is_loaded(fitted, table, tmp_path):
    """A model of scikit-learn comes back as it was saved, without any flag."""
    path = tmp_path / "model.skops"
    skops.io.dump(fitted, path)
    X = table[["size", "weight"]]
    loaded = load_model(str(path))
    np.testing.assert_array_equal(loaded.predict_proba(X), fitted.predict_proba(X))


def test_classifiers_of_this_package_are_trusted(fitted, table, tmp_path):
    """What this package made is loaded without --trust."""
    path = tmp_path / "model.skops"
    X = table[["size", "weight"]]
    model = DecisionRuleClassifier(LogisticRegression()).fit(X, table["label"])
    skops.io.dump(model, path)
    assert isinstance(load_model(str(path)), DecisionRuleClassifier)


def test_untrusted_types_are_named_and_need_a_flag(table, tmp_path):
    """A skops file that makes objects nobody vouched for is refused, and the types are named."""
    path = tmp_path / "model.skops"
    model = make_pipeline(FunctionTransformer(identity), LogisticRegression())
    skops.io.dump(model.fit(table[["size"]], table["label"]), path)
    (name,) = skops.io.get_untrusted_types(file=path)
    with pytest.raises(InputError, match="types that are not trusted") as caught:
        load_model(str(path))
    assert repr(name) in str(caught.value)
    assert load_model(str(path), trusted=[name, "unused.Type"]).steps[0][1].func is identity


class Bomb:
    """An object whose pickle does something when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))


@pytest.mark.parametrize("ending", [".pkl", ".pickle", ".joblib"])
def test_a_pickle_is_not_loaded_unasked(tmp_path, ending):
    """Without the flag the code in a pickle does not run; the error says why."""
    path, mark = tmp_path / f"model{ending}", tmp_path / "mark"
    path.write_bytes(pickle.dumps(Bomb(str(mark))))
    with pytest.raises(InputError, match="loading it runs whatever code it holds"):
        load_model(str(path))
    assert not mark.exists()


@pytest.mark.parametrize("name", ["model.joblib", "model.pkl"])
def test_a_pickle_is_loaded_when_asked(fitted, table, tmp_path, name):
    """With the flag a file of joblib or pickle is a model file like any other."""
    path = tmp_path / name
    if name.endswith(".joblib"):
        joblib.dump(fitted, path, compress=3)
    else:
        path.write_bytes(pickle.dumps(fitted))
    X = table[["size", "weight"]]
    loaded = load_model(str(path), allow_pickle=True)
    np.testing.assert_array_equal(loaded.predict(X), fitted.predict(X))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.skops", None, "does not exist"),
        ("missing.pkl", None, "does not exist"),
        ("model.onnx", b"x", "no model file"),
        ("model.skops", b"no archive", "no skops file, or a damaged one"),
        ("model.pkl", b"no pickle", "cannot be loaded"),
        ("model.pkl", pickle.dumps({"a": 1}), "holds a dict, not an estimator"),
        ("model.pkl", pickle.dumps(LogisticRegression), "not an estimator"),
    ],
)
def test_unusable_model_files_are_refused(tmp_path, name, content, message):
    """Whatever is wrong with a model file, the error names it."""
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        load_model(str(path), allow_pickle=True)
    assert repr(str(path)) in str(caught.value)


def test_a_fitted_model_gets_its_columns_in_its_order(fitted, table, notes):
    """Columns are found by name; those the model does not know are left out with a note."""
    shuffled = table[["colour", "weight", "size"]]
    X = features_for(fitted, shuffled, notes)
    assert list(X.columns) == ["size", "weight"]
    assert notes.lines == ["'colour': left out, the model was not fitted on them."]


def test_a_model_without_names_gets_an_array(table, notes):
    """A model that was fitted on an array takes as many columns, and no names."""
    model = LogisticRegression().fit(table[["size", "weight"]].to_numpy(), table["label"])
    X = features_for(model, table[["size", "weight"]], notes)
    assert isinstance(X, np.ndarray)
    with pytest.raises(InputError, match=r"was fitted on 2 features without names; .* has 3"):
        features_for(model, table[["size", "weight", "person"]], notes)


def test_an_unfitted_model_gets_the_table_as_it_is(table, notes):
    """Nothing is known of the columns of a model that was not fitted."""
    assert features_for(LogisticRegression(), table, notes) is table


def test_missing_columns_of_a_fitted_model_are_named(fitted, notes):
    """A column that the model needs and the table lacks is named, with the nearest."""
    frame = pd.DataFrame({"Size": [1.0], "weight": [1.0]})
    with pytest.raises(InputError, match=r"no column 'size'\. Did you mean 'Size'"):
        features_for(fitted, frame, notes)
