import { useQuery } from '@tanstack/react-query';
import { RotateCcw } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { Outlet, useParams } from 'react-router';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { ErrorState, SkeletonRows } from '@/components/ui/states';
import { Pager } from '@/components/ui/table';
import type { App } from '@/lib/apps';
import { cn } from '@/lib/cn';
import { useEnvironment } from '@/lib/environment';
import { plural } from '@/lib/format';
import { useSearchState } from '@/lib/search-state';
import { DeliveryFilters } from './delivery-filters';
import { DeliveryTable } from './delivery-table';
import { useFilters } from './filters';
import { NoDeliveries } from './no-deliveries';
import { type Delivery, deliveriesQuery } from './queries';
import { ReplayDialog } from './replay-dialog';
import { useResend } from './resend';
import { useTail } from './tail';

/** The pages that were left behind, to go back by; after a reload the way leads to the first one. */
function usePages(change: (changes: { cursor: string | null; since?: string | null }) => void) {
  const trail = useRef<string[]>([]);
  const older = (here: string | undefined, cursor: string, since: string) => {
    trail.current.push(here ?? '');
    change({ cursor, since });
  };
  const newer = () => {
    const cursor = trail.current.pop();
    change(cursor ? { cursor } : { cursor: null, since: null });
  };
  return { older, newer };
}

function useDeliveries() {
  const environment = useEnvironment();
  const found = useFilters();
  const { filters } = found;
  const list = useQuery(deliveriesQuery(environment, filters));
  const [{ tail }, setTail] = useSearchState(['tail', 'cursor'] as const);
  const isTail = tail === 'on';
  const key = JSON.stringify(filters);
  const fresh = list.isPlaceholderData ? undefined : list.data?.data;
  const held = useTail(key, fresh, isTail);
  // A row of one app's list may not say whose it is.
  const rows = useMemo(
    () => held.rows?.map((row): Delivery => (filters.app ? { app_id: filters.app, ...row } : row)),
    [held.rows, filters.app],
  );
  return { ...found, list, rows, held, isTail, setTail };
}

function Bar({ at, onReplay }: { at: ReturnType<typeof useDeliveries>; onReplay: () => void }) {
  const { held, isTail, setTail, rows } = at;
  return (
    <div className="mb-3 flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
      <div className="flex min-h-8 flex-wrap items-center gap-x-4 gap-y-2 text-13">
        <label className="flex min-h-6 cursor-pointer items-center gap-2 pointer-coarse:min-h-11">
          <input
            type="checkbox"
            role="switch"
            aria-checked={isTail}
            checked={isTail}
            onChange={(event) => setTail({ tail: event.target.checked ? 'on' : null, cursor: null })}
            className="size-4 accent-(--brand)"
          />
          Tail
          <span className="text-fg-3 max-sm:sr-only">new ones come in at the top</span>
        </label>
        <span role="status">
          {held.newCount > 0 && !isTail && (
            <button
              type="button"
              onClick={held.catchUp}
              className="h-7 rounded-full bg-brand-soft px-3 text-12 font-medium text-brand hover:underline pointer-coarse:h-11"
            >
              {held.newCount >= 50 ? '50+ new' : `${held.newCount} new`}
            </button>
          )}
        </span>
      </div>
      <div className="flex items-center gap-3">
        {rows && (
          <span className="text-12 text-fg-3 max-sm:hidden">
            {plural(rows.length, 'delivery', 'deliveries')} on this page
          </span>
        )}
        <Button onClick={onReplay}>
          <RotateCcw aria-hidden />
          Recover failed
        </Button>
      </div>
    </div>
  );
}

/** Every delivery of the range, newest first. */
export function DeliveriesTab({ apps }: { apps: App[] }) {
  const { deliveryId } = useParams();
  const at = useDeliveries();
  const { filters, change, list, rows } = at;
  const pages = usePages(change);
  const sending = useResend();
  const [isReplaying, setReplaying] = useState(false);
  const page = list.data;
  return (
    <div className={cn('@container', deliveryId && 'xl:pr-[520px]')}>
      <DeliveryFilters apps={apps} {...at} />
      <Bar at={at} onReplay={() => setReplaying(true)} />
      <div className="mb-3 empty:hidden">{sending.view}</div>
      {list.error && !rows ? (
        <Card>
          <ErrorState error={list.error} retry={() => void list.refetch()} />
        </Card>
      ) : !rows ? (
        <Card>
          <SkeletonRows />
        </Card>
      ) : rows.length === 0 && !list.isPlaceholderData ? (
        <NoDeliveries apps={apps} {...at} />
      ) : (
        <DeliveryTable rows={rows} resend={sending.resend} isOld={list.isPlaceholderData} />
      )}
      {page && rows && (page.has_more || filters.cursor) && (
        <Pager
          hasOlder={page.has_more && !list.isPlaceholderData}
          hasNewer={!!filters.cursor}
          onOlder={() => page.next_cursor && pages.older(filters.cursor, page.next_cursor, page.since)}
          onNewer={pages.newer}
        >
          Newest first, 50 a page
        </Pager>
      )}
      {isReplaying && <ReplayDialog apps={apps} filters={filters} close={() => setReplaying(false)} />}
      <Outlet context={rows ?? []} />
    </div>
  );
}
