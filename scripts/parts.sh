# Sourced by the campaigns: runs parts one after another, all of them even when one fails, and sums what they say.
#
#   part NAME COMMAND…      one check: it passes when the command does
#   counted NAME COMMAND…   the command says how many checks it made, as nextest does or as `N passed, N failed`;
#                           one that says nothing, or that nothing passed, has failed
#   aside NAME FUNCTION     runs the function's parts beside those that follow
#   finish                  waits for what runs aside, repeats how each failed part ended, says the sum,
#                           `N passed, N failed`, and ends with 1 if anything failed
#
# A part says one line here; what it printed stands in target/parts/NAME.log.

passed=0
failed=0
lines=()
failures=()
logs=target/parts
mkdir -p "$logs"
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
    summary=$(sed 's/\x1b\[[0-9;]*m//g' "$part_log" | grep -E '(tests? run: |^)[0-9]+ passed' | tail -n 1 || true)
    ok=$(count "$summary" passed)
    bad=$(($(count "$summary" failed) + $(count "$summary" 'timed out')))
    if ((bad == 0 && (part_code != 0 || ok == 0))); then bad=1; fi
    note "$ok" "$bad"
}

count() { grep -oE "[0-9]+ $2" <<<"$1" | head -n 1 | grep -oE '^[0-9]+' || echo 0; }

run_part() {
    part_name=$1
    part_log=$logs/${1// /-}.log
    shift
    local began=$SECONDS
    part_code=0
    timeout --kill-after=30 "$PART_DEADLINE_S" "$@" </dev/null >"$part_log" 2>&1 || part_code=$?
    part_took=$((SECONDS - began))
    ((part_code == 0)) || printf 'ended with %s\n' "$part_code" >>"$part_log"
}

note() {
    local line
    passed=$((passed + $1))
    failed=$((failed + $2))
    line=$(printf '%-28s %6d passed, %d failed %5d s' "$part_name" "$1" "$2" "$part_took")
    lines+=("$line")
    if (($2)); then
        failures+=("$part_log")
        line+="   see $part_log"
    fi
    printf '%s\n' "$line"
}

asides=()
aside() {
    local notes
    notes=$(mktemp "${TMPDIR:-/tmp}/zenwallet-aside.XXXXXX")
    (
        passed=0 failed=0 lines=() failures=()
        "$2"
        declare -p passed failed lines failures | sed 's/^declare \(-[-a]*\) /aside_/' >"$notes"
    ) &
    asides+=("$1 $! $notes")
}

# A lane that breaks off is one failure more.
gather() {
    local name process notes one
    for one in "${asides[@]}"; do
        read -r name process notes <<<"$one"
        wait "$process" || true
        aside_passed=0 aside_failed=1 aside_lines=("$name broke off") aside_failures=()
        # shellcheck disable=SC1090 # written by `aside`
        source "$notes"
        passed=$((passed + aside_passed))
        failed=$((failed + aside_failed))
        lines+=("${aside_lines[@]}")
        failures+=("${aside_failures[@]}")
        rm -f "$notes"
    done
}

# What went wrong, without what went well.
show_failures() {
    local one
    for one in "${failures[@]}"; do
        printf '\n== %s\n' "$one"
        { grep -vE '^ *(PASS|ok) ' "$one" || true; } | tail -n 60
    done
}

finish() {
    gather
    show_failures
    printf '\n'
    printf '%s\n' "${lines[@]}"
    printf '%d passed, %d failed\n' "$passed" "$failed"
    ((failed == 0))
}
