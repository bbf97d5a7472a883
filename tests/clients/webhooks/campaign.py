"""Sends real deliveries of every kind to the receivers beside this file: campaign.py BINARY RECEIVER… DIRECTORY

Each receiver is a command that takes a file of secrets and a log; the first is the one with Express. What the receivers
were sent is left in DIRECTORY/captured for verifiers that read it. Says `N passed, M failed`.
"""

import base64
import json
import os
import secrets as random
import shlex
import subprocess
import sys
import time
import urllib.error
import urllib.request

BINARY, NODE, PYTHON, DIRECTORY = sys.argv[1:5]
EVERY_EVENT = ["payment.created", "payment.success", "payment.failed", "payment.expired", "webhook.disabled"]

# Metadata that is easily spelled in two ways.
CASES = {
    "nothing": {},
    "order": {"order_id": "123", "user_email": "user@example.com", "is_gift": True, "is_new": False},
    "names of numbers": {"10": "a", "2": "b", "1": "c", "-1": "d", "1.5": "e", "1e-7": "f", "é": 1.5},
    "order of code units": {"\U0001f600": 1, "\ufb33": 2, "\ue000": 3, "z": 4, "Z": 5, "é": 6, "e\u0301": 7, " ": 8},
    "names of members": {
        "signature": "sha256=00",
        "status": "FAILED",
        "type": "x",
        "event_id": "evt_x",
        "metadata": "m",
    },
    "names of JavaScript": {"__proto__": "a", "constructor": "b", "toString": "c", "hasOwnProperty": 1, "then": True},
    "quotes": {
        'a"b': 'say "hi" \\ and \\" \\\\',
        "'": "it's",
        "json": '{"a":["\\u0041",null]}',
        "</script>": "<!--&amp;",
    },
    "controls": {"c": "\x01\x1f\b\t\n\f\r\x7f\x80", "line ends": "a\r\nb\u2028c\u2029d\u0085", "bom": "\ufeffx\ufffe"},
    "scripts": {"漢字": "日本語 한국어 العربية עברית ไทย", "mark": "e\u0301 \u202eabc\u202c \u200d", "ß": "ẞ ſ İ ı"},
    "emoji": {"👩‍👩‍👧‍👦": "🏳️‍🌈 🇩🇪 👍🏽 \U0010fffd", "long": "😀" * 500},
    "numbers": {"a": 1.50, "b": 1e-7, "c": 0.000001, "d": 1e21, "e": 123456789012345680000.0, "f": 0.1, "g": -1.5e-9},
    "edges of numbers": {
        "a": 5e-324,
        "b": 1.7976931348623157e308,
        "c": 9007199254740991,
        "d": -9007199254740992,
        "e": 0,
    },
    "long": {f"key-{n:02}-{'k' * 30}": 'é"' * 90 for n in range(40)},
}
# The same value, as a request may spell it.
SPELLED = '{"a":1.50,"b":1E2,"c":-0,"d":1e-07,"e":100e-2,"f":"\\u00e9\\ud83d\\ude00\\/","\\u0031":0.10}'
SPELLED_MEANS = {"a": 1.5, "b": 100, "c": 0, "d": 1e-7, "e": 1, "f": "é😀/", "1": 0.1}

passed = failed = 0


def check(what, ok, why=""):
    global passed, failed
    if ok:
        passed += 1
    else:
        failed += 1
        print(f"FAIL  {what}: {why}"[:900])
    return ok


class Receiver:
    """A receiver's process, and what it has written down."""

    def __init__(self, name, command):
        self.name, self.log = name, f"{DIRECTORY}/{name}.log"
        open(self.log, "w").close()
        self.process = subprocess.Popen(
            [*shlex.split(command), f"{DIRECTORY}/secrets", self.log], stdout=subprocess.PIPE
        )
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"
        self.read = 0

    def new_lines(self):
        with open(self.log) as log:
            lines = [json.loads(line) for line in log.read().split("\n")[:-1]]
        new, self.read = lines[self.read :], len(lines)
        return new


