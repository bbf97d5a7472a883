#!/usr/bin/env bash
# Publishes the SDKs of the commit that a tag names: publish.sh v0.1.0 [--dry-run]
#
# The tag must be on this commit, the tree clean, and each SDK of the tag's version. Each registry's own program asks for
# its credentials: npm, twine and cargo; for Go a second tag is all there is. What was published before is passed over by
# none of them: mend the version and tag again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tag=${1:-}
dry=${2:-}
[[ $tag =~ ^v[0-9]+\.[0-9]+\.[0-9]+$ && ($dry == '' || $dry == --dry-run) ]] || {
    echo 'usage: publish.sh vMAJOR.MINOR.PATCH [--dry-run]' >&2
    exit 2
}
version=${tag#v}
refuse() { echo "publish: $*" >&2; exit 1; }

# A dry run shows what would be sent from wherever the tree is.
if [[ -z $dry ]]; then
    [[ -z $(git status --porcelain) ]] || refuse 'the tree has changes that are not committed'
    [[ $(git rev-parse "$tag^{commit}" 2>/dev/null) == $(git rev-parse HEAD) ]] || refuse "$tag is not on this commit"
fi
declare -A found=(
    [sdk/javascript/package.json]=$(sed -nE 's/^  "version": "([^"]+)".*/\1/p' sdk/javascript/package.json)
    [sdk/python/src/zenwallet/_core.py]=$(sed -nE 's/^VERSION = "([^"]+)".*/\1/p' sdk/python/src/zenwallet/_core.py)
    [sdk/rust/Cargo.toml]=$(sed -nE 's/^version = "([^"]+)".*/\1/p' sdk/rust/Cargo.toml)
)
for file in "${!found[@]}"; do
    [[ ${found[$file]} == "$version" ]] || refuse "$file says ${found[$file]:-no version}, the tag says $version"
done

out=$(mktemp -d "${TMPDIR:-/tmp}/zenwallet-publish.XXXXXX")
trap 'rm -rf "$out"' EXIT
"${PYTHON:-python3}" -m build --outdir "$out" sdk/python
cargo publish --locked -p zenwallet-sdk ${dry:+--dry-run --allow-dirty}
(cd sdk/javascript && npm publish ${dry:+--dry-run})
if [[ -n $dry ]]; then
    echo "publish: would upload $(ls "$out"), and tag sdk/go/$tag"
    exit
fi
"${PYTHON:-python3}" -m twine upload "$out"/*
git tag "sdk/go/$tag" "$tag^{commit}"
git push origin "sdk/go/$tag"
