#!/bin/sh
# How fast the previz renderer is on this machine: builds it for release and
# prints a report (two minutes). Usage: tools/bench_render.sh [RUNS]
set -eu
cd "$(dirname "$0")/.."
. tools/deps.sh
. tools/bench_build.sh
bench_build bench_render
PYTHONDONTWRITEBYTECODE=1 exec python3 tests/bench/render.py "$tools/bench_render" "${1:-5}"
