// Moments between a zone's wall clock and UTC, and the ranges that people choose.

export const RANGES = [
  { id: '1h', name: 'Last hour', seconds: 3_600 },
  { id: '24h', name: 'Last 24 hours', seconds: 86_400 },
  { id: '7d', name: 'Last 7 days', seconds: 604_800 },
  { id: '30d', name: 'Last 30 days', seconds: 2_592_000 },
] as const;
export type RangeId = (typeof RANGES)[number]['id'];

export const isRange = (value: string | undefined): value is RangeId =>
  RANGES.some((range) => range.id === value);
export const rangeName = (id: RangeId): string => RANGES.find((range) => range.id === id)?.name ?? id;

/** When a range that ends at a moment begins. */
export function rangeStart(id: RangeId, end: string): string {
  const seconds = RANGES.find((range) => range.id === id)?.seconds ?? 0;
  return new Date(new Date(end).getTime() - seconds * 1_000).toISOString();
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** What the wall clock of a zone shows, as if it were UTC. */
function wallClock(at: number, zone: string): number {
  let clock = clocks.get(zone);
  if (!clock) {
    clock = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    clocks.set(zone, clock);
  }
  const part = Object.fromEntries(clock.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(
    part.year ?? 0,
    (part.month ?? 1) - 1,
    part.day ?? 1,
    part.hour ?? 0,
    part.minute ?? 0,
    part.second ?? 0,
  );
}

/** The moment at which a zone's wall clock shows `2026-11-01T09:30`; null where it is no date. */
export function fromWallClock(text: string, zone: string): string | null {
  const shown = Date.parse(`${text.length === 10 ? `${text}T00:00` : text}Z`);
  // A 31st of a short month would be taken for a day of the next one.
  if (Number.isNaN(shown) || new Date(shown).toISOString().slice(0, 10) !== text.slice(0, 10)) return null;
  // The offset is looked up near the moment, then at it: right on both sides of a change of clocks.
  let at = shown - (wallClock(shown, zone) - shown);
  at = shown - (wallClock(at, zone) - at);
  return new Date(at).toISOString();
}

/** `2026-11-01T09:30` on a zone's wall clock, as date inputs take it. */
export const toWallClock = (iso: string, zone: string): string =>
  new Date(wallClock(new Date(iso).getTime(), zone)).toISOString().slice(0, 16);

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2})?$/;

function nextDay(day: string): string {
  const next = new Date(`${day}T00:00Z`);
  if (Number.isNaN(next.getTime())) return day;
  next.setUTCDate(next.getUTCDate() + 1);
  return next.toISOString().slice(0, 10);
}

/** `2026-11-01..2026-11-05`, open at either end, or one day; the end itself is left out. */
export function parseSpan(text: string, zone: string): { after?: string; before?: string } | null {
  const [from = '', until] = text.split('..');
  const ends = until === undefined ? (DAY.test(from) ? [from, nextDay(from)] : null) : [from, until];
  if (!ends || ends.every((end) => !end)) return null;
  if (ends.some((end) => end && !MOMENT.test(end))) return null;
  const [after, before] = ends.map((end) => (end ? fromWallClock(end, zone) : undefined));
  if (after === null || before === null) return null;
  return { after, before };
}
