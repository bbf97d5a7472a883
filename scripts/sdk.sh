#!/usr/bin/env bash
# The SDKs, each by its own suites: the vectors, the hostile gateway, and a real one; what they are packed into; and the
# shops that are built with them. Ends with the sum of what each said.
#
#   scripts/sdk.sh BINARY [javascript|python|rust|go|shared…]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/clients/tools.sh
(($# >= 1)) || { echo "usage: sdk.sh BINARY [PART…]" >&2; exit 2; }
binary=$(realpath "$1")
shift
parts=("$@")
((${#parts[@]})) || parts=(shared javascript python rust go)
tools=$PWD/target/sdk-tools
out=$PWD/target/sdk-packed
mkdir -p "$tools" "$out"
said=$(mktemp "${TMPDIR:-/tmp}/zenwallet-sdk.XXXXXX")
trap 'rm -f "$said"' EXIT
passed=0
failed=0

# A suite that counts by itself, whichever way its language has: its counts are added. One that says nothing has failed.
suite() { # NAME DIRECTORY COMMAND…
    local name=$1 directory=$2 code=0 ok bad
    shift 2
    echo "sdk: $name"
    (cd "$directory" && "$@") >"$said" 2>&1 </dev/null || code=$?
    read -r ok bad < <(python3 -B scripts/counted.py "$said")
    if ((bad == 0 && (code != 0 || ok == 0))); then bad=1; fi
    if ((bad)); then sed 's/^/    /' "$said"; fi
    printf '%-40s %5d passed, %d failed\n' "  $name" "$ok" "$bad"
    passed=$((passed + ok))
    failed=$((failed + bad))
}
step() { # NAME DIRECTORY COMMAND…: one check, which passes when the command does
    local name=$1
    suite "$name" "$2" bash -c '"$@" && echo "1 passed, 0 failed"' step "${@:3}"
}
npm_ci() { npm ci --prefix "$1" --no-audit --no-fund --loglevel=error; }
# A gateway of its own, found as a program of an app's finds it.
gateway=$PWD/scripts/with-gateway.sh

shared() {
    suite 'models are those of openapi.json' . python3 -B sdk/generate --check
    step 'vectors are what was worked out' . python3 -B sdk/vectors/make.py --check
}
javascript() {
    install sdk/javascript/node_modules sdk/javascript/package-lock.json npm_ci sdk/javascript
    step 'javascript: lint' sdk/javascript npm run --silent lint
    suite 'javascript' sdk/javascript npm test --silent
    suite 'javascript: live' sdk/javascript "$gateway" "$binary" npm run --silent test:live
    step 'javascript: npm pack' sdk/javascript npm pack --silent --pack-destination "$out"
    install examples/express-shop/node_modules examples/express-shop/package-lock.json npm_ci examples/express-shop
    suite 'express shop' examples/express-shop "$gateway" "$binary" npm test --silent
}
python() {
    local venv=$tools/python
    # The SDK itself is taken from the tree: what is installed would be what it was.
    grep -hv '^\.\.' scripts/sdk-tools.txt examples/fastapi-shop/requirements.txt >"$tools/python.txt"
    install_python "$venv" "$tools/python.txt"
    export PYTHONPATH=$PWD/sdk/python/src
    step 'python: lint' . "$venv/bin/ruff" check --no-cache sdk/python examples/fastapi-shop
    step 'python: types' sdk/python "$venv/bin/mypy" --strict --cache-dir "$tools/mypy" src
    suite 'python' sdk/python "$venv/bin/python" -B -m unittest discover -s tests -p 'test_[chv]*.py'
    suite 'python: live' sdk/python "$gateway" "$binary" "$venv/bin/python" -B -m unittest tests/test_live.py
    step 'python: build' sdk/python "$venv/bin/python" -m build --no-isolation --outdir "$out"
    suite 'fastapi shop' examples/fastapi-shop "$gateway" "$binary" "$venv/bin/python" -B test_shop.py
}
rust() {
    # The vectors and the hostile gateway are among the tests of the workspace.
    suite 'rust: live' . "$gateway" "$binary" cargo nextest run --locked -p zenwallet-sdk --run-ignored only
    step 'rust: cargo package' . cargo package --locked --quiet --allow-dirty --no-verify -p zenwallet-sdk
}
go_sdk() {
    step 'go: format' sdk/go bash -c '[[ -z $(gofmt -l .) ]]'
    step 'go: vet' sdk/go go vet -tags live ./...
    suite 'go' sdk/go go test -count=1 -v .
    suite 'go: live' sdk/go "$gateway" "$binary" go test -count=1 -v -tags live -run Live ./...
    step 'go: pack' . python3 -B sdk/go/pack.py "$out/go"
}

for part in "${parts[@]}"; do
    if [[ $part == go ]]; then go_sdk; else "$part"; fi
done
echo "$passed passed, $failed failed"
((failed == 0))
