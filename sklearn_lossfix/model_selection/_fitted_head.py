"""The steps of a Pipeline before the last, fitted once on the training rows."""

import copy

from sklearn.base import clone
from sklearn.pipeline import Pipeline


class FittedHead:
    """Takes a Pipeline apart into what is fitted once and what is trained epoch by epoch.

    Parameters
    ----------
    estimator : classifier or Pipeline
        Owned by this object.

    Attributes
    ----------
    last : classifier
        The last step, or the estimator itself if it is no Pipeline.
    """

    def __init__(self, estimator):
        self._pipeline = estimator if isinstance(estimator, Pipeline) else None
        self._steps = [] if self._pipeline is None else list(estimator.steps[:-1])
        self.last = estimator if self._pipeline is None else estimator.steps[-1][1]
        samplers = [name for name, step in self._steps if hasattr(step, "fit_resample")]
        if samplers:
            raise ValueError(
                f"The Pipeline resamples rows in step {samplers[0]!r}, which would have to be done "
                "once for all epochs and only for the training rows. Expected transformers; use "
                "class_weight, or sample_weight, in place of resampling."
            )

    def fit_transform(self, X, y, params):
        """Fit the transformers.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows.

        y : ndarray of shape (n_samples,)
            Their labels.

        params : dict of str to dict
            Arguments of `fit_transform` by step.

        Returns
        -------
        array-like
            What the last step is trained on.
        """
        fitted = []
        for name, step in self._steps:
            if step is not None and step != "passthrough":
                step = clone(step)
                arguments = params.get(name, {})
                if hasattr(step, "fit_transform"):
                    X = step.fit_transform(X, y, **arguments)
                else:
                    X = step.fit(X, y, **arguments).transform(X)
            fitted.append((name, step))
        self._steps = fitted
        return X

    def transform(self, X):
        """What the last step sees of rows that the transformers did not learn from."""
        for _, step in self._steps:
            if step is not None and step != "passthrough":
                X = step.transform(X)
        return X

    def whole(self, model):
        """The fitted Pipeline around the trained last step."""
        if self._pipeline is None:
            return model
        pipeline = copy.copy(self._pipeline)
        pipeline.steps = [*self._steps, (self._pipeline.steps[-1][0], model)]
        return pipeline
