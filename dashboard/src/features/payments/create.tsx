// A payment made by hand: the form, the request that it sends, then the payer's link.
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Link } from 'react-router';
import { Button } from '@/components/ui/button';
import { Code } from '@/components/ui/code';
import { Dialog } from '@/components/ui/dialog';
import { Input, Select, TextArea } from '@/components/ui/field';
import { Alert } from '@/components/ui/states';
import { ApiError, api, data } from '@/lib/api';
import type { App } from '@/lib/apps';
import { useEnvironment } from '@/lib/environment';
import { bodyOf, type Draft, keeper, parseMetadata } from './create-body';
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
/** What the form has fields for; another parameter's error stands above them. */
const PARAMS = ['amount', 'currency', 'reference_id', 'description', 'expires_in', 'metadata', 'return_url'];

type Props = {
  apps: App[] | undefined;
  close: () => void;
  created: () => void;
  hrefOf: (payment: Payment) => string;
};

export function CreatePayment({ apps, close, created, hrefOf }: Props) {
  const [draft, setDraft] = useState(NEW);
  const [keyOf, setKeyOf] = useState(keeper);
  const usable = apps?.filter((app) => app.is_active) ?? [];
  const appId = draft.appId || (usable[0]?.app_id ?? '');
  const {
    mutate,
    isPending,
    error,
    data: payment,
    reset,
  } = useMutation({
    mutationFn: async () => {
      const body = bodyOf(draft);
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
          submit={() => mutate()}
        />
        <div className="min-w-0">
          <h3 className="mb-1 text-13 font-medium">The same request</h3>
          <Code label="the request" text={curlCreate(bodyOf(draft))} />
          <p className="mt-2 text-12 text-fg-3">
            Put the app's key into ZENWALLET_API_KEY. Pressing the button again sends the same
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

function Fields({
  draft,
  set,
  apps,
  error,
  problem,
  submit,
}: {
  draft: Draft;
  set: (changes: Partial<Draft>) => void;
  apps: App[];
  error: Error | null;
  problem: string | undefined;
  submit: () => void;
}) {
  const told = error instanceof ApiError ? error : null;
  const of = (param: string) =>
    told?.of(param) ?? told?.errors.find((each) => each.param.startsWith(`${param}.`))?.message;
  const isPlaced = PARAMS.some((param) => of(param));
  const text = (name: keyof Draft, param: string) => ({
    value: draft[name],
    error: of(param),
    onChange: (event: { target: { value: string } }) => set({ [name]: event.target.value }),
  });
  return (
    <form
      id={FORM}
      className="min-w-0 space-y-4"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        submit();
      }}
    >
      {error && !isPlaced && <Alert>{error.message}</Alert>}
      <Select label="App" value={draft.appId} onChange={(event) => set({ appId: event.target.value })}>
        {apps.map((app) => (
          <option key={app.app_id} value={app.app_id}>
            {app.name}
          </option>
        ))}
      </Select>
      <div className="grid grid-cols-[1fr_112px] gap-3">
        <Input
          label="Amount"
          required
          autoFocus
          inputMode="decimal"
          autoComplete="off"
          placeholder="500.00"
          {...text('amount', 'amount')}
        />
        <Input label="Currency" required autoComplete="off" {...text('currency', 'currency')} />
      </div>
      <Input
        label="Reference"
        hint="Your own name for it; the list finds it by its start."
        autoComplete="off"
        placeholder="ORDER_123"
        {...text('reference', 'reference_id')}
      />
      <Input
        label="Description"
        hint="The payer reads it."
        autoComplete="off"
        {...text('description', 'description')}
      />
      <Select label="Can be paid for" {...text('expiresIn', 'expires_in')}>
        <option value="60">1 minute</option>
        <option value="300">5 minutes</option>
        <option value="1800">30 minutes</option>
        <option value="3600">1 hour</option>
        <option value="86400">24 hours</option>
        <option value="604800">7 days</option>
        <option value="2592000">30 days</option>
      </Select>
      <TextArea
        label="Metadata"
        hint="One key=value on a line."
        rows={3}
        spellCheck={false}
        {...text('metadata', 'metadata')}
        error={problem ?? of('metadata')}
      />
      <Input
        label="Return URL"
        hint="Where the payer goes afterwards."
        type="url"
        placeholder="https://example.com/thanks"
        {...text('returnUrl', 'return_url')}
      />
    </form>
  );
}
