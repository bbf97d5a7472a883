'use strict';

const { classes, isObject } = require('./errors');

const { SignatureVerificationError } = classes;
/** The gateway's webhooks are below 64 KB. */
const MAX_BODY_BYTES = 1024 * 1024;
const BODY_DEADLINE_MS = 10_000;

/** Why a body was not taken, as a status. */
class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

function expressReceiver(construct, handler) {
  return async function receiveWebhook(req, res, next) {
    try {
      const event = construct(await bodyOf(req), req.headers);
      await handler(event, req, res);
      if (!res.headersSent && !res.writableEnded) answer(res, 200, { received: true });
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal !== undefined && !res.headersSent) refuse(req, res, refusal);
      else if (next !== undefined) next(error);
      else if (!res.headersSent) answer(res, 500, { error: 'internal_error' });
      else res.destroy();
    }
  };
}

function fetchReceiver(construct, handler) {
  return async function receiveWebhook(request) {
    let event;
    try {
      event = construct(await readRequest(request), request.headers);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === undefined) throw error;
      return jsonResponse(refusal.status, { error: refusal.message });
    }
    const response = await handler(event, request);
    return response instanceof Response ? response : jsonResponse(200, { received: true });
  };
}

/** What to tell the sender. A secret that is wrong is our own fault: 500, so that the webhook comes again. */
function refusalOf(error) {
  if (error instanceof Refusal) return error;
  if (error instanceof SignatureVerificationError && error.reason !== 'secret_invalid') {
    return new Refusal(400, error.reason);
  }
  return undefined;
}

function refuse(req, res, { status, message }) {
  if (status === 400) {
    answer(res, status, { error: message });
    return;
  }
  // The rest of the body is not read, so the connection is of no more use.
  res.setHeader('connection', 'close');
  answer(res, status, { error: message }, () => req.destroy());
}

function answer(res, status, body, finished) {
  res.statusCode = status;
  res.setHeader('content-type', 'application/json');
  res.end(JSON.stringify(body), finished);
}

function jsonResponse(status, body) {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
}

/** The body as a parser before us has left it, else read here. */
function bodyOf(req) {
  const given = req.rawBody ?? req.body;
  // Express 4 leaves {} where its parser passed a request over.
  const isEmpty =
    given === undefined || given === null || (isObject(given) && Object.keys(given).length === 0);
  return isEmpty && req.readableDidRead === false ? readStream(req) : given;
}

function readStream(req) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    let size = 0;
    const take = (chunk) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > MAX_BODY_BYTES) settle(reject, new Refusal(413, 'body_too_large'));
    };
    const settle = (way, value) => {
      clearTimeout(timer);
      req.off('data', take);
      req.pause();
      way(value);
    };
    const timer = setTimeout(() => settle(reject, new Refusal(408, 'body_too_slow')), BODY_DEADLINE_MS);
    req.on('data', take);
    req.once('end', () => settle(resolve, Buffer.concat(chunks)));
    req.once('error', (error) => settle(reject, error));
    req.once('close', () => settle(reject, new Refusal(400, 'body_broke_off')));
  });
}

async function readRequest(request) {
  const reader = request.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const chunks = [];
  let size = 0;
  let refusal;
  const stop = (status, message) => {
    refusal ??= new Refusal(status, message);
    reader.cancel().catch(() => {}); // the sender may have gone
  };
  const timer = setTimeout(stop, BODY_DEADLINE_MS, 408, 'body_too_slow');
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      size += next.value.length;
      if (size > MAX_BODY_BYTES) stop(413, 'body_too_large');
      else chunks.push(next.value);
    }
  } finally {
    clearTimeout(timer);
  }
  if (refusal !== undefined) throw refusal;
  return Buffer.concat(chunks);
}

module.exports = { expressReceiver, fetchReceiver };
