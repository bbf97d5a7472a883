import { useState } from 'react';
import { Link } from 'react-router';
import { Button } from '@/components/ui/button';
import { FormError, useSubmit } from '@/components/ui/form';
import { api, data } from '@/lib/api';
import { useEnter } from './enter';
import { Frame, textLink } from './frame';
import { NameField, NewPassword, TokenField } from './new-account';
import { tokenIn, useToken } from './token';

export function Invitation() {
  const [token, setToken] = useToken();
  const enter = useEnter();
  const [isPasted] = useState(!token);
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const form = useSubmit(async () => {
    const body = { token: tokenIn(token), name: name.trim(), password, use_cookies: true };
    const grant = await data(api.POST('/api/auth/invitations/accept', { body }));
    await enter(grant, '/test/start');
  });
  return (
    <Frame
      title="Accept your invitation"
      note="Choose a name and a password; your email is the invited one."
      below={
        <>
          You have an account?{' '}
          <Link to="/login" className={textLink}>
            Log in
          </Link>
        </>
      }
    >
      <form onSubmit={form.submit} className="space-y-4">
        {isPasted && (
          <TokenField
            where="What stands behind #token= in the link you got."
            value={token}
            onChange={setToken}
            error={form.of('token')}
          />
        )}
        <NameField value={name} onChange={setName} error={form.of('name')} />
        <NewPassword value={password} onChange={setPassword} error={form.of('password')} />
        <FormError error={form.error} fields={[...(isPasted ? ['token'] : []), 'name', 'password']} />
        <Button look="primary" size="large" type="submit" isBusy={form.isBusy} className="w-full">
          Join
        </Button>
      </form>
    </Frame>
  );
}
