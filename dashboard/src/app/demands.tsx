// What the API may ask of the person in the middle of something: to log in again, or to prove who they are. The page
// stays as it is, and nothing that was typed is lost.
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useCallback, useEffect, useRef, useState } from 'react';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { Input } from '@/components/ui/field';
import { Alert } from '@/components/ui/states';
import { ApiError, api, type Demand, data, onDemand } from '@/lib/api';
import { accountQuery } from '@/lib/session';

export function Demands() {
  const queries = useQueryClient();
  const [demand, setDemand] = useState<Demand | null>(null);
  const waiting = useRef<((given: boolean) => void)[]>([]);

  useEffect(
    () =>
      onDemand((asked) => {
        setDemand(asked);
        return new Promise((resolve) => waiting.current.push(resolve));
      }),
    [],
  );
  const answer = useCallback((given: boolean) => {
    setDemand(null);
    for (const resolve of waiting.current.splice(0)) resolve(given);
  }, []);

  const account = queries.getQueryData(accountQuery.queryKey);
  if (!demand) return null;
  return (
    <Proof
      key={demand}
      demand={demand}
      email={account?.user.email ?? ''}
      hasTotp={!!account?.user.has_totp}
      answer={answer}
    />
  );
}

function Proof({
  demand,
  email,
  hasTotp,
  answer,
}: {
  demand: Demand;
  email: string;
  hasTotp: boolean;
  answer: (given: boolean) => void;
}) {
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [needsCode, setNeedsCode] = useState(hasTotp);
  const [error, setError] = useState<ApiError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isLogin = demand === 'login';

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    const second =
      needsCode && code ? (/^\d{6}$/.test(code) ? { totp_code: code } : { recovery_code: code }) : {};
    try {
      if (isLogin)
        await data(api.POST('/api/auth/login', { body: { email, password, ...second, use_cookies: true } }));
      else await data(api.POST('/api/auth/confirm', { body: { password, ...second } }));
      answer(true);
    } catch (failure) {
      if (failure instanceof ApiError) {
        if (failure.code === 'totp_required') setNeedsCode(true);
        setError(failure.code === 'totp_required' && !needsCode ? null : failure);
      }
      setBusy(false);
    }
  };

  return (
    <Dialog
      open
      isFirm
      onOpenChange={() => answer(false)}
      width="max-w-sm"
      title={isLogin ? 'Your session ended' : 'Confirm that it is you'}
      description={
        isLogin
          ? `Log in again as ${email}. The page stays as you left it.`
          : 'This needs a proof from the last ten minutes.'
      }
    >
      <form onSubmit={submit} className="space-y-4">
        <Input
          label="Password"
          type="password"
          autoComplete="current-password"
          autoFocus
          required
          value={password}
          onChange={(e) => setPassword(e.target.value)}
        />
        {needsCode && (
          <Input
            label="Code from your authenticator app, or a recovery code"
            autoComplete="one-time-code"
            required
            value={code}
            onChange={(e) => setCode(e.target.value.trim())}
          />
        )}
        {error && <Alert>{error.message}</Alert>}
        <div className="flex justify-end gap-2">
          <Button onClick={() => (isLogin ? location.assign('/login') : answer(false))}>
            {isLogin ? 'Log out' : 'Cancel'}
          </Button>
          <Button look="primary" type="submit" isBusy={isBusy}>
            {isLogin ? 'Log in' : 'Confirm'}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
