import { useQuery } from '@tanstack/react-query';
import { AuditTable } from '@/components/ui/audit';
import { EmptyState, ErrorState, SkeletonRows } from '@/components/ui/states';
import { Pager } from '@/components/ui/table';
import { api, data } from '@/lib/api';
import type { App } from '@/lib/apps';
import { useSearchState } from '@/lib/search-state';

const PER_PAGE = 25;

/** Who changed what about the app; for admins. */
export function AppLog({ app }: { app: App }) {
  const [{ cursor }, setSearch] = useSearchState(['cursor']);
  const query = { app_id: app.app_id, limit: PER_PAGE, cursor };
  const log = useQuery({
    queryKey: ['audit', query],
    queryFn: () => data(api.GET('/api/audit', { params: { query } })),
  });
  const frame = 'rounded-card border bg-surface';
  if (log.isPending) return <SkeletonRows className={frame} />;
  if (!log.data) return <ErrorState error={log.error} retry={() => void log.refetch()} className={frame} />;
  if (log.data.data.length === 0)
    return (
      <EmptyState title="Nothing is logged yet" className={frame}>
        Changes of the app, its keys and its endpoints appear here.
      </EmptyState>
    );
  const next = log.data.next_cursor;
  return (
    <>
      <AuditTable entries={log.data.data} caption={`What was done to ${app.name}`} />
      {(cursor || next) && (
        <Pager
          hasNewer={!!cursor}
          hasOlder={!!next}
          onNewer={() => history.back()}
          onOlder={() => setSearch({ cursor: next ?? undefined })}
        />
      )}
    </>
  );
}
