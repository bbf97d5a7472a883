// What every form does: it sends once at a time, says what went wrong beside the field, and confirms in place.
import { Check } from 'lucide-react';
import { type FormEvent, type ReactNode, useEffect, useState } from 'react';
import { ApiError } from '@/lib/api';
import { Button } from './button';
import { Alert } from './states';

const SAVED_MS = 4_000;

export type Submission = {
  submit: (event?: FormEvent) => Promise<void>;
  isBusy: boolean;
  /** For a moment after it went well. */
  isDone: boolean;
  error: unknown;
  /** What is wrong with one field. */
  of: (param: string) => string | undefined;
};

/** Sends a form and keeps what came of it. */
export function useSubmit(send: () => Promise<unknown>): Submission {
  const [isBusy, setBusy] = useState(false);
  const [isDone, setDone] = useState(false);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    if (!isDone) return;
    const timer = setTimeout(() => setDone(false), SAVED_MS);
    return () => clearTimeout(timer);
  }, [isDone]);
  const submit = async (event?: FormEvent) => {
    event?.preventDefault();
    if (isBusy) return;
    setBusy(true);
    setDone(false);
    setError(null);
    try {
      await send();
      setDone(true);
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return {
    submit,
    isBusy,
    isDone,
    error,
    of: (param) => (error instanceof ApiError ? error.of(param) : undefined),
  };
}

/** What went wrong, unless the named fields say all of it. */
export function FormError({ error, fields = [] }: { error: unknown; fields?: string[] }) {
  if (error == null) return null;
  const told = error instanceof ApiError ? error : null;
  const params = told?.errors.length ? told.errors.map(({ param }) => param) : [told?.param ?? ''];
  if (told && params.every((param) => fields.includes(param))) return null;
  return <Alert>{told?.message ?? 'It did not work. Try again.'}</Alert>;
}

/** Said beside the button once it is saved. */
export function Saved({ isShown, children = 'Saved' }: { isShown: boolean; children?: ReactNode }) {
  return (
    <span role="status" className="inline-flex items-center gap-1 text-13 text-ok [&_svg]:size-4">
      {isShown && (
        <>
          <Check aria-hidden />
          {children}
        </>
      )}
    </span>
  );
}

/** The end of a form: its button, and that it was saved. */
export function SaveRow({
  form,
  isDirty = true,
  children = 'Save',
}: {
  form: Submission;
  isDirty?: boolean;
  children?: ReactNode;
}) {
  return (
    <div className="flex items-center gap-3">
      <Button look="primary" type="submit" isBusy={form.isBusy} disabled={!isDirty}>
        {children}
      </Button>
      <Saved isShown={form.isDone && !form.isBusy} />
    </div>
  );
}
