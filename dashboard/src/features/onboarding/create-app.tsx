import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Button } from '@/components/ui/button';
import { Input } from '@/components/ui/field';
import { Alert } from '@/components/ui/states';
import { ApiError, api, data } from '@/lib/api';
import { appsQuery } from '@/lib/apps';
import type { Environment } from '@/lib/environment';
import { hold } from './secrets';

/** Makes the first app; its secrets go to this tab's memory and nowhere else. */
export function CreateApp({ environment }: { environment: Environment }) {
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const create = useMutation({
    mutationFn: async () => {
      const { app, api_key, webhook_secret } = await data(
        api.POST('/api/apps', { body: { name: name.trim(), environment } }),
      );
      hold({ app_id: app.app_id, name: app.name, api_key, webhook_secret, isStored: false });
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: appsQuery.queryKey }),
  });
  const error = create.error instanceof ApiError ? create.error : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <form onSubmit={submit} className="max-w-md space-y-3">
      <p>An app holds a key and its webhook addresses. Its name is what payers read.</p>
      <div className="flex flex-wrap items-start gap-2">
        <Input
          label="Name"
          isLabelHidden
          placeholder="Acme Events"
          required
          maxLength={100}
          autoComplete="off"
          value={name}
          error={error?.of('name')}
          onChange={(event) => setName(event.target.value)}
          className="min-w-44 flex-1"
        />
        <Button look="primary" type="submit" isBusy={create.isPending} disabled={!name.trim()}>
          Create app
        </Button>
      </div>
      {error && !error.of('name') && <Alert>{error.message}</Alert>}
    </form>
  );
}
