"""HTML and Markdown of a report: complete, harmless, small, and legible to everybody."""

import copy
import html
import re
import sys
from html.parser import HTMLParser
from importlib import resources
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from sklearn_lossfix._core._finding import SLUGS
from sklearn_lossfix.diagnosis._text import printable
from sklearn_lossfix.diagnosis.display._render import (
    MAX_BYTES,
    _environment,
    escape_markdown,
    fenced,
    markdown_table,
    render_html,
    render_markdown,
)

# Everything that the templates use; what is not here was smuggled in by data.
SVG_ELEMENTS = {"svg", "defs", "pattern", "path", "text", "rect", "polygon", "polyline"}
BODY_ELEMENTS = {
    *("main div header footer section article h1 h2 h3 h4 p a strong dl dt dd").split(),
    *("details summary pre code table caption thead tbody tr th td style title").split(),
    *SVG_ELEMENTS,
}
DOCUMENT_ELEMENTS = BODY_ELEMENTS | {"html", "head", "body", "meta"}
ATTRIBUTES = {
    *("id class href tabindex role aria-label aria-labelledby scope open lang charset").split(),
    *("http-equiv content name viewbox width height x y fill fill-opacity stroke").split(),
    *("stroke-width stroke-dasharray points d font-size text-anchor transform").split(),
    *("patternunits patterntransform").split(),
}
VOID = {"meta"}

# Examples of a test that renders and parses a whole report each time.
PAGES = 25

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "</style></title><svg onload=alert(1)>",
    "a|b\n| --- |\n# heading",
    "`code` ``` *bold* _it_ [link](javascript:alert(1)) ![i](x) ~~s~~ $x$ &lt;b&gt;",
    "\n```\n<img src=x onerror=alert(1)>\n````\n",
    "\x1b[31mred\x1b[0m \x07 \r\n\t\x00",
    "\u202egnp.exe \u2066 \ufeff \u2028",
    "{{ 7 * 7 }} {% raw %} {# no #}",
    "x" * 5_000,
    "\ud800",
]
hostile_text = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(alphabet="<>&\"'`|\\*_[]()#!~$\n\r\t\x1b\u202e{}%= abon/", max_size=40),
    st.text(max_size=40),
)


