import { useQuery } from '@tanstack/react-query';
import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Link } from 'react-router';
import { Button } from '@/components/ui/button';
import { PageHead } from '@/components/ui/card';
import { useCopy } from '@/components/ui/copy';
import { api, data, type Schemas } from '@/lib/api';
import { type App, useApps } from '@/lib/apps';
import { cn } from '@/lib/cn';
import { useEnvironment } from '@/lib/environment';
import { usePreference } from '@/lib/preferences';
import { useSearchState } from '@/lib/search-state';
import { markdownOf } from './markdown';
import { Errors, Idempotency, Reference } from './reference-sections';
import { LANGUAGES } from './samples';
import { CreatePayment, Quickstart } from './start-sections';
import { CommandLine, Sdks } from './tool-sections';
import { VerifySection, Webhooks } from './webhook-sections';

const SECTIONS = [
  { id: 'quickstart', name: 'Quickstart' },
  { id: 'create', name: 'Create a payment' },
  { id: 'webhooks', name: 'Webhooks' },
  { id: 'verify', name: 'Verify a signature' },
  { id: 'errors', name: 'Errors' },
  { id: 'idempotency', name: 'Idempotency' },
  { id: 'sdks', name: 'SDKs' },
  { id: 'cli', name: 'Command line' },
  { id: 'reference', name: 'API reference' },
];

/** The section that is read: the last one whose head has come to the upper part of the screen. */
function useSeen(): string {
  const [seen, setSeen] = useState('quickstart');
  useEffect(() => {
    const look = () => {
      const past = SECTIONS.filter(({ id }) => {
        const top = document.getElementById(id)?.getBoundingClientRect().top;
        return top !== undefined && top < 160;
      });
      const isAtEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 4 && scrollY > 0;
      setSeen((isAtEnd ? SECTIONS.at(-1) : past.at(-1))?.id ?? 'quickstart');
    };
    addEventListener('scroll', look, { passive: true });
    return () => removeEventListener('scroll', look);
  }, []);
  return seen;
}

function Contents() {
  const seen = useSeen();
  return (
    <nav aria-label="On this page" className="max-xl:hidden">
      <ul className="sticky top-28 space-y-0.5">
        {SECTIONS.map(({ id, name }) => (
          <li key={id}>
            <Link
              to={`#${id}`}
              aria-current={id === seen ? 'true' : undefined}
              className={cn(
                'flex h-8 items-center rounded-control px-2.5 text-13',
                id === seen ? 'bg-surface-3 font-medium text-fg' : 'text-fg-2 hover:text-fg',
              )}
            >
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** How a test app's key begins and ends. The whole key cannot be shown again; a live one is not even hinted at. */
function useKeyText(app: App | undefined): string {
  const isTest = app?.environment === 'test';
  const { data: keys } = useQuery({
    queryKey: ['keys', app?.app_id],
    queryFn: async () =>
      (
        (await data(
          api.GET('/api/apps/{app_id}/keys', { params: { path: { app_id: app?.app_id ?? '' } } }),
        )) as { data: Schemas['KeyObject'][] }
      ).data,
    enabled: isTest,
    staleTime: 60_000,
  });
  if (!isTest) return app ? 'sk_live_…' : 'sk_test_…';
  return keys?.find((key) => key.status === 'active')?.key ?? 'sk_test_…';
}

function CopyPage({ keyText }: { keyText: string }) {
  const [copied, copy] = useCopy();
  const [chosen] = usePreference('codeLanguage');
  const language = LANGUAGES.find((each) => each.id === chosen)?.id ?? 'curl';
  return (
    <Button onClick={() => copy(markdownOf(location.origin, keyText, language))}>
      {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
      <span role="status">{copied ? 'Copied' : 'Copy as Markdown'}</span>
    </Button>
  );
}

export function DevelopersPage() {
  const environment = useEnvironment();
  const apps = useApps(environment) ?? [];
  const [{ app: chosen }, set] = useSearchState(['app'] as const);
  const app = apps.find((each) => each.app_id === chosen) ?? apps.find((each) => each.is_active);
  const testKey = useKeyText(app);
  const shownKey = environment === 'production' ? 'sk_live_…' : testKey;
  return (
    <>
      <PageHead title="Developers" note="From the first request to a verified webhook">
        <CopyPage keyText={shownKey} />
      </PageHead>
      <div className="xl:grid xl:grid-cols-[168px_minmax(0,1fr)] xl:gap-8">
        <Contents />
        <div className="min-w-0">
          <Quickstart environment={environment} />
          <CreatePayment
            environment={environment}
            apps={apps}
            app={app}
            keyText={shownKey}
            choose={(appId) => set({ app: appId }, { replace: true })}
          />
          <Webhooks />
          <VerifySection />
          <Errors />
          <Idempotency />
          <Sdks keyText={shownKey} />
          <CommandLine />
          <Reference />
        </div>
      </div>
    </>
  );
}
