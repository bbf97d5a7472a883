import { Link } from 'react-router';
import { Card, CardHeader } from '@/components/ui/card';
import { EmptyState, ErrorState, SkeletonRows } from '@/components/ui/states';
import type { Environment } from '@/lib/environment';
import { PaymentRow } from './monitor';
import { rowOf } from './monitor-state';
import { usePayments } from './queries';

/** The last payments of all apps in the order they were made. */
export function RecentActivity({ environment }: { environment: Environment }) {
  const { data: payments, error, refetch } = usePayments(environment, 'recent', 6);
  return (
    <Card className="min-w-0">
      <CardHeader title="Recent activity">
        <Link to={`/${environment}/payments`} className="text-12 font-medium text-brand hover:underline">
          All payments
        </Link>
      </CardHeader>
      {error && !payments ? (
        <ErrorState error={error} retry={() => void refetch()} />
      ) : !payments ? (
        <SkeletonRows rows={5} />
      ) : payments.length === 0 ? (
        <EmptyState title="No payments yet">Create one, and it stands here.</EmptyState>
      ) : (
        <ul className="pb-2">
          {payments.map((payment) => (
            <li key={payment.payment_id} className="not-first:border-t">
              <PaymentRow environment={environment} row={{ ...rowOf(payment), at: payment.created_at }} />
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
