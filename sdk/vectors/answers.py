"""The cases of retries.json and errors.json: what an attempt's end means."""

import json
from email.utils import formatdate

NOW_S = 1769423700


def http_date(offset_s):
    return formatdate(NOW_S + offset_s, usegmt=True)


def backoff_ms(retry):
    """The shortest and the longest wait before retry 1, 2, …"""
    longest = min(500 * 2 ** (retry - 1), 8000)
    return longest // 2, longest


def retry(name, status, waits, attempt=1, retry_after=None, code=None, retries=3):
    """`waits`: False for no further attempt, True for the usual wait, a number for exactly so many ms."""
    shortest, longest = (None, None) if waits is False else backoff_ms(attempt)
    if waits is not True and waits is not False:
        shortest, longest = max(shortest, waits), max(longest, waits)
    return {"name": name, "attempt": attempt, "retries": retries, "status": status, "retry_after": retry_after,
            "code": code, "now_s": NOW_S, "repeated": waits is not False, "min_wait_ms": shortest,
            "max_wait_ms": longest}


def retries():
    in_use = "idempotency_key_in_use"
    cases = [retry(f"status {status}", status, True) for status in (408, 429, 500, 502, 503, 504)]
    cases += [retry(f"status {status}", status, False)
              for status in (301, 304, 307, 308, 400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 425, 451, 501, 505, 520, 599)]
    cases += [
        retry("no answer", None, True),
        retry("no answer, attempt 4 of 4", None, False, attempt=4),
        retry("409, the key is in use", 409, True, code=in_use),
        retry("409, the key is in use, Retry-After 1", 409, 1000, code=in_use, retry_after="1"),
        retry("409, already final", 409, False, code="payment_already_final"),
        retry("409, already final, with Retry-After", 409, False, code="payment_already_final", retry_after="1"),
        retry("422 with the code of a 409", 422, False, code=in_use),
        retry("400 with Retry-After", 400, False, retry_after="1"),
        retry("retries 0", 503, False, retries=0),
        retry("retries 1, attempt 2", 503, False, attempt=2, retries=1),
    ]
    cases += [retry(f"attempt {n}", 503, n <= 3, attempt=n) for n in (1, 2, 3, 4)]
    cases += [retry(f"attempt {n} of 41", 500, True, attempt=n, retries=40) for n in (4, 5, 6, 7, 40)]
    return cases + retry_after()


def retry_after():
    rows = [
        ("0", True), ("1", 1000), ("2", 2000), ("60", 60_000), ("61", False), ("3600", False), ("1000000000", False),
        ("9" * 30, False), ("007", 7000), (http_date(5), 5000), (http_date(60), 60_000), (http_date(61), False),
        (http_date(86_400 * 365), False), (http_date(0), True), (http_date(-5), True), (http_date(-10**9), True),
    ]
    garbage = ["", "soon", "-1", "-61", "+5", "1.5", "1e1", "0x10", "5s", "5, 6", "٥", "Infinity", "NaN", "null",
               "2026-01-26T10:35:05Z", "Mon, 99 Foo 2026 10:35:05 GMT", "Mon, 26 Jan 2026"]
    cases = [retry(f"Retry-After: {value}", 503, waits, retry_after=value) for value, waits in rows]
    cases += [retry(f"Retry-After: {value!r} is passed over", 429, True, retry_after=value) for value in garbage]
    return cases + [
        retry("Retry-After shorter than the wait", 429, True, attempt=4, retry_after="1", retries=9),
        retry("Retry-After within the wait", 429, 3000, attempt=4, retry_after="3", retries=9),
        retry("Retry-After longer than the wait", 429, 9000, attempt=4, retry_after="9", retries=9),
        retry("Retry-After when no attempt is left", 429, False, attempt=4, retry_after="1"),
        retry("Retry-After of 408", 408, 2000, retry_after="2"),
        retry("Retry-After of 502", 502, 2000, retry_after="2"),
    ]


PAYMENT = {
    "payment_id": "pay_4TLFbHqBw0WmZ3dYqXcR5k", "status": "SUCCESS", "amount": 12.5, "currency": "COINS",
    "reference_id": "ORDER_123", "description": None, "metadata": {}, "payment_url": "https://pay.example/pay/pay_4TLFbHqBw0WmZ3dYqXcR5k",
    "expires_at": "2026-01-26T11:05:00Z", "created_at": "2026-01-26T10:35:00Z", "completed_at": "2026-01-26T10:36:00Z",
    "transaction_id": "txn_4TLFbHqBw0WmZ3dYqXcR5k", "failure_code": None, "notes": None,
}


def told(kind, code, message, **more):
    """A body of ours."""
    error = {"type": kind, "code": code, "message": message} | more
    return json.dumps({"error": error | {"doc_url": f"/docs/errors#{code}", "request_id": "req_body"}})


def error(name, status, expected_class, body, headers=None, contains=(), **expected):
    """What is not said of a body is expected to be absent, which is null here."""
    known = {"type": None, "code": None, "param": None, "doc_url": None, "request_id": None, "retry_after_s": None,
             "errors": [], "payment_id": None}
    assert expected.keys() <= known.keys()
    return {"name": name, "status": status, "headers": {"Content-Type": "application/json"} | (headers or {}),
            "body": body, "expected": {"class": expected_class} | known | expected | {"message_contains": list(contains)}}


