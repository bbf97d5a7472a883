import { cn } from '@/lib/cn';
import { count, share } from '@/lib/format';

const NEAR = 0.8;

/** How much of a limit is used: amber from 80 %, red at the limit. */
export function LimitMeter({ label, used, max }: { label: string; used: number; max: number }) {
  const part = max > 0 ? used / max : 1;
  const tone = part >= 1 ? 'bg-bad' : part >= NEAR ? 'bg-warn' : 'bg-c-ok';
  return (
    <div>
      <div className="mb-1.5 flex flex-wrap justify-between gap-x-3 text-13">
        <span>{label}</span>
        <span className="text-fg-2 tabular-nums">
          {count(used)} of {count(max)} ({share(part)})
        </span>
      </div>
      <div
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={max}
        aria-valuenow={Math.min(used, max)}
        aria-valuetext={`${count(used)} of ${count(max)}`}
        className="h-2 overflow-hidden rounded-full bg-surface-3"
      >
        <div className={cn('h-full rounded-full', tone)} style={{ width: `${Math.min(part, 1) * 100}%` }} />
      </div>
      {part >= NEAR && (
        <p className={cn('mt-1.5 text-12', part >= 1 ? 'text-bad' : 'text-warn')}>
          {part >= 1
            ? 'The limit is reached: new payments are refused until it is raised or the month ends.'
            : 'More than 80 % is used. At the limit new payments are refused.'}
        </p>
      )}
    </div>
  );
}
