#!/bin/sh
# What the live display costs with 1,000 tasks under way, on terminals of three
# sizes. A report, not a test: a busy machine decides the numbers.
set -eu
cd "$(dirname "$0")/.."
. tools/deps.sh
. tools/bench_build.sh
bench_build bench_display
LC_ALL=C.UTF-8 "$tools"/bench_display
