"""A DNS server that changes its mind: 127.0.0.1:53, UDP. A name may answer each question differently."""

import socket
import struct
import threading
from collections import Counter

A, CNAME, AAAA = 1, 5, 28


class Dns:
    def __init__(self, zone):
        # Questions for IPv4 addresses are those that step through a sequence.
        self.zone, self.asked = zone, Counter()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            question, asker = self.socket.recvfrom(4_096)
            self.socket.sendto(self.answer(question), asker)

    def answer(self, question):
        name, end = read_name(question, 12)
        kind = struct.unpack(">H", question[end : end + 2])[0]
        if kind == A:
            self.asked[name] += 1
        records, rcode = self.records(name, kind)
        flags = 0x8580 | rcode
        head = question[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0)
        return head + question[12 : end + 4] + b"".join(records)

    def records(self, name, kind, depth=0):
        known = self.zone.get(name)
        if known is None:
            return [], 3
        if known["cname"]:
            target = known["cname"]
            here = [record(name, CNAME, write_name(target))]
            if depth > 4:
                return here, 0
            beyond, _ = self.records(target, kind, depth + 1)
            return here + beyond, 0
        answers = known["answers"]
        if sequence := known["sequence"]:
            step = max(self.asked[name], 1) - 1
            if sequence[-1] is ...:
                answers = sequence[step % (len(sequence) - 1)]
            else:
                answers = sequence[min(step, len(sequence) - 1)]
        family = {A: socket.AF_INET, AAAA: socket.AF_INET6}.get(kind)
        fitting = [a for a in answers if family and (":" in a) == (kind == AAAA)]
        return [record(name, kind, socket.inet_pton(family, a)) for a in fitting], known["rcode"]


def record(name, kind, data):
    return write_name(name) + struct.pack(">HHIH", kind, 1, 0, len(data)) + data


def read_name(message, at):
    labels = []
    while length := message[at]:
        labels.append(message[at + 1 : at + 1 + length].decode("latin-1").lower())
        at += 1 + length
    return ".".join(labels), at + 1


def write_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
