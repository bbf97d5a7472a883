import { useNow } from '@/components/ui/time';
import { duration } from '@/lib/format';
import { exactMoment, useTimeZone } from '@/lib/time';
import type { Delivery } from './queries';

const RADIUS = 7;
const ROUND = 2 * Math.PI * RADIUS;

/** How much of a wait is left, as a ring that empties. */
function Ring({ left }: { left: number }) {
  return (
    <svg aria-hidden viewBox="0 0 18 18" className="size-4.5 shrink-0 -rotate-90 motion-reduce:hidden">
      <circle cx="9" cy="9" r={RADIUS} fill="none" strokeWidth="2.5" className="stroke-surface-3" />
      <circle
        cx="9"
        cy="9"
        r={RADIUS}
        fill="none"
        strokeWidth="2.5"
        strokeLinecap="round"
        strokeDasharray={ROUND}
        strokeDashoffset={ROUND * (1 - left)}
        className="stroke-warn"
      />
    </svg>
  );
}

/** When a delivery is tried next, counted down; a ring shows what is left of the wait where its length is given. */
export function Countdown({ row, waitS }: { row: Delivery; waitS?: number | undefined }) {
  const now = useNow(500);
  const zone = useTimeZone();
  if (row.status !== 'PENDING' || !row.next_attempt_at) return <span className="text-fg-3">–</span>;
  // Before the first attempt the time is that of the node's lease, not of the attempt.
  const left = row.attempts === 0 ? 0 : (Date.parse(row.next_attempt_at) - now) / 1_000;
  return (
    <span
      className="inline-flex items-center gap-2 align-middle whitespace-nowrap tabular-nums"
      title={exactMoment(row.next_attempt_at, zone)}
    >
      {waitS !== undefined && <Ring left={Math.min(1, Math.max(0, left / waitS))} />}
      {left > 0.5 ? `in ${duration(left)}` : 'now'}
    </span>
  );
}
