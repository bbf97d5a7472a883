#!/usr/bin/env bash
# Makes sure that the tools of `make test` (with the argument `ha` or `nightly`, of that target too) are here.
# Root on Debian: installs what is missing. Anybody else: names the one command to run, and ends with 2.
set -euo pipefail
scope=${1:-test}
export PATH="$PATH:/usr/sbin:/sbin"

postgres_bin() { ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | grep -q . || command -v initdb >/dev/null; }
has() { command -v "$1" >/dev/null; }

missing=()
need() { # PACKAGE COMMAND…: the package is missing unless the command succeeds
    local package=$1
    shift
    "$@" || missing+=("$package")
}

need gcc has gcc
need postgresql-15 postgres_bin
need pgbouncer has pgbouncer
need strace has strace
need zbar-tools has zbarimg
need curl has curl
need openssl has openssl
need iproute2 has ip
need nodejs has node
need golang-go has go
need npm has npm
need chromium has chromium
need libfaketime compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null
need python3-venv python3 -c 'import venv, ensurepip' 2>/dev/null
if [[ $scope == nightly ]]; then
    need slowhttptest has slowhttptest
fi
if [[ $scope == ha || $scope == nightly ]]; then
    need etcd-server has etcd
    need etcd-client has etcdctl
    need haproxy has haproxy
fi

if ! has cargo; then
    echo "need: cargo is missing: install Rust 1.95 with rustfmt and clippy" >&2
    exit 2
fi

if ((${#missing[@]})); then
    command="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
    if [[ $(id -u) == 0 && -e /etc/debian_version ]] && has apt-get; then
        echo "need: installing ${missing[*]}"
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq
        apt-get install -qq -y --no-install-recommends "${missing[@]}"
    else
        echo "need: missing ${missing[*]}; run as root: $command" >&2
        exit 2
    fi
fi

if ! cargo nextest --version >/dev/null 2>&1; then
    echo "need: installing cargo-nextest"
    cargo install --locked cargo-nextest --version 0.9.143
fi
