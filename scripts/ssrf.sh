#!/usr/bin/env bash
# R11, the laboratory: ssrf.sh BINARY. Tries to make the gateway call its own network, in a network namespace where
# every address there is leads to a canary that counts who comes, and DNS answers as an attacker's would. No packet
# leaves it.
# Needs root, or user namespaces; without either it ends with 1, or with 0 and no check if ZENWALLET_ALLOW_SKIP=1.
# With --possible instead of a binary it only says, by its exit code, whether it can run here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PATH="$PATH:/usr/sbin:/sbin"

# Network, mounts and processes of its own: whatever happens, all of it ends with this script and nothing is left.
space=(unshare --net --mount --pid --fork --kill-child --mount-proc)
[[ $(id -u) == 0 ]] || space+=(--map-root-user)
if ! said=$("${space[@]}" ip link set lo up 2>&1); then
    echo "ssrf: no network namespace can be made here: $said" >&2
    echo 'ssrf: run it as root, or where the kernel allows user namespaces' >&2
    [[ $1 != --possible ]] || exit 1
    echo '0 passed, 0 failed'
    [[ ${ZENWALLET_ALLOW_SKIP:-} == 1 ]] && exit 0
    exit 1
fi
[[ $1 != --possible ]] || exit 0

binary=$(realpath "$1")
dir=$(mktemp -d "${TMPDIR:-/tmp}/zenwallet-ssrf.XXXXXX")
trap 'rm -rf "$dir"' EXIT
names='DNS:lab.test,DNS:*.lab.test,DNS:*.to.lab.test'
addresses='IP:93.184.216.34,IP:10.1.2.3,IP:2606:2800:220:1:248:1893:25c8:1946'
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=canary \
    -keyout "$dir/key.pem" -out "$dir/certificate.pem" -addext basicConstraints=critical,CA:FALSE \
    -addext "subjectAltName=$names,$addresses" 2>"$dir/openssl" || { cat "$dir/openssl" >&2; exit 1; }
printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' >"$dir/resolv.conf"
printf '127.0.0.1 localhost\n10.1.1.1 intranet\n' >"$dir/hosts"
printf 'hosts: files dns\n' >"$dir/nsswitch.conf"

inside='
    ip link set lo up
    # Every address is this machine.
    ip route add local 0.0.0.0/0 dev lo
    ip -6 route add local ::/0 dev lo
    for file in resolv.conf hosts nsswitch.conf; do
        [[ ! -e /etc/$file ]] || mount --bind "$1/$file" "$(realpath "/etc/$file")"
    done
    exec python3 -B tests/clients/ssrf/lab.py "$0" "$1"'
"${space[@]}" bash -euc "$inside" "$binary" "$dir"
