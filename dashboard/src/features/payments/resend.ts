// Sends again what receivers did not take.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, data } from '@/lib/api';
import type { Delivery, Payment } from './queries';

/** Has a delivery made anew. */
export const retryDelivery = (appId: string, deliveryId: string) =>
  data(
    api.POST('/api/webhooks/deliveries/{delivery_id}/retry', {
      params: { path: { delivery_id: deliveryId }, query: { app_id: appId } },
    }),
  );

async function failedOf(payment: Payment): Promise<Delivery[]> {
  const list = await data(
    api.GET('/api/webhooks/deliveries', {
      params: {
        query: {
          app_id: payment.app_id ?? undefined,
          payment_id: payment.payment_id,
          status: 'FAILED',
          limit: 100,
        },
      },
    }),
  );
  return list.data;
}

export type Outcome = { done: number; of: number; resent: number; refused: number; reason?: string };

/** Resends the failed webhooks of payments one by one, and tells how far it is. */
export function useResend() {
  const queries = useQueryClient();
  const [outcome, setOutcome] = useState<Outcome>();
  const { mutate, isPending } = useMutation({
    mutationFn: async (payments: Payment[]) => {
      const told: Outcome = { done: 0, of: payments.length, resent: 0, refused: 0 };
      setOutcome({ ...told });
      for (const payment of payments) {
        try {
          for (const delivery of await failedOf(payment)) {
            await retryDelivery(payment.app_id ?? '', delivery.delivery_id);
            told.resent += 1;
          }
        } catch (error) {
          told.refused += 1;
          told.reason = error instanceof Error ? error.message : undefined;
        }
        told.done += 1;
        setOutcome({ ...told });
      }
    },
    onSettled: () =>
      queries.invalidateQueries({
        predicate: ({ queryKey }) => ['deliveries', 'timeline', 'queue'].includes(String(queryKey[0])),
      }),
  });
  return { resend: mutate, isBusy: isPending, outcome, forget: () => setOutcome(undefined) };
}
