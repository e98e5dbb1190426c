"""Every check once, every slug in exactly one section."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression, RidgeClassifier

from sklearn_lossfix import diagnose, diagnose_predictions
from sklearn_lossfix._core._finding import SECTIONS, SLUGS, Finding
from sklearn_lossfix._core._paired_tests import conditional_benjamini_hochberg, interval
from sklearn_lossfix.diagnosis._columns import ColumnAnalysis
from sklearn_lossfix.diagnosis._judging import fact, judge_effect
from sklearn_lossfix.diagnosis._run_checks import EFFORTS, known_slugs, run_checks, validate_ignore
from sklearn_lossfix.diagnosis.checks import BUILTIN_CHECKS
from sklearn_lossfix.exceptions import CheckNotApplicable


@dataclass
class Says:
    """A check that says what it was told to, and counts how often it was asked."""

    slug: str = "label-noise"
    says: object = "passed"
    name: str = "says"
    title: str = "It says so"
    kinds: tuple = ("model",)
    effort: str = "fast"
    asked: list = field(default_factory=list)

    def run(self, analysis):
        """Give a fact of the section, a tested effect of (value, standard error), or a reason."""
        self.asked.append(analysis)
        if isinstance(self.says, Exception):
            raise self.says
        if isinstance(self.says, tuple):
            estimate = interval(*self.says)
            return judge_effect(
                self, analysis, estimate, 0.01, unit="points", message="Issue.", rows=[1]
            )
        return fact(self, self.says, f"It is {self.says}.")


def run(analyse, calibrated, *checks, **kwargs):
    """Findings of some checks on calibrated forecasts."""
    arguments = {"kind": "model", "effort": "normal", **kwargs}
    return run_checks(analyse(*calibrated(200)), checks, **arguments)


# --- the built-in checks ---------------------------------------------------------------------


def test_builtin_checks_follow_the_protocol():
    """Known slugs in causal order, distinct names, and what a report needs to show them."""
    groups = list(dict.fromkeys(SLUGS.values()))
    positions = [groups.index(SLUGS[check.slug]) for check in BUILTIN_CHECKS]
    assert positions == sorted(positions)
    assert len({check.name for check in BUILTIN_CHECKS}) == len(BUILTIN_CHECKS)
    for check in BUILTIN_CHECKS:
        assert check.title
        assert check.effort in EFFORTS
        assert check.__doc__


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("model", [LogisticRegression(), RidgeClassifier()])
@pytest.mark.parametrize("effort", ["fast", "normal"])
def test_every_slug_stands_in_exactly_one_section(table, model, effort, n_classes):
    """Whatever the model and the effort, each registered slug is told once, with a message."""
    X, y = table(150, n_classes=n_classes)
    model.fit(X, y)
    report = diagnose(model, X, y, X_val=X, y_val=y, effort=effort, ignore="no-signal")
    names = [finding.name for finding in report.findings]
    assert sorted(names) == sorted(known_slugs(BUILTIN_CHECKS, "model"))
    assert {finding.section for finding in report.findings} <= set(SECTIONS)
    assert all(finding.message for finding in report.findings)
    spoken = [name for finding in report.findings for name in finding.checks]
    assert sorted(spoken) == sorted(c.name for c in BUILTIN_CHECKS if "model" in c.kinds)


# --- sections --------------------------------------------------------------------------------


def test_ignored_checks_are_not_asked(analyse, calibrated):
    """What is ignored is named, and costs nothing."""
    check = Says()
    (finding,) = run(analyse, calibrated, check, ignore={"label-noise"})
    assert finding.section == "ignored"
    assert check.asked == []


def test_costly_checks_are_skipped_under_fast(analyse, calibrated):
    """A check that needs refits is skipped, and the message says which effort runs it."""
    check = Says(effort="normal")
    (finding,) = run(analyse, calibrated, check, effort="fast")
    assert finding.section == "skipped"
    assert "effort='normal'" in finding.message
    assert check.asked == []


def test_checks_of_another_kind_do_not_appear(analyse, calibrated):
    """A check for histories has no place in a report on a model."""
    assert run(analyse, calibrated, Says(kinds=("history",))) == []


def test_a_reason_makes_a_check_not_applicable(analyse, calibrated):
    """The reason is the message."""
    (finding,) = run(analyse, calibrated, Says(says=CheckNotApplicable("No times were given.")))
    assert (finding.section, finding.message) == ("not_applicable", "No times were given.")


def test_other_errors_are_not_swallowed(analyse, calibrated):
    """A defect of a check must not look like an answer."""
    with pytest.raises(ZeroDivisionError):
        run(analyse, calibrated, Says(says=ZeroDivisionError()))


def test_a_clear_effect_is_an_issue(analyse, calibrated):
    """Far above the limit: an issue, with what is at stake."""
    (finding,) = run(analyse, calibrated, Says(says=(0.5, 0.01)))
    assert finding.section == "issue"
    assert finding.p_adjusted < 0.01
    assert finding.errors_at_stake == pytest.approx(finding.ci[0])


@pytest.mark.parametrize("says", [(0.02, 0.01), (-0.5, 0.01), (0.5, np.inf)])
def test_an_effect_that_is_not_shown_has_passed(analyse, calibrated, says):
    """Not significant, negative or of unknown error: passed, and nothing is at stake."""
    (finding,) = run(analyse, calibrated, Says(says=says))
    assert finding.section == "passed"
    assert finding.errors_at_stake is finding.rows is finding.remedy is None
    assert "not shown to be above 0.01" in finding.message
    assert ("power 80 %" in finding.message) == np.isfinite(says[1])


def test_what_is_certain_is_told_where_its_harm_is_not_shown(analyse, calibrated):
    """An issue whose test does not stand beside the others goes where its finding says."""

    class Certain(Says):
        def run(self, analysis):
            return replace(super().run(analysis), otherwise="tip", message="Ten rows leak.")

    (finding,) = run(analyse, calibrated, Certain(says=(0.02, 0.01)))
    assert finding.section == "tip"
    assert finding.message.startswith("Ten rows leak.")
    assert finding.errors_at_stake is None


def test_sections_come_in_order(analyse, calibrated):
    """Issues by what is at stake, then tips, passed, not applicable, skipped, ignored."""
    checks = [
        Says("label-noise", "passed"),
        Says("no-signal", (0.1, 0.001)),
        Says("time-overlap", CheckNotApplicable("No times.")),
        Says("overconfident", (0.4, 0.001)),
        Says("group-overlap", "tip"),
        Says("dead-units", "passed", effort="normal"),
        Says("overfitting", "passed"),
    ]
    findings = run(analyse, calibrated, *checks, effort="fast", ignore={"overfitting"})
    assert [(f.name, f.section) for f in findings] == [
        ("overconfident", "issue"),
        ("no-signal", "issue"),
        ("group-overlap", "tip"),
        ("label-noise", "passed"),
        ("time-overlap", "not_applicable"),
        ("dead-units", "skipped"),
        ("overfitting", "ignored"),
    ]


# --- several checks, one slug ----------------------------------------------------------------


def test_checks_that_share_a_slug_are_merged(analyse, calibrated):
    """The loudest speaks, all are named, and what the others said is kept."""
    checks = [Says(says="passed", name="exact"), Says(says="tip", name="near")]
    checks.append(Says(says=CheckNotApplicable("No names."), name="names"))
    (finding,) = run(analyse, calibrated, *checks)
    assert (finding.section, finding.message) == ("tip", "It is tip.")
    assert finding.checks == ("near", "exact", "names")
    assert finding.evidence["other_checks"] == {"exact": "It is passed.", "names": "No names."}


def test_ignoring_a_slug_ignores_all_its_checks(analyse, calibrated):
    """The slug is what is ignored."""
    checks = [Says(name="exact"), Says(name="near")]
    (finding,) = run(analyse, calibrated, *checks, ignore={"label-noise"})
    assert finding.section == "ignored"
    assert finding.checks == ("exact", "near")


# --- Benjamini-Hochberg ----------------------------------------------------------------------


@given(st.lists(st.floats(-2.0, 6.0), min_size=1, max_size=len(SLUGS)))
def test_p_values_are_adjusted_over_the_report(analyse, calibrated, effects):
    """All tests of a report share one adjustment, and it alone decides on issues."""
    checks = [Says(slug, (0.01 + 0.01 * z, 0.01)) for slug, z in zip(SLUGS, effects, strict=False)]
    found = {f.name: f for f in run(analyse, calibrated, *checks, Says("dead-unit", "tip"))}
    assert found["dead-unit"].p_adjusted is None
    raw = [found[check.slug].p_value for check in checks]
    adjusted = [found[check.slug].p_adjusted for check in checks]
    assert adjusted == pytest.approx(conditional_benjamini_hochberg(raw))
    issues = [found[check.slug].section == "issue" for check in checks]
    assert issues == [p <= 0.01 for p in adjusted]
    suspected = [found[check.slug].suspected for check in checks]
    assert suspected == [p <= 0.05 and not q <= 0.01 for p, q in zip(raw, adjusted, strict=True)]


def test_what_its_own_test_rejects_is_suspected(analyse, calibrated):
    """Significant alone and not beside the others: a tip, the likeliest first.

    Only what makes the judged rows doubtful stands before it.
    """
    checks = [Says("class-imbalance", "tip"), Says("group-overlap", "tip")]
    checks += [Says("label-noise", (0.03, 0.01)), Says("no-signal", (0.031, 0.01))]
    findings = run(analyse, calibrated, *checks)
    names = [f.name for f in findings]
    assert names == ["group-overlap", "no-signal", "label-noise", "class-imbalance"]
    assert {f.section for f in findings} == {"tip"}
    assert [f.suspected for f in findings] == [False, True, True, False]
    assert findings[1].errors_at_stake is None
    assert "Suspected, not proven: p = 0.018 alone" in findings[1].message


def test_alpha_decides(calibrated, sharpened):
    """A stricter level finds a subset of what a looser one finds."""
    y, proba = calibrated(200)
    found = [
        {f.name for f in diagnose_predictions(y, sharpened(proba, 2.5), alpha=alpha).issues}
        for alpha in (1e-9, 0.01, 0.5)
    ]
    assert found[0] <= found[1] <= found[2]
    assert len(found[0]) < len(found[2])


# --- names -----------------------------------------------------------------------------------


def test_ignore_takes_one_name_or_many():
    """A string is one name."""
    checks = [Says("label-noise"), Says("leaked-rows")]
    assert validate_ignore("label-noise", checks) == {"label-noise"}
    assert validate_ignore(iter(["label-noise", "leaked-rows"]), checks) == set(known_slugs(checks))
    assert validate_ignore((), checks) == set()


@pytest.mark.parametrize(
    ("ignore", "error", "words"),
    [
        ("overconfidence", ValueError, "'overconfident'"),
        (["no-signal", "shift-prior"], ValueError, "'shifted-prior'"),
        ([7], ValueError, "names of findings. Got 7"),
        (None, TypeError, "Got NoneType"),
        (3, TypeError, "Got int"),
    ],
)
def test_unknown_names_are_refused(ignore, error, words):
    """The error offers the nearest names."""
    with pytest.raises(error, match=words):
        validate_ignore(ignore, BUILTIN_CHECKS)


def test_names_of_another_kind_are_refused():
    """A name that this kind of report cannot hold says which kind does."""
    known = known_slugs(BUILTIN_CHECKS, "data")
    assert validate_ignore(known, BUILTIN_CHECKS, kind="data") == set(known)
    with pytest.raises(ValueError, match=r"'constant-feature', which is judged in .* 'data' only"):
        diagnose_predictions([0, 1], [0.5, 0.5], ignore="constant-feature")
    with pytest.raises(
        ValueError, match=r"kind 'data'.*'no-signal', which is judged in .* 'model'"
    ):
        validate_ignore(["no-signal"], BUILTIN_CHECKS, kind="data")


def test_issues_of_data_need_no_model(column_evidence):
    """Without loss and error nothing is at stake: issues keep their order, and none explains."""
    checks = [Says(slug, "issue", kinds=("data",)) for slug in ("tied-feature", "constant-feature")]
    analysis = ColumnAnalysis(column_evidence([[1.0], [2.0]]))
    findings = run_checks(analysis, checks, kind="data", effort="fast")
    assert [(f.name, f.section) for f in findings] == [
        ("tied-feature", "issue"),
        ("constant-feature", "issue"),
    ]


def test_findings_are_findings(analyse, calibrated):
    """Whatever is registered, what comes out has one type."""
    for finding in run(analyse, calibrated, *BUILTIN_CHECKS, Says()):
        assert isinstance(finding, Finding)
