"""Let a scorer judge recorded scores."""

import numpy as np

from sklearn_lossfix._core._recorded_scores import RecordedScores


def scorer_value(metric, classes, scored, y, sample_weight=None, X=None):
    """Value of a ranking or opaque metric on recorded scores, and why there is none.

    Returns
    -------
    value : float or None
    note : str or None
    """
    stand_in = RecordedScores(classes, scored)
    if X is None:
        if metric.kind == "opaque":
            return (
                None,
                f"{metric.name} was not computed: it may need features, and none were given.",
            )
        X = np.zeros((len(y), 1))  # scorers of rankings hand it to the stand-in, which ignores it
    params = {} if sample_weight is None else {"sample_weight": sample_weight}
    try:
        return float(metric.scorer(stand_in, X, classes[y], **params)), None
    except Exception as error:  # a user's callable may raise anything; the report must survive it
        return None, f"{metric.name} could not be computed: {type(error).__name__}: {error}"
