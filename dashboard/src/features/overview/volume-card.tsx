import { lazy, Suspense } from 'react';
import { useNavigate } from 'react-router';
import { Button } from '@/components/ui/button';
import { Card, CardHeader } from '@/components/ui/card';
import { EmptyState, ErrorState, Skeleton } from '@/components/ui/states';
import { cn } from '@/lib/cn';
import type { Environment } from '@/lib/environment';
import { clock, day, shortDay } from '@/lib/time';
import type { Volume } from './queries';
import type { Point, Range } from './range';
import { VolumeTable } from './volume-table';

const VolumeChart = lazy(() => import('./volume-chart'));

export type Measure = 'payments' | 'amount';
type Props = {
  environment: Environment;
  range: Range;
  zone: string;
  volume: Volume | undefined;
  error: unknown;
  retry: () => void;
  measure: Measure;
  setMeasure: (measure: Measure) => void;
  zoom: (from: string, to: string) => void;
};

const short = (start: string, range: Range, zone: string): string =>
  range.unit === 'hour' ? clock(start, zone) : shortDay(start, zone);
/** A bucket in words: `Monday 23 November, 05:00 to 06:00`. */
export const nameOf = (point: Point, range: Range, zone: string): string =>
  range.unit === 'day'
    ? day(point.start, zone)
    : `${day(point.start, zone)}, ${clock(point.start, zone)} to ${clock(point.end, zone)}`;

function Legend({ measure }: { measure: Measure }) {
  const line = (className: string, word: string) => (
    <li className="flex items-center gap-1.5">
      <span aria-hidden className={cn('w-4 border-t-2', className)} />
      {word}
    </li>
  );
  return (
    <ul className="flex gap-4 text-12 text-fg-2">
      {line('border-c-ok', measure === 'amount' ? 'Paid' : 'Succeeded')}
      {measure === 'payments' && line('border-dashed border-c-bad', 'Failed')}
    </ul>
  );
}

function MeasureSwitch({ measure, setMeasure }: Pick<Props, 'measure' | 'setMeasure'>) {
  return (
    <fieldset className="flex gap-1">
      <legend className="sr-only">What the chart shows</legend>
      {(['payments', 'amount'] as const).map((each) => (
        <Button
          key={each}
          size="small"
          look="ghost"
          aria-pressed={each === measure}
          className={cn(each === measure && 'bg-surface-3 text-fg')}
          onClick={() => setMeasure(each)}
        >
          {each === 'payments' ? 'Payments' : 'Amount'}
        </Button>
      ))}
    </fieldset>
  );
}

export function VolumeCard(props: Props) {
  const { environment, range, zone, volume, error, retry, measure, setMeasure, zoom } = props;
  const navigate = useNavigate();
  const onPick = (first: Point, last: Point) => {
    if (first === last)
      navigate(`/${environment}/payments?created_after=${first.start}&created_before=${first.end}`);
    else zoom(first.start, last.end);
  };
  const isEmpty = volume?.points.every((point) => point.success + point.failed + point.expired === 0);
  return (
    <Card className="flex min-w-0 flex-col">
      <CardHeader
        title={
          <>
            Payment volume <span className="font-normal text-fg-2">{volume?.currency}</span>
          </>
        }
      >
        <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
          <Legend measure={measure} />
          <MeasureSwitch measure={measure} setMeasure={setMeasure} />
        </div>
      </CardHeader>
      <div className="flex min-h-64 flex-1 flex-col px-4">
        {error && !volume ? (
          <ErrorState error={error} retry={retry} className="m-auto" />
        ) : !volume ? (
          <div role="status" aria-label="Loading" className="flex-1 pb-2">
            <Skeleton className="h-full min-h-56" />
          </div>
        ) : isEmpty ? (
          <EmptyState title={`No payment ended in this range`} className="m-auto">
            Choose a longer range, or complete a payment.
          </EmptyState>
        ) : (
          <div className="relative min-h-60 flex-1">
            <div className="absolute inset-0">
              <Suspense fallback={<Skeleton className="h-full" />}>
                <VolumeChart
                  key={`${range.id} ${volume.points.length}`}
                  points={volume.points}
                  measure={measure}
                  currency={volume.currency}
                  label={(start) => short(start, range, zone)}
                  name={(point) => nameOf(point, range, zone)}
                  onPick={onPick}
                />
              </Suspense>
            </div>
          </div>
        )}
      </div>
      {volume && !isEmpty && (
        <VolumeTable environment={environment} range={range} zone={zone} volume={volume} />
      )}
    </Card>
  );
}
