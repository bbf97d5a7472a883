import { Check } from 'lucide-react';
import type { ReactNode } from 'react';
import { cn } from '@/lib/cn';

type Props = {
  number: number;
  title: string;
  /** What it says once done. */
  result: ReactNode;
  isDone: boolean;
  isCurrent: boolean;
  children: ReactNode;
};

/** One line of the checklist; the one that is next is open. */
export function Step({ number, title, result, isDone, isCurrent, children }: Props) {
  return (
    <li
      aria-current={isCurrent ? 'step' : undefined}
      className={cn('flex gap-3 px-4 py-4 not-first:border-t sm:gap-4 sm:px-5', isDone && 'animate-tint')}
    >
      <span
        aria-hidden
        className={cn(
          'mt-px grid size-6 shrink-0 place-items-center rounded-full text-12 font-semibold tabular-nums',
          isDone
            ? 'bg-ok-soft text-ok'
            : isCurrent
              ? 'bg-brand text-brand-fg'
              : 'border border-line-strong text-fg-3',
        )}
      >
        {isDone ? <Check className="size-3.5" /> : number}
      </span>
      <div className="min-w-0 flex-1">
        <h2 className={cn('text-14 font-semibold', !isDone && !isCurrent && 'text-fg-2')}>
          {title}
          {isDone && <span className="sr-only">, done</span>}
        </h2>
        {isDone && <div className="text-13 text-fg-2">{result}</div>}
        {isCurrent && <div className="mt-1 space-y-4 text-13 text-fg-2">{children}</div>}
      </div>
    </li>
  );
}

/** Says that the screen listens, in words that a screen reader hears once. */
export function Listening({ children }: { children: ReactNode }) {
  return (
    <p role="status" className="flex items-center gap-2 text-13 text-fg">
      <span aria-hidden className="size-2 animate-pulse rounded-full bg-info" />
      {children}
    </p>
  );
}
