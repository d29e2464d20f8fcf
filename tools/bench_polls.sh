#!/bin/sh
# What each way of polling costs: requests a task, and how late its end is known.
# Simulated, so that the figures are the same on every machine.
set -eu
cd "$(dirname "$0")/.."
. tools/deps.sh
deps build
dir=build/bench
cmake -S . -B $dir -G Ninja -DCMAKE_BUILD_TYPE=Release >/dev/null
cmake --build $dir --target bench_polls >/dev/null
$dir/tests/bench/bench_polls
