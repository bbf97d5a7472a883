"""A small shop that is paid with ZenWallet: FastAPI, SQLite and the SDK.

uvicorn shop:app --port 8000        see README.md
"""

import os
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from zenwallet import Event, ZenWallet, ZenWalletError

import pages
from orders import Orders

SHOP_URL = os.environ.get("SHOP_URL", "http://127.0.0.1:8000").rstrip("/")
CURRENCY = "COINS"
ITEMS = {
    "concert": pages.Item(
        "Event Ticket",
        "500",
        "One evening, two bands, a seat by the window.",
        "M3 9V6h18v3a3 3 0 0 0 0 6v3H3v-3a3 3 0 0 0 0-6zM14 6v2m0 3v2m0 3v2",
    ),
    "coffee": pages.Item(
        "Ten Coffees",
        "120",
        "A card for the bar. It never expires.",
        "M4 9h13v6a5 5 0 0 1-5 5H9a5 5 0 0 1-5-5zM17 10h1a3 3 0 0 1 0 6h-1M8 3v3m5-3v3",
    ),
    "skin": pages.Item(
        "Dragon Skin",
        "950",
        "Your character, but with scales.",
        "M12 3 4 6v6c0 4 3 7 8 9 5-2 8-5 8-9V6zM8 9a2 2 0 0 0 4 0 2 2 0 0 0 4 0M10 13a2 2 0 0 0 4 0",
    ),
    "course": pages.Item(
        "Piano, Week One",
        "1500",
        "Seven lessons that end with a real song.",
        "M3 5h18v14H3zM9 12v7m6-7v7M7 5v7h4V5m2 0v7h4V5",
    ),
}

client = ZenWallet()
orders = Orders(os.environ.get("SHOP_DB", "shop.db"))
app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))


@app.middleware("http")
async def protect(request: Request, call_next):
    response = await call_next(request)
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; frame-ancestors 'none'"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@app.get("/", response_class=HTMLResponse)
def catalogue() -> str:
    return pages.catalogue(ITEMS, CURRENCY)


@app.post("/buy", response_model=None)
def buy(item: Annotated[str, Form()]) -> "HTMLResponse | RedirectResponse":
    """Places the order first, so that a payment without an order cannot be; then sends the payer to the page to pay."""
    if item not in ITEMS:
        return HTMLResponse(pages.problem("We do not sell that."), 404)
    order_id = orders.place(ITEMS[item].name, ITEMS[item].price)
    try:
        payment = client.payments.create(
            amount=ITEMS[item].price,
            currency=CURRENCY,
            reference_id=order_id,
            description=ITEMS[item].name,
            webhook_url=f"{SHOP_URL}/webhook",
            return_url=f"{SHOP_URL}/orders/{order_id}/return",
            metadata={"item": item},
            idempotency_key=order_id,
        )
    except ZenWalletError as error:
        print(f"{order_id}: {error}", flush=True)
        return HTMLResponse(pages.problem("Payments are not possible just now. Nothing was charged."), 502)
    orders.attach_payment(order_id, payment.payment_id, payment.payment_url)
    return RedirectResponse(payment.payment_url, 303)


@app.post("/webhook")
def webhook(event: Annotated[Event, Depends(client.webhooks.fastapi())]) -> dict:
    """The only way to be paid. Comes at least once; `apply` takes it once. What is not ours was answered 400 before."""
    return {"applied": orders.apply(event)}


@app.get("/orders/{order_id}/return", response_class=HTMLResponse)
def come_back(order_id: str) -> HTMLResponse:
    """Where the payer's page leads back to. Its parameters are not believed: the webhook decides."""
    found = orders.find(order_id)
    if not found:
        return HTMLResponse(pages.problem("There is no such order."), 404)
    return HTMLResponse(pages.returned(found, CURRENCY))


@app.get("/orders/{order_id}", response_class=HTMLResponse)
def order_page(order_id: str) -> HTMLResponse:
    found = orders.find(order_id)
    if not found:
        return HTMLResponse(pages.problem("There is no such order."), 404)
    return HTMLResponse(pages.order(found, CURRENCY, orders.history(order_id)))
