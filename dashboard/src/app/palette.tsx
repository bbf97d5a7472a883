// Ctrl K: ids jump straight to what they name; then pages and actions.
import { useQuery } from '@tanstack/react-query';
import { Command } from 'cmdk';
import { useDeferredValue, useState } from 'react';
import { useNavigate } from 'react-router';
import { api, data, type Schemas } from '@/lib/api';
import type { Environment } from '@/lib/environment';
import { usePreference } from '@/lib/preferences';

type Hit = Schemas['SearchHit'];

/** Where a hit is shown. */
export function addressOf({ kind, id, app_id, environment, payment_id }: Hit): string {
  const base = `/${environment}`;
  if (kind === 'app' || kind === 'key') return `${base}/apps/${app_id}${kind === 'key' ? '?tab=keys' : ''}`;
  if (kind === 'delivery') return `${base}/webhooks/${id}?app_id=${app_id}`;
  if (kind === 'endpoint') return `${base}/webhooks?tab=endpoints&app_id=${app_id}`;
  return `${base}/payments/${payment_id ?? id}?app_id=${app_id}`;
}

const group =
  '[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:py-1.5 [&_[cmdk-group-heading]]:text-12 [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-fg-3';
const item =
  'flex min-h-9 cursor-pointer items-center justify-between gap-3 rounded-control px-2 text-13 aria-selected:bg-surface-3 pointer-coarse:min-h-11';

type Props = {
  environment: Environment;
  pages: { path: string; name: string }[];
  close: () => void;
  openHelp: () => void;
};

export function Palette({ environment, pages, close, openHelp }: Props) {
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const q = useDeferredValue(text.trim());
  const [, setTheme] = usePreference('theme');
  const { data: hits, isFetching } = useQuery({
    queryKey: ['search', environment, q],
    queryFn: () => data(api.GET('/api/search', { params: { query: { q, environment } } })),
    enabled: q.length > 1,
    staleTime: 10_000,
  });
  const go = (to: string) => {
    close();
    navigate(to);
  };
  const other = environment === 'test' ? 'production' : 'test';
  const actions: [string, () => void][] = [
    ['Create payment', () => go(`/${environment}/payments?create=1`)],
    ['Create app', () => go(`/${environment}/apps?create=1`)],
    [`Switch to ${other}`, () => go(`/${other}`)],
    ['Light theme', () => setTheme('light')],
    ['Dark theme', () => setTheme('dark')],
    ['Theme of the system', () => setTheme('system')],
    ['Keys', openHelp],
  ];
  const matches = (name: string) => name.toLowerCase().includes(q.toLowerCase());
  return (
    <Command.Dialog
      open
      onOpenChange={(open) => !open && close()}
      label="Search payments, apps, actions"
      shouldFilter={false}
      data-modal="true"
      overlayClassName="fixed inset-0 z-40 bg-[oklch(0_0_0/0.4)]"
      contentClassName="fixed top-[12vh] left-1/2 z-50 w-[calc(100vw-32px)] max-w-xl -translate-x-1/2 overflow-hidden rounded-card border bg-surface shadow-2"
    >
      <Command.Input
        value={text}
        onValueChange={setText}
        placeholder="Paste an id, or type a reference, an app, a page"
        className="h-12 w-full border-b bg-transparent px-4 text-14 outline-none placeholder:text-fg-3 max-sm:text-16"
      />
      <Command.List className="max-h-[60vh] overflow-y-auto p-2">
        <Command.Empty className="px-2 py-6 text-center text-13 text-fg-2">
          {isFetching ? 'Searching…' : 'Nothing has this name or id.'}
        </Command.Empty>
        {q.length > 1 && !!hits?.data.length && (
          <Command.Group heading="Found" className={group}>
            {hits.data.map((hit) => (
              <Command.Item key={hit.id} value={hit.id} onSelect={() => go(addressOf(hit))} className={item}>
                <span className="truncate">{hit.title}</span>
                <span className="shrink-0 text-12 text-fg-3">
                  {hit.kind}, {hit.environment}
                </span>
              </Command.Item>
            ))}
          </Command.Group>
        )}
        <Command.Group
          heading="Pages"
          className={group}
          hidden={![...pages.map((page) => page.name), 'Settings'].some(matches)}
        >
          {[
            ...pages.map(({ path, name }) => ({ to: `/${environment}${path}`, name })),
            { to: '/settings', name: 'Settings' },
          ]
            .filter(({ name }) => matches(name))
            .map(({ to, name }) => (
              <Command.Item key={to} value={to} onSelect={() => go(to)} className={item}>
                {name}
              </Command.Item>
            ))}
        </Command.Group>
        <Command.Group heading="Actions" className={group} hidden={!actions.some(([name]) => matches(name))}>
          {actions
            .filter(([name]) => matches(name))
            .map(([name, act]) => (
              <Command.Item
                key={name}
                value={name}
                onSelect={() => {
                  close();
                  act();
                }}
                className={item}
              >
                {name}
              </Command.Item>
            ))}
        </Command.Group>
      </Command.List>
    </Command.Dialog>
  );
}
