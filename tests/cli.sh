#!/usr/bin/env bash
# The commands that speak to a gateway, against a real one: what they print, keep and end with; and `listen` through a
# restart, a killed gateway and a network that is away for half a minute, with nothing lost, doubled or out of order.
#
# ZENWALLET_BINARY=… names a binary to test instead of building one. Starts and ends its own gateway and receivers.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/clients/tools.sh
find_binary
dir=$(mktemp -d "${TMPDIR:-/tmp}/zenwallet-cli.XXXXXX")
trap 'rm -rf "$dir"' EXIT
timeout --kill-after=20 "${CLI_DEADLINE_S:-600}" python3 -B tests/cli/campaign.py "$(realpath "$binary")" "$dir"
