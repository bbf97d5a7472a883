import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import { type ReactNode, useState } from 'react';
import { cn } from '@/lib/cn';
import { Button } from './button';
import { Input } from './field';
import { Alert } from './states';

type DialogProps = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  children?: ReactNode;
  footer?: ReactNode;
  width?: string;
  /** Closed by its own buttons alone. */
  isFirm?: boolean;
};

export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  children,
  footer,
  width = 'max-w-lg',
  isFirm,
}: DialogProps) {
  const keepOpen = (event: Event) => {
    if (isFirm) event.preventDefault();
  };
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-[oklch(0_0_0/0.4)]" />
        <Radix.Content
          data-modal="true"
          onEscapeKeyDown={keepOpen}
          onPointerDownOutside={keepOpen}
          onInteractOutside={keepOpen}
          {...(description ? {} : { 'aria-describedby': undefined })}
          className={cn(
            'fixed top-1/2 left-1/2 z-50 flex max-h-[calc(100dvh-32px)] w-[calc(100vw-32px)] -translate-1/2 flex-col rounded-card border bg-surface shadow-2',
            width,
          )}
        >
          <div className="flex items-start justify-between gap-4 px-5 pt-4">
            <div className="min-w-0">
              <Radix.Title className="text-16 font-semibold">{title}</Radix.Title>
              {description && (
                <Radix.Description className="mt-1 text-13 text-fg-2">{description}</Radix.Description>
              )}
            </div>
            {!isFirm && (
              <Radix.Close asChild>
                <Button look="ghost" size="icon" aria-label="Close" className="-mr-2">
                  <X aria-hidden />
                </Button>
              </Radix.Close>
            )}
          </div>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4">{children}</div>
          {footer && <div className="flex flex-wrap justify-end gap-2 border-t px-5 py-3">{footer}</div>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

type ConfirmProps = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  children: ReactNode;
  /** What is done, as the button says it. */
  act: string;
  /** Must be typed first, for what cannot be taken back. */
  typed?: string;
  isDangerous?: boolean;
  onConfirm: () => Promise<unknown>;
};

/** Asks before an act; shows its failure and stays open then. */
export function Confirm({
  open,
  onOpenChange,
  title,
  children,
  act,
  typed,
  isDangerous,
  onConfirm,
}: ConfirmProps) {
  const [text, setText] = useState('');
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const close = () => {
    setText('');
    setError(null);
    onOpenChange(false);
  };
  const confirm = async () => {
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      close();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => (next ? onOpenChange(true) : close())}
      title={title}
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button
            look={isDangerous ? 'danger' : 'primary'}
            isBusy={isBusy}
            disabled={!!typed && text !== typed}
            onClick={confirm}
          >
            {act}
          </Button>
        </>
      }
    >
      <div className="space-y-4 text-13 text-fg-2">
        <div>{children}</div>
        {typed && (
          <Input
            label={
              <>
                Type <b className="text-fg">{typed}</b> to confirm
              </>
            }
            value={text}
            autoComplete="off"
            onChange={(event) => setText(event.target.value)}
          />
        )}
        {error !== null && (
          <Alert>{error instanceof Error ? error.message : 'It did not work. Try again.'}</Alert>
        )}
      </div>
    </Dialog>
  );
}
