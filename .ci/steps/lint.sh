#!/usr/bin/env bash
# Style: ruff check and ruff format
set -euo pipefail

"$PYTHON" -m venv .venv
.venv/bin/python -m pip install --upgrade "pip>=25.1"
.venv/bin/python -m pip install --group lint
.venv/bin/ruff check .
.venv/bin/ruff format --check .
