// What the overview reads. Windows are taken at the moment of reading, so that a refresh moves them on.
import { useQueries, useQuery } from '@tanstack/react-query';
import { api, data, type Schemas } from '@/lib/api';
import type { App } from '@/lib/apps';
import type { Environment } from '@/lib/environment';
import { DAY, HOUR, inSixHours, type Point, type Range } from './range';

export type Counts = Schemas['CountsObject'];
export type Payment = Schemas['PaymentObject'];
export type Delivery = Schemas['DeliveryObject'];
export type Overview = Schemas['AnalyticsOverview'];

const iso = (at: number): string => new Date(at).toISOString();
const keyOf = (range: Range): string => {
  const { from, to } = range.at(0);
  return range.id || `${from}-${to}`;
};

export const useOverview = (environment: Environment) =>
  useQuery({
    queryKey: ['analytics', environment, 'overview'],
    queryFn: () => data(api.GET('/api/analytics/overview', { params: { query: { environment } } })),
  });

export type Compared = { from: string; to: string; now: Counts; before: Counts };

/** What was created and what ended in the range, and in the one before it. */
export const useCounts = (environment: Environment, range: Range) =>
  useQuery({
    queryKey: ['analytics', environment, 'counts', keyOf(range)],
    queryFn: async (): Promise<Compared> => {
      const { from, to, before } = range.at(Date.now());
      const counts = (start: number, end: number) =>
        data(
          api.GET('/api/analytics/status', {
            params: { query: { environment, from: iso(start), to: iso(end) } },
          }),
        );
      const [now, then] = await Promise.all([counts(from, to), counts(before, from)]);
      return { from: iso(from), to: iso(to), now, before: then };
    },
  });

const pointOf = (bucket: Schemas['VolumeBucket']): Point => ({
  start: bucket.start,
  end: bucket.end,
  created: bucket.created.payments,
  success: bucket.success.payments,
  failed: bucket.failed.payments,
  expired: bucket.expired.payments,
  volume: bucket.success.volume,
});

export type Volume = { currency: string; points: Point[]; paid: number; paidBefore: number };

async function readVolume(environment: Environment, range: Range, currency: string, zone: string) {
  const { from, to, before } = range.at(Date.now());
  const bucket = range.unit === 'day' ? 'day' : 'hour';
  // The first bucket holds `from`: one later, and a day by the hour is 24 of them.
  const step = range.id ? (bucket === 'day' ? DAY : HOUR) : 0;
  const read = (start: number, end: number) =>
    data(
      api.GET('/api/analytics/volume', {
        params: {
          query: {
            environment,
            currency,
            bucket,
            time_zone: zone,
            from: iso(start + step),
            to: iso(end),
          },
        },
      }),
    );
  const [now, then] = await Promise.all([read(from, to), read(before, from)]);
  const hours = now.data.map(pointOf);
  const paid = (buckets: { success: { volume: number } }[]) =>
    buckets.reduce((sum, each) => sum + each.success.volume, 0);
  return {
    currency,
    points: range.unit === 'six hours' ? inSixHours(hours, zone) : hours,
    paid: paid(now.data),
    paidBefore: paid(then.data),
  } satisfies Volume;
}

/** Each currency's payments in the range, bucket by bucket. */
export function useVolumes(environment: Environment, range: Range, currencies: string[], zone: string) {
  return useQueries({
    queries: currencies.map((currency) => ({
      queryKey: ['analytics', environment, 'volume', keyOf(range), currency, zone],
      queryFn: () => readVolume(environment, range, currency, zone),
    })),
    combine: (results) => ({
      volumes: results.flatMap((result) => (result.data ? [result.data] : [])),
      isPending: results.some((result) => result.isPending),
      error: results.find((result) => result.error)?.error ?? null,
      refetch: () => {
        for (const result of results) void result.refetch();
      },
    }),
  });
}

/** Most apps that are looked at one by one. */
const APPS_MAX = 20;
export type AppsInUse = { inUse: number; before: number; hours: number[] };

/** How many apps had payments, hour by hour; null for more apps than are looked at. */
export function useAppsInUse(environment: Environment, apps: App[] | undefined) {
  const active = apps?.filter((app) => app.is_active) ?? [];
  return useQuery({
    // Not among what every event refreshes: one request for each app.
    queryKey: ['apps-in-use', environment, active.map((app) => app.app_id).join()],
    queryFn: async (): Promise<AppsInUse> => {
      const all = await Promise.all(
        active.map((app) =>
          data(api.GET('/api/analytics/overview', { params: { query: { app_id: app.app_id } } })),
        ),
      );
      const used = (counts: Counts | undefined) => (counts?.created ?? 0) > 0;
      return {
        inUse: all.filter((one) => used(one.last_24h)).length,
        before: all.filter((one) => used(one.previous_24h)).length,
        hours: Array.from({ length: 24 }, (_, hour) => all.filter((one) => used(one.sparkline[hour])).length),
      };
    },
    enabled: active.length > 0 && active.length <= APPS_MAX,
    staleTime: 120_000,
  });
}

export const usePayments = (environment: Environment, part: 'monitor' | 'recent', limit: number) =>
  useQuery({
    // The monitor is seeded once and then hears; the list of recent ones is refreshed.
    queryKey: [part === 'recent' ? 'payments' : 'monitor', environment, part],
    queryFn: async () =>
      (await data(api.GET('/api/payments', { params: { query: { environment, limit } } }))).data,
    ...(part === 'monitor' ? { staleTime: 0, gcTime: 0 } : {}),
  });

/** Webhooks that failed for good in the last day, newest first. */
export const useFailures = (environment: Environment) =>
  useQuery({
    queryKey: ['deliveries', environment, 'failed-lately'],
    queryFn: () =>
      data(
        api.GET('/api/webhooks/deliveries', {
          params: {
            query: { environment, status: 'FAILED', created_after: iso(Date.now() - DAY), limit: 100 },
          },
        }),
      ),
    staleTime: 15_000,
  });
