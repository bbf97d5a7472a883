import { X } from 'lucide-react';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Input, Select } from '@/components/ui/field';
import type { App } from '@/lib/apps';
import { useTimeZone } from '@/lib/time';
import { AppSelect } from './app-select';
import type { useFilters } from './filters';
import { DEFAULT_RANGE, fromLocal, RANGES, spanOf, toLocal } from './range';
import { EVENTS } from './words';

type Props = Pick<ReturnType<typeof useFilters>, 'filters' | 'change' | 'clear' | 'isNarrowed'>;

const STATUSES = [
  ['PENDING', 'Scheduled or retrying'],
  ['DELIVERED', 'Delivered'],
  ['FAILED', 'Failed'],
  ['CANCELED', 'Canceled'],
] as const;

function CustomRange({ filters, change }: Pick<Props, 'filters' | 'change'>) {
  const zone = useTimeZone();
  const [wrong, setWrong] = useState('');
  const set = (name: 'from' | 'to', local: string) => {
    const at = local ? fromLocal(local, zone) : null;
    const ends = { from: filters.from, to: filters.to, [name]: at ?? undefined };
    const isBackward = !!ends.from && !!ends.to && ends.from >= ends.to;
    setWrong(isBackward ? 'The end must be after the start.' : '');
    if (!isBackward) change({ [name]: at });
  };
  return (
    <>
      {(['from', 'to'] as const).map((name) => (
        <Input
          key={`${name} ${filters[name] ?? ''} ${zone}`}
          label={name === 'from' ? 'From' : 'Until, not included'}
          type="datetime-local"
          className="max-sm:w-full"
          defaultValue={toLocal(filters[name], zone)}
          error={name === 'to' && wrong ? wrong : undefined}
          onBlur={(event) => set(name, event.target.value)}
          onKeyDown={(event) => event.key === 'Enter' && set(name, event.currentTarget.value)}
        />
      ))}
    </>
  );
}

/** A payment's id, looked for when it is whole. */
function PaymentInput({ filters, change }: Pick<Props, 'filters' | 'change'>) {
  const [error, setError] = useState('');
  const look = (text: string) => {
    const id = text.trim();
    const isId = id === '' || /^pay_[0-9A-Za-z]{22}$/.test(id);
    setError(isId ? '' : 'An id is pay_ and 22 characters.');
    if (isId && id !== (filters.payment_id ?? '')) change({ payment_id: id || null });
  };
  return (
    <Input
      key={filters.payment_id ?? ''}
      label="Payment"
      placeholder="pay_…"
      spellCheck={false}
      className="w-44 max-sm:w-full"
      defaultValue={filters.payment_id ?? ''}
      error={error || undefined}
      onBlur={(event) => look(event.target.value)}
      onKeyDown={(event) => event.key === 'Enter' && look(event.currentTarget.value)}
    />
  );
}

/** What the list is narrowed by; every choice goes to the address. */
export function DeliveryFilters({ apps, filters, change, clear, isNarrowed }: Props & { apps: App[] }) {
  const pick = 'w-40 max-sm:w-[calc(50%-6px)]';
  const choose = (range: string) => {
    if (range !== 'custom')
      return change({ range: range === DEFAULT_RANGE ? null : range, from: null, to: null });
    change({ range, from: spanOf(filters.range, undefined, undefined).created_after, to: null });
  };
  return (
    <div role="search" aria-label="Deliveries" className="mb-3 flex flex-wrap items-start gap-x-3 gap-y-2">
      <Select
        label="Status"
        className={pick}
        value={filters.status ?? ''}
        onChange={(event) => change({ status: event.target.value })}
      >
        <option value="">Any status</option>
        {STATUSES.map(([id, name]) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </Select>
      <AppSelect
        apps={apps}
        value={filters.app ?? ''}
        all="All apps"
        className={pick}
        onChange={(app) => change({ app: app || null })}
      />
      <Select
        label="Event type"
        className={pick}
        value={filters.type ?? ''}
        onChange={(event) => change({ type: event.target.value })}
      >
        <option value="">Any event</option>
        {EVENTS.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </Select>
      <Select
        label="Time"
        className={pick}
        value={filters.range ?? DEFAULT_RANGE}
        onChange={(event) => choose(event.target.value)}
      >
        {RANGES.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
        <option value="custom">Custom</option>
      </Select>
      {filters.range === 'custom' && <CustomRange filters={filters} change={change} />}
      <PaymentInput filters={filters} change={change} />
      <div className="flex flex-wrap items-center gap-2 self-end">
        {filters.endpoint_id && (
          <Button size="small" className="h-8" onClick={() => change({ endpoint_id: null })}>
            Endpoint <span className="font-mono">…{filters.endpoint_id.slice(-6)}</span>
            <X aria-label="Remove the endpoint filter" />
          </Button>
        )}
        {isNarrowed && (
          <Button look="ghost" onClick={clear}>
            Clear filters
          </Button>
        )}
      </div>
    </div>
  );
}
