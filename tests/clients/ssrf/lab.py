"""R11: tries to make a gateway call its own network, in a network namespace where every address is a canary.

lab.py BINARY DIRECTORY, started by scripts/ssrf.sh. In the end it says `N passed, M failed`.
"""

import http.client
import itertools
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from attacks import FORBIDDEN, METADATA, OWN_ADDRESS, OWN_PORT, PUBLIC, PUBLIC_6, ZONE, Attack, Names, addresses, doors
from canary import MARK, Canary
from names import Dns

BINARY, DIRECTORY = sys.argv[1:3]
HOOKS = f"hooks.{ZONE}"  # a receiver as it should be
INSIDE = "10.1.2.3"  # a receiver in a range that an operator may open
PROXY = "http://10.0.0.7:3128"
AT_THE_DOOR = {FORBIDDEN, "url_invalid", "url_not_https"}
ON_THE_WAY = re.compile(r"(url_forbidden|dns_failed): .{20,}")

passed = failed = 0
checking = threading.Lock()


def check(what, ok, why=""):
    """One check; those that hold are told in sums, those that do not one by one."""
    global passed, failed
    with checking:
        if ok:
            passed += 1
        else:
            failed += 1
            print(f"FAIL  {what}: {why}"[:900])
    return ok


class Gateway:
    """The real binary with these settings, until the block ends."""

    def __init__(self, listen, allow=None, delays="0.1"):
        self.listen, self.local = listen, threading.local()
        self.log_path = f"{DIRECTORY}/log"
        self.environment = {
            **base_environment(), "ZENWALLET_LISTEN": listen, "ZENWALLET_WEBHOOKS_RETRY_DELAYS_S": delays,
            # A client that believes them sends everything to the canary of 10.0.0.7.
            **{name: PROXY for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")},
        }
        if allow:
            self.environment["ZENWALLET_WEBHOOKS_ALLOW_CIDRS"] = allow

    def __enter__(self):
        with open(self.log_path, "wb") as log:
            command = [BINARY, "serve", "--log-format", "json"]
            self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while '"message":"ready"' not in open(self.log_path).read():
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit("ssrf: the gateway does not start:\n" + open(self.log_path).read())
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)
        log = open(self.log_path).read()
        check("the gateway's log has no error", '"level":"ERROR"' not in log and "panicked" not in log, log[-800:])

    def call(self, app, method, path, body=None):
        """A request over this thread's connection: the status, and the answer as it is and read."""
        held = self.local.__dict__
        if "connection" not in held:
            host, port = self.listen.rsplit(":", 1)
            held["connection"] = http.client.HTTPConnection(host, int(port), timeout=30)
        headers = {"Authorization": f"Bearer {app['api_key']}", "Content-Type": "application/json"}
        held["connection"].request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = held["connection"].getresponse()
        text = answer.read().decode()
        return answer.status, text, json.loads(text)


def base_environment():
    return {
        "PATH": os.environ["PATH"], "ZENWALLET_DATA_DIR": f"{DIRECTORY}/data", "ZENWALLET_DEMO_APP": "false",
        "SSL_CERT_FILE": f"{DIRECTORY}/certificate.pem", "ZENWALLET_WEBHOOKS_TIMEOUT_MS": "3000",
    }


def make_app(environment, *more, allow=None):
    command = [BINARY, "app", "create", "--name", environment, "--environment", environment, "--rate-limit", "0", "--json"]
    settings = {**base_environment(), "ZENWALLET_LISTEN": f"{OWN_ADDRESS}:{OWN_PORT}"}
    made = subprocess.run([*command, *more], env=settings, capture_output=True, text=True)
    return {**json.loads(made.stdout), "environment": environment} if made.returncode == 0 else made.stderr


def each(work, items):
    """Runs the work for every item, sixteen at a time."""
    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(work, items))


def fits(app, attack):
    """The attack as this app must write it."""
    return attack.over_https() if app["environment"] == "production" else attack


def receiver(app, path="/hook", host=HOOKS):
    return f"{'https' if app['environment'] == 'production' else 'http'}://{host}{path}"


# Ways in. Each gives the answer of a registration.

