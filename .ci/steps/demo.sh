#!/usr/bin/env bash
# README command 1 in a fresh environment: install with the user extras, run the demo
set -euo pipefail

bash -euo pipefail -c "$("$PYTHON" .ci/readme_command.py README.md demo)"

# A report without its pictures is smaller than the first limit; the second is a promise.
size="$(wc -c <lossfix-report.html)"
echo "lossfix-report.html: $size bytes"
if [ "$size" -le 10000 ] || [ "$size" -gt 300000 ]; then
    echo "lossfix-report.html must have between 10 kB and 300 kB."
    exit 1
fi
