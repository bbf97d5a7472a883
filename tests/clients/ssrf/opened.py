"""What an operator opens is open, and nothing else: the controls of the laboratory, and the edges of `allow_cidrs`."""

import itertools
import json
import socket

from attacks import METADATA, OWN_ADDRESS, OWN_PORT, ZONE, Attack, addresses
from canary import MARK
from checks import canary, check, each, is_quiet, is_refused, judge_door, outside_works, over, receiver
from gateway import Gateway, by_endpoint, by_payment, by_test, wait_for

INSIDE = "10.1.2.3"  # a receiver in a range that an operator may open


def kernel_lets_in():
    """The laboratory itself: whoever dials an address of the list by himself hits its canary."""
    reached = set()
    for address in {address for _, address in addresses() if address}:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family) as stream:
            stream.settimeout(2)
            if check(f"the laboratory has {address}", stream.connect_ex((address, 80)) == 0):
                reached.add(address)
    wait_for(lambda: len(canary.hits) >= len(reached))
    _, hits = canary.take()
    check("every address of the laboratory has a canary", len(hits) == len(reached), (len(hits), len(reached)))
    print(f"ok    {len(reached)} forbidden addresses with a canary each")


def everything_opened(apps):
    """The laboratory can be hit: with every range open each spelling of an address reaches its canary."""
    with Gateway(f"{OWN_ADDRESS}:{OWN_PORT}", allow="0.0.0.0/0, ::/0", delays="3") as gateway:
        outside_works(gateway, apps)
        live = [(host, socket_name(address)) for host, address in addresses() if address]

        def reach(host_address):
            host, address = host_address
            delivery = by_test(gateway, apps[0], f"http://{host}/close")[2]
            body = (delivery.get("attempts_log") or [{}])[0].get("response") or {}
            at = body.get("body", "").removeprefix(MARK)
            # Names of this machine may lead to either of its loopback addresses.
            check(
                f"opened: {host} reaches {address}",
                at == address or {at, address} == {"::1", "127.0.0.1"},
                json.dumps(delivery)[:300],
            )

        each(reach, live)
        _, hits = canary.take()
        check("opened: the canaries sing", sum(hits.values()) >= len(live), sum(hits.values()))
        print(f"ok    {len(live)} spellings reach {len(hits)} addresses when everything is open")
        closed = [f"http://{host}/" for host in METADATA]
        closed += [f"http://{host}:{OWN_PORT}/" for host in (OWN_ADDRESS, "127.0.0.1", "[::1]", "localhost")]
        closed += [f"http://127.0.0.1:{port}/" for port in (22, 25, 5432, 6379)]
        for way, app, url in itertools.product((by_payment, by_endpoint, by_test), apps, closed):
            judge_door(f"opened {way.__name__}", way, gateway, app, Attack(url))
        for name in (f"169-254-169-254.to.{ZONE}", f"fd00xec2xx254.to.{ZONE}", f"own.{ZONE}:{OWN_PORT}"):
            is_refused("opened", by_test(gateway, apps[0], f"http://{name}/")[2], 1)
        is_quiet("metadata, own and closed ports in an opened range")
        # What was registered while it was allowed, and waits for its retry when the gateway comes back closed.
        for app in apps:
            app["opened"] = leave_inside(gateway, app)
        _, hits = canary.take()
        check("opened: the first attempts arrive inside", sum(hits.values()) == len(apps), dict(hits))


def leave_inside(gateway, app):
    """A payment whose first webhook failed inside, and an endpoint there."""
    payment = by_payment(gateway, app, receiver(app, "/500/close", INSIDE))[2]["payment_id"]
    gateway.call(app, "POST", f"/api/payments/{payment}/complete", {"status": "SUCCESS"})

    def attempts():
        _, _, page = gateway.call(app, "GET", f"/api/webhooks/deliveries?payment_id={payment}")
        return sum(delivery["attempts"] for delivery in page["data"])

    wait_for(lambda: attempts() == 1)
    return payment, by_endpoint(gateway, app, receiver(app, host=INSIDE))[2]["endpoint_id"]


def socket_name(address):
    """An address as a socket spells it."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.inet_ntop(family, socket.inet_pton(family, address))


def closed_again(gateway, apps):
    """What was registered while a range was open is refused once it is closed."""
    for app in apps:
        payment, endpoint = app["opened"]
        (delivery,) = over(gateway, app, f"payment_id={payment}")
        first, *later = delivery["attempts_log"]
        what = f"{app['environment']} closed again:"
        check(f"{what} the first attempt had arrived", (first["response"] or {}).get("status") == 500, first)
        is_refused(f"{what} its retry", {**delivery, "attempts_log": later}, 1)
        is_refused(
            f"{what} its endpoint", gateway.call(app, "POST", "/api/webhooks/test", {"endpoint_id": endpoint})[2], 1
        )
        gateway.call(app, "DELETE", f"/api/webhooks/endpoints/{endpoint}")
        app["endpoint"] = by_endpoint(gateway, app, receiver(app))[2]["endpoint_id"]
    is_quiet("what was registered while it was allowed")


def one_range_opened(apps):
    """An operator who opens one range opens nothing else."""
    with Gateway(f"{OWN_ADDRESS}:{OWN_PORT}", allow="10.0.0.0/8") as gateway:
        for app in apps:
            delivery = by_test(gateway, app, receiver(app, "/close", INSIDE))[2]
            check(
                f"one range: {app['environment']} reaches it",
                delivery.get("status") == "DELIVERED",
                json.dumps(delivery)[:400],
            )
        public, hits = canary.take()
        check("one range: the canary sings", hits.total() == len(apps) and not public, (hits, public))
        others = [
            f"http://{h}/"
            for h in ("127.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "[::1]", "[fd00::1]", "localhost")
        ]
        others += [f"http://{INSIDE}:{port}/" for port in (22, 5432, 6379)] + [f"http://{OWN_ADDRESS}:{OWN_PORT}/"]
        for app, url in itertools.product(apps, others):
            judge_door("one range", by_test, gateway, app, Attack(url))
        for name in ("127-0-0-1.to", "mixed-first", "192-168-1-1.to"):
            is_refused("one range", by_test(gateway, apps[0], f"http://{name}.{ZONE}/")[2], 1)
        is_quiet("beside the one range")
    print("ok    one opened range")


def loopback_by_default(apps):
    """A gateway that listens on loopback lets test apps call loopback, and nobody anything else."""
    with Gateway(f"127.0.0.1:{OWN_PORT}") as gateway:
        for host in ("127.0.0.1", "localhost", "[::1]"):
            delivery = by_test(gateway, apps[0], f"http://{host}:9000/close")[2]
            check(
                f"on loopback: a test app reaches {host}",
                delivery.get("status") == "DELIVERED",
                json.dumps(delivery)[:400],
            )
        canary.take()
        for app, host in itertools.product(
            apps, ("10.0.0.1", "169.254.169.254", "192.168.1.1", "[fd00::1]", f"127.0.0.1:{OWN_PORT}")
        ):
            judge_door("on loopback", by_test, gateway, app, Attack(f"http://{host}/"))
        for host in ("127.0.0.1", "localhost", "[::1]", "2130706433"):
            judge_door("on loopback", by_test, gateway, apps[1], Attack(f"http://{host}/"))
        is_refused("on loopback", by_test(gateway, apps[1], f"https://127-0-0-1.to.{ZONE}/")[2], 1)
        is_quiet("beside loopback")
    print("ok    loopback by default")
