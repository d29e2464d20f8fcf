#!/bin/sh
# install.sh SOURCE BUILD: the packages of package-lock.json, in BUILD, with the
# tests beside them, where they find them. Nothing of a package is run.
set -eu
mkdir -p "$2"
cp "$1"/package.json "$1"/package-lock.json "$1"/*.mjs "$2"
cd "$2"
if ! cmp -s package-lock.json node_modules/.installed; then
    npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier
    cp package-lock.json node_modules/.installed
fi
