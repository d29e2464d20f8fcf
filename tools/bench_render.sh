#!/bin/sh
# How fast the previz renderer is on this machine: builds it for release and
# prints a report (two minutes). Usage: tools/bench_render.sh [RUNS]
set -eu
cd "$(dirname "$0")/.."
build=build/bench
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release >/dev/null
cmake --build "$build" --target bench_render >/dev/null
exec python3 tests/bench/render.py "$build/tests/bench/bench_render" "${1:-5}"
