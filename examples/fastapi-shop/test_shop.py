"""Buys in the shop beside a real gateway: python test_shop.py

ZENWALLET_URL, ZENWALLET_API_KEY and ZENWALLET_WEBHOOK_SECRET name the gateway; it must be able to reach loopback.
"""

import base64
import hashlib
import hmac
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from zenwallet import Event, ZenWallet

HERE = Path(__file__).resolve().parent
WAIT_S = 30


class Shop:
    """The shop as a process of its own, which can be started again."""

    def __init__(self, folder: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.environment = {
            **os.environ,
            "SHOP_URL": f"http://127.0.0.1:{self.port}",
            "SHOP_DB": f"{folder}/shop.db",
        }

    def start(self) -> None:
        command = [sys.executable, "-m", "uvicorn", "shop:app", "--port", str(self.port), "--log-level", "warning"]
        self.process = subprocess.Popen(command, cwd=HERE, env=self.environment)
        until(lambda: self.answers(), "the shop does not start")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(WAIT_S)

    def answers(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError("the shop ended")
        try:
            return self.get("/")[0] == 200
        except OSError:
            return False

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> "tuple[int, str, str]":
        """Status, text, and where it leads to."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), answer.headers.get("Location", "")
        finally:
            connection.close()

    def get(self, path: str) -> "tuple[int, str, str]":
        return self.ask("GET", path)

    def buy(self, item: str) -> "tuple[str, str]":
        """The order's id and its payment's."""
        form = urlencode({"item": item}).encode()
        status, _, location = self.ask("POST", "/buy", form, Content_Type="application/x-www-form-urlencoded")
        assert status == 303, f"buying answers {status}"
        assert location.startswith(os.environ["ZENWALLET_URL"] + "/pay/pay_"), f"it leads to {location}"
        payment = client.payments.get(urlsplit(location).path.rsplit("/", 1)[1])
        assert payment.reference_id, "the payment does not know its order"
        return payment.reference_id, payment.payment_id

    def status(self, order_id: str) -> str:
        return re.search(r'data-status="(\w+)"', self.get(f"/orders/{order_id}")[1])[1]

    def tell(self, event: dict, t: "int | None" = None, secret: "str | None" = None) -> int:
        """Posts an event as the gateway would, signed with `secret`, else with the app's."""
        body = json.dumps(event).encode()
        key = base64.b64decode((secret or os.environ["ZENWALLET_WEBHOOK_SECRET"]).removeprefix("whsec_"))
        t = int(time.time()) if t is None else t
        mac = hmac.new(key, f"{event['event_id']}.{t}.".encode() + body, hashlib.sha256).hexdigest()
        return self.ask("POST", "/webhook", body, X_ZenWallet_Signature=f"t={t},id={event['event_id']},v1={mac}")[0]


def until(condition, otherwise: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.05)


def event_of(payment_id: str, type: str) -> Event:
    return next(one for one in client.events.list_all() if (one.payment_id, one.type) == (payment_id, type))


def plain(event: Event) -> dict:
    return json.loads(json.dumps(event.raw, default=float))


def pay(shop: Shop, item: str = "coffee") -> "tuple[str, str]":
    """An order that is bought and paid, whose webhook has come."""
    order, payment = shop.buy(item)
    client.payments.complete(payment, "SUCCESS")
    until(lambda: shop.status(order) == "paid", "the webhook did not come")
    return order, payment


def the_catalogue_shows_what_there_is(shop: Shop) -> None:
    status, text, _ = shop.get("/")
    assert status == 200
    for words in ("Event Ticket", "Ten Coffees", "Dragon Skin", "Piano, Week One", "1500", "COINS"):
        assert words in text, words
    assert shop.get("/static/style.css")[0] == 200


def an_order_is_paid_by_the_real_webhook(shop: Shop) -> None:
    order, payment = shop.buy("concert")
    assert shop.status(order) == "waiting"
    assert client.payments.get(payment).metadata == {"item": "concert"}
    client.payments.complete(payment, "SUCCESS")
    until(lambda: shop.status(order) == "paid", "the webhook did not come")
    assert "The order is yours" in shop.get(f"/orders/{order}")[1]


def a_declined_payment_is_told(shop: Shop) -> None:
    order, payment = shop.buy("skin")
    client.payments.complete(payment, "FAILED", failure_code="insufficient_funds")
    until(lambda: shop.status(order) == "failed", "the webhook did not come")


def a_repeated_webhook_changes_nothing(shop: Shop) -> None:
    order, payment = pay(shop)
    before = shop.get(f"/orders/{order}")[1]
    assert before.count("Paid.") == 1
    event = plain(event_of(payment, "payment.success"))
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: shop.tell(event), range(16))) == {200}
    assert shop.tell({**event, "event_id": "evt_another"}) == 200
    assert shop.tell({**event, "event_id": "evt_failed", "type": "payment.failed"}) == 200
    assert shop.get(f"/orders/{order}")[1] == before


