"""A scorer of a label metric, made from the metric as data."""

import numpy as np

from sklearn_lossfix._core._validation import check_target, check_weights, encode_target
from sklearn_lossfix.decision._metrics import Metric, metric_from_codes


class MetricScorer:
    """Score the labels that an estimator predicts by a label metric; greater is better.

    Parameters
    ----------
    metric : Metric
        A label metric.
    labels : list
        The classes, in the order of their codes.
    pos_label : label or None
        The positive class of a metric that needs one.
    """

    def __init__(self, metric, labels, pos_label=None):
        self.metric = metric
        self.labels = labels
        self.pos_label = pos_label

    def __repr__(self):
        return f"MetricScorer({self.metric.name!r})"

    def __call__(self, estimator, X, y, sample_weight=None):
        """Score a fitted estimator.

        Parameters
        ----------
        estimator : fitted classifier
            What predicts.
        X : array-like of shape (n_samples, n_features)
            Data.
        y : array-like of shape (n_samples,)
            Labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        Returns
        -------
        float
        """
        classes = np.array(self.labels)
        codes, _ = encode_target(check_target(y), classes)
        pred, _ = encode_target(np.asarray(estimator.predict(X)), classes, name="predictions")
        weight = check_weights(sample_weight, len(codes))
        pos = self.labels.index(self.pos_label) if self.metric.asymmetric else None
        return metric_from_codes(self.metric, codes, pred, len(classes), weight, pos)


def make_metric_scorer(metric: Metric, labels, pos_label=None):
    """Make the scorer of a metric.

    Parameters
    ----------
    metric : Metric
        Any metric.
    labels : list
        The classes, in the order of their codes.
    pos_label : label or None
        The positive class of a metric that needs one.

    Returns
    -------
    callable
        ``scorer(estimator, X, y, sample_weight=None)``; of a metric that is no function of labels,
        the scorer it came with.
    """
    if metric.kind == "label":
        return MetricScorer(metric, labels, pos_label)
    return metric.scorer
