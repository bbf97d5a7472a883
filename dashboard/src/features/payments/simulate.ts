// Ends a payment by hand. The screen shows the end at once and takes it back where the gateway refuses.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, data, type Schemas } from '@/lib/api';
import { clock } from '@/lib/time';
import { type Payment, patchPayment } from './queries';

export type End = { act: 'SUCCESS' | 'FAILED' | 'CANCEL'; notes?: string; failureCode?: string };

/** The payment had ended already, otherwise than it was asked to. */
export class EndedBefore extends Error {
  readonly payment: Payment;
  constructor(payment: Payment, zone: string) {
    const since = payment.completed_at ?? payment.expires_at;
    super(
      `This payment is already ${payment.status} since ${clockOf(since, zone)}. An end is final: nothing was changed.`,
    );
    this.name = 'EndedBefore';
    this.payment = payment;
  }
}

function clockOf(iso: string, zone: string): string {
  const seconds = new Intl.DateTimeFormat('en-GB', { timeZone: zone, second: '2-digit' }).format(
    new Date(iso),
  );
  return `${clock(iso, zone)}:${seconds.padStart(2, '0')}`;
}

const ended = (payment: Payment, { act, notes, failureCode }: End): Payment => ({
  ...payment,
  status: act === 'SUCCESS' ? 'SUCCESS' : 'FAILED',
  completed_at: new Date().toISOString(),
  notes: notes ?? null,
  failure_code: act === 'CANCEL' ? 'canceled' : act === 'FAILED' ? (failureCode ?? null) : null,
});

async function send(payment: Payment, end: End, zone: string): Promise<Payment> {
  const params = {
    path: { payment_id: payment.payment_id },
    query: { app_id: payment.app_id ?? undefined },
  };
  const answer = await (end.act === 'CANCEL'
    ? api.POST('/api/payments/{payment_id}/cancel', { params })
    : api.POST('/api/payments/{payment_id}/complete', {
        params,
        body: {
          status: end.act,
          ...(end.notes && { notes: end.notes }),
          ...(end.act === 'FAILED' && end.failureCode && { failure_code: end.failureCode }),
        },
      }));
  const refusal = answer.error as { error?: Schemas['ErrorObject'] } | undefined;
  if (answer.response.status === 409 && refusal?.error?.payment)
    throw new EndedBefore({ ...refusal.error.payment, app_id: payment.app_id }, zone);
  return { ...(await data(Promise.resolve(answer))), app_id: payment.app_id };
}

export function useEnd(payment: Payment, zone: string) {
  const queries = useQueryClient();
  const put = (next: Payment) => patchPayment(queries, next.payment_id, () => next);
  return useMutation({
    mutationFn: (end: End) => send(payment, end, zone),
    onMutate: (end) => {
      put(ended(payment, end));
      return payment;
    },
    onSuccess: put,
    // Back to what it was, or to what the gateway says it is.
    onError: (error, _end, before) => put(error instanceof EndedBefore ? error.payment : (before ?? payment)),
    onSettled: () =>
      queries.invalidateQueries({
        predicate: ({ queryKey }) => ['timeline', 'deliveries', 'analytics'].includes(String(queryKey[0])),
      }),
  });
}
