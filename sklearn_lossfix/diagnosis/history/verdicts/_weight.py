"""What a fall of the training loss weighs where it is not known to be one of held-out rows."""

from sklearn_lossfix.diagnosis.history._trend import MIN_POINTS


def weight_of_fall(analysis, split):
    """Section of a loss that still falls, and what takes from its weight.

    A training loss falls nearly always, also past the best step: alone it is no issue.

    Parameters
    ----------
    analysis : HistoryAnalysis
        What was derived.
    split : str
        Rows of the loss that falls.

    Returns
    -------
    section : {"issue", "tip", "passed"}
    words : str
        To stand at the end of a sentence; empty for an issue.
    """
    if split == "validation":
        return "issue", ""
    metric = analysis.metric("validation")
    if len(metric.tail) >= MIN_POINTS:
        limit = analysis.metric_limit(metric)
        if analysis.direction(analysis.trend(metric.tail), limit) == "flat":
            return "passed", f"; on validation rows {analysis.metric_name} is flat"
    if analysis.history.stop_reason == "patience":
        return "passed", "; the run was stopped by a rule of its own"
    return "tip", ", which is not shown for held-out rows"
