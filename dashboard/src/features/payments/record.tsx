// What a payment's drawer shows, from what matters most down to the raw object.
import { Check, Terminal } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { Button } from '@/components/ui/button';
import { Json } from '@/components/ui/code';
import { Id, useCopy } from '@/components/ui/copy';
import { Ago, Time } from '@/components/ui/time';
import { useAppName } from '@/lib/apps';
import { useEnvironment } from '@/lib/environment';
import { useTimeZone, zoneName } from '@/lib/time';
import { curlRead } from './curl';
import { PayLink } from './pay-link';
import type { Payment } from './queries';
import { RelatedWebhooks } from './related-webhooks';
import { useEnd } from './simulate';
import { EndError, SimulatePanel } from './simulate-panel';
import { Timeline } from './timeline-view';

function Part({ title, note, children }: { title: string; note?: ReactNode; children: ReactNode }) {
  return (
    <section className="border-t py-5">
      <div className="mb-3 flex flex-wrap items-baseline justify-between gap-2">
        <h3 className="text-13 font-semibold">{title}</h3>
        {note && <span className="text-12 text-fg-3">{note}</span>}
      </div>
      {children}
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-12 text-fg-3">{name}</dt>
      <dd className="text-13 break-words">{children}</dd>
    </div>
  );
}

function Facts({ payment, appId }: { payment: Payment; appId: string }) {
  const environment = useEnvironment();
  const nameOf = useAppName();
  const isPending = payment.status === 'PENDING';
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-3 pb-5">
      <Fact name="Reference">{payment.reference_id ?? '–'}</Fact>
      <Fact name="App">
        <Link to={`/${environment}/apps/${appId}`} className="text-brand underline-offset-2 hover:underline">
          {nameOf(appId)}
        </Link>
      </Fact>
      <Fact name="Created">
        <Time iso={payment.created_at} />
      </Fact>
      {payment.completed_at ? (
        <Fact name="Completed">
          <Time iso={payment.completed_at} />
        </Fact>
      ) : (
        <Fact name={isPending ? 'Expires' : 'Expired'}>
          <Time iso={payment.expires_at} />
          {isPending && (
            <span className="text-fg-3">
              , <Ago iso={payment.expires_at} />
            </span>
          )}
        </Fact>
      )}
      {payment.description && <Fact name="Description">{payment.description}</Fact>}
      {payment.failure_code && (
        <Fact name="Failure code">
          <code className="font-mono text-12">{payment.failure_code}</code>
        </Fact>
      )}
      {payment.notes && <Fact name="Notes">{payment.notes}</Fact>}
      {payment.transaction_id && (
        <div className="col-span-2 min-w-0">
          <dt className="text-12 text-fg-3">Transaction ID</dt>
          <dd>
            <Id id={payment.transaction_id} label="transaction id" />
          </dd>
        </div>
      )}
    </dl>
  );
}

export function PaymentRecord({ payment, appId }: { payment: Payment; appId: string }) {
  const zone = useTimeZone();
  const isTest = useEnvironment() === 'test';
  const end = useEnd(payment, zone);
  const [copied, copy] = useCopy();
  // While the gateway is asked, the panel keeps what was typed: a refusal gives it back.
  const isEndable = payment.status === 'PENDING' || end.isPending;
  return (
    <>
      <Facts payment={payment} appId={appId} />
      {(isEndable || end.error) && (
        <Part title={isTest ? 'Simulate' : 'End this payment'} note={isTest && 'No real money moves'}>
          <div className="space-y-3">
            <EndError error={end.error} />
            {isEndable && <SimulatePanel payment={payment} end={end} />}
          </div>
        </Part>
      )}
      <Part title="Timeline" note={`Times in ${zoneName(zone)}`}>
        <Timeline payment={payment} appId={appId} />
      </Part>
      <Part title="Webhooks">
        <RelatedWebhooks
          appId={appId}
          paymentId={payment.payment_id}
          isPending={payment.status === 'PENDING'}
        />
      </Part>
      <Part title="Pay page">
        <PayLink payment={payment} />
      </Part>
      <Part title="Metadata">
        {Object.keys(payment.metadata).length > 0 ? (
          <Json value={payment.metadata} label="metadata" />
        ) : (
          <p className="text-13 text-fg-2">None. Metadata is your own data, sent with the payment.</p>
        )}
      </Part>
      <section className="border-t pt-5">
        <Button size="small" onClick={() => copy(curlRead(payment.payment_id))}>
          {copied ? <Check aria-hidden className="text-ok" /> : <Terminal aria-hidden />}
          {copied ? 'Copied' : 'Copy as curl'}
        </Button>
        <details className="mt-4">
          <summary className="mb-2 text-13 font-semibold">Raw JSON</summary>
          <Json value={payment} label="the payment" />
        </details>
      </section>
    </>
  );
}
