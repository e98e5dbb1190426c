"""Fix: remedies of a report, tried on its own folds, and the estimator that came out."""

import numbers
from dataclasses import replace
from functools import cached_property

import numpy as np
from sklearn.base import clone

from sklearn_lossfix._core._paired_tests import weighted_mean
from sklearn_lossfix._core._proper_scores import log_loss_rows
from sklearn_lossfix.decision._metrics import metric_from_codes
from sklearn_lossfix.decision._positive_class import resolve_positive
from sklearn_lossfix.decision._scoring import metric_for_classes
from sklearn_lossfix.diagnosis._greedy import Judge, Stacks, choose, cross_fitted_choice
from sklearn_lossfix.diagnosis._judging import interval_text
from sklearn_lossfix.diagnosis._remedies import rule_remedy
from sklearn_lossfix.diagnosis._report import make_frame, written
from sklearn_lossfix.diagnosis._verdict import CAUSAL_ORDER, number
from sklearn_lossfix.diagnosis.display._fix_view import LEAK_NOTE
from sklearn_lossfix.diagnosis.display._render import render_fix

# Slug of the remedy that tunes the rule for another metric than the report's.
RULE = "misaligned-decision-rule"

# Leaks flatter the very scores that would prove a remedy, so none can be proven by them.
LEAKS = (
    "leaked-rows",
    "leaky-feature",
    "group-overlap",
    "time-overlap",
    "preprocessed-before-split",
)

#: Fits of the user's estimator that fixing spends where nothing else is asked for.
DEFAULT_MAX_FITS = 300


def _remedies_of(findings):
    """Remedies to try, in causal order; and who explains whose finding."""
    chosen = sorted(to_be_tried(findings), key=lambda f: CAUSAL_ORDER.index(f.name))
    remedies = {f.name: f.remedy for f in chosen}
    causes = {f.name: f.explained_by for f in chosen if f.explained_by in remedies}
    return remedies, causes


def to_be_tried(findings):
    """Findings whose remedies can be applied to an estimator: issues, else what is suspected.

    What is suspected is not tried beside the remedy of an issue: every remedy more makes the proof
    of the others harder. Nor where a leak was found: it may be the leak's doing.
    """
    usable = [f for f in findings if f.remedy is not None and f.remedy.build is not None]
    issues = [f for f in usable if f.section == "issue"]
    return issues if issues or leaks_found(findings) else [f for f in usable if f.suspected]


def leaks_found(findings):
    """Issues that flatter every score and that only the user can mend, with what to do."""
    return {
        f.name: f.evidence.get("fix") or f.message
        for f in findings
        if f.section == "issue" and f.name in LEAKS
    }


def fix_report(analysis, findings, rebuild, *, scoring=None, max_fits=None, require_proof=True):
    """Try the remedies of a report; behind ``FitReport.fix``.

    Parameters
    ----------
    analysis : Analysis
        Out of fold, with its workbench.
    findings : list of Finding
        Of the report.
    rebuild : callable
        From an unfitted estimator to its report on the same rows and folds.
    scoring : str or callable, default=None
        Metric that decides; None lets the loss or the report's metric speak for a remedy.
    max_fits : int, default=None
        Fits of the user's estimator that may be spent; None is 300.
    require_proof : bool, default=True
        Whether a remedy is kept only if the interval of its gain excludes zero.

    Returns
    -------
    Fix
    """
    max_fits = _check_max_fits(max_fits)
    if not isinstance(require_proof, bool):
        raise TypeError(f"require_proof must be True or False. Got {require_proof!r} instead.")
    analysis = analysis.refits
    e = analysis.evidence
    remedies, causes = _remedies_of(findings)
    metric, pos = analysis.metric, e.pos
    if scoring is not None:
        metric = metric_for_classes(scoring, e.classes)
        pos, _ = resolve_positive(metric, e.classes, np.bincount(e.y, minlength=e.n_classes))
        if metric.kind == "label" and metric != analysis.metric:
            remedies[RULE] = rule_remedy(analysis, metric, scoring, pos)
            causes.pop(RULE, None)
            remedies = {slug: remedies[slug] for slug in CAUSAL_ORDER if slug in remedies}
    judge = Judge(
        y=e.y,
        n_classes=e.n_classes,
        metric=metric,
        pos=pos,
        inflation=e.inflation,
        by_metric=scoring is not None and metric.kind == "label",
        **analysis.sampling,
    )
    known = {
        name: twin.scored
        for name, remedy in remedies.items()
        for twin in e.twins.values()
        if twin.build is remedy.build
    }
    stacks = Stacks(analysis.bench, e.model, remedies, known, max_fits)
    kept, tried = choose(stacks, judge, causes, require_proof=require_proof)
    honest, choices = e.model, []
    if kept:
        units = e.rows if e.groups is None else e.groups
        folds = analysis.bench.scored_fold
        honest, choices = cross_fitted_choice(
            stacks, judge, causes, folds, units, require_proof=require_proof
        )
        tried = [
            replace(t, n_folds_kept=sum(t.name in choice for choice in choices)) for t in tried
        ]
        gains = judge.deciding(*judge.gains(honest, e.model))
        if require_proof and not any(gain.low > 0 for gain in gains):
            kept, honest = (), e.model
            tried = [_taken_back(t, gains, len(choices)) for t in tried]
    return Fix(
        stack=stacks.get(kept),
        tried=tried,
        judge=judge,
        model=e.model,
        honest=honest,
        choices=choices,
        remedies=remedies,
        n_fits=stacks.spent,
        rows=analysis.bench.data.rows,
        rebuild=rebuild,
        leaks=leaks_found(findings),
    )


