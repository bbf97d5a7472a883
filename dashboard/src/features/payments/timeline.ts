// What happened to a payment is told by the gateway; what is still to come is known from the payment and its deliveries.
import { hostOf } from '@/lib/format';
import type { Delivery, Payment, TimelineEntry } from './queries';

export type DueEntry = Pick<TimelineEntry, 'at' | 'kind' | 'text'> & { delivery_id?: string };

/** What is still to come: the next attempt of each delivery, and the end of a payment that nobody pays. */
export function dueOf(payment: Payment, deliveries: Delivery[]): DueEntry[] {
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
