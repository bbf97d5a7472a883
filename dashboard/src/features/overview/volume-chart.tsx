// The drawing alone, in a chunk of its own: the page stands before it comes.
import { type SyntheticEvent, useState } from 'react';
import {
  Area,
  AreaChart,
  CartesianGrid,
  ReferenceArea,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import { amount, count } from '@/lib/format';
import type { Point } from './range';

type Props = {
  points: Point[];
  measure: 'payments' | 'amount';
  label: (start: string) => string;
  name: (point: Point) => string;
  currency: string;
  /** The first and the last bucket that were marked; the same one when it was pressed. */
  onPick: (first: Point, last: Point) => void;
};

function Told({ point, title, currency }: { point: Point; title: string; currency: string }) {
  const rows: [string, string][] = [
    ['Succeeded', count(point.success)],
    ['Failed', count(point.failed)],
    ['Expired', count(point.expired)],
    ['Paid', `${amount(point.volume)} ${currency}`],
  ];
  return (
    <div className="rounded-popover border bg-surface px-3 py-2 text-12 shadow-2">
      <p className="mb-1 font-medium">{title}</p>
      <dl className="grid grid-cols-[auto_auto] gap-x-4 text-fg-2">
        {rows.map(([what, value]) => (
          <div key={what} className="contents">
            <dt>{what}</dt>
            <dd className="text-right text-fg tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

/** Over the bucket that is not over yet: its numbers still grow. */
function Hatching() {
  return (
    <defs>
      <pattern id="not-over" width={6} height={6} patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <line x1={0} y1={0} x2={0} y2={6} stroke="var(--line-strong)" strokeWidth={1.5} />
      </pattern>
    </defs>
  );
}

/** The widths of the numbers at the left and of the space at the right. */
const AXIS = 44;
const MARGIN = 4;
const tick = { fontSize: 11, fill: 'var(--fg-3)' };

export default function VolumeChart({ points, measure, label, name, currency, onPick }: Props) {
  const [mark, setMark] = useState<[number, number] | null>(null);
  const last = points.length - 1;
  // A day that was cut into parts is named once.
  const ticks = points
    .filter((point, i) => i === 0 || label(point.start) !== label(points[i - 1]?.start ?? point.start))
    .map((point) => point.start);
  const isGoing = points[last] && Date.parse(points[last].end) > Date.now();
  // Where a pointer is counts, not what is told beside it: that comes a frame later.
  const at = (event: SyntheticEvent) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const { clientX } = event.nativeEvent as MouseEvent;
    const part = (clientX - left - AXIS) / (width - AXIS - MARGIN);
    return Math.min(last, Math.max(0, Math.round(part * last)));
  };
  const pick = (end: number) => {
    const [from, to] = mark ?? [end, end];
    setMark(null);
    const [first, second] = [points[Math.min(from, to)], points[Math.max(from, to)]];
    if (first && second) onPick(first, second);
  };
  return (
    <ResponsiveContainer width="100%" height="100%" minHeight={220}>
      <AreaChart
        data={points}
        accessibilityLayer
        margin={{ top: 8, right: MARGIN, bottom: 0, left: 0 }}
        className="cursor-pointer select-none"
        onMouseDown={(_, event) => setMark([at(event), at(event)])}
        onMouseMove={(_, event) => {
          const index = at(event);
          if (mark && index !== mark[1]) setMark([mark[0], index]);
        }}
        onMouseUp={(_, event) => pick(at(event))}
        onMouseLeave={() => setMark(null)}
      >
        <Hatching />
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis
          dataKey="start"
          tickFormatter={label}
          ticks={ticks}
          tick={tick}
          tickLine={false}
          axisLine={{ stroke: 'var(--line)' }}
          minTickGap={28}
          tickMargin={6}
          interval="preserveStartEnd"
        />
        <YAxis
          width={AXIS}
          tick={tick}
          tickLine={false}
          axisLine={false}
          allowDecimals={false}
          tickFormatter={(value: number) => compact.format(value)}
        />
        <Tooltip
          cursor={{ stroke: 'var(--line-strong)' }}
          isAnimationActive={false}
          content={({ payload }) => {
            const point = payload?.[0]?.payload as Point | undefined;
            return point ? <Told point={point} title={name(point)} currency={currency} /> : null;
          }}
        />
        <Area
          dataKey={measure === 'amount' ? 'volume' : 'success'}
          name={measure === 'amount' ? 'Paid' : 'Succeeded'}
          type="monotone"
          stackId="all"
          stroke="var(--c-ok)"
          strokeWidth={2}
          fill="var(--c-ok)"
          fillOpacity={0.22}
          isAnimationActive={false}
        />
        {measure === 'payments' && (
          <Area
            dataKey="failed"
            name="Failed"
            type="monotone"
            stackId="all"
            stroke="var(--c-bad)"
            strokeWidth={2}
            strokeDasharray="4 3"
            fill="var(--c-bad)"
            fillOpacity={0.22}
            isAnimationActive={false}
          />
        )}
        {isGoing && last > 0 && (
          <ReferenceArea
            x1={points[last - 1]?.start}
            x2={points[last]?.start}
            fill="url(#not-over)"
            fillOpacity={0.35}
            stroke="none"
          />
        )}
        {mark && mark[0] !== mark[1] && (
          <ReferenceArea
            x1={points[mark[0]]?.start}
            x2={points[mark[1]]?.start}
            fill="var(--brand)"
            fillOpacity={0.14}
          />
        )}
      </AreaChart>
    </ResponsiveContainer>
  );
}

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
