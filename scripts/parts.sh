# Sourced by the campaigns: runs parts one after another, all of them even when one fails, and sums what they say.
#
#   part NAME COMMAND…      one check: it passes when the command does
#   counted NAME COMMAND…   the command says how many checks it made, as nextest does or as `N passed, N failed`;
#                           one that says nothing, or that nothing passed, has failed
#   finish                  says the sum, `N passed, N failed`, and ends with 1 if anything failed

passed=0
failed=0
lines=()
log=$(mktemp "${TMPDIR:-/tmp}/zenwallet-part.XXXXXX")
trap 'rm -f "$log"' EXIT
# A part that takes longer hangs.
PART_DEADLINE_S=${PART_DEADLINE_S:-900}

part() {
    run_part "$@"
    note "$((part_code == 0))" "$((part_code != 0))"
}

counted() {
    local summary ok bad
    run_part "$@"
    # `12 passed, 1 failed`, or nextest's `Summary [ 1.2s] 14 tests run: 12 passed (1 slow), 1 failed, 1 timed out, 2 skipped`.
    summary=$(sed 's/\x1b\[[0-9;]*m//g' "$log" | grep -E '(tests? run: |^)[0-9]+ passed' | tail -n 1 || true)
    ok=$(count "$summary" passed)
    bad=$(($(count "$summary" failed) + $(count "$summary" 'timed out')))
    if ((bad == 0 && (part_code != 0 || ok == 0))); then bad=1; fi
    note "$ok" "$bad"
}

count() { grep -oE "[0-9]+ $2" <<<"$1" | head -n 1 | grep -oE '^[0-9]+' || echo 0; }

run_part() {
    part_name=$1
    shift
    printf '\n== %s\n' "$part_name"
    local began=$SECONDS
    part_code=0
    timeout --kill-after=30 "$PART_DEADLINE_S" "$@" </dev/null 2>&1 | tee "$log" || part_code=${PIPESTATUS[0]}
    part_took=$((SECONDS - began))
    ((part_code == 0)) || printf '== %s ended with %s\n' "$part_name" "$part_code"
}

note() {
    passed=$((passed + $1))
    failed=$((failed + $2))
    lines+=("$(printf '%-28s %6d passed, %d failed %5d s' "$part_name" "$1" "$2" "$part_took")")
}

finish() {
    printf '\n'
    printf '%s\n' "${lines[@]}"
    printf '%d passed, %d failed\n' "$passed" "$failed"
    ((failed == 0))
}
