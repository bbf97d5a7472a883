"""What each persona of the hostile server does with a request. personas.json tells what a client must make of it."""

import asyncio
import json
import time
from email.utils import formatdate
from urllib.parse import parse_qs, urlsplit

PAYMENT = {
    "payment_id": "pay_0000000000000000000001",
    "status": "PENDING",
    "amount": 500,
    "currency": "COINS",
    "reference_id": "ORDER_123",
    "description": None,
    "metadata": {},
    "payment_url": "http://127.0.0.1:1/pay/pay_0000000000000000000001",
    "qr_code": None,
    "expires_at": "2026-01-26T10:35:00Z",
    "created_at": "2026-01-26T10:05:00Z",
}
BLOCK = b"x" * 65536
STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

TYPES = {
    400: ("invalid_request_error", "amount_too_precise"),
    401: ("authentication_error", "api_key_invalid"),
    403: ("permission_error", "app_disabled"),
    404: ("invalid_request_error", "payment_not_found"),
    408: ("invalid_request_error", "request_timeout"),
    409: ("conflict_error", "payment_already_final"),
    413: ("invalid_request_error", "body_too_large"),
    418: ("invalid_request_error", "teapot"),
    422: ("idempotency_error", "idempotency_key_reused"),
    429: ("rate_limit_error", "rate_limited"),
    500: ("api_error", "internal_error"),
    501: ("api_error", "internal_error"),
    502: ("api_error", "internal_error"),
    503: ("api_error", "service_unavailable"),
    504: ("api_error", "internal_error"),
}

PERSONAS = {}


def persona(name):
    def register(function):
        PERSONAS[name] = function
        return function

    return register


def error(status, code=None):
    """An error as the gateway would write it."""
    kind, usual = TYPES[status]
    code = code or usual
    body = {"type": kind, "code": code, "message": f"this is {code}", "doc_url": f"/docs/errors#{code}"}
    if status == 400:
        body["param"] = "amount"
        body["errors"] = [{"param": name, "code": code, "message": "wrong"} for name in ("amount", "currency")]
    if status == 409 and code == "payment_already_final":
        body["payment"] = {**PAYMENT, "status": "FAILED"}
    return {"error": {**body, "request_id": "req_0000000000000000000001"}}


async def succeed(connection, request):
    await connection.answer(201 if request.path.endswith("/create") else 200, PAYMENT)


def always(status):
    async def answer(connection, request):
        await connection.answer(status, error(status))

    return answer


for _status in TYPES:
    PERSONAS[f"always-{_status}"] = always(_status)
PERSONAS["always-ok"] = succeed


def says(status, body, content_type="application/json", **headers):
    async def answer(connection, request):
        await connection.answer(status, body, content_type=content_type, **headers)

    return answer


HTML = b"<!doctype html><title>Bad gateway</title><h1>502</h1>"
PERSONAS["html-200"] = says(200, HTML, "text/html")
PERSONAS["html-502"] = says(502, HTML, "text/html")
PERSONAS["empty-200"] = says(200, b"")
PERSONAS["garbage-json"] = says(200, b'{"payment_id": "pay_1", "am')
PERSONAS["wrong-content-type"] = says(200, PAYMENT, "text/plain")
PERSONAS["json-array-instead-of-object"] = says(200, [PAYMENT])
PERSONAS["list-of-wrong-shape"] = says(200, {"object": "list", "data": "no", "has_more": False, "next_cursor": None})
PERSONAS["deep-json"] = says(200, b"[" * 100_000 + b"]" * 100_000)
PERSONAS["not-utf8"] = says(200, json.dumps({**PAYMENT, "description": "@"}).encode().replace(b"@", b"\xff\xfe"))
PERSONAS["error-of-wrong-shape"] = says(400, {"error": "no"})
PERSONAS["error-with-wrong-types"] = says(
    400, {"error": {"type": 5, "code": 7, "message": ["x"], "param": {}, "errors": "none", "payment": 1, "request_id": 9}}
)
PERSONAS["redirect"] = says(302, b"", Location="/elsewhere")
PERSONAS["redirect-307"] = says(307, b"", Location="/elsewhere")
PERSONAS["retry-after-huge"] = says(429, error(429), Retry_After="1000000000")
PERSONAS["retry-after-overflow"] = says(429, error(429), Retry_After="9" * 40)


