import { TriangleAlert } from 'lucide-react';
import { Link } from 'react-router';
import { Button } from '@/components/ui/button';
import { CodePill } from '@/components/ui/status';
import { Ago } from '@/components/ui/time';
import type { Environment } from '@/lib/environment';
import { hostOf, plural } from '@/lib/format';
import { type Delivery, useFailures } from './queries';

export type Cause = { host: string; why: number | string; count: number; latest: Delivery };

/** Failed deliveries by where they went and why they failed, the commonest first. */
export function causesOf(deliveries: Delivery[]): Cause[] {
  const found = new Map<string, Cause>();
  for (const delivery of deliveries) {
    const host = hostOf(delivery.url);
    const why = delivery.response_status ?? delivery.error?.split(':')[0] ?? 'no answer';
    const cause = found.get(`${host} ${why}`);
    if (cause) cause.count += 1;
    else found.set(`${host} ${why}`, { host, why, count: 1, latest: delivery });
  }
  return [...found.values()].sort((a, b) => b.count - a.count);
}

const SHOWN = 3;

/** What is wrong, before anything else; nothing when all is well. */
export function Health({ environment }: { environment: Environment }) {
  const { data: failures } = useFailures(environment);
  if (!failures?.data.length) return null;
  const causes = causesOf(failures.data);
  const number = failures.data.length;
  return (
    <section
      aria-label="Webhook health"
      className="mb-6 rounded-card border border-bad/40 bg-bad-soft px-4 py-3 text-13"
    >
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <h2 className="flex items-center gap-2 font-semibold text-bad">
          <TriangleAlert aria-hidden className="size-4" />
          {failures.has_more ? `More than ${number} webhooks` : plural(number, 'webhook')} failed in the last
          24 hours
        </h2>
        <Button asChild size="small">
          <Link to={`/${environment}/webhooks?status=FAILED`}>Review failures</Link>
        </Button>
      </div>
      <ul className="mt-1">
        {causes.slice(0, SHOWN).map(({ host, why, count, latest }) => (
          <li key={`${host} ${why}`} className="flex flex-wrap items-center gap-x-2 gap-y-0.5 py-1">
            <span className="font-mono text-12 break-all">{host}</span>
            <CodePill code={why} />
            <span className="tabular-nums">{plural(count, 'time')},</span>
            <Link
              to={`/${environment}/webhooks/${latest.delivery_id}${latest.app_id ? `?app_id=${latest.app_id}` : ''}`}
              className="font-medium text-brand underline-offset-2 hover:underline"
            >
              last <Ago iso={latest.created_at} />
            </Link>
          </li>
        ))}
      </ul>
      {causes.length > SHOWN && (
        <p className="text-fg-2">And {plural(causes.length - SHOWN, 'more cause')}.</p>
      )}
    </section>
  );
}
