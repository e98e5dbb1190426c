"""Sphinx configuration."""

import os
import sys
from pathlib import Path

from jinja2 import Template

import sklearn_lossfix

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from api_reference import API_REFERENCE  # noqa: E402

# -- Project -------------------------------------------------------------------------------------

project = "sklearn-lossfix"
author = "The sklearn-lossfix developers"
copyright = f"2026, {author}"
version = release = sklearn_lossfix.__version__

# -- Pages ---------------------------------------------------------------------------------------

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "auto_examples/**/*.ipynb"]
default_role = "literal"

# Links into other projects' documentation need their inventories from the network. The build does
# without it, so they are left out unless asked for.
if os.environ.get("LOSSFIX_DOCS_INTERSPHINX"):
    extensions.append("sphinx.ext.intersphinx")
    intersphinx_mapping = {
        "python": ("https://docs.python.org/3", None),
        "numpy": ("https://numpy.org/doc/stable", None),
        "sklearn": ("https://scikit-learn.org/stable", None),
        "imblearn": ("https://imbalanced-learn.org/stable", None),
    }

# -- API reference -------------------------------------------------------------------------------

# autosummary looks for names in files, so the page must be written before Sphinx reads anything.
api_template = Template(
    (HERE / "api.rst.template").read_text(encoding="utf-8"), trim_blocks=True, lstrip_blocks=True
)
(HERE / "api.rst").write_text(api_template.render(sections=API_REFERENCE) + "\n", encoding="utf-8")

autosummary_generate = True
autodoc_default_options = {"member-order": "bysource"}
autodoc_typehints = "none"
numpydoc_show_class_members = False

# -- Gallery -------------------------------------------------------------------------------------

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"plot_",
    "within_subsection_order": "FileNameSortKey",
    "doc_module": "sklearn_lossfix",
    "reference_url": {"sklearn_lossfix": None},
    "backreferences_dir": "generated/backreferences",
    "abort_on_example_error": True,
    "remove_config_comments": True,
    "show_memory": False,
}

# -- HTML ----------------------------------------------------------------------------------------

html_theme = "pydata_sphinx_theme"
html_title = "sklearn-lossfix"
html_show_sourcelink = False
html_theme_options = {
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
    "navigation_with_keys": False,
}


def skip_generated_methods(app, what, name, obj, skip, options):
    """Leave out the methods scikit-learn writes for metadata routing; it documents them itself."""
    return skip or (name.startswith("set_") and name.endswith("_request")) or None


def setup(app):
    """Connect the hook above."""
    app.connect("autodoc-skip-member", skip_generated_methods)
