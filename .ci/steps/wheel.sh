#!/usr/bin/env bash
# The built wheel, tested where the source cannot be imported
set -euo pipefail

"$PYTHON" -m venv .build-venv
.build-venv/bin/python -m pip install --upgrade "pip>=25.1"
.build-venv/bin/python -m pip install --group release
.build-venv/bin/python -m build --outdir dist . >build.log 2>&1 || { cat build.log; exit 1; }
ls -l dist

"$PYTHON" -m venv .venv
.venv/bin/python -m pip install --upgrade "pip>=25.1"
.venv/bin/python -m pip install "$(echo dist/*.whl)[all]" --group test
.venv/bin/python .ci/check_wheel.py dist/*.whl sklearn_lossfix

# The folder holds the tests and what they read, and no package.
mkdir -p elsewhere/docs
cp -R tests pyproject.toml elsewhere/
cp docs/api_reference.py elsewhere/docs/
python="$PWD/.venv/bin/python"
smoke="$PWD/.ci/smoke.py"
cd elsewhere
"$python" "$smoke"
"$python" -m pytest -n 2 tests/test_common.py tests/test_public_api.py
