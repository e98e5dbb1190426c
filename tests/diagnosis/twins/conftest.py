"""Subjects of twins, and the code that is shown to the user, run."""

import numpy as np
import pytest

from sklearn_lossfix._core._evidence import Scored
from sklearn_lossfix.diagnosis.twins._plan import Subject


def _subject(estimator, X, y, **fields):
    """A subject whose model gave every row the same even forecast, unless given otherwise."""
    y = np.asarray(y)
    n_classes = int(y.max()) + 1
    even = Scored(np.zeros(len(y), dtype=int), proba=np.full((len(y), n_classes), 1 / n_classes))
    fields = {"scored": even, "weight": None, "groups": None, **fields}
    return Subject(
        estimator=estimator,
        X=X,
        y=y,
        labels=y,
        n_classes=n_classes,
        scored_rows=np.arange(len(y)),
        **fields,
    )


def _run_code(code, estimator):
    """What the code shown to the user makes of their estimator, which must stay as it was."""
    names = {"estimator": estimator}
    before = str(estimator.get_params())
    *statements, last = code.splitlines()
    exec("from sklearn.preprocessing import *\n" + "\n".join(statements), names)
    try:
        result = eval(last, names)
    except SyntaxError:
        exec(last, names)
        result = None
    assert str(estimator.get_params()) == before
    return names["estimator"] if result is None else result


@pytest.fixture(scope="session")
def subject():
    """Function that makes a subject of an estimator and its rows."""
    return _subject


@pytest.fixture(scope="session")
def run_code():
    """Function that runs the shown code on an estimator."""
    return _run_code
