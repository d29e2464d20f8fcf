#!/bin/sh
# Break the invariants on purpose, one after another, and see the tests notice:
# sh tools/mutants.sh [FILTER…], as I3, callback.c or a part of a test's name.
# All of them take a quarter of an hour. Ends with 1 if a break went unnoticed.
set -eu
cd "$(dirname "$0")/.."
. tools/deps.sh
deps build check
exec /usr/bin/env PYTHONDONTWRITEBYTECODE=1 python3 tests/mutants/mutants.py "$@"
