// A receiver as an integrator writes it with Express and the official library: node receiver.js SECRETS LOG
//
// SECRETS is a file that says which secrets must verify a delivery now, and which must not; LOG gets one line of JSON a
// delivery, with every check. The port stands in the first line of the standard output.
'use strict';
const crypto = require('node:crypto');
const fs = require('node:fs');
const express = require('express');
const { Webhook } = require('standardwebhooks');

const [secretsPath, logPath] = process.argv.slice(2);
const now = Date.now;

// Canonical JSON (RFC 8785): JSON.stringify has the numbers and the strings, this has the order of the members.
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const member = (name) => `${JSON.stringify(name)}:${canonical(value[name])}`;
  return `{${Object.keys(value).sort().map(member).join(',')}}`;
}

function mac(secret, text) {
  return crypto.createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64')).update(text);
}

const isEqual = (a, b) => a.length === b.length && crypto.timingSafeEqual(Buffer.from(a), Buffer.from(b));

// X-ZenWallet-Signature: t=…,id=…,v1=…[,v1=…]
function verifyOwn(secret, headers, body) {
  const parts = headers['x-zenwallet-signature'].split(',').map((part) => part.split('='));
  const of = (name) => parts.filter(([key]) => key === name).map(([, value]) => value);
  const wanted = mac(secret, `${of('id')[0]}.${of('t')[0]}.${body}`).digest('hex');
  const isFresh = Math.abs(now() / 1000 - Number(of('t')[0])) <= 300;
  return isFresh && of('id')[0] === headers['webhook-id'] && of('v1').some((given) => isEqual(given, wanted));
}

// The member `signature`: over the canonical content without it.
function verifyContent(secret, event) {
  const { signature, ...content } = event;
  return isEqual(signature, `sha256=${mac(secret, canonical(content)).digest('hex')}`);
}

// Whether the library takes a delivery, as it would `lateS` seconds from now.
function takes(secret, body, headers, lateS = 0) {
  Date.now = () => now() + lateS * 1000;
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch (error) {
    if (error.constructor.name !== 'WebhookVerificationError') throw error;
    return false;
  } finally {
    Date.now = now;
  }
}

// Every check of a delivery whose bytes, as far as this receiver knows them, are `body`.
function checks(body, headers, event, tampered) {
  const { verify, refuse, newest } = JSON.parse(fs.readFileSync(secretsPath, 'utf8'));
  const done = [];
  const check = (what, ok) => done.push([what, ok]);
  const age = Math.floor(now() / 1000) - Number(headers['webhook-timestamp']);
  verify.forEach((secret, n) => {
    check(`secret ${n} verifies`, takes(secret, body, headers));
    check(`secret ${n} verifies the other header`, verifyOwn(secret, headers, body));
    check(`secret ${n} refuses a tampered body`, !takes(secret, tampered, headers));
    check(`secret ${n} refuses it by the other header`, !verifyOwn(secret, headers, tampered));
    check(`secret ${n} refuses the id of another`, !takes(secret, body, { ...headers, 'webhook-id': 'evt_other' }));
    check(`secret ${n} verifies 295 s later`, takes(secret, body, headers, 295 - age));
    check(`secret ${n} refuses 305 s later`, !takes(secret, body, headers, 305 - age));
    check(`secret ${n} refuses 305 s before`, !takes(secret, body, headers, -305 - age));
  });
  refuse.forEach((secret, n) => {
    check(`wrong secret ${n} refuses`, !takes(secret, body, headers) && !verifyOwn(secret, headers, body));
  });
  check('the content has its signature', verifyContent(newest, event));
  check('a tampered content has not', !verifyContent(newest, { ...event, status: 'SUCCES', amount: 1 }));
  check('the id and the time are told', event.event_id === headers['webhook-id'] && event.type === event.event);
  return done;
}

function answer(request, response, done) {
  const body = Buffer.isBuffer(request.body) ? request.body.toString() : null;
  const line = { route: request.path, id: request.headers['webhook-id'], headers: request.headers, body, checks: done };
  fs.appendFileSync(logPath, `${JSON.stringify(line)}\n`);
  response.sendStatus(done.every(([, ok]) => ok) ? 204 : 400);
}

const failedOnce = new Set();
const app = express();
// The bytes as they came.
app.post(['/raw', '/flaky'], express.raw({ type: 'application/json' }), (request, response) => {
  const id = request.headers['webhook-id'];
  if (request.path === '/flaky' && !failedOnce.has(id)) {
    failedOnce.add(id);
    response.sendStatus(500);
    return;
  }
  const tampered = Buffer.from(request.body.toString().replace('"event"', '"evenT"'));
  answer(request, response, checks(request.body, request.headers, JSON.parse(request.body), tampered));
});
// The bytes are gone: a parsed body, brought back into its one spelling.
app.post('/parsed', express.json(), (request, response) => {
  const body = canonical(request.body);
  const tampered = canonical({ ...request.body, payment_id: 'pay_other' });
  answer(request, response, checks(body, request.headers, request.body, tampered));
});
app.post('/gone', (_, response) => response.sendStatus(410));
const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port));
