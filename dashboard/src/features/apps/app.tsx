import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Link, Navigate, useLocation, useParams } from 'react-router';
import { Button } from '@/components/ui/button';
import { PageHead } from '@/components/ui/card';
import { Id } from '@/components/ui/copy';
import { EmptyState, ErrorState, SkeletonRows } from '@/components/ui/states';
import { LinkTabs } from '@/components/ui/tabs';
import { type App, appsQuery } from '@/lib/apps';
import { useEnvironment } from '@/lib/environment';
import { useSearchState } from '@/lib/search-state';
import { useIsAdmin } from '@/lib/session';
import { AppSettings } from './app-settings';
import { AppKeys } from './keys';
import { AppStatus } from './list';
import { AppLog } from './log';
import { Reveal, type Revealed } from './reveal';
import { AppUsage } from './usage';
import { AppWebhooks } from './webhooks';

const TABS = [
  { id: 'overview', name: 'Overview' },
  { id: 'keys', name: 'Keys' },
  { id: 'webhooks', name: 'Webhooks' },
  { id: 'log', name: 'Log' },
  { id: 'settings', name: 'Settings' },
];

function Tab({
  tab,
  app,
  reveal,
}: {
  tab: string;
  app: App;
  reveal: (revealed: Revealed) => void;
}): ReactNode {
  if (tab === 'keys') return <AppKeys app={app} reveal={reveal} />;
  if (tab === 'webhooks') return <AppWebhooks app={app} reveal={reveal} />;
  if (tab === 'log') return <AppLog app={app} />;
  if (tab === 'settings') return <AppSettings app={app} />;
  return <AppUsage app={app} />;
}

export function AppPage() {
  const environment = useEnvironment();
  const { appId } = useParams();
  const { search } = useLocation();
  const isAdmin = useIsAdmin();
  const apps = useQuery(appsQuery);
  const [{ tab = 'overview' }] = useSearchState(['tab']);
  const [revealed, setRevealed] = useState<Revealed | null>(null);
  const app = apps.data?.find((each) => each.app_id === appId);

  if (app && app.environment !== environment)
    return <Navigate to={`/${app.environment}/apps/${app.app_id}${search}`} replace />;
  if (!app)
    return (
      <>
        <PageHead title="App" />
        <div className="rounded-card border bg-surface">
          {apps.isPending && <SkeletonRows rows={6} />}
          {apps.isError && <ErrorState error={apps.error} retry={() => void apps.refetch()} />}
          {apps.data && (
            <EmptyState
              title="No app of yours has this id"
              action={
                <Button asChild>
                  <Link to={`/${environment}/apps`}>Show all apps</Link>
                </Button>
              }
            >
              It may have been deleted, or belong to somebody else.
            </EmptyState>
          )}
        </div>
      </>
    );
  const tabs = TABS.filter(({ id }) => id !== 'log' || isAdmin);
  const current = tabs.some(({ id }) => id === tab) ? tab : 'overview';
  return (
    <>
      <PageHead title={app.name} note={<Id id={app.app_id} label="app id" className="text-fg-2" />}>
        <AppStatus app={app} />
        <Button asChild>
          <Link to={`/${environment}/payments?app_id=${app.app_id}`}>View payments</Link>
        </Button>
      </PageHead>
      <LinkTabs label="Parts of the app" tabs={tabs} current={current} />
      <Tab tab={current} app={app} reveal={setRevealed} />
      {revealed && <Reveal revealed={revealed} onClose={() => setRevealed(null)} />}
    </>
  );
}
