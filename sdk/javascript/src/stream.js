'use strict';

const { classes, errorOfStreamEnd, isObject } = require('./errors');
const { MAX_RETRY_AFTER_MS, backoffWaitMs, sleep } = require('./retry');
const { Deadline } = require('./transport');

const { APIError, ConnectionError, InvalidResponseError } = classes;
const MAX_LINE_CHARS = 1024 * 1024;
const MAX_EVENT_CHARS = 8 * 1024 * 1024;
/** Why the gateway ends a stream that may be taken up again. */
const PASSING_CODES = new Set([
  'shutting_down',
  'service_unavailable',
  'overloaded',
  'rate_limited',
  'live_connection_limit',
]);

/**
 * The app's events as they happen, for `for await`. It connects again by itself, behind the last event given.
 * `lastSeq` is the place to come back to: keep it with what you did.
 */
class EventStream {
  #transport;
  #silenceMs;
  #query;
  #closing = new AbortController();
  #events;
  #retryAfterMs = 0;

  constructor(transport, silenceMs, { after_seq, type, signal } = {}) {
    this.#transport = transport;
    this.#silenceMs = silenceMs;
    this.#query = { after_seq, type };
    this.lastSeq = after_seq;
    this.#events = this.#follow(signal);
  }

  next() {
    return this.#events.next();
  }

  /** Ends the stream, also while an event is waited for. */
  async return() {
    this.#closing.abort();
    return this.#events.return();
  }

  /** Ends the stream: a loop over it ends as if the log were at its end. */
  close() {
    this.#closing.abort();
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  async *#follow(signal) {
    // One signal for both ends; which of them it was is asked when it counts.
    const stop = () => this.#closing.abort();
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
    let isTold = false; // whether the gateway has named our place, so that Last-Event-ID can
    try {
      for (let failures = 0; ; ) {
        this.#retryAfterMs = 0;
        try {
          for await (const { place, event } of this.#connection(isTold)) {
            failures = 0;
            if (place !== undefined) {
              if (isTold && place <= this.lastSeq) continue; // it has been given before
              this.lastSeq = place;
              isTold = true;
            }
            if (event !== undefined) yield event;
          }
        } catch (error) {
          if (this.#closing.signal.aborted) break;
          if (!isPassing(error)) throw error;
        }
        failures += 1;
        const waitMs = Math.max(backoffWaitMs(failures, this.#transport.backoffMs), this.#retryAfterMs);
        await sleep(waitMs, this.#closing.signal);
      }
    } catch (error) {
      if (!this.#closing.signal.aborted) throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
    if (signal?.aborted) throw signal.reason;
  }

  /** What one connection tells until it ends. */
  async *#connection(isTold) {
    const headers = this.#transport.headers({ accept: 'text/event-stream' });
    if (isTold) headers['last-event-id'] = String(this.lastSeq);
    const url = this.#transport.url('/api/events/stream', this.#query);
    const deadline = new Deadline(this.#closing.signal, this.#transport.timeoutMs);
    try {
      const response = await this.#transport.open(url, { method: 'GET', headers }, deadline);
      if (!response.ok) {
        const { error, retryAfterMs = 0 } = await this.#transport.readError(response);
        this.#retryAfterMs = Math.min(retryAfterMs, MAX_RETRY_AFTER_MS);
        throw error;
      }
      if (!/^text\/event-stream\b/i.test(response.headers.get('content-type') ?? '')) {
        throw new InvalidResponseError('the answer is not an event stream');
      }
      const parser = new Parser();
      const reader = response.body.getReader();
      deadline.restart(this.#silenceMs);
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        for (const block of parser.push(next.value)) {
          deadline.pause(); // the time that the caller takes for an event is not the gateway's silence
          deadline.check();
          yield understand(block);
        }
        deadline.restart(this.#silenceMs);
      }
    } catch (thrown) {
      throw deadline.explain(thrown);
    } finally {
      deadline.abort();
      deadline.end();
    }
  }
}

function isPassing(error) {
  if (error instanceof ConnectionError) return true;
  if (!(error instanceof APIError)) return false;
  const { status, code } = error;
  return status === undefined ? PASSING_CODES.has(code) : status >= 500 || [408, 409, 429].includes(status);
}

/** The place that a block moves us to, and its event if it has one. Throws what a `stream.end` tells. */
function understand({ id, name, data }) {
  if (name === 'stream.end' && data !== undefined) {
    throw errorOfStreamEnd(data) ?? new InvalidResponseError('the stream ended without an error of ours');
  }
  const place = /^[0-9]{1,15}$/.test(id ?? '') ? Number(id) : undefined;
  if (data === undefined) return { place };
  let event;
  try {
    event = JSON.parse(data);
  } catch {
    // Said below.
  }
  if (!isObject(event) || !Number.isSafeInteger(event.seq)) {
    throw new InvalidResponseError('the stream told something that is not an event');
  }
  return { place: place ?? event.seq, event };
}

/** Server-Sent Events: bytes in, blocks out, each `{ id?, name?, data? }`. */
class Parser {
  #decoder = new TextDecoder('utf-8', { fatal: true });
  #rest = '';
  #endedInCr = false;
  #block = {};
  #blockChars = 0;

  *push(bytes) {
    let text;
    try {
      text = this.#decoder.decode(bytes, { stream: true });
    } catch {
      throw new InvalidResponseError('the stream is not UTF-8');
    }
    if (text === '') return;
    const begin = this.#endedInCr && text.startsWith('\n') ? 1 : 0; // the rest of a line end cut in two
    this.#endedInCr = text.endsWith('\r');
    const lines = text.slice(begin).split(/\r\n|\n|\r/);
    lines[0] = this.#rest + lines[0];
    this.#rest = lines.pop();
    for (const line of lines) {
      checkLine(line);
      if (line !== '') this.#take(line);
      else if (this.#blockChars > 0) yield this.#finish();
    }
    checkLine(this.#rest);
  }

  #take(line) {
    const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
    if (!['id', 'event', 'data'].includes(field)) return;
    this.#blockChars += line.length;
    if (this.#blockChars > MAX_EVENT_CHARS)
      throw new InvalidResponseError('an event of the stream is too large');
    if (field === 'id') this.#block.id = value;
    else if (field === 'event') this.#block.name = value;
    else if (this.#block.data === undefined) this.#block.data = [value];
    else this.#block.data.push(value);
  }

  #finish() {
    const { id, name, data } = this.#block;
    this.#block = {};
    this.#blockChars = 0;
    return { id, name, data: data?.join('\n') };
  }
}

function checkLine(line) {
  if (line.length > MAX_LINE_CHARS) throw new InvalidResponseError('a line of the stream is too long');
}

module.exports = { EventStream };
