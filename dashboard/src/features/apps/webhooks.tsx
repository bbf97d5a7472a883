import { useQuery } from '@tanstack/react-query';
import { CircleCheck, CircleSlash } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { Button } from '@/components/ui/button';
import { Card, CardHeader } from '@/components/ui/card';
import { Confirm } from '@/components/ui/dialog';
import { EmptyState, ErrorState, SkeletonRows } from '@/components/ui/states';
import { Pill } from '@/components/ui/status';
import { api, data, type Schemas } from '@/lib/api';
import type { App } from '@/lib/apps';
import { moment, useTimeZone } from '@/lib/time';
import { OverlapField, useOverlap } from './overlap';
import type { Revealed } from './reveal';

const SHOWN = 5;
type Endpoint = Schemas['EndpointObject'];

function EndpointRow({ endpoint }: { endpoint: Endpoint }) {
  return (
    <li className="flex min-h-(--row) flex-wrap items-center justify-between gap-x-3 gap-y-1 border-t px-4 py-2">
      <span className="min-w-0 font-mono text-12 break-all">{endpoint.url}</span>
      <span className="flex items-center gap-2">
        {endpoint.failing_since && <Pill tone="warn">Failing</Pill>}
        {endpoint.is_enabled ? (
          <Pill tone="ok" icon={<CircleCheck aria-hidden />}>
            Enabled
          </Pill>
        ) : (
          <Pill tone="mute" icon={<CircleSlash aria-hidden />}>
            Disabled
          </Pill>
        )}
      </span>
    </li>
  );
}

function Endpoints({ app }: { app: App }) {
  const query = { app_id: app.app_id };
  const endpoints = useQuery({
    queryKey: ['endpoints', app.environment, query],
    queryFn: () => data(api.GET('/api/webhooks/endpoints', { params: { query } })),
  });
  const to = `/${app.environment}/webhooks?tab=endpoints&app_id=${app.app_id}`;
  const list = endpoints.data?.data;
  return (
    <Card>
      <CardHeader title="Endpoints">
        <span className="flex flex-wrap gap-2">
          <Button asChild>
            <Link to={`/${app.environment}/webhooks?app_id=${app.app_id}`}>View webhook logs</Link>
          </Button>
          <Button asChild>
            <Link to={to}>Manage endpoints</Link>
          </Button>
        </span>
      </CardHeader>
      {endpoints.isPending && <SkeletonRows rows={2} />}
      {endpoints.isError && !list && (
        <ErrorState error={endpoints.error} retry={() => void endpoints.refetch()} />
      )}
      {list?.length === 0 && (
        <EmptyState
          title="No webhook address yet"
          className="py-8"
          action={
            <Button look="primary" asChild>
              <Link to={to}>Add an endpoint</Link>
            </Button>
          }
        >
          Without one, nobody is told when a payment ends.
        </EmptyState>
      )}
      {!!list?.length && (
        <ul>
          {list.slice(0, SHOWN).map((endpoint) => (
            <EndpointRow key={endpoint.endpoint_id} endpoint={endpoint} />
          ))}
          {list.length > SHOWN && (
            <li className="border-t px-4 py-2 text-13 text-fg-2">and {list.length - SHOWN} more</li>
          )}
        </ul>
      )}
    </Card>
  );
}

function RotateSecret({
  app,
  onClose,
  reveal,
}: {
  app: App;
  onClose: () => void;
  reveal: (revealed: Revealed) => void;
}) {
  const zone = useTimeZone();
  const [overlap, setOverlap] = useOverlap();
  const rotate = async () => {
    const params = { path: { app_id: app.app_id } };
    const made = await data(
      api.POST('/api/apps/{app_id}/webhook-secret/rotate', { params, body: { overlap } }),
    );
    reveal({
      title: 'The new webhook secret',
      note:
        overlap > 0
          ? `Deliveries are signed with both until ${moment(made.former_secrets_end_at, zone)}.`
          : 'The former secret signs no more.',
      app: app.name,
      secrets: [{ name: 'Webhook secret', variable: 'ZENWALLET_WEBHOOK_SECRET', value: made.webhook_secret }],
    });
  };
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title="Rotate the webhook secret?"
      act="Rotate secret"
      onConfirm={rotate}
    >
      <p className="mb-4">
        Deliveries are signed with the new secret at once. Your program verifies with either.
      </p>
      <OverlapField label="The former secret ends" value={overlap} onChange={setOverlap} />
    </Confirm>
  );
}

export function AppWebhooks({ app, reveal }: { app: App; reveal: (revealed: Revealed) => void }) {
  const [isRotating, setRotating] = useState(false);
  return (
    <div className="space-y-6">
      <Endpoints app={app} />
      <Card>
        <CardHeader title="Webhook secret">
          <Button onClick={() => setRotating(true)}>Rotate secret</Button>
        </CardHeader>
        <p className="px-4 pb-4 text-13 text-fg-2">
          It signs what the gateway sends, so that your program knows who called. It was shown when it was
          made; lost it? Rotate it.
        </p>
      </Card>
      {isRotating && <RotateSecret app={app} onClose={() => setRotating(false)} reveal={reveal} />}
    </div>
  );
}
