"""R11: tries to make a gateway call its own network, in a network namespace where every address is a canary.

lab.py BINARY DIRECTORY, started by scripts/ssrf.sh. In the end it says `N passed, M failed`.
"""

import itertools
import json
import re
import sys
import time
from urllib.parse import quote

import opened
from attacks import OWN_ADDRESS, OWN_PORT, PUBLIC, ZONE, Attack, doors
from checks import (
    HOOKS,
    canary,
    check,
    counts,
    dns,
    each,
    each_refused,
    finish,
    fits,
    is_quiet,
    is_refused,
    judge_door,
    names,
    outside_works,
    over,
    receiver,
)
from gateway import Gateway, by_change, by_endpoint, by_payment, by_test, make_app


def doors_are_closed(gateway, apps):
    """Every URL that needs no name is refused by every registration, over http and over https."""
    ways = [("payment", by_payment), ("endpoint", by_endpoint), ("change of an endpoint", by_change), ("test", by_test)]
    every = list(doors())
    for app, (name, way) in itertools.product(apps, ways):
        each(lambda attack: judge_door(f"{app['environment']} {name}", way, gateway, app, attack), every)
    plain = [Attack(f"http://{HOOKS}/"), Attack(f"http://{PUBLIC}/")]
    for attack, (name, way) in itertools.product(plain, ways):
        status, text, answer = way(gateway, apps[1], attack.url)
        check(f"production {name} {attack.url}", status == 400 and answer["error"]["code"] == "url_not_https", text)
    met = is_quiet("at the doors")
    check("no registration calls anybody", met == 0, met)
    print(f"ok    {len(every)} URLs at {len(ways)} doors of {len(apps)} apps")


def default_urls_are_checked():
    """The default webhook_url of a new app comes in by the command line."""
    for attack in itertools.islice(doors(), 0, 200, 20):
        if attack.url and (said := make_app("test", f"--webhook-url={attack.url}")):
            check(f"app create --webhook-url {attack.url}", isinstance(said, str) and len(said) > 20, said)


def names_are_refused(gateway, apps, attacks):
    """Names that lead inside are refused at each attempt, however they were registered."""
    for app in apps:
        kind = app["environment"]
        urls = [fits(app, attack).url for attack in attacks]

        def pay(url):
            status, text, payment = by_payment(gateway, app, url)
            if check(f"{kind} payment {url}", status == 201, text):
                own = [d for d in finish(gateway, app, payment["payment_id"]) if d["endpoint_id"] is None]
                check(f"{kind} payment {url}: one delivery", len(own) == 1, len(own))
                each_refused(f"{kind} payment", own, 2)

        def test(url):
            is_refused(f"{kind} test", by_test(gateway, app, url)[2], 1)

        each(pay, urls)
        each(test, urls)
        for some in (urls[at : at + 15] for at in range(0, len(urls), 15)):
            endpoints_are_refused(gateway, app, some)
    is_quiet("names that lead inside")
    called = {host for _, host, _ in canary.take_requests()} - {HOOKS}
    check("a name that also leads outside is not called there either", not called, called)
    print(f"ok    {len(attacks)} names by 4 ways of {len(apps)} apps")


def endpoints_are_refused(gateway, app, urls):
    """Endpoints made with a name, or changed to it, meet a test and a real event."""
    kind = app["environment"]

    def register(at_url):
        at, url = at_url
        status, text, made = by_endpoint(gateway, app, url if at % 2 else receiver(app))
        check(f"{kind} endpoint {url}", status == 201, text)
        if at % 2 == 0:
            status, text, _ = by_change(gateway, {**app, "endpoint": made["endpoint_id"]}, url)
            check(f"{kind} endpoint changed to {url}", status == 200, text)
        return made["endpoint_id"]

    ids = each(register, enumerate(urls))
    for tested in each(lambda id: gateway.call(app, "POST", "/api/webhooks/test", {"endpoint_id": id})[2], ids):
        is_refused(f"{kind} test of an endpoint", tested, 1)
    _, _, payment = gateway.call(app, "POST", "/api/payments/create", {"amount": 5, "currency": "COINS"})
    reached = [d for d in finish(gateway, app, payment["payment_id"]) if d["endpoint_id"] in ids]
    check(f"{kind} endpoints: every one gets the event", len(reached) == len(ids), len(reached))
    each_refused(f"{kind} endpoint", reached, 2)
    each(lambda id: gateway.call(app, "DELETE", f"/api/webhooks/endpoints/{id}"), ids)


