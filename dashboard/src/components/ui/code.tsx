import type { ReactNode } from 'react';
import { cn } from '@/lib/cn';
import { CopyButton } from './copy';

/** Text in the fixed-width face with its copy button: a request, a key, a payload. */
export function Code({
  text,
  label,
  className,
  children,
}: {
  text: string;
  label: string;
  className?: string;
  children?: ReactNode;
}) {
  return (
    <div className={cn('relative rounded-popover border bg-surface-2', className)}>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
        tabIndex={0}
        className="max-h-96 overflow-auto p-3 pr-12 font-mono text-12 break-words whitespace-pre-wrap"
      >
        {children ?? text}
      </pre>
      <CopyButton
        text={text}
        label={label}
        className="absolute top-2 right-2 bg-surface-2 pointer-coarse:top-0 pointer-coarse:right-0 pointer-coarse:bg-transparent"
      />
    </div>
  );
}

/** A value as readable JSON. */
export function Json({ value, label }: { value: unknown; label: string }) {
  return <Code text={JSON.stringify(value, null, 2)} label={label} />;
}
