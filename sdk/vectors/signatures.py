"""The cases of signatures.json: what is a webhook of ours, and why something is not."""

import base64
import hashlib
import hmac
import json

import jcs

SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
OLD_SECRET = "whsec_" + base64.b64encode(bytes(range(100, 132))).decode()
ID = "evt_01JXZ5R8QK3M7N2P4T6V8W0Y1A"
T = 1769423700
# The contract's vector, byte for byte; it is older than the members `type` and `timestamp`.
CONTRACT_BODY = (
    '{"amount":500,"completed_at":"2026-01-26T10:35:00Z","currency":"COINS","event":"payment.success",'
    '"event_id":"evt_01JXZ5R8QK3M7N2P4T6V8W0Y1A","metadata":{"10":"a","2":"b","order_id":"123",'
    '"user_email":"user@example.com","é":1.5},"payment_id":"pay_abc123xyz","reference_id":"ORDER_123",'
    '"signature":"sha256=cdeb9ba1673d1b579e2533ad13461c1b354dd7348770f8de0db3db0a5f8c4b83",'
    '"status":"SUCCESS","transaction_id":"txn_xyz789"}'
)
CONTRACT_HEX = "1270a588090aed674e73cbcb398a4720fc98922f31d8974ad708e773636acbc6"
CONTRACT_BASE64 = "EnCliAkK7WdOc8vLOYpHIPyYki8x2JdK1wjnc2Nqy8Y="


def mac(body, secret=SECRET, event_id=ID, t=T):
    data = body.encode() if isinstance(body, str) else body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return hmac.new(key, f"{event_id}.{t}.".encode() + data, hashlib.sha256)


def event_body(**members):
    """A whole body as the gateway sends it, with the signature of its content."""
    event = {
        "amount": 12.5, "completed_at": "2026-01-26T10:35:00Z", "currency": "COINS", "event": "payment.success",
        "event_id": ID, "metadata": {}, "payment_id": "pay_4TLFbHqBw0WmZ3dYqXcR5k", "reference_id": "ORDER_123",
        "status": "SUCCESS", "timestamp": "2026-01-26T10:35:00Z", "transaction_id": "txn_4TLFbHqBw0WmZ3dYqXcR5k",
        "type": "payment.success",
    } | members
    content = jcs.canonical(json.dumps(event))
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    event["signature"] = "sha256=" + hmac.new(key, content.encode(), hashlib.sha256).hexdigest()
    return jcs.canonical(json.dumps(event))


BODY = event_body()
HEX = mac(BODY).hexdigest()
OLD_HEX = mac(BODY, OLD_SECRET).hexdigest()
BASE64 = base64.b64encode(mac(BODY).digest()).decode()
OLD_BASE64 = base64.b64encode(mac(BODY, OLD_SECRET).digest()).decode()


def header(body=BODY, event_id=ID, t=T, secret=SECRET):
    return f"t={t},id={event_id},v1={mac(body, secret, event_id, t).hexdigest()}"


def standard(**changes):
    names = {"webhook_id": ID, "webhook_timestamp": str(T), "webhook_signature": f"v1,{BASE64}"} | changes
    return {name.replace("_", "-"): value for name, value in names.items() if value is not None}


def case(name, expected, body=BODY, secret=SECRET, now_s=T, tolerance_s=300, **given):
    """One case; the header is the right one of the body unless `signature` or `headers` is given."""
    if not given:
        given = {"signature": header(body)}
    raw = {"body": body} if isinstance(body, str) else {"body_base64": base64.b64encode(body).decode()}
    return {"name": name, "secret": secret, "tolerance_s": tolerance_s, "now_s": now_s, **raw, **given,
            "expected": expected}


def contract():
    given = {"webhook-id": ID, "webhook-timestamp": str(T), "webhook-signature": f"v1,{CONTRACT_BASE64}"}
    own = f"t={T},id={ID},v1={CONTRACT_HEX}"
    assert header(CONTRACT_BODY) == own, "the contract's vector does not come out"
    assert base64.b64encode(mac(CONTRACT_BODY).digest()).decode() == CONTRACT_BASE64
    assert jcs.canonical(CONTRACT_BODY) == CONTRACT_BODY
    return [
        case("contract: own header", "ok", CONTRACT_BODY, signature=own),
        case("contract: own header among headers", "ok", CONTRACT_BODY, headers={"X-ZenWallet-Signature": own}),
        case("contract: headers of Standard Webhooks", "ok", CONTRACT_BODY, headers=given),
    ]


