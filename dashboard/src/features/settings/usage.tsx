import { useQueries, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { Button } from '@/components/ui/button';
import { LimitMeter } from '@/components/ui/meter';
import { EmptyState } from '@/components/ui/states';
import { api, data, type Schemas } from '@/lib/api';
import { type App, appsQuery } from '@/lib/apps';
import { plural } from '@/lib/format';
import { Loaded, Section } from './section';

/** Usage is asked for app by app. */
const STEP = 10;

const monthQuery = (appId: string) => ({
  queryKey: ['usage-month', appId],
  queryFn: () => data(api.GET('/api/apps/{app_id}/usage', { params: { path: { app_id: appId } } })),
  staleTime: 60_000,
});

function Used({ usage, isError }: { usage: Schemas['AppUsage'] | undefined; isError: boolean }) {
  if (isError) return <p className="text-13 text-bad">Its use could not be read.</p>;
  if (!usage) return <p className="text-13 text-fg-3">…</p>;
  if (usage.monthly_payments_max != null)
    return (
      <LimitMeter label="Payments" used={usage.monthly_payments_used} max={usage.monthly_payments_max} />
    );
  return <p className="text-13 text-fg-2">{plural(usage.monthly_payments_used, 'payment')}, no limit</p>;
}

function Apps({ apps }: { apps: App[] }) {
  const [shown, setShown] = useState(STEP);
  const sorted = apps.toSorted(
    (a, b) => b.environment.localeCompare(a.environment) * -1 || a.name.localeCompare(b.name),
  );
  const visible = sorted.slice(0, shown);
  const answers = useQueries({ queries: visible.map((app) => monthQuery(app.app_id)) });
  if (apps.length === 0)
    return (
      <EmptyState title="No apps yet" className="py-8">
        Their use appears here.
      </EmptyState>
    );
  return (
    <>
      <ul>
        {visible.map((app, at) => (
          <li
            key={app.app_id}
            className="grid gap-x-6 gap-y-1 border-t px-4 py-3 sm:grid-cols-2 sm:items-center"
          >
            <div className="min-w-0">
              <Link
                to={`/${app.environment}/apps/${app.app_id}`}
                className="block truncate py-0.5 text-13 font-medium hover:underline"
              >
                {app.name}
              </Link>
              <p className="text-12 text-fg-2">{app.environment === 'test' ? 'Test' : 'Production'}</p>
            </div>
            <Used usage={answers[at]?.data} isError={!!answers[at]?.isError} />
          </li>
        ))}
      </ul>
      {apps.length > shown && (
        <div className="border-t px-4 py-3">
          <Button onClick={() => setShown(shown + STEP)}>Show more apps</Button>
        </div>
      )}
    </>
  );
}

export function UsageSection() {
  const apps = useQuery(appsQuery);
  return (
    <Section
      id="usage"
      title="Usage limits"
      note="Payments created this month (UTC) against each app’s limit. These are limits of use, not a bill."
    >
      <Loaded query={apps}>{(list) => <Apps apps={list} />}</Loaded>
    </Section>
  );
}
