// What happens once somebody was let in: the pages know them, and show what they came for.
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { ApiError, keepSession, type Schemas } from '@/lib/api';
import { appsQuery } from '@/lib/apps';
import { accountQuery } from '@/lib/session';

/** Where to go after the login: a page of this origin, never another site. */
export function safeNext(next: string | null): string {
  if (!next?.startsWith('/') || next.startsWith('//')) return '/';
  try {
    const url = new URL(next, location.origin);
    return url.origin === location.origin ? url.pathname + url.search + url.hash : '/';
  } catch {
    return '/';
  }
}

/** Goes on with a new session. A gateway that demands a second factor leads to where it is set up. */
export function useEnter(): (grant: Schemas['GrantObject'], to: string) => Promise<void> {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return async (grant, to) => {
    await queries.invalidateQueries({ queryKey: accountQuery.queryKey });
    const needsFactor =
      !grant.user.has_totp &&
      (await queries.fetchQuery(appsQuery).then(
        () => false,
        (error: unknown) => error instanceof ApiError && error.code === 'totp_enrolment_required',
      ));
    keepSession(true);
    await navigate(needsFactor ? '/settings#two-factor' : to, { replace: true });
  };
}
