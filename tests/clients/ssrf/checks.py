"""What the campaigns of the laboratory share: its canary, its names, and how an answer is judged."""

import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from attacks import FORBIDDEN, PUBLIC, PUBLIC_6, ZONE, Names
from canary import MARK, Canary
from gateway import DIRECTORY, by_test, detail
from names import Dns

HOOKS = f"hooks.{ZONE}"  # a receiver as it should be
AT_THE_DOOR = {FORBIDDEN, "url_invalid", "url_not_https"}

names = Names()
names.set(HOOKS, [PUBLIC])
names.set(f"six.{ZONE}", [PUBLIC_6])
dns = Dns(names.zone)
canary = Canary(f"{DIRECTORY}/certificate.pem", f"{DIRECTORY}/key.pem")

# Checks that hold, and those that do not.
counts = {True: 0, False: 0}
checking = threading.Lock()


def check(what, ok, why=""):
    """One check; those that hold are told in sums, those that do not one by one."""
    with checking:
        counts[bool(ok)] += 1
        if not ok:
            print(f"FAIL  {what}: {why}"[:900])
    return ok


def each(work, items):
    """Runs the work for every item, sixteen at a time."""
    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(work, items))


def fits(app, attack):
    """The attack as this app must write it."""
    return attack.over_https() if app["environment"] == "production" else attack


def receiver(app, path="/hook", host=HOOKS):
    return f"{'https' if app['environment'] == 'production' else 'http'}://{host}{path}"


def finish(gateway, app, payment_id):
    """Completes a payment, and gives its deliveries once they are over."""
    status, text, _ = gateway.call(app, "POST", f"/api/payments/{payment_id}/complete", {"status": "SUCCESS"})
    check("a payment is completed", status == 200, text)
    return over(gateway, app, f"payment_id={payment_id}")


def over(gateway, app, query, seconds=8):
    """The deliveries of a query with their attempts, once none is pending."""
    deadline = time.monotonic() + seconds
    while True:
        _, _, page = gateway.call(app, "GET", f"/api/webhooks/deliveries?limit=100&{query}")
        if all(d["status"] != "PENDING" for d in page["data"]) or time.monotonic() > deadline:
            return [detail(gateway, app, d["delivery_id"]) for d in page["data"]]
        time.sleep(0.08)


def is_refused(what, delivery, attempts):
    """Whether every attempt was refused before a connection, in clear words that tell no address."""
    errors = [attempt["error"] or "" for attempt in delivery["attempts_log"]]
    host = delivery["url"].split("/")[2]
    code = "dns_failed" if host in names.unresolved else FORBIDDEN
    clear = len(errors) == attempts and all(re.fullmatch(f"{code}: .{{20,}}", error) for error in errors)
    silent = not any(re.search(r"\d+\.\d+\.\d+\.\d+|::", error.replace(host, "")) for error in errors)
    check(
        f"{what} {delivery['url']}", delivery["status"] == "FAILED" and clear and silent, (delivery["status"], errors)
    )


def each_refused(what, deliveries, attempts):
    for delivery in deliveries:
        is_refused(what, delivery, attempts)


def is_quiet(what):
    """Whether no canary was met but those of the public addresses; gives how often those were."""
    public, inside = canary.take()
    check(f"{what}: no canary is hit", not inside, dict(inside))
    return sum(public.values())


def judge_door(what, way, gateway, app, attack):
    attack = fits(app, attack)
    status, text, answer = way(gateway, app, attack.url)
    error = answer["error"] if isinstance(answer.get("error"), dict) else {}
    named = error.get("param") in ("url", "webhook_url") and len(error.get("message", "")) > 20
    codes = AT_THE_DOOR | set(attack.codes)
    ok = status == 400 and named and error.get("code") in codes and MARK not in text
    if status == 201 and "endpoint_id" in answer:  # an app has room for few
        gateway.call(app, "DELETE", f"/api/webhooks/endpoints/{answer['endpoint_id']}")
    check(f"{what} {attack.url[:120]!r}", ok, f"{status} {text[:300]}")


def outside_works(gateway, apps):
    """The laboratory's outside world: what is allowed arrives, under its own name, past every proxy."""
    canary.take(), canary.take_requests()
    for app in apps:
        for host in (
            HOOKS,
            f"six.{ZONE}",
            PUBLIC,
            f"[{PUBLIC_6}]",
            f"{HOOKS}.",
            f"{HOOKS}:{8443 if app['environment'] == 'production' else 8081}",
        ):
            delivery = by_test(gateway, app, receiver(app, "/close", host))[2]
            check(
                f"{app['environment']} {host} arrives",
                delivery.get("status") == "DELIVERED",
                json.dumps(delivery)[:400],
            )
            heard = [r[1] for r in canary.take_requests()]
            check(f"{app['environment']} {host} is the Host", heard == [host], heard)
    check("past every proxy", is_quiet("what may be called") == 12)
