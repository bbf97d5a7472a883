import { useState } from 'react';
import { Link } from 'react-router';
import { Button } from '@/components/ui/button';
import { Input } from '@/components/ui/field';
import { FormError, useSubmit } from '@/components/ui/form';
import { Alert } from '@/components/ui/states';
import { ApiError, api, data } from '@/lib/api';
import { Frame, textLink } from './frame';
import { NewPassword, TokenField } from './new-account';
import { tokenIn, useToken } from './token';

const toLogin = (
  <Link to="/login" className={textLink}>
    Back to the login
  </Link>
);

/** Asks for a link; the words are the same whether the account exists or not. */
export function ForgotPassword() {
  const [email, setEmail] = useState('');
  const [isSent, setSent] = useState(false);
  const form = useSubmit(async () => {
    await data(api.POST('/api/auth/password/forgot', { body: { email: email.trim() } }));
    setSent(true);
  });
  const cannotSend = form.error instanceof ApiError && form.error.code === 'email_not_configured';
  return (
    <Frame
      title="Reset your password"
      note={isSent ? undefined : 'We send a link to your email address.'}
      below={toLogin}
    >
      {isSent ? (
        <Alert tone="ok">
          If {email.trim()} has an account, a link to a new password is on its way. It works once; look into
          the spam folder too.
        </Alert>
      ) : (
        <form onSubmit={form.submit} className="space-y-4">
          <Input
            label="Email"
            type="email"
            autoComplete="username"
            required
            value={email}
            error={form.of('email')}
            onChange={(event) => setEmail(event.target.value)}
          />
          {cannotSend ? (
            <Alert tone="warn">
              This gateway sends no email: email.smtp_url is not set. Ask an admin for a reset link, or have
              one made on its machine with “zenwallet user reset”.
            </Alert>
          ) : (
            <FormError error={form.error} fields={['email']} />
          )}
          <Button look="primary" size="large" type="submit" isBusy={form.isBusy} className="w-full">
            Send the link
          </Button>
        </form>
      )}
    </Frame>
  );
}

/** Takes the new password for the token of a link. It logs nobody in. */
export function ResetPassword() {
  const [token, setToken] = useToken();
  const [isPasted] = useState(!token);
  const [password, setPassword] = useState('');
  const [isChanged, setChanged] = useState(false);
  const form = useSubmit(async () => {
    const body = { token: tokenIn(token), new_password: password };
    await data(api.POST('/api/auth/password/reset', { body }));
    setChanged(true);
  });
  if (isChanged)
    return (
      <Frame title="Your password is changed" note="Every session was ended. Log in with the new password.">
        <Button look="primary" size="large" className="w-full" asChild>
          <Link to="/login">Log in</Link>
        </Button>
      </Frame>
    );
  const isUsedUp = form.error instanceof ApiError && form.error.code === 'link_invalid';
  return (
    <Frame title="Choose a new password" note="Every session of the account ends." below={toLogin}>
      <form onSubmit={form.submit} className="space-y-4">
        {isPasted && (
          <TokenField
            where="What stands behind #token= in the link you got."
            value={token}
            onChange={setToken}
            error={form.of('token')}
          />
        )}
        <NewPassword
          label="New password"
          value={password}
          onChange={setPassword}
          error={form.of('new_password')}
        />
        <FormError error={form.error} fields={[...(isPasted ? ['token'] : []), 'new_password']} />
        {isUsedUp && (
          <p className="text-13">
            <Link to="/forgot-password" className={textLink}>
              Ask for a new link
            </Link>
          </p>
        )}
        <Button look="primary" size="large" type="submit" isBusy={form.isBusy} className="w-full">
          Set the password
        </Button>
      </form>
    </Frame>
  );
}
