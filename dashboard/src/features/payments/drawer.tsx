// The record of one payment, beside the list.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { ChevronDown, ChevronUp } from 'lucide-react';
import { useNavigate, useOutletContext, useParams, useSearchParams } from 'react-router';
import { Button } from '@/components/ui/button';
import { CopyButton } from '@/components/ui/copy';
import { Drawer } from '@/components/ui/drawer';
import { ErrorState, Skeleton, SkeletonRows } from '@/components/ui/states';
import { PaymentStatusPill } from '@/components/ui/status';
import { useEnvironment } from '@/lib/environment';
import { amount } from '@/lib/format';
import type { ListContext } from './page';
import { appOfQuery, type Payment, type PaymentPage, paymentQuery } from './queries';
import { PaymentRecord } from './record';

/** The payment's app: of the address, of the list, or searched for. */
function useAppOf(paymentId: string) {
  const environment = useEnvironment();
  const queries = useQueryClient();
  const [params] = useSearchParams();
  const known =
    params.get('app_id') ??
    queries
      .getQueriesData<PaymentPage>({ queryKey: ['payment-list', environment] })
      .flatMap(([, page]) => page?.data ?? [])
      .find((row) => row.payment_id === paymentId)?.app_id ??
    undefined;
  const found = useQuery(appOfQuery(environment, paymentId, !known));
  return { appId: known ?? found.data, error: known ? null : found.error, retry: found.refetch };
}

/** The row of the list, shown until the record itself is there. */
function useRow(paymentId: string): Payment | undefined {
  const queries = useQueryClient();
  return queries
    .getQueriesData<PaymentPage>({ queryKey: ['payment-list'] })
    .flatMap(([, page]) => page?.data ?? [])
    .find((row) => row.payment_id === paymentId);
}

export function PaymentDrawer() {
  const { paymentId = '' } = useParams();
  const environment = useEnvironment();
  const navigate = useNavigate();
  const list = useOutletContext<ListContext | undefined>();
  const { appId, error: unknown, retry } = useAppOf(paymentId);
  const row = useRow(paymentId);
  const query = useQuery({ ...paymentQuery(environment, appId, paymentId), placeholderData: row });
  const payment = query.data && { ...query.data, app_id: appId };
  const error = unknown ?? query.error;
  const again = () => void (unknown ? retry() : query.refetch());
  return (
    <Drawer
      onClose={() => navigate(list?.closeTo ?? `/${environment}/payments`)}
      title={<Head paymentId={paymentId} payment={payment} />}
      actions={list?.position && <Steps step={list.step} position={list.position} />}
    >
      {payment && appId ? (
        <PaymentRecord key={paymentId} payment={payment} appId={appId} />
      ) : error ? (
        <ErrorState error={error} retry={again} />
      ) : (
        <SkeletonRows rows={8} className="px-0" />
      )}
    </Drawer>
  );
}

function Head({ paymentId, payment }: { paymentId: string; payment: Payment | undefined }) {
  return (
    <>
      <div className="flex min-h-8 flex-wrap items-center gap-x-3 gap-y-1">
        {payment ? (
          <>
            <h2 className="text-26 font-semibold tabular-nums">
              {amount(payment.amount)} {payment.currency}
            </h2>
            <span role="status">
              <PaymentStatusPill status={payment.status} />
            </span>
          </>
        ) : (
          <>
            <h2 className="sr-only">Payment</h2>
            <Skeleton className="h-7 w-48" />
          </>
        )}
      </div>
      <p className="flex items-center gap-1 font-mono text-12 text-fg-2">
        <span className="break-all">{paymentId}</span>
        <CopyButton text={paymentId} label="payment id" />
      </p>
    </>
  );
}

function Steps({ step, position: [at, of] }: { step: ListContext['step']; position: [number, number] }) {
  return (
    <>
      <Button
        look="ghost"
        size="icon"
        aria-label="Previous payment"
        title="Previous, ["
        disabled={at === 0}
        onClick={() => step(-1)}
      >
        <ChevronUp aria-hidden />
      </Button>
      <Button
        look="ghost"
        size="icon"
        aria-label="Next payment"
        title="Next, ]"
        disabled={at === of - 1}
        onClick={() => step(1)}
      >
        <ChevronDown aria-hidden />
      </Button>
    </>
  );
}
