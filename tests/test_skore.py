"""Tests of the findings as checks of skore reports.

skore is no dependency of the tests, so they run against a stand-in that holds what the checks use
of its protocol, and against skore itself wherever it is installed.
"""

import gc
import pickle
import sys
import weakref
from importlib.util import find_spec
from types import ModuleType

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_is_fitted

import sklearn_lossfix.skore as bridge
from sklearn_lossfix.diagnosis._run_checks import known_slugs
from sklearn_lossfix.diagnosis.checks import BUILTIN_CHECKS
from sklearn_lossfix.skore import fit_report, lossfix_checks


class NotApplicable(Exception):
    """What a check of the stand-in raises where it cannot judge."""


class Accessor:
    """`report.checks` of the stand-in: asks each check and puts it into one section."""

    def __init__(self, report):
        self.report, self.registry, self.known = report, [], {}

    def add(self, checks):
        self.registry.extend(checks)

    def sections(self, fast_mode=False):
        """{code: (section, explanation)} of all checks."""
        for check in self.registry:
            assert self.report.kind in check.report_types
            if check.code in self.known or (fast_mode and check.slow):
                continue
            try:
                words = check.check_function(self.report)
                section = check.severity if words else "passed"
            except NotApplicable as reason:
                words, section = reason.args[0], "not_applicable"
            self.known[check.code] = (section, words)
        return {c.code: self.known.get(c.code, ("skipped", None)) for c in self.registry}


class EstimatorReport:
    """A fitted estimator with its rows."""

    kind = "estimator"

    def __init__(self, estimator, *, X_test, y_test, X_train=None, y_train=None, pos_label=None):
        self.X_train, self.y_train, self.X_test, self.y_test = X_train, y_train, X_test, y_test
        self.estimator, self.pos_label = estimator, pos_label
        try:
            check_is_fitted(estimator)
            self.estimator_ = estimator
        except NotFittedError:
            self.estimator_ = clone(estimator).fit(X_train, y_train)
        self.checks = Accessor(self)


class CrossValidationReport:
    """An estimator with rows and folds."""

    kind = "cross-validation"

    def __init__(self, estimator, X, y, *, splitter, pos_label=None):
        self.estimator, self.X, self.y, self.pos_label = estimator, X, y, pos_label
        self.split_indices = tuple(splitter.split(X, y))
        self.checks = Accessor(self)


def stand_in():
    """A module with the parts of skore that matter here."""
    module = ModuleType("skore")
    module.CheckNotApplicable = NotApplicable
    module.EstimatorReport = EstimatorReport
    module.CrossValidationReport = CrossValidationReport
    module.sections = lambda report, **options: report.checks.sections(**options)
    return module


def real():
    """skore itself, with its table of checks in the form of the stand-in's."""
    import skore

    def sections(report, **options):
        frame = report.checks.summarize(**options).frame()
        frame = frame[frame["code"].str.startswith("LOSSFIX-")]
        words = [text if isinstance(text, str) else None for text in frame["explanation"]]
        return dict(zip(frame["code"], zip(frame["section"], words, strict=True), strict=True))

    skore.sections = sections
    return skore


@pytest.fixture(params=[stand_in, real] if find_spec("skore") else [stand_in])
def skore(request, monkeypatch):
    """The implementation of the protocol under test."""
    module = request.param()
    monkeypatch.setitem(sys.modules, "skore", module)
    return module


@pytest.fixture(scope="module")
def parts():
    """Training and test rows of wines, whose columns are on very different scales."""
    X, y = load_wine(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=0.5, stratify=y, random_state=0
    )
    return {"X_train": X_train, "y_train": y_train, "X_test": X_test, "y_test": y_test}


def of_test_rows(parts, estimator):
    """Arguments of a report of a fitted estimator without its training rows."""
    estimator.fit(parts["X_train"], parts["y_train"])
    return {"estimator": estimator, "X_test": parts["X_test"], "y_test": parts["y_test"]}


def test_one_check_per_finding(skore):
    """Each finding on a model is one check, in order, with a code that skore's ignore can name."""
    checks = lossfix_checks()
    slugs = known_slugs(BUILTIN_CHECKS, "model")
    assert [check.code for check in checks] == [f"LOSSFIX-{slug.upper()}" for slug in slugs]
    assert all(check.slow for check in checks)
    assert not any(check.slow for check in lossfix_checks(effort="fast"))
    kept = lossfix_checks(ignore=["overconfident"])
    assert {check.code for check in checks} - {check.code for check in kept} == {
        "LOSSFIX-OVERCONFIDENT"
    }


