// The payments of an environment: views, filters, the list, and beside it the record that is open.
import { useQuery } from '@tanstack/react-query';
import { Download, Plus } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Outlet, useLocation, useParams, useSearchParams } from 'react-router';
import { Button } from '@/components/ui/button';
import { PageHead } from '@/components/ui/card';
import { ErrorState } from '@/components/ui/states';
import { Pager } from '@/components/ui/table';
import { useApps } from '@/lib/apps';
import { cn } from '@/lib/cn';
import { renewFirst } from '@/lib/download';
import { useEnvironment } from '@/lib/environment';
import { count, plural } from '@/lib/format';
import { useTimeZone, zoneName } from '@/lib/time';
import { BulkBar } from './bulk-bar';
import { ColumnsMenu } from './columns-menu';
import { CreatePayment } from './create';
import { Nothing } from './empty';
import { FilterChips } from './filter-bar';
import { type ApiFilters, toApi, toSearch, useFilters } from './filters';
import { PaymentTable } from './list';
import { listQuery, type Payment, type PaymentPage } from './queries';
import { SearchBox } from './search-box';
import { useLiveList } from './use-live-list';
import { useRows } from './use-rows';
import { Views } from './views';

/** What the open record knows of the list. */
export type ListContext = { step: (by: 1 | -1) => void; position: [number, number] | null; closeTo: string };

const newerKey = (cursor: string): string => `zw_newer_${cursor}`;

/** The page that the address names, and the ways to its neighbours. */
function usePage() {
  const environment = useEnvironment();
  const { filters, change, goTo, cursor, at } = useFilters();
  // A range such as the last hour ends when its first page was asked for: later pages continue that one.
  const [epoch, setEpoch] = useState(0);
  const key = toSearch(filters);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other filters or a fresh look begin at another moment
  const now = useMemo(() => at ?? new Date().toISOString(), [at, key, epoch]);
  const api = useMemo(() => toApi(filters, environment, now), [filters, environment, now]);
  const query = useQuery(listQuery(environment, api, { key, now: filters.range ? now : null }, cursor));
  const page: PaymentPage | undefined = query.data;

  const older = () => {
    const next = page?.next_cursor;
    if (!next) return;
    // The API goes one way; the way back is remembered.
    sessionStorage.setItem(newerKey(next), cursor ?? '');
    goTo(next, filters.range ? now : null);
    scrollTo({ top: 0 });
  };
  const newer = () => {
    goTo((cursor && sessionStorage.getItem(newerKey(cursor))) || null, at ?? null);
    scrollTo({ top: 0 });
  };
  const first = () => {
    if (cursor) goTo(null, null);
    setEpoch((before) => before + 1);
    if (!filters.range) void query.refetch();
    scrollTo({ top: 0 });
  };
  return { environment, filters, change, cursor, api, query, page, older, newer, first };
}

/** Addresses of records, the list's own state kept in them. */
function useAddresses(base: string, apps: string[]) {
  const { search } = useLocation();
  const appKey = apps.join(',');
  const hrefOf = useCallback(
    (payment: Payment) => {
      const params = new URLSearchParams(search);
      if (appKey) params.set('app', appKey);
      params.delete('create');
      params.delete('app_id');
      if (payment.app_id) params.set('app_id', payment.app_id);
      return `${base}/${payment.payment_id}?${params}`;
    },
    [base, search, appKey],
  );
  const closeTo = useMemo(() => {
    const params = new URLSearchParams(search);
    params.delete('app_id');
    return params.size > 0 ? `${base}?${params}` : base;
  }, [base, search]);
  return { hrefOf, closeTo };
}

function Actions({ api, isEmpty, create }: { api: ApiFilters; isEmpty: boolean; create: () => void }) {
  return (
    <>
      {!isEmpty && (
        <Button asChild>
          <a
            href={`/api/payments/export?${new URLSearchParams(api as Record<string, string>)}`}
            download
            onClick={renewFirst}
          >
            <Download aria-hidden />
            Export CSV
          </a>
        </Button>
      )}
      <Button look="primary" onClick={create}>
        <Plus aria-hidden />
        Create payment
      </Button>
    </>
  );
}

function Total({ page }: { page: PaymentPage | undefined }) {
  if (page?.total_count == null) return null;
  return (
    <p role="status" className="ml-auto text-12 text-fg-2 tabular-nums">
      {page.total_count_capped ? `${count(page.total_count)}+ payments` : plural(page.total_count, 'payment')}
    </p>
  );
}

