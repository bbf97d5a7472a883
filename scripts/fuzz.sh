#!/usr/bin/env bash
# R19: looks for inputs that break what the targets of fuzz/ hold, each target for so many seconds, one after another.
#
#   scripts/fuzz.sh SECONDS [TARGET]   from the corpus; what is found stays in target/fuzz/
#   scripts/fuzz.sh keep TARGET        puts the smallest inputs that reach as much into the corpus
#
# A run's inputs are kept in target/fuzz/found/ and taken up by the next. Says `N passed, N failed`, a target each.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
version=0.13.2
# Most inputs of a target in the tree: fuzz/tests/replay.rs holds it.
files_max=100
# The sanitizer is a switch of the compiler that only nightly ones have openly.
export RUSTC_BOOTSTRAP=1
what=${1:?seconds, or keep}
targets=(amount config create csv_export cursor idempotency_key list_filters signature socket_frame token totp webhook_url)
[[ -z ${2:-} ]] || targets=("$2")
out=$PWD/target/fuzz

if ! cargo fuzz --version 2>/dev/null | grep -qF "$version"; then
    echo "fuzz: installing cargo-fuzz $version"
    cargo install --locked --quiet cargo-fuzz --version "$version"
fi
triple=$(rustc --version --verbose | sed -n 's/^host: //p')
mkdir -p "$out/found"
nice cargo fuzz build --fuzz-dir fuzz/libfuzzer --target-dir "$out"
program() { echo "$out/$triple/release/$1"; }

keep() { # TARGET
    local kept=$out/kept
    rm -rf "$kept"
    mkdir -p "$kept" "$out/found/$1"
    nice "$(program "$1")" -set_cover_merge=1 -max_len=2048 "$kept" "fuzz/corpus/$1" "$out/found/$1" >"$out/merge.log" 2>&1
    rm -rf "fuzz/corpus/$1"
    mkdir -p "fuzz/corpus/$1"
    # The smallest ones, if there are more than may be.
    find "$kept" -type f -printf '%s %p\n' | sort -n | head -n "$files_max" | cut -d' ' -f2- |
        xargs -I{} cp {} "fuzz/corpus/$1/"
    echo "$1: $(find "fuzz/corpus/$1" -type f | wc -l) of $(find "$kept" -type f | wc -l) inputs kept"
}

if [[ $what == keep ]]; then
    for target in "${targets[@]}"; do keep "$target"; done
    exit
fi
passed=0
failed=0
for target in "${targets[@]}"; do
    mkdir -p "$out/found/$target" "$out/artifacts/$target"
    dictionary=fuzz/dictionaries/$target.dict
    options=(-max_total_time="$what" -timeout=1 -rss_limit_mb=2048 -max_len=2048 -print_final_stats=1 -verbosity=0
        -artifact_prefix="$out/artifacts/$target/")
    [[ ! -e $dictionary ]] || options+=(-dict="$dictionary")
    log=$out/$target.log
    code=0
    began=$(date +%s)
    RUST_BACKTRACE=1 nice "$(program "$target")" "${options[@]}" "$out/found/$target" "fuzz/corpus/$target" >"$log" 2>&1 ||
        code=$?
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    echo "$target: ${executions:-0} executions in $(($(date +%s) - began)) s"
    if ((code == 0 && ${executions:-0} > 0)); then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        grep -aE -A3 'panicked at|ERROR:|SUMMARY|Test unit written' "$log" | head -n 20
    fi
done
echo "$passed passed, $failed failed"
((failed == 0))
