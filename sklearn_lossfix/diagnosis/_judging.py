"""How checks turn an estimate into a finding: one minimum-effect test for all of them."""

import numpy as np
from scipy import stats

from sklearn_lossfix._core._finding import Finding
from sklearn_lossfix._core._paired_tests import upper_tail_p

# Level of the findings where nothing else is asked for.
DEFAULT_ALPHA = 0.01

# Power at which "could have detected" is stated (Cohen 1988).
POWER = 0.8


def detectable_effect(se, limit, alpha):
    """Effect that a one-sided test of "at most `limit`" finds with a power of 80 %."""
    return float(limit + (stats.norm.isf(alpha) + stats.norm.ppf(POWER)) * se)


def judge_effect(
    check,
    analysis,
    estimate,
    limit,
    *,
    unit,
    message,
    other_p=0.0,
    at_stake=None,
    root_se=None,
    **fields,
):
    """Candidate for an issue: the effect must exceed `limit`, by a one-sided test.

    Parameters
    ----------
    check : Check
        Who judges.
    analysis : Analysis
        Gives the level.
    estimate : Estimate
        The effect.
    limit : float
        The smallest effect that matters.
    unit : {"nats", "Brier", "points", "share", "auc"}
        Unit of the effect.
    message : str
        What to say where it is an issue.
    other_p : float, default=0.0
        P-value of a second test that must reject as well: the larger of the two counts
        (intersection-union test, Berger 1982).
    at_stake : float, default=None
        What the finding costs where that is not the effect itself, as a lower bound.
    root_se : float, default=None
        Standard error of the square root of the effect, where the effect is a square: it is then
        tested on the scale of the root.
    **fields
        Further fields of the finding.

    Returns
    -------
    Finding
        Of section "issue"; the report moves it to "passed" unless its adjusted p-value is small.
    """
    if root_se is None:
        p_value = upper_tail_p(estimate.value, estimate.se, limit)
        detectable = detectable_effect(estimate.se, limit, analysis.alpha)
    else:
        p_value = upper_tail_p(np.sqrt(max(estimate.value, 0.0)), root_se, np.sqrt(limit))
        detectable = detectable_effect(root_se, np.sqrt(limit), analysis.alpha) ** 2
    stake = max(0.0, estimate.low) if at_stake is None else at_stake
    if unit == "nats":
        fields.setdefault("nats_at_stake", stake)
    elif unit == "points":
        fields.setdefault("errors_at_stake", stake)
    return Finding(
        name=check.slug,
        section="issue",
        title=check.title,
        message=message,
        estimate=estimate.value,
        unit=unit,
        ci=(estimate.low, estimate.high),
        p_value=max(p_value, other_p),
        limit=float(limit),
        detectable=detectable if np.isfinite(detectable) else None,
        checks=(check.name,),
        **fields,
    )


def fact(check, section, message, **fields):
    """Finding that is certain: a tip, or an issue that needs no test, or passed."""
    return Finding(
        name=check.slug,
        section=section,
        title=check.title,
        message=message,
        checks=(check.name,),
        **fields,
    )


def interval_text(estimate, digits=3):
    """``0.123 [0.100, 0.146]``."""
    return f"{estimate.value:.{digits}f} [{estimate.low:.{digits}f}, {estimate.high:.{digits}f}]"


def p_text(p_value):
    """A p-value in words: never "p = 0"."""
    if p_value is None:
        return ""
    if p_value < 1e-9:
        return "p < 1e-9"
    return f"p = {p_value:.2g}"
