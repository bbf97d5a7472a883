import { describe, expect, it } from 'vitest';
import type { LiveEvent } from '@/lib/live';
import { points } from './kpi';
import { heard, ROWS_MAX, type Row } from './monitor-state';
import { inSixHours, type Point, rangeOf, thinned } from './range';
import { csvOf } from './volume-table';

const HOUR = 3_600_000;
const point = (start: number, success: number): Point => ({
  start: new Date(start).toISOString(),
  end: new Date(start + HOUR).toISOString(),
  created: success,
  success,
  failed: 0,
  expired: 0,
  volume: success / 2,
});

describe('ranges', () => {
  it('are two windows of equal length side by side', () => {
    const { from, to, before } = rangeOf('7d', undefined, undefined).at(1_000 * HOUR);
    expect([to - from, from - before]).toEqual([168 * HOUR, 168 * HOUR]);
  });

  it('take two moments, and fall back where they make no sense', () => {
    const range = rangeOf(undefined, '2026-11-20T00:00:00Z', '2026-11-20T06:00:00Z');
    expect([range.id, range.name, range.unit]).toEqual(['', '6h', 'hour']);
    expect(rangeOf('x', '2026-11-20', 'never').id).toBe('24h');
    expect(rangeOf(undefined, '2026-11-20T00:00:00Z', '2026-11-19T00:00:00Z').id).toBe('24h');
  });

  it('put hours together by the clock of the zone', () => {
    const start = Date.parse('2026-11-22T18:30:00Z'); // midnight in Kolkata
    const hours = Array.from({ length: 12 }, (_, hour) => point(start + hour * HOUR, 1));
    const quarters = inSixHours(hours, 'Asia/Kolkata');
    expect(quarters.map((each) => [each.start, each.success])).toEqual([
      ['2026-11-22T18:30:00.000Z', 6],
      ['2026-11-23T00:30:00.000Z', 6],
    ]);
    expect(quarters[1]?.end).toBe('2026-11-23T06:30:00.000Z');
  });

  it('are thinned without losing a payment', () => {
    const values = thinned(Array.from({ length: 168 }, () => 2));
    expect(values).toHaveLength(28);
    expect(values.reduce((a, b) => a + b)).toBe(336);
  });
});

it('tells a change of shares in points', () => {
  expect([points(0.946, 0.938), points(0.5, 0.75), points(0.5, null)]).toEqual(['+0.8 pt', '−25.0 pt', null]);
});

it('writes the chart as comma-separated values', () => {
  const text = csvOf({ currency: 'COINS', points: [point(0, 4)], paid: 2, paidBefore: 0 });
  expect(text.split('\r\n')[1]).toBe('1970-01-01T00:00:00.000Z,1970-01-01T01:00:00.000Z,4,4,0,0,2.00');
});

describe('the live monitor', () => {
  const event = (id: string, status: string): LiveEvent =>
    ({
      payment_id: id,
      status,
      amount: 1,
      currency: 'COINS',
      reference_id: null,
      timestamp: '',
    }) as LiveEvent;

  it('shows each payment once, the newest change on top', () => {
    let rows: Row[] = [];
    rows = heard(rows, event('a', 'PENDING'), 'app_1');
    rows = heard(rows, event('b', 'PENDING'), 'app_1');
    rows = heard(rows, event('a', 'SUCCESS'), 'app_1');
    expect(rows.map((row) => [row.payment_id, row.status])).toEqual([
      ['a', 'SUCCESS'],
      ['b', 'PENDING'],
    ]);
  });

  it('keeps twenty', () => {
    let rows: Row[] = [];
    for (let at = 0; at < 30; at += 1) rows = heard(rows, event(`p${at}`, 'PENDING'), 'app_1');
    expect(rows).toHaveLength(ROWS_MAX);
    expect(rows[0]?.payment_id).toBe('p29');
  });
});
