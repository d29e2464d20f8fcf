#!/bin/sh
# Install what is missing, build with sanitizers and warnings as errors, and run
# every test. Arguments go to ctest: sh tools/check.sh -R flow
set -eu
cd "$(dirname "$0")/.."
. tools/deps.sh
deps build check

cmake --preset dev >/dev/null
cmake --build --preset dev
# One more than there are cores: many tests wait for a clock.
ctest --preset dev --output-on-failure -j "$(($(nproc) + 1))" "$@"
