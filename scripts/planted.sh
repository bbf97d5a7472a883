#!/usr/bin/env bash
# Proves that the oracle can fail: planted.sh BINARY [ARGUMENT OF CRASHBOX…], the binary built with the feature `planted-bugs`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
binary=$1
shift
found=0
missed=0
judge() { # ARGUMENT…: one bug, one campaign
    if target/debug/bench crashbox --no-feed --binary "$binary" "$@"; then found=$((found + 1)); else missed=$((missed + 1)); fi
}
bugs=$(sed -nE 's/^ *"([a-z-]+)" => Bug::.*/\1/p' crates/zenwallet-store/src/planted.rs)
[[ -n $bugs ]] || { echo "planted: no bugs are planted" >&2; exit 1; }
for bug in $bugs; do
    for db in sqlite postgres; do
        judge --planted "$bug" --db "$db" "$@"
    done
done
printf '%d passed, %d failed\n' "$found" "$missed"
((missed == 0))
