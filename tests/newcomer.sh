#!/usr/bin/env bash
# The newcomer's path in each language: the SDK is packed as it is published, what was packed is installed in an empty
# directory, and the program of the SDK's README runs there, beside a gateway and `zenwallet listen --forward-to`, until a
# payment is paid and its webhook has come and was verified.
#
# ZENWALLET_BINARY=… names a binary to test instead of building one; `newcomer.sh go` tries that language alone. Needs node
# with npm, python3 with venv, cargo and go, and PyPI's registry when target/newcomer is not there yet.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/clients/tools.sh
tools=target/newcomer

mkdir -p "$tools"
install_python "$tools/build" scripts/sdk-tools.txt
find_binary

dir=$(mktemp -d "${TMPDIR:-/tmp}/zenwallet-newcomer.XXXXXX")
trap 'rm -rf "$dir"' EXIT
# What never ends has failed.
timeout --kill-after=20 "${NEWCOMER_DEADLINE_S:-2400}" python3 -B tests/docs/newcomer.py "$binary" "$PWD/$tools" "$dir" "$@"
