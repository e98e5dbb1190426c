"""Which verdict explains which."""

import pytest

from sklearn_lossfix._core._finding import Finding
from sklearn_lossfix.diagnosis.history._explain import (
    GROUPS,
    explained_verdicts,
    without_chance_tips,
)
from sklearn_lossfix.diagnosis.history.verdicts import HISTORY_CHECKS


def found(name, section="issue", **fields):
    """A finding without numbers."""
    return Finding(name, section, "t", "m", **fields)


def test_every_verdict_is_in_one_group_and_in_order():
    """The groups hold each slug once, in the order in which the checks are asked."""
    slugs = [check.slug for check in HISTORY_CHECKS]
    assert [name for group in GROUPS for name in group] == slugs


def test_the_first_of_a_group_explains_the_others():
    """Later issues of the group stand right under it; those of other groups stay."""
    findings = [
        found("learning-rate-too-high"),
        found("overfit-turning-point"),
        found("loss-oscillating"),
        found("loss-spike", "tip"),
    ]
    out = explained_verdicts(findings)
    assert [(f.name, f.explained_by) for f in out] == [
        ("learning-rate-too-high", None),
        ("loss-oscillating", "learning-rate-too-high"),
        ("overfit-turning-point", None),
        ("loss-spike", None),
    ]


def test_passed_and_tips_explain_nothing():
    """An issue stands for itself where the earlier ones of its group are no issues."""
    findings = [found("loss-oscillating"), found("learning-rate-too-high", "passed")]
    assert explained_verdicts(findings)[0].explained_by is None


def test_tips_need_their_test_too():
    """A tip whose adjusted p-value is above the level has passed; one without a test stays."""
    findings = [
        found("loss-recurring", "tip", p_adjusted=0.03),
        found("loss-spike", "tip"),
        found("loss-plateau", "tip", p_adjusted=0.001),
    ]
    told = without_chance_tips(findings, 0.01)
    assert [f.section for f in told] == ["passed", "tip", "tip"]
    assert told[0].message == "m Beside the other tests of the report that is not proven."
    assert told[1:] == findings[1:]


@pytest.mark.parametrize(
    ("name", "evidence", "explained"),
    [
        ("nonfinite-loss", {}, {"overfit-turning-point", "still-improving"}),
        (
            "negative-loss",
            {"type": "sign convention"},
            {"overfit-turning-point", "learning-rate-too-high", "loss-oscillating"},
        ),
        (
            "negative-loss",
            {"type": "targets outside their range"},
            {"accuracy-stalls", "still-improving"},
        ),
        ("accuracy-stalls-while-loss-falls", {"constant_answer": 0.25}, {"still-improving"}),
        ("accuracy-stalls-while-loss-falls", {"constant_answer": None}, set()),
    ],
)
def test_some_issues_explain_those_of_other_groups(name, evidence, explained):
    """An end that broke down, a turned sign and an accuracy of a constant answer come first."""
    others = ["learning-rate-too-high", "loss-oscillating", "overfit-turning-point"]
    if name.startswith("accuracy"):
        others = ["learning-rate-too-high", "still-improving"]
    else:
        others += ["still-improving", "accuracy-stalls-while-loss-falls"]
    findings = [*map(found, others), found(name, evidence=evidence)]
    out = explained_verdicts(findings)
    assert sorted(f.name for f in out) == sorted(f.name for f in findings)
    by = {f.name: f.explained_by for f in out}
    for wanted in explained:
        assert next(cause for slug, cause in by.items() if slug.startswith(wanted)) == name
    assert by[name] is None
    if not explained:
        assert name not in by.values()
