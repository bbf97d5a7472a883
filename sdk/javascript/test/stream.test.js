'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const ZenWallet = require('zenwallet-sdk');

const told = (seq, end) =>
  [`id: ${seq}`, 'event: payment.created', `data: {"seq":${seq},`, 'data: "note":"é🎟️"}', '', ''].join(end);

/** A client whose n-th connection is `connections[n]`: chunks of a stream, or a Response. */
function clientOf(connections, seen = []) {
  const fetch = async (url, init) => {
    seen.push({ url, place: init.headers['last-event-id'] });
    const given = connections[seen.length - 1];
    if (given instanceof Response) return given;
    const body = new ReadableStream({
      start(controller) {
        for (const chunk of given ?? []) controller.enqueue(chunk);
        if (given) controller.close();
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } });
  };
  return new ZenWallet({ apiKey: 'sk_test_stream', backoffMs: 1, fetch });
}

for (const [name, end] of Object.entries({ LF: '\n', CR: '\r', CRLF: '\r\n' })) {
  for (const size of [1, 2, 3, 7, 1000]) {
    test(`stream: lines end with ${name}, and come ${size} bytes at a time`, async () => {
      const bytes = Buffer.from(
        `: hello${end}${end}${told(1, end)}${told(2, end)}${end}${end}id: 9${end}${end}`,
      );
      const chunks = [];
      for (let at = 0; at < bytes.length; at += size)
        chunks.push(new Uint8Array(bytes.subarray(at, at + size)));
      const seen = [];
      const stream = clientOf([chunks, [Buffer.from(told(10, end))]], seen).events.stream({ after_seq: 0 });
      const events = [];
      for await (const event of stream) if (events.push(event) === 3) break;
      assert.deepEqual(
        events,
        [1, 2, 10].map((seq) => ({ seq, note: 'é🎟️' })),
      );
      assert.deepEqual(
        seen.map(({ place }) => place),
        [undefined, '9'],
      );
      assert.match(seen[0].url, /after_seq=0/);
    });
  }
}

test('stream: 408, 409, 429 and 5xx are waited out, any other is thrown', async () => {
  const passing = [408, 409, 429, 500, 501, 503].map((status) => new Response('', { status }));
  const stream = clientOf([...passing, [Buffer.from(told(1, '\n'))]]).events.stream();
  assert.equal((await stream.next()).value.seq, 1);
  await stream.return();
  for (const status of [302, 400, 404, 422]) {
    await assert.rejects(
      clientOf([new Response('', { status })])
        .events.stream()
        .next(),
      { status },
    );
  }
});

test('stream: what it ended with decides whether it goes on', async () => {
  const end = (code, type = 'api_error') => [
    Buffer.from(
      `event: stream.end\ndata: ${JSON.stringify({ error: { type, code, message: 'Over.' } })}\n\n`,
    ),
  ];
  const passing = [
    'shutting_down',
    'service_unavailable',
    'overloaded',
    'rate_limited',
    'live_connection_limit',
  ];
  const stream = clientOf([
    ...passing.map((code) => end(code)),
    [Buffer.from(told(1, '\n'))],
  ]).events.stream();
  assert.equal((await stream.next()).value.seq, 1);
  stream.close();
  const over = clientOf([end('events_forgotten', 'invalid_request_error')]).events.stream();
  await assert.rejects(over.next(), ZenWallet.InvalidRequestError);
  const unclear = clientOf([[Buffer.from('event: stream.end\ndata: bye\n\n')]]).events.stream();
  await assert.rejects(unclear.next(), ZenWallet.InvalidResponseError);
});

test('stream: a loop that is left lets its connection go', async () => {
  const signals = [];
  const fetch = async (_url, { signal }) => {
    signals.push(signal);
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(Buffer.from(told(1, '\n') + told(2, '\n'))),
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  };
  const client = new ZenWallet({ apiKey: 'sk_test_stream', fetch });
  for await (const _ of client.events.stream()) break;
  const closed = client.events.stream();
  const seqs = [];
  for await (const { seq } of closed) {
    seqs.push(seq);
    closed.close();
  }
  assert.deepEqual(seqs, [1]);
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true, true],
  );
});