class Page(HTMLParser):
    """Elements, attributes and text of an HTML text, with its nesting checked."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self.open, self.crossed = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), list(self.open)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.crossed.append(tag)

    def handle_data(self, data):
        if data.strip() and not {"style", "head"} & set(self.open):
            self.texts.append((list(self.open), data.strip()))

    def of(self, *tags):
        """Attributes of the elements with one of these tags."""
        return [attrs for tag, attrs, _ in self.elements if tag in tags]

    @property
    def ids(self):
        """All ids, in order."""
        return [attrs["id"] for _, attrs, _ in self.elements if "id" in attrs]

    @property
    def words(self):
        """All text, in one line."""
        return " ".join(" ".join(text for _, text in self.texts).split())


def poisoned(value, text):
    """A report whose every free string has `text` before it."""
    if isinstance(value, dict):
        return {
            key: item if key in ("section", "kind", "$schema") else poisoned(item, text)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [poisoned(item, text) for item in value]
    return f"{text}{value}" if isinstance(value, str) else value


def with_hostile_keys(data, text):
    """The same, with the names of columns, terms of evidence and facts hostile as well."""
    data = poisoned(data, text)
    for finding in data["findings"]:
        finding["evidence"] = {f"{text}{k}": v for k, v in finding["evidence"].items()}
    data["context"] = {**data["context"], f"{text}fact": text}
    data["tables"] = {**data["tables"], f"{text}table": {f"{text}column": [text, 1.0]}}
    return data


def assert_harmless(page, elements):
    """Nothing but the elements and attributes of the templates, well nested, and no way out."""
    assert {tag for tag, _, _ in page.elements} <= elements
    assert {name for _, attrs, _ in page.elements for name in attrs} <= ATTRIBUTES
    assert page.crossed == []
    assert page.open == []
    assert all(attrs["href"].startswith("#") for attrs in page.of("a"))


# --- harmless --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("fragment", [False, True])
def test_hostile_strings_stay_text_in_html(with_estimator, text, fragment):
    """Whatever stands in labels, names, messages and code, no element or attribute comes of it."""
    page = Page(render_html(with_hostile_keys(with_estimator, text), fragment))
    assert_harmless(page, BODY_ELEMENTS if fragment else DOCUMENT_ELEMENTS)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_of_columns_stay_text(columns, text):
    """The same for a report on data, whose names of columns stand in tables and pictures."""
    data = with_hostile_keys(columns, text)
    assert_harmless(Page(render_html(data)), DOCUMENT_ELEMENTS)
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    page = Page(reader.render(render_markdown(data)))
    assert {tag for tag, _, _ in page.elements} <= set(
        "h1 h2 h3 p strong table thead tbody tr th td".split()
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_parameters_of_candidates_stay_text(search, text):
    """The same for a search, whose parameters stand in tables and notes."""
    data = with_hostile_keys(search, text)
    assert_harmless(Page(render_html(data)), DOCUMENT_ELEMENTS)
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    page = Page(reader.render(render_markdown(data)))
    assert {tag for tag, _, _ in page.elements} <= set(
        "h1 h2 h3 p strong table thead tbody tr th td pre code".split()
    )


@settings(max_examples=PAGES)
@given(text=hostile_text)
def test_any_string_stays_text_in_html(made_reports, text):
    """The same for strings that nobody thought of."""
    text_of_page = render_html(with_hostile_keys(made_reports["binary"], text))
    page = Page(text_of_page)
    assert_harmless(page, DOCUMENT_ELEMENTS)
    assert printable(text_of_page.replace("\n", "")) == text_of_page.replace("\n", "")
    text_of_page.encode("utf-8")


@settings(max_examples=PAGES)
@given(text=hostile_text)
def test_any_string_stays_text_in_markdown(made_reports, text):
    """A Markdown reader that allows HTML makes the same elements as from a harmless report."""
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    written = render_markdown(with_hostile_keys(made_reports["with estimator"], text))
    page = Page(reader.render(written))
    assert {tag for tag, _, _ in page.elements} <= set(
        "h1 h2 h3 p strong table thead tbody tr th td pre code".split()
    )
    assert {name for _, attrs, _ in page.elements for name in attrs} <= {"class"}
    assert printable(written.replace("\n", "")) == written.replace("\n", "")


@given(text=hostile_text)
def test_escaped_markdown_reads_as_the_text_itself(text):
    """Nothing is lost or added: what a reader of the rendered Markdown sees is the text."""
    rendered = MarkdownIt("commonmark").render(f"x {escape_markdown(text)} x")
    seen = html.unescape(re.fullmatch(r"<p>(.*)</p>\n", rendered, flags=re.S)[1])
    assert " ".join(seen.split()) == " ".join(f"x {printable(text)} x".split())


@given(cells=st.lists(st.lists(hostile_text, min_size=2, max_size=2), min_size=1, max_size=4))
def test_markdown_tables_keep_their_cells(cells):
    """Bars and line breaks in data do not move the borders of a table."""
    table = {"caption": "", "columns": ["a", "b"], "rows": cells, "note": ""}
    page = Page(MarkdownIt("commonmark").enable("table").render(markdown_table(table)))
    assert len(page.of("tr")) == len(cells) + 1
    assert len(page.of("td")) == 2 * len(cells)


@given(code=hostile_text)
def test_fences_hold_any_code(code):
    """Code with backticks of its own stays one block of code."""
    page = Page(MarkdownIt("commonmark", {"html": True}).render(fenced(code)))
    assert [tag for tag, _, _ in page.elements] == ["pre", "code"]


def test_line_breaks_of_code_survive(with_estimator):
    """A remedy of two lines is two lines to copy."""
    codes = [f["remedy"]["code"] for f in with_estimator["findings"] if f["remedy"]]
    assert any("\n" in code for code in codes)
    text = html.unescape(render_html(with_estimator))
    for code in codes:
        assert f"<code>{code}</code>" in text
        assert f"\n{code}\n```" in render_markdown(with_estimator)


# --- one file --------------------------------------------------------------------------------


def test_document_declares_language_title_and_policy(data):
    """The file says what it is, and forbids itself scripts and the network."""
    text = render_html(data)
    page = Page(text)
    assert text.startswith("<!DOCTYPE html>")
    assert page.of("html") == [{"lang": "en"}]
    policies = [attrs["content"] for attrs in page.of("meta") if "http-equiv" in attrs]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]
    assert "title" in [tag for tag, _, above in page.elements if above == ["html", "head"]]


def test_nothing_is_loaded_or_run(data):
    """No script, no address, no import: the file is complete."""
    text = render_html(data)
    page = Page(text)
    assert_harmless(page, DOCUMENT_ELEMENTS)
    assert not re.search(r"@import|https?://|javascript:|url\((?!#)", text)


def test_rendering_twice_gives_the_same_bytes(data):
    """A report can be compared with another by comparing files."""
    assert render_html(data) == render_html(copy.deepcopy(data))
    assert render_markdown(data) == render_markdown(copy.deepcopy(data))


def test_rendering_changes_nothing(data):
    """The dictionary is only read."""
    before = copy.deepcopy(data)
    render_html(data)
    render_markdown(data)
    assert data == before


def test_a_hundred_classes_with_long_labels_fit(many_classes):
    """The size does not follow the number of classes or the length of their labels."""
    text = render_html(many_classes)
    assert len(text.encode()) < MAX_BYTES / 2
    assert "Showing 20 of 100 classes" in text
    assert "report.frame(&#39;classes&#39;)" in text


def test_two_thousand_candidates_fit(many_candidates):
    """The size does not follow the number of candidates, and the page says what it leaves out."""
    text = render_html(many_candidates)
    assert len(text.encode()) < MAX_BYTES / 2
    assert "Showing 20 of 2,000 candidates" in text
    assert len(render_markdown(many_candidates).encode()) < MAX_BYTES / 2
    table = next(t for t in re.findall(r"<table.*?</table>", text, flags=re.S) if "1200&lt;b" in t)
    assert table.count("<tr>") == 21


def test_the_worst_report_fits(with_estimator):
    """Every known slug an issue, each full of text that escaping makes five times longer."""
    worst = with_hostile_keys(with_estimator, "&" * 1_000)
    finding = next(f for f in worst["findings"] if f["remedy"] is not None)
    evidence = {f"{k}{'&' * 100}": ["&" * 100] * 100 for k in range(100)}
    finding = {**finding, "section": "issue", "evidence": evidence}
    worst["findings"] = [{**finding, "name": slug} for slug in SLUGS]
    text = render_html(worst)
    assert len(text.encode()) <= MAX_BYTES
    assert set(SLUGS) <= set(Page(text).ids)
    assert len(render_markdown(worst).encode()) <= MAX_BYTES


# --- for whom --------------------------------------------------------------------------------


def test_verdict_is_read_first(data):
    """Without any style the first words after the heading are the verdict."""
    page = Page(render_html(data))
    (first_tags, first), (_, second), *_ = page.texts
    assert first_tags[-1] == "h1"
    assert first == "Fit report"
    assert second == " ".join(data["verdict"].split())


def test_headings_never_skip_a_level(data):
    """An outline can be made from the headings."""
    for fragment in (False, True):
        page = Page(render_html(data, fragment))
        levels = [int(tag[1]) for tag, _, _ in page.elements if re.fullmatch(r"h\d", tag)]
        assert levels[0] == min(levels) == 1 + fragment
        assert levels.count(levels[0]) == 1
        steps = [after - before for before, after in pairwise(levels)]
        assert max(steps) <= 1


def test_ids_are_unique_and_links_arrive(data):
    """Every link leads to an id of the page, and no id stands twice."""
    for fragment in (False, True):
        page = Page(render_html(data, fragment))
        assert len(page.ids) == len(set(page.ids))
        assert {attrs["href"][1:] for attrs in page.of("a")} <= set(page.ids)


def test_every_finding_has_a_permalink(data):
    """The id of a finding is its slug, and a link to it stands beside."""
    page = Page(render_html(data))
    links = {attrs["href"] for attrs in page.of("a")}
    for finding in data["findings"]:
        assert finding["name"] in page.ids
        assert f"#{finding['name']}" in links


def test_pictures_have_names_and_tables(data):
    """Each picture is announced by its title, and a table with its numbers is in the same part."""
    page = Page(render_html(data))
    pictures = [(attrs, above) for tag, attrs, above in page.elements if tag == "svg"]
    titles = [
        attrs["id"] for tag, attrs, above in page.elements if tag == "title" and above[-1] == "svg"
    ]
    assert pictures
    assert len(titles) == len(pictures)
    assert all(attrs["role"] == "img" for attrs, _ in pictures)
    assert [attrs["aria-labelledby"] for attrs, _ in pictures] == titles
    drawn = (
        ("loss_ledger", "loss-ledger"),
        ("error_ledger", "error-ledger"),
        ("flips", "flips"),
        ("reliability", "reliability"),
    )
    assert ("picture-columns-title" in titles) == (data["kind"] == "data")
    assert ("picture-candidates-title" in titles) == ("candidates" in data["tables"])
    assert ("picture-threshold-title" in titles) == ("threshold_curve" in data["tables"])
    assert ("picture-treatments-title" in titles) == ("treatments" in data["tables"])
    assert ("picture-treatment-classes-title" in titles) == ("treatments" in data["tables"])
    for key, name in drawn:
        assert (f"picture-{name}-title" in titles) == (data[key] is not None)
    sections = render_html(data).split("<section>")[1:]
    for section in sections:
        assert section.count("<table") >= section.count("<svg")


def test_hatches_are_defined_where_they_are_used(data):
    """A hatched bar refers to a pattern of its own picture."""
    text = render_html(data, fragment=True)
    for picture in re.findall(r"<svg.*?</svg>", text, flags=re.S):
        used = set(re.findall(r"url\(#(.*?)\)", picture))
        assert used == set(re.findall(r'<pattern id="(.*?)"', picture))


def test_wide_things_scroll_in_their_own_box(data):
    """Tables and code can be reached and scrolled by keyboard, so the page itself stays narrow."""
    page = Page(render_html(data))
    boxes = [attrs for attrs in page.of("div") if attrs.get("class") == "scroll"]
    assert len(boxes) == len(page.of("table"))
    assert all(attrs["tabindex"] == "0" and attrs["aria-label"] for attrs in boxes)
    assert all(attrs["tabindex"] == "0" for attrs in page.of("pre"))
    for tag, _, above in page.elements:
        assert tag != "table" or above[-1] == "div"


def test_issues_are_open_and_the_rest_is_folded(with_estimator):
    """Evidence of an issue is shown without a click, also on paper."""
    text = render_html(with_estimator)
    for article in re.findall(r"<article.*?</article>", text, flags=re.S):
        is_issue = 'class="finding issue"' in article
        assert ("<details open>" in article) == is_issue
    assert 'class="finding issue"' in text


def test_numbers_of_the_report_are_in_the_text(with_estimator):
    """What a finding says, its remedy, and whether it is proven need no picture to be read."""
    words = Page(render_html(with_estimator)).words
    shown = [f for f in with_estimator["findings"] if f["section"] in ("issue", "tip")]
    assert shown
    for finding in shown:
        assert " ".join(finding["message"].split()) in words
        if finding["remedy"] is not None:
            assert finding["remedy"]["changes"] in words
            word = "proven" if finding["remedy"]["proven"] else "not proven"
            assert f"It is {word} :" in words
    for version in with_estimator["context"]["versions"].values():
        assert version in words


def test_unchecked_findings_stand_with_their_reason(data):
    """What was not applicable, skipped or ignored is in the page, with the reason."""
    words = Page(render_html(data)).words
    for finding in data["findings"]:
        if finding["section"] in ("not_applicable", "skipped", "ignored"):
            assert " ".join(finding["message"].split()) in words


def test_markdown_says_what_the_html_says(model):
    """Verdict, messages and numbers of both are the same words."""
    reader = MarkdownIt("commonmark").enable("table")
    page = Page(reader.render(render_markdown(model)))
    assert page.texts[1][1] == " ".join(model["verdict"].split())
    table_cells = {
        text for tags, text in Page(render_html(model)).texts if tags[-1] in ("td", "th")
    }
    # Tips show their numbers in HTML only.
    numbers = {cell for cell in table_cells if re.fullmatch(r"[+-]\d+\.\d+", cell)}
    assert numbers
    assert numbers <= {text for tags, text in page.texts if tags[-1] == "td"}


# --- fragment --------------------------------------------------------------------------------


def test_fragment_is_no_document(data):
    """Inside a notebook there is no second document, and every id carries a prefix."""
    text = render_html(data, fragment=True)
    page = Page(text)
    assert_harmless(page, BODY_ELEMENTS - {"main", "h1"})
    # Inside an article, header and footer are not taken for those of the page around it.
    assert page.elements[0][:2] == ("article", {"class": "lossfix-report"})
    assert all(re.match(r"lossfix-[0-9a-f]{8}-", name) for name in page.ids)


def test_two_reports_share_no_id(binary, with_estimator):
    """Two reports in one notebook do not answer for each other's links and patterns."""
    first, second = (Page(render_html(d, fragment=True)) for d in (binary, with_estimator))
    assert not set(first.ids) & set(second.ids)


