import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { Link, Outlet } from 'react-router';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { EmptyState, ErrorState, SkeletonRows } from '@/components/ui/states';
import { Table, Th } from '@/components/ui/table';
import type { App } from '@/lib/apps';
import { useEnvironment } from '@/lib/environment';
import { AppSelect } from './app-select';
import { EndpointDialog } from './endpoint-dialog';
import { EndpointRow } from './endpoint-row';
import { useFilters } from './filters';
import { type Endpoint, endpointsQuery } from './queries';

/** Apps whose endpoints are shown together. */
const SHOWN_MAX = 12;

function NoEndpoints({ app, add }: { app: App; add: () => void }) {
  return (
    <EmptyState
      className="py-8"
      title="No endpoint"
      action={
        <>
          <Button look="primary" onClick={add}>
            <Plus aria-hidden />
            Add endpoint
          </Button>
          {app.environment === 'test' && (
            <Button asChild>
              <Link to={`/test/webhooks?tab=inbox&app_id=${app.app_id}`}>Use the Inbox</Link>
            </Button>
          )}
        </>
      }
    >
      Payments of {app.name} notify nobody yet.
    </EmptyState>
  );
}

function List({ app, edit, add }: { app: App; edit: (endpoint: Endpoint) => void; add: () => void }) {
  const { data: endpoints, error, refetch } = useQuery(endpointsQuery(app.app_id));
  if (endpoints && endpoints.length > 0)
    return (
      <Table aria-label={`Endpoints of ${app.name}`}>
        <thead>
          <tr>
            <Th>Endpoint</Th>
            <Th className="hidden @3xl:table-cell">Events</Th>
            <Th className="hidden @xl:table-cell">Status</Th>
            <Th className="hidden @3xl:table-cell">Success, last 50</Th>
            <Th>
              <span className="sr-only">Actions</span>
            </Th>
          </tr>
        </thead>
        <tbody>
          {endpoints.map((endpoint) => (
            <EndpointRow
              key={endpoint.endpoint_id}
              app={app}
              endpoint={endpoint}
              edit={() => edit(endpoint)}
            />
          ))}
        </tbody>
      </Table>
    );
  return (
    <Card>
      {endpoints ? (
        <NoEndpoints app={app} add={add} />
      ) : error ? (
        <ErrorState error={error} retry={() => void refetch()} className="py-8" />
      ) : (
        <SkeletonRows rows={2} />
      )}
    </Card>
  );
}

function AppEndpoints({ app }: { app: App }) {
  const environment = useEnvironment();
  const [form, setForm] = useState<{ endpoint: Endpoint | null } | null>(null);
  const add = () => setForm({ endpoint: null });
  return (
    <section aria-label={app.name} className="@container">
      <div className="mb-2 flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <h2 className="min-w-0 truncate text-14 font-semibold">{app.name}</h2>
        <div className="flex items-center gap-2">
          <Button look="link" size="inline" asChild>
            <Link to={`/${environment}/apps/${app.app_id}?tab=webhooks`}>Rotate the secret</Link>
          </Button>
          <Button size="small" onClick={add}>
            <Plus aria-hidden />
            Add endpoint
          </Button>
        </div>
      </div>
      <List app={app} add={add} edit={(endpoint) => setForm({ endpoint })} />
      {form && <EndpointDialog app={app} endpoint={form.endpoint} close={() => setForm(null)} />}
    </section>
  );
}

/** Where webhooks go, app by app. */
export function EndpointsTab({ apps }: { apps: App[] }) {
  const { filters, change } = useFilters();
  const chosen = apps.filter((app) => !filters.app || app.app_id === filters.app);
  const shown = chosen.slice(0, SHOWN_MAX);
  return (
    <>
      <AppSelect
        apps={apps}
        value={filters.app ?? ''}
        all="All apps"
        className="mb-6 w-48 max-sm:w-full"
        onChange={(app) => change({ app: app || null })}
      />
      <div className="space-y-6">
        {shown.map((app) => (
          <AppEndpoints key={app.app_id} app={app} />
        ))}
      </div>
      {chosen.length === 0 && (
        <Card>
          <EmptyState
            title="No such app here"
            action={<Button onClick={() => change({ app: null })}>Show all apps</Button>}
          >
            It is gone, or it belongs to the other environment.
          </EmptyState>
        </Card>
      )}
      {shown.length < chosen.length && (
        <p className="mt-6 text-13 text-fg-2">
          The first {shown.length} of {chosen.length} apps. Choose an app to see the endpoints of another.
        </p>
      )}
      <Outlet />
    </>
  );
}
