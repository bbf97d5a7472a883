// Numbers and amounts as people read them.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const money = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const percent = new Intl.NumberFormat('en', {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

export const count = (value: number): string => whole.format(value);
export const shortCount = (value: number): string =>
  value < 10_000 ? whole.format(value) : compact.format(value);
/** An amount with its two decimals: `482,310.00`. The largest the API knows, 15 digits, is exact in a double. */
export const amount = (value: number): string => money.format(value);
export const share = (value: number | null | undefined): string =>
  value == null ? '–' : percent.format(value);

/** `+12.4%` against a former value; null where there is nothing to compare with. */
export function change(now: number, before: number): string | null {
  if (before === 0) return null;
  const by = (now - before) / before;
  return `${by > 0 ? '+' : by < 0 ? '−' : ''}${percent.format(Math.abs(by))}`;
}

export function milliseconds(value: number): string {
  return value < 1_000
    ? `${Math.round(value)} ms`
    : value < 60_000
      ? `${(value / 1_000).toFixed(1)} s`
      : duration(value / 1_000);
}

/** A duration in its two largest units: `4m 10s`, `2d 3h`. */
export function duration(seconds: number): string {
  const units: [number, string][] = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'm'],
    [1, 's'],
  ];
  let rest = Math.max(0, Math.round(seconds));
  const parts: string[] = [];
  for (const [size, name] of units) {
    const n = Math.floor(rest / size);
    if (n > 0 && parts.length < 2) parts.push(`${n}${name}`);
    else if (parts.length === 1) break;
    rest -= n * size;
  }
  return parts.join(' ') || '0s';
}

export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let at = 0;
  let size = value;
  while (size >= 1_000 && at < units.length - 1) {
    size /= 1_000;
    at += 1;
  }
  return `${at === 0 ? size : size.toFixed(1)} ${units[at]}`;
}

export const plural = (n: number, one: string, many = `${one}s`): string =>
  `${count(n)} ${n === 1 ? one : many}`;

/** The first letters of a name's first two words. */
export const initials = (name: string): string =>
  name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => word[0]?.toUpperCase() ?? '')
    .join('');

/** Where a URL leads: `example.com:8443`; what is no URL stays as it is. */
export const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : url);
