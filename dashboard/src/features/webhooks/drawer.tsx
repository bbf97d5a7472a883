import { useQuery } from '@tanstack/react-query';
import { ChevronDown, ChevronUp } from 'lucide-react';
import { useMemo } from 'react';
import { useNavigate, useOutletContext, useParams, useSearchParams } from 'react-router';
import { Button } from '@/components/ui/button';
import { Id } from '@/components/ui/copy';
import { Drawer } from '@/components/ui/drawer';
import { EmptyState, ErrorState, SkeletonRows } from '@/components/ui/states';
import { DeliveryStatusPill } from '@/components/ui/status';
import { copyText } from '@/lib/clipboard';
import { useEnvironment } from '@/lib/environment';
import { useKeys } from '@/lib/keys';
import { Attempts } from './attempts';
import { DeliveryActions } from './delivery-actions';
import { DeliveryMeta } from './delivery-meta';
import { useLinks } from './filters';
import { appOfQuery, type Delivery, type DeliveryDetail, deliveryQuery } from './queries';
import { type Sendable, useResend } from './resend';

/** The records before and after this one in the list behind the drawer. */
function useNeighbours(deliveryId: string) {
  const rows = (useOutletContext() as Delivery[] | undefined) ?? [];
  const { record } = useLinks();
  const navigate = useNavigate();
  const at = rows.findIndex((row) => row.delivery_id === deliveryId);
  const before = at > 0 ? rows[at - 1] : undefined;
  const after = at >= 0 ? rows[at + 1] : undefined;
  const go = (row: Delivery | undefined) => row && void navigate(record(row), { replace: true });
  return { before, after, go };
}

function Steps({ deliveryId }: { deliveryId: string }) {
  const { before, after, go } = useNeighbours(deliveryId);
  return (
    <>
      <Button
        look="ghost"
        size="icon"
        aria-label="Previous delivery"
        title="Previous, ["
        disabled={!before}
        onClick={() => go(before)}
      >
        <ChevronUp aria-hidden />
      </Button>
      <Button
        look="ghost"
        size="icon"
        aria-label="Next delivery"
        title="Next, ]"
        disabled={!after}
        onClick={() => go(after)}
      >
        <ChevronDown aria-hidden />
      </Button>
    </>
  );
}

function Head({ deliveryId, delivery }: { deliveryId: string; delivery: Delivery | undefined }) {
  return (
    <>
      <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="text-20 font-semibold">{delivery?.type ?? 'Delivery'}</span>
        {delivery && <DeliveryStatusPill status={delivery.status} attempts={delivery.attempts} />}
      </span>
      <Id id={deliveryId} label="delivery id" className="text-fg-2" />
    </>
  );
}

function Record({ appId, delivery }: { appId: string; delivery: DeliveryDetail }) {
  const sending = useResend();
  const { before, after, go } = useNeighbours(delivery.delivery_id);
  const row: Sendable = { ...delivery, app_id: appId };
  useKeys({
    '[': () => go(before),
    ']': () => go(after),
    r: () => sending.resend(row),
    c: () => void copyText(delivery.delivery_id),
  });
  return (
    <div className="space-y-6">
      <DeliveryActions row={row} delivery={delivery} sending={sending} />
      <DeliveryMeta appId={appId} delivery={delivery} />
      <Attempts appId={appId} delivery={delivery} />
    </div>
  );
}

function Found({ appId, deliveryId }: { appId: string; deliveryId: string }) {
  const { data: delivery, error, refetch } = useQuery(deliveryQuery(appId, deliveryId));
  if (delivery) return <Record key={deliveryId} appId={appId} delivery={delivery} />;
  if (error) return <ErrorState error={error} retry={() => void refetch()} />;
  return <SkeletonRows rows={6} className="px-0" />;
}

/** One delivery beside the list: where it stands, and every attempt. */
export function DeliveryDrawer() {
  const { deliveryId = '' } = useParams();
  const [params] = useSearchParams();
  const environment = useEnvironment();
  const navigate = useNavigate();
  const { list } = useLinks();
  const named = params.get('app_id');
  const search = useQuery({ ...appOfQuery(environment, deliveryId), enabled: !named });
  const appId = named ?? search.data ?? null;
  const { data: delivery } = useQuery({ ...deliveryQuery(appId ?? '', deliveryId), enabled: appId !== null });
  const close = useMemo(() => () => void navigate(list), [navigate, list]);
  return (
    <Drawer
      title={<Head deliveryId={deliveryId} delivery={delivery} />}
      actions={<Steps deliveryId={deliveryId} />}
      onClose={close}
    >
      {appId ? (
        <Found appId={appId} deliveryId={deliveryId} />
      ) : search.error ? (
        <ErrorState error={search.error} retry={() => void search.refetch()} />
      ) : search.data === null ? (
        <EmptyState title="No such delivery" action={<Button onClick={close}>Back to the list</Button>}>
          No app that you may see has it. Attempts are kept for 30 days unless the gateway says otherwise.
        </EmptyState>
      ) : (
        <SkeletonRows rows={6} className="px-0" />
      )}
    </Drawer>
  );
}
