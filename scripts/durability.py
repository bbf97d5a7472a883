#!/usr/bin/env python3
"""Whether an acknowledged payment is on the disk, judged by the system calls of the gateway and its database.

durability.py syncs  --binary PATH              every 201 is written after a sync of the log that began after its request came
durability.py faults --binary PATH --count N    one sync or write after another fails: nothing acknowledged is ever lost

Needs strace, and for PostgreSQL target/debug/with-postgres. Ends with `N passed, N failed`.
"""

import argparse
import http.client
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

CALLS = "fsync,fdatasync,recvfrom,read,readv,sendto,sendmsg,write,writev"
DEADLINE_S = 60
EXIT_IO_ERROR = 74
BODY = json.dumps({"amount": 500, "currency": "COINS"})
tally = {True: 0, False: 0}


def check(ok, what):
    tally[bool(ok)] += 1
    print(f"{'ok  ' if ok else 'FAIL'}  {what}", flush=True)


class Gateway:
    """A gateway under strace, with a directory and an app of its own."""

    def __init__(self, binary):
        self.binary = os.path.abspath(binary)
        self.dir = tempfile.mkdtemp(prefix="zenwallet-durability.")
        self.env = {k: v for k, v in os.environ.items() if k != "DATABASE_URL" and not k.startswith("ZENWALLET_")}
        self.env |= {"ZENWALLET_DATA_DIR": f"{self.dir}/data", "ZENWALLET_LISTEN": "127.0.0.1:0"}
        self.env["ZENWALLET_SECRET_KEY"] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

    def start(self, postgres=False, inject=None, trace=True):
        """Starts it, makes the app when there is none, and waits until it is ready; False if it ended before."""
        file = lambda name: f"{self.dir}/{name}"
        for name in ("pid", "log"):
            if os.path.exists(file(name)):
                os.remove(file(name))
        make_app = f'[ -e {file("app")} ] || "{self.binary}" app create --name d --environment test --rate-limit 0 --json >{file("app")}'
        begin = "export DATABASE_URL=$ZENWALLET_TEST_POSTGRES/postgres; " if postgres else ""
        serve = f'echo $$ >{file("pid")}; exec "{self.binary}" serve --log-format json 2>{file("log")}'
        strace = ["strace", "-f", "-y", "-s", "24", "--seccomp-bpf", "-o", file("trace"), "-e", f"trace={CALLS},pwrite64"]
        if postgres:
            # The server's processes are traced too, from their first moment on.
            command = [*strace, "target/debug/with-postgres", "bash", "-c", f"{begin}{make_app}; {serve}"]
        else:
            subprocess.run(["bash", "-c", make_app], env=self.env, check=True)
            faults = ["-e", f"inject={inject}"] if inject else []
            command = [*(strace + faults if trace else []), "bash", "-c", serve]
        self.process = subprocess.Popen(command, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        until = time.monotonic() + DEADLINE_S
        while time.monotonic() < until:
            log = open(file("log")).read() if os.path.exists(file("log")) else ""
            if ready := re.search(r'"message":"ready","listen":"127.0.0.1:(\d+)"', log):
                self.port = int(ready[1])
                self.key = json.loads(open(file("app")).read().splitlines()[-1])["api_key"]
                return True
            if self.process.poll() is not None:
                return False
            time.sleep(0.02)
        self.stop()
        raise SystemExit("durability: the gateway does not start")

    def stop(self):
        """Ends it; its exit code, or strace's, which is the same."""
        if self.process.poll() is None:
            os.kill(int(open(f"{self.dir}/pid").read()), signal.SIGTERM)
        return self.process.wait(DEADLINE_S)

    def wait_for_end(self, seconds):
        """The exit code if it ends by itself in this time."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def client(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)

    def ask(self, client, method, path):
        """Status and body; 0 when there was no answer."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        try:
            client.request(method, path, BODY if method == "POST" else None, headers)
            answer = client.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException):
            client.close()
            return 0, {}

    def create(self, client):
        status, body = self.ask(client, "POST", "/api/payments/create")
        return status, body.get("payment_id")

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)


class Call:
    """A system call: the lines on which it began and ended, its file, what it was given and what it said."""

    def __init__(self, name, began):
        self.name, self.began, self.ended, self.text = name, began, None, ""

    def close(self, ended, text):
        self.ended, self.text = ended, text
        self.file = (re.match(r"\d+<([^>]*)>", text) or [None, ""])[1]
        self.failed = re.search(r"= -1 E[A-Z]+", text) is not None


def read_trace(path):
    """Every finished call, in the order of their ends."""
    calls, open_calls = [], {}
    for number, line in enumerate(open(path, errors="replace")):
        pid, _, rest = line.rstrip("\n").partition(" ")
        rest = rest.strip()
        if resumed := re.match(r"<\.\.\. (\w+) resumed>(.*)", rest):
            call = open_calls.pop(pid, None)
            if call:
                call.close(number, call.text + resumed[2])
                calls.append(call)
        elif began := re.match(r"(\w+)\((.*)", rest):
            call = Call(began[1], number)
            if rest.endswith("<unfinished ...>"):
                call.text = began[2].removesuffix("<unfinished ...>").rstrip()
                open_calls[pid] = call
            else:
                call.close(number, began[2])
                calls.append(call)
    return calls