def _taken_back(tried, gains, n_folds):
    """A remedy that was chosen, where choosing gains nothing on rows that did not choose."""
    if tried.section != "kept":
        return tried
    seen = " and ".join(interval_text(gain) for gain in gains)
    reason = (
        f"Chosen in {tried.n_folds_kept} of {n_folds} folds; on rows that did not choose, all that "
        f"was chosen gains {seen}, which is not shown to be above zero."
    )
    return replace(tried, section="not proven", reason=reason)


def _check_max_fits(max_fits):
    """A number of fits; None is the default."""
    if max_fits is None:
        return DEFAULT_MAX_FITS
    if not isinstance(max_fits, numbers.Integral) or isinstance(max_fits, bool) or max_fits < 0:
        raise ValueError(
            f"max_fits must be None or a whole number of fits, 0 or more. Got {max_fits!r} instead."
        )
    return int(max_fits)


class Fix:
    """What became of the remedies of a report, and the estimator with those that were kept.

    Made by :meth:`FitReport.fix`. Remedies were tried in causal order, each on top of what was
    kept before, on the rows and folds of the report. Choosing among remedies flatters the choice:
    the gains are therefore those of the whole procedure, chosen anew for every fold without its
    rows, and where they are not shown to be above zero nothing is kept. What is left of the
    optimism: the remedies were proposed by findings on all rows.

    Parameters
    ----------
    stack : Stack
        What was kept.
    tried : list of Tried
        How every remedy ended.
    judge : Judge
        What they were compared by.
    model, honest : Scored
        The user's model; the forecasts of the procedure, each row by what the others chose.
    choices : list of tuple of str
        What was kept, fold by fold.
    remedies : dict of str to Remedy
        By the name of the finding.
    n_fits : int
        Fits of the user's estimator that were spent.
    rows : ndarray of int
        Rows of the user's data that were used.
    rebuild : callable
        From an unfitted estimator to its report.
    leaks : dict of str to str, default=None
        Leaks of the report by name, with what to do.

    Attributes
    ----------
    estimator : estimator
        Unfitted: the user's own with all kept remedies; a plain clone of it where none was kept.
    kept : tuple of str
        Findings whose remedies were kept, in causal order.
    left_out : ndarray of int or None
        Rows of the user's X that the estimator should not be fitted on.
    leaks : dict of str to str
        Leaks that the report found, and what to do about each. They flatter all scores, before and
        after, and no estimator mends them: mend them in the data or the split, and diagnose again.
    loss_gain, metric_gain : Estimate or None
        What the whole procedure gains, in nats and in points of the metric, on rows that did not
        choose; zero where nothing was kept.
    apparent_loss_gain, apparent_metric_gain : Estimate or None
        The same of the final estimator on the rows that chose it.
    n_fits : int
        Fits of the user's estimator that were spent.

    See Also
    --------
    FitReport.fix : Make one.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn_lossfix import diagnose
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X[:, 0] *= 1000  # one column drowns the others
    >>> fix = diagnose(KNeighborsClassifier(15), X, y).fix()
    >>> fix.kept
    ('unscaled-features',)
    >>> fix.estimator
    Pipeline(steps=[('scale', StandardScaler()),
                    ('model', KNeighborsClassifier(n_neighbors=15))])
    """

    def __init__(
        self,
        *,
        stack,
        tried,
        judge,
        model,
        honest,
        choices,
        remedies,
        n_fits,
        rows,
        rebuild,
        leaks=None,
    ):
        self.tried = tuple(tried)
        self.leaks = dict(leaks or {})
        self.kept = stack.names
        self.n_fits = n_fits
        self.choices = tuple(choices)
        self.left_out = None if stack.left_out is None else rows[stack.left_out]
        self._estimator = stack.estimator
        self._judge = judge
        self._remedies = remedies
        self._scored = {"before": model, "after": stack.scored, "honest": honest}
        self._rebuild = rebuild
        self.apparent_loss_gain, self.apparent_metric_gain = judge.gains(stack.scored, model)
        self.loss_gain, self.metric_gain = judge.gains(honest, model)

    @property
    def estimator(self):
        """The repaired estimator, unfitted."""
        return clone(self._estimator)

    @cached_property
    def report(self):
        """A new report of the repaired estimator, on the same rows and folds; made on first use.

        Raises
        ------
        ValueError
            Of a fix that was pickled: the data do not travel with it.
        """
        if self._rebuild is None:
            raise ValueError(
                "The data did not travel with this fix. Use diagnose(fix.estimator, X, y)."
            )
        return self._rebuild(self.estimator)

    def __getstate__(self):
        """What travels: no data, and no report that was not asked for."""
        return {**self.__dict__, "_rebuild": None}

    @property
    def _metric_name(self):
        return self._judge.metric.name

    def values(self, which):
        """Loss and metric before or after.

        Parameters
        ----------
        which : {"before", "after", "honest"}
            The user's model; the repaired one on the rows that chose it; or the procedure on rows
            that did not choose.

        Returns
        -------
        loss, metric : float or None
            Mean log loss in nats, and the metric; None where unknown.
        """
        scored, judge = self._scored[which], self._judge
        loss = metric = None
        if scored.proba is not None:
            loss = weighted_mean(log_loss_rows(scored.proba, judge.y), judge.sample_weight)
        if judge.metric.kind == "label":
            pos = judge.pos if judge.metric.asymmetric else None
            metric = metric_from_codes(
                judge.metric, judge.y, scored.pred, judge.n_classes, judge.sample_weight, pos
            )
        return loss, None if metric is None else float(metric)

    def columns(self):
        """Give one entry per remedy in the order tried, and the last for all that were kept.

        Returns
        -------
        dict of str to list
            The columns of :meth:`frame`.
        """
        rows = []
        for tried in self.tried:
            remedy = self._remedies[tried.name]
            rows.append(
                {
                    "remedy": tried.name,
                    "changes": remedy.changes,
                    "outcome": tried.section,
                    "reason": tried.reason,
                    **_gain_columns("loss", tried.loss_gain),
                    **_gain_columns("metric", tried.metric_gain),
                    "fits_per_fit": tried.n_fits,
                    "folds_kept": tried.n_folds_kept,
                }
            )
        before, after = self.values("before"), self.values("honest")
        rows.append(
            {
                "remedy": "together",
                "changes": "; ".join(self._remedies[name].changes for name in self.kept),
                "outcome": "kept" if self.kept else "unchanged",
                "reason": "chosen anew for every fold without its rows" if self.kept else "",
                **_gain_columns("loss", self.loss_gain),
                **_gain_columns("metric", self.metric_gain),
                "fits_per_fit": None,
                "folds_kept": None,
            }
        )
        columns = {key: [row[key] for row in rows] for key in rows[0]}
        blank = [None] * len(self.tried)
        for k, quantity in enumerate(("loss", "metric")):
            columns[f"{quantity}_before"] = [*blank, before[k]]
            columns[f"{quantity}_after"] = [*blank, after[k]]
        return columns

    def frame(self):
        """Metric and loss before and after, with intervals, per remedy and together.

        Returns
        -------
        pandas.DataFrame
            One row per remedy in the order tried, and the row ``"together"``: ``loss_gain`` in nats
            and ``metric_gain`` in points of the metric, each with ``_low`` and ``_high``.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        return make_frame(self.columns(), "Fix.frame")

    def to_dict(self):
        """Give the fix as plain dictionaries, lists, strings and numbers.

        Returns
        -------
        dict
            Strict JSON values: what was kept, before and after, and the columns of :meth:`frame`.
        """
        before, after = self.values("before"), self.values("honest")
        return {
            "verdict": self._headline(),
            "metric": self._metric_name,
            "kept": list(self.kept),
            "estimator": repr(self._estimator),
            "code": [self._remedies[name].code for name in self.kept],
            "leaks": self.leaks,
            "n_left_out": 0 if self.left_out is None else len(self.left_out),
            "n_fits": self.n_fits,
            "before": {"loss": before[0], "metric": before[1]},
            "after": {"loss": after[0], "metric": after[1]},
            "loss_gain": None if self.loss_gain is None else list(self.loss_gain),
            "metric_gain": None if self.metric_gain is None else list(self.metric_gain),
            "choices": [list(choice) for choice in self.choices],
            "remedies": self.columns(),
        }

    def to_html(self, path=None):
        """Write the fix as one HTML file: no script, no network, light and dark, printable.

        Parameters
        ----------
        path : str or path-like, default=None
            File to write; None only returns the text.

        Returns
        -------
        str
            The HTML text.

        Raises
        ------
        ImportError
            If jinja2 is not installed.
        """
        return written(render_fix(self.to_dict()), path)

    def _repr_html_(self):
        try:
            return render_fix(self.to_dict(), fragment=True)
        except ImportError:  # without jinja2 a notebook shows the text
            return None

    def __repr__(self):
        lines = [f"Fix: {self._headline()}", ""]
        for quantity, unit, gain, k in (
            ("Loss", "nats", self.loss_gain, 0),
            (self._metric_name.replace("_", " ").capitalize(), "", self.metric_gain, 1),
        ):
            before, after = self.values("before")[k], self.values("honest")[k]
            if gain is not None and before is not None and after is not None:
                lines.append(
                    f"{quantity:18s} {number(before)} -> {number(after)} {unit}".rstrip()
                    + f"   gain {interval_text(gain)}"
                )
        for tried in self.tried:
            gains = ", ".join(
                f"{what} {interval_text(gain)}"
                for what, gain in (("loss", tried.loss_gain), ("metric", tried.metric_gain))
                if gain is not None
            )
            text = gains if tried.section in ("kept", "not proven") else tried.reason
            if tried.section == "kept":
                text += f", chosen in {tried.n_folds_kept} of {len(self.choices)} folds"
            lines.append(f"  {tried.section:10s} {tried.name:26s} {text}")
        lines += [f"  {'by hand':10s} {name:26s} {todo}" for name, todo in self.leaks.items()]
        if self.leaks:
            lines.append(LEAK_NOTE)
        if self.left_out is not None:
            lines.append(f"Fit it without the {len(self.left_out):,} rows in fix.left_out.")
        lines.append('fix.estimator | fix.frame() | fix.report | fix.to_html("fix.html")')
        return "\n".join(lines)

    def _headline(self):
        """What was kept, in one line, behind the leaks that come first."""
        first = f"mend {', '.join(self.leaks)} by hand first; " if self.leaks else ""
        if not self._remedies:
            return f"{first}the report names no remedy; the estimator is as it was."
        if not self.kept:
            return f"{first}no remedy was proven to help; the estimator is as it was."
        return first + "; ".join(self._remedies[name].changes for name in self.kept)


def _gain_columns(quantity, gain):
    """A gain with its interval as columns."""
    names = (f"{quantity}_gain", f"{quantity}_gain_low", f"{quantity}_gain_high")
    values = (None,) * 3 if gain is None else (gain.value, gain.low, gain.high)
    return dict(zip(names, values, strict=True))
