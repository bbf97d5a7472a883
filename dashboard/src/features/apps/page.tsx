import { useQueries, useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { Button } from '@/components/ui/button';
import { PageHead } from '@/components/ui/card';
import { Input } from '@/components/ui/field';
import { EmptyState, ErrorState, SkeletonRows } from '@/components/ui/states';
import { type App, appsQuery } from '@/lib/apps';
import { type Environment, useEnvironment } from '@/lib/environment';
import { useSearchState } from '@/lib/search-state';
import { CreateApp } from './create';
import { AppsTable } from './list';
import { keysQuery } from './queries';
import { Reveal, type Revealed } from './reveal';

/** Keys are asked for app by app: only where that is cheap. */
const KEYS_FOR_APPS = 20;
const WORDS = { test: 'test mode', production: 'production' } as const;

function useAppsOf(environment: Environment, q: string) {
  const query = useQuery(appsQuery);
  const all = query.data
    ?.filter((app) => app.environment === environment)
    .sort((a, b) => a.name.localeCompare(b.name));
  const shown = all?.filter((app) => `${app.name} ${app.app_id}`.toLowerCase().includes(q.toLowerCase()));
  return { query, all, shown };
}

export function AppsPage() {
  const environment = useEnvironment();
  const navigate = useNavigate();
  const [{ q = '', create }, setSearch] = useSearchState(['q', 'create']);
  const [made, setMade] = useState<{ appId: string; revealed: Revealed } | null>(null);
  const { query, all, shown } = useAppsOf(environment, q);
  const openCreate = () => setSearch({ create: '1' });
  return (
    <>
      <PageHead
        title="Apps & keys"
        note={`Every app holds its own keys. These are in ${WORDS[environment]}.`}
      >
        <Button look="primary" onClick={openCreate}>
          <Plus aria-hidden />
          Create app
        </Button>
      </PageHead>
      {!!all?.length && (
        <Input
          label="Search apps"
          isLabelHidden
          type="search"
          placeholder="Search by name or id"
          className="mb-4 sm:max-w-80"
          value={q}
          onChange={(event) => setSearch({ q: event.target.value }, { replace: true })}
        />
      )}
      {query.isPending && <SkeletonRows className="rounded-card border bg-surface" />}
      {query.isError && !query.data && (
        <ErrorState
          error={query.error}
          retry={() => void query.refetch()}
          className="rounded-card border bg-surface"
        />
      )}
      {all?.length === 0 && (
        <EmptyState
          title={`No apps in ${WORDS[environment]}`}
          className="rounded-card border bg-surface"
          action={
            <Button look="primary" onClick={openCreate}>
              Create your first app
            </Button>
          }
        >
          An app holds its keys and its webhook addresses. Your program pays with its key.
        </EmptyState>
      )}
      {!!all?.length && shown?.length === 0 && (
        <EmptyState
          title="No app has this name or id"
          className="rounded-card border bg-surface"
          action={<Button onClick={() => setSearch({ q: null })}>Clear the search</Button>}
        />
      )}
      {!!shown?.length && <Listed apps={shown} hasKeys={(all?.length ?? 0) <= KEYS_FOR_APPS} />}
      {create && (
        <CreateApp
          environment={environment}
          onClose={() => setSearch({ create: null }, { replace: true })}
          onCreated={(appId, revealed) => {
            setSearch({ create: null }, { replace: true });
            setMade({ appId, revealed });
          }}
        />
      )}
      {made && (
        <Reveal
          revealed={made.revealed}
          onClose={() => {
            setMade(null);
            navigate(`/${environment}/apps/${made.appId}`);
          }}
        />
      )}
    </>
  );
}

function Listed({ apps, hasKeys }: { apps: App[]; hasKeys: boolean }) {
  const answers = useQueries({ queries: hasKeys ? apps.map((app) => keysQuery(app.app_id)) : [] });
  const keys = new Map(apps.map((app, at) => [app.app_id, answers[at]?.data]));
  return <AppsTable apps={apps} keys={hasKeys ? keys : null} />;
}
