#!/usr/bin/env bash
# A full disk under SQLite: disk-full.sh BINARY. Needs root, for a small file system of its own.
# Writing ends with 503 and nothing else, reading goes on, and with space everything goes on; nothing acknowledged is lost.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
binary=$(realpath "$1")
disk=$(mktemp -d "${TMPDIR:-/tmp}/zenwallet-disk.XXXXXX")
server=
finish() {
    local code=$?
    trap - EXIT
    if [[ -n $server ]]; then kill -TERM "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
    umount "$disk" 2>/dev/null || true
    rmdir "$disk" 2>/dev/null || true
    exit "$code"
}
trap finish EXIT
mount -t tmpfs -o size=24m tmpfs "$disk"

export ZENWALLET_DATA_DIR="$disk/data" ZENWALLET_LISTEN=127.0.0.1:0
key=$("$binary" app create --name disk --environment test --rate-limit 0 --json | sed -E 's/.*"api_key":"([^"]+)".*/\1/')
start() {
    : >"$disk/log" # it exists before the first look at it
    "$binary" serve --log-format json >"$disk/out" 2>>"$disk/log" &
    server=$!
    url=
    for _ in $(seq 300); do
        url=$(sed -nE 's/.*"message":"ready","listen":"([^"]+)".*/http:\/\/\1/p' "$disk/log")
        [[ -z $url ]] || return 0
        sleep 0.1
    done
    cat "$disk/log" >&2
    return 1
}

passed=0
failed=0
check() { # WHAT COMMAND…
    local what=$1
    shift
    if "$@"; then passed=$((passed + 1)); echo "ok    $what"; else failed=$((failed + 1)); echo "FAIL  $what"; fi
}
status() { curl -s -o "${2:-/dev/null}" -w '%{http_code}' -m 20 -H "Authorization: Bearer $key" "$url$1" || true; }
create() {
    local answer
    answer=$(curl -s -m 20 -w '\n%{http_code}' -H "Authorization: Bearer $key" -H 'Content-Type: application/json' \
        "$url/api/payments/create" -d '{"amount":500,"currency":"COINS","description":"'"$(printf '%0800d' 0)"'"}') || true
    code=${answer##*$'\n'}
    if [[ $code == 201 ]]; then acked+=("$(grep -oE 'pay_[0-9A-Za-z]{22}' <<<"$answer" | head -n 1)"); fi
}

start
acked=()
for _ in $(seq 20); do create; done
check '20 creates on a free disk' test "${#acked[@]}" = 20

# The log itself must not need the last page, so the ballast leaves some.
fallocate -l "$(($(df --output=avail -B1 "$disk" | tail -n 1) - 400000))" "$disk/ballast"
codes=()
for _ in $(seq 600); do
    create
    codes+=("$code")
    [[ $code == 201 ]] || break
done
check "a create is answered 503 when the disk is full, after ${#acked[@]} acknowledged" test "$code" = 503
for _ in 1 2 3 4 5; do create; codes+=("$code"); done
others=$(printf '%s\n' "${codes[@]}" | grep -vE '^(201|503)$' | sort -u | tr '\n' ' ' || true)
check "no answer but 201 and 503: ${others:-none}" test -z "$others"
# A probe needs fewer pages than a payment, and some are left in the log: it uses them up.
dd if=/dev/zero of="$disk/rest" bs=4096 2>/dev/null || true
for probes in $(seq 30); do
    ready=$(status /readyz)
    [[ $ready == 200 ]] || break
done
check "/readyz is red, after $probes probes" test "$ready" = 503
check '/healthz is green' test "$(status /healthz)" = 200
check 'reading goes on' test "$(status "/api/payments/${acked[0]}")" = 200

rm "$disk/ballast" "$disk/rest"
healed=no
for _ in $(seq 50); do
    if [[ $(status /readyz) == 200 ]]; then healed=yes; break; fi
    sleep 0.1
done
check 'with space /readyz is green within 5 s' test "$healed" = yes
create
check 'with space creates go on' test "$code" = 201

check 'the process lives' kill -TERM "$server"
wait "$server" || true
start
lost=0
for id in "${acked[@]}"; do [[ $(status "/api/payments/$id") == 200 ]] || lost=$((lost + 1)); done
check "after a restart none of ${#acked[@]} acknowledged payments is lost: $lost" test "$lost" = 0
printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
