import { type QueryClient, queryOptions } from '@tanstack/react-query';
import { api, data, type Schemas } from '@/lib/api';
import { type App, appsQuery } from '@/lib/apps';

export type Key = Schemas['KeyObject'];
export type Usage = Schemas['AppUsage'];

const DAYS = 30;

export const keysQuery = (appId: string) =>
  queryOptions({
    queryKey: ['keys', appId],
    queryFn: async () =>
      (await data(api.GET('/api/apps/{app_id}/keys', { params: { path: { app_id: appId } } }))).data as Key[],
    refetchInterval: 60_000,
  });

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** The last thirty days, in UTC as they are counted. */
export const usageQuery = (appId: string) =>
  queryOptions({
    queryKey: ['analytics', 'usage', appId],
    queryFn: () => {
      const query = { from: dayOf(Date.now() - (DAYS - 1) * 86_400_000), to: dayOf(Date.now()) };
      return data(api.GET('/api/apps/{app_id}/usage', { params: { path: { app_id: appId }, query } }));
    },
  });

export const changeApp = async (
  queries: QueryClient,
  appId: string,
  change: Schemas['UpdateAppRequest'],
): Promise<App> => {
  const path = { app_id: appId };
  const changed = await data(api.PATCH('/api/apps/{app_id}', { params: { path }, body: change }));
  await queries.invalidateQueries({ queryKey: appsQuery.queryKey });
  return changed;
};

export const deleteApp = async (queries: QueryClient, app: App): Promise<void> => {
  await data(api.DELETE('/api/apps/{app_id}', { params: { path: { app_id: app.app_id } } }));
  void queries.invalidateQueries({ queryKey: appsQuery.queryKey });
};

/** The key that was used last, and when; keys that work come first. */
export function lastUse(keys: Key[]): { at: string; address: string | null } | null {
  let last: { at: string; address: string | null } | null = null;
  for (const key of keys)
    if (key.last_used_at && (!last || key.last_used_at > last.at))
      last = { at: key.last_used_at, address: key.last_used_address };
  return last;
}
