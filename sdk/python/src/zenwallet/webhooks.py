"""Verifies that a webhook is the gateway's own: `X-ZenWallet-Signature`, or the headers of Standard Webhooks."""

import base64
import binascii
import hashlib
import hmac
import json
import re
import time
from decimal import Decimal
from typing import Any, Awaitable, Callable, Dict, Iterable, List, Optional, Protocol, Tuple, Union

from .errors import SignatureVerificationError
from .models import Event

Body = Union[bytes, bytearray, memoryview, str]
"""A webhook's body exactly as it came; never a parsed object."""


class Headers(Protocol):
    """All headers of a request, as every framework has them."""

    def items(self) -> Iterable[Tuple[Any, Any]]: ...


Signature = Union[str, Headers, None]
"""The value of `X-ZenWallet-Signature`, or all headers of the request."""

TOLERANCE_S = 300
"""How far a webhook's time may be from ours, both ways."""
MAX_BODY = 1024 * 1024
"""The helpers for frameworks read no more; the gateway's own bodies are below 64 KB."""

_MAX_HEADER = 4096
_SECRET = re.compile(r"whsec_([A-Za-z0-9+/]+={0,2})")
_SECONDS = re.compile(r"[0-9]{1,12}")
_ID = re.compile(r"[!-~]{1,64}")


class Webhooks:
    """Verifies webhooks with an app's secret. `ZenWallet.webhooks` is one; a receiver needs no client and no API key.

    `secret` is the app's `whsec_…`, `tolerance` the seconds that a webhook's time may be from `clock`, both ways.
    """

    def __init__(
        self,
        secret: Optional[str],
        *,
        tolerance: float = TOLERANCE_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._secret = secret
        self._tolerance = tolerance
        self._clock = clock

    def verify(self, body: Body, signature: Signature) -> bool:
        """Whether these bytes are a webhook of ours, sent just now. Never raises."""
        try:
            self.construct_event(body, signature)
        except Exception:  # whatever it was given, it is not a webhook of ours
            return False
        return True

    def construct_event(self, body: Body, signature: Signature) -> Event:
        """The event in a webhook. Raises SignatureVerificationError, whose `reason` says why it is none of ours.

        `body` is what came, unparsed; `signature` the value of `X-ZenWallet-Signature`, or all headers.
        """
        key = _key_of(self._secret)
        claimed = _read(signature)
        sent = _bytes_of(body)
        signed = b".".join([claimed.id.encode(), claimed.timestamp.encode(), sent])
        mac = hmac.new(key, signed, hashlib.sha256).digest()
        ours = (mac.hex() if claimed.is_hex else base64.b64encode(mac).decode()).encode()
        if not any(hmac.compare_digest(ours, one.encode("utf-8", "replace")) for one in claimed.macs):
            raise SignatureVerificationError("signature_mismatch")
        age = self._clock() - int(claimed.timestamp)
        if age > self._tolerance:
            raise SignatureVerificationError("timestamp_too_old")
        if not age >= -self._tolerance:
            raise SignatureVerificationError("timestamp_too_new")
        return _event_of(sent)

    def fastapi(self) -> Callable[..., Awaitable[Event]]:
        """A dependency for FastAPI: `event: Event = Depends(client.webhooks.fastapi())`.

        Answers 400 to what is not ours and 413 to what is too large; raises at once if the secret is unusable.
        """
        from fastapi import HTTPException, Request  # noqa: PLC0415 (only who calls this has FastAPI)

        _key_of(self._secret)

        async def webhook(request: Request) -> Event:
            body = bytearray()
            async for part in request.stream():
                body += part
                if len(body) > MAX_BODY:
                    raise HTTPException(413, "the body is too large")
            try:
                return self.construct_event(body, request.headers)
            except SignatureVerificationError as error:
                raise HTTPException(400, error.reason) from None

        return webhook

    def __repr__(self) -> str:
        return f"Webhooks(tolerance={self._tolerance})"


def _bytes_of(body: Body) -> bytes:
    if isinstance(body, str):
        return body.encode("utf-8", "surrogatepass")
    if isinstance(body, (bytes, bytearray, memoryview)):
        return bytes(body)
    raise TypeError("the body must be the bytes that came, not what was parsed from them")


class _Claimed:
    """What a webhook's headers claim: its id, its time and its signatures."""

    def __init__(self, id: str, timestamp: str, macs: List[str], is_hex: bool) -> None:
        self.id, self.timestamp, self.macs, self.is_hex = id, timestamp, macs, is_hex
        if not (_SECONDS.fullmatch(timestamp) and _ID.fullmatch(id) and macs):
            raise SignatureVerificationError("header_malformed")


def _key_of(secret: Optional[str]) -> bytes:
    """The bytes behind `whsec_`: standard base64 with its padding, 16 to 64 bytes."""
    found = _SECRET.fullmatch(secret) if isinstance(secret, str) else None
    try:
        key = base64.b64decode(found[1], validate=True) if found else b""
    except binascii.Error:
        key = b""
    if not 16 <= len(key) <= 64:
        raise SignatureVerificationError("secret_invalid")
    return key


def _read(signature: Signature) -> _Claimed:
    if signature is None or isinstance(signature, str):
        return _read_own(signature or "")
    own, id, timestamp, macs = _picked(
        signature, "x-zenwallet-signature", "webhook-id", "webhook-timestamp", "webhook-signature"
    )
    if own or not (id and timestamp and macs):
        return _read_own(own)
    return _read_standard(id, timestamp, macs)


def _read_own(header: str) -> _Claimed:
    """`t=<seconds>,id=<event id>,v1=<hex>[,v1=<hex>]`."""
    if not header:
        raise SignatureVerificationError("header_missing")
    _check_length(header)
    fields: List[Tuple[str, str, str]] = [field.partition("=") for field in header.split(",")]
    times, ids, macs = ([value for name, _, value in fields if name == wanted] for wanted in ("t", "id", "v1"))
    if len(times) != 1 or len(ids) != 1:
        raise SignatureVerificationError("header_malformed")
    return _Claimed(ids[0], times[0], macs, is_hex=True)


def _read_standard(id: str, timestamp: str, signatures: str) -> _Claimed:
    """`v1,<base64>[ v1,<base64>]`, with id and time in headers of their own."""
    _check_length(signatures)
    macs = [value[3:] for value in signatures.split(" ") if value.startswith("v1,")]
    return _Claimed(id, timestamp, macs, is_hex=False)


def _check_length(header: str) -> None:
    if len(header.encode("utf-8", "replace")) > _MAX_HEADER:
        raise SignatureVerificationError("header_malformed")


def _picked(headers: Headers, *names: str) -> List[str]:
    """Headers by their names in any case, "" for what is absent. One that came twice is joined as HTTP says."""
    found: Dict[str, List[str]] = {name: [] for name in names}
    for name, value in headers.items():
        wanted = found.get(_text(name).lower())
        if wanted is not None:
            wanted.append(_text(value))
    return [", ".join(values) for values in found.values()]


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _event_of(body: bytes) -> Event:
    """Numbers with decimals stay exact; what is no JSON object is malformed, also NaN."""
    try:
        return Event.from_json(json.loads(body.decode(), parse_float=Decimal, parse_constant=_refuse))
    except (ValueError, TypeError, RecursionError):
        raise SignatureVerificationError("body_malformed") from None


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")
