import { CircleCheck, CircleMinus, CircleX } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { Input, TextArea } from '@/components/ui/field';
import { VECTOR } from './samples';
import { type Check, checks, type Given } from './verify';

const STATES = {
  pass: { Icon: CircleCheck, word: 'Passed', className: 'text-ok' },
  fail: { Icon: CircleX, word: 'Failed', className: 'text-bad' },
  skip: { Icon: CircleMinus, word: 'Not checked', className: 'text-mute' },
};

function Steps({ found }: { found: Check[] }) {
  return (
    <ol aria-label="Steps of the check" className="space-y-2 text-13">
      {found.map(({ name, state, text }) => {
        const { Icon, word, className } = STATES[state];
        return (
          <li key={name} className="flex gap-2">
            <Icon aria-hidden className={`mt-0.5 size-4 shrink-0 ${className}`} />
            <span className="min-w-0">
              <span className="font-medium text-fg">{name}</span> <span className={className}>{word}</span>
              <span className="block break-words text-fg-2">{text}</span>
            </span>
          </li>
        );
      })}
    </ol>
  );
}

const EMPTY: Given = { headers: '', body: '', secret: '' };
const EXAMPLE: Given = {
  headers: `X-ZenWallet-Signature: ${VECTOR.own}`,
  body: VECTOR.body,
  secret: VECTOR.secret,
};

/** Says where a check of a signature goes wrong. What is pasted stays in this component's memory. */
export function Verifier() {
  const [given, setGiven] = useState(EMPTY);
  const [found, setFound] = useState<Check[] | null>(null);
  const change = (part: Partial<Given>) => {
    setGiven((before) => ({ ...before, ...part }));
    setFound(null);
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setFound(await checks(given, Date.now() / 1_000));
  };
  return (
    <Card className="p-4">
      <h3 className="text-13 font-semibold text-fg">Check a signature</h3>
      <p className="text-12 text-fg-3">Nothing you paste leaves this browser.</p>
      <form onSubmit={submit} className="mt-3 space-y-3">
        <TextArea
          label="Signature headers"
          hint="X-ZenWallet-Signature, or the three webhook- headers one a line"
          rows={3}
          required
          spellCheck={false}
          className="[&_textarea]:font-mono [&_textarea]:text-12"
          value={given.headers}
          onChange={(event) => change({ headers: event.target.value })}
        />
        <TextArea
          label="Raw body"
          rows={4}
          required
          spellCheck={false}
          className="[&_textarea]:font-mono [&_textarea]:text-12"
          value={given.body}
          onChange={(event) => change({ body: event.target.value })}
        />
        <Input
          label="Webhook secret"
          type="password"
          placeholder="whsec_…"
          required
          autoComplete="off"
          data-1p-ignore
          value={given.secret}
          onChange={(event) => change({ secret: event.target.value })}
        />
        <div className="flex flex-wrap gap-2">
          <Button look="primary" type="submit">
            Check
          </Button>
          <Button onClick={() => change(EXAMPLE)}>Fill in an example</Button>
        </div>
      </form>
      <div role="status" className={found ? 'mt-4' : ''}>
        {found && <Steps found={found} />}
      </div>
    </Card>
  );
}
