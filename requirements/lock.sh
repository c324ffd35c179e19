#!/bin/sh
# Solve the requirements: hashes for every wheel, no index addresses.
set -eu
cd "$(dirname "$0")/.."
uv=${1:-uv}
solve="$uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links"
$solve pyproject.toml -o requirements/runtime.lock
$solve -c requirements/runtime.lock pyproject.toml --group dev -o requirements/dev.lock
$solve -c requirements/dev.lock --group build -o requirements/build.lock
echo 'uv==0.13.9' | $solve - -o requirements/uv.lock
