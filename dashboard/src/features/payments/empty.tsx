// Nothing on the list: no app yet, no payment yet, or none that the filters let through.
import { Link } from 'react-router';
import { Button } from '@/components/ui/button';
import { Code } from '@/components/ui/code';
import { EmptyState } from '@/components/ui/states';
import { useEnvironment } from '@/lib/environment';
import { curlCreate } from './curl';
import { type Filters, hasFilters, NO_FILTERS } from './filters';

const card = 'rounded-card border bg-surface shadow-1';

export function Nothing({
  filters,
  change,
  hasApps,
  create,
}: {
  filters: Filters;
  change: (changes: Partial<Filters>) => void;
  hasApps: boolean;
  create: () => void;
}) {
  const environment = useEnvironment();
  if (!hasApps)
    return (
      <EmptyState
        className={card}
        title={`No apps in ${environment}`}
        action={
          <Button look="primary" asChild>
            <Link to={`/${environment}/apps?create=1`}>Create app</Link>
          </Button>
        }
      >
        A payment belongs to an app, which holds its keys and its webhooks. Create one first.
      </EmptyState>
    );
  if (hasFilters(filters))
    return (
      <EmptyState
        className={card}
        title="No payment matches"
        action={
          <Button
            onClick={() => change({ ...NO_FILTERS, range: undefined, after: undefined, before: undefined })}
          >
            Clear filters
          </Button>
        }
      >
        Search takes a whole id or transaction id, or the start of a reference.
      </EmptyState>
    );
  return (
    <div className={card}>
      <EmptyState
        className="pb-4"
        title="No payments yet"
        action={
          <Button look="primary" onClick={create}>
            Create payment
          </Button>
        }
      >
        Create one here, or send it with an app’s key:
      </EmptyState>
      <div className="mx-auto max-w-2xl px-4 pb-8">
        <Code
          label="the request"
          text={curlCreate({ amount: '500', currency: 'COINS', reference_id: 'ORDER_1' })}
        />
      </div>
    </div>
  );
}
