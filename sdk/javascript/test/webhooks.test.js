'use strict';

const assert = require('node:assert/strict');
const { createHmac } = require('node:crypto');
const http = require('node:http');
const { once } = require('node:events');
const { inspect } = require('node:util');
const { test } = require('node:test');
const express = require('express');
const { Webhook } = require('standardwebhooks');
const ZenWallet = require('zenwallet-sdk');

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const KEY = 'sk_test_never_to_be_printed';
const client = new ZenWallet({ apiKey: KEY, webhookSecret: SECRET });
const BODY = '{"amount":12.5,"metadata":{"10":"a","9":"é"},"type":"payment.success"}';

function sign(body, { t = Math.floor(Date.now() / 1000), id = 'evt_1' } = {}) {
  const mac = createHmac('sha256', Buffer.alloc(32, 7)).update(`${id}.${t}.`).update(body).digest('hex');
  return { 'content-type': 'application/json', 'x-zenwallet-signature': `t=${t},id=${id},v1=${mac}` };
}

/** Serves a handler on loopback while `use` runs. */
async function serving(handler, use) {
  const server = http.createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const url = `http://127.0.0.1:${server.address().port}/webhook`;
    return await use((body, headers) => fetch(url, { method: 'POST', body, headers }), url);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function app(...parsers) {
  const seen = [];
  const serve = express();
  serve.post(
    '/webhook',
    ...parsers,
    client.webhooks.express((event) => seen.push(event)),
  );
  serve.use((error, _req, res, _next) => res.status(500).json({ told: error.name }));
  return { serve, seen };
}

const STACKS = {
  'no parser': [],
  'express.raw': [express.raw({ type: '*/*' })],
  'express.json': [express.json()],
  'express.text': [express.text({ type: '*/*' })],
  'a parser that passes it over': [
    express.urlencoded(),
    (req, _res, next) => {
      req.body ??= {};
      next();
    },
  ],
};
for (const [name, parsers] of Object.entries(STACKS)) {
  test(`express: ${name}`, async () => {
    const { serve, seen } = app(...parsers);
    await serving(serve, async (post) => {
      const good = await post(BODY, sign(BODY));
      assert.deepEqual([good.status, await good.json()], [200, { received: true }]);
      const forged = await post(BODY.replace('12.5', '99'), sign(BODY));
      assert.deepEqual([forged.status, await forged.json()], [400, { error: 'signature_mismatch' }]);
      const bare = await post(BODY, { 'content-type': 'application/json' });
      assert.deepEqual([bare.status, await bare.json()], [400, { error: 'header_missing' }]);
      const old = await post(BODY, sign(BODY, { t: 1_000_000_000 }));
      assert.deepEqual([old.status, await old.json()], [400, { error: 'timestamp_too_old' }]);
    });
    assert.deepEqual(seen, [JSON.parse(BODY)]);
  });
}

test('express: a handler that throws is told to next, and the webhook comes again', async () => {
  const serve = express();
  serve.post(
    '/webhook',
    client.webhooks.express(async () => Promise.reject(new RangeError('no'))),
  );
  serve.use((error, _req, res, _next) => res.status(503).send(error.name));
  await serving(serve, async (post) => {
    const answer = await post(BODY, sign(BODY));
    assert.deepEqual([answer.status, await answer.text()], [503, 'RangeError']);
  });
});

test('express: a handler may answer by itself', async () => {
  const serve = express();
  serve.post(
    '/webhook',
    client.webhooks.express((event, req, res) => res.status(202).send(`${req.path} ${event.type}`)),
  );
  await serving(serve, async (post) => {
    const answer = await post(BODY, sign(BODY));
    assert.deepEqual([answer.status, await answer.text()], [202, '/webhook payment.success']);
  });
});

test('express: without a secret it is our own fault, and not told to strangers', async () => {
  const serve = client.webhooks.express(() => assert.fail('not verified'), { secret: 'whsec_short' });
  await serving(serve, async (post) => {
    const answer = await post(BODY, sign(BODY));
    assert.deepEqual([answer.status, await answer.json()], [500, { error: 'internal_error' }]);
  });
});

test('node:http: an endless body is cut off', async () => {
  await serving(
    client.webhooks.express(() => assert.fail('not verified')),
    async (_post, url) => {
      const request = http.request(url, { method: 'POST', headers: sign(BODY) });
      request.on('error', () => {}); // it is cut off while it writes
      const block = Buffer.alloc(65_536, 'x');
      let sent = 0;
      const write = () => {
        while (sent < 64 * 1024 * 1024 && request.write(block)) sent += block.length;
      };
      request.on('drain', write);
      write();
      const [answer] = await once(request, 'response');
      assert.equal(answer.statusCode, 413);
      request.destroy();
      assert.ok(sent < 32 * 1024 * 1024, `${sent} bytes were taken`);
    },
  );
});

test('fetch: Request in, Response out', async () => {
  const seen = [];
  const route = client.webhooks.fetch((event) => void seen.push(event.type));
  const request = (body, headers) =>
    new Request('http://localhost/webhook', { method: 'POST', body, headers });
  const good = await route(request(BODY, sign(BODY)));
  assert.deepEqual([good.status, await good.json()], [200, { received: true }]);
  const forged = await route(request(`${BODY} `, sign(BODY)));
  assert.deepEqual([forged.status, await forged.json()], [400, { error: 'signature_mismatch' }]);
  const large = await route(request('x'.repeat(2 ** 20 + 1), sign(BODY)));
  assert.equal(large.status, 413);
  const own = client.webhooks.fetch(() => new Response('mine', { status: 201 }));
  assert.equal((await own(request(BODY, sign(BODY)))).status, 201);
  await assert.rejects(
    client.webhooks.fetch(() => Promise.reject(new RangeError('no')))(request(BODY, sign(BODY))),
    RangeError,
  );
  assert.deepEqual(seen, ['payment.success']);
});

test('the official library accepts what we accept', () => {
  const standard = new Webhook(SECRET);
  const at = new Date();
  const headers = {
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': standard.sign('evt_1', at, BODY),
  };
  assert.ok(client.webhooks.verify(BODY, headers));
  assert.ok(client.webhooks.verify(JSON.parse(BODY), headers));
  standard.verify(BODY, headers);
});

test('verify answers false and never throws', () => {
  const circle = {};
  circle.circle = circle;
  let deep = [];
  for (let i = 0; i < 100_000; i++) deep = [deep];
  const throwing = {
    get amount() {
      throw new Error('no');
    },
  };
  const bodies = [
    undefined,
    null,
    5,
    true,
    Symbol('x'),
    5n,
    () => {},
    circle,
    deep,
    throwing,
    new Map(),
    new Date(),
    [Number.NaN],
    { a: undefined },
    { a: 1n },
    { '\ud800': 1 },
    new Proxy(
      {},
      {
        ownKeys() {
          throw new Error('no');
        },
      },
    ),
  ];
  const signature = sign(BODY)['x-zenwallet-signature'];
  for (const body of bodies) assert.equal(client.webhooks.verify(body, signature), false);
  const strange = [
    undefined,
    null,
    5,
    {},
    [],
    Symbol('x'),
    { get: () => 5 },
    {
      get() {
        throw new Error('no');
      },
    },
    () => {},
    { 'x-zenwallet-signature': [signature, signature] },
    { 'webhook-id': {}, 'webhook-timestamp': [], 'webhook-signature': 7 },
  ];
  for (const given of strange) assert.equal(client.webhooks.verify(BODY, given), false);
  assert.equal(client.webhooks.verify(BODY, signature, null), false);
  for (const toleranceS of [Number.NaN, 'x', undefined]) {
    const old = sign(BODY, { t: 1_000_000_000 })['x-zenwallet-signature'];
    assert.equal(client.webhooks.verify(BODY, old, { toleranceS }), false);
  }
  assert.equal(client.webhooks.verify(BODY, signature), true);
});

test('a parsed body that was altered is refused', () => {
  const signature = sign(BODY)['x-zenwallet-signature'];
  assert.ok(client.webhooks.verify(JSON.parse(BODY), signature));
  for (const change of [
    { amount: 99 },
    { type: 'payment.failed' },
    { extra: null },
    { metadata: { 9: 'é' } },
  ]) {
    assert.ok(!client.webhooks.verify({ ...JSON.parse(BODY), ...change }, signature));
  }
});

test('a client shows nothing that is secret', () => {
  for (const shown of [client, client.payments, client.events, client.webhooks, client.events.stream()]) {
    const printed = `${inspect(shown, { depth: 9, showHidden: true })}${JSON.stringify(shown)}${String(shown)}`;
    assert.ok(!printed.includes(KEY) && !printed.includes(SECRET), printed);
  }
});

test('what cannot be meant is refused before it is sent', async () => {
  let sent = 0;
  const fetch = async () => {
    sent += 1;
    return new Response('{}');
  };
  const deaf = new ZenWallet({ apiKey: KEY, fetch });
  for (const id of ['', '.', '..', undefined, null, 5, {}, '\ud800']) {
    for (const call of ['get', 'complete', 'cancel'])
      await assert.rejects(deaf.payments[call](id, {}), ZenWallet.ZenWalletError);
    await assert.rejects(deaf.events.get(id), ZenWallet.ZenWalletError);
  }
  for (const idempotencyKey of ['', 'a b', 'é', 'a\n', 'x'.repeat(256), 5]) {
    await assert.rejects(deaf.payments.create({}, { idempotencyKey }), ZenWallet.ZenWalletError);
  }
  await assert.rejects(deaf.payments.get('pay_1', { timeoutMs: 0 }), ZenWallet.ZenWalletError);
  assert.equal(sent, 0);
  const urls = [];
  const listening = new ZenWallet({
    apiKey: KEY,
    baseUrl: 'http://h/base/',
    fetch: async (url) => urls.push(url) && new Response('{}'),
  });
  await listening.payments.get('a/../b?c#d');
  assert.deepEqual(urls, ['http://h/base/api/payments/a%2F..%2Fb%3Fc%23d']);
});

test('options that cannot be meant are refused, and not printed', () => {
  for (const options of [
    { apiKey: `${KEY}\n` },
    { apiKey: `${KEY} é` },
    { baseUrl: `http://u:${KEY}@h` },
    { baseUrl: KEY },
    { baseUrl: 'ftp://h' },
    { baseUrl: 'http://h?x' },
    { timeoutMs: -1 },
    { timeoutMs: 2 ** 31 },
    { retries: -1 },
    { retries: 1.5 },
    { apikey: KEY },
  ]) {
    assert.throws(
      () => new ZenWallet(options),
      (error) => error instanceof ZenWallet.ZenWalletError && !inspect(error).includes(KEY),
    );
  }
});

test('a page that echoes the key does not bring it into the error', async () => {
  const fetch = async (_url, { headers }) =>
    new Response(`you sent ${headers.authorization}`, { status: 400 });
  const error = await new ZenWallet({ apiKey: KEY, fetch }).payments.list().catch((thrown) => thrown);
  assert.match(error.message, /you sent Bearer \(API key\)/);
  assert.ok(!inspect(error).includes(KEY));
});

test('every call ends when its signal is aborted', async () => {
  await serving(
    () => {},
    async (_post, url) => {
      const waiting = new ZenWallet({ apiKey: KEY, baseUrl: url, timeoutMs: 30_000 });
      const calls = [
        (signal) => waiting.payments.create({}, { signal }),
        (signal) => waiting.payments.get('pay_1', { signal }),
        (signal) => waiting.payments.listAll({ signal }).next(),
        (signal) => waiting.payments.complete('pay_1', {}, { signal }),
        (signal) => waiting.payments.cancel('pay_1', { signal }),
        (signal) => waiting.events.list({ signal }),
        (signal) => waiting.events.stream({ signal }).next(),
      ];
      for (const call of calls) {
        const reason = new Error('enough');
        const late = new AbortController();
        setTimeout(() => late.abort(reason), 20);
        await assert.rejects(call(late.signal), reason);
        await assert.rejects(call(AbortSignal.abort(reason)), reason);
      }
      const stream = waiting.events.stream();
      setTimeout(() => stream.close(), 20);
      assert.deepEqual(await stream.next(), { value: undefined, done: true });
    },
  );
  const retrying = new ZenWallet({ apiKey: KEY, baseUrl: 'http://127.0.0.1:1', backoffMs: 60_000 });
  await assert.rejects(retrying.payments.list({ signal: AbortSignal.timeout(200) }), {
    name: 'TimeoutError',
  });
});
