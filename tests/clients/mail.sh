#!/usr/bin/env bash
# Emails of the running binary, taken by an SMTP server that knows nothing of it: PyPI's aiosmtpd, with logins, STARTTLS,
# TLS from the first byte, wrong certificates, refusals and failures; read by Python's own email parser.
#
# ZENWALLET_BINARY=… names a binary to test instead of building one. Starts and ends its own gateways and servers. Needs
# python3 with venv, openssl, and PyPI when target/mail-clients is not there yet.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
here=tests/clients/mail
tools=target/mail-clients

if ! cmp -s "$here/requirements.txt" "$tools/installed"; then
    echo 'mail: installing python'
    rm -rf "$tools"
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$tools/installed"
fi

binary=${ZENWALLET_BINARY:-}
if [[ -z $binary ]]; then
    cargo build --locked --quiet -p zenwallet
    binary=target/debug/zenwallet
fi

dir=$(mktemp -d "${TMPDIR:-/tmp}/zenwallet-mail.XXXXXX")
trap 'rm -rf "$dir"' EXIT
# What never ends has failed.
timeout --kill-after=20 "${MAIL_DEADLINE_S:-240}" "$tools/bin/python" -B "$here/campaign.py" "$binary" "$dir"
