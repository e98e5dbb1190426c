"""From options to a report: what `diagnose` and `predictions` do."""

import traceback
from dataclasses import replace

import numpy as np
import pandas as pd

from sklearn_lossfix import FitReport, diagnose, diagnose_predictions
from sklearn_lossfix._core._oof import weight_params
from sklearn_lossfix.cli._errors import InputError
from sklearn_lossfix.cli._features import prepare_features
from sklearn_lossfix.cli._inputs import read_forecast, read_held_out, read_rows
from sklearn_lossfix.cli._models import (
    check_model_name,
    features_for,
    is_model_file,
    load_model,
    named_model,
)
from sklearn_lossfix.cli._tables import align_labels, match_label
from sklearn_lossfix.cli._terminal import progress
from sklearn_lossfix.cli._validation import held_out_share, hold_out, number_of_folds
from sklearn_lossfix.decision._scoring import resolve_metric
from sklearn_lossfix.diagnosis._gather import is_fitted

# Rows held out where "fast" needs held-out rows and the user named none: the default share of
# scikit-learn's `train_test_split`.
HELD_OUT_SHARE = 0.25


def call_library(function, notes, description, *args, **kwargs):
    """Call a function of the package.

    Its progress goes to a terminal; its errors, which say what was expected and what came, become
    the one line of an `InputError`; what a report says about how it was made becomes notes.
    """
    with progress(description) as verbose:
        if function is diagnose:
            kwargs["verbose"] = verbose
        try:
            result = function(*args, **kwargs)
        except ValueError as error:
            raise InputError(str(error)) from error
        except TypeError as error:
            # Estimators refuse types of data that way; from this package it is a defect.
            if _module_of(error).startswith("sklearn_lossfix."):
                raise
            raise InputError(str(error)) from error
    if isinstance(result, FitReport):
        for note in result.context.get("notes", ()):
            notes.add(note)
    return result


