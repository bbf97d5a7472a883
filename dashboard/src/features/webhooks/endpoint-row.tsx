import { useMutation, useQuery } from '@tanstack/react-query';
import { CircleCheck, CircleSlash, Ellipsis, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { Button } from '@/components/ui/button';
import { Id } from '@/components/ui/copy';
import { Confirm } from '@/components/ui/dialog';
import { Menu, MenuItem, MenuLine } from '@/components/ui/menu';
import { Pill } from '@/components/ui/status';
import { Td } from '@/components/ui/table';
import { Ago } from '@/components/ui/time';
import type { App } from '@/lib/apps';
import { hostOf, share } from '@/lib/format';
import { deleteEndpoint, type Endpoint, rateQuery, updateEndpoint, useRefresh } from './queries';
import { errorText } from './words';

function StatusPill({ endpoint }: { endpoint: Endpoint }) {
  if (!endpoint.is_enabled)
    return (
      <Pill tone={endpoint.disabled_reason ? 'bad' : 'mute'} icon={<CircleSlash aria-hidden />}>
        Disabled
      </Pill>
    );
  if (endpoint.failing_since)
    return (
      <Pill tone="warn" icon={<TriangleAlert aria-hidden />}>
        Failing
      </Pill>
    );
  return (
    <Pill tone="ok" icon={<CircleCheck aria-hidden />}>
      Enabled
    </Pill>
  );
}

function Status({ endpoint }: { endpoint: Endpoint }) {
  const { disabled_reason, failing_since, is_enabled } = endpoint;
  return (
    <div className="space-y-0.5">
      <StatusPill endpoint={endpoint} />
      {!is_enabled && disabled_reason && <p className="text-12 text-fg-2">{errorText(disabled_reason)}</p>}
      {failing_since && (
        <p className="text-12 text-fg-2">
          Failing since <Ago iso={failing_since} />
        </p>
      )}
    </div>
  );
}

function Rate({ app, endpoint }: { app: App; endpoint: Endpoint }) {
  const { data: rate } = useQuery(rateQuery(app.app_id, endpoint.endpoint_id));
  if (!rate) return <span className="text-fg-3">…</span>;
  if (rate.over === 0) return <span className="text-fg-3">none is over yet</span>;
  return (
    <span className="tabular-nums">
      {share(rate.delivered / rate.over)}{' '}
      <span className="text-12 whitespace-nowrap text-fg-3">
        {rate.delivered} of {rate.over}
      </span>
    </span>
  );
}

function Actions({
  app,
  endpoint,
  edit,
  toggle,
  remove,
}: {
  app: App;
  endpoint: Endpoint;
  edit: () => void;
  toggle: () => void;
  remove: () => void;
}) {
  const to = (rest: string) =>
    `/${app.environment}/webhooks?app_id=${app.app_id}&endpoint_id=${endpoint.endpoint_id}${rest}`;
  return (
    <Menu
      trigger={
        <Button look="ghost" size="icon" aria-label={`Actions for ${hostOf(endpoint.url)}`}>
          <Ellipsis aria-hidden />
        </Button>
      }
    >
      <MenuItem onSelect={edit}>Edit</MenuItem>
      <MenuItem onSelect={toggle}>{endpoint.is_enabled ? 'Disable' : 'Enable'}</MenuItem>
      <MenuItem asChild>
        <Link to={to('&tab=test')}>Send a test</Link>
      </MenuItem>
      <MenuItem asChild>
        <Link to={to('')}>See its deliveries</Link>
      </MenuItem>
      <MenuLine />
      <MenuItem isDangerous onSelect={remove}>
        Delete
      </MenuItem>
    </Menu>
  );
}

/** One endpoint: where it is, what it hears of, how it does. */
export function EndpointRow({ app, endpoint, edit }: { app: App; endpoint: Endpoint; edit: () => void }) {
  const refresh = useRefresh();
  const [isDeleting, setDeleting] = useState(false);
  const toggle = useMutation({
    mutationFn: () => updateEndpoint(app.app_id, endpoint.endpoint_id, { is_enabled: !endpoint.is_enabled }),
    onSettled: refresh,
  });
  const remove = async () => {
    await deleteEndpoint(app.app_id, endpoint.endpoint_id);
    await refresh();
  };
  return (
    <tr>
      <Td className="max-w-0 py-2 align-top @3xl:w-2/5">
        <Id id={endpoint.url} label="URL" className="w-full" />
        <p className="truncate text-12 text-fg-3">
          {[endpoint.description, endpoint.is_default ? 'The app’s default' : ''].filter(Boolean).join(' · ')}
        </p>
        <div className="mt-1 @xl:hidden">
          <Status endpoint={endpoint} />
        </div>
        <div className="mt-1 text-12 text-fg-2 @3xl:hidden">
          <p>{endpoint.events.join(', ')}</p>
          <p>
            Success of the last 50: <Rate app={app} endpoint={endpoint} />
          </p>
        </div>
        {toggle.error && (
          <p role="alert" className="text-12 text-bad">
            {toggle.error.message}
          </p>
        )}
      </Td>
      <Td className="hidden py-2 align-top text-12 text-fg-2 @3xl:table-cell">
        {endpoint.events.join(', ')}
      </Td>
      <Td className="hidden py-2 align-top @xl:table-cell">
        <Status endpoint={endpoint} />
      </Td>
      <Td className="hidden py-2 align-top @3xl:table-cell">
        <Rate app={app} endpoint={endpoint} />
      </Td>
      <Td className="w-12 py-1 align-top">
        <Actions
          app={app}
          endpoint={endpoint}
          edit={edit}
          toggle={() => toggle.mutate()}
          remove={() => setDeleting(true)}
        />
        <Confirm
          open={isDeleting}
          onOpenChange={setDeleting}
          title="Delete this endpoint?"
          act="Delete endpoint"
          isDangerous
          onConfirm={remove}
        >
          <p className="font-mono text-12 break-all text-fg">{endpoint.url}</p>
          <p className="mt-2">What waits for it is called off. What was sent there stays in the log.</p>
        </Confirm>
      </Td>
    </tr>
  );
}
