import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { Input } from '@/components/ui/field';
import { FormError, useSubmit } from '@/components/ui/form';
import { api, data, type Schemas } from '@/lib/api';
import { appsQuery } from '@/lib/apps';
import type { Environment } from '@/lib/environment';
import { useIsAdmin } from '@/lib/session';
import type { Revealed } from './reveal';

const FORM = 'create-app';

/** Makes an app; its secrets go to `onCreated`, and nowhere else. */
export function CreateApp({
  environment,
  onClose,
  onCreated,
}: {
  environment: Environment;
  onClose: () => void;
  onCreated: (appId: string, revealed: Revealed) => void;
}) {
  const queries = useQueryClient();
  const isAdmin = useIsAdmin();
  const [name, setName] = useState('');
  const [url, setUrl] = useState('');
  const [rate, setRate] = useState('');
  const form = useSubmit(async () => {
    const body: Schemas['CreateAppRequest'] = {
      name: name.trim(),
      environment,
      webhook_url: url.trim() || undefined,
      rate_limit: rate === '' ? undefined : Number(rate),
    };
    const made = await data(api.POST('/api/apps', { body }));
    await queries.invalidateQueries({ queryKey: appsQuery.queryKey });
    onCreated(made.app.app_id, {
      title: `${made.app.name} is ready`,
      app: made.app.name,
      secrets: [
        { name: 'API key', variable: 'ZENWALLET_API_KEY', value: made.api_key },
        { name: 'Webhook secret', variable: 'ZENWALLET_WEBHOOK_SECRET', value: made.webhook_secret },
      ],
    });
  });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={environment === 'test' ? 'Create a test app' : 'Create a production app'}
      description="An app holds its keys, its payments and its webhook addresses."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={FORM} isBusy={form.isBusy}>
            Create app
          </Button>
        </>
      }
    >
      <form id={FORM} onSubmit={form.submit} className="space-y-4">
        <Input
          label="Name"
          hint="The payer reads it."
          required
          maxLength={255}
          autoFocus
          autoComplete="off"
          value={name}
          error={form.of('name')}
          onChange={(event) => setName(event.target.value)}
        />
        <Input
          label="Webhook URL (optional)"
          hint={environment === 'production' ? 'Must be https.' : 'You can add it later.'}
          type="url"
          placeholder="https://shop.example.com/webhooks"
          value={url}
          error={form.of('webhook_url')}
          onChange={(event) => setUrl(event.target.value)}
        />
        {isAdmin && (
          <Input
            label="Rate limit (optional)"
            hint={`Requests a second of each key. Empty is ${environment === 'test' ? '1,000' : '200'}, 0 is no limit.`}
            type="number"
            min={0}
            max={1_000_000}
            value={rate}
            error={form.of('rate_limit')}
            onChange={(event) => setRate(event.target.value)}
          />
        )}
        <FormError error={form.error} fields={['name', 'webhook_url', ...(isAdmin ? ['rate_limit'] : [])]} />
      </form>
    </Dialog>
  );
}
