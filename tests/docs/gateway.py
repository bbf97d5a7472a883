"""A gateway of its own, the API behind it, and a receiver that keeps one webhook."""

import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

DEADLINE_S = 30


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def wait_until(met, what, deadline_s=DEADLINE_S):
    """What `met` says, as soon as it says something."""
    deadline = time.monotonic() + deadline_s
    while True:
        said = met()
        if said:
            return said
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {deadline_s} s")
        time.sleep(0.02)


class Gateway:
    def __init__(self, binary, directory):
        self.binary, self.directory = os.path.realpath(binary), directory
        self.data = f"{directory}/data"
        listen = f"127.0.0.1:{free_port()}"
        self.url = f"http://{listen}"
        # Nothing of this program's own: the gateway refuses settings that it does not know.
        self.environment = {"PATH": os.environ["PATH"], "HOME": directory, "ZENWALLET_DATA_DIR": self.data,
                            "ZENWALLET_LISTEN": listen, "ZENWALLET_DEMO_APP": "false"}
        with open(f"{directory}/gateway.log", "wb") as log:
            self.process = subprocess.Popen([self.binary, "serve"], env=self.environment, stdout=log, stderr=log)
        try:
            wait_until(self.is_ready, "the gateway starts")
        except AssertionError as error:
            self.stop()
            sys.exit(f"docs: {error}\n" + open(f"{directory}/gateway.log").read())

    def is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the gateway ended with {self.process.returncode}")
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def make_app(self, name):
        command = [self.binary, "app", "create", "--name", name, "--environment", "test", "--rate-limit", "0", "--json"]
        made = subprocess.run(command, env=self.environment, stdout=subprocess.PIPE, check=True, timeout=DEADLINE_S)
        return App(self, json.loads(made.stdout))


class App:
    """An app of the gateway, and what its key can do."""

    def __init__(self, gateway, made):
        self.gateway, self.id, self.key, self.secret = gateway, made["app_id"], made["api_key"], made["webhook_secret"]

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.gateway.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from None

    def pay(self, payment_id):
        return self.call("POST", f"/api/payments/{payment_id}/complete", {"status": "SUCCESS"})

    def new_payment(self, **more):
        return self.call("POST", "/api/payments/create", {"amount": 500, "currency": "COINS", **more})["payment_id"]

    def send_webhooks_to(self, port):
        """Makes the receiver at this port the app's only endpoint."""
        for endpoint in self.call("GET", "/api/webhooks/endpoints")["data"]:
            self.call("DELETE", f"/api/webhooks/endpoints/{endpoint['endpoint_id']}")
        self.call("POST", "/api/webhooks/endpoints", {"url": f"http://127.0.0.1:{port}/webhook"})

    def keep_webhook(self):
        """(headers, body) of a real delivery."""
        kept = []

        class Receiver(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                kept.append((dict(self.headers), body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            url = f"http://127.0.0.1:{server.server_port}/webhook"
            self.pay(self.new_payment(webhook_url=url, reference_id="ORDER_123", metadata={"seats": 2, "é": 1.5}))
            wait_until(lambda: kept, "a webhook arrives")
        finally:
            server.shutdown()
            server.server_close()
        return kept[0]
