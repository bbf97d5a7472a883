import { useMemo } from 'react';
import { Link } from 'react-router';
import { Card, CardHeader } from '@/components/ui/card';
import { EmptyState, ErrorState, SkeletonRows } from '@/components/ui/states';
import { PaymentStatusPill } from '@/components/ui/status';
import { Ago } from '@/components/ui/time';
import { useAppName, useApps } from '@/lib/apps';
import { cn } from '@/lib/cn';
import type { Environment } from '@/lib/environment';
import { amount } from '@/lib/format';
import { useLiveState } from '@/lib/live';
import { type Row, useMonitor } from './monitor-state';
import { usePayments } from './queries';

export function PaymentRow({
  environment,
  row,
  className,
}: {
  environment: Environment;
  row: Row;
  className?: string;
}) {
  const appName = useAppName();
  const app = row.app_id ? `?app_id=${row.app_id}` : '';
  return (
    <Link
      to={`/${environment}/payments/${row.payment_id}${app}`}
      className={cn(
        'flex min-h-13 items-center gap-3 px-4 py-1.5 hover:bg-surface-2 focus-visible:-outline-offset-2',
        className,
      )}
    >
      <span className="min-w-0 flex-1">
        <span className="block truncate text-13 font-medium">{row.reference}</span>
        <span className="flex text-12 text-fg-2">
          {appName(row.app_id) && <span className="truncate">{appName(row.app_id)}</span>}
          <span className="shrink-0 whitespace-pre">
            {appName(row.app_id) && ', '}
            <Ago iso={row.at} />
          </span>
        </span>
      </span>
      <span className="flex shrink-0 items-center gap-2.5 max-sm:flex-col max-sm:items-end max-sm:gap-0.5">
        <span className="text-13 tabular-nums">
          {amount(row.amount)} {row.currency}
        </span>
        <PaymentStatusPill status={row.status} />
      </span>
    </Link>
  );
}

const WORDS = {
  on: 'Listening',
  connecting: 'Reconnecting…',
  paused: 'Live updates paused',
  idle: 'No app to follow',
};

/** What happens as it happens. It rests while a pointer or the focus is in it. */
export function Monitor({ environment }: { environment: Environment }) {
  const { data: seed, error, refetch, isPending } = usePayments(environment, 'monitor', 8);
  const apps = useApps(environment);
  const ids = useMemo(() => new Set(apps?.map((app) => app.app_id)), [apps]);
  const { rows, isPaused, waiting, summary, pause, resume } = useMonitor(seed, ids);
  const live = useLiveState();
  return (
    <Card className="flex min-w-0 flex-col" aria-label="Live monitor">
      <CardHeader
        title={
          <span className="flex items-center gap-2">
            <span
              aria-hidden
              className={cn('size-2 rounded-full', live === 'on' && !isPaused ? 'bg-ok' : 'bg-warn')}
            />
            Live monitor
          </span>
        }
      >
        <span className="text-12 text-fg-2">
          {isPaused ? `Paused${waiting ? `, ${waiting} new` : ''}` : WORDS[live]}
        </span>
      </CardHeader>
      <p aria-live="polite" className="sr-only">
        {summary}
      </p>
      {rows.length === 0 && error ? (
        <ErrorState error={error} retry={() => void refetch()} />
      ) : rows.length === 0 && isPending ? (
        <SkeletonRows rows={8} />
      ) : rows.length === 0 ? (
        <EmptyState title="Nothing has happened yet">Payments show up here as they are made.</EmptyState>
      ) : (
        // biome-ignore lint/a11y/noStaticElementInteractions: it rests under a pointer, as it does for the focus
        <div
          onMouseEnter={pause}
          onMouseLeave={resume}
          onFocus={pause}
          onBlur={(event) => {
            if (!event.currentTarget.contains(event.relatedTarget)) resume();
          }}
          className="max-h-[430px] min-h-0 flex-1 overflow-y-auto pb-2"
        >
          <ul>
            {rows.map((row) => (
              <li key={`${row.payment_id} ${row.change}`} className="not-first:border-t">
                <PaymentRow
                  environment={environment}
                  row={row}
                  className={cn(row.change > 0 && 'animate-tint')}
                />
              </li>
            ))}
          </ul>
        </div>
      )}
    </Card>
  );
}
