"""What clients wrote down, and the one oracle: the feed, read at the end."""

import json
import subprocess
import sys
import time
from collections import Counter

passed = failed = 0


def check(what, ok, why=""):
    global passed, failed
    if ok:
        passed += 1
    else:
        failed += 1
        print(f"FAIL  {what}: {why}"[:900], flush=True)
    return ok


def wait_until(condition, seconds):
    """The value of the condition once it holds, or what it was at last."""
    deadline = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return value


class Journal:
    """A file that a client writes."""

    def __init__(self, path):
        self.path, self.read, self.known = path, 0, []

    def lines(self):
        """[(word, the rest)], of which each is read once."""
        try:
            with open(self.path, "rb") as file:
                file.seek(self.read)
                new = file.read()
        except FileNotFoundError:
            return []
        whole = new[: new.rfind(b"\n") + 1]
        self.read += len(whole)
        self.known += [line.split(" ", 1) for line in whole.decode().split("\n")[:-1]]
        return self.known

    def of(self, *words):
        return [json.loads(value) for word, value in self.lines() if word in words]

    @property
    def events(self):
        told = [value.partition(" ") for word, value in self.lines() if word == "event"]
        return [(int(seq), text) for seq, _, text in told]

    @property
    def bad(self):
        return self.of("spoiled")

    def start(self):
        """The place from which on it was told events, if `ready` said so."""
        ready = self.of("ready")
        return ready[0]["after_seq"] if ready else None


def last_seq(journal):
    """The highest number among the last that were told: threads of a program may tell them out of order."""
    if isinstance(journal, Journal):
        told = [value.split(" ", 1)[0] for word, value in journal.lines()[-200:] if word == "event"]
    else:
        told = [seq for seq, _ in journal.events[-200:]]
    return max(map(int, told), default=-1)


def compare(what, journal, feed, after, end=None, how="bytes"):
    """Whether the journal is the feed behind `after`: each event once, in order, in the feed's bytes.

    `how` is `bytes`, `values` where the client gives parsed JSON only, or `unordered values`.
    """
    told, want = list(journal.events), [event for event in feed if event[0] > after and (end is None or event[0] <= end)]
    if how != "bytes":
        respell = lambda text: json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))
        told, want = ([(seq, respell(text)) for seq, text in events] for events in (told, want))
    if how == "unordered values":
        told.sort(key=lambda event: event[0])
    seqs, wanted = [seq for seq, _ in told], [seq for seq, _ in want]
    missing, twice = sorted(set(wanted) - set(seqs)), [seq for seq, times in Counter(seqs).items() if times > 1]
    check(f"{what}: no event is missing", not missing, f"{len(missing)} of {len(wanted)}: {missing[:10]}")
    check(f"{what}: no event comes twice", not twice, twice[:10])
    check(f"{what}: the order is the log's", seqs == sorted(seqs), [pair for pair in zip(seqs, seqs[1:]) if pair[0] > pair[1]][:5])
    extra = sorted(set(seqs) - set(wanted))
    check(f"{what}: no other event comes", not extra, extra[:10])
    texts = dict(want)
    spoiled = next(((text, texts[seq]) for seq, text in told if seq in texts and texts[seq] != text), None)
    check(f"{what}: the bytes are the feed's", spoiled is None and not journal.bad, spoiled or journal.bad)


class Node:
    """The process of clients.js."""

    def __init__(self, command, directory):
        self.directory = directory
        self.process = subprocess.Popen([*command, directory], stdin=subprocess.PIPE, text=True)

    def tell(self, **what):
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()

    def open(self, kind, name, **given):
        self.tell(open=kind, id=name, **given)
        return Journal(f"{self.directory}/{name}")

    def close(self, name):
        self.tell(close=name)

    def end(self):
        self.process.stdin.close()
        self.process.wait(10)


def result():
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)