def by_payment(gateway, app, url):
    body = {"amount": 5, "currency": "COINS", "webhook_url": url}
    return gateway.call(app, "POST", "/api/payments/create", body)


def by_endpoint(gateway, app, url):
    return gateway.call(app, "POST", "/api/webhooks/endpoints", {"url": url})


def by_change(gateway, app, url):
    return gateway.call(app, "PATCH", f"/api/webhooks/endpoints/{app['endpoint']}", {"url": url})


def by_test(gateway, app, url):
    return gateway.call(app, "POST", "/api/webhooks/test", {"url": url})


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


def detail(gateway, app, delivery_id):
    return gateway.call(app, "GET", f"/api/webhooks/deliveries/{delivery_id}")[2]


def is_refused(what, delivery, attempts=None):
    """Whether every attempt was refused before a connection, in clear words that tell no address."""
    errors = [attempt["error"] or "" for attempt in delivery["attempts_log"]]
    count = attempts or len(errors)
    clear = errors and len(errors) == count and all(ON_THE_WAY.fullmatch(e) for e in errors)
    host = delivery["url"].split("/")[2]
    silent = not any(re.search(r"\d+\.\d+\.\d+\.\d+|::", e.replace(host, "")) for e in errors)
    check(f"{what} {delivery['url']}", delivery["status"] == "FAILED" and clear and silent, (delivery["status"], errors))


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
    check(f"{what} {attack.url[:120]!r}", ok, f"{status} {text[:300]}")


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
        for some in (urls[at:at + 15] for at in range(0, len(urls), 15)):
            endpoints_are_refused(gateway, app, some)
    is_quiet("names that lead inside")
    called = {host for _, host, _ in canary.take_requests()} - {HOOKS}
    check("a name that also leads outside is not called there either", not called, called)
    print(f"ok    {len(attacks)} names by 4 ways of {len(apps)} apps")


def each_refused(what, deliveries, attempts):
    for delivery in deliveries:
        is_refused(what, delivery, attempts)


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
        statuses = itertools.cycle((307, 308, 301, 302, 303)) if app["environment"] == "production" else itertools.repeat(307)

        def follow(attack_status):
            attack, status = attack_status
            url = receiver(app, f"/{status}/redirect?to={quote(attack.url[:900].encode(), safe='')}")
            delivery = by_test(gateway, app, url)[2]
            what = f"{app['environment']} {status} to {attack.url[:100]!r}"
            ok = delivery.get("status") == "FAILED" and (answered(delivery) == status or bad_head(attack, delivery))
            check(what, ok, json.dumps(delivery)[:500])

        each(follow, zip(attacks, statuses))
    met = is_quiet("redirects")
    check("every redirect was met", met > 0, met)
    print(f"ok    {len(attacks)} redirects of {len(apps)} apps")


def answered(delivery):
    log = delivery["attempts_log"]
    return len(log) == 1 and log[0]["response"] and log[0]["response"]["status"]


def bad_head(attack, delivery):
    """A Location that is no header at all ends the exchange."""
    return re.search(r"[\0-\x1f\x7f]", attack.url) and re.match("answer_invalid: ", delivery.get("error") or "")


def rebinding_is_refused(gateway, apps, names):
    """A name that was good when it was registered, and at the first attempt, leads inside from then on."""
    inside = ["127.0.0.1", "10.0.0.1", "169.254.169.254", "0.0.0.0", "::1", "::ffff:127.0.0.1", "fd00::1", "64:ff9b::7f00:1"]

    def rebind(app_target):
        app, target = app_target
        kind, name = app["environment"], f"rebind-{target.replace('.', '-').replace(':', 'x')}-{app_target[0]['environment']}.{ZONE}"
        names.set(name, sequence=[[PUBLIC], [target]])
        payment = by_payment(gateway, app, receiver(app, "/500/close", name))[2]
        delivery = [d for d in finish(gateway, app, payment["payment_id"]) if d["endpoint_id"] is None][0]
        first, *later = delivery["attempts_log"]
        check(f"{kind} {name}: the first attempt arrives outside", (first["response"] or {}).get("status") == 500, first)
        is_refused(f"{kind} retry after {name} rebound", {**delivery, "attempts_log": later}, 1)
        again = gateway.call(app, "POST", f"/api/webhooks/deliveries/{delivery['delivery_id']}/retry", {})[2]
        successor = [d for d in over(gateway, app, f"payment_id={payment['payment_id']}") if d["delivery_id"] == again["delivery_id"]]
        check(f"{kind} {name}: retried by hand", len(successor) == 1, again)
        each_refused(f"{kind} retry by hand after {name} rebound", successor, 2)

    each(rebind, itertools.product(apps, inside))
    met = is_quiet("names that rebind between attempts")
    check("each first attempt, and no other, arrives outside", met == len(apps) * len(inside), met)
    print(f"ok    {len(inside)} names of {len(apps)} apps that rebind between attempts")


