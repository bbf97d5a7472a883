"""More cases of signatures.json: headers, secrets and bodies of every shape."""

import base64

from signatures import BASE64, BODY, HEX, ID, SECRET, T, case, event_body, header, standard


def malformed_headers():
    v1 = f"v1={HEX}"
    rows = [
        ("no t", f"id={ID},{v1}"), ("two t", f"t={T},t={T},id={ID},{v1}"), ("an empty t", f"t=,id={ID},{v1}"),
        ("t of 13 digits", f"t={T:013d},id={ID},{v1}"), ("t with a sign", f"t=+{T},id={ID},{v1}"),
        ("t below zero", f"t=-{T},id={ID},{v1}"), ("t with a fraction", f"t={T}.0,id={ID},{v1}"),
        ("t with a space", f"t= {T},id={ID},{v1}"), ("t in hexadecimal", f"t=0x6977,id={ID},{v1}"),
        ("t with an underscore", f"t=1_769,id={ID},{v1}"), ("t in Arabic digits", f"t=١٧٦٩٤٢٣٧٠٠,id={ID},{v1}"),
        ("no id", f"t={T},{v1}"), ("two ids", f"t={T},id={ID},id={ID},{v1}"), ("an empty id", f"t={T},id=,{v1}"),
        ("an id of 65 characters", f"t={T},id={'x' * 65},{v1}"), ("an id with a space", f"t={T},id=evt 1,{v1}"),
        ("an id that is not ASCII", f"t={T},id=evt_é,{v1}"), ("an id with DEL", f"t={T},id=evt_\x7f,{v1}"),
        ("no v1", f"t={T},id={ID}"), ("v0 alone", f"t={T},id={ID},v0={HEX}"),
        ("V1 in upper case is another field", f"t={T},id={ID},V1={HEX}"),
        ("spaces after the commas", f"t={T}, id={ID}, {v1}"), ("semicolons", f"t={T};id={ID};{v1}"),
        ("a bare MAC", HEX), ("sha256= and the MAC", f"sha256={HEX}"), ("a lone comma", ","), ("a space", " "),
        ("two headers joined", f"{header()}, {header()}"),
        ("4097 bytes", header() + ",x=" + "y" * (4097 - len(header()) - 3)),
        ("a value of Standard Webhooks", f"v1,{BASE64}"),
    ]
    cases = [case(f"malformed: {name}", "header_malformed", signature=value) for name, value in rows]
    return cases + [
        case("empty is missing", "header_missing", signature=""),
        case("malformed, and the time is wrong too", "header_malformed", now_s=T + 9999, signature=f"t={T},{v1}"),
    ]


def odd_headers():
    return [
        case("4096 bytes", "ok", signature=header() + ",x=" + "y" * (4096 - len(header()) - 3)),
        case("unknown fields are passed over", "ok", signature=f"v0=old,{header()},v2=new,flag,,=,a=b=c"),
        case("any order", "ok", signature=f"v1={HEX},id={ID},t={T}"),
        case("an id of 64 characters", "ok", signature=header(event_id="x" * 64)),
        case("an id with = and a full stop", "ok", signature=header(event_id="a=b.c")),
        case("v1 in upper case matches nothing", "signature_mismatch", signature=f"t={T},id={ID},v1={HEX.upper()}"),
        case("v1 of 63 digits matches nothing", "signature_mismatch", signature=f"t={T},id={ID},v1={HEX[:63]}"),
        case("v1 of 65 digits matches nothing", "signature_mismatch", signature=f"t={T},id={ID},v1={HEX}0"),
        case("v1 with a space matches nothing", "signature_mismatch", signature=f"t={T},id={ID},v1={HEX[:32]} {HEX[32:]}"),
        case("an empty v1 matches nothing", "signature_mismatch", signature=f"t={T},id={ID},v1="),
        case("v1 in base64 matches nothing", "signature_mismatch", signature=f"t={T},id={ID},v1={BASE64}"),
        case("v1 that is not ASCII matches nothing", "signature_mismatch", signature=f"t={T},id={ID},v1={'é' * 64}"),
        case("a v1 that matches nothing beside ours", "ok", signature=f"t={T},id={ID},v1=x,v1={HEX}"),
    ]


