#!/usr/bin/env bash
# The built wheel, tested where the source cannot be imported
set -euo pipefail

"$PYTHON" -m venv .venv
.venv/bin/python -m pip install --upgrade "pip>=25.1"
.venv/bin/python -m pip install --group release
mkdir dist
.venv/bin/python -m build --outdir dist . >dist/build.log 2>&1 || { cat dist/build.log; exit 1; }
wheel="$(echo "$PWD"/dist/*.whl)"
"$PYTHON" .ci/check_wheel.py "$wheel" sklearn_lossfix

# This folder holds the tests and what they read, and no package.
mkdir -p dist/elsewhere/docs
cp -R tests pyproject.toml .ci/smoke.py dist/elsewhere/
cp docs/api_reference.py dist/elsewhere/docs/
cd dist/elsewhere
"$PYTHON" -m venv .venv
.venv/bin/python -m pip install --upgrade "pip>=25.1"
.venv/bin/python -m pip install "$wheel[all]" --group test
.venv/bin/python smoke.py
.venv/bin/python -m pytest -n 2 tests/test_common.py tests/test_public_api.py