def is_log(file):
    return file.endswith(".db-wal") or "/pg_wal/" in file


def is_sync(call):
    return call.name in ("fsync", "fdatasync")


def unfounded(calls, syncs):
    """Answers 201 in a trace, and those of them without a sync between their request and themselves."""
    asked, answers, without = {}, 0, 0
    for call in calls:
        if not call.file.startswith(("socket:", "TCP")):
            continue
        if call.name in ("recvfrom", "read", "readv") and '"POST ' in call.text:
            asked[call.file] = call.ended
        if call.name in ("write", "writev", "sendto", "sendmsg") and '"HTTP/1.1 201' in call.text:
            answers += 1
            began = asked.pop(call.file, None)
            without += began is None or not any(s.began > began and s.ended < call.began for s in syncs)
    return answers, without


def judge_syncs(binary, postgres):
    name = "PostgreSQL" if postgres else "SQLite"
    gateway = Gateway(binary)
    try:
        gateway.start(postgres=postgres)
        client = gateway.client()
        statuses = [gateway.create(client)[0] for _ in range(40)]

        def many():
            mine = gateway.client()
            statuses.extend([gateway.create(mine)[0] for _ in range(20)])

        threads = [threading.Thread(target=many) for _ in range(8)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        gateway.stop()
        calls = read_trace(f"{gateway.dir}/trace")
    finally:
        gateway.remove()
    syncs = [c for c in calls if is_sync(c) and is_log(c.file) and not c.failed]
    acked = statuses.count(201)
    answers, without = unfounded(calls, syncs)
    check(acked == len(statuses) == 200, f"{name}: 40 creates one by one and 160 from 8 clients: {acked} acknowledged")
    check(answers == acked, f"{name}: the trace shows {answers} answers 201 and {len(syncs)} syncs of the log")
    check(without == 0, f"{name}: answers without a sync of the log since their request: {without}")
    _, without = unfounded(calls, [])
    check(without == acked, f"{name}: with the syncs taken out of the trace the judge finds {without} of {acked}")


def judge_fault(binary, call, error, nth):
    """One fault at the nth such call of each thread, under 40 creates, one by one."""
    what = f"{call} {nth} fails with {error}"
    gateway = Gateway(binary)
    try:
        started = gateway.start(inject=f"{call}:error={error}:when={nth}")
        acked, others, last = [], [], None
        client = gateway.client() if started else None
        for _ in range(40 if started else 0):
            last, payment = gateway.create(client)
            acked.append(payment) if last == 201 else others.append(last)
        calls = read_trace(f"{gateway.dir}/trace")
        kept = [c for c in calls if c.failed and is_sync(c) and re.search(r"\.db(-wal)?$", c.file)]
        hit = any("INJECTED" in c.text for c in calls)
        if started and kept:
            code = gateway.wait_for_end(15)
            late = [c for c in calls if '"HTTP/1.1 201' in c.text and c.began > kept[0].ended]
            check(not late and code == EXIT_IO_ERROR, f"{what}: {len(late)} acknowledged after it; the process ends with {code}")
        elif started and error == "ENOSPC":
            check(last == 201, f"{what}: {'hit, ' if hit else 'not reached, '}answers {sorted(set(others))}, then creates work again")
        elif not started:
            check(gateway.process.poll() != 0, f"{what}: the start is refused with {gateway.process.poll()}")
        gateway.stop()
        gateway.start(trace=False)
        client = gateway.client()
        lost = [id for id in acked if gateway.ask(client, "GET", f"/api/payments/{id}")[0] != 200]
        gateway.stop()
        with sqlite3.connect(f"{gateway.dir}/data/zenwallet.db") as database:
            sound = database.execute("PRAGMA integrity_check").fetchone()[0]
        words = f"{what}: {len(acked)} acknowledged, other answers {sorted(set(others))}, lost {len(lost)}, the file is {sound}"
        check(not lost and sound == "ok" and set(others) <= {0, 503}, words)
    finally:
        gateway.remove()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("what", choices=["syncs", "faults"])
    arguments.add_argument("--binary", required=True)
    arguments.add_argument("--count", type=int, default=8, help="faults of each kind, spread over the first calls")
    arguments = arguments.parse_args()
    if arguments.what == "syncs":
        judge_syncs(arguments.binary, postgres=False)
        judge_syncs(arguments.binary, postgres=True)
    else:
        for i in range(arguments.count):
            nth = 1 + i * 40 // arguments.count
            judge_fault(arguments.binary, "fsync,fdatasync", "EIO", nth)
            judge_fault(arguments.binary, "pwrite64", "ENOSPC", nth * 4)
    print(f"{tally[True]} passed, {tally[False]} failed")
    return 0 if tally[False] == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
