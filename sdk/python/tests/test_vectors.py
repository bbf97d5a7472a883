"""Every vector of sdk/vectors."""

import base64
import json
import sys
import time
import unittest
from decimal import Decimal
from pathlib import Path
from unittest import mock

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "src"))
VECTORS = HERE.parents[1] / "vectors"

import zenwallet  # noqa: E402
from zenwallet import _core, errors  # noqa: E402


def load(name):
    cases = json.loads((VECTORS / name).read_text(encoding="utf-8"))
    assert len(cases) > 20, f"{name} is nearly empty"
    return cases


class Signatures(unittest.TestCase):
    def check(self, case):
        body = case["body"] if "body" in case else base64.b64decode(case["body_base64"])
        given = case["signature"] if "signature" in case else case["headers"]
        webhooks = zenwallet.Webhooks(case["secret"], tolerance=case["tolerance_s"], clock=lambda: case["now_s"])
        self.assertEqual(webhooks.verify(body, given), case["expected"] == "ok")
        try:
            event = webhooks.construct_event(body, given)
        except zenwallet.SignatureVerificationError as error:
            self.assertEqual(error.reason, case["expected"])
            self.assertNotIn(case["secret"] or "no secret", str(error) + repr(webhooks))
        else:
            self.assertEqual("ok", case["expected"])
            self.assertEqual(event.raw, json.loads(body, parse_float=Decimal))


class Retries(unittest.TestCase):
    def check(self, case):
        headers = {} if case["retry_after"] is None else {"retry-after": case["retry_after"]}
        if case["status"] is None:
            error, wanted = zenwallet.APIConnectionError("no answer"), None
        else:
            ours = {"error": {"code": case["code"], "message": "x"}} if case["code"] else {}
            error = errors.error_of(case["status"], headers, json.dumps(ours).encode(), case["now_s"])
            wanted = errors.retry_after_of(headers, case["now_s"])
        for chance in (0.5, 1.0):  # the ends of the random factor
            with mock.patch("random.uniform", return_value=chance) as uniform:
                wait = _core.retry_wait(case["attempt"], case["retries"], error, wanted, 0.5)
            if not case["repeated"]:
                self.assertIsNone(wait)
                continue
            uniform.assert_called_once_with(0.5, 1)
            expected = case["min_wait_ms"] if chance == 0.5 else case["max_wait_ms"]
            self.assertAlmostEqual(wait * 1000, expected)


class Errors(unittest.TestCase):
    def check(self, case):
        expected = case["expected"]
        headers = {name.lower(): value for name, value in case["headers"].items()}
        if 200 <= case["status"] < 300:
            with self.assertRaises(zenwallet.InvalidResponseError):
                _core.parsed(zenwallet.Payment, case["body"].encode())
            self.assertEqual(expected["class"], "InvalidResponseError")
            return
        error = errors.error_of(case["status"], headers, case["body"].encode(), time.time())
        self.assertEqual(type(error).__name__, expected["class"])
        self.assertEqual(error.status, case["status"])
        for name in ("type", "code", "param", "doc_url", "request_id"):
            self.assertEqual(getattr(error, name), expected[name], name)
        self.assertEqual([one.raw for one in error.errors], expected["errors"])
        self.assertEqual(getattr(error, "retry_after", None), expected["retry_after_s"])
        payment = getattr(error, "payment", None)
        self.assertEqual(payment and payment.payment_id, expected["payment_id"])
        self.assertLessEqual(len(error.message), 1000)
        for part in expected["message_contains"]:
            self.assertIn(part, error.message)


def suite():
    """One test a case, so that the count is the cases'."""
    tests = unittest.TestSuite()
    for kind, name in ((Signatures, "signatures.json"), (Retries, "retries.json"), (Errors, "errors.json")):
        for number, case in enumerate(load(name)):
            test = f"test_{number:03}"
            setattr(kind, test, lambda self, case=case: self.check(case))
            getattr(kind, test).__doc__ = f"{name}: {case['name']}"
            tests.addTest(kind(test))
    return tests


def load_tests(loader, tests, pattern):
    return suite()


if __name__ == "__main__":
    unittest.main()
