import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { FormError, Saved, SaveRow, useSubmit } from '@/components/ui/form';
import { Alert } from '@/components/ui/states';
import { api, data, type Schemas } from '@/lib/api';
import { useUnsaved } from './guard';
import { Loaded, Section } from './section';

type Settings = Schemas['NotificationSettings'];
type Alerts = Settings['email'];

const ALERTS: { id: keyof Alerts; name: string; note: string }[] = [
  {
    id: 'webhook_failing',
    name: 'Webhooks fail',
    note: 'Every delivery to an endpoint failed for 5 minutes, or it was disabled.',
  },
  { id: 'key_changed', name: 'A key changed', note: 'Created, rotated or revoked by a user.' },
  {
    id: 'sign_in',
    name: 'New browser',
    note: 'Somebody logged in as you from a browser that was not known.',
  },
  { id: 'usage_limit', name: 'Monthly limit', note: 'An app used 80 % of it, or all.' },
];
const KEY = ['notifications'];

function Matrix({ alerts, set }: { alerts: Alerts; set: (alerts: Alerts) => void }) {
  return (
    <table className="w-full text-13">
      <caption className="sr-only">What you are told by email</caption>
      <thead>
        <tr className="text-12 text-fg-2">
          <th scope="col" className="pb-2 text-left font-medium">
            What happened
          </th>
          <th scope="col" className="w-20 pb-2 font-medium">
            Email
          </th>
        </tr>
      </thead>
      <tbody>
        {ALERTS.map(({ id, name, note }) => (
          <tr key={id} className="border-t">
            <th scope="row" className="py-2.5 pr-3 text-left font-normal">
              <span className="font-medium">{name}</span>
              <span className="block text-12 text-fg-2">{note}</span>
            </th>
            <td className="text-center">
              <label className="inline-grid size-11 place-items-center">
                <input
                  type="checkbox"
                  aria-label={`Email: ${name}`}
                  checked={alerts[id]}
                  onChange={(event) => set({ ...alerts, [id]: event.target.checked })}
                  className="size-4 accent-(--brand)"
                />
              </label>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function TestEmail({ address }: { address: string }) {
  const form = useSubmit(() => data(api.POST('/api/settings/notifications/test')));
  return (
    <div className="space-y-2">
      <div className="flex flex-wrap items-center gap-3">
        <Button isBusy={form.isBusy} onClick={() => void form.submit()}>
          Send a test email
        </Button>
        <Saved isShown={form.isDone}>Sent to {address}</Saved>
      </div>
      <FormError error={form.error} />
    </div>
  );
}

function Form({ settings }: { settings: Settings }) {
  const queries = useQueryClient();
  const [alerts, setAlerts] = useState(settings.email);
  const isDirty = ALERTS.some(({ id }) => alerts[id] !== settings.email[id]);
  const form = useSubmit(async () => {
    queries.setQueryData(
      KEY,
      await data(api.PATCH('/api/settings/notifications', { body: { email: alerts } })),
    );
  });
  useUnsaved(isDirty);
  return (
    <div className="max-w-2xl space-y-4 px-4 pb-5">
      {!settings.email_configured && (
        <Alert tone="warn">
          Email is not configured: set email.smtp_url. Until then nothing of this is sent; your choice is
          kept.
        </Alert>
      )}
      <form onSubmit={form.submit} className="space-y-4">
        <Matrix alerts={alerts} set={setAlerts} />
        <FormError error={form.error} />
        <SaveRow form={form} isDirty={isDirty} />
      </form>
      {settings.email_configured && (
        <div className="border-t pt-4">
          <TestEmail address={settings.email_address} />
        </div>
      )}
    </div>
  );
}

export function NotificationsSection({ email }: { email: string }) {
  const settings = useQuery({ queryKey: KEY, queryFn: () => data(api.GET('/api/settings/notifications')) });
  return (
    <Section id="notifications" title="Notifications" note={`They go to ${email}.`}>
      <Loaded query={settings}>{(found) => <Form settings={found} />}</Loaded>
    </Section>
  );
}
