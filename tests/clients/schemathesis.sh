#!/usr/bin/env bash
# R16: holds the running binary against its own description, with schemathesis: as nobody, as a test app, as a production
# app that reaches for what is the first one's, and as a user in his session. The document's links are followed.
#
#   tests/clients/schemathesis.sh                15 examples an operation, as every commit has it
#   EXAMPLES=500 tests/clients/schemathesis.sh   as a release has it
#
# SEED=… draws other examples; ZENWALLET_BINARY=… names a binary to test instead of building one.
# Starts and ends its own server. Needs python3 with venv, and PyPI when schemathesis is not installed yet.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/clients/tools.sh
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
find_binary

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
    ZENWALLET_WEBHOOKS_TIMEOUT_MS=300 # a test of an address that nobody answers ends in time
    # The user logs in from an address of his own: the guesses of the run would lock his out.
    ZENWALLET_HTTP_TRUSTED_PROXIES=127.0.0.1/32)
make_app() { # NAME ENVIRONMENT: a new app's id and key
    "${settings[@]}" "$binary" app create --name "$1" --environment "$2" --rate-limit 0 --json |
        python3 -c 'import json, sys; app = json.load(sys.stdin); print(app["app_id"], app["api_key"])'
}
read -r app_a key_a < <(make_app A test)
read -r app_b key_b < <(make_app B production)
read -r app_spare _ < <(make_app Spare test)
export USER_EMAIL=schemathesis@users.example USER_PASSWORD="violet-harbour-$RANDOM-quilt"
"${settings[@]}" "$binary" user create --email "$USER_EMAIL" --name Tester --role admin --password-stdin --json \
    <<<"$USER_PASSWORD" >/dev/null
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

export GATEWAY=http://$address

# What app A has, for the others to reach for.
call() { # PATH BODY MEMBER: a member of what A is answered
    curl --silent --show-error --fail --max-time 10 -H "Authorization: Bearer $key_a" -H 'Content-Type: application/json' \
        --data "$2" "$GATEWAY$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$3"
}
FOREIGN_PAYMENT=$(call /api/payments/create '{"amount":5,"currency":"XP"}' payment_id)
FOREIGN_ENDPOINT=$(call /api/webhooks/endpoints '{"url":"https://receiver.example/a"}' endpoint_id)
FOREIGN_DELIVERY=$(call /api/webhooks/test '{"url":"https://receiver.invalid/a"}' delivery_id)
FOREIGN_EVENT=$(curl --silent --show-error --fail --max-time 10 -H "Authorization: Bearer $key_a" "$GATEWAY/api/events" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["data"][0]["event_id"])')
export FOREIGN_PAYMENT FOREIGN_ENDPOINT FOREIGN_DELIVERY FOREIGN_EVENT FOREIGN_APP=$app_a

# Fewest kinds of links that an identity follows: with none the stateful phase proves nothing.
LINKS_MIN=1
passed=0
failed=0
fail() {
    echo "schemathesis: $*" >&2
    failed=$((failed + 1))
}
# The stream has no end, so it has no whole answer to judge; it has tests of its own.
judge() { # IDENTITY APP ARGUMENT…
    export IDENTITY=$1 APP_ID=$2
    shift 2
    echo "schemathesis: as $IDENTITY"
    local code=0 began=$SECONDS said=$data/said links=0
    export FOREIGN_COUNT=$data/foreign
    : >"$FOREIGN_COUNT"
    run examples,coverage,fuzzing "$examples" "$@" || code=$?
    if [[ $IDENTITY != nobody ]]; then
        # Links lead on from what was made, so what an app may not do at all is left out: it would fill the scenarios.
        [[ $IDENTITY == user ]] || for tag in Account Users Audit Search Settings; do set -- "$@" --exclude-tag "$tag"; done
        run stateful $((examples * 6)) "$@" >"$said" 2>&1 || code=$?
        cat "$said"
        links=$(grep -oE '[0-9]+ covered / [0-9]+ selected' "$said" | tail -n 1 | grep -oE '^[0-9]+' || echo 0)
        ((links >= LINKS_MIN)) || fail "$IDENTITY followed $links kinds of links of the document, of $LINKS_MIN that it must"
    fi
    echo "schemathesis: $IDENTITY took $((SECONDS - began)) s, followed $links kinds of links, reached for another's things $(wc -l <"$FOREIGN_COUNT") times"
    if ((code == 0)); then passed=$((passed + 1)); else failed=$((failed + 1)); fi
    if [[ $IDENTITY == 'app B' && ! -s $FOREIGN_COUNT ]]; then fail "app B never reached for what is A's"; fi
}
run() { # PHASES EXAMPLES ARGUMENT…
    local phases=$1 count=$2
    shift 2
    "$venv/bin/st" --config-file tests/clients/schemathesis.toml --no-color run "$GATEWAY/api/openapi.json" \
        --phases "$phases" --max-examples "$count" --seed "$seed" --workers 1 \
        --exclude-path-regex "^/api/(events/stream|webhooks/listen)$" --continue-on-failure "$@"
}
# What ends the session of whoever calls, or what it proves: there the run would saw off its own branch.
of_user=()
for operation in log_out log_out_everywhere end_session log_out_user disable_totp reset_totp; do
    of_user+=(--exclude-operation-id "$operation")
done
judge nobody "$app_a"
judge 'app A' "$app_a" --header "Authorization: Bearer $key_a"
judge 'app B' "$app_b" --header "Authorization: Bearer $key_b"
export SPARE_APP=$app_spare
judge user "$app_a" "${of_user[@]}"

if grep -E '"level":"ERROR"|panicked' "$data/log"; then
    fail 'the server has errors in its log'
fi
echo "$passed passed, $failed failed"
((failed == 0))