def test_checks_are_of_the_protocol(skore):
    """A check has every attribute that the protocol names."""
    names = ("code", "title", "report_types", "docs_url", "severity", "slow", "check_function")
    for check in lossfix_checks():
        assert all(hasattr(check, name) for name in names)
        assert isinstance(check, getattr(skore, "Check", object))


def test_sections_are_those_of_the_report(skore, parts):
    """skore shows each finding in the section it has here: issues and tips with their words."""
    report = skore.EstimatorReport(KNeighborsClassifier(15), **parts)
    report.checks.add(lossfix_checks())
    shown = skore.sections(report)
    made = fit_report(report)
    assert made["unscaled-features"].section == "issue"
    assert {f.section for f in made.findings} >= {"issue", "tip", "passed", "not_applicable"}
    for finding in made.findings:
        section, words = shown[f"LOSSFIX-{finding.name.upper()}"]
        if finding.section == "skipped":  # by effort, of which skore knows nothing
            assert section == "not_applicable"
        else:
            assert section == finding.section
        assert (words is None) == (section == "passed")
        assert section == "passed" or words.startswith(finding.message)
    words = shown["LOSSFIX-UNSCALED-FEATURES"][1]
    assert words.endswith("Remedy: StandardScaler in front.")


def test_fast_mode_fits_nothing(skore, parts, monkeypatch):
    """In skore's fast mode slow checks are not asked."""
    monkeypatch.setattr(bridge, "diagnose", None)
    report = skore.EstimatorReport(KNeighborsClassifier(15), **parts)
    report.checks.add(lossfix_checks())
    assert {section for section, _ in skore.sections(report, fast_mode=True).values()} == {
        "skipped"
    }


def test_diagnosed_once_per_report_and_options(skore, parts, monkeypatch):
    """All checks of a report share one diagnosis, that of other options or reports is another."""
    calls = []

    def counted(*args, **options):
        calls.append(options["alpha"])
        return diagnose(*args, **options)

    diagnose = bridge.diagnose
    monkeypatch.setattr(bridge, "diagnose", counted)
    for expected in ([0.01], [0.01, 0.01]):
        report = skore.EstimatorReport(GaussianNB(), **parts)
        report.checks.add(lossfix_checks(effort="fast"))
        skore.sections(report)
        assert fit_report(report, effort="fast") is fit_report(report, effort="fast")
        assert calls == expected
    fit_report(report, effort="fast", alpha=0.05)
    assert calls == [0.01, 0.01, 0.05]


def test_refusals_are_asked_once(skore, parts, monkeypatch):
    """What cannot be diagnosed is not tried again for every check, and each gives the reason."""
    calls = []

    def refusing(*args, **options):
        calls.append(args)
        raise ValueError("these rows will not do")

    monkeypatch.setattr(bridge, "diagnose", refusing)
    report = skore.EstimatorReport(GaussianNB(), **parts)
    report.checks.add(lossfix_checks(effort="fast"))
    assert set(skore.sections(report).values()) == {("not_applicable", "these rows will not do")}
    assert len(calls) == 1
    with pytest.raises(ValueError, match="these rows will not do"):
        fit_report(report, effort="fast")


def test_cross_validation_is_judged_on_its_own_folds(skore):
    """The loss is the pooled one of the folds that the skore report has."""
    X, y = load_wine(return_X_y=True)
    folds = StratifiedKFold(3, shuffle=True, random_state=7)
    report = skore.CrossValidationReport(GaussianNB(), X, y, splitter=folds)
    proba = np.zeros((len(y), 3))
    for train, test in folds.split(X, y):
        model = GaussianNB().fit(_safe_indexing(X, train), _safe_indexing(y, train))
        proba[test] = model.predict_proba(_safe_indexing(X, test))
    report.checks.add(lossfix_checks())
    assert skore.sections(report)["LOSSFIX-UNSCALED-FEATURES"][0] != "not_applicable"
    assert fit_report(report).loss_ledger.total == pytest.approx(log_loss(y, proba), abs=1e-12)


def test_fast_effort_and_folds_do_not_go_together(skore):
    """Without rows apart from the folds nothing is judged, and the reason names the way out."""
    X, y = load_wine(return_X_y=True)
    report = skore.CrossValidationReport(GaussianNB(), X, y, splitter=StratifiedKFold(3))
    with pytest.raises(ValueError, match="Use effort='normal'"):
        fit_report(report, effort="fast")


