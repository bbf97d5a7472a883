// The person's apps: nearly every page names them.
import { queryOptions, useQuery } from '@tanstack/react-query';
import { api, data, type Schemas } from './api';
import type { Environment } from './environment';

export type App = Schemas['AppObject'];

export const appsQuery = queryOptions({
  queryKey: ['apps'],
  queryFn: async () => (await data(api.GET('/api/apps'))).data as App[],
  staleTime: 30_000,
});

/** The apps of one environment, by name; undefined while they are on their way. */
export function useApps(environment: Environment): App[] | undefined {
  const { data: apps } = useQuery(appsQuery);
  return apps?.filter((app) => app.environment === environment).sort((a, b) => a.name.localeCompare(b.name));
}

/** The name of an app by its id. */
export function useAppName(): (appId: string | null | undefined) => string {
  const { data: apps } = useQuery(appsQuery);
  return (appId) => apps?.find((app) => app.app_id === appId)?.name ?? appId ?? '';
}
