import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { Button } from './button';

/** A pane at the right that leaves the page behind it alive; the whole screen on a phone. */
export function Drawer({
  title,
  actions,
  onClose,
  children,
}: {
  title: ReactNode;
  actions?: ReactNode;
  onClose: () => void;
  children: ReactNode;
}) {
  return (
    <Radix.Root open modal={false} onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Content
          aria-describedby={undefined}
          // The table behind stays in use: a click there opens another record.
          onInteractOutside={(event) => event.preventDefault()}
          className="fixed inset-y-0 right-0 z-30 flex w-full animate-drawer flex-col border-l bg-surface shadow-2 sm:w-[520px]"
        >
          <div className="flex items-start justify-between gap-3 px-6 pt-5 pb-3">
            <Radix.Title asChild>
              <div className="min-w-0 flex-1">{title}</div>
            </Radix.Title>
            <div className="flex items-center gap-1">
              {actions}
              <Radix.Close asChild>
                <Button look="ghost" size="icon" aria-label="Close">
                  <X aria-hidden />
                </Button>
              </Radix.Close>
            </div>
          </div>
          <div className="min-h-0 flex-1 overflow-y-auto px-6 pb-8">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
