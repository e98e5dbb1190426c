"""What was seen of a model: plain arrays that ledgers and checks read."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sklearn_lossfix._core._paired_tests import Estimate


@dataclass(frozen=True, eq=False)
class Scored:
    """Scores and labels that one model gave to the judged rows.

    Attributes
    ----------
    pred : ndarray of shape (n_rows,), dtype int
        Codes of the labels from ``predict``.
    proba : ndarray of shape (n_rows, n_classes) or None
        Probabilities.
    margins : ndarray of shape (n_rows,) or (n_rows, n_classes) or None
        Decision values, where there are no probabilities.
    warnings : tuple of str
        Convergence warnings of the fits, without repeats.
    """

    pred: np.ndarray
    proba: np.ndarray | None = None
    margins: np.ndarray | None = None
    warnings: tuple = ()


@dataclass(frozen=True, eq=False)
class Twin:
    """A counterfactual refit on the same rows: the user's estimator with one thing changed.

    Attributes
    ----------
    scored : Scored
        What it gave to the judged rows.
    estimator : estimator
        Unfitted.
    changes, code : str
        What was changed, in words and as Python.
    params : dict
        What was changed, as parameters.
    build : callable or None
        From an unfitted estimator to the changed one: the same change, made to another estimator.
    cause : str
        What gave rise to the twin: the beginning of a sentence.
    n_fits : float
        Fits of the user's estimator that a fit of the twin costs.
    left_out : ndarray of int or None
        Rows of the user's data that the twin did not learn from.
    rows : ndarray of int or None
        Rows of the user's data to look at.
    evidence : dict
        Plain numbers that gave rise to the twin.
    """

    scored: Scored
    estimator: Any
    changes: str
    code: str
    params: dict
    build: Any = None
    cause: str = ""
    n_fits: float = 1.0
    left_out: np.ndarray | None = None
    rows: np.ndarray | None = None
    evidence: dict = field(default_factory=dict)


@dataclass(frozen=True)
class NoTwin:
    """Why a twin, or another refit, was not tried.

    Attributes
    ----------
    section : {"passed", "not_applicable", "skipped"}
        Where its check ends.
    reason : str
        One sentence.
    estimate, limit : float or None
        What was seen, and where a twin would have been tried.
    unit : str
        Their unit.
    """

    section: str
    reason: str
    estimate: float | None = None
    limit: float | None = None
    unit: str = ""


@dataclass(frozen=True, eq=False)
class TrainState:
    """The model on the rows it learnt from.

    Attributes
    ----------
    log_loss, brier : float or None
        Mean losses; None without probabilities.
    totals : tuple of three ndarrays of shape (n_classes,)
        Weighted true positives, predicted totals and true totals per class.
    n_rows : int
        Number of training rows.
    """

    log_loss: float | None
    brier: float | None
    totals: tuple
    n_rows: int


@dataclass(frozen=True, eq=False)
class SearchEvidence:
    """What a search saw of its candidates, out of fold.

    Attributes
    ----------
    params : tuple of dict
        Parameters of each candidate, as they were set.
    metric_name : str
        The metric that chose.
    values : ndarray of shape (n_candidates,)
        The metric of each candidate under the rule chosen for it, on rows that the rule was not
        chosen on; NaN where a candidate failed or was dropped.
    defaults : ndarray of shape (n_candidates,)
        The same under the default rule.
    losses : ndarray of shape (n_candidates,)
        Mean log loss out of fold; NaN without probabilities.
    best : int
        The candidate that was chosen.
    resampled : ndarray of shape (n_bootstrap, n_candidates)
        `values` for each bootstrap sample: rule chosen on the drawn rows, judged on the rest. All
        candidates share the samples, so columns are paired. Empty without a bootstrap.
    apparent : float
        The greatest value over candidates of the metric under the rule that is best on the very
        same rows.
    honest, honest_low, honest_high : float
        The metric of the whole procedure, choosing candidate and rule, on rows it did not choose
        by, and its 95 % interval.
    axes : dict of str to tuple
        Searched parameters with numbers as values, and those values in increasing order.
    curve : dict of str to ndarray
        For two classes: ``threshold``, and ``value``, ``low`` and ``high`` of the metric of the
        chosen candidate when cut there: on all rows, and the 95 % band over the bootstrap. Empty
        otherwise.
    chosen_by : {"metric", "other metric", "function"}
        What chose the candidate. `apparent` is the value of the chosen one unless it is "metric";
        for "function" `honest` says nothing of the choice, but of the chosen candidate.
    """

    params: tuple
    metric_name: str
    values: np.ndarray
    defaults: np.ndarray
    losses: np.ndarray
    best: int
    resampled: np.ndarray
    apparent: float
    honest: float
    honest_low: float
    honest_high: float
    axes: dict = field(default_factory=dict)
    curve: dict = field(default_factory=dict)
    chosen_by: str = "metric"


@dataclass(frozen=True, eq=False)
class NestedSearch:
    """A whole search repeated in the folds, beside the score that it shows of itself.

    Attributes
    ----------
    name : str
        Class of the search.
    metric_name : str
        What its score is.
    unit : str
        Unit of differences of scores: "points", "nats", "Brier", or empty where unknown.
    limit : float
        Smallest difference that matters.
    apparent : float
        ``best_score_`` of the search on all rows.
    honest : Estimate
        Its score on the test rows of folds in which it was repeated on the rest.
    fold_scores, own_scores : tuple of float
        Per fold: the honest score, and the ``best_score_`` of the search that was repeated there.
    fold_params : tuple of dict
        Per fold: the parameters that were chosen.
    n_candidates : int
        Candidates of the search on all rows.
    n_fits : int
        Fits of a candidate that repeating it took, beyond what the report fits anyway.
    fixed : Estimate or None
        How much better the metric is with the parameters fixed that were chosen on all rows,
        row-paired on the same folds; None where the report repeats the search anyway, or the metric
        is not one of labels.
    """

    name: str
    metric_name: str
    unit: str
    limit: float
    apparent: float
    honest: Estimate
    fold_scores: tuple
    own_scores: tuple
    fold_params: tuple
    n_candidates: int
    n_fits: int
    fixed: Estimate | None = None


@dataclass(frozen=True, eq=False)
class TreatmentEvidence:
    """What was seen of treatments of class imbalance, out of fold.

    One entry per treatment that could run, in the order of simplicity; scores have a column per
    class, of two classes too.

    Attributes
    ----------
    names : tuple of str
        Treatments.
    metric_name : str
        The metric that chose.
    values, low, high : ndarray of shape (n_treatments,)
        The metric under the rule chosen for the treatment, on rows that the rule was not chosen on,
        and its 95 % interval.
    defaults : ndarray of shape (n_treatments,)
        The metric under the default rule.
    lead, lead_error : ndarray of shape (n_treatments,)
        How much better the treatment with the greatest value is, and the standard error of that,
        paired by row.
    log_loss, brier : ndarray of shape (n_treatments,)
        Of the corrected probabilities, each row by a map that was learnt without its fold; NaN
        without probabilities.
    raw_log_loss, raw_brier : ndarray of shape (n_treatments,)
        Of the probabilities as the treated model gives them.
    corrections : tuple of str
        "none", "prior", "offset" or "sigmoid"; how each one's probabilities are corrected.
    rules : tuple of str
        The rule of each, in words: ``"threshold 0.31"``, ``"argmax"``, ``"offsets"``.
    fit_time : ndarray of shape (n_treatments,)
        Mean seconds of a fit on the training part of a fold.
    best : int
        The treatment that was chosen.
    select : {"one_se", "best"}
        How.
    skipped : dict of str to str
        Treatments that were not tried or could not run, and why.
    y : ndarray of shape (n_scored,), dtype int, or None
        Codes of the labels of the rows scored out of fold; with the next ones None where nothing
        was recorded.
    sample_weight : ndarray of shape (n_scored,) or None
        Weights of these rows.
    units : ndarray of shape (n_scored,), dtype int, or None
        Codes of what varies independently: groups, otherwise rows.
    codes, untreated_codes : ndarray of shape (n_scored,), dtype int, or None
        Labels by the chosen treatment under its rule, chosen without the row's fold; and by the
        untreated model under the default rule.
    proba, raw_proba, untreated_proba : ndarray of shape (n_scored, n_classes) or None
        Probabilities: of the chosen treatment, corrected and as they are, and of the untreated
        model as they are. None without probabilities.
    """

    names: tuple
    metric_name: str
    values: np.ndarray
    low: np.ndarray
    high: np.ndarray
    defaults: np.ndarray
    lead: np.ndarray
    lead_error: np.ndarray
    log_loss: np.ndarray
    brier: np.ndarray
    raw_log_loss: np.ndarray
    raw_brier: np.ndarray
    corrections: tuple
    rules: tuple
    fit_time: np.ndarray
    best: int
    select: str
    skipped: dict = field(default_factory=dict)
    y: np.ndarray | None = None
    sample_weight: np.ndarray | None = None
    units: np.ndarray | None = None
    codes: np.ndarray | None = None
    untreated_codes: np.ndarray | None = None
    proba: np.ndarray | None = None
    raw_proba: np.ndarray | None = None
    untreated_proba: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Evidence:
    """Everything that ledgers and checks may read.

    Attributes
    ----------
    y : ndarray of shape (n_rows,), dtype int
        Codes of the true labels of the judged rows.
    classes : ndarray of shape (n_classes,)
        Labels, in the order of the codes.
    model : Scored
        The user's model on these rows.
    metric : Metric
        The user's metric, from the registry in ``decision``.
    pos : int or None
        Code of the positive class, for metrics that need one.
    source : {"validation", "out-of-fold", "predictions"}
        Where the judged rows come from.
    rows : ndarray of shape (n_rows,), dtype int
        Row numbers in the user's data; a row can stand here more than once.
    sample_weight : ndarray of shape (n_rows,) or None
        Weights.
    groups : ndarray of shape (n_rows,), dtype int, or None
        Codes of what varies independently: the user's groups, or rows judged more than once.
    folds : ndarray of shape (n_rows,), dtype int
        Folds of cross-fitted maps and rules, shared by every rung.
    inflation : float
        Nadeau-Bengio factor on the variance of differences between refitted models; 1 on a
        separate validation set, where refits do not overlap with the judged rows.
    train_counts : ndarray of shape (n_classes,) or None
        Weighted class counts in the training rows.
    split_counts : ndarray of shape (n_splits, n_classes) or None
        Unweighted class counts in the test part of every split, or of (train, validation).
    train : TrainState or None
        The model on its training rows.
    reference : Scored or None
        A reference model on the same rows and folds.
    twins : dict of str to Twin
        Counterfactual refits on the same rows and folds.
    no_twins : dict of str to NoTwin
        Why other twins were not tried.
    learning_curve : dict or None
        Losses out of fold of the model on shares of its training rows; where it was asked for.
    seeds : tuple of Scored
        The model with other seeds on the same rows and folds; where it was asked for.
    estimator : estimator or None
        The user's estimator, unfitted: material for remedies, never fitted by a check.
    conflicts : dict or None
        Rows with equal features and different labels; None without features.
    facts : dict
        Facts about the estimator: name, kind, what was not done and why.
    compared : Scored or None
        Another model on the same rows, where one was given to compare with.
    search : SearchEvidence or None
        What was seen of all candidates, where the model was chosen by a search that recorded it.
    search_results : SearchResults, NoTwin or None
        What any other search recorded in its ``cv_results_``, or why that says nothing; None
        without a search.
    nested_search : NestedSearch, NoTwin or None
        The search that chose the model, repeated in the folds, or why that was not done; None
        without a search.
    treatments : TreatmentEvidence or None
        What was seen of treatments of class imbalance, where the model was chosen among such.
    leaks : SplitEvidence or None
        What checks of leakage said of the split: of the validation rows (they come first in the
        table that was judged, the training rows after them) or, out of fold, of the folds.
    drift : DriftEvidence or None
        How training and validation rows differ, where that was looked at.
    """

    y: np.ndarray
    classes: np.ndarray
    model: Scored
    metric: Any
    pos: int | None
    source: str
    rows: np.ndarray
    folds: np.ndarray
    sample_weight: np.ndarray | None = None
    groups: np.ndarray | None = None
    inflation: float = 1.0
    train_counts: np.ndarray | None = None
    split_counts: np.ndarray | None = None
    train: TrainState | None = None
    reference: Scored | None = None
    twins: dict = field(default_factory=dict)
    no_twins: dict = field(default_factory=dict)
    learning_curve: dict | None = None
    seeds: tuple = ()
    estimator: Any = None
    conflicts: dict | None = None
    facts: dict = field(default_factory=dict)
    compared: Scored | None = None
    search: SearchEvidence | None = None
    search_results: Any = None
    nested_search: NestedSearch | NoTwin | None = None
    treatments: TreatmentEvidence | None = None
    leaks: "SplitEvidence | None" = None
    drift: "DriftEvidence | None" = None

    @property
    def n_classes(self):
        """Number of classes."""
        return len(self.classes)


@dataclass(frozen=True, eq=False)
class ColumnEvidence:
    """What a transformer saw of every column of a table: what a report of kind "data" is made from.

    Attributes
    ----------
    transformer : str
        Name of the transformer's class.
    columns : dict of str to list
        One entry per column of the data: ``column`` (name), ``dtype`` (as passed), ``n_valid``
        (finite values), ``n_missing``, ``n_infinite``, ``median``, ``mad`` (raw), ``scale`` and
        ``scale_source`` (None where the transformer has none), ``lower`` and ``upper`` (limits
        beyond which a value is an outlier; None for an open side), ``share_low`` and
        ``share_high`` (shares of the values that are not missing beyond them), ``tie_share`` (share
        of the finite values that equal the median), ``constant``, ``all_missing``, and the
        quantiles ``minimum``, ``q01``, ``q25``, ``q75``, ``q99``, ``maximum``.
    n_rows : int
        Rows that were seen.
    source : {"fit", "X"}
        Whether the numbers are those that ``fit`` recorded, or of rows that were handed in.
    rule : str
        Where the limits come from, in words.
    action : str
        What happens to a value beyond them, in words.
    n_profiled : int
        Rows behind the six quantiles: all, or an evenly spaced sample of them.
    rank_error : float
        Largest error of a rank behind median and MAD; 0 where they are exact.
    notes : tuple of str
        What a reader must know, in sentences.
    """

    transformer: str
    columns: dict
    n_rows: int
    source: str
    rule: str
    action: str
    n_profiled: int
    rank_error: float = 0.0
    notes: tuple = ()


@dataclass(frozen=True, eq=False)
class SplitEvidence:
    """What was seen of a split of a table: what a report of kind "split" is made from.

    Attributes
    ----------
    n_rows, n_columns : int
        Shape of the table, without ignored columns.
    splitter : str
        The wrapped splitter, as text.
    n_folds : int
        Number of splits.
    leaks : tuple of Leak
        What every check said that could judge, in their order; after Holm's correction.
    not_applicable : dict of str to str
        Checks that could not judge, and why.
    titles, slugs : dict of str to str
        A few words for every check that was asked, and the finding it belongs to.
    per_fold : dict of str to list
        One entry per split: ``fold``, ``n_train``, ``n_test``, and under the name of each check
        that counts them, leaked test rows.
    alpha : float
        Level of the whole audit.
    p_adjusted : dict of str to float
        p-values after Holm's correction over the checks that gave one.
    effect : dict or None
        What the leaked training rows are worth to a model; None where that was not asked for, or
        no row could be removed: ``unit``, ``with_leak``, ``without_leak`` (mean loss, or score),
        ``inflation`` (an Estimate: by how much the leak flatters), ``folds`` (that were compared),
        ``n_removed`` (training rows, per compared fold), ``n_judged`` (test rows).
    component_sizes : ndarray of shape (n_shown,), dtype int
        Rows of the largest sets of linked rows that stand on both sides of a fold.
    component_folds : ndarray of shape (n_shown, n_folds), dtype int
        How many of these rows each split tests.
    notes : tuple of str
        What a reader must know, in sentences.
    """

    n_rows: int
    n_columns: int
    splitter: str
    n_folds: int
    leaks: tuple
    not_applicable: dict
    titles: dict
    slugs: dict
    per_fold: dict
    alpha: float
    p_adjusted: dict
    effect: dict | None
    component_sizes: np.ndarray
    component_folds: np.ndarray
    notes: tuple = ()


@dataclass(frozen=True, eq=False)
class DriftEvidence:
    """How well the features tell validation rows from training rows.

    Attributes
    ----------
    auc : Estimate
        Area under the ROC curve of a classifier of the two parts, cross-fitted.
    null_error : float
        Standard error of that area where the parts do not differ.
    rows : ndarray of shape (n_judged,), dtype int
        Judged rows that were looked at.
    ratio : ndarray of shape (n_judged,)
        Density of the training rows over that of the validation rows at each of them,
        cross-fitted and clipped.
    share_clipped : float
        Share of these rows whose ratio lies at its lower limit: hardly a training row is like them.
    columns : tuple of str
        The columns that differ most, the worst first.
    column_auc : tuple of float
        The area that each of them reaches alone.
    n_train : int
        Training rows that were looked at.
    """

    auc: Any
    null_error: float
    rows: np.ndarray
    ratio: np.ndarray
    share_clipped: float
    columns: tuple
    column_auc: tuple
    n_train: int
