import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Alert } from '@/components/ui/states';
import { Ago } from '@/components/ui/time';
import { api, data, type Schemas } from '@/lib/api';
import { bytes, duration, milliseconds, plural } from '@/lib/format';
import { Loaded, Section } from './section';

export type System = Schemas['SystemObject'];

const ranges = (list: string[]): string => (list.length > 0 ? list.join(', ') : 'none');

function rows(system: System): [string, ReactNode][] {
  const { retention, webhooks, email } = system;
  return [
    ['Version', system.version],
    ['Node started', <Ago key="started" iso={system.started_at} />],
    [
      'Database',
      `${system.database.kind === 'sqlite' ? 'SQLite' : 'PostgreSQL'}, ${bytes(system.database.size_bytes)}`,
    ],
    ['Public URL', system.public_url],
    [
      'Kept',
      `Deliveries ${plural(retention.deliveries_days, 'day')}, events ${plural(retention.events_days, 'day')}, ` +
        `idempotency keys ${plural(retention.idempotency_keys_hours, 'hour')}, alerts ${plural(retention.alerts_days, 'day')}, ` +
        `${plural(retention.inbox_messages, 'message')} in each inbox. Payments and the audit log stay.`,
    ],
    [
      'Webhooks',
      `An attempt takes at most ${milliseconds(webhooks.timeout_ms)}; an endpoint that fails for ` +
        `${duration(webhooks.disable_after_s)} is disabled.`,
    ],
    [
      'Private addresses',
      `Refused, except for test apps: ${ranges(webhooks.allowed_ranges.test)}; ` +
        `for production apps: ${ranges(webhooks.allowed_ranges.production)}.`,
    ],
    [
      'Email',
      email.is_configured
        ? `Sent from ${email.from ?? 'the default address'}`
        : 'Not configured: set email.smtp_url',
    ],
    ['Metrics', system.metrics ? 'Served at /metrics' : 'Not served by this node'],
  ];
}

/** Whether the address in use is not the one that payment links start with. */
export function differs(publicUrl: string, here: string): boolean {
  try {
    return new URL(publicUrl).origin !== here;
  } catch {
    return true;
  }
}

export function SystemSection() {
  const system = useQuery({
    queryKey: ['system'],
    queryFn: () => data(api.GET('/api/settings/system')),
  });
  return (
    <Section id="system" title="System" note="How the node that answers is set up.">
      <Loaded query={system} rows={6}>
        {(found) => (
          <div className="space-y-3 px-4 pb-5">
            {differs(found.public_url, location.origin) && (
              <Alert tone="warn">
                You are at {location.origin}, but payment links start with {found.public_url}. If payers
                cannot reach that address, set public_url.
              </Alert>
            )}
            <dl className="text-13">
              {rows(found).map(([name, value]) => (
                <div
                  key={name}
                  className="grid gap-x-4 border-t py-2 first:border-t-0 sm:grid-cols-[160px_1fr]"
                >
                  <dt className="text-fg-2">{name}</dt>
                  <dd className="min-w-0 break-words">{value}</dd>
                </div>
              ))}
            </dl>
          </div>
        )}
      </Loaded>
    </Section>
  );
}
