// Against a real gateway: ZENWALLET_URL, ZENWALLET_API_KEY and ZENWALLET_WEBHOOK_SECRET must be there.
'use strict';

const assert = require('node:assert/strict');
const { randomUUID } = require('node:crypto');
const { once } = require('node:events');
const http = require('node:http');
const net = require('node:net');
const { before, test } = require('node:test');
const express = require('express');
const ZenWallet = require('zenwallet-sdk');

const client = new ZenWallet();
const DEADLINE_MS = 20_000;
const asked = () => ({
  amount: 500,
  currency: 'COINS',
  reference_id: `ORDER_${randomUUID()}`,
  description: 'Event Ticket',
});

before(() => {
  for (const name of ['ZENWALLET_URL', 'ZENWALLET_API_KEY', 'ZENWALLET_WEBHOOK_SECRET']) {
    assert.ok(process.env[name], `${name} is not set`);
  }
});

/** Rejects when `promise` takes too long. */
function inTime(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${DEADLINE_MS} ms`)), DEADLINE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function listening(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${server.address().port}`;
}

async function collect(iterable, wanted = Number.POSITIVE_INFINITY) {
  const all = [];
  for await (const each of iterable) if (all.push(each) >= wanted) break;
  return all;
}

test('live: create and get', async () => {
  const payment = await client.payments.create({
    ...asked(),
    metadata: { order_id: '123', seats: 2, vip: true },
  });
  assert.match(payment.payment_id, /^pay_[0-9A-Za-z]{22}$/);
  assert.ok(payment.payment_url.endsWith(`/pay/${payment.payment_id}`));
  assert.match(payment.qr_code, /^data:image\/png;base64,/);
  const { qr_code, ...rest } = payment;
  assert.deepEqual(await client.payments.get(payment.payment_id), rest);
  assert.equal((await client.payments.get(payment.payment_id, { include: 'qr_code' })).qr_code, qr_code);
});

test('live: amounts are numbers or text', async () => {
  for (const [amount, shown] of [
    [12.5, 12.5],
    ['12.50', 12.5],
    ['9999999999999.99', 9999999999999.99],
    [0.01, 0.01],
  ]) {
    assert.equal((await client.payments.create({ ...asked(), amount })).amount, shown);
  }
});

test('live: complete, again, and a conflict that carries the payment', async () => {
  const { payment_id } = await client.payments.create(asked());
  const done = await client.payments.complete(payment_id, { status: 'SUCCESS', notes: 'thanks' });
  assert.deepEqual([done.status, done.notes], ['SUCCESS', 'thanks']);
  assert.equal(
    (await client.payments.complete(payment_id, { status: 'SUCCESS' })).transaction_id,
    done.transaction_id,
  );
  const refused = [
    () => client.payments.complete(payment_id, { status: 'FAILED' }),
    () => client.payments.cancel(payment_id),
  ];
  for (const call of refused) {
    const error = await call().then(assert.fail, (thrown) => thrown);
    assert.ok(error instanceof ZenWallet.ConflictError);
    assert.equal(error.code, 'payment_already_final');
    assert.equal(error.payment.transaction_id, done.transaction_id);
  }
});

test('live: cancel', async () => {
  const { payment_id } = await client.payments.create(asked());
  const canceled = await client.payments.cancel(payment_id);
  assert.deepEqual([canceled.status, canceled.failure_code], ['FAILED', 'canceled']);
});

test('live: a repeat with the same key changes nothing', async () => {
  const params = asked();
  const options = { idempotencyKey: randomUUID() };
  const first = await client.payments.create(params, options);
  assert.deepEqual(await client.payments.create(params, options), first);
  const error = await client.payments
    .create({ ...params, amount: 1 }, options)
    .then(assert.fail, (thrown) => thrown);
  assert.ok(error instanceof ZenWallet.IdempotencyError);
  assert.equal(error.code, 'idempotency_key_reused');
});

test('live: every parameter at fault is told', async () => {
  const wrong = { amount: '1.234', currency: 'no', expires_in: 1 };
  const error = await client.payments.create(wrong).then(assert.fail, (thrown) => thrown);
  assert.ok(error instanceof ZenWallet.InvalidRequestError);
  assert.deepEqual(error.errors.map(({ param }) => param).sort(), ['amount', 'currency', 'expires_in']);
  assert.match(error.request_id, /^req_/);
  const typo = await client.payments
    .create({ ...asked(), refrence_id: 'x' })
    .then(assert.fail, (thrown) => thrown);
  assert.match(typo.message, /reference_id/);
});

test('live: 401 and 404', async () => {
  const stranger = new ZenWallet({ apiKey: `sk_test_${'x'.repeat(43)}` });
  await assert.rejects(stranger.payments.list(), ZenWallet.AuthenticationError);
  await assert.rejects(collect(stranger.events.stream()), ZenWallet.AuthenticationError);
  const missing = await client.payments.get(`pay_${'0'.repeat(22)}`).then(assert.fail, (thrown) => thrown);
  assert.deepEqual([missing.constructor, missing.status], [ZenWallet.InvalidRequestError, 404]);
});

