import { PageHead } from '@/components/ui/card';
import { ErrorState } from '@/components/ui/states';
import { type Environment, useEnvironment } from '@/lib/environment';
import { useSearchState } from '@/lib/search-state';
import { useTimeZone, zoneName } from '@/lib/time';
import { RecentActivity } from './activity';
import { Breakdown } from './breakdown';
import { FirstRun } from './first-run';
import { Health } from './health';
import { Kpis } from './kpis';
import { Monitor } from './monitor';
import { type Overview, useCounts, useOverview, useVolumes } from './queries';
import { rangeOf } from './range';
import { RangeControl } from './range-control';
import { VolumeCard } from './volume-card';
import { Waiting } from './waiting';

const PARAMS = ['range', 'from', 'to', 'currency', 'measure'] as const;
/** Currencies whose numbers are read; more are rare, and the commonest come first. */
const CURRENCIES_MAX = 5;

function Numbers({ environment, overview }: { environment: Environment; overview: Overview }) {
  const [state, set] = useSearchState(PARAMS);
  const zone = useTimeZone();
  const range = rangeOf(state.range, state.from, state.to);
  const all = overview.currencies.map((each) => each.currency);
  const currency = state.currency && all.includes(state.currency) ? state.currency : all[0];
  const read = [...new Set([...(currency ? [currency] : []), ...all])].slice(0, CURRENCIES_MAX);
  const counts = useCounts(environment, range);
  const volumes = useVolumes(environment, range, read, zone);
  return (
    <div className="space-y-4 md:space-y-6">
      {counts.error && !counts.data ? (
        <ErrorState
          error={counts.error}
          retry={() => void counts.refetch()}
          className="rounded-card border bg-surface py-8"
        />
      ) : (
        <Kpis
          environment={environment}
          range={range}
          counts={counts.data}
          volumes={volumes.isPending ? [] : volumes.volumes}
          currency={currency}
          currencies={all}
          choose={(next) => set({ currency: next === all[0] ? null : next }, { replace: true })}
        />
      )}
      <div className="grid gap-4 xl:grid-cols-[minmax(0,2fr)_minmax(380px,1fr)]">
        <VolumeCard
          environment={environment}
          range={range}
          zone={zone}
          volume={volumes.volumes.find((each) => each.currency === currency)}
          error={volumes.error}
          retry={volumes.refetch}
          measure={state.measure === 'amount' ? 'amount' : 'payments'}
          setMeasure={(next) => set({ measure: next === 'amount' ? next : null }, { replace: true })}
          zoom={(from, to) => set({ range: null, from, to })}
        />
        <Monitor key={environment} environment={environment} />
      </div>
      <div className="grid gap-4 xl:grid-cols-[minmax(0,2fr)_minmax(380px,1fr)]">
        <RecentActivity environment={environment} />
        <div>
          <Breakdown
            environment={environment}
            range={range}
            counts={counts.data}
            error={counts.error}
            retry={() => void counts.refetch()}
          />
        </div>
      </div>
    </div>
  );
}

export function OverviewPage() {
  const environment = useEnvironment();
  const zone = useTimeZone();
  const [state] = useSearchState(PARAMS);
  const overview = useOverview(environment);
  const isFirst = overview.data?.total === 0;
  return (
    <>
      <PageHead title="Overview" note={`Times in ${zoneName(zone)}`}>
        {!isFirst && <RangeControl range={rangeOf(state.range, state.from, state.to)} zone={zone} />}
      </PageHead>
      <Health environment={environment} />
      {overview.data ? (
        isFirst ? (
          <FirstRun environment={environment} />
        ) : (
          <Numbers environment={environment} overview={overview.data} />
        )
      ) : overview.error ? (
        <ErrorState error={overview.error} retry={() => void overview.refetch()} />
      ) : (
        <Waiting />
      )}
    </>
  );
}
