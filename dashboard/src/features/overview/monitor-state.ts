// What the live monitor shows: the newest on top, each payment once, and nothing moves under a pointer.
import { useCallback, useEffect, useRef, useState } from 'react';
import { type LiveEvent, useLiveEvents } from '@/lib/live';
import type { Payment } from './queries';

export type Row = {
  payment_id: string;
  app_id: string | null | undefined;
  reference: string;
  amount: number;
  currency: string;
  status: Payment['status'];
  at: string;
  /** Counts up with every change, so that the row is tinted again. */
  change: number;
};

export const ROWS_MAX = 20;
const SUMMARY_MS = 10_000;

export const rowOf = (payment: Payment): Row => ({
  payment_id: payment.payment_id,
  app_id: payment.app_id,
  reference: payment.reference_id ?? payment.payment_id,
  amount: payment.amount,
  currency: payment.currency,
  status: payment.status,
  at: payment.completed_at ?? payment.created_at,
  change: 0,
});

/** The rows after an event: its payment on top in its new state. */
export function heard(rows: Row[], event: LiveEvent, appId: string): Row[] {
  if (!event.status || event.amount === null || event.currency === null) return rows;
  const before = rows.find((row) => row.payment_id === event.payment_id);
  const row: Row = {
    payment_id: event.payment_id,
    app_id: appId,
    reference: event.reference_id ?? event.payment_id,
    amount: event.amount,
    currency: event.currency,
    status: event.status,
    at: event.timestamp,
    change: (before?.change ?? 0) + 1,
  };
  return [row, ...rows.filter((each) => each !== before)].slice(0, ROWS_MAX);
}

/** Says at most every ten seconds how many payments changed. */
function useSummary(): [string, () => void] {
  const [summary, setSummary] = useState('');
  const changes = useRef(0);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const note = useCallback(() => {
    changes.current += 1;
    timer.current ??= setTimeout(() => {
      setSummary(changes.current === 1 ? 'One payment changed' : `${changes.current} payments changed`);
      changes.current = 0;
      timer.current = undefined;
    }, SUMMARY_MS);
  }, []);
  return [summary, note];
}

export function useMonitor(seed: Payment[] | undefined, appIds: Set<string>) {
  const [rows, setRows] = useState<Row[]>([]);
  const [waiting, setWaiting] = useState<[LiveEvent, string][]>([]);
  const [isPaused, setPaused] = useState(false);
  const [summary, note] = useSummary();
  // A reconnect seeds again: what was heard since stays on top.
  useEffect(() => {
    if (!seed) return;
    setRows((before) => {
      const known = new Set(before.map((row) => row.payment_id));
      return [...before, ...seed.map(rowOf).filter((row) => !known.has(row.payment_id))].slice(0, ROWS_MAX);
    });
  }, [seed]);
  useLiveEvents(
    useCallback(
      (event: LiveEvent, appId: string) => {
        if (!event.status || !appIds.has(appId)) return;
        note();
        if (isPaused) setWaiting((before) => [...before, [event, appId] as [LiveEvent, string]].slice(-200));
        else setRows((before) => heard(before, event, appId));
      },
      [isPaused, appIds, note],
    ),
  );
  const pause = useCallback(() => setPaused(true), []);
  const resume = useCallback(() => {
    setPaused(false);
    setWaiting([]);
    setRows((before) => waiting.reduce((all, [event, appId]) => heard(all, event, appId), before));
  }, [waiting]);
  return { rows, isPaused, waiting: waiting.length, summary, pause, resume };
}
