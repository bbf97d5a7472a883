import { RotateCw, Send, X } from 'lucide-react';
import { Button } from '@/components/ui/button';
import type { Delivery } from './queries';
import type { Sendable, useResend } from './resend';

/** What can be done with a delivery as it stands. */
export function DeliveryActions({
  row,
  delivery,
  sending,
}: {
  row: Sendable;
  delivery: Delivery;
  sending: ReturnType<typeof useResend>;
}) {
  const isWaiting = delivery.status === 'PENDING';
  return (
    <div className="space-y-3">
      <div className="flex flex-wrap items-center gap-2">
        {isWaiting && (
          <Button look="primary" isBusy={sending.isBusy} onClick={() => sending.resend(row)}>
            <RotateCw aria-hidden />
            Retry now
          </Button>
        )}
        <Button
          look={delivery.status === 'FAILED' ? 'primary' : 'secondary'}
          disabled={isWaiting}
          aria-describedby={isWaiting ? 'resend-reason' : undefined}
          isBusy={!isWaiting && sending.isBusy}
          onClick={() => sending.resend(row)}
        >
          <Send aria-hidden />
          {delivery.status === 'DELIVERED' ? 'Send again' : 'Resend'}
        </Button>
        {isWaiting && (
          <Button look="danger" disabled={sending.isBusy} onClick={() => sending.cancel(row)}>
            <X aria-hidden />
            Cancel delivery
          </Button>
        )}
      </div>
      {isWaiting && (
        <p id="resend-reason" className="text-12 text-fg-3">
          It is still on its way. It can be resent once it is over.
        </p>
      )}
      {sending.view}
    </div>
  );
}
