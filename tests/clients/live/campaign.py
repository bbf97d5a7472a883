"""Followers of every kind on the real binary: campaign.py BINARY sqlite|postgres NODE PYTHON DIRECTORY

Kills, stops and floods the server while they follow, tries what must be refused, and compares what each was told with
the feed. Says `N passed, M failed`.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import refusals
import users
from gateway import Gateway
from journals import Journal, Node, check, compare, last_seq, result, wait_until
from samples import start_samples
from wire import Curl, stalled_socket, stalled_stream

BINARY, DATABASE, NODE, PYTHON, DIRECTORY = sys.argv[1:]
HERE = os.path.dirname(os.path.abspath(__file__))
STALL_MS = 3000
SETTINGS = [
    "live.max_connections_per_app=24",
    "live.allowed_origins=https://shop.example",
    f"http.write_stall_timeout_ms={STALL_MS}",
    # Each has a cache that fills up as it reads; few of them are full before the flood is measured.
    "database.read_connections=2",
]
TRANSPORTS = {"default": None, "websocket": ["websocket"], "polling": ["polling"]}
FLOOD_BASE, FLOOD_STEP, FLOOD_STEPS = 1_000, 4_000, 5
FLOOD_GROWTH_MB = 20
EVENTS = ["payment.created", "payment.success", "payment.failed", "payment.expired"]


class Load:
    """The process of load.js."""

    def __init__(self, gateway, key, **how):
        order = json.dumps({"url": gateway.url, "key": key, **how})
        self.process = subprocess.Popen([NODE, f"{HERE}/node/load.js", order], stdout=subprocess.PIPE, text=True)

    def end(self, stop=True):
        if stop:
            self.process.terminate()
        told = json.loads(self.process.communicate(timeout=90)[0])
        check("every request of the load is acknowledged", told["refused"] == 0, told)
        return told


class Campaign:
    def __init__(self):
        self.gateway = Gateway(BINARY, DATABASE, DIRECTORY, SETTINGS)
        self.children, self.samples, self.loads, self.node, self.began = [], [], [], None, time.monotonic()
        self.node_command, self.python_command, self.directory = NODE, PYTHON, DIRECTORY

    def say(self, text):
        print(f"ok    {DATABASE} {time.monotonic() - self.began:5.1f} s  {text}", flush=True)

    def run(self):
        names = ["shop", "quiet", "flood", "revoked", "rotated", "crowded", "payers", "forgotten", "limited"]
        self.apps = {name: self.gateway.make_app(name, 5 if name == "limited" else 0) for name in names}
        self.keys = {name: app["api_key"] for name, app in self.apps.items()}
        self.gateway.start()
        self.node = Node([NODE, f"{HERE}/node/clients.js"], DIRECTORY)
        self.shop()
        quiet = Curl(self.gateway.url, self.keys["quiet"], after=0)
        refusals.run(self)
        users.run(self)
        self.flood()
        heard = wait_until(lambda: quiet.comments, 16)
        check("a silent stream says that it is still there", heard, quiet.status)
        check("it is told where it stands", quiet.places[:1] == [0] and quiet.events == [], quiet.places)
        quiet.close()
        self.say("heartbeat")

    def socket(self, name, key, transports=None, **given):
        options = {"transports": transports} if transports else {}
        return self.node.open("socket", name, **{"url": self.gateway.url, "key": key, "options": options, **given})

    def follow_in_python(self, flavour, key, after):
        path = f"{DIRECTORY}/python {flavour} {key[-6:]}"
        command = [PYTHON, "-B", f"{HERE}/python/follower.py", flavour, self.gateway.url, key, str(after), path]
        with open(f"{path}.log", "wb") as log:
            self.children.append(subprocess.Popen(command, stdout=log, stderr=log))
        return Journal(path)

    def shop(self):
        """Everybody follows one app under load, through a kill and a stop of the server."""
        gateway, key = self.gateway, self.keys["shop"]
        load = Load(gateway, key, connections=8, rate=150, complete=True)
        self.loads.append(load.process)
        followers = self.follow(key)
        samples = start_samples(self, key)
        wait_until(lambda: all(self.is_in(one) for one, _ in followers.values()), 8)
        churned = self.churn(key)
        self.say("connected under load")

        gateway.kill()
        time.sleep(0.3)
        gateway.start()
        self.come_back(followers, "a kill")
        self.say("killed and resumed")

        took, code = gateway.stop()
        check("the server stops within its grace", code == 0 and took < 3, (code, took))
        time.sleep(0.3)
        gateway.start()
        self.come_back(followers, "a stop")
        self.say(f"stopped in {took:.2f} s and resumed")

        done = load.end()
        gateway.pay(key, "FAILED")
        gateway.pay(key)
        end = gateway.log_end(key)
        check("every acknowledged change is one event", end == done["acknowledged"] + 3, (end, done))
        self.catch_up({**followers, **samples}, end)
        feed = gateway.feed(key)
        check("the feed is numbered without gaps", [seq for seq, _ in feed] == list(range(1, end + 1)), len(feed))
        check("the feed behind a place is its rest", gateway.feed(key, after=end // 2) == feed[end // 2 :])
        for name, (journal, how) in {**followers, **samples}.items():
            after = journal.start() if isinstance(journal, Journal) else 0
            compare(name, journal, feed, after or 0, end, how)
        for name, journal in churned.items():
            check(f"{name} is told where it begins", journal.start() is not None, journal.lines()[:3])
            compare(name, journal, feed, journal.start() or 0, last_seq(journal))
            check(f"{name} sees what is live", last_seq(journal) > (journal.start() or 0) + 20, last_seq(journal))
        self.types(key, feed)
        self.upgrades(key, feed)
        for name in followers:
            if isinstance(followers[name][0], Journal) and not name.startswith("python"):
                self.node.close(name)
            elif isinstance(followers[name][0], Curl):
                followers[name][0].close()
        self.end_children()
        self.say(f"{len(followers) + len(samples)} followers and {len(churned)} passers-by were told {end} events")

    def follow(self, key):
        url = self.gateway.url
        found = {f"socket {name}": (self.socket(f"socket {name}", key, transports, after=0), "bytes") for name, transports in TRANSPORTS.items()}
        found["socket from now"] = (self.socket("socket from now", key), "bytes")
        found["python asyncio"] = (self.follow_in_python("asyncio", key, 0), "values")
        found["python sync"] = (self.follow_in_python("sync", key, "now"), "unordered values")
        stream = f"{url}/api/events/stream?after_seq=0"
        found["eventsource"] = (self.node.open("source", "eventsource", url=stream, key=key, types=EVENTS), "bytes")
        found["curl"] = (Curl(url, key, after=0), "bytes")
        return found

    @staticmethod
    def is_in(one):
        return one.status if isinstance(one, Curl) else one.of("connect")

    def churn(self, key):
        """Sockets that come while payments are made, at a place behind the end, and leave again."""
        journals = {}
        for n in range(12):
            kind = list(TRANSPORTS)[n % 3]
            after = max(0, self.gateway.log_end(key) - 40 * (n % 4))
            name = f"passer-by {n} {kind}"
            journals[name] = self.socket(name, key, TRANSPORTS[kind], after=after)
            time.sleep(0.08)
        for name, journal in journals.items():
            wait_until(lambda: last_seq(journal) > (journal.start() or 0) + 60, 5)
            self.node.close(name)
        return journals

    def come_back(self, followers, what):
        """Every follower reaches what happens after the server is there again."""
        mark = self.gateway.log_end(self.keys["shop"]) + 20
        for name, (one, _) in followers.items():
            reached = lambda: last_seq(one) >= mark
            check(f"{name} goes on after {what}", wait_until(reached, 12), (mark, last_seq(one), getattr(one, "path", "")))

    def catch_up(self, followers, end):
        for name, (one, _) in followers.items():
            check(f"{name} reaches the end", wait_until(lambda: last_seq(one) >= end, 5), (last_seq(one), end))

    def types(self, key, feed):
        """A filter passes over what it does not name, and the place still moves on."""
        end = feed[-1][0]
        wanted = [event for event in feed if json.loads(event[1])["type"] == "payment.failed"]
        check("the feed of one type is a part of the feed", self.gateway.feed(key, type="payment.failed") == wanted)
        curl = Curl(self.gateway.url, key, after=0, query="?type=payment.failed")
        wait_until(lambda: curl.last == end, 5)
        check("a stream of one type is that part", curl.events == wanted, (len(curl.events), len(wanted)))
        check("its place moves on with what is not told", curl.last == end and end != wanted[-1][0], (curl.last, end))
        curl.close()

    def upgrades(self, key, feed):
        """However late an upgrade comes, a long log is told without a stop: nothing may wait for it for good."""
        sockets = {}
        for delay in (0, 2, 4, 6, 8, 10, 15, 20, 30, 400):
            proxy = self.node.open("slowProxy", f"proxy {delay}", port=self.gateway.port, delay=delay)
            port = wait_until(lambda: proxy.of("port"), 5)[0]
            name = f"upgrade {delay} ms late"
            sockets[name] = self.socket(name, key, after=0, url=f"http://127.0.0.1:{port}")
        for name, journal in sockets.items():
            wait_until(lambda: last_seq(journal) >= feed[-1][0] and journal.of("upgrade"), 20)
            compare(name, journal, feed, 0)
            steps = [journal.of(word) for word in ("open", "upgrade", "disconnect")]
            check(f"{name} ends well", steps == [["polling"], ["websocket"], []], journal.of("open", "upgrade", "connect", "disconnect", "connect_error"))
            self.node.close(name)

    def flood(self):
        """Readers that stall are cut off and cost no memory; the others are told everything."""
        gateway, key = self.gateway, self.keys["flood"]
        Load(gateway, key, connections=16, count=FLOOD_BASE, metadataBytes=1_200).end(stop=False)
        for end in range(FLOOD_BASE, FLOOD_STEP, FLOOD_BASE):
            self.copy_log(key, end, FLOOD_BASE)
        readers = {"flooded socket": self.socket("flooded socket", key, ["websocket"], after=0)}
        readers["flooded polling"] = self.socket("flooded polling", key, ["polling"], after=0)
        readers["flooded stream"] = Curl(gateway.url, key, after=0)
        # A process grows by telling: what one flood takes is measured by the same flood before it, read by all.
        before = self.grow(readers, lambda: False)
        # They stand far behind, so that there is something to send that they do not take.
        stalled = {
            "a stream that reads nothing": stalled_stream(gateway.port, key, 0),
            "a stream that reads a byte a second": stalled_stream(gateway.port, key, 0, bytes_per_s=1),
            "a socket that reads nothing": stalled_socket(gateway.port, key, 0),
            "a socket that reads a byte a second": stalled_socket(gateway.port, key, 0, bytes_per_s=1),
        }
        held = {name: gateway.holds(reader.port) for name, reader in stalled.items()}
        check("stalled readers are let in", all(held.values()), held)
        stalled_at, gone = time.monotonic(), {}

        def some_are_held():
            for name, reader in stalled.items():
                if name not in gone and not gateway.holds(reader.port):
                    gone[name] = time.monotonic() - stalled_at
            return len(gone) < len(stalled)

        most = self.grow(readers, some_are_held)
        for name in stalled:
            check(f"{name} is cut off", STALL_MS / 1000 - 0.5 < gone.get(name, 0) < 4 * STALL_MS / 1000, gone)
        check("a flood that some do not read costs no memory", most - before < FLOOD_GROWTH_MB, (before, most))
        feed = gateway.feed(key)
        check("the flood is all there", len(feed) == FLOOD_STEP * (1 + 2 * FLOOD_STEPS), len(feed))
        for name, reader in readers.items():
            compare(name, reader, feed, 0)
            if isinstance(reader, Curl):
                reader.close()
            else:
                check(f"{name} stays connected", reader.of("disconnect") == [], reader.of("disconnect"))
                self.node.close(name)
        for reader in stalled.values():
            reader.close()
        self.say(f"flood of {FLOOD_STEP * FLOOD_STEPS}, at most {most:.0f} MB, without stalled readers {before:.0f} MB; cut off after {max(gone.values(), default=0):.1f} s")

    def grow(self, readers, is_needed):
        """Appends a flood while `readers` read, as long as `is_needed`; the most memory that the server had meanwhile."""
        key, began, copied, most = self.keys["flood"], time.monotonic(), 0, 0
        end = self.gateway.log_end(key)
        wanted = end + FLOOD_STEPS * FLOOD_STEP
        while time.monotonic() < began + 40:
            if copied < FLOOD_STEPS and time.monotonic() > began + copied * 0.7:
                self.copy_log(key, end + copied * FLOOD_STEP, FLOOD_STEP)
                copied += 1
            most = max(most, self.gateway.resident_mb())
            if not is_needed() and all(last_seq(one) >= wanted for one in readers.values()):
                break
            time.sleep(0.05)
        return most

    def copy_log(self, key, end, count):
        """Appends copies of the log's beginning past the gateway, as another node would append its own."""
        columns = "id, kind, payment_id, created_at_ms, body"
        self.gateway.sql(
            f"INSERT INTO event (app_id, seq, {columns}) SELECT app_id, seq + {end}, {columns} FROM event "
            f"WHERE app_id = {{app}} AND seq <= {count}; UPDATE app_log SET last_seq = {end + count} WHERE app_id = {{app}}",
            key,
        )

    def end_children(self):
        for child in self.children:
            child.kill()
            child.wait(10)
        for sample in self.samples:
            os.killpg(sample.pid, signal.SIGKILL)
            sample.wait(10)
        self.children, self.samples = [], []

    def end(self):
        self.end_children()
        for load in self.loads:
            load.kill()
        if self.node:
            self.node.end()
        if self.gateway.process and self.gateway.process.poll() is None:
            self.gateway.stop()
        bad = [line for line in self.gateway.log_lines() if '"level":"ERROR"' in line or "panicked" in line]
        check("the gateway's log has no error", not bad, bad[:3])


# Whoever ends the campaign ends what it has started.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(f"live: {DATABASE} took too long"))
campaign = Campaign()
try:
    campaign.run()
finally:
    campaign.end()
result()
