#!/bin/sh
# What each way of polling costs: requests a task, and how late its end is known.
# Simulated, so that the figures are the same on every machine.
set -eu
cd "$(dirname "$0")/.."
. tools/deps.sh
. tools/bench_build.sh
bench_build bench_polls
"$tools"/bench_polls