def test_without_training_rows_probabilities_are_judged(skore, parts):
    """A fitted estimator and test rows give the report that their probabilities give."""
    given = of_test_rows(parts, GaussianNB())
    report = skore.EstimatorReport(**given)
    proba = given["estimator"].predict_proba(parts["X_test"])
    expected = bridge.diagnose_predictions(parts["y_test"], proba)
    made = fit_report(report)
    assert made.loss_ledger.total == expected.loss_ledger.total
    assert [f.section for f in made.findings] == [f.section for f in expected.findings]


def test_without_rows_and_probabilities_nothing_is_judged(skore, parts):
    """Neither training rows nor probabilities: the reason says what was expected."""
    report = skore.EstimatorReport(**of_test_rows(parts, LinearSVC()))
    report.checks.add(lossfix_checks())
    (only,) = set(skore.sections(report).values())
    assert only[0] == "not_applicable"
    assert "Expected one of the two" in only[1]


def test_other_tasks_are_not_applicable(skore, parts):
    """Regression is refused with the words of diagnose, and skore's summary survives it."""
    target = {
        name: parts[name] * 1.5 + parts[f"X{name[1:]}"][:, 0] for name in parts if "y_" in name
    }
    report = skore.EstimatorReport(LinearRegression(), **{**parts, **target})
    report.checks.add(lossfix_checks())
    (only,) = set(skore.sections(report).values())
    assert only[0] == "not_applicable"
    assert "type_of_target 'continuous'" in only[1]


def test_positive_class_is_the_reports_own(skore, parts):
    """A metric with a positive class is explained for the one the skore report names."""
    words = {name: np.where(parts[name] == 0, "a", "b") for name in ("y_train", "y_test")}
    for pos_label in ("a", "b"):
        report = skore.EstimatorReport(GaussianNB(), **{**parts, **words}, pos_label=pos_label)
        assert fit_report(report, effort="fast", scoring="f1").context["pos_label"] == pos_label


def test_severity_follows_the_report(skore, parts):
    """One list of checks serves many reports: a tip of one is an issue of another."""
    sections = []

    class Canned:
        """A report with one finding, in a section of its own."""

        def __init__(self, section):
            self.section = section

        def __getitem__(self, slug):
            return type(
                "Found",
                (),
                {"section": self.section, "message": "m", "explained_by": None, "remedy": None},
            )

    checks = lossfix_checks(effort="fast")
    for section in ("tip", "issue", "tip"):
        report = skore.EstimatorReport(DummyClassifier(), **parts)
        bridge._MADE[report] = {tuple(checks[0].options.values()): Canned(section)}
        report.checks.add(checks)
        sections.append({found for found, _ in skore.sections(report).values()})
    assert sections == [{"tip"}, {"issue"}, {"tip"}]


def test_reports_are_not_kept_alive(skore, parts):
    """When the skore report goes, what was made of it goes too."""
    report = skore.EstimatorReport(GaussianNB(), **parts)
    made = weakref.ref(fit_report(report, effort="fast"))
    assert made() is not None
    del report
    gc.collect()
    assert made() is None


def test_checks_travel(skore, parts):
    """Pickled checks, as in a stored report, say the same."""
    report = skore.EstimatorReport(GaussianNB(), **parts)
    checks = lossfix_checks(effort="fast")
    report.checks.add(pickle.loads(pickle.dumps(checks)))
    other = skore.EstimatorReport(GaussianNB(), **parts)
    other.checks.add(checks)
    assert skore.sections(report) == skore.sections(other)


def test_wrong_options_are_refused_at_once(skore):
    """What is wrong with the options is said before any report is asked."""
    with pytest.raises(ValueError, match="effort must be one of"):
        lossfix_checks(effort="quick")
    with pytest.raises(ValueError, match="did you mean one of"):
        lossfix_checks(ignore=["overconfidence"])
    with pytest.raises(ValueError, match="alpha must be a number"):
        lossfix_checks(alpha=2)


def test_without_skore_the_error_says_what_to_install(monkeypatch):
    """The error names the function and the command."""
    monkeypatch.setitem(sys.modules, "skore", None)
    for function in (lossfix_checks, lambda: fit_report(None)):
        with pytest.raises(ImportError, match="pip install skore"):
            function()
