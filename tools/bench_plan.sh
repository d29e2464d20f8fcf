#!/bin/sh
# How long counting a million cells takes, and what memory, beside ten. A
# report, not a test: a busy machine decides the numbers.
# A program to measure may be named: sh tools/bench_plan.sh build/dev/bin/tarmac
set -eu
cd "$(dirname "$0")/.."
tarmac=${1:-}
if [ -z "$tarmac" ]; then
    . tools/deps.sh
    deps build
    cmake --preset release >/dev/null
    cmake --build --preset release --target tarmac >/dev/null
    tarmac=build/release/bin/tarmac
fi
tarmac=$(realpath "$tarmac")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

# write FILE AXES [LINE…]: a sweep of so many axes of ten points
write() {
    file=$1 axes=$2
    shift 2
    {
        printf 'tarmac: 1\nrequest: {prompt: a}\nsweep:\n'
        for axis in x y z r bg_x_pan bg_y_pan; do
            [ "$axes" -gt 0 ] || break
            axes=$((axes - 1))
            printf '  motion.%s: {from: 0, to: 9, steps: 10}\n' "$axis"
        done
        for line; do printf '%s\n' "$line"; done
    } >"$file.yaml"
}

measure() {
    python3 - "$tarmac" "$1" <<'END'
import resource, subprocess, sys, time
tarmac, name = sys.argv[1:]
times = []
for _ in range(3):
    start = time.monotonic()
    said = subprocess.run([tarmac, "plan", f"{name}.yaml", "--count"],
                          check=True, capture_output=True, text=True).stdout
    times.append(time.monotonic() - start)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(f"{name:<10} {int(said):>8} cells {min(times):7.3f} s {peak:7.1f} MB")
END
}

write ten 1
write million 6
write takes 5 '  takes: 10'
write exclude 6 '  exclude: motion.x == 4 and motion.y > 2'
write sample 6 '  sample: {count: 1000, seed: 7}'
write both 6 '  exclude: motion.x == 4 and motion.y > 2' \
    '  sample: {count: 100000, seed: 7}'
for name in ten million takes exclude sample both; do
    measure "$name"
done
