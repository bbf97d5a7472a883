#!/usr/bin/env bash
# Every campaign in its long form, on the release build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
PART_DEADLINE_S=14400
source scripts/parts.sh

part 'build' cargo build --locked --release -p zenwallet -p bench -p sim
part 'build with planted bugs' cargo build --locked --workspace --all-targets --features zenwallet/planted-bugs
mkdir -p target/planted
cp target/debug/{zenwallet,sim} target/planted/
part 'build of the tests' cargo build --locked --workspace --all-targets

binary=target/release/zenwallet
counted 'crash' scripts/crash.sh 500
box=(target/release/bench crashbox)
counted 'storm on SQLite' "${box[@]}" --mode storm --keys 1000 --copies 200
counted 'storm on PostgreSQL' "${box[@]}" --mode storm --db postgres --keys 1000 --copies 200
counted 'storm under kills' "${box[@]}" --mode storm --db postgres --keys 1000 --copies 100 --kills 60
counted 'race on SQLite' "${box[@]}" --mode race --payments 20000 --expiring 1000
counted 'race on PostgreSQL' "${box[@]}" --mode race --db postgres --payments 20000 --expiring 1000
counted 'crash of one of two nodes' "${box[@]}" --db postgres --nodes 2 --kills 60
counted 'freeze of one of two nodes' "${box[@]}" --db postgres --nodes 2 --freeze --kills 10
counted 'crash of PostgreSQL' "${box[@]}" --db postgres --kill-database --kills 300
counted 'the same under two nodes' "${box[@]}" --db postgres --kill-database --nodes 2 --kills 100
counted 'the same behind PgBouncer' "${box[@]}" --db postgres --kill-database --pgbouncer --kills 100
counted 'clock on SQLite' "${box[@]}" --jump-clock --kills 40
counted 'clock on PostgreSQL' "${box[@]}" --db postgres --jump-clock --kills 40
counted 'clock of two nodes' "${box[@]}" --db postgres --nodes 2 --jump-clock --kills 20
counted 'failover' python3 -B scripts/ha/campaign.py --faults 6
counted 'failover past HAProxy' python3 -B scripts/ha/campaign.py --faults 2 --direct
counted 'simulation' env SIM_SEEDS="${SIM_SEEDS:-200000}" target/release/sim --first "${SIM_FIRST:-1}"
counted 'planted bugs simulated' scripts/planted-sim.sh target/planted/sim 2000
counted 'limits over two nodes' target/release/bench limits --seconds 30
counted 'limits over five nodes' target/release/bench limits --seconds 30 --nodes 5
counted 'sockets' target/release/bench sockets
counted 'sockets on PostgreSQL' target/release/bench sockets --db postgres --count 2000
counted 'cluster' target/release/bench cluster --rounds 30 --freeze --events 500
counted 'cluster through PgBouncer' target/release/bench cluster --rounds 30 --freeze --events 500 --pgbouncer
# The judge of the cluster's readers must find a socket that comes back without its place.
part 'cluster that forgets' bash -c '! target/release/bench cluster --forget --events 3'
counted 'schedule' target/release/bench schedule
for db in sqlite postgres; do
    counted "neighbours on $db" target/release/bench neighbours --db "$db" --seconds 30
    counted "shutdown on $db" target/release/bench shutdown --db "$db" --rounds 100
    counted "backlog on $db" target/release/bench backlog --db "$db" --count 200000
done
counted 'planted bugs' scripts/planted.sh target/planted/zenwallet --kills 60

counted 'syncs before answers' scripts/durability.py syncs --binary "$binary"
counted 'failing disk' scripts/durability.py faults --binary "$binary" --count 40
counted 'full disk' scripts/disk-full.sh "$binary"
counted 'lists on SQLite' target/release/bench lists --db sqlite --large 2000000
counted 'lists on PostgreSQL' target/release/bench lists --db postgres --large 2000000
counted 'analytics on SQLite' target/release/bench analytics --db sqlite --large 2000000
counted 'analytics on PostgreSQL' target/release/bench analytics --db postgres --large 2000000
counted 'people and their secrets' env ZENWALLET_BINARY="$binary" PEOPLE_REQUESTS=10000 PEOPLE_DEADLINE_S=1800 bash tests/clients/people.sh
counted 'guesses' env ZENWALLET_GUESSES=100000 target/debug/with-postgres \
    cargo nextest run --locked --package zenwallet-server --config-file scripts/nextest.toml -E 'test(people::guessing)'
for db in sqlite postgres; do
    counted "logins on $db" target/release/bench logins --db "$db"
done
counted 'fuzzing' scripts/fuzz.sh 10
counted 'schemathesis' env ZENWALLET_BINARY="$binary" EXAMPLES=500 bash tests/clients/schemathesis.sh

# A reader whose system still took something in its first 10 s is cut off after the next 10.
counted 'slow clients' scripts/with-gateway.sh "$binary" \
    bash -c 'ulimit -n "$(ulimit -Hn)"; exec target/release/bench attack --url "$ZENWALLET_URL" --key "$ZENWALLET_API_KEY" --attackers 500 --deadline 25'
counted 'slowhttptest' scripts/with-gateway.sh "$binary" scripts/slow-clients.sh
finish
