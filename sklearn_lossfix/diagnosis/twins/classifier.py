"""A classifier in the place of a regressor that was given labels."""

from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.utils import all_estimators

from sklearn_lossfix.diagnosis.twins._parts import (
    last_step,
    on_clone,
    with_weight_request_of,
)
from sklearn_lossfix.diagnosis.twins._plan import TwinPlan
from sklearn_lossfix.exceptions import CheckNotApplicable

# Regressors whose classifier has another name.
_CLASSIFIER_OF = {
    "LinearRegression": LogisticRegression,
    "Ridge": LogisticRegression,
    "RidgeCV": LogisticRegression,
    "Lasso": LogisticRegression,
    "ElasticNet": LogisticRegression,
}


def classifier_of(regressor):
    """The classifier of the same name, else logistic regression, with the parameters both share."""
    name = type(regressor).__name__
    found = _CLASSIFIER_OF.get(name)
    if found is None:
        wanted = name.replace("Regressor", "Classifier").replace("SVR", "SVC")
        found = dict(all_estimators(type_filter="classifier")).get(wanted, LogisticRegression)
    shared = set(found().get_params()) & set(regressor.get_params(deep=False))
    kept = {}
    for key in sorted(shared - {"loss", "criterion"}):
        value = regressor.get_params(deep=False)[key]
        known = _has_default_init(type(regressor))
        default = type(regressor)().get_params()[key] if known else value
        # Words mean other things elsewhere (a solver of Ridge is none of LogisticRegression).
        if value != default and not isinstance(value, str):
            kept[key] = value
    return found().set_params(**kept)


def _has_default_init(cls):
    """Whether a class can be made without arguments."""
    try:
        cls()
    except TypeError:
        return False
    return True


def classify(estimator):
    """A clone with the last step, a regressor, replaced by its classifier."""
    regressor = last_step(estimator)
    classifier = with_weight_request_of(classifier_of(regressor), regressor)
    if not isinstance(estimator, Pipeline):
        return classifier
    twin = clone(estimator)
    twin.steps = [*twin.steps[:-1], (twin.steps[-1][0], classifier)]
    return twin


class ClassifierTwin:
    """The classifier of the same name."""

    key = "classifier"

    def plan(self, subject):
        """Replace a regressor."""
        if not subject.regressor:
            raise CheckNotApplicable("The estimator is a classifier.")
        inner = last_step(subject.estimator)
        classifier = classifier_of(inner)
        name = type(classifier).__name__
        module = type(classifier).__module__.partition("._")[0]
        imports, code = f"from {module} import {name}\n", repr(classifier)
        if isinstance(subject.estimator, Pipeline):
            step = subject.estimator.steps[-1][0]
            code = on_clone(f"estimator.steps[-1] = ({step!r}, {code})", imports)
        else:
            code = imports + code
        return TwinPlan(
            build=classify,
            changes=f"{name} instead of {type(inner).__name__}",
            code=code,
            params={"classifier": name},
            cause=f"{type(inner).__name__} is a regressor",
        )