def redirects_are_not_followed(gateway, apps, attacks):
    """A receiver that may be called answers with every URL of the list."""
    for app in apps:
        statuses = (
            itertools.cycle((307, 308, 301, 302, 303)) if app["environment"] == "production" else itertools.repeat(307)
        )

        def follow(attack_status):
            attack, status = attack_status
            url = receiver(app, f"/{status}/redirect?to={quote(attack.url[:900].encode(), safe='')}")
            delivery = by_test(gateway, app, url)[2]
            what = f"{app['environment']} {status} to {attack.url[:100]!r}"
            ok = delivery.get("status") == "FAILED" and (answered(delivery) == status or bad_head(attack, delivery))
            check(what, ok, json.dumps(delivery)[:500])

        each(follow, zip(attacks, statuses, strict=False))
    met = is_quiet("redirects")
    check("every redirect was met", met > 0, met)
    print(f"ok    {len(attacks)} redirects of {len(apps)} apps")


def answered(delivery):
    log = delivery["attempts_log"]
    return len(log) == 1 and log[0]["response"] and log[0]["response"]["status"]


def bad_head(attack, delivery):
    """A Location that is no header at all ends the exchange."""
    return re.search(r"[\0-\x1f\x7f]", attack.url) and re.match("answer_invalid: ", delivery.get("error") or "")


def rebinding_is_refused(gateway, apps):
    """A name that was good when it was registered, and at the first attempt, leads inside from then on."""
    inside = [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "::1",
        "::ffff:127.0.0.1",
        "fd00::1",
        "64:ff9b::7f00:1",
    ]

    def rebind(app_target):
        app, target = app_target
        kind = app["environment"]
        name = f"rebind-{target.replace('.', '-').replace(':', 'x')}-{kind}.{ZONE}"
        names.set(name, sequence=[[PUBLIC], [target]])
        payment = by_payment(gateway, app, receiver(app, "/500/close", name))[2]
        delivery = [d for d in finish(gateway, app, payment["payment_id"]) if d["endpoint_id"] is None][0]
        first, *later = delivery["attempts_log"]
        check(
            f"{kind} {name}: the first attempt arrives outside", (first["response"] or {}).get("status") == 500, first
        )
        is_refused(f"{kind} retry after {name} rebound", {**delivery, "attempts_log": later}, 1)
        again = gateway.call(app, "POST", f"/api/webhooks/deliveries/{delivery['delivery_id']}/retry", {})[2]
        successor = [
            d
            for d in over(gateway, app, f"payment_id={payment['payment_id']}")
            if d["delivery_id"] == again["delivery_id"]
        ]
        check(f"{kind} {name}: retried by hand", len(successor) == 1, again)
        each_refused(f"{kind} retry by hand after {name} rebound", successor, 2)

    each(rebind, itertools.product(apps, inside))
    met = is_quiet("names that rebind between attempts")
    check("each first attempt, and no other, arrives outside", met == len(apps) * len(inside), met)
    print(f"ok    {len(inside)} names of {len(apps)} apps that rebind between attempts")


