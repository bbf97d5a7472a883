// Makes payments as fast as it can, or at a rate: node load.js '{"url":…,"key":…,"connections":…,"count":…,"metadataBytes":…,"rate":…,"complete":true}'
//
// What is not answered is asked again with the same Idempotency-Key, so each payment is made once whatever becomes of the
// server. SIGTERM ends it after what is under way. Says last how many events were acknowledged.
'use strict';
const http = require('node:http');

const { url, key, connections, count = Infinity, metadataBytes = 0, rate = Infinity, complete = false } = JSON.parse(process.argv[2]);
const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
const metadata = {};
for (let left = metadataBytes, n = 0; left > 0; left -= 500, n += 1) metadata[`k${n}`] = 'x'.repeat(Math.min(left, 490));
const began = Date.now();
let started = 0;
let acknowledged = 0;
const refused = [];
let isOver = false;
process.on('SIGTERM', () => { isOver = true; });

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function ask(path, idempotencyKey, body) {
  return new Promise((done) => {
    const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json', 'Idempotency-Key': idempotencyKey };
    const request = http.request(url + path, { method: 'POST', agent, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part) => { text += part; });
      answer.on('end', () => done({ status: answer.statusCode, text }));
      answer.on('error', () => done(null));
    });
    request.on('error', () => done(null));
    request.end(JSON.stringify(body));
  });
}

async function persist(path, idempotencyKey, body) {
  for (let tries = 0; tries < 300; tries += 1) {
    const answer = await ask(path, idempotencyKey, body);
    if (answer && answer.status < 300) {
      acknowledged += 1;
      return JSON.parse(answer.text);
    }
    if (answer && answer.status < 500 && answer.status !== 409) {
      refused.push(`${answer.status} ${answer.text}`);
      return null;
    }
    await pause(50);
  }
  refused.push('no answer');
  return null;
}

async function work() {
  while (!isOver && started < count) {
    const n = started;
    started += 1;
    const early = (n / rate) * 1000 - (Date.now() - began);
    if (early > 0) await pause(early);
    const order = `${process.pid}-${n}`;
    const body = { amount: (1 + (n % 900) / 100).toFixed(2), currency: 'COINS', reference_id: `é${order}`, metadata: { ...metadata, n, half: 1.5 } };
    const payment = await persist('/api/payments/create', `c-${order}`, body);
    if (payment && complete && n % 5 !== 4) {
      const status = n % 5 === 3 ? 'FAILED' : 'SUCCESS';
      await persist(`/api/payments/${payment.payment_id}/complete`, `d-${order}`, { status });
    }
  }
}

Promise.all(Array.from({ length: connections }, work)).then(() => {
  console.log(JSON.stringify({ acknowledged, refused: refused.length, first: refused[0], took_ms: Date.now() - began }));
  process.exit(0);
});
