// Which stretch of time the overview shows: a name, or two moments, in the address.

export type Unit = 'hour' | 'six hours' | 'day';
export type Range = {
  /** What the address says: `24h`, or empty for two moments. */
  id: string;
  /** The length in words: `24h`. */
  name: string;
  unit: Unit;
  /** The two windows at a moment: this one, and the one of equal length before it. */
  at: (now: number) => { from: number; to: number; before: number };
};

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
const NAMED: Record<string, { length: number; unit: Unit }> = {
  '24h': { length: DAY, unit: 'hour' },
  '7d': { length: 7 * DAY, unit: 'six hours' },
  '30d': { length: 30 * DAY, unit: 'day' },
};
export const RANGES = Object.keys(NAMED);
/** The API cuts at most this long a stretch. */
const LONGEST = 500 * DAY;

const unitOf = (length: number): Unit =>
  length <= 2 * DAY ? 'hour' : length <= 10 * DAY ? 'six hours' : 'day';

/** The range of the address's parameters; what it does not understand is the last 24 hours. */
export function rangeOf(name: string | undefined, from: string | undefined, to: string | undefined): Range {
  const start = Date.parse(from ?? '');
  const end = Date.parse(to ?? '');
  const length = end - start;
  if (length > 0 && length <= LONGEST)
    return {
      id: '',
      name: length % DAY === 0 ? `${length / DAY}d` : `${Math.round((length / HOUR) * 10) / 10}h`,
      unit: unitOf(length),
      at: () => ({ from: start, to: end, before: start - length }),
    };
  const id = name && name in NAMED ? name : '24h';
  const named = NAMED[id] ?? { length: DAY, unit: 'hour' as const };
  return {
    id,
    name: id,
    unit: named.unit,
    at: (now) => ({ from: now - named.length, to: now, before: now - 2 * named.length }),
  };
}

export type Point = {
  start: string;
  end: string;
  created: number;
  success: number;
  failed: number;
  expired: number;
  volume: number;
};

/** Puts hours together into quarters of a day of the zone's clock; a change of summer time makes one longer. */
export function inSixHours(points: Point[], zone: string): Point[] {
  const hour = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', hourCycle: 'h23', timeZone: zone });
  const found: Point[] = [];
  let last = -1;
  for (const point of points) {
    const quarter = Math.floor(Number(hour.format(new Date(point.start))) / 6);
    const into = found.at(-1);
    if (!into || quarter !== last) found.push({ ...point });
    else {
      into.end = point.end;
      for (const key of ['created', 'success', 'failed', 'expired', 'volume'] as const)
        into[key] += point[key];
    }
    last = quarter;
  }
  return found;
}

/** Few enough values for a sparkline: of more, as many neighbours as it takes are put together. */
export function thinned(values: number[], most = 32): number[] {
  const size = Math.ceil(values.length / most);
  if (size <= 1) return values;
  const found: number[] = [];
  // From the end, so that the newest ones are whole.
  for (let end = values.length; end > 0; end -= size)
    found.unshift(values.slice(Math.max(0, end - size), end).reduce((sum, value) => sum + value, 0));
  return found;
}
