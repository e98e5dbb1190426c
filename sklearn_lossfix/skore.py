"""Findings of this package as checks of skore reports.

skore keeps reports of estimators and runs checks on them; a check is an object that is asked for a
sentence about a report. Here every finding on a model becomes one such check. All of them read one
report of this package, which is made on first use and kept as long as the skore report lives.
"""

from weakref import WeakKeyDictionary

from sklearn_lossfix._core._optional import import_optional
from sklearn_lossfix.diagnosis import diagnose, diagnose_predictions
from sklearn_lossfix.diagnosis._arguments import check_alpha
from sklearn_lossfix.diagnosis._judging import DEFAULT_ALPHA
from sklearn_lossfix.diagnosis._run_checks import EFFORTS, known_slugs, validate_ignore
from sklearn_lossfix.diagnosis.checks import BUILTIN_CHECKS

__all__ = ["fit_report", "lossfix_checks"]

# skore compares codes in upper case.
_PREFIX = "LOSSFIX-"

# skore report -> options -> FitReport, or the reason why there is none.
_MADE = WeakKeyDictionary()


def lossfix_checks(
    *,
    effort="normal",
    scoring=None,
    alpha=DEFAULT_ALPHA,
    ignore=(),
    n_jobs=None,
    random_state=None,
):
    """Give the findings on a model as checks for a skore report.

    Add them with ``report.checks.add(lossfix_checks())``, to an ``EstimatorReport``, a
    ``CrossValidationReport``, or a ``ComparisonReport`` of these. :func:`diagnose` runs once per
    report, when the first of them is asked. An ``EstimatorReport`` is judged on its test rows, and
    out of fold on its training rows; where it holds none, on the probabilities of its test rows
    alone. A ``CrossValidationReport`` is judged out of fold, on its own folds.

    Parameters
    ----------
    effort : {"fast", "normal", "thorough"}, default="normal"
        As in :func:`diagnose`. Checks of any other effort than "fast" tell skore that they are
        slow: its fast mode and its HTML pages do not run them.
    scoring : str or callable, default=None
        Metric to explain; None is accuracy, with balanced accuracy beside it.
    alpha : float, default=0.01
        Level of the findings, after Benjamini-Hochberg over all of them.
    ignore : str or iterable of str, default=()
        Names of findings to leave out.
    n_jobs : int, default=None
        Folds fitted at a time.
    random_state : int or None, default=None
        Seed of folds, reference and free seeds of the clones; None is seed 0.

    Returns
    -------
    list of check
        One per name of a finding, in causal order. Its `code` is that name in upper case behind
        ``LOSSFIX-``, such as ``LOSSFIX-OVERCONFIDENT``; its `severity` is that of the finding of
        the report it was last asked about.

    Raises
    ------
    ImportError
        If skore is not installed.
    ValueError
        If an option is wrong: no such effort, no such finding, no such level.

    See Also
    --------
    fit_report : The report behind the checks, with its ledgers and remedies.

    Examples
    --------
    With skore installed::

        report = skore.evaluate(model, X, y)
        report.checks.add(lossfix_checks())
        report.checks.summarize()
    """
    _import_skore("lossfix_checks")
    options = _checked_options(effort, scoring, alpha, ignore, n_jobs, random_state)
    titles = {}
    for check in BUILTIN_CHECKS:
        titles.setdefault(check.slug, check.title)
    return [
        LossfixCheck(slug, titles[slug], options)
        for slug in known_slugs(BUILTIN_CHECKS, "model")
        if slug not in options["ignore"]
    ]


def fit_report(
    report,
    *,
    effort="normal",
    scoring=None,
    alpha=DEFAULT_ALPHA,
    ignore=(),
    n_jobs=None,
    random_state=None,
):
    """Diagnose what a skore report holds.

    With the options of checks that were run on the report, it gives the very report that they read,
    and nothing is fitted again.

    Parameters
    ----------
    report : skore.EstimatorReport or skore.CrossValidationReport
        With a classifier.
    effort : {"fast", "normal", "thorough"}, default="normal"
        As in :func:`diagnose`.
    scoring : str or callable, default=None
        Metric to explain; None is accuracy, with balanced accuracy beside it.
    alpha : float, default=0.01
        Level of the findings, after Benjamini-Hochberg over all of them.
    ignore : str or iterable of str, default=()
        Names of findings not to judge.
    n_jobs : int, default=None
        Folds fitted at a time.
    random_state : int or None, default=None
        Seed of folds, reference and free seeds of the clones; None is seed 0.

    Returns
    -------
    FitReport
        With ledgers that sum exactly, and, where there are rows to refit, ``fix()``.

    Raises
    ------
    ValueError
        If the report cannot be diagnosed: not of a classifier, or with too little data.
    ImportError
        If skore is not installed.

    See Also
    --------
    lossfix_checks : The findings as checks of the skore report.

    Examples
    --------
    With skore installed::

        report = skore.evaluate(model, X, y)
        fix = fit_report(report).fix()
        skore.evaluate(fix.estimator, X, y)
    """
    _import_skore("fit_report")
    options = _checked_options(effort, scoring, alpha, ignore, n_jobs, random_state)
    made = _made(report, options)
    if isinstance(made, str):
        raise ValueError(made)
    return made


