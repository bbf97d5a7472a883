import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { Button } from '@/components/ui/button';
import { Card, CardHeader } from '@/components/ui/card';
import { Input, Select } from '@/components/ui/field';
import { FormError, SaveRow, useSubmit } from '@/components/ui/form';
import { api, data, type Schemas } from '@/lib/api';
import type { App } from '@/lib/apps';
import { useIsAdmin } from '@/lib/session';
import { DeleteApp, DisableApp, EnableApp } from './confirms';
import { changeApp } from './queries';

type Draft = { name: string; rate: string; monthly: string; owner: string };

const draftOf = (app: App): Draft => ({
  name: app.name,
  rate: String(app.rate_limit ?? 0),
  monthly: app.monthly_payments_max == null ? '' : String(app.monthly_payments_max),
  owner: app.owner_user_id ?? '',
});

const number = (text: string): number | null => (text === '' ? null : Number(text));

/** Only what was changed is sent: what needs an admin stays out of a member's request. */
export function changesOf(app: App, draft: Draft): Schemas['UpdateAppRequest'] {
  const before = draftOf(app);
  return {
    ...(draft.name.trim() !== before.name && { name: draft.name.trim() }),
    ...(draft.rate !== before.rate && { rate_limit: number(draft.rate) }),
    ...(draft.monthly !== before.monthly && { monthly_payments_max: number(draft.monthly) }),
    ...(draft.owner !== before.owner && { owner_user_id: draft.owner || null }),
  };
}

function OwnerField({
  value,
  onChange,
  error,
}: {
  value: string;
  onChange: (id: string) => void;
  error?: string;
}) {
  const { data: users } = useQuery({
    queryKey: ['users'],
    queryFn: async () => (await data(api.GET('/api/users'))).data,
  });
  return (
    <Select
      label="Owner"
      hint="Sees the app and gets its alerts."
      value={value}
      error={error}
      onChange={(event) => onChange(event.target.value)}
    >
      <option value="">All admins together</option>
      {!users && value && <option value={value}>{value}</option>}
      {users
        ?.filter((user) => user.is_active || user.user_id === value)
        .map((user) => (
          <option key={user.user_id} value={user.user_id}>
            {user.name} ({user.email})
          </option>
        ))}
    </Select>
  );
}

function AdminFields({
  app,
  draft,
  set,
  of,
}: {
  app: App;
  draft: Draft;
  set: (changes: Partial<Draft>) => void;
  of: (param: string) => string | undefined;
}) {
  return (
    <>
      <Input
        label="Rate limit"
        hint={`Requests a second of each key. 0 is no limit; empty is the default, ${app.environment === 'test' ? '1,000' : '200'}.`}
        type="number"
        min={0}
        max={1_000_000}
        value={draft.rate}
        error={of('rate_limit')}
        onChange={(event) => set({ rate: event.target.value })}
      />
      <Input
        label="Monthly limit"
        hint="Payments that it may create in a month, UTC. Empty is no limit."
        type="number"
        min={1}
        value={draft.monthly}
        error={of('monthly_payments_max')}
        onChange={(event) => set({ monthly: event.target.value })}
      />
      <OwnerField value={draft.owner} onChange={(owner) => set({ owner })} error={of('owner_user_id')} />
    </>
  );
}

function General({ app }: { app: App }) {
  const queries = useQueryClient();
  const isAdmin = useIsAdmin();
  const [draft, setDraft] = useState(() => draftOf(app));
  const changes = changesOf(app, draft);
  const form = useSubmit(async () => setDraft(draftOf(await changeApp(queries, app.app_id, changes))));
  const set = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  return (
    <Card>
      <CardHeader title="General" />
      <form onSubmit={form.submit} className="max-w-md space-y-4 px-4 pb-4">
        <Input
          label="Name"
          hint="The payer reads it."
          required
          maxLength={255}
          value={draft.name}
          error={form.of('name')}
          onChange={(event) => set({ name: event.target.value })}
        />
        {isAdmin && <AdminFields app={app} draft={draft} set={set} of={form.of} />}
        <FormError
          error={form.error}
          fields={['name', ...(isAdmin ? ['rate_limit', 'monthly_payments_max', 'owner_user_id'] : [])]}
        />
        <SaveRow form={form} isDirty={Object.keys(changes).length > 0} />
      </form>
    </Card>
  );
}

export function AppSettings({ app }: { app: App }) {
  const navigate = useNavigate();
  const [asked, setAsked] = useState<'enable' | 'disable' | 'delete' | null>(null);
  const close = () => setAsked(null);
  const row = 'flex flex-wrap items-center justify-between gap-3 border-t px-4 py-3';
  return (
    <div className="space-y-6">
      <General key={app.app_id} app={app} />
      <Card>
        <CardHeader title="Access" />
        <div className={row}>
          <div className="min-w-0">
            <p className="text-13 font-medium">
              {app.is_active ? 'The app is active' : 'The app is disabled'}
            </p>
            <p className="text-13 text-fg-2">
              {app.is_active ? 'Disabling refuses its keys at once.' : 'Its keys are refused.'}
            </p>
          </div>
          <Button onClick={() => setAsked(app.is_active ? 'disable' : 'enable')}>
            {app.is_active ? 'Disable app' : 'Enable app'}
          </Button>
        </div>
        <div className={row}>
          <div className="min-w-0">
            <p className="text-13 font-medium">Delete the app</p>
            <p className="text-13 text-fg-2">Its keys stop working for ever.</p>
          </div>
          <Button look="danger" onClick={() => setAsked('delete')}>
            Delete app
          </Button>
        </div>
      </Card>
      {asked === 'enable' && <EnableApp app={app} onClose={close} />}
      {asked === 'disable' && <DisableApp app={app} onClose={close} />}
      {asked === 'delete' && (
        <DeleteApp app={app} onClose={close} onDeleted={() => navigate(`/${app.environment}/apps`)} />
      )}
    </div>
  );
}
