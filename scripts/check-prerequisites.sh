#!/bin/sh
# Names, in one line each, the tools that are missing or too old; silent and successful when there are none.
# Usage: scripts/check-prerequisites.sh [python program, default python3] [lint]
set -u
cd "$(dirname "$0")/.." || exit 1

python=${1:-python3}
purpose=${2:-build}
missing=0

complain() {
    echo "missing: $1" >&2
    missing=1
}

# Is version $1 at least $2? Compares major and minor numbers.
at_least() {
    found_major=${1%%.*}
    found_minor=${1#*.}
    found_minor=${found_minor%%.*}
    needed_minor=${2#*.}
    needed_minor=${needed_minor%%.*}
    [ "$found_major" -gt "${2%%.*}" ] || { [ "$found_major" -eq "${2%%.*}" ] && [ "$found_minor" -ge "$needed_minor" ]; }
}

# The first version number in what is read.
version() {
    sed -n '1s/[^0-9]*\([0-9][0-9]*\.[0-9][0-9]*\).*/\1/p'
}

# What the packages themselves declare.
rust_needed=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
python_needed=$(sed -n 's/^requires-python = ">=\(.*\)"/\1/p' pyproject.toml)
node_needed=$(sed -n 's/.*"node": ">=\(.*\)".*/\1/p' package.json)

found=$(rustc --version 2>/dev/null | version)
if [ -z "$found" ] || ! command -v cargo >/dev/null; then
    complain "Rust $rust_needed or newer with cargo (install it with rustup)"
elif ! at_least "$found" "$rust_needed"; then
    complain "Rust $rust_needed or newer, found $found (rustup update stable)"
elif [ "$purpose" = lint ] && ! { cargo fmt --version && cargo clippy --version; } >/dev/null 2>&1; then
    complain "rustfmt and clippy (rustup component add rustfmt clippy)"
fi

found=$("$python" --version 2>/dev/null | version)
if [ -z "$found" ]; then
    complain "Python $python_needed or newer as '$python' (Debian: apt-get install python3 python3-venv)"
elif ! at_least "$found" "$python_needed"; then
    complain "Python $python_needed or newer, found $found (or name another: make PYTHON=python3.12)"
elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    complain "Python's venv and ensurepip modules (Debian: apt-get install python3-venv)"
fi

found=$(node --version 2>/dev/null | version)
if [ -z "$found" ]; then
    complain "Node $node_needed or newer with npm"
elif ! at_least "$found" "$node_needed"; then
    complain "Node $node_needed or newer, found $found"
elif ! command -v npm >/dev/null; then
    complain "npm (it comes with Node; Debian: apt-get install npm)"
fi

if ! command -v cc >/dev/null; then
    complain "a C compiler and its headers (Debian: apt-get install gcc libc6-dev)"
fi

exit "$missing"
