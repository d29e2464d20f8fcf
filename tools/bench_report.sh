#!/bin/sh
# How the page of a report with 1,000 cells does in Chromium: until it stands,
# what blocks it while all of it is scrolled through, and what it holds. A
# report, not a test: a busy machine decides the numbers.
# Cells, and programs to measure, may be named:
# sh tools/bench_report.sh 1000 build/dev/bin
set -eu
cd "$(dirname "$0")/.."
cells=${1:-1000}
. tools/deps.sh
. tools/release.sh
deps build check
release "${2:-}"
TARMAC_BIN_DIR=$(realpath "$bin") TARMAC_SOURCE_DIR=$PWD \
    PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/flow/bench_page.py "$cells"
