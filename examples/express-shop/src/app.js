import { fileURLToPath } from 'node:url';
import express from 'express';
import { CATALOGUE } from './catalogue.js';
import { cataloguePage, messagePage, orderPage } from './pages.js';

const PUBLIC = fileURLToPath(new URL('../public', import.meta.url));

export function createApp({ client, orders, shopUrl }) {
  const app = express();
  app.disable('x-powered-by');
  app.use((_req, res, next) => {
    res.set({
      'Content-Security-Policy':
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    });
    next();
  });
  app.use(express.static(PUBLIC, { maxAge: '1h' }));

  app.get('/', (_req, res) => res.send(cataloguePage(CATALOGUE)));

  app.post('/buy', express.urlencoded({ limit: '1kb' }), async (req, res) => {
    const item = CATALOGUE.find(({ id }) => id === req.body?.item);
    if (!item) return res.status(404).send(messagePage('We do not have that.'));
    // The order is on disk before it can be paid, so that the webhook always finds it.
    const order = orders.create(item);
    const payment = await client.payments.create(
      {
        amount: order.amount,
        currency: order.currency,
        reference_id: order.id,
        description: item.name,
        webhook_url: `${shopUrl()}/webhook`,
        return_url: `${shopUrl()}/orders/${order.id}/return`,
      },
      { idempotencyKey: order.id },
    );
    orders.setPayment(order, payment);
    res.redirect(303, payment.payment_url);
  });

  app.get('/orders/:id', (req, res) => {
    const order = orders.find(req.params.id);
    if (!order) return res.status(404).send(messagePage('There is no such order.'));
    res.set('Cache-Control', 'no-store').send(orderPage(order, itemOf(order)));
  });

  // The payer comes back with a status in the address, which anybody could write: the gateway itself is asked.
  app.get('/orders/:id/return', async (req, res) => {
    const order = orders.find(req.params.id);
    if (order?.payment_id) orders.refresh(await client.payments.get(order.payment_id));
    res.redirect(303, `/orders/${encodeURIComponent(req.params.id)}`);
  });

  app.post(
    '/webhook',
    client.webhooks.express((event) => {
      const isNew = orders.take(event);
      console.log(`${isNew ? 'webhook' : 'webhook seen before'} ${event.type} ${event.payment_id}`);
    }),
  );

  app.use((_req, res) => res.status(404).send(messagePage('There is no such page.')));
  app.use((error, _req, res, next) => {
    if (res.headersSent) return next(error);
    console.error(error);
    res.status(error.expose ? error.status : 502).send(messagePage('That did not work. Please try again.'));
  });
  return app;
}

function itemOf(order) {
  return (
    CATALOGUE.find(({ id }) => id === order.item) ?? {
      name: order.item,
      icon: 'M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4m-8 4v8',
    }
  );
}
