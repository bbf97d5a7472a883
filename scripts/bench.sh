#!/usr/bin/env bash
# Measures this machine, on the release build: bench.sh [SECONDS OF EACH MEASUREMENT]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export SECONDS_EACH=${1:-6}
cargo build --locked --release -p zenwallet -p bench
cargo build --locked -p zenwallet-testing

measure='
    bench=(target/release/bench) each=(--url "$ZENWALLET_URL" --key "$ZENWALLET_API_KEY" --seconds "$SECONDS_EACH" --pids "$ZENWALLET_PID")
    printf "\n== create\n"; "${bench[@]}" load "${each[@]}"
    printf "\n== create and complete\n"; "${bench[@]}" load "${each[@]}" --mode create-complete
    printf "\n== beside pgbench\n"; "${bench[@]}" compare "${each[@]}"
    printf "\n== webhooks\n"; "${bench[@]}" hooks --url "$ZENWALLET_URL" --key "$ZENWALLET_API_KEY" --pids "$ZENWALLET_PID"'
printf '\n==== SQLite\n'
scripts/with-gateway.sh target/release/zenwallet bash -euc "$measure"
printf '\n==== PostgreSQL\n'
target/debug/with-postgres bash -euc \
    'DATABASE_URL=$ZENWALLET_TEST_POSTGRES/postgres exec scripts/with-gateway.sh target/release/zenwallet bash -euc "$0"' "$measure"

printf '\n==== Retries of webhooks, 5 s and 30 s after a failure\n'
target/release/bench schedule

printf '\n==== 10000 sockets: memory, latency, coming back, a flood\n'
target/release/bench sockets
printf '\n==== From one node to the other\n'
target/release/bench cluster --rounds 0 --events 500
target/release/bench cluster --rounds 0 --events 500 --pgbouncer

printf '\n==== Lists with 10 thousand and 5 million payments\n'
target/release/bench lists --db sqlite
target/release/bench lists --db postgres

printf '\n==== Analytics with 10 thousand and 5 million payments\n'
target/release/bench analytics --db sqlite
target/release/bench analytics --db postgres
