"""Who is not let in, who is shown out, and what payers are not told."""

import json
import time

from journals import check, compare, wait_until
from wire import Curl

# The secrets of a payment that its payer must not be told.
HIDDEN = {"metadata": {"margin": "hidden-metadata"}, "reference_id": "hidden-reference"}
ALLOWED, FOREIGN = "https://shop.example", "https://evil.example"


def run(campaign):
    connecting(campaign)
    origins(campaign)
    crowd(campaign)
    payers(campaign)
    revoked(campaign)
    campaign.say("refusals, origins, limits, payers and revoked keys")


def refused(campaign, name, code, status=None, **given):
    """A socket that is told why it is not let in, and the same of a stream."""
    journal = campaign.socket(name, given.pop("key", None), **given)
    told = wait_until(lambda: journal.of("connect_error"), 5)
    ok = told and told[0]["message"].startswith(f"{code}: ") and not told[0]["again"] and not journal.of("connect")
    check(f"{name} is refused with {code}", ok, journal.lines())
    campaign.node.close(name)


def connecting(campaign):
    gateway, key = campaign.gateway, campaign.keys["forgotten"]
    for _ in range(15):
        gateway.pay(key, "SUCCESS")
    gateway.sql("DELETE FROM event WHERE app_id = {app} AND seq <= 10", key)
    wrong = key[:-4] + "AAAA"
    for transport in ("websocket", "polling"):
        transports = [transport]
        refused(campaign, f"a wrong key, {transport}", "api_key_invalid", auth={"apiKey": wrong}, transports=transports)
        refused(campaign, f"no auth, {transport}", "api_key_missing", auth={}, transports=transports)
        refused(campaign, f"ahead, {transport}", "after_seq_ahead", key=key, after=31, transports=transports)
        refused(campaign, f"forgotten, {transport}", "events_forgotten", key=key, after=9, transports=transports)
        refused(campaign, f"a wrong place, {transport}", "parameter_invalid", auth={"apiKey": key, "afterSeq": "7"}, transports=transports)
        refused(campaign, f"a wrong name, {transport}", "parameter_unknown", auth={"apiKey": key, "after_seq": 7}, transports=transports)
        name = f"from the horizon, {transport}"
        journal = campaign.socket(name, key, transports, after=10)
        wait_until(lambda: len(journal.events) >= 20, 5)
        compare(name, journal, gateway.feed(key), 10)
        campaign.node.close(name)
    for headers, query, given, status, code in [
        ({}, "", wrong, 401, "api_key_invalid"),
        ({}, "", None, 401, "api_key_missing"),
        ({"Last-Event-ID": "31"}, "", key, 400, "after_seq_ahead"),
        ({"Last-Event-ID": "9"}, "", key, 400, "events_forgotten"),
        ({"Last-Event-ID": "9"}, "?after_seq=20", key, 400, "events_forgotten"),
        ({"Last-Event-ID": "x"}, "", key, 400, "parameter_invalid"),
        ({}, "?after_seq=31", key, 400, "after_seq_ahead"),
        ({}, "?type=payment.paid", key, 400, "parameter_invalid"),
    ]:
        got, _, text = gateway.call("GET", f"/api/events/stream{query}", given, headers=headers)
        check(f"a stream with {headers} {query} is refused", (got, code_of(text)) == (status, code), (got, text))
    check("the feed begins at the horizon", gateway.feed(key)[0][0] == 11, gateway.feed(key)[:1])
    got, _, text = gateway.call("GET", "/api/events?after_seq=9", key)
    check("a page from before is refused", (got, code_of(text)) == (400, "events_forgotten"), text)
    journal = campaign.socket("nope", key, namespace="/nope")
    told = wait_until(lambda: journal.of("connect_error"), 5)
    check("an unknown namespace is refused", told and not told[0]["again"] and not journal.of("connect"), journal.lines())
    campaign.node.close("nope")
    limited = campaign.keys["limited"]
    # At once: a bucket fills again while one waits.
    crowd = {f"limited {n}": campaign.socket(f"limited {n}", limited, ["websocket"]) for n in range(23)}
    wait_until(lambda: all(one.of("ready", "connect_error") for one in crowd.values()), 5)
    told = [one["message"] for journal in crowd.values() for one in journal.of("connect_error")]
    check("connecting counts as a request", told and all(one.startswith("rate_limited: ") for one in told), told)
    for name in crowd:
        campaign.node.close(name)


