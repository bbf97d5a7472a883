import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { Button } from '@/components/ui/button';
import { Input } from '@/components/ui/field';
import { PasswordInput } from '@/components/ui/password';
import { Alert } from '@/components/ui/states';
import { useNow } from '@/components/ui/time';
import { ApiError, api, data } from '@/lib/api';
import { duration } from '@/lib/format';
import { safeNext, useEnter } from './enter';
import { Frame, textLink } from './frame';
import { SecondFactor } from './second-factor';

export type Second = { totp_code: string } | { recovery_code: string };

/** Whether the gateway still waits for its first user. */
export const setupQuery = {
  queryKey: ['setup'],
  queryFn: () => data(api.GET('/api/auth/setup')),
  staleTime: 5_000,
};

/** Too many attempts: the wait counts down. */
export function LoginError({ error, failedAt }: { error: unknown; failedAt: number }) {
  const now = useNow();
  if (error === null) return null;
  const told = error instanceof ApiError ? error : null;
  if (told?.status !== 429 || told.retryAfterS == null)
    return <Alert>{told?.message ?? 'It did not work. Try again.'}</Alert>;
  const left = Math.ceil(told.retryAfterS - (now - failedAt) / 1_000);
  return (
    <Alert tone="warn">
      {left > 0 ? `Too many attempts. Try again in ${duration(left)}.` : 'You can try again now.'}
    </Alert>
  );
}

function SetupHint() {
  const { data: setup } = useQuery(setupQuery);
  if (!setup?.is_open) return null;
  return (
    <Alert tone="info" className="mb-5">
      This gateway has no user yet. At each start its log shows a one-time link for the first one: open it, or{' '}
      <Link to="/setup" className="font-medium underline underline-offset-2">
        paste its token
      </Link>
      .
    </Alert>
  );
}

/** On a phone the keyboard would hide half of the page. */
const isDesktop = (): boolean => matchMedia('(pointer: fine)').matches;

export function Login() {
  const [params] = useSearchParams();
  const enter = useEnter();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [needsSecond, setNeedsSecond] = useState(false);
  const [failure, setFailure] = useState<{ error: unknown; at: number }>({ error: null, at: 0 });
  const [isBusy, setBusy] = useState(false);

  const logIn = async (second?: Second) => {
    setBusy(true);
    setFailure({ error: null, at: 0 });
    try {
      const body = { email: email.trim(), password, ...second, use_cookies: true };
      const grant = await data(api.POST('/api/auth/login', { body }));
      await enter(grant, safeNext(params.get('next')));
    } catch (error) {
      if (error instanceof ApiError && error.code === 'totp_required') setNeedsSecond(true);
      else {
        // What no code can mend is mended on the first screen.
        if (error instanceof ApiError && error.code === 'login_failed') setNeedsSecond(false);
        setFailure({ error, at: Date.now() });
      }
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void logIn();
  };
  const error = <LoginError error={failure.error} failedAt={failure.at} />;

  if (needsSecond)
    return (
      <SecondFactor
        logIn={logIn}
        isBusy={isBusy}
        error={error}
        failedAt={failure.at}
        back={() => {
          setNeedsSecond(false);
          setFailure({ error: null, at: 0 });
        }}
      />
    );
  return (
    <Frame title="Log in" note="Payments, keys and webhooks of your apps.">
      <SetupHint />
      <form onSubmit={submit} className="space-y-4">
        <Input
          label="Email"
          type="email"
          name="email"
          autoComplete="username"
          autoFocus={isDesktop()}
          required
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <PasswordInput
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        {error}
        <Button look="primary" size="large" type="submit" isBusy={isBusy} className="w-full">
          Log in
        </Button>
        <p className="text-center text-13">
          <Link to="/forgot-password" className={textLink}>
            Forgot your password?
          </Link>
        </p>
      </form>
    </Frame>
  );
}
