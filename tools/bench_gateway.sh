#!/bin/sh
# How long a poll takes while clips are rendered: 200 kept connections, each
# twice a second. A report, not a test: a busy machine decides the numbers.
# Arguments go to tests/interop/load.py: sh tools/bench_gateway.sh --every 0
# And its JSON routes beside nginx: sh tools/bench_gateway.sh nginx [--runs N]
set -eu
cd "$(dirname "$0")/.."
. tools/deps.sh
. tools/release.sh
deps build
release ""
if [ "${1:-}" = nginx ]; then
    shift
    exec python3 tests/bench/beside_nginx.py "$bin" "$@"
fi
dir=$(mktemp -d)
"$bin/tarmac" gateway --listen 127.0.0.1:0 --data "$dir/data" \
    >"$dir/out" 2>"$dir/log" &
gateway=$!
trap 'kill $gateway; wait $gateway; rm -rf "$dir"' EXIT
url=
while [ -z "$url" ]; do
    kill -0 $gateway || exit 1
    sleep 0.1
    url=$(sed -n 's/.*\(http:[^ ]*\).*/\1/p' "$dir/out")
done
python3 tests/interop/load.py "$url" "$@"
