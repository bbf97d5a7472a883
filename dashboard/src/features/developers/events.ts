// The catalogue of events, as webhooks, the stream and the sockets carry them.
import { VECTOR } from './samples';

export const EVENTS: { type: string; text: string; isDefault: boolean }[] = [
  { type: 'payment.created', text: 'A payment was made and waits for its payer.', isDefault: false },
  { type: 'payment.success', text: 'The payer paid. It carries a transaction_id.', isDefault: true },
  { type: 'payment.failed', text: 'It was declined or canceled.', isDefault: true },
  { type: 'payment.expired', text: 'Its time ran out; completed_at stays null.', isDefault: true },
  { type: 'webhook.test', text: 'You sent a test. Its payment does not exist.', isDefault: false },
  {
    type: 'webhook.disabled',
    text: 'The gateway stopped sending to an endpoint that kept failing.',
    isDefault: false,
  },
];

export const FIELDS: [name: string, type: string, text: string][] = [
  ['event', 'string', 'What happened.'],
  ['type', 'string', 'The same as event, under the name that Standard Webhooks uses.'],
  ['event_id', 'string', 'The same in every attempt and delivery: skip one you have seen.'],
  ['timestamp', 'string', 'When it happened, RFC 3339.'],
  ['payment_id', 'string', 'To which payment.'],
  ['status', 'string or null', 'PENDING, SUCCESS, FAILED or EXPIRED.'],
  ['amount', 'number or null', 'Exact, at most 2 decimals.'],
  ['currency', 'string or null', 'The currency, such as COINS.'],
  ['reference_id', 'string or null', 'Your own name for the payment.'],
  ['transaction_id', 'string or null', 'Of a success.'],
  ['completed_at', 'string or null', 'When it was paid, declined or canceled.'],
  ['metadata', 'object', 'What you gave on create.'],
  ['signature', 'string', 'Of the content alone, in webhooks only. Verify a header instead.'],
];

export const sampleEvent = {
  ...(JSON.parse(VECTOR.body) as Record<string, unknown>),
  timestamp: '2026-01-26T10:35:00Z',
  type: 'payment.success',
  metadata: { order_id: '123' },
  signature: 'sha256=…',
};
