import { useQuery } from '@tanstack/react-query';
import { Link, Outlet } from 'react-router';
import { Button } from '@/components/ui/button';
import { Card, PageHead } from '@/components/ui/card';
import { EmptyState, ErrorState, SkeletonRows } from '@/components/ui/states';
import { LinkTabs } from '@/components/ui/tabs';
import { type App, appsQuery, useApps } from '@/lib/apps';
import { useEnvironment } from '@/lib/environment';
import { useSearchState } from '@/lib/search-state';
import { useTimeZone, zoneName } from '@/lib/time';
import { DeliveriesTab } from './deliveries-tab';
import { EndpointsTab } from './endpoints-tab';
import { InboxTab } from './inbox-tab';
import { QueueTab } from './queue-tab';
import { TestTab } from './test-tab';

const TABS = [
  { id: 'deliveries', name: 'Deliveries', Tab: DeliveriesTab },
  { id: 'queue', name: 'Retry queue', Tab: QueueTab },
  { id: 'endpoints', name: 'Endpoints', Tab: EndpointsTab },
  { id: 'test', name: 'Test', Tab: TestTab },
  { id: 'inbox', name: 'Inbox', Tab: InboxTab },
];

function NoApps() {
  const environment = useEnvironment();
  return (
    <Card>
      <EmptyState
        title={`No apps in ${environment === 'test' ? 'test mode' : 'production'}`}
        action={
          <Button look="primary" asChild>
            <Link to={`/${environment}/apps`}>Create an app</Link>
          </Button>
        }
      >
        An app holds the key that makes payments, and the endpoints that hear of them.
      </EmptyState>
    </Card>
  );
}

function Body({ Tab, apps }: { Tab: (props: { apps: App[] }) => React.ReactNode; apps: App[] | undefined }) {
  const { error, refetch } = useQuery(appsQuery);
  if (apps && apps.length > 0) return <Tab apps={apps} />;
  return (
    <>
      {apps ? (
        <NoApps />
      ) : error ? (
        <Card>
          <ErrorState error={error} retry={() => void refetch()} />
        </Card>
      ) : (
        <Card>
          <SkeletonRows />
        </Card>
      )}
      <Outlet />
    </>
  );
}

/** Webhooks of one environment: what was sent, what waits, where it goes, and a place to try it. */
export function WebhooksPage() {
  const environment = useEnvironment();
  const apps = useApps(environment);
  const zone = useTimeZone();
  const [{ tab }] = useSearchState(['tab'] as const);
  const current = TABS.find(({ id }) => id === tab) ?? TABS[0];
  return (
    <>
      <PageHead title="Webhooks">
        <p className="text-12 text-fg-3">Times in {zoneName(zone)}</p>
      </PageHead>
      <LinkTabs
        label="Webhooks"
        tabs={TABS}
        current={current?.id ?? 'deliveries'}
        base={`/${environment}/webhooks`}
      />
      {current && <Body key={`${environment} ${current.id}`} Tab={current.Tab} apps={apps} />}
    </>
  );
}
