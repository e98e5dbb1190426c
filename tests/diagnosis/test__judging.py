"""The minimum-effect test that turns an estimate into a finding."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sklearn_lossfix._core._paired_tests import interval, upper_tail_p
from sklearn_lossfix.diagnosis._judging import (
    POWER,
    detectable_effect,
    fact,
    interval_text,
    judge_effect,
    p_text,
)
from sklearn_lossfix.diagnosis.checks.overconfident import Overconfident

CHECK = Overconfident()


@given(se=st.floats(1e-6, 1e3), limit=st.floats(-1.0, 1.0), alpha=st.floats(1e-6, 0.4))
def test_the_detectable_effect_has_the_power_it_claims(se, limit, alpha):
    """At that effect, the one-sided test of the limit rejects in four of five draws."""
    effect = detectable_effect(se, limit, alpha)
    critical = limit + stats.norm.isf(alpha) * se
    assert stats.norm.sf((critical - effect) / se) == pytest.approx(POWER, abs=1e-6)


@given(value=st.floats(-1.0, 1.0), se=st.floats(1e-4, 1.0), other=st.floats(0.0, 1.0))
def test_both_tests_must_reject(analyse, calibrated, value, se, other):
    """The p-value is the larger of the two; the stake is the lower bound, never below zero."""
    estimate = interval(value, se)
    finding = judge_effect(
        CHECK, analyse(*calibrated(20)), estimate, 0.1, unit="nats", message="M", other_p=other
    )
    assert finding.p_value == max(upper_tail_p(value, se, 0.1), other)
    assert finding.nats_at_stake == max(0.0, estimate.low)
    assert finding.errors_at_stake is None
    assert (finding.estimate, finding.ci) == (value, (estimate.low, estimate.high))
    assert finding.checks == ("overconfident",)


@given(value=st.floats(-1.0, 4.0), limit=st.floats(0.0, 1.0), root_se=st.floats(1e-3, 1.0))
def test_a_square_is_tested_by_its_root(analyse, calibrated, value, limit, root_se):
    """Effect and limit are compared as roots; the detectable effect has its power there."""
    finding = judge_effect(
        CHECK,
        analyse(*calibrated(20)),
        interval(value, 0.1),
        limit,
        unit="nats",
        message="M",
        root_se=root_se,
    )
    apart = np.sqrt(max(value, 0.0)) - np.sqrt(limit)
    assert finding.p_value == pytest.approx(stats.norm.sf(apart / root_se))
    critical = np.sqrt(limit) + stats.norm.isf(0.01) * root_se
    reached = stats.norm.sf((critical - np.sqrt(finding.detectable)) / root_se)
    assert reached == pytest.approx(POWER, abs=1e-6)


@pytest.mark.parametrize(
    ("unit", "nats", "errors"), [("nats", 0.25, None), ("points", None, 0.25), ("auc", None, None)]
)
def test_the_unit_says_what_is_at_stake(analyse, calibrated, unit, nats, errors):
    """Nats are at stake in the loss, points in the metric, areas in neither."""
    finding = judge_effect(
        CHECK,
        analyse(*calibrated(20)),
        interval(0.5, 0.1),
        0.0,
        unit=unit,
        message="M",
        at_stake=0.25,
    )
    assert (finding.nats_at_stake, finding.errors_at_stake) == (nats, errors)


def test_an_unknown_error_has_no_detectable_effect(analyse, calibrated):
    """With one group nothing is known about variation, and nothing is claimed."""
    finding = judge_effect(
        CHECK, analyse(*calibrated(20)), interval(0.5, np.inf), 0.0, unit="nats", message="M"
    )
    assert finding.detectable is None
    assert finding.p_value == 0.5


def test_a_fact_has_no_test():
    """It keeps what it is given and has no p-value."""
    finding = fact(CHECK, "tip", "So it is.", estimate=2.0)
    assert (finding.name, finding.section, finding.message) == ("overconfident", "tip", "So it is.")
    assert finding.estimate == 2.0
    assert finding.p_value is None


def test_intervals_in_words():
    """Three digits unless asked otherwise."""
    assert interval_text(interval(0.5, 0.0)) == "0.500 [0.500, 0.500]"
    assert interval_text(interval(0.5, 0.0), digits=1) == "0.5 [0.5, 0.5]"


@pytest.mark.parametrize(
    ("p_value", "text"),
    [(None, ""), (0.0, "p < 1e-9"), (1e-10, "p < 1e-9"), (0.0123, "p = 0.012"), (1.0, "p = 1")],
)
def test_p_values_in_words(p_value, text):
    """Never "p = 0"."""
    assert p_text(p_value) == text
