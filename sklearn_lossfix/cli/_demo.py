"""The demonstration: real data, and a model that is plausibly set up and wrong."""

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression

from sklearn_lossfix import diagnose
from sklearn_lossfix.cli._run import call_library

# Malignant samples that are kept: with the 357 benign ones, one in six.
N_MALIGNANT = 70

_TEXT = """\
Data   {n_rows} breast tumours that ship with scikit-learn, {n_features} measurements of each. Only
       {n_malignant} malignant ones were kept: they are rare, as in a screening.
Model  {model}, fed with the measurements as they are.
Call   diagnose(model, X, y, scoring="balanced_accuracy", random_state=0)
"""


def demo_data():
    """Measurements of breast tumours, few of them malignant.

    Returns
    -------
    X : pandas.DataFrame of shape (427, 30)
        Measurements in their own units.
    y : ndarray of shape (427,)
        ``"benign"`` or ``"malignant"``.
    """
    bunch = load_breast_cancer(as_frame=True)
    y = bunch.target_names[bunch.target.to_numpy()].astype(str)
    is_malignant = y == "malignant"
    is_kept = ~is_malignant | (np.cumsum(is_malignant) <= N_MALIGNANT)
    return bunch.data.loc[is_kept].reset_index(drop=True), y[is_kept]


def demo_model():
    """A logistic regression with a solver whose documentation asks for scaled features."""
    return LogisticRegression(solver="saga", random_state=0)


def diagnose_demo(notes):
    """Diagnose the model of the demonstration.

    Parameters
    ----------
    notes : Notes
        Gets warnings.

    Returns
    -------
    text : str
        What is done, in four lines.
    report : FitReport
    """
    X, y = demo_data()
    model = demo_model()
    text = _TEXT.format(
        n_rows=X.shape[0], n_features=X.shape[1], n_malignant=N_MALIGNANT, model=model
    )
    report = call_library(
        diagnose,
        notes,
        "diagnosing the model",
        model,
        X,
        y,
        scoring="balanced_accuracy",
        random_state=0,
    )
    return text, report
