#!/usr/bin/env bash
# Builds the dashboard into dashboard/dist, which the binary embeds. With `check`: first its types against the API's
# document, its format, lints and tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../dashboard"

if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    ! command -v npm >/dev/null; then
    echo "dashboard: Node 20.19 or newer is needed, with npm; here is $(node --version 2>/dev/null || echo none)" >&2
    exit 2
fi

# Installed anew when the lockfile is not the one that was installed.
if ! cmp -s package-lock.json node_modules/.installed-lock.json; then
    npm ci --no-fund --no-audit --loglevel=error
    cp package-lock.json node_modules/.installed-lock.json
fi
if [[ ${1:-} == check ]]; then
    types=$(mktemp)
    trap 'rm -f "$types"' EXIT
    node_modules/.bin/openapi-typescript ../openapi.json -o "$types" >/dev/null
    diff -q "$types" src/api/schema.d.ts || { echo 'dashboard: src/api/schema.d.ts is not of openapi.json: run `npm run gen:api`' >&2; exit 1; }
    npm run --silent typecheck
    npm run --silent lint -- --diagnostic-level=error
    npm run --silent test
fi
npm run --silent build
