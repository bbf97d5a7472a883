// What leads from page to page: beside them, and on a phone in a sheet.
import {
  Activity,
  BookOpen,
  CodeXml,
  KeyRound,
  LayoutDashboard,
  ListChecks,
  Settings,
  Webhook,
  X,
} from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import { Link, NavLink } from 'react-router';
import { Button } from '@/components/ui/button';
import { cn } from '@/lib/cn';
import type { Environment } from '@/lib/environment';
import { toggleLive, useLiveState } from '@/lib/live';
import { usePreference } from '@/lib/preferences';

export const PAGES = [
  { path: '', name: 'Overview', Icon: LayoutDashboard, key: 'o' },
  { path: '/payments', name: 'Payments', Icon: Activity, key: 'p' },
  { path: '/apps', name: 'Apps & keys', Icon: KeyRound, key: 'a' },
  { path: '/webhooks', name: 'Webhooks', Icon: Webhook, key: 'w' },
  { path: '/developers', name: 'Developers', Icon: CodeXml, key: 'd' },
];

export function Brand() {
  return (
    <Link to="/" className="flex h-14 items-center gap-2.5 px-5 font-semibold">
      <span
        aria-hidden
        className="grid size-7 place-items-center rounded-control bg-brand text-14 font-semibold text-brand-fg"
      >
        Z
      </span>
      ZenWallet
    </Link>
  );
}

export function Navigation({ environment, onLeave }: { environment: Environment; onLeave?: () => void }) {
  const [onboarding] = usePreference('onboarding');
  const link = ({ isActive }: { isActive: boolean }) =>
    cn(
      'flex h-8 items-center gap-2.5 rounded-control px-2.5 text-13 font-medium transition-colors [&_svg]:size-4 [&_svg]:stroke-[1.75] pointer-coarse:h-11',
      isActive ? 'bg-surface-3 text-fg' : 'text-fg-2 hover:bg-surface-2 hover:text-fg',
    );
  return (
    <nav aria-label="Main" className="flex flex-1 flex-col gap-0.5 px-3">
      {PAGES.map(({ path, name, Icon }) => (
        <NavLink
          key={name}
          to={`/${environment}${path}`}
          end={path === ''}
          className={link}
          onClick={onLeave}
        >
          <Icon aria-hidden />
          {name}
        </NavLink>
      ))}
      <NavLink to="/settings" className={link} onClick={onLeave}>
        <Settings aria-hidden />
        Settings
      </NavLink>
      {onboarding !== 'hidden' && (
        <NavLink to={`/${environment}/start`} className={link} onClick={onLeave}>
          <ListChecks aria-hidden />
          Get started
        </NavLink>
      )}
      {/* Outside of this app: the gateway serves it. */}
      <a href="/docs" className={link({ isActive: false })}>
        <BookOpen aria-hidden />
        Docs
      </a>
    </nav>
  );
}

const LIVE = {
  on: ['bg-ok', 'Live updates on'],
  connecting: ['bg-warn', 'Reconnecting…'],
  paused: ['bg-mute', 'Paused'],
  idle: ['bg-mute', 'No app to follow'],
} as const;

export function LiveDot() {
  const [dot, words] = LIVE[useLiveState()];
  return (
    <button
      type="button"
      onClick={toggleLive}
      title="Pause or resume live updates"
      className="flex h-11 w-full items-center gap-2 px-5 text-12 text-fg-2 hover:text-fg"
    >
      <span aria-hidden className={cn('size-2 rounded-full', dot)} />
      <span role="status">{words}</span>
    </button>
  );
}

export function Sheet({ environment, close }: { environment: Environment; close: () => void }) {
  return (
    <Radix.Root open onOpenChange={(open) => !open && close()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-[oklch(0_0_0/0.4)] md:hidden" />
        <Radix.Content
          data-modal="true"
          aria-describedby={undefined}
          className="fixed inset-y-0 left-0 z-50 flex w-[264px] flex-col border-r bg-bg md:hidden"
        >
          <Radix.Title className="sr-only">Menu</Radix.Title>
          <div className="flex items-center justify-between pr-2">
            <Brand />
            <Radix.Close asChild>
              <Button look="ghost" size="icon" aria-label="Close the menu">
                <X aria-hidden />
              </Button>
            </Radix.Close>
          </div>
          <Navigation environment={environment} onLeave={close} />
          <LiveDot />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
