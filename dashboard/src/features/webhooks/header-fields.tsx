import { Plus, X } from 'lucide-react';
import { Button } from '@/components/ui/button';
import { Input } from '@/components/ui/field';

export type HeaderDraft = { id: number; name: string; value: string };

const HEADERS_MAX = 10;

export const headersOf = (drafts: HeaderDraft[]): Record<string, string> =>
  Object.fromEntries(drafts.filter(({ name }) => name.trim()).map(({ name, value }) => [name.trim(), value]));

function Line({
  draft,
  change,
  remove,
}: {
  draft: HeaderDraft;
  change: (part: Partial<HeaderDraft>) => void;
  remove: () => void;
}) {
  return (
    <div className="flex items-start gap-2">
      <Input
        label="Header name"
        isLabelHidden
        placeholder="Authorization"
        spellCheck={false}
        className="flex-1"
        value={draft.name}
        onChange={(event) => change({ name: event.target.value })}
      />
      <Input
        label="Header value"
        isLabelHidden
        placeholder="Bearer …"
        autoComplete="off"
        spellCheck={false}
        className="flex-1"
        value={draft.value}
        onChange={(event) => change({ value: event.target.value })}
      />
      <Button look="ghost" size="icon" aria-label={`Remove ${draft.name || 'the header'}`} onClick={remove}>
        <X aria-hidden />
      </Button>
    </div>
  );
}

/** An endpoint's own headers. Those it has are sealed: they stay, or all of them are replaced. */
export function HeaderFields({
  sealed,
  drafts,
  set,
  error,
}: {
  sealed: string[];
  drafts: HeaderDraft[] | null;
  set: (drafts: HeaderDraft[]) => void;
  error?: string | undefined;
}) {
  const add = () => set([...(drafts ?? []), { id: Date.now(), name: '', value: '' }]);
  const change = (id: number, part: Partial<HeaderDraft>) =>
    set((drafts ?? []).map((draft) => (draft.id === id ? { ...draft, ...part } : draft)));
  const isKept = drafts === null && sealed.length > 0;
  return (
    <fieldset className="space-y-2">
      <legend className="text-13 font-medium">Headers</legend>
      {isKept ? (
        <>
          <p className="text-13 text-fg-2">
            <span className="font-mono text-12">{sealed.join(', ')}</span>: kept, with values that are never
            shown again.
          </p>
          <Button size="small" onClick={() => set([])}>
            Replace all headers
          </Button>
        </>
      ) : (
        <>
          <p className="text-12 text-fg-3">Sent with every request. Their values are never shown again.</p>
          {drafts?.map((draft) => (
            <Line
              key={draft.id}
              draft={draft}
              change={(part) => change(draft.id, part)}
              remove={() => set(drafts.filter(({ id }) => id !== draft.id))}
            />
          ))}
          {(drafts?.length ?? 0) < HEADERS_MAX && (
            <Button size="small" onClick={add}>
              <Plus aria-hidden />
              Add header
            </Button>
          )}
        </>
      )}
      {error && <p className="text-12 text-bad">{error}</p>}
    </fieldset>
  );
}
