#!/usr/bin/env bash
# README command 2 in a fresh environment: the whole suite on the newest dependencies
set -euo pipefail

bash -euo pipefail -c "$("$PYTHON" .ci/readme_command.py README.md test)"