/** Where the drawer stands beside the list, the list makes room: 520 px, less the page's own margin. */
const BESIDE = 'xl:pr-[max(0px,calc(520px-max(0px,(100vw-1560px)/2)))]';

/** Whether the form of a new payment is open; the address says so. */
function useCreating(): [boolean, (isCreating: boolean) => void] {
  const [params, setParams] = useSearchParams();
  const set = (isCreating: boolean) =>
    setParams(
      (before) => {
        const next = new URLSearchParams(before);
        if (isCreating) next.set('create', '1');
        else next.delete('create');
        return next;
      },
      { replace: true },
    );
  return [params.has('create'), set];
}

/** Where no row can jump, a new one comes by itself. */
function useFirst(hasCome: boolean, show: () => void) {
  const latest = useRef(show);
  latest.current = show;
  useEffect(() => {
    if (hasCome) latest.current();
  }, [hasCome]);
}

export function PaymentsPage() {
  const { environment, filters, change, cursor, api, query, page, older, newer, first } = usePage();
  const { paymentId } = useParams();
  const base = `/${environment}/payments`;
  const apps = useApps(environment);
  const zone = useTimeZone();
  const { hrefOf, closeTo } = useAddresses(base, filters.apps);
  const { fresh, forget, tinted } = useLiveList(filters, page);
  const rows = useRows(page?.data, paymentId, hrefOf);
  const [isCreating, setCreating] = useCreating();
  const create = () => setCreating(true);
  const showNew = () => {
    forget();
    first();
  };
  const isEmpty = page?.data.length === 0 && !cursor;
  useFirst(isEmpty && fresh > 0, showNew);
  const index = page?.data.findIndex((row) => row.payment_id === paymentId) ?? -1;
  const context: ListContext = {
    step: rows.step,
    position: index >= 0 ? [index, page?.data.length ?? 0] : null,
    closeTo,
  };

  return (
    <div className={cn(paymentId && BESIDE)}>
      <PageHead title="Payments" note={`Times in ${zoneName(zone)}`}>
        <Actions api={api} isEmpty={isEmpty} create={create} />
      </PageHead>
      <Views base={base} current={toSearch(filters)}>
        <ColumnsMenu />
      </Views>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <SearchBox q={filters.q} apps={apps ?? []} change={change} />
        <FilterChips filters={filters} change={change} apps={apps ?? []} />
        <Total page={page} />
      </div>
      {fresh > 0 && !isEmpty && <NewPill count={fresh} show={showNew} />}
      {query.isError && !page ? (
        <ErrorState error={query.error} retry={cursor ? first : () => query.refetch()} />
      ) : isEmpty ? (
        <Nothing filters={filters} change={change} hasApps={!apps || apps.length > 0} create={create} />
      ) : (
        <PaymentTable
          selected={rows.selected}
          onSelect={rows.select}
          onSelectAll={rows.selectAll}
          payments={page?.data}
          hrefOf={hrefOf}
          openId={paymentId}
          tinted={tinted}
          isStale={query.isPlaceholderData}
        />
      )}
      {(page?.has_more || cursor) && (
        <Pager hasOlder={!!page?.has_more} hasNewer={!!cursor} onOlder={older} onNewer={newer}>
          50 to a page
        </Pager>
      )}
      <BulkBar payments={rows.chosen} hrefOf={hrefOf} clear={rows.clear} />
      <span role="status" className="sr-only">
        {rows.copied ? `Copied ${rows.copied}` : ''}
      </span>
      {isCreating && (
        <CreatePayment apps={apps} close={() => setCreating(false)} created={showNew} hrefOf={hrefOf} />
      )}
      <Outlet context={context} />
    </div>
  );
}

function NewPill({ count: fresh, show }: { count: number; show: () => void }) {
  return (
    <div className="sticky top-[85px] z-20 flex h-0 justify-center">
      <button
        type="button"
        onClick={show}
        className="mt-1 flex h-7 animate-enter items-center rounded-full bg-brand px-3 text-12 font-medium text-brand-fg tabular-nums shadow-2 hover:bg-brand-hover pointer-coarse:h-11"
      >
        {plural(fresh, 'new payment')}
      </button>
    </div>
  );
}
