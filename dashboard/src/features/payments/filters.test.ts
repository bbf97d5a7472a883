import { expect, it } from 'vitest';
import { COLUMNS, fitting } from './columns';
import { parseMetadata } from './create-body';
import { fromWallClock, parseSpan, toWallClock } from './dates';
import { toApi, toSearch } from './filters';

it('keeps wall clocks and moments apart in every zone, also where clocks change', () => {
  expect(fromWallClock('2026-11-01', 'Asia/Kolkata')).toBe('2026-10-31T18:30:00.000Z');
  expect(fromWallClock('2026-03-08T03:30', 'America/New_York')).toBe('2026-03-08T07:30:00.000Z');
  expect(fromWallClock('2026-11-01T12:00', 'America/New_York')).toBe('2026-11-01T17:00:00.000Z');
  expect(toWallClock('2026-10-31T18:30:00Z', 'Asia/Kolkata')).toBe('2026-11-01T00:00');
});

it('reads spans of days, the end left out', () => {
  expect(parseSpan('2026-11-01..2026-11-05', 'UTC')).toEqual({
    after: '2026-11-01T00:00:00.000Z',
    before: '2026-11-05T00:00:00.000Z',
  });
  expect(parseSpan('2026-11-30', 'UTC')?.before).toBe('2026-12-01T00:00:00.000Z');
  expect(parseSpan('2026-11-01..', 'UTC')).toEqual({ after: '2026-11-01T00:00:00.000Z', before: undefined });
  for (const wrong of ['', '..', 'yesterday', '2026-13-01', '2026-02-30..', '2026-11-01..soon'])
    expect(parseSpan(wrong, 'UTC')).toBeNull();
});

it('lets a range end at the moment of its first page', () => {
  const filters = { status: [], apps: [], q: '', range: '1h' as const };
  expect(toApi(filters, 'test', '2026-11-23T10:00:00.000Z')).toEqual({
    environment: 'test',
    created_after: '2026-11-23T09:00:00.000Z',
  });
  expect(toSearch(filters)).toBe('range=1h');
});

it('gives way to a narrow place but never lets the id go', () => {
  const names = (width: number) => fitting(COLUMNS, width).map(({ id }) => id);
  expect(names(640)).toEqual(['amount', 'status', 'reference', 'id']);
  expect(names(100)).toEqual(['amount', 'status', 'id']);
});

it('reads metadata lines and names the first that is none', () => {
  expect(parseMetadata('a=1\n\n b = x=y ').value).toEqual({ a: '1', b: 'x=y' });
  expect(parseMetadata('a=1\noops').problem).toContain('oops');
  expect(parseMetadata('a=1\na=2').problem).toContain('twice');
});
