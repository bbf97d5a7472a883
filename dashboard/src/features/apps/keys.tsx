import { useQuery } from '@tanstack/react-query';
import { CircleCheck, CircleSlash, Clock, Ellipsis, Plus, RotateCw, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Menu, MenuItem } from '@/components/ui/menu';
import { EmptyState, ErrorState, SkeletonRows } from '@/components/ui/states';
import { Pill } from '@/components/ui/status';
import { Table, Td, Th } from '@/components/ui/table';
import { Ago, Time, useNow } from '@/components/ui/time';
import type { App } from '@/lib/apps';
import { cn } from '@/lib/cn';
import { relative } from '@/lib/time';
import { CreateKey, RevokeKey, RotateKey } from './key-dialogs';
import { type Key, keysQuery } from './queries';
import type { Revealed } from './reveal';

function KeyStatus({ status }: { status: string }) {
  if (status === 'active')
    return (
      <Pill tone="ok" icon={<CircleCheck aria-hidden />}>
        Active
      </Pill>
    );
  if (status === 'expired')
    return (
      <Pill tone="mute" icon={<Clock aria-hidden />}>
        Expired
      </Pill>
    );
  return (
    <Pill tone="bad" icon={<CircleSlash aria-hidden />}>
      Revoked
    </Pill>
  );
}

/** When the key stops, in words. */
function Ends({ apiKey }: { apiKey: Key }) {
  const now = useNow(30_000);
  if (apiKey.revoked_at)
    return (
      <span className="text-fg-3">
        Revoked <Ago iso={apiKey.revoked_at} />
      </span>
    );
  if (!apiKey.expires_at) return <span className="text-fg-3">Never expires</span>;
  if (apiKey.status !== 'active')
    return (
      <span className="text-fg-3">
        Expired <Ago iso={apiKey.expires_at} />
      </span>
    );
  const isSoon = new Date(apiKey.expires_at).getTime() - now < 8 * 86_400_000;
  return (
    <span className={cn(isSoon && 'text-warn')} title={apiKey.expires_at}>
      Expires {relative(apiKey.expires_at, now)}
    </span>
  );
}

function LastUse({ apiKey }: { apiKey: Key }) {
  if (!apiKey.last_used_at) return <span className="text-fg-3">Never used</span>;
  return (
    <span className="text-fg-2">
      <Ago iso={apiKey.last_used_at} />
      {apiKey.last_used_address && ` by ${apiKey.last_used_address}`}
    </span>
  );
}

type Act = { what: 'rotate' | 'revoke'; apiKey: Key };

function KeyMenu({ apiKey, act }: { apiKey: Key; act: (act: Act) => void }) {
  return (
    <Menu
      trigger={
        <Button look="ghost" size="icon" aria-label={`Actions for the key ${apiKey.key}`}>
          <Ellipsis aria-hidden />
        </Button>
      }
    >
      <MenuItem onSelect={() => act({ what: 'rotate', apiKey })}>
        <RotateCw aria-hidden />
        Rotate
      </MenuItem>
      <MenuItem isDangerous onSelect={() => act({ what: 'revoke', apiKey })}>
        <Trash2 aria-hidden />
        Expire now
      </MenuItem>
    </Menu>
  );
}

function KeysTable({ keys, act }: { keys: Key[]; act: (act: Act) => void }) {
  return (
    <Table>
      <caption className="sr-only">Keys of the app</caption>
      <thead>
        <tr>
          <Th>Key</Th>
          <Th className="max-sm:hidden">Status</Th>
          <Th className="max-md:hidden">Last used</Th>
          <Th className="max-md:hidden">Expiry</Th>
          <Th className="max-lg:hidden">Created</Th>
          <Th>
            <span className="sr-only">Actions</span>
          </Th>
        </tr>
      </thead>
      <tbody>
        {keys.map((apiKey) => (
          <tr key={apiKey.key_id} className={cn(apiKey.status !== 'active' && 'text-fg-2')}>
            <Td className="py-2 max-sm:py-2.5">
              <span className="font-mono text-12">{apiKey.key}</span>
              {apiKey.name && <span className="block text-12 text-fg-2">{apiKey.name}</span>}
              <span className="mt-1 flex flex-wrap items-center gap-x-2 gap-y-1 text-12 md:hidden">
                <span className="sm:hidden">
                  <KeyStatus status={apiKey.status} />
                </span>
                <Ends apiKey={apiKey} />
                <span>
                  {apiKey.last_used_at && <span className="text-fg-2">Used </span>}
                  <LastUse apiKey={apiKey} />
                </span>
              </span>
            </Td>
            <Td className="max-sm:hidden">
              <KeyStatus status={apiKey.status} />
            </Td>
            <Td className="max-md:hidden">
              <LastUse apiKey={apiKey} />
            </Td>
            <Td className="max-md:hidden">
              <Ends apiKey={apiKey} />
            </Td>
            <Td className="text-fg-2 max-lg:hidden">
              <Time iso={apiKey.created_at} />
            </Td>
            <Td className="w-12 text-right">
              {apiKey.status === 'active' && <KeyMenu apiKey={apiKey} act={act} />}
            </Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

/** The app's keys: those that work first, then what they were followed by. */
export function AppKeys({ app, reveal }: { app: App; reveal: (revealed: Revealed) => void }) {
  const keys = useQuery(keysQuery(app.app_id));
  const [isCreating, setCreating] = useState(false);
  const [act, setAct] = useState<Act | null>(null);
  const sorted = keys.data?.toSorted(
    (a, b) =>
      Number(b.status === 'active') - Number(a.status === 'active') ||
      b.created_at.localeCompare(a.created_at),
  );
  const frame = 'rounded-card border bg-surface';
  const create = (
    <Button look="primary" onClick={() => setCreating(true)}>
      <Plus aria-hidden />
      Create key
    </Button>
  );
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center justify-between gap-3">
        <p className="text-13 text-fg-2">A key is shown once; only its end is kept here.</p>
        {create}
      </div>
      {keys.isPending && <SkeletonRows rows={3} className={frame} />}
      {keys.isError && !sorted && (
        <ErrorState error={keys.error} retry={() => void keys.refetch()} className={frame} />
      )}
      {sorted?.length === 0 && (
        <EmptyState title="No keys" className={frame} action={create}>
          Without a key no program can use this app.
        </EmptyState>
      )}
      {!!sorted?.length && <KeysTable keys={sorted} act={setAct} />}
      {isCreating && <CreateKey app={app} onClose={() => setCreating(false)} reveal={reveal} />}
      {act?.what === 'rotate' && (
        <RotateKey app={app} apiKey={act.apiKey} onClose={() => setAct(null)} reveal={reveal} />
      )}
      {act?.what === 'revoke' && <RevokeKey app={app} apiKey={act.apiKey} onClose={() => setAct(null)} />}
    </>
  );
}
