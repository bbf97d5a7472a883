#!/usr/bin/env bash
# R16: holds the running binary against its own description, as nobody and as an app, with schemathesis.
#
#   tests/clients/schemathesis.sh                15 examples an operation, as every commit has it
#   EXAMPLES=500 tests/clients/schemathesis.sh   as a release has it
#
# SEED=… draws other examples; ZENWALLET_BINARY=… names a binary to test instead of building one.
# Starts and ends its own server. Needs python3 with venv, and PyPI when schemathesis is not installed yet.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
version=4.32.5
examples=${EXAMPLES:-15}
seed=${SEED:-1}
venv=target/schemathesis-$version

if ! "$venv/bin/st" --version >/dev/null 2>&1; then
    echo "schemathesis: installing $version into $venv"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version"
fi
binary=${ZENWALLET_BINARY:-}
if [[ -z $binary ]]; then
    cargo build --locked --quiet -p zenwallet
    binary=target/debug/zenwallet
fi

data=$(mktemp -d "${TMPDIR:-/tmp}/zenwallet-schemathesis.XXXXXX")
server=
finish() {
    if [[ -n $server ]]; then
        kill "$server" 2>/dev/null || true
        wait "$server" || true
    fi
    rm -rf "$data"
}
trap finish EXIT

# No setting of whoever runs this reaches the server.
settings=(env -i PATH="$PATH" ZENWALLET_DATA_DIR="$data" ZENWALLET_DEMO_APP=false ZENWALLET_LISTEN=127.0.0.1:0
    ZENWALLET_WEBHOOKS_TIMEOUT_MS=300) # a test of an address that nobody answers ends in time
make_app() { # NAME ENVIRONMENT: a new app's id and key
    "${settings[@]}" "$binary" app create --name "$1" --environment "$2" --rate-limit 0 --json |
        python3 -c 'import json, sys; app = json.load(sys.stdin); print(app["app_id"], app["api_key"])'
}
read -r APP_ID key < <(make_app A test)
export APP_ID # for the configuration
make_app B production >/dev/null
: >"$data/log" # it exists before the first look at it
"${settings[@]}" "$binary" serve --log-format json 2>>"$data/log" &
server=$!
address=
for _ in $(seq 200); do
    address=$(sed -nE 's/.*"message":"ready","listen":"([^"]+)".*/\1/p' "$data/log")
    [[ -z $address ]] || break
    kill -0 "$server" 2>/dev/null || break
    sleep 0.05
done
if [[ -z $address ]]; then
    echo "schemathesis: the server did not start:" >&2
    cat "$data/log" >&2
    exit 1
fi

passed=0
failed=0
# The stream has no end, so it has no whole answer to judge; it has tests of its own.
judge() { # IDENTITY ARGUMENT…
    local identity=$1
    shift
    echo "schemathesis: as $identity"
    "$venv/bin/st" --config-file tests/clients/schemathesis.toml --no-color run "http://$address/api/openapi.json" \
        --phases examples,coverage,fuzzing,stateful --max-examples "$examples" --seed "$seed" --workers 1 \
        --exclude-path /api/events/stream --continue-on-failure "$@" && passed=$((passed + 1)) || failed=$((failed + 1))
}
judge nobody
judge "app A" --header "Authorization: Bearer $key"

if grep -E '"level":"ERROR"|panicked' "$data/log"; then
    echo "schemathesis: the server has errors in its log" >&2
    failed=$((failed + 1))
fi
echo "$passed passed, $failed failed"
((failed == 0))
