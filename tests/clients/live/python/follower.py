"""python-socketio follows an app's log: follower.py sync|asyncio URL KEY AFTER JOURNAL

AFTER is a seq or `now`. The journal is that of clients.js, but that JSON is spelled again. The program of the sync client
is told by a thread for each message, so its journal is in no order.
"""

import asyncio
import json
import sys
import threading
import time

import socketio

FLAVOUR, URL, KEY, AFTER, PATH = sys.argv[1:]
journal = open(PATH, "w", buffering=1)
lock = threading.Lock()
last = None if AFTER == "now" else int(AFTER)


def auth():
    return {"apiKey": KEY} if last is None else {"apiKey": KEY, "afterSeq": last}


def write(word, value):
    journal.write(f"{word} {json.dumps(value, ensure_ascii=False, separators=(',', ':'))}\n")


def told(name, argument):
    global last
    with lock:
        if "seq" in argument and argument["type"] == name:
            last = max(last or 0, argument["seq"])
            write(f"event {argument['seq']}", argument)
            return
        if name == "ready" and last is None:
            last = argument["after_seq"]
        write(name, argument)


options = {"reconnection_delay": 0.2, "reconnection_delay_max": 0.5, "randomization_factor": 0.1}


def hear(client):
    client.on("*", told)
    client.on("connect", lambda: write("connect", FLAVOUR))
    client.on("disconnect", lambda reason: write("disconnect", reason))
    client.on("connect_error", lambda data: write("connect_error", data))


def run_sync():
    client = socketio.Client(handle_sigint=False, **options)
    hear(client)
    client.connect(URL, auth=auth, wait_timeout=10)
    while True:
        time.sleep(1)


async def run_asyncio():
    client = socketio.AsyncClient(handle_sigint=False, **options)
    hear(client)
    await client.connect(URL, auth=auth, wait_timeout=10)
    await asyncio.Event().wait()


if FLAVOUR == "sync":
    run_sync()
else:
    asyncio.run(run_asyncio())
