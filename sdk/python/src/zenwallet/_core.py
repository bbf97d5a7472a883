"""A request, made of attempts: what is sent with each, which is repeated and when, and what its answer means."""

import json
import random
import re
import time
import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any, Dict, Mapping, Optional, Sequence, Type, TypeVar, Union
from urllib.parse import quote, urlencode

from ._http import Answer, Transport
from .errors import APIConnectionError, APIError, InvalidResponseError, error_of, retry_after_of
from .models import Event, EventList, Payment, PaymentList

VERSION = "0.1.0"
MAX_RETRY_AFTER_S = 60.0
MAX_BACKOFF_S = 8.0
_REPEATED = {408, 429, 500, 502, 503, 504}
_Model = TypeVar("_Model", Payment, PaymentList, Event, EventList)


class Core:
    """What the resources of a client share."""

    backoff_s = 0.5  # before the first retry
    silence_s = 45.0  # of a stream, until it is given up

    def __init__(self, api_key: str, base_url: str, timeout: float, retries: int) -> None:
        if not re.fullmatch(r"[!-~]+", api_key):
            raise ValueError("the API key is missing or malformed: give api_key, or set ZENWALLET_API_KEY")
        if not timeout > 0 or retries < 0:
            raise ValueError("the timeout must be above 0, and the retries not below")
        self._api_key = api_key
        self.transport = Transport(base_url)
        self.timeout, self.retries = timeout, retries

    def get(self, model: Type[_Model], path: str, query: Optional[Mapping[str, Any]] = None) -> _Model:
        return self._call(model, "GET", path + query_of(query or {}), self.headers(), None)

    def post(self, model: Type[_Model], path: str, body: Mapping[str, Any], key: Optional[str]) -> _Model:
        """Members of `body` that are None are left out. `key` is the idempotency key; one is made where it is None."""
        key = str(uuid.uuid4()) if key is None else key
        if not re.fullmatch(r"[!-~]{1,255}", key):
            raise ValueError("an idempotency key has 1 to 255 visible ASCII characters")
        headers = {**self.headers(), "Idempotency-Key": key}
        members = {name: value for name, value in body.items() if value is not None}
        if not members:
            return self._call(model, "POST", path, headers, None)
        headers["Content-Type"] = "application/json"
        return self._call(model, "POST", path, headers, json.dumps(members, allow_nan=False).encode())

    def headers(self) -> Dict[str, str]:
        return {
            "Authorization": f"Bearer {self._api_key}",
            "Accept": "application/json",
            "User-Agent": f"zenwallet-python/{VERSION}",
        }

    def _call(
        self, model: Type[_Model], method: str, path: str, headers: Dict[str, str], body: Optional[bytes]
    ) -> _Model:
        attempt = 0
        while True:
            attempt += 1
            retry_after = None
            error: Union[APIError, APIConnectionError]
            try:
                answer = self.transport.exchange(method, path, headers, body, self.timeout)
            except APIConnectionError as broken:
                error = broken
            else:
                if 200 <= answer.status < 300:
                    return parsed(model, answer.body)
                error, retry_after = self.error_of(answer), retry_after_of(answer.headers, time.time())
            wait = retry_wait(attempt, self.retries, error, retry_after, self.backoff_s)
            if wait is None:
                raise error
            time.sleep(wait)

    def error_of(self, answer: Answer) -> APIError:
        """The error that an answer means, which never repeats the key, whoever answered and whatever it echoes."""
        secret = self._api_key.encode()
        return error_of(answer.status, answer.headers, answer.body.replace(secret, b"(hidden)"), time.time())


def retry_wait(
    attempt: int,
    retries: int,
    error: Union[APIError, APIConnectionError],
    retry_after: Optional[float],
    backoff: float,
) -> Optional[float]:
    """The seconds to wait after attempt 1, 2, … ended with `error`; None when there is to be no other attempt."""
    if attempt > retries or (retry_after or 0) > MAX_RETRY_AFTER_S:
        return None
    if isinstance(error, APIError) and not _is_repeated(error):
        return None
    return max(backoff_wait(attempt, backoff), retry_after or 0)


def _is_repeated(error: APIError) -> bool:
    return error.status in _REPEATED or (error.status == 409 and error.code == "idempotency_key_in_use")


def backoff_wait(failures: int, backoff: float) -> float:
    """The seconds to wait after so many failures in a row."""
    longest: float = min(backoff * 2 ** min(failures - 1, 16), MAX_BACKOFF_S)
    return longest * random.uniform(0.5, 1)


def parsed(model: Type[_Model], body: bytes) -> _Model:
    """A success. Raises InvalidResponseError where it is not one of `model`."""
    try:
        raw = json.loads(body.decode(), parse_float=Decimal, parse_constant=_refuse)
        made = model.from_json(raw)
    except (ValueError, TypeError, RecursionError):
        raise InvalidResponseError(f"the answer is not the JSON of a {model.__name__}") from None
    items: Sequence[Union[Payment, Event]] = made.data if isinstance(made, (PaymentList, EventList)) else ()
    for one in (made, *items):
        missing = [name for name in one.REQUIRED if name not in one.raw]
        if missing:
            raise InvalidResponseError(f"a {type(one).__name__} in the answer lacks {missing[0]}")
    return made


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def path_of(*parts: str) -> str:
    """A path below /api, with ids escaped."""
    for part in parts:
        if part in ("", ".", ".."):
            raise ValueError("an id must not be empty")
    return "/api/" + "/".join(quote(part, safe="") for part in parts)


def query_of(values: Mapping[str, Any]) -> str:
    """What is None is left out; of several values commas make one."""
    given = {name: _text(value) for name, value in values.items() if value is not None}
    return "?" + urlencode(given) if given else ""


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time must have a time zone")
        return value.isoformat()
    return str(value) if isinstance(value, (str, int)) else ",".join(value)


def amount_of(value: Union[int, Decimal, str]) -> Union[int, str]:
    """An amount as it is sent, exactly. Floats are refused: most amounts are no floats."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, str)):
        raise TypeError("an amount is an int, a Decimal or a str such as '12.50'")
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError("an amount must be finite")
        return format(value, "f")
    return value
