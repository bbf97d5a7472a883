// A gateway with something on every page: apps, payments of every kind, deliveries that arrived, wait and failed.
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import { call, curlPayment } from './api.mjs';
import { startGateway } from './gateway.mjs';
import { EMAIL, PASSWORD } from './steps.mjs';

const APPS = ['Acme Events', 'Campus Canteen', 'Night Market', 'Pixel Arcade'];
const THINGS = ['Event ticket', 'Lunch', 'Lantern', 'Extra life'];
const WAIT_MS = 20_000;
const bench = process.env.ZENWALLET_BENCH ?? new URL('../../target/debug/bench', import.meta.url).pathname;

export async function seed() {
  const gateway = await startGateway({ prepare: lastWeek });
  const receiver = await startReceiver();
  const stop = gateway.stop;
  gateway.stop = async () => {
    receiver.close();
    await stop();
  };
  try {
    return await fill(gateway, receiver.address().port);
  } catch (error) {
    await gateway.stop();
    throw error;
  }
}

/** Payments of the last eight days, so that charts have a past. */
function lastWeek({ dataDir, console }) {
  console('app', 'create', '--name', APPS[0], '--environment', 'test', '--json');
  execFileSync(bench, ['fill', '--data-dir', dataDir, '--count', '4000']);
  console('rollup', 'rebuild');
}

/** Takes what comes, but for what is sent to `/busy`. */
function startReceiver() {
  return new Promise((resolve) => {
    const server = createServer((request, answer) => {
      request.resume();
      request.on('end', () => {
        const isBusy = request.url.startsWith('/busy');
        answer.writeHead(isBusy ? 503 : 200, { 'content-type': 'application/json' });
        answer.end(JSON.stringify({ received: !isBusy }));
      });
    });
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}

async function fill(gateway, port) {
  const { url } = gateway;
  const token = decodeURIComponent(gateway.setup.split('#token=')[1]);
  const grant = await fetch(`${url}/api/auth/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, email: EMAIL, name: 'Ada Lovelace', password: PASSWORD }),
  }).then((answer) => answer.json());
  const admin = grant.access_token;
  const hook = (at) => `http://127.0.0.1:${port}/${at === 1 ? 'busy' : 'payments'}`;
  const apps = [await firstApp(url, admin, hook(0))];
  for (const [at, name] of APPS.entries()) {
    if (at > 0)
      apps.push(
        await call(url, admin, 'POST', '/api/apps', { name, environment: 'test', webhook_url: hook(at) }),
      );
  }
  let paid;
  for (let n = 0; n < 60; n += 1) {
    const at = n % APPS.length;
    const key = apps[at].api_key;
    const payment = curlPayment(url, key, {
      amount: ((n * 3_797) % 40_000) / 100 + 1,
      reference_id: `ORDER_${48_150 + n}`,
      description: THINGS[at],
      metadata: { seat: `B${n}`, campaign: 'autumn' },
    });
    if (n % 9 === 4) continue;
    const status = n % 11 === 3 ? 'FAILED' : 'SUCCESS';
    const done = await call(url, key, 'POST', `/api/payments/${payment.payment_id}/complete`, { status });
    if (at === 0 && status === 'SUCCESS') paid = done;
  }
  const pending = curlPayment(url, apps[0].api_key, {
    reference_id: 'ORDER_48210',
    description: 'Event ticket',
  });
  const app = apps[0].app.app_id;
  const delivery = await delivered(url, apps[0].api_key, paid.payment_id);
  return { gateway, app, paid, pending, delivery, key: apps[0].api_key };
}

/** The app that was there before, with a key and an endpoint. */
async function firstApp(url, admin, hook) {
  const app = (await call(url, admin, 'GET', '/api/apps')).data.find(({ name }) => name === APPS[0]);
  const { api_key } = await call(url, admin, 'POST', `/api/apps/${app.app_id}/keys`, { name: 'Shop' });
  await call(url, admin, 'POST', `/api/webhooks/endpoints?app_id=${app.app_id}`, { url: hook });
  return { app, api_key };
}

/** The payment's delivery, once it has arrived. */
async function delivered(url, key, paymentId) {
  for (const until = Date.now() + WAIT_MS; ; ) {
    const { data } = await call(url, key, 'GET', `/api/webhooks/deliveries?payment_id=${paymentId}`);
    if (data[0]?.status === 'DELIVERED') return data[0].delivery_id;
    if (Date.now() > until) throw new Error(`the webhook of ${paymentId} did not arrive`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