def keys():
    several = ",".join(f"v1={i:064x}" for i in range(20))
    return [
        case("two v1, ours first", "ok", signature=f"t={T},id={ID},v1={HEX},v1={OLD_HEX}"),
        case("two v1, ours second", "ok", signature=f"t={T},id={ID},v1={OLD_HEX},v1={HEX}"),
        case("twenty v1, none ours", "signature_mismatch", signature=f"t={T},id={ID},{several}"),
        case("twenty-one v1, ours last", "ok", signature=f"t={T},id={ID},{several},v1={HEX}"),
        case("the old secret still verifies", "ok", secret=OLD_SECRET,
             signature=f"t={T},id={ID},v1={HEX},v1={OLD_HEX}"),
        case("standard: two signatures, ours second", "ok",
             headers=standard(webhook_signature=f"v1,{OLD_BASE64} v1,{BASE64}")),
        case("standard: two signatures, none ours", "signature_mismatch",
             headers=standard(webhook_signature=f"v1,{OLD_BASE64} v1,{OLD_BASE64}")),
        case("another secret", "signature_mismatch", secret=OLD_SECRET),
        case("another secret and an old time: the secret is told", "signature_mismatch", secret=OLD_SECRET,
             now_s=T + 10_000),
        case("standard: another secret", "signature_mismatch", secret=OLD_SECRET, headers=standard()),
    ]


def tampering():
    flipped = HEX[:-1] + ("0" if HEX[-1] != "0" else "1")
    return [
        case("a member changed", "signature_mismatch", BODY.replace("12.5", "9912.5"), signature=header()),
        case("one byte flipped", "signature_mismatch", BODY.replace("ORDER_123", "ORDER_122"), signature=header()),
        case("a byte more", "signature_mismatch", BODY + "\n", signature=header()),
        case("a byte less", "signature_mismatch", BODY[:-1], signature=header()),
        case("spaces between members", "signature_mismatch", BODY.replace(",", ", "), signature=header()),
        case("another id", "signature_mismatch", signature=f"t={T},id={ID[:-1]}B,v1={HEX}"),
        case("another t within the tolerance", "signature_mismatch", signature=f"t={T + 1},id={ID},v1={HEX}"),
        case("the last digit of v1 changed", "signature_mismatch", signature=f"t={T},id={ID},v1={flipped}"),
        case("body.signature in place of v1", "signature_mismatch",
             signature=f"t={T},id={ID},v1={json.loads(BODY)['signature'].removeprefix('sha256=')}"),
        case("standard: another id", "signature_mismatch", headers=standard(webhook_id="evt_2")),
        case("standard: another timestamp", "signature_mismatch", headers=standard(webhook_timestamp=str(T - 1))),
        case("an empty body that was not signed", "signature_mismatch", "", signature=header()),
    ]


def clocks():
    cases = []
    for offset, expected in [(0, "ok"), (299, "ok"), (300, "ok"), (301, "timestamp_too_old"),
                             (-299, "ok"), (-300, "ok"), (-301, "timestamp_too_new")]:
        cases.append(case(f"now is t {offset:+d} s", expected, now_s=T + offset))
        cases.append(case(f"standard: now is t {offset:+d} s", expected, now_s=T + offset, headers=standard()))
    return cases + [
        case("a tolerance of 60 s, 60 s old", "ok", now_s=T + 60, tolerance_s=60),
        case("a tolerance of 60 s, 61 s old", "timestamp_too_old", now_s=T + 61, tolerance_s=60),
        case("a tolerance of 3600 s, 3600 s new", "ok", now_s=T - 3600, tolerance_s=3600),
        case("t is 0", "timestamp_too_old", signature=header(t=0)),
        case("t of 12 digits", "timestamp_too_new", signature=header(t=999_999_999_999)),
        case("t with zeros before it is signed as it is written", "ok", signature=header(t=f"00{T}")),
        case("t with zeros before it, signed without them", "signature_mismatch",
             signature=header().replace(f"t={T}", f"t=00{T}")),
        case("too old, and the body is not JSON", "timestamp_too_old", "nonsense", now_s=T + 301),
    ]
