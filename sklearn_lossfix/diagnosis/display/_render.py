"""A report's dictionary as HTML and as Markdown, through jinja2 templates."""

import hashlib
import json
import re
from functools import cache

from sklearn_lossfix._core._optional import import_optional
from sklearn_lossfix.diagnosis._text import printable
from sklearn_lossfix.diagnosis.display._data_view import DataView
from sklearn_lossfix.diagnosis.display._fix_view import FixView
from sklearn_lossfix.diagnosis.display._history_view import HistoryView
from sklearn_lossfix.diagnosis.display._report_view import Limits
from sklearn_lossfix.diagnosis.display._split_view import SplitView
from sklearn_lossfix.diagnosis.display._view import View

#: A report stays below this many bytes, whatever the data: small enough for any mail or issue.
MAX_BYTES = 300_000

# What is shown, from roomy to tight: the first that fits is taken. Real reports fit the first.
LIMITS = (
    Limits(rows=20, label=40, text=600, code=2_000),
    Limits(rows=8, label=20, text=120, code=300),
    Limits(rows=2, label=10, text=40, code=80),
)

# Kind of report -> its view; that of any other kind is of a model.
_VIEWS = {"data": DataView, "history": HistoryView, "split": SplitView}

# Punctuation that means something in CommonMark, GitHub's tables or its mathematics. Line starts
# need no care: the templates begin every line with words of their own.
_MARKDOWN_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&#$!])")


def printable_lines(text):
    """Text with control characters replaced, line breaks kept."""
    return "\n".join(printable(line) for line in re.split(r"\r\n|\r|\n", str(text)))


def escape_markdown(text):
    """Text that Markdown shows as it is, on one line."""
    return _MARKDOWN_SPECIAL.sub(r"\\\1", printable(text))


def fenced(code):
    """Code in a fence longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall(r"`+", str(code))), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}python\n{printable_lines(code)}\n{fence}"


def markdown_table(table):
    """A table of a view in GitHub's form, with its caption above and its note below."""

    def line(cells):
        return f"| {' | '.join(escape_markdown(cell) for cell in cells)} |"

    lines = [line(table["columns"]), "|" + " --- |" * len(table["columns"])]
    lines += [line(row) for row in table["rows"]]
    if table["caption"]:
        lines = [f"Table: {escape_markdown(table['caption'])}", "", *lines]
    if table["note"]:
        lines += ["", f"Note: {escape_markdown(table['note'])}"]
    return "\n".join(lines)


@cache
def _environment(language):
    """Templates of a language; what is put into them is made harmless at one single point."""
    caller = {"html": "FitReport.to_html", "markdown": "FitReport.to_markdown"}[language]
    jinja2 = import_optional("jinja2", caller=caller, extra="report")
    markup = import_optional("markupsafe", caller=caller, extra="report").Markup
    clean = printable if language == "html" else escape_markdown

    def finalize(value):
        """Clean what comes from data; markup was made by a macro or a filter of ours."""
        return value if isinstance(value, markup) else clean(value)

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("sklearn_lossfix.diagnosis.display"),
        autoescape=language == "html",
        undefined=jinja2.StrictUndefined,
        finalize=finalize,
    )
    environment.filters["code"] = lambda code: markup.escape(printable_lines(code))
    environment.filters["fenced"] = lambda code: markup(fenced(code))
    environment.filters["table"] = lambda table: markup(markdown_table(table))
    return environment


def _fitting(data, template, view_of, **variables):
    """Render with the roomiest limits that keep the text below the size promised."""
    for limits in LIMITS:
        text = template.render(view=view_of(data, limits), **variables)
        if len(text.encode()) <= MAX_BYTES:
            break
    return text


def render_html(data, fragment=False):
    """The report as HTML without script, pictures as inline SVG.

    Parameters
    ----------
    data : dict
        From ``FitReport.to_dict``.
    fragment : bool, default=False
        Whether to leave out the document around it, for showing it inside a notebook. Ids then
        carry a prefix made from the contents, so that several reports can stand on one page.

    Returns
    -------
    str

    Raises
    ------
    ImportError
        If jinja2 is not installed.
    """
    return _html(data, "report.html.j2", _VIEWS.get(data["kind"], View), fragment)


def render_fix(data, fragment=False):
    """A fix as HTML, in the style of a report.

    Parameters
    ----------
    data : dict
        From ``Fix.to_dict``.
    fragment : bool, default=False
        As in :func:`render_html`.

    Returns
    -------
    str

    Raises
    ------
    ImportError
        If jinja2 is not installed.
    """
    return _html(data, "fix.html.j2", FixView, fragment)


def _html(data, name, view_of, fragment):
    """A template rendered, as a document or as a part of a page."""
    prefix = ""
    if fragment:
        digest = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
        prefix = f"lossfix-{digest[:8]}-"
    # Inside a page of others, the report's headings stand one level below the page's own.
    levels = [f"h{level + fragment}" for level in (1, 2, 3)]
    template = _environment("html").get_template(name)
    return _fitting(data, template, view_of, fragment=fragment, prefix=prefix, h=levels)


def render_markdown(data):
    """The report as Markdown, in GitHub's flavour.

    Parameters
    ----------
    data : dict
        From ``FitReport.to_dict``.

    Returns
    -------
    str

    Raises
    ------
    ImportError
        If jinja2 is not installed.
    """
    template = _environment("markdown").get_template("report.md.j2")
    text = _fitting(data, template, _VIEWS.get(data["kind"], View))
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
