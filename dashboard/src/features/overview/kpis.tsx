import { useApps } from '@/lib/apps';
import type { Environment } from '@/lib/environment';
import { amount, change, count, plural, share } from '@/lib/format';
import { deltaOf, Kpi, points } from './kpi';
import { type Compared, useAppsInUse, type Volume } from './queries';
import { type Range, thinned } from './range';

type Props = {
  environment: Environment;
  range: Range;
  counts: Compared | undefined;
  volumes: Volume[];
  currency: string | undefined;
  currencies: string[];
  choose: (currency: string) => void;
};

/** One value for each bucket, over all currencies. */
function sums(volumes: Volume[], of: (point: Volume['points'][number]) => number): number[] | undefined {
  const first = volumes[0];
  if (!first) return undefined;
  return thinned(
    first.points.map((_, at) =>
      volumes.reduce((sum, { points }) => sum + (points[at] ? of(points[at]) : 0), 0),
    ),
  );
}

function PaymentsKpi({ environment, range, counts, volumes }: Props) {
  const window = counts ? `&created_after=${counts.from}&created_before=${counts.to}` : '';
  const by = counts && change(counts.now.created, counts.before.created);
  return (
    <Kpi
      label={`Payments (${range.name})`}
      value={counts && count(counts.now.created)}
      delta={deltaOf(by ?? null)}
      note={
        counts &&
        (by ? `vs previous ${range.name}` : `${count(counts.before.created)} in the previous ${range.name}`)
      }
      hint={counts && `${count(counts.before.created)} in the previous ${range.name}`}
      spark={sums(volumes, (point) => point.created)}
      to={`/${environment}/payments?${window.slice(1)}`}
    />
  );
}

function RateKpi({ environment, range, counts, volumes }: Props) {
  const now = counts?.now;
  const settled = now ? now.success + now.failed + now.expired : 0;
  const won = sums(volumes, (point) => point.success);
  const ended = sums(volumes, (point) => point.success + point.failed + point.expired);
  const window = counts ? `&created_after=${counts.from}&created_before=${counts.to}` : '';
  return (
    <Kpi
      label={range.id === '24h' ? 'Success rate' : `Success rate (${range.name})`}
      value={now && share(now.success_rate)}
      delta={deltaOf(points(now?.success_rate, counts?.before.success_rate))}
      note={now && (settled ? `${count(now.success)} of ${count(settled)} settled` : 'None has settled yet')}
      hint={counts && `${share(counts.before.success_rate)} in the previous ${range.name}`}
      spark={won && ended && won.map((value, at) => (ended[at] ? value / ended[at] : 0))}
      to={`/${environment}/payments?status=SUCCESS${window}`}
    />
  );
}

function VolumeKpi({ environment, range, counts, volumes, currency, currencies, choose }: Props) {
  const volume = volumes.find((each) => each.currency === currency);
  const window = counts ? `&created_after=${counts.from}&created_before=${counts.to}` : '';
  const by = volume && change(volume.paid, volume.paidBefore);
  return (
    <Kpi
      label={`Volume (${range.name})`}
      value={volume && amount(volume.paid)}
      delta={deltaOf(by ?? null)}
      note={volume && (by ? `${volume.currency} vs previous ${range.name}` : `${volume.currency} paid`)}
      hint={volume && `${amount(volume.paidBefore)} ${volume.currency} in the previous ${range.name}`}
      spark={volume && thinned(volume.points.map((point) => point.volume))}
      to={`/${environment}/payments?status=SUCCESS${window}`}
      control={
        currencies.length > 1 && (
          <select
            aria-label="Currency"
            value={currency}
            onChange={(event) => choose(event.target.value)}
            className="h-6 max-w-24 rounded-control border bg-surface px-1 text-12 text-fg-2 pointer-coarse:h-11"
          >
            {currencies.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        )
      }
    />
  );
}

function AppsKpi({ environment }: { environment: Environment }) {
  const apps = useApps(environment);
  const { data: use } = useAppsInUse(environment, apps);
  const active = apps?.filter((app) => app.is_active).length ?? 0;
  const off = (apps?.length ?? 0) - active;
  const by = use ? use.inUse - use.before : 0;
  return (
    <Kpi
      label="Active apps"
      value={apps && count(active)}
      delta={use && by !== 0 ? deltaOf(`${by > 0 ? '+' : '−'}${Math.abs(by)} in use`) : null}
      note={
        apps &&
        (use
          ? by !== 0
            ? 'vs previous 24h'
            : `${count(use.inUse)} of ${count(active)} used in 24h`
          : off
            ? `${plural(off, 'more app')} switched off`
            : 'All are switched on')
      }
      hint={
        use &&
        `${count(use.inUse)} of ${count(active)} had payments in the last 24 hours, ${count(use.before)} in the 24 before`
      }
      spark={use?.hours}
      to={`/${environment}/apps`}
    />
  );
}

export function Kpis(props: Props) {
  return (
    <div className="grid grid-cols-2 gap-3 md:gap-4 xl:grid-cols-4">
      <PaymentsKpi {...props} />
      <RateKpi {...props} />
      <VolumeKpi {...props} />
      <AppsKpi environment={props.environment} />
    </div>
  );
}
