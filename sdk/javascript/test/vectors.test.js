'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const ZenWallet = require('zenwallet-sdk');
const { canonicalize } = require('../src/canonical');
const { parseRetryAfterMs, retryWaitMs } = require('../src/retry');

const read = (name) => JSON.parse(fs.readFileSync(path.join(__dirname, '../../vectors', name), 'utf8'));
const client = new ZenWallet({ apiKey: 'sk_test_vectors', webhookSecret: 'whsec_unused' });

function outcome(body, signature, options) {
  const isOurs = client.webhooks.verify(body, signature, options);
  try {
    const event = client.webhooks.constructEvent(body, signature, options);
    assert.ok(isOurs);
    assert.equal(typeof event, 'object');
    return 'ok';
  } catch (error) {
    if (!(error instanceof ZenWallet.SignatureVerificationError)) throw error;
    assert.ok(!isOurs);
    const key = options.secret.replace('whsec_', '');
    assert.ok(
      key.length < 8 || !`${error.stack}${JSON.stringify(error)}`.includes(key),
      'the secret is told',
    );
    return error.reason;
  }
}

for (const each of read('signatures.json')) {
  test(`signature: ${each.name}`, () => {
    const bytes = Buffer.from(each.body ?? each.body_base64, each.body === undefined ? 'base64' : 'utf8');
    const options = { secret: each.secret, toleranceS: each.tolerance_s, nowS: each.now_s };
    const given = each.headers ?? each.signature;
    assert.equal(outcome(bytes, given, options), each.expected);
    if (each.body !== undefined) assert.equal(outcome(each.body, given, options), each.expected);
    if (
      each.headers !== undefined &&
      Object.values(each.headers).every((value) => /^[\x20-\x7e]*$/.test(value))
    ) {
      assert.equal(outcome(bytes, new Headers(each.headers), options), each.expected);
    }
  });
  test(`signature of a parsed body: ${each.name}`, () => {
    let parsed;
    try {
      parsed = JSON.parse(each.body);
      if (canonicalize(parsed) !== each.body) return;
    } catch {
      return; // a body parser would have refused it
    }
    if (parsed === null || typeof parsed === 'string') return; // those mean no body, and text
    const options = { secret: each.secret, toleranceS: each.tolerance_s, nowS: each.now_s };
    assert.equal(outcome(parsed, each.headers ?? each.signature, options), each.expected);
  });
}

for (const each of read('canonical.json')) {
  test(`canonical: ${each.name}`, () => {
    const value = JSON.parse(each.json);
    if (each.canonical === null) assert.throws(() => canonicalize(value), TypeError);
    else assert.equal(canonicalize(value), each.canonical);
  });
}

for (const each of read('retries.json')) {
  test(`retry: ${each.name}`, () => {
    const retryAfterMs = parseRetryAfterMs(each.retry_after, each.now_s * 1000);
    const { attempt, retries } = each;
    const ended = { status: each.status ?? undefined, code: each.code ?? undefined };
    for (let round = 0; round < 20; round++) {
      const waitMs = retryWaitMs({ attempt, retries, ...ended, retryAfterMs, backoffMs: 500 });
      assert.equal(waitMs !== undefined, each.repeated);
      if (each.repeated) assert.ok(waitMs >= each.min_wait_ms && waitMs <= each.max_wait_ms, `${waitMs} ms`);
    }
  });
}

for (const each of read('errors.json')) {
  test(`error: ${each.name}`, async () => {
    const { status, headers, body, expected } = each;
    const fetch = async () => new Response(body, { status, headers });
    const failing = new ZenWallet({ apiKey: 'sk_test_vectors', retries: 0, fetch });
    const error = await failing.payments.get('pay_1').then(assert.fail, (thrown) => thrown);
    assert.equal(error.constructor.name, expected.class);
    assert.ok(error instanceof ZenWallet.ZenWalletError && error instanceof ZenWallet[expected.class]);
    for (const name of ['type', 'code', 'param', 'doc_url', 'request_id', 'retry_after_s']) {
      assert.equal(error[name] ?? null, expected[name], name);
    }
    assert.deepEqual(error.errors ?? [], expected.errors);
    assert.equal(error.payment?.payment_id ?? null, expected.payment_id);
    for (const part of expected.message_contains) assert.ok(error.message.includes(part), error.message);
    assert.ok(error.message.length <= 1000);
    if (status >= 300) assert.equal(error.status, status);
  });
}
