#!/bin/sh
# Look for input that breaks tarmac: sh tools/fuzz.sh [SECONDS], 60 if not said.
# Every fuzzer of tests/fuzz runs that long, all at once, on what its corpus
# holds and on what it found before; whatever breaks is left in build/fuzz/found.
# Exit 1 when anything did.
set -eu
cd "$(dirname "$0")/.."
. tools/deps.sh
deps build fuzz

seconds=${1:-60}
at=build/fuzz
cmake -S . -B $at -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_COMPILER=clang \
    -DCMAKE_C_FLAGS_DEBUG="-g -O1" -DTARMAC_TESTS=OFF -DTARMAC_FUZZ=ON \
    -DTARMAC_SANITIZE=address,undefined,fuzzer-no-link >/dev/null
cmake --build $at --target fuzz_recipe fuzz_dialect fuzz_csv fuzz_tree
mkdir -p $at/found

pids=
for name in recipe dialect csv tree; do
    mkdir -p "$at/corpus/$name"
    "$at/tests/fuzz/fuzz_$name" "$at/corpus/$name" "tests/fuzz/corpus/$name" \
        -dict="tests/fuzz/$name.dict" -max_total_time="$seconds" \
        -max_len=16384 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$at/found/$name-" >"$at/$name.log" 2>&1 &
    pids="$pids $name:$!"
done

code=0
for pair in $pids; do
    name=${pair%:*}
    if wait "${pair#*:}"; then
        echo "$name: nothing found;" \
            "$(sed -n 's/^stat::number_of_executed_units: *//p' "$at/$name.log")" \
            "runs"
    else
        code=1
        echo "$name: $(grep -m1 -E 'ERROR|must be:|runtime error' "$at/$name.log" ||
            echo 'it ended early')"
        echo "  the input: $(sed -n 's/.*Test unit written to //p' "$at/$name.log")"
        echo "  the report: $at/$name.log"
    fi
done
exit $code
