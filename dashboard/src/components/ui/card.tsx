import type { ComponentProps, ReactNode } from 'react';
import { cn } from '@/lib/cn';

export function Card({ className, ...rest }: ComponentProps<'section'>) {
  return <section className={cn('rounded-card border bg-surface shadow-1', className)} {...rest} />;
}

export function CardHeader({
  title,
  children,
  className,
}: {
  title: ReactNode;
  children?: ReactNode;
  className?: string;
}) {
  return (
    <div className={cn('flex min-h-13 flex-wrap items-center justify-between gap-2 px-4 py-2.5', className)}>
      <h2 className="text-13 font-semibold">{title}</h2>
      {children}
    </div>
  );
}

/** A page's head: its one h1, a line under it, and what can be done. */
export function PageHead({
  title,
  note,
  children,
}: {
  title: ReactNode;
  note?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <div className="mb-6 flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
      {typeof title === 'string' && <title>{`${title} · ZenWallet`}</title>}
      <div className="min-w-0">
        <h1 className="truncate text-20 font-semibold">{title}</h1>
        {note && <p className="text-13 text-fg-2">{note}</p>}
      </div>
      {children && <div className="flex flex-wrap items-center gap-2">{children}</div>}
    </div>
  );
}
