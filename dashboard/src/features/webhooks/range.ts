// From when on deliveries are shown.
export const RANGES = [
  { id: '5h', name: 'Last 5 hours', words: 'the last 5 hours', ms: 5 * 3_600_000 },
  { id: '24h', name: 'Last 24 hours', words: 'the last 24 hours', ms: 24 * 3_600_000 },
  { id: '7d', name: 'Last 7 days', words: 'the last 7 days', ms: 7 * 86_400_000 },
] as const;
export const DEFAULT_RANGE = '24h';

export type Span = { created_after: string; created_before?: string };

/** The span of a preset, or of a custom range with its ends; each full minute begins another. */
export function spanOf(range: string | undefined, from: string | undefined, to: string | undefined): Span {
  if (range === 'custom' && from) return { created_after: from, ...(to ? { created_before: to } : {}) };
  const ms = RANGES.find(({ id }) => id === (range ?? DEFAULT_RANGE))?.ms ?? RANGES[1].ms;
  return { created_after: wholeMinute(Date.now() - ms) };
}

export const wholeMinute = (ms: number): string =>
  new Date(Math.floor(ms / 60_000) * 60_000).toISOString().replace('.000Z', 'Z');

export function rangeWords(range: string | undefined): string {
  if (range === 'custom') return 'this range';
  return RANGES.find(({ id }) => id === (range ?? DEFAULT_RANGE))?.words ?? RANGES[1].words;
}

function parts(ms: number, zone: string): string {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return format.format(ms).replace(' ', 'T');
}

/** A moment as `datetime-local` shows it in a zone: `2026-11-23T05:31`. */
export const toLocal = (iso: string | undefined, zone: string): string =>
  iso && !Number.isNaN(Date.parse(iso)) ? parts(Date.parse(iso), zone) : '';

/** The moment that a `datetime-local` means in a zone; null where it is none. */
export function fromLocal(local: string, zone: string): string | null {
  const wanted = Date.parse(`${local}Z`);
  if (Number.isNaN(wanted)) return null;
  // The offset is that of the moment itself: guessed first, then taken there.
  let at = wanted;
  for (let turn = 0; turn < 2; turn += 1) at = wanted - (Date.parse(`${parts(at, zone)}Z`) - at);
  return new Date(at).toISOString().replace('.000Z', 'Z');
}