def webhooks_at_the_same_time_count_once(shop: Shop) -> None:
    order, payment = shop.buy("coffee")
    event = plain(event_of(payment, "payment.created"))
    event.update(type="payment.success", event="payment.success", event_id="evt_" + order)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: shop.tell(event), range(16))) == {200}
    assert shop.get(f"/orders/{order}")[1].count("Paid.") == 1


def a_forged_webhook_is_refused(shop: Shop) -> None:
    order, payment = shop.buy("coffee")
    event = plain(event_of(payment, "payment.created"))
    event.update(type="payment.success", event="payment.success", event_id="evt_forged")
    other = "whsec_" + base64.b64encode(bytes(32)).decode()
    assert shop.tell(event, secret=other) == 400
    assert shop.tell(event, t=int(time.time()) - 301) == 400
    assert shop.ask("POST", "/webhook", json.dumps(event).encode())[0] == 400
    assert shop.status(order) == "waiting"


def another_amount_or_payment_does_not_pay(shop: Shop) -> None:
    order, payment = shop.buy("skin")
    event = plain(event_of(payment, "payment.created"))
    event.update(type="payment.success", event="payment.success")
    assert shop.tell({**event, "event_id": "evt_cheap" + order, "amount": 0.01}) == 200
    assert shop.tell({**event, "event_id": "evt_other" + order, "payment_id": "pay_other"}) == 200
    assert shop.status(order) == "waiting"


def coming_back_pays_nothing(shop: Shop) -> None:
    order, payment = shop.buy("coffee")
    status, text, _ = shop.get(f"/orders/{order}/return?payment_id={payment}&status=SUCCESS&signature=00")
    assert status == 200 and 'data-status="waiting"' in text
    assert shop.status(order) == "waiting"
    paid, _ = pay(shop)
    assert 'data-status="paid"' in shop.get(f"/orders/{paid}/return")[1]


def orders_survive_a_restart(shop: Shop) -> None:
    paid, payment = pay(shop)
    waiting, open_payment = shop.buy("course")
    event = plain(event_of(payment, "payment.success"))
    before = shop.get(f"/orders/{paid}")[1]
    shop.stop()
    client.payments.complete(open_payment, "SUCCESS")  # its webhook finds nobody, and is tried again
    shop.start()
    assert shop.tell(event) == 200
    assert shop.get(f"/orders/{paid}")[1] == before
    until(lambda: shop.status(waiting) == "paid", "the webhook was not tried again")


def what_is_not_there(shop: Shop) -> None:
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    assert shop.get("/orders/ORDER_0")[0] == 404
    assert shop.get("/orders/x/return")[0] == 404
    assert shop.ask("POST", "/buy", b"item=%3Cscript%3E", **form)[0] == 404
    assert "<script" not in shop.get("/orders/%3Cscript%3E")[1]


CHECKS = [
    the_catalogue_shows_what_there_is,
    an_order_is_paid_by_the_real_webhook,
    a_declined_payment_is_told,
    a_repeated_webhook_changes_nothing,
    webhooks_at_the_same_time_count_once,
    a_forged_webhook_is_refused,
    another_amount_or_payment_does_not_pay,
    coming_back_pays_nothing,
    orders_survive_a_restart,
    what_is_not_there,
]


def main() -> int:
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(folder)
        shop.start()
        try:
            for check in CHECKS:
                try:
                    check(shop)
                except Exception:
                    failed += 1
                    print(f"FAILED {check.__name__}", file=sys.stderr)
                    traceback.print_exc()
        finally:
            shop.stop()
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    missing = [name for name in ("URL", "API_KEY", "WEBHOOK_SECRET") if not os.environ.get(f"ZENWALLET_{name}")]
    if missing:
        sys.exit(f"a gateway is needed: set {', '.join('ZENWALLET_' + name for name in missing)}")
    client = ZenWallet()
    sys.exit(main())
