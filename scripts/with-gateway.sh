#!/usr/bin/env bash
# Runs a command beside a private gateway: with-gateway.sh BINARY COMMAND…
# The command finds it in ZENWALLET_URL, its process in ZENWALLET_PID, and a test app without a rate limit in
# ZENWALLET_API_KEY and ZENWALLET_WEBHOOK_SECRET. Its database is the PostgreSQL of DATABASE_URL if that is set, else SQLite in a temporary directory.
set -euo pipefail
(($# >= 2)) || { echo "usage: with-gateway.sh BINARY COMMAND…" >&2; exit 2; }
binary=$(realpath "$1")
shift

dir=$(mktemp -d "${TMPDIR:-/tmp}/zenwallet-gateway.XXXXXX")
server=
finish() {
    local code=$?
    trap - EXIT
    if [[ -n $server ]]; then
        kill -TERM "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$dir"
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

export ZENWALLET_DATA_DIR="$dir/data" ZENWALLET_LISTEN=127.0.0.1:0
ZENWALLET_SECRET_KEY=$(head -c 32 /dev/urandom | base64)
export ZENWALLET_SECRET_KEY
made=$("$binary" app create --name campaign --environment test --rate-limit 0 --json)
key=$(sed -E 's/.*"api_key":"([^"]+)".*/\1/' <<<"$made")
secret=$(sed -E 's/.*"webhook_secret":"([^"]+)".*/\1/' <<<"$made")

: >"$dir/log" # it exists before the first look at it
"$binary" serve --log-format json >"$dir/out" 2>>"$dir/log" &
server=$!
for _ in $(seq 300); do
    listen=$(sed -nE 's/.*"message":"ready","listen":"([^"]+)".*/\1/p' "$dir/log")
    [[ -z $listen ]] || break
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
done
[[ -n $listen ]] || { cat "$dir/log" >&2; echo "with-gateway: the gateway does not start" >&2; exit 1; }

export ZENWALLET_URL="http://$listen" ZENWALLET_PID="$server" ZENWALLET_API_KEY="$key" ZENWALLET_WEBHOOK_SECRET="$secret"
unset ZENWALLET_SECRET_KEY ZENWALLET_LISTEN ZENWALLET_DATA_DIR
"$@"
