"""Runs a sample as a reader would, and says what is wrong with what it did."""

import base64
import hashlib
import hmac
import json
import os
import re
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import shapes
from gateway import free_port, wait_until

DEADLINE_S = 60
SETTINGS_DEADLINE_S = 20
# Commands of the program that call the API, and so need its address and a key.
CALLS = re.compile(r"\bzenwallet (login|apps|keys|payments|events|webhooks|trigger|listen)\b")


class Driver:
    def __init__(self, gateway, languages, directory):
        self.gateway, self.languages, self.directory = gateway, languages, directory
        self.schemas = shapes.load()
        os.makedirs(f"{directory}/bin")
        os.symlink(gateway.binary, f"{directory}/bin/zenwallet")

    def run(self, sample):
        """Raises AssertionError with what is wrong."""
        if sample in self.languages.failures:
            raise AssertionError(f"does not build:\n{self.languages.failures[sample]}")
        if sample.language == "json":
            return self.check_json(sample)
        if sample.language == "toml":
            return self.check_settings(sample)
        app = self.gateway.make_app(sample.slug[:60])
        drive = {None: self.run_once, "pays": self.pay, "receives": self.receive, "returns": self.come_back,
                 "verifies": self.verify}
        return drive[sample.way](sample, app)

    def check_json(self, sample):
        try:
            value = json.loads(sample.text)
        except ValueError as error:
            raise AssertionError(f"is no JSON: {error}") from None
        if sample.matches:
            found = shapes.faults(value, self.schemas[sample.matches], self.schemas)
            assert not found, f"is no {sample.matches}: " + "; ".join(found)

    def check_settings(self, sample):
        path = f"{self.directory}/{sample.slug}.toml"
        self.languages.write(path, sample.text)
        command = [self.gateway.binary, "doctor", "--config", path, "--data-dir", self.gateway.data]
        done = subprocess.run(command, env={"PATH": os.environ["PATH"]}, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=SETTINGS_DEADLINE_S)
        assert done.returncode == 0, f"is refused:\n{done.stdout.decode()}"

    def environment(self, sample, app, port):
        given = {"ZENWALLET_URL": self.gateway.url, "ZENWALLET_API_KEY": app.key, "ZENWALLET_WEBHOOK_SECRET": app.secret,
                 "ZENWALLET_APP_ID": app.id, "ZENWALLET_DATA_DIR": self.gateway.data, "PORT": str(port),
                 "PAYMENT_ID": app.new_payment(reference_id="ORDER_123")}
        if sample.language == "sh":
            # Only what the sample reads: its `zenwallet` refuses settings that it does not know.
            calls = {"ZENWALLET_URL", "ZENWALLET_API_KEY"} if CALLS.search(sample.text) else set()
            local = {"ZENWALLET_DATA_DIR"} if "zenwallet app " in sample.text else set()
            set_here = {name for name in given if re.search(rf"\b{name}=", sample.text)}
            read = {name for name in given if re.search(rf"\$\{{?{name}\b", sample.text)}
            given = {name: given[name] for name in (read | calls | local) - set_here | ({"PORT"} & read)}
        else:
            del given["ZENWALLET_DATA_DIR"]
        path = f"{self.directory}/bin:{os.environ['PATH']}"
        return {"PATH": path, "HOME": self.directory, "LANG": "C.UTF-8", **self.languages.environment(), **given}

    def start(self, sample, app, port, stdin=None, more=(), arguments=()):
        cwd = f"{self.directory}/run/{sample.slug}"
        os.makedirs(cwd, exist_ok=True)
        return Program([*self.languages.command(sample), *arguments], self.environment(sample, app, port) | dict(more), cwd, stdin)

    def run_once(self, sample, app):
        with self.start(sample, app, free_port()) as program:
            program.ends_well()
            said = program.said()
            if sample.expects:
                produced = said + "".join(open(f"{program.cwd}/{name}", errors="replace").read()
                                          for name in os.listdir(program.cwd) if os.path.isfile(f"{program.cwd}/{name}"))
                assert sample.expects in produced, f"does not say {sample.expects!r} but:\n{said}"
            # curl ends well also when the API refuses.
            assert '{"error":{' not in said or sample.expects, f"is refused:\n{said}"

    def pay(self, sample, app):
        """The newcomer's program: it receives, asks for a payment, and ends when it is paid."""
        port = free_port()
        app.send_webhooks_to(port)
        with self.start(sample, app, port) as program:
            program.says(r"^listening")
            payment_id = program.says(r"^pay at \S+/pay/(pay_[0-9A-Za-z]{22})$")[1]
            app.pay(payment_id)
            program.says(rf"^received payment\.success {payment_id}$")
            program.ends_well()

    def receive(self, sample, app):
        """A receiver: it takes what is ours, and refuses what is not."""
        port = free_port()
        app.send_webhooks_to(port)
        with self.start(sample, app, port) as program:
            wait_until(lambda: program.is_open(port), "the receiver listens", DEADLINE_S)
            payment_id = app.new_payment()
            app.pay(payment_id)
            program.says(re.escape(sample.expects) if sample.expects else r"payment\.success")
            delivered = lambda: app.call("GET", f"/api/webhooks/deliveries?payment_id={payment_id}")["data"][0]["status"] == "DELIVERED"
            wait_until(delivered, "the delivery is taken")
            headers, body = app.keep_webhook()
            assert post(port, body.replace(b"500", b"501"), headers) == 400, "takes an altered webhook"

    def come_back(self, sample, app):
        """Judges what a payer's page adds to `return_url`: as it is, and with another status."""
        payment_id = app.new_payment(return_url="https://shop.example.com/thanks?from=docs")
        app.pay(payment_id)
        with urllib.request.urlopen(f"{self.gateway.url}/pay/{payment_id}", timeout=DEADLINE_S) as answer:
            link = re.search(r'https://shop\.example\.com[^"]*', answer.read().decode())[0].replace("&amp;", "&")
        told = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(link).query))
        for status in (told["status"], "FAILED"):
            arguments = (told["payment_id"], status, told["signature"])
            with self.start(sample, app, free_port(), arguments=arguments) as program:
                program.ends_well()
                assert program.out().strip() == str(status == "SUCCESS"), f"{status}: says {program.said()}"

    def verify(self, sample, app):
        """Reads a webhook from the standard input: right, altered, and right but old."""
        headers, body = app.keep_webhook()
        old = sign(app.secret, headers["webhook-id"], int(time.time()) - 3600, body)
        for what, given, text in (("right", headers, body), ("altered", headers, body.replace(b"500", b"501")),
                                  ("old", old, body)):
            with self.start(sample, app, free_port(), stdin=text, more=names(given)) as program:
                code = program.end()
                took = code == 0 and "payment.success" in program.said()
                assert took == (what == "right"), f"{what}: ends with {code}, says:\n{program.said()}"
                assert what == "right" or "ours" not in program.out(), f"{what}: is taken for ours"


