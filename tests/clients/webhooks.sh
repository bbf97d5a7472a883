#!/usr/bin/env bash
# Real deliveries of the running binary, verified by the unmodified official libraries of Standard Webhooks:
# npm's in Express, over the bytes and over a parsed body; PyPI's in an http.server; the one of crates.io.
#
# ZENWALLET_BINARY=… names a binary to test instead of building one. Starts and ends its own server and receivers.
# Needs node with npm, python3 with venv and cargo, and their registries when target/webhook-verifiers is not there yet.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
here=tests/clients/webhooks
tools=target/webhook-verifiers

# Installs DIRECTORY by running COMMAND… unless it has what LOCKFILE says.
install() { # DIRECTORY LOCKFILE COMMAND…
    local directory=$1 lockfile=$2
    shift 2
    if ! cmp -s "$lockfile" "$directory/installed"; then
        echo "webhooks: installing $(basename "$directory")"
        "$@"
        cp "$lockfile" "$directory/installed"
    fi
}
install_node() {
    rm -rf "$tools/node"
    mkdir -p "$tools/node"
    cp "$here"/node/package*.json "$tools/node/"
    npm ci --prefix "$tools/node" --no-audit --no-fund --ignore-scripts --loglevel=error
}
install_python() {
    rm -rf "$tools/python"
    python3 -m venv "$tools/python"
    "$tools/python/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
}
install "$tools/node" "$here/node/package-lock.json" install_node
install "$tools/python" "$here/requirements.txt" install_python
CARGO_TARGET_DIR=$tools/rust cargo build --locked --quiet --manifest-path "$here/rust/Cargo.toml"

binary=${ZENWALLET_BINARY:-}
if [[ -z $binary ]]; then
    cargo build --locked --quiet -p zenwallet
    binary=target/debug/zenwallet
fi

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