CLASSES = [
    (400, "InvalidRequestError", "invalid_request_error", "parameter_invalid"),
    (401, "AuthenticationError", "authentication_error", "api_key_invalid"),
    (403, "PermissionDeniedError", "permission_error", "app_disabled"),
    (404, "InvalidRequestError", "invalid_request_error", "payment_not_found"),
    (405, "InvalidRequestError", "invalid_request_error", "method_not_allowed"),
    (409, "ConflictError", "conflict_error", "idempotency_key_in_use"),
    (413, "InvalidRequestError", "invalid_request_error", "body_too_large"),
    (415, "InvalidRequestError", "invalid_request_error", "content_type_unsupported"),
    (422, "IdempotencyError", "idempotency_error", "idempotency_key_reused"),
    (429, "RateLimitError", "rate_limit_error", "rate_limited"),
    (500, "ServerError", "api_error", "internal_error"),
    (503, "ServerError", "api_error", "service_unavailable"),
]


def errors():
    cases = [error(f"{status}, ours", status, name, told(kind, code, "What is wrong."), {"Request-Id": "req_header"},
                   ["What is wrong."], type=kind, code=code, doc_url=f"/docs/errors#{code}", request_id="req_body")
             for status, name, kind, code in CLASSES]
    two = [{"param": "amount", "code": "amount_too_precise", "message": "amount may have at most 2 decimals"},
           {"param": "currency", "code": "parameter_missing", "message": "currency is missing"}]
    ours = dict(type="invalid_request_error", code="amount_too_precise", doc_url="/docs/errors#amount_too_precise",
                request_id="req_body")
    limited = dict(type="rate_limit_error", code="rate_limited", doc_url="/docs/errors#rate_limited", request_id="req_body")
    final = dict(type="conflict_error", code="payment_already_final", doc_url="/docs/errors#payment_already_final",
                 request_id="req_body")
    return cases + [
        error("every parameter at fault", 400, "InvalidRequestError",
              told("invalid_request_error", "amount_too_precise", two[0]["message"], param="amount", errors=two),
              contains=["at most 2 decimals"], param="amount", errors=two, **ours),
        error("a conflict carries the payment", 409, "ConflictError",
              told("conflict_error", "payment_already_final", "The payment is final.", payment=PAYMENT),
              contains=["The payment is final."], payment_id=PAYMENT["payment_id"], **final),
        error("a member that nobody knows yet", 400, "InvalidRequestError",
              told("invalid_request_error", "amount_too_precise", "No.", added_later={"a": 1}), contains=["No."], **ours),
        error("429 with Retry-After", 429, "RateLimitError", told("rate_limit_error", "rate_limited", "Slower."),
              {"Retry-After": "7"}, ["Slower."], retry_after_s=7, **limited),
        error("429 with a long Retry-After", 429, "RateLimitError", told("rate_limit_error", "rate_limited", "Slower."),
              {"Retry-After": "86400"}, ["Slower."], retry_after_s=86400, **limited),
        error("429 with a Retry-After that is none", 429, "RateLimitError",
              told("rate_limit_error", "rate_limited", "Slower."), {"Retry-After": "soon"}, ["Slower."], **limited),
    ] + foreign_errors() + spoiled_successes()


def foreign_errors():
    html = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
    page = {"Content-Type": "text/html", "Request-Id": "req_header"}
    rows = [(400, "InvalidRequestError"), (401, "AuthenticationError"), (403, "PermissionDeniedError"), (404, "InvalidRequestError"),
            (409, "ConflictError"), (418, "InvalidRequestError"), (422, "IdempotencyError"), (429, "RateLimitError"),
            (500, "ServerError"), (502, "ServerError"), (599, "ServerError")]
    cases = [error(f"{status} and a page", status, name, html, page, [str(status), "502 Bad Gateway"], request_id="req_header")
             for status, name in rows]
    cases += [error(f"{status} is not followed", status, "InvalidRequestError", "", {"Location": "http://127.0.0.1:1/"},
                    [str(status)]) for status in (301, 302, 303, 307, 308)]
    bodies = ["", "null", "[]", "500", '"no"', "{", '{"error":null}', '{"error":"no"}', '{"error":[]}', '{"error":{}}',
              '{"error":{"code":5,"message":"x"}}', '{"error":{"code":"x"}}', '{"error":{"message":"x"}}', '{"message":"x"}']
    cases += [error(f"400 and {body or 'nothing'}", 400, "InvalidRequestError", body, contains=["400", body])
              for body in bodies]
    return cases + [
        error("503 and nothing", 503, "ServerError", "", {"Retry-After": "9"}, ["503"]),
        error("500 and a long page", 500, "ServerError", "beginning" + "x" * 9_000, contains=["500", "beginning"]),
        error("members of the wrong kind are left out", 400, "InvalidRequestError", json.dumps({"error": {
            "type": 1, "code": "parameter_invalid", "message": "No.", "param": 2, "errors": "x", "doc_url": [],
            "request_id": {}}}), contains=["No."], code="parameter_invalid"),
    ]


def spoiled_successes():
    rows = [("nothing", ""), ("text", "fine"), ("a page", "<html></html>"), ("JSON that broke off", '{"payment_id":"pay_'),
            ("an array", "[]"), ("null", "null"), ("a string", '"fine"'), ("a number", "1"), ("two values", "{}{}")]
    return [error(f"200 and {name}", 200, "InvalidResponseError", body) for name, body in rows]