test('live: list, and list all over several pages', async () => {
  const { reference_id } = asked();
  const made = [];
  for (let i = 0; i < 5; i++)
    made.unshift((await client.payments.create({ ...asked(), reference_id })).payment_id);
  const page = await client.payments.list({ reference_id, limit: 2, include: 'total_count' });
  assert.deepEqual([page.data.length, page.has_more, page.total_count], [2, true, 5]);
  const all = await collect(client.payments.listAll({ reference_id, limit: 2 }));
  assert.deepEqual(
    all.map(({ payment_id }) => payment_id),
    made,
  );
  await client.payments.cancel(made[0]);
  const some = await collect(
    client.payments.listAll({ reference_id, status: ['FAILED', 'SUCCESS'], limit: 1 }),
  );
  assert.deepEqual(
    some.map(({ payment_id }) => payment_id),
    [made[0]],
  );
  const since = await client.payments.list({ reference_id, created_after: new Date(Date.now() + 60_000) });
  assert.deepEqual(since.data, []);
});

test('live: events, a page at a time and all', async () => {
  const { payment_id } = await client.payments.create(asked());
  await client.payments.cancel(payment_id);
  const all = await collect(client.events.listAll({ after_seq: 0, limit: 2 }));
  assert.deepEqual(
    all.map(({ seq }) => seq),
    all.map((_, index) => all[0].seq + index),
  );
  const types = all.filter((event) => event.payment_id === payment_id).map(({ type }) => type);
  assert.deepEqual(types, ['payment.created', 'payment.failed']);
  const last = all.at(-1);
  assert.deepEqual(await client.events.get(last.event_id), last);
  assert.equal((await client.events.list({ after_seq: last.seq })).next_after_seq, last.seq);
});

/** Forwards to the gateway and cuts each connection off behind so many bytes of its answer. */
function cutter(target, bytes) {
  const { hostname, port } = new URL(target);
  let cuts = 0;
  const server = net.createServer((near) => {
    const far = net.connect(Number(port), hostname);
    let left = bytes;
    near.pipe(far);
    far.on('data', (chunk) => {
      near.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left > 0) return;
      cuts += 1;
      near.destroySoon();
      far.destroy();
    });
    for (const socket of [near, far]) socket.on('error', () => near.destroy() && far.destroy());
    near.on('close', () => far.destroy());
    far.on('close', () => near.end());
  });
  return { server, cuts: () => cuts };
}

test('live: a stream that is cut again and again misses nothing and repeats nothing', async () => {
  const before = await collect(client.events.listAll());
  const after_seq = before.at(-1)?.seq ?? 0;
  const { server, cuts } = cutter(process.env.ZENWALLET_URL, 3000);
  const broken = new ZenWallet({ baseUrl: await listening(server), backoffMs: 20 });
  const stream = broken.events.stream({ after_seq });
  const streamed = inTime(collect(stream, 40), 'the stream');
  for (let i = 0; i < 20; i++) {
    const { payment_id } = await client.payments.create(asked());
    await client.payments.complete(payment_id, { status: i % 2 ? 'SUCCESS' : 'FAILED' });
  }
  const events = await streamed.finally(() => server.close());
  assert.deepEqual(events, (await collect(client.events.listAll({ after_seq, limit: 100 }))).slice(0, 40));
  assert.deepEqual(
    events.map(({ seq }) => seq),
    Array.from({ length: 40 }, (_, index) => after_seq + 1 + index),
  );
  assert.equal(stream.lastSeq, after_seq + 40);
  assert.ok(cuts() >= 3, `cut ${cuts()} times`);
});

test('live: a stream of one type, from now on', async () => {
  const stream = client.events.stream({ type: 'payment.success' });
  const first = inTime(stream.next(), 'the first event');
  const until = Date.now() + DEADLINE_MS;
  while (stream.lastSeq === undefined && Date.now() < until) await new Promise(setImmediate);
  const { payment_id } = await client.payments.create(asked());
  await client.payments.complete(payment_id, { status: 'SUCCESS' });
  const { value } = await first;
  assert.deepEqual([value.type, value.payment_id], ['payment.success', payment_id]);
  stream.close();
  assert.equal((await stream.next()).done, true);
});

const RECEIVERS = {
  'express, no parser': (heard) => express().post('/webhook', client.webhooks.express(heard)),
  'express.json': (heard) => express().post('/webhook', express.json(), client.webhooks.express(heard)),
  'the contract': (heard) =>
    express().post('/webhook', express.json(), (req, res) => {
      if (!client.webhooks.verify(req.body, req.headers['x-zenwallet-signature'])) return res.sendStatus(400);
      heard(req.body);
      return res.sendStatus(200);
    }),
};
for (const [name, receiver] of Object.entries(RECEIVERS)) {
  test(`live: a webhook comes and verifies: ${name}`, async () => {
    let tell;
    const told = new Promise((resolve) => {
      tell = resolve;
    });
    const server = http.createServer(receiver((event) => tell(event)));
    const webhook_url = `${await listening(server)}/webhook`;
    try {
      const metadata = { 10: 'ten', 9: 'nine', é: 1.5, text: '\u2028 "quoted" 🎟️' };
      const { payment_id } = await client.payments.create({ ...asked(), webhook_url, metadata });
      await client.payments.complete(payment_id, { status: 'SUCCESS' });
      const event = await inTime(told, 'the webhook');
      assert.deepEqual([event.type, event.payment_id, event.amount], ['payment.success', payment_id, 500]);
      assert.deepEqual(event.metadata, metadata);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
}
