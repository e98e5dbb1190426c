"""The reference model: what a strong, ready-made learner finds in the same rows."""

import numpy as np
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder

# Cells of a sparse matrix that are made dense for the reference at most (160 MB of float64).
MAX_DENSE_CELLS = 20_000_000

# Slow, shrunken boosting: of the three settings tried on 25 real data sets the one that was best on
# most of the small and imbalanced ones. Its probabilities are recalibrated before they are used.
_SETTINGS = {"learning_rate": 0.06, "max_iter": 100, "l2_regularization": 10.0}


def _to_dense(X):
    """Sparse rows as a dense array."""
    return X.toarray() if sparse.issparse(X) else X


def _to_numbers(X):
    """Numbers that are held as objects, as floats; missing ones as NaN."""
    if hasattr(X, "columns"):
        return np.column_stack([np.asarray(X[name], dtype=np.float64) for name in X.columns])
    return np.asarray(X, dtype=np.float64)


def _holds_numbers(values):
    """Whether objects are numbers, text that looks like numbers left out, or missing."""
    values = np.asarray(values, dtype=object).ravel()
    if any(isinstance(value, str | bytes) for value in values):
        return False
    try:
        return bool(np.isfinite(values.astype(np.float64)).any())
    except (TypeError, ValueError):
        return False


def make_reference(X, random_state=None):
    """A gradient-boosting classifier that takes X as it is.

    Parameters
    ----------
    X : array, sparse matrix or dataframe of shape (n_rows, n_features)
        Features: numbers as they are, other columns ordinal-encoded, missing values kept.
    random_state : int, default=None
        Seed.

    Returns
    -------
    model : estimator or None
    reason : str or None
        Why there is none.
    """
    boosting = HistGradientBoostingClassifier(
        **_SETTINGS, early_stopping=False, random_state=random_state
    )
    if sparse.issparse(X):
        if np.prod(X.shape, dtype=float) > MAX_DENSE_CELLS:
            return None, (
                f"The sparse features have {X.shape[0]:,} x {X.shape[1]:,} cells, too many to make "
                f"dense for the reference model."
            )
        return make_pipeline(FunctionTransformer(_to_dense, accept_sparse=True), boosting), None
    if not hasattr(X, "columns"):
        array = np.asarray(X)
        if array.ndim != 2:
            return None, f"The features have {array.ndim} dimension(s), not rows and columns."
        if array.dtype.kind in "biuf":
            return boosting, None
        if array.dtype.kind != "O":
            return None, f"The features have the dtype {array.dtype}, which boosting cannot take."
        # Codes of numbers would make every unseen number a missing value.
        to_numbers = FunctionTransformer(_to_numbers) if _holds_numbers(array) else _encoder()
        return make_pipeline(to_numbers, boosting), None
    other = [name for name in X.columns if not _is_numeric(X[name])]
    if not other:
        return boosting, None
    numbers = [name for name in other if _holds_numbers(X[name])]
    coded = [name for name in other if name not in numbers]
    encode = make_column_transformer(
        (_encoder(), coded),
        (FunctionTransformer(_to_numbers), numbers),
        remainder="passthrough",
    )
    return make_pipeline(encode, boosting), None


def _encoder():
    """Ordinal codes; categories that were not seen in training count as missing."""
    return OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan
    )


def _is_numeric(column):
    """Whether a dataframe's column holds numbers or booleans without needing a code."""
    try:
        return np.asarray(column).dtype.kind in "biuf"
    except (TypeError, ValueError):
        return False
