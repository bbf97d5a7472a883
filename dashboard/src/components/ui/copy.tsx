import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { copyText } from '@/lib/clipboard';
import { cn } from '@/lib/cn';

/** Puts a text on the clipboard and says so where it was pressed. */
export function useCopy(): [boolean, (text: string) => void] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1_600);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = (text: string) => {
    void copyText(text).then(setCopied);
  };
  return [copied, copy];
}

export function CopyButton({ text, label, className }: { text: string; label: string; className?: string }) {
  const [copied, copy] = useCopy();
  return (
    <button
      type="button"
      aria-label={copied ? 'Copied' : `Copy ${label}`}
      title={copied ? 'Copied' : `Copy ${label}`}
      onClick={(event) => {
        event.preventDefault();
        event.stopPropagation();
        copy(text);
      }}
      className={cn(
        'inline-flex size-6 shrink-0 items-center justify-center rounded-control align-middle text-fg-3 transition-colors hover:bg-surface-3 hover:text-fg [&_svg]:size-3.5 pointer-coarse:size-11',
        className,
      )}
    >
      {copied ? <Check aria-hidden className="text-ok" /> : <Copy aria-hidden />}
      <span role="status" className="sr-only">
        {copied ? 'Copied' : ''}
      </span>
    </button>
  );
}

/** An id in the fixed-width face, whole, with its copy button, which shows on hover and focus. */
export function Id({
  id,
  label = 'id',
  className,
  children,
}: {
  id: string;
  label?: string;
  className?: string;
  children?: React.ReactNode;
}) {
  return (
    <span className={cn('group/id inline-flex max-w-full items-center gap-1 font-mono text-12', className)}>
      <span className="truncate">{children ?? id}</span>
      <CopyButton
        text={id}
        label={label}
        className="opacity-0 group-hover/id:opacity-100 focus-visible:opacity-100 pointer-coarse:opacity-100"
      />
    </span>
  );
}