def code_of(text):
    try:
        return json.loads(text)["error"]["code"]
    except (ValueError, KeyError, TypeError):
        return None


def origins(campaign):
    gateway, key = campaign.gateway, campaign.keys["forgotten"]
    polling = "/socket.io/?EIO=4&transport=polling"
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    own = gateway.url
    for what, path, headers in [("polling", polling, {}), ("an upgrade", "/socket.io/?EIO=4&transport=websocket", upgrade)]:
        for origin in (FOREIGN, "null", ALLOWED + ".evil.example", "http://shop.example"):
            got, told, text = gateway.call("GET", path, headers={**headers, "Origin": origin})
            ok = (got, code_of(text)) == (403, "origin_forbidden") and "access-control-allow-origin" not in told
            check(f"{what} from {origin} is forbidden", ok, (got, told, text))
    for origin in (ALLOWED, own):
        got, told, text = gateway.call("GET", polling, headers={"Origin": origin})
        allowed = told.get("access-control-allow-origin")
        ok = got == 200 and allowed == (ALLOWED if origin == ALLOWED else None) and "origin" in told.get("vary", "").lower()
        check(f"polling from {origin} is let in", ok, (got, told, text))
        check(f"no cookies are asked of {origin}", "access-control-allow-credentials" not in told, told)
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    got, told, _ = gateway.call("OPTIONS", polling, headers={**asked, "Origin": ALLOWED})
    allows = [told.get(f"access-control-allow-{part}", "").lower() for part in ("origin", "methods", "headers")]
    check("a preflight is answered", got in (200, 204) and allows[0] == ALLOWED and "post" in allows[1] and "content-type" in allows[2], (got, told))
    got, told, text = gateway.call("OPTIONS", polling, headers={**asked, "Origin": FOREIGN})
    check("a foreign preflight is not", got == 403 and "access-control-allow-origin" not in told, (got, told))
    for transport in ("polling", "websocket"):
        for origin, word in ((FOREIGN, "connect_error"), (ALLOWED, "connect"), (own, "connect")):
            name = f"{transport} from {origin.split('//')[1]}"
            options = {"transports": [transport], "extraHeaders": {"Origin": origin}, "reconnection": False}
            journal = campaign.socket(name, key, after=10, options=options)
            told = wait_until(lambda: journal.of("connect", "connect_error"), 5)
            check(f"a socket of {name}: {word}", told and journal.of(word) and len(told) == 1, journal.lines())
            campaign.node.close(name)


def crowd(campaign):
    """An app has as many followers as it may; one that leaves makes room; its payers are not its crowd."""
    gateway, key = campaign.gateway, campaign.keys["crowded"]
    payment = gateway.pay(key)
    most = 24
    crowd = {f"crowd {n}": campaign.socket(f"crowd {n}", key, ["websocket"]) for n in range(most - 1)}
    curl = Curl(gateway.url, key, again=False)
    wait_until(lambda: curl.status and all(one.of("ready") for one in crowd.values()), 8)
    check("an app may have its connections", curl.status == [200] and all(one.of("ready") for one in crowd.values()), curl.status)
    refused(campaign, "one too many", "live_connection_limit", key=key, transports=["websocket"])
    refused(campaign, "one too many, polling", "live_connection_limit", key=key, transports=["polling"])
    got, headers, text = gateway.call("GET", "/api/events/stream", key)
    ok = code_of(text) == "live_connection_limit" and got in (429, 503) and "retry-after" in headers
    check("one stream too many is refused", ok, (got, headers, text))
    payer = campaign.socket("payer of the crowded", None, namespace="/pay", auth={"paymentId": payment})
    wait_until(lambda: payer.of("payment"), 5)
    gateway.complete(key, payment)
    told = wait_until(lambda: payer.of("payment.success"), 5)
    check("a payer is told although the app has no connection left", told, payer.lines())
    for name in crowd:
        campaign.node.close(name)
    curl.close()
    journal = campaign.socket("room again", key)
    check("who leaves makes room", wait_until(lambda: journal.of("ready"), 5), journal.lines())
    for name in ("room again", "payer of the crowded"):
        campaign.node.close(name)


