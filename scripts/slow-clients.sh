#!/usr/bin/env bash
# Slow clients by slowhttptest against the gateway of ZENWALLET_URL: 300 each with slow heads, bodies and reads.
# The gateway must have let them all go within 20 s, by its own count of sockets, and serve others meanwhile.
set -euo pipefail
passed=0
failed=0
check() { # WHAT OK
    if (($2)); then passed=$((passed + 1)); echo "ok    $1"; else failed=$((failed + 1)); echo "FAIL  $1"; fi
}
sockets() { { find "/proc/$ZENWALLET_PID/fd" -lname 'socket:*' 2>/dev/null || true; } | wc -l; }
create() {
    curl -s -o /dev/null -m 10 -w '%{http_code} %{time_total}' -H "Authorization: Bearer $ZENWALLET_API_KEY" \
        -H 'Content-Type: application/json' "$ZENWALLET_URL/api/payments/create" -d '{"amount":5,"currency":"COINS"}' || true
}
attack() { # NAME PATH FLAGS…
    local name=$1 path=$2 before most=0 now bad=0 good=0 began=$SECONDS free_after=
    shift 2
    before=$(sockets)
    slowhttptest -c 300 -r 200 -l 25 -u "$ZENWALLET_URL$path" "$@" >/dev/null 2>&1 &
    local attacker=$!
    while kill -0 "$attacker" 2>/dev/null; do
        # Answered as ever, in less than half a second.
        if awk '{ exit !($1 == 201 && $2 < 0.5) }' <<<"$(create)"; then good=$((good + 1)); else bad=$((bad + 1)); fi
        now=$(sockets)
        if ((now > most)); then most=$now; fi
        if ((most > before + 200 && now <= before + 20)) && [[ -z $free_after ]]; then free_after=$((SECONDS - began)); fi
        sleep 0.2
    done
    wait "$attacker" || true
    # It ends before its time when nobody has left it a connection.
    if [[ -z $free_after ]] && ((SECONDS - began < 24)); then free_after=$((SECONDS - began)); fi
    check "$name: $((most - before)) came at once" "$((most > before + 200))"
    check "$name: all are gone after ${free_after:-more than 25} s" "$((${free_after:-99} <= 20))"
    check "$name: $good good requests meanwhile, $bad refused or slower than 0.5 s" "$((good > 0 && bad == 0))"
}
attack 'slow heads' /api/payments -H -i 5 -x 24 -p 3
# The payer's form takes a body from anybody; the API asks for the key first.
page=$(curl -s -H "Authorization: Bearer $ZENWALLET_API_KEY" -H 'Content-Type: application/json' \
    "$ZENWALLET_URL/api/payments/create" -d '{"amount":5,"currency":"COINS"}' | grep -oE '/pay/pay_[0-9A-Za-z]{22}' | head -n 1)
attack 'slow bodies' "$page/pay" -B -i 5 -s 8192 -x 10 -p 3 -t POST
attack 'slow reads' /api/openapi.json -X -w 1 -y 2 -n 5 -z 1 -k 3 -p 3
printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
