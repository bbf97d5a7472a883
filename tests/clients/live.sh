#!/usr/bin/env bash
# The log followed by unmodified clients while the running binary is killed, stopped and flooded: npm's socket.io-client
# and eventsource, PyPI's python-socketio, curl, and the programs of docs/live.md. On SQLite and PostgreSQL side by side.
#
# ZENWALLET_BINARY=… names a binary to test instead of building one; `live.sh sqlite` tries that database alone. Needs
# node with npm, python3 with venv, curl and PostgreSQL's psql; the registries when target/live-clients is not there yet.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/clients/tools.sh
here=tests/clients/live
tools=target/live-clients
databases=("${@:-sqlite}")
(($# > 0)) || databases=(sqlite postgres)

install_node "$tools/node" "$here/node"
install_python "$tools/python" "$here/requirements.txt"

find_binary
find_postgres

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
