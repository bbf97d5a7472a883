import { useQuery } from '@tanstack/react-query';
import { Card, CardHeader } from '@/components/ui/card';
import { LimitMeter } from '@/components/ui/meter';
import { ErrorState, Skeleton } from '@/components/ui/states';
import { Time } from '@/components/ui/time';
import type { App } from '@/lib/apps';
import { cn } from '@/lib/cn';
import { count, plural, shortCount } from '@/lib/format';
import { shortDay } from '@/lib/time';
import { type Usage, usageQuery } from './queries';

const SERIES = [
  { name: 'requests', label: 'Requests', note: 'with a key of the app' },
  { name: 'payments', label: 'Payments', note: 'created' },
  { name: 'deliveries', label: 'Webhook attempts', note: 'with a result' },
] as const;
type Name = (typeof SERIES)[number]['name'];

function Bars({ usage, name, label }: { usage: Usage; name: Name; label: string }) {
  const highest = Math.max(1, ...usage.days.map((day) => day[name]));
  const first = usage.days[0];
  const last = usage.days.at(-1);
  return (
    <figure>
      <div aria-hidden className="flex h-20 items-end gap-[3px]">
        {usage.days.map((day) => (
          <div
            key={day.date}
            title={`${shortDay(day.date, 'UTC')}: ${count(day[name])}`}
            className="flex h-full flex-1 items-end"
          >
            <div
              className={cn('w-full rounded-t-[2px]', day[name] > 0 ? 'bg-c-ok' : 'bg-line')}
              style={{ height: day[name] > 0 ? `${Math.max(4, (day[name] / highest) * 100)}%` : '1px' }}
            />
          </div>
        ))}
      </div>
      <figcaption className="mt-1.5 flex justify-between text-11 text-fg-3">
        <span className="sr-only">{label} by day; the table below has the numbers.</span>
        <span aria-hidden>{first && shortDay(first.date, 'UTC')}</span>
        <span aria-hidden>{last && shortDay(last.date, 'UTC')}</span>
      </figcaption>
    </figure>
  );
}

function DaysTable({ usage }: { usage: Usage }) {
  const th = 'h-8 px-3 text-right text-12 font-medium text-fg-2 first:pl-0 first:text-left last:pr-0';
  const td = 'border-t px-3 py-1 text-right tabular-nums first:pl-0 first:text-left last:pr-0';
  return (
    <details className="mt-4 text-13">
      <summary className="w-fit min-h-6 text-fg-2 hover:text-fg">Show as table</summary>
      <div className="mt-2 max-h-80 overflow-y-auto">
        <table className="w-full">
          <caption className="sr-only">Use by day, UTC</caption>
          <thead>
            <tr>
              <th scope="col" className={th}>
                Day (UTC)
              </th>
              {SERIES.map(({ name, label }) => (
                <th key={name} scope="col" className={th}>
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {usage.days.toReversed().map((day) => (
              <tr key={day.date}>
                <td className={td}>{shortDay(day.date, 'UTC')}</td>
                {SERIES.map(({ name }) => (
                  <td key={name} className={td}>
                    {count(day[name])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function Month({ usage }: { usage: Usage }) {
  return (
    <Card>
      <CardHeader title="Payments this month" />
      <div className="px-4 pb-4">
        {usage.monthly_payments_max == null ? (
          <p className="text-13 text-fg-2">
            {plural(usage.monthly_payments_used, 'payment')} so far. The app has no monthly limit.
          </p>
        ) : (
          <LimitMeter
            label="Monthly limit"
            used={usage.monthly_payments_used}
            max={usage.monthly_payments_max}
          />
        )}
        <p className="mt-2 text-12 text-fg-3">
          The count begins again on <Time iso={usage.resets_at} />.
        </p>
      </div>
    </Card>
  );
}

/** What the app used in the last thirty days. */
export function AppUsage({ app }: { app: App }) {
  const usage = useQuery(usageQuery(app.app_id));
  if (usage.isPending)
    return (
      <div role="status" aria-label="Loading" className="space-y-6">
        <Skeleton className="h-56 rounded-card" />
        <Skeleton className="h-28 rounded-card" />
      </div>
    );
  if (!usage.data)
    return (
      <Card>
        <ErrorState error={usage.error} retry={() => void usage.refetch()} />
      </Card>
    );
  return (
    <div className="space-y-6">
      <Card>
        <CardHeader title="Use">
          <span className="text-12 text-fg-3">Last 30 days, in UTC</span>
        </CardHeader>
        <div className="px-4 pb-4">
          <div className="grid gap-6 md:grid-cols-3">
            {SERIES.map(({ name, label, note }) => (
              <div key={name} className="min-w-0">
                <p className="text-13 text-fg-2">
                  {label} <span className="text-12 text-fg-3">{note}</span>
                </p>
                <p className="mb-3 text-26 font-semibold tabular-nums">
                  {shortCount(usage.data.totals[name])}
                </p>
                <Bars usage={usage.data} name={name} label={label} />
              </div>
            ))}
          </div>
          <DaysTable usage={usage.data} />
        </div>
      </Card>
      <Month usage={usage.data} />
    </div>
  );
}