def header_maps():
    own = {"X-ZenWallet-Signature": header()}
    wrong = f"t={T},id={ID},v1={'0' * 64}"
    upper = {name.upper(): value for name, value in standard().items()}
    return [
        case("headers: lower case", "ok", headers={"x-zenwallet-signature": header()}),
        case("headers: upper case", "ok", headers={"X-ZENWALLET-SIGNATURE": header()}),
        case("headers: standard in title case", "ok", headers={n.title(): v for n, v in standard().items()}),
        case("headers: standard in upper case", "ok", headers=upper),
        case("headers: both forms", "ok", headers=own | standard()),
        case("headers: our own goes first", "signature_mismatch", headers={"X-ZenWallet-Signature": wrong} | standard()),
        case("headers: our own goes first, malformed", "header_malformed",
             headers={"X-ZenWallet-Signature": "t=1"} | standard()),
        case("headers: our own is empty, so the standard ones", "ok",
             headers={"X-ZenWallet-Signature": ""} | standard()),
        case("headers: others among them", "ok", headers={"Content-Type": "application/json"} | own),
        case("headers: none", "header_missing", headers={}),
        case("headers: others only", "header_missing", headers={"Content-Type": "application/json"}),
        case("headers: no webhook-id", "header_missing", headers=standard(webhook_id=None)),
        case("headers: no webhook-timestamp", "header_missing", headers=standard(webhook_timestamp=None)),
        case("headers: no webhook-signature", "header_missing", headers=standard(webhook_signature=None)),
        case("headers: an empty webhook-id", "header_missing", headers=standard(webhook_id="")),
        case("standard: a timestamp of 13 digits", "header_malformed", headers=standard(webhook_timestamp="1" * 13)),
        case("standard: a timestamp with a fraction", "header_malformed", headers=standard(webhook_timestamp=f"{T}.5")),
        case("standard: an id of 65 characters", "header_malformed", headers=standard(webhook_id="x" * 65)),
        case("standard: an id with a space", "header_malformed", headers=standard(webhook_id="evt 1")),
        case("standard: no v1", "header_malformed", headers=standard(webhook_signature=f"v1a,{BASE64}")),
        case("standard: v1 with =", "header_malformed", headers=standard(webhook_signature=f"v1={BASE64}")),
        case("standard: unknown versions are passed over", "ok",
             headers=standard(webhook_signature=f"v1a,xyz v2 v1,{BASE64}")),
        case("standard: 4097 bytes of signatures", "header_malformed",
             headers=standard(webhook_signature=f"v1,{BASE64} " + "x" * (4097 - len(BASE64) - 4))),
        case("standard: base64 without padding matches nothing", "signature_mismatch",
             headers=standard(webhook_signature=f"v1,{BASE64.rstrip('=')}")),
        case("standard: hex matches nothing", "signature_mismatch", headers=standard(webhook_signature=f"v1,{HEX}")),
        case("standard: v1 that is not base64 matches nothing", "signature_mismatch",
             headers=standard(webhook_signature="v1,!!!")),
    ]


def secrets():
    def of(size):
        return "whsec_" + base64.b64encode(bytes(range(size))).decode()

    invalid = [
        ("no prefix", SECRET.removeprefix("whsec_")), ("another prefix", SECRET.replace("whsec_", "sk_test_")),
        ("prefix in upper case", SECRET.replace("whsec_", "WHSEC_")), ("empty", ""), ("the prefix alone", "whsec_"),
        ("characters outside base64", "whsec_" + "!" * 44), ("no padding", SECRET.rstrip("=")),
        ("padding in the middle", "whsec_AAEC=AwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
        ("the alphabet for URLs", "whsec_" + "-_" * 16), ("a line break at the end", SECRET + "\n"),
        ("a space before it", " " + SECRET), ("15 bytes", of(15)), ("65 bytes", of(65)),
    ]
    cases = [case(f"secret: {name}", "secret_invalid", secret=value) for name, value in invalid]
    cases += [case(f"secret: {size} bytes", "ok", secret=of(size), signature=header(secret=of(size)))
              for size in (16, 24, 64)]
    return cases + [case("secret: invalid, and no header", "secret_invalid", secret="x", signature=""),
                    case("secret: + and / in it", "ok", secret="whsec_" + "+/" * 16,
                         signature=header(secret="whsec_" + "+/" * 16))]


def bodies():
    not_utf8 = b'{"type":"payment.success","note":"\xff\xfe"}'
    unicode = event_body(metadata={"name": "Žluťoučký kůň", "emoji": "🎟️", "cjk": "支付", "\u20ac": "\u2028", "quote": '"\\\b'})
    large = event_body(metadata={f"key_{i:02}": "é" + "x" * 490 for i in range(50)})
    rows = [("empty", ""), ("text", "nonsense"), ("JSON that broke off", BODY[:-1]), ("an array", "[]"),
            ("a string", '"payment.success"'), ("null", "null"), ("a number", "500"), ("two values", BODY + BODY)]
    cases = [case(f"body: {name}, well signed", "body_malformed", body) for name, body in rows]
    return cases + [
        case("body: unicode", "ok", unicode), case("body: unicode, standard", "ok", unicode.encode()),
        case("body: 25 KB", "ok", large),
        case("body: not canonical, well signed", "ok", '{ "type": "payment.success", "amount": 5e2 }\n'),
        case("body: members that nobody knows yet", "ok", event_body(added_later={"a": [1, None, True]})),
        case("body: a failed payment", "ok", event_body(
            event="payment.failed", type="payment.failed", status="FAILED", transaction_id=None, reference_id=None)),
        case("body: not UTF-8, well signed", "body_malformed", not_utf8),
        case("body: not UTF-8, signed as if it had been mended", "signature_mismatch", not_utf8,
             signature=header(not_utf8.decode(errors="replace"))),
        case("body: bytes that are UTF-8", "ok", BODY.encode()),
    ]