def one_look_up_decides(gateway, apps, names):
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
    check("and what it cannot carry is refused", all(d["status"] == "DELIVERED" or "url_forbidden" in d["error"] for d in found))
    print(f"ok    names that change at each look-up, of {len(apps)} apps")


def replay_is_refused(gateway, app, names):
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
    names = "Host host HOST Connection Proxy-Connection Proxy-Authorization Transfer-Encoding Content-Length Upgrade TE Trailer Expect"
    bad = [(name, "127.0.0.1") for name in names.split()]
    bad += [("X-A\r\nHost", "127.0.0.1"), ("X-A", "b\r\nHost: 127.0.0.1"), ("X-A", "b\nHost: a"), ("X-A:", "b"), ("", "b"), ("X-A", "b\0")]
    for name, value in bad:
        body = {"url": receiver(app), "headers": {name: value}}
        status, text, _ = gateway.call(app, "POST", "/api/webhooks/endpoints", body)
        check(f"endpoint header {name!r}: {value!r}", status == 400, text)
    print(f"ok    {len(bad)} headers")


def outside_works(gateway, apps):
    """The laboratory's outside world: what is allowed arrives, under its own name, past every proxy."""
    canary.take(), canary.take_requests()
    for app in apps:
        for host in (HOOKS, f"six.{ZONE}", PUBLIC, f"[{PUBLIC_6}]", f"{HOOKS}.", f"{HOOKS}:{8443 if app['environment'] == 'production' else 8081}"):
            delivery = by_test(gateway, app, receiver(app, "/close", host))[2]
            check(f"{app['environment']} {host} arrives", delivery.get("status") == "DELIVERED", json.dumps(delivery)[:400])
            heard = [r[1] for r in canary.take_requests()]
            check(f"{app['environment']} {host} is the Host", heard == [host], heard)
    check("past every proxy", is_quiet("what may be called") == 12)


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
            check(f"opened: {host} reaches {address}", at == address or {at, address} == {"::1", "127.0.0.1"}, json.dumps(delivery)[:300])

        each(reach, live)
        _, hits = canary.take()
        check("opened: the canaries sing", sum(hits.values()) >= len(live), sum(hits.values()))
        print(f"ok    {len(live)} spellings reach {len(hits)} addresses when everything is open")
        closed = [f"http://{host}/" for host in METADATA]
        closed += [f"http://{host}:{OWN_PORT}/" for host in (OWN_ADDRESS, "127.0.0.1", "[::1]", "localhost")]
        closed += [f"http://127.0.0.1:{port}/" for port in (22, 25, 5432, 6379)]
        for way, app, url in itertools.product((by_payment, by_endpoint, by_test), apps, closed):
            judge_door(f"opened {way.__name__}", way, gateway, app, Attack(url))
        for name in ("169-254-169-254.to", "fd00xec2xx254.to", "mixed-first"):
            if name != "mixed-first":
                is_refused("opened", by_test(gateway, apps[0], f"http://{name}.{ZONE}/")[2], 1)
        is_refused("opened", by_test(gateway, apps[0], f"http://own.{ZONE}:{OWN_PORT}/")[2], 1)
        is_quiet("metadata, own and closed ports in an opened range")
        # What was registered while it was allowed, and waits for its retry when the gateway comes back closed.
        for app in apps:
            url = receiver(app, "/500/close", INSIDE)
            payment = by_payment(gateway, app, url)[2]["payment_id"]
            gateway.call(app, "POST", f"/api/payments/{payment}/complete", {"status": "SUCCESS"})
            app["opened"] = (payment, by_endpoint(gateway, app, receiver(app, host=INSIDE))[2]["endpoint_id"])
            wait_for(lambda: gateway.call(app, "GET", f"/api/webhooks/deliveries?payment_id={payment}")[2]["data"][0]["attempts"] == 1)
        _, hits = canary.take()
        check("opened: the first attempts arrive inside", sum(hits.values()) == len(apps), dict(hits))


