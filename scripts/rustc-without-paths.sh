#!/usr/bin/env bash
# Cargo runs this with the compiler and its arguments (.cargo/config.toml). Where the sources of the crates, of the tool
# chain and of this folder are on the machine that builds stays out of the panic messages of what is built. Not sh: dash drops CARGO_BIN_EXE_relatch-sandbox for its name.
home=${HOME:-/nonexistent}
exec "$@" \
    --remap-path-prefix="${RUSTUP_HOME:-$home/.rustup}=rustup" \
    --remap-path-prefix="${CARGO_HOME:-$home/.cargo}=cargo" \
    --remap-path-prefix="$(cd "$(dirname "$0")/.." && pwd)=relatch"
