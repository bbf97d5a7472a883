'use strict';

const { randomUUID } = require('node:crypto');
const { version } = require('../package.json');
const { classes, errorOfAnswer, isObject } = require('./errors');
const { parseRetryAfterMs, retryWaitMs, sleep } = require('./retry');

const { ZenWalletError, ConnectionError, TimeoutError, InvalidResponseError } = classes;
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const MAX_ERROR_BYTES = 1024 * 1024;
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

/** Makes requests: one attempt after another, each with a deadline and a bound on what it reads. */
class Transport {
  #apiKey;
  #baseUrl;
  #fetch;

  constructor({ apiKey, baseUrl, timeoutMs, retries, backoffMs, fetch }) {
    this.#apiKey = apiKey;
    this.#baseUrl = baseUrl;
    this.#fetch = fetch;
    this.timeoutMs = timeoutMs;
    this.retries = retries;
    this.backoffMs = backoffMs;
  }

  /** The JSON object that the gateway answers with. */
  async request(method, path, { query, body, options = {} } = {}) {
    const { signal, timeoutMs = this.timeoutMs, retries = this.retries } = options;
    checkNumbers({ timeoutMs, retries });
    const url = this.url(path, query);
    const init = { method, headers: this.headers({ accept: 'application/json' }) };
    if (method === 'POST') init.headers['idempotency-key'] = idempotencyKey(options);
    if (body !== undefined) {
      init.headers['content-type'] = 'application/json';
      init.body = JSON.stringify(body);
    }
    for (let attempt = 1; ; attempt++) {
      const { value, error, retryAfterMs } = await this.#attempt(url, init, signal, timeoutMs);
      if (error === undefined) return value;
      const { status, code } = error;
      const waitMs = retryWaitMs({ attempt, retries, status, code, retryAfterMs, backoffMs: this.backoffMs });
      if (waitMs === undefined) throw error;
      await sleep(waitMs, signal);
    }
  }

  /** One attempt: its value, or an error after which there may be another; any other error is thrown. */
  async #attempt(url, init, signal, timeoutMs) {
    const deadline = new Deadline(signal, timeoutMs);
    try {
      const response = await this.open(url, init, deadline);
      if (!response.ok) return await this.readError(response);
      return { value: parseObject(await readBytes(response, MAX_ANSWER_BYTES)) };
    } catch (thrown) {
      const error = deadline.explain(thrown);
      if (error instanceof ConnectionError) return { error };
      throw error;
    } finally {
      deadline.end();
    }
  }

  /** The head of an answer, whatever its status. */
  open(url, init, deadline) {
    deadline.check();
    // A redirect could carry the key elsewhere.
    const fetch = this.#fetch; // called as a function: some platforms refuse it as a method of ours
    return fetch(url.href, { ...init, redirect: 'manual', signal: deadline.signal });
  }

  /** The error of an answer, with what its Retry-After comes to. */
  async readError(response) {
    const bytes = await readBytes(response, MAX_ERROR_BYTES, { cut: true });
    // A page that echoes the request must not bring the key into an error.
    const text = new TextDecoder().decode(bytes).replaceAll(this.#apiKey, '(API key)');
    const retryAfterMs = parseRetryAfterMs(response.headers.get('retry-after'), Date.now());
    const retryAfterS = retryAfterMs === undefined ? undefined : Math.ceil(retryAfterMs / 1000);
    return { error: errorOfAnswer(response.status, response.headers, text, retryAfterS), retryAfterMs };
  }

  headers(more) {
    if (!this.#apiKey) throw new ZenWalletError('no API key: give apiKey, or set ZENWALLET_API_KEY');
    return { authorization: `Bearer ${this.#apiKey}`, 'user-agent': `zenwallet-sdk-js/${version}`, ...more };
  }

  url(path, query = {}) {
    const url = new URL(this.#baseUrl + path);
    for (const [name, value] of Object.entries(query)) {
      if (value === undefined || value === null) continue;
      url.searchParams.set(name, value instanceof Date ? value.toISOString() : String(value));
    }
    return url;
  }
}

/** Aborts what runs under its signal when the time is over or the caller gives up, and tells the two apart. */
class Deadline {
  #controller = new AbortController();
  #caller;
  #stop;
  #timer;
  #ms;
  #isOver = false;

  constructor(caller, ms) {
    this.#caller = caller;
    this.#stop = () => this.#controller.abort(caller.reason);
    caller?.addEventListener('abort', this.#stop, { once: true });
    this.restart(ms);
  }

  get signal() {
    return this.#controller.signal;
  }

  /** From now on `ms` are left. */
  restart(ms) {
    clearTimeout(this.#timer);
    this.#ms = ms;
    this.#timer = setTimeout(() => {
      this.#isOver = true;
      this.#controller.abort();
    }, ms);
  }

  check() {
    if (this.#caller?.aborted) throw this.#caller.reason;
  }

  /** What to throw for what was thrown. */
  explain(thrown) {
    this.abort();
    if (this.#caller?.aborted) return this.#caller.reason;
    if (thrown instanceof ZenWalletError) return thrown;
    if (this.#isOver) return new TimeoutError(`no whole answer within ${this.#ms} ms`, { cause: thrown });
    const why = thrown?.cause?.message || thrown?.cause?.code || thrown?.message;
    return new ConnectionError(`no answer from the gateway: ${why}`, { cause: thrown });
  }

  /** Gives up whatever is still under way. */
  abort() {
    this.#controller.abort();
  }

  /** Until `restart` no time runs. */
  pause() {
    clearTimeout(this.#timer);
  }

  end() {
    this.pause();
    this.#caller?.removeEventListener('abort', this.#stop);
  }
}

/** The body, at most `max` bytes of it: what is longer is refused, or cut off. */
async function readBytes(response, max, { cut = false } = {}) {
  const chunks = [];
  let size = 0;
  const reader = response.body?.getReader();
  for (let next = await reader?.read(); next && !next.done; next = await reader.read()) {
    size += next.value.length;
    if (size > max && !cut) throw new InvalidResponseError(`the answer is larger than ${max} bytes`);
    chunks.push(next.value);
    if (size > max) {
      await reader.cancel();
      break;
    }
  }
  return Buffer.concat(chunks).subarray(0, max);
}

function parseObject(bytes) {
  let value;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // Said below, without the parser's excerpt of what may be anything.
  }
  if (!isObject(value)) throw new InvalidResponseError('the answer is not a JSON object');
  return value;
}

function idempotencyKey({ idempotencyKey: key = randomUUID() }) {
  if (typeof key !== 'string' || key.length > 255 || !VISIBLE_ASCII.test(key)) {
    throw new ZenWalletError('idempotencyKey must be 1 to 255 visible ASCII characters');
  }
  return key;
}

function checkNumbers({ timeoutMs, retries }) {
  // A longer timer would fire at once.
  if (!(timeoutMs > 0 && timeoutMs < 2 ** 31))
    throw new ZenWalletError('timeoutMs must be from 1 to 2147483647');
  if (!(Number.isInteger(retries) && retries >= 0)) throw new ZenWalletError('retries must be 0 or more');
}

module.exports = { Deadline, Transport, VISIBLE_ASCII, checkNumbers };
