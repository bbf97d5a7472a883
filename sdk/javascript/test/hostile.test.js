'use strict';

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { createInterface } = require('node:readline');
const { inspect } = require('node:util');
const ZenWallet = require('zenwallet-sdk');

const personas = require('../../hostile/personas.json');
const KEY = 'sk_test_never_to_be_printed_1234567890';
const PAYMENT = 'pay_0000000000000000000001';
const MAX_GROWTH_BYTES = 64 * 1024 * 1024;
let server;
let base;

before(async () => {
  server = spawn('python3', [path.join(__dirname, '../../hostile/server.py')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, PYTHONDONTWRITEBYTECODE: '1' },
  });
  for await (const line of createInterface({ input: server.stdout })) {
    base = /^listening (http:.*)$/.exec(line)?.[1];
    break;
  }
  assert.ok(base, 'the hostile server does not start');
});
after(() => server.kill());

const control = async (method, persona) => (await fetch(`${base}/_requests/${persona}`, { method })).json();

async function count(walk) {
  let seen = 0;
  for await (const _ of walk) seen += 1;
  return { count: seen };
}

async function take(stream, wanted) {
  const events = [];
  let error;
  try {
    for await (const event of stream) {
      events.push(event.seq);
      assert.equal(stream.lastSeq, event.seq);
      if (events.length === wanted) break;
    }
  } catch (thrown) {
    error = thrown;
  }
  return { events, error };
}

const CALLS = {
  create_payment: (client) =>
    client.payments.create({ amount: 500, currency: 'COINS', reference_id: 'ORDER_123' }),
  get_payment: (client) => client.payments.get(PAYMENT),
  complete_payment: (client) => client.payments.complete(PAYMENT, { status: 'SUCCESS' }),
  list_all_payments: (client) => count(client.payments.listAll()),
  list_all_events: (client) => count(client.events.listAll()),
  stream_events: (client, row) =>
    take(client.events.stream({ after_seq: 0 }), row.outcome === 'ok' ? row.events.length : undefined),
};

function checkError(row, error) {
  assert.ok(error instanceof ZenWallet.ZenWalletError, inspect(error));
  assert.equal(error.constructor.name, row.outcome, inspect(error));
  if (row.outcome === 'TimeoutError') assert.ok(error instanceof ZenWallet.ConnectionError);
  if ('status' in row) assert.equal(error.status, row.status);
  if ('code' in row) assert.equal(error.code ?? null, row.code);
  if ('retry_after_s' in row) assert.equal(error.retry_after_s, row.retry_after_s);
  if ('params' in row)
    assert.deepEqual(
      error.errors.map((each) => each.param),
      row.params,
    );
  if ('payment_status' in row) assert.equal(error.payment.status, row.payment_status);
  const printed = `${error.stack}${JSON.stringify(error)}${inspect(error, { depth: 9, showHidden: true })}`;
  assert.ok(!printed.includes(KEY), 'the key is told');
}

for (const row of personas) {
  test(`${row.persona}: ${row.call}`, async () => {
    const { base_url: baseUrl } = await control('DELETE', row.persona);
    const client = new ZenWallet({
      apiKey: KEY,
      baseUrl,
      timeoutMs: 1000,
      retries: 2,
      backoffMs: 10,
      silenceMs: 1000,
    });
    globalThis.gc?.();
    const memory = process.memoryUsage().rss;
    const begin = performance.now();
    let result;
    let error;
    try {
      result = await CALLS[row.call](client, row);
      error = result.error;
    } catch (thrown) {
      error = thrown;
    }
    const tookS = (performance.now() - begin) / 1000;
    if (row.outcome === 'ok') assert.equal(error, undefined, inspect(error));
    else checkError(row, error);
    assert.ok(tookS <= row.within_s * 2 && tookS >= (row.at_least_s ?? 0), `took ${tookS} s`);
    if (row.persona.includes('endless'))
      assert.ok(process.memoryUsage().rss - memory < MAX_GROWTH_BYTES, 'memory grew');
    if ('count' in row) assert.equal(result.count, row.count);
    if ('events' in row) assert.deepEqual(result.events, row.events);
    await checkRequests(row);
  });
}

async function checkRequests(row) {
  const requests = await control('GET', row.persona);
  if (row.attempts !== null) assert.equal(requests.length, row.attempts);
  if ('last_event_ids' in row)
    assert.deepEqual(
      requests.map((each) => each.last_event_id),
      row.last_event_ids,
    );
  const heard = requests.filter((each) => each.method !== '');
  assert.ok(heard.every((each) => each.authorization));
  const keys = new Set(heard.filter((each) => each.method === 'POST').map((each) => each.idempotency_key));
  assert.ok(keys.size <= 1, 'each attempt has the same key');
  for (const key of keys) assert.match(key, /^[\x21-\x7e]{1,255}$/);
  assert.deepEqual(await control('GET', 'elsewhere'), []);
}
