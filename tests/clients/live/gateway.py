"""The gateway under test: its processes, its database from behind, its feed."""

import base64
import hashlib
import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time

DEADLINE_S = 20


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Gateway:
    """The real binary, on SQLite or on the PostgreSQL of ZENWALLET_TEST_POSTGRES."""

    def __init__(self, binary, database, directory, settings):
        self.binary, self.directory, self.settings = binary, directory, settings
        self.port, self.process, self.starts = free_port(), None, 0
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            "PATH": os.environ["PATH"],
            "ZENWALLET_DATA_DIR": f"{directory}/data",
            "ZENWALLET_LISTEN": f"127.0.0.1:{self.port}",
            "ZENWALLET_DEMO_APP": "false",
            "ZENWALLET_SECRET_KEY": base64.b64encode(bytes(32)).decode(),
        }
        if database == "postgres":
            self.environment["DATABASE_URL"] = os.environ["ZENWALLET_TEST_POSTGRES"] + "/postgres"

    def run(self, *arguments):
        command = [self.binary, *arguments, "--json"]
        made = subprocess.run(command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if made.returncode:
            sys.exit(f"live: {' '.join(arguments)}: {made.stderr.decode()}")
        return json.loads(made.stdout)

    def make_app(self, name, rate_limit=0):
        return self.run("app", "create", "--name", name, "--environment", "test", "--rate-limit", str(rate_limit))

    def start(self):
        self.starts += 1
        path = f"{self.directory}/log-{self.starts}"
        sets = [argument for setting in self.settings for argument in ("--set", setting)]
        with open(path, "wb") as log:
            command = [self.binary, "serve", "--log-format", "json", *sets]
            self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        deadline = time.monotonic() + DEADLINE_S
        while '"message":"ready"' not in open(path).read():
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit("live: the gateway does not start:\n" + open(path).read())
            time.sleep(0.01)

    def kill(self):
        self.process.kill()
        self.process.wait(DEADLINE_S)

    def stop(self):
        """Asks it to stop; after how many seconds it had, and with what."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(DEADLINE_S)
        return time.monotonic() - began, code

    def resident_mb(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS"))

    def holds(self, client_port):
        """Whether the server still has the connection that comes from this port."""
        here, there = f":{self.port:04X}", f":{client_port:04X}"
        with open("/proc/net/tcp") as table:
            rows = [line.split()[1:4] for line in table.readlines()[1:]]
        return any(mine.endswith(here) and its.endswith(there) and state == "01" for mine, its, state in rows)

    def log_lines(self):
        return [line for n in range(1, self.starts + 1) for line in open(f"{self.directory}/log-{n}")]

    def sql(self, statement, key):
        """Runs a statement past the gateway; `{app}` is the app of the key, `{hash}` what the key is known by."""
        digest = hashlib.sha256(key.encode()).hexdigest()
        url = self.environment.get("DATABASE_URL")
        known_by = rf"'\x{digest}'::bytea" if url else f"x'{digest}'"
        app = f"(SELECT app_id FROM api_key WHERE hash = {known_by})"
        text = statement.format(app=app, hash=known_by)
        if url:
            psql = subprocess.check_output("command -v psql || ls /usr/lib/postgresql/*/bin/psql | tail -n 1", shell=True)
            subprocess.run([psql.decode().strip(), "-qX", "-v", "ON_ERROR_STOP=1", url, "-c", text], check=True)
            return
        database = sqlite3.connect(f"{self.directory}/data/zenwallet.db", timeout=10)
        with database:
            for one in text.split(";"):
                database.execute(one)
        database.close()

    def call(self, method, path, key=None, body=None, headers=()):
        """Status, headers and text of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        sent = dict(headers)
        if key:
            sent["Authorization"] = f"Bearer {key}"
        if body is not None:
            sent["Content-Type"] = "application/json"
            body = json.dumps(body)
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, told, answer.read().decode()
        finally:
            connection.close()

    def pay(self, key, status=None, **more):
        """The id of a new payment, completed if a status is given."""
        code, _, text = self.call("POST", "/api/payments/create", key, {"amount": 5, "currency": "COINS", **more})
        if code != 201:
            sys.exit(f"live: a payment was answered {code}: {text}")
        payment = json.loads(text)["payment_id"]
        if status:
            self.complete(key, payment, status)
        return payment

    def complete(self, key, payment, status="SUCCESS"):
        code, _, text = self.call("POST", f"/api/payments/{payment}/complete", key, {"status": status})
        if code != 200:
            sys.exit(f"live: a completion was answered {code}: {text}")

    def log_end(self, key):
        """The number of the last event."""
        code, _, text = self.call("GET", "/api/events?after_seq=999999999999&limit=1", key)
        message = json.loads(text)["error"]["message"]
        return int(message.rsplit(" ", 1)[1])

    def feed(self, key, after=None, **filters):
        """The log to its end, a page at a time: [(seq, the bytes of the event)]."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        events, has_more, pages = [], True, 0
        more = "".join(f"&{name}={value}" for name, value in filters.items())
        while has_more:
            place = "" if after is None else f"&after_seq={after}"
            connection.request("GET", f"/api/events?limit=100{place}{more}", headers={"Authorization": f"Bearer {key}"})
            text = connection.getresponse().read().decode()
            page = json.loads(text)
            events += spelled(text)
            has_more, after, pages = page["has_more"], page["next_after_seq"], pages + 1
        connection.close()
        return events


def spelled(text):
    """The bytes of each event of a page."""
    decoder, at, found = json.JSONDecoder(), text.index('"data":[') + len('"data":['), []
    while text[at] != "]":
        event, end = decoder.raw_decode(text, at)
        found.append((event["seq"], text[at:end]))
        at = end + (text[end] == ",")
    return found
