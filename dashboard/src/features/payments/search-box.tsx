// The search of the list: an id, a transaction, the start of a reference, or operators that become chips.
import { Search } from 'lucide-react';
import { useEffect, useId, useMemo, useRef, useState } from 'react';
import type { App } from '@/lib/apps';
import { useKeys } from '@/lib/keys';
import { useTimeZone } from '@/lib/time';
import { type Filters, hasOperator, parseTyped } from './filters';

const PAUSE_MS = 300;

export function SearchBox({
  q,
  apps,
  change,
}: {
  q: string;
  apps: App[];
  change: (changes: Partial<Filters>, options?: { replace?: boolean }) => void;
}) {
  const zone = useTimeZone();
  const hint = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(q);
  const [problem, setProblem] = useState<string>();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  // What else changes the search, such as "Clear filters" or the way back, shows here too.
  useEffect(() => setText(q), [q]);
  useEffect(() => () => clearTimeout(timer.current), []);
  useKeys(useMemo(() => ({ '/': () => input.current?.focus() }), []));

  const apply = (typed: string) => {
    clearTimeout(timer.current);
    const { changes, problem } = parseTyped(typed, apps, zone);
    setProblem(problem);
    if (problem) return;
    setText(changes.q ?? '');
    change(changes, { replace: !hasOperator(typed) });
  };
  const type = (typed: string) => {
    setText(typed);
    setProblem(undefined);
    clearTimeout(timer.current);
    if (!hasOperator(typed))
      timer.current = setTimeout(() => change({ q: typed.trim() }, { replace: true }), PAUSE_MS);
  };
  return (
    <form
      role="search"
      className="relative w-full sm:w-64"
      onSubmit={(event) => {
        event.preventDefault();
        apply(text);
      }}
    >
      <Search
        aria-hidden
        className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 stroke-[1.75] text-fg-3"
      />
      <input
        ref={input}
        type="search"
        aria-label="Search payments"
        aria-describedby={hint}
        aria-invalid={problem ? true : undefined}
        value={text}
        onChange={(event) => type(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          if (text) type('');
          else input.current?.blur();
        }}
        placeholder="Id, reference or status:failed"
        title="Also status:failed, app:acme, created:2026-11-01..2026-11-05"
        autoComplete="off"
        spellCheck={false}
        className="h-8 w-full rounded-control border border-line-strong bg-surface pr-8 pl-8 text-13 placeholder:text-fg-3 aria-invalid:border-bad max-sm:text-16 pointer-coarse:h-11"
      />
      {!text && (
        <kbd className="pointer-events-none absolute top-1/2 right-2 -translate-y-1/2 rounded-[4px] border px-1.5 font-sans text-11 text-fg-3 max-sm:hidden">
          /
        </kbd>
      )}
      <Hint id={hint} problem={problem} />
    </form>
  );
}

function Hint({ id, problem }: { id: string; problem: string | undefined }) {
  if (problem)
    return (
      <p
        id={id}
        role="alert"
        className="absolute top-full z-20 mt-1 rounded-control border bg-surface px-2.5 py-1.5 text-12 text-bad shadow-2"
      >
        {problem}
      </p>
    );
  return (
    <p id={id} className="sr-only">
      An id, a transaction id or the start of a reference. Operators: status:failed, app:acme,
      created:2026-11-01..2026-11-05; Enter applies them.
    </p>
  );
}
