"""The gateway under test, and those whom it calls: a receiver of webhooks and a server for email."""

import base64
import http.server
import os
import secrets
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time

DEADLINE_S = 20


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Gateway:
    """The real binary at its loudest, on SQLite or on the PostgreSQL of ZENWALLET_TEST_POSTGRES."""

    def __init__(self, binary, database, directory, smtp_url):
        self.binary, self.directory, self.port = binary, directory, free_port()
        self.url, self.data = f"http://127.0.0.1:{self.port}", f"{directory}/data"
        self.instance_key = secrets.token_bytes(32)
        self.environment = {
            "PATH": os.environ["PATH"],
            "ZENWALLET_DATA_DIR": self.data,
            "ZENWALLET_LISTEN": f"127.0.0.1:{self.port}",
            "ZENWALLET_DEMO_APP": "false",
            "ZENWALLET_SECRET_KEY": base64.b64encode(self.instance_key).decode(),
            "ZENWALLET_EMAIL_SMTP_URL": smtp_url,
            "ZENWALLET_LOG_FILTER": "trace",
            "RUST_BACKTRACE": "full",
        }
        if database == "postgres":
            self.environment["DATABASE_URL"] = os.environ["ZENWALLET_TEST_POSTGRES"] + "/postgres"
        self.stdout, self.stderr = f"{directory}/stdout", f"{directory}/stderr"
        self.process = None

    def run(self, *arguments, given=None):
        """What another of its commands prints."""
        command = [self.binary, *arguments]
        made = subprocess.run(command, env=self.environment, input=given, capture_output=True, text=True)
        if made.returncode:
            sys.exit(f"people: {' '.join(arguments)}: {made.stderr}")
        return made.stdout

    def start(self):
        settings = ["webhooks.allow_cidrs=127.0.0.0/8", "http.trusted_proxies=127.0.0.0/8"]
        sets = [argument for setting in settings for argument in ("--set", setting)]
        with open(self.stdout, "ab") as out, open(self.stderr, "ab") as err:
            command = [self.binary, "serve", "--log-format", "json", *sets]
            self.process = subprocess.Popen(command, env=self.environment, stdout=out, stderr=err)
        deadline = time.monotonic() + DEADLINE_S
        while '"message":"ready"' not in self.read(self.stderr):
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit("people: the gateway does not start:\n" + self.read(self.stderr)[-4000:])
            time.sleep(0.02)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE_S)

    @staticmethod
    def read(path):
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def dump(self):
        """Everything that the database holds, as it holds it and as it says it: [(where, bytes)]."""
        url = self.environment.get("DATABASE_URL")
        if url:
            dumped = subprocess.run(["pg_dump", "--inserts", url], check=True, capture_output=True).stdout
            return [("pg_dump", dumped)]
        found = []
        for name in sorted(os.listdir(self.data)):
            with open(f"{self.data}/{name}", "rb") as file:
                found.append((name, file.read()))
        return found


class Receiver:
    """Takes webhooks, some of them after a refusal."""

    def __init__(self):
        seen = self.seen = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                seen.append((dict(self.headers), body))
                self.send_response(500 if len(seen) % 3 == 0 else 200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"


class Post:
    """The plainest SMTP server that asks for a password; it does not know the first who comes."""

    def __init__(self, password):
        letters, self.password, logins = [], password, []
        self.letters, self.logins = letters, logins

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                say = lambda line: self.wfile.write(line.encode() + b"\r\n")
                say("220 post ESMTP")
                while line := self.rfile.readline():
                    word = line.strip().decode(errors="replace").upper().split(" ")[0]
                    if word == "EHLO":
                        say("250-post")
                        say("250 AUTH PLAIN LOGIN")
                    elif word == "AUTH":
                        logins.append(line.strip().decode())
                        say("535 5.7.8 that is not the password" if len(logins) == 1 else "235 welcome")
                    elif word == "DATA":
                        say("354 go on")
                        letter = b""
                        while (part := self.rfile.readline()) not in (b".\r\n", b""):
                            letter += part
                        letters.append(letter.decode(errors="replace"))
                        say("250 taken")
                    elif word == "QUIT":
                        return say("221 bye")
                    else:
                        say("250 fine")

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"smtp://post:{password}@127.0.0.1:{self.server.server_address[1]}"
