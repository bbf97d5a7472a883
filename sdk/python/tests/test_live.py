"""The client against a real gateway: ZENWALLET_URL, ZENWALLET_API_KEY and ZENWALLET_WEBHOOK_SECRET name it.

Without them it fails. FastAPI and uvicorn must be installed for the receiver.
"""

import asyncio
import contextlib
import http.client
import os
import queue
import socket
import sys
import threading
import unittest
import uuid
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

import fastapi
import uvicorn

import zenwallet

WAIT_S = 20


def setUpModule():
    missing = [name for name in ("URL", "API_KEY", "WEBHOOK_SECRET") if not os.environ.get(f"ZENWALLET_{name}")]
    if missing:
        raise RuntimeError(f"a gateway is needed: set {', '.join('ZENWALLET_' + name for name in missing)}")


class CuttingProxy:
    """A TCP proxy on loopback that cuts every connection through it when it is told to."""

    def __init__(self, target):
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.open = []
        self.connections = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                ours, _ = self.listener.accept()
            except OSError:
                return
            theirs = socket.create_connection(self.target)
            self.connections += 1
            self.open += [ours, theirs]
            for pair in ((ours, theirs), (theirs, ours)):
                threading.Thread(target=self.pump, args=pair, daemon=True).start()

    @staticmethod
    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def cut(self):
        sockets, self.open = self.open, []
        for one in sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def close(self):
        self.listener.close()
        self.cut()


