// Leaving the page with something unsaved asks first: the router's links, and the browser's own ways.
import { createContext, type ReactNode, useContext, useEffect, useId, useRef, useState } from 'react';
import { useBlocker } from 'react-router';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';

const Report = createContext<(form: string, isDirty: boolean) => void>(() => undefined);

/** Tells the page whether a form holds something unsaved. */
export function useUnsaved(isDirty: boolean): void {
  const report = useContext(Report);
  const form = useId();
  useEffect(() => {
    report(form, isDirty);
    return () => report(form, false);
  }, [form, isDirty, report]);
}

export function UnsavedGuard({ children }: { children: ReactNode }) {
  const forms = useRef(new Set<string>());
  const [report] = useState(() => (form: string, isDirty: boolean) => {
    if (isDirty) forms.current.add(form);
    else forms.current.delete(form);
  });
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => {
      if (forms.current.size > 0) event.preventDefault();
    };
    addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  }, []);
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      forms.current.size > 0 && currentLocation.pathname !== nextLocation.pathname,
  );
  return (
    <Report value={report}>
      {children}
      {blocker.state === 'blocked' && (
        <Dialog
          open
          onOpenChange={() => blocker.reset()}
          title="Leave without saving?"
          description="What you changed here is not saved."
          width="max-w-sm"
          footer={
            <>
              <Button look="danger" onClick={() => blocker.proceed()}>
                Leave
              </Button>
              <Button look="primary" onClick={() => blocker.reset()}>
                Stay
              </Button>
            </>
          }
        />
      )}
    </Report>
  );
}
