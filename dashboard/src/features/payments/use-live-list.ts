// Live events on the list: a payment that ended changes its row in place, a new one is counted until it is asked for.
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { type LiveEvent, useLiveEvents, useLiveState } from '@/lib/live';
import { admits, type Filters } from './filters';
import { type Payment, type PaymentPage, patchPayment } from './queries';

const TINT_MS = 1_600;

/** A pending payment as an event says that it ended. */
export const after =
  (event: LiveEvent) =>
  (payment: Payment): Payment =>
    payment.status === 'PENDING' && event.status
      ? {
          ...payment,
          status: event.status,
          completed_at: event.completed_at,
          transaction_id: event.transaction_id,
        }
      : payment;

export function useLiveList(filters: Filters, page: PaymentPage | undefined) {
  const queries = useQueryClient();
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set());
  const [tinted, setTinted] = useState<ReadonlySet<string>>(new Set());
  const timers = useRef(new Set<ReturnType<typeof setTimeout>>());
  useEffect(() => () => timers.current.forEach(clearTimeout), []);

  const tint = useCallback((paymentId: string) => {
    setTinted((before) => new Set(before).add(paymentId));
    const timer = setTimeout(() => {
      timers.current.delete(timer);
      setTinted((before) => new Set([...before].filter((id) => id !== paymentId)));
    }, TINT_MS);
    timers.current.add(timer);
  }, []);

  useLiveEvents(
    useCallback(
      (event: LiveEvent, appId: string) => {
        if (event.type === 'payment.created') {
          if (admits(filters, event, appId)) setFresh((before) => new Set(before).add(event.payment_id));
        } else if (event.type.startsWith('payment.')) {
          if (patchPayment(queries, event.payment_id, after(event))) tint(event.payment_id);
        }
      },
      [filters, queries, tint],
    ),
  );

  // What happened while live updates were paused is not told again.
  const live = useLiveState();
  const former = useRef(live);
  useEffect(() => {
    if (former.current === 'paused' && live !== 'paused')
      void queries.invalidateQueries({ queryKey: ['payment-list'] });
    former.current = live;
  }, [live, queries]);

  const forget = useCallback(() => setFresh(new Set()), []);
  // Other filters, another count.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the filters are what it follows
  useEffect(forget, [filters, forget]);

  const shown = new Set(page?.data.map((row) => row.payment_id));
  return { fresh: [...fresh].filter((id) => !shown.has(id)).length, forget, tinted };
}
