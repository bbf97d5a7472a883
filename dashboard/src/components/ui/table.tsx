import type { ComponentProps } from 'react';
import { cn } from '@/lib/cn';

/** A real table in a card: its head stays, it scrolls by itself where it must. */
export function Table({ className, ...rest }: ComponentProps<'table'>) {
  return (
    <div className="overflow-x-auto rounded-card border bg-surface shadow-1">
      <table className={cn('w-full border-collapse text-13', className)} {...rest} />
    </div>
  );
}

export function Th({ className, ...rest }: ComponentProps<'th'>) {
  return (
    <th
      scope="col"
      className={cn(
        'h-9 bg-surface-2 px-3 text-left text-12 font-medium whitespace-nowrap text-fg-2 first:pl-4 last:pr-4',
        className,
      )}
      {...rest}
    />
  );
}

export function Td({ className, ...rest }: ComponentProps<'td'>) {
  return <td className={cn('h-(--row) border-t px-3 py-1 first:pl-4 last:pr-4', className)} {...rest} />;
}

/** Newer and older pages of a list that goes by cursor. */
export function Pager({
  hasOlder,
  hasNewer,
  onOlder,
  onNewer,
  children,
}: {
  hasOlder: boolean;
  hasNewer: boolean;
  onOlder: () => void;
  onNewer: () => void;
  children?: React.ReactNode;
}) {
  const button =
    'h-8 rounded-control border bg-surface px-3 text-13 font-medium shadow-1 hover:bg-surface-2 disabled:opacity-50 pointer-coarse:h-11';
  return (
    <nav aria-label="Pages" className="mt-3 flex items-center justify-between gap-3 text-13 text-fg-2">
      <span>{children}</span>
      <span className="flex gap-2">
        <button type="button" className={button} disabled={!hasNewer} onClick={onNewer}>
          Newer
        </button>
        <button type="button" className={button} disabled={!hasOlder} onClick={onOlder}>
          Older
        </button>
      </span>
    </nav>
  );
}
