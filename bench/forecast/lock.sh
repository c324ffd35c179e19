#!/bin/sh
# Solve what the peers of the forecast need: hashes, no index addresses.
set -eu
cd "$(dirname "$0")"
uv=${1:-../../.venv/bin/uv}
solve="$uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links"
printf 'lifetimes==0.11.3\n' | $solve - -o lifetimes.lock
printf 'duckdb==1.5.5\nduckdb-extension-sqlite-scanner==1.5.5\n' | $solve - -o duckdb.lock
