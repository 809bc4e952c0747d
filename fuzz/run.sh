#!/bin/sh
# Feeds readers of foreign bytes for FUZZ_SECONDS each (600 unless set), one after the other, and stops at a finding.
# Arguments: names of fuzz targets; all unless given. `cargo fuzz` and a nightly toolchain must be there.
# With --replay as the first argument each target gets the files of its kept corpus and no others: that needs any Rust
# and a C compiler, takes a minute, and shows that the targets are built and linked.
set -eu
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR="$PWD/fuzz/target"

dictionary() {
	case $1 in
	base_url | proxy) echo addresses ;;
	ca_certificates) echo pem ;;
	jwt | stored_tokens) echo tokens ;;
	retry_after) echo times ;;
	seven_g*) echo seven_g ;;
	synapsewave_*) echo synapsewave ;;
	*) echo "$1" ;;
	esac
}

# The targets as they are, with a main function of our own in libFuzzer's place.
build_for_replay() {
	folder=$CARGO_TARGET_DIR/replay
	mkdir -p "$folder"
	cc -std=c99 -Wall -Wextra -Werror -O1 -c fuzz/replay.c -o "$folder/replay.o"
	ar rcs "$folder/libreplay.a" "$folder/replay.o"
	CUSTOM_LIBFUZZER_PATH="$folder/libreplay.a" CUSTOM_LIBFUZZER_STD_CXX=none RUSTFLAGS="--cfg fuzzing" \
		cargo build --locked --manifest-path fuzz/Cargo.toml --bins
}

replay() {
	for target; do
		[ -f "fuzz/dictionaries/$(dictionary "$target").dict" ] || { echo "$target has no dictionary" >&2; exit 1; }
		set -- "fuzz/corpus/$target"/*
		[ -f "$1" ] || { echo "$target has no corpus" >&2; exit 1; }
		"$CARGO_TARGET_DIR${CARGO_BUILD_TARGET:+/$CARGO_BUILD_TARGET}/debug/$target" "$@" >"$folder/$target.log" || {
			echo "$target: failed at $(tail -n 1 "$folder/$target.log")" >&2
			exit 1
		}
		echo "$target: $# files"
	done
}

replay=
[ "${1:-}" != --replay ] || { replay=yes; shift; }
[ $# -gt 0 ] || set -- $(basename -s .rs fuzz/fuzz_targets/*.rs)
if [ -n "$replay" ]; then
	build_for_replay
	replay "$@"
	exit
fi
for target; do
	# What is found on the way goes here, and not into the kept corpus.
	found="fuzz/target/found/$target"
	mkdir -p "$found"
	cargo +nightly fuzz run "$target" "$found" "fuzz/corpus/$target" -- \
		-max_total_time="${FUZZ_SECONDS:-600}" -dict="fuzz/dictionaries/$(dictionary "$target").dict" \
		-max_len=4096 -timeout=10 -print_final_stats=1
done
