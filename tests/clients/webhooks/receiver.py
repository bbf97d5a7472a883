"""A receiver as an integrator writes it with http.server and the official library: receiver.py SECRETS LOG

SECRETS and LOG are those of node/receiver.js. The port stands in the first line of the standard output.
"""

import json
import sys
import threading
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import standardwebhooks.webhooks as library
from standardwebhooks import Webhook, WebhookVerificationError

SECRETS, LOG = sys.argv[1:3]
one_at_a_time = threading.Lock()


class Later(datetime):
    """The library's clock, some seconds off."""

    late = timedelta()

    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + cls.late


library.datetime = Later


def takes(secret, body, headers, late_s=0):
    """Whether the library takes a delivery, as it would some seconds from now."""
    Later.late = timedelta(seconds=late_s)
    try:
        Webhook(secret).verify(body, headers)
        return True
    except WebhookVerificationError:
        return False


def checks(body, headers):
    """Every check of a delivery."""
    with open(SECRETS) as file:
        secrets = json.load(file)
    age = int(datetime.now().timestamp()) - int(headers["webhook-timestamp"])
    done = []
    for n, secret in enumerate(secrets["verify"]):
        done += [
            (f"secret {n} verifies", takes(secret, body, headers)),
            (f"secret {n} refuses a tampered body", not takes(secret, body.replace(b'"event"', b'"evenT"'), headers)),
            (f"secret {n} refuses a byte more", not takes(secret, body + b"\n", headers)),
            (f"secret {n} refuses the id of another", not takes(secret, body, {**headers, "webhook-id": "evt_other"})),
            (f"secret {n} verifies 295 s later", takes(secret, body, headers, 295 - age)),
            (f"secret {n} refuses 305 s later", not takes(secret, body, headers, 305 - age)),
            (f"secret {n} refuses 305 s before", not takes(secret, body, headers, -305 - age)),
        ]
    done += [(f"wrong secret {n} refuses", not takes(s, body, headers)) for n, s in enumerate(secrets["refuse"])]
    lower = {name.lower(): value for name, value in headers.items()}
    done.append(("it is JSON and says so", lower["content-type"] == "application/json" and bool(json.loads(body))))
    done.append(("it says who sends it", lower["user-agent"].startswith("ZenWallet/")))
    return done


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = dict(self.headers)
        with one_at_a_time:
            done = checks(body, headers)
            line = {
                "route": self.path,
                "id": headers["webhook-id"],
                "headers": headers,
                "body": body.decode(),
                "checks": done,
            }
            with open(LOG, "a") as log:
                log.write(json.dumps(line) + "\n")
        self.send_response(204 if all(ok for _, ok in done) else 400)
        self.end_headers()

    def log_message(self, *_):
        """Says nothing."""


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
print(server.server_port, flush=True)
server.serve_forever()
