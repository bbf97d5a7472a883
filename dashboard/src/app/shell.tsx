import { Menu as MenuIcon, Moon, Search, Sun } from 'lucide-react';
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react';
import {
  isRouteErrorResponse,
  Link,
  Outlet,
  ScrollRestoration,
  useLocation,
  useNavigate,
  useRouteError,
} from 'react-router';
import { Button } from '@/components/ui/button';
import { EmptyState, ErrorState } from '@/components/ui/states';
import { useApps } from '@/lib/apps';
import { cn } from '@/lib/cn';
import { type Environment, isEnvironment, lastEnvironment } from '@/lib/environment';
import { useKeys } from '@/lib/keys';
import { useFollow } from '@/lib/live';
import { usePreference } from '@/lib/preferences';
import { AccountMenu } from './account-menu';
import { KeysHelp } from './keys-help';
import { Brand, LiveDot, Navigation, PAGES, Sheet } from './navigation';

const Palette = lazy(async () => ({ default: (await import('./palette')).Palette }));

/** The environment of the address, or where settings were opened from. */
function useShellEnvironment(): Environment {
  const part = useLocation().pathname.split('/')[1];
  return isEnvironment(part) ? part : lastEnvironment();
}

function EnvironmentSwitch({ environment }: { environment: Environment }) {
  const { pathname } = useLocation();
  const page = pathname.split('/')[2];
  // A record belongs to one environment: the switch leads to its list.
  const to = (target: Environment) =>
    isEnvironment(pathname.split('/')[1]) && page ? `/${target}/${page}` : `/${target}`;
  return (
    <nav aria-label="Environment" className="flex rounded-control border bg-surface-2 p-0.5">
      {(['test', 'production'] as const).map((each) => (
        <Link
          key={each}
          to={to(each)}
          aria-current={each === environment ? 'true' : undefined}
          className={cn(
            'flex h-[26px] items-center rounded-[4px] px-2.5 text-12 font-medium pointer-coarse:h-10',
            each === environment ? 'bg-surface text-fg shadow-1' : 'text-fg-2 hover:text-fg',
          )}
        >
          {each === 'test' ? 'Test' : 'Production'}
        </Link>
      ))}
    </nav>
  );
}

function ThemeButton() {
  const [, setTheme] = usePreference('theme');
  const isDark = document.documentElement.dataset.theme === 'dark';
  return (
    <Button
      look="ghost"
      size="icon"
      aria-label={isDark ? 'Light theme' : 'Dark theme'}
      onClick={() => setTheme(isDark ? 'light' : 'dark')}
    >
      {isDark ? <Sun aria-hidden /> : <Moon aria-hidden />}
    </Button>
  );
}

/** What stands around every page: navigation, the environment's switch, search, the connection's state. */
export function Shell() {
  const environment = useShellEnvironment();
  const apps = useApps(environment);
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const [sheet, setSheet] = useState(false);
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  const ids = useMemo(() => apps?.map((app) => app.app_id), [apps]);
  useFollow(ids);

  // A page that comes is announced by its heading; the focus goes there, but not at the first one.
  const main = useRef<HTMLElement>(null);
  const shown = useRef(pathname);
  useEffect(() => {
    const page = (path: string) => path.split('/').slice(0, 3).join('/');
    if (page(shown.current) !== page(pathname)) main.current?.focus({ preventScroll: true });
    shown.current = pathname;
  }, [pathname]);

  useKeys(
    useMemo(
      () => ({
        '?': () => setHelp(true),
        ...Object.fromEntries(
          PAGES.map(({ path, key }) => [`g ${key}`, () => navigate(`/${environment}${path}`)]),
        ),
        'g s': () => navigate('/settings'),
      }),
      [environment, navigate],
    ),
  );
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      setPalette(true);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);

  return (
    <div className="min-h-dvh bg-bg md:pl-[232px]">
      <a
        href="#main"
        className="sr-only z-50 rounded-control bg-brand px-3 py-2 text-brand-fg focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to the content
      </a>
      <aside
        aria-label="Sidebar"
        className="fixed inset-y-0 left-0 hidden w-[232px] flex-col border-r bg-bg md:flex"
      >
        <Brand />
        <Navigation environment={environment} />
        <LiveDot />
      </aside>
      <header className="sticky top-0 z-20 border-b bg-bg">
        {environment === 'test' && (
          <p className="bg-warn-soft px-4 py-[3px] text-center text-12 font-medium text-warn">
            Test mode: payments here never notify production apps
          </p>
        )}
        <div className="flex h-14 items-center gap-2 px-4 md:px-6">
          <Button
            look="ghost"
            size="icon"
            aria-label="Menu"
            className="md:hidden"
            onClick={() => setSheet(true)}
          >
            <MenuIcon aria-hidden />
          </Button>
          <button
            type="button"
            onClick={() => setPalette(true)}
            className="flex h-8 items-center gap-2.5 rounded-control border bg-surface px-2.5 text-13 text-fg-3 hover:border-line-strong max-md:size-8 max-md:justify-center max-md:px-0 md:w-80 pointer-coarse:h-11 pointer-coarse:min-w-11"
          >
            <Search aria-hidden className="size-4 shrink-0 stroke-[1.75]" />
            <span className="max-md:sr-only">Search payments, apps, actions</span>
            <kbd className="ml-auto rounded-[4px] border px-1.5 font-sans text-11 text-fg-2 max-md:hidden">
              Ctrl K
            </kbd>
          </button>
          <div className="ml-auto flex items-center gap-2">
            <EnvironmentSwitch environment={environment} />
            <ThemeButton />
            <AccountMenu />
          </div>
        </div>
      </header>
      <main
        id="main"
        ref={main}
        tabIndex={-1}
        className="mx-auto max-w-[1328px] px-4 py-6 outline-none md:px-6"
      >
        <Outlet />
      </main>
      {sheet && <Sheet environment={environment} close={() => setSheet(false)} />}
      {palette && (
        <Suspense>
          <Palette
            environment={environment}
            pages={PAGES}
            close={() => setPalette(false)}
            openHelp={() => setHelp(true)}
          />
        </Suspense>
      )}
      <KeysHelp open={help} onOpenChange={setHelp} pages={PAGES} />
      <ScrollRestoration />
    </div>
  );
}

/** A page that failed, or one that does not exist. */
export function Crash({ isUnknown }: { isUnknown?: boolean }) {
  const error = useRouteError();
  if (isUnknown || (isRouteErrorResponse(error) && error.status === 404))
    return (
      <main className="grid min-h-dvh place-items-center bg-bg">
        <div>
          <h1 className="sr-only">Page not found</h1>
          <EmptyState
            title="There is no such page"
            action={
              <Button look="primary" asChild>
                <Link to="/">Go to the overview</Link>
              </Button>
            }
          >
            The address may be old or misspelled.
          </EmptyState>
        </div>
      </main>
    );
  return <ErrorState error={error} retry={() => location.reload()} />;
}
