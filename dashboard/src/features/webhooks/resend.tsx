import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Link } from 'react-router';
import { Confirm } from '@/components/ui/dialog';
import { Alert } from '@/components/ui/states';
import { useLinks } from './filters';
import { cancelDelivery, type Delivery, retryDelivery, useRefresh } from './queries';

export type Sendable = Pick<Delivery, 'delivery_id' | 'status' | 'url' | 'type'> & { app_id: string };

function useSend() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async ({ row, act }: { row: Sendable; act: 'retry' | 'cancel' }) => {
      const send = act === 'retry' ? retryDelivery : cancelDelivery;
      return { row, act, result: await send(row.app_id, row.delivery_id) };
    },
    onSettled: refresh,
  });
}

function Told({ send }: { send: ReturnType<typeof useSend> }) {
  const { record } = useLinks();
  if (send.error) return <Alert>{send.error.message}</Alert>;
  if (!send.data) return null;
  const { row, act, result } = send.data;
  if (act === 'cancel') return <Alert tone="info">Canceled. It will not be tried again.</Alert>;
  if (result.delivery_id === row.delivery_id)
    return <Alert tone="ok">Brought forward. It is tried now.</Alert>;
  return (
    <Alert tone="ok">
      Sent again as a new delivery.{' '}
      <Link
        to={record({ ...result, app_id: row.app_id })}
        className="font-medium underline underline-offset-2"
      >
        Open it
      </Link>
    </Alert>
  );
}

/** Sending again and calling off: what was delivered is sent twice only after a question. `view` shows what came of it. */
export function useResend(): {
  resend: (row: Sendable) => void;
  cancel: (row: Sendable) => void;
  isBusy: boolean;
  view: ReactNode;
} {
  const send = useSend();
  const [asked, setAsked] = useState<Sendable | null>(null);
  const resend = (row: Sendable) => {
    if (row.status === 'DELIVERED') setAsked(row);
    else send.mutate({ row, act: 'retry' });
  };
  const view = (
    <>
      <Told send={send} />
      <Confirm
        open={asked !== null}
        onOpenChange={() => setAsked(null)}
        title="Send it again?"
        act="Send again"
        onConfirm={async () => asked && send.mutateAsync({ row: asked, act: 'retry' })}
      >
        This {asked?.type} was delivered. The receiver gets it once more with the same webhook-id, so one that
        remembers ids skips it.
      </Confirm>
    </>
  );
  return { resend, cancel: (row) => send.mutate({ row, act: 'cancel' }), isBusy: send.isPending, view };
}
