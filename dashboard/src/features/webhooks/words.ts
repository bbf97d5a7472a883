// What the gateway's words mean to a person.
import type { Schemas } from '@/lib/api';

export type EventName = Schemas['EventName'];
export type Cause = Schemas['DeliveryCause'];

export const EVENTS: EventName[] = [
  'payment.success',
  'payment.failed',
  'payment.expired',
  'payment.created',
  'webhook.disabled',
  'webhook.test',
];
/** What an endpoint can ask for; a test goes only where it is sent. */
export const ENDPOINT_EVENTS = EVENTS.filter((name) => name !== 'webhook.test');
export const DEFAULT_EVENTS: EventName[] = ['payment.success', 'payment.failed', 'payment.expired'];

const ERRORS: Record<string, string> = {
  dns_failed: 'dns',
  connect_failed: 'refused',
  tls_failed: 'tls',
  timed_out: 'timeout',
  connection_lost: 'lost',
  answer_invalid: 'not HTTP',
  url_forbidden: 'forbidden',
  endpoint_disabled: 'disabled',
  canceled: 'canceled',
};

/** The one word of an error: `timed_out: no answer …` is `timeout`. */
export function errorWord(error: string): string {
  const code = error.split(':', 1)[0]?.trim() ?? '';
  return ERRORS[code] ?? (/^[a-z_]+$/.test(code) ? code.replaceAll('_', ' ') : 'error');
}

/** What an error says behind its word. */
export function errorText(error: string): string {
  const at = error.indexOf(':');
  const text = at < 0 ? error.replaceAll('_', ' ') : error.slice(at + 1).trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What came of the last attempt: a status, a word, or nothing yet. */
export function outcome(of: {
  response_status: number | null;
  error: string | null;
}): number | string | null {
  return of.response_status ?? (of.error ? errorWord(of.error) : null);
}

const CAUSES: Record<Cause, string> = {
  event: 'The event itself',
  retry: 'Sent again by hand',
  replay: 'Replay of what had failed',
  test: 'Test',
};
export const causeWords = (cause: Cause): string => CAUSES[cause];

export const DEFAULT_DELAYS_S = [5, 30, 300];

/** `5 s`, `5 min`, `2 h`. */
export function step(seconds: number): string {
  if (seconds >= 3_600 && seconds % 3_600 === 0) return `${seconds / 3_600} h`;
  if (seconds >= 60 && seconds % 60 === 0) return `${seconds / 60} min`;
  return `${seconds} s`;
}

/** When attempts are made: `Now, then +5 s, +30 s and +5 min after the failure before.` */
export function scheduleWords(delays: number[]): string {
  if (delays.length === 0) return 'Once, at once. A failure is final.';
  const steps = delays.map((delay) => `+${step(delay)}`);
  const last = steps.pop();
  return `Now, then ${steps.length > 0 ? `${steps.join(', ')} and ${last}` : last} after the failure before.`;
}