class Gateway:
    """The real binary on SQLite."""

    def __init__(self):
        self.environment = {
            "PATH": os.environ["PATH"],
            "ZENWALLET_DATA_DIR": f"{DIRECTORY}/data",
            "ZENWALLET_LISTEN": "127.0.0.1:0",
            "ZENWALLET_DEMO_APP": "false",
            "ZENWALLET_WEBHOOKS_RETRY_DELAYS_S": "0.2, 0.5",
        }
        self.process = self.app = self.url = None

    def make_app(self, webhook_url):
        command = [BINARY, "app", "create", "--name", "shop", "--environment", "test", "--webhook-url", webhook_url]
        made = subprocess.run(
            [*command, "--rate-limit", "0", "--json"], env=self.environment, stdout=subprocess.PIPE, check=True
        )
        self.app = json.loads(made.stdout)

    def start(self):
        path = f"{DIRECTORY}/log"
        with open(path, "wb") as log:
            command = [BINARY, "serve", "--log-format", "json"]
            self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while self.url is None:
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit("webhooks: the gateway does not start:\n" + open(path).read())
            time.sleep(0.02)
            ready = [json.loads(line) for line in open(path) if '"message":"ready"' in line and line.endswith("\n")]
            self.url = f"http://{ready[0]['listen']}" if ready else None

    def call(self, method, path, body=None):
        """The answer; `body` is JSON, or a value that becomes it."""
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        headers = {"Authorization": f"Bearer {self.app['api_key']}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, text and text.encode(), headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            sys.exit(f"webhooks: {method} {path}: {error.code} {error.read().decode()}")

    def pay(self, status="SUCCESS", metadata="{}", **more):
        """A payment that is created and completed."""
        body = json.dumps({"amount": 12.5, "currency": "COINS", **more})[:-1] + f', "metadata": {metadata}}}'
        payment = self.call("POST", "/api/payments/create", body)
        if status:
            self.call("POST", f"/api/payments/{payment['payment_id']}/complete", {"status": status})
        return payment["payment_id"]

    def settle(self):
        """Waits until no delivery is on its way, and gives them all."""
        deadline = time.monotonic() + 15
        while self.call("GET", "/api/webhooks/queue")["total_count"] and time.monotonic() < deadline:
            time.sleep(0.05)
        found, cursor = [], ""
        while cursor is not None:
            page = self.call("GET", f"/api/webhooks/deliveries?limit=100{cursor and '&cursor=' + cursor}")
            found, cursor = found + page["data"], page["next_cursor"]
        return found


class Campaign:
    def __init__(self):
        self.secrets = {"verify": [], "refuse": [new_secret(), new_secret()], "newest": None}
        self.node, self.python = Receiver("express", NODE), Receiver("http.server", PYTHON)
        self.gateway, self.known, self.captured = Gateway(), set(), []

    def run(self):
        gateway = self.gateway
        gateway.make_app(self.node.url + "/raw")
        gateway.start()
        self.use([gateway.app["webhook_secret"]])
        for url in (self.node.url + "/parsed", self.python.url + "/"):
            gateway.call("POST", "/api/webhooks/endpoints", {"url": url, "events": EVERY_EVENT})
        expiring = gateway.pay(status=None, metadata='{"will": "expire"}', expires_in=30)
        ends_at = time.monotonic() + 30
        self.every_case()
        self.other_ways()
        self.rotations()
        self.disabled()
        time.sleep(max(0.0, ends_at - time.monotonic()))
        self.expired(expiring)
        with open(f"{DIRECTORY}/captured", "w") as file:
            file.writelines("\t".join(fields) + "\n" for fields in self.captured)

    def use(self, verify, refuse=()):
        """From now on these secrets must verify, the newest first; the receivers read the file at each delivery."""
        self.secrets = {"verify": verify, "refuse": [*self.secrets["refuse"], *refuse], "newest": verify[0]}
        with open(f"{DIRECTORY}/secrets.new", "w") as file:
            json.dump(self.secrets, file)
        os.rename(f"{DIRECTORY}/secrets.new", f"{DIRECTORY}/secrets")

    def collect(self, what, ways):
        """What arrived since the last time: every delivery of the log, each verified by every check of its receiver."""
        deliveries = [d for d in self.gateway.settle() if d["delivery_id"] not in self.known]
        self.known |= {d["delivery_id"] for d in deliveries}
        for delivery in deliveries:
            check(f"{what}: {delivery['type']} is delivered", delivery["status"] == "DELIVERED", delivery)
        lines = self.node.new_lines() + self.python.new_lines()
        check(f"{what}: each delivery arrives once", len(lines) == len(deliveries), (len(lines), len(deliveries)))
        by_route = {}
        for line in lines:
            by_route.setdefault(line["route"], []).append(line)
            self.capture(line)
            for name, ok in line["checks"]:
                check(f"{what}: {line['route']} {line['id']}: {name}", ok, (line["headers"], line["body"]))
        check(f"{what}: by every way", sorted(by_route) == sorted(ways), sorted(by_route))
        print(
            f"ok    {what}: {len(lines)} deliveries, "
            + ", ".join(f"{len(by_route[r])} to {r}" for r in sorted(by_route))
        )
        return lines, deliveries

    def capture(self, line):
        if line["body"] is None:
            return
        headers = {name.lower(): value for name, value in line["headers"].items()}
        sent = [headers[f"webhook-{part}"] for part in ("id", "timestamp", "signature")] + [line["body"]]
        self.captured += [("verify", secret, *sent) for secret in self.secrets["verify"]]
        self.captured += [("refuse", secret, *sent) for secret in self.secrets["refuse"]]

    def every_case(self):
        """Each case as an event that was paid and as one that failed, and what arrived is what was sent."""
        meant = {}
        for name, metadata in CASES.items():
            for status in ("SUCCESS", "FAILED"):
                text = json.dumps(metadata, ensure_ascii=status == "FAILED")
                meant[self.gateway.pay(status, text, reference_id=f'{name} "é😀\\ {status}')] = metadata
        meant[self.gateway.pay("SUCCESS", SPELLED, amount=0.01)] = SPELLED_MEANS
        meant[self.gateway.pay("FAILED", SPELLED, amount=9999999999999.99)] = SPELLED_MEANS
        lines, _ = self.collect("every kind of text", ["/raw", "/parsed", "/"])
        # The receiver of parsed bodies has none to show.
        arrived = {}
        for line in lines:
            if line["body"]:
                # A number is what its digits say, also without a fraction.
                event = json.loads(line["body"], parse_int=float)
                arrived.setdefault(event["payment_id"], []).append(event)
        for payment, metadata in meant.items():
            events = arrived.get(payment, [])
            kinds = sorted(event["type"] for event in events)
            wanted = [["payment.created", f"payment.{s}", f"payment.{s}"] for s in ("success", "failed")]
            check(f"{payment} has its events", kinds in [sorted(w) for w in wanted], kinds)
            check(
                f"{payment} arrives as it was sent", all(e["metadata"] == metadata for e in events), (metadata, events)
            )
            nulls = [event["transaction_id"] for event in events if event["type"] == "payment.created"]
            check(f"{payment} is told to be open", nulls == [None], nulls)

    def other_ways(self):
        """Tests of endpoints and of an address, a payment's own URL, and the second attempt of a delivery."""
        gateway = self.gateway
        for endpoint in gateway.call("GET", "/api/webhooks/endpoints")["data"]:
            tested = gateway.call("POST", "/api/webhooks/test", {"endpoint_id": endpoint["endpoint_id"]})
            check("a test of an endpoint", tested["status"] == "DELIVERED", tested)
        tested = gateway.call("POST", "/api/webhooks/test", {"url": self.python.url + "/tested"})
        check("a test of an address", tested["status"] == "DELIVERED", tested)
        payments = [
            gateway.pay(status, webhook_url=self.node.url + "/flaky") for status in ("SUCCESS", "FAILED", "SUCCESS")
        ]
        _, deliveries = self.collect("tests and retries", ["/raw", "/parsed", "/", "/tested", "/flaky"])
        retried = [d["attempts"] for d in deliveries if d["url"].endswith("/flaky")]
        check("a payment's own URL gets the second attempt", retried == [2] * len(payments), retried)

    def rotations(self):
        """A new secret with an overlap signs beside the old one; without one all old ones are over."""
        gateway, first = self.gateway, self.secrets["newest"]
        path = f"/api/apps/{gateway.app['app_id']}/webhook-secret/rotate"
        second = gateway.call("POST", path, {"overlap": 3600})["webhook_secret"]
        self.use([second, first])
        for status in ("SUCCESS", "FAILED"):
            gateway.pay(status, '{"secrets": 2, "é": 1.50}')
        self.collect("two secrets", ["/raw", "/parsed", "/"])
        third = gateway.call("POST", path, {"overlap": 0})["webhook_secret"]
        self.use([third], refuse=[second, first])
        gateway.pay("SUCCESS", '{"secrets": 1}')
        self.collect("a secret without an overlap", ["/raw", "/parsed", "/"])

    def disabled(self):
        """An endpoint that is gone is disabled, and the others are told."""
        gateway = self.gateway
        gone = gateway.call(
            "POST", "/api/webhooks/endpoints", {"url": self.node.url + "/gone", "events": ["payment.created"]}
        )
        gateway.pay(status=None)
        deadline = time.monotonic() + 10
        while (
            gateway.call("GET", "/api/webhooks/deliveries?type=webhook.disabled")["data"] == []
            and time.monotonic() < deadline
        ):
            time.sleep(0.05)
        left = [d for d in gateway.settle() if d["endpoint_id"] == gone["endpoint_id"]]
        check("a receiver that is gone gets one attempt", [d["attempts"] for d in left] == [1], left)
        self.known |= {d["delivery_id"] for d in left}
        lines, _ = self.collect("an endpoint is disabled", ["/parsed", "/"])
        told = [json.loads(line["body"])["type"] for line in lines if line["body"]]
        check("the others are told", told.count("webhook.disabled") == 1, told)

    def expired(self, payment):
        """A payment that nobody paid says so by itself."""
        deadline, path = time.monotonic() + 5, f"/api/webhooks/deliveries?payment_id={payment}&type=payment.expired"
        while self.gateway.call("GET", path)["data"] == [] and time.monotonic() < deadline:
            time.sleep(0.05)
        lines, deliveries = self.collect("a payment expires", ["/raw", "/parsed", "/"])
        check(
            "it is told to all", len(lines) == 3 and all(d["type"] == "payment.expired" for d in deliveries), deliveries
        )

    def end(self):
        for process in (self.gateway.process, self.node.process, self.python.process):
            if process:
                process.terminate()
                process.wait(20)
        log = open(f"{DIRECTORY}/log").read()
        check("the gateway's log has no error", '"level":"ERROR"' not in log and "panicked" not in log, log[-800:])


def new_secret():
    return "whsec_" + base64.b64encode(random.token_bytes(32)).decode()


campaign = Campaign()
try:
    campaign.run()
finally:
    campaign.end()
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
