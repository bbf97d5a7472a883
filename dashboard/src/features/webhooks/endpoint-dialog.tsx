import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { Checkbox, Input } from '@/components/ui/field';
import { Alert } from '@/components/ui/states';
import { ApiError } from '@/lib/api';
import type { App } from '@/lib/apps';
import { type HeaderDraft, HeaderFields, headersOf } from './header-fields';
import { createEndpoint, type Endpoint, updateEndpoint, useRefresh } from './queries';
import { DEFAULT_EVENTS, ENDPOINT_EVENTS, type EventName } from './words';

export type Draft = {
  url: string;
  description: string;
  events: EventName[];
  isEnabled: boolean;
  /** Null leaves the sealed ones of an endpoint as they are. */
  headers: HeaderDraft[] | null;
};

const draftOf = (endpoint: Endpoint | null): Draft => ({
  url: endpoint?.url ?? '',
  description: endpoint?.description ?? '',
  events: endpoint?.events ?? DEFAULT_EVENTS,
  isEnabled: endpoint?.is_enabled ?? true,
  headers: endpoint ? null : [],
});

function useSave(app: App, endpoint: Endpoint | null, close: () => void) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (draft: Draft) => {
      const body = {
        url: draft.url.trim(),
        description: draft.description.trim() || null,
        events: draft.events,
        is_enabled: draft.isEnabled,
        ...(draft.headers ? { headers: headersOf(draft.headers) } : {}),
      };
      return endpoint
        ? updateEndpoint(app.app_id, endpoint.endpoint_id, body)
        : createEndpoint(app.app_id, body);
    },
    onSuccess: async () => {
      await refresh();
      close();
    },
  });
}

/** What the API says about one field, or about a part of it: `headers.X-Key` belongs to `headers`. */
function faultOf(error: unknown, field: string): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  const isOf = (param: string | null) =>
    param === field || !!param?.startsWith(`${field}.`) || !!param?.startsWith(`${field}[`);
  return (
    error.errors.find(({ param }) => isOf(param))?.message ?? (isOf(error.param) ? error.message : undefined)
  );
}

function EventFields({
  draft,
  set,
  error,
}: {
  draft: Draft;
  set: (events: EventName[]) => void;
  error?: string | undefined;
}) {
  const toggle = (name: EventName) =>
    set(draft.events.includes(name) ? draft.events.filter((each) => each !== name) : [...draft.events, name]);
  return (
    <fieldset>
      <legend className="mb-1 text-13 font-medium">Events</legend>
      <div className="grid gap-x-4 gap-y-1 sm:grid-cols-2">
        {ENDPOINT_EVENTS.map((name) => (
          <Checkbox
            key={name}
            label={name}
            checked={draft.events.includes(name)}
            onChange={() => toggle(name)}
          />
        ))}
      </div>
      {error && <p className="mt-1 text-12 text-bad">{error}</p>}
    </fieldset>
  );
}

function Fields({
  app,
  endpoint,
  draft,
  set,
  error,
}: {
  app: App;
  endpoint: Endpoint | null;
  draft: Draft;
  set: (change: Partial<Draft>) => void;
  error: unknown;
}) {
  return (
    <>
      <Input
        label="URL"
        type="url"
        required
        autoFocus
        spellCheck={false}
        placeholder="https://shop.example.com/webhooks"
        hint={app.environment === 'production' ? 'https, and reachable from the gateway.' : 'http or https.'}
        error={faultOf(error, 'url')}
        value={draft.url}
        onChange={(event) => set({ url: event.target.value })}
      />
      <Input
        label="Description"
        placeholder="Order system"
        error={faultOf(error, 'description')}
        value={draft.description}
        onChange={(event) => set({ description: event.target.value })}
      />
      <EventFields draft={draft} set={(events) => set({ events })} error={faultOf(error, 'events')} />
      <HeaderFields
        sealed={Object.keys(endpoint?.headers ?? {})}
        drafts={draft.headers}
        set={(headers) => set({ headers })}
        error={faultOf(error, 'headers')}
      />
      <Checkbox
        label="Enabled"
        hint="Events go there from now on."
        checked={draft.isEnabled}
        onChange={(event) => set({ isEnabled: event.target.checked })}
      />
    </>
  );
}

const AT_FIELDS = ['url', 'description', 'events', 'headers'];

/** Adds an endpoint to an app, or changes one. */
export function EndpointDialog({
  app,
  endpoint,
  close,
}: {
  app: App;
  endpoint: Endpoint | null;
  close: () => void;
}) {
  const [draft, setDraft] = useState(() => draftOf(endpoint));
  const save = useSave(app, endpoint, close);
  const form = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(draft);
  };
  const isTold = AT_FIELDS.some((field) => faultOf(save.error, field));
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && close()}
      title={endpoint ? 'Edit endpoint' : 'Add endpoint'}
      description={`Webhooks of ${app.name} go there, signed with the app’s secret.`}
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button
            look="primary"
            type="submit"
            form={form}
            isBusy={save.isPending}
            disabled={draft.events.length === 0}
          >
            {endpoint ? 'Save changes' : 'Add endpoint'}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} noValidate className="space-y-4">
        <Fields
          app={app}
          endpoint={endpoint}
          draft={draft}
          set={(change) => setDraft({ ...draft, ...change })}
          error={save.error}
        />
        {draft.events.length === 0 && <Alert tone="warn">Choose at least one event.</Alert>}
        {save.error && !isTold && <Alert>{save.error.message}</Alert>}
      </form>
    </Dialog>
  );
}
