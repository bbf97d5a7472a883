#!/usr/bin/env bash
# Runs a command with PgBouncer in transaction mode before the server of ZENWALLET_TEST_POSTGRES, which it then names:
# target/debug/with-postgres scripts/with-pgbouncer.sh COMMAND…
set -euo pipefail
(($#)) || { echo "usage: with-pgbouncer.sh COMMAND…" >&2; exit 2; }
export PATH="$PATH:/usr/sbin"
server=$(sed -E 's#.*@127\.0\.0\.1:([0-9]+).*#\1#' <<<"$ZENWALLET_TEST_POSTGRES")
dir=$(mktemp -d "${TMPDIR:-/tmp}/zenwallet-pgbouncer.XXXXXX")
bouncer=
finish() {
    local code=$?
    trap - EXIT
    if [[ -n $bouncer ]]; then kill -TERM "$bouncer" 2>/dev/null || true; wait "$bouncer" 2>/dev/null || true; fi
    rm -rf "$dir"
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$dir/ini" <<INI
[databases]
* = host=127.0.0.1 port=$server user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $port
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
max_client_conn = 2000
server_idle_timeout = 5
INI
as_service=()
if [[ $(id -u) == 0 ]]; then
    chown -R postgres: "$dir"
    as_service=(setpriv --reuid=postgres --regid=postgres --clear-groups --pdeathsig TERM)
fi
"${as_service[@]}" pgbouncer "$dir/ini" >"$dir/log" 2>&1 &
bouncer=$!
for _ in $(seq 100); do
    if grep -q 'process up' "$dir/log"; then break; fi
    kill -0 "$bouncer" 2>/dev/null || { cat "$dir/log" >&2; exit 1; }
    sleep 0.05
done
export ZENWALLET_TEST_POSTGRES="postgres://postgres@127.0.0.1:$port"
"$@"
