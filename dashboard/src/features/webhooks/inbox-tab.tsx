import { useMutation, useQuery } from '@tanstack/react-query';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Link, Outlet } from 'react-router';
import { Button } from '@/components/ui/button';
import { Card, CardHeader } from '@/components/ui/card';
import { Code } from '@/components/ui/code';
import { Confirm } from '@/components/ui/dialog';
import { Alert, EmptyState, ErrorState, Skeleton, SkeletonRows } from '@/components/ui/states';
import type { App } from '@/lib/apps';
import { useEnvironment } from '@/lib/environment';
import { plural } from '@/lib/format';
import { AppSelect } from './app-select';
import { useFilters } from './filters';
import { Message } from './inbox-message';
import { createEndpoint, emptyInbox, endpointsQuery, inboxQuery, messagesQuery, useRefresh } from './queries';

/** Whether the app's webhooks come here, and the button that makes them. */
function UseIt({ appId, url }: { appId: string; url: string }) {
  const refresh = useRefresh();
  const { data: endpoints } = useQuery(endpointsQuery(appId));
  const use = useMutation({
    mutationFn: () => createEndpoint(appId, { url, description: 'ZenWallet Inbox', is_enabled: true }),
    onSuccess: refresh,
  });
  const endpoint = endpoints?.find((each) => each.url === url);
  if (endpoint)
    return (
      <Alert tone={endpoint.is_enabled ? 'ok' : 'warn'}>
        {endpoint.is_enabled
          ? 'Webhooks of this app come here.'
          : 'It is an endpoint of this app, but disabled.'}{' '}
        <Link
          to={`/test/webhooks?tab=endpoints&app_id=${appId}`}
          className="font-medium underline underline-offset-2"
        >
          {endpoint.is_enabled ? 'See its endpoints' : 'Enable it'}
        </Link>
      </Alert>
    );
  return (
    <div className="space-y-2">
      <Button look="primary" isBusy={use.isPending} disabled={!endpoints} onClick={() => use.mutate()}>
        Use it as this app’s endpoint
      </Button>
      {use.error && <Alert>{use.error.message}</Alert>}
    </div>
  );
}

function Address({ appId }: { appId: string }) {
  const { data: inbox, error, refetch } = useQuery(inboxQuery(appId));
  if (error) return <ErrorState error={error} retry={() => void refetch()} className="py-6" />;
  if (!inbox) return <Skeleton className="h-10" />;
  return (
    <div className="space-y-3">
      <Code text={inbox.url} label="inbox URL" className="[&_pre]:break-all" />
      <p className="text-12 text-fg-3">
        Records whatever is posted to it and answers 200. It keeps the newest {inbox.keeps} messages; whoever
        knows the URL can post.
      </p>
      <UseIt appId={appId} url={inbox.url} />
    </div>
  );
}

function EmptyButton({ appId, count }: { appId: string; count: number }) {
  const [isOpen, setOpen] = useState(false);
  const refresh = useRefresh();
  return (
    <>
      <Button size="small" onClick={() => setOpen(true)}>
        <Trash2 aria-hidden />
        Empty
      </Button>
      <Confirm
        open={isOpen}
        onOpenChange={setOpen}
        title="Empty this inbox?"
        act="Empty inbox"
        isDangerous
        onConfirm={async () => {
          await emptyInbox(appId);
          await refresh();
        }}
      >
        {plural(count, 'message')} will be gone. Deliveries stay in the log.
      </Confirm>
    </>
  );
}

function Messages({ appId }: { appId: string }) {
  const { data: messages, error, refetch } = useQuery(messagesQuery(appId));
  const count = messages?.length ?? 0;
  return (
    <Card>
      <CardHeader title={count > 0 ? plural(count, 'message') : 'Messages'}>
        {count > 0 && <EmptyButton appId={appId} count={count} />}
      </CardHeader>
      {messages && count > 0 ? (
        <ul>
          {messages.map((message) => (
            <Message key={message.message_id} appId={appId} message={message} />
          ))}
        </ul>
      ) : messages ? (
        <EmptyState title="Nothing has come yet">
          Make the inbox this app’s endpoint, then complete a payment or send a test. It appears here by
          itself.
        </EmptyState>
      ) : error ? (
        <ErrorState error={error} retry={() => void refetch()} />
      ) : (
        <SkeletonRows rows={4} />
      )}
    </Card>
  );
}

/** A URL of the gateway's own for each test app, and what arrived there. */
export function InboxTab({ apps }: { apps: App[] }) {
  const environment = useEnvironment();
  const { filters, change } = useFilters();
  const appId = apps.find((app) => app.app_id === filters.app)?.app_id ?? apps[0]?.app_id ?? '';
  if (environment === 'production')
    return (
      <Card>
        <EmptyState
          title="Inboxes are for test apps"
          action={
            <Button look="primary" asChild>
              <Link to="/test/webhooks?tab=inbox">Open it in test mode</Link>
            </Button>
          }
        >
          Webhooks of production apps go to your own servers alone.
        </EmptyState>
      </Card>
    );
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-6 lg:grid-cols-[360px_minmax(0,1fr)]">
      <Card className="space-y-4 p-4">
        <AppSelect apps={apps} value={appId} onChange={(app) => change({ app })} />
        <Address key={appId} appId={appId} />
      </Card>
      <Messages key={appId} appId={appId} />
      <Outlet />
    </div>
  );
}
