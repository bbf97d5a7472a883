// Status, app and date as chips in one bar.
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Input } from '@/components/ui/field';
import { PaymentStatusPill } from '@/components/ui/status';
import type { App } from '@/lib/apps';
import { moment, useTimeZone, zoneName } from '@/lib/time';
import { Chip, Choice } from './chip';
import { fromWallClock, RANGES, rangeName, toWallClock } from './dates';
import { type Filters, hasFilters, NO_FILTERS, STATUSES } from './filters';

type Change = (changes: Partial<Filters>) => void;
type Props = { filters: Filters; change: Change };

const toggled = <T,>(all: T[], one: T): T[] =>
  all.includes(one) ? all.filter((each) => each !== one) : [...all, one];

function StatusChip({ filters, change }: Props) {
  const names = STATUSES.filter(({ id }) => filters.status.includes(id)).map(({ name }) => name);
  return (
    <Chip name="Status" value={names.join(', ')} onClear={() => change({ status: [] })}>
      {() =>
        STATUSES.map(({ id }) => (
          <Choice
            key={id}
            label={<PaymentStatusPill status={id} />}
            checked={filters.status.includes(id)}
            onChange={() => change({ status: toggled(filters.status, id) })}
          />
        ))
      }
    </Chip>
  );
}

/** A list of apps gets a search of its own from here on. */
const MANY = 6;

function AppChip({ filters, change, apps }: Props & { apps: App[] }) {
  const [text, setText] = useState('');
  const names = filters.apps.map((id) => apps.find((app) => app.app_id === id)?.name ?? id);
  const found = apps.filter((app) => app.name.toLowerCase().includes(text.trim().toLowerCase()));
  return (
    <Chip
      name="App"
      value={names.length > 2 ? `${names[0]} and ${names.length - 1} more` : names.join(', ')}
      onClear={() => change({ apps: [] })}
    >
      {() => (
        <>
          {apps.length >= MANY && (
            <Input
              label="Search apps"
              isLabelHidden
              placeholder="Search apps"
              value={text}
              onChange={(event) => setText(event.target.value)}
              className="mb-1"
            />
          )}
          <div className="max-h-72 overflow-y-auto">
            {found.map((app) => (
              <Choice
                key={app.app_id}
                label={<span className="truncate">{app.name}</span>}
                checked={filters.apps.includes(app.app_id)}
                onChange={() => change({ apps: toggled(filters.apps, app.app_id) })}
              />
            ))}
            {found.length === 0 && (
              <p className="px-2 py-3 text-13 text-fg-2">
                {apps.length === 0 ? 'There are no apps yet.' : 'No app has this name.'}
              </p>
            )}
          </div>
        </>
      )}
    </Chip>
  );
}

function CustomRange({ filters, change, close }: Props & { close: () => void }) {
  const zone = useTimeZone();
  const [from, setFrom] = useState(filters.after ? toWallClock(filters.after, zone) : '');
  const [until, setUntil] = useState(filters.before ? toWallClock(filters.before, zone) : '');
  const isBackward = !!from && !!until && from >= until;
  return (
    <form
      className="space-y-3 border-t px-2 pt-3 pb-1"
      onSubmit={(event) => {
        event.preventDefault();
        change({
          range: undefined,
          after: (from && fromWallClock(from, zone)) || undefined,
          before: (until && fromWallClock(until, zone)) || undefined,
        });
        close();
      }}
    >
      <Input label="From" type="datetime-local" value={from} onChange={(e) => setFrom(e.target.value)} />
      <Input
        label="Until, not included"
        type="datetime-local"
        value={until}
        onChange={(e) => setUntil(e.target.value)}
        error={isBackward ? 'The end comes after the beginning.' : undefined}
        hint={`Times in ${zoneName(zone)}`}
      />
      <Button type="submit" look="primary" className="w-full" disabled={isBackward || (!from && !until)}>
        Apply
      </Button>
    </form>
  );
}

/** A chosen span in words, the end left out. */
export function spanName({ after, before }: Pick<Filters, 'after' | 'before'>, zone: string): string {
  const short = (iso: string) => moment(iso, zone).replace(/:\d\d$/, '');
  if (after && before) return `${short(after)} – ${short(before)}`;
  return after ? `from ${short(after)}` : before ? `before ${short(before)}` : '';
}

function DateChip({ filters, change }: Props) {
  const zone = useTimeZone();
  const value = filters.range ? rangeName(filters.range) : spanName(filters, zone);
  return (
    <Chip
      name="Created"
      value={value}
      onClear={() => change({ range: undefined, after: undefined, before: undefined })}
    >
      {(close) => (
        <>
          <div className="pb-2">
            {RANGES.map(({ id, name }) => (
              <button
                key={id}
                type="button"
                aria-pressed={filters.range === id}
                onClick={() => {
                  change({ range: id, after: undefined, before: undefined });
                  close();
                }}
                className="flex min-h-8 w-full items-center rounded-[4px] px-2 text-13 hover:bg-surface-3 aria-pressed:font-medium aria-pressed:text-brand pointer-coarse:min-h-11"
              >
                {name}
              </button>
            ))}
          </div>
          <CustomRange filters={filters} change={change} close={close} />
        </>
      )}
    </Chip>
  );
}

export function FilterChips({ filters, change, apps }: Props & { apps: App[] }) {
  return (
    <>
      <StatusChip filters={filters} change={change} />
      <AppChip filters={filters} change={change} apps={apps} />
      <DateChip filters={filters} change={change} />
      {hasFilters(filters) && (
        <Button
          look="ghost"
          onClick={() => change({ ...NO_FILTERS, range: undefined, after: undefined, before: undefined })}
        >
          Clear filters
        </Button>
      )}
    </>
  );
}