def _module_of(error):
    """Name of the module in which an exception was raised."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return frame.f_globals.get("__name__", "")


def check_scoring(scoring):
    """Raise InputError, with the nearest names, for an unknown metric: before the work."""
    try:
        resolve_metric(scoring)
    except ValueError as error:
        raise InputError(f"--scoring: {error}") from error


def diagnose_forecast(notes, *, scoring, seed, **columns):
    """Report on a table of probabilities.

    Parameters
    ----------
    notes : Notes
        Gets what the user should know.
    scoring : str or None
        Metric to explain.
    seed : int
        Seed.
    **columns
        As `read_forecast` takes them.

    Returns
    -------
    FitReport
    """
    check_scoring(scoring)
    forecast = read_forecast(notes=notes, **columns)
    return call_library(
        diagnose_predictions,
        notes,
        "judging the probabilities",
        forecast.y,
        forecast.proba,
        classes=forecast.classes,
        y_pred=forecast.pred,
        sample_weight=forecast.weight,
        groups=forecast.groups,
        scoring=scoring,
        pos_label=forecast.positive,
        random_state=seed,
    )


def diagnose_table(
    notes,
    *,
    file,
    model,
    scoring,
    positive,
    validation,
    effort,
    seed,
    jobs,
    allow_pickle,
    trust,
    **columns,
):
    """Report on a model for a table.

    Parameters
    ----------
    notes : Notes
        Gets what the user should know.
    file, model, scoring, positive, validation, effort, seed, jobs, allow_pickle, trust
        The options of the command.
    **columns
        The columns, as `read_rows` takes them.

    Returns
    -------
    FitReport
    """
    check_scoring(scoring)
    share = None if validation is None else held_out_share(validation)
    loaded = None
    if is_model_file(model):
        loaded = load_model(model, allow_pickle=allow_pickle, trusted=trust)
    else:
        check_model_name(model)
    rows = read_rows(file, notes, **columns)
    fitted = loaded is not None and is_fitted(loaded)
    if fitted and hasattr(loaded, "classes_"):
        rows = replace(rows, y=align_labels(rows.y, loaded.classes_))
    if fitted and share is not None:
        raise InputError(
            "--validation: a share cannot be held out from a model that is fitted already: it may "
            "have learnt from those rows. Give a file of rows it has not seen, or --effort fast if "
            "FILE holds such rows."
        )
    positive = None if positive is None else match_label(positive, np.unique(rows.y), "--positive")
    question = {"scoring": scoring, "pos_label": positive, "random_state": seed}
    if fitted and effort == "fast" and validation is None:
        return _judge_fitted(notes, loaded, rows, question)
    if effort == "fast" and validation is None:
        share = HELD_OUT_SHARE
        notes.add(
            f"{share:.0%} of the rows were held out to be judged; --validation says otherwise."
        )
    rows, held_out = _held_out(rows, validation, share, columns["target"], seed, notes)
    estimator, X, X_val = _model_and_features(model, loaded, rows, held_out, seed, notes)
    folds = {}
    if effort == "normal":
        folds["cv"] = number_of_folds(rows.y, rows.groups, notes)
    elif not fitted:
        estimator = _fit(estimator, X, rows, notes)
    return call_library(
        diagnose,
        notes,
        f"diagnosing {model}",
        estimator,
        X,
        rows.y,
        X_val=X_val,
        y_val=None if held_out is None else held_out.y,
        sample_weight=rows.weight,
        groups=rows.groups,
        effort=effort,
        n_jobs=jobs,
        **folds,
        **question,
    )


def _judge_fitted(notes, model, rows, question):
    """Report on a fitted model for rows it has not seen, by its probabilities alone."""
    name = type(model).__name__
    if not hasattr(model, "predict_proba"):
        raise InputError(
            f"--effort fast: {name} has no predict_proba. Give its training rows as FILE and the "
            f"rows to judge as --validation."
        )
    notes.add(f"the rows are taken as rows that this {name} has not learnt from.")
    X = features_for(model, rows.X, notes)
    # Estimators keep labels of text as objects; the library takes arrays of one type.
    classes = np.array(model.classes_.tolist())

    def judge(X, y):
        return diagnose_predictions(
            y,
            model.predict_proba(X),
            classes=classes,
            y_pred=model.predict(X),
            sample_weight=rows.weight,
            groups=rows.groups,
            **question,
        )

    return call_library(judge, notes, f"judging {name}", X, rows.y)


def _held_out(rows, validation, share, target, seed, notes):
    """Training rows and the rows to judge, or None where those are scored out of fold."""
    if validation is None and share is None:
        return rows, None
    if share is None:
        held_out = read_held_out(validation, rows, notes, target=target)
    else:
        train, test = hold_out(rows.y, rows.groups, share, seed)
        rows, held_out = rows.take(train), rows.take(test)
    if rows.weight is not None:
        notes.add("--weight counts in training and out of fold; held-out rows count alike.")
    if rows.groups is not None:
        notes.add("--groups stay together in splits; intervals on held-out rows are by row.")
    return rows, held_out


def _model_and_features(model, loaded, rows, held_out, seed, notes):
    """The estimator, and the features it takes of training rows and of rows to judge (or None)."""
    if loaded is not None:
        X_val = None if held_out is None else features_for(loaded, held_out.X, notes)
        return loaded, features_for(loaded, rows.X, notes), X_val
    parts = [rows.X] if held_out is None else [rows.X, held_out.X]
    # Together, so that a column has the same type in both; nothing is estimated here.
    frame = prepare_features(pd.concat(parts, ignore_index=True), notes)
    n_train = len(rows.y)
    X_val = None if held_out is None else frame.iloc[n_train:].reset_index(drop=True)
    return named_model(model, frame, seed), frame.iloc[:n_train], X_val


def _fit(estimator, X, rows, notes):
    """Fit the model once, on the training rows."""

    def fit(X, y):
        return estimator.fit(X, y, **weight_params(estimator, rows.weight))

    return call_library(fit, notes, "fitting the model", X, rows.y)
