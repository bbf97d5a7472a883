import type { ReactNode } from 'react';
import { Card } from '@/components/ui/card';
import { ErrorState, SkeletonRows } from '@/components/ui/states';

/** One part of the settings, with an anchor of its own. */
export function Section({
  id,
  title,
  note,
  action,
  children,
}: {
  id: string;
  title: string;
  note?: ReactNode;
  action?: ReactNode;
  children: ReactNode;
}) {
  return (
    <Card id={id} aria-labelledby={`${id}-title`} className="scroll-mt-28">
      <div className="flex flex-wrap items-start justify-between gap-3 px-4 pt-4 pb-3">
        <div className="min-w-0">
          <h2 id={`${id}-title`} className="text-14 font-semibold">
            {title}
          </h2>
          {note && <p className="text-13 text-fg-2">{note}</p>}
        </div>
        {action}
      </div>
      {children}
    </Card>
  );
}

type Query<T> = { data: T | undefined; error: unknown; isPending: boolean; refetch: () => unknown };

/** What a section shows while its data comes, when it failed, and once it is there. */
export function Loaded<T>({
  query,
  rows = 3,
  children,
}: {
  query: Query<T>;
  rows?: number;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return children(query.data);
  if (query.isPending) return <SkeletonRows rows={rows} />;
  return <ErrorState error={query.error} retry={() => void query.refetch()} className="py-6" />;
}
