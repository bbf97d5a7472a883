import { ExternalLink } from 'lucide-react';
import { Button } from '@/components/ui/button';
import { Alert } from '@/components/ui/states';
import { amount } from '@/lib/format';
import { Listening } from './step';
import type { Payment } from './steps';

/** The payer's side: the page that the payment's address leads to. */
export function PayIt({ payment }: { payment: Payment | undefined }) {
  if (!payment) return null;
  const isOver = payment.status === 'EXPIRED';
  return (
    <>
      <p>
        {payment.reference_id ?? payment.payment_id} over {amount(payment.amount)} {payment.currency} waits
        for its payer. Open its page and pay it; in test mode no real money moves.
      </p>
      {isOver ? (
        <Alert tone="warn">
          This payment has expired. Send the request above once more, then open the new one.
        </Alert>
      ) : (
        <>
          <Button look="primary" asChild>
            <a href={payment.payment_url} target="_blank" rel="noopener noreferrer">
              <ExternalLink aria-hidden />
              Open the payment page
            </a>
          </Button>
          <Listening>Waiting for it to be paid or declined.</Listening>
        </>
      )}
    </>
  );
}
