"""`zenwallet listen`, through what happens to networks, gateways and receivers."""

import hashlib
import base64
import hmac
import http.server
import json
import os
import socket
import struct
import threading
import time

FINAL = ("payment.success", "payment.failed", "payment.expired", "webhook.test")
AWAY_S = 30


def wait_until(met, what, deadline_s=60):
    deadline = time.monotonic() + deadline_s
    while not met():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {deadline_s} s")
        time.sleep(0.02)


class Receiver:
    """A program of a developer's: keeps what it is sent, in the order of arrival."""

    def __init__(self, port=0, status=200):
        self.got, self.status, receiver = [], status, self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.got.append((dict(self.headers.items()), body))
                self.send_response(receiver.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def ids(self):
        return [json.loads(body)["event_id"] for _, body in self.got]


def is_signed(secret, headers, body):
    """By Standard Webhooks and by our own header, worked out here."""
    headers = {name.lower(): value for name, value in headers.items()}
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mac = hmac.new(key, signed, hashlib.sha256)
    own = f"t={headers['webhook-timestamp']},id={headers['webhook-id']},v1={mac.hexdigest()}"
    return (headers["webhook-signature"] == "v1," + base64.b64encode(mac.digest()).decode()
            and headers["x-zenwallet-signature"] == own
            and abs(time.time() - int(headers["webhook-timestamp"])) < 300)


class Network:
    """A way to the gateway that can be away: nothing passes then, and nobody is told."""

    def __init__(self, port):
        self.port, self.pairs, self.present = port, [], threading.Event()
        self.present.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.connect, args=(near,), daemon=True).start()

    def connect(self, near):
        self.present.wait()
        try:
            far = socket.create_connection(("127.0.0.1", self.port))
        except OSError:
            near.close()
            return
        self.pairs.append((near, far))
        threading.Thread(target=self.carry, args=(near, far), daemon=True).start()
        self.carry(far, near)

    def carry(self, source, target):
        try:
            while data := source.recv(65536):
                self.present.wait()
                target.sendall(data)
        except OSError:
            pass
        for one in (source, target):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def reset(self):
        """Every connection breaks off."""
        pairs, self.pairs = self.pairs, []
        for pair in pairs:
            for one in pair:
                try:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    one.shutdown(socket.SHUT_RDWR)
                    one.close()
                except OSError:
                    pass


