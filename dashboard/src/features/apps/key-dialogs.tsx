import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Confirm, Dialog } from '@/components/ui/dialog';
import { Input, Select } from '@/components/ui/field';
import { FormError, useSubmit } from '@/components/ui/form';
import { Ago } from '@/components/ui/time';
import { api, data } from '@/lib/api';
import type { App } from '@/lib/apps';
import { OverlapField, useOverlap } from './overlap';
import { type Key, keysQuery } from './queries';
import type { Revealed } from './reveal';

const FORM = 'create-key';
const DAY_MS = 86_400_000;
const EXPIRIES = [
  { id: 'never', name: 'Never' },
  { id: '30', name: 'In 30 days' },
  { id: '90', name: 'In 90 days' },
  { id: 'custom', name: 'On a day of your choice' },
];

/** When a key with this choice ends; a day counts to its end, where the browser is. */
export function expiresAt(choice: string, day: string, now: number): string | undefined {
  if (choice === 'never') return undefined;
  if (choice === 'custom') return new Date(`${day}T23:59:59`).toISOString();
  return new Date(now + Number(choice) * DAY_MS).toISOString();
}

const revealKey = (app: App, value: string, note?: string): Revealed => ({
  title: `The new key of ${app.name}`,
  note,
  app: app.name,
  secrets: [{ name: 'API key', variable: 'ZENWALLET_API_KEY', value }],
});

type Props = { app: App; onClose: () => void; reveal: (revealed: Revealed) => void };

function ExpiryFields({
  choice,
  setChoice,
  day,
  setDay,
  error,
}: {
  choice: string;
  setChoice: (choice: string) => void;
  day: string;
  setDay: (day: string) => void;
  error?: string;
}) {
  return (
    <>
      <Select
        label="It expires"
        value={choice}
        error={choice === 'custom' ? undefined : error}
        onChange={(event) => setChoice(event.target.value)}
      >
        {EXPIRIES.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </Select>
      {choice === 'custom' && (
        <Input
          label="Last day"
          type="date"
          required
          min={new Date().toISOString().slice(0, 10)}
          value={day}
          error={error}
          onChange={(event) => setDay(event.target.value)}
        />
      )}
    </>
  );
}

export function CreateKey({ app, onClose, reveal }: Props) {
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [choice, setChoice] = useState('never');
  const [day, setDay] = useState('');
  const form = useSubmit(async () => {
    const params = { path: { app_id: app.app_id } };
    const body = { name: name.trim() || undefined, expires_at: expiresAt(choice, day, Date.now()) };
    const made = await data(api.POST('/api/apps/{app_id}/keys', { params, body }));
    void queries.invalidateQueries({ queryKey: keysQuery(app.app_id).queryKey });
    onClose();
    reveal(revealKey(app, made.api_key));
  });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Create a key"
      description={`For ${app.name}. Give each program its own.`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={FORM} isBusy={form.isBusy}>
            Create key
          </Button>
        </>
      }
    >
      <form id={FORM} onSubmit={form.submit} className="space-y-4">
        <Input
          label="Name (optional)"
          placeholder="Billing server"
          autoFocus
          autoComplete="off"
          value={name}
          error={form.of('name')}
          onChange={(event) => setName(event.target.value)}
        />
        <ExpiryFields {...{ choice, setChoice, day, setDay }} error={form.of('expires_at')} />
        <FormError error={form.error} fields={['name', 'expires_at']} />
      </form>
    </Dialog>
  );
}

export function RotateKey({ app, apiKey, onClose, reveal }: Props & { apiKey: Key }) {
  const queries = useQueryClient();
  const [overlap, setOverlap] = useOverlap();
  const rotate = async () => {
    const params = { path: { app_id: app.app_id, key_id: apiKey.key_id } };
    const made = await data(
      api.POST('/api/apps/{app_id}/keys/{key_id}/rotate', { params, body: { overlap } }),
    );
    void queries.invalidateQueries({ queryKey: keysQuery(app.app_id).queryKey });
    const note =
      overlap > 0
        ? `The old key ${apiKey.key} works until its expiry in the list, or until you expire it.`
        : `The old key ${apiKey.key} works no more.`;
    reveal(revealKey(app, made.api_key, note));
  };
  return (
    <Confirm open onOpenChange={onClose} title="Rotate this key?" act="Rotate key" onConfirm={rotate}>
      <p className="mb-4">
        A new key takes the place of <span className="font-mono text-12 text-fg">{apiKey.key}</span>.
      </p>
      <OverlapField label="The old key expires" value={overlap} onChange={setOverlap} />
    </Confirm>
  );
}

export function RevokeKey({ app, apiKey, onClose }: Omit<Props, 'reveal'> & { apiKey: Key }) {
  const queries = useQueryClient();
  const revoke = async () => {
    const path = { app_id: app.app_id, key_id: apiKey.key_id };
    await data(api.DELETE('/api/apps/{app_id}/keys/{key_id}', { params: { path } }));
    await queries.invalidateQueries({ queryKey: keysQuery(app.app_id).queryKey });
  };
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title="Expire this key now?"
      act="Expire now"
      isDangerous
      onConfirm={revoke}
    >
      Programs with <span className="font-mono text-12 text-fg">{apiKey.key}</span> are refused at once. This
      cannot be taken back.
      <p className="mt-2">
        {apiKey.last_used_at ? (
          <>
            It was last used <Ago iso={apiKey.last_used_at} />
            {apiKey.last_used_address && ` by ${apiKey.last_used_address}`}.
          </>
        ) : (
          'It was never used.'
        )}
      </p>
    </Confirm>
  );
}
