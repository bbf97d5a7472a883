'use strict';

const { createHmac, timingSafeEqual } = require('node:crypto');
const { canonicalize } = require('./canonical');
const { classes, isObject } = require('./errors');
const { expressReceiver, fetchReceiver } = require('./receivers');

const { SignatureVerificationError } = classes;
const MAX_HEADER_BYTES = 4096;
const DEFAULT_TOLERANCE_S = 300;
const SECRET = /^whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/;
const TIMESTAMP = /^[0-9]{1,12}$/;
const EVENT_ID = /^[\x21-\x7e]{1,64}$/;

/** Tells which webhooks are ours. */
class Webhooks {
  #secret;

  constructor(secret) {
    this.#secret = secret;
  }

  /** Whether a webhook is ours. Never throws. */
  verify(body, signature, options) {
    try {
      this.constructEvent(body, signature, options);
      return true;
    } catch {
      return false;
    }
  }

  /** The event of a webhook, or a SignatureVerificationError with the reason. */
  constructEvent(body, signature, options = {}) {
    const { secret = this.#secret, toleranceS = DEFAULT_TOLERANCE_S, nowS = Date.now() / 1000 } = options;
    const key = decodeSecret(secret);
    const claim = typeof signature === 'object' ? claimOfHeaders(signature) : claimOfHeader(signature);
    const bytes = bytesOf(body);
    const mac = createHmac('sha256', key)
      .update(`${claim.id}.${claim.t}.`)
      .update(bytes)
      .digest(claim.encoding);
    if (!includesConstantTime(claim.signatures, mac)) {
      throw new SignatureVerificationError(
        'signature_mismatch',
        'the secret is another, or the webhook was altered',
      );
    }
    // Whole seconds, so that the edge of the tolerance is the same everywhere.
    const ageS = Math.floor(nowS) - Number(claim.t);
    // Written so that a tolerance that is no number lets nothing through.
    if (!(ageS <= toleranceS))
      throw new SignatureVerificationError('timestamp_too_old', `it is ${ageS} s old`);
    if (!(-ageS <= toleranceS)) {
      throw new SignatureVerificationError(
        'timestamp_too_new',
        `it is from ${-ageS} s ahead; are the clocks right?`,
      );
    }
    return parseEvent(bytes);
  }

  /** A handler for Express and whatever else speaks Node's `(req, res)`; `handler` is given each verified event. */
  express(handler, options) {
    return expressReceiver((body, headers) => this.constructEvent(body, headers, options), handler);
  }

  /** A handler of Fetch's Request that answers with a Response; `handler` is given each verified event. */
  fetch(handler, options) {
    return fetchReceiver((body, headers) => this.constructEvent(body, headers, options), handler);
  }
}

function decodeSecret(secret) {
  const encoded = typeof secret === 'string' ? SECRET.exec(secret)?.[1] : undefined;
  const key = Buffer.from(encoded ?? '', 'base64');
  if (key.length < 16 || key.length > 64) {
    const message = secret ? 'it is not whsec_ and the base64 of 16 to 64 bytes' : 'none was given';
    throw new SignatureVerificationError('secret_invalid', message);
  }
  return key;
}

/** What `t=…,id=…,v1=…` claims. */
function claimOfHeader(header) {
  if (header === undefined || header === null || header === '') throw missing();
  if (typeof header !== 'string' || Buffer.byteLength(header) > MAX_HEADER_BYTES) throw malformed();
  const fields = { t: [], id: [], v1: [] };
  for (const field of header.split(',')) {
    const equals = field.indexOf('=');
    const name = field.slice(0, Math.max(equals, 0));
    if (Object.hasOwn(fields, name)) fields[name].push(field.slice(equals + 1));
  }
  if (fields.t.length !== 1 || fields.id.length !== 1) throw malformed();
  return checkClaim({ t: fields.t[0], id: fields.id[0], signatures: fields.v1, encoding: 'hex' });
}

/** What the headers claim: ours go before those of Standard Webhooks. */
function claimOfHeaders(headers) {
  const own = headerOf(headers, 'x-zenwallet-signature');
  if (own) return claimOfHeader(own);
  const id = headerOf(headers, 'webhook-id');
  const t = headerOf(headers, 'webhook-timestamp');
  const list = headerOf(headers, 'webhook-signature');
  if (!id || !t || !list) throw missing();
  if (Buffer.byteLength(list) > MAX_HEADER_BYTES) throw malformed();
  const versions = list.split(' ').filter((one) => one.startsWith('v1,'));
  return checkClaim({
    t,
    id,
    signatures: versions.map((one) => one.slice('v1,'.length)),
    encoding: 'base64',
  });
}

function checkClaim(claim) {
  if (!TIMESTAMP.test(claim.t) || !EVENT_ID.test(claim.id) || claim.signatures.length === 0)
    throw malformed();
  return claim;
}

/** A header of Fetch's Headers, or of an object with names in any case. */
function headerOf(headers, name) {
  const isFetch = typeof headers?.get === 'function';
  const value = isFetch
    ? headers.get(name)
    : Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
  // Node gives a header that came twice as one text, others as an array.
  return Array.isArray(value) ? value.join(', ') : (value ?? '').toString();
}

function missing() {
  return new SignatureVerificationError('header_missing', 'there is no signature');
}

function malformed() {
  return new SignatureVerificationError('header_malformed', 'the signature is not of the form t=…,id=…,v1=…');
}

/** The bytes that were signed: as they came, or of an object that a body parser has made, written canonically again. */
function bytesOf(body) {
  if (typeof body === 'string') return Buffer.from(body);
  if (ArrayBuffer.isView(body)) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (body instanceof ArrayBuffer) return Buffer.from(body);
  if (body === undefined || body === null) {
    throw new SignatureVerificationError('body_malformed', 'there is no body; is a body parser missing?');
  }
  try {
    return Buffer.from(canonicalize(body));
  } catch {
    throw new SignatureVerificationError('body_malformed', 'the body is neither bytes nor text nor JSON');
  }
}

/** Compares with each, whether or not one has been found. */
function includesConstantTime(candidates, expected) {
  const wanted = Buffer.from(expected);
  let isFound = false;
  for (const candidate of candidates) {
    const bytes = Buffer.from(candidate);
    if (bytes.length === wanted.length && timingSafeEqual(bytes, wanted)) isFound = true;
  }
  return isFound;
}

function parseEvent(bytes) {
  let event;
  try {
    event = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    // Said below, without an excerpt.
  }
  if (!isObject(event))
    throw new SignatureVerificationError('body_malformed', 'the body is not a JSON object');
  return event;
}

module.exports = { Webhooks };
