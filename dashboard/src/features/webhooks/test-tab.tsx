import { useMutation, useQuery } from '@tanstack/react-query';
import { Send } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Link, Outlet } from 'react-router';
import { Button } from '@/components/ui/button';
import { Card, CardHeader } from '@/components/ui/card';
import { Input, Select } from '@/components/ui/field';
import { Alert, EmptyState } from '@/components/ui/states';
import { DeliveryStatusPill } from '@/components/ui/status';
import { ApiError } from '@/lib/api';
import type { App } from '@/lib/apps';
import { milliseconds } from '@/lib/format';
import { AppSelect } from './app-select';
import { AttemptDetails } from './attempt-details';
import { useFilters, useLinks } from './filters';
import { type DeliveryDetail, endpointsQuery, sendTest, useRefresh } from './queries';

function Result({ appId, delivery }: { appId: string; delivery: DeliveryDetail }) {
  const { record } = useLinks();
  const attempt = delivery.attempts_log.at(-1);
  return (
    <Card aria-label="Result">
      <CardHeader
        title={
          <span className="flex flex-wrap items-center gap-2">
            <DeliveryStatusPill status={delivery.status} attempts={delivery.attempts} />
            {attempt && <span className="font-normal text-fg-2">in {milliseconds(attempt.duration_ms)}</span>}
          </span>
        }
      >
        <Button look="link" size="inline" asChild>
          <Link to={record({ delivery_id: delivery.delivery_id, app_id: appId })}>Open the delivery</Link>
        </Button>
      </CardHeader>
      <div className="px-4 pb-4">
        {attempt ? (
          <AttemptDetails appId={appId} delivery={delivery} attempt={attempt} />
        ) : (
          <Alert>{delivery.error ?? 'Nothing was sent.'}</Alert>
        )}
      </div>
    </Card>
  );
}

type Target = { endpoint_id: string } | { url: string };

function TestForm({
  apps,
  appId,
  send,
}: {
  apps: App[];
  appId: string;
  send: { mutate: (target: Target) => void; isPending: boolean; error: Error | null };
}) {
  const { filters, change } = useFilters();
  const { data: endpoints } = useQuery(endpointsQuery(appId));
  const [url, setUrl] = useState('');
  const known = endpoints?.find(({ endpoint_id }) => endpoint_id === filters.endpoint_id);
  const chosen = filters.endpoint_id === 'url' ? 'url' : ((known ?? endpoints?.[0])?.endpoint_id ?? 'url');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send.mutate(chosen === 'url' ? { url: url.trim() } : { endpoint_id: chosen });
  };
  const atUrl = send.error instanceof ApiError ? send.error.of('url') : undefined;
  return (
    <form onSubmit={submit} noValidate className="space-y-4">
      <AppSelect apps={apps} value={appId} onChange={(app) => change({ app })} />
      <Select
        label="Send to"
        value={chosen}
        onChange={(event) => change({ endpoint_id: event.target.value })}
      >
        {endpoints?.map((endpoint) => (
          <option key={endpoint.endpoint_id} value={endpoint.endpoint_id}>
            {endpoint.url}
            {endpoint.is_enabled ? '' : ' (disabled)'}
          </option>
        ))}
        <option value="url">Another URL</option>
      </Select>
      {chosen === 'url' && (
        <Input
          label="URL"
          type="url"
          spellCheck={false}
          placeholder="https://shop.example.com/webhooks"
          error={atUrl}
          value={url}
          onChange={(event) => setUrl(event.target.value)}
        />
      )}
      <p className="text-12 text-fg-3">
        Sends one signed webhook.test event about a payment that does not exist. It is tried once, and
        disabled endpoints get it too.
      </p>
      {send.error && !atUrl && <Alert>{send.error.message}</Alert>}
      <Button
        look="primary"
        type="submit"
        isBusy={send.isPending}
        disabled={chosen === 'url' && url.trim() === ''}
      >
        <Send aria-hidden />
        Send test
      </Button>
    </form>
  );
}

/** A signed event sent now, with the request and the answer side by side. */
export function TestTab({ apps }: { apps: App[] }) {
  const { filters } = useFilters();
  const appId = apps.find((app) => app.app_id === filters.app)?.app_id ?? apps[0]?.app_id ?? '';
  const refresh = useRefresh();
  const send = useMutation({
    mutationFn: async (target: Target) => ({ appId, delivery: await sendTest(appId, target) }),
    onSettled: refresh,
  });
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-6 lg:grid-cols-[360px_minmax(0,1fr)]">
      <Card className="p-4">
        <h2 className="mb-4 text-13 font-semibold">Test webhook</h2>
        <TestForm apps={apps} appId={appId} send={send} />
      </Card>
      {send.data ? (
        <Result key={send.data.delivery.delivery_id} {...send.data} />
      ) : (
        <Card>
          <EmptyState title={send.isPending ? 'Waiting for the answer' : 'No test sent yet'}>
            {send.isPending
              ? 'A receiver has 10 seconds.'
              : 'The request, the answer and the signature appear here.'}
          </EmptyState>
        </Card>
      )}
      <Outlet />
    </div>
  );
}
