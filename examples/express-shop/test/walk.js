// Walks through the shop with a real gateway: ZENWALLET_URL, ZENWALLET_API_KEY and ZENWALLET_WEBHOOK_SECRET must be there.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import ZenWallet from 'zenwallet-sdk';

const { ZENWALLET_URL, ZENWALLET_API_KEY, ZENWALLET_WEBHOOK_SECRET, PATH } = process.env;
const DEADLINE_MS = 20_000;
const client = new ZenWallet();
const data = mkdtempSync(join(tmpdir(), 'zenwallet-shop-'));
let shop;

async function startShop() {
  const child = spawn(process.execPath, [fileURLToPath(new URL('../src/server.js', import.meta.url))], {
    env: {
      PATH,
      ZENWALLET_URL,
      ZENWALLET_API_KEY,
      ZENWALLET_WEBHOOK_SECRET,
      PORT: '0',
      SHOP_DATA: join(data, 'orders.json'),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  shop = { child, lines: [], url: undefined };
  createInterface({ input: child.stdout }).on('line', (line) => shop.lines.push(line));
  await until('the shop starts', () => shop.lines.length > 0);
  shop.url = shop.lines[0].replace('shop at ', '');
}

async function stopShop() {
  shop.child.kill('SIGKILL'); // a crash, as far as the shop can tell
  await once(shop.child, 'exit');
}

/** Asks again and again until there is an answer. */
async function until(what, ask) {
  const end = Date.now() + DEADLINE_MS;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end || shop?.child.exitCode) throw new Error(`${what}: not within ${DEADLINE_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const form = (fields) => ({ method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });

/** Buys and gives the order's id and payment, and the payer's page. */
async function buy(item) {
  const answer = await fetch(`${shop.url}/buy`, form({ item }));
  assert.equal(answer.status, 303);
  const page = answer.headers.get('location');
  const payment = await client.payments.get(page.split('/').at(-1));
  assert.equal(payment.payment_url, page);
  return { id: payment.reference_id, payment, page };
}

async function order(id) {
  const answer = await fetch(`${shop.url}/orders/${id}`);
  const text = await answer.text();
  const [, status] = /data-status="(\w+)"/.exec(text) ?? [];
  const [, ticket] = /class="ticket">(\w+)</.exec(text) ?? [];
  return { http: answer.status, status, ticket, text };
}

const ends = (id, status) =>
  until(`the order is ${status}`, async () => {
    const seen = await order(id);
    return seen.status === status && seen;
  });

/** A webhook written here; with the right secret it is as good as the gateway's. */
function post(event, secret = ZENWALLET_WEBHOOK_SECRET) {
  const body = JSON.stringify(event);
  const t = Math.floor(Date.now() / 1000);
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const mac = createHmac('sha256', key).update(`${event.event_id}.${t}.${body}`).digest('hex');
  const headers = {
    'content-type': 'application/json',
    'x-zenwallet-signature': `t=${t},id=${event.event_id},v1=${mac}`,
  };
  return fetch(`${shop.url}/webhook`, { method: 'POST', body, headers });
}

const paid = ({ payment }, change = {}) => ({
  event_id: `evt_${payment.payment_id}`,
  type: 'payment.success',
  payment_id: payment.payment_id,
  reference_id: payment.reference_id,
  status: 'SUCCESS',
  amount: payment.amount,
  currency: payment.currency,
  ...change,
});

async function gateway(method, path) {
  const headers = { authorization: `Bearer ${ZENWALLET_API_KEY}` };
  const answer = await fetch(ZENWALLET_URL + path, { method, headers });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
  return answer.json();
}

const walks = {
  'the catalogue shows what there is': async () => {
    const text = await (await fetch(shop.url)).text();
    for (const name of ['Event Ticket', 'Ten Coffees', 'Dragon Skin']) assert.ok(text.includes(name), name);
    assert.equal((await fetch(`${shop.url}/buy`, form({ item: 'nothing' }))).status, 404);
    assert.equal((await order('nothing')).http, 404);
  },

  'a payment completed by the API: the webhook marks the order paid': async () => {
    const bought = await buy('concert');
    assert.equal((await order(bought.id)).status, 'PENDING');
    await client.payments.complete(bought.payment.payment_id, { status: 'SUCCESS' });
    assert.match((await ends(bought.id, 'SUCCESS')).ticket, /^[0-9A-F]{8}$/);
  },

  'a payer who pays on the page and comes back': async () => {
    const bought = await buy('coffee');
    const page = await (await fetch(bought.page)).text();
    const [, token] = /name="token" value="([^"]+)"/.exec(page);
    const answer = await fetch(`${bought.page}/pay`, form({ token }));
    assert.equal(answer.status, 303);
    const last = await (await fetch(bought.page)).text();
    const [, link] = /href="([^"]+)" data-testid="return-link"/.exec(last);
    const back = await fetch(link.replaceAll('&amp;', '&'));
    assert.equal(back.url, `${shop.url}/orders/${bought.id}`);
    assert.match(await back.text(), /Paid\. Thank you!/);
  },

  'a webhook that comes again changes nothing': async () => {
    const bought = await buy('skin');
    const { payment_id } = bought.payment;
    await client.payments.complete(payment_id, { status: 'SUCCESS' });
    const { ticket } = await ends(bought.id, 'SUCCESS');
    const path = `/api/webhooks/deliveries?payment_id=${payment_id}`;
    const [delivery] = await until('the delivery is over', async () => {
      const { data: all } = await gateway('GET', path);
      return all[0]?.status === 'DELIVERED' && all;
    });
    await gateway('POST', `/api/webhooks/deliveries/${delivery.delivery_id}/retry`);
    await until('it comes again', () =>
      shop.lines.includes(`webhook seen before payment.success ${payment_id}`),
    );
    assert.equal((await order(bought.id)).ticket, ticket);
    assert.equal((await post(paid(bought, { event_id: 'evt_other', status: 'FAILED' }))).status, 200);
    assert.deepEqual([(await order(bought.id)).status, (await order(bought.id)).ticket], ['SUCCESS', ticket]);
  },

  'a forged webhook is refused': async () => {
    const bought = await buy('course');
    const stranger = `whsec_${Buffer.alloc(32).toString('base64')}`;
    assert.equal((await post(paid(bought), stranger)).status, 400);
    const bare = await fetch(`${shop.url}/webhook`, { method: 'POST', body: JSON.stringify(paid(bought)) });
    assert.equal(bare.status, 400);
    assert.equal((await order(bought.id)).status, 'PENDING');
  },

  'another amount, currency or payment does not pay an order': async () => {
    const bought = await buy('course');
    const changes = [
      { amount: 1 },
      { currency: 'BEANS' },
      { payment_id: 'pay_of_another_order' },
      { reference_id: null },
    ];
    for (const [index, change] of changes.entries()) {
      assert.equal(
        (await post(paid(bought, { event_id: `evt_changed_${index}_${bought.id}`, ...change }))).status,
        200,
      );
      assert.equal((await order(bought.id)).status, 'PENDING');
    }
    assert.equal((await post(paid(bought))).status, 200);
    assert.equal((await order(bought.id)).status, 'SUCCESS');
  },

  'an address that says SUCCESS does not pay an order': async () => {
    const bought = await buy('coffee');
    const back = await fetch(
      `${shop.url}/orders/${bought.id}/return?status=SUCCESS&payment_id=${bought.payment.payment_id}`,
    );
    assert.match(await back.text(), /data-status="PENDING"/);
  },

  'a payment that is called off': async () => {
    const bought = await buy('skin');
    await client.payments.cancel(bought.payment.payment_id);
    assert.equal((await ends(bought.id, 'FAILED')).ticket, undefined);
  },

  'a shop that crashed remembers orders and webhooks': async () => {
    const bought = await buy('concert');
    assert.equal((await post(paid(bought))).status, 200);
    const { ticket } = await order(bought.id);
    await stopShop();
    await startShop();
    assert.deepEqual([(await order(bought.id)).status, (await order(bought.id)).ticket], ['SUCCESS', ticket]);
    await post(paid(bought));
    assert.ok(shop.lines.includes(`webhook seen before payment.success ${bought.payment.payment_id}`));
  },
};

let passed = 0;
let failed = 0;
try {
  for (const name of ['ZENWALLET_URL', 'ZENWALLET_API_KEY', 'ZENWALLET_WEBHOOK_SECRET']) {
    assert.ok(process.env[name], `${name} is not set`);
  }
  await startShop();
  for (const [name, walk] of Object.entries(walks)) {
    try {
      await walk();
      passed += 1;
    } catch (error) {
      failed += 1;
      console.error(`FAILED ${name}\n`, error);
    }
  }
} catch (error) {
  failed += 1;
  console.error(error);
} finally {
  shop?.child.kill();
  rmSync(data, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
