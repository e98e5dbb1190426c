"""Which software made a report."""

import platform

import imblearn
import numpy as np
import scipy
import sklearn

from sklearn_lossfix import _version


def versions():
    """Version of everything that numbers of a report can depend on, by name."""
    return {
        "sklearn-lossfix": _version.__version__,
        "scikit-learn": sklearn.__version__,
        "imbalanced-learn": imblearn.__version__,
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "python": platform.python_version(),
    }
