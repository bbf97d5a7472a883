import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { Button } from '@/components/ui/button';
import { Id } from '@/components/ui/copy';
import { Alert, ErrorState, Skeleton } from '@/components/ui/states';
import { api, data } from '@/lib/api';
import type { App } from '@/lib/apps';
import type { Environment } from '@/lib/environment';
import { Listening } from './step';

const query = (app: App) => ({ params: { query: { app_id: app.app_id } } });

const useInbox = (app: App) =>
  useQuery({
    queryKey: ['inbox', app.app_id],
    queryFn: () => data(api.GET('/api/apps/{app_id}/inbox', { params: { path: { app_id: app.app_id } } })),
    staleTime: 300_000,
  });

const useEndpoints = (app: App) =>
  useQuery({
    queryKey: ['endpoints', app.environment, app.app_id],
    queryFn: async () => (await data(api.GET('/api/webhooks/endpoints', query(app)))).data,
  });

/** Sends webhooks to the app's inbox: no server of your own is needed. */
function InboxOffer({ app }: { app: App }) {
  const inbox = useInbox(app);
  const endpoints = useEndpoints(app);
  const connected = endpoints.data?.find((each) => each.url === inbox.data?.url && each.is_enabled);
  const connect = useMutation({
    mutationFn: async (url: string) => {
      await data(api.POST('/api/webhooks/endpoints', { ...query(app), body: { url, is_enabled: true } }));
      await endpoints.refetch();
    },
  });
  const test = useMutation({
    mutationFn: (endpointId: string) =>
      data(api.POST('/api/webhooks/test', { ...query(app), body: { endpoint_id: endpointId } })),
  });
  const error = connect.error ?? test.error;
  if (inbox.error)
    return <ErrorState error={inbox.error} retry={() => void inbox.refetch()} className="py-4" />;
  if (!inbox.data || endpoints.isPending) return <Skeleton className="h-8 w-64 max-w-full" />;
  return (
    <div className="space-y-3">
      <p>
        No server at hand? This gateway keeps an inbox for {app.name}: an address that takes webhooks and
        shows them.
      </p>
      <Id id={inbox.data.url} label="inbox address" className="text-fg" />
      {connected ? (
        <>
          <p>Webhooks go there now. Pay another payment, or send a test event.</p>
          <Button look="primary" isBusy={test.isPending} onClick={() => test.mutate(connected.endpoint_id)}>
            Send a test event
          </Button>
        </>
      ) : (
        <Button
          look="primary"
          isBusy={connect.isPending}
          onClick={() => connect.mutate(inbox.data.url)}
          className="block"
        >
          Use the inbox
        </Button>
      )}
      {error && <Alert>{error.message}</Alert>}
    </div>
  );
}

export function FirstWebhook({ environment, app }: { environment: Environment; app: App | undefined }) {
  if (!app) return null;
  return (
    <>
      <p>A webhook tells your server how a payment ended, signed with the app's secret.</p>
      {environment === 'test' && <InboxOffer app={app} />}
      <p>
        {environment === 'test' ? 'Or name your own address' : 'Name an address of yours'} under{' '}
        <Link
          to={`/${environment}/webhooks?tab=endpoints&app_id=${app.app_id}`}
          className="font-medium text-brand underline-offset-2 hover:underline"
        >
          webhook endpoints
        </Link>
        .
      </p>
      <Listening>Waiting for the first webhook to arrive.</Listening>
    </>
  );
}
