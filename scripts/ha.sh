#!/usr/bin/env bash
# Failover under load, on the release build: ha.sh [ARGUMENT OF scripts/ha/campaign.py…].
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cargo build --locked --release -p zenwallet -p bench
exec python3 -B scripts/ha/campaign.py "$@"