def test_fragment_says_what_the_document_says(data):
    """Both are the same report."""
    document, fragment = (Page(render_html(data, f)) for f in (False, True))
    assert document.words == fragment.words


# --- style -----------------------------------------------------------------------------------


def style_sheet():
    """The style sheet without comments."""
    folder = resources.files("sklearn_lossfix.diagnosis.display") / "templates"
    text = (folder / "report.css").read_text(encoding="utf-8")
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


def test_every_style_is_scoped():
    """No rule reaches an element outside of the report."""
    text = re.sub(r"@media print \{", "", style_sheet())
    selectors = [s.strip() for s in re.findall(r"([^{}]+)\{", text)]
    assert selectors
    for selector in selectors:
        for one in selector.split(","):
            assert re.match(r"(\[[^\]]+\] )?\.lossfix-report\b", one.strip()), one


def luminance(colour):
    """Relative luminance of WCAG 2."""
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """Contrast ratio of WCAG 2."""
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1])
def test_colours_contrast_in_both_themes(theme):
    """Text has a contrast of at least 4.5, shapes of at least 3."""
    found = re.findall(r"--(\w+): light-dark\((#\w{6}), (#\w{6})\)", style_sheet())
    palette = {name: colours[theme] for name, *colours in found}
    for text in ("fg", "muted", "link"):
        for ground in ("bg", "soft"):
            assert contrast(palette[text], palette[ground]) >= 4.5
    for shape in ("more", "less", "total"):
        assert contrast(palette[shape], palette["bg"]) >= 3


def test_paper_shows_what_is_folded():
    """Print opens every folded part and uses the light theme."""
    paper = style_sheet().split("@media print")[1]
    assert "details::details-content { content-visibility: visible !important;" in paper
    assert "color-scheme: light !important" in paper


# --- without jinja2 --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("render", "caller"),
    [(render_html, "FitReport.to_html"), (render_markdown, "FitReport.to_markdown")],
)
def test_missing_jinja2_names_the_extra(monkeypatch, binary, render, caller):
    """Without the extra the error says what to install."""
    monkeypatch.setitem(sys.modules, "jinja2", None)
    _environment.cache_clear()
    with pytest.raises(ImportError, match=rf"{caller} requires jinja2.*sklearn-lossfix\[report\]"):
        render(binary)