def socket_name(address):
    """An address as a socket spells it."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.inet_ntop(family, socket.inet_pton(family, address))


def wait_for(condition, seconds=5):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)


def closed_again(gateway, apps):
    """What was registered while a range was open is refused once it is closed."""
    for app in apps:
        payment, endpoint = app["opened"]
        (delivery,) = over(gateway, app, f"payment_id={payment}")
        first, *later = delivery["attempts_log"]
        what = f"{app['environment']} closed again:"
        check(f"{what} the first attempt had arrived", (first["response"] or {}).get("status") == 500, first)
        is_refused(f"{what} its retry", {**delivery, "attempts_log": later}, 1)
        is_refused(f"{what} its endpoint", gateway.call(app, "POST", "/api/webhooks/test", {"endpoint_id": endpoint})[2], 1)
        gateway.call(app, "DELETE", f"/api/webhooks/endpoints/{endpoint}")
        app["endpoint"] = by_endpoint(gateway, app, receiver(app))[2]["endpoint_id"]
    is_quiet("what was registered while it was allowed")


def one_range_opened(apps):
    """An operator who opens one range opens nothing else."""
    with Gateway(f"{OWN_ADDRESS}:{OWN_PORT}", allow="10.0.0.0/8") as gateway:
        for app in apps:
            delivery = by_test(gateway, app, receiver(app, "/close", INSIDE))[2]
            check(f"one range: {app['environment']} reaches it", delivery.get("status") == "DELIVERED", json.dumps(delivery)[:400])
        public, hits = canary.take()
        check("one range: the canary sings", hits.total() == len(apps) and not public, (hits, public))
        others = [f"http://{h}/" for h in ("127.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "[::1]", "[fd00::1]", "localhost")]
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
            check(f"on loopback: a test app reaches {host}", delivery.get("status") == "DELIVERED", json.dumps(delivery)[:400])
        canary.take()
        for app, host in itertools.product(apps, ("10.0.0.1", "169.254.169.254", "192.168.1.1", "[fd00::1]", f"127.0.0.1:{OWN_PORT}")):
            judge_door("on loopback", by_test, gateway, app, Attack(f"http://{host}/"))
        for host in ("127.0.0.1", "localhost", "[::1]", "2130706433"):
            judge_door("on loopback", by_test, gateway, apps[1], Attack(f"http://{host}/"))
        is_refused("on loopback", by_test(gateway, apps[1], f"https://127-0-0-1.to.{ZONE}/")[2], 1)
        is_quiet("beside loopback")
    print("ok    loopback by default")


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


def main():
    apps = [make_app("test"), make_app("production")]
    kernel_lets_in()
    everything_opened(apps)
    with Gateway(f"{OWN_ADDRESS}:{OWN_PORT}") as gateway:
        closed_again(gateway, apps)
        doors_are_closed(gateway, apps)
        default_urls_are_checked()
        outside_works(gateway, apps)
        names_are_refused(gateway, apps, names.attacks)
        redirects_are_not_followed(gateway, apps, [*doors(), *names.attacks])
        rebinding_is_refused(gateway, apps, names)
        one_look_up_decides(gateway, apps, names)
        headers_cannot_name_a_host(gateway, apps[0])
        replay_is_refused(gateway, apps[0], names)
    one_range_opened(apps)
    loopback_by_default(apps)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


names = Names()
names.set(HOOKS, [PUBLIC])
names.set(f"six.{ZONE}", [PUBLIC_6])
dns = Dns(names.zone)
canary = Canary(f"{DIRECTORY}/certificate.pem", f"{DIRECTORY}/key.pem")
main()
