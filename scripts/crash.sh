#!/usr/bin/env bash
# The long crash campaign: crash.sh [KILLS], 500 of each unless said, on the release build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
kills=${1:-500}
PART_DEADLINE_S=7200
source scripts/parts.sh

part 'build' cargo build --locked --release -p zenwallet -p bench
box=(target/release/bench crashbox --kills "$kills")
counted 'crash on SQLite' "${box[@]}" --db sqlite
counted 'crash on PostgreSQL' "${box[@]}" --db postgres
counted 'crash through PgBouncer' "${box[@]}" --db postgres --pgbouncer
finish
