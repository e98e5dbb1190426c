"""Tests of the reference as a twin."""

import pickle

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from sklearn_lossfix._core._evidence import Scored
from sklearn_lossfix.diagnosis._reference import make_reference
from sklearn_lossfix.diagnosis._reference_twin import REFERENCE, reference_twin

X = np.arange(40.0).reshape(20, 2)
SCORED = Scored(np.zeros(20, dtype=int), proba=np.full((20, 2), 0.5))


def test_the_twin_is_the_reference_whatever_it_replaces():
    """Building it gives the reference itself, unfitted, and it can be pickled."""
    twin = reference_twin(X, 3, SCORED)[REFERENCE]
    expected = repr(make_reference(X, 3)[0])
    assert repr(twin.estimator) == expected
    build = pickle.loads(pickle.dumps(twin.build))
    assert repr(build(LogisticRegression())) == expected
    assert twin.scored is SCORED


def test_code_makes_the_reference():
    """What is shown can be run; a Pipeline of ours is named instead."""
    code = reference_twin(X, 3, SCORED)[REFERENCE].code
    names = {}
    *imports, last = code.splitlines()
    exec("\n".join(imports), names)
    made = eval(last, names)
    assert isinstance(made, HistGradientBoostingClassifier)
    assert repr(made) == repr(make_reference(X, 3)[0])
    words = pd.DataFrame({"a": list("ab") * 10})
    assert "remedy.estimator" in reference_twin(words, 3, SCORED)[REFERENCE].code


def test_no_reference_no_twin():
    """Not where it was not fitted, and not where none can be made."""
    assert reference_twin(X, 0, None) == {}
    huge = sparse.csr_array((30_000, 30_000))
    assert reference_twin(huge, 0, SCORED) == {}
