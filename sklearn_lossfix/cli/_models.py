"""Models by name, and models from files."""

import zipfile
from pathlib import Path

import joblib
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix import DecisionRule, DecisionRuleClassifier, RecalibratedClassifier
from sklearn_lossfix.cli._errors import InputError, listed, one_line, suggestion
from sklearn_lossfix.cli._features import preparation
from sklearn_lossfix.cli._tables import need_columns

# scikit-learn's defaults, but for iteration limits that ordinary tables reach (100 and 200).
_MODELS = {
    "logistic": lambda seed: LogisticRegression(max_iter=1000),
    "hgb": lambda seed: HistGradientBoostingClassifier(random_state=seed),
    "forest": lambda seed: RandomForestClassifier(random_state=seed),
    "tree": lambda seed: DecisionTreeClassifier(random_state=seed),
    "knn": lambda seed: KNeighborsClassifier(),
    "nb": lambda seed: GaussianNB(),
    "svm": lambda seed: SVC(),
    "mlp": lambda seed: MLPClassifier(max_iter=500, random_state=seed),
    "sgd": lambda seed: SGDClassifier(loss="log_loss", random_state=seed),
    "dummy": lambda seed: DummyClassifier(),
}

MODEL_NAMES = tuple(_MODELS)

# Classes of this package: as harmless in a .skops file as those of scikit-learn.
_OWN_TYPES = {
    f"{cls.__module__}.{cls.__qualname__}"
    for cls in (DecisionRule, DecisionRuleClassifier, RecalibratedClassifier)
}

# Files that run code when they are loaded.
_PICKLES = {".pkl", ".pickle", ".joblib"}


def is_model_file(model):
    """Whether the value of ``--model`` means a file rather than a name."""
    if model in _MODELS:
        return False
    path = Path(model)
    return path.suffix.lower() in {".skops", *_PICKLES} or len(path.parts) > 1 or path.is_file()


def check_model_name(name):
    """Raise InputError, with the nearest names, unless a model has that name."""
    if name not in _MODELS:
        raise InputError(
            f"--model: no model {name!r}. {suggestion(name, MODEL_NAMES)} Or give a .skops file."
        )


def named_model(name, frame, seed):
    """An unfitted Pipeline of the preparation of these columns and the model of that name.

    Parameters
    ----------
    name : str
        One of `MODEL_NAMES`.
    frame : pandas.DataFrame of shape (n_rows, n_columns)
        From `prepare_features`.
    seed : int
        Seed of models that draw.

    Returns
    -------
    Pipeline
    """
    prepare = preparation(frame, ordinal=name == "hgb")
    return Pipeline([("prepare", prepare), ("model", _MODELS[name](seed))])


def load_model(path, *, allow_pickle=False, trusted=()):
    """Load an estimator from a file.

    Parameters
    ----------
    path : str
        A .skops file; or a pickle, which runs code.
    allow_pickle : bool, default=False
        Whether that code may run.
    trusted : sequence of str, default=()
        Types beyond those of skops' own list that a .skops file may make.

    Returns
    -------
    estimator

    Raises
    ------
    InputError
        If the file is missing, may not be loaded, cannot be loaded, or holds no estimator.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in {".skops", *_PICKLES}:
        raise InputError(f"--model: {path!r} is no model file. Expected .skops (or a pickle).")
    if not Path(path).is_file():
        raise InputError(f"--model: file {path!r} does not exist.")
    if suffix in _PICKLES and not allow_pickle:
        raise InputError(
            f"--model: {path!r} is a pickle, and loading it runs whatever code it holds. Save the "
            f"model with skops.io.dump, or pass --allow-pickle if you trust the file."
        )
    try:
        model = joblib.load(path) if suffix in _PICKLES else _load_skops(path, trusted)
    except InputError:
        raise
    except Exception as error:  # a pickle may raise anything, and so may a broken file
        raise InputError(
            f"--model: {path!r} cannot be loaded ({type(error).__name__}: {one_line(error)})."
        ) from error
    if not (hasattr(model, "fit") and hasattr(model, "predict")) or isinstance(model, type):
        raise InputError(
            f"--model: {path!r} holds a {type(model).__name__}, not an estimator with fit and "
            f"predict."
        )
    return model


def _load_skops(path, trusted):
    """Load a skops file that makes nothing but trusted types."""
    import skops.io

    if not zipfile.is_zipfile(path):
        raise InputError(f"--model: {path!r} is no skops file, or a damaged one.")
    untrusted = skops.io.get_untrusted_types(file=path)
    refused = sorted(set(untrusted) - set(trusted) - _OWN_TYPES)
    if refused:
        raise InputError(
            f"--model: {path!r} makes objects of types that are not trusted: {listed(refused)}. "
            f"Pass --trust for each of them if you know where the file comes from."
        )
    return skops.io.load(path, trusted=untrusted)


def features_for(model, frame, notes):
    """The columns that a loaded model was fitted on, in the container it knows.

    Parameters
    ----------
    model : estimator
        Fitted or not.
    frame : pandas.DataFrame of shape (n_rows, n_columns)
        Features as they were read.
    notes : Notes
        Gets a line about columns that the model does not use.

    Returns
    -------
    pandas.DataFrame or ndarray of shape (n_rows, n_features)

    Raises
    ------
    InputError
        If columns are missing, or their number is not the model's.
    """
    names = getattr(model, "feature_names_in_", None)
    if names is not None:
        need_columns(frame, names.tolist(), "--model was fitted on other columns")
        unused = [name for name in frame.columns if name not in set(names.tolist())]
        if unused:
            notes.add(f"{listed(unused)}: left out, the model was not fitted on them.")
        return frame[names.tolist()]
    n_features = getattr(model, "n_features_in_", None)
    if n_features is None:
        return frame
    if n_features != frame.shape[1]:
        raise InputError(
            f"--model was fitted on {n_features} features without names; the table has "
            f"{frame.shape[1]} besides the target. Leave out the others with --drop."
        )
    return frame.to_numpy()
