"""What neither a vector nor a persona shows: input, output, connections, and what is kept out of sight."""

import inspect
import json
import os
import pickle
import sys
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest import mock

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "src"))

import zenwallet  # noqa: E402
from zenwallet._core import path_of, query_of  # noqa: E402
from zenwallet._stream import Parser  # noqa: E402

KEY, SECRET = "sk_test_NeverToBeSeen", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
PAYMENT = {
    "payment_id": "pay_1",
    "status": "PENDING",
    "amount": 500,
    "currency": "COINS",
    "metadata": {},
    "payment_url": "http://x/pay/pay_1",
    "expires_at": "2026-01-26T10:35:00Z",
    "created_at": "2026-01-26T10:05:00Z",
    "added_later": {"rate": 0.1},
}


class Gateway(ThreadingHTTPServer):
    """Answers with a payment, and keeps what was sent."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen, self.connections = [], 0
        self.url = f"http://127.0.0.1:{self.server_address[1]}/below/"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def process_request(self, request, client_address):
        self.connections += 1
        super().process_request(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 5
    disable_nagle_algorithm = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.server.seen.append((self.path, dict(self.headers), body))
        answer = json.dumps(PAYMENT).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST

    def log_message(self, *_):
        pass


class Client(unittest.TestCase):
    def setUp(self):
        self.gateway = Gateway()
        self.client = zenwallet.ZenWallet(KEY, base_url=self.gateway.url, webhook_secret=SECRET)
        self.addCleanup(self.gateway.server_close)
        self.addCleanup(self.gateway.shutdown)
        self.addCleanup(self.client.close)

    def sent(self, **members):
        self.client.payments.create(**{"amount": 1, "currency": "COINS", **members})
        return self.gateway.seen[-1]

    def test_amounts_are_sent_as_they_are(self):
        for given, wire in (
            (500, b"500"),
            ("12.50", b'"12.50"'),
            (Decimal("0.1"), b'"0.1"'),
            (Decimal("1E+2"), b'"100"'),
        ):
            self.assertIn(b'"amount": ' + wire, self.sent(amount=given)[2])

    def test_amounts_that_are_refused(self):
        for given, error in ((12.5, TypeError), (True, TypeError), (None, TypeError), (Decimal("NaN"), ValueError)):
            with self.assertRaises(error):
                self.client.payments.create(amount=given, currency="COINS")
        self.assertEqual(self.gateway.seen, [])

    def test_what_is_absent_is_not_sent(self):
        path, headers, body = self.sent()
        self.assertEqual(json.loads(body), {"amount": 1, "currency": "COINS"})
        self.assertEqual(path, "/below/api/payments/create")
        self.assertEqual(headers["Authorization"], f"Bearer {KEY}")
        self.client.payments.cancel("pay_1", idempotency_key="mine")
        path, headers, body = self.gateway.seen[-1]
        self.assertEqual((path, headers["Idempotency-Key"], body), ("/below/api/payments/pay_1/cancel", "mine", b""))

    def test_create_takes_what_the_api_takes(self):
        document = json.loads((HERE.parents[2] / "openapi.json").read_text(encoding="utf-8"))
        known = document["components"]["schemas"]["CreatePaymentRequest"]["properties"]
        parameters = inspect.signature(zenwallet.ZenWallet(KEY).payments.create).parameters
        self.assertEqual(set(parameters), {*known, "idempotency_key"})

    def test_ids_and_queries_are_escaped(self):
        self.assertEqual(path_of("payments", "a/b?c#d e%"), "/api/payments/a%2Fb%3Fc%23d%20e%25")
        for odd in ("", ".", ".."):
            with self.assertRaises(ValueError):
                self.client.payments.get(odd)
        moment = datetime(2026, 1, 26, 10, 5, tzinfo=timezone.utc)
        self.assertEqual(
            query_of({"status": ["PENDING", "FAILED"], "at": moment, "q": "a&b", "x": None}),
            "?status=PENDING%2CFAILED&at=2026-01-26T10%3A05%3A00%2B00%3A00&q=a%26b",
        )
        with self.assertRaises(ValueError):
            query_of({"at": moment.replace(tzinfo=None)})

    def test_what_is_unknown_is_kept(self):
        payment = self.client.payments.get("pay_1")
        self.assertEqual(payment.raw["added_later"], {"rate": Decimal("0.1")})
        self.assertEqual((payment.payment_id, payment.notes), ("pay_1", None))
        self.assertEqual(pickle.loads(pickle.dumps(payment)), payment)

    def test_one_connection_is_kept_and_few_at_most(self):
        for _ in range(5):
            self.client.payments.get("pay_1")
        self.assertEqual(self.gateway.connections, 1)
        with ThreadPoolExecutor(32) as pool:
            ids = list(pool.map(lambda _: self.client.payments.get("pay_1").payment_id, range(300)))
        self.assertEqual(ids, ["pay_1"] * 300)
        self.assertLessEqual(len(self.client._core.transport._idle), 10)

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_a_fork_shares_no_connection(self):
        self.client.payments.get("pay_1")
        child = os.fork()
        if child == 0:
            try:
                self.client.payments.get("pay_1")
                os._exit(0)
            except BaseException:
                os._exit(1)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        self.assertEqual(self.gateway.connections, 2)
        self.client.payments.get("pay_1")
        self.assertEqual(self.gateway.connections, 2)

    def test_secrets_are_not_shown(self):
        for one in (
            self.client,
            self.client.payments,
            self.client.events,
            self.client.webhooks,
            self.client.events.stream(),
        ):
            self.assertNotIn(KEY, f"{one} {one!r}")
            self.assertNotIn(SECRET, f"{one} {one!r}")
        echoed = zenwallet._http.Answer(502, {}, b"you sent Bearer " + KEY.encode())
        self.assertNotIn(KEY, str(self.client._core.error_of(echoed)))
        bad = KEY + "\r\nX: y"
        with self.assertRaises(ValueError) as caught:
            zenwallet.ZenWallet(bad)
        self.assertNotIn(KEY, str(caught.exception))

    def test_options(self):
        named = {"ZENWALLET_API_KEY": KEY, "ZENWALLET_URL": self.gateway.url}
        with mock.patch.dict(os.environ, named), zenwallet.ZenWallet() as client:
            self.assertEqual(client.payments.get("x").payment_id, "pay_1")
        for name in ("ZENWALLET_API_KEY", "ZENWALLET_URL"):
            self.assertNotIn(name, os.environ, "run these tests without a gateway's environment")
        with self.assertRaises(ValueError):
            zenwallet.ZenWallet()
        for url in ("ftp://x", "x", "http://", "http://u:p@x", "http://x/?a=b"):
            with self.assertRaises(ValueError, msg=url):
                zenwallet.ZenWallet(KEY, base_url=url)

    def test_an_idempotency_key_that_cannot_be_sent(self):
        for key in ("", "x" * 256, "é", "a\r\nb"):
            with self.assertRaises(ValueError):
                self.client.payments.cancel("pay_1", idempotency_key=key)

    def test_errors_survive_pickling(self):
        error = self.client._core.error_of(zenwallet._http.Answer(429, {"retry-after": "7"}, b"no"))
        again = pickle.loads(pickle.dumps(error))
        self.assertEqual((type(again), str(again), again.retry_after), (type(error), str(error), 7))


class Webhooks(unittest.TestCase):
    def test_never_raises_whatever_it_is_given(self):
        webhooks = zenwallet.Webhooks(SECRET)
        for body in (b"", "", None, {"a": 1}, 5, [], "\ud800"):
            for signature in (None, "", b"t=1", 5, {"x": None}, {5: object()}, [], "t=1,id=x,v1=\ud800"):
                self.assertIs(webhooks.verify(body, signature), False)
        self.assertIs(zenwallet.Webhooks(None).verify(b"{}", "t=1"), False)

    def test_fastapi_is_imported_by_nobody_else(self):
        self.assertNotIn("fastapi", sys.modules)


class Stream(unittest.TestCase):
    def test_however_it_is_cut_into_pieces_it_says_the_same(self):
        text = (
            b"\xef\xbb\xbfid: 1\r\nevent: a\r\ndata: x\r\ndata: y\r\n\r\n: no\rid: 2\r\rdata:z\n\nid: x\n\ndata: lost"
        )
        whole = list(Parser().feed(text))
        self.assertEqual(whole, [(1, "a", "x\ny"), (2, "", ""), (None, "", "z")])
        for size in range(1, len(text)):
            parser = Parser()
            pieces = [text[at : at + size] for at in range(0, len(text), size)]
            self.assertEqual([one for piece in pieces for one in parser.feed(piece)], whole, size)


if __name__ == "__main__":
    unittest.main()
