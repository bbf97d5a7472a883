'use strict';

const MAX_BACKOFF_FACTOR = 16;
const MAX_RETRY_AFTER_MS = 60_000;
const REPEATED_STATUSES = new Set([408, 429, 500, 502, 503, 504]);
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z][a-z] \d{4} \d\d:\d\d:\d\d GMT$/;

/**
 * How many milliseconds to wait before the next attempt, or undefined when there is none.
 * `attempt` (1, 2, …) ended with `status`, undefined for no answer, and the error's `code`.
 */
function retryWaitMs({ attempt, retries, status, code, retryAfterMs, backoffMs }) {
  const isRepeated =
    status === undefined ||
    REPEATED_STATUSES.has(status) ||
    (status === 409 && code === 'idempotency_key_in_use');
  if (attempt > retries || !isRepeated || retryAfterMs > MAX_RETRY_AFTER_MS) return undefined;
  return Math.max(backoffWaitMs(attempt, backoffMs), retryAfterMs ?? 0);
}

/** The wait before retry 1, 2, …: it doubles up to 16 times the first, times a factor from 0.5 to 1. */
function backoffWaitMs(retry, backoffMs) {
  return Math.min(2 ** (retry - 1), MAX_BACKOFF_FACTOR) * backoffMs * (0.5 + Math.random() / 2);
}

/** What a Retry-After comes to, or undefined when it is absent or neither digits nor a date. */
function parseRetryAfterMs(value, nowMs) {
  if (typeof value !== 'string') return undefined;
  if (/^[0-9]+$/.test(value)) return Number(value) * 1000;
  const date = HTTP_DATE.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(date - nowMs, 0);
}

/** Waits; rejects with the signal's reason as soon as it is aborted. */
function sleep(ms, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}

module.exports = { MAX_RETRY_AFTER_MS, backoffWaitMs, parseRetryAfterMs, retryWaitMs, sleep };
