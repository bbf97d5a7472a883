import { cva, type VariantProps } from 'class-variance-authority';
import { LoaderCircle } from 'lucide-react';
import { Slot } from 'radix-ui';
import type { ComponentProps } from 'react';
import { cn } from '@/lib/cn';

const styles = cva(
  'inline-flex shrink-0 items-center justify-center gap-2 rounded-control font-medium whitespace-nowrap transition-colors duration-120 disabled:cursor-not-allowed disabled:opacity-55 pointer-coarse:min-h-11 [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:stroke-[1.75]',
  {
    variants: {
      look: {
        primary: 'bg-brand text-brand-fg hover:bg-brand-hover',
        secondary: 'border border-line bg-surface text-fg shadow-1 hover:bg-surface-2',
        ghost: 'text-fg-2 hover:bg-surface-3 hover:text-fg',
        danger: 'border border-line bg-surface text-bad shadow-1 hover:bg-bad-soft',
        link: 'text-brand underline-offset-2 hover:underline',
      },
      size: {
        default: 'h-8 px-3 text-13',
        small: 'h-7 px-2 text-12',
        large: 'h-10 px-4 text-13',
        icon: 'size-8 pointer-coarse:min-w-11',
        inline: 'h-auto p-0 text-13 pointer-coarse:min-h-6',
      },
    },
    defaultVariants: { look: 'secondary', size: 'default' },
  },
);

type Props = ComponentProps<'button'> & VariantProps<typeof styles> & { asChild?: boolean; isBusy?: boolean };

/** A button; with `asChild` a link that looks like one. While busy it keeps its label and takes no second press. */
export function Button({ look, size, asChild, isBusy, className, children, disabled, type, ...rest }: Props) {
  const classes = cn(styles({ look, size }), className);
  if (asChild)
    return (
      <Slot.Root className={classes} {...rest}>
        {children}
      </Slot.Root>
    );
  return (
    <button
      type={type ?? 'button'}
      className={classes}
      disabled={disabled || isBusy}
      aria-busy={isBusy || undefined}
      {...rest}
    >
      {isBusy && <LoaderCircle className="animate-spin" aria-hidden />}
      {children}
    </button>
  );
}
