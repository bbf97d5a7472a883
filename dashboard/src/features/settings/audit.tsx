import { useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useLocation, useNavigate, useSearchParams } from 'react-router';
import { AUDIT_ACTIONS, AuditTable } from '@/components/ui/audit';
import { Button } from '@/components/ui/button';
import { Select } from '@/components/ui/field';
import { EmptyState } from '@/components/ui/states';
import { Pager } from '@/components/ui/table';
import { api, data } from '@/lib/api';
import { appsQuery } from '@/lib/apps';
import { renewFirst } from '@/lib/download';
import { Loaded, Section } from './section';
import { usersQuery } from './users-queries';

const PER_PAGE = 20;
const NAMES = ['action', 'app_id', 'user_id', 'cursor'] as const;
type Filters = Partial<Record<(typeof NAMES)[number], string>>;

/** The filters in the address; a change keeps the place on the page. */
function useFilters(): [Filters, (changes: Partial<Record<(typeof NAMES)[number], string | null>>) => void] {
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const filters: Filters = {};
  for (const name of NAMES) {
    const value = params.get(name);
    if (value) filters[name] = value;
  }
  return [
    filters,
    (changes) => {
      const next = new URLSearchParams(params);
      next.delete('cursor');
      for (const [name, value] of Object.entries(changes)) {
        if (value) next.set(name, value);
        else next.delete(name);
      }
      void navigate({ pathname, search: next.toString(), hash: '#audit' }, { preventScrollReset: true });
    },
  ];
}

function FilterBar({
  filters,
  set,
}: {
  filters: Filters;
  set: (changes: Partial<Record<'action' | 'app_id' | 'user_id', string | null>>) => void;
}) {
  const { data: apps } = useQuery(appsQuery);
  const { data: users } = useQuery(usersQuery);
  const pick = (name: 'action' | 'app_id' | 'user_id') => ({
    isLabelHidden: true,
    value: filters[name] ?? '',
    onChange: (event: { target: { value: string } }) => set({ [name]: event.target.value || null }),
    className: 'min-w-0 flex-1 basis-40',
  });
  const isSet = !!(filters.action || filters.app_id || filters.user_id);
  return (
    <div className="flex flex-wrap items-center gap-2 px-4 pb-3">
      <Select label="Action" {...pick('action')}>
        <option value="">Every action</option>
        {AUDIT_ACTIONS.map(([action, name]) => (
          <option key={action} value={action}>
            {name}
          </option>
        ))}
      </Select>
      <Select label="App" {...pick('app_id')}>
        <option value="">Every app</option>
        {apps?.map((app) => (
          <option key={app.app_id} value={app.app_id}>
            {app.name} ({app.environment})
          </option>
        ))}
      </Select>
      <Select label="User" {...pick('user_id')}>
        <option value="">Everybody</option>
        {users?.map((user) => (
          <option key={user.user_id} value={user.user_id}>
            {user.name}
          </option>
        ))}
      </Select>
      {isSet && (
        <Button look="ghost" onClick={() => set({ action: null, app_id: null, user_id: null })}>
          Clear filters
        </Button>
      )}
    </div>
  );
}

/** Who did what; for admins. */
export function AuditSection() {
  const [filters, setFilters] = useFilters();
  const { cursor, ...wanted } = filters;
  const query = { ...filters, limit: PER_PAGE };
  const log = useQuery({
    queryKey: ['audit', query],
    queryFn: () => data(api.GET('/api/audit', { params: { query } })),
    placeholderData: (before) => before,
  });
  const isFiltered = Object.keys(wanted).length > 0;
  return (
    <Section
      id="audit"
      title="Audit log"
      note="Who did what, from where. Nothing here can be changed."
      action={
        <Button asChild>
          <a href={`/api/audit/export?${new URLSearchParams(wanted)}`} download onClick={renewFirst}>
            <Download aria-hidden />
            Export NDJSON
          </a>
        </Button>
      }
    >
      <FilterBar filters={filters} set={setFilters} />
      <Loaded query={log} rows={6}>
        {(page) => (
          <div className="px-4 pb-4">
            {page.data.length === 0 ? (
              <EmptyState
                title={isFiltered ? 'Nothing matches these filters' : 'Nothing is logged yet'}
                className="py-8"
              />
            ) : (
              <AuditTable entries={page.data} caption="Audit log" />
            )}
            {(cursor || page.next_cursor) && (
              <Pager
                hasNewer={!!cursor}
                hasOlder={!!page.next_cursor}
                onNewer={() => setFilters({ cursor: null })}
                onOlder={() => setFilters({ cursor: page.next_cursor })}
              >
                {cursor && 'Newer leads to the first page.'}
              </Pager>
            )}
          </div>
        )}
      </Loaded>
    </Section>
  );
}
