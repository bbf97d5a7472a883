import { type ComponentProps, type ReactNode, useId } from 'react';
import { cn } from '@/lib/cn';

const box =
  'w-full rounded-control border border-line-strong bg-surface px-2.5 text-13 text-fg placeholder:text-fg-3 disabled:bg-surface-2 disabled:text-fg-3 aria-invalid:border-bad max-sm:text-16 pointer-coarse:min-h-11';

type FieldProps = {
  label: ReactNode;
  hint?: ReactNode;
  error?: string;
  className?: string;
  isLabelHidden?: boolean;
};

/** A control with its label, a hint and what is wrong with it, tied together for screen readers. */
export function Field({
  label,
  hint,
  error,
  className,
  isLabelHidden,
  children,
}: FieldProps & {
  children: (control: {
    id: string;
    'aria-describedby': string | undefined;
    'aria-invalid': boolean | undefined;
  }) => ReactNode;
}) {
  const id = useId();
  const described =
    [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ') || undefined;
  return (
    <div className={cn('min-w-0', className)}>
      <label htmlFor={id} className={cn('mb-1 block text-13 font-medium', isLabelHidden && 'sr-only')}>
        {label}
      </label>
      {children({ id, 'aria-describedby': described, 'aria-invalid': error ? true : undefined })}
      {hint && (
        <p id={`${id}-hint`} className="mt-1 text-12 text-fg-3">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className="mt-1 text-12 text-bad">
          {error}
        </p>
      )}
    </div>
  );
}

export function Input({
  label,
  hint,
  error,
  className,
  isLabelHidden,
  ...rest
}: FieldProps & ComponentProps<'input'>) {
  return (
    <Field {...{ label, hint, error, className, isLabelHidden }}>
      {(control) => <input className={cn(box, 'h-8')} {...rest} {...control} />}
    </Field>
  );
}

export function TextArea({
  label,
  hint,
  error,
  className,
  isLabelHidden,
  ...rest
}: FieldProps & ComponentProps<'textarea'>) {
  return (
    <Field {...{ label, hint, error, className, isLabelHidden }}>
      {(control) => <textarea rows={4} className={cn(box, 'py-1.5')} {...rest} {...control} />}
    </Field>
  );
}

export function Select({
  label,
  hint,
  error,
  className,
  isLabelHidden,
  children,
  ...rest
}: FieldProps & ComponentProps<'select'>) {
  return (
    <Field {...{ label, hint, error, className, isLabelHidden }}>
      {(control) => (
        <select className={cn(box, 'h-8 pr-7')} {...rest} {...control}>
          {children}
        </select>
      )}
    </Field>
  );
}

export function Checkbox({
  label,
  hint,
  className,
  ...rest
}: { label: ReactNode; hint?: ReactNode } & ComponentProps<'input'>) {
  const id = useId();
  return (
    <div className={cn('flex items-start gap-2', className)}>
      <input
        type="checkbox"
        id={id}
        aria-describedby={hint ? `${id}-hint` : undefined}
        className="mt-[3px] size-4 accent-(--brand)"
        {...rest}
      />
      <div>
        <label htmlFor={id} className="text-13">
          {label}
        </label>
        {hint && (
          <p id={`${id}-hint`} className="text-12 text-fg-3">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}
