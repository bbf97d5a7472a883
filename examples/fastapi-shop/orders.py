"""The shop's orders, in SQLite: they survive a restart, and each webhook counts once."""

import secrets
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal

from zenwallet import Event

SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    id TEXT PRIMARY KEY,
    item TEXT NOT NULL,
    price TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'paid', 'failed', 'expired')),
    payment_id TEXT,
    payment_url TEXT
);
CREATE TABLE IF NOT EXISTS history (
    order_id TEXT NOT NULL REFERENCES orders (id),
    at TEXT NOT NULL,
    what TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS webhooks (id TEXT PRIMARY KEY);
"""

# What an event does to an order, and what the order's page tells of it.
CHANGES = {
    "payment.success": ("paid", "Paid. The order is yours."),
    "payment.failed": ("failed", "The payment was declined."),
    "payment.expired": ("expired", "The payment was not made in time."),
}


@dataclass(frozen=True)
class Order:
    id: str
    item: str
    price: str
    status: str
    payment_id: "str | None"
    payment_url: "str | None"


class Orders:
    def __init__(self, path: str) -> None:
        self.path = path
        with self.transaction() as db:
            db.executescript(SCHEMA)

    @contextmanager
    def transaction(self):
        """One transaction; who comes second waits until the first is done."""
        with closing(sqlite3.connect(self.path, timeout=10, isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            yield db
            if db.in_transaction:
                db.execute("COMMIT")

    def place(self, item: str, price: str) -> str:
        order_id = f"ORDER_{secrets.token_hex(8)}"  # nobody can guess another's order
        with self.transaction() as db:
            db.execute("INSERT INTO orders (id, item, price) VALUES (?, ?, ?)", (order_id, item, price))
            remember(db, order_id, "Order placed.")
        return order_id

    def attach_payment(self, order_id: str, payment_id: str, payment_url: str) -> None:
        with self.transaction() as db:
            db.execute(
                "UPDATE orders SET payment_id = ?, payment_url = ? WHERE id = ?", (payment_id, payment_url, order_id)
            )

    def find(self, order_id: str) -> "Order | None":
        with self.transaction() as db:
            row = db.execute("SELECT * FROM orders WHERE id = ?", (order_id,)).fetchone()
        return Order(*row) if row else None

    def history(self, order_id: str) -> "list[tuple[str, str]]":
        with self.transaction() as db:
            return db.execute("SELECT at, what FROM history WHERE order_id = ? ORDER BY rowid", (order_id,)).fetchall()

    def apply(self, event: Event) -> bool:
        """Does what a webhook says, once: its id and its effect are one transaction. False if there was none."""
        if event.type not in CHANGES:
            return False
        status, what = CHANGES[event.type]
        with self.transaction() as db:
            if not db.execute("INSERT OR IGNORE INTO webhooks (id) VALUES (?)", (event.event_id,)).rowcount:
                return False
            row = db.execute("SELECT * FROM orders WHERE id = ?", (event.reference_id,)).fetchone()
            if not row or not is_for(event, Order(*row)):
                return False
            db.execute(
                "UPDATE orders SET status = ?, payment_id = ? WHERE id = ?",
                (status, event.payment_id, event.reference_id),
            )
            remember(db, row[0], what)
        return True


def is_for(event: Event, order: Order) -> bool:
    """Whether the order waits for this payment: not another, and not of another amount."""
    is_its_payment = order.payment_id in (None, event.payment_id)
    return order.status == "waiting" and is_its_payment and Decimal(order.price) == event.amount


def remember(db: sqlite3.Connection, order_id: str, what: str) -> None:
    at = datetime.now(timezone.utc).strftime("%H:%M:%S UTC")
    db.execute("INSERT INTO history (order_id, at, what) VALUES (?, ?, ?)", (order_id, at, what))
