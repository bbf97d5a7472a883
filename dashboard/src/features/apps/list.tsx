import { CircleCheck, CircleSlash, Ellipsis, ExternalLink, Power, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { Button } from '@/components/ui/button';
import { Menu, MenuItem, MenuLine } from '@/components/ui/menu';
import { Pill } from '@/components/ui/status';
import { Table, Td, Th } from '@/components/ui/table';
import { Ago, Time } from '@/components/ui/time';
import type { App } from '@/lib/apps';
import { DeleteApp, DisableApp, EnableApp } from './confirms';
import { type Key, lastUse } from './queries';

export function AppStatus({ app }: { app: App }) {
  return app.is_active ? (
    <Pill tone="ok" icon={<CircleCheck aria-hidden />}>
      Active
    </Pill>
  ) : (
    <Pill tone="mute" icon={<CircleSlash aria-hidden />}>
      Disabled
    </Pill>
  );
}

/** `sk_test_…4f2a`, and how many more. */
function KeysCell({ keys }: { keys: Key[] | undefined }) {
  if (!keys) return <span className="text-fg-3">…</span>;
  const working = keys.filter((key) => key.status === 'active');
  const first = working[0];
  if (!first) return <span className="text-fg-3">No working key</span>;
  return (
    <>
      <span className="font-mono text-12">{first.key}</span>
      {working.length > 1 && <span className="text-12 text-fg-3"> and {working.length - 1} more</span>}
    </>
  );
}

function LastUsed({ keys }: { keys: Key[] | undefined }) {
  if (!keys) return <span className="text-fg-3">…</span>;
  const last = lastUse(keys);
  if (!last) return <span className="text-fg-3">Never</span>;
  return (
    <span title={last.address ?? undefined}>
      <Ago iso={last.at} />
    </span>
  );
}

type Act = 'enable' | 'disable' | 'delete';

function RowMenu({ app, act }: { app: App; act: (what: Act) => void }) {
  const navigate = useNavigate();
  return (
    <Menu
      trigger={
        <Button look="ghost" size="icon" aria-label={`Actions for ${app.name}`}>
          <Ellipsis aria-hidden />
        </Button>
      }
    >
      <MenuItem onSelect={() => navigate(`/${app.environment}/apps/${app.app_id}`)}>
        <ExternalLink aria-hidden />
        Open
      </MenuItem>
      {app.is_active ? (
        <MenuItem onSelect={() => act('disable')}>
          <Power aria-hidden />
          Disable
        </MenuItem>
      ) : (
        <MenuItem onSelect={() => act('enable')}>
          <Power aria-hidden />
          Enable
        </MenuItem>
      )}
      <MenuLine />
      <MenuItem isDangerous onSelect={() => act('delete')}>
        <Trash2 aria-hidden />
        Delete
      </MenuItem>
    </Menu>
  );
}

/** The apps of an environment; without `keys` what needs them is left out. */
export function AppsTable({ apps, keys }: { apps: App[]; keys: Map<string, Key[] | undefined> | null }) {
  const [asked, setAsked] = useState<{ what: Act; app: App } | null>(null);
  const close = () => setAsked(null);
  return (
    <>
      <Table>
        <caption className="sr-only">Apps</caption>
        <thead>
          <tr>
            <Th>Name</Th>
            <Th className="max-sm:hidden">Status</Th>
            {keys && <Th className="max-md:hidden">Key</Th>}
            {keys && <Th className="max-md:hidden">Last used</Th>}
            <Th className="max-lg:hidden">Created</Th>
            <Th>
              <span className="sr-only">Actions</span>
            </Th>
          </tr>
        </thead>
        <tbody>
          {apps.map((app) => (
            <tr key={app.app_id} className="relative transition-colors hover:bg-surface-2">
              <Td className="max-w-0 min-w-40 max-sm:py-2.5 sm:w-2/5">
                {/* The link covers the row; what stands above it keeps its own press. */}
                <Link
                  to={`/${app.environment}/apps/${app.app_id}`}
                  className="block truncate font-medium after:absolute after:inset-0"
                >
                  {app.name}
                </Link>
                <span className="mt-1 flex flex-wrap items-center gap-2 sm:hidden">
                  <AppStatus app={app} />
                  {keys && <KeysCell keys={keys.get(app.app_id)} />}
                </span>
              </Td>
              <Td className="max-sm:hidden">
                <AppStatus app={app} />
              </Td>
              {keys && (
                <Td className="whitespace-nowrap max-md:hidden">
                  <KeysCell keys={keys.get(app.app_id)} />
                </Td>
              )}
              {keys && (
                <Td className="text-fg-2 max-md:hidden">
                  <LastUsed keys={keys.get(app.app_id)} />
                </Td>
              )}
              <Td className="text-fg-2 max-lg:hidden">
                <Time iso={app.created_at} />
              </Td>
              <Td className="relative z-10 w-12 text-right">
                <RowMenu app={app} act={(what) => setAsked({ what, app })} />
              </Td>
            </tr>
          ))}
        </tbody>
      </Table>
      {asked?.what === 'enable' && <EnableApp app={asked.app} onClose={close} />}
      {asked?.what === 'disable' && <DisableApp app={asked.app} onClose={close} />}
      {asked?.what === 'delete' && <DeleteApp app={asked.app} onClose={close} />}
    </>
  );
}
