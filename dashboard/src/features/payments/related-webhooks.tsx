import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { RotateCw } from 'lucide-react';
import { useMemo } from 'react';
import { Link } from 'react-router';
import { Button } from '@/components/ui/button';
import { ErrorState, SkeletonRows } from '@/components/ui/states';
import { CodePill, DeliveryStatusPill } from '@/components/ui/status';
import { useEnvironment } from '@/lib/environment';
import { plural } from '@/lib/format';
import { useKeys } from '@/lib/keys';
import { type Delivery, deliveriesQuery } from './queries';
import { retryDelivery } from './resend';
import { errorWord } from './timeline';

const NO_KEYS = {};

function Item({
  delivery,
  appId,
  hasKey,
}: {
  delivery: Delivery;
  appId: string;
  /** Whether `r` resends it. */
  hasKey: boolean;
}) {
  const environment = useEnvironment();
  const queries = useQueryClient();
  const { mutate, isPending, isSuccess, error } = useMutation({
    mutationFn: () => retryDelivery(appId, delivery.delivery_id),
    onSettled: () =>
      queries.invalidateQueries({
        predicate: ({ queryKey }) => ['deliveries', 'timeline'].includes(String(queryKey[0])),
      }),
  });
  useKeys(useMemo(() => (hasKey ? { r: () => mutate() } : NO_KEYS), [hasKey, mutate]));
  const isOnItsWay = delivery.status === 'PENDING';
  const code = delivery.response_status ?? (delivery.error ? errorWord(delivery.error) : null);
  return (
    <li className="py-2.5 first:pt-0 last:pb-0">
      <div className="flex items-center justify-between gap-3">
        <div className="min-w-0">
          <div className="flex flex-wrap items-center gap-2 text-13">
            <Link
              to={`/${environment}/webhooks/${delivery.delivery_id}?app_id=${appId}`}
              className="font-medium underline-offset-2 hover:underline"
            >
              {delivery.type}
            </Link>
            <DeliveryStatusPill status={delivery.status} attempts={delivery.attempts} />
            {code != null && <CodePill code={code} />}
          </div>
          <p className="truncate text-12 text-fg-3" title={delivery.url}>
            {plural(delivery.attempts, 'attempt')} to {delivery.url}
          </p>
        </div>
        <Button
          size="small"
          isBusy={isPending}
          disabled={isOnItsWay}
          title={isOnItsWay ? 'It is on its way already' : undefined}
          onClick={() => mutate()}
        >
          {!isPending && <RotateCw aria-hidden />}
          {isSuccess ? 'Resend again' : 'Resend'}
        </Button>
      </div>
      {error && (
        <p role="alert" className="mt-1 text-12 text-bad">
          {error.message}
        </p>
      )}
    </li>
  );
}

/** The webhooks that told of a payment; `r` resends the first that failed. */
export function RelatedWebhooks({
  appId,
  paymentId,
  isPending,
}: {
  appId: string;
  paymentId: string;
  isPending: boolean;
}) {
  const environment = useEnvironment();
  const { data: deliveries, error, refetch } = useQuery(deliveriesQuery(environment, appId, paymentId));
  if (error && !deliveries) return <ErrorState error={error} retry={refetch} className="py-4" />;
  if (!deliveries) return <SkeletonRows rows={2} className="p-0" />;
  if (deliveries.length === 0)
    return (
      <p className="text-13 text-fg-2">
        {isPending
          ? 'None yet. They are sent when the payment ends, to '
          : 'None: nothing listened when it ended. See '}
        <Link
          to={`/${environment}/webhooks?tab=endpoints&app_id=${appId}`}
          className="text-brand underline underline-offset-2"
        >
          the app’s endpoints
        </Link>
        .
      </p>
    );
  const failed = deliveries.find(({ status }) => status === 'FAILED');
  return (
    <ul className="divide-y">
      {deliveries.map((delivery) => (
        <Item
          key={delivery.delivery_id}
          delivery={delivery}
          appId={appId}
          hasKey={delivery.delivery_id === failed?.delivery_id}
        />
      ))}
    </ul>
  );
}
