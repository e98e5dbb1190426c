"""What a check says: findings, remedies, the protocol of a check, and the slugs."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from sklearn_lossfix._core._paired_tests import Estimate

#: Slug of every finding -> its group. A slug never changes: it is the anchor of its docs section
#: and what ``ignore=[...]`` takes. Groups stand in causal order: an earlier cause explains a later.
SLUGS = {
    "leaked-rows": "validity",
    "leaky-feature": "validity",
    "group-overlap": "validity",
    "time-overlap": "validity",
    "preprocessed-before-split": "validity",
    "unstratified-split": "validity",
    "train-test-drift": "validity",
    "validation-too-small": "validity",
    "conflicting-labels": "validity",
    "label-noise": "validity",
    "informative-missingness": "validity",
    "loss-unsuited-to-task": "task",
    "loss-metric-mismatch": "task",
    "negative-loss": "task",
    "nonfinite-loss": "task",
    "no-signal": "task",
    "not-converged": "optimisation",
    "learning-rate-too-high": "optimisation",
    "learning-rate-too-low": "optimisation",
    "unscaled-features": "optimisation",
    "outlier-features": "optimisation",
    "dead-units": "optimisation",
    "seed-sensitive": "optimisation",
    "underfitting": "capacity",
    "overfitting": "capacity",
    "redundant-features": "capacity",
    "useless-features": "capacity",
    "more-data-helps": "capacity",
    "overconfident": "probabilities and decision",
    "underconfident": "probabilities and decision",
    "shifted-prior": "probabilities and decision",
    "misshapen-probabilities": "probabilities and decision",
    "misaligned-decision-rule": "probabilities and decision",
    "majority-collapse": "probabilities and decision",
    "class-imbalance": "probabilities and decision",
    "failing-class": "probabilities and decision",
    "hard-rows-dominate-loss": "probabilities and decision",
    "search-at-edge": "search",
    "selection-optimism": "search",
    "constant-feature": "data",
    "zero-scale-feature": "data",
    "all-missing-feature": "data",
    "tied-feature": "data",
    "wrong-dtype-feature": "data",
    "loss-plateau": "history",
    "loss-diverging": "history",
    "loss-oscillating": "history",
    "loss-recurring": "history",
    "loss-spike": "history",
    "overfit-turning-point": "history",
    "still-improving": "history",
    "stuck-at-chance": "history",
    "accuracy-stalls-while-loss-falls": "history",
    "loss-rises-while-accuracy-holds": "history",
}

#: Every section a check can end in; each check stands in exactly one.
SECTIONS = ("issue", "tip", "passed", "not_applicable", "skipped", "ignored")

# Smallest improvement that is worth a change. A metric is reported in hundredths: one point. A loss
# has no natural unit, so one hundredth of itself. The same floors define what "a clean fit" means
# in the false-alarm benchmark: no remedy improves fresh rows by more than this.
METRIC_FLOOR = 0.01
LOSS_FLOOR_SHARE = 0.01

# Level of a single test from which a cause is suspected: Fisher's one in twenty (Fisher 1925,
# *Statistical methods for research workers*, section 12). An issue needs more, see `p_adjusted`.
SUSPICION = 0.05


@dataclass(frozen=True)
class Remedy:
    """A repaired estimator, ready to fit, with what it was seen to gain.

    Attributes
    ----------
    estimator : estimator or None
        Unfitted and clone-able. None in a report that was read back from a file.
    changes : str
        What was changed, in words.
    params : dict
        What was changed, as parameters.
    code : str
        One or a few lines of Python that build the same thing from the user's ``estimator``.
    expected_gain : Estimate or None
        Improvement on rows that the remedy did not learn from; None if it was not tried.
    unit : {"nats", "Brier", "points"}
        Unit of the gain: nats of log loss, Brier score, or points of the metric (0.01 = one point).
    n_fits : int
        Fits of the user's estimator that the remedy needs when it is fitted.
    build : callable or None
        From an unfitted estimator to the repaired one: the same change, made to another estimator.
        None in a report that was read back from a file.
    left_out : ndarray of int or None
        Rows of the user's data that the repaired estimator must not learn from.
    """

    estimator: Any
    changes: str
    params: dict
    code: str
    expected_gain: Estimate | None = None
    unit: str = "nats"
    n_fits: int = 1
    build: Any = None
    left_out: Any = None

    @property
    def proven(self):
        """Whether the interval of the gain excludes zero."""
        return self.expected_gain is not None and self.expected_gain.low > 0


@dataclass(frozen=True)
class Finding:
    """What one slug ended as, with the numbers behind it.

    Attributes
    ----------
    name : str
        The slug.
    section : {"issue", "tip", "passed", "not_applicable", "skipped", "ignored"}
        Where it stands in the report.
    title : str
        A few words.
    message : str
        One sentence made from the numbers; the reason where nothing was judged.
    estimate : float or None
        The effect.
    unit : str
        Unit of estimate, ci, limit and detectable.
    ci : tuple of (float, float) or None
        95 % interval of the effect.
    p_value, p_adjusted : float or None
        One-sided p-value of "the effect is at most `limit`", alone and after Benjamini-Hochberg
        over the report; None for facts.
    limit : float or None
        The smallest effect that matters.
    detectable : float or None
        Where it passed: the effect that would have been found with a power of 80 %.
    nats_at_stake, errors_at_stake : float or None
        Lower confidence bound of what the finding costs, per row, in loss and in the metric.
    evidence : dict
        Plain numbers, strings and lists.
    rows : ndarray or None
        Rows to look at, as numbers into the judged data; into X for ``conflicting-labels`` and
        ``label-noise``.
    remedy : Remedy or None
        What repairs it.
    checks : tuple of str
        The checks that spoke.
    explained_by : str or None
        Slug of an earlier cause: once that is repaired, this issue is gone, or mostly so.
    otherwise : {"passed", "tip"}
        Where an issue goes whose test does not reject after adjustment: what was found for certain
        is still told.
    """

    name: str
    section: str
    title: str
    message: str
    estimate: float | None = None
    unit: str = ""
    ci: tuple | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    limit: float | None = None
    detectable: float | None = None
    nats_at_stake: float | None = None
    errors_at_stake: float | None = None
    evidence: dict = field(default_factory=dict)
    rows: Any = None
    remedy: Remedy | None = None
    checks: tuple = ()
    explained_by: str | None = None
    otherwise: str = "passed"

    @property
    def suspected(self):
        """Whether it is a tip whose own test rejects: what would be an issue if asked alone."""
        return is_suspected(self.section, self.p_value)


def is_suspected(section, p_value):
    """Whether a finding is a tip whose own test rejects at `SUSPICION`."""
    return section == "tip" and p_value is not None and p_value <= SUSPICION


class Check(Protocol):
    """What a check must offer. A check is stateless; it reads evidence and never fits anything."""

    #: Name of the check: of its file and of its test.
    name: str
    #: The slug it emits.
    slug: str
    #: A few words.
    title: str
    #: Kinds of report it is registered for.
    kinds: tuple[str, ...]
    #: The least effort that gathers what it needs: "fast", "normal" or "thorough".
    effort: str

    def run(self, analysis) -> Finding:
        """Judge; raise CheckNotApplicable with the reason where that is impossible."""
