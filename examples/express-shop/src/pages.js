const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

class Html {
  constructor(text) {
    this.text = text;
  }
}

/** A template whose values are escaped, but for templates within it. */
function html(strings, ...values) {
  return new Html(strings.reduce((text, string, index) => text + render(values[index - 1]) + string));
}

function render(value) {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(render).join('');
  return String(value).replace(/[&<>"']/g, (character) => ESCAPES[character]);
}

const coins = (amount) =>
  html`<span class="price">${amount.toLocaleString('en')} <small>COINS</small></span>`;

const MOON = 'M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5z';
const drawing = (path) => html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${path}"/></svg>`;

function page(title, body, head = '') {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="stylesheet" href="/style.css">
${head}
</head>
<body>
<header><a href="/">${drawing(MOON)} Moonlight Shop</a></header>
<main>${body}</main>
<footer>Paid with ZenWallet. No real money.</footer>
</body>
</html>`.text;
}

export function cataloguePage(items) {
  const cards = items.map(
    (item) => html`<li class="card">
${drawing(item.icon)}
<h2>${item.name}</h2>
<p>${item.about}</p>
<form method="post" action="/buy">
<input type="hidden" name="item" value="${item.id}">
${coins(item.price)}
<button aria-label="Buy ${item.name}">Buy</button>
</form>
</li>`,
  );
  return page('Moonlight Shop', html`<h1>What would you like?</h1><ul class="cards">${cards}</ul>`);
}

const STATES = {
  PENDING: { title: 'Waiting for your payment', about: 'This page looks again every few seconds.' },
  SUCCESS: { title: 'Paid. Thank you!', about: 'Show this code at the door:' },
  FAILED: { title: 'Not paid', about: 'The payment was declined or called off. Nothing was taken.' },
  EXPIRED: { title: 'Too late', about: 'The time to pay is over. Nothing was taken.' },
};

export function orderPage(order, item) {
  const state = STATES[order.status] ?? STATES.PENDING;
  const isPending = order.status === 'PENDING';
  const pay =
    isPending && order.payment_url ? html`<a class="button" href="${order.payment_url}">Pay now</a>` : '';
  const ticket = order.ticket ? html`<p class="ticket">${order.ticket}</p>` : '';
  const again = isPending ? '' : html`<a class="quiet" href="/">Back to the shop</a>`;
  return page(
    state.title,
    html`<section class="order" data-status="${order.status}">
${drawing(item.icon)}
<h1 role="status">${state.title}</h1>
<p>${state.about}</p>
${ticket}
<dl><div><dt>${item.name}</dt><dd>${coins(order.amount)}</dd></div>
<div><dt>Order</dt><dd><code>${order.id}</code></dd></div></dl>
${pay}${again}
</section>`,
    isPending ? html`<meta http-equiv="refresh" content="3">` : '',
  );
}

export function messagePage(message) {
  return page(
    message,
    html`<section class="order"><h1>${message}</h1><a class="button" href="/">To the shop</a></section>`,
  );
}
