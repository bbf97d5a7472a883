// New deliveries come in at the top only when asked for: otherwise no row moves under the reader's hand.
import { useState } from 'react';
import type { Delivery } from './queries';

type Held = { key: string; rows: Delivery[]; source: Delivery[] };

/** The rows to show, each as it is now, and how many have come that are not shown. */
export function useTail(key: string, fresh: Delivery[] | undefined, isOn: boolean) {
  const [held, setHeld] = useState<Held | null>(null);
  const isOther = held?.key !== key || held.rows.length === 0;
  if (fresh && (isOn || isOther) && (held?.source !== fresh || held.key !== key)) {
    setHeld({ key, rows: fresh, source: fresh });
  }
  const latest = new Map(fresh?.map((row) => [row.delivery_id, row]));
  const shown = new Set(held?.rows.map((row) => row.delivery_id));
  const known = fresh?.findIndex((row) => shown.has(row.delivery_id)) ?? 0;
  const newCount = held?.key === key && fresh ? (known < 0 ? fresh.length : known) : 0;
  // A row that is no longer in the answer was pushed off the page by new ones, or is no match any more.
  const rows = held?.rows
    .filter((row, at, all) => !fresh || latest.has(row.delivery_id) || at >= all.length - newCount)
    .map((row) => latest.get(row.delivery_id) ?? row);
  const catchUp = () => fresh && setHeld({ key, rows: fresh, source: fresh });
  return { rows, newCount, catchUp };
}
