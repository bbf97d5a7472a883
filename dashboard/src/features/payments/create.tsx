// A payment made by hand: the form, the request that it sends, then the payer's link.
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { Button } from '@/components/ui/button';
import { Code } from '@/components/ui/code';
import { Dialog } from '@/components/ui/dialog';
import { api, data } from '@/lib/api';
import type { App } from '@/lib/apps';
import { useEnvironment } from '@/lib/environment';
import { bodyOf, type Draft, keeper, parseMetadata } from './create-body';
import { Fields } from './create-fields';
import { Created } from './created';
import { curlCreate } from './curl';
import type { Payment } from './queries';

const NEW: Draft = {
  appId: '',
  amount: '',
  currency: 'COINS',
  reference: '',
  description: '',
  expiresIn: '1800',
  metadata: '',
  returnUrl: '',
};
const FORM = 'create-payment';

type Props = {
  apps: App[] | undefined;
  close: () => void;
  created: () => void;
  hrefOf: (payment: Payment) => string;
};

/** Sends the form; pressed again after a failure, the same request under the same key. */
function useCreate(created: () => void) {
  const [keyOf, setKeyOf] = useState(keeper);
  return useMutation({
    mutationFn: async ({ appId, body }: { appId: string; body: ReturnType<typeof bodyOf> }) => {
      const made = await data(
        api.POST('/api/payments/create', {
          params: {
            query: { app_id: appId },
            header: { 'Idempotency-Key': keyOf(JSON.stringify([appId, body])) },
          },
          body,
        }),
      );
      return { ...made, app_id: appId };
    },
    onSuccess: () => {
      // The next payment is another one, even if it says the same.
      setKeyOf(() => keeper());
      created();
    },
  });
}

export function CreatePayment({ apps, close, created, hrefOf }: Props) {
  const [draft, setDraft] = useState(NEW);
  const usable = apps?.filter((app) => app.is_active) ?? [];
  const appId = draft.appId || (usable[0]?.app_id ?? '');
  const { mutate, isPending, error, data: payment, reset } = useCreate(created);
  if (payment)
    return (
      <Created
        payment={payment}
        href={hrefOf(payment)}
        close={close}
        another={() => {
          reset();
          setDraft({ ...NEW, appId, currency: draft.currency });
        }}
      />
    );
  if (apps && usable.length === 0) return <NoApp close={close} />;
  const metadata = parseMetadata(draft.metadata);
  return (
    <Dialog
      open
      onOpenChange={close}
      title="Create payment"
      width="max-w-[860px]"
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button look="primary" type="submit" form={FORM} isBusy={isPending} disabled={!!metadata.problem}>
            Create payment
          </Button>
        </>
      }
    >
      <div className="grid gap-6 md:grid-cols-2">
        <Fields
          draft={{ ...draft, appId }}
          set={(changes) => setDraft({ ...draft, ...changes })}
          apps={usable}
          error={error}
          problem={metadata.problem}
          form={FORM}
          submit={() => mutate({ appId, body: bodyOf(draft) })}
        />
        <div className="min-w-0">
          <h3 className="mb-1 text-13 font-medium">The same request</h3>
          <Code label="the request" text={curlCreate(bodyOf(draft))} />
          <p className="mt-2 text-12 text-fg-3">
            Put the app’s key into ZENWALLET_API_KEY. Pressing the button again sends the same
            Idempotency-Key, so it never makes a second payment.
          </p>
        </div>
      </div>
    </Dialog>
  );
}

function NoApp({ close }: { close: () => void }) {
  const environment = useEnvironment();
  return (
    <Dialog
      open
      onOpenChange={close}
      title="Create an app first"
      width="max-w-[384px]"
      footer={
        <Button look="primary" asChild>
          <Link to={`/${environment}/apps?create=1`}>Create app</Link>
        </Button>
      }
    >
      <p className="text-13 text-fg-2">A payment belongs to an active app, and {environment} has none.</p>
    </Dialog>
  );
}