class LossfixCheck:
    """One finding as a check in the sense of ``skore.Check``.

    Parameters
    ----------
    slug : str
        Name of the finding.
    title : str
        A few words.
    options : dict
        Keyword arguments of ``fit_report``.
    """

    report_types = ["estimator", "cross-validation"]
    docs_url = None
    severity = "issue"

    def __init__(self, slug, title, options):
        self.slug = slug
        self.title = title
        self.options = options
        self.code = _PREFIX + slug.upper()
        self.slow = options["effort"] != "fast"

    def check_function(self, report):
        """Say what was found in a report.

        Parameters
        ----------
        report : skore.EstimatorReport or skore.CrossValidationReport
            The report.

        Returns
        -------
        str or None
            The finding with its remedy in words; None where nothing was found.

        Raises
        ------
        skore.CheckNotApplicable
            With the reason, where the finding could not be judged.
        """
        skore = _import_skore("LossfixCheck")
        made = _made(report, self.options)
        if isinstance(made, str):
            raise skore.CheckNotApplicable(made)
        finding = made[self.slug]
        if finding.section == "passed":
            return None
        if finding.section not in ("issue", "tip"):
            raise skore.CheckNotApplicable(finding.message)
        # skore reads the severity of a check after it has asked it.
        self.severity = finding.section
        return _in_words(finding)

    def __repr__(self):
        return f"LossfixCheck({self.slug!r})"


def _import_skore(caller):
    """The library, or an error that says how to get it."""
    return import_optional("skore", caller=f"sklearn_lossfix.skore.{caller}")


def _checked_options(effort, scoring, alpha, ignore, n_jobs, random_state):
    """Keyword arguments of a diagnosis; what is wrong in them is told before anything is fitted."""
    if effort not in EFFORTS:
        raise ValueError(f"effort must be one of {list(EFFORTS)}. Got {effort!r} instead.")
    return {
        "effort": effort,
        "scoring": scoring,
        "alpha": check_alpha(alpha),
        "ignore": tuple(sorted(validate_ignore(ignore, BUILTIN_CHECKS, kind="model"))),
        "n_jobs": n_jobs,
        "random_state": random_state,
    }


def _in_words(finding):
    """What was found, what explains it, and what mends it."""
    words = [finding.message]
    if finding.explained_by is not None:
        words.append(f"Explained by {finding.explained_by}.")
    if finding.remedy is not None:
        words.append(f"Remedy: {finding.remedy.changes}.")
    return " ".join(words)


def _made(report, options):
    """The FitReport of a skore report with these options; the reason where there is none."""
    made = _MADE.setdefault(report, {})
    key = tuple(options.values())
    if key not in made:
        try:
            made[key] = _diagnosed(report, **options)
        except (TypeError, ValueError) as error:  # what diagnose refuses, it refuses with words
            made[key] = str(error)
    return made[key]


def _diagnosed(report, *, effort, n_jobs, **options):
    """A FitReport of what a skore report holds."""
    options["pos_label"] = report.pos_label
    if hasattr(report, "split_indices"):
        if effort == "fast":
            raise ValueError(
                "effort='fast' fits nothing, and a cross-validation report keeps no rows apart "
                "from its folds. Use effort='normal'."
            )
        folds = {"cv": report.split_indices, "effort": effort, "n_jobs": n_jobs}
        return diagnose(report.estimator, report.X, report.y, **folds, **options)
    fitted, X_test, y_test = report.estimator_, report.X_test, report.y_test
    if report.X_train is not None:
        rows = {"X_val": X_test, "y_val": y_test, "effort": effort, "n_jobs": n_jobs}
        return diagnose(fitted, report.X_train, report.y_train, **rows, **options)
    if not hasattr(fitted, "predict_proba"):
        raise ValueError(
            "The report holds no training rows, and its estimator gives no probabilities. Expected "
            "one of the two."
        )
    return diagnose_predictions(
        y_test,
        fitted.predict_proba(X_test),
        classes=fitted.classes_,
        y_pred=fitted.predict(X_test),
        **options,
    )
