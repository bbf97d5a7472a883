// What the list is narrowed down to: in the address, in what is typed, and as the API takes it.
import { useCallback, useMemo } from 'react';
import { useParams } from 'react-router';
import type { PaymentStatus } from '@/components/ui/status';
import type { App } from '@/lib/apps';
import type { Environment } from '@/lib/environment';
import type { LiveEvent } from '@/lib/live';
import { useSearchState } from '@/lib/search-state';
import { isRange, parseSpan, type RangeId, rangeStart } from './dates';

export const STATUSES: { id: PaymentStatus; name: string }[] = [
  { id: 'PENDING', name: 'Pending' },
  { id: 'SUCCESS', name: 'Succeeded' },
  { id: 'FAILED', name: 'Failed' },
  { id: 'EXPIRED', name: 'Expired' },
];

export type Filters = {
  status: PaymentStatus[];
  apps: string[];
  range?: RangeId;
  after?: string;
  before?: string;
  q: string;
};
export const NO_FILTERS: Filters = { status: [], apps: [], q: '' };

const NAMES = [
  'status',
  'app',
  'app_id',
  'range',
  'created_after',
  'created_before',
  'q',
  'cursor',
  'at',
] as const;

const parts = (text: string | undefined): string[] => text?.split(',').filter(Boolean) ?? [];
const isStatus = (text: string): text is PaymentStatus => STATUSES.some(({ id }) => id === text);
const isMoment = (text: string | undefined): boolean => !!text && !Number.isNaN(Date.parse(text));

function read(state: Partial<Record<(typeof NAMES)[number], string>>, isRecord: boolean): Filters {
  return {
    status: parts(state.status).filter(isStatus),
    // Beside an open payment `app_id` names the payment's app, else it is what other pages link with.
    apps: parts(state.app ?? (isRecord ? undefined : state.app_id)),
    range: isRange(state.range) ? state.range : undefined,
    after: isMoment(state.created_after) ? state.created_after : undefined,
    before: isMoment(state.created_before) ? state.created_before : undefined,
    q: state.q ?? '',
  };
}

const write = (filters: Filters) => ({
  status: filters.status.join(',') || null,
  app: filters.apps.join(',') || null,
  range: filters.range ?? null,
  created_after: filters.range ? null : (filters.after ?? null),
  created_before: filters.range ? null : (filters.before ?? null),
  q: filters.q || null,
});

/** The filters as an address holds them, always spelled alike. */
export function toSearch(filters: Filters): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(write(filters))) if (value) params.set(name, value);
  return params.toString();
}

export const hasFilters = (filters: Filters): boolean => toSearch(filters) !== '';

/** The filters of the address, how to change them, and which page is shown. */
export function useFilters() {
  const isRecord = !!useParams().paymentId;
  const [state, set] = useSearchState(NAMES);
  const key = JSON.stringify(state);
  const filters = useMemo(() => read(JSON.parse(key), isRecord), [key, isRecord]);
  const change = useCallback(
    (changes: Partial<Filters>, options?: { replace?: boolean }) =>
      set({ ...write({ ...filters, ...changes }), at: null, ...(isRecord ? {} : { app_id: null }) }, options),
    [filters, isRecord, set],
  );
  const goTo = useCallback(
    (cursor: string | null, at: string | null) => set({ cursor, at: cursor ? at : null }),
    [set],
  );
  return { filters, change, goTo, cursor: state.cursor, at: state.at };
}

export type ApiFilters = {
  status?: string;
  app_id?: string;
  environment?: Environment;
  created_after?: string;
  created_before?: string;
  q?: string;
};

/** The filters as the API takes them; a range such as the last hour ends at `now`. */
export function toApi(filters: Filters, environment: Environment, now: string): ApiFilters {
  const { status, apps, range, after, before, q } = filters;
  return {
    ...(status.length > 0 && { status: status.join(',') }),
    ...(apps.length > 0 ? { app_id: apps.join(',') } : { environment }),
    ...(range ? { created_after: rangeStart(range, now) } : after && { created_after: after }),
    ...(!range && before && { created_before: before }),
    ...(q && { q }),
  };
}

/** Whether a payment that was just made belongs on the list. */
export function admits(filters: Filters, event: LiveEvent, appId: string): boolean {
  const { status, apps, range, after, before, q } = filters;
  if (apps.length > 0 && !apps.includes(appId)) return false;
  if (status.length > 0 && !status.includes('PENDING')) return false;
  if (!range && before && event.timestamp >= before) return false;
  if (!range && after && event.timestamp < after) return false;
  return !q || event.payment_id === q || !!event.reference_id?.startsWith(q);
}

const WORDS: Record<string, PaymentStatus> = {
  pending: 'PENDING',
  success: 'SUCCESS',
  succeeded: 'SUCCESS',
  paid: 'SUCCESS',
  failed: 'FAILED',
  expired: 'EXPIRED',
};

const slug = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]+/g, '-');

type Typed = { changes: Partial<Filters>; problem?: string };

/** What was typed: `status:failed app:acme created:2026-11-01..2026-11-05` become filters, the rest is searched. */
export function parseTyped(text: string, apps: App[], zone: string): Typed {
  const changes: Partial<Filters> = {};
  const rest: string[] = [];
  for (const word of text.trim().split(/\s+/)) {
    const [, operator, value = ''] = word.match(/^(status|app|created):(.+)$/i) ?? [];
    if (!operator) {
      rest.push(word);
    } else if (operator.toLowerCase() === 'status') {
      const named = value.split(',').map((each) => WORDS[each.toLowerCase()]);
      if (named.includes(undefined))
        return {
          changes: {},
          problem: `No status is called "${value}". There are pending, succeeded, failed and expired.`,
        };
      changes.status = named.filter((each) => each !== undefined);
    } else if (operator.toLowerCase() === 'app') {
      const found = apps.filter((app) => app.app_id === value || slug(app.name).startsWith(slug(value)));
      if (found.length === 0) return { changes: {}, problem: `No app’s name begins with "${value}".` };
      changes.apps = [...(changes.apps ?? []), ...found.map((app) => app.app_id)];
    } else {
      const span = parseSpan(value, zone);
      if (!span)
        return { changes: {}, problem: `"${value}" is no date. Write created:2026-11-01..2026-11-05.` };
      Object.assign(changes, { range: undefined, after: undefined, before: undefined, ...span });
    }
  }
  return { changes: { ...changes, q: rest.join(' ') } };
}

/** Whether a text holds an operator, which waits for Enter. */
export const hasOperator = (text: string): boolean => /(^|\s)(status|app|created):/i.test(text);
