#!/bin/sh
# Solve what the peer needs, and what builds the one part of it that has no wheel: hashes, no index addresses.
set -eu
cd "$(dirname "$0")"
uv=${1:-../../.venv/bin/uv}
solve="$uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links"
printf 'django-oscar==4.2.1\nDjango>=5.2,<5.3\n' | $solve - -o requirements.lock
printf 'setuptools>=61.2\nsetuptools-scm[toml]>=3.4\nwheel\n' | $solve -c requirements.lock - -o build.lock
