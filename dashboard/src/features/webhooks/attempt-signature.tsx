import { CircleCheck, CircleX } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Button } from '@/components/ui/button';
import { Code } from '@/components/ui/code';
import { Input } from '@/components/ui/field';
import { Alert } from '@/components/ui/states';
import { Headers, Label } from './headers';
import type { Attempt, EventObject } from './queries';
import { type Verdict, verify } from './signature';

const SIGNING = ['webhook-id', 'webhook-timestamp', 'webhook-signature', 'x-zenwallet-signature'];

function Steps({ verdict }: { verdict: Verdict }) {
  return (
    <div role="status" className="space-y-2">
      <Alert tone={verdict.isValid ? 'ok' : 'warn'}>
        {verdict.isValid
          ? 'Valid. A receiver with this secret accepts it.'
          : 'Not valid with this secret. The first step that fails says why.'}
      </Alert>
      <ul className="space-y-1 text-12">
        {verdict.steps.map(({ name, isGood, text }) => (
          <li key={name} className="flex gap-2">
            {isGood ? (
              <CircleCheck aria-label="Passed" className="mt-0.5 size-3.5 shrink-0 text-ok" />
            ) : (
              <CircleX aria-label="Failed" className="mt-0.5 size-3.5 shrink-0 text-bad" />
            )}
            <span>
              <b className="font-medium">{name}.</b> {text}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Takes the secret, and forgets it with the page: it is in no address, no store and no request. */
function Check({
  attempt,
  event,
  onBody,
}: {
  attempt: Attempt;
  event: EventObject | undefined;
  onBody: (body: string | null) => void;
}) {
  const [secret, setSecret] = useState('');
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  if (!globalThis.crypto?.subtle)
    return (
      <Alert tone="info">
        To verify here, open the dashboard by https or on localhost: the browser signs only there.
      </Alert>
    );
  const check = async (submitted: FormEvent) => {
    submitted.preventDefault();
    if (!event) return;
    const found = await verify(secret, attempt.request, attempt.started_at, event);
    setVerdict(found);
    onBody(found.body);
  };
  return (
    <form onSubmit={check} className="space-y-3">
      <div className="flex items-end gap-2">
        <Input
          label="Webhook secret"
          type="password"
          placeholder="whsec_…"
          autoComplete="off"
          spellCheck={false}
          className="flex-1"
          value={secret}
          onChange={(changed) => setSecret(changed.target.value)}
        />
        <Button type="submit" disabled={secret.trim() === '' || !event}>
          Verify
        </Button>
      </div>
      {verdict ? (
        <Steps verdict={verdict} />
      ) : (
        <p className="text-12 text-fg-3">Checked in this browser. The secret is not sent and not kept.</p>
      )}
    </form>
  );
}

/** Which headers carry the signature, what it is made of, and whether it holds. */
export function SignaturePart({
  attempt,
  event,
  exactBody,
  onBody,
}: {
  attempt: Attempt;
  event: EventObject | undefined;
  exactBody: string | null;
  onBody: (body: string | null) => void;
}) {
  const sent = attempt.request.headers;
  const [id, at] = [sent['webhook-id'], sent['webhook-timestamp']];
  if (!id || !at) return <p className="text-13 text-fg-2">The attempt ended before anything was signed.</p>;
  const signing = Object.fromEntries(
    Object.entries(sent).filter(([name]) => SIGNING.includes(name.toLowerCase())),
  );
  const signed = `${id}.${at}.${exactBody ?? '{body}'}`;
  return (
    <div className="space-y-4">
      <Headers headers={signing} />
      <div>
        <Label>What is signed: id.t.body</Label>
        <Code text={signed} label="signed string" />
        <p className="mt-1.5 text-12 text-fg-3">
          t is when the attempt was signed, in seconds: {at}.{' '}
          {exactBody === null && 'body is the request’s body, byte for byte.'}
        </p>
      </div>
      <div>
        <Label>How to verify</Label>
        <ol className="list-decimal space-y-0.5 pl-4 text-12 text-fg-2">
          <li>Decode the secret behind whsec_ from base64: that is the key.</li>
          <li>Make HMAC-SHA256 of the string above over the raw body, before any parser.</li>
          <li>
            Compare its base64 with each v1 in webhook-signature, and refuse a t more than 5 minutes away.
          </li>
        </ol>
      </div>
      <div>
        <Label>Verify this attempt</Label>
        <Check attempt={attempt} event={event} onBody={onBody} />
      </div>
    </div>
  );
}