class Program:
    def __init__(self, command, environment, cwd, stdin):
        self.cwd, self.base = cwd, f"{cwd}.{time.monotonic_ns()}"
        with open(f"{self.base}.in", "wb") as file:
            file.write(stdin or b"")
        with open(f"{self.base}.in", "rb") as source, open(f"{self.base}.out", "wb") as out, open(f"{self.base}.err", "wb") as err:
            # A group of its own: what a shell starts must end with it.
            self.process = subprocess.Popen(command, cwd=cwd, env=environment, stdin=source, stdout=out, stderr=err,
                                            start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # The group is this program's own; it may be gone.
        try:
            os.killpg(self.process.pid, 9)
        except ProcessLookupError:
            pass
        self.process.wait()

    def out(self):
        return open(f"{self.base}.out", errors="replace").read()

    def said(self):
        return self.out() + open(f"{self.base}.err", errors="replace").read()

    def says(self, pattern):
        def look():
            found = re.search(pattern, self.out(), re.M)
            assert found or self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.said()}"
            return found
        try:
            return wait_until(look, f"says {pattern}", DEADLINE_S)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.said()}") from None

    def end(self):
        try:
            return self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"does not end within {DEADLINE_S} s:\n{self.said()}") from None

    def ends_well(self):
        code = self.end()
        assert code == 0, f"ends with {code}:\n{self.said()}"

    def is_open(self, port):
        assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.said()}"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0


def post(port, body, headers):
    kept = {name: value for name, value in headers.items() if name.lower() not in ("host", "content-length", "accept-encoding")}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/webhook", body, kept, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def sign(secret, event_id, seconds, body):
    """The headers of this body at another time."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{event_id}.{seconds}.".encode() + body, hashlib.sha256)
    return {"webhook-id": event_id, "webhook-timestamp": str(seconds),
            "webhook-signature": "v1," + base64.b64encode(mac.digest()).decode(),
            "X-ZenWallet-Signature": f"t={seconds},id={event_id},v1={mac.hexdigest()}"}


def names(headers):
    """The headers as the samples read them from the environment."""
    lower = {name.lower(): value for name, value in headers.items()}
    return {"WEBHOOK_ID": lower["webhook-id"], "WEBHOOK_TIMESTAMP": lower["webhook-timestamp"],
            "WEBHOOK_SIGNATURE": lower["webhook-signature"], "SIGNATURE": lower["x-zenwallet-signature"]}
