import { RotateCw } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { Link, useParams } from 'react-router';
import { Button } from '@/components/ui/button';
import { CodePill, DeliveryStatusPill } from '@/components/ui/status';
import { Table, Td, Th } from '@/components/ui/table';
import { Time } from '@/components/ui/time';
import { useAppName } from '@/lib/apps';
import { cn } from '@/lib/cn';
import { hostOf } from '@/lib/format';
import { useKeys } from '@/lib/keys';
import { day, useTimeZone } from '@/lib/time';
import { Countdown } from './countdown';
import { useLinks } from './filters';
import type { Delivery } from './queries';
import type { Sendable } from './resend';
import { outcome } from './words';

/** The rows of each day, in the zone that the times are shown in. */
function byDay(rows: Delivery[], zone: string): { name: string; rows: Delivery[] }[] {
  const groups: { name: string; rows: Delivery[] }[] = [];
  for (const row of rows) {
    const name = day(row.created_at, zone);
    const last = groups.at(-1);
    if (last?.name === name) last.rows.push(row);
    else groups.push({ name, rows: [row] });
  }
  return groups;
}

/** `j` and `k` move between rows, `r` sends the row again; Enter follows the link that has the focus. */
function useRowKeys(rows: Delivery[], resend: (row: Sendable) => void) {
  const body = useRef<HTMLTableElement>(null);
  const { deliveryId } = useParams();
  const keys = useMemo(() => {
    const links = () => [...(body.current?.querySelectorAll<HTMLElement>('a[data-row]') ?? [])];
    const at = () => links().findIndex((link) => link.closest('tr')?.contains(document.activeElement));
    const move = (by: number) =>
      links()
        .at(Math.min(links().length - 1, Math.max(0, at() + by)))
        ?.focus();
    const send = () => {
      const row = rows[at()];
      if (row?.app_id) resend({ ...row, app_id: row.app_id });
    };
    return { j: () => move(1), k: () => move(-1), ...(deliveryId ? {} : { r: send }) };
  }, [rows, resend, deliveryId]);
  useKeys(keys);
  return body;
}

function Row({ row, isNew, resend }: { row: Delivery; isNew: boolean; resend: (row: Sendable) => void }) {
  const { deliveryId } = useParams();
  const { record } = useLinks();
  const appName = useAppName();
  const code = outcome(row);
  const to = `${appName(row.app_id)} → ${hostOf(row.url)}`;
  return (
    <tr
      className={cn(
        'group relative hover:bg-surface-2',
        row.delivery_id === deliveryId && 'bg-brand-soft hover:bg-brand-soft',
        isNew && 'animate-tint',
      )}
    >
      <Td className="max-w-0 @2xl:max-w-none">
        <Link
          data-row
          to={record(row)}
          className="block truncate font-medium after:absolute after:inset-0 visited:text-fg-2 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-brand"
        >
          {row.type}
        </Link>
        <span className="block truncate text-12 text-fg-3 @2xl:hidden">{to}</span>
      </Td>
      <Td className="hidden max-w-46 truncate @3xl:max-w-64 text-fg-2 @2xl:table-cell" title={row.url}>
        {to}
      </Td>
      <Td className="w-34 @max-2xl:text-right">
        <DeliveryStatusPill status={row.status} attempts={row.attempts} />
        <span className="mt-0.5 block text-12 text-fg-3 @2xl:hidden">
          {row.status === 'PENDING' ? <Countdown row={row} /> : <Time iso={row.created_at} />}
        </span>
      </Td>
      <Td className="hidden @2xl:table-cell">
        {code !== null && row.status !== 'CANCELED' ? (
          <CodePill code={code} />
        ) : (
          <span className="text-fg-3">–</span>
        )}
      </Td>
      <Td className="hidden text-right tabular-nums @4xl:table-cell">{row.attempts}</Td>
      <Td className="hidden @4xl:table-cell">
        <Countdown row={row} />
      </Td>
      <Td className="hidden text-fg-2 @2xl:table-cell">
        <Time iso={row.created_at} />
      </Td>
      <Td className="hidden w-10 @4xl:table-cell">
        {row.app_id && (
          <Button
            look="ghost"
            size="icon"
            aria-label={`${row.status === 'PENDING' ? 'Retry now' : 'Resend'}: ${row.type} to ${hostOf(row.url)}`}
            title={row.status === 'PENDING' ? 'Retry now' : 'Resend'}
            className="relative z-1 size-7 opacity-0 group-hover:opacity-100 focus-visible:opacity-100 pointer-coarse:opacity-100"
            onClick={() => row.app_id && resend({ ...row, app_id: row.app_id })}
          >
            <RotateCw aria-hidden />
          </Button>
        )}
      </Td>
    </tr>
  );
}

export function DeliveryTable({
  rows,
  resend,
  isOld,
}: {
  rows: Delivery[];
  resend: (row: Sendable) => void;
  isOld: boolean;
}) {
  const zone = useTimeZone();
  const body = useRowKeys(rows, resend);
  const [openedAt] = useState(() => Date.now());
  const wide = 'hidden @4xl:table-cell';
  const middle = 'hidden @2xl:table-cell';
  return (
    <Table ref={body} aria-label="Deliveries" aria-busy={isOld} className={cn(isOld && 'opacity-60')}>
      <thead>
        <tr>
          <Th>Event type</Th>
          <Th className={middle}>App → host</Th>
          <Th className="@max-2xl:text-right">Status</Th>
          <Th className={middle}>Code</Th>
          <Th className={cn(wide, 'text-right')}>Attempts</Th>
          <Th className={wide}>Next attempt</Th>
          <Th className={middle}>Time</Th>
          <Th className={wide}>
            <span className="sr-only">Actions</span>
          </Th>
        </tr>
      </thead>
      {byDay(rows, zone).map((group) => (
        <tbody key={group.name}>
          <tr>
            <th
              scope="rowgroup"
              colSpan={8}
              className="border-t bg-bg px-4 py-1 text-left text-12 font-medium text-fg-2"
            >
              {group.name}
            </th>
          </tr>
          {group.rows.map((row) => (
            <Row
              key={row.delivery_id}
              row={row}
              isNew={Date.parse(row.created_at) > openedAt}
              resend={resend}
            />
          ))}
        </tbody>
      ))}
    </Table>
  );
}
