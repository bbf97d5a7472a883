"""The gateway under test, its users, and its database from behind."""

import base64
import hashlib
import hmac
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
SECRET_KEY = bytes(32)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Gateway:
    """The real binary on SQLite."""

    def __init__(self, binary, directory):
        self.binary, self.directory = binary, directory
        self.port, self.process, self.starts = free_port(), None, 0
        self.environment = {
            "PATH": os.environ["PATH"],
            "ZENWALLET_DATA_DIR": f"{directory}/data",
            "ZENWALLET_LISTEN": f"127.0.0.1:{self.port}",
            "ZENWALLET_PUBLIC_URL": "https://pay.example.com",
            "ZENWALLET_DEMO_APP": "false",
            "ZENWALLET_SECRET_KEY": base64.b64encode(SECRET_KEY).decode(),
        }

    def with_mail(self, url, authority=None):
        settings = {"ZENWALLET_EMAIL_SMTP_URL": url} if url else {}
        if authority:
            settings["SSL_CERT_FILE"] = authority
        return {**self.environment, **settings}

    def doctor(self, url, authority=None):
        """Its exit code, and what it says of emails."""
        done = subprocess.run([self.binary, "doctor"], env=self.with_mail(url, authority), capture_output=True, text=True)
        lines = [line for line in done.stdout.splitlines() if "email" in line.split(":")[0]]
        return done.returncode, (lines or [done.stderr])[0]

    def start(self, url, authority=None):
        self.starts += 1
        path = f"{self.directory}/log-{self.starts}"
        with open(path, "wb") as log:
            command = [self.binary, "serve", "--log-format", "json"]
            self.process = subprocess.Popen(command, env=self.with_mail(url, authority), stdout=log, stderr=log)
        deadline = time.monotonic() + DEADLINE_S
        while '"message":"ready"' not in open(path).read():
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit("mail: the gateway does not start:\n" + open(path).read())
            time.sleep(0.01)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE_S)

    def log(self):
        """What it said since its last start."""
        return open(f"{self.directory}/log-{self.starts}").read()

    def says(self, text, seconds=15):
        deadline = time.monotonic() + seconds
        while text not in self.log() and time.monotonic() < deadline:
            time.sleep(0.05)
        return text in self.log()

    def call(self, method, path, body=None, token=None):
        """Status and JSON of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=45)
        headers = {"Content-Type": "application/json", "User-Agent": "mail campaign"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else None
        finally:
            connection.close()

    def done(self, method, path, body=None, token=None):
        status, answer = self.call(method, path, body, token)
        if status not in (200, 201):
            sys.exit(f"mail: {method} {path} was answered {status}: {answer}")
        return answer

    def set_up(self, address, password):
        """The first user, an admin."""
        token = base64.urlsafe_b64encode(hmac.digest(SECRET_KEY, b"setup\0", hashlib.sha256)).rstrip(b"=").decode()
        first = {"token": token, "email": address, "name": "Ada", "password": password}
        return self.done("POST", "/api/auth/setup", first)["access_token"]

    def log_in(self, address, password):
        return self.done("POST", "/api/auth/login", {"email": address, "password": password})["access_token"]

    def sql(self, statement, *values):
        database = sqlite3.connect(f"{self.directory}/data/zenwallet.db", timeout=10)
        try:
            with database:
                return database.execute(statement, values).fetchall()
        finally:
            database.close()

    def pass_minutes(self, minutes):
        """Lets what was done to alerts have been done so long ago."""
        ms = minutes * 60_000
        self.sql("UPDATE alert SET sent_at_ms = sent_at_ms - ?, visible_at_ms = visible_at_ms - ?", ms, ms)