def one_look_up_decides(gateway, apps):
    """What was looked up is what is dialled: a second look-up would get the other answer."""
    for app in apps:
        kind, rounds = app["environment"], 24
        name = f"flip-{kind}.{ZONE}"
        names.set(name, sequence=[[PUBLIC], ["127.0.0.1"], ...])
        found = [by_test(gateway, app, receiver(app, "/close", name))[2] for _ in range(rounds)]
        arrived = [d for d in found if d["status"] == "DELIVERED"]
        each_refused(f"{kind} flipping name", [d for d in found if d["status"] != "DELIVERED"], 1)
        check(f"{kind} {name}: half of the attempts arrive outside", len(arrived) == rounds // 2, len(arrived))
        check(f"{kind} {name}: one look-up an attempt", dns.asked[name] == rounds, dns.asked[name])
    met = is_quiet("names that flip at each look-up")
    check("each attempt that found the public address arrives there", met == 12 * len(apps), met)
    # A connection that is kept leads where it led when it was judged.
    kept = f"kept.{ZONE}"
    names.set(kept, sequence=[[PUBLIC], ["127.0.0.1"]])
    found = [by_test(gateway, apps[0], receiver(apps[0], "/hook", kept))[2] for _ in range(6)]
    outside = [r for r in canary.take_requests() if r[1] == kept]
    met = is_quiet("a name that rebinds under a kept connection")
    check("a kept connection leads outside still", met <= 1 and all(r[0] == PUBLIC for r in outside), (met, outside))
    check(
        "and what it cannot carry is refused",
        all(d["status"] == "DELIVERED" or "url_forbidden" in d["error"] for d in found),
    )
    print(f"ok    names that change at each look-up, of {len(apps)} apps")


def replay_is_refused(gateway, app):
    """Failed deliveries are replayed after their name has moved inside."""
    name = f"moved.{ZONE}"
    names.set(name, [PUBLIC])
    payments = [by_payment(gateway, app, receiver(app, "/500/close", name))[2]["payment_id"] for _ in range(3)]
    for payment in payments:
        finish(gateway, app, payment)
    canary.take()
    names.set(name, ["127.0.0.1"])
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 600))
    status, text, _ = gateway.call(app, "POST", "/api/webhooks/replay", {"since": since})
    check("a replay is taken", status == 200, text)
    found = [d for p in payments for d in over(gateway, app, f"payment_id={p}") if d["cause"] == "replay"]
    check("a replay has sent all again", len(found) == len(payments), len(found))
    each_refused("replay", found, 2)
    over(gateway, app, "status=PENDING", 15)
    is_quiet("a replay of everything")


def headers_cannot_name_a_host(gateway, app):
    """An endpoint's own headers do not say where a request goes or how it is framed."""
    reserved = """Host host HOST Connection Proxy-Connection Proxy-Authorization Transfer-Encoding Content-Length
        Upgrade TE Trailer Expect"""
    bad = [(name, "127.0.0.1") for name in reserved.split()]
    bad += [
        ("X-A\r\nHost", "127.0.0.1"),
        ("X-A", "b\r\nHost: 127.0.0.1"),
        ("X-A", "b\nHost: a"),
        ("X-A:", "b"),
        ("", "b"),
        ("X-A", "b\0"),
    ]
    for name, value in bad:
        body = {"url": receiver(app), "headers": {name: value}}
        status, text, _ = gateway.call(app, "POST", "/api/webhooks/endpoints", body)
        check(f"endpoint header {name!r}: {value!r}", status == 400, text)
    print(f"ok    {len(bad)} headers")


def main():
    apps = [make_app("test"), make_app("production")]
    opened.kernel_lets_in()
    opened.everything_opened(apps)
    with Gateway(f"{OWN_ADDRESS}:{OWN_PORT}") as gateway:
        opened.closed_again(gateway, apps)
        doors_are_closed(gateway, apps)
        default_urls_are_checked()
        outside_works(gateway, apps)
        names_are_refused(gateway, apps, names.attacks)
        redirects_are_not_followed(gateway, apps, [*doors(), *names.attacks])
        rebinding_is_refused(gateway, apps)
        one_look_up_decides(gateway, apps)
        headers_cannot_name_a_host(gateway, apps[0])
        replay_is_refused(gateway, apps[0])
    opened.one_range_opened(apps)
    opened.loopback_by_default(apps)
    check("no gateway's log has an error", not Gateway.errors, Gateway.errors)
    print(f"{counts[True]} passed, {counts[False]} failed")
    sys.exit(counts[False] > 0)


main()
