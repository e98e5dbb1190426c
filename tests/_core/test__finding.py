"""Tests of findings, remedies and the slugs."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from sklearn_lossfix._core._evidence import Evidence
from sklearn_lossfix._core._finding import (
    LOSS_FLOOR_SHARE,
    METRIC_FLOOR,
    SECTIONS,
    SLUGS,
    Finding,
    Remedy,
)
from sklearn_lossfix._core._paired_tests import Estimate
from sklearn_lossfix.diagnosis.checks import BUILTIN_CHECKS

CAUSAL_ORDER = ["validity", "task", "optimisation", "capacity", "probabilities and decision"]


def test_slugs_are_anchors():
    """A slug can stand in a URL as it is."""
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", slug) for slug in SLUGS)


def test_groups_stand_in_causal_order():
    """An earlier cause stands before what it explains, and no group is scattered."""
    groups = list(dict.fromkeys(SLUGS.values()))
    assert groups[: len(CAUSAL_ORDER)] == CAUSAL_ORDER
    positions = [groups.index(group) for group in SLUGS.values()]
    assert positions == sorted(positions)


def test_every_check_emits_a_known_slug():
    """The checks that are built in speak of known slugs only, each check under its own name."""
    assert {check.slug for check in BUILTIN_CHECKS} <= set(SLUGS)
    names = [check.name for check in BUILTIN_CHECKS]
    assert len(set(names)) == len(names)


def test_sections_are_distinct():
    """Each section has a name of its own; an issue comes first."""
    assert len(set(SECTIONS)) == len(SECTIONS)
    assert SECTIONS[0] == "issue"


def test_floors_are_one_hundredth():
    """What matters is one point of the metric, or one hundredth of the loss."""
    assert METRIC_FLOOR == LOSS_FLOOR_SHARE == 0.01


@given(st.floats(-1, 1), st.floats(0, 1))
def test_remedy_is_proven_if_its_interval_excludes_zero(value, half):
    """A gain counts as proven exactly when its lower bound is above zero."""
    gain = Estimate(value, half / 2, value - half, value + half)
    remedy = Remedy(LogisticRegression(), "nothing", {}, "estimator", gain)
    assert remedy.proven == (value - half > 0)


def test_untried_remedy_is_not_proven():
    """Without an expected gain nothing is proven; one fit in nats is the default."""
    remedy = Remedy(None, "nothing", {}, "estimator")
    assert not remedy.proven
    assert (remedy.unit, remedy.n_fits) == ("nats", 1)


def test_findings_do_not_change():
    """A finding is a record: its evidence is its own, and its fields cannot be set."""
    first, second = (Finding("no-signal", "passed", "title", "message") for _ in range(2))
    assert first.evidence is not second.evidence
    with pytest.raises(AttributeError):
        first.section = "issue"


def test_evidence_counts_its_classes():
    """The number of classes is that of the labels, whether or not all of them occur."""
    evidence = Evidence(
        y=[0],
        classes=["a", "b", "c"],
        model=None,
        metric=None,
        pos=None,
        source="validation",
        rows=[0],
        folds=[0],
    )
    assert evidence.n_classes == 3
    assert evidence.inflation == 1.0
