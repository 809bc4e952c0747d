#!/bin/sh
# Feeds readers of foreign bytes for FUZZ_SECONDS each (600 unless set), one after the other, and stops at a finding.
# Arguments: names of fuzz targets; all unless given. `cargo fuzz` and a nightly toolchain must be there.
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

[ $# -gt 0 ] || set -- $(basename -s .rs fuzz/fuzz_targets/*.rs)
for target; do
	# What is found on the way goes here, and not into the kept corpus.
	found="fuzz/target/found/$target"
	mkdir -p "$found"
	cargo +nightly fuzz run "$target" "$found" "fuzz/corpus/$target" -- \
		-max_total_time="${FUZZ_SECONDS:-600}" -dict="fuzz/dictionaries/$(dictionary "$target").dict" \
		-max_len=4096 -timeout=10 -print_final_stats=1
done
