// What can be done with the selected payments.
import { Check, Copy, ExternalLink, RotateCw, X } from 'lucide-react';
import { useNavigate } from 'react-router';
import { Button } from '@/components/ui/button';
import { useCopy } from '@/components/ui/copy';
import { plural } from '@/lib/format';
import type { Payment } from './queries';
import { type Outcome, useResend } from './resend';

/** How a resend went, in words. */
export function tell({ done, of, resent, refused, reason }: Outcome): string {
  if (done < of) return `Resending, ${done} of ${plural(of, 'payment')} done`;
  if (refused > 0)
    return `${plural(resent, 'webhook')} resent; ${plural(refused, 'payment')} failed: ${reason ?? 'try again.'}`;
  return resent === 0 ? 'No failed webhooks to resend' : `${plural(resent, 'webhook')} resent`;
}

export function BulkBar({
  payments,
  hrefOf,
  clear,
}: {
  payments: Payment[];
  hrefOf: (payment: Payment) => string;
  clear: () => void;
}) {
  const [copied, copy] = useCopy();
  const navigate = useNavigate();
  const { resend, isBusy, outcome, forget } = useResend();
  const first = payments[0];
  if (!first) return null;
  return (
    <section
      aria-label="Selected payments"
      className="fixed inset-x-4 bottom-4 z-20 mx-auto flex max-w-max animate-enter flex-wrap items-center gap-2 rounded-card border bg-surface py-2 pr-2 pl-4 shadow-2 md:left-[248px]"
    >
      <span role="status" className="mr-2 text-13 font-medium tabular-nums">
        {plural(payments.length, 'payment')} selected
      </span>
      <Button size="small" onClick={() => copy(payments.map((row) => row.payment_id).join('\n'))}>
        {copied ? <Check aria-hidden className="text-ok" /> : <Copy aria-hidden />}
        {copied ? 'Copied' : 'Copy ids'}
      </Button>
      {payments.length === 1 && (
        <Button size="small" onClick={() => navigate(hrefOf(first))}>
          <ExternalLink aria-hidden />
          Open
        </Button>
      )}
      <Button size="small" isBusy={isBusy} onClick={() => resend(payments)}>
        {!isBusy && <RotateCw aria-hidden />}
        Resend webhooks
      </Button>
      {outcome && (
        <span role="status" className="text-12 text-fg-2 tabular-nums">
          {tell(outcome)}
        </span>
      )}
      <Button
        look="ghost"
        size="small"
        aria-label="Clear the selection"
        onClick={() => {
          forget();
          clear();
        }}
      >
        <X aria-hidden />
      </Button>
    </section>
  );
}
