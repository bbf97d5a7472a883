"""Clients without a library: curl on the stream, and readers that do not read."""

import base64
import json
import os
import socket
import struct
import subprocess
import threading
import time


class Curl:
    """`curl -N` on the stream; begins again behind what it has whenever it ends, as an EventSource does."""

    def __init__(self, url, key, after=None, query="", again=True):
        self.url, self.key, self.last, self.query, self.again = url, key, after, query, again
        self.events, self.bad, self.ended, self.comments, self.places = [], [], [], [], []
        self.status, self.is_over, self.process = [], False, None
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.is_over:
            command = ["curl", "-sN", "-i", "-H", f"Authorization: Bearer {self.key}"]
            if self.last is not None:
                command += ["-H", f"Last-Event-ID: {self.last}"]
            self.process = subprocess.Popen([*command, f"{self.url}/api/events/stream{self.query}"], stdout=subprocess.PIPE)
            if self.is_over:
                self.process.kill()
            self.read(self.process.stdout)
            self.process.wait()
            if not self.again:
                return
            time.sleep(0.2)

    def read(self, lines):
        block, in_head = {}, True
        for line in lines:
            line = line.decode().rstrip("\r\n")
            if in_head:
                if line.startswith("HTTP/"):
                    self.status.append(int(line.split()[1]))
                in_head = line != ""
            elif line == "":
                self.take(block)
                block = {}
            elif line.startswith(":"):
                self.comments.append(time.monotonic())
            else:
                field, _, value = line.partition(": ")
                block[field] = value
        # What is not ended by an empty line was cut off, and is nothing.

    def take(self, block):
        if "data" in block and "id" in block:
            event = json.loads(block["data"])
            if str(event["seq"]) != block["id"] or event["type"] != block["event"]:
                self.bad.append(block)
            self.events.append((event["seq"], block["data"]))
        elif "data" in block:
            self.ended.append((time.monotonic(), block["event"], json.loads(block["data"])))
        elif "id" in block:
            self.places.append(int(block["id"]))
        if "id" in block:
            self.last = int(block["id"])

    def close(self):
        self.is_over = True
        if self.process:
            self.process.kill()
        self.thread.join(5)


class Stalled:
    """A reader that takes one byte a second, or nothing at all."""

    def __init__(self, port, request, frames=(), bytes_per_s=0):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(5)
        self.socket.connect(("127.0.0.1", port))
        self.port = self.socket.getsockname()[1]
        self.socket.sendall(request.encode())
        if frames:
            # What is needed to be let in is read: the head, `0{…}`, `40{…}` and `ready`.
            self.socket.recv(64)
            for frame in frames:
                self.socket.sendall(masked(frame))
        self.is_over = False
        if bytes_per_s:
            threading.Thread(target=self.sip, args=(bytes_per_s,), daemon=True).start()

    def sip(self, bytes_per_s):
        while not self.is_over:
            try:
                if not self.socket.recv(1):
                    return
            except OSError:
                return
            time.sleep(1 / bytes_per_s)

    def close(self):
        self.is_over = True
        self.socket.close()


def masked(text):
    """A client's frame of a websocket."""
    payload, mask = text.encode(), os.urandom(4)
    size = bytes([0x80 | len(payload)]) if len(payload) < 126 else bytes([0x80 | 126]) + struct.pack(">H", len(payload))
    return b"\x81" + size + mask + bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))


def stalled_stream(port, key, after, bytes_per_s=0):
    head = f"GET /api/events/stream?after_seq={after} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n\r\n"
    return Stalled(port, head, bytes_per_s=bytes_per_s)


def stalled_socket(port, key, after, bytes_per_s=0):
    token = base64.b64encode(os.urandom(16)).decode()
    head = (
        f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\n"
        f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {token}\r\n\r\n"
    )
    return Stalled(port, head, ["40" + json.dumps({"apiKey": key, "afterSeq": after})], bytes_per_s)
