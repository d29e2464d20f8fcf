#!/bin/sh
# tarmac beside Runway's SDK, a curl+jq loop and the bare libcurl loop: builds
# all of it for release and prints the tables of docs/performance.md. A report,
# not a test: a busy machine decides the numbers. 25 minutes, or three:
#     tools/bench.sh [--quick] [--runs N] [--only PART]… [--markdown FILE]
# A folder of programs to measure may be named by TARMAC_BIN_DIR.
# Without Node the SDK is left out, without jq the shell loop. Takes up to 10 GB
# and a million files in build/ while it runs, and removes all at its end: files
# made on ext4 right after others were removed cost more, which is why a second
# one waits for a minute.
set -eu
cd "$(dirname "$0")/.."
if ! command -v ffmpeg >/dev/null; then
    echo "bench.sh: ffmpeg draws its clips, and is not installed" >&2
    exit 1
fi
. tools/deps.sh
. tools/release.sh
. tools/bench_build.sh
bench_build bench_responder bench_bare
release "${TARMAC_BIN_DIR:-}"
sdk=4.20.1
npm=build/bench-npm
if [ ! -d $npm/node_modules/@runwayml/sdk ] && command -v npm >/dev/null; then
    mkdir -p $npm
    npm install --prefix $npm --no-package-lock --ignore-scripts --no-audit \
        --no-fund --no-update-notifier "@runwayml/sdk@$sdk" >/dev/null
fi
[ -d $npm/node_modules/@runwayml/sdk ] || npm=
PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 tests/bench/bench.py --bin "$bin" \
    --tools "$tools" ${npm:+--npm "$npm"} --scratch build/bench-run "$@"
