"""The reference model in the place of the user's: the remedy where nothing smaller helps."""

from functools import partial

from sklearn.base import clone
from sklearn.pipeline import Pipeline

from sklearn_lossfix._core._evidence import Twin
from sklearn_lossfix.diagnosis._reference import make_reference

#: Name of this twin; it stands beside those that change one thing.
REFERENCE = "reference"


def replace_estimator(estimator, replacement):
    """A clone of another estimator, whatever was given."""
    return clone(replacement)


def reference_twin(X, seed, scored):
    """The reference as a twin: scored already, on the rows and folds of the model.

    Parameters
    ----------
    X : array-like of shape (n_rows, n_features)
        Training rows.
    seed : int
        Seed of the reference.
    scored : Scored or None
        What the reference gave to the judged rows.

    Returns
    -------
    dict of str to Twin
        Empty where there is no reference.
    """
    reference = None if scored is None else make_reference(X, seed)[0]
    if reference is None:
        return {}
    code = "from sklearn.ensemble import HistGradientBoostingClassifier\n"
    code += " ".join(repr(reference).split())
    if isinstance(reference, Pipeline):  # with columns that need a code first
        code = "report['underfitting'].remedy.estimator"
    return {
        REFERENCE: Twin(
            scored=scored,
            estimator=reference,
            changes="gradient boosting instead",
            code=code,
            params={"estimator": " ".join(repr(reference).split())},
            build=partial(replace_estimator, replacement=reference),
            cause="a reference model finds more",
        )
    }
