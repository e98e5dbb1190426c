"""diagnose_history(): from a training history in any common form to a report."""

from sklearn_lossfix.diagnosis._arguments import check_alpha, seed_of
from sklearn_lossfix.diagnosis._history_report import build_history_report
from sklearn_lossfix.diagnosis._run_checks import validate_ignore
from sklearn_lossfix.diagnosis.history._read import read_histories
from sklearn_lossfix.diagnosis.history.verdicts import HISTORY_CHECKS


def diagnose_history(
    history,
    *,
    n_val=None,
    n_classes=None,
    class_rates=None,
    scoring=None,
    batch=None,
    loss=None,
    metric=None,
    alpha=0.01,
    ignore=(),
    random_state=None,
):
    """Explain the curves of a training run: loss and metric over its epochs.

    Nothing is fitted. Each verdict rests on a statistic that is named in the field and holds its
    error rate on autocorrelated curves; curves that are too short for it are said to be.

    Parameters
    ----------
    history : object
        A training history: the ``history`` of Keras, skorch or Lightning's CSV file, the evaluation
        record of XGBoost, LightGBM or CatBoost, a fitted scikit-learn estimator that records curves
        (``MLPClassifier``, gradient boosting), a fitted :class:`EarlyStoppingClassifier`, a
        dictionary or data frame of curves, a CSV or JSON file, or one list of losses. A list or a
        dictionary of several such histories is taken as runs of one training with other seeds.
    n_val : int, default=None
        Number of validation rows: how much their metric jitters.
    n_classes : int, default=None
        Number of classes: what a constant forecast costs.
    class_rates : array-like of shape (n_classes,), default=None
        Shares of the classes among the validation rows.
    scoring : str, default=None
        Name of the recorded metric to explain; None takes accuracy, or else the first one.
    batch : int, default=None
        Batches (steps) of an epoch, for histories by step: periods are compared with it.
    loss, metric : str, default=None
        Names of the curves that are the loss and the metric, where names do not tell.
    alpha : float, default=0.01
        Level of the findings, after Benjamini-Hochberg over the report.
    ignore : str or iterable of str, default=()
        Names of findings not to judge.
    random_state : int, RandomState or None, default=None
        Seed of the bootstraps; None is seed 0.

    Returns
    -------
    FitReport
        Of kind ``"history"``: verdict, best epochs with intervals, findings with their windows,
        curves as tables and pictures. Of a fitted estimator the plain findings have remedies.

    Raises
    ------
    TypeError
        If no reader knows such a history.
    ValueError
        If the history is empty or ambiguous, a file holds none, several runs were not recorded
        alike, or a parameter does not fit.

    See Also
    --------
    diagnose : Judge the fitted estimator itself; finds more.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_lossfix import diagnose_history
    >>> epoch = np.arange(60)
    >>> noise = np.random.default_rng(0).normal(0, 0.002, (2, 60))
    >>> train = 0.1 + 0.6 * np.exp(-epoch / 8) + noise[0]
    >>> val = train + 0.1 + 0.004 * np.maximum(epoch - 20, 0) + noise[1]
    >>> report = diagnose_history({"loss": train, "val_loss": val})
    >>> [finding.name for finding in report.issues]
    ['overfit-turning-point']
    """
    alpha, seed = check_alpha(alpha), seed_of(random_state)
    validate_ignore(ignore, HISTORY_CHECKS, kind="history")
    histories = read_histories(
        history,
        n_val=n_val,
        n_classes=n_classes,
        class_rates=class_rates,
        batch=batch,
        loss=loss,
        metric=metric,
    )
    return build_history_report(
        histories, alpha=alpha, ignore=ignore, seed=seed, scoring=scoring, estimator=history
    )