class Shop:
    """An app, a listener of it and the listener's receiver."""

    def __init__(self, campaign, name, url=None, receiver=None, arguments=()):
        self.campaign, self.receiver = campaign, receiver or Receiver()
        self.key = campaign.gateway.make_app(name)["api_key"]
        self.ready = f"{campaign.directory}/ready-{name.replace(' ', '-')}"
        self.process = campaign.start(
            "listen", "--forward-to", f"http://127.0.0.1:{self.receiver.port}/webhook", "--ready-file", self.ready,
            *arguments, ZENWALLET_API_KEY=self.key, **({"ZENWALLET_URL": url} if url else {}))
        wait_until(lambda: os.path.exists(self.ready) or self.process.poll() is not None, "listen is ready")
        with open(self.ready) as file:
            self.secret = file.read().strip()

    def call(self, method, path, body=None):
        status, _, text = self.campaign.gateway.call(method, path, self.key, body)
        if status >= 300:
            raise OSError(f"{method} {path}: {status} {text}")
        return json.loads(text)

    def pay(self, number):
        """A payment that is paid, or every third time canceled; whatever becomes of the gateway meanwhile."""
        deadline = time.monotonic() + 60
        while True:
            try:
                payment = self.call("POST", "/api/payments/create", {"amount": number + 1, "currency": "COINS"})
                path = f"/api/payments/{payment['payment_id']}"
                if number % 3 == 2:
                    return self.call("POST", f"{path}/cancel")
                return self.call("POST", f"{path}/complete", {"status": "SUCCESS"})
            except (OSError, ValueError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def expected(self):
        """What the log says should have been forwarded, in its order."""
        ids, after = [], 0
        while True:
            page = self.call("GET", f"/api/events?after_seq={after}&limit=100")
            ids += [event["event_id"] for event in page["data"] if event["type"] in FINAL]
            after = page["next_after_seq"]
            if not page["has_more"]:
                return ids

    def judge(self, what, atleast):
        expected = self.expected()
        wait_until(lambda: len(self.receiver.got) >= len(expected), f"{what}: everything is forwarded")
        check = self.campaign.check
        check(f"{what}: all of it, once each, in order", self.receiver.ids() == expected, (self.receiver.ids(), expected))
        check(f"{what}: there was something", len(expected) >= atleast, len(expected))
        bad = [body for headers, body in self.receiver.got if not is_signed(self.secret, headers, body)]
        check(f"{what}: signed with the secret that was printed", not bad, bad[:1])

    def end(self):
        self.process.terminate()
        out, err = self.process.communicate(timeout=20)
        self.campaign.check("listen ends well", self.process.returncode == 0, err)
        self.campaign.check("and takes its file with it", not os.path.exists(self.ready))
        self.receiver.stop()
        return out, err


def restarts(campaign):
    """The gateway stops, and is killed, while payments are made."""
    shop = Shop(campaign, "Restarts")
    made = threading.Thread(target=lambda: [shop.pay(number) for number in range(60)])
    made.start()
    for way in ("stop", "kill", "stop", "kill"):
        before = len(shop.receiver.got)
        wait_until(lambda: len(shop.receiver.got) > before + 5 or not made.is_alive(), "payments go on")
        getattr(campaign.gateway, way)()
        campaign.gateway.start()
    made.join(120)
    shop.judge("through restarts", 60)
    _, err = shop.end()
    campaign.check("it said that it came back", "listening again" in err, err)


def networks(campaign):
    """The network is away for half a minute: once it comes back as if nothing had been, once everything breaks off."""
    kept, cut = Network(campaign.gateway.port), Network(campaign.gateway.port)
    shops = [(kept, Shop(campaign, "Kept", kept.url)), (cut, Shop(campaign, "Cut", cut.url))]
    for _, shop in shops:
        for number in range(5):
            shop.pay(number)
        shop.judge("before the network goes", 5)
    for network, _ in shops:
        network.present.clear()
    began = time.monotonic()
    number = 5
    while time.monotonic() - began < AWAY_S:
        for _, shop in shops:
            shop.pay(number)
        number += 1
        time.sleep(0.5)
    for _, shop in shops:
        campaign.check("nothing passes while it is away", len(shop.receiver.got) == 5, len(shop.receiver.got))
    cut.reset()
    for network, _ in shops:
        network.present.set()
    for what, (network, shop) in zip(("a network that comes back", "a network that broke off"), shops):
        shop.judge(what, 40)
        shop.pay(number)
        shop.judge(f"{what}, later", 41)
        shop.end()
        network.listener.close()


def receivers(campaign):
    """A receiver that is not there is waited for; one that fails was told all the same."""
    free = Receiver()
    free.stop()
    shop = Shop(campaign, "Absent", receiver=free, arguments=("--json",))
    for number in range(3):
        shop.pay(number)
    time.sleep(0.5)
    shop.receiver = Receiver(free.port)
    shop.judge("a receiver that comes late", 3)
    shop.receiver.status = 500
    shop.pay(3)
    shop.judge("a receiver that fails", 4)
    shop.receiver.status = 200
    shop.pay(4)
    shop.judge("and goes on", 5)
    out, _ = shop.end()
    told = [json.loads(line) for line in out.splitlines()]
    campaign.check("the secret is printed", told[0]["webhook_secret"] == shop.secret, told[0])
    campaign.check("each answer is told", [one["status"] for one in told[1:]] == [200, 200, 200, 500, 200], told)
    again = campaign.run("listen", "--print-secret", ZENWALLET_API_KEY=shop.key)
    campaign.check("--print-secret prints the same", again[1].strip() == shop.secret, again)


def endings(campaign):
    """What ends it is told, with the exit code of its reason."""
    shop = Shop(campaign, "Ending", arguments=("--all-events",))
    shop.call("POST", "/api/payments/create", {"amount": 1, "currency": "COINS"})
    wait_until(lambda: shop.receiver.got, "payment.created is forwarded when all are asked for")
    campaign.gateway.sql("UPDATE api_key SET revoked_at_ms = 1 WHERE hash = {hash}", shop.key)
    out, err = shop.process.communicate(timeout=20)
    campaign.check("a revoked key ends it", shop.process.returncode == 3 and "api_key_revoked" in err, (out, err))
    campaign.check("and its file is gone", not os.path.exists(shop.ready))
    shop.receiver.stop()


PARTS = (restarts, networks, receivers, endings)
