#!/usr/bin/env bash
# Real deliveries of the running binary, verified by the unmodified official libraries of Standard Webhooks:
# npm's in Express, over the bytes and over a parsed body; PyPI's in an http.server; the one of crates.io.
#
# ZENWALLET_BINARY=… names a binary to test instead of building one. Starts and ends its own server and receivers.
# Needs node with npm, python3 with venv and cargo, and their registries when target/webhook-verifiers is not there yet.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/clients/tools.sh
here=tests/clients/webhooks
tools=target/webhook-verifiers

install_node "$tools/node" "$here/node"
install_python "$tools/python" "$here/requirements.txt"
CARGO_TARGET_DIR=$tools/rust cargo build --locked --quiet --manifest-path "$here/rust/Cargo.toml"

find_binary

dir=$(mktemp -d "${TMPDIR:-/tmp}/zenwallet-webhooks.XXXXXX")
trap 'rm -rf "$dir"' EXIT
passed=0
failed=0
verify() { # COMMAND…: adds up what it says last
    local code=0 bad=0
    "$@" | tee "$dir/said" || code=$?
    if [[ $(tail -n 1 "$dir/said") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
        passed=$((passed + BASH_REMATCH[1]))
        bad=${BASH_REMATCH[2]}
    fi
    ((bad > 0 || code == 0)) || bad=1
    failed=$((failed + bad))
}
NODE_PATH=$tools/node/node_modules verify python3 -B "$here/campaign.py" "$binary" \
    "node $here/node/receiver.js" "$tools/python/bin/python -B $here/receiver.py" "$dir"
echo 'webhooks: by the library of crates.io'
verify "$tools/rust/debug/webhook-verifier" "$dir/captured"
echo "$passed passed, $failed failed"
((failed == 0))
