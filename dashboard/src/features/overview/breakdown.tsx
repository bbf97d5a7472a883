import { Link } from 'react-router';
import { Card, CardHeader } from '@/components/ui/card';
import { ErrorState, SkeletonRows } from '@/components/ui/states';
import { PaymentStatusPill } from '@/components/ui/status';
import { cn } from '@/lib/cn';
import type { Environment } from '@/lib/environment';
import { count, share } from '@/lib/format';
import type { Compared } from './queries';
import type { Range } from './range';

const ENDS = [
  { status: 'SUCCESS', key: 'success', bar: 'bg-c-ok' },
  { status: 'FAILED', key: 'failed', bar: 'bg-c-bad' },
  { status: 'EXPIRED', key: 'expired', bar: 'bg-c-exp' },
] as const;

type Props = {
  environment: Environment;
  range: Range;
  counts: Compared | undefined;
  error: unknown;
  retry: () => void;
};

/** How payments ended: one bar, and each part a link to its payments. */
export function Breakdown({ environment, range, counts, error, retry }: Props) {
  const now = counts?.now;
  const all = now ? now.success + now.failed + now.expired : 0;
  return (
    <Card>
      <CardHeader title="How payments ended">
        <span className="text-12 text-fg-2">{now ? `${count(all)} in the range (${range.name})` : ''}</span>
      </CardHeader>
      {error && !now ? (
        <ErrorState error={error} retry={retry} />
      ) : !now ? (
        <SkeletonRows rows={4} />
      ) : (
        <div className="px-4 pb-3">
          <div aria-hidden className="flex h-2 gap-0.5 overflow-hidden rounded-full bg-surface-3">
            {ENDS.map(
              ({ key, bar }) =>
                now[key] > 0 && (
                  <span key={key} className={cn('min-w-1', bar)} style={{ flexGrow: now[key] }} />
                ),
            )}
          </div>
          <ul className="mt-2">
            {ENDS.map(({ status, key }) => (
              <li key={key} className="border-t first:border-0">
                <Link
                  to={`/${environment}/payments?status=${status}&created_after=${counts.from}&created_before=${counts.to}`}
                  className="flex min-h-10 items-center gap-3 rounded-control text-13 hover:bg-surface-2 pointer-coarse:min-h-11"
                >
                  <PaymentStatusPill status={status} />
                  <span className="ml-auto tabular-nums">{count(now[key])}</span>
                  <span className="w-14 text-right text-fg-2 tabular-nums">
                    {all ? share(now[key] / all) : '–'}
                  </span>
                </Link>
              </li>
            ))}
          </ul>
        </div>
      )}
    </Card>
  );
}
