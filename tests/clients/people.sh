#!/usr/bin/env bash
# People on the running binary: pyotp for the authenticator and requests for the browser walk from the printed token
# through password, second factor and renewal to the logout; then every flow runs with known secrets at the loudest log,
# and none of them is found in clear in logs, database, metrics, errors or the audit log. On SQLite and PostgreSQL.
#
# ZENWALLET_BINARY=… names a binary to test instead of building one; `people.sh sqlite` tries that database alone;
# PEOPLE_REQUESTS=… is how many requests are made. PEOPLE_PLANT=1 plants a secret in a log: it must be found. Needs
# python3 with venv and PostgreSQL's pg_dump; PyPI when target/people-clients is not there yet.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/clients/tools.sh
here=tests/clients/people
tools=target/people-clients
databases=("${@:-sqlite}")
(($# > 0)) || databases=(sqlite postgres)

install_python "$tools" "$here/requirements.txt"
find_binary
find_postgres

dir=$(mktemp -d "${TMPDIR:-/tmp}/zenwallet-people.XXXXXX")
trap 'rm -rf "$dir"' EXIT
passed=0
failed=0
for database in "${databases[@]}"; do
    beside=()
    [[ $database != postgres ]] || beside=(target/debug/with-postgres)
    mkdir "$dir/$database"
    code=0 bad=0
    # What never ends has failed.
    "${beside[@]}" timeout --kill-after=20 "${PEOPLE_DEADLINE_S:-400}" \
        "$tools/bin/python" -B "$here/campaign.py" "$binary" "$database" "$dir/$database" >"$dir/said" 2>&1 || code=$?
    grep -vE '^[0-9]+ passed, ' "$dir/said" || true
    if [[ $(tail -n 1 "$dir/said") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
        passed=$((passed + BASH_REMATCH[1]))
        bad=${BASH_REMATCH[2]}
    fi
    ((bad > 0 || code == 0)) || bad=1
    failed=$((failed + bad))
done
echo "$passed passed, $failed failed"
((failed == 0))
