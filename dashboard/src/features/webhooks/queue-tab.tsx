import { useInfiniteQuery } from '@tanstack/react-query';
import { RotateCw, X } from 'lucide-react';
import { Link, Outlet, useParams } from 'react-router';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { EmptyState, ErrorState, SkeletonRows } from '@/components/ui/states';
import { CodePill, DeliveryStatusPill } from '@/components/ui/status';
import { Table, Td, Th } from '@/components/ui/table';
import { Ago } from '@/components/ui/time';
import { type App, useAppName } from '@/lib/apps';
import { cn } from '@/lib/cn';
import { useEnvironment } from '@/lib/environment';
import { hostOf, plural } from '@/lib/format';
import { AppSelect } from './app-select';
import { Countdown } from './countdown';
import { useFilters, useLinks } from './filters';
import { type Delivery, queueQuery, useSchedule } from './queries';
import { useResend } from './resend';
import { outcome, scheduleWords } from './words';

const lower = (words: string): string => words.charAt(0).toLowerCase() + words.slice(1);

function Actions({ row, sending }: { row: Delivery; sending: ReturnType<typeof useResend> }) {
  const { app_id } = row;
  if (!app_id) return null;
  const name = `${row.type} to ${hostOf(row.url)}`;
  return (
    <div className="relative z-1 flex justify-end gap-1">
      <Button
        size="small"
        aria-label={`Retry now: ${name}`}
        disabled={sending.isBusy}
        onClick={() => sending.resend({ ...row, app_id })}
      >
        <RotateCw aria-hidden />
        Retry now
      </Button>
      <Button
        size="small"
        look="ghost"
        aria-label={`Cancel: ${name}`}
        disabled={sending.isBusy}
        onClick={() => sending.cancel({ ...row, app_id })}
      >
        <X aria-hidden />
        <span className="@max-2xl:sr-only">Cancel</span>
      </Button>
    </div>
  );
}

function Row({
  row,
  delays,
  sending,
}: {
  row: Delivery;
  delays: number[];
  sending: ReturnType<typeof useResend>;
}) {
  const { deliveryId } = useParams();
  const { record } = useLinks();
  const appName = useAppName();
  const code = outcome(row);
  const to = `${appName(row.app_id)} → ${hostOf(row.url)}`;
  const waitS = row.attempts > 0 ? (delays[row.attempts - 1] ?? delays.at(-1)) : undefined;
  return (
    <tr
      className={cn(
        'relative hover:bg-surface-2',
        row.delivery_id === deliveryId && 'bg-brand-soft hover:bg-brand-soft',
      )}
    >
      <Td className="max-w-0 @2xl:max-w-none">
        <Link
          to={record(row)}
          className="block truncate font-medium after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-brand"
        >
          {row.type}
        </Link>
        <span className="block truncate text-12 text-fg-3 @2xl:hidden">{to}</span>
        <span className="block text-12 text-fg-2 @2xl:hidden">
          <Countdown row={row} waitS={waitS} />
        </span>
      </Td>
      <Td className="hidden max-w-46 truncate @3xl:max-w-64 text-fg-2 @2xl:table-cell" title={row.url}>
        {to}
      </Td>
      <Td className="hidden w-34 @3xl:table-cell">
        <DeliveryStatusPill status={row.status} attempts={row.attempts} />
      </Td>
      <Td className="hidden whitespace-nowrap @4xl:table-cell">
        <span className="tabular-nums">
          {row.attempts} of {delays.length + 1}
        </span>{' '}
        {code !== null && <CodePill code={code} />}
      </Td>
      <Td className="hidden w-32 @2xl:table-cell">
        <Countdown row={row} waitS={waitS} />
      </Td>
      <Td className="hidden text-fg-2 @5xl:table-cell">
        <Ago iso={row.created_at} />
      </Td>
      <Td className="w-0">
        <Actions row={row} sending={sending} />
      </Td>
    </tr>
  );
}

function QueueTable({
  rows,
  delays,
  sending,
}: {
  rows: Delivery[];
  delays: number[];
  sending: ReturnType<typeof useResend>;
}) {
  return (
    <Table aria-label="Retry queue">
      <thead>
        <tr>
          <Th>Event type</Th>
          <Th className="hidden @2xl:table-cell">App → host</Th>
          <Th className="hidden @3xl:table-cell">Status</Th>
          <Th className="hidden @4xl:table-cell">Attempts</Th>
          <Th className="hidden @2xl:table-cell">Next run</Th>
          <Th className="hidden @5xl:table-cell">Created</Th>
          <Th>
            <span className="sr-only">Actions</span>
          </Th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.delivery_id} row={row} delays={delays} sending={sending} />
        ))}
      </tbody>
    </Table>
  );
}

/** What waits for its next attempt, and when that is. */
export function QueueTab({ apps }: { apps: App[] }) {
  const environment = useEnvironment();
  const { deliveryId } = useParams();
  const { filters, change } = useFilters();
  const { delays } = useSchedule();
  const queue = useInfiniteQuery(queueQuery(environment, filters.app));
  const sending = useResend();
  const rows = queue.data?.pages
    .flatMap((page) => page.data)
    .map((row): Delivery => (filters.app ? { app_id: filters.app, ...row } : row));
  const total = queue.data?.pages[0]?.total_count;
  return (
    <div className={cn('@container', deliveryId && 'xl:pr-[520px]')}>
      <div className="mb-3 flex flex-wrap items-end justify-between gap-3">
        <AppSelect
          apps={apps}
          value={filters.app ?? ''}
          all="All apps"
          className="w-48 max-sm:w-full"
          onChange={(app) => change({ app: app || null })}
        />
        <p className="text-12 text-fg-3">
          {total != null && total > 0 && `${plural(total, 'delivery waits', 'deliveries wait')}. `}
          Attempts: {lower(scheduleWords(delays))}
        </p>
      </div>
      <div className="mb-3 empty:hidden">{sending.view}</div>
      {rows && rows.length > 0 ? (
        <QueueTable rows={rows} delays={delays} sending={sending} />
      ) : (
        <Card>
          {rows ? (
            <EmptyState title="Nothing waits">
              Every delivery has arrived, has failed for good or was canceled. What fails next waits here for
              its next attempt.
            </EmptyState>
          ) : queue.error ? (
            <ErrorState error={queue.error} retry={() => void queue.refetch()} />
          ) : (
            <SkeletonRows rows={5} />
          )}
        </Card>
      )}
      {queue.hasNextPage && (
        <div className="mt-3 flex justify-center">
          <Button isBusy={queue.isFetchingNextPage} onClick={() => void queue.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
      <Outlet context={rows ?? []} />
    </div>
  );
}
