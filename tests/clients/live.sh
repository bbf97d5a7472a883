#!/usr/bin/env bash
# The log followed by unmodified clients while the running binary is killed, stopped and flooded: npm's socket.io-client
# and eventsource, PyPI's python-socketio, curl, and the programs of docs/live.md. On SQLite and PostgreSQL side by side.
#
# ZENWALLET_BINARY=… names a binary to test instead of building one; `live.sh sqlite` tries that database alone. Needs
# node with npm, python3 with venv, curl and PostgreSQL's psql; the registries when target/live-clients is not there yet.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
here=tests/clients/live
tools=target/live-clients
databases=("${@:-sqlite}")
(($# > 0)) || databases=(sqlite postgres)

# Installs DIRECTORY by running COMMAND… unless it has what LOCKFILE says.
install() { # DIRECTORY LOCKFILE COMMAND…
    local directory=$1 lockfile=$2
    shift 2
    if ! cmp -s "$lockfile" "$directory/installed"; then
        echo "live: installing $(basename "$directory")"
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

binary=${ZENWALLET_BINARY:-}
if [[ -z $binary ]]; then
    cargo build --locked --quiet -p zenwallet
    binary=target/debug/zenwallet
fi
if [[ ! -x target/debug/with-postgres ]]; then
    cargo build --locked --quiet -p zenwallet-testing
fi

dir=$(mktemp -d "${TMPDIR:-/tmp}/zenwallet-live.XXXXXX")
trap 'rm -rf "$dir"' EXIT
export NODE_PATH=$PWD/$tools/node/node_modules
follow() { # DATABASE
    local beside=()
    [[ $1 != postgres ]] || beside=(target/debug/with-postgres)
    mkdir "$dir/$1"
    # What never ends has failed.
    "${beside[@]}" timeout --kill-after=20 "${LIVE_DEADLINE_S:-240}" python3 -B "$here/campaign.py" "$binary" "$1" "$(command -v node)" "$tools/python/bin/python" "$dir/$1"
}

started=()
for database in "${databases[@]}"; do
    follow "$database" >"$dir/$database.said" 2>&1 &
    started+=($!)
done
passed=0
failed=0
for at in "${!databases[@]}"; do
    code=0 bad=0
    wait "${started[at]}" || code=$?
    said=$dir/${databases[at]}.said
    # The sum of both comes last.
    grep -vE '^[0-9]+ passed, ' "$said" || true
    if [[ $(tail -n 1 "$said") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
        passed=$((passed + BASH_REMATCH[1]))
        bad=${BASH_REMATCH[2]}
    fi
    ((bad > 0 || code == 0)) || bad=1
    failed=$((failed + bad))
done
echo "$passed passed, $failed failed"
((failed == 0))
