"""The shop's pages. Whatever is shown goes through `escape`."""

from dataclasses import dataclass
from html import escape

from orders import Order


@dataclass(frozen=True)
class Item:
    name: str
    price: str
    words: str
    icon: str  # the path of a line drawing, 24 by 24


MOON = "M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5z"

TITLES = {
    "waiting": ("⏳", "Waiting for your payment", "This page looks again by itself."),
    "paid": ("✓", "Thank you!", "Your payment has arrived, and your order is yours."),
    "failed": ("✕", "The payment was declined", "Nothing was charged."),
    "expired": ("⌛", "The payment came to its end", "It was not made in time. Nothing was charged."),
}


def drawing(path: str) -> str:
    return f'<svg viewBox="0 0 24 24" aria-hidden="true"><path d="{escape(path)}"/></svg>'


def catalogue(items: "dict[str, Item]", currency: str) -> str:
    cards = "".join(
        f"""
    <li class="card">
      <div class="picture">{drawing(item.icon)}</div>
      <h2>{escape(item.name)}</h2>
      <p>{escape(item.words)}</p>
      <form method="post" action="/buy">
        <input type="hidden" name="item" value="{escape(key)}">
        <span class="price">{escape(item.price)} <small>{escape(currency)}</small></span>
        <button>Buy</button>
      </form>
    </li>"""
        for key, item in items.items()
    )
    return page(
        "Moonlight Shop",
        f"""
  <section class="hero">
    <h1>Small things, paid in coins.</h1>
    <p>Pay with ZenWallet: what you buy is yours the moment it is paid.</p>
  </section>
  <ul class="cards">{cards}
  </ul>""",
    )


def returned(order: Order, currency: str) -> str:
    body = status(order) + summary(order, currency) + link(order)
    return page("Your payment", f'<article class="panel">{body}</article>', refresh=order.status == "waiting")


def order(order: Order, currency: str, history: "list[tuple[str, str]]") -> str:
    steps = "".join(f"<li><time>{escape(at)}</time> {escape(what)}</li>" for at, what in history)
    pay = ""
    if order.status == "waiting" and order.payment_url:
        pay = f'<p><a class="button" href="{escape(order.payment_url)}">Pay now</a></p>'
    body = status(order) + summary(order, currency) + pay + f'<h2>What happened</h2><ol class="history">{steps}</ol>'
    return page("Your order", f'<article class="panel">{body}</article>', refresh=order.status == "waiting")


def problem(words: str) -> str:
    return page(
        "Sorry", f'<article class="panel"><h1>Sorry</h1><p>{escape(words)}</p><p><a href="/">Back</a></p></article>'
    )


def status(order: Order) -> str:
    sign, title, words = TITLES[order.status]
    return f"""
  <div class="status {order.status}" role="status" data-status="{order.status}">
    <span class="sign" aria-hidden="true">{sign}</span><h1>{title}</h1><p>{words}</p>
  </div>"""


def summary(order: Order, currency: str) -> str:
    rows = [("Order", order.id), ("Item", order.item), ("Price", f"{order.price} {currency}")]
    if order.payment_id:
        rows.append(("Payment", order.payment_id))
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in rows) + "</dl>"


def link(order: Order) -> str:
    return f'<p><a class="button" href="/orders/{escape(order.id)}">See your order</a></p>'


def page(title: str, body: str, refresh: bool = False) -> str:
    again = '\n<meta http-equiv="refresh" content="2">' if refresh else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">{again}
<title>{escape(title)}</title>
<link rel="stylesheet" href="/static/style.css">
</head>
<body>
<header><a class="brand" href="/">{drawing(MOON)} Moonlight Shop</a></header>
<main>{body}
</main>
<footer>An example shop. Its coins are virtual, its goods are imaginary.</footer>
</body>
</html>
"""
