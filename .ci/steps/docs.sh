#!/usr/bin/env bash
# Documentation and gallery, with warnings as errors
set -euo pipefail

"$PYTHON" -m venv .venv
.venv/bin/python -m pip install --upgrade "pip>=25.1"
.venv/bin/python -m pip install ".[all]" --group docs
MPLBACKEND=Agg .venv/bin/sphinx-build -q -W --keep-going -b html docs docs/_build
ls -l docs/_build/index.html docs/_build/api.html docs/_build/auto_examples/index.html
