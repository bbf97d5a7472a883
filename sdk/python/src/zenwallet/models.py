# Generated from openapi.json by `python3 sdk/generate`: do not edit.
"""What the gateway answers. Times are RFC 3339 in UTC, amounts exact: an int, or a Decimal where there are decimals.

Every object keeps what it was made of in `raw`, also members that this version does not know.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Callable, ClassVar, Dict, List, Literal, Optional, Tuple, Type, TypeVar, Union

Amount = Union[int, Decimal]
"""An exact amount; never a float."""

_Object = TypeVar("_Object", "Payment", "Event", "ErrorDetail")


def _objects(model: Type[_Object], values: Any) -> List[_Object]:
    if not isinstance(values, list):
        raise TypeError(f"expected a list of {model.__name__}")
    return [model.from_json(value) for value in values]


def _object(value: Any) -> Dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("expected an object")
    return value


def _map(value: Any) -> Dict[str, Any]:
    """Numbers in metadata are doubles by contract, so they are floats here."""
    return {key: float(one) if isinstance(one, Decimal) else one for key, one in _object(value or {}).items()}


MetadataValue = Union[str, float, bool]
"""A value of metadata."""

CompletionStatus = Literal["SUCCESS", "FAILED"]
"""The two ends that a caller can give a payment. A newer gateway may know more."""

EventType = Literal[
    "payment.created",
    "payment.success",
    "payment.failed",
    "payment.expired",
    "webhook.test",
    "webhook.disabled",
]
"""What happened. A newer gateway may know more."""

PaymentStatus = Literal["PENDING", "SUCCESS", "FAILED", "EXPIRED"]
"""Where a payment stands. A newer gateway may know more."""


@dataclass(frozen=True)
class ErrorDetail:
    """One parameter at fault."""

    REQUIRED: ClassVar[Tuple[str, ...]] = ("param", "code", "message")
    """What an answer of the API always has."""

    param: str
    """The parameter."""
    code: str
    """The stable code."""
    message: str
    """What is wrong, in a sentence."""
    raw: Dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """The object as it came, also with what this version does not know."""

    @classmethod
    def from_json(cls, raw: Any) -> "ErrorDetail":
        """What is absent is None. Raises TypeError for what is no such object."""
        get: Callable[[str], Any] = _object(raw).get
        return cls(
            param=get("param"),
            code=get("code"),
            message=get("message"),
            raw=raw,
        )


@dataclass(frozen=True)
class Event:
    """An event: what changed, as the feed, the stream and the sockets tell it. A webhook's body is the same without
    `seq` and with a `signature`.
    """

    REQUIRED: ClassVar[Tuple[str, ...]] = (
        "event_id",
        "type",
        "event",
        "timestamp",
        "payment_id",
        "status",
        "amount",
        "currency",
        "reference_id",
        "transaction_id",
        "completed_at",
        "metadata",
    )
    """What an answer of the API always has."""

    event_id: str
    """Its id, the same in every delivery."""
    type: EventType
    """What happened."""
    event: EventType
    """The same as `type`."""
    timestamp: str
    """When."""
    payment_id: str
    """To which payment."""
    status: Optional[PaymentStatus]
    """Where the payment stands since; null where the event is not about one."""
    amount: Optional[Amount]
    """The exact amount."""
    currency: Optional[str]
    """The currency."""
    reference_id: Optional[str]
    """Your own name for the payment."""
    transaction_id: Optional[str]
    """The transaction of a success."""
    completed_at: Optional[str]
    """When the payment was paid, declined or canceled."""
    metadata: Dict[str, MetadataValue]
    """Your own data."""
    seq: Optional[int] = None
    """Its place in the app's log: 1, 2, 3 … without gaps. Absent in a webhook's body."""
    signature: Optional[str] = None
    """Only in a webhook's body: a proof of the content alone, not of when it was sent. Verify the header instead."""
    raw: Dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """The object as it came, also with what this version does not know."""

    @classmethod
    def from_json(cls, raw: Any) -> "Event":
        """What is absent is None. Raises TypeError for what is no such object."""
        get: Callable[[str], Any] = _object(raw).get
        return cls(
            event_id=get("event_id"),
            type=get("type"),
            event=get("event"),
            timestamp=get("timestamp"),
            payment_id=get("payment_id"),
            status=get("status"),
            amount=get("amount"),
            currency=get("currency"),
            reference_id=get("reference_id"),
            transaction_id=get("transaction_id"),
            completed_at=get("completed_at"),
            metadata=_map(get("metadata")),
            seq=get("seq"),
            signature=get("signature"),
            raw=raw,
        )


