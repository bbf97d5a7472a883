import { useEffect, useState } from 'react';
import { exactMoment, moment, relative, useTimeZone } from '@/lib/time';

/** Now, again every so often. */
export function useNow(everyMs = 1_000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

function Moment({ iso, children }: { iso: string; children: string }) {
  const zone = useTimeZone();
  return (
    <time dateTime={iso} title={exactMoment(iso, zone)} className="whitespace-nowrap tabular-nums">
      {children}
    </time>
  );
}

/** `23 Nov, 05:31:53` in the chosen zone; milliseconds and zone in the tooltip. */
export function Time({ iso }: { iso: string }) {
  const zone = useTimeZone();
  return <Moment iso={iso}>{moment(iso, zone)}</Moment>;
}

/** `4m ago`, kept up to date. */
export function Ago({ iso }: { iso: string }) {
  const now = useNow(5_000);
  return <Moment iso={iso}>{relative(iso, Math.max(now, Date.now()))}</Moment>;
}
