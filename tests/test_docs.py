"""The documentation says what the code does: every finding, every limit, every example."""

import ast
import doctest
import importlib
import re
from pathlib import Path

import pytest

from sklearn_lossfix.diagnosis.checks import BUILTIN_CHECKS
from sklearn_lossfix.diagnosis.history.verdicts import HISTORY_CHECKS
from sklearn_lossfix.model_selection.leakage._order import LEAKAGE_CHECKS

ROOT = Path(__file__).parents[1]
FINDINGS = (ROOT / "docs" / "findings.rst").read_text(encoding="utf-8")
LEDGERS = (ROOT / "docs" / "ledgers.rst").read_text(encoding="utf-8")
EXAMPLES = sorted((ROOT / "examples").glob("*/plot_*.py"))

# Leakage stands first: it spoils all that is judged after it.
CHECKS = (*LEAKAGE_CHECKS, *BUILTIN_CHECKS, *HISTORY_CHECKS)
SLUGS = sorted({check.slug for check in CHECKS})
PARTS = ("How it is detected", "Why it matters", "What to do", "What it cannot see")

# A label, and under it a heading that is the slug itself: docutils makes the heading's text, which
# is in lower case with hyphens, its anchor in the page as it stands.
SECTION = re.compile(r"^\.\. _finding-([a-z-]+):\n\n([a-z-]+)\n(=+)\n", flags=re.MULTILINE)


def sections_of_findings():
    """Text of every section of the findings page, by the text of its heading."""
    heads = list(SECTION.finditer(FINDINGS))
    ends = [head.start() for head in heads[1:]] + [FINDINGS.index("\nReferences\n")]
    return {head[2]: FINDINGS[head.end() : end] for head, end in zip(heads, ends, strict=True)}


def limits_of(page):
    """Name, module and value of every constant in the table of a page."""
    rows = re.findall(r"\* - ``(\w+)``\n +- ``([\w.]+)``\n +- \|(\w+)\|\n", page)
    values = dict(re.findall(r"^\.\. \|(\w+)\| replace:: (\S+)$", page, flags=re.MULTILINE))
    assert sorted(name for name, _, _ in rows) == sorted(values)
    assert all(name == shown for name, _, shown in rows)
    return [(name, module, values[name]) for name, module, _ in rows]


def python_blocks(page):
    """Source of the Python blocks of a page that are not doctests."""
    blocks = re.findall(r"\.\. code-block:: python\n\n((?: {3}.*\n|\n)+)", page)
    return [re.sub(r"^ {3}", "", block, flags=re.MULTILINE) for block in blocks]


def test_every_finding_has_a_section():
    """Each slug that a registered check can emit has a section of that name, and no other has."""
    heads = SECTION.findall(FINDINGS)
    assert sorted(title for _, title, _ in heads) == SLUGS
    for label, title, underline in heads:
        assert label == title
        assert len(underline) == len(title)


def test_sections_stand_in_causal_order():
    """The page shows the findings in the order in which the checks explain each other."""
    slugs = list(dict.fromkeys(check.slug for check in CHECKS))
    assert list(sections_of_findings()) == slugs


@pytest.mark.parametrize("slug", SLUGS)
def test_section_has_its_four_parts(slug):
    """A section says how, why, what to do and what it cannot see, in this order, each in words."""
    text = sections_of_findings()[slug]
    pieces = re.split(r"^\*\*(.+?)\.\*\*", text, flags=re.MULTILINE)
    assert pieces[1::2] == list(PARTS)
    assert all(len(words.split()) >= 8 for words in pieces[2::2])


@pytest.mark.parametrize(("name", "module", "value"), limits_of(FINDINGS) + limits_of(LEDGERS))
def test_quoted_limit_is_the_limit_in_code(name, module, value):
    """Every number that a page takes from its table is the constant of that name in the code."""
    assert float(getattr(importlib.import_module(module), name)) == float(value)


@pytest.mark.parametrize("page", [FINDINGS, LEDGERS], ids=["findings", "ledgers"])
def test_every_substitution_is_defined(page):
    """A page uses no number that its table does not define."""
    used = set(re.findall(r"\|([A-Z][A-Z_]+)\|", page))
    assert used == {name for name, _, _ in limits_of(page)}


def test_remedy_code_is_python_that_imports():
    """The code of the remedies parses, and what it imports exists."""
    blocks = python_blocks(FINDINGS)
    assert len(blocks) == len(SLUGS)
    for block in blocks:
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom):
                module = importlib.import_module(node.module)
                assert all(hasattr(module, alias.name) for alias in node.names)


def test_ledgers_page_shows_what_the_code_gives():
    """The numbers on the page of the ledgers come out as printed."""
    examples = doctest.DocTestParser().get_doctest(LEDGERS, {}, "ledgers.rst", "ledgers.rst", 0)
    assert len(examples.examples) > 10
    output = []
    failed, _ = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(
        examples, out=output.append
    )
    assert failed == 0, "".join(output)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_ends_with_what_we_learned(path):
    """An example of the gallery has a title and ends with what there was to learn."""
    source = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(source)).startswith("===")
    last = source.split("\n# %%\n")[-1]
    assert last.startswith("# What we learned\n# ---------------\n# - ")


def test_references_to_findings_exist():
    """Every page that refers to a finding by name refers to one that is documented."""
    pages = [*(ROOT / "docs").glob("*.rst"), *(ROOT / "docs" / "user_guide").glob("*.rst")]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    named = set(re.findall(r"<finding-([a-z-]+)>", text))
    assert named
    assert named <= set(SLUGS)
