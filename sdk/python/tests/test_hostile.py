"""The client against every persona of sdk/hostile."""

import json
import os
import resource
import subprocess
import sys
import threading
import time
import unittest
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "src"))
HOSTILE = HERE.parents[1] / "hostile"

import zenwallet  # noqa: E402

KEY = "sk_test_ThisMustNeverBeSeenInAnErrorOrALog"
ID = "pay_0000000000000000000001"
NAMES = {"ConnectionError": "APIConnectionError", "TimeoutError": "APITimeoutError"}
MAX_GROWTH_KB = 64 * 1024


def walk_events(client, row, given):
    """Reads as many events as the row names, or until the error."""
    with client.events.stream(after_seq=0) as stream:
        while row["outcome"] != "ok" or len(given) < len(row["events"]):
            given.append(next(stream).seq)


CALLS = {
    "create_payment": lambda client, row, given: given.append(
        client.payments.create(amount=500, currency="COINS", reference_id="ORDER_123").payment_id
    ),
    "get_payment": lambda client, row, given: given.append(client.payments.get(ID).payment_id),
    "complete_payment": lambda client, row, given: given.append(client.payments.complete(ID, "SUCCESS").payment_id),
    "list_all_payments": lambda client, row, given: given.extend(client.payments.list_all()),
    "list_all_events": lambda client, row, given: given.extend(client.events.list_all()),
    "stream_events": walk_events,
}


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = subprocess.Popen([sys.executable, HOSTILE / "server.py"], stdout=subprocess.PIPE, text=True)
        cls.base = cls.server.stdout.readline().split()[1]

    @classmethod
    def tearDownClass(cls):
        cls.server.kill()
        cls.server.wait()
        cls.server.stdout.close()

    def ask(self, persona, method):
        request = urllib.request.Request(f"{self.base}/_requests/{persona}", method=method)
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)

    def check(self, row):
        client = zenwallet.ZenWallet(KEY, base_url=self.ask(row["persona"], "DELETE")["base_url"], timeout=1, retries=2)
        client._core.backoff_s, client._core.silence_s = 0.01, 1.0
        given, raised = [], []
        began, grown = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        def call():
            try:
                CALLS[row["call"]](client, row, given)
            except Exception as error:
                raised.append(error)

        # A client that never comes back fails its row and not the others'.
        thread = threading.Thread(target=call, daemon=True)
        thread.start()
        thread.join(2 * row["within_s"])
        self.assertFalse(thread.is_alive(), "the call does not end")
        error = raised[0] if raised else None
        took = time.monotonic() - began
        client.close()
        self.assertEqual(type(error).__name__ if error else "ok", NAMES.get(row["outcome"], row["outcome"]), str(error))
        self.assertLess(took, row["within_s"])
        self.assertGreaterEqual(took, row.get("at_least_s", 0))
        self.assertLess(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - grown, MAX_GROWTH_KB)
        self.check_requests(row, self.ask(row["persona"], "GET"))
        self.check_given(row, given)
        if error:
            self.check_error(row, error)

    def check_requests(self, row, requests):
        if row["attempts"] is not None:
            self.assertEqual(len(requests), row["attempts"])
        if row["persona"] != "reset-on-accept":  # it reads nothing
            self.assertTrue(all(one["authorization"] for one in requests))
            keys = {one["idempotency_key"] for one in requests}
            if row["call"] in ("create_payment", "complete_payment") and requests:
                self.assertEqual(len(keys), 1, "each attempt carries the same key")
                self.assertTrue(0 < len(keys.pop() or "") < 256)
        if "last_event_ids" in row:
            self.assertEqual([one["last_event_id"] for one in requests], row["last_event_ids"])
        self.assertEqual(self.ask("elsewhere", "GET"), [], "a redirect was followed")

    def check_given(self, row, given):
        if "events" in row:
            self.assertEqual(given, row["events"])
        elif row["outcome"] == "ok":
            self.assertEqual(len(given), row.get("count", 1))

    def check_error(self, row, error):
        shown = f"{error!s} {error!r} {error.args} {error.__cause__!r} {vars(error)}"
        self.assertNotIn(KEY, shown)
        for member, name in (("status", "status"), ("code", "code"), ("retry_after_s", "retry_after")):
            if member in row:
                self.assertEqual(getattr(error, name), row[member])
        if "params" in row:
            self.assertEqual([one.param for one in error.errors], row["params"])
        if "payment_status" in row:
            self.assertEqual(error.payment.status, row["payment_status"])
        if row["outcome"] == "TimeoutError":
            self.assertIsInstance(error, zenwallet.APIConnectionError)


def load_tests(loader, tests, pattern):
    """One test a row, so that the count is the rows'."""
    only = os.environ.get("PERSONA")
    rows = [one for one in json.loads((HOSTILE / "personas.json").read_text()) if only in (None, one["persona"])]
    suite = unittest.TestSuite()
    for number, row in enumerate(rows):
        name = f"test_{number:02}"
        setattr(Hostile, name, lambda self, row=row: self.check(row))
        getattr(Hostile, name).__doc__ = f"{row['persona']}: {row['call']} ends in {row['outcome']}"
        suite.addTest(Hostile(name))
    return suite


if __name__ == "__main__":
    unittest.main()
