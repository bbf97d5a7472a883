#!/usr/bin/env bash
# Emails of the running binary, taken by an SMTP server that knows nothing of it: PyPI's aiosmtpd, with logins, STARTTLS,
# TLS from the first byte, wrong certificates, refusals and failures; read by Python's own email parser.
#
# ZENWALLET_BINARY=… names a binary to test instead of building one. Starts and ends its own gateways and servers. Needs
# python3 with venv, openssl, and PyPI when target/mail-clients is not there yet.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/clients/tools.sh
here=tests/clients/mail
tools=target/mail-clients

install_python "$tools" "$here/requirements.txt"

find_binary

dir=$(mktemp -d "${TMPDIR:-/tmp}/zenwallet-mail.XXXXXX")
trap 'rm -rf "$dir"' EXIT
# What never ends has failed.
timeout --kill-after=20 "${MAIL_DEADLINE_S:-240}" "$tools/bin/python" -B "$here/campaign.py" "$binary" "$dir"
