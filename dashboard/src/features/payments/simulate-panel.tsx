import { CircleCheck, CircleSlash, CircleX } from 'lucide-react';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Confirm } from '@/components/ui/dialog';
import { Input } from '@/components/ui/field';
import { Alert } from '@/components/ui/states';
import { ApiError } from '@/lib/api';
import { useEnvironment } from '@/lib/environment';
import { amount } from '@/lib/format';
import type { Payment } from './queries';
import type { End, useEnd } from './simulate';

const ACTS = {
  SUCCESS: { act: 'Mark succeeded', what: 'The payment succeeds, and its webhooks say so.' },
  FAILED: { act: 'Mark failed', what: 'The payment fails, and its webhooks say so.' },
  CANCEL: { act: 'Cancel payment', what: 'The payment fails with the code "canceled".' },
} as const;

/** Ends a pending payment: at a press in test, after a question in production. */
export function SimulatePanel({ payment, end }: { payment: Payment; end: ReturnType<typeof useEnd> }) {
  const isTest = useEnvironment() === 'test';
  const [notes, setNotes] = useState('');
  const [failureCode, setFailureCode] = useState('');
  const [asked, setAsked] = useState<End['act']>();
  const what = (act: End['act']): End => ({
    act,
    notes: notes.trim() || undefined,
    failureCode: failureCode.trim() || undefined,
  });
  const press = (act: End['act']) => (isTest ? end.mutate(what(act)) : setAsked(act));
  const told = end.error instanceof ApiError ? end.error : null;
  return (
    <div className="space-y-3">
      <div className="grid gap-3 sm:grid-cols-2">
        <Input
          label="Notes"
          placeholder="Optional"
          value={notes}
          maxLength={1000}
          error={told?.of('notes')}
          onChange={(event) => setNotes(event.target.value)}
        />
        <Input
          label="Failure code"
          placeholder="insufficient_funds"
          value={failureCode}
          autoComplete="off"
          spellCheck={false}
          error={told?.of('failure_code')}
          onChange={(event) => setFailureCode(event.target.value)}
        />
      </div>
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => press('SUCCESS')} disabled={end.isPending}>
          <CircleCheck aria-hidden className="text-ok" />
          Mark succeeded
        </Button>
        <Button onClick={() => press('FAILED')} disabled={end.isPending}>
          <CircleX aria-hidden className="text-bad" />
          Mark failed
        </Button>
        <Button look="ghost" onClick={() => press('CANCEL')} disabled={end.isPending}>
          <CircleSlash aria-hidden />
          Cancel payment
        </Button>
      </div>
      {asked && (
        <Confirm
          open
          onOpenChange={() => setAsked(undefined)}
          title={`${ACTS[asked].act}: ${amount(payment.amount)} ${payment.currency}`}
          act={ACTS[asked].act}
          isDangerous={asked !== 'SUCCESS'}
          onConfirm={() => end.mutateAsync(what(asked))}
        >
          {ACTS[asked].what} This is a production payment, and an end is final.
        </Confirm>
      )}
    </div>
  );
}

/** Why an end was refused; it stands also once the payment shows another end. */
export function EndError({ error }: { error: Error | null }) {
  if (!error) return null;
  const isPlaced = error instanceof ApiError && (error.of('notes') || error.of('failure_code'));
  return isPlaced ? null : <Alert>{error.message}</Alert>;
}
