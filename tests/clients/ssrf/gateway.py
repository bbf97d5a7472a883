"""The gateway in the laboratory: the real binary, its apps, and the ways by which they give it a URL."""

import http.client
import json
import os
import subprocess
import sys
import threading
import time

from attacks import OWN_ADDRESS, OWN_PORT

BINARY, DIRECTORY = sys.argv[1:3]
PROXY = "http://10.0.0.7:3128"


class Gateway:
    """The real binary with these settings, until the block ends."""

    # What no log may say, of all that ran.
    errors = []

    def __init__(self, listen, allow=None, delays="0.1"):
        self.listen, self.local = listen, threading.local()
        self.log_path = f"{DIRECTORY}/log"
        self.environment = {
            **base_environment(),
            "ZENWALLET_LISTEN": listen,
            "ZENWALLET_WEBHOOKS_RETRY_DELAYS_S": delays,
            # A client that believes them sends everything to the canary of 10.0.0.7.
            **{
                name: PROXY
                for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
            },
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
        with open(self.log_path) as log:
            self.errors += [line for line in log if '"level":"ERROR"' in line or "panicked" in line]

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
        "PATH": os.environ["PATH"],
        "ZENWALLET_DATA_DIR": f"{DIRECTORY}/data",
        "ZENWALLET_DEMO_APP": "false",
        "SSL_CERT_FILE": f"{DIRECTORY}/certificate.pem",
        "ZENWALLET_WEBHOOKS_TIMEOUT_MS": "3000",
        # A build with planted bugs is asked for one of them.
        **{name: value for name, value in os.environ.items() if name == "ZENWALLET_TEST_PLANTED_BUG"},
    }


def make_app(environment, *more, allow=None):
    command = [
        BINARY,
        "app",
        "create",
        "--name",
        environment,
        "--environment",
        environment,
        "--rate-limit",
        "0",
        "--json",
    ]
    settings = {**base_environment(), "ZENWALLET_LISTEN": f"{OWN_ADDRESS}:{OWN_PORT}"}
    made = subprocess.run([*command, *more], env=settings, capture_output=True, text=True)
    return {**json.loads(made.stdout), "environment": environment} if made.returncode == 0 else made.stderr


def wait_for(condition, seconds=5):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)


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


def detail(gateway, app, delivery_id):
    return gateway.call(app, "GET", f"/api/webhooks/deliveries/{delivery_id}")[2]
