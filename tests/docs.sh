#!/usr/bin/env bash
# The samples of the documents, run: every block of a program, of settings and of JSON in docs/*.md and in the SDKs'
# READMEs, against a gateway of its own and the SDKs of this repository. `<!-- sample NAME -->` on the line before a block
# names it, `<!-- shown: WHY -->` lets it out; a block with neither fails. What comes behind a name:
#   expects: TEXT    it prints TEXT        matches: SCHEMA   JSON that is such an object
#   receives         it listens on PORT    verifies          it checks a webhook from its standard input
#   pays             it asks for a payment and ends with the webhook; so does whatever prints `pay at`
#   returns          it checks what a payer comes back with
#
# ZENWALLET_BINARY=… names a binary to test instead of building one; `docs.sh quickstart` runs what has that in its name.
# Needs node with npm, python3 with venv, cargo, go and curl; the registries when target/webhook-verifiers is not there yet.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/clients/tools.sh
here=tests/clients/webhooks
tools=target/webhook-verifiers

# The libraries of Standard Webhooks are the ones that tests/clients/webhooks.sh installs.
install_node "$tools/node" "$here/node"
install_python "$tools/python" "$here/requirements.txt"

find_binary

dir=$(mktemp -d "${TMPDIR:-/tmp}/zenwallet-docs.XXXXXX")
trap 'rm -rf "$dir"' EXIT
# What never ends has failed.
timeout --kill-after=20 "${DOCS_DEADLINE_S:-2400}" python3 -B tests/docs/run.py "$binary" "$PWD/$tools" "$dir" "$@"
