"""A canary on every address of the laboratory: it writes down who connects, whether a request follows or not."""

import socket
import ssl
import threading
from collections import Counter
from urllib.parse import unquote_to_bytes

from attacks import PORTS, PUBLIC, PUBLIC_6

PLAIN_PORTS = (80, 3128, 8000, 8081, 9000, *PORTS)
TLS_PORTS = (443, 8443)
WEB_PORTS = (80, 8081, *TLS_PORTS)
MARK = "here sings the canary of "


class Canary:
    """Counts by address and port; a handshake or a request that fails is a hit like any other."""

    def __init__(self, certificate, key):
        self.hits, self.requests, self.lock = Counter(), [], threading.Lock()
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate, key)
        for port in (*PLAIN_PORTS, *TLS_PORTS):
            for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
                listener = socket.socket(family)
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                listener.bind((address, port))
                listener.listen(256)
                threading.Thread(target=self.accept, args=(listener, port), daemon=True).start()

    def accept(self, listener, port):
        while True:
            stream, _ = listener.accept()
            address = stream.getsockname()[0].split("%")[0]
            with self.lock:
                self.hits[address, port] += 1
            threading.Thread(target=self.meet, args=(stream, address, port), daemon=True).start()

    def meet(self, stream, address, port):
        try:
            stream.settimeout(5)
            with self.tls.wrap_socket(stream, server_side=True) if port in TLS_PORTS else stream as stream:
                reader = stream.makefile("rb")
                while self.answer(stream, reader, address):
                    pass
        except OSError:
            pass

    def answer(self, stream, reader, address):
        """Answers one request; false when the connection is to end."""
        line = reader.readline().decode("latin-1").split(" ")
        if len(line) < 3:
            return False
        headers = {}
        while line_of_head := reader.readline().strip():
            name, _, value = line_of_head.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        reader.read(int(headers.get("content-length", 0)))
        with self.lock:
            self.requests.append((address, headers.get("host"), line[1]))
        status, location = 200, b""
        parts = line[1].split("?to=")
        words = parts[0].strip("/").split("/")
        if words[0].isdigit():
            status = int(words[0])
        if len(parts) == 2:
            location = b"Location: " + unquote_to_bytes(parts[1]) + b"\r\n"
        body = (MARK + address).encode()
        close = b"Connection: close\r\n" if "close" in words else b""
        head = b"HTTP/1.1 %d .\r\nContent-Length: %d\r\n%s%s\r\n" % (status, len(body), location, close)
        stream.sendall(head + body)
        return not close

    def take(self):
        """The hits since the last call: those that are allowed, and all others."""
        with self.lock:
            hits, self.hits = self.hits, Counter()
        public = Counter(
            {where: n for where, n in hits.items() if where[0] in (PUBLIC, PUBLIC_6) and where[1] in WEB_PORTS}
        )
        return public, hits - public

    def take_requests(self):
        with self.lock:
            requests, self.requests = self.requests, []
        return requests