def after(troubles, trouble):
    """Does `trouble` so often, then succeeds."""

    async def answer(connection, request):
        await (trouble if request.number <= troubles else succeed)(connection, request)

    return answer


PERSONAS["retry-after-1-then-ok"] = after(1, says(503, error(503), Retry_After="1"))
PERSONAS["rate-limited-twice-then-ok"] = after(2, says(429, error(429), Retry_After="0"))
PERSONAS["in-use-then-ok"] = after(1, says(409, error(409, "idempotency_key_in_use"), Retry_After="1"))


@persona("retry-after-date-then-ok")
async def retry_after_date(connection, request):
    if request.number > 1:
        return await succeed(connection, request)
    # 3 s ahead and written in whole seconds: at least 2 s are to be waited.
    await connection.answer(503, error(503), Retry_After=formatdate(time.time() + 3, usegmt=True))


@persona("retry-after-garbage")
async def retry_after_garbage(connection, request):
    await connection.answer(429, error(429), Retry_After=["soon", "NaN", "-7"][(request.number - 1) % 3])


async def reset_before_answer(connection, request):
    connection.reset()


PERSONAS["reset-before-answer"] = reset_before_answer
PERSONAS["flaky-then-ok"] = after(2, reset_before_answer)


@persona("reset-after-head")
async def reset_after_head(connection, request):
    await connection.send(JSON_HEAD + b"Content-Length: 400\r\n\r\n")
    connection.reset()


@persona("reset-mid-body")
async def reset_mid_body(connection, request):
    await connection.send(JSON_HEAD + b'Content-Length: 400\r\n\r\n{"payment_id":')
    connection.reset()


@persona("truncated")
async def truncated(connection, request):
    await connection.send(JSON_HEAD + b"Content-Length: 4000\r\n\r\n" + json.dumps(PAYMENT).encode())
    connection.writer.close()


@persona("truncated-chunks")
async def truncated_chunks(connection, request):
    body = json.dumps(PAYMENT).encode()
    await connection.send(JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(body), body))
    connection.writer.close()


@persona("close-without-answer")
async def close_without_answer(connection, request):
    connection.writer.close()


@persona("slow-head")
async def slow_head(connection, request):
    await connection.until_client_leaves()


