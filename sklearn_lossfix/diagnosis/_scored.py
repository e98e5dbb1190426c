"""Scores put where they belong."""

import numpy as np

from sklearn_lossfix._core._evidence import Scored
from sklearn_lossfix._core._validation import check_probabilities

# Marks scores that are a regressor's predictions: numbers on the scale of the codes.
REGRESSOR = "a regressor"


def to_scored(scores, pred, response, n_classes, name, convergence=()):
    """Put scores where they belong, and refuse probabilities that are none."""
    if response == "predict_proba":
        proba = check_probabilities(scores, n_classes, f"predict_proba of {name}")
        return Scored(pred, proba=proba, warnings=tuple(convergence))
    if response == "decision_function":
        missing = np.flatnonzero(np.isnan(scores.reshape(len(scores), -1)).any(axis=1))
        if missing.size:
            raise ValueError(
                f"decision_function of {name} gave NaN in {missing.size} rows (first: "
                f"{missing[:5].tolist()}). Expected a number in every row."
            )
        return Scored(pred, margins=scores, warnings=tuple(convergence))
    return Scored(pred, margins=scores if name == REGRESSOR else None, warnings=tuple(convergence))
