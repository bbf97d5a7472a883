// What happened to a payment, first things first; made of the payment and its deliveries where the gateway tells none.
import type { Delivery, Payment, TimelineEntry } from './queries';

const ENDS = { SUCCESS: 'Succeeded', FAILED: 'Failed', EXPIRED: 'Expired unpaid' } as const;

function endOf(payment: Payment): TimelineEntry[] {
  if (payment.status === 'PENDING') return [];
  const why = payment.failure_code ? `, code ${payment.failure_code}` : '';
  const notes = payment.notes ? `: ${payment.notes}` : '';
  return [
    {
      at: payment.completed_at ?? payment.expires_at,
      kind: `payment.${payment.status.toLowerCase()}`,
      text: `${ENDS[payment.status]}${why}${notes}`,
    },
  ];
}

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : url);

function sent(delivery: Delivery): TimelineEntry[] {
  if (delivery.attempts === 0) return [];
  return [
    {
      at: delivery.finished_at ?? delivery.created_at,
      kind: 'webhook.attempt',
      text: `Attempt ${delivery.attempts} to deliver ${delivery.type} to ${hostOf(delivery.url)}`,
      delivery_id: delivery.delivery_id,
      attempt: delivery.attempts,
      http_status: delivery.response_status,
      error: delivery.error,
    },
  ];
}

export function builtTimeline(payment: Payment, deliveries: Delivery[]): TimelineEntry[] {
  return [
    { at: payment.created_at, kind: 'payment.created', text: 'Created' },
    ...endOf(payment),
    ...deliveries.flatMap(sent),
  ].sort((a, b) => a.at.localeCompare(b.at));
}

/** What is still to come: the next attempt of each delivery, and the end of a payment that nobody pays. */
export function dueOf(payment: Payment, deliveries: Delivery[]): TimelineEntry[] {
  const attempts = deliveries.flatMap((delivery) =>
    delivery.status === 'PENDING' && delivery.next_attempt_at
      ? [
          {
            at: delivery.next_attempt_at,
            kind: 'due.attempt',
            text: `Attempt ${delivery.attempts + 1} to deliver ${delivery.type} to ${hostOf(delivery.url)}`,
            delivery_id: delivery.delivery_id,
          },
        ]
      : [],
  );
  const expiry =
    payment.status === 'PENDING'
      ? [{ at: payment.expires_at, kind: 'due.expiry', text: 'Expires if nobody pays' }]
      : [];
  return [...attempts, ...expiry].sort((a, b) => a.at.localeCompare(b.at));
}

/** What is still to come has a countdown of its own. */
export const isDueLater = ({ kind }: TimelineEntry): boolean => kind === 'retry_scheduled';

/** An entry's sentence, without what stands beside it: the moment in another zone, the answer's code. */
export function wordsOf({ kind, text }: TimelineEntry): string {
  if (kind === 'created') return 'Created';
  return (text ?? kind).replace(/ (was answered with \d+|got no answer[^.]*)\.$/, '').replace(/\.$/, '');
}

/** `timeout` of `timeout: no answer within 10 seconds`. */
export const errorWord = (error: string): string => error.split(':')[0] ?? error;