@persona("slow-body")
async def slow_body(connection, request):
    await connection.send(JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        await connection.send(b"1\r\n \r\n")
        await asyncio.sleep(0.2)


async def endless_chunks(connection):
    while True:
        await connection.send(b"%x\r\n%s\r\n" % (len(BLOCK), BLOCK))


@persona("endless-body")
async def endless_body(connection, request):
    await connection.send(JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    await endless_chunks(connection)


@persona("endless-error-body")
async def endless_error_body(connection, request):
    await connection.send(b"HTTP/1.1 500 No\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n")
    await endless_chunks(connection)


@persona("huge-content-length")
async def huge_content_length(connection, request):
    await connection.send(JSON_HEAD + b"Content-Length: 1000000000000\r\n\r\n")
    while True:
        await connection.send(BLOCK)


@persona("bad-status-line")
async def bad_status_line(connection, request):
    await connection.send(b"HELLO, WORLD\r\n\r\nthis is no HTTP\r\n")
    connection.writer.close()


@persona("header-flood")
async def header_flood(connection, request):
    await connection.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await connection.send(b"".join(b"X-Flood-%d: %s\r\n" % (number, BLOCK[:1000]) for number in range(64)))


def page(data, **more):
    return {"object": "list", "data": data, **more}


def query(request):
    return {name: values[-1] for name, values in parse_qs(urlsplit(request.path).query).items()}


def cursors(following):
    """Pages of one payment each; `following` names the cursor behind each cursor, null ends."""

    async def answer(connection, request):
        cursor = following[query(request).get("cursor")]
        await connection.answer(200, page([PAYMENT], has_more=cursor is not None, next_cursor=cursor))

    return answer


PERSONAS["three-pages"] = cursors({None: "a", "a": "b", "b": None})
PERSONAS["same-cursor-forever"] = cursors({None: "a", "a": "a"})
PERSONAS["cursors-in-a-circle"] = cursors({None: "a", "a": "b", "b": "a"})


@persona("event-pages-that-stand-still")
async def event_pages(connection, request):
    await connection.answer(200, page([event(1)], has_more=True, next_after_seq=1))


def event(seq):
    changed = {"seq": seq, "event_id": f"evt_{seq:022}", "type": "payment.created", "event": "payment.created"}
    known = {key: PAYMENT[key] for key in ("payment_id", "status", "amount", "currency", "reference_id", "metadata")}
    return {**changed, **known, "timestamp": "2026-01-26T10:05:00Z", "transaction_id": None, "completed_at": None}


def told(*seqs):
    return "".join(f"id: {seq}\nevent: payment.created\ndata: {json.dumps(event(seq))}\n\n" for seq in seqs).encode()


def ended(code):
    return f"event: stream.end\ndata: {json.dumps(error(401 if 'key' in code else 503, code))}\n\n".encode()


def stream(*connections, close=True):
    """Writes these bytes on the first, second … connection; the last stays open behind its bytes."""

    async def answer(connection, request):
        number = min(request.number, len(connections))
        await connection.send(STREAM_HEAD + connections[number - 1])
        if number == len(connections) or not close:
            await connection.until_client_leaves()
        connection.writer.close()

    return answer


PERSONAS["stream-cut"] = stream(told(1, 2) + told(3)[:60], told(3, 4, 5))
PERSONAS["stream-cut-behind-data"] = stream(told(1, 2)[:-1], told(2, 3))
PERSONAS["stream-repeats"] = stream(told(1, 2), told(1, 2, 3))
PERSONAS["stream-id-only"] = stream(told(1) + b"id: 7\n\n", told(8))
PERSONAS["stream-silent"] = stream(b"", b"", told(1, 2), close=False)
PERSONAS["stream-silent-behind-event"] = stream(told(1), told(2), close=False)
PERSONAS["stream-html"] = says(200, HTML, "text/html")
PERSONAS["stream-garbage-data"] = stream(told(1) + b"id: 2\nevent: payment.created\ndata: {no json\n\n")
PERSONAS["stream-end-fatal"] = stream(told(1) + ended("api_key_revoked"))
PERSONAS["stream-end-shutdown"] = stream(told(1) + ended("shutting_down"), told(2))
PERSONAS["stream-503-then-ok"] = lambda connection, request: (
    always(503) if request.number == 1 else stream(told(1, 2))
)(connection, request)
# A byte order mark, comments, unknown fields, no colon, no space, every line end, data in two lines: all of it is SSE.
PERSONAS["stream-garbage-lines"] = stream(
    b"\xef\xbb\xbf: hello\n\nretry: banana\nnonsense\nid\n:\n\ndata-without-colon\n\n"
    + told(1).replace(b"\n", b"\r\n")
    + b": again\r\rfoo: bar\n"
    + told(2).replace(b"\n", b"\r").replace(b": ", b":", 2)
    + told(3).replace(b', "event_id"', b',\ndata: "event_id"')
)


@persona("stream-endless-line")
async def stream_endless_line(connection, request):
    await connection.send(STREAM_HEAD + b"data: ")
    while True:
        await connection.send(BLOCK)


@persona("stream-endless-event")
async def stream_endless_event(connection, request):
    await connection.send(STREAM_HEAD)
    while True:
        await connection.send(b"data: " + BLOCK + b"\n")