def payers(campaign):
    gateway, key = campaign.gateway, campaign.keys["payers"]
    mine, other = (gateway.pay(key, description="Two tickets", **HIDDEN) for _ in range(2))
    journals = {}
    for n, transports in enumerate([None, ["websocket"], ["polling"]]):
        journals[f"payer {n}"] = campaign.socket(f"payer {n}", None, transports, namespace="/pay", auth={"paymentId": mine})
    shown = wait_until(lambda: all(one.of("payment") for one in journals.values()), 5)
    check("payers are shown their payment", shown, [one.lines() for one in journals.values()])
    gateway.complete(key, other)
    body = {"status": "SUCCESS", "notes": "hidden-notes"}
    gateway.call("POST", f"/api/payments/{mine}/complete", key, body)
    for name, journal in journals.items():
        wait_until(lambda: journal.of("payment.success"), 5)
        words = [word for word, _ in journal.lines() if word not in ("open", "upgrade", "connect")]
        check(f"{name} is told of the payment and its success", words == ["payment", "payment.success"], journal.lines())
        shown, done = journal.of("payment")[:1], journal.of("payment.success")[:1]
        ok = shown and done and shown[0]["status"] == "PENDING" and done[0]["status"] == "SUCCESS"
        check(f"{name} sees how it stands", ok and done[0]["payment_id"] == shown[0]["payment_id"] == mine, journal.lines())
        everything = json.dumps(journal.lines())
        leaks = [word for word in ("hidden", other, "reference", "notes", "metadata", "seq", "event_id") if word in everything]
        check(f"{name} is told no secret and of no other payment", not leaks, (leaks, everything))
        campaign.node.close(name)
    for auth, code in [({"paymentId": mine[:-4] + "zzzz"}, "payment_not_found"), ({}, "parameter_missing"), ({"paymentId": 7}, "parameter_type_invalid")]:
        refused(campaign, f"payer with {len(auth)} {code}", code, namespace="/pay", auth=auth)
    first = campaign.socket("late payer", None, namespace="/pay", auth={"paymentId": mine})
    told = wait_until(lambda: first.of("payment"), 5)
    check("a payer who comes late sees the end", told and told[0]["status"] == "SUCCESS", first.lines())
    campaign.node.close("late payer")


def revoked(campaign):
    """A key that ends shows its followers out within two seconds, with the reason, and none comes back."""
    gateway = campaign.gateway
    ends = {
        "revoked": ("api_key_revoked", lambda key: gateway.sql("UPDATE api_key SET revoked_at_ms = 1 WHERE hash = {hash}", key)),
        "rotated": ("api_key_expired", lambda key: gateway.run("app", "key", "rotate", "--app", campaign.apps["rotated"]["app_id"], "--overlap", "0")),
    }
    for name, (code, end) in ends.items():
        key = campaign.keys[name]
        gateway.pay(key, "SUCCESS")
        sockets = {f"{name} {t}": campaign.socket(f"{name} {t}", key, [t], after=0) for t in ("websocket", "polling")}
        python = campaign.follow_in_python("asyncio" if name == "revoked" else "sync", key, 0)
        curl = Curl(gateway.url, key, after=0)
        everybody = [*sockets.values(), python]
        wait_until(lambda: all(len(one.events) == 2 for one in [*everybody, curl]), 8)
        end(key)
        ended_at = time.monotonic()
        out = lambda: all(one.of("disconnect") for one in everybody) and curl.ended
        wait_until(out, 4)
        took = time.monotonic() - ended_at
        check(f"{name}: all are out within two seconds", out() and took < 2.2, (took, [one.lines()[-3:] for one in everybody], curl.ended))
        for one in everybody:
            lines = [word for word, _ in one.lines() if word in ("event", "stream.end", "disconnect")]
            check(f"{name}: the reason comes before the end", lines[:4] == ["event", "event", "stream.end", "disconnect"], lines)
            check(f"{name}: the reason is {code}", [told["code"] for told in one.of("stream.end")] == [code], one.of("stream.end"))
        for one in sockets.values():
            check(f"{name}: the server has ended it", one.of("disconnect") == ["io server disconnect"], one.of("disconnect"))
        check(f"{name}: the stream says why", curl.ended and curl.ended[0][1:] and curl.ended[0][1] == "stream.end" and curl.ended[0][2]["error"]["code"] == code, curl.ended)
        wait_until(lambda: 401 in curl.status, 3)
        check(f"{name}: the stream does not come back", curl.status[-1:] == [401], curl.status)
        curl.close()
        for kind in sockets:
            campaign.node.close(kind)
            check(f"{name}: no socket has come back", len(sockets[kind].of("connect")) == 1, sockets[kind].lines())
        refused(campaign, f"{name} again", code, key=key)
    campaign.end_children()
