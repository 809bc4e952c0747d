#!/bin/sh
# Looks for known vulnerabilities of the dependencies. The database of advisories is a repository on GitHub: where that
# cannot be had, this says so and passes.
# Usage: scripts/check-advisories.sh <path of cargo-deny>
set -u
cd "$(dirname "$0")/.." || exit 1

# Seconds for fetching the database: a network that swallows everything must not hold up the rest.
LIMIT=90

cargo_deny=$1
if ! report=$(GIT_TERMINAL_PROMPT=0 timeout --kill-after=5 "$LIMIT" "$cargo_deny" fetch db 2>&1 </dev/null); then
    echo "SKIPPED: the advisories were not checked, because their database cannot be fetched here:"
    printf '%s\n' "${report:-no answer within $LIMIT seconds}" | grep . | tail -n 3 | cut -c -200
    exit 0
fi
exec "$cargo_deny" --offline check --hide-inclusion-graph advisories
