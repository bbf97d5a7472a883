// A filter as a chip: a button that opens its choices and, once it is set, one that takes it away.
import { ChevronDown, X } from 'lucide-react';
import { Popover } from 'radix-ui';
import { type ReactNode, useState } from 'react';
import { cn } from '@/lib/cn';

export function Chip({
  name,
  value,
  onClear,
  children,
}: {
  name: string;
  value?: string;
  onClear: () => void;
  children: (close: () => void) => ReactNode;
}) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <span
        className={cn(
          'inline-flex h-8 max-w-full items-center rounded-control border bg-surface text-13 shadow-1 pointer-coarse:h-11',
          value && 'border-brand bg-brand-soft',
        )}
      >
        <Popover.Trigger
          className={cn(
            'flex h-full min-w-0 items-center gap-1.5 rounded-control px-2.5 font-medium hover:bg-surface-3',
            value && 'rounded-r-none hover:bg-transparent',
          )}
        >
          <span className={value ? 'text-fg-2' : ''}>{name}</span>{' '}
          {value ? (
            <span className="max-w-56 truncate">{value}</span>
          ) : (
            <ChevronDown aria-hidden className="size-3.5 text-fg-3" />
          )}
        </Popover.Trigger>
        {value && (
          <button
            type="button"
            aria-label={`Remove the filter ${name.toLowerCase()}`}
            onClick={onClear}
            className="grid h-full min-w-7 place-items-center rounded-r-control text-fg-2 hover:text-fg pointer-coarse:min-w-11"
          >
            <X aria-hidden className="size-3.5" />
          </button>
        )}
      </span>
      <Popover.Portal>
        <Popover.Content
          align="start"
          sideOffset={4}
          collisionPadding={16}
          aria-label={name}
          data-modal="true"
          className="z-30 w-72 max-w-[calc(100vw-32px)] animate-enter rounded-popover border bg-surface p-2 shadow-2"
        >
          {children(() => setOpen(false))}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

export function Choice({
  label,
  checked,
  onChange,
}: {
  label: ReactNode;
  checked: boolean;
  onChange: () => void;
}) {
  return (
    <label className="flex min-h-8 cursor-pointer items-center gap-2.5 rounded-[4px] px-2 text-13 hover:bg-surface-3 pointer-coarse:min-h-11">
      <input type="checkbox" checked={checked} onChange={onChange} className="size-4 accent-(--brand)" />
      {label}
    </label>
  );
}
