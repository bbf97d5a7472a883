// Views: filters under a name. Four are always there, others are kept in this browser.
import { Bookmark, X } from 'lucide-react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Link } from 'react-router';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { Input } from '@/components/ui/field';
import { cn } from '@/lib/cn';
import { usePreference } from '@/lib/preferences';

export type View = { name: string; query: string };

const DEFAULTS: View[] = [
  { name: 'All', query: '' },
  { name: 'Succeeded', query: 'status=SUCCESS' },
  { name: 'Failed', query: 'status=FAILED' },
  { name: 'Pending', query: 'status=PENDING' },
];

const isView = (value: unknown): value is View =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as View).name === 'string' &&
  typeof (value as View).query === 'string';

/** The kept views; what cannot be read is none. */
export function readViews(kept: string): View[] {
  try {
    const views: unknown = JSON.parse(kept);
    return Array.isArray(views) ? views.filter(isView) : [];
  } catch {
    return [];
  }
}

export function Views({ base, current, children }: { base: string; current: string; children?: ReactNode }) {
  const [kept, keep] = usePreference('savedViews');
  const [isNaming, setNaming] = useState(false);
  const saved = readViews(kept);
  const isKnown = [...DEFAULTS, ...saved].some(({ query }) => query === current);
  return (
    <div className="mb-4 flex items-end gap-1 border-b">
      <nav aria-label="Views" className="-mb-px flex min-w-0 flex-1 gap-1 overflow-x-auto">
        {[...DEFAULTS, ...saved].map((view, at) => (
          <span
            key={view.name}
            className={cn(
              'flex shrink-0 items-center border-b-2',
              view.query === current ? 'border-brand' : 'border-transparent',
            )}
          >
            <Link
              to={view.query ? `${base}?${view.query}` : base}
              aria-current={view.query === current ? 'page' : undefined}
              className={cn(
                'flex h-9 items-center px-3 text-13 font-medium -outline-offset-2 pointer-coarse:h-11',
                view.query === current ? 'text-fg' : 'text-fg-2 hover:text-fg',
              )}
            >
              {view.name}
            </Link>
            {at >= DEFAULTS.length && view.query === current && (
              <button
                type="button"
                aria-label={`Remove the view ${view.name}`}
                onClick={() => keep(JSON.stringify(saved.filter(({ name }) => name !== view.name)))}
                className="-ml-2 grid size-6 place-items-center rounded-control text-fg-3 hover:bg-surface-3 hover:text-fg pointer-coarse:size-11"
              >
                <X aria-hidden className="size-3.5" />
              </button>
            )}
          </span>
        ))}
      </nav>
      {!isKnown && (
        <Button look="ghost" className="mb-1" onClick={() => setNaming(true)}>
          <Bookmark aria-hidden />
          <span className="max-sm:sr-only">Save view</span>
        </Button>
      )}
      {children && <div className="mb-1 max-sm:hidden">{children}</div>}
      {isNaming && (
        <NameView
          taken={[...DEFAULTS, ...saved].map(({ name }) => name)}
          close={() => setNaming(false)}
          save={(name) => keep(JSON.stringify([...saved, { name, query: current }]))}
        />
      )}
    </div>
  );
}

function NameView({
  taken,
  close,
  save,
}: {
  taken: string[];
  close: () => void;
  save: (name: string) => void;
}) {
  const [name, setName] = useState('');
  const isTaken = taken.some((each) => each.toLowerCase() === name.trim().toLowerCase());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save(name.trim());
    close();
  };
  return (
    <Dialog
      open
      onOpenChange={close}
      title="Save this view"
      description="The filters as they are now, kept in this browser."
      width="max-w-[384px]"
    >
      <form onSubmit={submit} className="space-y-4">
        <Input
          label="Name"
          required
          maxLength={40}
          autoFocus
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={isTaken ? 'A view has this name already.' : undefined}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={close}>Cancel</Button>
          <Button look="primary" type="submit" disabled={!name.trim() || isTaken}>
            Save view
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
