"""The demonstration: real data, and a model that is plausibly set up and wrong."""

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import SGDClassifier

# Malignant samples kept: as rare among the benign ones as in a screening, about one in ten.
N_MALIGNANT = 40


def demo_data():
    """Measurements of breast tumours with few malignant ones.

    Returns
    -------
    X : pandas.DataFrame of shape (397, 30)
        Measurements in their own units.
    y : ndarray of shape (397,)
        "malignant" or "benign".
    """
    bunch = load_breast_cancer(as_frame=True)
    y = bunch.target_names[bunch.target.to_numpy()].astype(str)
    is_kept = (y == "benign") | (np.cumsum(y == "malignant") <= N_MALIGNANT)
    return bunch.data.loc[is_kept].reset_index(drop=True), y[is_kept]


def demo_model(seed):
    """A logistic regression trained by stochastic gradient descent, without a scaler."""
    return SGDClassifier(loss="log_loss", random_state=seed)


def demo_text(): ...


def diagnose_demo(notes): ...
