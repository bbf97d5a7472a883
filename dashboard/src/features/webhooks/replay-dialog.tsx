import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { Input } from '@/components/ui/field';
import { Alert } from '@/components/ui/states';
import type { App } from '@/lib/apps';
import { plural } from '@/lib/format';
import { useTimeZone, zoneName } from '@/lib/time';
import { AppSelect } from './app-select';
import { type Filters, replay, useRefresh } from './queries';
import { fromLocal, spanOf, toLocal } from './range';

function useReplay(appId: string, since: string | null, endpointId: string | null) {
  const refresh = useRefresh();
  const body = { since: since ?? '', endpoint_id: endpointId };
  const preview = useQuery({
    queryKey: ['replay', appId, body],
    queryFn: () => replay(appId, { ...body, dry_run: true }),
    enabled: !!appId && !!since,
    staleTime: 0,
    gcTime: 0,
  });
  const run = useMutation({
    mutationFn: () => replay(appId, { ...body, dry_run: false }),
    onSuccess: refresh,
  });
  return { preview, run };
}

const counted = ({ count, has_more }: { count: number; has_more: boolean }) =>
  `${has_more ? 'More than ' : ''}${plural(count, 'delivery', 'deliveries')}`;

function Preview({ preview, run, isAsked }: ReturnType<typeof useReplay> & { isAsked: boolean }) {
  if (run.error) return <Alert>{run.error.message}</Alert>;
  if (run.data) return <Alert tone="ok">{counted(run.data)} on the way again.</Alert>;
  if (!isAsked) return <p className="text-13 text-fg-2">Choose the app to see how many have failed.</p>;
  if (preview.error) return <Alert>{preview.error.message}</Alert>;
  if (!preview.data) return <p className="text-13 text-fg-2">Counting…</p>;
  if (preview.data.count === 0)
    return <Alert tone="info">Nothing to recover: no failed delivery since then.</Alert>;
  return (
    <Alert tone="warn">
      {counted(preview.data)} failed and would be sent again. What was sent again since then is left out.
    </Alert>
  );
}

/** Sends again what has failed since a moment: counted first, then run. */
export function ReplayDialog({ apps, filters, close }: { apps: App[]; filters: Filters; close: () => void }) {
  const zone = useTimeZone();
  const only = apps.length === 1 ? apps[0]?.app_id : undefined;
  const [appId, setAppId] = useState(filters.app ?? only ?? '');
  const [local, setLocal] = useState(() =>
    toLocal(spanOf(filters.range, filters.from, filters.to).created_after, zone),
  );
  const since = fromLocal(local, zone);
  const endpointId = filters.app === appId ? (filters.endpoint_id ?? null) : null;
  const { preview, run } = useReplay(appId, since, endpointId);
  const count = preview.data?.count ?? 0;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && close()}
      title="Recover failed deliveries"
      description="Sends again everything that has failed for good since a moment. Each gets the whole schedule of attempts."
      footer={
        <>
          <Button onClick={close}>{run.data ? 'Close' : 'Cancel'}</Button>
          {!run.data && (
            <Button
              look="primary"
              disabled={count === 0 || preview.isFetching}
              isBusy={run.isPending}
              onClick={() => run.mutate()}
            >
              {count > 0 ? `Send ${plural(count, 'delivery', 'deliveries')} again` : 'Send again'}
            </Button>
          )}
        </>
      }
    >
      <div className="space-y-4">
        <div className="grid gap-4 sm:grid-cols-2">
          <AppSelect
            apps={apps}
            value={appId}
            {...(appId ? {} : { all: 'Choose an app' })}
            onChange={setAppId}
          />
          <Input
            label="Since"
            type="datetime-local"
            hint={`When they were made, ${zoneName(zone)}`}
            value={local}
            error={since ? undefined : 'Choose a moment.'}
            onChange={(event) => setLocal(event.target.value)}
          />
        </div>
        {endpointId && (
          <p className="text-13 text-fg-2">
            Only to the endpoint <span className="font-mono text-12">{endpointId}</span>, as the list is
            filtered.
          </p>
        )}
        <Preview preview={preview} run={run} isAsked={!!appId && !!since} />
      </div>
    </Dialog>
  );
}
