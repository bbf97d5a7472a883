#!/usr/bin/env bash
# Everything CI runs, in the dev profile and one target directory.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/parts.sh

part 'format' cargo fmt --all --check
part 'lints' cargo clippy --locked --workspace --all-targets -- -D warnings

# Before the binary, which embeds it.
part 'dashboard' scripts/dashboard.sh check

# The same packages and targets in every build, so that nothing is compiled twice with other features. The binary with
# planted bugs is built first and set aside: the last build leaves the true one in its place.
part 'build with planted bugs' cargo build --locked --workspace --all-targets --features zenwallet/planted-bugs
mkdir -p target/planted
cp target/debug/{zenwallet,sim} target/planted/
part 'build' cargo build --locked --workspace --all-targets

binary=target/debug/zenwallet
counted 'tests' target/debug/with-postgres cargo nextest run --locked --workspace --no-fail-fast --config-file scripts/nextest.toml
# The contract's cases name the way of sending; those that leave it open find the pooler by themselves.
counted 'tests through PgBouncer' target/debug/with-postgres scripts/with-pgbouncer.sh \
    cargo nextest run --locked --workspace --no-fail-fast --config-file scripts/nextest.toml \
    -E 'package(zenwallet-server) & test(/\bpostgres::/) | test(/postgres_unnamed/)'

# They wait for most of their time, and judge what is right, not what is fast: they run beside the campaigns that follow.
clients() {
    counted 'schemathesis' env ZENWALLET_BINARY="$binary" bash tests/clients/schemathesis.sh
    counted 'webhook verifiers' env ZENWALLET_BINARY="$binary" bash tests/clients/webhooks.sh
    counted 'people and their secrets' env ZENWALLET_BINARY="$binary" bash tests/clients/people.sh
    counted 'SDKs and shops' scripts/sdk.sh "$binary"
    counted 'samples of the documents' env ZENWALLET_BINARY="$binary" bash tests/docs.sh
    counted 'newcomers' env ZENWALLET_BINARY="$binary" bash tests/newcomer.sh
    counted 'command line' env ZENWALLET_BINARY="$binary" bash tests/cli.sh
    counted 'planted bugs' env PLANTED_TURNS=1 scripts/planted.sh target/planted/zenwallet --kills 12
}
aside clients clients

counted 'simulation' target/debug/sim --seeds 1000
counted 'planted bugs simulated' scripts/planted-sim.sh target/planted/sim

box=(target/debug/bench crashbox --binary "$binary")
counted 'crash on SQLite' "${box[@]}" --db sqlite --kills 20
counted 'crash on PostgreSQL' "${box[@]}" --db postgres --kills 20
counted 'crash through PgBouncer' "${box[@]}" --db postgres --pgbouncer --kills 20
counted 'crash of PostgreSQL' "${box[@]}" --db postgres --kill-database --kills 15
counted 'storm on SQLite' "${box[@]}" --mode storm --keys 100 --copies 100
counted 'storm on PostgreSQL' "${box[@]}" --mode storm --db postgres --keys 100 --copies 100
counted 'race on SQLite' "${box[@]}" --mode race --payments 1000 --expiring 100
counted 'race on PostgreSQL' "${box[@]}" --mode race --db postgres --payments 1000 --expiring 100

for db in sqlite postgres; do
    if compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null; then
        counted "clock on $db" "${box[@]}" --db "$db" --jump-clock --kills 4
    else
        echo "LEFT OUT  clock on $db: libfaketime is not installed"
    fi
done

counted 'crash of one of two nodes' "${box[@]}" --db postgres --nodes 2 --kills 3

counted 'limits over nodes' target/debug/bench limits --binary "$binary" --seconds 5
counted 'limits through PgBouncer' target/debug/bench limits --binary "$binary" --seconds 5 --pgbouncer
# The dev profile's sockets are larger and slower: what they cost is measured on the release build.
counted 'sockets' target/debug/bench sockets --binary "$binary" --count 2000 --events 40 --rate 50 --flood 10000 \
    --kb-max 80 --latency-max-ms 5000
counted 'cluster' target/debug/bench cluster --binary "$binary"

for db in sqlite postgres; do
    counted "shutdown on $db" target/debug/bench shutdown --binary "$binary" --db "$db" --rounds 5
    counted "backlog on $db" target/debug/bench backlog --binary "$binary" --db "$db" --count 5000 --rate-min 100 --fresh-max-ms 3000
done

counted 'syncs before answers' scripts/durability.py syncs --binary "$binary"
counted 'failing disk' scripts/durability.py faults --binary "$binary" --count 20
counted 'browser walks' env ZENWALLET_BINARY="$binary" node dashboard/e2e/run.mjs
if scripts/ssrf.sh --possible; then
    counted 'ssrf laboratory' scripts/ssrf.sh "$binary"
else
    echo 'LEFT OUT  ssrf laboratory: this machine lets nobody make a network namespace'
fi
counted 'mail server' env ZENWALLET_BINARY="$binary" bash tests/clients/mail.sh
counted 'live clients' env ZENWALLET_BINARY="$binary" bash tests/clients/live.sh
finish
