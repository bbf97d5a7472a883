// The fields of a new payment; what the gateway says of one stands at it.
import type { ChangeEvent, FormEvent } from 'react';
import { Input, Select, TextArea } from '@/components/ui/field';
import { Alert } from '@/components/ui/states';
import { ApiError } from '@/lib/api';
import type { App } from '@/lib/apps';
import type { Draft } from './create-body';

/** What the form has fields for; another parameter's error stands above them. */
const PARAMS = ['amount', 'currency', 'reference_id', 'description', 'expires_in', 'metadata', 'return_url'];

type Bind = (
  name: keyof Draft,
  param: string,
) => {
  value: string;
  error: string | undefined;
  onChange: (event: ChangeEvent<HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement>) => void;
};

export function Fields({
  draft,
  set,
  apps,
  error,
  problem,
  form,
  submit,
}: {
  draft: Draft;
  set: (changes: Partial<Draft>) => void;
  apps: App[];
  error: Error | null;
  problem: string | undefined;
  form: string;
  submit: () => void;
}) {
  const told = error instanceof ApiError ? error : null;
  const of = (param: string) =>
    told?.of(param) ?? told?.errors.find((each) => each.param.startsWith(`${param}.`))?.message;
  const isPlaced = PARAMS.some((param) => of(param));
  const text: Bind = (name, param) => ({
    value: draft[name],
    error: of(param),
    onChange: (event: { target: { value: string } }) => set({ [name]: event.target.value }),
  });
  return (
    <form
      id={form}
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
      <Details text={text} problem={problem} of={of} />
    </form>
  );
}

/** What a payment can do without. */
function Details({
  text,
  problem,
  of,
}: {
  text: Bind;
  problem: string | undefined;
  of: (param: string) => string | undefined;
}) {
  return (
    <>
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
    </>
  );
}
