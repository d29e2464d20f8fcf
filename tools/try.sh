#!/bin/sh
# From nothing to nine clips: install what is missing, build, and run
# recipes/orbit.yaml on the built-in gateway. Needs Debian 12 and root or sudo.
set -eu
cd "$(dirname "$0")/.."
. tools/deps.sh
deps build

echo "building (a minute the first time)"
cmake --preset release >build.log 2>&1 || { cat build.log; exit 1; }
cmake --build --preset release >>build.log 2>&1 || { cat build.log; exit 1; }
rm -f build.log

PATH="$PWD/build/release/bin:$PATH"
tarmac run recipes/orbit.yaml
echo
echo "The clips:"
ls -1 out/orbit/*.mp4
echo "The program is build/release/bin/tarmac; try: tarmac --help"
