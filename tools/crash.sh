#!/bin/sh
# Kill tarmac at random and at named moments: sh tools/crash.sh [SEEDS [CELLS]],
# 50 seeds of 40 cells if not said, two at a time, on optimised programs. Ends
# with a table; exit 1 when a promise was broken, with how to repeat it.
# FIRST=101 begins at another seed. Also
#   sh tools/crash.sh --points           every named moment, one after the other
#   sh tools/crash.sh --weather [CELLS]  no kills, but a gateway that drops
#                                        answers, says 429 and 500; 500 cells
set -eu
cd "$(dirname "$0")/.."
. tools/deps.sh
deps build check

at=build/crash
cmake -S . -B $at -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DTARMAC_TESTS=OFF -DTARMAC_CRASH_POINTS=ON >/dev/null
cmake --build $at --target tarmac tarmac-media
export PYTHONDONTWRITEBYTECODE=1
case "${1:-}" in
--weather) exec python3 tests/crash/weather.py --bin $at/bin \
    --cells "${2:-500}" ;;
--points) exec python3 tests/crash/points.py --bin $at/bin --jobs 2 ;;
*) exec python3 tests/crash/crash.py --bin $at/bin --seed "${FIRST:-1}" \
    --rounds "${1:-50}" --cells "${2:-40}" --jobs 2 ;;
esac
