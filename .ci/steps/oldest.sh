#!/usr/bin/env bash
# Unit and common tests on the oldest supported dependencies
set -euo pipefail

if [ -z "$PYTHON_OLDEST" ]; then
    echo "The oldest supported dependencies need Python 3.11 or 3.12; neither was found."
    exit 1
fi
"$PYTHON_OLDEST" -m venv .venv
.venv/bin/python -m pip install --upgrade "pip>=25.1"
.venv/bin/python -m pip install --constraint .ci/oldest-constraints.txt ".[all]" --group test
# The pins were met, not overruled by something else that was installed.
.venv/bin/python -m pip freeze >.venv/installed.txt
grep -v '^#' .ci/oldest-constraints.txt | while read -r pin; do
    grep -Fx "$pin" .venv/installed.txt || { echo "$pin was not installed."; exit 1; }
done
# Guarantees, doctests and pages are run once, on the newest dependencies.
.venv/bin/python -m pytest -n 2 tests --ignore=tests/guarantees
