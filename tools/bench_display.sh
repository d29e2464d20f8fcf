#!/bin/sh
# What the live display costs with 1,000 tasks under way, on terminals of three
# sizes. A report, not a test: a busy machine decides the numbers.
set -eu
cd "$(dirname "$0")/.."
. tools/deps.sh
deps build
dir=build/bench
cmake -S . -B $dir -G Ninja -DCMAKE_BUILD_TYPE=Release >/dev/null
cmake --build $dir --target bench_display >/dev/null
LC_ALL=C.UTF-8 $dir/tests/bench/bench_display
