// The four states of every view: loading, error, no match, empty. Loading shows late, so that a quick answer never flickers.
import { CircleAlert } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { ApiError } from '@/lib/api';
import { cn } from '@/lib/cn';
import { Button } from './button';

const LATE_MS = 200;

/** Whether something has gone on for long enough to be shown. */
export function useIsLate(isGoing: boolean): boolean {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    if (!isGoing) return setLate(false);
    const timer = setTimeout(() => setLate(true), LATE_MS);
    return () => clearTimeout(timer);
  }, [isGoing]);
  return isLate;
}

/** A grey shape of what is on its way. */
export function Skeleton({ className }: { className?: string }) {
  const isLate = useIsLate(true);
  return (
    <div
      aria-hidden
      className={cn('rounded-control bg-surface-3', isLate ? 'animate-pulse' : 'opacity-0', className)}
    />
  );
}

export function SkeletonRows({ rows = 8, className }: { rows?: number; className?: string }) {
  return (
    <div role="status" aria-label="Loading" className={cn('space-y-3 p-4', className)}>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the shapes are all alike
        <Skeleton key={row} className="h-5" />
      ))}
    </div>
  );
}

/** What went wrong, and the way out. */
export function ErrorState({
  error,
  retry,
  className,
}: {
  error: unknown;
  retry?: () => void;
  className?: string;
}) {
  const told = error instanceof ApiError ? error : null;
  return (
    <div role="alert" className={cn('flex flex-col items-center gap-3 px-6 py-12 text-center', className)}>
      <CircleAlert aria-hidden className="size-5 text-bad" />
      <p className="max-w-md text-14">
        {told?.message ??
          'This part of the page failed. Reload it; if it fails again, tell whoever runs the gateway.'}
      </p>
      {told?.requestId && <p className="font-mono text-12 text-fg-3">{told.requestId}</p>}
      {retry && <Button onClick={retry}>Try again</Button>}
    </div>
  );
}

/** Nothing is here: why, and what to do next. */
export function EmptyState({
  title,
  children,
  action,
  className,
}: {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  className?: string;
}) {
  return (
    <div className={cn('flex flex-col items-center gap-2 px-6 py-14 text-center', className)}>
      <p className="text-14 font-semibold">{title}</p>
      {children && <div className="max-w-md text-13 text-fg-2">{children}</div>}
      {action && <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}

/** An error in one line, inside a form. */
export function Alert({
  tone = 'bad',
  children,
  className,
}: {
  tone?: 'bad' | 'warn' | 'info' | 'ok';
  children: ReactNode;
  className?: string;
}) {
  const tones = {
    bad: 'bg-bad-soft text-bad',
    warn: 'bg-warn-soft text-warn',
    info: 'bg-info-soft text-info',
    ok: 'bg-ok-soft text-ok',
  };
  return (
    <div
      role={tone === 'bad' ? 'alert' : 'status'}
      className={cn('rounded-control px-3 py-2 text-13', tones[tone], className)}
    >
      {children}
    </div>
  );
}
