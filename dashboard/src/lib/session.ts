// Who is logged in.
import { queryOptions, useQuery } from '@tanstack/react-query';
import { api, data, type Schemas } from './api';

export type User = Schemas['UserObject'];

export const accountQuery = queryOptions({
  queryKey: ['account'],
  queryFn: () => data(api.GET('/api/auth/me')),
  staleTime: 60_000,
  retry: false,
});

/** The person's account; pages are shown only once it is there. */
export function useAccount() {
  const { data: account } = useQuery(accountQuery);
  return account;
}

export const useIsAdmin = (): boolean => useAccount()?.user.role === 'admin';
