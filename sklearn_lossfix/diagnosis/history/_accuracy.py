"""Which recorded metric is an accuracy, under whatever name."""

import numpy as np

# Names under which a share of right labels is recorded; readers show a share of errors as such.
ACCURACIES = (
    "accuracy",
    "binary_accuracy",
    "categorical_accuracy",
    "sparse_categorical_accuracy",
    "multiclass_accuracy",
    "accuracy_score",
)


def accuracy_of(metrics):
    """Find the accuracy among the metrics of a history.

    Parameters
    ----------
    metrics : dict of str to dict of str to ndarray
        Name -> split -> values, more is better.

    Returns
    -------
    str or None
        Its name; None where no share of right labels was recorded.
    """
    for name in ACCURACIES:
        if name in metrics and all(_is_share(values) for values in metrics[name].values()):
            return name
    return None


def _is_share(values):
    """Whether all finite values lie between zero and one."""
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    return bool(((values >= 0) & (values <= 1)).all())
