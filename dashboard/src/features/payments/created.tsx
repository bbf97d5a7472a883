import { ExternalLink } from 'lucide-react';
import { Link } from 'react-router';
import { Button } from '@/components/ui/button';
import { CopyButton } from '@/components/ui/copy';
import { Dialog } from '@/components/ui/dialog';
import { amount } from '@/lib/format';
import { PayLink } from './pay-link';
import type { Payment } from './queries';

/** A payment that was just made: its code to scan, its link, and the record. */
export function Created({
  payment,
  href,
  close,
  another,
}: {
  payment: Payment;
  href: string;
  close: () => void;
  another: () => void;
}) {
  return (
    <Dialog
      open
      onOpenChange={close}
      title={`${amount(payment.amount)} ${payment.currency} is ready to be paid`}
      description="Scan the code or send the link to the payer."
      width="max-w-[460px]"
      footer={
        <>
          <Button onClick={another}>Create another</Button>
          <Button asChild>
            <a href={payment.payment_url} target="_blank" rel="noreferrer">
              <ExternalLink aria-hidden />
              Pay page
            </a>
          </Button>
          <Button look="primary" asChild>
            <Link to={href}>Open the record</Link>
          </Button>
        </>
      }
    >
      <PayLink payment={payment} isLarge />
      <p className="mt-4 flex items-center justify-center gap-1 font-mono text-12">
        <span className="truncate">{payment.payment_id}</span>
        <CopyButton text={payment.payment_id} label="payment id" />
      </p>
    </Dialog>
  );
}
