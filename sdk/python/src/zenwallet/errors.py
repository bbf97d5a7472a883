"""What can go wrong. No error holds the API key or the webhook secret."""

import json
import re
from email.utils import parsedate_to_datetime
from typing import Any, Callable, Dict, List, Literal, Mapping, Optional, Type

from .models import ErrorDetail, Payment

Reason = Literal[
    "secret_invalid",
    "header_missing",
    "header_malformed",
    "signature_mismatch",
    "timestamp_too_old",
    "timestamp_too_new",
    "body_malformed",
]
"""Why a webhook is not taken for ours."""

_HTTP_DATE = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", re.ASCII)
_SHOWN = 500


class ZenWalletError(Exception):
    """Every error of this package."""


class APIError(ZenWalletError):
    """The gateway, or something before it, answered with an error."""

    status: Optional[int] = None
    """The HTTP status; None when it came as the last word of a stream."""
    type: Optional[str] = None
    code: Optional[str] = None
    """The stable code; None when it is no answer of the gateway."""
    param: Optional[str] = None
    """The first parameter at fault."""
    doc_url: Optional[str] = None
    request_id: Optional[str] = None

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.errors: List[ErrorDetail] = []
        """Every parameter at fault."""

    def __str__(self) -> str:
        known = [str(part) for part in (self.status, self.code, self.request_id) if part is not None]
        return f"{self.message} [{' '.join(known)}]"


class InvalidRequestError(APIError):
    """The request cannot be fulfilled as it is: 400, 404, 405, 413, 415, any other 4xx, and 3xx."""


class AuthenticationError(APIError):
    """401: the API key is wrong, expired or revoked."""


class PermissionDeniedError(APIError):
    """403: the key is good, but not for this."""


class ConflictError(APIError):
    """409: the state of things does not allow it."""

    payment: Optional[Payment] = None
    """The payment as it is, where its state is the reason."""


class IdempotencyError(APIError):
    """422: the idempotency key was used for another request."""


class RateLimitError(APIError):
    """429: too many requests."""

    retry_after: Optional[float] = None
    """The seconds that the gateway asks to wait."""


class ServerError(APIError):
    """5xx: the fault is on the other side."""


class APIConnectionError(ZenWalletError):
    """There was no answer, or it broke off."""


class APITimeoutError(APIConnectionError):
    """There was no whole answer in time."""


class InvalidResponseError(ZenWalletError):
    """A success that is not the JSON it should be, or is too large."""


class SignatureVerificationError(ZenWalletError):
    """A webhook that is not ours, or cannot be told to be."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


_OF_STATUS: Dict[int, Type[APIError]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    409: ConflictError,
    422: IdempotencyError,
    429: RateLimitError,
}
_STATUS_OF_TYPE = {
    "authentication_error": 401,
    "permission_error": 403,
    "conflict_error": 409,
    "idempotency_error": 422,
    "rate_limit_error": 429,
    "api_error": 500,
}


def error_of(status: int, headers: Mapping[str, str], body: bytes, now: float) -> APIError:
    """The error that an answer means. `headers` has names in lower case, `now` is the time in seconds."""
    ours = _our_error(body)
    error = _class_of(status)(ours["message"][:1000] if ours else _foreign_message(status, body))
    error.status = status
    error.request_id = headers.get("request-id")
    _fill(error, ours or {})
    if isinstance(error, RateLimitError):
        error.retry_after = retry_after_of(headers, now)
    return error


def error_of_stream_end(data: Any) -> APIError:
    """The error in the data of a `stream.end`. It has no status: its class follows its type."""
    ours = data.get("error") if isinstance(data, dict) else None
    ours = ours if isinstance(ours, dict) else {}
    told = ours.get("message")
    kind = _class_of(_STATUS_OF_TYPE.get(str(ours.get("type")), 400))
    error = kind(told[:1000] if isinstance(told, str) else "the gateway ended the stream")
    _fill(error, ours)
    return error


def retry_after_of(headers: Mapping[str, str], now: float) -> Optional[float]:
    """The seconds of `Retry-After`; None when it is absent or neither digits nor an HTTP date."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]+", value):
        return float(value)
    if not _HTTP_DATE.fullmatch(value):
        return None
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return None


def _class_of(status: int) -> Type[APIError]:
    return _OF_STATUS.get(status) or (ServerError if status >= 500 else InvalidRequestError)


def _our_error(body: bytes) -> Optional[Dict[str, Any]]:
    """The error, where the body is one of the gateway's."""
    try:
        error = json.loads(body.decode())["error"]
        is_ours = isinstance(error["code"], str) and isinstance(error["message"], str)
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
    return error if is_ours else None


def _foreign_message(status: int, body: bytes) -> str:
    shown = body[: _SHOWN * 4].decode(errors="replace")[:_SHOWN].strip()
    return f"the answer is {status} and no error of the gateway" + (f": {shown}" if shown else "")


def _fill(error: APIError, ours: Dict[str, Any]) -> None:
    """Takes over the members that are of the right kind."""
    for name in ("type", "code", "param", "doc_url", "request_id"):
        if isinstance(ours.get(name), str):
            setattr(error, name, ours[name])
    error.errors = _made(lambda: [ErrorDetail.from_json(one) for one in ours.get("errors", [])]) or []
    if isinstance(error, ConflictError):
        error.payment = _made(lambda: Payment.from_json(ours.get("payment")))


def _made(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except TypeError:
        return None
