import { ExternalLink } from 'lucide-react';
import { CopyButton } from '@/components/ui/copy';
import { cn } from '@/lib/cn';
import type { Payment } from './queries';

/** The payer's page: its address, and a code of it on white, which cameras want in dark themes too. */
export function PayLink({ payment, isLarge }: { payment: Payment; isLarge?: boolean }) {
  const src = `/api/payments/${payment.payment_id}/qr.svg?app_id=${payment.app_id ?? ''}`;
  return (
    <div className={cn('flex gap-4', isLarge ? 'flex-col items-center' : 'items-center')}>
      <img
        src={src}
        alt="QR code of the pay page"
        className={cn('shrink-0 rounded-popover border bg-white p-1.5', isLarge ? 'size-56' : 'size-24')}
      />
      <div
        className={cn(
          'flex min-w-0 items-center gap-1 text-13',
          isLarge && 'w-full rounded-control border bg-surface-2 py-1 pr-1 pl-3',
        )}
      >
        <a
          href={payment.payment_url}
          target="_blank"
          rel="noreferrer"
          className={cn(
            'min-w-0 flex-1 font-mono text-12 text-brand underline-offset-2 hover:underline',
            isLarge ? 'truncate' : 'break-all',
          )}
        >
          {payment.payment_url}
          {!isLarge && <ExternalLink aria-hidden className="ml-1 inline size-3.5 align-[-2px]" />}
        </a>
        <CopyButton text={payment.payment_url} label="pay page link" />
      </div>
    </div>
  );
}