@dataclass(frozen=True)
class Payment:
    """A payment as the API shows it."""

    REQUIRED: ClassVar[Tuple[str, ...]] = (
        "payment_id",
        "status",
        "amount",
        "currency",
        "metadata",
        "payment_url",
        "expires_at",
        "created_at",
    )
    """What an answer of the API always has."""

    payment_id: str
    """`pay_` and 22 characters."""
    status: PaymentStatus
    """The effective status: a pending payment is `EXPIRED` from `expires_at` on."""
    amount: Amount
    """The exact amount, at most 2 decimals."""
    currency: str
    """The currency."""
    metadata: Dict[str, MetadataValue]
    """Your own data."""
    payment_url: str
    """The payer's page."""
    expires_at: str
    """From this moment on it can no longer be paid."""
    created_at: str
    """When it was made."""
    app_id: Optional[str] = None
    """Whose it is: told to users who read it, not to apps."""
    reference_id: Optional[str] = None
    """Your own name for it."""
    description: Optional[str] = None
    """What the payer reads."""
    qr_code: Optional[str] = None
    """A QR code of `payment_url` as a PNG data URL: on create, and on a single read with `include=qr_code`."""
    completed_at: Optional[str] = None
    """When it was paid, declined or canceled. Only on final payments, null on an expired one."""
    transaction_id: Optional[str] = None
    """The transaction of a success. Only on final payments."""
    failure_code: Optional[str] = None
    """Why it failed; `canceled` when it was called off. Only on final payments."""
    notes: Optional[str] = None
    """The completer's words. Only on final payments."""
    raw: Dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """The object as it came, also with what this version does not know."""

    @classmethod
    def from_json(cls, raw: Any) -> "Payment":
        """What is absent is None. Raises TypeError for what is no such object."""
        get: Callable[[str], Any] = _object(raw).get
        return cls(
            payment_id=get("payment_id"),
            status=get("status"),
            amount=get("amount"),
            currency=get("currency"),
            metadata=_map(get("metadata")),
            payment_url=get("payment_url"),
            expires_at=get("expires_at"),
            created_at=get("created_at"),
            app_id=get("app_id"),
            reference_id=get("reference_id"),
            description=get("description"),
            qr_code=get("qr_code"),
            completed_at=get("completed_at"),
            transaction_id=get("transaction_id"),
            failure_code=get("failure_code"),
            notes=get("notes"),
            raw=raw,
        )


@dataclass(frozen=True)
class EventList:
    """A page of an app's log, oldest first."""

    REQUIRED: ClassVar[Tuple[str, ...]] = ("object", "data", "has_more", "next_after_seq")
    """What an answer of the API always has."""

    object: str
    """Always `list`."""
    data: List[Event]
    """The events, in the order of the log."""
    has_more: bool
    """Whether the log goes on."""
    next_after_seq: int
    """What `after_seq` must be for the next page, also when there is nothing yet."""
    raw: Dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """The object as it came, also with what this version does not know."""

    @classmethod
    def from_json(cls, raw: Any) -> "EventList":
        """What is absent is None. Raises TypeError for what is no such object."""
        get: Callable[[str], Any] = _object(raw).get
        return cls(
            object=get("object"),
            data=_objects(Event, get("data")),
            has_more=get("has_more"),
            next_after_seq=get("next_after_seq"),
            raw=raw,
        )


@dataclass(frozen=True)
class PaymentList:
    """A page of payments, newest first."""

    REQUIRED: ClassVar[Tuple[str, ...]] = ("object", "data", "has_more")
    """What an answer of the API always has."""

    object: str
    """Always `list`."""
    data: List[Payment]
    """The payments."""
    has_more: bool
    """Whether there are more."""
    next_cursor: Optional[str] = None
    """What `cursor` must be for the next page; null on the last."""
    total_count: Optional[int] = None
    """With `include=total_count`: how many there are, exact up to 10000."""
    total_count_capped: Optional[bool] = None
    """With `include=total_count`: whether there are more than `total_count` says."""
    raw: Dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """The object as it came, also with what this version does not know."""

    @classmethod
    def from_json(cls, raw: Any) -> "PaymentList":
        """What is absent is None. Raises TypeError for what is no such object."""
        get: Callable[[str], Any] = _object(raw).get
        return cls(
            object=get("object"),
            data=_objects(Payment, get("data")),
            has_more=get("has_more"),
            next_cursor=get("next_cursor"),
            total_count=get("total_count"),
            total_count_capped=get("total_count_capped"),
            raw=raw,
        )