class Live(unittest.TestCase):
    def setUp(self):
        self.client = zenwallet.ZenWallet()
        self.addCleanup(self.client.close)
        self.reference = f"live-{uuid.uuid4()}"

    def create(self, **more):
        return self.client.payments.create(
            **{"amount": 500, "currency": "COINS", "reference_id": self.reference, **more}
        )

    def last_seq(self):
        *_, last = self.client.events.list_all()
        return last.seq

    def test_create_and_get(self):
        made = self.create(
            amount=Decimal("12.50"), metadata={"order": "é", "n": 2, "x": 0.5, "is": True}, description="Tea"
        )
        self.assertEqual((made.status, made.amount, made.currency), ("PENDING", Decimal("12.5"), "COINS"))
        self.assertIn(made.payment_id, made.payment_url)
        self.assertEqual(made.metadata, {"order": "é", "n": 2, "x": 0.5, "is": True})
        self.assertTrue(made.qr_code.startswith("data:image/png;base64,"))
        self.assertEqual(self.client.payments.get(made.payment_id).created_at, made.created_at)
        self.assertTrue(self.client.payments.get(made.payment_id, include="qr_code").qr_code)

    def test_amounts_are_exact(self):
        for given in (1, "0.01", Decimal("0.1"), Decimal("1E+3"), "9999999999999.99", Decimal("9007199254740.93")):
            self.assertEqual(self.create(amount=given).amount, Decimal(given))

    def test_lists(self):
        made = [self.create().payment_id for _ in range(7)]
        page = self.client.payments.list(reference_id=self.reference, limit=3, include="total_count")
        self.assertEqual((len(page.data), page.has_more, page.total_count), (3, True, 7))
        walked = self.client.payments.list_all(reference_id=self.reference, limit=3, status=["PENDING", "SUCCESS"])
        self.assertEqual([one.payment_id for one in walked], made[::-1])
        self.assertEqual(list(self.client.payments.list_all(reference_id=self.reference, status="FAILED")), [])

    def test_complete_cancel_and_conflict(self):
        made = self.create()
        done = self.client.payments.complete(made.payment_id, "SUCCESS", notes="Paid at the desk")
        self.assertEqual((done.status, done.notes), ("SUCCESS", "Paid at the desk"))
        self.assertEqual(self.client.payments.complete(made.payment_id, "SUCCESS").transaction_id, done.transaction_id)
        with self.assertRaises(zenwallet.ConflictError) as caught:
            self.client.payments.cancel(made.payment_id)
        self.assertEqual(caught.exception.code, "payment_already_final")
        self.assertEqual(caught.exception.payment.transaction_id, done.transaction_id)
        self.assertEqual(self.client.payments.cancel(self.create().payment_id).failure_code, "canceled")
        failed = self.client.payments.complete(self.create().payment_id, "FAILED", failure_code="insufficient_funds")
        self.assertEqual(failed.failure_code, "insufficient_funds")

    def test_idempotency(self):
        key = str(uuid.uuid4())
        first, second = self.create(idempotency_key=key), self.create(idempotency_key=key)
        self.assertEqual(first.payment_id, second.payment_id)
        with self.assertRaises(zenwallet.IdempotencyError) as caught:
            self.create(idempotency_key=key, amount=501)
        self.assertEqual(caught.exception.code, "idempotency_key_reused")

    def test_validation_tells_every_parameter(self):
        with self.assertRaises(zenwallet.InvalidRequestError) as caught:
            self.create(amount="1.234", currency="x", expires_in=1)
        error = caught.exception
        self.assertEqual({one.param for one in error.errors}, {"amount", "currency", "expires_in"})
        self.assertEqual((error.status, error.type), (400, "invalid_request_error"))
        self.assertTrue(error.request_id.startswith("req_") and error.doc_url and error.param)

    def test_unknown_ids_and_ids_that_need_escapes(self):
        for odd in ("pay_0000000000000000000000", "a/b?c=d#e", "../events", "%2e", "ž"):
            with self.assertRaises(zenwallet.InvalidRequestError) as caught:
                self.client.payments.get(odd)
            self.assertEqual((caught.exception.status, caught.exception.code), (404, "payment_not_found"), odd)

    def test_a_wrong_key(self):
        wrong = "sk_test_" + "0" * 43
        with self.assertRaises(zenwallet.AuthenticationError) as caught, zenwallet.ZenWallet(wrong) as client:
            client.payments.list()
        self.assertNotIn(wrong, f"{caught.exception} {caught.exception!r}")

    def test_events(self):
        made = self.create()
        events = list(self.client.events.list_all(limit=2))
        self.assertEqual([one.seq for one in events], list(range(1, len(events) + 1)))
        mine = [one for one in events if one.payment_id == made.payment_id]
        self.assertEqual([one.type for one in mine], ["payment.created"])
        self.assertEqual(self.client.events.get(mine[0].event_id), mine[0])
        self.assertEqual(self.client.events.list(type="payment.expired", limit=1).object, "list")

    def test_a_stream_that_is_cut_misses_and_repeats_nothing(self):
        url = urlsplit(os.environ["ZENWALLET_URL"])
        proxy = CuttingProxy((url.hostname, url.port))
        self.addCleanup(proxy.close)
        self.create()
        begin = self.last_seq()
        client = zenwallet.ZenWallet(base_url=proxy.url)
        client._core.backoff_s = 0.02
        got = queue.Queue()
        stream = client.events.stream(after_seq=begin)
        reader = threading.Thread(target=lambda: [got.put(one.seq) for one in stream], daemon=True)
        reader.start()
        seen = []
        for _ in range(5):
            for _ in range(4):
                self.create()
            proxy.cut()
            self.create()
            seen += [got.get(timeout=WAIT_S) for _ in range(5)]
        self.assertEqual(seen, list(range(begin + 1, begin + 26)))
        self.assertGreater(proxy.connections, 4)
        stream.close()
        reader.join(WAIT_S)
        self.assertFalse(reader.is_alive(), "close() did not end the stream")
        self.assertTrue(got.empty())

    def test_a_stream_in_asyncio(self):
        self.create()
        begin = self.last_seq()

        async def read():
            seen = []
            async with asyncio_timeout(WAIT_S):
                await asyncio.to_thread(self.create)
                await asyncio.to_thread(self.create)
                async for event in self.client.events.stream(after_seq=begin):
                    seen.append(event.seq)
                    if len(seen) == 2:
                        break
            waiting = asyncio.ensure_future(self.client.events.stream().__anext__())
            await asyncio.sleep(0)
            waiting.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await waiting
            return seen

        self.assertEqual(asyncio.run(read()), [begin + 1, begin + 2])

    def test_a_real_webhook_reaches_fastapi(self):
        got = queue.Queue()
        app = fastapi.FastAPI()

        @app.post("/webhook")
        async def webhook(event: zenwallet.Event = fastapi.Depends(self.client.webhooks.fastapi())):  # noqa: B008
            got.put(event)

        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        listener = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            port = listener.getsockname()[1]
            made = self.create(webhook_url=f"http://127.0.0.1:{port}/webhook", amount=Decimal("7.25"))
            self.client.payments.complete(made.payment_id, "SUCCESS")
            event = got.get(timeout=WAIT_S)
            self.assertEqual((event.type, event.payment_id), ("payment.success", made.payment_id))
            self.assertEqual(event.amount, Decimal("7.25"))
            self.assertEqual(post(port, b"{}", "t=1,id=evt_1,v1=" + "0" * 64), 400)
            self.assertEqual(post(port, b"x" * 2_000_000, ""), 413)
            self.assertTrue(got.empty())
        finally:
            server.should_exit = True
            thread.join(WAIT_S)


class asyncio_timeout:
    """asyncio.timeout, which 3.9 lacks, as far as it is needed here."""

    def __init__(self, seconds):
        self.seconds = seconds

    async def __aenter__(self):
        self.handle = asyncio.get_running_loop().call_later(self.seconds, asyncio.current_task().cancel)

    async def __aexit__(self, *_):
        self.handle.cancel()


def post(port, body, signature):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S)
    try:
        connection.request("POST", "/webhook", body, {"X-ZenWallet-Signature": signature})
        return connection.getresponse().status
    finally:
        connection.close()


if __name__ == "__main__":
    unittest.main()
