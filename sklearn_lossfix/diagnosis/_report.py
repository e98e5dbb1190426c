"""FitReport: everything that was found, as objects, tables, text, JSON, HTML and pictures."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from sklearn_lossfix._core._finding import SECTIONS, Finding, Remedy
from sklearn_lossfix._core._optional import import_optional
from sklearn_lossfix._core._paired_tests import Estimate
from sklearn_lossfix.diagnosis._plain import plain
from sklearn_lossfix.diagnosis._sharing import tables_to_share
from sklearn_lossfix.diagnosis._text import render_text
from sklearn_lossfix.diagnosis.display._plots import plot_report
from sklearn_lossfix.diagnosis.display._render import render_html, render_markdown
from sklearn_lossfix.diagnosis.ledgers._ledger import Ledger
from sklearn_lossfix.diagnosis.ledgers.flips import FlipTable

#: Version of the layout of ``to_dict``; it grows when a key changes its meaning or goes away.
SCHEMA_VERSION = 1

# What a file must hold to be a report.
_REPORT_KEYS = (
    "kind verdict headline loss_ledger brier_ledger error_ledger flips bridges findings tables "
    "reliability context"
).split()


class Tables(Mapping):
    """Tables of a report by name, each a pandas DataFrame made when asked for.

    Parameters
    ----------
    columns : dict of str to dict of str to list
        Columns of every table.
    """

    def __init__(self, columns):
        self._columns = columns

    def __getitem__(self, name):
        if name not in self._columns:
            raise KeyError(f"No table {name!r}. Expected one of {sorted(self._columns)}.")
        return make_frame(self._columns[name], f"FitReport.tables[{name!r}]")

    def __iter__(self):
        return iter(self._columns)

    def __len__(self):
        return len(self._columns)

    def __repr__(self):
        return f"Tables({', '.join(sorted(self._columns))})"


def make_frame(columns, caller):
    """A pandas DataFrame of a dict of columns."""
    pandas = import_optional("pandas", caller=caller, extra="cli")
    try:
        return pandas.DataFrame(columns)
    except UnicodeEncodeError:  # strings that pyarrow holds for pandas have no lone surrogates
        is_text = {key: any(isinstance(v, str) for v in values) for key, values in columns.items()}
        return pandas.DataFrame(
            {
                key: pandas.Series(values, dtype=object) if is_text[key] else values
                for key, values in columns.items()
            }
        )


class FitReport:
    """Why loss and metric differ, with numbers that add up; or what data, curves or folds hold.

    Made by :func:`diagnose`, :func:`diagnose_predictions`, :func:`diagnose_history` and the
    ``diagnose`` method of fitted objects of this package; read back from a file by
    :meth:`from_json`.

    Parameters
    ----------
    kind : {"model", "data", "split", "history"}
        What was judged.
    verdict : str
        One sentence.
    headline : list of dict
        Loss and metric, or rows, columns and leaked rows; each with ``label``, ``value``, ``unit``
        and ``text``.
    findings : list of Finding
        One per registered slug, issues first and ranked by what is at stake.
    context : dict
        Numbers of rows and classes, versions, seeds, what was not done and why.
    loss_ledger, brier_ledger, error_ledger : Ledger, default=None
        Additive tables; None where the kind or the model has none.
    flips : FlipTable, default=None
        From always forecasting the class shares to the model.
    bridges : dict, default=None
        What the loss proves about the metric and the other way round.
    tables : dict of str to dict of str to list, default=None
        Columns of the tables.
    reliability : dict or callable, default=None
        The reliability curve with its band, or a function that works it out.
    fixer : callable, default=None
        What tries the remedies, behind :meth:`fix`; None where nothing can be refitted.

    Attributes
    ----------
    tables : Mapping of str to pandas.DataFrame
        ``"classes"``, ``"lorenz"``, ``"hardest_rows"`` and others; ``"gap"``, ``"candidates"`` and,
        of two classes, ``"threshold_curve"`` of a search; of treatments of imbalance, in place of
        the candidates, ``"treatments"``, ``"skipped_treatments"``, ``"treatment_classes"`` and
        ``"probability_quality"``; ``"nested_search"`` of a search that was repeated in the folds;
        ``"columns"`` of data; of a history ``"curves"``,
        ``"best_epochs"``, ``"verdicts"``, ``"courses"`` and, of several, ``"runs"``; of folds
        ``"leaks"``, ``"per_fold"``, ``"pairs"``, ``"components"``, ``"component_map"`` and, where
        it was measured, ``"effect"``.
    reliability : dict or None
        The reliability curve with its band, as lists.
    issues : list of Finding
        The findings of section "issue".

    See Also
    --------
    diagnose : Judge an estimator.
    diagnose_predictions : Judge probabilities from anywhere.

    Examples
    --------
    >>> from sklearn_lossfix import diagnose_predictions
    >>> report = diagnose_predictions([0, 0, 1, 1] * 25, [0.1, 0.3, 0.6, 0.9] * 25)
    >>> report.kind
    'model'
    >>> round(report.loss_ledger.total, 3)
    0.27
    """

    def __init__(
        self,
        *,
        kind,
        verdict,
        headline,
        findings,
        context,
        loss_ledger=None,
        brier_ledger=None,
        error_ledger=None,
        flips=None,
        bridges=None,
        tables=None,
        reliability=None,
        fixer=None,
    ):
        self.kind = kind
        self.verdict = verdict
        self.headline = headline
        self.findings = findings
        self.context = context
        self.loss_ledger = loss_ledger
        self.brier_ledger = brier_ledger
        self.error_ledger = error_ledger
        self.flips = flips
        self.bridges = bridges
        self._columns = tables or {}
        self._reliability = reliability
        self._fixer = fixer

    def __getstate__(self):
        """What travels: everything but the data that remedies are tried on."""
        return {**self.__dict__, "_fixer": None}

    @property
    def tables(self):
        """Tables by name, as pandas DataFrames."""
        return Tables(self._columns)

    @property
    def reliability(self):
        """The reliability curve with its band; worked out on first use."""
        if callable(self._reliability):
            self._reliability = self._reliability()
        return self._reliability

    @property
    def issues(self):
        """The findings of section "issue"."""
        return [finding for finding in self.findings if finding.section == "issue"]

    def __getitem__(self, name):
        """The finding of a slug."""
        for finding in self.findings:
            if finding.name == name:
                return finding
        raise KeyError(f"No finding {name!r}. Expected one of {[f.name for f in self.findings]}.")

    def frame(self, section=None):
        """Give findings or a table as a pandas DataFrame.

        Parameters
        ----------
        section : str, default=None
            None gives all findings, a section's name (``"issue"``, ``"tip"``, ``"passed"``,
            ``"not_applicable"``, ``"skipped"``, ``"ignored"``) those of it; ``"loss_ledger"``,
            ``"brier_ledger"``, ``"error_ledger"``, ``"flips"`` and the names in `tables` give
            tables.

        Returns
        -------
        pandas.DataFrame
            One row per finding, or the rows of the table.

        Raises
        ------
        ValueError
            If there is no such section or table.
        ImportError
            If pandas is not installed.
        """
        caller = "FitReport.frame"
        if section is None or section in SECTIONS:
            rows = [_finding_row(f) for f in self.findings if section in (None, f.section)]
            keys = list(_finding_row(Finding("", "", "", "")))
            return make_frame({key: [row[key] for row in rows] for key in keys}, caller)
        ledgers = {
            name: getattr(self, name)
            for name in ("loss_ledger", "brier_ledger", "error_ledger", "flips")
        }
        if ledgers.get(section) is not None:
            return make_frame(ledgers[section].columns(), caller)
        if section in self._columns:
            return make_frame(self._columns[section], caller)
        known = [*SECTIONS, *(n for n, v in ledgers.items() if v is not None), *self._columns]
        raise ValueError(f"section must be one of {known} or None. Got {section!r} instead.")

    def fix(self, scoring=None, *, max_fits=None, require_proof=True):
        """Try the remedies of the issues, and keep those that provably help.

        Where no issue has a remedy, those of what is suspected are tried. Remedies are tried in
        causal order on the rows and folds of the report, each on top of what was kept before. One
        is kept if the interval of its gain in the loss or in the metric, at a level divided by the
        number of looks, lies above zero, and the other did not get worse. Choosing flatters the
        choice: what the fix as a whole gains is measured with the choice made anew for every fold,
        without the rows of the fold.

        Parameters
        ----------
        scoring : str or callable, default=None
            Metric that alone decides; None lets the loss or the metric of the report speak.
        max_fits : int, default=None
            Fits of the user's estimator that may be spent; None is 300. What does not fit in is
            listed as not tried.
        require_proof : bool, default=True
            False keeps a remedy with any gain, proven or not.

        Returns
        -------
        Fix
            The repaired estimator, unfitted, with what every remedy and all together gained.

        Raises
        ------
        ValueError
            If the report has no rows to refit: it was read from a file, pickled, made from
            predictions, or of an estimator that cannot be refitted.
        """
        if self._fixer is None:
            raise ValueError(
                "This report holds no rows to refit: it was read back, made from predictions or "
                "with effort='fast', or its estimator cannot be refitted. Call "
                "diagnose(estimator, X, y) and then fix()."
            )
        return self._fixer(scoring=scoring, max_fits=max_fits, require_proof=require_proof)

    def to_dict(self, *, include_values=False):
        """Give the report as plain dictionaries, lists, strings and numbers.

        Parameters
        ----------
        include_values : bool, default=False
            Whether to keep what points at single rows: row numbers of findings, the table of the
            hardest rows, and that of pairs of rows on both sides of a fold; of data, the smallest
            and the largest value of a column and its quantiles with fewer than ten rows beyond
            them. Without, only counts travel.

        Returns
        -------
        dict
            Strict JSON values; its layout is that of the JSON Schema in the package.
        """
        return plain(
            {
                "$schema": f"report-{SCHEMA_VERSION}.schema.json",
                "schema_version": SCHEMA_VERSION,
                "kind": self.kind,
                "verdict": self.verdict,
                "headline": self.headline,
                "loss_ledger": _dict_or_none(self.loss_ledger),
                "brier_ledger": _dict_or_none(self.brier_ledger),
                "error_ledger": _dict_or_none(self.error_ledger),
                "flips": _dict_or_none(self.flips),
                "bridges": self.bridges,
                "findings": [_finding_dict(f, include_values) for f in self.findings],
                "tables": self._columns
                if include_values
                else tables_to_share(self._columns, self.kind, self.context.get("n_profiled")),
                "reliability": self.reliability,
                "context": self.context,
            }
        )

    def to_json(self, path=None, *, include_values=False):
        """Write the report as strict JSON.

        Parameters
        ----------
        path : str or path-like, default=None
            File to write; None only returns the text.
        include_values : bool, default=False
            As in :meth:`to_dict`.

        Returns
        -------
        str
            The JSON text; numbers that are not finite are null.
        """
        text = json.dumps(
            self.to_dict(include_values=include_values), allow_nan=False, indent=1, sort_keys=False
        )
        return written(text, path)

    @classmethod
    def from_json(cls, source):
        """Read a report back, without data or model.

        Parameters
        ----------
        source : str or path-like
            A file, or the JSON text itself.

        Returns
        -------
        FitReport
            It renders, plots and compares as the original; its remedies have no estimator.

        Raises
        ------
        ValueError
            If the text is no report, or of a newer version than this package knows.
        """
        text = str(source)
        if not text.strip():
            raise ValueError("Expected a report as JSON or the path of one, got an empty text.")
        if isinstance(source, Path) or not text.lstrip().startswith(("{", "[")):
            text = Path(source).read_text(encoding="utf-8")
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(
                f"Expected a report as JSON, got text that is none: {error}."
            ) from None
        return cls.from_dict(data)

    @classmethod
    def from_dict(cls, data):
        """Rebuild a report from :meth:`to_dict`.

        Parameters
        ----------
        data : dict
            From :meth:`to_dict`.

        Returns
        -------
        FitReport

        Raises
        ------
        ValueError
            If it is no report, or of a newer version than this package knows.
        """
        version = data.get("schema_version") if isinstance(data, dict) else None
        if version != SCHEMA_VERSION:
            raise ValueError(
                f"Expected a report of schema version {SCHEMA_VERSION}, got version {version!r}. "
                f"Update sklearn-lossfix, or write the report again with this version."
            )
        missing = [key for key in _REPORT_KEYS if key not in data]
        if missing:
            raise ValueError(f"Expected a whole report; the keys {missing} are missing.")
        ledgers = {
            name: None if data[name] is None else Ledger.from_dict(data[name])
            for name in ("loss_ledger", "brier_ledger", "error_ledger")
        }
        return cls(
            kind=data["kind"],
            verdict=data["verdict"],
            headline=data["headline"],
            findings=[_finding_from_dict(f) for f in data["findings"]],
            context={**data["context"], "read_from_file": True},
            flips=None if data["flips"] is None else FlipTable.from_dict(data["flips"]),
            bridges=data["bridges"],
            tables=data["tables"],
            reliability=data["reliability"],
            **ledgers,
        )

    def to_html(self, path=None, *, include_values=False):
        """Write the report as one HTML file: no script, no network, light and dark, printable.

        Parameters
        ----------
        path : str or path-like, default=None
            File to write; None only returns the text.
        include_values : bool, default=False
            As in :meth:`to_dict`.

        Returns
        -------
        str
            The HTML text.

        Raises
        ------
        ImportError
            If jinja2 is not installed.
        """
        return written(render_html(self.to_dict(include_values=include_values)), path)

    def to_markdown(self, path=None):
        """Write the report as Markdown.

        Parameters
        ----------
        path : str or path-like, default=None
            File to write; None only returns the text.

        Returns
        -------
        str
            The Markdown text.

        Raises
        ------
        ImportError
            If jinja2 is not installed.
        """
        return written(render_markdown(self.to_dict()), path)

    def plot(self, kind=None, *, ax=None):
        """Draw one picture of the report with matplotlib.

        Parameters
        ----------
        kind : {"ledger", "flips", "reliability", "classes", "threshold", "candidates", \
                "treatments", "treatment_classes", "columns", "history", "folds", "components"}, \
                default=None
            Waterfalls of loss and error side by side; the flip table; the CORP reliability curve
            with its consistency band; shares of rows and loss per class; of a search, the metric
            over the threshold, and the candidates by log loss and metric; of treatments of
            imbalance, all by Brier score and metric, and recall and precision per class before and
            after; of data, where the values of each column lie, from the smallest to the largest;
            of a history, its curves, raw and smoothed, with the best step and what was found where;
            of folds, the share of leaked test rows in each, and which folds test rows of the
            largest sets of linked rows. None draws the main one: the ledgers of a model, the
            columns of data, the curves of a history, the leaked rows of folds.
        ax : matplotlib Axes or pair of Axes, default=None
            Where to draw; None makes a figure. ``"ledger"`` takes two, for loss and error;
            ``"history"`` one or two, for loss and metric.

        Returns
        -------
        matplotlib Axes or ndarray of Axes
            What was drawn on.

        Raises
        ------
        ValueError
            If `kind` is unknown, or the report does not hold what it draws.
        ImportError
            If matplotlib is not installed.
        """
        # A picture drawn here stays here: it may show the extremes that a file leaves out.
        return plot_report(self.to_dict(include_values=True), kind, ax)

    def __repr__(self):
        return render_text(self.to_dict())

    def _repr_html_(self):
        try:
            return render_html(self.to_dict(), fragment=True)
        except ImportError:  # without jinja2 a notebook shows the text
            return None


def written(text, path):
    """Write text to a file where one is given; give the text back."""
    if path is not None:
        Path(path).write_text(text, encoding="utf-8")
    return text


def _dict_or_none(value):
    return None if value is None else value.to_dict()


def _finding_dict(finding, include_values):
    """One finding as a dictionary; its rows only as a count unless asked for."""
    rows = [] if finding.rows is None else np.asarray(finding.rows).tolist()
    out = {
        key: getattr(finding, key)
        for key in (
            "name section title message estimate unit ci p_value p_adjusted limit detectable "
            "nats_at_stake errors_at_stake evidence checks explained_by"
        ).split()
    }
    out["n_rows"] = len(rows)
    out["rows"] = rows if include_values else None
    out["remedy"] = None
    if finding.remedy is not None:
        remedy = finding.remedy
        gain = remedy.expected_gain
        out["remedy"] = {
            "changes": remedy.changes,
            "params": {
                k: v if isinstance(v, int | float | str) else repr(v)
                for k, v in remedy.params.items()
            },
            "code": remedy.code,
            "expected_gain": None if gain is None else list(gain),
            "unit": remedy.unit,
            "n_fits": remedy.n_fits,
            "proven": remedy.proven,
        }
    return out


def _finding_from_dict(data):
    """Rebuild a finding; its remedy comes back without an estimator."""
    remedy = data["remedy"]
    if remedy is not None:
        gain = remedy["expected_gain"]
        remedy = Remedy(
            None,
            remedy["changes"],
            remedy["params"],
            remedy["code"],
            None if gain is None else Estimate(*(np.nan if v is None else v for v in gain)),
            remedy["unit"],
            remedy["n_fits"],
        )
    fields = {key: value for key, value in data.items() if key not in ("n_rows", "rows")}
    rows = None if data["rows"] is None else np.asarray(data["rows"], dtype=int)
    ci = None if data["ci"] is None else tuple(data["ci"])
    finding = Finding(**{**fields, "remedy": remedy, "ci": ci, "rows": rows})
    return replace(finding, checks=tuple(finding.checks))


def _finding_row(finding):
    """One finding as a flat row of a frame."""
    low, high = finding.ci if finding.ci is not None else (None, None)
    gain = None if finding.remedy is None else finding.remedy.expected_gain
    return {
        "name": finding.name,
        "section": finding.section,
        "explained_by": finding.explained_by,
        "title": finding.title,
        "estimate": finding.estimate,
        "unit": finding.unit,
        "low": low,
        "high": high,
        "limit": finding.limit,
        "p_value": finding.p_value,
        "p_adjusted": finding.p_adjusted,
        "detectable": finding.detectable,
        "nats_at_stake": finding.nats_at_stake,
        "errors_at_stake": finding.errors_at_stake,
        "remedy": None if finding.remedy is None else finding.remedy.changes,
        "gain": None if gain is None else gain.value,
        "gain_low": None if gain is None else gain.low,
        "gain_high": None if gain is None else gain.high,
        "message": finding.message,
    }
