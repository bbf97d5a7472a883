import type { ReactNode } from 'react';
import { CopyButton } from '@/components/ui/copy';

export function Label({ children }: { children: ReactNode }) {
  return <h3 className="mb-1 text-12 font-medium text-fg-2">{children}</h3>;
}

/** Headers as they stood on the wire. */
export function Headers({ headers }: { headers: Record<string, string> }) {
  const all = Object.entries(headers);
  return (
    <div>
      <div className="flex items-center justify-between">
        <Label>Headers</Label>
        {all.length > 0 && (
          <CopyButton text={all.map(([name, value]) => `${name}: ${value}`).join('\n')} label="headers" />
        )}
      </div>
      {all.length === 0 ? (
        <p className="text-12 text-fg-3">None</p>
      ) : (
        <dl className="space-y-0.5 rounded-popover border bg-surface-2 p-3 font-mono text-12">
          {all.map(([name, value]) => (
            <div key={name} className="break-all">
              <dt className="inline text-fg-3">{name}: </dt>
              <dd className="inline">{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}
