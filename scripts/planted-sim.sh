#!/usr/bin/env bash
# Proves that the simulator can fail: planted-sim.sh BINARY [SEEDS], the simulator built with the feature `planted-bugs`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
binary=$1
seeds=${2:-200}
# The simulator steps the writer, not the queue before it; it has no addresses that could be forbidden, no rate limits, and
# does not look at rollups, as the crash campaigns do.
unseen=(ack-before-commit address-judged-once limits-apart rollup-outside-tx)
found=0
missed=0
for bug in $(sed -nE 's/^ *"([a-z-]+)" => Bug::.*/\1/p' crates/zenwallet-store/src/planted.rs); do
    [[ " ${unseen[*]} " == *" $bug "* ]] && continue
    if told=$(ZENWALLET_TEST_PLANTED_BUG=$bug "$binary" --find --seeds "$seeds"); then
        found=$((found + 1))
        printf '%-28s %.160s\n' "$bug" "$told"
    else
        missed=$((missed + 1))
        printf 'FAIL  %s was %s\n' "$bug" "$told"
    fi
done
printf '%d passed, %d failed\n' "$found" "$missed"
((missed == 0))
