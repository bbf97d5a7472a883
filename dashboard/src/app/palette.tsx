// Ctrl K: ids jump straight to what they name; then pages, actions and what the documentation says.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Command } from 'cmdk';
import { type ReactNode, useDeferredValue, useEffect, useState } from 'react';
import { useNavigate } from 'react-router';
import { api, data, type Schemas } from '@/lib/api';
import { type DocsHit, searchDocs } from '@/lib/docs';
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

const DOCS_MAX = 6;
const TYPING_MS = 200;

/** A value once it has stayed the same for a moment. */
function useSettled<T>(value: T): T {
  const [settled, settle] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => settle(value), TYPING_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

/** Headings of the documentation. One that does not answer is not missed. */
function useDocs(q: string): { hits: DocsHit[]; isWaiting: boolean } {
  const settled = useSettled(q);
  const { data: hits, isFetching } = useQuery({
    queryKey: ['docs', settled],
    queryFn: ({ signal }) => searchDocs(settled, signal),
    enabled: settled.length > 1,
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 300_000,
  });
  return {
    hits: q.length > 1 && settled.length > 1 ? (hits ?? []).slice(0, DOCS_MAX) : [],
    isWaiting: isFetching || settled !== q,
  };
}

function Row({
  value,
  title,
  note,
  onSelect,
}: {
  value: string;
  title: string;
  note?: ReactNode;
  onSelect: () => void;
}) {
  return (
    <Command.Item value={value} onSelect={onSelect} className={item}>
      <span className="truncate">{title}</span>
      {note && <span className="max-w-1/2 shrink-0 truncate text-12 text-fg-3">{note}</span>}
    </Command.Item>
  );
}

/** A heading and its rows; nothing without any. */
function Rows({ heading, children }: { heading: string; children: ReactNode[] }) {
  if (children.length === 0) return null;
  return (
    <Command.Group heading={heading} className={group}>
      {children}
    </Command.Group>
  );
}

type Props = {
  environment: Environment;
  pages: { path: string; name: string }[];
  close: () => void;
  openHelp: () => void;
};

type Act = [name: string, act: () => void];

/** What can be gone to, and what can be done. */
function useActs({ environment, pages, openHelp }: Omit<Props, 'close'>) {
  const navigate = useNavigate();
  const [, setTheme] = usePreference('theme');
  const other = environment === 'test' ? 'production' : 'test';
  const places: Act[] = [
    ...pages.map(({ path, name }): Act => [name, () => navigate(`/${environment}${path}`)]),
    ['Settings', () => navigate('/settings')],
    ['Docs', () => location.assign('/docs')],
  ];
  const actions: Act[] = [
    ['Create payment', () => navigate(`/${environment}/payments?create=1`)],
    ['Create app', () => navigate(`/${environment}/apps?create=1`)],
    [`Switch to ${other}`, () => navigate(`/${other}`)],
    ['Light theme', () => setTheme('light')],
    ['Dark theme', () => setTheme('dark')],
    ['Theme of the system', () => setTheme('system')],
    ['Keys', openHelp],
  ];
  return { places, actions };
}

export function Palette({ environment, pages, close, openHelp }: Props) {
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [marked, mark] = useState('');
  const q = useDeferredValue(text.trim());
  const { data: found, isFetching } = useQuery({
    queryKey: ['search', environment, q],
    queryFn: () => data(api.GET('/api/search', { params: { query: { q, environment } } })),
    enabled: q.length > 1,
    staleTime: 10_000,
  });
  const docs = useDocs(q);
  const { places, actions } = useActs({ environment, pages, openHelp });
  const closing = (act: () => void) => () => {
    close();
    act();
  };
  const fitting = (all: Act[]) => all.filter(([name]) => name.toLowerCase().includes(q.toLowerCase()));
  const rowsOf = (all: Act[]) =>
    fitting(all).map(([name, act]) => <Row key={name} value={name} title={name} onSelect={closing(act)} />);
  const hits = q.length > 1 ? (found?.data ?? []) : [];
  const values = [
    ...hits.map(({ id }) => id),
    ...fitting([...places, ...actions]).map(([name]) => name),
    ...docs.hits.map(({ url }) => url),
  ];
  return (
    <Command.Dialog
      open
      onOpenChange={(open) => !open && close()}
      label="Search payments, apps, docs, actions"
      shouldFilter={false}
      // What comes late is marked too where nothing was, so that Enter opens it.
      value={values.includes(marked) ? marked : (values[0] ?? '')}
      onValueChange={mark}
      data-modal="true"
      overlayClassName="fixed inset-0 z-40 bg-[oklch(0_0_0/0.4)]"
      contentClassName="fixed top-[12vh] left-1/2 z-50 w-[calc(100vw-32px)] max-w-xl -translate-x-1/2 overflow-hidden rounded-card border bg-surface shadow-2"
    >
      <Command.Input
        value={text}
        onValueChange={setText}
        placeholder="Paste an id, or search payments, apps, docs"
        className="h-12 w-full border-b bg-transparent px-4 text-14 outline-none placeholder:text-fg-3 max-sm:text-16"
      />
      <Command.List className="max-h-[60vh] overflow-y-auto p-2">
        <Command.Empty className="px-2 py-6 text-center text-13 text-fg-2">
          {isFetching || docs.isWaiting ? 'Searching…' : 'Nothing has this name or id.'}
        </Command.Empty>
        <Rows heading="Found">
          {hits.map((hit) => (
            <Row
              key={hit.id}
              value={hit.id}
              title={hit.title}
              note={`${hit.kind}, ${hit.environment}`}
              onSelect={closing(() => navigate(addressOf(hit)))}
            />
          ))}
        </Rows>
        <Rows heading="Pages">{rowsOf(places)}</Rows>
        <Rows heading="Actions">{rowsOf(actions)}</Rows>
        <Rows heading="Docs">
          {docs.hits.map(({ title, page_title, url }) => (
            <Row
              key={url}
              value={url}
              title={title}
              note={page_title !== title && page_title}
              onSelect={closing(() => location.assign(url))}
            />
          ))}
        </Rows>
      </Command.List>
    </Command.Dialog>
  );
}
