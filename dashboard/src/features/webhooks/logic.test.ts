import { createHash, createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { curlOf } from './curl';
import { diffLines } from './diff';
import { type EventObject, nextLook } from './queries';
import { fromLocal, spanOf, toLocal } from './range';
import { bodyOf, canonical, isSigned, keyOf, verify } from './signature';
import { errorText, errorWord, scheduleWords } from './words';

const SECRET = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';
const ID = 'evt_01JXZ5R8QK3M7N2P4T6V8W0Y1A';
const AT = '1769423700';
// The vector of the design, made outside this code.
const BODY =
  '{"amount":500,"completed_at":"2026-01-26T10:35:00Z","currency":"COINS","event":"payment.success","event_id":"evt_01JXZ5R8QK3M7N2P4T6V8W0Y1A","metadata":{"10":"a","2":"b","order_id":"123","user_email":"user@example.com","é":1.5},"payment_id":"pay_abc123xyz","reference_id":"ORDER_123","signature":"sha256=cdeb9ba1673d1b579e2533ad13461c1b354dd7348770f8de0db3db0a5f8c4b83","status":"SUCCESS","transaction_id":"txn_xyz789"}';
const HEADER = 'v1,EnCliAkK7WdOc8vLOYpHIPyYki8x2JdK1wjnc2Nqy8Y=';

const key = () => {
  const found = keyOf(SECRET);
  if (!found) throw new Error('the secret is a secret');
  return found;
};
const { signature: _, ...CONTENT } = JSON.parse(BODY);
const EVENT = { ...CONTENT, seq: 42 } as EventObject;

it('rebuilds the body of a webhook and accepts its signature, as the vector says', async () => {
  expect(canonical(JSON.parse(BODY))).toBe(BODY);
  expect(await bodyOf(EVENT, key())).toBe(BODY);
  expect(await isSigned(key(), ID, AT, BODY, `v1,b3RoZXI= ${HEADER}`)).toBe(true);
  expect(await isSigned(key(), ID, '1769423701', BODY, HEADER)).toBe(false);
});

it('tells which step of a verification fails', async () => {
  const sent = {
    headers: { 'webhook-id': ID, 'webhook-timestamp': AT, 'webhook-signature': HEADER },
    body_sha256: createHash('sha256').update(BODY).digest('hex'),
  };
  const began = new Date(Number(AT) * 1_000).toISOString();
  const good = await verify(` ${SECRET} `, sent, began, EVENT);
  expect(good).toMatchObject({ isValid: true, body: BODY });
  const failing = async (secret: string, startedAt = began) =>
    (await verify(secret, sent, startedAt, EVENT)).steps
      .filter(({ isGood }) => !isGood)
      .map(({ name }) => name);
  expect(await failing('whsec_short')).toEqual(['Secret']);
  const other = `whsec_${createHmac('sha256', 'x').update('y').digest('base64')}`;
  expect(await failing(other)).toEqual(['Body', 'Signature']);
  expect(await failing(SECRET, '2026-01-27T00:00:00Z')).toEqual(['Time']);
});

it('compares two answers line by line', () => {
  const signs = { same: ' ', gone: '-', new: '+' };
  const shown = diffLines('HTTP 503\n\nlater\nend', 'HTTP 200\n\nok\nend').map(
    ({ kind, text }) => signs[kind] + text,
  );
  expect(shown).toEqual(['-HTTP 503', '+HTTP 200', ' ', '-later', '+ok', ' end']);
});

it('reads a local time in the zone it was written in, also on the day the clocks change', () => {
  expect(fromLocal('2026-11-23T05:30', 'Asia/Kolkata')).toBe('2026-11-23T00:00:00Z');
  expect(fromLocal('2026-03-08T12:00', 'America/New_York')).toBe('2026-03-08T16:00:00Z');
  expect(fromLocal('2026-03-07T12:00', 'America/New_York')).toBe('2026-03-07T17:00:00Z');
  expect(toLocal('2026-11-23T00:00:00Z', 'Asia/Kolkata')).toBe('2026-11-23T05:30');
  expect(fromLocal('', 'UTC')).toBeNull();
});

it('spans the preset or the chosen range', () => {
  const from = '2026-11-01T00:00:00Z';
  expect(spanOf('custom', from, undefined)).toEqual({ created_after: from });
  const hours = (Date.now() - Date.parse(spanOf(undefined, undefined, undefined).created_after)) / 3_600_000;
  expect(hours).toBeGreaterThanOrEqual(24);
  expect(hours).toBeLessThan(24.02);
});

it('says errors and the schedule in words', () => {
  expect(errorWord('timed_out: no answer within 10 s')).toBe('timeout');
  expect(errorText('timed_out: no answer within 10 s')).toBe('No answer within 10 s');
  expect(errorWord('A sentence of its own')).toBe('error');
  expect(scheduleWords([5, 30, 300])).toBe('Now, then +5 s, +30 s and +5 min after the failure before.');
  expect(scheduleWords([7_200])).toBe('Now, then +2 h after the failure before.');
});

it('writes a request as a command that a shell reads as it is', () => {
  expect(curlOf('https://a.example/?q=1', { 'webhook-id': 'evt_1', host: 'a.example' }, `{"a":"it's"}`)).toBe(
    `curl -X POST 'https://a.example/?q=1' \\\n  -H 'webhook-id: evt_1' \\\n  --data-binary '{"a":"it'\\''s"}'`,
  );
});

it('looks again when the next attempt is due, and never where nothing waits', () => {
  const row = { status: 'PENDING', attempts: 1, next_attempt_at: new Date(Date.now() + 3_000).toISOString() };
  const look = (changes: object) => nextLook([{ ...row, ...changes } as never]);
  expect(look({})).toBeGreaterThan(3_000);
  expect(look({ attempts: 0 })).toBe(1_000);
  expect(look({ status: 'DELIVERED', next_attempt_at: null })).toBe(false);
});
