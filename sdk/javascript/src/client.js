'use strict';

const { inspect } = require('node:util');
const { classes } = require('./errors');
const { EventStream } = require('./stream');
const { Transport, VISIBLE_ASCII, checkNumbers } = require('./transport');
const { Webhooks } = require('./webhooks');

const { ZenWalletError, InvalidResponseError } = classes;
const OPTIONS = [
  'apiKey',
  'baseUrl',
  'webhookSecret',
  'timeoutMs',
  'retries',
  'backoffMs',
  'silenceMs',
  'fetch',
];

/** A client of one app. `new ZenWallet({ apiKey, webhookSecret })`; what is left out comes from the environment. */
class ZenWallet {
  #baseUrl;

  constructor(options = {}) {
    const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
    if (unknown !== undefined)
      throw new ZenWalletError(`unknown option ${unknown}; there are ${OPTIONS.join(', ')}`);
    const env = globalThis.process?.env ?? {};
    const {
      apiKey = env.ZENWALLET_API_KEY,
      baseUrl = env.ZENWALLET_URL || 'http://127.0.0.1:8080',
      webhookSecret = env.ZENWALLET_WEBHOOK_SECRET,
      timeoutMs = 10_000,
      retries = 3,
      backoffMs = 500,
      silenceMs = 45_000,
      fetch = (...args) => globalThis.fetch(...args),
    } = options;
    checkNumbers({ timeoutMs, retries });
    this.#baseUrl = checkBaseUrl(baseUrl);
    const transport = new Transport({
      apiKey: checkKey(apiKey),
      baseUrl: this.#baseUrl,
      timeoutMs,
      retries,
      backoffMs,
      fetch,
    });
    this.payments = new Payments(transport);
    this.events = new Events(transport, silenceMs);
    this.webhooks = new Webhooks(webhookSecret);
  }

  /** How console.log shows a client: where it leads, and nothing that is secret. */
  [inspect.custom]() {
    return `ZenWallet { baseUrl: '${this.#baseUrl}' }`;
  }
}

class Payments {
  #transport;

  constructor(transport) {
    this.#transport = transport;
  }

  create(params, options) {
    return this.#transport.request('POST', '/api/payments/create', { body: params, options });
  }

  async get(paymentId, params) {
    return this.#transport.request('GET', `/api/payments/${segment(paymentId)}`, reading(params));
  }

  async complete(paymentId, params, options) {
    return this.#transport.request('POST', `/api/payments/${segment(paymentId)}/complete`, {
      body: params,
      options,
    });
  }

  async cancel(paymentId, options) {
    return this.#transport.request('POST', `/api/payments/${segment(paymentId)}/cancel`, { options });
  }

  async list(params) {
    const page = checkPage(await this.#transport.request('GET', '/api/payments', reading(params)));
    if (page.has_more && typeof page.next_cursor !== 'string') throw notAPage();
    return page;
  }

  async *listAll(params = {}) {
    const seen = new Set([params.cursor]);
    for (let cursor = params.cursor; ; ) {
      const page = await this.list({ ...params, cursor });
      yield* page.data;
      if (!page.has_more) return;
      cursor = page.next_cursor;
      if (seen.has(cursor)) throw new InvalidResponseError('a cursor came twice: the pages go in a circle');
      seen.add(cursor);
    }
  }
}

class Events {
  #transport;
  #silenceMs;

  constructor(transport, silenceMs) {
    this.#transport = transport;
    this.#silenceMs = silenceMs;
  }

  async get(eventId, params) {
    return this.#transport.request('GET', `/api/events/${segment(eventId)}`, reading(params));
  }

  async list(params) {
    const page = checkPage(await this.#transport.request('GET', '/api/events', reading(params)));
    if (!Number.isSafeInteger(page.next_after_seq)) throw notAPage();
    return page;
  }

  async *listAll(params = {}) {
    for (let after_seq = params.after_seq; ; ) {
      const page = await this.list({ ...params, after_seq });
      yield* page.data;
      if (!page.has_more) return;
      if (page.next_after_seq <= (after_seq ?? -1))
        throw new InvalidResponseError('the pages of events stand still');
      after_seq = page.next_after_seq;
    }
  }

  stream(params) {
    return new EventStream(this.#transport, this.#silenceMs, params);
  }
}

/** Reads take their query and their options in one object. */
function reading({ signal, timeoutMs, retries, ...query } = {}) {
  return { query, options: { signal, timeoutMs, retries } };
}

/** An id as a part of a path. */
function segment(id) {
  // `.` and `..` are not escaped by anything and would name another path.
  if (typeof id !== 'string' || id === '' || id === '.' || id === '..') {
    throw new ZenWalletError('an id must be a string that is not empty');
  }
  try {
    return encodeURIComponent(id);
  } catch {
    throw new ZenWalletError('an id must be well-formed text');
  }
}

function checkPage(page) {
  if (!Array.isArray(page.data) || typeof page.has_more !== 'boolean') throw notAPage();
  return page;
}

function notAPage() {
  return new InvalidResponseError('the answer is not a page of a list');
}

/** Refused here, because the platform's own error would print it. */
function checkKey(apiKey) {
  if (apiKey && !(typeof apiKey === 'string' && VISIBLE_ASCII.test(apiKey))) {
    throw new ZenWalletError('apiKey must be visible ASCII characters; is there a line break at its end?');
  }
  return apiKey;
}

function checkBaseUrl(baseUrl) {
  let url;
  try {
    url = new URL(baseUrl);
  } catch {
    throw new ZenWalletError('baseUrl is not a URL');
  }
  if (!/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
    throw new ZenWalletError('baseUrl must be http or https, without user, query and fragment');
  }
  return url.href.replace(/\/+$/, '');
}

module.exports = { ZenWallet };
