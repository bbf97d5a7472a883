import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { Button } from '@/components/ui/button';
import { Input } from '@/components/ui/field';
import { Frame, textLink } from './frame';

const DIGITS = 6;

/** The second screen: six digits that send themselves, or a recovery code. */
export function SecondFactor({
  logIn,
  isBusy,
  error,
  failedAt,
  back,
}: {
  logIn: (second: { totp_code: string } | { recovery_code: string }) => Promise<void>;
  isBusy: boolean;
  error: ReactNode;
  failedAt: number;
  back: () => void;
}) {
  const [isRecovery, setRecovery] = useState(false);
  const [code, setCode] = useState('');
  const box = useRef<HTMLInputElement>(null);

  // A wrong code makes room for the next one.
  useEffect(() => {
    if (failedAt === 0) return;
    setCode('');
    box.current?.focus();
  }, [failedAt]);

  const send = (text: string) => logIn(isRecovery ? { recovery_code: text } : { totp_code: text });
  const type = (text: string) => {
    if (isRecovery) return setCode(text);
    const digits = text.replace(/\D/g, '').slice(0, DIGITS);
    setCode(digits);
    if (digits.length === DIGITS && digits !== code && !isBusy) void send(digits);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void send(code.trim());
  };

  return (
    <Frame
      title="Enter your code"
      note={
        isRecovery
          ? 'One of the codes you kept when you set up the second factor. Each works once.'
          : 'The six digits that your authenticator app shows now.'
      }
    >
      <form onSubmit={submit} className="space-y-4">
        <Input
          key={isRecovery ? 'recovery' : 'totp'}
          ref={box}
          label={isRecovery ? 'Recovery code' : 'Code'}
          autoComplete={isRecovery ? 'off' : 'one-time-code'}
          inputMode={isRecovery ? 'text' : 'numeric'}
          spellCheck={false}
          autoCapitalize="none"
          autoFocus
          required
          readOnly={isBusy}
          value={code}
          onChange={(event) => type(event.target.value)}
        />
        {error}
        <Button look="primary" size="large" type="submit" isBusy={isBusy} className="w-full">
          Log in
        </Button>
        <div className="flex flex-wrap justify-between gap-x-4 text-13">
          <button
            type="button"
            className={textLink}
            onClick={() => {
              setRecovery(!isRecovery);
              setCode('');
            }}
          >
            {isRecovery ? 'Use the app’s code' : 'Use a recovery code'}
          </button>
          <button type="button" className={textLink} onClick={back}>
            Back
          </button>
        </div>
      </form>
    </Frame>
  );
}
