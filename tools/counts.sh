#!/bin/sh
# Instructions of fixed scenarios, counted by valgrind, beside those recorded
# in tests/bench/counts.txt: exact where no thread or clock has a say, and the
# spread of three runs where one has. A report, not a test; five minutes.
#     tools/counts.sh [BUILD] [--update] [--only plan|run|render …]
# BUILD: a CMake folder that has the programs, bench_responder and
# bench_render, instead of a fresh one. --update records what was counted.
set -eu
cd "$(dirname "$0")/.."
build=
case ${1:-} in
-* | '') ;;
*) build=$1 && shift ;;
esac
if [ -z "$build" ]; then
    . tools/deps.sh
    deps build check
    build=build/counts
    # Whatever the environment says: other flags would be other counts.
    CFLAGS='' LDFLAGS='' cmake -S . -B $build -G Ninja \
        -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_FLAGS= \
        -DCMAKE_C_FLAGS_RELWITHDEBINFO='-O2 -g -DNDEBUG' >/dev/null
    cmake --build $build --target tarmac tarmac-media bench_responder \
        bench_render >/dev/null
fi
PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 tests/bench/counts.py "$build" \
    build/counts-run "$@"
