// Moments in the zone that the person chose. Formats are slow to make: one of each kind is kept per zone.
import { duration } from './format';
import { usePreference } from './preferences';

const made = new Map<string, Intl.DateTimeFormat>();

function format(kind: string, zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${kind} ${zone}`;
  let found = made.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hourCycle: 'h23', ...options });
    made.set(key, found);
  }
  return found;
}

/** Zones that browsers still call by a former name. */
export const RENAMED: Record<string, string> = {
  'Asia/Calcutta': 'Asia/Kolkata',
  'Asia/Katmandu': 'Asia/Kathmandu',
  'Asia/Rangoon': 'Asia/Yangon',
  'Asia/Saigon': 'Asia/Ho_Chi_Minh',
  'Europe/Kiev': 'Europe/Kyiv',
};

export function localZone(): string {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
  return RENAMED[zone] ?? zone;
}

/** The chosen zone: `local`, `UTC` or an IANA name. */
export function useTimeZone(): string {
  const [zone] = usePreference('timeZone');
  return zone === 'local' ? localZone() : zone;
}

/** `23 Nov, 05:31:53`; with the year where it is another. */
export function moment(iso: string, zone: string): string {
  const at = new Date(iso);
  const isThisYear = at.getUTCFullYear() === new Date().getUTCFullYear();
  return format(isThisYear ? 'moment' : 'moment-year', zone, {
    day: 'numeric',
    month: 'short',
    ...(isThisYear ? {} : { year: 'numeric' }),
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).format(at);
}

/** `Mon 23 Nov 2026, 05:31:53.250 GMT+5:30`. */
export function exactMoment(iso: string, zone: string): string {
  return format('exact', zone, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    timeZoneName: 'short',
  }).format(new Date(iso));
}

export const day = (iso: string, zone: string): string =>
  format('day', zone, { weekday: 'long', day: 'numeric', month: 'long' }).format(new Date(iso));
export const clock = (iso: string, zone: string): string =>
  format('clock', zone, { hour: '2-digit', minute: '2-digit' }).format(new Date(iso));
export const shortDay = (iso: string, zone: string): string =>
  format('short-day', zone, { day: 'numeric', month: 'short' }).format(new Date(iso));

/** `4m ago`, `in 30s`. */
export function relative(iso: string, now: number): string {
  const seconds = Math.round((new Date(iso).getTime() - now) / 1_000);
  if (Math.abs(seconds) < 1) return 'now';
  const largest = duration(Math.abs(seconds)).split(' ')[0];
  return seconds < 0 ? `${largest} ago` : `in ${largest}`;
}

/** `Asia/Kolkata (UTC+05:30)`. */
export function zoneName(zone: string): string {
  const part = format('offset', zone, { timeZoneName: 'longOffset' })
    .formatToParts(new Date())
    .find((part) => part.type === 'timeZoneName')?.value;
  const offset = part?.replace('GMT', 'UTC') ?? 'UTC';
  return zone === 'UTC' ? 'UTC' : `${zone} (${offset === 'UTC' ? 'UTC+00:00' : offset})`;
}
