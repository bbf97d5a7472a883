import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { Skeleton } from '@/components/ui/states';
import { cn } from '@/lib/cn';
import { Sparkline } from './sparkline';

export type Delta = { text: string; tone: 'ok' | 'bad' | 'none' };

/** `+12.4%` in the colour of what it means; a fall of what should grow is bad. */
export function deltaOf(text: string | null): Delta | null {
  if (!text) return null;
  return { text, tone: text.startsWith('+') ? 'ok' : text.startsWith('−') ? 'bad' : 'none' };
}

/** The change between two shares in points: `+0.8 pt`. */
export function points(now: number | null | undefined, before: number | null | undefined): string | null {
  if (now == null || before == null) return null;
  const by = Math.round((now - before) * 1_000) / 10;
  return `${by > 0 ? '+' : by < 0 ? '−' : ''}${Math.abs(by).toFixed(1)} pt`;
}

type Props = {
  label: string;
  value: string | undefined;
  delta: Delta | null;
  note: ReactNode;
  hint?: string;
  spark: number[] | undefined;
  to: string;
  control?: ReactNode;
};

/** A number that matters. The whole card is a link; its number takes the size that the card has room for. */
export function Kpi({ label, value, delta, note, hint, spark, to, control }: Props) {
  const size =
    (value?.length ?? 0) > 13 ? 'text-[clamp(16px,9.5cqi,22px)]' : 'text-[clamp(18px,12.5cqi,26px)]';
  return (
    <div
      data-testid="kpi"
      className="@container relative rounded-card border bg-surface shadow-1 transition-colors duration-120 focus-within:border-line-strong hover:border-line-strong"
    >
      <div className="flex h-full flex-col p-4 pb-3">
        <div className="flex min-h-6 items-center justify-between gap-2">
          <h2 className="min-w-0 text-12 font-medium text-fg-2">
            <Link to={to} className="rounded-card after:absolute after:inset-0 after:rounded-card">
              {label}
            </Link>
          </h2>
          {control && <div className="relative z-10">{control}</div>}
        </div>
        {value === undefined ? (
          <Skeleton className="my-1 h-6 w-24" />
        ) : (
          <p
            className={cn('mt-0.5 truncate leading-8 font-semibold tracking-[-0.02em] tabular-nums', size)}
            title={value}
          >
            {value}
          </p>
        )}
        <p className="mt-0.5 min-h-[18px] text-12 text-fg-2" title={hint}>
          {delta && (
            <span
              className={cn(
                'font-medium tabular-nums',
                delta.tone === 'ok' ? 'text-ok' : delta.tone === 'bad' ? 'text-bad' : 'text-fg-2',
              )}
            >
              {delta.text}{' '}
            </span>
          )}
          {note}
        </p>
        <div className="mt-auto h-8 pt-2">{spark && <Sparkline values={spark} className="h-6 w-full" />}</div>
      </div>
    </div>
  );
}
