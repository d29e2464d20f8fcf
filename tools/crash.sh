#!/bin/sh
# Kill tarmac at random moments: sh tools/crash.sh [SEEDS [CELLS]], 50 seeds of
# 40 cells if not said, two at a time, on optimised programs. Ends with a table;
# exit 1 when a promise was broken, with how to repeat it. FIRST=101 begins at
# another seed.
set -eu
cd "$(dirname "$0")/.."
. tools/deps.sh
deps build check

at=build/crash
cmake -S . -B $at -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DTARMAC_TESTS=OFF >/dev/null
cmake --build $at --target tarmac tarmac-media
exec /usr/bin/env PYTHONDONTWRITEBYTECODE=1 python3 tests/crash/crash.py \
    --bin $at/bin --seed "${FIRST:-1}" --rounds "${1:-50}" \
    --cells "${2:-40}" --jobs 2
