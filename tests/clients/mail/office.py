"""The post office: real SMTP servers of aiosmtpd, and the certificates they show."""

import email
import email.policy
import logging
import ssl
import subprocess
import threading
import time
import warnings

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

# It warns of logins without TLS, and tells of each handshake that a client ends: both are meant here.
warnings.simplefilter("ignore")
logging.disable()

USER, PASSWORD = "gate way", "s3cret/?#@:%"


class Office:
    """One SMTP server on loopback. It keeps what it takes."""

    def __init__(self, port, tls=None, wrapped=False, login=False):
        self.letters, self.refused, self.wrapped, self.lock = [], {}, wrapped, threading.Lock()
        options = {"ssl_context": tls} if wrapped else {"tls_context": tls, "require_starttls": tls is not None}
        if login:
            options |= {"authenticator": self.authenticate, "auth_required": True, "auth_require_tls": tls is not None}
        self.logins = []
        self.controller = Controller(self, hostname="127.0.0.1", port=port, server_kwargs={}, **options)
        self.controller.start()

    def authenticate(self, server, session, envelope, mechanism, data):
        given = (data.login.decode(), data.password.decode())
        self.logins.append(given)
        return AuthResult(success=given == (USER, PASSWORD), handled=False)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        letter.raw, letter.envelope = envelope.content, envelope
        letter.is_secret = self.wrapped or session.ssl is not None
        with self.lock:
            self.letters.append(letter)
        return "250 2.0.0 taken"

    def wait(self, count, seconds=15):
        """The letters, as soon as there are so many."""
        deadline = time.monotonic() + seconds
        while len(self.letters) < count and time.monotonic() < deadline:
            time.sleep(0.05)
        with self.lock:
            return list(self.letters)

    def close(self):
        self.controller.stop()


class Authority:
    """A certificate authority of the tests' own."""

    def __init__(self, directory):
        self.directory = directory
        self.run("req", "-x509", "-subj", "/CN=test authority", "-days", "2", "-out", "ca.pem", "-keyout", "ca.key")
        self.certificates = f"{directory}/ca.pem"

    def run(self, *arguments):
        keys = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"] if arguments[0] == "req" else []
        subprocess.run(["openssl", *arguments, *keys], cwd=self.directory, check=True, capture_output=True)

    def certify(self, name):
        """The TLS of a server of this name: `IP:127.0.0.1` or `DNS:…`."""
        base = name.replace(":", "-")
        with open(f"{self.directory}/{base}.ext", "w") as extension:
            extension.write(f"subjectAltName={name}\nextendedKeyUsage=serverAuth\n")
        self.run("req", "-subj", "/CN=server", "-out", f"{base}.csr", "-keyout", f"{base}.key")
        signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", f"{base}.ext"]
        self.run("x509", "-req", "-in", f"{base}.csr", "-out", f"{base}.pem", *signed)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{self.directory}/{base}.pem", f"{self.directory}/{base}.key")
        return context
