"""ZenWallet: payments in any virtual currency.

client = ZenWallet()  # ZENWALLET_API_KEY, ZENWALLET_URL, ZENWALLET_WEBHOOK_SECRET
payment = client.payments.create(amount=500, currency="COINS", reference_id="ORDER_123")
print(payment.payment_url)
"""

from ._core import VERSION as __version__
from ._stream import EventStream
from .client import ZenWallet
from .errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    AuthenticationError,
    ConflictError,
    IdempotencyError,
    InvalidRequestError,
    InvalidResponseError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    SignatureVerificationError,
    ZenWalletError,
)
from .models import (
    Amount,
    CompletionStatus,
    ErrorDetail,
    Event,
    EventList,
    EventType,
    MetadataValue,
    Payment,
    PaymentList,
    PaymentStatus,
)
from .webhooks import Webhooks

__all__ = [
    "APIConnectionError",
    "APIError",
    "APITimeoutError",
    "Amount",
    "AuthenticationError",
    "CompletionStatus",
    "ConflictError",
    "ErrorDetail",
    "Event",
    "EventList",
    "EventStream",
    "EventType",
    "IdempotencyError",
    "InvalidRequestError",
    "InvalidResponseError",
    "MetadataValue",
    "Payment",
    "PaymentList",
    "PaymentStatus",
    "PermissionDeniedError",
    "RateLimitError",
    "ServerError",
    "SignatureVerificationError",
    "Webhooks",
    "ZenWallet",
    "ZenWalletError",
    "__version__",
]
