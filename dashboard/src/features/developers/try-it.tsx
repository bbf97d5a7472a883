import { useMutation } from '@tanstack/react-query';
import { Play } from 'lucide-react';
import { Link } from 'react-router';
import { Button } from '@/components/ui/button';
import { Json } from '@/components/ui/code';
import { Alert } from '@/components/ui/states';
import { CodePill } from '@/components/ui/status';
import { api } from '@/lib/api';
import type { App } from '@/lib/apps';
import type { Environment } from '@/lib/environment';
import { milliseconds } from '@/lib/format';
import { CREATE_BODY } from './samples';

type Ran = { status: number; ms: number; body: unknown; paymentId: string | null };

async function run(app: App): Promise<Ran> {
  const began = performance.now();
  const {
    response,
    data: payment,
    error,
  } = await api.POST('/api/payments/create', {
    params: { query: { app_id: app.app_id } },
    body: { ...CREATE_BODY, expires_in: null },
  });
  // The picture of the QR code is long and says nothing as text.
  const body = payment?.qr_code
    ? { ...payment, qr_code: `${payment.qr_code.slice(0, 32)}…` }
    : (payment ?? error);
  return {
    status: response.status,
    ms: performance.now() - began,
    body,
    paymentId: payment?.payment_id ?? null,
  };
}

/** Sends the sample as the person who is logged in; in test mode alone. */
export function TryIt({ environment, app }: { environment: Environment; app: App | undefined }) {
  const sent = useMutation({ mutationFn: run });
  if (environment !== 'test')
    return (
      <p className="text-13 text-fg-2">
        Samples run in test mode alone.{' '}
        <Link to="/test/developers#create" className="font-medium text-brand hover:underline">
          Switch to test
        </Link>
      </p>
    );
  if (!app)
    return (
      <p className="text-13 text-fg-2">
        To run this, make an app first.{' '}
        <Link to="/test/start" className="font-medium text-brand hover:underline">
          Create an app
        </Link>
      </p>
    );
  const { data: ran, error } = sent;
  return (
    <div className="space-y-3">
      <div className="flex flex-wrap items-center gap-3">
        <Button look="primary" isBusy={sent.isPending} onClick={() => sent.mutate(app)}>
          {!sent.isPending && <Play aria-hidden />}
          Run
        </Button>
        <p role="status" className="flex flex-wrap items-center gap-2 text-13 text-fg-2">
          {ran ? (
            <>
              <CodePill code={ran.status} />
              <span className="tabular-nums">{milliseconds(ran.ms)}</span>
              {ran.paymentId && (
                <Link
                  to={`/test/payments/${ran.paymentId}?app_id=${app.app_id}`}
                  className="font-medium text-brand underline-offset-2 hover:underline"
                >
                  Open the payment
                </Link>
              )}
            </>
          ) : (
            `Creates a test payment of ${app.name}.`
          )}
        </p>
      </div>
      {error && <Alert>{error.message}</Alert>}
      {ran && <Json value={ran.body} label="answer" />}
    </div>
  );
}
