import { useQueries } from '@tanstack/react-query';
import { Link } from 'react-router';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { EmptyState } from '@/components/ui/states';
import type { App } from '@/lib/apps';
import { useEnvironment } from '@/lib/environment';
import type { useFilters } from './filters';
import { endpointsQuery } from './queries';
import { rangeWords } from './range';

/** Apps that are asked for their endpoints, to tell whether there is any. */
const ASKED_MAX = 10;

function NoEndpoint({ app }: { app: string | undefined }) {
  const environment = useEnvironment();
  const to = (tab: string) => `/${environment}/webhooks?tab=${tab}${app ? `&app_id=${app}` : ''}`;
  return (
    <EmptyState
      title="No endpoint yet"
      action={
        <>
          {environment === 'test' && (
            <Button look="primary" asChild>
              <Link to={to('inbox')}>Use the Inbox</Link>
            </Button>
          )}
          <Button look={environment === 'test' ? 'secondary' : 'primary'} asChild>
            <Link to={to('endpoints')}>Add endpoint</Link>
          </Button>
        </>
      }
    >
      {environment === 'test'
        ? 'An endpoint is the URL that hears of payments. Without a server of your own, the Inbox records what would arrive.'
        : 'An endpoint is the URL of your server that hears of payments.'}
    </EmptyState>
  );
}

/** Why the list is empty: no endpoint, a filter without a match, or nothing in the range. */
export function NoDeliveries({
  apps,
  filters,
  change,
  clear,
  isNarrowed,
}: { apps: App[] } & Pick<ReturnType<typeof useFilters>, 'filters' | 'change' | 'clear' | 'isNarrowed'>) {
  const asked = apps.filter((app) => !filters.app || app.app_id === filters.app).slice(0, ASKED_MAX);
  const answers = useQueries({ queries: asked.map((app) => endpointsQuery(app.app_id)) });
  const hasNone = asked.length > 0 && answers.every(({ data }) => data?.length === 0);
  const isOnlyApp = !filters.status && !filters.type && !filters.payment_id && !filters.endpoint_id;
  if (hasNone && isOnlyApp && asked.length < ASKED_MAX)
    return (
      <Card>
        <NoEndpoint app={filters.app} />
      </Card>
    );
  return (
    <Card>
      <EmptyState
        title={isNarrowed ? 'No delivery matches' : `No deliveries in ${rangeWords(filters.range)}`}
        action={
          <>
            {isNarrowed && <Button onClick={clear}>Clear filters</Button>}
            {filters.range !== '7d' && (
              <Button onClick={() => change({ range: '7d', from: null, to: null })}>
                Show the last 7 days
              </Button>
            )}
          </>
        }
      >
        {isNarrowed
          ? `Nothing in ${rangeWords(filters.range)} fits these filters.`
          : 'A payment that ends sends its event here within a moment.'}
      </EmptyState>
    </Card>
  );
}
