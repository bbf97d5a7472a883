"""The client of the ZenWallet API."""

import os
from datetime import datetime
from decimal import Decimal
from typing import Iterator, Mapping, Optional, Sequence, Set, Union

from ._core import Core, amount_of, path_of
from ._stream import EventStream
from .errors import InvalidResponseError
from .models import CompletionStatus, Event, EventList, EventType, MetadataValue, Payment, PaymentList, PaymentStatus
from .webhooks import Webhooks

Statuses = Union[PaymentStatus, Sequence[PaymentStatus], None]
Moment = Union[datetime, str, None]
"""An aware datetime, or RFC 3339 text."""


class ZenWallet:
    """A client of one app. May be used from several threads at once; keep one for the life of the process.

    Every method that asks the gateway may raise a ZenWalletError: an APIError where it answered with an error, an
    APIConnectionError where it did not answer, an InvalidResponseError where it answered nonsense. Attempts are
    repeated as sdk/README.md says, every POST under one idempotency key.

    `timeout` is of one attempt in seconds, from connecting to the last byte; `retries` come after the first attempt.
    """

    def __init__(
        self,
        api_key: Optional[str] = None,
        *,
        base_url: Optional[str] = None,
        webhook_secret: Optional[str] = None,
        timeout: float = 10.0,
        retries: int = 3,
    ) -> None:
        """What is not given is read from ZENWALLET_API_KEY, ZENWALLET_URL and ZENWALLET_WEBHOOK_SECRET.

        Raises ValueError for an API key or a base URL that cannot be one.
        """
        self.base_url = base_url or os.environ.get("ZENWALLET_URL") or "http://127.0.0.1:8080"
        self._core = Core(api_key or os.environ.get("ZENWALLET_API_KEY", ""), self.base_url, timeout, retries)
        self.payments = Payments(self._core)
        self.events = Events(self._core)
        self.webhooks = Webhooks(webhook_secret or os.environ.get("ZENWALLET_WEBHOOK_SECRET"))

    def close(self) -> None:
        """Closes the connections that are kept. The client can still be used; streams are closed by themselves."""
        self._core.transport.close()

    def __enter__(self) -> "ZenWallet":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"ZenWallet(base_url={self.base_url!r})"


class Payments:
    """`client.payments`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def create(
        self,
        *,
        amount: Union[int, Decimal, str],
        currency: str,
        reference_id: Optional[str] = None,
        description: Optional[str] = None,
        webhook_url: Optional[str] = None,
        metadata: Optional[Mapping[str, MetadataValue]] = None,
        expires_in: Optional[int] = None,
        return_url: Optional[str] = None,
        idempotency_key: Optional[str] = None,
    ) -> Payment:
        """Creates a payment; send the payer to its `payment_url`.

        `amount` is exact and has at most 2 decimals, `currency` is any 2 to 10 capital letters and digits,
        `reference_id` your own name for it, `description` what the payer reads, `webhook_url` where its webhooks go
        instead of the app's endpoints, `expires_in` the seconds until it can no longer be paid (30 to 2592000, else
        1800), `return_url` where the payer goes afterwards.
        """
        body = {
            "amount": amount_of(amount),
            "currency": currency,
            "reference_id": reference_id,
            "description": description,
            "webhook_url": webhook_url,
            "metadata": None if metadata is None else dict(metadata),
            "expires_in": expires_in,
            "return_url": return_url,
        }
        return self._core.post(Payment, path_of("payments", "create"), body, idempotency_key)

    def get(self, payment_id: str, *, include: Optional[str] = None) -> Payment:
        """One payment; with `include="qr_code"` also its QR code, a data URL."""
        return self._core.get(Payment, path_of("payments", payment_id), {"include": include})

    def list(
        self,
        *,
        status: Statuses = None,
        reference_id: Optional[str] = None,
        q: Optional[str] = None,
        created_after: Moment = None,
        created_before: Moment = None,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        include: Optional[str] = None,
    ) -> PaymentList:
        """A page of payments, newest first.

        `q` is a payment id, a transaction id or the start of a reference, `limit` from 1 to 100 (else 50), `cursor`
        the `next_cursor` of the page before with the same filters; `include="total_count"` adds the count.
        """
        filters = {
            "status": status,
            "reference_id": reference_id,
            "q": q,
            "created_after": created_after,
            "created_before": created_before,
            "limit": limit,
            "cursor": cursor,
            "include": include,
        }
        return self._core.get(PaymentList, path_of("payments"), filters)

    def list_all(
        self,
        *,
        status: Statuses = None,
        reference_id: Optional[str] = None,
        q: Optional[str] = None,
        created_after: Moment = None,
        created_before: Moment = None,
        limit: Optional[int] = None,
    ) -> Iterator[Payment]:
        """Every payment, newest first; a page (of `limit`) is asked for when it is needed."""
        seen: Set[Optional[str]] = {None}
        cursor: Optional[str] = None
        while True:
            page = self.list(
                status=status,
                reference_id=reference_id,
                q=q,
                created_after=created_after,
                created_before=created_before,
                limit=limit,
                cursor=cursor,
            )
            yield from page.data
            if not page.has_more:
                return
            cursor = page.next_cursor
            if cursor in seen:
                raise InvalidResponseError("the list has no end: its cursor came before")
            seen.add(cursor)

    def complete(
        self,
        payment_id: str,
        status: CompletionStatus,
        *,
        notes: Optional[str] = None,
        failure_code: Optional[str] = None,
        idempotency_key: Optional[str] = None,
    ) -> Payment:
        """Ends a payment. Raises ConflictError, which carries the payment, if it ended otherwise before.

        `notes` are kept with it; `failure_code` tells machines why, only with FAILED.
        """
        body = {"status": status, "notes": notes, "failure_code": failure_code}
        return self._core.post(Payment, path_of("payments", payment_id, "complete"), body, idempotency_key)

    def cancel(self, payment_id: str, *, idempotency_key: Optional[str] = None) -> Payment:
        """Calls a payment off: it is FAILED with the `failure_code` "canceled"."""
        return self._core.post(Payment, path_of("payments", payment_id, "cancel"), {}, idempotency_key)


class Events:
    """`client.events`: the app's log."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def list(
        self,
        *,
        after_seq: Optional[int] = None,
        type: Optional[EventType] = None,
        limit: Optional[int] = None,
    ) -> EventList:
        """A page of the log behind `after_seq`, oldest first. With `type` it can be empty although there are more."""
        return self._core.get(EventList, path_of("events"), {"after_seq": after_seq, "type": type, "limit": limit})

    def list_all(
        self,
        *,
        after_seq: Optional[int] = None,
        type: Optional[EventType] = None,
        limit: Optional[int] = None,
    ) -> Iterator[Event]:
        """Every event behind `after_seq` up to now, oldest first; a page is asked for when it is needed."""
        while True:
            page = self.list(after_seq=after_seq, type=type, limit=limit)
            yield from page.data
            if not page.has_more:
                return
            if page.next_after_seq <= (after_seq or 0):
                raise InvalidResponseError("the list has no end: its place does not move on")
            after_seq = page.next_after_seq

    def get(self, event_id: str) -> Event:
        """One event."""
        return self._core.get(Event, path_of("events", event_id))

    def stream(self, *, after_seq: Optional[int] = None, type: Optional[EventType] = None) -> EventStream:
        """The events behind `after_seq`, else from now on, and then each as it happens.

        Keep the `seq` of the last event that you have dealt with, and give it as `after_seq` when you come back.
        """
        return EventStream(self._core, after_seq, type)
