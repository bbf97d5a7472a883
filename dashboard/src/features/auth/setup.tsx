import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { Button } from '@/components/ui/button';
import { Input } from '@/components/ui/field';
import { FormError, useSubmit } from '@/components/ui/form';
import { ErrorState, SkeletonRows } from '@/components/ui/states';
import { api, data } from '@/lib/api';
import { useEnter } from './enter';
import { Frame } from './frame';
import { setupQuery } from './login';
import { NameField, NewPassword, TokenField } from './new-account';
import { tokenIn, useToken } from './token';

export function Setup() {
  const [token, setToken] = useToken();
  const setup = useQuery(setupQuery);
  if (setup.data && !setup.data.is_open)
    return (
      <Frame title="Set up is done" note="This gateway has its first user. Ask an admin for an invitation.">
        <Button look="primary" size="large" className="w-full" asChild>
          <Link to="/login">Log in</Link>
        </Button>
      </Frame>
    );
  return (
    <Frame title="Set up this gateway" note="You become its first user, and its admin.">
      {setup.isPending && <SkeletonRows rows={4} className="p-0" />}
      {setup.isError && <ErrorState error={setup.error} retry={() => void setup.refetch()} className="p-0" />}
      {setup.data && <SetupForm token={token} setToken={setToken} />}
    </Frame>
  );
}

function SetupForm({ token, setToken }: { token: string; setToken: (token: string) => void }) {
  const enter = useEnter();
  const queries = useQueryClient();
  // A token that came with the link needs no field, as long as it works.
  const [isPasted, setPasted] = useState(!token);
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const form = useSubmit(async () => {
    const body = {
      token: tokenIn(token),
      email: email.trim(),
      name: name.trim(),
      password,
      use_cookies: true,
    };
    try {
      const grant = await data(api.POST('/api/auth/setup', { body }));
      queries.removeQueries({ queryKey: ['setup'] });
      await enter(grant, '/test/start');
    } catch (error) {
      setPasted((before) => before || !!(error as { of?: (param: string) => unknown }).of?.('token'));
      throw error;
    }
  });
  return (
    <form onSubmit={form.submit} className="space-y-4">
      {isPasted && (
        <TokenField
          where="The gateway’s log shows it each time it starts, as long as there is no user."
          value={token}
          onChange={setToken}
          error={form.of('token')}
        />
      )}
      <Input
        label="Email"
        type="email"
        autoComplete="username"
        required
        value={email}
        error={form.of('email')}
        onChange={(event) => setEmail(event.target.value)}
      />
      <NameField value={name} onChange={setName} error={form.of('name')} />
      <NewPassword value={password} onChange={setPassword} error={form.of('password')} />
      <FormError error={form.error} fields={['token', 'email', 'name', 'password']} />
      <Button look="primary" size="large" type="submit" isBusy={form.isBusy} className="w-full">
        Create the account
      </Button>
    </form>
  );
}
