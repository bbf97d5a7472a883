// What the webhooks pages read and change. A session names the app of whatever it asks for.
import {
  infiniteQueryOptions,
  keepPreviousData,
  queryOptions,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { api, data, type Schemas } from '@/lib/api';
import type { Environment } from '@/lib/environment';
import { useIsAdmin } from '@/lib/session';
import { type Span, spanOf } from './range';
import { DEFAULT_DELAYS_S } from './words';

export type Delivery = Schemas['DeliveryObject'];
export type DeliveryDetail = Schemas['DeliveryDetail'];
export type Attempt = Schemas['AttemptObject'];
export type Endpoint = Schemas['EndpointObject'];
export type EventObject = Schemas['EventObject'];
export type InboxMessage = {
  object: 'inbox_message';
  message_id: string;
  received_at: string;
  headers: Record<string, string> | null;
  body: string;
  is_signature_valid: boolean | null;
  event_type: string | null;
  payment_id: string | null;
};

export type Filters = {
  app?: string;
  status?: Schemas['DeliveryStatus'];
  type?: Schemas['EventName'];
  payment_id?: string;
  endpoint_id?: string;
  range?: string;
  from?: string;
  to?: string;
  cursor?: string;
  /** Where the range began when the first page was read: a cursor belongs to its filters. */
  since?: string;
};

const PAGE = 50;
const whose = (environment: Environment, app: string | undefined) =>
  app ? { app_id: app } : { environment };
const of = (app_id: string) => ({ query: { app_id } });

/** Soon enough to see what becomes of those that wait; null while none does. */
export function nextLook(rows: Delivery[] | undefined): number | false {
  const due = (rows ?? []).flatMap((row) => {
    if (row.status !== 'PENDING') return [];
    return row.attempts > 0 && row.next_attempt_at ? Date.parse(row.next_attempt_at) : 0;
  });
  if (due.length === 0) return false;
  return Math.min(5_000, Math.max(1_000, Math.min(...due) - Date.now() + 400));
}

export function deliveriesQuery(environment: Environment, filters: Filters) {
  return queryOptions({
    queryKey: ['deliveries', environment, filters],
    queryFn: async ({ signal }) => {
      const { app, status, type, payment_id, endpoint_id, range, from, to, cursor, since } = filters;
      const span: Span = spanOf(range, from, to);
      if (cursor && since) span.created_after = since;
      const query = {
        ...whose(environment, app),
        status,
        type,
        payment_id,
        endpoint_id,
        ...span,
        cursor,
        limit: PAGE,
      };
      const page = await data(api.GET('/api/webhooks/deliveries', { params: { query }, signal }));
      return { ...page, data: page.data, since: span.created_after };
    },
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => nextLook(state.data?.data),
  });
}

export const deliveryQuery = (appId: string, deliveryId: string) =>
  queryOptions({
    queryKey: ['deliveries', 'one', appId, deliveryId],
    queryFn: async ({ signal }) => {
      const params = { path: { delivery_id: deliveryId }, ...of(appId) };
      return (await data(
        api.GET('/api/webhooks/deliveries/{delivery_id}', { params, signal }),
      )) as DeliveryDetail;
    },
    refetchInterval: ({ state }) => (state.data?.status === 'PENDING' ? 1_500 : false),
  });

/** The app of a delivery, where the address does not say it. */
export const appOfQuery = (environment: Environment, deliveryId: string) =>
  queryOptions({
    queryKey: ['deliveries', 'app-of', environment, deliveryId],
    queryFn: async () => {
      const found = await data(api.GET('/api/search', { params: { query: { q: deliveryId, environment } } }));
      return found.data.find((hit) => hit.id === deliveryId)?.app_id ?? null;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });

/** An event never changes. */
export const eventQuery = (appId: string, eventId: string) =>
  queryOptions({
    queryKey: ['event', appId, eventId],
    queryFn: ({ signal }) =>
      data(
        api.GET('/api/events/{event_id}', { params: { path: { event_id: eventId }, ...of(appId) }, signal }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });

export function queueQuery(environment: Environment, app: string | undefined) {
  return infiniteQueryOptions({
    queryKey: ['queue', environment, app ?? 'all'],
    initialPageParam: '',
    queryFn: async ({ pageParam, signal }) => {
      const query = { ...whose(environment, app), limit: PAGE, cursor: pageParam || undefined };
      const page = await data(api.GET('/api/webhooks/queue', { params: { query }, signal }));
      return { ...page, data: page.data };
    },
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ({ state }) => nextLook(state.data?.pages.flatMap((page) => page.data)) || 15_000,
  });
}

export const endpointsQuery = (appId: string) =>
  queryOptions({
    queryKey: ['endpoints', appId],
    queryFn: async ({ signal }) =>
      (await data(api.GET('/api/webhooks/endpoints', { params: of(appId), signal }))).data,
    enabled: appId !== '',
  });

/** How an endpoint's last deliveries ended. */
export const rateQuery = (appId: string, endpointId: string) =>
  queryOptions({
    queryKey: ['deliveries', 'rate', appId, endpointId],
    queryFn: async ({ signal }) => {
      const query = { app_id: appId, endpoint_id: endpointId, limit: PAGE };
      const page = await data(api.GET('/api/webhooks/deliveries', { params: { query }, signal }));
      const delivered = page.data.filter(({ status }) => status === 'DELIVERED').length;
      return { delivered, over: delivered + page.data.filter(({ status }) => status === 'FAILED').length };
    },
  });

const inboxPath = (appId: string) => ({ params: { path: { app_id: appId } } });

export const inboxQuery = (appId: string) =>
  queryOptions({
    queryKey: ['inbox', appId, 'address'],
    queryFn: () => data(api.GET('/api/apps/{app_id}/inbox', inboxPath(appId))),
    enabled: appId !== '',
  });

export const messagesQuery = (appId: string) =>
  queryOptions({
    queryKey: ['inbox', appId, 'messages'],
    queryFn: async () => {
      const params = { path: { app_id: appId }, query: { limit: 100 } };
      return (await data(api.GET('/api/apps/{app_id}/inbox/messages', { params }))).data as InboxMessage[];
    },
    enabled: appId !== '',
    // Rests by itself while the page is hidden.
    refetchInterval: ({ state }) => (state.status === 'error' ? false : 2_000),
  });

export const emptyInbox = (appId: string): Promise<unknown> =>
  data(api.DELETE('/api/apps/{app_id}/inbox/messages', inboxPath(appId)));

/** The delays between attempts: as they are set where that can be read, else as they are by default. */
export function useSchedule(): { delays: number[]; isKnown: boolean } {
  const { data: delays } = useQuery({
    queryKey: ['system', 'retry-delays'],
    queryFn: async () => (await data(api.GET('/api/settings/system'))).webhooks.retry_delays_s,
    enabled: useIsAdmin(),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  return { delays: delays ?? DEFAULT_DELAYS_S, isKnown: !!delays };
}

const byId = (appId: string, deliveryId: string) => ({
  params: { path: { delivery_id: deliveryId }, ...of(appId) },
});
export const retryDelivery = async (appId: string, deliveryId: string): Promise<Delivery> =>
  data(api.POST('/api/webhooks/deliveries/{delivery_id}/retry', byId(appId, deliveryId)));
export const cancelDelivery = async (appId: string, deliveryId: string): Promise<Delivery> =>
  data(api.POST('/api/webhooks/deliveries/{delivery_id}/cancel', byId(appId, deliveryId)));

export const replay = (appId: string, body: Schemas['ReplayRequest']) =>
  data(api.POST('/api/webhooks/replay', { params: of(appId), body }));
export const sendTest = async (appId: string, body: Schemas['TestWebhookRequest']): Promise<DeliveryDetail> =>
  data(api.POST('/api/webhooks/test', { params: of(appId), body }));

export const createEndpoint = (appId: string, body: Schemas['CreateEndpointRequest']) =>
  data(api.POST('/api/webhooks/endpoints', { params: of(appId), body }));
const endpoint = (appId: string, endpointId: string) => ({ path: { endpoint_id: endpointId }, ...of(appId) });
export const updateEndpoint = (appId: string, endpointId: string, body: Schemas['UpdateEndpointRequest']) =>
  data(
    api.PATCH('/api/webhooks/endpoints/{endpoint_id}', {
      params: endpoint(appId, endpointId),
      body,
    }),
  );
export const deleteEndpoint = (appId: string, endpointId: string) =>
  data(api.DELETE('/api/webhooks/endpoints/{endpoint_id}', { params: endpoint(appId, endpointId) }));

const CHANGED = ['deliveries', 'queue', 'endpoints', 'timeline', 'inbox'];

/** Reads again what an act may have changed. */
export function useRefresh(): () => Promise<void> {
  const queries = useQueryClient();
  return () =>
    queries.invalidateQueries({ predicate: ({ queryKey }) => CHANGED.includes(String(queryKey[0])) });
}
