#!/bin/sh
# The pictures of the page in docs: a real run on the built-in gateway, seen in
# Chromium while it goes on (ui.jpg), as a report (report.jpg), and two of its
# clips compared (compare.jpg). A folder with programs, and another one for the
# pictures, may be named: sh tools/shots.sh build/release/bin /tmp/shots
set -eu
cd "$(dirname "$0")/.."
. tools/deps.sh
. tools/release.sh
deps build check
release "${1:-}"
TARMAC_BIN_DIR=$(realpath "$bin") TARMAC_SOURCE_DIR=$PWD \
    PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/flow/shots.py "${2:-docs}"
