import { useIsFetching } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { Link, useLocation } from 'react-router';
import { PageHead } from '@/components/ui/card';
import { SkeletonRows } from '@/components/ui/states';
import { cn } from '@/lib/cn';
import { useAccount } from '@/lib/session';
import { AccountSection } from './account';
import { AuditSection } from './audit';
import { UnsavedGuard } from './guard';
import { NotificationsSection } from './notifications';
import { PasswordSection } from './password';
import { SessionsSection } from './sessions';
import { SystemSection } from './system';
import { TwoFactorSection } from './two-factor';
import { UsageSection } from './usage';
import { UsersSection } from './users';

const OWN = [
  { id: 'account', name: 'Account' },
  { id: 'password', name: 'Password' },
  { id: 'two-factor', name: 'Second factor' },
  { id: 'sessions', name: 'Sessions' },
  { id: 'notifications', name: 'Notifications' },
  { id: 'usage', name: 'Usage limits' },
];
const GATEWAY = [
  { id: 'users', name: 'Users' },
  { id: 'audit', name: 'Audit log' },
  { id: 'system', name: 'System' },
];

/** The sections above one come late and push it down: it is held in view for so long, until somebody scrolls. */
const HELD_MS = 3_000;
const SCROLLS = ['wheel', 'touchstart', 'pointerdown', 'keydown'];

/** Brings the section of the address into view. */
function useAnchor(hash: string): void {
  const fetching = useIsFetching();
  const held = useRef({ hash: '', until: 0 });
  useEffect(() => {
    const release = () => {
      held.current.until = 0;
    };
    for (const type of SCROLLS) addEventListener(type, release, { passive: true });
    return () => {
      for (const type of SCROLLS) removeEventListener(type, release);
    };
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies(fetching): what has come may have moved the section
  useEffect(() => {
    if (held.current.hash !== hash) held.current = { hash, until: Date.now() + HELD_MS };
    if (hash && Date.now() < held.current.until) document.getElementById(hash.slice(1))?.scrollIntoView();
  }, [hash, fetching]);
}

function SectionNav({ isAdmin, current }: { isAdmin: boolean; current: string }) {
  const { search } = useLocation();
  const group = (name: string, sections: typeof OWN) => (
    <div className="flex gap-1 lg:flex-col lg:gap-0.5">
      <p className="px-2.5 pb-1 text-12 font-medium text-fg-3 max-lg:sr-only">{name}</p>
      {sections.map(({ id, name: label }) => (
        <Link
          key={id}
          to={{ search, hash: id }}
          aria-current={current === id ? 'true' : undefined}
          className={cn(
            'flex h-8 shrink-0 items-center rounded-control px-2.5 text-13 font-medium whitespace-nowrap pointer-coarse:h-11',
            current === id ? 'bg-surface-3 text-fg' : 'text-fg-2 hover:bg-surface-2 hover:text-fg',
          )}
        >
          {label}
        </Link>
      ))}
    </div>
  );
  return (
    <nav
      aria-label="Settings"
      className="relative flex min-w-0 gap-1 overflow-x-auto pb-1 lg:sticky lg:top-28 lg:w-44 lg:shrink-0 lg:flex-col lg:gap-5 lg:self-start"
    >
      {group('You', OWN)}
      {isAdmin && group('Gateway', GATEWAY)}
    </nav>
  );
}

export function SettingsPage() {
  const account = useAccount();
  const { hash } = useLocation();
  useAnchor(hash);
  const isAdmin = account?.user.role === 'admin';
  return (
    <UnsavedGuard>
      <PageHead title="Settings" />
      <div className="flex flex-col gap-6 lg:flex-row lg:gap-8">
        <SectionNav isAdmin={isAdmin} current={hash.slice(1) || 'account'} />
        <div className="min-w-0 max-w-4xl flex-1 space-y-6">
          {!account && <SkeletonRows className="rounded-card border bg-surface" />}
          {account && (
            <>
              <AccountSection user={account.user} />
              <PasswordSection email={account.user.email} />
              <TwoFactorSection account={account} />
              <SessionsSection />
              <NotificationsSection email={account.user.email} />
              <UsageSection />
            </>
          )}
          {isAdmin && (
            <>
              <UsersSection />
              <AuditSection />
              <SystemSection />
            </>
          )}
        </div>
      </div>
    </UnsavedGuard>
  );
}
