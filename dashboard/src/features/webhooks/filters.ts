// What is looked for stands in the address. `app_id` names the app of the list; above an open record it is the
// record's, and the list's is kept in `app`.
import { useMemo } from 'react';
import { useLocation, useParams, useSearchParams } from 'react-router';
import { useEnvironment } from '@/lib/environment';
import { useSearchState } from '@/lib/search-state';
import type { Delivery, Filters } from './queries';

const NAMES = [
  'status',
  'type',
  'payment_id',
  'endpoint_id',
  'range',
  'from',
  'to',
  'cursor',
  'since',
  'app',
  'app_id',
] as const;
type Name = (typeof NAMES)[number];
type Changes = Partial<Record<Name, string | null>>;

/** The filters that narrow a list down; the range always stands. */
const NARROWING = ['app', 'status', 'type', 'payment_id', 'endpoint_id'] as const;

export function useFilters() {
  const { deliveryId } = useParams();
  const [state, set] = useSearchState(NAMES);
  const { app_id, ...rest } = state;
  // What the address says may be no status: the API refuses it in words then.
  const filters = { ...rest, app: deliveryId ? state.app : app_id } as Filters;
  const change = (changes: Omit<Changes, 'app_id'>) => {
    const { app, ...others } = changes;
    if (app === undefined) return set(others);
    return set({ ...others, [deliveryId ? 'app' : 'app_id']: app, endpoint_id: others.endpoint_id ?? null });
  };
  const clear = () =>
    change({
      app: null,
      status: null,
      type: null,
      payment_id: null,
      endpoint_id: null,
      range: null,
      from: null,
      to: null,
    });
  const isNarrowed = NARROWING.some((name) => filters[name]);
  return { filters, change, clear, isNarrowed };
}

/** The addresses of records and of the list under them, each with the filters as they are. */
export function useLinks() {
  const environment = useEnvironment();
  const { deliveryId } = useParams();
  const [params] = useSearchParams();
  const { search } = useLocation();
  return useMemo(() => {
    const base = `/${environment}/webhooks`;
    const app = deliveryId ? params.get('app') : params.get('app_id');
    const rest = new URLSearchParams(search);
    for (const name of ['app', 'app_id', 'attempt', 'part']) rest.delete(name);
    const record = (row: Pick<Delivery, 'delivery_id' | 'app_id'>) => {
      const next = new URLSearchParams(rest);
      const own = row.app_id ?? app;
      if (own) next.set('app_id', own);
      if (app) next.set('app', app);
      return `${base}/${row.delivery_id}?${next}`;
    };
    const list = new URLSearchParams(rest);
    if (app) list.set('app_id', app);
    return { base, record, list: list.size > 0 ? `${base}?${list}` : base };
  }, [environment, deliveryId, params, search]);
}
