import { DropdownMenu as Radix } from 'radix-ui';
import type { ComponentProps, ReactNode } from 'react';
import { cn } from '@/lib/cn';

/** A menu under a button. */
export function Menu({
  trigger,
  children,
  align = 'end',
}: {
  trigger: ReactNode;
  children: ReactNode;
  align?: 'start' | 'end';
}) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={align}
          sideOffset={4}
          className="z-50 max-h-(--radix-dropdown-menu-content-available-height) min-w-44 animate-enter overflow-y-auto rounded-popover border bg-surface p-1 shadow-2"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

const item =
  'flex min-h-8 w-full cursor-pointer items-center gap-2 rounded-[4px] px-2 text-13 outline-none select-none data-disabled:cursor-default data-disabled:text-fg-3 data-highlighted:bg-surface-3 [&_svg]:size-4 [&_svg]:stroke-[1.75] [&_svg]:text-fg-3';

export function MenuItem({
  className,
  isDangerous,
  ...rest
}: ComponentProps<typeof Radix.Item> & { isDangerous?: boolean }) {
  return <Radix.Item className={cn(item, isDangerous && 'text-bad [&_svg]:text-bad', className)} {...rest} />;
}

export function MenuCheck({ children, ...rest }: ComponentProps<typeof Radix.CheckboxItem>) {
  return (
    <Radix.CheckboxItem
      className={cn(item, 'justify-between')}
      onSelect={(event) => event.preventDefault()}
      {...rest}
    >
      {children}
      <Radix.ItemIndicator className="text-brand">✓</Radix.ItemIndicator>
    </Radix.CheckboxItem>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <Radix.Label className="px-2 py-1.5 text-12 font-medium text-fg-3">{children}</Radix.Label>;
}

export const MenuLine = () => <Radix.Separator className="my-1 h-px bg-line" />;
