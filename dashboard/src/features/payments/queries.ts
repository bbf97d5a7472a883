// What the pages of payments ask the gateway for.
import { keepPreviousData, type QueryClient, queryOptions } from '@tanstack/react-query';
import { ApiError, api, data, type Schemas } from '@/lib/api';
import type { Environment } from '@/lib/environment';
import type { ApiFilters } from './filters';

export type Payment = Schemas['PaymentObject'];
export type PaymentPage = Schemas['PaymentList'];
export type Delivery = Schemas['DeliveryObject'];

/** Rows of a page. */
export const PAGE_ROWS = 50;

/** A page of the list. Live events do not refetch it: rows that stand still can be read. */
export const listQuery = (environment: Environment, filters: ApiFilters, key: unknown, cursor?: string) =>
  queryOptions({
    queryKey: ['payment-list', environment, key, cursor ?? null],
    queryFn: ({ signal }) =>
      data(
        api.GET('/api/payments', {
          params: { query: { ...filters, cursor, limit: PAGE_ROWS, include: 'total_count' } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchOnMount: 'always',
    refetchOnReconnect: false,
  });

export const paymentQuery = (environment: Environment, appId: string | undefined, paymentId: string) =>
  queryOptions({
    queryKey: ['payments', environment, appId, paymentId],
    queryFn: ({ signal }) =>
      data(
        api.GET('/api/payments/{payment_id}', {
          params: { path: { payment_id: paymentId }, query: { app_id: appId } },
          signal,
        }),
      ),
    enabled: !!appId,
  });

/** Whose payment an id is, where the address does not say it. */
export const appOfQuery = (environment: Environment, paymentId: string, isAsked: boolean) =>
  queryOptions({
    queryKey: ['search', environment, paymentId],
    queryFn: async () => {
      const found = await data(api.GET('/api/search', { params: { query: { q: paymentId, environment } } }));
      const hit = found.data.find(({ id }) => id === paymentId);
      if (!hit)
        throw new ApiError(404, {
          code: 'payment_not_found',
          message: 'No payment of your apps in this environment has this id.',
        });
      return hit.app_id;
    },
    enabled: isAsked,
    staleTime: 60_000,
  });

const isOnItsWay = (delivery: Delivery): boolean => delivery.status === 'PENDING';
/** Attempts make no events of their own: while one is due, its outcome is looked for. */
const DUE_MS = 2_000;

export const deliveriesQuery = (environment: Environment, appId: string, paymentId: string) =>
  queryOptions({
    queryKey: ['deliveries', environment, appId, paymentId],
    queryFn: async ({ signal }) =>
      (
        await data(
          api.GET('/api/webhooks/deliveries', {
            params: { query: { app_id: appId, payment_id: paymentId, limit: 100 } },
            signal,
          }),
        )
      ).data,
    refetchInterval: (query) => (query.state.data?.some(isOnItsWay) ? DUE_MS : false),
  });

export type TimelineEntry = Schemas['TimelineEntry'];

export const timelineQuery = (
  environment: Environment,
  appId: string,
  paymentId: string,
  isWaiting: boolean,
) =>
  queryOptions({
    queryKey: ['timeline', environment, appId, paymentId],
    queryFn: async ({ signal }) =>
      (
        await data(
          api.GET('/api/payments/{payment_id}/timeline', {
            params: { path: { payment_id: paymentId }, query: { app_id: appId } },
            signal,
          }),
        )
      ).data,
    refetchInterval: isWaiting ? DUE_MS : false,
  });

/** Puts what is known of a payment wherever it is shown. A payment that is final stays as it is. */
export function patchPayment(
  queries: QueryClient,
  paymentId: string,
  patch: (payment: Payment) => Payment,
): boolean {
  let isKnown = false;
  const apply = (payment: Payment): Payment => {
    if (payment.payment_id !== paymentId) return payment;
    isKnown = true;
    return patch(payment);
  };
  queries.setQueriesData<PaymentPage>({ queryKey: ['payment-list'] }, (page) =>
    page?.data.some((row) => row.payment_id === paymentId)
      ? { ...page, data: page.data.map(apply) }
      : undefined,
  );
  queries.setQueriesData<Payment>(
    { queryKey: ['payments'], predicate: ({ queryKey }) => queryKey[3] === paymentId },
    (payment) => (payment ? apply(payment) : undefined),
  );
  return isKnown;
}
